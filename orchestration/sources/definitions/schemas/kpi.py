"""How figures are introduced and read: rollout, baselines, goals, sayings that are tested, the rhythm of reports."""

from collections.abc import Iterator

from orchestration.sources.definitions.kinds import CURRENCY, DATE, DECIMAL, NAME, OWNER_TEAMS, POSITIVE, TEXT, YEAR
from orchestration.sources.definitions.laws import in_order, needs, unique
from orchestration.sources.definitions.schema import Row, Schema, optional, required, versioned

ROLLOUT_CONTRACTS = ("stage_events", "decisions", "disputes", "plan", "call_reviews")
FOLK_CLAIMS = (
    "misalignment_raises_cac",
    "alignment_lifts_conversion",
    "five_minute_answer_converts_better",
    "delay_lowers_odds",
)
"""Sayings that the product tests on the company's own data; each has a computation of its own."""


def _subject_of_evidence(row: Row) -> Iterator[tuple[str, str]]:
    """A step whose evidence nobody could ever find would be overdue for ever."""
    # here and not above: the whole list of files is made of this module too
    from orchestration.sources.definitions.schemas import SCHEMAS

    known = {"signature": tuple(SCHEMAS), "contract": ROLLOUT_CONTRACTS}.get(row["evidence"] or "")
    if known is not None and row["subject"] is not None and row["subject"] not in known:
        yield "subject", f"expected one of {', '.join(known)} for evidence {row['evidence']}, got {row['subject']!r}"


FILES: tuple[Schema, ...] = (
    versioned(
        "rollout_steps",
        ["step"],
        required("step", NAME),
        required("week", POSITIVE),
        required("evidence", TEXT, "signature", "contract", "target", "builds", "note"),
        optional("subject"),
        optional("link"),
        optional("done_on", DATE),
        row_laws=(
            needs("evidence", "signature", "subject"),
            needs("evidence", "contract", "subject"),
            needs("evidence", "target", "subject"),
            _subject_of_evidence,
        ),
    ),
    versioned(
        "target_baselines",
        ["kpi", "variant", "segment"],
        required("kpi", NAME),
        required("variant", NAME),
        required("segment"),
        required("baseline_on", DATE),
    ),
    versioned("brand_words", ["word"], required("word")),
    versioned(
        "yearly_goals",
        ["year", "kpi"],
        required("year", YEAR),
        required("kpi", TEXT, "revenue", "lead_to_won"),
        required("goal", DECIMAL),
        optional("currency", CURRENCY, reference="currencies.currency"),
        optional("monthly_growth", DECIMAL),
        row_laws=(needs("kpi", "revenue", "currency", "monthly_growth"),),
    ),
    versioned(
        "folk_claims",
        ["claim"],
        required("claim", TEXT, *FOLK_CLAIMS),
        required("claimed_low", DECIMAL),
        optional("claimed_high", DECIMAL),
        required("minimum_n", POSITIVE),
        row_laws=(in_order("claimed_low", "claimed_high"),),
    ),
    versioned(
        "reporting_rhythm",
        ["event"],
        required("event", NAME),
        required("every", TEXT, "hour", "day", "week", "month", "quarter", "year", "campaign"),
        required("owner_team", TEXT, *OWNER_TEAMS),
        required("position", POSITIVE),
        file_laws=(unique("position"),),
    ),
)
