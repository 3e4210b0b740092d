"""What a lead brings if it is won: the second half of the expected revenue, whose first half is the chance of a win.

Expected revenue = chance of a win × mean money of a won lead like it. The two are learned apart, so that the chance keeps its
calibration and its reasons, and a lead that is likely and small can be told from one that is unlikely and large.

Money of won leads is learned by a Poisson regression with a logarithmic link over the scorecard's encoding: its estimate of
the mean needs no assumption about how money is spread (Gourieroux, Monfort, Trognon 1984), zero is allowed, nothing below zero can be
said, and since the intercept is not penalised the predictions add up to the money that taught.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import mean_poisson_deviance
from sklearn.pipeline import Pipeline

from ml.scoring.choice import FEWEST_OF_EACH, FOLDS, fold
from ml.scoring.evaluate import DIGITS
from ml.scoring.model import table_encoder

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

PENALTIES = (1e6, 100.0, 10.0, 1.0)
"""Strengths of the penalty that are tried, as of the scorecard (beside the summed deviance), from the mean of all won leads to a fit
to each level."""


@dataclass(frozen=True)
class Worth:
    """A fitted model of a won lead's money.

    pipeline    gives money in multiples of `mean_minor`, the mean of the won leads that taught
    most_minor  the largest of them: no lead is said to bring more than one ever did
    penalty     the strength that was chosen; validation: penalty, deviance, n (one row a strength; none where too few were won)
    """

    pipeline: Pipeline
    mean_minor: float
    most_minor: int
    penalty: float
    validation: tuple[tuple[float, float, int], ...]

    @property
    def card(self) -> dict[str, Any]:
        """What the card of a model says of it, JSON-ready."""
        rows = [{"penalty": penalty, "deviance": deviance, "n": n} for penalty, deviance, n in self.validation]
        return {
            "mean_minor": self.mean_minor,
            "most_minor": self.most_minor,
            "penalty": self.penalty,
            "validation": rows,
        }

    @classmethod
    def stored(cls, pipeline: Pipeline, card: dict[str, Any]) -> Worth:
        """The model as it was kept, with what its card says of it."""
        rows = tuple((row["penalty"], row["deviance"], row["n"]) for row in card["validation"])
        return cls(pipeline, card["mean_minor"], card["most_minor"], card["penalty"], rows)

    def expected(self, chance: npt.NDArray[np.float64], design: pd.DataFrame) -> Whole:
        """Chance of a win × money of a won lead, whole minor units, one per row of `design`."""
        if not len(design):
            return np.empty(0, dtype=np.int64)
        money = np.clip(self.pipeline.predict(design) * self.mean_minor, 0, self.most_minor)
        return np.rint(chance * np.round(money, DIGITS)).astype(np.int64)


def learn_worth(
    design: pd.DataFrame, money: Whole, order: npt.NDArray[Any], groups: pd.Series | None, taught: Flags
) -> Worth:
    """Learn what a won lead brings from the leads that taught.

    design, money (minor units), order, groups: one row per training lead; taught: those of them that were won. The strength of the penalty is
    the one with the smallest deviance in the forward folds of the choice of a model, the stronger one of equals; with fewer than five won leads in a
    part of a fold, or no money in one that fits, it is the strongest, which says the mean. Raises ValueError when no won lead brought money.
    """
    rows = np.flatnonzero(taught)
    if not (money[rows] > 0).any():
        raise ValueError("no won lead of the training part brought money")
    design, money, order = design.iloc[rows].reset_index(drop=True), money[rows], order[rows]
    groups = None if groups is None else groups.iloc[rows].reset_index(drop=True)
    # what was paid back in full and more is worth nothing: a mean below zero has no logarithm
    money = np.maximum(money, 0)
    mean = float(money.mean())
    said = [_judged(design, money / mean, parts) for parts in _folds(money, order, groups)]
    validation: list[tuple[float, float, int]] = []
    chosen = PENALTIES[0]
    if len(said) == len(FOLDS):
        n = sum(judged for judged, _ in said)
        for place, penalty in enumerate(PENALTIES):
            total = sum(judged * deviances[place] for judged, deviances in said)
            validation.append((penalty, round(total / n, DIGITS), n))
        smallest = min(deviance for _, deviance, _ in validation)
        chosen = next(penalty for penalty, deviance, _ in validation if deviance == smallest)
    return Worth(
        _fitted(design, money / mean, chosen), round(mean, DIGITS), int(money.max()), chosen, tuple(validation)
    )


def _folds(money: Whole, order: npt.NDArray[Any], groups: pd.Series | None) -> Iterator[tuple[Flags, Flags]]:
    """Which won leads fit and which judge, for each fold that has enough of both and money to fit."""
    for fitted_share, judged_share in FOLDS:
        fits, judges = fold(order, groups, fitted_share, judged_share)
        if min(fits.sum(), judges.sum()) >= FEWEST_OF_EACH and money[fits].any():
            yield fits, judges


def _judged(
    design: pd.DataFrame, shares: npt.NDArray[np.float64], parts: tuple[Flags, Flags]
) -> tuple[int, list[float]]:
    """Leads that judge in a fold, and the mean deviance of each strength on them."""
    fits, judges = parts
    deviances = []
    for penalty in PENALTIES:
        told = np.clip(_fitted(design[fits], shares[fits], penalty).predict(design[judges]), 1e-9, shares[fits].max())
        deviances.append(float(mean_poisson_deviance(shares[judges], told)))
    return int(judges.sum()), deviances


def _fitted(design: pd.DataFrame, shares: npt.NDArray[np.float64], penalty: float) -> Pipeline:
    # scikit-learn's alpha stands beside the mean deviance
    model = PoissonRegressor(alpha=penalty / len(shares), solver="newton-cholesky", tol=1e-10, max_iter=1000)
    return Pipeline([("columns", table_encoder(design)), ("model", model)]).fit(design, shares)
