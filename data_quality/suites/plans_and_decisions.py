"""What was intended and decided: plan, decisions, annotations."""

from __future__ import annotations

from data_quality.checks import Check, happened, has_rows, key, one_of, planned, required

SUITES: dict[str, list[Check]] = {
    "plan": [*has_rows(), *key("plan_id"), *required("kpi", "period", "value")],
    "decisions": [
        *has_rows(),
        *key("decision_id"),
        *required("decided_at", "decision"),
        *one_of("decision", "keep", "fix", "stop", "wait", "other"),
        *happened("decided_at"),
        *planned("due_on"),
    ],
    "annotations": [
        *has_rows(),
        *key("annotation_id"),
        *required("kind", "occurred_at"),
        *planned("occurred_at"),
    ],
}
