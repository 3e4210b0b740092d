"""The re-weighted matrix: whole points in the hand-made matrix' own shape, fitted to what was won.

The shape is kept. Every level keeps its part of its criterion's maximum (0, one half, all), the maxima are whole
multiples of one step and add up to the same maximum (110 with the default matrix), so the result is a matrix that
sales can read, add up in the head and adopt. Only how the maximum is shared among the criteria is learned.

Objective: the log-likelihood of the outcomes under a logistic curve over the sum of points, with a slope that cannot
be negative. Of equally good matrices (to 9 digits a lead) the one nearest to the hand-made weights wins, then the
first in order. With the default matrix all 4 368 ways to share 11 steps of 10 points among 6 criteria are compared,
so the answer is exact; beyond `exact_limit` ways, steps are exchanged between criteria as long as that helps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted, validate_data

from ml.scoring.labels import BinaryLeadClassifier, binary_classes

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

OBJECTIVE_DIGITS = 9
CELLS_AT_ONCE = 4_000_000
NEWTON_STEPS = 40
RIDGE = 1e-3
"""Curvature added to slope and intercept, so that perfectly separated leads have a finite curve. Against a thousand
leads it changes nothing that is printed."""


def step_of(levels: Sequence[Sequence[int]]) -> int:
    """Smallest step of a maximum that keeps every level a multiple of the grid on which all points lie.

    levels: the points of each criterion. With 0/10/20, 0/15/30 and 0/5/10 the grid is 5 and the step 10.
    """
    points = [value for of_criterion in levels for value in of_criterion if value]
    if not points:
        raise ValueError("the matrix gives no points at all; nothing can be weighted anew")
    grid = math.gcd(*points)
    step = grid
    for of_criterion in levels:
        highest = max(of_criterion)
        for value in of_criterion:
            # highest · k · value / highest must be a multiple of the grid for every k steps
            step = math.lcm(step, grid * highest // math.gcd(highest, value)) if value else step
    return step


class ReweightedMatrixClassifier(BinaryLeadClassifier):
    """The matrix with learned whole weights, as a binary scikit-learn classifier.

    X is (leads, criteria): points of the hand-made matrix, NaN where there is no answer (0 points, D20).

    Parameters
    ----------
    maximum_points : highest points of each criterion; None: the highest seen in each column.
    step : whole points by which a maximum may change; None: a tenth of all, for columns that are no matrix.
    exact_limit : ways to share the steps up to which all are compared.

    Attributes
    ----------
    maximum_points_ : learned highest points of each criterion; they add up to `maximum_`.
    slope_, intercept_ : log-odds = slope × sum of points + intercept.
    is_exact_ : all ways were compared.
    """

    def __init__(
        self, maximum_points: Sequence[int] | None = None, step: int | None = None, exact_limit: int = 20_000
    ) -> None:
        self.maximum_points = maximum_points
        self.step = step
        self.exact_limit = exact_limit

    def fit(self, X: Any, y: Any) -> ReweightedMatrixClassifier:
        """Search the shares of the maximum that make the outcomes y most likely. y has two classes."""
        X, y = validate_data(self, X, y, dtype="float64", ensure_all_finite="allow-nan")
        self.classes_, won = binary_classes(y)
        self.hand_points_ = self._hand_points(X)
        self.maximum_ = float(self.hand_points_.sum())
        step = self.maximum_ / 10 if self.step is None else float(self.step)
        steps = round(self.maximum_ / step)
        if steps < 1 or not math.isclose(steps * step, self.maximum_):
            raise ValueError(f"the maximum {self.maximum_:g} is no multiple of the step {step:g}")
        profiles, cell = np.unique(self._shares(X), axis=0, return_inverse=True)
        leads = np.bincount(cell.ravel(), minlength=len(profiles)).astype(float)
        wins = np.asarray(np.bincount(cell.ravel(), weights=won.astype(float), minlength=len(profiles)), dtype=float)
        hand = self.hand_points_ / step
        criteria = X.shape[1]
        ways = math.comb(steps + criteria - 1, criteria - 1)
        self.is_exact_ = ways <= self.exact_limit
        if self.is_exact_:
            best = _best(_all_shares(steps, criteria), profiles, leads, wins, hand)
        else:
            best = _exchanged(_nearest_whole(hand, steps), profiles, leads, wins, hand)
        self.maximum_points_ = best * step
        _, slope, intercept = _curves(best[None, :].astype(float), profiles, leads, wins)
        self.slope_, self.intercept_ = float(slope[0]) / step, float(intercept[0])
        return self

    def _hand_points(self, X: Floats) -> Floats:
        if self.maximum_points is not None:
            highest = np.asarray(self.maximum_points, dtype=float)
            if highest.shape != (X.shape[1],):
                raise ValueError(f"maximum_points has {highest.size} values; X has {X.shape[1]} criteria")
        else:
            highest = np.max(np.nan_to_num(X, nan=0.0), axis=0)
        highest = np.maximum(highest, 0.0)
        # columns that never give points share the steps like any other, so that the shape does not depend on chance
        return highest if highest.any() else np.ones_like(highest)

    def _shares(self, X: Floats) -> Floats:
        """What part of its criterion's maximum each answer gives, 0 to 1."""
        highest = np.where(self.hand_points_ > 0, self.hand_points_, 1.0)
        return np.clip(np.nan_to_num(X, nan=0.0) / highest, 0.0, 1.0)

    def points(self, X: Any) -> Floats:
        """(leads, criteria): learned points of each answer, 0 where there is none."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype="float64", ensure_all_finite="allow-nan", reset=False)
        return np.asarray(np.round(self._shares(X) * self.maximum_points_, 9))

    def decision_function(self, X: Any) -> Floats:
        """Log-odds of the second class; rises with the sum of points."""
        total = self.points(X).sum(axis=1)
        return np.asarray(self.slope_ * total + self.intercept_, dtype=float)

    def predict_proba(self, X: Any) -> Floats:
        """(leads, 2): probabilities of `classes_`."""
        positive = 1.0 / (1.0 + np.exp(-self.decision_function(X)))
        return np.column_stack([1.0 - positive, positive])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The class with the larger probability."""
        is_positive = self.decision_function(X) > 0
        return np.asarray(self.classes_[is_positive.astype(int)])


