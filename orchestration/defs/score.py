"""The matrix and the learned score on the same leads: tables in, tables out."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import dagster as dg
import pandas as pd

from ml.scoring.registry import assert_same_features, load_model, save_model, settle
from ml.scoring.run import TABLES, ScoringPolicy, ScoringResult, feature_list, score_leads, scored_by
from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.pipeline import Pipeline
from orchestration.warehouse import Warehouse

_DESCRIPTIONS = {
    "lead_scores": "One row per lead, scorer and scoring moment.",
    "lead_score_points": "One row per lead, scorer, moment and criterion.",
    "score_comparison": "One row per metric and segment: both scorers on the same held-out leads.",
    "score_swap_set": "One row per lead on which both scores disagree most among the held-out leads; leads that only one side takes come first.",
    "score_sides": "One row per side of the swap set at the weekly capacity.",
    "score_what_if": "One row per scenario of thresholds, scale, gates and routing, on the held-out leads.",
    "score_weights": "One row per criterion of the matrix or feature of the learned score, with its weight by hand and learned.",
    "score_proposed_levels": "One row per criterion and level of the matrix in force with the points that the re-weighted matrix would give.",
    "score_selection": "One row per scorer and measure of what having worked only some leads does to the comparison.",
    "score_dependence": "One row per feature and value with the mean chance of a win if every held-out lead had it.",
    "score_gains": "One row per share of the best held-out leads and order in which they are taken.",
    "score_features": "One row per feature that was offered to the learned score, with the leak guard's finding.",
    "score_model_card": "One row per fact of the model card.",
}


def build() -> dg.Definitions:
    """Assets `ml/…`."""
    inputs = [
        dg.AssetKey(["intermediate", name])
        for name in ("int_lead_features", "int_lead_answers_scored", "int_score_rules")
    ]
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
        result, rows = write_scores(pipeline.warehouse, pipeline.outputs / "models")
        previews = pipeline.warehouse.previews([f"ml.{name}" for name in rows])
        for name, count in rows.items():
            yield dg.MaterializeResult(
                asset_key=["ml", name],
                metadata={"dagster/row_count": count, "preview": dg.MetadataValue.md(previews[f"ml.{name}"])},
            )
        pipeline.progress(f"scores: {len(result.scores):,} rows; verdict {result.card.get('verdict')}")

    return dg.Definitions(assets=[score])


def write_scores(warehouse: Warehouse, models: Path | None = None) -> tuple[ScoringResult, dict[str, int]]:
    """Score the leads of a warehouse and write `ml.*`; returns what was learned and the rows of each table.

    models: where trained models are kept. The champion kept there scores the leads; without a folder, or when the new
    model becomes the champion, the new one does. Raises FeaturesChangedError for a champion of other features.
    """
    result = score_leads(
        warehouse.read("intermediate.int_lead_features"),
        warehouse.read("intermediate.int_lead_answers_scored"),
        _policy(warehouse.read("intermediate.int_score_rules")),
    )
    if models is not None and result.model is not None and result.design is not None:
        save_model(result.model, result.card, models)
        version = settle(models, result.card)
        if version != result.card["model_version"]:
            champion, card = load_model(version, models)
            assert_same_features(card, feature_list(result.design))
            result = scored_by(result, champion, card)
    frames = {
        "lead_scores": result.scores,
        "lead_score_points": result.points,
        "score_comparison": result.comparison,
        **result.reports,
    }
    return result, {name: warehouse.write(f"ml.{name}", frame, TABLES[name]) for name, frame in frames.items()}


def _policy(rules: pd.DataFrame) -> ScoringPolicy:
    """The policies of the definitions, read by `int_score_rules`; a capacity of 0 means as many as the matrix hands over."""
    row = rules.iloc[0]
    return ScoringPolicy(
        weekly_capacity=int(row["weekly_capacity"]) or None,
        full_minutes=int(row["full_minutes"]),
        review_minutes=int(row["review_minutes"]),
        exploration_share=Fraction(str(row["exploration_share"])),
    )
