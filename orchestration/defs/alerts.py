"""Alerts after every run: as the last asset of a good one, by a sensor after one that failed."""

from collections.abc import Iterator

import dagster as dg

from orchestration.alerts.command import alert_after_run
from orchestration.alerts.outcome import failures_in
from orchestration.clock import SystemClock
from orchestration.defs.publish import PUBLISHED
from orchestration.pipeline import AS_OF_TAG, Pipeline
from orchestration.settings import Settings

ALERTS = dg.AssetKey(["alerts", "told"])


def build(settings: Settings) -> dg.Definitions:
    """Asset `alerts/told` with its check `everything_sent`, and the sensor `alerts_after_a_failed_run`."""

    @dg.asset(
        key=ALERTS,
        deps=[PUBLISHED],
        check_specs=[
            dg.AssetCheckSpec("everything_sent", asset=ALERTS, description="Every route took what it was to be told.")
        ],
        group_name="publish",
        kinds={"python"},
        description="What is wrong now, told to whoever can mend it (definition alerts.csv); a dry run unless alerts.send is on.",
        required_resource_keys={"pipeline"},
    )
    def told(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        pipeline: Pipeline = context.resources.pipeline
        if pipeline.as_of is not None:
            yield dg.MaterializeResult(metadata={"status": "not told: the run rebuilds the past"})
            yield dg.AssetCheckResult(passed=True, check_name="everything_sent")
            return
        complaint = alert_after_run(settings, pipeline.clock, [], pipeline.progress)
        if complaint:
            pipeline.progress(f"alerts: NOT SENT: {complaint}")
        yield dg.MaterializeResult(metadata={"not sent": complaint} if complaint else None)
        # the marts are published and good: a receiver that is down must not say otherwise
        yield dg.AssetCheckResult(
            passed=not complaint, check_name="everything_sent", description=complaint or "all was sent"
        )

    @dg.run_failure_sensor(
        name="alerts_after_a_failed_run",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells what stopped a run: a run that fails never comes to its last asset.",
    )
    def after_a_failed_run(context: dg.RunFailureSensorContext) -> None:
        if AS_OF_TAG in context.dagster_run.tags:
            return
        found = failures_in([*context.get_step_failure_events(), context.failure_event])
        failures = [(failure.name, failure.message) for failure in found]
        unnamed = [("run", context.failure_event.message or "")]
        complaint = alert_after_run(settings, SystemClock(), failures or unnamed, context.log.info)
        if complaint:
            raise dg.Failure(complaint)

    return dg.Definitions(assets=[told], sensors=[after_a_failed_run])
