"""What runs by itself: a daily build, and one in every other hour for the running clocks."""

from pathlib import Path

import dagster as dg
import pytest

from orchestration.defs.freeze import FROZEN
from orchestration.defs.publish import PUBLISHED
from orchestration.running import import_packages
from orchestration.settings import PROJECT_ROOT, load_settings


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home: Path = tmp_path_factory.mktemp("home")
    import_packages()
    from orchestration.definitions import build_definitions

    return build_definitions(load_settings(PROJECT_ROOT / "demo/company/onefunnel.yml", home=home))


def keys_of(definitions: dg.Definitions, job: str) -> set[dg.AssetKey]:
    return set(definitions.resolve_job_def(job).asset_layer.executable_asset_keys)


def test_an_hourly_build_is_a_whole_build_that_freezes_nothing(definitions: dg.Definitions) -> None:
    daily, hourly = keys_of(definitions, "daily"), keys_of(definitions, "hourly_clocks")
    assert PUBLISHED in hourly
    assert dg.AssetKey(["marts", "fct_sla_clocks"]) in hourly
    assert daily - hourly == set(FROZEN)
    assert hourly <= daily


def test_the_two_schedules_share_the_day_without_an_hour_in_common(definitions: dg.Definitions) -> None:
    schedules = {schedule.job_name: schedule for schedule in definitions.schedules or []}
    hours = {job: schedule.cron_schedule.split()[1] for job, schedule in schedules.items()}  # type: ignore[union-attr]
    assert hours == {"daily": "6", "hourly_clocks": "0-5,7-23"}
    assert {schedule.execution_timezone for schedule in schedules.values()} == {"Europe/Moscow"}
