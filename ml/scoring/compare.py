"""A hand-made score against a learned one on any table of leads: no pipeline, no history, one evaluator.

The caller reads the table (`LeadTable`), `compare_table` returns tables. The order of the leads decides who teaches and
who judges; the leak guard (`ml/scoring/guard.py`) decides what may be learned from; the evaluator and the verdict are
those of the pipeline (`ml/scoring/evaluate.py`, D74). In `comparison`, `matrix` stands for the hand-made score of any
kind. Everything is rounded before anything depends on it; the same table gives the same numbers every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn
from threadpoolctl import threadpool_limits

from ml.scoring import bias, evaluate, explain, guard, what_if
from ml.scoring import model as learned
from ml.scoring.choice import Calibration, Chosen, ThinDataError, candidates, choose
from ml.scoring.explain import shown as shown
from ml.scoring.features import ANSWER_PREFIX
from ml.scoring.learners import LogisticScorecard
from ml.scoring.matrix import MatrixClassifier
from ml.scoring.reweighted import ReweightedMatrixClassifier, step_of
from ml.scoring.split import cut_in_order, without_straddlers

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

METRICS = ("auc", "average_precision", "brier", "log_loss")
GAIN_SHARES = (Fraction(1, 10), Fraction(1, 5), Fraction(3, 10), Fraction(1, 2))
LISTED = 200
"""Leads in the swap set that get their reasons."""
REASONS = 3
PARTS = 10
SEGMENT_LEADS = 100
SEGMENT_CONVERSIONS = 20
"""Held-out leads and wins among them that a segment needs to be compared by itself."""
SEGMENT_REPLICATES = 200
WEEK = np.timedelta64(7 * 86_400, "s")
DAY = np.timedelta64(86_400, "s")
HAND_COLUMN = "(hand-made score)"
LEARNED_COLUMN = "(learned score)"
_NO_CURVE = "no training lead with a hand-made score, or one outcome only: its probabilities cannot be learned"
FIRST_MONDAY = np.datetime64("1970-01-05", "s")


class TableError(ValueError):
    """A table that cannot be compared at all; the message says what is missing and what to do."""


class NothingToJudgeError(TableError):
    """The table is sound, but one outcome is missing or one of the two parts is empty."""


@dataclass(frozen=True)
class Capacity:
    """What the team can take: a whole number of leads per `week` or of the held-out `period`, or a `share` of it."""

    amount: Fraction
    unit: str

    def leads(self, held_out: int) -> int:
        """Whole leads taken per period; a share is rounded down."""
        return int(self.amount * held_out) if self.unit == "share" else int(self.amount)


@dataclass(frozen=True)
class TablePolicy:
    """Numbers that a company may change; the floors are those of D74."""

    minimum_leads: int = 1000
    minimum_conversions: int = 120
    training_share: float = 0.7
    replicates: int = 1000
    seed: int = 20240101
    calibration: Calibration = "sigmoid"


@dataclass(frozen=True)
class Points:
    """The hand-made score as a matrix: what each criterion gave each lead, and what it can give.

    given   one float64 column per criterion: points, NaN where there is no answer (0 points)
    levels  criterion → the points that it can give
    """

    given: pd.DataFrame
    levels: dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class LeadTable:
    """A table of leads, one row each, every array of the same length.

    columns     candidates for the model: object columns of str (MISSING = empty), float64 columns (NaN = empty)
    won         the outcome
    order       float64, or datetime64 (UTC): rises with the time at which the lead was scored; no empty values
    hand        the hand-made score, NaN where the lead has none; higher is better
    row_numbers row in the file, from 1 after the header; breaks ties of `order` and names leads without `ids`
    money       minor units of `currency` that the lead brought if won
    is_worked   False where nobody worked the lead, so that its outcome says nothing
    groups      account of each lead, None where there is none: an account that taught does not judge
    times       columns that hold dates → why they are not used
    points      the hand-made score by criterion, where it is a matrix
    segments    segment of each lead, None where there is none
    is_exploration  True for leads drawn at random to be worked, whatever their score
    directions  number columns that may only raise (1) or lower (-1) the score
    ordered     category columns whose levels have an order: level → place
    no_hand     why no lead has a hand-made score, where that is known: then only the model is measured
    """

    columns: pd.DataFrame
    won: Flags
    order: npt.NDArray[Any]
    hand: Floats
    hand_name: str
    row_numbers: npt.NDArray[np.int64]
    ids: npt.NDArray[np.object_] | None = None
    money: npt.NDArray[np.int64] | None = None
    currency: str | None = None
    is_worked: Flags | None = None
    groups: pd.Series | None = None
    times: dict[str, str] = field(default_factory=dict)
    points: Points | None = None
    segments: pd.Series | None = None
    is_exploration: Flags | None = None
    directions: dict[str, int] = field(default_factory=dict)
    ordered: dict[str, dict[str, float]] = field(default_factory=dict)
    no_hand: str | None = None


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
) -> TableComparison:
    """Split by the order, guard, learn on the earlier part, judge both scores on the later one.

    Thin data (D74) is a result: the verdict is `too_little_data` with its reason, the hand-made score is still
    measured. Raises NothingToJudgeError when there is nothing to judge: no lead of either outcome, no held-out lead with a
    hand-made score, a capacity per week without times.
    """
    policy = policy or TablePolicy()
    table = _sorted(table)
    won = table.won
    worked = np.ones(len(won), dtype=bool) if table.is_worked is None else table.is_worked
    sample, cut = _split(table, policy.training_share)
    teaches = (sample == "train") & worked
    is_judged = (sample == "test") & (~np.isnan(table.hand) if table.no_hand is None else True)
    judged = np.flatnonzero(is_judged)
    _require_something_to_judge(table, sample, judged)
    with threadpool_limits(limits=1):
        findings = guard.inspect(
            table.columns[teaches].reset_index(drop=True), won[teaches], times=table.times, excluded=excluded, kept=kept
        )
        used = [finding.column for finding in findings if finding.is_used]
        curve = _hand_curve(table.hand, won, teaches)
        hand_chance = None if curve is None else _hand_probability(curve, table.hand)
        no_hand = table.no_hand or (None if curve is not None else _NO_CURVE)
        refusal = _refusal(won[teaches], used, policy)
        design = table.columns[used]
        model: Chosen | None = None
        chance: Floats | None = None
        if refusal is None:
            try:
                model = choose(
                    design[teaches],
                    won[teaches],
                    table.order[teaches],
                    None if table.groups is None else table.groups[teaches],
                    candidates(table.directions, table.ordered),
                    policy.calibration,
                )
                chance = model.probabilities(design)
            except ThinDataError as error:
                refusal = str(error)
        reweighted = _reweighted(table.points, won, teaches)
        at = _at_capacity(table, capacity, judged)
        hand_scores = None if hand_chance is None else evaluate.Scores(table.hand[judged], hand_chance[judged])
        learned_scores = None if chance is None else evaluate.Scores(chance[judged], chance[judged])
        again = None if reweighted is None or table.points is None else _reweighted_scores(reweighted, table.points)
        again_scores = None if again is None else evaluate.Scores(again.rank[judged], again.probability[judged])
        comparison = evaluate.compare(
            won[judged],
            hand_scores,
            learned_scores,
            reweighted=again_scores,
            refusal=refusal or no_hand,
            replicates=policy.replicates,
            seed=policy.seed,
            metrics=METRICS,
            capacity=at,
            with_calibration=True,
        )
        segments = _by_segment(table, judged, won, worked, hand_scores, learned_scores, again_scores, refusal, policy)
        seen = judged[worked[judged]]
        without_suspects = _auc_without_suspects(findings, design, won, teaches, seen, refusal)
        importance = (
            explain.importance_of(model, design.iloc[seen].reset_index(drop=True), won[seen], policy.seed)
            if model is not None
            else pd.DataFrame(columns=["column", "importance", "importance_spread"])
        )
        leads = _leads(table, judged, chance, at)
        swap_set = _swap_set(table, leads, model, design, teaches)
        slope = None if curve is None or curve.slope_ <= 2 * curve.SMALLEST_SLOPE else curve.slope_
        top = importance["column"].tolist()[: explain.DEPENDENCE_COLUMNS]
        dependence = (
            explain.partial_dependence(model, design.iloc[judged], top, policy.seed)
            if model is not None
            else pd.DataFrame(columns=["column", "position", "value", "leads", "probability"])
        )
        selection = _selection(table, design, judged, worked, won, chance, hand_chance is not None, at)
        criteria = _criteria(table, design, teaches, seen, model, reweighted, slope, importance, policy.seed)
    scores = {
        "hand": None if table.no_hand else table.hand[judged],
        "learned": None if chance is None else chance[judged],
    }
    chances = {"hand": hand_chance, "learned": chance, "reweighted": None if again is None else again.probability}
    return TableComparison(
        comparison=pd.concat([comparison, *segments], ignore_index=True),
        columns=pd.DataFrame([asdict(finding) for finding in findings], columns=list(guard.Finding.__annotations__)),
        features=importance,
        weights=_weights(model),
        samples=_samples(table, sample, worked),
        gains=_gains(table, judged, scores, worked),
        sides=_sides(table, judged, leads, worked) if at is not None else _no_sides(),
        swap_set=_printed(swap_set),
        leads=_printed(leads.drop(columns="position")),
        calibration=_calibration(won, seen, chances),
        drift=_drift(won),
        validation=_no_validation() if model is None else model.validation,
        criteria=criteria,
        what_if=_what_if(table, judged, won & worked, chance, hand_chance, rules or what_if.Rules()),
        selection=selection,
        dependence=dependence,
        stability=_stability(table, design, chance, sample),
        card={
            "hand_score": table.hand_name,
            "held_out_from": _cut_text(cut),
            "features": used,
            "model": None if model is None else model.name,
            "calibration": None if model is None else model.calibration,
            "capacity": None if capacity is None else {"amount": str(capacity.amount), "unit": capacity.unit},
            "capacity_leads": None if at is None else at.leads,
            "currency": table.currency,
            "policy": asdict(policy),
            "scikit_learn": sklearn.__version__,
            "refusal": refusal,
            "suspects": [finding.column for finding in findings if finding.rule == "suspect"],
            "auc_without_suspects": without_suspects,
            "reweighted": _reweighted_card(table.points, reweighted),
            "verdict": comparison["verdict"].iloc[0],
            "verdict_reason": comparison["verdict_reason"].iloc[0],
        },
        model=model,
        reweighted=reweighted,
        slope=slope,
        taught=design[teaches],
    )


def _weights(model: Chosen | None) -> pd.DataFrame:
    """Log-odds weights of a scorecard; none for trees, which have none."""
    found = learned.weights(model.learner.pipeline_) if model and isinstance(model.learner, LogisticScorecard) else []
    return pd.DataFrame(found, columns=["name", "weight"])


def _no_validation() -> pd.DataFrame:
    return pd.DataFrame(columns=["candidate", "fold", "fitted_on", "judged_on", "conversions", "log_loss", "auc"])


def _reweighted(points: Points | None, won: Flags, teaches: Flags) -> ReweightedMatrixClassifier | None:
    """The matrix with learned weights; None where it cannot be: no matrix, negative points, one outcome only, or a
    maximum that its levels do not divide."""
    if points is None or _no_reweighting(points) or won[teaches].all() or not won[teaches].any():
        return None
    maxima = [max(levels) for levels in points.levels.values()]
    found = ReweightedMatrixClassifier(maxima, step_of(list(points.levels.values())))
    return found.fit(points.given[teaches].to_numpy(dtype=float), won[teaches])


def _no_reweighting(points: Points) -> str | None:
    values = [value for levels in points.levels.values() for value in levels]
    if min(values) < 0:
        return "the matrix takes points away; only matrices of points from 0 up are weighted anew"
    if not any(values):
        return "the matrix gives no points"
    maximum, step = sum(max(levels) for levels in points.levels.values()), step_of(list(points.levels.values()))
    if maximum % step:
        return f"its maximum {maximum} cannot be shared in steps of {step} that keep every level whole"
    return None


def _reweighted_scores(model: ReweightedMatrixClassifier, points: Points) -> evaluate.Scores:
    given = points.given.to_numpy(dtype=float)
    chance = np.round(model.predict_proba(given)[:, 1], evaluate.DIGITS)
    return evaluate.Scores(model.points(given).sum(axis=1), chance)


def _reweighted_card(points: Points | None, model: ReweightedMatrixClassifier | None) -> dict[str, Any] | None:
    if points is None:
        return None
    if model is None:
        return {"refusal": _no_reweighting(points) or "the training leads all ended the same way"}
    return {
        "objective": "log-likelihood of the training outcomes under a logistic curve over the sum of points",
        "is_exact": model.is_exact_,
        "maximum_points": dict(zip(points.levels, (int(value) for value in model.maximum_points_), strict=True)),
    }


def _by_segment(
    table: LeadTable,
    judged: npt.NDArray[np.intp],
    won: Flags,
    worked: Flags,
    hand: evaluate.Scores | None,
    chosen: evaluate.Scores | None,
    again: evaluate.Scores | None,
    refusal: str | None,
    policy: TablePolicy,
) -> list[pd.DataFrame]:
    """The comparison within each segment that has enough worked leads and wins; its verdict rests on the AUC, since the
    capacity is that of the whole team."""
    if table.segments is None:
        return []
    names = table.segments.iloc[judged].reset_index(drop=True)
    found = []
    for name in sorted(names.dropna().unique()):
        rows = np.flatnonzero((names == name).to_numpy() & worked[judged])
        if len(rows) < SEGMENT_LEADS or won[judged[rows]].sum() < SEGMENT_CONVERSIONS:
            continue
        parts = [
            None if of is None else evaluate.Scores(of.rank[rows], of.probability[rows]) for of in (hand, chosen, again)
        ]
        found.append(
            evaluate.compare(
                won[judged[rows]],
                parts[0],
                parts[1],
                reweighted=parts[2],
                refusal=refusal,
                segment=str(name),
                replicates=min(policy.replicates, SEGMENT_REPLICATES),
                seed=policy.seed,
                metrics=METRICS,
                with_calibration=True,
            )
        )
    return found


def _selection(
    table: LeadTable,
    design: pd.DataFrame,
    judged: npt.NDArray[np.intp],
    worked: Flags,
    won: Flags,
    chance: Floats | None,
    is_hand: bool,
    at: evaluate.Capacity | None,
) -> pd.DataFrame:
    """The chance of having been worked is learned from the model's columns and the hand-made score itself."""
    if table.is_worked is None:
        return pd.DataFrame(columns=["scorer", "measure", "value", "n"])
    inputs = design.iloc[judged].reset_index(drop=True).assign(**{HAND_COLUMN: table.hand[judged]})
    scores = {} if not is_hand else {"hand": table.hand[judged]}
    scores |= {} if chance is None else {"learned": chance[judged]}
    drawn = None if table.is_exploration is None else table.is_exploration[judged]
    of_work = bias.chance_of_work(inputs, worked[judged])
    return bias.selection(of_work, won[judged], worked[judged], scores, drawn, at)


