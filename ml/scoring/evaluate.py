"""One evaluator for the matrix and the learned score: same rows, same metrics, paired bootstrap (D8, D74).

Metrics are computed on weighted rows, and a bootstrap replicate is a vector of weights (how often each lead was
drawn). Scores are sorted once, so 1 000 replicates of three metrics for two scorers cost seconds, not minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Metric = Callable[[Floats], Floats]
"""Takes weights (replicates, leads), returns one value per replicate; NaN where a class is absent."""

Verdict = Literal["too_little_data", "no_signal", "model", "matrix", "no_difference"]
METRICS = ("auc", "average_precision", "brier")
DIGITS = 6
_CELLS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Scores:
    """What a scorer said about the held-out leads: `rank` orders them, `probability` is its chance of a win."""

    rank: Floats
    probability: Floats


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
    return partial(_brier, (probability - won) ** 2)


def _brier(errors: Floats, w: Floats) -> Floats:
    return _divide(w @ errors, w.sum(axis=1))


def metrics_of(scores: Scores, won: npt.NDArray[np.bool_]) -> dict[str, Metric]:
    """The three metrics of a scorer, prepared for many weightings."""
    return {
        "auc": auc(scores.rank, won),
        "average_precision": average_precision(scores.rank, won),
        "brier": brier(scores.probability, won),
    }


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


def verdict_of(low: float, high: float, has_signal: bool) -> tuple[Verdict, str]:
    """First that fits of D74 and why; low, high: interval of the AUC, learned − matrix (thin data is told before).

    D74 judges by money at the sales team's capacity. Until a capacity is defined the AUC stands in, since it alone
    of the three metrics treats ties fairly and needs no probabilities from the matrix.
    """
    if not has_signal:
        return "no_signal", "both 90 % intervals of the AUC include 0.5"
    shown = f"95 % interval of the AUC difference is [{low:.{DIGITS}f}, {high:.{DIGITS}f}]"
    if low <= 0 <= high:
        return "no_difference", shown
    return ("model" if low > 0 else "matrix"), shown


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
)


def compare(
    won: npt.NDArray[np.bool_],
    matrix: Scores | None,
    learned: Scores | None,
    *,
    refusal: str | None = None,
    segment: str = "(all)",
    replicates: int = 1000,
    seed: int = 20240101,
) -> pd.DataFrame:
    """Judge both scorers on the same held-out leads: one row per metric, one verdict in all of them.

    low, high: 95 % paired bootstrap interval of learned − matrix. With `refusal` (thin data), without one scorer, or
    with one class only, no difference is stated and the verdict is `too_little_data` with the reason; a scorer that
    can be measured still is. Digits are fixed at 6.
    """
    leads = len(won)
    has_both_classes = bool(won.any() and not won.all())
    reason = refusal
    if reason is None and not has_both_classes:
        reason = f"the held-out period has {int(won.sum())} wins in {leads} leads; both kinds are needed"
    elif reason is None and matrix is None:
        reason = "no matrix scores with an answer behind them"
    elif reason is None and learned is None:
        reason = "no learned score"
    measured = {
        name: metrics_of(scores, won)
        for name, scores in (("matrix", matrix), ("learned", learned))
        if scores is not None and has_both_classes
    }
    once = np.ones((1, leads))
    values = {name: {metric: float(of(once)[0]) for metric, of in by.items()} for name, by in measured.items()}
    verdict: Verdict = "too_little_data"
    differences: dict[str, tuple[float, float]] = {}
    if reason is None:
        both = {f"{name}.{metric}": of for name, by in measured.items() for metric, of in by.items()}
        resampled = bootstrap(both, leads, replicates, seed)
        differences = {
            metric: interval(resampled[f"learned.{metric}"] - resampled[f"matrix.{metric}"], 0.95) for metric in METRICS
        }
        of_auc = [interval(resampled[f"{name}.auc"], 0.90) for name in measured]
        has_signal = not all(low <= 0.5 <= high for low, high in of_auc)
        verdict, reason = verdict_of(*differences["auc"], has_signal)
    rows = []
    for metric in METRICS:
        of_matrix = values.get("matrix", {}).get(metric)
        of_learned = values.get("learned", {}).get(metric)
        low, high = differences.get(metric, (None, None))
        difference = None
        if low is not None and of_matrix is not None and of_learned is not None:
            difference = of_learned - of_matrix
        rows.append(
            {
                "metric": metric,
                "segment": segment,
                "matrix": _rounded(of_matrix),
                "learned": _rounded(of_learned),
                "difference": _rounded(difference),
                "low": _rounded(low),
                "high": _rounded(high),
                "verdict": verdict,
                "verdict_reason": reason,
                "n": leads,
            }
        )
    frame = pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS))
    numbers = ["matrix", "learned", "difference", "low", "high"]
    return frame.astype(dict.fromkeys(numbers, "float64"))


def _starts(ordered: Floats) -> npt.NDArray[np.intp]:
    """Positions at which a new value begins in sorted scores."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def _divide(numerator: Floats, denominator: Floats, empty: float = np.nan) -> Floats:
    return np.divide(numerator, denominator, out=np.full(numerator.shape, empty), where=denominator > 0)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
