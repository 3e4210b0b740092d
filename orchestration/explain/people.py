"""A person: the records that are taken for one, and everything that hangs on it."""

from __future__ import annotations

from orchestration.explain.explanation import Explanation, Facts, Listing, Note, Part
from orchestration.explain.raw import raw_records
from orchestration.explain.subjects import record_of
from orchestration.landing import Lake
from orchestration.reports.reader import PublishedMarts

LINKS = "fct_identity_links"
"""The mart of links between records, each with its rule and confidence."""

TOKEN_SHOWN = 8
"""So many characters of a token are shown: enough to compare two people, too few to look one up elsewhere."""

_LINK_COLUMNS = ("record_id", "rule", "confidence", "other_record_id", "is_cut")
_LEADS = ("lead_id", "created_at", "channel", "status", "owner_id", "source_record_key")
_DEALS = (
    "deal_id",
    "created_at",
    "status",
    "won_at",
    "amount_reporting_minor",
    "paid_minor",
    "currency",
    "source_record_key",
)
_TOUCHES = (
    "occurred_at", "channel", "team", "kind", "direction", "outcome", "is_creditable", "collapsed_into", "lead_id", "deal_id",
    "touch_id", "source_record_key",
)  # fmt: skip


def open_person(marts: PublishedMarts, lake: Lake, person_id: str) -> Explanation:
    """Open a person. lake : holds the tokens of the contact data, which no mart has.

    Raises
    ------
    ExplainError
        for an id that no person has.
    """
    person = record_of(marts, "person", person_id)

    def of_person(name: str, table: str, columns: tuple[str, ...], order: str, key: str = "person_id") -> Listing:
        query = f"select {', '.join(columns)} from {table} where {key} = $id order by {order}"
        return Listing(
            name, columns, marts.rows(query, {"id": person_id if key == "person_id" else person["account_id"]})
        )

    parts: list[Part] = [Facts("person", person)]
    if marts.has(LINKS):
        parts.append(of_person("links", LINKS, _LINK_COLUMNS, "record_id, other_record_id"))
    else:
        parts.append(Note("crm_links", {}))
    parts.append(Listing("tokens", ("contact", "token"), _tokens(lake, person["source_record_key"])))
    parts.append(
        of_person(
            "account",
            "dim_accounts",
            ("account_id", "account_name", "industry", "segment", "domain", "source_record_key"),
            "account_id",
            "account_id",
        )
    )
    parts.append(of_person("leads", "fct_leads", _LEADS, "created_at, lead_id"))
    parts.append(of_person("deals", "fct_deals", _DEALS, "created_at, deal_id"))
    parts.append(of_person("touches", "fct_touches", _TOUCHES, "occurred_at, touch_id"))
    return Explanation("person", person_id, parts, [])


def _tokens(lake: Lake, key: str | None) -> list[dict[str, str]]:
    """The beginnings of the tokens on the person's record; none for a person that only leads or touches name."""
    if key is None:
        return []
    return [
        {"contact": name.removesuffix("_token"), "token": value[:TOKEN_SHOWN]}
        for record in raw_records(lake, [key])
        for name, value in (record.values or {}).items()
        if name.endswith("_token") and value is not None
    ]
