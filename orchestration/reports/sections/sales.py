"""For the head of sales: whether reasons hold, whose follow-up was kept, and what became of lost leads."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from orchestration.reports import charts, role_figures
from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.sections.part import Part, Row, fraction
from orchestration.reports.sections.waiting import Waiting

VERDICTS = {"supported": "var(--good)", "contradicted": "var(--bad)", "unverifiable": "var(--neutral)"}
QUALITIES = ("good", "bad")
FOLLOW_UPS = ("kept", "broken")
DRAWN_METRICS = ("first_touch_in_time", "handover_to_sql")


class Sales(Part):
    """What the head of sales opens the page for."""

    def sales(self) -> Section:
        section = Section("sales", self.text("sales"), self.text("sales_lead"), self.words.text("role.sales"))
        self._reasons(section)
        self._faults(section)
        self._scorecard(section)
        self._completeness(section)
        Waiting(self.marts, self.words).add_to(section)
        return section

    def _reasons(self, section: Section) -> None:
        rows = self.found(section, "reasons", "rpt_reason_checks", role_figures.reason_checks(self.marts))
        if not rows:
            return
        heading = self.text("reasons")
        counts = {verdict: sum(row["decisions"] for row in rows if row["verdict"] == verdict) for verdict in VERDICTS}
        checked = counts["contradicted"] + counts["supported"]
        false_rejects = sum(row["false_rejects"] for row in rows)
        note = self.text(
            "reasons_are",
            contradicted=self.of(counts["contradicted"], checked),
            share=self.percent(Decimal(counts["contradicted"]) / checked if checked else None),
            unverifiable=self.words.number(counts["unverifiable"]),
            false_rejects=self.words.number(false_rejects),
        )
        section.add(Block(heading=heading, note=note, tone="key"))
        by_reason: dict[str | None, dict[str, int]] = {}
        for row in rows:
            by_reason.setdefault(row["reason"], {})[row["verdict"]] = row["decisions"]
        most = max(sum(of_reason.values()) for of_reason in by_reason.values())
        bars = [
            charts.Bar(
                self.reason(reason),
                [
                    charts.Segment(
                        of_reason[verdict] / most, paint,
                        self.joined(self.words.text(f"reason_verdict.{verdict}"), self.words.number(of_reason[verdict])),
                        self.words.number(of_reason[verdict]),
                    )
                    for verdict, paint in VERDICTS.items()
                    if verdict in of_reason
                ],
                self.text("n_is", n=self.words.number(sum(of_reason.values()))),
            )
            for reason, of_reason in by_reason.items()
        ]  # fmt: skip
        listed = role_figures.contradicted_reasons(self.marts) or []
        fields = [
            self.as_key("lead_id"), self.as_instant("rejected_at"), self.as_owner(), self.as_word("reason", "reason"),
            self.as_word("evidence", "reason_evidence"), self.as_count("attempts"), self.as_instant("first_attempt_at"),
            self.as_flag("is_false_reject"), self.as_key("later_deal_id"), self.as_instant("later_closed_at"),
        ]  # fmt: skip
        section.add(
            Block(
                svg=charts.stacked(bars, mirrored=self.words.is_right_to_left, label=heading),
                legend=charts.legend(
                    (paint, self.words.text(f"reason_verdict.{verdict}")) for verdict, paint in VERDICTS.items()
                ),
                table=self.table(fields, listed, folded_under=self.text("contradicted_reasons")),
            )
        )

    def reason(self, reason: str | None) -> str:
        return self.words.text("reason_evidence.no_reason") if reason is None else self.words.name("reason", reason)

    def _faults(self, section: Section) -> None:
        rows = self.found(section, "fault_matrix", "rpt_fault_matrix", role_figures.fault_matrix(self.marts))
        if not rows:
            return
        heading = self.words.text("page.fault_matrix")
        cells = {row["fault"]: row for row in rows}
        most = max(row["leads"] for row in rows) or 1
        squares = [
            (
                self.words.text(f"follow_up.{follow_up}"),
                [self.fault(cells.get(f"{quality}_{follow_up}"), follow_up, most) for quality in QUALITIES],
            )
            for follow_up in FOLLOW_UPS
        ]
        fields = [
            self.as_word("fault", "fault"), self.as_count("leads"), self.as_count("false_rejects"),
            self.as_money("expected_minor"), self.as_share("kept_win_rate"),
            self.as_shares("kept_win_rate_low", "kept_win_rate_high"), self.as_count("kept_episodes"),
            self.as_money("mean_deal_minor"),
        ]  # fmt: skip
        section.add(Block(heading=heading, note=self.text("fault_matrix_note")))
        section.add(
            Block(
                svg=charts.grid(
                    [self.text(f"lead_{quality}") for quality in QUALITIES], squares,
                    mirrored=self.words.is_right_to_left, label=heading,
                ),
                table=self.table(fields, rows, folded_under=self.text("numbers")),
            )
        )  # fmt: skip
        outside = [cells[name] for name in ("process", "unknown") if name in cells]
        if outside:
            facts = (
                f"{self.words.text('fault.' + row['fault'])}: {self.words.number(row['leads'])}" for row in outside
            )
            section.note(self.text("outside_the_matrix", cells=self.words.list(facts)))

    def fault(self, row: Row | None, follow_up: str, most: int) -> charts.Square:
        """Leads of a cell with the money to be expected of them and what that rests on."""
        if row is None:
            return charts.Square(self.words.number(0), [], 0)
        lines = [
            self.text("expected_money", money=self.money(row["expected_minor"], row["currency"])),
            self.text(
                "kept_win_rate",
                rate=self.percent(row["kept_win_rate"]),
                interval=self.percents(row["kept_win_rate_low"], row["kept_win_rate_high"]) or "–",
                n=self.words.number(row["kept_episodes"] or 0),
            ),
            self.text("bought_later", n=self.words.number(row["false_rejects"])),
        ]
        paint = "var(--bad)" if follow_up == "broken" else "var(--accent)"
        return charts.Square(self.words.number(row["leads"]), lines, row["leads"] / most, paint)

    def _scorecard(self, section: Section) -> None:
        rows = self.found(section, "scorecard", "rpt_rep_scorecard", role_figures.rep_scorecard(self.marts))
        if not rows:
            return
        heading = self.text("scorecard")
        section.add(Block(heading=heading, note=self.text("scorecard_note")))
        drawn: list[charts.Interval] = []
        for metric in DRAWN_METRICS:
            of_metric = [row for row in rows if row["metric"] == metric and row["period"] == "(all)" and row["n"]]
            if of_metric:
                drawn.append(charts.Interval(self.words.text(f"rep_metric.{metric}"), is_heading=True))
                drawn += [self.rated(row) for row in sorted(of_metric, key=lambda row: row["value"] or 0, reverse=True)]
        if drawn:
            section.add(
                Block(
                    svg=charts.intervals(
                        drawn,
                        scale=(0, 1),
                        ticks=self.share_ticks(),
                        mirrored=self.words.is_right_to_left,
                        label=heading,
                    )
                )
            )
        for period in dict.fromkeys(row["period"] for row in rows):
            name = self.text("all_months") if period == "(all)" else self.words.digits(period)
            of_period = [row for row in rows if row["period"] == period]
            section.add(Block(table=self.card_of_everybody(of_period, name)))

    def rated(self, row: Row) -> charts.Interval:
        name = self.words.data(row["owner_name"] or row["owner_id"])
        text = self.joined(self.percent(row["value"]), self.text("n_is", n=self.words.number(row["n"])))
        return charts.Interval(
            name, fraction(row["value"]), fraction(row["low"]), fraction(row["high"]), text, self.joined(name, text)
        )

    def card_of_everybody(self, rows: Sequence[Row], period: str) -> Table:
        """Employees down, figures across; each figure with its n, the interval in the tooltip."""
        metrics = sorted({row["metric"] for row in rows})
        cells = {(row["owner_id"], row["metric"]): row for row in rows}
        names = {row["owner_id"]: row["owner_name"] or row["owner_id"] for row in rows}
        headers = [
            Cell(self.heading("owner_id")),
            *(Cell(self.words.name("rep_metric", name), True) for name in metrics),
        ]
        table = [
            [Cell(self.words.data(name)), *(self.card_cell(cells.get((owner, metric))) for metric in metrics)]
            for owner, name in names.items()
        ]
        return Table(headers, table, folded_under=self.text("scorecard_of", period=period))

    def card_cell(self, row: Row | None) -> Cell:
        if row is None or row["value"] is None:
            return Cell("–", True)
        value = {"ratio": self.percent, "seconds": self.duration, "count": self.plain}[row["unit"]](row["value"])
        return Cell(f"{value} ({self.words.number(row['n'])})", True, title=self.percents(row["low"], row["high"]))

    def _completeness(self, section: Section) -> None:
        rows = self.found(
            section, "completeness", "rpt_reason_completeness", role_figures.reason_completeness(self.marts)
        )
        if not rows:
            return
        fields = [
            self.as_owner(), self.as_word("kind", "decision_kind"), self.as_count("decisions"), self.as_share("reason_rate"),
            self.as_shares("low", "high"), self.as_count("with_reason_other"), self.as_count("contradicted"),
            self.as_count("supported"), self.as_share("contradicted_rate"), self.as_count("false_rejects"),
        ]  # fmt: skip
        of_all = [row for row in rows if row["owner_id"] == "(all)"]
        section.add(Block(heading=self.text("completeness"), table=self.table(fields, of_all)))
        by_owner = [row for row in rows if row["owner_id"] != "(all)"]
        section.add(Block(table=self.table(fields, by_owner, folded_under=self.text("by_employee"))))
