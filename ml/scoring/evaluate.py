"""One evaluator for the matrix and the learned score: same rows, same metrics, paired bootstrap (D8, D74).

Metrics are computed on weighted rows, and a bootstrap replicate is a vector of weights (how often each lead was
drawn). Scores are sorted once, so 1 000 replicates of three metrics for two scorers cost seconds, not minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]
Metric = Callable[[Floats], Floats]
"""Takes weights (replicates, leads), returns one value per replicate; NaN where a class is absent."""

Verdict = Literal["too_little_data", "no_signal", "model", "matrix", "no_difference"]
METRICS = ("auc", "average_precision", "brier")
CALIBRATION = ("calibration_slope", "calibration_intercept")
"""Told beside the metrics without an interval: 1 and 0 are right, so a difference says nothing."""
LARGEST_UNWORKED_SHARE = Fraction(3, 10)
"""D74: a side of the swap set with a larger share of leads never worked gets no verdict on wins or money."""
DIGITS = 6
_CELLS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Scores:
    """What a scorer said about the held-out leads: `rank` orders them, `probability` is its chance of a win."""

    rank: Floats
    probability: Floats


@dataclass(frozen=True)
class Capacity:
    """How many leads the team can take: the best `leads` of every period (D74).

    periods     (held-out leads,): the period of each lead, such as its week; one value when there is one period
    money       (held-out leads,): minor units that a won lead brought; None: wins are counted
    currency    of the money, None where it is not known; minor_per_unit: minor units in one whole unit of it
    is_worked   (held-out leads,): False where nobody worked the lead, so that its outcome is not known
    """

    leads: int
    periods: npt.NDArray[np.int64]
    money: npt.NDArray[np.int64] | None = None
    is_worked: npt.NDArray[np.bool_] | None = None
    currency: str | None = None
    minor_per_unit: int = 1

    @property
    def money_unit(self) -> tuple[int, str]:
        """Minor units in what money is told in, and its name: whole units of the currency, minor ones where it is not known."""
        return (1, "minor units") if self.currency is None else (self.minor_per_unit, self.currency)


def auc(score: Floats, won: npt.NDArray[np.bool_]) -> Metric:
    """Area under the ROC curve; ties count half."""
    order = np.argsort(score, kind="stable")
    starts = _starts(score[order])
    return partial(_auc, order, starts, won[order])


def _auc(order: npt.NDArray[np.intp], starts: npt.NDArray[np.intp], won: npt.NDArray[np.bool_], w: Floats) -> Floats:
    weights = w[:, order]
    positive = np.add.reduceat(weights * won, starts, axis=1)
    negative = np.add.reduceat(weights * ~won, starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    return _divide((positive * (below + negative / 2)).sum(axis=1), pairs)


def average_precision(score: Floats, won: npt.NDArray[np.bool_]) -> Metric:
    """Average precision: mean of the precision at each threshold, weighted by the rise in recall."""
    order = np.argsort(-score, kind="stable")
    return partial(_average_precision, order, _starts(score[order]), won[order])


def _average_precision(
    order: npt.NDArray[np.intp], starts: npt.NDArray[np.intp], won: npt.NDArray[np.bool_], w: Floats
) -> Floats:
    weights = w[:, order]
    positive = np.add.reduceat(weights * won, starts, axis=1)
    everyone = np.add.reduceat(weights, starts, axis=1)
    precision = _divide(np.cumsum(positive, axis=1), np.cumsum(everyone, axis=1), empty=0.0)
    return _divide((positive * precision).sum(axis=1), positive.sum(axis=1))


def brier(probability: Floats, won: npt.NDArray[np.bool_]) -> Metric:
    """Mean squared error of the probability; smaller is better."""
    return partial(_weighted_mean, (probability - won) ** 2)


def _weighted_mean(errors: Floats, w: Floats) -> Floats:
    return _divide(w @ errors, w.sum(axis=1))


def log_loss(probability: Floats, won: npt.NDArray[np.bool_]) -> Metric:
    """Mean negative log-likelihood of the probability; smaller is better. 0 and 1 are read as the nearest double."""
    safe = np.clip(probability, np.finfo(float).eps, 1 - np.finfo(float).eps)
    return partial(_weighted_mean, -np.log(np.where(won, safe, 1 - safe)))


def calibration_line(probability: Floats, won: npt.NDArray[np.bool_]) -> tuple[float, float] | None:
    """Slope and intercept of the outcome's log-odds over the said log-odds; (1, 0) is perfect, 6 digits.

    A slope below 1 says that the probabilities are too extreme. None when all probabilities are the same, one class is
    absent or both are parted perfectly, since no line can be fitted then.
    """
    safe = np.clip(probability, 1e-6, 1 - 1e-6)
    x = np.log(safe / (1 - safe))
    if won.all() or not won.any() or np.ptp(x) == 0:
        return None
    if min(x[won].min() - x[~won].max(), 0) == 0 or min(x[~won].min() - x[won].max(), 0) == 0:
        return None
    line = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=1000).fit(x[:, None], won)
    return round(float(line.coef_[0, 0]), DIGITS), round(float(line.intercept_[0]), DIGITS)


def population_stability(before: pd.Series, after: pd.Series) -> float | None:
    """Population stability index of a column between two sets of leads, 6 digits; None when either is empty.

    Categories by level, numbers by the tenths of `before`; empty values are a level. Half a lead is added to every
    level of both sides, so that a new level counts and does not make the index infinite. Above 0.25 is usually called
    a shift, below 0.1 none.
    """
    if not len(before) or not len(after):
        return None
    if before.dtype == object:
        left, right = before, after
    else:
        known = before.dropna().to_numpy(dtype=float)
        edges = np.unique(np.quantile(known, np.linspace(0, 1, 11)))[1:-1] if len(known) else np.empty(0)
        left, right = (
            pd.Series(np.where(side.isna(), -1, np.digitize(side.to_numpy(dtype=float), edges))).astype(str)
            for side in (before, after)
        )
    levels = sorted(set(left) | set(right))
    shares = [
        (side.value_counts().reindex(levels, fill_value=0).to_numpy(dtype=float) + 0.5)
        / (len(side) + 0.5 * len(levels))
        for side in (left, right)
    ]
    return round(float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()), DIGITS)


def shares_taken(score: Floats, capacity: Capacity) -> list[Fraction]:
    """What part of each lead is taken when the best `capacity.leads` of its period are: 0, 1, or, for leads tied at
    the cut, an equal fraction (D74). A period with fewer leads than the capacity is taken whole."""
    order = np.lexsort((-score, capacity.periods))
    shares = [Fraction(0)] * len(score)
    room, period = 0, None
    for group in np.split(order, _block_starts(score, capacity.periods, order)[1:]):
        if capacity.periods[group[0]] != period:
            room, period = capacity.leads, capacity.periods[group[0]]
        share = min(Fraction(1), Fraction(room, len(group)))
        room = max(0, room - len(group))
        for row in group:
            shares[row] = share
    return shares


def at_capacity(score: Floats, value: Floats, capacity: Capacity) -> Metric:
    """Sum of `value` over the leads taken at the capacity, ties at the cut in equal fractions, of weighted leads."""
    order = np.lexsort((-score, capacity.periods))
    starts = _block_starts(score, capacity.periods, order)
    return partial(_at_capacity, order, starts, capacity.periods[order][starts], value[order], capacity.leads)


def _block_starts(score: Floats, periods: npt.NDArray[np.int64], order: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Positions in `order` at which a new score or a new period begins."""
    new_score = np.concatenate([[True], np.diff(score[order]) != 0])
    new_period = np.concatenate([[True], np.diff(periods[order]) != 0])
    return np.flatnonzero(new_score | new_period)


