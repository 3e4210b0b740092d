"""What is learned from the leads that teach: what the guard lets through, the model, the curve and new weights of the hand-made score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.scoring import evaluate, guard
from ml.scoring.choice import Chosen, ThinDataError, candidates, choose
from ml.scoring.matrix import MatrixClassifier
from ml.scoring.reweighted import ReweightedMatrixClassifier, step_of
from ml.scoring.table import Parts, Points, TablePolicy
from ml.scoring.worth import Worth, learn_worth

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_NO_CURVE = "no training lead with a hand-made score, or one outcome only: its probabilities cannot be learned"


@dataclass(frozen=True)
class Learned:
    """What the leads that teach say, for every lead of the table.

    findings    of the guard, one a column; design: the columns that may be used
    model       the chosen model and chance, its probabilities; None when `refusal` says why
    expected    expected revenue in minor units, where that is the label
    curve       how the hand-made score translates into hand_chance; None when `no_hand` says why
    reweighted  the matrix with learned weights and again, what it says; None where it cannot be weighted anew
    """

    findings: list[guard.Finding]
    design: pd.DataFrame
    refusal: str | None
    model: Chosen | None
    chance: Floats | None
    expected: npt.NDArray[np.int64] | None
    curve: MatrixClassifier | None
    hand_chance: Floats | None
    no_hand: str | None
    reweighted: ReweightedMatrixClassifier | None
    again: evaluate.Scores | None

    @property
    def slope(self) -> float | None:
        """Log-odds that a point of the hand-made score is worth; None where that cannot be learned."""
        if self.curve is None or self.curve.slope_ <= 2 * self.curve.SMALLEST_SLOPE:
            return None
        return self.curve.slope_

    @property
    def rank(self) -> Floats | None:
        """What orders the leads of the learned score: the expected revenue where that is the label, else the chance."""
        return self.chance if self.expected is None else self.expected.astype(float)

    @property
    def suspects(self) -> list[str]:
        """Columns that the guard suspects and lets pass."""
        return [finding.column for finding in self.findings if finding.rule == "suspect"]


def learn(
    parts: Parts,
    policy: TablePolicy,
    excluded: frozenset[str] = frozenset(),
    kept: frozenset[str] = frozenset(),
    find: Callable[[pd.DataFrame, Flags], Chosen | None] | None = None,
) -> Learned:
    """Guard the columns, choose and calibrate the model, and learn what the hand-made score is worth, from the leads that teach.

    find: asked first, with the input and the outcomes that the model would learn from; a model that it gives is not learned again.
    """
    table, teaches, won = parts.table, parts.teaches, parts.table.won
    findings = guard.inspect(
        table.columns[teaches].reset_index(drop=True), won[teaches], times=table.times, excluded=excluded, kept=kept
    )
    stages = None if table.stages is None else table.stages[teaches]
    used = [finding.column for finding in findings if finding.is_used]
    curve = hand_curve(table.hand, won, teaches)
    refusal = _refusal(won[teaches], used, policy)
    design = table.columns[used]
    model: Chosen | None = None
    chance: Floats | None = None
    expected: npt.NDArray[np.int64] | None = None
    if refusal is None:
        try:
            model = None if find is None else find(design[teaches], won[teaches])
            model = model or choose(
                design[teaches],
                won[teaches],
                table.order[teaches],
                None if table.groups is None else table.groups[teaches],
                candidates(table.directions, table.ordered, stages),
                policy.calibration,
                stages,
            )
            if policy.label == "expected_revenue" and model.worth is None:
                model = replace(model, worth=_worth(parts, design))
            chance = model.probabilities(design)
            expected = None if model.worth is None else model.worth.expected(chance, design)
        except ThinDataError as error:
            model, refusal = None, str(error)
    reweighted = _reweighted(table.points, won, teaches)
    return Learned(
        findings=findings,
        design=design,
        refusal=refusal,
        model=model,
        chance=chance,
        expected=expected,
        curve=curve,
        hand_chance=None if curve is None else _hand_probability(curve, table.hand),
        no_hand=table.no_hand or (None if curve is not None else _NO_CURVE),
        reweighted=reweighted,
        again=None if reweighted is None or table.points is None else _reweighted_scores(reweighted, table.points),
    )


def _worth(parts: Parts, design: pd.DataFrame) -> Worth:
    """What a won lead brings, by the leads that teach. Raises ThinDataError where no money is known."""
    table, teaches = parts.table, parts.teaches
    if table.money is None or not (table.money[teaches] * table.won[teaches] > 0).any():
        raise ThinDataError("expected revenue is asked for, but no won lead of the training part brought money")
    groups = None if table.groups is None else table.groups[teaches]
    return learn_worth(design[teaches], table.money[teaches], table.order[teaches], groups, table.won[teaches])


def hand_curve(hand: Floats, won: Flags, teaches: Flags) -> MatrixClassifier | None:
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


def reweighted_card(points: Points | None, model: ReweightedMatrixClassifier | None) -> dict[str, Any] | None:
    """What the card says of the re-weighted matrix, or why there is none; None without a matrix."""
    if points is None:
        return None
    if model is None:
        return {"refusal": _no_reweighting(points) or "the training leads all ended the same way"}
    return {
        "objective": "log-likelihood of the training outcomes under a logistic curve over the sum of points",
        "is_exact": model.is_exact_,
        "maximum_points": dict(zip(points.levels, (int(value) for value in model.maximum_points_), strict=True)),
    }