def _criteria(
    table: LeadTable,
    design: pd.DataFrame,
    teaches: Flags,
    seen: npt.NDArray[np.intp],
    model: Chosen | None,
    reweighted: ReweightedMatrixClassifier | None,
    slope: float | None,
    importance: pd.DataFrame,
    seed: int,
) -> pd.DataFrame:
    """Hand-made weights beside learned ones. `learned_points`: from the 1st to the 99th percentile of what the column
    adds among the training leads, in points of the hand-made score."""
    names = ["criterion", "hand_points", "reweighted_points", "learned_points", "importance", "learned_importance"]
    points = table.points
    frame = pd.DataFrame(columns=names)
    if points is not None:
        frame["criterion"] = list(points.levels)
        frame["hand_points"] = [max(levels) for levels in points.levels.values()]
        given = points.given.fillna(0.0).iloc[seen].reset_index(drop=True)
        falls = explain.importance(lambda part: part.sum(axis=1).to_numpy(), given, table.won[seen], seed)
        frame["importance"] = frame["criterion"].map(falls.set_index("column")["importance"])
        if reweighted is not None:
            frame["reweighted_points"] = reweighted.maximum_points_
    if model is not None:
        taught = design[teaches]
        added = explain.contributions(model, explain.evenly_taken(taught), taught)
        spread = added.quantile(0.99) - added.quantile(0.01)
        told = pd.DataFrame({"criterion": added.columns, "learned_points": None if slope is None else spread / slope})
        told["learned_importance"] = told["criterion"].map(importance.set_index("column")["importance"])
        told["criterion"] = told["criterion"].str.removeprefix(ANSWER_PREFIX)
        frame = frame.drop(columns=["learned_points", "learned_importance"]).merge(told, on="criterion", how="outer")
    numbers = names[1:]
    frame[numbers] = frame[numbers].astype(float).round(evaluate.DIGITS)
    return frame[names].sort_values(["hand_points", "criterion"], ascending=[False, True], ignore_index=True)