def _at_capacity(
    order: npt.NDArray[np.intp],
    starts: npt.NDArray[np.intp],
    periods: npt.NDArray[np.int64],
    value: Floats,
    leads: int,
    w: Floats,
) -> Floats:
    weights = w[:, order]
    tied = np.add.reduceat(weights, starts, axis=1)
    worth = np.add.reduceat(weights * value, starts, axis=1)
    before = np.cumsum(tied, axis=1) - tied
    first_of_period = np.flatnonzero(np.concatenate([[True], np.diff(periods) != 0]))
    lengths = np.diff(np.append(first_of_period, len(periods)))
    before -= np.repeat(before[:, first_of_period], lengths, axis=1)
    share = np.clip(_divide(leads - before, tied, empty=0.0), 0, 1)
    return np.asarray((worth * share).sum(axis=1), dtype=float)


def metrics_of(scores: Scores, won: npt.NDArray[np.bool_]) -> dict[str, Metric]:
    """The metrics of a scorer that need no capacity, prepared for many weightings."""
    return {
        "auc": auc(scores.rank, won),
        "average_precision": average_precision(scores.rank, won),
        "brier": brier(scores.probability, won),
        "log_loss": log_loss(scores.probability, won),
    }


def _on_rows(rows: npt.NDArray[np.intp], metric: Metric, w: Floats) -> Floats:
    return metric(w if len(rows) == w.shape[1] else w[:, rows])


