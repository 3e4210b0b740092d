"""Who: people, accounts, owners. Several records may name one of them, so their keys are required but not unique."""

from __future__ import annotations

from data_quality.checks import (
    Check,
    happened,
    has_rows,
    in_order,
    money,
    not_negative,
    one_of,
    planned,
    refers_to,
    required,
)

SUITES: dict[str, list[Check]] = {
    "people": [
        *has_rows(),
        *required("person_id"),
        *happened("created_at"),
        *refers_to("accounts", "account_id"),
        *refers_to("owners", "owner_id"),
    ],
    "accounts": [
        *has_rows(),
        *required("account_id"),
        *happened("created_at"),
        *not_negative("employees", "observed_orders"),
        *money("annual_revenue_minor", "observed_sales_minor", may_be_negative=True),
        *refers_to("owners", "owner_id"),
    ],
    "owners": [
        *has_rows(),
        *required("owner_id"),
        *one_of("team", "marketing", "sales", "both"),
        *planned("started_on", "ended_on"),
        *in_order("started_on", "ended_on"),
        *refers_to("owners", "manager_owner_id", key="owner_id"),
    ],
}
