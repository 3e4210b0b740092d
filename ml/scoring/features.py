"""What the learned score may look at, declared one by one; anything else in the input is not used.

A feature is *dated* when the warehouse knows when it became known, so that point-in-time use is proven by
`latest_known_at <= scored_at`. An *undated* one is an attribute whose history exports do not carry (the phone may
have been corrected later); the card of every model lists these, and a company may leave them out by the policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

MISSING = "(missing)"
ANSWER_PREFIX = "answer:"


@dataclass(frozen=True)
class Feature:
    """A declared input of the learned score: `category` is one-hot encoded, `number` is standardised.

    direction: 1 where more can only help, by what the field means; 0 where nobody can say. Of a category, `levels` are
    its values from worst to best.
    """

    name: str
    kind: Literal["category", "number"]
    is_dated: bool
    description: str
    direction: Literal[0, 1] = 0
    levels: tuple[str, ...] = ()


DECLARED = (
    Feature("channel", "category", False, "channel of the lead by the channel rules"),
    Feature("source_system", "category", True, "system that created the lead"),
    Feature("weekday", "category", True, "local ISO weekday of the moment"),
    Feature("hour", "category", True, "local hour of the moment, in six-hour parts of the day"),
    Feature("has_valid_phone", "category", False, "a phone that can be called is on record", 1, ("False", "True")),
    Feature("touches_until_moment", "number", True, "touches of the person at or before the moment, log(1 + n)", 1),
)


class LeakError(ValueError):
    """Something that was not known at the scoring moment reached the features."""


def assert_known_at_moment(features: pd.DataFrame, answers: pd.DataFrame) -> None:
    """Raise LeakError naming a lead whose features or answers are later than its scoring moment (law 4)."""
    late = features.loc[features["latest_known_at"] > features["scored_at"], "lead_id"]
    if len(late):
        raise LeakError(f"int_lead_features: lead {late.iloc[0]} has latest_known_at after scored_at")
    moments = features[["lead_id", "moment", "scored_at"]]
    dated = answers.merge(moments, on=["lead_id", "moment"], how="inner", validate="many_to_one")
    late = dated.loc[dated["answered_at"] > dated["scored_at"], "lead_id"]
    if len(late):
        raise LeakError(f"int_lead_answers_scored: lead {late.iloc[0]} has an answer after its scoring moment")


def design(features: pd.DataFrame, answers: pd.DataFrame, names: tuple[str, ...] | None = None) -> pd.DataFrame:
    """The model's input: one row per row of `features`, same order, default index.

    Columns: the declared features (or those in `names`) and `answer:<criterion>` with the level of each criterion,
    `(missing)` where there is none. Categories are object columns of str, numbers float64.
    """
    chosen = [feature for feature in DECLARED if names is None or feature.name in names]
    unknown = sorted(set(names or ()) - {feature.name for feature in DECLARED})
    if unknown:
        raise ValueError(f"unknown feature {unknown[0]!r}; declared are {', '.join(f.name for f in DECLARED)}")
    columns: dict[str, pd.Series] = {}
    for feature in chosen:
        values = features[feature.name]
        if feature.name == "hour":
            columns["hour"] = _text(values.map(_part_of_day))
        elif feature.kind == "number":
            columns[feature.name] = pd.Series(np.log1p(values.fillna(0).to_numpy(dtype=float)))
        else:
            columns[feature.name] = _text(values)
    if len(answers):
        answered = answers[~answers["is_missing"].astype(bool)]
        levels = answered.pivot(index=["lead_id", "moment"], columns="criterion", values="level")
        wide = levels.reindex(pd.MultiIndex.from_frame(features[["lead_id", "moment"]]))
        for criterion in sorted(answers["criterion"].unique()):
            known = wide[criterion] if criterion in wide else pd.Series(None, index=wide.index, dtype=object)
            columns[ANSWER_PREFIX + str(criterion)] = _text(known)
    return pd.DataFrame(columns)


def directions() -> dict[str, int]:
    """Declared numbers that can only help → 1."""
    return {feature.name: 1 for feature in DECLARED if feature.kind == "number" and feature.direction}


def ordered_levels(answers: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Declared categories and answers whose levels have an order → level → place. An answer's place is its points."""
    found = {
        feature.name: {level: float(place) for place, level in enumerate(feature.levels)}
        for feature in DECLARED
        if feature.kind == "category" and feature.direction
    }
    known = answers[~answers["is_missing"].astype(bool)]
    for criterion, rows in known.groupby("criterion"):
        points = rows.groupby("level")["points"].max()
        found[ANSWER_PREFIX + str(criterion)] = {str(level): float(value) for level, value in points.items()}
    return found


def category_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of a design frame that are categories."""
    return [name for name in frame.columns if frame[name].dtype == object]


def _part_of_day(hour: float) -> str | None:
    if pd.isna(hour):
        return None
    start = int(hour) // 6 * 6
    return f"{start:02d}-{start + 5:02d}"


def _text(values: pd.Series) -> pd.Series:
    """Object column of str: pandas 3's own `str` dtype is refused by some estimators."""
    return pd.Series([MISSING if pd.isna(value) else str(value) for value in values], dtype=object)
