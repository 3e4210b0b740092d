"""Which learned model is used: candidates, time-ordered nested validation grouped by account, calibration.

Everything happens inside the training part; the held-out leads are not looked at. The earlier leads of the training
part fit each candidate and the next ones judge it (forward validation, three folds); an account that taught in a fold
does not judge in it. The smallest log loss wins, a tie goes to the simpler model. The chosen model is fitted on all of
the training part, and how its log-odds become probabilities is learned from what it had said of the leads that judged
it, in all three folds: none of them was seen by the model that spoke of it.

Leads of one log-odds need not be won as often now as they were: of the medium living company's folds each is won more often than the one
before. So the sigmoid has one slope and an intercept a fold, and the last fold's is used (docs/scoring.md).

One fold alone is too few leads for the slope: over twelve generated companies of 7 700 leads the slope of the held-out
probabilities (1 is right) spreads by 0.105 when the curve is learned on the last fifth of the training part, and by 0.062
when it is learned on three (docs/scoring.md).

Calibration is a sigmoid over the log-odds: it keeps the order of leads and the sum of reasons. An isotonic curve is
offered (`calibration="isotonic"`), but it gives leads the same probability over wide ranges, and leads tied at the
cut are taken in fractions (D74).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from ml.scoring.evaluate import DIGITS, auc, log_loss
from ml.scoring.learners import BoostedTrees, GivenLogOdds, LogisticScorecard, StagedScorecard
from ml.scoring.split import cut_in_order, without_straddlers

if TYPE_CHECKING:
    from ml.scoring.worth import Worth

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Learner = LogisticScorecard | BoostedTrees
Calibration = Literal["sigmoid", "isotonic"]
Label = Literal["win", "expected_revenue"]
Stages = npt.NDArray[np.int64]

FOLDS = ((0.4, 0.6), (0.6, 0.8), (0.8, 1.0))
"""Of the training part in time: leads before the first share fit, those up to the second judge."""
MOST_BY_STAGE = 50_000
"""Leads that teach a learner by stage at most: it holds a row per lead and stage, and so many leads have wins enough of their own."""
FEWEST_OF_EACH = 5
"""Wins and losses that each part of a fold must have at least."""


class ThinDataError(ValueError):
    """The training part has too few wins in one of its parts; the message says how many."""


@dataclass(frozen=True)
class Candidate:
    """A model that may be chosen; candidates stand in order from simple to complicated."""

    name: str
    learner: Learner


@dataclass(frozen=True)
class Chosen:
    """The chosen and calibrated model.

    learner     fitted on all training leads
    calibrated  gives the learner's probabilities by a curve of the leads that judged it
    validation  candidate, fold, fitted_on, judged_on, conversions, log_loss, auc: one row per candidate and fold
    worth       what a won lead brings, where expected revenue orders the leads
    """

    name: str
    learner: Learner
    calibrated: CalibratedClassifierCV
    calibration: Calibration
    validation: pd.DataFrame
    worth: Worth | None = None

    @classmethod
    def stored(cls, calibrated: CalibratedClassifierCV, card: dict[str, Any], worth: Worth | None) -> Chosen:
        """The model as it was kept, with what its card says of how it was chosen."""
        validation = pd.DataFrame(card["validation"])
        return cls(card["model"], calibrated.estimator.estimator, calibrated, card["calibration"], validation, worth)

    @property
    def slope(self) -> float | None:
        """Log-odds of the calibrated probability per log-odds of the learner; None when isotonic (no one slope)."""
        if self.calibration == "isotonic":
            return None
        sigmoid = self.calibrated.calibrated_classifiers_[0].calibrators[0]
        return -float(sigmoid.a_)

    def probabilities(self, design: pd.DataFrame) -> Floats:
        """Chance of a win per row, rounded to 6 digits."""
        return np.round(np.asarray(self.calibrated.predict_proba(design)[:, 1], dtype=float), DIGITS)


def candidates(
    directions: dict[str, int] | None = None,
    ordered_levels: dict[str, dict[str, float]] | None = None,
    stages: Stages | None = None,
) -> list[Candidate]:
    """The candidates for a design: scorecards of two strengths, one by stage where stages are known, boosted trees of two sizes.

    directions, ordered_levels: what is declared monotone (`learners.BoostedTrees`). stages: of the leads that teach.
    """
    is_by_stage = stages is not None and len(stages) <= MOST_BY_STAGE
    by_stage = [Candidate("scorecard_by_stage", StagedScorecard())] if is_by_stage else []
    held: dict[str, Any] = {"directions": directions, "ordered_levels": ordered_levels}
    return [
        Candidate("scorecard_strict", LogisticScorecard(penalty_strength=10.0)),
        Candidate("scorecard", LogisticScorecard()),
        *by_stage,
        Candidate("boosted_small", BoostedTrees(**held, max_leaf_nodes=4, max_iter=100)),
        Candidate("boosted", BoostedTrees(**held)),
    ]


def choose(
    design: pd.DataFrame,
    won: Flags,
    order: npt.NDArray[Any],
    groups: pd.Series | None,
    offered: list[Candidate],
    calibration: Calibration = "sigmoid",
    stages: Stages | None = None,
) -> Chosen:
    """Choose among the offered candidates on the training leads and calibrate the best.

    design, won, order, groups, stages: one row per training lead; `order` rises with time, `groups` is the account and `stages` how
    many stages the lead reached (None: unknown). Raises ThinDataError when a part of a fold has fewer than five wins or losses.
    """
    rows = []
    said: dict[str, list[Floats]] = {candidate.name: [] for candidate in offered}
    came: list[Flags] = []
    for number, (fitted_share, judged_share) in enumerate(FOLDS, start=1):
        fits, judges = fold(order, groups, fitted_share, judged_share)
        _require_both(won[fits], f"the part of fold {number} that fits")
        _require_both(won[judges], f"the part of fold {number} that judges")
        came.append(won[judges])
        for candidate in offered:
            learner = _fresh(candidate.learner).fit(design[fits], won[fits], None if stages is None else stages[fits])
            log_odds = learner.decision_function(design[judges])
            said[candidate.name].append(log_odds)
            chance = np.round(1 / (1 + np.exp(-log_odds)), DIGITS)
            once = np.ones((1, int(judges.sum())))
            rows.append(
                {
                    "candidate": candidate.name,
                    "fold": number,
                    "fitted_on": int(fits.sum()),
                    "judged_on": int(judges.sum()),
                    "conversions": int(won[judges].sum()),
                    "log_loss": round(float(log_loss(chance, won[judges])(once)[0]), DIGITS),
                    "auc": round(float(auc(chance, won[judges])(once)[0]), DIGITS),
                }
            )
    validation = pd.DataFrame(rows)
    loss = validation.assign(total=validation["log_loss"] * validation["judged_on"]).groupby("candidate", sort=False)
    mean = (loss["total"].sum() / loss["judged_on"].sum()).round(DIGITS)
    best = next(candidate for candidate in offered if mean[candidate.name] == mean.min())
    whole = _fresh(best.learner).fit(design, won, stages)
    calibrated = _calibrated(whole, said[best.name], came, calibration)
    return Chosen(best.name, whole, calibrated, calibration, validation)


def _calibrated(
    learner: Learner, said: list[Floats], came: list[Flags], calibration: Calibration
) -> CalibratedClassifierCV:
    """The learner with the curve that log-odds told of other leads, and what became of them, give; both a fold."""
    log_odds, won = np.concatenate(said), np.concatenate(came)
    curve = CalibratedClassifierCV(
        FrozenEstimator(GivenLogOdds().fit(log_odds[:, None], won)), method=calibration, cv=2
    )
    curve.fit(log_odds[:, None], won)
    if calibration == "sigmoid":
        sigmoid = curve.calibrated_classifiers_[0].calibrators[0]
        sigmoid.a_, sigmoid.b_ = _line_of_the_last(said, came)
    curve.estimator = curve.calibrated_classifiers_[0].estimator = FrozenEstimator(learner)
    curve.n_features_in_ = learner.n_features_in_
    return curve


def _fresh(learner: Learner) -> Learner:
    return type(learner)(**learner.get_params())


def _line_of_the_last(said: list[Floats], came: list[Flags]) -> tuple[float, float]:
    """Slope and intercept of a sigmoid over log-odds, as scikit-learn signs them: one slope of all folds, the intercept of the last."""
    folds = np.repeat(np.eye(len(said)), [len(part) for part in said], axis=0)
    inputs = np.column_stack([np.concatenate(said), folds])
    # nearly without a penalty: a fold that its log-odds part perfectly would have no finite line
    line = LogisticRegression(C=1e3, solver="newton-cholesky", tol=1e-10, max_iter=1000, fit_intercept=False)
    weights = line.fit(inputs, np.concatenate(came)).coef_[0]
    return -float(weights[0]), -float(weights[-1])


def fold(
    order: npt.NDArray[Any], groups: pd.Series | None, fitted_share: float, judged_share: float
) -> tuple[Flags, Flags]:
    """Which training leads fit and which judge; leads of one instant fall on one side, accounts that fitted do not judge."""
    begins = cut_in_order(order, fitted_share)
    sample = np.where(order < begins, "train", "test").astype(object)
    if judged_share < 1:
        sample[order >= cut_in_order(order, judged_share)] = "later"
    if groups is not None:
        sample = without_straddlers(sample, groups.reset_index(drop=True))
    return sample == "train", sample == "test"


def _require_both(won: Flags, what: str) -> None:
    wins, losses = int(won.sum()), int((~won).sum())
    if min(wins, losses) < FEWEST_OF_EACH:
        raise ThinDataError(f"{what} has {wins} wins and {losses} losses; at least {FEWEST_OF_EACH} of each are needed")