def _all_metrics(
    scores: Scores, won: npt.NDArray[np.bool_], names: tuple[str, ...], capacity: Capacity | None
) -> dict[str, Metric]:
    """The metrics asked for, then wins (and money) at the capacity. Only worked leads are judged; all may be taken."""
    worked = None if capacity is None else capacity.is_worked
    rows = np.arange(len(won)) if worked is None else np.flatnonzero(worked)
    plain = metrics_of(Scores(scores.rank[rows], scores.probability[rows]), won[rows])
    found: dict[str, Metric] = {name: partial(_on_rows, rows, plain[name]) for name in names}
    if capacity is not None:
        known = won if worked is None else won & worked
        wins = at_capacity(scores.rank, known.astype(float), capacity)
        has_outcome = np.ones(len(won)) if worked is None else worked.astype(float)
        taken = at_capacity(scores.rank, has_outcome, capacity)
        found["precision_at_capacity"] = partial(_share_of, wins, taken)
        found["wins_at_capacity"] = wins
        if capacity.money is not None:
            found["money_at_capacity"] = at_capacity(scores.rank, known * capacity.money.astype(float), capacity)
    return found


def _share_of(part: Metric, whole: Metric, w: Floats) -> Floats:
    return _divide(part(w), whole(w))


def unworked_share(taken: list[Fraction], other: list[Fraction], is_worked: npt.NDArray[np.bool_]) -> Fraction | None:
    """Of the leads that one side takes and the other does not, the share never worked; None when there are none."""
    only = [max(Fraction(0), mine - theirs) for mine, theirs in zip(taken, other, strict=True)]
    total = sum(only, Fraction(0))
    unworked = sum((part for part, worked in zip(only, is_worked, strict=True) if not worked), Fraction(0))
    return unworked / total if total else None


