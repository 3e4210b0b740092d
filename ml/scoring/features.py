"""What the learned score may look at, declared one by one; anything else in the input is not used.

A feature is *dated* when the warehouse knows when it became known, so that point-in-time use is proven by
`latest_known_at <= scored_at` and by the instants of answers and touches. An *undated* one is an attribute whose history exports do not carry (the phone may
have been corrected later); the card of every model lists these, and a company may leave them out by the policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

MISSING = "(missing)"
ANSWER_PREFIX = "answer:"
TOUCHES_PREFIX = "touches:"

_FORM = "filled in with the form that made the lead; exports carry the field as it stands today"
_ACCOUNT = "a property of the organisation, not of the sale; exports carry it as it stands today"
_CONTACT = "given by the lead when it came; exports carry it as it stands today, so a later correction looks known"
_TOUCH = "every touch has its instant, and later ones are not counted; whose touch it is, identity says as of today"
_MOMENT = "the moment itself"


@dataclass(frozen=True)
class Feature:
    """A declared input of the learned score: `category` is one-hot encoded, `number` is standardised.

    known_because: why the value was known at the moment. direction: 1 where more can only help, by what the field
    means; 0 where nobody can say. Of a category, `levels` are its values from worst to best.
    """

    name: str
    kind: Literal["category", "number"]
    is_dated: bool
    description: str
    known_because: str
    direction: Literal[0, 1] = 0
    levels: tuple[str, ...] = ()


def _flag(name: str, description: str, known_because: str) -> Feature:
    """A yes or no that can only help, undated."""
    return Feature(name, "category", False, description, known_because, 1, ("False", "True"))


DECLARED = (
    Feature("channel", "category", False, "channel of the lead by the channel rules", _FORM),
    Feature("source_system", "category", True, "system that created the lead", "never changes"),
    Feature("campaign_id", "category", False, "campaign of the lead", _FORM),
    Feature("campaign_cost_per_lead", "number", True, "cost of the campaign over its leads, both before the day of the "
            "moment", "days and leads of the campaign carry their dates; a cost that a cabinet revised later is the revised one"),
    Feature("answered_criteria", "number", True, "criteria of the matrix with an answer", "answers carry their instant"),
    Feature("touches_until_moment", "number", True, "touches of the person at or before the moment, log(1 + n)", _TOUCH, 1),
    Feature("visits_until_moment", "number", True, "web visits of the person at or before the moment", _TOUCH, 1),
    Feature("sales_touches_until_moment", "number", True, "touches of the sales team at or before the moment", _TOUCH),
    Feature("channels_until_moment", "number", True, "different channels of the touches", _TOUCH),
    Feature("days_since_first_touch", "number", True, "whole days from the first touch to the moment", _TOUCH),
    Feature("hours_since_creation", "number", True, "whole hours from the creation of the lead to the moment", _MOMENT),
    Feature("channel_of_first_touch", "category", True, "channel of the first touch", _TOUCH),
    Feature("channel_of_last_touch", "category", True, "channel of the last touch up to the moment", _TOUCH),
    _flag("has_valid_phone", "a phone that can be called is on record", _CONTACT),
    _flag("has_valid_email", "a well-formed e-mail is on record", _CONTACT),
    _flag("has_messenger", "a messenger handle is on record", _CONTACT),
    Feature("form_id", "category", False, "form", _FORM),
    Feature("landing_page", "category", False, "landing page", _FORM),
    _flag("asked_for_demo", "it is a demo request", _FORM),
    _flag("asked_for_contact", "the lead asked to be contacted", _FORM),
    _flag("showed_interest", "a download, a webinar or a demo request", _FORM),
    _flag("has_need", "a need is stated", _FORM),
    Feature("self_reported_source", "category", False, "answer to how did you hear of us", _FORM),
    Feature("job_title", "category", False, "job title", _CONTACT),
    Feature("industry", "category", False, "industry of the lead, else of its account", _ACCOUNT),
    Feature("account_segment", "category", False, "segment of the lead, else of its account", _ACCOUNT),
    Feature("account_region", "category", False, "region of the account", _ACCOUNT),
    Feature("account_country", "category", False, "country of the account", _ACCOUNT),
    Feature("account_employees", "number", False, "employees of the account", _ACCOUNT),
    _flag("is_in_icp", "the lead, else its account, matches the ideal customer profile", _ACCOUNT),
    Feature("weekday", "category", True, "local ISO weekday of the moment", _MOMENT),
    Feature("hour", "category", True, "local hour of the moment, in six-hour parts of the day", _MOMENT),
)  # fmt: skip
"""Columns of `fct_lead_features`, each declared here and nowhere else. Numbers beside them in the mart that only grow with
time (leads and cost of the campaign so far) are what `campaign_cost_per_lead` is made of, and no features."""


class LeakError(ValueError):
    """Something that was not known at the scoring moment reached the features."""


def declaration(name: str) -> Feature:
    """What is declared about a column of a design: a feature, an answer to a criterion, or the touches in a channel."""
    for feature in DECLARED:
        if feature.name == name:
            return feature
    if name.startswith(TOUCHES_PREFIX):
        channel = name.removeprefix(TOUCHES_PREFIX)
        return Feature(name, "number", True, f"touches in the channel {channel} at or before the moment", _TOUCH)
    known = "answers carry their instant, and later ones are not read"
    return Feature(name, "category", True, "level of the matrix criterion", known, 1)


def assert_known_at_moment(features: pd.DataFrame, answers: pd.DataFrame, touched: pd.DataFrame | None = None) -> None:
    """Raise LeakError naming a lead whose features, answers or touches are later than its scoring moment (law 4)."""
    late = features.loc[features["latest_known_at"] > features["scored_at"], "lead_id"]
    if len(late):
        raise LeakError(f"int_lead_features: lead {late.iloc[0]} has latest_known_at after scored_at")
    moments = features[["lead_id", "moment", "scored_at"]]
    dated = answers.merge(moments, on=["lead_id", "moment"], how="inner", validate="many_to_one")
    late = dated.loc[dated["answered_at"] > dated["scored_at"], "lead_id"]
    if len(late):
        raise LeakError(f"int_lead_answers_scored: lead {late.iloc[0]} has an answer after its scoring moment")
    if touched is None:
        return
    dated = touched.merge(moments, on=["lead_id", "moment"], how="inner", validate="many_to_one")
    late = dated.loc[dated["last_touch_at"] > dated["scored_at"], "lead_id"]
    if len(late):
        raise LeakError(f"int_lead_channels_touched: lead {late.iloc[0]} has a touch after its scoring moment")


def design(
    features: pd.DataFrame,
    answers: pd.DataFrame,
    names: tuple[str, ...] | None = None,
    touched: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The model's input: one row per row of `features`, same order, default index.

    Columns: the declared features (or those in `names`), `answer:<criterion>` with the level of each criterion
    (`(missing)` where there is none) and, of the leads in `touched`, `touches:<channel>` with the touches in each channel.
    Categories are object columns of str, numbers float64 (NaN = not known).
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
        elif feature.name == "touches_until_moment":
            columns[feature.name] = pd.Series(np.log1p(values.fillna(0).to_numpy(dtype=float)))
        elif feature.kind == "number":
            columns[feature.name] = pd.Series(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan))
        else:
            columns[feature.name] = _text(values)
    if len(answers):
        answered = answers[~answers["is_missing"].astype(bool)]
        levels = answered.pivot(index=["lead_id", "moment"], columns="criterion", values="level")
        wide = levels.reindex(pd.MultiIndex.from_frame(features[["lead_id", "moment"]]))
        for criterion in sorted(answers["criterion"].unique()):
            known = wide[criterion] if criterion in wide else pd.Series(None, index=wide.index, dtype=object)
            columns[ANSWER_PREFIX + str(criterion)] = _text(known)
    if touched is not None and len(touched):
        counts = touched.pivot(index=["lead_id", "moment"], columns="channel", values="touches")
        wide = counts.reindex(pd.MultiIndex.from_frame(features[["lead_id", "moment"]]))
        for channel in sorted(counts.columns):
            known = wide[channel].astype("Float64").fillna(0)
            columns[TOUCHES_PREFIX + str(channel)] = pd.Series(known.to_numpy(dtype=float))
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
