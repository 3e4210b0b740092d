"""The matrix and the learned score on the same leads: tables in, tables out."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import dagster as dg
import pandas as pd

from ml.scoring.registry import assert_same_features, load_model, save_model, settle
from ml.scoring.run import MOMENTS, TABLES, ScoringPolicy, ScoringResult, feature_list, score_leads, scored_by
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
        for name in ("int_lead_features", "int_lead_answers_scored", "int_lead_channels_touched", "int_score_rules")
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
    """Score the leads of a warehouse at each moment and write `ml.*`; returns what was learned at creation and the rows of each table.

    The comparison and what it rests on are those at creation; of the hand-over the card says the verdict and what it was learned from.
    models: where trained models are kept (those of the hand-over in the folder `handover` there). The champion kept there scores the
    leads; without a folder, or when the new model becomes the champion, the new one does. Raises FeaturesChangedError for a champion of
    other features.
    """
    features = warehouse.read("intermediate.int_lead_features")
    answers = warehouse.read("intermediate.int_lead_answers_scored")
    touched = warehouse.read("intermediate.int_lead_channels_touched")
    policy = _policy(warehouse.read("intermediate.int_score_rules"))
    results = {}
    for moment in MOMENTS:
        result = score_leads(features, answers, policy, moment=moment, touched=touched)
        folder = models if models is None or moment == "creation" else models / moment
        results[moment] = result if folder is None else _by_champion(result, folder)
    result = results["creation"]
    card = [result.reports["score_model_card"]]
    for moment, of_moment in results.items():
        facts = of_moment.reports["score_model_card"]
        card += [] if moment == "creation" else [facts.assign(fact=f"{moment}: " + facts["fact"])]
    frames = {
        "lead_scores": pd.concat([each.scores for each in results.values()], ignore_index=True),
        "lead_score_points": pd.concat([each.points for each in results.values()], ignore_index=True),
        "score_comparison": result.comparison,
        **result.reports,
        "score_model_card": pd.concat(card, ignore_index=True),
    }
    return result, {name: warehouse.write(f"ml.{name}", frame, TABLES[name]) for name, frame in frames.items()}


def _by_champion(result: ScoringResult, models: Path) -> ScoringResult:
    """Keep the new model and let the champion of the folder score, which is the new one unless it lost or another was set by hand."""
    if result.model is None or result.design is None:
        return result
    save_model(result.model, result.card, models)
    version = settle(models, result.card)
    if version == result.card["model_version"]:
        return result
    champion, card = load_model(version, models)
    assert_same_features(card, feature_list(result.design))
    return scored_by(result, champion, card)


def _policy(rules: pd.DataFrame) -> ScoringPolicy:
    """What the definitions say about scoring, read by `int_score_rules`; a capacity of 0 means as many as the matrix hands over."""
    row = rules.iloc[0]
    return ScoringPolicy(
        weekly_capacity=int(row["weekly_capacity"]) or None,
        full_minutes=int(row["full_minutes"]),
        review_minutes=int(row["review_minutes"]),
        handover_clocks=int(row["handover_clocks"]),
        exploration_share=Fraction(str(row["exploration_share"])),
        currency=str(row["currency"]),
        minor_per_unit=int(row["minor_per_unit"]),
    )
