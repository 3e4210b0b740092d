"""Conversions with their journeys and credits, as the marts hold them (D50 to D60)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestration.explain.explanation import Check, Listing, Note, Part, Row, Spread
from orchestration.reports.reader import PublishedMarts

CONVERSION_COLUMNS = (
    "conversion_id", "kind", "converted_at", "journey_level", "journey_owner_id", "revenue_minor", "currency",
    "revenue_reporting_minor", "conversion_count", "is_first_deal", "is_attributed", "definition_version", "source_record_key",
)  # fmt: skip
TOUCH_COLUMNS = (
    "journey_number", "occurred_at", "channel", "team", "kind", "direction", "outcome", "campaign_name", "person_id",
    "earning", "earned_for", "collapsed_into", "touch_id", "source_record_key",
)  # fmt: skip

DEFAULT_LEVEL = "default"
"""What `level_asked` says of the level of a conversion's kind (D52)."""

_TOUCHES = """
with members as (
    select distinct members.member_id
    from fct_conversions as conversions
    inner join fct_journey_members as members on conversions.journey_owner_id = members.journey_owner_id
    where conversions.conversion_id in (select unnest($ids))
),

kinds as (
    select definition_key, content like '%is_creditable=false%' as is_off
    from rpt_definitions where definition = 'touch_kinds' and is_in_force
),

span as (
    select
        min(converted_at) - to_days(cast($lookback_days as integer)) as opens_at,
        max(converted_at) as closes_at
    from fct_conversions where conversion_id in (select unnest($ids))
),

earned as (
    select touch_id, string_agg(distinct conversion_kind, ', ' order by conversion_kind) as earned_for
    from fct_attribution_credits
    where conversion_id in (select unnest($ids)) and touch_id is not null
    group by touch_id
)

select
    cast(row_number() over (order by touches.occurred_at, touches.touch_id) as bigint) as journey_number,
    touches.occurred_at, touches.channel, touches.team, touches.kind, touches.direction, touches.outcome,
    coalesce(campaigns.campaign_name, touches.campaign_id) as campaign_name, touches.person_id, touches.owner_id,
    case
        when earned.touch_id is not null then 'earns'
        when touches.collapsed_into is not null then 'collapsed'
        when not touches.is_creditable and coalesce(own_kinds.is_off, any_kinds.is_off, false) then 'kind_not_creditable'
        when not touches.is_creditable then 'unanswered_or_automated'
        else 'not_in_a_journey'
    end as earning,
    earned.earned_for, touches.collapsed_into, touches.touch_id, touches.source_record_key
from fct_touches as touches
cross join span
left join earned on touches.touch_id = earned.touch_id
left join dim_campaigns as campaigns on touches.campaign_id = campaigns.campaign_id
left join kinds as own_kinds on touches.source_system || ' / ' || touches.kind = own_kinds.definition_key
left join kinds as any_kinds on '* / ' || touches.kind = any_kinds.definition_key
where (
        coalesce(touches.person_id, 'deal:' || touches.deal_id, 'account:' || touches.account_id) in (select member_id from members)
        or earned.touch_id is not null
    )
    and touches.occurred_at between span.opens_at and span.closes_at
order by journey_number
"""


@dataclass(frozen=True)
class Journeys:
    """The parts about some conversions, and the sums that must agree."""

    parts: list[Part]
    checks: list[Check]


def conversions_of(marts: PublishedMarts, column: str, value: str) -> list[dict[str, Any]]:
    """The conversions of a deal, lead or person, in order of time. column : of `fct_conversions`."""
    return marts.rows(
        f"select {', '.join(CONVERSION_COLUMNS)} from fct_conversions where {column} = $value"
        " order by converted_at, conversion_id",
        {"value": value},
    )


def open_conversions(marts: PublishedMarts, conversions: Sequence[Row]) -> Journeys:
    """The conversions, the rows of money, the touches they look back on, the rule that fired, each weight and credit.

    conversions : rows of `conversions_of`; none gives a note.
    """
    if not conversions:
        return Journeys([Note("no_conversion", {})], [])
    ids = [row["conversion_id"] for row in conversions]
    credits = _credits(marts, ids)
    money = _revenue_rows([row for row in credits if row["level_asked"] == DEFAULT_LEVEL])
    lookback = _longest_lookback(marts)
    touches = marts.rows(_TOUCHES, {"ids": ids, "lookback_days": lookback})
    numbers = {row["touch_id"]: row["journey_number"] for row in touches}
    parts: list[Part] = [
        Listing("conversions", CONVERSION_COLUMNS, conversions),
        Listing(
            "revenue_rows",
            ("revenue_row_id", "revenue_kind", "credited_on", "conversion_count", "credited_minor"),
            money,
        ),
        Listing("journey", TOUCH_COLUMNS, touches),
        Note("lookback", {"days": lookback}),
        Listing(
            "rules",
            ("attribution_model", "journey_level", "rule", "unattributed_reason", "conversions", "definition_version"),
            _rules(marts, ids),
        ),
    ]
    checks = []
    for conversion in conversions:
        own = [
            {**row, "journey_number": numbers.get(row["touch_id"])}
            for row in credits
            if row["conversion_id"] == conversion["conversion_id"]
        ]
        # sums never mix levels (D52): those that the definitions ask for besides follow the conversion's own
        for level in sorted({row["level_asked"] for row in own}, key=lambda name: (name != DEFAULT_LEVEL, name)):
            about = (
                conversion["conversion_id"] if level == DEFAULT_LEVEL else f"{conversion['conversion_id']} · {level}"
            )
            of_level = [row for row in own if row["level_asked"] == level]
            parts += _spreads(about, of_level)
            checks += _checks(conversion, about, of_level)
    return Journeys(parts, checks)


