"""Checks of what landed (expectations, quarantine; critical ones block), and reconciliation from files to marts."""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg
import pandas as pd
import pyarrow as pa

from data_quality.checks import Check, CheckResult
from data_quality.expectations import TABLES as EXPECTATION_TABLES
from data_quality.expectations import expectations_table
from data_quality.quarantine import QuarantineLimits, over_the_limit
from data_quality.reconciliation import FOLLOWED, TABLES, reconcile, totals_sql, unreconciled
from data_quality.runner import CheckCouldNotRun, columns_needed, relation, run_suite
from data_quality.suites import SUITES
from data_quality.suites.vendors import VENDOR_SUITES
from data_quality.vendor_rows import rows_that_hold
from data_quality.vendor_totals import VENDORS, told_sql
from orchestration.connectors import STREAMS, asked_kinds
from orchestration.contracts import contracts_of
from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.pipeline import Pipeline
from orchestration.reports import build_expectations_page
from orchestration.settings import Settings, SettingsError
from orchestration.sources.files import load_mapping
from orchestration.warehouse import Warehouse

EXPECTATIONS = dg.AssetKey(["quality", "expectations"])

_SEVERITIES = {"critical": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def build(settings: Settings) -> dg.Definitions:
    """Checks `critical` and `warning` of every `raw_files/<contract>` and of every stream of a configured vendor,
    `quarantine_is_small`, and what they and the reconciliation write."""
    vendors = vendor_suites(asked_kinds(settings))
    return dg.Definitions(
        asset_checks=[_raw_checks(vendors), _quarantine_check(settings)],
        assets=[_expectations(vendors), _reconciliation()],
    )


def vendor_suites(kinds: Sequence[str]) -> dict[str, list[Check]]:
    """Suites of the streams of some types of vendors."""
    return {
        f"{kind}/{stream.name}": VENDOR_SUITES[f"{kind}/{stream.name}"] for kind in kinds for stream in STREAMS[kind]
    }


def _asset_of(suite: str) -> dg.AssetKey:
    return dg.AssetKey(relation(suite).split("."))


def _expectations(vendors: Mapping[str, list[Check]]) -> dg.AssetSpec:
    """The table and page of the checks. Not an asset of its own step: they must stand when a check stops the run."""
    return dg.AssetSpec(
        EXPECTATIONS,
        deps=[_asset_of(suite) for suite in (*SUITES, *vendors)],
        group_name="quality",
        kinds={"python", "html"},
        description="Results of the expectations on raw, and the page about them, written by expectations_on_raw.",
    )


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
            f"Every row with its place and shape: table raw_landing.quarantined_rows of {warehouse.place}. Mend the files or "
            "the mapping and run again, or allow more under `quality:` in the configuration."
        )
        return dg.AssetCheckResult(
            passed=not lines, description="\n".join([*lines, where]) if lines else "no stream is over its limit"
        )

    return quarantine_is_small


