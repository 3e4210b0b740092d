"""What happened to people: campaigns, ads, sessions, touches, conversions, call reviews."""

from __future__ import annotations

from data_quality.checks import Check, happened, has_rows, key, not_negative, one_of, planned, required

SUITES: dict[str, list[Check]] = {
    "campaigns": [
        *has_rows(),
        *required("campaign_id"),
        *planned("started_on", "ended_on"),
    ],
    "ad_performance_daily": [
        *has_rows(),
        *key("performance_id"),
        *required("platform", "date_on"),
        *happened("date_on"),
        *not_negative("impressions", "clicks", "cost_net_minor"),
    ],
    "web_sessions": [
        *has_rows(),
        *key("session_id"),
        *required("started_at"),
        *happened("started_at"),
    ],
    "touches": [
        *has_rows(),
        *key("touch_id"),
        *required("occurred_at"),
        *one_of("direction", "outgoing", "incoming"),
        *one_of("team", "marketing", "sales", "both"),
        *happened("occurred_at"),
        *not_negative("talk_seconds"),
    ],
    "conversions": [
        *has_rows(),
        *key("conversion_id"),
        *required("converted_at"),
        *happened("converted_at"),
    ],
    "call_reviews": [
        *has_rows(),
        *key("review_id"),
        *required("reviewed_at"),
        *happened("reviewed_at"),
    ],
}
