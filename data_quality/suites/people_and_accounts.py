"""Who: people, accounts, owners. Several records may name one of them, so their keys are required but not unique."""

from __future__ import annotations

from data_quality.checks import Check, happened, has_rows, not_negative, one_of, planned, required

SUITES: dict[str, list[Check]] = {
    "people": [*has_rows(), *required("person_id"), *happened("created_at")],
    "accounts": [
        *has_rows(),
        *required("account_id"),
        *happened("created_at"),
        *not_negative("employees"),
    ],
    "owners": [
        *has_rows(),
        *required("owner_id"),
        *one_of("team", "marketing", "sales", "both"),
        *planned("started_on", "ended_on"),
    ],
}
