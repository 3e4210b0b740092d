"""What was intended, decided and argued about: plan, decisions, annotations, disputes."""

from __future__ import annotations

from data_quality.checks import (
    Check,
    happened,
    has_rows,
    in_order,
    key,
    not_negative,
    one_of,
    planned,
    refers_to,
    required,
)

SUITES: dict[str, list[Check]] = {
    "plan": [*has_rows(), *key("plan_id"), *required("kpi", "period", "value"), *not_negative("value")],
    "decisions": [
        *has_rows(),
        *key("decision_id"),
        *required("decided_at", "decision"),
        *one_of("decision", "keep", "fix", "stop", "wait", "other"),
        *happened("decided_at"),
        *planned("due_on"),
        *refers_to("campaigns", "campaign_id"),
        *refers_to("owners", "owner_id"),
    ],
    "annotations": [
        *has_rows(),
        *key("annotation_id"),
        *required("kind", "occurred_at"),
        *planned("occurred_at", "ended_at"),
        *in_order("occurred_at", "ended_at"),
    ],
    "disputes": [
        *has_rows(),
        *key("dispute_id"),
        *required("opened_at"),
        *one_of("raised_by", "marketing", "sales", "both"),
        *one_of("subject", "lead", "deal", "campaign", "channel", "definition", "other"),
        *one_of("outcome", "marketing", "sales", "both", "withdrawn"),
        *happened("opened_at", "settled_at"),
        *in_order("opened_at", "settled_at"),
    ],
}
