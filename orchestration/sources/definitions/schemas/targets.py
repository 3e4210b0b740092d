"""Targets of KPIs and the windows in which a step of the funnel matures."""

from collections.abc import Iterator

from orchestration.sources.definitions.kinds import CURRENCY, DECIMAL, NAME, OWNER_TEAMS, POSITIVE, TEXT, number
from orchestration.sources.definitions.laws import in_order
from orchestration.sources.definitions.schema import Row, Schema, optional, required, versioned

SHARES_OF_A_WHOLE = (
    "visit_to_lead", "lead_to_mql", "mql_to_sql", "sql_to_proposal", "proposal_to_close", "sql_to_deal", "lead_to_won",
    "lead_to_deal_share", "proposal_acceptance_rate", "recycling_rate", "revived_rate", "brand_traffic_share",
)  # fmt: skip
"""KPIs that count a part of a whole: their targets lie between 0 and 1. Other ratios (ROMI, plan attainment) pass 1."""


def _money_target(row: Row) -> Iterator[tuple[str, str]]:
    numbers = ("target_low", "target_high", "benchmark_low", "benchmark_high")
    if row["unit"] == "money" and row["currency"] is None and any(row[name] is not None for name in numbers):
        yield "currency", "is empty; a target in money needs its currency"


def _share_target(row: Row) -> Iterator[tuple[str, str]]:
    """A share typed as per cent (25 for 0.25) would never be reached, and nobody would see why."""
    if row["kpi"] not in SHARES_OF_A_WHOLE or "change" in (row["variant"] or "") or row["unit"] != "ratio":
        return
    for name in ("target_low", "target_high", "benchmark_low", "benchmark_high"):
        value = row[name]
        if value is not None and not 0 <= number(value) <= 1:
            yield name, f"expected a share between 0 and 1 for {row['kpi']}, got {value} (25 % is 0.25)"


FILES: tuple[Schema, ...] = (
    versioned(
        "targets",
        ["kpi", "variant", "segment", "currency"],
        required("kpi", NAME, reference="label kpi"),
        required("variant", NAME, reference="label variant"),
        required("segment"),
        optional("target_low", DECIMAL),
        optional("target_high", DECIMAL),
        optional("benchmark_low", DECIMAL),
        optional("benchmark_high", DECIMAL),
        optional("currency", CURRENCY, reference="currencies.currency"),
        required("owner_team", TEXT, *OWNER_TEAMS),
        required("unit", TEXT, "ratio", "money", "days", "count"),
        required("direction", TEXT, "up", "down"),
        row_laws=(
            in_order("target_low", "target_high"),
            in_order("benchmark_low", "benchmark_high"),
            _money_target,
            _share_target,
        ),
    ),
    versioned(
        "step_windows",
        ["from_stage", "to_stage", "cohort_basis"],
        required("from_stage", NAME, reference="stages.stage"),
        required("to_stage", NAME, reference="stages.stage"),
        required("cohort_basis", TEXT, "step", "lead"),
        required("window_days", POSITIVE),
    ),
)
