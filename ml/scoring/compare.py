"""A hand-made score against a learned one on any table of leads: no pipeline, no history, one evaluator.

The caller reads the table (`LeadTable`), `compare_table` returns tables. The order of the leads decides who teaches and
who judges; the leak guard (`ml/scoring/guard.py`) decides what may be learned from; the evaluator and the verdict are
those of the pipeline (`ml/scoring/evaluate.py`, D74). In `comparison`, `matrix` stands for the hand-made score of any
kind. Everything is rounded before anything depends on it; the same table gives the same numbers every time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd
import sklearn
from threadpoolctl import threadpool_limits

from ml.scoring import explain, guard, what_if
from ml.scoring.choice import Chosen
from ml.scoring.evidence import (
    auc_without_suspects,
    calibration_of,
    criteria_of,
    drift_of,
    no_validation,
    samples_of,
    stability_of,
    weights_of,
    what_if_of,
)
from ml.scoring.judging import capacity_of, judge, selection_of
from ml.scoring.learning import Learned, learn, reweighted_card
from ml.scoring.reweighted import ReweightedMatrixClassifier
from ml.scoring.swaps import gains_of, judged_leads, no_sides, printed, sides_of, swap_set_of
from ml.scoring.table import Capacity, LeadTable, TablePolicy, cut_text, parts_of


@dataclass(frozen=True)
class TableComparison:
    """What `compare_table` returns. Columns of the frames:

    comparison  as in `evaluate.COMPARISON_COLUMNS`
    columns     as in `guard.Finding`: one row per column of the table, used or not, with the evidence
    features    column, importance, importance_spread (fall of the held-out AUC when its values are shuffled)
    weights     name, weight: every encoded column of the scorecard in log-odds
    samples     sample, leads, conversions, with_hand_score, unworked
    gains       share, leads, taken_by, wins, money_minor: the best share of the held-out leads by either score and at random
    sides       side (both, model_only, hand_only, neither), leads, wins, money_minor, unworked_share (at the capacity)
    swap_set    the leads on which the scores disagree most, with the reasons of the learned one
    leads       every judged lead with both scores
    calibration scorer, part, leads, mean_probability, win_rate
    drift       part, leads, conversions: the whole table in ten parts of time
    validation  candidate, fold, fitted_on, judged_on, conversions, log_loss, auc: how the model was chosen
    criteria    criterion, hand_points, reweighted_points, learned_points, importance, learned_importance
    what_if     as in `what_if.COLUMNS`: other thresholds, scales, gates and routing on the judged leads (a matrix only)
    selection   scorer, measure, value, n: what having worked only some leads may do to the figures
    dependence  column, position, value, leads, probability: partial dependence of the most important columns
    stability   column, stability: population stability index between the leads that teach and those that judge

    model       the chosen model, None when refused; reweighted: the matrix with learned weights
    slope       log-odds that a point of the hand-made score is worth; None where that cannot be learned
    taught      the model's input for the leads that taught
    """

    comparison: pd.DataFrame
    columns: pd.DataFrame
    features: pd.DataFrame
    weights: pd.DataFrame
    samples: pd.DataFrame
    gains: pd.DataFrame
    sides: pd.DataFrame
    swap_set: pd.DataFrame
    leads: pd.DataFrame
    calibration: pd.DataFrame
    drift: pd.DataFrame
    validation: pd.DataFrame
    criteria: pd.DataFrame
    what_if: pd.DataFrame
    selection: pd.DataFrame
    dependence: pd.DataFrame
    stability: pd.DataFrame
    card: dict[str, Any]
    model: Chosen | None = None
    reweighted: ReweightedMatrixClassifier | None = None
    slope: float | None = None
    taught: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def verdict(self) -> str:
        return str(self.comparison["verdict"].iloc[0])

    @property
    def verdict_reason(self) -> str:
        return str(self.comparison["verdict_reason"].iloc[0])

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every frame by its name."""
        frames = {name: value for name, value in vars(self).items() if isinstance(value, pd.DataFrame)}
        return {name: frame for name, frame in frames.items() if name != "taught"}


