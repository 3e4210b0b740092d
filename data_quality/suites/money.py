"""Money: payments (a refund is negative, so no lower end), subscriptions, costs."""

from __future__ import annotations

from data_quality.checks import (
    Check,
    any_filled,
    happened,
    has_rows,
    in_order,
    key,
    money,
    not_before_record,
    one_of,
    planned,
    refers_to,
    required,
)

SUITES: dict[str, list[Check]] = {
    "payments": [
        *has_rows(),
        *key("payment_id"),
        *required("paid_at", "amount_minor", "currency"),
        *happened("paid_at"),
        *any_filled("belongs_to_somebody", "deal_id", "account_id", "person_id"),
        *money("amount_vat_minor", may_be_negative=True),
        *not_before_record("paid_at", "deals", "deal_id", "created_at"),
        *refers_to("deals", "deal_id"),
    ],
    "subscriptions": [
        *has_rows(),
        *key("subscription_id"),
        *required("started_on"),
        *planned("started_on", "ended_on"),
        *in_order("started_on", "ended_on"),
        *any_filled("belongs_to_a_customer", "account_id", "person_id"),
        *money("monthly_amount_minor"),
    ],
    "costs": [
        *has_rows(),
        *key("cost_id"),
        *required("team", "started_on", "ended_on", "amount_minor", "currency"),
        *one_of("team", "marketing", "sales"),
        *planned("started_on", "ended_on"),
        *in_order("started_on", "ended_on"),
        *money("amount_minor", "amount_vat_minor"),
    ],
}
