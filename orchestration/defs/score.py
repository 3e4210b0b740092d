"""The matrix and the learned score on the same leads, in three steps: train, compare, score. Tables in, tables out.

A model serves the week: it learns from the leads that were mature at its beginning, so the training step finds it kept on the
other days and learns nothing, unless the recent leads have drifted. Which model scores is decided by the verdict of the comparison,
so the scores come last.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from ml.scoring.moments import Elsewhere, Here, Lesson, Moments
from ml.scoring.prepared import ScoringPolicy
from ml.scoring.registry import assert_same_features, champion, load_model, note_verdict, save_model, settle
from ml.scoring.run import declared_features, feature_list, scored_by
from ml.scoring.tables import TABLES
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


TRAINING = "train_score"
"""Name of the step that asks first for what is learned."""
_TOLD = {TRAINING: "training", "compare_scores": "comparison", "score_leads": "scores"}
INPUTS = ("int_lead_features", "int_lead_answers_scored", "int_lead_channels_touched", "int_score_rules")
TRAINED = ("score_features",)
"""What the training step writes; beside it the models themselves."""
SCORED = ("lead_scores", "lead_score_points")
COMPARED = tuple(name for name in TABLES if name not in (*TRAINED, *SCORED))


class Learning:
    """What the leads of a warehouse say: read and learned when a step first asks, so that the other steps of a run in the same process
    need not (prepared and guarded anew in each, the medium company's three steps took 50.0 s of processor instead of 31.2).

    models: where models are kept, those of the hand-over in a folder of their own; None keeps none.
    """

    def __init__(self, warehouse: Warehouse, models: Path | None = None) -> None:
        self.warehouse = warehouse
        self._models = models
        self._elsewhere: Elsewhere | None = None

    def begin(self) -> None:
        """Learn from now on in processes of their own, while this one does something else. The tables of INPUTS must stand."""
        self.close()
        self._elsewhere = Elsewhere(self._lesson())

    def close(self) -> None:
        """End those processes, if there are any."""
        if self._elsewhere is not None:
            self._elsewhere.close()
            self._elsewhere = None

    @cached_property
    def moments(self) -> Moments:
        """What is learned and said at each moment."""
        return self._elsewhere or Here(self._lesson())

    def _lesson(self) -> Lesson:
        with self.warehouse.kept_open(read_only=True):
            features, answers, touched, rules = (self.warehouse.read(f"intermediate.{name}") for name in INPUTS)
        return Lesson(features, answers, touched, _policy(rules), self._models)


def build() -> dg.Definitions:
    """Assets `ml/…` of the three steps, and what they learn once in a run."""
    steps: tuple[tuple[str, tuple[str, ...], tuple[str, ...], Callable[[Learning], dict[str, int]]], ...] = (
        (TRAINING, TRAINED, (), train_scores),
        ("compare_scores", COMPARED, TRAINED, compare_scores),
        ("score_leads", SCORED, ("score_model_card",), score_all),
    )

    @dg.resource(
        required_resource_keys={"pipeline"},
        description="What the leads of one run say, learned by the step that asks first or beside the steps before it.",
    )
    def learning(context: dg.InitResourceContext) -> Iterator[Learning]:
        pipeline: Pipeline = context.resources.pipeline
        with closing(Learning(pipeline.warehouse, pipeline.outputs / "models")) as one:
            yield one

    return dg.Definitions(assets=[_step(*step) for step in steps], resources={"learning": learning})


def _step(
    name: str, tables: tuple[str, ...], after: tuple[str, ...], write: Callable[[Learning], dict[str, int]]
) -> dg.AssetsDefinition:
    inputs = [
        *(dg.AssetKey(["intermediate", table]) for table in INPUTS),
        *(dg.AssetKey(["ml", table]) for table in after),
    ]
    specs = [
        dg.AssetSpec(
            ["ml", table],
            deps=inputs,
            group_name="scoring",
            kinds={"python", "sklearn"},
            description=_DESCRIPTIONS[table],
        )
        for table in tables
    ]

    @dg.multi_asset(name=name, specs=specs, pool=WAREHOUSE_POOL, required_resource_keys={"pipeline", "learning"})
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        pipeline: Pipeline = context.resources.pipeline
        rows = write(context.resources.learning)
        previews = pipeline.warehouse.previews([f"ml.{table}" for table in rows])
        for table, count in rows.items():
            yield dg.MaterializeResult(
                asset_key=["ml", table],
                metadata={"dagster/row_count": count, "preview": dg.MetadataValue.md(previews[f"ml.{table}"])},
            )
        pipeline.progress(f"{_TOLD[name]}: {sum(rows.values()):,} rows")

    return step


def train_scores(learning: Learning) -> dict[str, int]:
    """Learn at each moment, or find what was learned this week; returns the rows of each table written."""
    learned = learning.moments.learned
    for at in learned:
        if at.trained.model is not None and at.models is not None:
            save_model(at.trained.model, at.trained.card, at.models)
    return _written(learning.warehouse, {"score_features": declared_features(learned[0].trained)})


def compare_scores(learning: Learning) -> dict[str, int]:
    """Judge both scores at each moment and settle which model scores; returns the rows of each table written.

    The comparison and what it rests on are those at creation; of the hand-over the card says the verdict and what it was learned
    from.
    """
    cards, frames = [], {}
    moments = learning.moments
    for at, (comparison, reports, card) in zip(moments.learned, moments.judged, strict=True):
        facts = reports["score_model_card"]
        if at.moment == "creation":
            frames = {"score_comparison": comparison, **reports}
        else:
            facts = facts.assign(fact=f"{at.moment}: " + facts["fact"])
        cards.append(facts)
        if at.trained.model is not None and at.models is not None:
            note_verdict(at.models, card)
            settle(at.models, card)
    frames["score_model_card"] = pd.concat(cards, ignore_index=True)
    return _written(learning.warehouse, {name: frames[name] for name in COMPARED})


def score_all(learning: Learning) -> dict[str, int]:
    """Score every lead at each moment, by the matrix and by the champion; returns the rows of each table written.

    Raises FeaturesChangedError for a champion of other features.
    """
    scores, points = [], []
    moments = learning.moments
    for at, of_moment in zip(moments.learned, moments.scored, strict=True):
        version = None if at.models is None or at.trained.model is None else champion(at.models)
        if version is not None and at.models is not None and version != at.trained.card["model_version"]:
            model, card = load_model(version, at.models)
            assert_same_features(card, feature_list(at.prepared.design))
            of_moment = scored_by(*of_moment, at.prepared.design, model, card, at.prepared.minor_per_unit)
        scores.append(of_moment[0])
        points.append(of_moment[1])
    return _written(
        learning.warehouse,
        {
            "lead_scores": pd.concat(scores, ignore_index=True),
            "lead_score_points": pd.concat(points, ignore_index=True),
        },
    )


def write_scores(warehouse: Warehouse) -> dict[str, int]:
    """All three steps at once, with nothing kept: the new model scores. Returns the rows of each table written."""
    learning = Learning(warehouse)
    return train_scores(learning) | compare_scores(learning) | score_all(learning)


def _written(warehouse: Warehouse, frames: dict[str, Any]) -> dict[str, int]:
    with warehouse.kept_open(read_only=False):
        return {name: warehouse.write(f"ml.{name}", frame, TABLES[name]) for name, frame in frames.items()}


def _policy(rules: pd.DataFrame) -> ScoringPolicy:
    """What the definitions say about scoring, read by `int_score_rules`; a capacity of 0 means as many as the matrix hands over."""
    row = rules.iloc[0]
    return ScoringPolicy(
        weekly_capacity=int(row["weekly_capacity"]) or None,
        full_minutes=int(row["full_minutes"]),
        review_minutes=int(row["review_minutes"]),
        handover_clocks=int(row["handover_clocks"]),
        exploration_share=Fraction(str(row["exploration_share"])),
        trained_until=pd.Timestamp(row["week_starts_at"]).to_pydatetime(),
        currency=str(row["currency"]),
        minor_per_unit=int(row["minor_per_unit"]),
        label=row["label"],
        close_event=str(row["close_event"]),
    )
