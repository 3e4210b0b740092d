"""For the SLA manager: the clock wall, breaches by cause and owner, and what is about to break."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from orchestration.reports import charts, role_figures
from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.sections.lateness import Lateness
from orchestration.reports.sections.part import HATCHED_SWATCH, Part, Row, fraction

CLOCKS = ("reaction", "acceptance", "confirmation", "contact", "qualification")
STATES = {"met": "var(--good)", "late": "var(--warn)", "breached": "var(--bad)"}
CAUSES = ("unassigned", "off_hours", "routing", "never_tried", "late")
MONTHS_SHOWN = 12


class Clocks(Part):
    """What the SLA manager opens the page for."""

    def clocks(self) -> Section:
        section = Section(
            "clocks", self.words.text("page.clocks"), self.text("clocks_lead"), self.words.text("role.sla")
        )
        self._wall(section)
        self._open(section)
        self._auto_returns(section)
        lateness = Lateness(self.marts, self.words)
        lateness.bands(section)
        lateness.price(section)
        self._report(section)
        return section

    def _wall(self, section: Section) -> None:
        rows = self.found(section, "clock_wall", "rpt_sla_monthly", role_figures.sla_months(self.marts))
        if not rows:
            return
        month = self.month_shown(rows)
        wall = sorted((row for row in rows if row["period"] == month), key=lambda row: CLOCKS.index(row["clock"]))
        judged = [row for row in wall if row["n"]]
        period = self.words.digits(month)
        if judged:
            worst = min(judged, key=lambda row: row["share_in_target"])
            note = self.text(
                "clock_wall_is",
                period=period,
                met=self.words.number(sum(row["met"] for row in judged)),
                n=self.words.number(sum(row["n"] for row in judged)),
                clock=self.words.text(f"clock.{worst['clock']}"),
                share=self.percent(worst["share_in_target"]),
                interval=self.percents(worst["low"], worst["high"]),
                worst_n=self.words.number(worst["n"]),
            )
        else:
            note = self.text("no_clock_due", period=period)
        heading = self.text("clock_wall_of", period=period)
        fields = [
            self.as_word("clock", "clock"), self.as_share("share_in_target"), self.as_shares("low", "high"),
            self.as_count("n"), self.as_count("met"), self.as_count("late"), self.as_count("breached"),
            self.as_count("running"), self.as_count("waived"), self.as_count("not_applicable"),
            self.as_said("median_seconds", lambda row: self.duration(row["median_seconds"]), True),
            self.as_said("p90_seconds", lambda row: self.duration(row["p90_seconds"]), True),
        ]  # fmt: skip
        section.note(note, "key")
        section.add(
            Block(
                heading=heading,
                svg=charts.stacked(
                    [self.bar(row, {name: row[name] for name in STATES}, STATES, "state", row["n"]) for row in judged],
                    mirrored=self.words.is_right_to_left, label=heading,
                ),
                legend=charts.legend((paint, self.words.text(f"state.{name}")) for name, paint in STATES.items()),
                table=self.table(fields, wall, folded_under=self.text("numbers")),
            )
        )  # fmt: skip
        self._months(section, rows, month)
        self._causes(section, judged, period)
        self._owners(section, month)

    def month_shown(self, rows: Sequence[Row]) -> str:
        """The newest month that is over where there is one: the month before the newest that has begun."""
        periods = list(dict.fromkeys(row["period"] for row in rows))
        return str(periods[-2] if len(periods) > 1 else periods[-1])

    def bar(self, row: Row, counts: dict[str, int], paints: dict[str, str], kind: str, whole: int) -> charts.Bar:
        """A clock's counts as parts of `whole`, with the share in target and n at its end."""
        segments = [
            charts.Segment(
                count / whole, paints[name],
                self.joined(self.words.text(f"{kind}.{name}"), self.words.number(count)), self.words.number(count),
            )
            for name, count in counts.items()
            if count
        ]  # fmt: skip
        share = self.percent(row["share_in_target"]) if kind == "state" else self.words.number(sum(counts.values()))
        note = self.joined(share, self.text("n_is", n=self.words.number(row["n"])))
        return charts.Bar(self.words.text(f"clock.{row['clock']}"), segments, note)

    def _months(self, section: Section, rows: Sequence[Row], newest_over: str) -> None:
        multiples = []
        for clock in CLOCKS:
            of_clock = [row for row in rows if row["clock"] == clock and row["n"]][-MONTHS_SHOWN:]
            if not of_clock:
                continue
            bars = [
                charts.Column(
                    self.words.month(row["period_start_on"]), fraction(row["share_in_target"]),
                    self.words.percent(row["share_in_target"], 0), row["period"] <= newest_over,
                    self.joined(
                        self.words.month(row["period_start_on"]), self.percent(row["share_in_target"]),
                        self.text("n_is", n=self.words.number(row["n"])),
                    ),
                )
                for row in of_clock
            ]  # fmt: skip
            name = self.words.text(f"clock.{clock}")
            svg = charts.columns(
                bars, target=None, target_text="", top=1.15, mirrored=self.words.is_right_to_left, label=name
            )
            multiples.append((name, "", svg))
        if multiples:
            legend = charts.legend(
                [("var(--accent)", self.text("month_over")), (HATCHED_SWATCH, self.text("month_running"))]
            )
            section.add(Block(heading=self.text("in_target_by_month"), multiples=multiples, legend=legend))

    def _causes(self, section: Section, rows: Sequence[Row], period: str) -> None:
        heading = self.text("breaches_by_cause", period=period)
        broken = [row for row in rows if row["breached"]]
        if not broken:
            section.add(Block(heading=heading, note=self.text("no_breaches"), tone="good"))
            return
        paints = {cause: charts.series(index) for index, cause in enumerate(CAUSES)}
        most = max(row["breached"] for row in broken)
        bars = [
            self.bar(row, {cause: row[f"breached_{cause}"] for cause in CAUSES}, paints, "cause", most)
            for row in broken
        ]
        section.add(
            Block(
                heading=heading,
                svg=charts.stacked(bars, mirrored=self.words.is_right_to_left, label=heading),
                legend=charts.legend((paint, self.words.text(f"cause.{cause}")) for cause, paint in paints.items()),
            )
        )
        section.note(self.text("process_causes"))

    def _owners(self, section: Section, month: str) -> None:
        rows = role_figures.sla_owners(self.marts, month) or []
        fields = [
            self.as_word("clock", "clock"), self.as_owner(), self.as_share("share_in_target"),
            self.as_shares("low", "high"), self.as_count("n"), self.as_count("met"), self.as_count("late"),
            self.as_count("breached"),
        ]  # fmt: skip
        if rows:
            section.add(Block(table=self.table(fields, rows, folded_under=self.text("clocks_by_employee"))))

    def _open(self, section: Section) -> None:
        rows = self.found(section, "open_clocks", "fct_sla_clocks", role_figures.open_clocks(self.marts))
        if not rows:
            return
        fields = [
            self.as_word("clock", "clock"), self.as_key("lead_id"), self.as_owner(), self.as_word("state", "state"),
            self.as_instant("started_at"), self.as_instant("due_at"), self.as_instant("limit_at"),
            self.as_count("attempts"),
        ]  # fmt: skip
        note = self.text("open_clocks_are", n=self.words.number(rows[0]["all_open"]))
        section.add(Block(heading=self.text("open_clocks"), note=note))
        section.add(Block(table=self.table(fields, rows[:10])))
        if rows[10:]:
            section.add(Block(table=self.table(fields, rows[10:], folded_under=self.text("further_clocks"))))

    def _auto_returns(self, section: Section) -> None:
        rows = self.found(section, "auto_returns", "rpt_auto_returns", role_figures.auto_returns(self.marts))
        if not rows:
            return
        fields = [
            self.as_key("lead_id"), self.as_word("handover_type", "handover"), self.as_owner(),
            self.as_instant("handed_over_at"), self.as_instant("reverts_at"), self.as_instant("accepted_at"),
            self.as_word("outcome", "outcome"), self.as_word("cause", "cause"),
        ]  # fmt: skip
        note = self.text(
            "auto_returns_are",
            waiting=self.words.number(rows[0]["all_waiting"]),
            accepted=self.words.number(rows[0]["all_returns"] - rows[0]["all_waiting"]),
        )
        section.add(
            Block(heading=self.text("auto_returns"), note=note, tone="warning" if rows[0]["all_waiting"] else "good")
        )
        waiting = [row for row in rows if row["is_waiting"]]
        if waiting:
            section.add(Block(table=self.table(fields, waiting)))
        past = [row for row in rows if not row["is_waiting"]]
        if past:
            section.add(Block(table=self.table(fields, past, folded_under=self.text("past_auto_returns"))))

    def _report(self, section: Section) -> None:
        rows = self.found(section, "sla_report", "rpt_sla_report", role_figures.sla_report(self.marts))
        if not rows:
            return
        periods = list(
            dict.fromkeys(row["period"] for row in sorted(rows, key=lambda row: row["period"], reverse=True))
        )
        cells = {(row["metric"], row["period"]): row for row in rows}
        headers = [Cell(self.heading("metric")), *(Cell(self.words.digits(period), True) for period in periods)]
        table = [
            [
                Cell(self.words.name("sla_metric", metric)),
                *(self.report_cell(cells.get((metric, period))) for period in periods),
            ]
            for metric in dict.fromkeys(row["metric"] for row in rows)
        ]
        section.add(
            Block(
                heading=self.words.text("page.sla_report"),
                table=Table(headers, table, caption=self.text("value_and_n")),
            )
        )

    def report_cell(self, row: Row | None) -> Cell:
        """A figure with its n; the interval, or why there is none or that it is young, in the tooltip."""
        if row is None or row["value"] is None:
            reason = "" if row is None else self.words.name("missing", row["missing_reason"] or "unknown")
            return Cell("–", True, title=reason)
        show = {"ratio": self.percent, "seconds": self.duration, "points": self.points_of_score}[row["unit"]]
        young = "" if row["is_mature"] else self.words.text("term.not_mature")
        title = self.joined(*(part for part in (self.percents(row["low"], row["high"]), young) if part))
        mark = "" if row["is_mature"] else "*"
        n = "" if row["n"] is None else f" ({self.words.number(row['n'])})"
        return Cell(f"{show(row['value'])}{mark}{n}", True, title=title)

    def points_of_score(self, value: Decimal) -> str:
        return self.words.number(value, 1)
