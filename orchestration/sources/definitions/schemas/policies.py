"""Policies: one choice or number each, of which a company writes only those that differ."""

from collections.abc import Iterator

from orchestration.sources.definitions.kinds import COUNT, DATE, DECIMAL, NAME, POSITIVE, SHARE, Kind
from orchestration.sources.definitions.schema import Row, Schema, required, versioned

POLICIES: dict[str, tuple[str, ...] | Kind] = {
    "revenue_event": ("won", "paid"),
    "close_event": ("won", "paid"),
    "conversion_rule": ("independent", "reset_after_conversion"),
    "matrix_scale": ("raw110", "normalised100"),
    "bottleneck_minimum_n": POSITIVE,
    "attempt_gap_minutes": POSITIVE,
    "two_way_talk_seconds": POSITIVE,
    "unreachable_minimum_attempts": POSITIVE,
    "unreachable_minimum_channels": POSITIVE,
    "revived_window_days": POSITIVE,
    "false_reject_days": POSITIVE,
    "fault_maturity_days": POSITIVE,
    "quality_contact": ("phone_or_messenger", "phone_messenger_or_email"),
    "renewal_grace_days": COUNT,
    "neglected_days": POSITIVE,
    "small_account_employees": POSITIVE,
    "review_sql_days": POSITIVE,
    "review_minimum_n": POSITIVE,
    "review_stop_rate_share": DECIMAL,
    "review_stop_cost_multiple": DECIMAL,
    "review_reason_share": DECIMAL,
    "review_decision_days": POSITIVE,
    "review_effect_days": POSITIVE,
    "standing_campaign_days": POSITIVE,
    "change_minimum_n": POSITIVE,
    "danger_window_days": POSITIVE,
    "danger_minimum_n": POSITIVE,
    "danger_minimum_leads": POSITIVE,
    "rollout_started_on": DATE,
    "lateness_largest_unmatched_share": SHARE,
    "score_label": ("win", "expected_revenue"),
    "score_weekly_capacity": COUNT,
    "score_full_minutes": POSITIVE,
    "score_review_minutes": POSITIVE,
    "exploration_share": SHARE,
    "cost_lag_months": COUNT,
    "lifetime_cap_months": POSITIVE,
    "gross_margin": SHARE,
    "working_calendar": NAME,
}
"""Known policies: their values, or the kind of their value."""

POLICIES_WITHOUT_DEFAULT = ("gross_margin", "working_calendar")
"""Facts of one company: nobody can guess them, and figures that need them say so while they are not on file."""


def _policy_value(row: Row) -> Iterator[tuple[str, str]]:
    name, value = row["name"], row["value"]
    known = POLICIES.get(name or "")
    if known is None or value is None:
        return
    if isinstance(known, Kind):
        expected = known.check(value)
        if expected:
            yield "value", f"{expected} for {name}, got {value!r}"
    elif value not in known:
        yield "value", f"expected one of {', '.join(known)} for {name}, got {value!r}"


FILES: tuple[Schema, ...] = (
    versioned(
        "policies",
        ["name"],
        required("name", NAME, *POLICIES),
        required("value"),
        must_have=tuple(name for name in POLICIES if name not in POLICIES_WITHOUT_DEFAULT),
        says_only_what_differs=True,
        row_laws=(_policy_value,),
        value_references={"working_calendar": "calendars.calendar"},
    ),
)
