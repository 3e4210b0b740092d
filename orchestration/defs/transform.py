"""dbt models and tests as Dagster assets and checks, in two passes around the Python steps."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.pipeline import Pipeline
from orchestration.settings import DBT_PROJECT, Settings

AFTER_PYTHON = "source:ml+ source:quality+"
"""What reads tables that Python writes between the passes belongs to the second pass."""

DBT = str(Path(sys.executable).parent / "dbt")
"""The dbt of the same environment; a dbt elsewhere on the PATH may be another version."""


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
    manifest = prepare_manifest(settings.home / "dbt", settings.warehouse)
    translator = SchemaTableTranslator()

    @dbt_assets(
        manifest=manifest,
        name="dbt_models",
        exclude=AFTER_PYTHON,
        dagster_dbt_translator=translator,
        pool=WAREHOUSE_POOL,
        required_resource_keys={"pipeline", "dbt"},
    )
    def dbt_models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from _build(context, "models and tests")

    @dbt_assets(
        manifest=manifest,
        name="dbt_models_after_python",
        select=AFTER_PYTHON,
        dagster_dbt_translator=translator,
        pool=WAREHOUSE_POOL,
        required_resource_keys={"pipeline", "dbt"},
    )
    def dbt_models_after_python(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from _build(context, "models that read scores and reconciliation")

    return dg.Definitions(
        assets=[dbt_models, dbt_models_after_python],
        resources={
            "dbt": DbtCliResource(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=DBT)
        },
    )


def mart_keys(settings: Settings) -> list[dg.AssetKey]:
    """Keys of all marts, which publication waits for."""
    manifest = prepare_manifest(settings.home / "dbt", settings.warehouse)
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    marts = [node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"]
    return [dg.AssetKey(["marts", node["name"]]) for node in marts]


def prepare_manifest(target: Path, warehouse: Path) -> Path:
    """The manifest of the dbt project in `target`, parsed again when a file of the project is newer than it.

    dbt parses again whatever was parsed for another warehouse file, so manifest and parse cache live in the home.

    Raises
    ------
    RuntimeError
        with dbt's own message when the project does not parse.
    """
    manifest = target / "manifest.json"
    folders = [DBT_PROJECT / name for name in ("models", "macros", "tests")]
    files = [file for folder in folders for file in folder.rglob("*")]
    newest = max(file.stat().st_mtime for file in [*files, *folders, *DBT_PROJECT.glob("*.yml")])
    if not manifest.is_file() or manifest.stat().st_mtime < newest:
        target.mkdir(parents=True, exist_ok=True)
        command = [DBT, "parse", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--quiet"]
        done = subprocess.run(
            command, env={**os.environ, **_environment(target, warehouse)}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"dbt cannot parse {DBT_PROJECT}:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    return manifest


def _environment(target: Path, warehouse: Path) -> dict[str, str]:
    return {"ONEFUNNEL_WAREHOUSE": str(warehouse), "DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}


def _build(context: dg.AssetExecutionContext, what: str) -> Iterator[Any]:
    """Run `dbt build` for the selected assets; yield dbt's events with row counts and previews of what was built.

    The events are held back until dbt has closed the file, because a second process may not even read it before.
    """
    pipeline: Pipeline = context.resources.pipeline
    target = pipeline.settings.home / "dbt"
    _sweep(target)
    os.environ.update(_environment(target, pipeline.warehouse.path))
    pipeline.progress(f"dbt: building {what}")
    invocation = context.resources.dbt.cli(
        ["build", "--exclude-resource-type", "unit_test", "--exclude", "tag:twin"],
        context=context,
        raise_on_error=False,
    )
    events = list(invocation.stream())
    keys = context.assets_def.keys_by_output_name
    tables = {
        event.output_name: ".".join(keys[event.output_name].path)
        for event in events
        if isinstance(event, dg.Output) and event.output_name in keys
    }
    counts = pipeline.warehouse.row_counts(list(tables.values())) if tables else {}
    results = _results(invocation)
    tests = sum(result["unique_id"].startswith("test.") for result in results)
    pipeline.progress(f"dbt: {len(tables)} models built, {tests} tests run")
    for event in events:
        if isinstance(event, dg.Output) and event.output_name in tables:
            table = tables[event.output_name]
            metadata: dict[str, Any] = {**event.metadata, "dagster/row_count": counts[table]}
            if table.startswith("marts."):
                metadata["preview"] = dg.MetadataValue.md(pipeline.warehouse.preview(table))
            yield event.with_metadata(metadata)
        elif not isinstance(event, dg.AssetObservation):
            yield event
    failed = [result for result in results if result["status"] in ("error", "fail", "runtime error")]
    if failed or not invocation.is_successful():
        lines = [f"  {result['unique_id']}: {result['status']}: {result.get('message')}" for result in failed]
        raise dg.Failure("dbt stopped the build:\n" + "\n".join(lines or [str(invocation.get_error())]))


def _sweep(target: Path, keep: int = 10) -> None:
    """Remove dbt's logs and artefacts of older runs."""
    runs = sorted((path for path in target.glob("dbt_models*") if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in runs[:-keep]:
        shutil.rmtree(path)


def _results(invocation: Any) -> list[dict[str, Any]]:
    """The results that dbt wrote, or none when it stopped before running anything."""
    try:
        return list(invocation.get_artifact("run_results.json")["results"])
    except FileNotFoundError:
        return []
