"""For both teams: the rollout, the cooperation, hand-overs, definitions with their signatures, and what comes after the sale."""

from __future__ import annotations

from orchestration.reports import charts, role_figures
from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.sections.part import Part, Row

OUTCOMES = {
    "sql": "var(--good)", "returned": "var(--warn)", "rejected": "var(--bad)", "void": "var(--neutral)",
    "open": "var(--young)",
}  # fmt: skip


class Together(Part):
    """What both teams look at together."""

    def together(self) -> Section:
        section = Section("together", self.text("together"), self.text("together_lead"), self.words.text("role.teams"))
        self._rollout(section)
        self._handovers(section)
        self._cooperation(section)
        self._signatures(section)
        self._definitions(section)
        self._after_sale(section)
        return section

    def _rollout(self, section: Section) -> None:
        rows = self.found(section, "rollout", "rpt_rollout_steps", role_figures.rollout_steps(self.marts))
        if not rows:
            return
        states = [row["state"] for row in rows]
        note = self.text(
            "rollout_is",
            done=self.of(states.count("done"), len(states)),
            overdue=self.words.number(states.count("overdue")),
        )
        tones = {"done": "good", "overdue": "bad"}
        headers = [
            Cell(self.heading(name), name == "week")
            for name in ("step", "week", "due_on", "state", "found_on", "found_in")
        ]
        table = [
            [
                Cell(self.words.name("rollout", row["step"])), Cell(self.words.number(row["week"]), True),
                Cell(self.day(row["due_on"]), css_class="whole"),
                Cell(self.words.text(f"rollout_state.{row['state']}"), css_class=tones.get(row["state"], "")),
                Cell(self.day(row["found_on"]), css_class="whole"),
                Cell(self.words.data(row["link"] or row["found_in"]) if row["link"] or row["found_in"] else ""),
            ]
            for row in rows
        ]  # fmt: skip
        section.note(note, "key")
        section.add(Block(heading=self.words.text("page.rollout"), table=Table(headers, table)))

    def _handovers(self, section: Section) -> None:
        rows = self.found(section, "handovers", "fct_handovers", role_figures.handovers(self.marts))
        if not rows:
            return
        heading = self.text("handovers")
        counts: dict[str, dict[str, int]] = {}
        for row in rows:
            counts.setdefault(row["handover_type"], {})[row["outcome"] or "open"] = row["episodes"]
        most = max(sum(of_type.values()) for of_type in counts.values())
        bars = [
            charts.Bar(
                self.words.text(f"handover.{kind}"),
                [
                    charts.Segment(
                        of_type[outcome] / most, paint,
                        self.joined(self.words.text(f"outcome.{outcome}"), self.words.number(of_type[outcome])),
                        self.words.number(of_type[outcome]),
                    )
                    for outcome, paint in OUTCOMES.items()
                    if outcome in of_type
                ],
                self.text("n_is", n=self.words.number(sum(of_type.values()))),
            )
            for kind, of_type in counts.items()
        ]  # fmt: skip
        section.add(Block(heading=heading, note=self.text("handovers_note")))
        section.add(
            Block(
                svg=charts.stacked(bars, mirrored=self.words.is_right_to_left, label=heading),
                legend=charts.legend((paint, self.words.text(f"outcome.{name}")) for name, paint in OUTCOMES.items()),
            )
        )

    def _cooperation(self, section: Section) -> None:
        rows = self.found(section, "cooperation", "rpt_cooperation", role_figures.cooperation(self.marts))
        if not rows:
            return
        fields = [
            self.as_period("period"),
            *(
                self.as_label(column, f"cooperation.{column}")
                for column in ("disputes_opened", "disputes_settled", "disputes_open", "definitions_changed", "decisions_made")
            ),
            self.as_said("decisions_carried_out", self.carried_out, True), self.as_flag("is_complete"),
        ]  # fmt: skip
        section.add(Block(heading=self.text("cooperation"), note=self.text("cooperation_note")))
        section.add(Block(table=self.table(fields, rows)))

    def carried_out(self, row: Row) -> str:
        return self.of(row["decisions_carried_out"], row["decisions_checkable"])

    def _signatures(self, section: Section) -> None:
        rows = self.found(section, "signatures", "rpt_definition_signatures", role_figures.signatures(self.marts))
        if not rows:
            return
        files: dict[str, dict[str, Row]] = {}
        for row in rows:
            files.setdefault(row["definition"], {})[row["team"]] = row
        signed = sum(all(row["state"] == "signed" for row in teams.values()) for teams in files.values())
        headers = [
            Cell(self.heading("definition")), Cell(self.words.text("team.marketing")), Cell(self.words.text("team.sales")),
            Cell(self.heading("newest_on")),
        ]  # fmt: skip
        table = [
            [
                Cell(self.words.data(name)),
                *(self.signature(teams.get(team)) for team in ("marketing", "sales")),
                Cell(self.day(next(iter(teams.values()))["newest_on"]), css_class="whole"),
            ]
            for name, teams in files.items()
        ]
        note = self.text("signatures_are", signed=self.of(signed, len(files)))
        tone = "good" if signed == len(files) else "warning"
        section.add(Block(heading=self.text("signatures"), note=note, tone=tone))
        section.add(Block(table=Table(headers, table, folded_under=self.text("signatures_by_file"))))

    def signature(self, row: Row | None) -> Cell:
        """The state of one team's signature, with who signed when."""
        if row is None:
            return Cell("–")
        state = self.words.text(f"agreement.sign_off_{row['state']}")
        if row["signed_by"] is None:
            return Cell(state, css_class="bad")
        who = self.joined(state, self.words.data(row["signed_by"]), self.day(row["signed_on"]))
        return Cell(who, css_class="good" if row["state"] == "signed" else "bad")

    def _definitions(self, section: Section) -> None:
        rows = self.found(section, "definitions", "rpt_definitions", role_figures.changed_definitions(self.marts))
        if not rows:
            return
        fields = [
            self.as_data("definition"), self.as_prose("definition_key"), self.as_prose("content"), self.as_day("valid_from"),
            self.as_day("recorded_on"), self.as_flag("is_in_force"), self.as_flag("is_back_dated"),
        ]  # fmt: skip
        heading = self.words.text("page.definitions")
        section.add(
            Block(heading=heading, table=self.table(fields, rows, folded_under=self.text("newest_definitions")))
        )

    def _after_sale(self, section: Section) -> None:
        rows = self.found(section, "after_sale", "rpt_after_sale", role_figures.after_sale(self.marts))
        if not rows:
            return
        shown = [row for row in rows if row["events"] is not None]
        gaps: dict[str, list[str]] = {}
        for row in rows:
            if row["events"] is None:
                name = f"{self.words.name('after_sale', row['kind'])} ({self.words.name('evidence', row['evidence'])})"
                gaps.setdefault(row["missing_reason"] or "unknown", []).append(name)
        fields = [
            self.as_word("kind", "after_sale"), self.as_word("evidence", "evidence", "after_sale_evidence"),
            self.as_count("events"), self.as_count("customers_before"), self.as_money("contract_minor"),
            self.as_money("monthly_change_minor"),
        ]  # fmt: skip
        period = f"{self.words.month(rows[0]['from_month'])} … {self.words.month(rows[0]['to_month'])}"
        section.add(Block(heading=self.text("after_sale"), note=self.text("after_sale_note", period=period)))
        if shown:
            section.add(Block(table=self.table(fields, shown)))
        for reason, names in gaps.items():
            section.note(f"{self.words.name('missing', reason)}: {self.words.list(names)}", "missing")
