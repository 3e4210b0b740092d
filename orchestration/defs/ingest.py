"""Files, vendors' answers and definitions into the lake, then the lake shown to dbt."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field

from orchestration import frozen
from orchestration.backfill import BackfillError, Wanted, backfill
from orchestration.binding import bind, fix_build
from orchestration.clock import to_text
from orchestration.connectors import STREAMS, api_sources, asked_kinds
from orchestration.contracts import load_contracts
from orchestration.landing import ContactKeyError
from orchestration.pipeline import Pipeline
from orchestration.settings import DEFAULT_DEFINITIONS, Settings
from orchestration.sources.api.load import StreamPulls
from orchestration.sources.api.stream import Span, Stream
from orchestration.sources.calendar import land_calendar
from orchestration.sources.definitions import (
    SCHEMAS,
    DefinitionsError,
    land_definitions,
    load_currencies,
    read_definitions,
)
from orchestration.sources.files import FilesError, FilesMapping, MappingError, land_stream, load_mapping
from orchestration.vendor_pulls import MENDED_BY_THE_USER, VendorPulls

WAREHOUSE_POOL = "warehouse"
"""DuckDB has one writer: every step that writes the warehouse file is in this pool, whose limit is 1."""

DAYS_GROUP = "days_of_vendors"
"""Assets of single days. No part of the daily job: they are what a range of days is asked for again with."""

RETRIES = dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL)
"""For what may pass (a file being written, a full disk); what the user must mend is not tried again."""


@contextmanager
def _no_retry(*kinds: type[Exception]) -> Iterator[None]:
    """Turn errors that only the user can mend into a failure with their text, without retries."""
    try:
        yield
    except kinds as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def build(settings: Settings) -> dg.Definitions:
    """Assets `lake/…` (one a stream), `lake_days/…` (days of vendors' statistics) and `raw_…` (the views that dbt reads)."""
    mappings = [load_mapping(path, settings.environment) for path in settings.mappings]
    streams = [_stream_asset(settings, mapping, stream) for mapping in mappings for stream in mapping.streams]
    asked = [(kind, stream) for kind in asked_kinds(settings) for stream in STREAMS[kind]]
    pulls = [_pull_asset(kind, stream) for kind, stream in asked]
    with warnings.catch_warnings():
        # the pinned version marks backfill policies as beta; what they do is tested, so a user need not read it at every run
        warnings.simplefilter("ignore", dg.BetaWarning)
        pulls += [_days_asset(settings, kind, stream) for kind, stream in asked if stream.kind == "window"]
    raw = _raw_asset(mappings, [dg.AssetKey(["lake", kind, stream.name]) for kind, stream in asked])
    return dg.Definitions(assets=[_definitions_asset(), _calendar_asset(), *streams, *pulls, raw])


def _pull_asset(kind: str, stream: Stream) -> dg.AssetsDefinition:
    @dg.asset(
        key=["lake", kind, stream.name],
        group_name="lake",
        kinds={"api", "parquet"},
        description=f"{stream.description} Pulls of {kind}/{stream.name} ({stream.kind}), append-only.",
        retry_policy=RETRIES,
        required_resource_keys={"pipeline", "vendor_pulls"},
    )
    def pull(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        if pipeline.as_of is not None:
            return dg.MaterializeResult(metadata={"status": "not asked: the run rebuilds the past"})
        pulls: VendorPulls = context.resources.vendor_pulls
        pulls.start(_pulled_in(context))
        # a run that starts anew goes on after the last pull
        with _no_retry(*MENDED_BY_THE_USER):
            results = pulls.result(kind, stream.name)
        if stream.kind == "window":
            today = _today(pipeline.clock.now(), pipeline.settings)
            for day in _days_read(results):
                # of a day that is not over there is no partition
                if day < today:
                    read = dg.AssetMaterialization(["lake_days", kind, stream.name], partition=day.isoformat())
                    context.op_execution_context.log_event(read)
        return dg.MaterializeResult(metadata=_counts(results))

    return pull


def _days_asset(settings: Settings, kind: str, stream: Stream) -> dg.AssetsDefinition:
    """Days of a stream as partitions, beside the asset that reads what is due: one asset cannot be both."""
    since = min(source.since for source in api_sources(settings) if source.type == kind)

    class Days(dg.Config):
        """How days are asked for."""

        again: bool = Field(default=False, description="Also days that were read less than 24 hours ago.")

    @dg.asset(
        key=["lake_days", kind, stream.name],
        group_name=DAYS_GROUP,
        kinds={"api", "parquet"},
        description=f"Days of {kind}/{stream.name} that runs have read. Materialise days to ask the vendor for them again.",
        partitions_def=dg.DailyPartitionsDefinition(since.isoformat(), timezone=settings.configuration.time_zone),
        # a vendor is asked for many days at once
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={"pipeline"},
    )
    def days(context: dg.AssetExecutionContext, config: Days) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        asked = context.partition_key_range
        span = Span(date.fromisoformat(asked.start), date.fromisoformat(asked.end))
        wanted = Wanted(kind, span, stream=stream.name, again=config.again)
        with _no_retry(BackfillError, *MENDED_BY_THE_USER):
            results = backfill(pipeline.settings, wanted, pipeline.clock, pipeline.progress)
        return dg.MaterializeResult(metadata=_counts(results))

    return days


def _counts(results: Iterable[StreamPulls]) -> dict[str, int]:
    """What landed, for Dagster's page."""
    results = list(results)
    return {
        "dagster/row_count": sum(result.rows for result in results),
        "quarantined": sum(result.quarantined for result in results),
        "pulls": sum(len(result.pulls) for result in results),
    }


def _days_read(results: Iterable[StreamPulls]) -> list[date]:
    """Days that the pulls cover."""
    days: set[date] = set()
    for pull in (pull for result in results for pull in result.pulls):
        if pull.window_from is not None and pull.window_to is not None:
            first, last = date.fromisoformat(pull.window_from), date.fromisoformat(pull.window_to)
            days.update(first + timedelta(days=number) for number in range((last - first).days + 1))
    return sorted(days)


def _today(now: datetime, settings: Settings) -> date:
    return now.astimezone(ZoneInfo(settings.configuration.time_zone)).date()


def _pulled_in(context: dg.AssetExecutionContext) -> list[tuple[str, str]]:
    """Vendors' streams that this run pulls: those of its steps, which may be a selection or a retry of what failed."""
    assert context.run.execution_plan_snapshot_id is not None
    plan = context.instance.get_execution_plan_snapshot(context.run.execution_plan_snapshot_id)
    steps = set(plan.step_keys_to_execute)
    return [
        (kind, stream.name)
        for kind, streams in STREAMS.items()
        for stream in streams
        if dg.AssetKey(["lake", kind, stream.name]).to_python_identifier() in steps
    ]


def _stream_asset(settings: Settings, mapping: FilesMapping, stream: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=["lake", mapping.source, stream],
        group_name="lake",
        kinds={"file", "parquet"},
        description=f"Pulls of {mapping.source}/{stream}: every version of the exported files, append-only.",
        retry_policy=RETRIES,
        required_resource_keys={"pipeline"},
        deps=[dg.AssetKey(["lake", "definitions", "currencies"])],
    )
    def land(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        if pipeline.as_of is not None:
            return dg.MaterializeResult(metadata={"status": "not read: the run rebuilds the past"})
        with _no_retry(FilesError, MappingError, ContactKeyError):
            results = land_stream(
                pipeline.lake,
                mapping,
                stream,
                contracts=load_contracts(),
                currencies=load_currencies(DEFAULT_DEFINITIONS, settings.definitions),
                company_time_zone=settings.configuration.time_zone,
                contact_key=settings.contact_key,
                progress=pipeline.progress,
            )
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(result.rows for result in results),
                "quarantined": sum(result.quarantined for result in results),
                "files": dg.MetadataValue.json({result.file: result.status for result in results}),
            }
        )

    return land


def _definitions_asset() -> dg.AssetsDefinition:
    specs = [
        dg.AssetSpec(
            ["lake", "definitions", name],
            group_name="lake",
            kinds={"file", "parquet"},
            description=f"Versions of the definition {name}, which both teams edit and sign.",
        )
        for name in SCHEMAS
    ]

    @dg.multi_asset(name="land_definitions", specs=specs, required_resource_keys={"pipeline"}, retry_policy=RETRIES)
    def land(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        pipeline: Pipeline = context.resources.pipeline
        if pipeline.as_of is None:
            with _no_retry(DefinitionsError):
                files = read_definitions(DEFAULT_DEFINITIONS, pipeline.settings.definitions)
            landed = land_definitions(pipeline.lake, files)
            changed = sum(result.is_new for result in landed)
            pipeline.progress(f"definitions: {len(files)} files valid, {changed} new or changed")
        for name in SCHEMAS:
            yield dg.MaterializeResult(asset_key=["lake", "definitions", name])

    return land


def _calendar_asset() -> dg.AssetsDefinition:
    @dg.asset(
        key=["lake", "calendar", "days"],
        group_name="lake",
        kinds={"python", "parquet"},
        description="Calendar days with Gregorian and Jalali months, computed once.",
        required_resource_keys={"pipeline"},
    )
    def land(context: dg.AssetExecutionContext) -> None:
        pipeline: Pipeline = context.resources.pipeline
        if pipeline.as_of is None:
            land_calendar(pipeline.lake)

    return land


def _raw_asset(mappings: list[FilesMapping], asked: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """One step that fixes the build and makes all `raw_*` views in one transaction."""
    streams = [dg.AssetKey(["lake", mapping.source, stream]) for mapping in mappings for stream in mapping.streams]
    streams += asked
    definitions = [dg.AssetKey(["lake", "definitions", name]) for name in SCHEMAS]
    calendar = dg.AssetKey(["lake", "calendar", "days"])
    specs = [_raw_spec(f"raw_{key.path[1]}", key.path[2], [key]) for key in streams]
    for contract in load_contracts().values():
        filling = [
            dg.AssetKey([f"raw_{mapping.source}", name])
            for mapping in mappings
            for name, stream in mapping.streams.items()
            if any(fill.contract == contract.name for fill in stream.fills)
        ]
        specs.append(_raw_spec("raw_files", contract.name, filling, contract.description))
    specs += [_raw_spec("raw_definitions", key.path[2], [key]) for key in definitions]
    specs.append(_raw_spec("raw_calendar", "days", [calendar]))
    everything = [*streams, *definitions, calendar]
    specs += [_raw_spec("raw_landing", name, streams) for name in ("pulls", "quarantined_rows", "findings", "fills")]
    specs += [
        _raw_spec("raw_build", name, everything)
        for name in (
            "build",
            "filled_contracts",
            "accounts",
            "vat_rates",
            "history_fields",
            "definition_versions",
            "definition_sign_offs",
        )
    ]
    # of the runs before this one: the step that freezes comes after the marts, so it is no dependency here
    specs += [_raw_spec("raw_frozen", name, []) for name in frozen.STREAMS]

    @dg.multi_asset(name="bind_build", specs=specs, required_resource_keys={"pipeline"}, pool=WAREHOUSE_POOL)
    def bind_build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        pipeline: Pipeline = context.resources.pipeline
        sources = [mapping.source for mapping in mappings]
        logs = asked_kinds(pipeline.settings)
        the_build = fix_build(pipeline.lake, pipeline.clock, sources, pipeline.as_of, logs=logs)
        bind(pipeline.warehouse, pipeline.lake, the_build, pipeline.settings)
        pipeline.progress(
            f"build {the_build.build_id} reads {len(the_build.pulls)} pulls, known until {to_text(the_build.as_of_at)}"
        )
        tables = [".".join(spec.key.path) for spec in specs]
        counts = pipeline.warehouse.row_counts(tables)
        for spec, table in zip(specs, tables, strict=True):
            yield dg.MaterializeResult(asset_key=spec.key, metadata={"dagster/row_count": counts[table]})

    return bind_build


def _raw_spec(schema: str, table: str, deps: list[dg.AssetKey], description: str | None = None) -> dg.AssetSpec:
    return dg.AssetSpec(
        [schema, table],
        deps=deps,
        group_name="raw",
        kinds={"view"},
        description=description or f"What the build reads of {table}, as text.",
    )