def _what_if(
    table: LeadTable,
    judged: npt.NDArray[np.intp],
    won: Flags,
    chance: Floats | None,
    hand_chance: Floats | None,
    rules: what_if.Rules,
) -> pd.DataFrame:
    if table.points is None:
        return pd.DataFrame(columns=list(what_if.COLUMNS))
    expected = chance if chance is not None else hand_chance
    days = None
    if table.order.dtype.kind == "M":
        length = (table.order[judged].max() - table.order[judged].min()) / DAY
        days = round(max(float(length), 1.0), evaluate.DIGITS)
    return what_if.what_if(
        table.points.given.iloc[judged].to_numpy(dtype=float),
        list(table.points.levels),
        list(table.points.levels.values()),
        won[judged],
        None if expected is None else np.nan_to_num(expected[judged]),
        None if table.money is None else table.money[judged],
        days,
        rules,
    )


def _stability(
    table: LeadTable, design: pd.DataFrame, chance: Floats | None, sample: npt.NDArray[np.object_]
) -> pd.DataFrame:
    columns = {str(name): design[name] for name in design.columns}
    columns[HAND_COLUMN] = pd.Series(table.hand)
    if chance is not None:
        columns[LEARNED_COLUMN] = pd.Series(chance)
    before, after = sample == "train", sample == "test"
    rows = [(name, evaluate.population_stability(values[before], values[after])) for name, values in columns.items()]
    frame = pd.DataFrame(rows, columns=["column", "stability"])
    return frame.sort_values(["stability", "column"], ascending=[False, True], ignore_index=True)


