"""Why a lead has its score: what each column adds, in log-odds and in points of the matrix; what a model looks at.

Both scores speak one unit here. The matrix' probability curve says how many log-odds a point is worth (`slope`), so
what a column adds to the learned score is told in points of the matrix as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.scoring.choice import Chosen
from ml.scoring.evaluate import DIGITS, auc
from ml.scoring.features import MISSING
from ml.scoring.learners import LogisticScorecard
from ml.scoring.model import table_contributions

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOST_VALUES = 10
DEPENDENCE_ROWS = 2_000
DEPENDENCE_COLUMNS = 8
IMPORTANCE_REPEATS = 5
IMPORTANCE_ROWS = 5_000


def contributions(chosen: Chosen, design: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Log-odds of the calibrated probability that each column adds against `baseline`; (rows, columns), 6 digits.

    They add up to the lead's log-odds up to one constant, and their mean over `baseline` is 0. Of a scorecard they are its
    terms. Trees are walked from the lead to the commonest lead of `baseline` (`walked`), and what its average row has
    (of at most 2 000 rows, evenly taken) is subtracted. With isotonic calibration the log-odds are those before it, since it has no one slope.
    """
    slope = 1.0 if chosen.slope is None else chosen.slope
    if isinstance(chosen.learner, LogisticScorecard):
        added = table_contributions(chosen.learner.pipeline_, design, baseline)
    else:
        usual, log_odds = commonest(baseline), chosen.learner.decision_function
        added = walked(log_odds, design, usual) - walked(log_odds, evenly_taken(baseline), usual).mean()
    return (added * slope).round(DIGITS) + 0.0


def evenly_taken(frame: pd.DataFrame) -> pd.DataFrame:
    """At most 2 000 rows at even distances from the first to the last."""
    return frame.iloc[np.unique(np.linspace(0, len(frame) - 1, DEPENDENCE_ROWS).astype(int))]


def with_values(frame: pd.DataFrame, name: str, values: Any) -> pd.DataFrame:
    """The frame with other values in a column of the same dtype (pandas would turn texts into its own `str`)."""
    return frame.assign(**{name: pd.Series(values, index=frame.index, dtype=frame[name].dtype)})


def commonest(baseline: pd.DataFrame) -> pd.Series:
    """The most frequent level of each category (the first by name of equals) and the median of each number."""
    values: dict[str, str | float] = {}
    for name in baseline.columns:
        column = baseline[name]
        if column.dtype == object:
            counts = column.value_counts().sort_index(kind="stable")
            values[name] = str(counts.index[int(np.argmax(counts.to_numpy()))])
        else:
            values[name] = float(column.median())
    return pd.Series(values, dtype=object)


def walked(log_odds: Callable[[pd.DataFrame], Floats], design: pd.DataFrame, usual: pd.Series) -> pd.DataFrame:
    """What each column adds on the way from the `usual` lead to each row of `design`; they add up to the difference.

    The mean of two ways, one in the order of the columns and one back. Where no more than two columns act together,
    that is each column's Shapley value.
    """
    names = list(design.columns)
    added = {name: np.zeros(len(design)) for name in names}
    if not len(design):
        return pd.DataFrame(added)
    for order in (names, names[::-1]):
        current, before = design.copy(), log_odds(design)
        for name in order:
            current = with_values(current, name, [usual[name]] * len(design))
            after = log_odds(current)
            added[name] += (before - after) / 2
            before = after
    return pd.DataFrame(added, columns=names)


def importance_of(chosen: Chosen, design: pd.DataFrame, won: Flags, seed: int) -> pd.DataFrame:
    """`importance` of the columns of a chosen model. Of a scorecard, which adds, what each column adds is shuffled: the
    same figure, and nothing is encoded again."""
    if isinstance(chosen.learner, LogisticScorecard):
        added = table_contributions(chosen.learner.pipeline_, design, design)
        return importance(lambda frame: frame.sum(axis=1).to_numpy(), added, won, seed)
    return importance(chosen.learner.decision_function, design, won, seed)


