"""Checks of what landed (expectations, quarantine; critical ones block), and reconciliation from files to marts."""

from collections.abc import Iterator

import dagster as dg

from data_quality.checks import CheckResult
from data_quality.quarantine import QuarantineLimits, over_the_limit
from data_quality.reconciliation import FOLLOWED, TABLES, reconcile, totals_sql, unreconciled
from data_quality.runner import run_suite
from data_quality.suites import SUITES
from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.pipeline import Pipeline
from orchestration.settings import Settings, SettingsError
from orchestration.sources.files import load_mapping

_SEVERITIES = {"critical": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def build(settings: Settings) -> dg.Definitions:
    """Checks `critical` and `warning` of every `raw_files/<contract>`, `quarantine_is_small`, `quality/reconciliation`."""
    return dg.Definitions(asset_checks=[_raw_checks(), _quarantine_check(settings)], assets=[_reconciliation()])


def _quarantine_check(settings: Settings) -> dg.AssetChecksDefinition:
    """Raises SettingsError when the setting names a stream that no mapping has."""
    said = settings.configuration.quality
    mappings = [load_mapping(path, settings.environment) for path in settings.mappings]
    known = {f"{mapping.source}/{stream}" for mapping in mappings for stream in mapping.streams}
    unknown = sorted(set(said.streams) - known)
    if unknown:
        raise SettingsError(
            f"{settings.path}: quality.streams: no stream {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
    limits = QuarantineLimits(said.max_quarantined_share, said.min_rows, said.streams)

    @dg.asset_check(
        asset=["raw_landing", "quarantined_rows"],
        name="quarantine_is_small",
        blocking=True,
        description=f"No stream has more than {limits.share:.1%} of its rows set aside (quality.max_quarantined_share).",
        required_resource_keys={"pipeline"},
        pool=WAREHOUSE_POOL,
    )
    def quarantine_is_small(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        pipeline: Pipeline = context.resources.pipeline
        warehouse = pipeline.warehouse
        lines = over_the_limit(
            warehouse.read("raw_landing.pulls"), warehouse.read("raw_landing.quarantined_rows"), limits
        )
        where = (
            f"Every row with its place and shape: table raw_landing.quarantined_rows of {warehouse.path}. Mend the files or "
            "the mapping and run again, or allow more under `quality:` in the configuration."
        )
        return dg.AssetCheckResult(
            passed=not lines, description="\n".join([*lines, where]) if lines else "no stream is over its limit"
        )

    return quarantine_is_small


def _raw_checks() -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(
            severity,
            asset=["raw_files", contract],
            blocking=severity == "critical",
            description=f"Expectations of severity {severity}: "
            + ", ".join(check.name for check in checks if check.severity == severity),
        )
        for contract, checks in SUITES.items()
        for severity in _SEVERITIES
        if any(check.severity == severity for check in checks)
    ]

    @dg.multi_asset_check(
        name="expectations_on_raw", specs=specs, required_resource_keys={"pipeline"}, pool=WAREHOUSE_POOL
    )
    def expectations_on_raw(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        pipeline: Pipeline = context.resources.pipeline
        warehouse = pipeline.warehouse
        filled = set(warehouse.read("raw_build.filled_contracts")["contract"])
        observed_at = warehouse.read("raw_build.build")["evaluated_at"][0].to_pydatetime()
        results: dict[str, list[CheckResult]] = {}
        for contract in SUITES:
            frame = warehouse.read(f"raw_files.{contract}")
            results[contract] = run_suite(contract, frame, observed_at=observed_at, is_filled=contract in filled)
        failed = [result for checks in results.values() for result in checks if not result.success]
        pipeline.progress(f"expectations: {sum(map(len, results.values()))} on raw, {len(failed)} not met")
        for result in failed:
            pipeline.progress(
                f"  {result.severity}: {result.contract}.{result.name}: {result.failed:,} of {result.checked:,} rows"
            )
        for spec in specs:
            yield _evaluation(
                spec, [result for result in results[spec.asset_key.path[1]] if result.severity == spec.name]
            )

    return expectations_on_raw


def _evaluation(spec: dg.AssetCheckSpec, results: list[CheckResult]) -> dg.AssetCheckResult:
    failed = [result for result in results if not result.success]
    lines = [f"{result.name}: {result.failed:,} of {result.checked:,} rows; {result.description}" for result in failed]
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=not failed,
        severity=_SEVERITIES[spec.name],
        description="; ".join(lines) or f"{len(results)} expectations met",
        metadata={f"rows of {result.name}": dg.MetadataValue.json(list(result.failing_keys)) for result in failed},
    )


def _reconciliation() -> dg.AssetsDefinition:
    followed = [dg.AssetKey(entry.mart.split(".")) for entry in FOLLOWED.values()]
    inputs = [
        *dict.fromkeys(followed),
        *(dg.AssetKey(["contracts", contract]) for contract in SUITES),
        dg.AssetKey(["intermediate", "int_stage_events_mapped"]),
        dg.AssetKey(["raw_landing", "pulls"]),
        dg.AssetKey(["raw_landing", "fills"]),
    ]
    check = dg.AssetCheckSpec(
        "totals_agree",
        asset=["quality", "reconciliation"],
        blocking=True,
        description="Rows and money from file to mart.",
    )

    @dg.asset(
        key=["quality", "reconciliation"],
        deps=inputs,
        check_specs=[check],
        group_name="quality",
        kinds={"python", "duckdb"},
        description="Counts and money followed from the files to the marts.",
        required_resource_keys={"pipeline"},
        pool=WAREHOUSE_POOL,
    )
    def reconciliation(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        pipeline: Pipeline = context.resources.pipeline
        warehouse = pipeline.warehouse
        table = reconcile(
            warehouse.read("raw_landing.pulls"), warehouse.read("raw_landing.fills"), warehouse.query(totals_sql())
        )
        rows = warehouse.write("quality.reconciliation", table, TABLES["reconciliation"])
        differences = unreconciled(table)
        pipeline.progress(f"reconciliation: {rows} totals followed, {len(differences)} do not agree")
        yield dg.MaterializeResult(metadata={"dagster/row_count": rows})
        yield dg.AssetCheckResult(
            passed=not differences,
            check_name="totals_agree",
            description="\n".join(differences) or f"{rows} totals agree",
        )

    return reconciliation
