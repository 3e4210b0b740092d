"""Alerts as Dagster tells them: the sensor after a run that failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration.alerts.outcome import read_outcome
from orchestration.defs.alerts import build
from orchestration.pipeline import AS_OF_TAG
from tests.unit.alerts.receivers import HttpReceiver, http_receiver
from tests.unit.alerts.test_alerts import Home


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as found:
        yield found


def run_that_fails(sensor: dg.SensorDefinition, tags: dict[str, str]) -> None:
    @dg.op
    def reads() -> None:
        raise dg.Failure("3 rows without a key")

    @dg.job
    def daily() -> None:
        reads()

    with dg.DagsterInstance.ephemeral() as instance:
        result = daily.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        context = dg.build_run_status_sensor_context(
            sensor_name=sensor.name,
            dagster_event=result.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        ).for_run_failure()
        sensor(context)


def test_what_stopped_a_run_is_noted_and_told_and_a_rebuild_of_the_past_is_not(
    tmp_path: Path, receiver: HttpReceiver
) -> None:
    home = Home(tmp_path, receiver.url)
    home.publish(evaluated_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}")
    settings = home.settings()
    (sensor,) = build(settings).sensors or ()
    run_that_fails(sensor, {AS_OF_TAG: "2026-06-01"})
    assert read_outcome(settings.home) is None
    run_that_fails(sensor, {})
    failures = read_outcome(settings.home)
    assert failures is not None
    assert [failure.name for failure in failures] == ["reads"]
    assert "3 rows without a key" in failures[0].message
    assert [alert["problem"] for alert in receiver.bodies()[0]["alerts"]] == ["critical_check/reads/reads"]
    assert "3 rows without a key" in receiver.bodies()[0]["text"]