def _sorted(table: LeadTable) -> LeadTable:
    for name, kind in table.columns.dtypes.items():
        if kind.name not in ("object", "float64"):
            raise TableError(f"column {name!r} has dtype {kind}; expected object (texts) or float64 (numbers)")
    by = np.lexsort((table.row_numbers, table.order))
    return replace(
        table,
        columns=table.columns.iloc[by].reset_index(drop=True),
        won=table.won[by],
        order=table.order[by],
        hand=table.hand[by],
        row_numbers=table.row_numbers[by],
        ids=None if table.ids is None else table.ids[by],
        money=None if table.money is None else table.money[by],
        is_worked=None if table.is_worked is None else table.is_worked[by],
        groups=None if table.groups is None else table.groups.iloc[by].reset_index(drop=True),
        points=None if table.points is None else _taken(table.points, by),
        segments=None if table.segments is None else table.segments.iloc[by].reset_index(drop=True),
        is_exploration=None if table.is_exploration is None else table.is_exploration[by],
    )


def _taken(points: Points, rows: npt.NDArray[np.intp]) -> Points:
    return Points(points.given.iloc[rows].reset_index(drop=True), points.levels)


def _split(table: LeadTable, training_share: float) -> tuple[npt.NDArray[np.object_], Any]:
    if len(table.won) == 0:
        raise NothingToJudgeError("no lead has an outcome; there is nothing to learn from and nothing to judge")
    cut = cut_in_order(table.order, training_share)
    sample = np.where(table.order < cut, "train", "test").astype(object)
    if table.groups is not None:
        sample = without_straddlers(sample, table.groups)
    return sample, cut