def bootstrap(metrics: dict[str, Metric], leads: int, replicates: int, seed: int) -> dict[str, Floats]:
    """Values of each metric over the same resamples of leads (the unit of D8), `replicates` a metric."""
    generator = np.random.default_rng(seed)
    size = max(1, _CELLS_AT_ONCE // leads)
    found: dict[str, list[Floats]] = {name: [] for name in metrics}
    for start in range(0, replicates, size):
        rows = min(size, replicates - start)
        weights = np.empty((rows, leads))
        for row in range(rows):
            weights[row] = np.bincount(generator.integers(0, leads, size=leads), minlength=leads)
        for name, metric in metrics.items():
            found[name].append(metric(weights))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def interval(values: Floats, coverage: float) -> tuple[float, float]:
    """Percentile interval; 6 digits; replicates without both classes are left out."""
    tail = (1 - coverage) / 2 * 100
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    return round(float(low), DIGITS), round(float(high), DIGITS)


def verdict_of(
    low: float, high: float, has_signal: bool, metric: str = "auc", money_unit: tuple[int, str] = (1, "minor units")
) -> tuple[Verdict, str]:
    """First that fits of D74 and why; low, high: interval of `metric`, learned − matrix (thin data is told before).
    money_unit: minor units in what money is told in, and its name.

    D74 judges by money at the sales team's capacity, by wins where no money is known. Without a capacity the AUC
    stands in, since it alone of the other metrics treats ties fairly and needs no probabilities from the matrix.
    """
    if not has_signal:
        return "no_signal", "both 90 % intervals of the AUC include 0.5"
    per_unit, unit = money_unit if metric == "money_at_capacity" else (1, "")
    shown = _SHOWN[metric].format(low=low / per_unit, high=high / per_unit, unit=unit)
    if low <= 0 <= high:
        return "no_difference", shown
    return ("model" if low > 0 else "matrix"), shown


_SHOWN = {
    "auc": "95 % interval of the AUC difference is [{low:.6f}, {high:.6f}]",
    "wins_at_capacity": "95 % interval of the difference in wins at the capacity is [{low:.2f}, {high:.2f}]",
    "money_at_capacity": "95 % interval of the difference in money at the capacity is [{low:,.0f}, {high:,.0f}] {unit}",
}


COMPARISON_COLUMNS = (
    "metric",
    "segment",
    "matrix",
    "learned",
    "difference",
    "low",
    "high",
    "verdict",
    "verdict_reason",
    "n",
    "conversions",
    "reweighted",
)


def compare(
    won: npt.NDArray[np.bool_],
    matrix: Scores | None,
    learned: Scores | None,
    *,
    reweighted: Scores | None = None,
    refusal: str | None = None,
    segment: str = "(all)",
    replicates: int = 1000,
    seed: int = 20240101,
    metrics: tuple[str, ...] = METRICS,
    capacity: Capacity | None = None,
    with_calibration: bool = False,
) -> pd.DataFrame:
    """Judge both scorers on the same held-out leads: one row per metric, one verdict in all of them.

    low, high: 95 % paired bootstrap interval of learned − matrix. With `refusal` (thin data), without one scorer, or
    with one class only, no difference is stated and the verdict is `too_little_data` with the reason; a scorer that
    can be measured still is. Digits are fixed at 6, money at whole minor units. With `capacity` the metrics
    `precision_at_capacity` (wins among the worked leads that are taken), `wins_at_capacity` and, where money
    is known, `money_at_capacity` follow and decide the verdict; otherwise the AUC does. `reweighted` is the matrix with
    learned weights: measured like the others, not part of the verdict. With `with_calibration`
    the line of calibration comes last.
    """
    judged = np.ones(len(won), dtype=bool)
    if capacity is not None and capacity.is_worked is not None:
        judged = capacity.is_worked
    leads, wins = int(judged.sum()), int(won[judged].sum())
    has_both_classes = 0 < wins < leads
    reason = refusal
    if reason is None and not has_both_classes:
        reason = f"the held-out period has {wins} wins in {leads} leads; both kinds are needed"
    elif reason is None and matrix is None:
        reason = "no matrix scores with an answer behind them"
    elif reason is None and learned is None:
        reason = "no learned score"
    names = metrics
    if capacity is not None:
        names = (
            *metrics,
            "precision_at_capacity",
            "wins_at_capacity",
            *(["money_at_capacity"] if capacity.money is not None else []),
        )
    decisive = names[-1] if capacity is not None else "auc"
    measured = {
        name: _all_metrics(scores, won, metrics, capacity)
        for name, scores in (("matrix", matrix), ("learned", learned), ("reweighted", reweighted))
        if scores is not None and has_both_classes
    }
    once = np.ones((1, len(won)))
    values = {name: {metric: float(of(once)[0]) for metric, of in by.items()} for name, by in measured.items()}
    verdict: Verdict = "too_little_data"
    differences: dict[str, tuple[float, float]] = {}
    if reason is None and matrix is not None and learned is not None:
        both = {f"{name}.{metric}": of for name in ("matrix", "learned") for metric, of in measured[name].items()}
        resampled = bootstrap(both, len(won), replicates, seed)
        differences = {
            metric: interval(resampled[f"learned.{metric}"] - resampled[f"matrix.{metric}"], 0.95) for metric in names
        }
        of_auc = [interval(resampled[f"{name}.auc"], 0.90) for name in ("matrix", "learned")]
        has_signal = not all(low <= 0.5 <= high for low, high in of_auc)
        unit = (1, "minor units") if capacity is None else capacity.money_unit
        verdict, reason = verdict_of(*differences[decisive], has_signal, decisive, unit)
        if verdict == "no_signal":
            shown = zip(("matrix", "learned"), of_auc, strict=True)
            reason += ": " + ", ".join(f"{name} [{low:.3f}, {high:.3f}]" for name, (low, high) in shown)
        hidden = None if capacity is None else _never_worked(matrix, learned, capacity)
        if hidden is not None and verdict in ("model", "matrix"):
            verdict, reason = "no_difference", hidden
    rows = []
    for metric in names:
        of_matrix = values.get("matrix", {}).get(metric)
        of_learned = values.get("learned", {}).get(metric)
        low, high = differences.get(metric, (None, None))
        difference = None
        if low is not None and of_matrix is not None and of_learned is not None:
            difference = of_learned - of_matrix
        takes_all = metric not in metrics
        digits = 0 if metric == "money_at_capacity" else DIGITS
        rows.append(
            {
                "metric": metric,
                "segment": segment,
                "matrix": _rounded(of_matrix, digits),
                "learned": _rounded(of_learned, digits),
                "difference": _rounded(difference, digits),
                "low": _rounded(low, digits),
                "high": _rounded(high, digits),
                "verdict": verdict,
                "verdict_reason": reason,
                "n": len(won) if takes_all else leads,
                "conversions": wins,
                "reweighted": _rounded(values.get("reweighted", {}).get(metric), digits),
            }
        )
    lines = {
        name: calibration_line(scores.probability[judged], won[judged])
        for name, scores in (("matrix", matrix), ("learned", learned), ("reweighted", reweighted))
        if scores is not None and has_both_classes
    }
    for place, metric in enumerate(CALIBRATION if with_calibration else ()):
        said: dict[str, Any] = {name: None if line is None else line[place] for name, line in lines.items()}
        told: dict[str, Any] = {
            "metric": metric,
            "segment": segment,
            "verdict": verdict,
            "verdict_reason": reason,
            "n": leads,
            "conversions": wins,
        }
        rows.append(told | said)
    frame = pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS))
    numbers = ["matrix", "learned", "difference", "low", "high", "reweighted"]
    return frame.astype(dict.fromkeys(numbers, "float64"))


def _never_worked(matrix: Scores, learned: Scores, capacity: Capacity) -> str | None:
    """Why no verdict at the capacity is given: a side of the swap set was mostly not worked; None when both were."""
    if capacity.is_worked is None:
        return None
    by_matrix, by_learned = shares_taken(matrix.rank, capacity), shares_taken(learned.rank, capacity)
    sides = {
        "model": unworked_share(by_learned, by_matrix, capacity.is_worked),
        "matrix": unworked_share(by_matrix, by_learned, capacity.is_worked),
    }
    if all(share is None or share <= LARGEST_UNWORKED_SHARE for share in sides.values()):
        return None
    shown = ", ".join(f"{name} {float(share):.0%}" for name, share in sides.items() if share is not None)
    return f"no verdict: of the leads that only one side takes, never worked are {shown}; at most 30 % may be"


def _starts(ordered: Floats) -> npt.NDArray[np.intp]:
    """Positions at which a new value begins in sorted scores."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def _divide(numerator: Floats, denominator: Floats, empty: float = np.nan) -> Floats:
    return np.divide(numerator, denominator, out=np.full(numerator.shape, empty), where=denominator > 0)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
