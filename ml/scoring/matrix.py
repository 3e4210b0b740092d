"""The hand-weighted matrix: sum of points, bands, gates, missing answers (DEFINITIONS D20–D23).

Everything that decides a band is integer arithmetic on points. `normalised100` is never divided before it is
compared: sum × 100 ≥ bound × maximum says the same as sum × 100 / maximum ≥ bound, without rounding.
The maximum always comes from the definition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted, validate_data

from ml.scoring.labels import BinaryLeadClassifier, binary_classes

Scale = Literal["raw110", "normalised100"]
BANDS = ("cold", "review", "hot")
"""Bands in ascending order; the first begins at 0, the others at their lower bound (`>=`, C4)."""

Floats = npt.NDArray[np.float64]


BILLIONTHS = 1_000_000_000
"""Bounds come as decimal(38,9); in billionths they are whole numbers and compare exactly."""


def has_reached(total: Floats, maximum: Floats, bound: Floats, scale: Scale) -> npt.NDArray[np.bool_]:
    """Whether sums of points reach a bound on the scale (D21). Points are whole numbers; arguments broadcast."""
    points, highest = total.astype(np.int64), maximum.astype(np.int64)
    exact_bound = np.rint(np.asarray(bound, dtype=float) * BILLIONTHS).astype(np.int64)
    if scale == "raw110":
        reached = points * BILLIONTHS >= exact_bound
    else:
        reached = points * 100 * BILLIONTHS >= exact_bound * highest
    return np.asarray(reached, dtype=bool)


def on_scale(total: Floats, maximum: Floats, scale: Scale) -> Floats:
    """The sum as it is printed on the scale; never used for a comparison with a bound."""
    if scale == "raw110":
        return total
    return np.divide(total * 100, maximum, out=np.zeros_like(total), where=maximum > 0)


def grade(
    points: Floats,
    maximum_points: Floats,
    gate_points: Floats,
    bounds: Mapping[str, Floats],
    scale: Scale,
) -> pd.DataFrame:
    """Grade leads by the matrix: one row in, one row out, same order.

    points          (leads, criteria): whole points; NaN where the criterion has no answer
    maximum_points  broadcasts to points: highest points of the criterion; NaN where the lead's definition lacks it
    gate_points     broadcasts to points: points a hot lead needs at least; NaN where there is no gate
    bounds          lower bound of `review` and `hot` on the scale; each broadcasts to (leads,)

    Returns columns score, score_if_best, band, gate_failed, missing_criteria, is_cold_because_unknown. A missing
    answer gives 0 points; `score_if_best` takes it at its maximum (D20). A hot lead that fails a gate becomes
    `review` with gate_failed (D23); gate_failed is false for leads that were not hot.
    """
    if scale not in get_args(Scale):
        raise ValueError(f"matrix_scale is {scale!r}; expected one of {', '.join(get_args(Scale))}")
    maxima = np.broadcast_to(maximum_points, points.shape)
    is_missing = np.isnan(points) & ~np.isnan(maxima)
    given = np.nan_to_num(points, nan=0.0)
    maximum = np.nansum(maxima, axis=1)
    total = given.sum(axis=1)
    total_if_best = np.where(is_missing, maxima, given).sum(axis=1)

    is_review = has_reached(total, maximum, bounds["review"], scale)
    is_hot = has_reached(total, maximum, bounds["hot"], scale)
    fails_gate = (given < np.broadcast_to(gate_points, points.shape)).any(axis=1)
    gate_failed = is_hot & fails_gate
    band = np.select([is_hot & ~gate_failed, is_review | gate_failed], ["hot", "review"], default="cold")
    could_be_review = has_reached(total_if_best, maximum, bounds["review"], scale)
    return pd.DataFrame(
        {
            "score": np.round(on_scale(total, maximum, scale), 9),
            "score_if_best": np.round(on_scale(total_if_best, maximum, scale), 9),
            "band": band,
            "gate_failed": gate_failed,
            "missing_criteria": is_missing.sum(axis=1).astype("int64"),
            "is_cold_because_unknown": (band == "cold") & could_be_review,
        }
    )


@dataclass(frozen=True)
class Matrix:
    """One version of the matrix as the definitions state it: criteria in order, their maxima, gates and bounds."""

    criteria: tuple[str, ...]
    maximum_points: tuple[int, ...]
    gate_points: tuple[int | None, ...]
    bounds: tuple[tuple[str, float], ...]
    scale: Scale

    @classmethod
    def from_definitions(
        cls, matrix: pd.DataFrame, bands: pd.DataFrame, gates: pd.DataFrame | None = None, scale: Scale = "raw110"
    ) -> Matrix:
        """Read one version from definition frames.

        matrix: criterion, level, points and optionally criterion_position (else the order of appearance);
        bands: scale, band, lower_bound; gates: criterion, min_points. Raises ValueError naming the frame, the
        column and the value that does not fit.
        """
        if scale not in get_args(Scale):
            raise ValueError(f"matrix_scale is {scale!r}; expected one of {', '.join(get_args(Scale))}")
        rows = matrix.sort_values("criterion_position", kind="stable") if "criterion_position" in matrix else matrix
        if rows.duplicated(["criterion", "level"]).any():
            twice = rows.loc[rows.duplicated(["criterion", "level"]), ["criterion", "level"]].iloc[0]
            raise ValueError(f"matrix: criterion {twice.criterion!r} has level {twice.level!r} twice; keep one row")
        points = _whole(rows["points"], "matrix.points")
        if (points < 0).any():
            raise ValueError("matrix.points holds a negative number; points are 0 or more")
        maxima = points.groupby(rows["criterion"], sort=False).max()
        on_this_scale = bands[bands["scale"] == scale]
        lower_bounds = pd.to_numeric(on_this_scale["lower_bound"]).astype(float)
        bounds = dict(zip(on_this_scale["band"], lower_bounds, strict=True))
        if set(bounds) != set(BANDS):
            raise ValueError(f"matrix_bands: scale {scale} has bands {sorted(bounds)}; expected {', '.join(BANDS)}")
        if not 0 == bounds["cold"] < bounds["review"] < bounds["hot"]:
            raise ValueError(f"matrix_bands: bounds of {scale} must rise from 0: {bounds}")
        minima: dict[str, int] = {}
        if gates is not None and len(gates):
            minima = dict(zip(gates["criterion"], _whole(gates["min_points"], "matrix_gates.min_points"), strict=True))
            unknown = sorted(set(minima) - set(maxima.index))
            if unknown:
                raise ValueError(f"matrix_gates.criterion {unknown[0]!r} is not in matrix: {', '.join(maxima.index)}")
        return cls(
            criteria=tuple(str(name) for name in maxima.index),
            maximum_points=tuple(int(value) for value in maxima),
            gate_points=tuple(int(minima[name]) if name in minima else None for name in maxima.index),
            bounds=tuple((band, bounds[band]) for band in BANDS),
            scale=scale,
        )

    @property
    def maximum(self) -> int:
        """Highest possible sum of points (110 with the default definition)."""
        return sum(self.maximum_points)

    def grade(self, points: Floats) -> pd.DataFrame:
        """Grade an array (leads, criteria) of points, NaN = no answer. Columns as in `grade`."""
        gates = [np.nan if value is None else value for value in self.gate_points]
        bounds = {band: np.asarray(bound, dtype=float) for band, bound in self.bounds}
        return grade(points, np.array(self.maximum_points, float), np.array(gates, float), bounds, self.scale)


def _whole(values: pd.Series, name: str) -> pd.Series:
    """The numbers as int64; ValueError when one has a fraction or is absent."""
    numbers = pd.to_numeric(values)
    if numbers.isna().any() or (numbers % 1 != 0).any():
        raise ValueError(f"{name} must hold whole numbers in every row")
    return numbers.astype("int64")


class MatrixClassifier(BinaryLeadClassifier):
    """The matrix as a binary scikit-learn classifier, so that it is judged by the same code as any model.

    X is (leads, criteria): points, NaN where there is no answer. The weights are given, never learned; `fit` learns
    only how sums translate into probabilities (a logistic curve over the sum), because a score of 70 is not 70 %.
    The slope of that curve is kept positive: a matrix that ranks the wrong way round is shown as such and not
    turned over, so `decision_function` always ranks as the sum does and equal sums stay tied.

    Parameters
    ----------
    matrix, bands, gates : frames of `Matrix.from_definitions`. Without `matrix` the columns of X are any points,
        and `grade` is not available.
    scale : `raw110` or `normalised100`.
    """

    SMALLEST_SLOPE = 1e-6

    def __init__(
        self,
        matrix: pd.DataFrame | None = None,
        bands: pd.DataFrame | None = None,
        gates: pd.DataFrame | None = None,
        scale: Scale = "raw110",
    ) -> None:
        self.matrix = matrix
        self.bands = bands
        self.gates = gates
        self.scale = scale

    def fit(self, X: Any, y: Any) -> MatrixClassifier:
        """Check X against the definition and learn the probability curve of the sums from y (two classes)."""
        X, y = validate_data(self, X, y, dtype="float64", ensure_all_finite="allow-nan")
        self.classes_, won = binary_classes(y)
        if self.matrix is not None:
            self.matrix_ = self._definition(X.shape[1])
        total = self._total(X)
        center, spread = float(total.mean()), float(total.std()) or 1.0
        curve = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000, solver="newton-cholesky")
        curve.fit(((total - center) / spread)[:, None], won)
        slope = max(float(curve.coef_[0, 0]), self.SMALLEST_SLOPE)
        self.slope_ = slope / spread
        self.intercept_ = float(curve.intercept_[0]) - self.slope_ * center
        return self

    def _definition(self, columns: int) -> Matrix:
        if self.matrix is None or self.bands is None:
            raise ValueError("MatrixClassifier needs both `matrix` and `bands`")
        definition = Matrix.from_definitions(self.matrix, self.bands, self.gates, self.scale)
        names = list(getattr(self, "feature_names_in_", definition.criteria))
        if columns != len(definition.criteria) or names != list(definition.criteria):
            raise ValueError(f"X has columns {names} ({columns}); the matrix has {', '.join(definition.criteria)}")
        return definition

    def _total(self, X: Floats) -> Floats:
        return np.asarray(np.nansum(X, axis=1), dtype=float)

    def _check(self, X: Any) -> Floats:
        check_is_fitted(self)
        return validate_data(self, X, dtype="float64", ensure_all_finite="allow-nan", reset=False)

    def grade(self, X: Any) -> pd.DataFrame:
        """Scores, bands, gates and missing flags; columns as in the module's `grade`."""
        X = self._check(X)
        if self.matrix is None:
            raise ValueError("grade needs the `matrix` and `bands` definitions")
        return self.matrix_.grade(X)

    def decision_function(self, X: Any) -> Floats:
        """Log-odds of the positive class: rises with the sum of points."""
        total = self._total(self._check(X))
        return np.asarray(self.slope_ * total + self.intercept_, dtype=float)

    def predict_proba(self, X: Any) -> Floats:
        """(leads, 2): probabilities of `classes_`."""
        positive = 1.0 / (1.0 + np.exp(-self.decision_function(X)))
        return np.column_stack([1.0 - positive, positive])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The class with the larger probability. The matrix' own verdict is the band of `grade`."""
        is_positive = self.decision_function(X) > 0
        return np.asarray(self.classes_[is_positive.astype(int)])
