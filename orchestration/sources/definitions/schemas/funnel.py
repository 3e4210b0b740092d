"""Stages, how a vendor's stages are named, and which leads are marketing qualified."""

from collections.abc import Iterator

from orchestration.sources.definitions.kinds import BOOLEAN, DECIMAL, NAME, NAME_OR_ANY, OWNER_TEAMS, POSITIVE, TEXT
from orchestration.sources.definitions.laws import needs, unique
from orchestration.sources.definitions.schema import Row, Schema, optional, required, versioned

MAIN_CHAIN = ("lead", "mql", "sql", "proposal", "won", "paid")
SIDE_STAGES = ("visit", "engaged", "sql_candidate", "retained", "expanded", "returned", "lost")


def _at_least_number(row: Row) -> Iterator[tuple[str, str]]:
    if row["operator"] == "at_least" and row["value"] is not None:
        expected = DECIMAL.check(row["value"])
        if expected:
            yield "value", f"{expected}, got {row['value']!r}"


FILES: tuple[Schema, ...] = (
    versioned(
        "stages",
        ["stage"],
        required("stage", NAME),
        required("position", POSITIVE),
        required("is_main_chain", BOOLEAN),
        required("owner_team", TEXT, *OWNER_TEAMS),
        optional("key_output"),
        optional("success_metric"),
        optional("view_a", POSITIVE),
        optional("view_b", POSITIVE),
        optional("view_c", POSITIVE),
        must_have=(*MAIN_CHAIN, *SIDE_STAGES),
        file_laws=(unique("position"), unique("view_a"), unique("view_b"), unique("view_c")),
    ),
    versioned(
        "stage_map",
        ["source_system", "pipeline", "source_stage"],
        required("source_system", NAME_OR_ANY),
        required("pipeline"),
        required("source_stage"),
        required("stage", NAME, reference="stages.stage"),
        required("is_opportunity", BOOLEAN),
    ),
    versioned(
        "mql_rule",
        ["alternative", "field"],
        required("alternative", POSITIVE),
        required("field", NAME, reference="contract leads"),
        required("operator", TEXT, "is_true", "equals", "at_least", "present"),
        optional("value"),
        required("is_hot_hand", BOOLEAN),
        row_laws=(needs("operator", "equals", "value"), needs("operator", "at_least", "value"), _at_least_number),
    ),
)