def _raw_checks(vendors: Mapping[str, list[Check]]) -> dg.AssetChecksDefinition:
    suites = {**SUITES, **vendors}
    suite_of = {_asset_of(suite): suite for suite in suites}
    specs = [
        dg.AssetCheckSpec(
            severity,
            asset=_asset_of(suite),
            blocking=severity == "critical",
            description=f"Expectations of severity {severity}: "
            + ", ".join(check.name for check in checks if check.severity == severity),
        )
        for suite, checks in suites.items()
        for severity in _SEVERITIES
        if any(check.severity == severity for check in checks)
    ]

    @dg.multi_asset_check(
        name="expectations_on_raw", specs=specs, required_resource_keys={"pipeline"}, pool=WAREHOUSE_POOL
    )
    def expectations_on_raw(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        pipeline: Pipeline = context.resources.pipeline
        results, errors, table = write_expectations(pipeline.warehouse, vendors)
        rows = len(table)
        page = build_expectations_page(
            table, pipeline.reports / "expectations" / "index.html", facts=_facts(pipeline), errors=errors
        )
        context.op_execution_context.log_event(
            dg.AssetMaterialization(
                EXPECTATIONS, metadata={"dagster/row_count": rows, "page": dg.MetadataValue.path(str(page))}
            )
        )
        failed = [result for result in results if not result.success]
        pipeline.progress(f"expectations: {rows} on raw, {len(failed)} not met; {page}")
        for result in failed:
            pipeline.progress(f"  {result.severity}: {result.line}")
            if result.failing_keys:
                pipeline.progress(f"    rows: {result.rows_named}")
        if errors:
            raise dg.Failure("expectations that could not be run:\n" + "\n".join(errors), allow_retries=False)
        for spec in specs:
            of_spec = [
                result
                for result in results
                if result.contract == suite_of[spec.asset_key] and result.severity == spec.name
            ]
            yield _evaluation(spec, of_spec)

    return expectations_on_raw


def write_expectations(
    warehouse: Warehouse, vendors: Mapping[str, list[Check]] | None = None
) -> tuple[list[CheckResult], list[str], pd.DataFrame]:
    """Run all suites on a warehouse and write `quality.expectations`; returns results, what could not run, the table.

    vendors : suites of streams that vendors are asked for.
    """
    with warehouse.kept_open(read_only=True):
        results, errors = _results(warehouse)
        of_vendors, errors_of_vendors = _vendor_results(warehouse, vendors or {})
    results += of_vendors
    errors += errors_of_vendors
    table = expectations_table(results)
    warehouse.write("quality.expectations", table, EXPECTATION_TABLES["expectations"])
    return results, errors, table


def _results(warehouse: Warehouse) -> tuple[list[CheckResult], list[str]]:
    """Results of all suites, and what could not be run: all of it, so that one run names every one of them."""
    observed_at = warehouse.read("raw_build.build")["evaluated_at"][0].to_pydatetime()
    filled = frozenset(warehouse.read("raw_build.filled_contracts")["contract"])
    needed: dict[str, dict[str, None]] = {}
    for contract in SUITES:
        for name, columns in columns_needed(contract, filled).items():
            needed.setdefault(name, {}).update(dict.fromkeys(columns))
    tables: dict[str, pa.Table] = {}
    for name, wanted in needed.items():
        has = warehouse.columns(f"raw_files.{name}")
        columns = ", ".join(warehouse.quoted(column) for column in wanted if column in has)
        tables[name] = warehouse.arrow(f"select {columns} from raw_files.{name}")
    results: list[CheckResult] = []
    errors: list[str] = []
    for contract in SUITES:
        others = {name: tables[name] for name in columns_needed(contract, filled) if name != contract}
        try:
            results += run_suite(contract, tables[contract], observed_at=observed_at, filled=filled, others=others)
        except CheckCouldNotRun as error:
            errors.append(str(error))
    return results, errors


def _vendor_results(warehouse: Warehouse, suites: Mapping[str, list[Check]]) -> tuple[list[CheckResult], list[str]]:
    """As `_results`, of vendors' streams: one table at a time, since a stream refers to no other."""
    observed_at = warehouse.read("raw_build.build")["evaluated_at"][0].to_pydatetime()
    results: list[CheckResult] = []
    errors: list[str] = []
    for suite in suites:
        kind, name = suite.split("/")
        stream = next(one for one in STREAMS[kind] if one.name == name)
        columns = columns_needed(suite, frozenset(), suites)[suite]
        table = warehouse.arrow(rows_that_hold(suite, stream.kind, columns, warehouse.quoted))
        try:
            results += run_suite(suite, table, observed_at=observed_at, suites=suites)
        except CheckCouldNotRun as error:
            errors.append(str(error))
    return results, errors


def _facts(pipeline: Pipeline) -> dict[str, str]:
    build = pipeline.warehouse.read("raw_build.build").iloc[0]
    return {
        "Company": str(build["company"]),
        "Build": str(build["build_id"]),
        "Data as of (UTC)": f"{build['evaluated_at']:%Y-%m-%d %H:%M:%S}",
    }


def _evaluation(spec: dg.AssetCheckSpec, results: list[CheckResult]) -> dg.AssetCheckResult:
    failed = [result for result in results if not result.success]
    lines = [f"{result.line}\n  rows: {result.rows_named or 'none'}" for result in failed]
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=not failed,
        severity=_SEVERITIES[spec.name],
        description="\n".join(lines) or f"{len(results)} expectations met",
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
        kinds={"python"},
        description="Counts and money followed from the files to the marts.",
        required_resource_keys={"pipeline"},
        pool=WAREHOUSE_POOL,
    )
    def reconciliation(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        pipeline: Pipeline = context.resources.pipeline
        table = write_reconciliation(pipeline.warehouse)
        rows, differences = len(table), unreconciled(table)
        pipeline.progress(f"reconciliation: {rows} totals followed, {len(differences)} do not agree")
        yield dg.MaterializeResult(metadata={"dagster/row_count": rows})
        yield dg.AssetCheckResult(
            passed=not differences,
            check_name="totals_agree",
            description="\n".join(differences) or f"{rows} totals agree",
        )

    return reconciliation


def write_reconciliation(warehouse: Warehouse) -> pd.DataFrame:
    """Follow rows and money through a warehouse and write `quality.reconciliation`; returns the table."""
    pulls = warehouse.read("raw_landing.pulls")
    asked = sorted(set(pulls["source"][pulls["is_read"].astype(bool)]) & set(VENDORS))
    statements = [totals_sql(), *(told_sql(vendor, contracts_of(vendor)) for vendor in asked)]
    totals = pd.concat([warehouse.query(statement) for statement in statements], ignore_index=True)
    table = reconcile(pulls, warehouse.read("raw_landing.fills"), totals)
    warehouse.write("quality.reconciliation", table, TABLES["reconciliation"])
    return table
