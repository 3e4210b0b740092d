"""The hourly job: a whole new build in which running clocks have run on, and nothing is frozen."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from demo.feeds import living_company
from demo.mornings import begin_morning, ingest, living_settings
from orchestration.clock import FixedClock
from orchestration.landing import Lake
from orchestration.running import dagster_home, run_daily_job
from orchestration.settings import Settings

KEY = {"ONEFUNNEL_CONTACT_KEY": "demo company: made-up people, so the key is no secret"}


def silent(message: str) -> None:
    """Progress that nobody watches."""


@contextmanager
def instance_of(settings: Settings) -> Iterator[dg.DagsterInstance]:
    os.environ["DAGSTER_HOME"] = str(dagster_home(settings))
    with dg.DagsterInstance.get() as instance:
        yield instance


def running(home: Path) -> tuple[datetime, dict[tuple[str, int, str, str], int]]:
    """Instant of the published build, and the seconds of each running clock: lead, episode, clock, kind of its calendar."""
    with duckdb.connect(str(home / "published" / "current" / "onefunnel.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = connection.execute(
            "select lead_id, episode, clock, calendar_kind, clock_seconds from marts.fct_sla_clocks where state = 'running'"
        ).fetchall()
        (moment,) = connection.execute("select max(evaluated_at) from marts.fct_sla_clocks").fetchone() or (None,)
    assert moment is not None
    return moment, {(lead, episode, clock, kind): seconds for lead, episode, clock, kind, seconds in rows}


@pytest.mark.verify
def test_running_clocks_run_on_by_the_hour_and_nothing_is_frozen(tmp_path: Path) -> None:
    """The last morning is Wednesday 1 July 2026, 06:03 in Moscow, before work; the hourly job comes at about noon."""
    with living_company(7, "small", FixedClock()) as company:
        settings = living_settings(company, tmp_path, {**KEY, "ONEFUNNEL_DEMO_EXPORTS": str(tmp_path / "exports")})
        for morning in company.mornings:
            begin_morning(company, tmp_path / "exports", morning)
            if morning == company.mornings[-1]:
                assert run_daily_job(settings, None, silent, time.monotonic(), company.clock) == 0
            else:
                ingest(settings, company, silent)
        first, then = running(tmp_path)
        frozen = [pull.committed_at for pull in Lake(settings.lake).pulls("frozen")]
        assert frozen

        # after a run: imported alone, the module loads the configuration of the working directory for Dagster's page
        from orchestration.definitions import build_definitions
        from orchestration.defs.schedules import HOURLY_JOB

        company.clock.move_to(company.mornings[-1] + timedelta(hours=6))
        with instance_of(settings) as instance:
            built = build_definitions(settings, clock=company.clock, progress=silent)
            result = built.resolve_job_def(HOURLY_JOB).execute_in_process(
                instance=instance, run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
            )
        assert result.success

    second, later = running(tmp_path)
    assert second - first > timedelta(hours=5)
    assert [pull.committed_at for pull in Lake(settings.lake).pulls("frozen")] == frozen
    # a working day counts whole; business hours are nine to six in Moscow, three hours ahead: work begins at 06:00 UTC, and the first build was made before it
    opens = first.replace(hour=6, minute=0, second=0, microsecond=0)
    assert first < opens < second
    run = {"business_hours": (second - opens).seconds, "working_days": (second - first).seconds}
    both = then.keys() & later.keys()
    assert {kind for *_, kind in both} == run.keys()
    assert {key: later[key] - then[key] for key in both} == {key: run[key[-1]] for key in both}
