"""Quality of leads: before and after dated changes, against the score's bands, by segment, and of those sent back."""

from __future__ import annotations

import math
from decimal import Decimal

from orchestration.reports import charts, role_figures
from orchestration.reports.elements import Block, Section
from orchestration.reports.sections.part import HATCHED_SWATCH, Part, Row, fraction

VERDICTS = {"better": "var(--good)", "worse": "var(--bad)", "no_difference": "var(--neutral)"}
QUALITIES = ("quality", "not_quality", "unknown")
BANDS = ("cold", "review", "hot")
MOMENT = "creation"
MONTHS_SHOWN = 12


class LeadQuality(Part):
    """The parts of the marketing section that look at quality, never at volume alone."""

    def add_to(self, section: Section) -> None:
        self._changes(section)
        self._quality(section)
        self._gates(section)
        self._drift(section)
        self._recycled(section)

    def _changes(self, section: Section) -> None:
        rows = self.found(section, "changes", "rpt_change_effects", role_figures.change_effects(self.marts))
        if not rows:
            return
        heading = self.text("changes")
        told = [row for row in rows if row["verdict"] in VERDICTS]
        if told:
            drawn: list[charts.Interval] = []
            for arm in dict.fromkeys(self.arm(row) for row in told):
                drawn.append(charts.Interval(arm, is_heading=True))
                drawn += [self.changed(row) for row in told if self.arm(row) == arm]
            # whole tenths, so that both ends and their halves are round
            most = Decimal(math.ceil(max(abs(row[end]) for row in told for end in ("low", "high")) * 10)) / 10
            ticks = [(float(at), self.points(at, 0)) for at in (-most, -most / 2, Decimal(0), most / 2, most)]
            section.add(Block(heading=heading, note=self.text("changes_note")))
            section.add(
                Block(
                    svg=charts.intervals(
                        drawn, scale=(-float(most), float(most)), ticks=ticks, mark=0.0,
                        mirrored=self.words.is_right_to_left, label=heading,
                    ),
                    legend=charts.legend((paint, self.words.text(f"verdict.{name}")) for name, paint in VERDICTS.items()),
                )
            )  # fmt: skip
        else:
            section.add(Block(heading=heading, note=self.text("no_change_told"), tone="missing"))
        fields = [
            self.as_said("change", self.arm), self.as_word("metric", "change_metric"), self.as_share("without_rate"),
            self.as_count("without_n"), self.as_share("with_rate"), self.as_count("with_n"),
            self.as_said("difference", lambda row: self.points(row["difference"]), True),
            self.as_said("interval", lambda row: self.points_between(row["low"], row["high"]), True), self.as_count("volume_ratio", 2),
            self.as_said("verdict", self.told), self.as_count("other_changes"),
        ]  # fmt: skip
        section.add(Block(table=self.table(fields, rows, folded_under=self.text("all_changes"))))

    def arm(self, row: Row) -> str:
        """Which change, whether its begin or its end, and among whom."""
        change = f"{self.day(row['started_on'])} {self.words.name('change_kind', row['kind'])}: {self.words.data(row['note'])}"
        return self.joined(
            change,
            self.words.name("change_phase", row["phase"]),
            self.words.name("change_comparison", row["comparison"]),
        )

    def changed(self, row: Row) -> charts.Interval:
        name = self.words.name("change_metric", row["metric"])
        n = f"{self.words.number(row['without_n'])} / {self.words.number(row['with_n'])}"
        text = self.joined(self.points(row["difference"]), self.text("n_is", n=n))
        return charts.Interval(
            name, fraction(row["difference"]), fraction(row["low"]), fraction(row["high"]), text,
            self.joined(name, text, self.points_between(row["low"], row["high"]), self.told(row)), VERDICTS[row["verdict"]],
        )  # fmt: skip

    def told(self, row: Row) -> str:
        """What the interval says, with the volume where both say something; else why nothing is told."""
        if row["reading"] is not None:
            return self.words.name("reading", row["reading"])
        if row["verdict"] is not None:
            return self.words.name("verdict", row["verdict"])
        return self.words.name("missing", row["missing_reason"] or "unknown")

    def _quality(self, section: Section) -> None:
        rows = self.found(section, "lead_quality", "rpt_lead_quality", role_figures.lead_quality(self.marts))
        if not rows:
            return
        heading = self.text("lead_quality")
        cells = {(row["quality"], row["band"]): row for row in rows if row["moment"] == MOMENT}
        cold, all_cold = cells.get(("quality", "cold")), cells.get(("(all)", "cold"))
        if cold is not None and all_cold is not None and cold["closed_rate"] is not None:
            note = self.text(
                "quality_but_cold",
                leads=self.words.number(cold["leads"]),
                rate=self.percent(cold["closed_rate"]),
                interval=self.percents(cold["closed_low"], cold["closed_high"]),
                n=self.words.number(cold["mature_for_close"]),
                all_rate=self.percent(all_cold["closed_rate"]),
                all_n=self.words.number(all_cold["mature_for_close"]),
            )
        else:
            note = self.text("quality_cold_unknown")
        section.add(Block(heading=heading, note=note))
        highest = max((row["closed_rate"] for row in cells.values() if row["closed_rate"] is not None), default=None)
        squares = [
            (
                self.words.text(f"quality.{quality}"),
                [self.square(cells.get((quality, band)), highest) for band in BANDS],
            )
            for quality in QUALITIES
        ]
        fields = [
            self.as_word("moment", "moment"), self.as_word("quality", "quality"), self.as_word("band", "band"),
            self.as_count("leads"), self.as_count("cold_because_unknown"), self.as_share("sql_rate"),
            self.as_shares("sql_low", "sql_high"), self.as_count("mature_for_sql"), self.as_share("closed_rate"),
            self.as_shares("closed_low", "closed_high"), self.as_count("mature_for_close"),
            self.as_money("average_deal_minor"),
        ]  # fmt: skip
        section.add(
            Block(
                svg=charts.grid(
                    [self.words.text(f"band.{band}") for band in BANDS], squares,
                    mirrored=self.words.is_right_to_left, label=heading,
                ),
                table=self.table(fields, rows, folded_under=self.text("numbers")),
            )
        )  # fmt: skip

    def square(self, row: Row | None, highest: Decimal | None) -> charts.Square:
        """Share of closed leads of a cell, warm by the highest of all cells."""
        if row is None or row["closed_rate"] is None:
            leads = 0 if row is None else row["leads"]
            return charts.Square("–", [self.text("leads_are", n=self.words.number(leads))], 0)
        won = self.words.name("stage", row["close_event"])
        lines = [
            self.joined(won, self.text("n_is", n=self.words.number(row["mature_for_close"]))),
            f"{self.words.text('stage.sql')}: {self.percent(row['sql_rate'])}",
            self.text("leads_are", n=self.words.number(row["leads"])),
        ]
        return charts.Square(
            self.percent(row["closed_rate"]), lines, float(row["closed_rate"] / highest) if highest else 0
        )

    def _gates(self, section: Section) -> None:
        rows = self.found(section, "gate_failures", "rpt_gate_failures", role_figures.gate_failures(self.marts))
        if not rows:
            return
        fields = [
            self.as_word("criterion", "criterion"), self.as_word("outcome", "gate"), self.as_count("gate_min_points"),
            self.as_flag("is_in_force"), self.as_count("leads"), self.as_share("sql_rate"),
            self.as_shares("sql_low", "sql_high"), self.as_count("mature_for_sql"), self.as_share("closed_rate"),
            self.as_shares("closed_low", "closed_high"), self.as_count("mature_for_close"), self.as_money("won_minor"),
        ]  # fmt: skip
        in_force = dict.fromkeys(row["criterion"] for row in rows if row["is_in_force"])
        names = self.words.list(self.words.name("criterion", criterion) for criterion in in_force)
        note = self.text("gates_in_force", gates=names) if in_force else self.text("no_gate_in_force")
        section.add(Block(heading=self.text("gate_failures"), note=note, table=self.table(fields, rows)))

    def _drift(self, section: Section) -> None:
        rows = self.found(section, "icp_drift", "rpt_icp_drift", role_figures.icp_drift(self.marts))
        if not rows:
            return
        heading = self.text("icp_drift")
        names = {True: "drift.in_icp", False: "drift.outside_icp", None: "drift.icp_unknown"}
        pairs = [
            charts.Pair(
                self.joined(self.words.data(row["segment"]), self.words.text(names[row["is_in_icp"]])),
                (float(row["leads_share"] or 0), float(row["deals_share"] or 0)),
                (
                    self.joined(self.percent(row["leads_share"]), self.words.number(row["leads"])),
                    self.joined(self.percent(row["deals_share"]), self.words.number(row["deals"])),
                ),
            )
            for row in rows
        ]  # fmt: skip
        fields = [
            self.as_data("segment"), self.as_flag("is_in_icp"), self.as_count("leads"), self.as_share("leads_share"),
            self.as_count("deals"), self.as_share("deals_share"), self.as_shares("deals_low", "deals_high"),
            self.as_share("money_share"), self.as_verdict(),
        ]  # fmt: skip
        totals = self.text(
            "icp_drift_of",
            period=self.words.digits(rows[0]["period"]),
            leads=self.words.number(rows[0]["all_leads"]),
            deals=self.words.number(rows[0]["all_deals"]),
        )
        section.add(Block(heading=heading, note=totals))
        for verdict in ("closed_more", "closed_less"):
            if segments := [self.words.data(row["segment"]) for row in rows if row["verdict"] == verdict]:
                section.note(f"{self.verdict(verdict)}: {self.words.list(segments)}", "key")
        section.add(
            Block(
                svg=charts.paired(
                    pairs, paints=("var(--marketing)", "var(--sales)"), mirrored=self.words.is_right_to_left,
                    scale=max(value for pair in pairs for value in pair.values), label=heading,
                ),
                legend=charts.legend(
                    [
                        ("var(--marketing)", self.words.text("column.leads_share")),
                        ("var(--sales)", self.words.text("column.deals_share")),
                    ]
                ),
                table=self.table(fields, rows, folded_under=self.text("numbers")),
            )
        )  # fmt: skip

    def _recycled(self, section: Section) -> None:
        rows = self.found(section, "recycled", "rpt_recycled_leads", role_figures.recycled_leads(self.marts))
        if not rows:
            return
        mature = [row for row in rows if row["is_mature"]]
        returned, revived = (sum(row[name] for row in mature) for name in ("returned_leads", "revived"))
        note = (
            self.text(
                "recycled_are",
                revived=self.of(revived, returned),
                share=self.words.percent(Decimal(revived) / returned),
            )
            if returned
            else self.text("recycled_young")
        )
        bars = [
            charts.Column(
                self.words.month(row["cohort_month"]), fraction(row["revived_rate"]), self.percent(row["revived_rate"]),
                row["is_mature"],
                self.joined(self.words.month(row["cohort_month"]), self.of(row["revived"], row["returned_leads"])),
            )
            for row in rows[-MONTHS_SHOWN:]
        ]  # fmt: skip
        name = self.words.text("kpi.revived_rate")
        top = max((bar.value for bar in bars if bar.value is not None), default=0) * 1.15
        svg = charts.columns(
            bars, target=None, target_text="", top=top, mirrored=self.words.is_right_to_left, label=name
        )
        fields = [
            self.as_month("cohort_month"),
            self.as_count("returned_leads"), self.as_count("revived"), self.as_share("revived_rate"),
            self.as_shares("revived_low", "revived_high"), self.as_count("median_days_to_revival", 1),
            self.as_count("won"), self.as_money("won_minor"), self.as_count("nurtured"), self.as_count("lost"),
            self.as_flag("is_mature"),
        ]  # fmt: skip
        section.add(Block(heading=self.text("recycled"), note=note))
        section.add(
            Block(
                multiples=[(name, "", svg)],
                legend=charts.legend(
                    [("var(--accent)", self.text("mature")), (HATCHED_SWATCH, self.words.text("term.not_mature"))]
                ),
                table=self.table(fields, rows, folded_under=self.text("numbers")),
            )
        )