def _all_shares(steps: int, criteria: int) -> Whole:
    """Every way to share `steps` among `criteria`, one row each, in lexicographic order."""
    bars = list(itertools.combinations(range(steps + criteria - 1), criteria - 1))
    cuts = np.array(bars, dtype=np.int64).reshape(len(bars), criteria - 1)
    edges = np.column_stack([np.full(len(cuts), -1), cuts, np.full(len(cuts), steps + criteria - 1)])
    return np.diff(edges, axis=1) - 1


def _nearest_whole(hand: Floats, steps: int) -> Whole:
    """The hand-made weights in whole steps that add up: largest remainders first."""
    whole = np.floor(hand).astype(np.int64)
    order = np.argsort(-(hand - whole), kind="stable")
    whole[order[: steps - int(whole.sum())]] += 1
    return whole


def _best(candidates: Whole, profiles: Floats, leads: Floats, wins: Floats, hand: Floats) -> Whole:
    size = max(1, CELLS_AT_ONCE // len(profiles))
    likelihood = np.concatenate(
        [
            _curves(candidates[start : start + size].astype(float), profiles, leads, wins)[0]
            for start in range(0, len(candidates), size)
        ]
    )
    value = np.round(likelihood / leads.sum(), OBJECTIVE_DIGITS)
    distance = np.round(np.abs(candidates - hand).sum(axis=1), OBJECTIVE_DIGITS)
    return np.asarray(candidates[np.lexsort((np.arange(len(candidates)), distance, -value))[0]])


def _exchanged(start: Whole, profiles: Floats, leads: Floats, wins: Floats, hand: Floats) -> Whole:
    """From the hand-made weights, move one step between two criteria as long as the best such move helps."""
    current = start
    while True:
        moves = [current]
        for giver in np.flatnonzero(current):
            for taker in range(len(current)):
                if taker != giver:
                    moved = current.copy()
                    moved[giver] -= 1
                    moved[taker] += 1
                    moves.append(moved)
        values = _curves(np.array(moves, dtype=float), profiles, leads, wins)[0]
        values = np.round(values / leads.sum(), OBJECTIVE_DIGITS)
        place = int(np.argmax(values))
        if values[place] <= values[0]:
            return current
        current = moves[place]


def _curves(weights: Floats, profiles: Floats, leads: Floats, wins: Floats) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood, slope (≥ 0) and intercept of the best curve over each weighted sum; one value a row of weights.

    Newton's method on two numbers for all weightings at once. A slope that would be negative is held at 0.
    """
    total = np.round(weights @ profiles.T, 9)
    sums, place = np.unique(total, return_inverse=True)
    if len(sums) * 4 <= len(profiles):
        # a matrix of 729 profiles has 23 sums: leads of one sum are one cell of the curve
        cells = (np.arange(len(total))[:, None] * len(sums) + place.reshape(total.shape)).ravel()
        shape = (len(total), len(sums))
        leads = _counted(cells, leads, total.shape, shape)
        wins = _counted(cells, wins, total.shape, shape)
        total = np.broadcast_to(sums, shape)
    else:
        leads, wins = np.broadcast_to(leads, total.shape), np.broadcast_to(wins, total.shape)
    everyone = leads.sum(axis=1, keepdims=True)
    center = (total * leads).sum(axis=1, keepdims=True) / everyone
    variance = ((total - center) ** 2 * leads).sum(axis=1, keepdims=True) / everyone
    spread = np.sqrt(np.maximum(variance, 1e-12))
    x = (total - center) / spread
    rate = np.clip(wins.sum(axis=1, keepdims=True) / everyone, 1e-9, 1 - 1e-9)
    slope, intercept = np.zeros((len(x), 1)), np.log(rate / (1 - rate))
    for _ in range(NEWTON_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(slope * x + intercept)))
        error = wins - leads * chance
        curvature = leads * chance * (1 - chance)
        up_slope = (error * x).sum(axis=1, keepdims=True) - RIDGE * slope
        up_level = error.sum(axis=1, keepdims=True) - RIDGE * intercept
        a = (curvature * x * x).sum(axis=1, keepdims=True) + RIDGE
        b = (curvature * x).sum(axis=1, keepdims=True)
        c = curvature.sum(axis=1, keepdims=True) + RIDGE
        determinant = a * c - b * b
        # a step of more than 4 log-odds is cut: Newton's method may jump over the maximum from far away
        move_slope = np.clip((c * up_slope - b * up_level) / determinant, -4, 4)
        move_level = np.clip((a * up_level - b * up_slope) / determinant, -4, 4)
        held = slope + move_slope <= 0
        move_level = np.where(held, np.clip(up_level / c, -4, 4), move_level)
        slope, intercept = np.where(held, 0.0, slope + move_slope), intercept + move_level
        if max(np.abs(np.where(held, 0, move_slope)).max(), np.abs(move_level).max()) < 1e-10:
            break
    log_odds = slope * x + intercept
    likelihood = (wins * log_odds - leads * np.logaddexp(0, log_odds)).sum(axis=1)
    return likelihood, (slope / spread)[:, 0], (intercept - slope * center / spread)[:, 0]


def _counted(cells: Whole, counts: Floats, given: tuple[int, ...], shape: tuple[int, int]) -> Floats:
    """`counts` of profiles, the same for each weighting, summed within the cells of each weighting."""
    every = np.broadcast_to(counts, given).ravel()
    return np.asarray(np.bincount(cells, every, shape[0] * shape[1]), dtype=float).reshape(shape)
