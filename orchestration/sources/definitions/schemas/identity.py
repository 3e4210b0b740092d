"""Which records are one person or account: rules, decisions by hand, domains that are nobody's."""

from collections.abc import Iterator

from orchestration.sources.definitions.kinds import BOOLEAN, POSITIVE, SHARE, TEXT
from orchestration.sources.definitions.laws import unique
from orchestration.sources.definitions.schema import Row, Schema, optional, required, versioned

IDENTITY_RULES = {
    "crm_link": "person",
    "phone": "person",
    "email": "person",
    "messenger": "person",
    "client_id": "person",
    "tax_id": "account",
    "domain": "account",
}
"""What may make one of two records, and of whose."""


def _identity_rule(row: Row) -> Iterator[tuple[str, str]]:
    rule = row["rule"] or ""
    if rule in IDENTITY_RULES and row["applies_to"] != IDENTITY_RULES[rule]:
        yield "applies_to", f"rule {rule} is about a {IDENTITY_RULES[rule]}"
    if rule == "crm_link":
        if row["is_enabled"] == "false":
            yield (
                "is_enabled",
                "a lead and its person hang together by the CRM's own key: this rule cannot be switched off",
            )
        if row["max_degree"] is not None:
            yield "max_degree", "a lead names one person, and a person may have any number of leads: leave it empty"


def _two_records(row: Row) -> Iterator[tuple[str, str]]:
    if row["record_id"] == row["other_record_id"]:
        yield "other_record_id", "is the record itself: a decision is about two records"


FILES: tuple[Schema, ...] = (
    versioned(
        "identity_rules",
        ["rule"],
        required("rule", TEXT, *IDENTITY_RULES),
        required("applies_to", TEXT, "person", "account"),
        required("priority", POSITIVE),
        required("confidence", SHARE),
        optional("max_degree", POSITIVE),
        required("is_enabled", BOOLEAN),
        must_have=tuple(IDENTITY_RULES),
        row_laws=(_identity_rule,),
        file_laws=(unique("priority"),),
    ),
    versioned(
        "identity_overrides",
        ["applies_to", "record_id", "other_record_id"],
        required("applies_to", TEXT, "person", "account"),
        required("record_id"),
        required("other_record_id"),
        required("decision", TEXT, "join", "keep_apart", "by_rules"),
        required("author"),
        required("note"),
        row_laws=(_two_records,),
        needs_signature=False,
    ),
    versioned("free_mail_domains", ["domain"], required("domain")),
)