def importance(score: Callable[[pd.DataFrame], Floats], inputs: pd.DataFrame, won: Flags, seed: int) -> pd.DataFrame:
    """Fall of the AUC when a column's values are shuffled among the leads: column, importance, importance_spread.

    Mean and standard deviation of five shuffles, on at most 5 000 leads; the most important first.
    """
    names = ["column", "importance", "importance_spread"]
    if won.all() or not won.any():
        return pd.DataFrame(columns=names)
    generator = np.random.default_rng(seed)
    if len(inputs) > IMPORTANCE_ROWS:
        rows = np.sort(generator.choice(len(inputs), IMPORTANCE_ROWS, replace=False))
        inputs, won = inputs.iloc[rows], won[rows]
    once = np.ones((1, len(won)))

    def area(frame: pd.DataFrame) -> float:
        return float(auc(np.round(score(frame), DIGITS), won)(once)[0])

    whole = area(inputs)
    found = []
    for name in inputs.columns:
        falls = []
        for _ in range(IMPORTANCE_REPEATS):
            shuffled = inputs[name].to_numpy()[generator.permutation(len(inputs))]
            falls.append(whole - area(with_values(inputs, name, shuffled)))
        found.append((name, round(float(np.mean(falls)), DIGITS) + 0.0, round(float(np.std(falls)), DIGITS) + 0.0))
    frame = pd.DataFrame(found, columns=names)
    return frame.sort_values(["importance", "column"], ascending=[False, True], ignore_index=True)


def partial_dependence(chosen: Chosen, design: pd.DataFrame, columns: list[str], seed: int) -> pd.DataFrame:
    """Mean probability when all leads have one value of a column: column, position, value, leads, probability.

    Of at most 2 000 leads of `design`. A category's ten commonest levels, a number's deciles; `leads` of all of
    `design` have that level (for a number: up to that decile and above the one before).
    """
    generator = np.random.default_rng(seed)
    rows = np.arange(len(design))
    if len(rows) > DEPENDENCE_ROWS:
        rows = np.sort(generator.choice(rows, DEPENDENCE_ROWS, replace=False))
    sample = design.iloc[rows]
    asked = [
        (name, position, value, leads)
        for name in columns
        for position, (value, leads) in enumerate(_values(design[name]), start=1)
    ]
    if not asked or not len(sample):
        return pd.DataFrame(columns=["column", "position", "value", "leads", "probability"])
    # all questions in one frame: to encode a frame costs far more than its rows do
    given = pd.concat(
        [with_values(sample, name, [value] * len(sample)) for name, _, value, _ in asked], ignore_index=True
    )
    means = chosen.probabilities(given).reshape(len(asked), len(sample)).mean(axis=1)
    return pd.DataFrame(
        {
            "column": [name for name, _, _, _ in asked],
            "position": [position for _, position, _, _ in asked],
            "value": [value if isinstance(value, str) else f"{value:.6g}" for _, _, value, _ in asked],
            "leads": [leads for _, _, _, leads in asked],
            "probability": means.round(DIGITS),
        }
    )


def _values(column: pd.Series) -> list[tuple[str | float, int]]:
    if column.dtype == object:
        counts = column.value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
        return [(str(level), int(leads)) for level, leads in counts.head(MOST_VALUES).items()]
    known = np.sort(column.dropna().to_numpy(dtype=float))
    if not len(known):
        return []
    places = np.ceil(np.arange(1, MOST_VALUES + 1) / MOST_VALUES * len(known)).astype(int) - 1
    edges = np.unique(known[places])
    counts_up_to = np.searchsorted(known, edges, side="right")
    return [(float(edge), int(leads)) for edge, leads in zip(edges, np.diff(counts_up_to, prepend=0), strict=True)]


def reasons(added: pd.Series, values: pd.Series, is_raised: bool, most: int) -> str:
    """The columns that moved a score most in one direction, with their values and log-odds, as text."""
    ordered = added.sort_values(ascending=not is_raised, kind="stable")
    moving = [name for name in ordered.index if (ordered[name] > 0) == is_raised and ordered[name] != 0][:most]
    return "; ".join(f"{name} = {shown(values[name])} ({ordered[name]:+.2f})" for name in moving)


def shown(value: str | float) -> str:
    """A value of a column as a reader wrote it; `(missing)` where it is empty."""
    if isinstance(value, str):
        return value
    return MISSING if np.isnan(value) else f"{value:.6g}"
