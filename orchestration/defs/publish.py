"""Publication of the marts after the critical checks, then the page and the workbook from what is published."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg

from orchestration.defs.freeze import FROZEN
from orchestration.defs.schedules import HOURLY_JOB
from orchestration.defs.transform import mart_descriptions, mart_keys
from orchestration.pipeline import Pipeline
from orchestration.publication import publish
from orchestration.reports import build_page, build_quality_page, build_workbook
from orchestration.settings import Settings

PUBLISHED = dg.AssetKey(["published", "current"])


def build(settings: Settings) -> dg.Definitions:
    """Assets `published/current`, `reports/index`, `reports/quality`, `reports/marts`."""

    @dg.asset(
        key=PUBLISHED,
        deps=[*mart_keys(settings), *FROZEN],
        group_name="publish",
        kinds={"duckdb", "parquet"},
        description="The newest good build: a DuckDB snapshot and one Parquet file per mart behind one symbolic link.",
        required_resource_keys={"pipeline"},
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        build_id = str(pipeline.warehouse.read("raw_build.build")["build_id"][0])
        the_build = publish(
            pipeline.warehouse.to_publish(mart_descriptions(settings)),
            pipeline.outputs,
            build_id,
            is_hourly=context.run.job_name == HOURLY_JOB,
        )
        pipeline.progress(f"published {len(the_build.tables)} tables as build {build_id}")
        return dg.MaterializeResult(
            metadata={"build": build_id, "tables": len(the_build.tables), "path": str(the_build.path)}
        )

    drawn = [
        _report("index", "index.html", build_page, "page", "One self-contained page drawn from the published marts."),
        _report(
            "quality", "quality.html", build_quality_page, "quality page",
            "One self-contained page of what was set aside and warned of, with what to do.",
        ),
        _report("marts", "marts.xlsx", build_workbook, "workbook", "Every published mart as a sheet of one workbook."),
    ]  # fmt: skip
    return dg.Definitions(assets=[published, *drawn])


def _report(
    name: str, file: str, build_report: Callable[..., Path], title: str, description: str
) -> dg.AssetsDefinition:
    """Asset `reports/<name>`: a file drawn from the published build in the configuration's language."""

    @dg.asset(
        key=["reports", name],
        deps=[PUBLISHED],
        group_name="publish",
        kinds={"excel" if file.endswith(".xlsx") else "html"},
        description=description,
        required_resource_keys={"pipeline"},
    )
    def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        out = build_report(
            pipeline.outputs / "published" / "current",
            pipeline.reports / file,
            language=pipeline.settings.configuration.language,
        )
        size = out.stat().st_size
        pipeline.progress(f"{title}: {size:,} bytes")
        return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(str(out)), "bytes": size})

    return report
