"""Money: payments (a refund is negative, so no lower end), subscriptions, costs."""

from __future__ import annotations

from data_quality.checks import Check, happened, has_rows, key, not_negative, one_of, planned, required

SUITES: dict[str, list[Check]] = {
    "payments": [
        *has_rows(),
        *key("payment_id"),
        *required("paid_at", "amount_minor", "currency"),
        *happened("paid_at"),
    ],
    "subscriptions": [
        *has_rows(),
        *key("subscription_id"),
        *required("started_on"),
        *planned("started_on", "ended_on"),
        *not_negative("monthly_amount_minor"),
    ],
    "costs": [
        *has_rows(),
        *key("cost_id"),
        *required("team", "started_on", "ended_on", "amount_minor", "currency"),
        *one_of("team", "marketing", "sales"),
        *planned("started_on", "ended_on"),
        *not_negative("amount_minor"),
    ],
}
