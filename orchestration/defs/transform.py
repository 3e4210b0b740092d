"""dbt models and tests as Dagster assets and checks, in two passes around the Python steps."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.pipeline import Pipeline
from orchestration.settings import DBT_PROJECT, Settings

AFTER_PYTHON = "source:ml+ source:quality+"
"""What reads tables that Python writes between the passes belongs to the second pass."""

DBT = str(Path(sys.executable).parent / "dbt")
"""The dbt of the same environment; a dbt elsewhere on the PATH may be another version."""


class SchemaTableTranslator(DagsterDbtTranslator):
    """Asset key = schema/table everywhere; the group is the area's folder."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        folders = dbt_resource_props["fqn"][1:-1]
        return str(folders[1] if folders[0] in ("intermediate", "marts") and len(folders) > 1 else folders[0])


def build(settings: Settings) -> dg.Definitions:
    """Two multi-assets: models before the Python steps, models after them."""
    manifest = prepare_manifest()
    translator = SchemaTableTranslator()

    @dbt_assets(
        manifest=manifest, name="dbt_models", exclude=AFTER_PYTHON, dagster_dbt_translator=translator, pool=WAREHOUSE_POOL,
        required_resource_keys={"pipeline", "dbt"},
    )  # fmt: skip
    def dbt_models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from _build(context, "models and tests")

    @dbt_assets(
        manifest=manifest, name="dbt_models_after_python", select=AFTER_PYTHON, dagster_dbt_translator=translator,
        pool=WAREHOUSE_POOL, required_resource_keys={"pipeline", "dbt"},
    )  # fmt: skip
    def dbt_models_after_python(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from _build(context, "models that read scores and reconciliation")

    return dg.Definitions(
        assets=[dbt_models, dbt_models_after_python],
        resources={
            "dbt": DbtCliResource(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=DBT)
        },
    )


def mart_keys() -> list[dg.AssetKey]:
    """Keys of all marts, which publication waits for."""
    nodes = json.loads(prepare_manifest().read_text(encoding="utf-8"))["nodes"].values()
    return [
        dg.AssetKey(["marts", node["name"]])
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] == "marts"
    ]


def prepare_manifest() -> Path:
    """The manifest of the dbt project, parsed again when a file of the project is newer than it.

    Raises
    ------
    RuntimeError
        with dbt's own message when the project does not parse.
    """
    manifest = DBT_PROJECT / "target" / "manifest.json"
    folders = [DBT_PROJECT / name for name in ("models", "macros", "tests")]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    files += list(DBT_PROJECT.glob("*.yml"))
    newest = max(file.stat().st_mtime for file in [*files, *folders])
    if not manifest.is_file() or manifest.stat().st_mtime < newest:
        command = [DBT, "parse", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--quiet"]
        environment = {**os.environ, "ONEFUNNEL_WAREHOUSE": ":memory:"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"dbt cannot parse {DBT_PROJECT}:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    return manifest


def _build(context: dg.AssetExecutionContext, what: str) -> Iterator[Any]:
    """Run `dbt build` for the selected assets; yield dbt's events with row counts and previews of what was built.

    The events are held back until dbt has closed the file, because a second process may not even read it before.
    """
    pipeline: Pipeline = context.resources.pipeline
    os.environ["ONEFUNNEL_WAREHOUSE"] = str(pipeline.warehouse.path)
    pipeline.progress(f"dbt: building {what}")
    invocation = context.resources.dbt.cli(["build", "--exclude-resource-type", "unit_test"], context=context, raise_on_error=False)
    events = list(invocation.stream())
    keys = context.assets_def.keys_by_output_name
    tables = {
        event.output_name: ".".join(keys[event.output_name].path)
        for event in events
        if isinstance(event, dg.Output) and event.output_name in keys
    }
    counts = pipeline.warehouse.row_counts(list(tables.values())) if tables else {}
    checks = sum(
        isinstance(event, (dg.AssetCheckResult, dg.AssetCheckEvaluation))
        or "check" in getattr(event, "output_name", "")
        for event in events
    )
    pipeline.progress(f"dbt: {len(tables)} models built, {checks} tests run")
    for event in events:
        if isinstance(event, dg.Output) and event.output_name in tables:
            table = tables[event.output_name]
            metadata: dict[str, Any] = {**event.metadata, "dagster/row_count": counts[table]}
            if table.startswith("marts."):
                metadata["preview"] = dg.MetadataValue.md(pipeline.warehouse.preview(table))
            yield event.with_metadata(metadata)
        else:
            yield event
    failed = [result for result in _results(invocation) if result["status"] in ("error", "fail", "runtime error")]
    if failed or not invocation.is_successful():
        lines = [f"  {result['unique_id']}: {result['status']}: {result.get('message')}" for result in failed]
        raise dg.Failure("dbt stopped the build:\n" + "\n".join(lines or [str(invocation.get_error())]))


def _results(invocation: Any) -> list[dict[str, Any]]:
    """The results that dbt wrote, or none when it stopped before running anything."""
    try:
        return list(invocation.get_artifact("run_results.json")["results"])
    except FileNotFoundError:
        return []