def _require_something_to_judge(
    table: LeadTable, sample: npt.NDArray[np.object_], judged: npt.NDArray[np.intp]
) -> None:
    if table.won.all() or not table.won.any():
        kind = "won" if table.won.any() else "not won"
        raise NothingToJudgeError(f"all {len(table.won)} leads are {kind}; both outcomes are needed")
    if not (sample == "train").any():
        raise NothingToJudgeError(
            f"no lead comes before the cut: the order has {len(np.unique(table.order))} different values; it must rise "
            "with time"
        )
    if not (sample == "test").any():
        raise NothingToJudgeError(
            "no lead is left to judge: every account of the held-out part is in the training part as well; leave "
            "--group out, or take a column with more accounts"
        )
    if not len(judged):
        raise NothingToJudgeError(
            f"none of the {int((sample == 'test').sum())} leads of the held-out part has a value of {table.hand_name!r}"
        )


def _hand_curve(hand: Floats, won: Flags, teaches: Flags) -> MatrixClassifier | None:
    """How hand-made scores translate into chances, learned on the training part; None where it cannot be learned."""
    rows = teaches & ~np.isnan(hand)
    if not rows.any() or won[rows].all() or not won[rows].any():
        return None
    return MatrixClassifier().fit(hand[rows, None], won[rows])