def compare_table(
    table: LeadTable,
    *,
    capacity: Capacity | None = None,
    excluded: frozenset[str] = frozenset(),
    kept: frozenset[str] = frozenset(),
    policy: TablePolicy | None = None,
    rules: what_if.Rules | None = None,
    learned: Learned | None = None,
) -> TableComparison:
    """Split by the order, guard, learn on the earlier part, judge both scores on the later one.

    learned: what was learned from this very table under this policy before; it is not learned again.

    Thin data (D74) is a result: the verdict is `too_little_data` with its reason, the hand-made score is still
    measured. Raises NothingToJudgeError when there is nothing to judge: no lead of either outcome, no held-out lead with a
    hand-made score, a capacity per week without times.
    """
    policy = policy or TablePolicy()
    parts = parts_of(table, policy.training_share)
    table, judged, won, worked = parts.table, parts.judged, parts.table.won, parts.worked
    with threadpool_limits(limits=1):
        learned = learn(parts, policy, excluded, kept) if learned is None else learned
        at = capacity_of(table, capacity, judged)
        comparison = judge(parts, learned, at, policy)
        model, chance, rank = learned.model, learned.chance, learned.rank
        design, teaches = learned.design, parts.teaches
        without_suspects = auc_without_suspects(learned.findings, design, won, teaches, parts.seen, learned.refusal)
        importance = (
            explain.importance_of(model, design.iloc[parts.seen].reset_index(drop=True), won[parts.seen], policy.seed)
            if model is not None
            else pd.DataFrame(columns=["column", "importance", "importance_spread"])
        )
        leads = judged_leads(table, judged, learned, at)
        swap_set = swap_set_of(table, leads, model, design, teaches)
        top = importance["column"].tolist()[: explain.DEPENDENCE_COLUMNS]
        dependence = (
            explain.partial_dependence(model, design.iloc[judged], top, policy.seed)
            if model is not None
            else pd.DataFrame(columns=["column", "position", "value", "leads", "probability"])
        )
        selection = selection_of(table, design, judged, worked, won, rank, learned.hand_chance is not None, at)
        criteria = criteria_of(
            table, design, teaches, parts.seen, model, learned.reweighted, learned.slope, importance, policy.seed
        )
    scores = {
        "hand": None if table.no_hand else table.hand[judged],
        "learned": None if rank is None else rank[judged],
    }
    again = None if learned.again is None else learned.again.probability
    chances = {"hand": learned.hand_chance, "learned": chance, "reweighted": again}
    found = [asdict(finding) for finding in learned.findings]
    return TableComparison(
        comparison=comparison,
        columns=pd.DataFrame(found, columns=list(guard.Finding.__annotations__)),
        features=importance,
        weights=weights_of(model),
        samples=samples_of(table, parts.sample, worked),
        gains=gains_of(table, judged, scores, worked),
        sides=sides_of(table, judged, leads, worked) if at is not None else no_sides(),
        swap_set=printed(swap_set),
        leads=printed(leads.drop(columns="position")),
        calibration=calibration_of(won, parts.seen, chances),
        drift=drift_of(won),
        validation=no_validation() if model is None else model.validation,
        criteria=criteria,
        what_if=what_if_of(table, judged, won & worked, chance, learned.hand_chance, rules or what_if.Rules()),
        selection=selection,
        dependence=dependence,
        stability=stability_of(table, design, chance, parts.sample),
        card={
            "hand_score": table.hand_name,
            "held_out_from": cut_text(parts.cut),
            "features": list(design.columns),
            "model": None if model is None else model.name,
            "calibration": None if model is None else model.calibration,
            "label": policy.label,
            "worth": None if model is None or model.worth is None else model.worth.card,
            "capacity": None if capacity is None else {"amount": str(capacity.amount), "unit": capacity.unit},
            "capacity_leads": None if at is None else at.leads,
            "currency": table.currency,
            "policy": asdict(policy),
            "scikit_learn": sklearn.__version__,
            "refusal": learned.refusal,
            "suspects": learned.suspects,
            "auc_without_suspects": without_suspects,
            "reweighted": reweighted_card(table.points, learned.reweighted),
            "verdict": comparison["verdict"].iloc[0],
            "verdict_reason": comparison["verdict_reason"].iloc[0],
        },
        model=model,
        reweighted=learned.reweighted,
        slope=learned.slope,
        taught=design[teaches],
    )


def verdict_on(table: LeadTable, capacity: Capacity | None = None, policy: TablePolicy | None = None) -> pd.DataFrame:
    """The comparison alone, as `compare_table` has it: for whoever judges many tables and reads no reasons."""
    policy = policy or TablePolicy()
    parts = parts_of(table, policy.training_share)
    with threadpool_limits(limits=1):
        return judge(parts, learn(parts, policy), capacity_of(parts.table, capacity, parts.judged), policy)
