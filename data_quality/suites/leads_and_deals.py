"""From lead to deal: leads, deals and what the CRM records about their way."""

from __future__ import annotations

from data_quality.checks import (
    Check,
    any_filled,
    filled_when,
    happened,
    has_rows,
    in_order,
    key,
    money,
    not_before_record,
    not_negative,
    one_of,
    refers_to,
    required,
)

_LEAD_OR_DEAL = any_filled("belongs_to_a_lead_or_deal", "lead_id", "deal_id")

SUITES: dict[str, list[Check]] = {
    "leads": [
        *has_rows(),
        *key("lead_id"),
        *required("created_at"),
        *happened("created_at", "closed_at"),
        *in_order("created_at", "closed_at"),
        *refers_to("people", "person_id"),
        *refers_to("owners", "owner_id"),
    ],
    "deals": [
        *has_rows(),
        *key("deal_id"),
        *one_of("status", "open", "won", "lost"),
        *happened("created_at", "won_at", "lost_at"),
        *in_order("created_at", "won_at", "lost_at"),
        *not_before_record("won_at", "leads", "lead_id", "created_at"),
        *filled_when("won_at", "status", "won"),
        *filled_when("lost_at", "status", "lost"),
        *money("amount_minor", "amount_vat_minor"),
        *not_negative("term_months"),
        *refers_to("leads", "lead_id"),
        *refers_to("owners", "owner_id"),
    ],
    "stage_events": [
        *has_rows(),
        *key("event_id"),
        *required("source_stage", "entered_at"),
        *happened("entered_at", "left_at"),
        *in_order("entered_at", "left_at"),
        *money("amount_minor"),
        *_LEAD_OR_DEAL,
        *refers_to("leads", "lead_id"),
        *refers_to("deals", "deal_id"),
    ],
    "assignments": [
        *has_rows(),
        *key("assignment_id"),
        *required("assigned_at"),
        *happened("assigned_at"),
        *_LEAD_OR_DEAL,
        *refers_to("leads", "lead_id"),
        *refers_to("deals", "deal_id"),
        *refers_to("owners", "owner_id"),
    ],
    "proposals": [
        *has_rows(),
        *key("proposal_id"),
        *required("sent_at"),
        *happened("sent_at", "accepted_at", "declined_at"),
        *in_order("sent_at", "accepted_at", "declined_at"),
        *money("amount_minor"),
        *_LEAD_OR_DEAL,
        *refers_to("deals", "deal_id"),
    ],
    "rejections": [
        *has_rows(),
        *key("rejection_id"),
        *required("rejected_at"),
        *one_of("kind", "rejected", "returned"),
        *happened("rejected_at"),
        *_LEAD_OR_DEAL,
        *refers_to("leads", "lead_id"),
    ],
    "scoring_answers": [
        *has_rows(),
        *key("answer_id"),
        *required("lead_id", "criterion", "answered_at"),
        *happened("answered_at"),
        *refers_to("leads", "lead_id"),
    ],
}