def _hand_probability(curve: MatrixClassifier, hand: Floats) -> Floats:
    """Chance of a win at each hand-made score; NaN where there is none."""
    has_score = ~np.isnan(hand)
    chance = np.full(len(hand), np.nan)
    chance[has_score] = np.round(curve.predict_proba(hand[has_score, None])[:, 1], evaluate.DIGITS)
    return chance


def _refusal(won: Flags, used: Sequence[str], policy: TablePolicy) -> str | None:
    leads, wins = len(won), int(won.sum())
    if leads < policy.minimum_leads or wins < policy.minimum_conversions or wins == leads:
        return (
            f"training sample has {leads} leads and {wins} conversions; "
            f"at least {policy.minimum_leads} leads and {policy.minimum_conversions} conversions are needed"
        )
    if not used:
        return "no column is left to learn from: the leak guard excluded all of them"
    return None


def _at_capacity(table: LeadTable, capacity: Capacity | None, judged: npt.NDArray[np.intp]) -> evaluate.Capacity | None:
    if capacity is None:
        return None
    periods = np.zeros(len(judged), dtype=np.int64)
    if capacity.unit == "week":
        if table.order.dtype.kind != "M":
            raise TableError("a capacity per week needs times; with an order of numbers say a share (30%) or a total")
        periods = ((table.order[judged].astype("datetime64[s]") - FIRST_MONDAY) // WEEK).astype(np.int64)
    leads = capacity.leads(len(judged))
    if leads < 1:
        raise TableError(f"the capacity is {float(capacity.amount):g} ({capacity.unit}) of {len(judged)} leads: none")
    return evaluate.Capacity(
        leads=leads,
        periods=periods,
        money=None if table.money is None else table.money[judged],
        is_worked=None if table.is_worked is None else table.is_worked[judged],
    )


def _auc_without_suspects(
    findings: Sequence[guard.Finding],
    design: pd.DataFrame,
    won: Flags,
    teaches: Flags,
    rows: npt.NDArray[np.intp],
    refusal: str | None,
) -> float | None:
    """AUC of the same scorecard without the columns that the guard suspects; None when there are none of them."""
    suspects = [finding.column for finding in findings if finding.rule == "suspect"]
    rest = design.drop(columns=suspects)
    if not suspects or rest.shape[1] == 0 or refusal is not None or won[rows].all() or not won[rows].any():
        return None
    chance = learned.probabilities(learned.table_scorecard(rest).fit(rest[teaches], won[teaches]), rest.iloc[rows])
    return round(float(evaluate.auc(chance, won[rows])(np.ones((1, len(rows))))[0]), evaluate.DIGITS)


def _leads(
    table: LeadTable, judged: npt.NDArray[np.intp], chance: Floats | None, at: evaluate.Capacity | None
) -> pd.DataFrame:
    """Every judged lead: scores, ranks (0 = worst, 1 = best, ties share theirs) and what part of it each side takes."""
    hand = pd.Series(table.hand[judged])
    said: Floats | None = None if chance is None else chance[judged]
    frame = pd.DataFrame(
        {
            "position": judged,
            "row_number": table.row_numbers[judged],
            "lead_id": None if table.ids is None else table.ids[judged],
            "order": table.order[judged],
            "won": table.won[judged],
            "money_minor": None if table.money is None else table.money[judged],
            "is_worked": None if table.is_worked is None else table.is_worked[judged],
            "hand_score": hand,
            "hand_rank": hand.rank(method="average", pct=True).round(evaluate.DIGITS),
        }
    )
    if said is None:
        return frame.assign(probability=np.nan, learned_rank=np.nan, taken_by_hand=None, taken_by_model=None)
    return frame.assign(
        probability=said,
        learned_rank=pd.Series(said).rank(method="average", pct=True).round(evaluate.DIGITS),
        taken_by_hand=None if at is None else _objects(evaluate.shares_taken(table.hand[judged], at)),
        taken_by_model=None if at is None else _objects(evaluate.shares_taken(said, at)),
    )


def _objects(values: Sequence[Fraction]) -> npt.NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _printed(leads: pd.DataFrame) -> pd.DataFrame:
    """The parts taken as numbers of 6 digits instead of fractions."""
    taken = ["taken_by_hand", "taken_by_model"]
    return leads.assign(**{name: leads[name].astype("float64").round(evaluate.DIGITS) for name in taken})


def _swap_set(
    table: LeadTable, leads: pd.DataFrame, model: Chosen | None, design: pd.DataFrame, teaches: Flags
) -> pd.DataFrame:
    """The leads on which both scores disagree most: first those that only one side takes, then by distance of ranks."""
    if model is None:
        return leads.head(0).assign(side=None, reasons=None).drop(columns="position")
    rank_gap = leads["learned_rank"] - leads["hand_rank"]
    taken_gap = rank_gap * 0
    if leads["taken_by_hand"].notna().all():
        taken_gap = (leads["taken_by_model"] - leads["taken_by_hand"]).astype(float)
    keys = pd.DataFrame({"taken": taken_gap.abs(), "rank": rank_gap.abs(), "row": leads["row_number"]})
    order = keys.sort_values(["taken", "rank", "row"], ascending=[False, False, True], kind="stable").index[:LISTED]
    listed = leads.loc[order]
    inputs = design.iloc[listed["position"]].reset_index(drop=True)
    added = explain.contributions(model, inputs, design[teaches])
    gap = np.where(taken_gap[order] != 0, taken_gap[order], rank_gap[order])
    side = np.where(gap > 0, "model", np.where(gap < 0, "hand", "none"))
    reasons = [
        explain.reasons(added.iloc[row], inputs.iloc[row], side[row] != "hand", REASONS) for row in range(len(listed))
    ]
    return listed.drop(columns="position").assign(side=side, reasons=reasons).reset_index(drop=True)


def _total(shares: Sequence[Fraction], values: npt.NDArray[np.int64]) -> Fraction:
    """Exact sum of share × value; shares have few denominators, so whole numbers are added first."""
    by_share: dict[Fraction, int] = {}
    for share, value in zip(shares, values.tolist(), strict=True):
        by_share[share] = by_share.get(share, 0) + value
    return sum((share * value for share, value in by_share.items()), Fraction(0))


def _gains(
    table: LeadTable, judged: npt.NDArray[np.intp], scores: dict[str, Floats | None], worked: Flags
) -> pd.DataFrame:
    known = (table.won & worked)[judged].astype(np.int64)
    money = None if table.money is None else known * table.money[judged]
    everyone = np.zeros(len(judged), dtype=np.int64)
    rows = []
    for share in GAIN_SHARES:
        leads = int(share * len(judged))
        if leads == 0:
            continue
        at = evaluate.Capacity(leads, everyone)
        orders = {
            "random": np.zeros(len(judged)),
            **{name: given for name, given in scores.items() if given is not None},
        }
        for name, score in orders.items():
            taken = evaluate.shares_taken(score, at)
            rows.append(
                {
                    "share": float(share),
                    "leads": leads,
                    "taken_by": name,
                    "wins": round(float(_total(taken, known)), evaluate.DIGITS),
                    "money_minor": None if money is None else round(_total(taken, money)),
                }
            )
    return pd.DataFrame(rows, columns=["share", "leads", "taken_by", "wins", "money_minor"])


def _no_sides() -> pd.DataFrame:
    return pd.DataFrame(columns=["side", "leads", "wins", "money_minor", "unworked_share"])


def _sides(table: LeadTable, judged: npt.NDArray[np.intp], leads: pd.DataFrame, worked: Flags) -> pd.DataFrame:
    """What each side of the swap set is worth at the capacity (sums of fractions, exact until printed)."""
    if leads["taken_by_model"].isna().any():
        return _no_sides()
    known = (table.won & worked)[judged].astype(np.int64)
    money = None if table.money is None else known * table.money[judged]
    unworked = (~worked[judged]).astype(np.int64)
    pairs = list(zip(leads["taken_by_model"], leads["taken_by_hand"], strict=True))
    zero, one = Fraction(0), Fraction(1)
    parts = {
        "both": [min(model, hand) for model, hand in pairs],
        "model_only": [max(zero, model - hand) for model, hand in pairs],
        "hand_only": [max(zero, hand - model) for model, hand in pairs],
        "neither": [one - max(model, hand) for model, hand in pairs],
    }
    rows = []
    for side, shares in parts.items():
        total = sum(shares, zero)
        rows.append(
            {
                "side": side,
                "leads": round(float(total), evaluate.DIGITS),
                "wins": round(float(_total(shares, known)), evaluate.DIGITS),
                "money_minor": None if money is None else round(_total(shares, money)),
                "unworked_share": None
                if table.is_worked is None or not total
                else round(float(_total(shares, unworked) / total), evaluate.DIGITS),
            }
        )
    return pd.DataFrame(rows)


def _samples(table: LeadTable, sample: npt.NDArray[np.object_], worked: Flags) -> pd.DataFrame:
    rows = []
    for name in ("train", "test", "straddling"):
        inside = sample == name
        if name == "straddling" and not inside.any():
            continue
        rows.append(
            {
                "sample": name,
                "leads": int(inside.sum()),
                "conversions": int(table.won[inside].sum()),
                "with_hand_score": int((inside & ~np.isnan(table.hand)).sum()),
                "unworked": int((inside & ~worked).sum()),
            }
        )
    return pd.DataFrame(rows)


def _calibration(won: Flags, rows: npt.NDArray[np.intp], chances: dict[str, Floats | None]) -> pd.DataFrame:
    """Said and seen win rates by tenths of each score's probability."""
    found = []
    for name, chance in chances.items():
        if chance is None or len(rows) < PARTS:
            continue
        order = rows[np.argsort(chance[rows], kind="stable")]
        for part, inside in enumerate(np.array_split(order, PARTS), start=1):
            found.append(
                {
                    "scorer": name,
                    "part": part,
                    "leads": len(inside),
                    "mean_probability": round(float(chance[inside].mean()), evaluate.DIGITS),
                    "win_rate": round(float(won[inside].mean()), evaluate.DIGITS),
                }
            )
    return pd.DataFrame(found, columns=["scorer", "part", "leads", "mean_probability", "win_rate"])


def _drift(won: Flags) -> pd.DataFrame:
    parts = np.array_split(won, PARTS)
    return pd.DataFrame(
        {
            "part": np.arange(1, PARTS + 1),
            "leads": [len(part) for part in parts],
            "conversions": [int(part.sum()) for part in parts],
        }
    )


def _cut_text(cut: Any) -> str:
    """The cut as text: an ISO instant, or the number."""
    if isinstance(cut, np.datetime64):
        return pd.Timestamp(cut).strftime("%Y-%m-%d %H:%M")
    return f"{float(cut):.15g}"
