"""The learned scores as scikit-learn classifiers over a frame of leads: a logistic scorecard, one that learns from the stages that
leads reached, boosted trees.

All take a frame whose object columns are categories (MISSING = empty) and whose other columns are numbers (NaN =
empty), or an array of numbers. All give log-odds (`decision_function`), so that they are calibrated, explained and
compared in one unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OrdinalEncoder
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from ml.scoring.features import category_columns
from ml.scoring.labels import BinaryLeadClassifier, binary_classes
from ml.scoring.model import MOST_LEVELS, RAREST_CATEGORY, table_scorecard

Floats = npt.NDArray[np.float64]
Stages = npt.NDArray[np.int64]

FREE = 10.0
"""What a column is multiplied by whose weight the penalty should hardly hold."""
FEWEST_OF_STAGE = 20
"""Leads that reached a stage, and that did not, below which it says nothing of the columns."""


class _LeadClassifier(BinaryLeadClassifier, ABC):
    """Frames and arrays as one frame, two classes, probabilities from log-odds."""

    @abstractmethod
    def _learn(self, frame: pd.DataFrame, won: npt.NDArray[np.bool_], stages: Stages | None) -> None:
        """Learn from a frame of leads, which of them were won and, where that is known, how many stages each reached."""

    @abstractmethod
    def _log_odds(self, frame: pd.DataFrame) -> Floats:
        """Log-odds of a win per lead, by what `_learn` left."""

    def fit(self, X: Any, y: Any, stages: Any = None) -> Any:
        """Learn from leads X (frame or array) and their outcome y, which has two classes.

        stages: whole numbers, how many stages of the way to a win each lead reached; only the learner by stage looks at them.
        """
        if _is_mixed(X):
            # a frame of texts and numbers stays as it is; only its columns and its length are checked
            frame, y = validate_data(self, X, y, skip_check_array=True)
            y = np.asarray(y)
            check_consistent_length(frame, y)
        else:
            values, y = validate_data(self, X, y, dtype="float64", ensure_all_finite="allow-nan")
            frame = self._named(values)
        self.classes_, won = binary_classes(y)
        reached = None if stages is None else np.asarray(stages, dtype=np.int64)
        if reached is not None:
            check_consistent_length(frame, reached)
        self._learn(frame, won, reached)
        return self

    def _named(self, values: Floats) -> pd.DataFrame:
        names = getattr(self, "feature_names_in_", [f"x{number}" for number in range(values.shape[1])])
        return pd.DataFrame(values, columns=list(names))

    def _frame(self, X: Any) -> pd.DataFrame:
        """X as a frame with the columns of `fit`."""
        if _is_mixed(X):
            return validate_data(self, X, skip_check_array=True, reset=False)
        return self._named(validate_data(self, X, dtype="float64", ensure_all_finite="allow-nan", reset=False))

    def decision_function(self, X: Any) -> Floats:
        """Log-odds of the second class."""
        check_is_fitted(self)
        return np.asarray(self._log_odds(self._frame(X)), dtype=float)

    def predict_proba(self, X: Any) -> Floats:
        """(leads, 2): probabilities of `classes_`."""
        positive = 1.0 / (1.0 + np.exp(-self.decision_function(X)))
        return np.column_stack([1.0 - positive, positive])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The class with the larger probability."""
        is_positive = self.decision_function(X) > 0
        return np.asarray(self.classes_[is_positive.astype(int)])


class GivenLogOdds(_LeadClassifier):
    """Log-odds that were told elsewhere, as the only column: what calibration learns a curve from."""

    def _learn(self, frame: pd.DataFrame, won: npt.NDArray[np.bool_], stages: Stages | None) -> None:
        self.is_told_ = True

    def _log_odds(self, frame: pd.DataFrame) -> Floats:
        return frame.iloc[:, 0].to_numpy(dtype=float)


def _is_mixed(X: Any) -> bool:
    return isinstance(X, pd.DataFrame) and bool(category_columns(X))


class LogisticScorecard(_LeadClassifier):
    """Logistic regression over encoded columns (`model.table_scorecard`); `penalty_strength` is 1 / C."""

    def __init__(self, penalty_strength: float = 1.0) -> None:
        self.penalty_strength = penalty_strength

    def _learn(self, frame: pd.DataFrame, won: npt.NDArray[np.bool_], stages: Stages | None) -> None:
        pipeline = table_scorecard(frame).set_params(model__C=1.0 / self.penalty_strength)
        self.pipeline_ = pipeline.fit(frame, won)

    def _log_odds(self, frame: pd.DataFrame) -> Floats:
        return np.asarray(self.pipeline_.decision_function(frame))