def _credits(marts: PublishedMarts, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the ledger in order of conversion, row of money, model and touch."""
    return marts.rows(
        """
        select conversion_id, conversion_kind, revenue_row_id, credited_on, conversion_count, attribution_model, rule, touch_id,
            touch_position, touched_at, channel, team, weight, credited_minor, currency, unattributed_reason, source_record_key,
            journey_level, level_asked, definition_version
        from fct_attribution_credits where conversion_id in (select unnest($ids))
        order by converted_at, conversion_id, level_asked, credited_on, revenue_row_id, attribution_model, touch_position
        """,
        {"ids": list(ids)},
    )


def _revenue_rows(credits: Sequence[Row]) -> list[dict[str, Any]]:
    """The dated amounts behind the conversions that carry money: the credits of each under the first of the models."""
    rows: dict[str, dict[str, Any]] = {}
    first_model = min((row["attribution_model"] for row in credits), default=None)
    for row in credits:
        if row["attribution_model"] != first_model or row["credited_minor"] == 0 == row["conversion_count"]:
            continue
        known = rows.setdefault(
            row["revenue_row_id"],
            {
                "revenue_row_id": row["revenue_row_id"],
                "conversion_kind": row["conversion_kind"],
                "credited_on": row["credited_on"],
                "conversion_count": row["conversion_count"],
                "credited_minor": 0,
                "currency": row["currency"],
            },
        )
        amount = row["credited_minor"]
        known["credited_minor"] = (
            None if amount is None or known["credited_minor"] is None else known["credited_minor"] + amount
        )
    return [{**row, "revenue_kind": _revenue_kind(row)} for row in rows.values() if row["credited_minor"] != 0]


def _revenue_kind(row: Row) -> str:
    is_negative = row["credited_minor"] is not None and row["credited_minor"] < 0
    if row["conversion_kind"] == "paid":
        return "refund" if is_negative else "payment"
    if row["conversion_kind"] == "won":
        return "reversal" if is_negative else "contract"
    return "imported"


def _longest_lookback(marts: PublishedMarts) -> int:
    """Days of the longest window of the models in force, as the published definitions say it."""
    rows = marts.rows(
        """
        select max(cast(nullif(regexp_extract(content, '(?:^|; )lookback_days=([0-9]+)', 1), '') as integer)) as days
        from rpt_definitions where definition = 'attribution_models' and is_in_force
        """
    )
    # a model without a lookback of its own looks back a year
    return int(rows[0]["days"] or 365)


def _rules(marts: PublishedMarts, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Which rule fired for which conversions, model by model."""
    return marts.rows(
        """
        with fired as (
            select distinct attribution_model, journey_level, rule, unattributed_reason, definition_version, conversion_id
            from fct_attribution_credits where conversion_id in (select unnest($ids))
        )

        select attribution_model, journey_level, rule, unattributed_reason, definition_version,
            string_agg(conversion_id, ', ' order by conversion_id) as conversions
        from fired
        group by attribution_model, journey_level, rule, unattributed_reason, definition_version
        order by attribution_model, journey_level, rule
        """,
        {"ids": list(ids)},
    )


def _spreads(about: str, credits: Sequence[Row]) -> list[Part]:
    """Weights, the same for every row of money (D58), and where there is money what they came to."""
    first_row = credits[0]["revenue_row_id"]
    lines = ("journey_number", "channel", "touched_at")
    weights = [row for row in credits if row["revenue_row_id"] == first_row]
    parts: list[Part] = [Spread("weights", lines, "attribution_model", "weight", weights, about)]
    if any(row["credited_minor"] for row in credits):
        parts.append(Spread("credits", lines, "attribution_model", "credited_minor", credits, about))
    return parts


def _checks(conversion: Row, of: str, credits: Sequence[Row]) -> list[Check]:
    """Under every model the weights of a row of money are 1, and credits of money are the conversion's revenue, to the minor unit."""
    checks = []
    for model in dict.fromkeys(row["attribution_model"] for row in credits):
        own = [row for row in credits if row["attribution_model"] == model]
        about = f"{of} · {model}"
        rows = {row["revenue_row_id"] for row in own}
        checks.append(Check("weights", about, Decimal(len(rows)), sum((row["weight"] for row in own), Decimal(0))))
        is_money = conversion["revenue_reporting_minor"] or any(row["credited_minor"] for row in own)
        if is_money and all(row["credited_minor"] is not None for row in own):
            found = sum(row["credited_minor"] for row in own)
            checks.append(Check("credits", about, conversion["revenue_reporting_minor"], found, own[0]["currency"]))
    return checks
