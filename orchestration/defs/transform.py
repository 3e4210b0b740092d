"""dbt models and tests as Dagster assets and checks, in two passes around the Python steps."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

from orchestration.dbt_runner import Dbt, NodeResult
from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.defs.score import TRAINING
from orchestration.pipeline import Pipeline
from orchestration.settings import Settings

AFTER_PYTHON = "source:ml+ source:quality+"
"""What reads tables that Python writes between the passes belongs to the second pass."""

NOT_IN_A_BUILD = ["--exclude-resource-type", "unit_test"]
"""Unit tests prove the code and run in `make test`."""

TWINS = "tag:twin"
"""Tests of staging, which repeat what contracts and definitions are tested for."""

_ROWS_OF_EVIDENCE = 3


class SchemaTableTranslator(DagsterDbtTranslator):
    """Asset key = schema/table everywhere; the group is the area's folder; tests of marts are asset checks.

    The tests of what stands before the marts run as well and stop the build by name; as asset checks they would cost
    three events of 17 ms each in Dagster's storage, 10 s of the demo's minute.
    """

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        folders = dbt_resource_props["fqn"][1:-1]
        return str(folders[1] if folders[0] in ("intermediate", "marts") and len(folders) > 1 else folders[0])

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        if asset_spec.key.path[0] != "marts":
            return None
        return super().get_asset_check_spec(asset_spec, manifest, unique_id, project)


def build(settings: Settings) -> dg.Definitions:
    """Two multi-assets: models before the Python steps, models after them."""
    manifest = dbt_of(settings).parse()
    translator = SchemaTableTranslator()
    pass_options: dict[str, Any] = {
        "manifest": manifest,
        "dagster_dbt_translator": translator,
        "pool": WAREHOUSE_POOL,
    }

    @dbt_assets(
        name="dbt_models", exclude=AFTER_PYTHON, required_resource_keys={"pipeline", "learning"}, **pass_options
    )
    def dbt_models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        # the score is learned while Dagster notes what was built: a processor has nothing else to do meanwhile
        will_learn = context.job_def.has_node_named(TRAINING)
        meanwhile = context.resources.learning.begin if will_learn else None
        yield from _build(context, ["--exclude", TWINS, *AFTER_PYTHON.split()], meanwhile)

    @dbt_assets(
        name="dbt_models_after_python", select=AFTER_PYTHON, required_resource_keys={"pipeline"}, **pass_options
    )
    def dbt_models_after_python(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        yield from _build(context, ["--select", *AFTER_PYTHON.split(), "--exclude", TWINS])

    return dg.Definitions(assets=[dbt_models, dbt_models_after_python])


def dbt_of(settings: Settings) -> Dbt:
    """dbt with its target folder in the home, so that two homes never write one file."""
    return _dbt(settings.home, settings.engine)


@cache
def _dbt(home: Path, engine: str) -> Dbt:
    return Dbt(home / "dbt" if engine == "duckdb" else home / "dbt" / engine, engine)


def mart_keys(settings: Settings) -> list[dg.AssetKey]:
    """Keys of all marts, which publication waits for."""
    return [dg.AssetKey(["marts", name]) for name in mart_descriptions(settings)]


def mart_descriptions(settings: Settings) -> dict[str, dict[str, str]]:
    """Mart → column (or `""` for the table) → description, as dbt's manifest has them."""
    nodes = json.loads(dbt_of(settings).parse().read_text(encoding="utf-8"))["nodes"].values()
    return {
        node["name"]: {"": node["description"]}
        | {name: column["description"] for name, column in node["columns"].items()}
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }


def _build(
    context: dg.AssetExecutionContext, whole_pass: list[str], meanwhile: Callable[[], None] | None = None
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Build the selected assets of one pass; yield what was built with row counts of tables and previews, and the checks of marts.

    meanwhile : begins something of its own that reads what was built; called when all of it is good.

    Raises
    ------
    dagster.Failure
        naming every model and test that failed.
    """
    pipeline: Pipeline = context.resources.pipeline
    selected = context.selected_asset_keys
    is_whole = selected == set(context.assets_def.keys)
    selection = whole_pass if is_whole else ["--select", *sorted(key.path[1] for key in selected), "--exclude", TWINS]
    results = dbt_of(pipeline.settings).build(pipeline.warehouse, [*NOT_IN_A_BUILD, *selection], pipeline.progress)
    built = [result for result in results if result.kind == "model" and result.is_good]
    tests = [with_evidence(pipeline, result) for result in results if result.kind == "test"]
    pipeline.progress(f"dbt: {len(built)} models built, {len(tests)} tests run")
    models_and_tests = [result for result in results if result.kind != "test"] + tests
    failed = [result for result in models_and_tests if not result.is_good and result.status != "skipped"]
    if meanwhile is not None and not failed:
        meanwhile()
    yield from _materialized(pipeline, built)
    yield from _checked(context, tests)
    if failed:
        lines = [f"  {result.unique_id}: {result.status}: {result.message}" for result in failed]
        raise dg.Failure("dbt stopped the build:\n" + "\n".join(lines), allow_retries=False)


def with_evidence(pipeline: Pipeline, test: NodeResult) -> NodeResult:
    """A test that found rows says the first of them, so that nobody has to run its SQL to learn what is wrong."""
    if not test.failures:
        return test
    rows = pipeline.warehouse.arrow(f"select * from ({test.sql}) as found limit {_ROWS_OF_EVIDENCE}").to_pylist()
    found = "; ".join(", ".join(f"{name} {value}" for name, value in row.items()) for row in rows)
    return replace(test, message=f"{test.message}: {found}")


def _materialized(pipeline: Pipeline, built: list[NodeResult]) -> Iterator[dg.MaterializeResult]:
    tables = [f"{result.schema}.{result.name}" for result in built]
    # a view would be worked out once more for its count: of the medium demo's builds 10 s, beside 0.6 s for the 300 tables
    counts = pipeline.warehouse.row_counts(
        [name for name, result in zip(tables, built, strict=True) if result.is_stored]
    )
    previews = pipeline.warehouse.previews([table for table in tables if table.startswith("marts.")])
    for result, table in zip(built, tables, strict=True):
        metadata: dict[str, Any] = {"seconds": result.seconds}
        if table in counts:
            metadata["dagster/row_count"] = counts[table]
        if table in previews:
            metadata["preview"] = dg.MetadataValue.md(previews[table])
        yield dg.MaterializeResult(asset_key=[result.schema, result.name], metadata=metadata)


def _checked(context: dg.AssetExecutionContext, tests: list[NodeResult]) -> Iterator[dg.AssetCheckResult]:
    keys = {key.name: key for key in context.selected_asset_check_keys}
    for result in tests:
        if result.name in keys:
            yield dg.AssetCheckResult(
                asset_key=keys[result.name].asset_key,
                check_name=result.name,
                passed=result.status == "pass",
                severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata={"failures": result.failures, "message": result.message},
                description=None if result.status == "pass" else result.message,
            )