class StagedScorecard(LogisticScorecard):
    """A scorecard that first learns how far leads come, then what that says of a win; for few wins and many leads.

    Every lead that was lost says how far it came, which a scorecard of wins alone does not hear. The first step is a model of
    proportional odds (McCullagh 1980, Regression models for ordinal data): one weight per encoded column for all stages and a
    threshold per stage. The second is a logistic regression of the win on the log-odds of the first, free, and on the encoded
    columns, held by `correction_strength`: what decides of a win alone still counts. Both add up to one weight per encoded
    column, so it explains itself like any scorecard. Without stages the win is the only one.

    Parameters
    ----------
    penalty_strength, correction_strength : 1 / C of the two steps.
    """

    def __init__(self, penalty_strength: float = 10.0, correction_strength: float = 300.0) -> None:
        super().__init__(penalty_strength)
        self.correction_strength = correction_strength

    def _learn(self, frame: pd.DataFrame, won: npt.NDArray[np.bool_], stages: Stages | None) -> None:
        pipeline = table_scorecard(frame)
        columns, model = pipeline.named_steps["columns"], pipeline.named_steps["model"]
        encoded = columns.fit_transform(frame)
        by_stage = self._weights_by_stage(encoded, _won_is_last(stages, won))
        told = FREE * (encoded @ by_stage)
        model.set_params(C=1.0 / self.correction_strength).fit(np.column_stack([encoded, told]), won)
        model.coef_ = model.coef_[:, :-1] + FREE * model.coef_[0, -1] * by_stage
        model.n_features_in_ = encoded.shape[1]
        self.pipeline_ = pipeline

    def _weights_by_stage(self, encoded: Floats, stages: Stages) -> Floats:
        """Weights of the proportional odds, fitted as one logistic regression over a row per lead and stage."""
        last = int(stages.max())
        reached_by = {stage: int((stages >= stage).sum()) for stage in range(1, last + 1)}
        rarest = {stage: min(count, len(stages) - count) for stage, count in reached_by.items()}
        thresholds = [stage for stage in reached_by if rarest[stage] >= FEWEST_OF_STAGE] or [last]
        of_stage = FREE * np.repeat(np.eye(len(thresholds)), len(stages), axis=0)
        rows = np.column_stack([np.tile(encoded, (len(thresholds), 1)), of_stage])
        reached = np.concatenate([stages >= stage for stage in thresholds])
        model = LogisticRegression(
            C=1.0 / self.penalty_strength, solver="newton-cholesky", tol=1e-10, max_iter=1000, fit_intercept=False
        )
        return np.asarray(model.fit(rows, reached).coef_[0, : encoded.shape[1]])


def _won_is_last(stages: Stages | None, won: npt.NDArray[np.bool_]) -> Stages:
    """How far each lead came, with the win as the last stage and no lead there that was not won."""
    if stages is None:
        return won.astype(np.int64)
    last = int(stages[~won].max()) + 1
    return np.where(won, last, stages)


class BoostedTrees(_LeadClassifier):
    """Gradient boosting whose score may only rise (or fall) with the columns that are declared so.

    Parameters
    ----------
    directions : number column → 1 (more is better) or -1; other numbers are free.
    ordered_levels : category column → its levels with their place; such a column is a number that may only help.
    learning_rate, max_iter, max_leaf_nodes, min_samples_leaf : as in HistGradientBoostingClassifier.
    """

    def __init__(
        self,
        directions: Mapping[str, int] | None = None,
        ordered_levels: Mapping[str, Mapping[str, float]] | None = None,
        learning_rate: float = 0.05,
        max_iter: int = 150,
        max_leaf_nodes: int = 8,
        min_samples_leaf: int = 40,
    ) -> None:
        self.directions = directions
        self.ordered_levels = ordered_levels
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf

    def _learn(self, frame: pd.DataFrame, won: npt.NDArray[np.bool_], stages: Stages | None) -> None:
        ordered = self.ordered_levels or {}
        self.categories_ = [name for name in category_columns(frame) if name not in ordered]
        self.encoder_ = OrdinalEncoder(
            handle_unknown="use_encoded_value",
            unknown_value=np.nan,
            min_frequency=RAREST_CATEGORY,
            max_categories=MOST_LEVELS,
        )
        if self.categories_:
            self.encoder_.fit(frame[self.categories_])
        constraints = {name: way for name, way in (self.directions or {}).items() if name in frame.columns}
        constraints |= {name: 1 for name in ordered if name in frame.columns}
        names = list(frame.columns)
        self.trees_ = HistGradientBoostingClassifier(
            learning_rate=self.learning_rate,
            max_iter=self.max_iter,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            categorical_features=[names.index(name) for name in self.categories_] or None,
            monotonic_cst=[constraints.get(str(name), 0) for name in names],
            early_stopping=False,
            random_state=0,
        )
        # one thread: sums of histograms in one order on every machine, and no waiting for cores that others use
        encoded = self._encoded(frame)
        # scikit-learn 1.9 cannot bin a column without a single value; one that is the same for all leads says as little
        encoded[:, np.isnan(encoded).all(axis=0)] = 0.0
        with threadpool_limits(limits=1):
            self.trees_.fit(encoded, won)
        self.n_iter_ = self.trees_.n_iter_

    def _encoded(self, frame: pd.DataFrame) -> Floats:
        """All columns as numbers: ordered levels by their place, other categories by code, NaN where unknown."""
        ordered = self.ordered_levels or {}
        columns = {}
        if self.categories_:
            codes = self.encoder_.transform(frame[self.categories_])
            columns = {name: codes[:, place] for place, name in enumerate(self.categories_)}
        for name in frame.columns:
            if name in ordered:
                columns[name] = frame[name].map(dict(ordered[name])).to_numpy(dtype=float, na_value=np.nan)
            elif name not in columns:
                columns[name] = frame[name].to_numpy(dtype=float)
        return np.column_stack([columns[name] for name in frame.columns])

    def _log_odds(self, frame: pd.DataFrame) -> Floats:
        with threadpool_limits(limits=1):
            return np.asarray(self.trees_.decision_function(self._encoded(frame)))
