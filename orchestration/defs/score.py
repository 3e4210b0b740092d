"""The matrix and the learned score on the same leads: tables in, tables out."""

from collections.abc import Iterator

import dagster as dg

from ml.scoring.registry import save_model
from ml.scoring.run import TABLES, score_leads
from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.pipeline import Pipeline

_DESCRIPTIONS = {
    "lead_scores": "One row per lead, scorer and scoring moment.",
    "lead_score_points": "One row per lead, scorer, moment and criterion.",
    "score_comparison": "One row per metric and segment: both scorers on the same held-out leads.",
}


def build() -> dg.Definitions:
    """Assets `ml/…`."""
    inputs = [dg.AssetKey(["intermediate", name]) for name in ("int_lead_features", "int_lead_answers_scored")]
    specs = [
        dg.AssetSpec(
            ["ml", name],
            deps=inputs,
            group_name="scoring",
            kinds={"python", "sklearn"},
            description=_DESCRIPTIONS[name],
        )
        for name in TABLES
    ]

    @dg.multi_asset(name="score_leads", specs=specs, pool=WAREHOUSE_POOL, required_resource_keys={"pipeline"})
    def score(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        pipeline: Pipeline = context.resources.pipeline
        warehouse = pipeline.warehouse
        result = score_leads(
            warehouse.read("intermediate.int_lead_features"), warehouse.read("intermediate.int_lead_answers_scored")
        )
        if result.model is not None:
            save_model(result.model, result.card, pipeline.outputs / "models")
        frames = {
            "lead_scores": result.scores,
            "lead_score_points": result.points,
            "score_comparison": result.comparison,
        }
        for name, frame in frames.items():
            rows = warehouse.write(f"ml.{name}", frame, TABLES[name])
            yield dg.MaterializeResult(
                asset_key=["ml", name],
                metadata={
                    "dagster/row_count": rows,
                    "preview": dg.MetadataValue.md(warehouse.previews([f"ml.{name}"])[f"ml.{name}"]),
                },
            )
        pipeline.progress(f"scores: {len(result.scores):,} rows; verdict {result.card.get('verdict')}")

    return dg.Definitions(assets=[score])
