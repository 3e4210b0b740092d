"""The matrix and the learned score on the same leads: tables in, tables out."""

from collections.abc import Iterator

import dagster as dg

from ml.scoring.registry import save_model
from ml.scoring.run import TABLES, ScoringResult, score_leads
from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.pipeline import Pipeline
from orchestration.warehouse import Warehouse

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
        result, rows = write_scores(pipeline.warehouse)
        if result.model is not None:
            save_model(result.model, result.card, pipeline.outputs / "models")
        previews = pipeline.warehouse.previews([f"ml.{name}" for name in rows])
        for name, count in rows.items():
            yield dg.MaterializeResult(
                asset_key=["ml", name],
                metadata={"dagster/row_count": count, "preview": dg.MetadataValue.md(previews[f"ml.{name}"])},
            )
        pipeline.progress(f"scores: {len(result.scores):,} rows; verdict {result.card.get('verdict')}")

    return dg.Definitions(assets=[score])


def write_scores(warehouse: Warehouse) -> tuple[ScoringResult, dict[str, int]]:
    """Score the leads of a warehouse and write `ml.*`; returns what was learned and the rows of each table."""
    result = score_leads(
        warehouse.read("intermediate.int_lead_features"), warehouse.read("intermediate.int_lead_answers_scored")
    )
    frames = {
        "lead_scores": result.scores,
        "lead_score_points": result.points,
        "score_comparison": result.comparison,
    }
    return result, {name: warehouse.write(f"ml.{name}", frame, TABLES[name]) for name, frame in frames.items()}
