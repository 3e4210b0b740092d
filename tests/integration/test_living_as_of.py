"""A rebuild as of a simulated morning is the build that was made on that morning, though the lake has heard more since."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from demo.feeds import living_company
from demo.mornings import begin_morning, ingest, living_settings
from orchestration.clock import FixedClock
from orchestration.publication import fingerprints
from orchestration.running import run_daily_job
from orchestration.settings import Settings
from tests.conftest import onefunnel

CONFIG = "demo/company/living.yml"
KEY = {"ONEFUNNEL_CONTACT_KEY": "demo company: made-up people, so the key is no secret"}


def silent(message: str) -> None:
    """Progress that nobody watches."""


def in_this_process(settings: Settings, day: str) -> None:
    assert run_daily_job(settings, day, silent, time.monotonic()) == 0


def by_the_command(settings: Settings, day: str) -> None:
    done = onefunnel("run", "--config", CONFIG, "--as-of", day, home=settings.home)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.parametrize(
    ("built", "rebuild"),
    [
        pytest.param((2,), in_this_process, id="the third"),
        pytest.param((0, 1, 2, 3, 4), by_the_command, id="every morning, by the command", marks=pytest.mark.verify),
    ],
)
def test_the_rebuild_as_of_a_morning_is_the_build_that_was_made_on_it(
    tmp_path: Path, built: Collection[int], rebuild: Callable[[Settings, str], None]
) -> None:
    """On the mornings between, and on the one after, the vendors are asked without a build."""
    then: dict[str, dict[str, str]] = {}
    with living_company(7, "small", FixedClock()) as company:
        settings = living_settings(company, tmp_path, {**KEY, "ONEFUNNEL_DEMO_EXPORTS": str(tmp_path / "exports")})
        for number, morning in enumerate(company.mornings[: max(built) + 2]):
            begin_morning(company, tmp_path / "exports", morning)
            if number in built:
                assert run_daily_job(settings, None, silent, time.monotonic(), company.clock) == 0
                then[morning.date().isoformat()] = fingerprints(tmp_path / "published" / "current")
            else:
                ingest(settings, company, silent)
    assert len({marts["fct_leads"] for marts in then.values()}) == len(built)

    for day, marts in then.items():
        rebuild(settings, day)
        (past,) = (tmp_path / "warehouse" / "as_of").glob(f"{day.replace('-', '')}T*/published/current")
        assert fingerprints(past) == marts, day
