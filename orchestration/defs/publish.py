"""Publication of the marts after the critical checks, then the page and the workbook from what is published."""

import dagster as dg

from orchestration.defs.transform import mart_keys
from orchestration.pipeline import Pipeline
from orchestration.publication import publish
from orchestration.reports import build_page, build_quality_page, build_workbook
from orchestration.settings import Settings

PUBLISHED = dg.AssetKey(["published", "current"])


def build(settings: Settings) -> dg.Definitions:
    """Assets `published/current`, `reports/index`, `reports/quality`, `reports/marts`."""

    @dg.asset(
        key=PUBLISHED,
        deps=mart_keys(settings),
        group_name="publish",
        kinds={"duckdb", "parquet"},
        description="The newest good build: a DuckDB snapshot and one Parquet file per mart behind one symbolic link.",
        required_resource_keys={"pipeline"},
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        build_id = str(pipeline.warehouse.read("raw_build.build")["build_id"][0])
        the_build = publish(pipeline.warehouse.path, pipeline.outputs, build_id)
        pipeline.progress(f"published {len(the_build.tables)} tables as build {build_id}")
        return dg.MaterializeResult(
            metadata={"build": build_id, "tables": len(the_build.tables), "path": str(the_build.path)}
        )

    @dg.asset(
        key=["reports", "index"],
        deps=[PUBLISHED],
        group_name="publish",
        kinds={"html"},
        description="One self-contained page drawn from the published marts.",
        required_resource_keys={"pipeline"},
    )
    def page(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        out = build_page(
            pipeline.outputs / "published" / "current",
            pipeline.reports / "index.html",
            language=pipeline.settings.configuration.language,
        )
        pipeline.progress(f"page: {out.stat().st_size:,} bytes")
        return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(str(out)), "bytes": out.stat().st_size})

    @dg.asset(
        key=["reports", "quality"],
        deps=[PUBLISHED],
        group_name="publish",
        kinds={"html"},
        description="One self-contained page of what was set aside and warned of, with what to do.",
        required_resource_keys={"pipeline"},
    )
    def quality_page(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        out = build_quality_page(
            pipeline.outputs / "published" / "current",
            pipeline.reports / "quality.html",
            language=pipeline.settings.configuration.language,
        )
        return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(str(out)), "bytes": out.stat().st_size})

    @dg.asset(
        key=["reports", "marts"],
        deps=[PUBLISHED],
        group_name="publish",
        kinds={"excel"},
        description="Every published mart as a sheet of one workbook.",
        required_resource_keys={"pipeline"},
    )
    def workbook(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        out = build_workbook(
            pipeline.outputs / "published" / "current",
            pipeline.reports / "marts.xlsx",
            language=pipeline.settings.configuration.language,
        )
        pipeline.progress(f"workbook: {out.stat().st_size:,} bytes")
        return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(str(out)), "bytes": out.stat().st_size})

    return dg.Definitions(assets=[published, page, quality_page, workbook])
