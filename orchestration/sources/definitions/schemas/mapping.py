"""What a vendor's own words mean: reasons, fields, answers and steps of the hand-over."""

from collections.abc import Iterator, Sequence

from orchestration.sources.definitions.kinds import NAME, NAME_OR_ANY, TEAMS, TEXT
from orchestration.sources.definitions.schema import BrokenLaw, Row, Schema, optional, required, versioned
from orchestration.sources.definitions.schemas.funnel import MAIN_CHAIN, SIDE_STAGES

REASONS = (
    "no_budget",
    "not_icp",
    "too_early",
    "competitor",
    "unreachable",
    "duplicate",
    "bad_data",
    "other",
)
OBLIGATORY_REASONS = ("no_budget", "not_icp", "too_early", "competitor")
MAPPED_COLUMNS: dict[str, tuple[str, ...]] = {
    "lead": (
        "campaign_id", "form_id", "landing_page", "segment", "industry", "job_title", "client_id", "is_in_icp", "has_need",
        "asked_for_contact", "asked_for_demo", "showed_interest", "self_reported_source", "is_duplicate", "is_test",
        "channel_label", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "referrer_domain",
        "click_id_kind", "product", "term_months", "signed_on",
    ),
    "contact": ("job_title", "is_decision_maker", "client_id", "country"),
    "company": ("segment", "industry", "region", "country", "employees", "is_in_icp", "domain"),
    "user_group": ("team",),
    "task_type": ("kind",),
    "goal": ("kind",),
}  # fmt: skip
"""Object of a vendor → what its fields, or for the last three the object itself, may be mapped to."""

HANDOVER_EVENTS = ("handed_over", "accepted", "confirmed", "rejected", "returned")
HANDOVER_TRIGGERS: dict[str, tuple[str, ...]] = {
    "source_stage": (),
    "stage": (*MAIN_CHAIN, *SIDE_STAGES),
    "pipeline": (),
    "owner_team": ("marketing", "sales"),
    "first_owner_team": ("marketing", "sales"),
    "rejection": ("rejected", "returned"),
}
"""What tells of a step of the hand-over → the values it may have; empty where the words are the source's own."""


def _obligatory_reasons(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """C24: something maps to each of the four reasons that must be told."""
    present = {row["reason"] for row in rows}
    for reason in OBLIGATORY_REASONS:
        if rows and reason not in present:
            yield BrokenLaw(
                0, "reason", f"nothing maps to {reason}, which is obligatory", f"add a row whose reason is {reason}"
            )


def _mapped_field(row: Row) -> Iterator[tuple[str, str]]:
    kind, column = row["object"] or "", row["column_name"] or ""
    if column not in MAPPED_COLUMNS[kind]:
        yield "column_name", f"expected one of {', '.join(MAPPED_COLUMNS[kind])} for {kind}, got {column!r}"
    if row["value"] is None and (row["field_value"] is not None or kind in ("user_group", "task_type", "goal")):
        yield "value", f"is empty; say what {row['field_value'] or kind + ' ' + str(row['field'])} means"
    if column.startswith(("is_", "has_", "asked_", "showed_")) and row["value"] not in (None, "true", "false"):
        yield "value", f"expected true or false for {column}, got {row['value']!r}"
    if column == "team" and row["value"] is not None and row["value"] not in TEAMS:
        yield "value", f"expected one of {', '.join(TEAMS)}, got {row['value']!r}"


def _handover_rule(row: Row) -> Iterator[tuple[str, str]]:
    trigger, value = row["trigger"] or "", row["value"]
    known = HANDOVER_TRIGGERS[trigger]
    if known and value is not None and value not in known:
        yield "value", f"expected one of {', '.join(known)} for {trigger}, got {value!r}"
    if trigger not in ("source_stage", "stage") and row["pipeline"] != "*":
        yield "pipeline", f"expected *, because {trigger} is not told a pipeline, got {row['pipeline']!r}"


FILES: tuple[Schema, ...] = (
    versioned(
        "reasons",
        ["source_system", "source_reason"],
        required("source_system", NAME_OR_ANY),
        required("source_reason"),
        required("reason", TEXT, *REASONS),
        file_laws=(_obligatory_reasons,),
    ),
    versioned(
        "field_map",
        ["source_system", "object", "field", "column_name", "field_value"],
        required("source_system", NAME),
        required("object", TEXT, *MAPPED_COLUMNS),
        required("field"),
        required("column_name", NAME),
        optional("field_value"),
        optional("value"),
        row_laws=(_mapped_field,),
    ),
    versioned(
        "answer_map",
        ["source_system", "field", "field_value"],
        required("source_system", NAME),
        required("field"),
        required("field_value"),
        required("criterion", NAME, reference="matrix.criterion"),
        optional("level", TEXT, reference="matrix.level"),
    ),
    versioned(
        "handover_rules",
        ["source_system", "pipeline", "trigger", "value", "event"],
        required("source_system", NAME_OR_ANY),
        required("pipeline"),
        required("trigger", TEXT, *HANDOVER_TRIGGERS),
        required("value"),
        required("event", TEXT, *HANDOVER_EVENTS),
        row_laws=(_handover_rule,),
    ),
)
