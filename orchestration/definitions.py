"""The Dagster code location: loads `defs/`, then applies policy to all assets at once."""

import os
import warnings
from collections.abc import Callable, Iterator

import dagster as dg

from orchestration.clock import Clock, SystemClock
from orchestration.defs import alerts, freeze, ingest, publish, quality, schedules, score, table_steps, transform
from orchestration.locks import HomeLock
from orchestration.pipeline import AS_OF_TAG, Pipeline, parse_as_of
from orchestration.settings import CONFIG_VARIABLE, PROJECT_ROOT, Settings, load_settings
from orchestration.spark.session import stop_session
from orchestration.vendor_pulls import VendorPulls

_OWNERS = {
    "lake": "team:data",
    "raw": "team:data",
    "staging": "team:data",
    "contracts": "team:data",
    "scoring": "team:marketing_and_sales",
    "attribution": "team:marketing_and_sales",
    "funnel": "team:marketing_and_sales",
    "sla": "team:marketing_and_sales",
    "kpi": "team:marketing_and_sales",
    "feedback": "team:marketing_and_sales",
    "definitions": "team:marketing_and_sales",
}


def build_definitions(
    settings: Settings, *, clock: Clock | None = None, progress: Callable[[str], None] | None = None
) -> dg.Definitions:
    """All assets, checks, jobs and schedules of one configuration."""
    the_clock = clock or SystemClock()

    @dg.resource(description="Settings, lake and warehouse of one run; holds the home's lock while the run lasts.")
    def pipeline(context: dg.InitResourceContext) -> Iterator[Pipeline]:
        tag = context.run.tags.get(AS_OF_TAG) if context.run else None
        as_of = parse_as_of(tag, settings.configuration.time_zone) if tag else None
        with HomeLock(settings.home, context.run_id, the_clock):
            _free_pools_of_dead_runs(context.instance, str(context.run_id))
            try:
                yield Pipeline(settings, as_of, the_clock, progress or (lambda message: None))
            finally:
                if settings.engine == "spark":
                    stop_session()

    @dg.resource(required_resource_keys={"pipeline"}, description="What the run asks of vendors, side by side.")
    def vendor_pulls(context: dg.InitResourceContext) -> Iterator[VendorPulls]:
        of_run: Pipeline = context.resources.pipeline
        with VendorPulls(settings, of_run.lake, of_run.clock, of_run.progress) as pulls:
            yield pulls

    definitions = dg.Definitions.merge(
        ingest.build(settings),
        transform.build(settings),
        score.build(),
        table_steps.build(),
        quality.build(settings),
        freeze.build(settings),
        publish.build(settings),
        alerts.build(settings),
        schedules.build(settings),
        dg.Definitions(
            resources={"pipeline": pipeline, "vendor_pulls": vendor_pulls},
            # One process a run: the home's lock belongs to a process, and DuckDB has one writer anyway.
            executor=dg.in_process_executor,
        ),
    )
    with warnings.catch_warnings():
        # the pinned version marks it as a preview; what it does is tested, so a user need not read it at every run
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return definitions.map_resolved_asset_specs(func=_with_policy)


def _free_pools_of_dead_runs(instance: dg.DagsterInstance | None, run_id: str) -> None:
    """Give back the pool slots of runs that were killed: this run holds the home's lock, so no other run is alive.

    Dagster would wait for them for ever (seen: a run after `kill -9` spun at its first step in the pool).
    """
    if instance is None or not instance.event_log_storage.supports_global_concurrency_limits:
        return
    for pool in instance.event_log_storage.get_concurrency_keys():
        info = instance.event_log_storage.get_concurrency_info(pool)
        for dead in (info.active_run_ids | info.pending_run_ids) - {run_id}:
            instance.event_log_storage.free_concurrency_slots_for_run(dead)


def _with_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Every asset has an owner; what is published daily is stale after a day and a half, a vendor's stream earlier."""
    policy: dict[str, object] = {}
    if not spec.owners:
        policy["owners"] = [_OWNERS.get(spec.group_name or "", "team:data")]
    if spec.group_name == "publish":
        policy["freshness_policy"] = dg.FreshnessPolicy.time_window(fail_window=schedules.STALE_AFTER)
    if spec.group_name == "lake" and "api" in spec.kinds:
        policy["freshness_policy"] = dg.FreshnessPolicy.time_window(
            fail_window=schedules.UNREAD_AFTER, warn_window=schedules.LATE_AFTER
        )
    return spec.replace_attributes(**policy) if policy else spec  # type: ignore[arg-type]


def _configured() -> Settings:
    return load_settings(PROJECT_ROOT / os.environ.get(CONFIG_VARIABLE, "onefunnel.yml"))


defs = dg.Definitions() if os.environ.get("ONEFUNNEL_NO_CODE_LOCATION") else build_definitions(_configured())
