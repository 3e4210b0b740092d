"""From lead to deal: leads, deals and what the CRM records about their way."""

from __future__ import annotations

from data_quality.checks import Check, happened, has_rows, key, not_negative, one_of, required

SUITES: dict[str, list[Check]] = {
    "leads": [
        *has_rows(),
        *key("lead_id"),
        *required("created_at"),
        *happened("created_at", "closed_at"),
    ],
    "deals": [
        *has_rows(),
        *key("deal_id"),
        *one_of("status", "open", "won", "lost"),
        *happened("created_at", "won_at", "lost_at"),
        *not_negative("amount_minor"),
    ],
    "stage_events": [
        *has_rows(),
        *key("event_id"),
        *required("source_stage", "entered_at"),
        *happened("entered_at"),
    ],
    "assignments": [
        *has_rows(),
        *key("assignment_id"),
        *required("assigned_at"),
        *happened("assigned_at"),
    ],
    "proposals": [
        *has_rows(),
        *key("proposal_id"),
        *required("sent_at"),
        *happened("sent_at"),
        *not_negative("amount_minor"),
    ],
    "rejections": [
        *has_rows(),
        *key("rejection_id"),
        *required("rejected_at"),
        *one_of("kind", "rejected", "returned"),
        *happened("rejected_at"),
    ],
    "scoring_answers": [
        *has_rows(),
        *key("answer_id"),
        *required("lead_id", "criterion", "answered_at"),
        *happened("answered_at"),
    ],
}
