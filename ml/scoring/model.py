"""The learned score: a logistic scorecard over declared categories and standardised numbers.

A logistic model is calibrated by construction on its training rows and adds up: the log-odds of a lead are the sum
of the contributions of its features, which is what makes them comparable with points of the matrix.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from ml.scoring.features import category_columns

DIGITS = 6
RAREST_CATEGORY = 20
"""Categories seen on fewer training leads are pooled, and categories never seen are read as that pool."""
MOST_LEVELS = 30
"""Encoded levels of one category of a table that nobody declared (`table_scorecard`)."""


def probabilities(model: Pipeline, design: pd.DataFrame) -> np.ndarray:
    """Chance of a win per row, rounded to 6 digits."""
    return np.round(model.predict_proba(design)[:, 1], DIGITS)


def weights(model: Pipeline) -> list[dict[str, Any]]:
    """Encoded column (`column__what it says`) and its log-odds weight, 6 digits, in the model's order."""
    coefficients = model.named_steps["model"].coef_[0]
    pairs = zip(_encoded_columns(model), coefficients, strict=True)
    return [{"name": f"{owner}__{name}", "weight": round(float(value), DIGITS) + 0.0} for (owner, name), value in pairs]


def version_of(card: dict[str, Any]) -> str:
    """The model's name, `@` and twelve hex digits of its card: same data, policy and features give the same version."""
    text = json.dumps(card, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{card['model']}@" + hashlib.sha256(text.encode()).hexdigest()[:12]


def table_scorecard(design: pd.DataFrame) -> Pipeline:
    """Unfitted scorecard over the columns of `table_encoder`."""
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10, max_iter=1000)
    return Pipeline([("columns", table_encoder(design)), ("model", model)])


def table_encoder(design: pd.DataFrame) -> ColumnTransformer:
    """Unfitted encoder for a table that nobody declared: numbers may be missing, skewed and hold outliers, and
    categories may have thousands of levels.

    A number is its signed logarithm, its median where missing, and a flag for having been missing. Of a category, levels
    seen on fewer than RAREST_CATEGORY training leads, or beyond the MOST_LEVELS commonest, are one pooled level.
    """
    categories = category_columns(design)
    numbers = [name for name in design.columns if name not in set(categories)]
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=RAREST_CATEGORY,
        max_categories=MOST_LEVELS,
        sparse_output=False,
    )
    scaler = Pipeline(
        [
            ("logarithm", FunctionTransformer(signed_log, feature_names_out="one-to-one")),
            ("median", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)),
            ("scale", StandardScaler()),
        ]
    )
    # two transformers and not one a column: with 45 columns three quarters of the time of fitting went into their number
    steps = [("categories", encoder, categories), ("numbers", scaler, numbers)]
    return ColumnTransformer([step for step in steps if step[2]])


def _encoded_columns(model: Pipeline) -> list[tuple[str, str]]:
    """Column of the design that each encoded column of a fitted `table_scorecard` comes from, and the encoded one's name."""
    owners: list[str] = []
    names: list[str] = []
    for name, fitted, columns in model.named_steps["columns"].transformers_:
        if name == "categories":
            names.extend(map(str, fitted.get_feature_names_out()))
            for column, levels, rare in zip(columns, fitted.categories_, fitted.infrequent_categories_, strict=True):
                pooled = 0 if rare is None else len(rare)
                owners += [column] * (len(levels) - pooled + (pooled > 0))
        elif name == "numbers":
            names.extend(map(str, fitted.get_feature_names_out()))
            # a number each, then the flags of those that had a gap
            owners += [*columns, *(columns[place] for place in fitted.named_steps["median"].indicator_.features_)]
    return list(zip(owners, names, strict=True))


def signed_log(values: Any) -> Any:
    """sign(x) · log(1 + |x|): keeps order, sign and zero, draws in outliers."""
    return np.sign(values) * np.log1p(np.abs(values))


def table_contributions(model: Pipeline, design: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Log-odds that each input column adds against the average row of `baseline`; (rows, columns of design)."""
    columns, weights = model.named_steps["columns"], model.named_steps["model"].coef_[0]
    owners = np.array([owner for owner, _ in _encoded_columns(model)])

    def added(frame: pd.DataFrame) -> pd.DataFrame:
        weighted = columns.transform(frame) * weights
        return pd.DataFrame({name: weighted[:, owners == name].sum(axis=1) for name in design.columns})

    return (added(design) - added(baseline).mean()).round(DIGITS) + 0.0
