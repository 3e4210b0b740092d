"""The strip of headline KPIs and the table of all of them."""

from __future__ import annotations

from decimal import Decimal

from orchestration.reports import figures
from orchestration.reports.elements import Block, Card, Cell, Section, Table
from orchestration.reports.sections.part import Part

_MULTIPLES = ("ltv_to_cac",)
"""Ratios read as "3 to 1", not as per cent."""

PAYMENT_COVERAGE_FLOOR = Decimal("0.8")
"""D15: below this share of paid won value the gap is printed."""


class Kpis(Part):
    """KPIs with what they are held against."""

    def kpis(self) -> Section:
        section = Section("kpis", self.text("kpis"), self.text("kpis_lead"))
        rows = figures.kpis(self.marts)
        if rows is None:
            section.note(self.not_published("rpt_kpi_values"), "missing")
            return section
        if not rows:
            section.note(self.text("no_kpis"), "missing")
            return section
        by_name = {(row.kpi, row.variant): row for row in rows}
        cards = [self.card(by_name[name]) for name in figures.HEADLINE_KPIS if name in by_name]
        section.add(Block(cards=cards))
        if not self.has_payments:
            section.note(self.text("contracts_note"), "warning")
        for gap in figures.payment_gaps(self.marts, str(self.facts["evaluated_at"])) if self.has_payments else []:
            covered = Decimal(gap["paid_minor"]) / Decimal(gap["won_minor"])
            if covered < PAYMENT_COVERAGE_FLOOR:
                section.note(
                    self.text(
                        "payment_gap",
                        share=self.words.percent(covered),
                        won=self.words.money(gap["won_minor"], gap["currency"]),
                        gap=self.words.money(gap["won_minor"] - gap["paid_minor"], gap["currency"]),
                    ),
                    "warning",
                )
        headers = [
            Cell(self.text(key), is_number)
            for key, is_number in (
                ("kpi", False), ("variant", False), ("period", False), ("value", True), ("interval", True),
                ("target", True), ("benchmark", True), ("n_column", True), ("owner", False), ("remark", False),
            )
        ]  # fmt: skip
        section.add(
            Block(table=Table(headers, [self.kpi_row(row) for row in rows], folded_under=self.text("all_kpis")))
        )
        return section

    def kpi_value(self, row: figures.Kpi, value: Decimal | None) -> str:
        """A value of the KPI in its unit."""
        if value is None:
            return "–"
        words = self.words
        places = 0 if value == value.to_integral_value() else 1
        if row.unit == "money" and row.currency:
            return words.short_money(value, row.currency)
        if row.unit == "days":
            return self.text("days", n=words.number(value, places))
        if row.unit == "count":
            return words.number(value, places)
        if row.kpi in _MULTIPLES and row.variant == "default":
            return words.number(value, 2)
        return words.percent(value)

    def kpi_range(self, row: figures.Kpi, low: Decimal | None, high: Decimal | None) -> str:
        """A target or benchmark: its two ends, or the one there is."""
        ends = [self.kpi_value(row, end) for end in (low, high) if end is not None]
        return " – ".join(dict.fromkeys(ends))

    def kpi_period(self, row: figures.Kpi) -> str:
        return self.words.digits(row.period)

    def against_target(self, row: figures.Kpi) -> str:
        """`good`, `bad`, or nothing to say (no target, young cohort, too few)."""
        return {True: "good", False: "bad", None: ""}[row.reaches_target(self.minimum_n)]

    def kpi_name(self, row: figures.Kpi) -> str:
        name = self.words.name("kpi", row.kpi)
        return name if row.variant in ("default", "") else f"{name} · {self.variant(row)}"

    def variant(self, row: figures.Kpi) -> str:
        """The variant's label; the variants of days in stage are the stages."""
        kind = "stage" if self.words.has(f"stage.{row.variant}") else "variant"
        return self.words.name(kind, row.variant)

    def card(self, row: figures.Kpi) -> Card:
        words = self.words
        if row.value is None:
            reason = words.name("missing", row.missing_reason or "unknown")
            return Card(self.kpi_name(row), "–", [self.kpi_period(row)], missing=reason)
        facts = [self.kpi_period(row)]
        if row.n is not None:
            facts.append(self.text("n_is", n=words.number(row.n)))
        if row.low is not None and row.high is not None:
            facts.append(f"{self.kpi_value(row, row.low)} – {self.kpi_value(row, row.high)}")
        state = self.against_target(row)
        state_text = ""
        if target := self.kpi_range(row, row.target_low, row.target_high):
            state_text = f"{words.text('term.target')}: {target}"
        elif benchmark := self.kpi_range(row, row.benchmark_low, row.benchmark_high):
            state_text = f"{words.text('term.benchmark')}: {benchmark}"
        if not row.is_mature:
            facts.append(words.text("term.not_mature"))
            state = "young"
        return Card(self.kpi_name(row), self.kpi_value(row, row.value), facts, state, state_text)

    def kpi_row(self, row: figures.Kpi) -> list[Cell]:
        words = self.words
        interval = ""
        if row.low is not None and row.high is not None:
            interval = f"{self.kpi_value(row, row.low)} – {self.kpi_value(row, row.high)}"
        remark = words.name("missing", row.missing_reason) if row.missing_reason else ""
        if not remark and not row.is_mature:
            remark = words.text("term.not_mature")
        if not remark and row.basis:
            remark = words.data(row.basis)
        return [
            Cell(words.name("kpi", row.kpi)),
            Cell("" if row.variant == "default" else self.variant(row)),
            Cell(self.kpi_period(row)),
            Cell(self.kpi_value(row, row.value), True, css_class=self.against_target(row)),
            Cell(interval, True),
            Cell(self.kpi_range(row, row.target_low, row.target_high), True),
            Cell(self.kpi_range(row, row.benchmark_low, row.benchmark_high), True),
            Cell("" if row.n is None else words.number(row.n), True),
            Cell(words.name("team", row.owner) if row.owner else ""),
            Cell(remark),
        ]

    def missing(self, section: Section) -> None:
        words = self.words
        by_reason: dict[str, list[str]] = {}
        for row in figures.kpis(self.marts) or []:
            if row.value is None:
                by_reason.setdefault(row.missing_reason or "unknown", []).append(self.kpi_name(row))
        if not by_reason:
            return
        rows = [
            [Cell(words.name("missing", reason)), Cell(words.list(names))]
            for reason, names in sorted(by_reason.items(), key=lambda item: -len(item[1]))
        ]
        headers = [Cell(self.text("why")), Cell(self.text("kpi"))]
        section.add(Block(heading=self.text("missing_kpis"), table=Table(headers, rows)))
