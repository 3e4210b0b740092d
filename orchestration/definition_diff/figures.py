"""The figures of two builds side by side: every KPI, and how many leads, hand-overs and clocks are of which kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from orchestration.warehouse import Warehouse

COMPARED = ("rpt_kpi_values", "rpt_funnel_cohorts", "fct_leads", "fct_lead_scores", "fct_handovers", "fct_sla_clocks")
"""Marts that the comparison reads; one that this version of the models does not have is left out."""

ALL = "(all)"

_COUNTS = {
    "fct_leads": "select 'leads' as family, 'leads' as name, count(*) as count from marts.fct_leads",
    "rpt_funnel_cohorts": "select 'reached' as family, to_stage as name, sum(numerator) as count from marts.rpt_funnel_cohorts "
    "where view = 'A' and cohort_basis = 'lead' and channel = '(all)' group by to_stage",
    "fct_lead_scores": "select 'band' as family, band as name, count(*) as count from marts.fct_lead_scores "
    "where scorer = 'matrix' and moment = 'creation' group by band",
    "fct_handovers": "select 'handover' as family, handover_type as name, count(*) as count from marts.fct_handovers "
    "group by handover_type",
    "fct_sla_clocks": "select 'clock_state' as family, state as name, count(*) as count from marts.fct_sla_clocks group by state",
}


@dataclass(frozen=True)
class KpiMove:
    """One KPI value that is not the same. before, after : null where it could not be computed, then missing_* says why."""

    kpi: str
    variant: str
    period: str
    period_start_on: date
    segment: str
    unit: str | None
    currency: str | None
    before: Decimal | None
    after: Decimal | None
    n_before: int | None
    n_after: int | None
    target_before: Decimal | None
    target_after: Decimal | None
    missing_before: str | None
    missing_after: str | None
    is_mature: bool

    @property
    def difference(self) -> Decimal | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def relative(self) -> Decimal | None:
        """The difference as a part of the value before, nine decimals; None where there is none to divide by."""
        if self.difference is None or not self.before:
            return None
        return (self.difference / abs(self.before)).quantize(Decimal("1e-9"), rounding=ROUND_HALF_UP)

    @property
    def size(self) -> Decimal:
        """What moves are sorted by: the relative difference; a value that comes, goes or leaves 0 is larger than any."""
        if self.relative is not None:
            return abs(self.relative)
        return Decimal(0) if self.before == self.after else Decimal("Infinity")


@dataclass(frozen=True)
class CountMove:
    """How many there are of a kind: leads that reached a stage, are of a band, hand-overs of a type, clocks in a state."""

    family: str
    name: str
    before: int
    after: int


def kpi_moves(before: Warehouse, after: Warehouse) -> list[KpiMove]:
    """Values and targets that differ, the largest relative difference first, then the newest period."""
    one, other = _kpis(before), _kpis(after)
    moves = []
    for key in dict.fromkeys([*one, *other]):
        old, new = one.get(key, {}), other.get(key, {})
        if all(old.get(name) == new.get(name) for name in ("value", "n", "target", "missing_reason")):
            continue
        known = new or old
        moves.append(
            KpiMove(
                *key,
                unit=known["unit"],
                currency=known["currency"],
                before=old.get("value"),
                after=new.get("value"),
                n_before=old.get("n"),
                n_after=new.get("n"),
                target_before=old.get("target"),
                target_after=new.get("target"),
                missing_before=old.get("missing_reason"),
                missing_after=new.get("missing_reason"),
                is_mature=bool(known["is_mature"]),
            )
        )
    return sorted(
        moves, key=lambda move: (-move.size, move.kpi, move.variant, -move.period_start_on.toordinal(), move.segment)
    )


def headlines(moves: Sequence[KpiMove]) -> list[KpiMove]:
    """Of every KPI and variant one move of the whole company: of the newest mature period that moved, else the newest that did;
    the largest first."""
    best: dict[tuple[str, str], KpiMove] = {}
    for move in moves:
        known = best.get((move.kpi, move.variant))
        if move.segment == ALL and (known is None or _rank(move) > _rank(known)):
            best[move.kpi, move.variant] = move
    return sorted(best.values(), key=lambda move: (-move.size, move.kpi, move.variant))


def count_moves(before: Warehouse, after: Warehouse, tables: Sequence[str]) -> list[CountMove]:
    """Counts of both builds, also those that are the same; in the order of the funnel's marts."""
    one, other = _counts(before, tables), _counts(after, tables)
    return [CountMove(*key, one.get(key, 0), other.get(key, 0)) for key in dict.fromkeys([*one, *other])]


def _rank(move: KpiMove) -> tuple[bool, date]:
    return move.is_mature, move.period_start_on


def _kpis(warehouse: Warehouse) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    rows = warehouse.arrow(
        "select kpi, variant, period, period_start_on, segment, unit, currency, value, n, target, missing_reason, is_mature "
        "from marts.rpt_kpi_values order by kpi, variant, period, segment"
    ).to_pylist()
    return {(row["kpi"], row["variant"], row["period"], row["period_start_on"], row["segment"]): row for row in rows}


def _counts(warehouse: Warehouse, tables: Sequence[str]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for table, query in _COUNTS.items():
        if table in tables:
            for row in warehouse.arrow(f"{query} order by 3 desc, 2").to_pylist():
                found[row["family"], str(row["name"])] = int(row["count"] or 0)
    return found
