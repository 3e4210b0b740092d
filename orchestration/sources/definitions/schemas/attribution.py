"""Channels, the rules that find them, attribution models and the conversions they share out."""

from collections.abc import Iterator, Sequence

from orchestration.sources.definitions.kinds import (
    BOOLEAN,
    COUNT,
    NAME,
    NAME_OR_ANY,
    POSITIVE,
    TEAMS,
    TEXT,
    WEIGHT,
)
from orchestration.sources.definitions.laws import needs, unique
from orchestration.sources.definitions.schema import BrokenLaw, Row, Schema, optional, required, versioned

MATCHERS = (
    "source_system",
    "kind",
    "platform",
    "channel_label",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "referrer_domain",
    "click_id_kind",
)
ATTRIBUTION_RULES = (
    "first",
    "last",
    "last_non_direct",
    "linear",
    "anchored",
    "time_decay",
    "markov",
    "shapley",
    "custom",
)
SHARES = ("first_share", "lead_created_share", "opportunity_created_share", "last_share", "rest_share")


def _channel_rule(row: Row) -> Iterator[tuple[str, str]]:
    if not any(row[name] is not None for name in MATCHERS):
        yield "rule_id", "has no matcher and would take every row; fill at least one column"


def _no_rule_in_the_shadow(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """Of two rules with the same matchers only the first by priority ever takes a row."""
    first: dict[tuple[str | None, ...], str | None] = {}
    for index in sorted(range(len(rows)), key=lambda number: int(rows[number]["priority"] or 0)):
        row = rows[index]
        matchers = (row["valid_from"], *(row[name] for name in MATCHERS))
        if matchers in first:
            yield BrokenLaw(
                index, "rule_id", f"matches what {first[matchers]} has taken before it, and never takes a row",
                "remove it, or narrow the other",
            )  # fmt: skip
        first.setdefault(matchers, row["rule_id"])


def _example_of_no_rule(row: Row) -> Iterator[tuple[str, str]]:
    if row["rule_id"] is None and row["channel"] != "unknown":
        yield "channel", f"what no rule takes is unknown, not {row['channel']}; name the rule, or write unknown"


def _shares(row: Row) -> Iterator[tuple[str, str]]:
    if row["rule"] != "anchored":
        for name in SHARES:
            if row[name] is not None:
                yield name, f"only rule anchored has shares, and this rule is {row['rule']}"
        return
    total = sum(int(row[name] or 0) for name in SHARES)
    if total != 1000:
        yield "first_share", f"the shares of an anchored model are per mille and sum to 1000, got {total}"


def _order_of_a_chain(row: Row) -> Iterator[tuple[str, str]]:
    if row["markov_order"] is not None and row["rule"] != "markov":
        yield "markov_order", f"only rule markov has an order, and this rule is {row['rule']}"


FILES: tuple[Schema, ...] = (
    versioned(
        "channels",
        ["channel"],
        required("channel", NAME),
        required("role", TEXT, "create", "harvest", "neutral"),
        required("team", TEXT, *TEAMS),
        required("is_paid", BOOLEAN),
        must_have=("direct", "unknown"),
    ),
    versioned(
        "touch_kinds",
        ["source_system", "kind"],
        required("source_system", NAME_OR_ANY),
        required("kind", NAME),
        required("team", TEXT, *TEAMS),
        required("is_creditable", BOOLEAN),
        required("needs_answer", BOOLEAN),
        optional("session_rank", POSITIVE),
    ),
    versioned(
        "channel_rules",
        ["rule_id"],
        required("rule_id", NAME),
        required("priority", COUNT),
        *(optional(name) for name in MATCHERS),
        required("channel", NAME, reference="channels.channel"),
        row_laws=(_channel_rule,),
        file_laws=(unique("priority"), _no_rule_in_the_shadow),
    ),
    Schema(
        "channel_rule_examples",
        (
            optional("rule_id", NAME, reference="channel_rules.rule_id"),
            *(optional(name) for name in MATCHERS),
            required("channel", NAME, reference="channels.channel"),
        ),
        ("rule_id", *MATCHERS),
        beside="channel_rules",
        row_laws=(_example_of_no_rule,),
        needs_signature=False,
    ),
    versioned(
        "attribution_models",
        ["attribution_model"],
        required("attribution_model", NAME),
        required("rule", TEXT, *ATTRIBUTION_RULES),
        *(optional(name, COUNT) for name in SHARES),
        optional("half_life_days", POSITIVE),
        required("lookback_days", POSITIVE),
        required("is_enabled", BOOLEAN),
        optional("markov_order", POSITIVE, "1", "2", "3", "4"),
        optional("path_transform", TEXT, "none", "exposure", "unique"),
        optional("drops_direct", BOOLEAN),
        row_laws=(_shares, needs("rule", "time_decay", "half_life_days"), _order_of_a_chain),
    ),
    versioned(
        "custom_weights",
        ["attribution_model", "kind", "team"],
        required("attribution_model", NAME, reference="attribution_models.attribution_model"),
        required("kind", NAME_OR_ANY),
        required("team", TEXT, "*", *TEAMS),
        required("weight", WEIGHT),
    ),
    versioned(
        "platform_windows",
        ["platform", "conversion_kind"],
        required("platform", NAME),
        required("conversion_kind", NAME, reference="conversion_kinds.conversion_kind"),
        required("claim_window_days", COUNT),
        required("dated_by", TEXT, "touch", "conversion"),
    ),
    versioned(
        "conversion_kinds",
        ["conversion_kind"],
        required("conversion_kind", NAME),
        required("journey_level", TEXT, "person", "account"),
        required("carries_revenue", BOOLEAN),
        required("is_attributed", BOOLEAN),
    ),
    versioned(
        "conversion_levels",
        ["conversion_kind", "journey_level"],
        required("conversion_kind", NAME, reference="conversion_kinds.conversion_kind"),
        required("journey_level", TEXT, "person", "deal", "account"),
        required("is_stored", BOOLEAN),
    ),
)
