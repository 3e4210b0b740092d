"""For the revenue leader: where money is held back, whose step it is, and whether the targets fit each other."""

from __future__ import annotations

from orchestration.reports import charts, role_figures
from orchestration.reports.elements import Block, Section
from orchestration.reports.sections.part import TARGET_SWATCH, Part, Row, fraction
from orchestration.reports.sections.result import Result

PAINTS = {
    "bottleneck": "var(--bad)", "below_target": "var(--bad)", "not_proven": "var(--warn)", "on_target": "var(--good)",
}  # fmt: skip


class Pulse(Part):
    """What the revenue leader opens the page for."""

    def pulse(self) -> Section:
        section = Section(
            "pulse", self.words.text("page.pulse"), self.text("pulse_lead"), self.words.text("role.revenue")
        )
        result = Result(self.marts, self.words)
        result.joint(section)
        self._bottleneck(section)
        result.dangers(section)
        result.goal(section)
        self._targets(section)
        result.claims(section)
        return section

    def _bottleneck(self, section: Section) -> None:
        rows = self.found(section, "bottleneck", "rpt_bottlenecks", role_figures.bottlenecks(self.marts))
        if not rows:
            return
        for row in rows:
            if row["is_bottleneck"]:
                section.add(Block(heading=self.text("bottleneck"), note=self.bottleneck(row), tone="key"))
        steps = [row for row in rows if row["kpi"] is not None]
        heading = self.text("steps_against_targets")
        fields = [
            self.as_word("kpi", "kpi", "step"), self.as_word("owner", "team"), self.as_period("period"),
            self.as_share("rate"), self.as_shares("low", "high"), self.as_share("target"),
            self.as_count("denominator", heading="n"), self.as_count("held_back_deals", 1), self.as_money("held_back_minor"),
            self.as_verdict(),
        ]  # fmt: skip
        section.add(
            Block(
                heading=heading,
                svg=charts.intervals(
                    [self.step(row) for row in steps], scale=(0, 1), ticks=self.share_ticks(), label=heading,
                    mirrored=self.words.is_right_to_left,
                ),
                legend=charts.legend(
                    [
                        ("var(--good)", self.words.text("verdict.on_target")),
                        ("var(--warn)", self.words.text("verdict.not_proven")),
                        ("var(--bad)", self.words.text("verdict.below_target")),
                        (TARGET_SWATCH, self.words.text("term.target")),
                    ]
                ),
                table=self.table(fields, steps, folded_under=self.text("numbers")),
            )
        )  # fmt: skip

    def bottleneck(self, row: Row) -> str:
        """The answer for the funnel as one sentence (D16)."""
        if row["kpi"] is None:
            return self.text("no_bottleneck_proven", n=self.words.number(self.minimum_n))
        return self.text(
            "bottleneck_is",
            step=self.words.name("kpi", row["kpi"]),
            owner=self.words.name("team", row["owner"]),
            problem=self.words.name("problem", row["problem"]),
            rate=self.percent(row["rate"]),
            interval=self.percents(row["low"], row["high"]),
            n=self.words.number(row["denominator"]),
            target=self.percent(row["target"]),
            money=self.money(row["held_back_minor"], row["currency"]),
        )

    def step(self, row: Row) -> charts.Interval:
        name = self.words.name("kpi", row["kpi"])
        verdict = self.verdict(row["verdict"])
        if row["rate"] is None:
            return charts.Interval(name, text=verdict)
        text = self.joined(self.percent(row["rate"]), self.text("n_is", n=self.words.number(row["denominator"])))
        return charts.Interval(
            name, fraction(row["rate"]), fraction(row["low"]), fraction(row["high"]), text,
            self.joined(name, text, verdict), PAINTS.get(row["verdict"], "var(--neutral)"), fraction(row["target"]),
        )  # fmt: skip

    def _targets(self, section: Section) -> None:
        rows = self.found(section, "target_checks", "rpt_target_consistency", role_figures.target_checks(self.marts))
        if not rows:
            return
        sentences = [(row, self.sentence(row)) for row in rows]
        notes = [(text, "warning" if row["verdict"] == "contradictory" else "") for row, text in sentences if text]
        if not any(tone for _, tone in notes):
            notes.insert(0, (self.text("targets_agree"), "good"))
        for number, (text, tone) in enumerate(notes):
            section.add(Block(heading="" if number else self.text("target_checks"), note=text, tone=tone))
        chains = [row for row in rows if row["consistency_check"] == "step_chain"]
        fields = [
            self.as_word("subject", "kpi"), self.as_said("part", self.part),
            self.as_said("stated", lambda row: self.ends(row, "stated"), True), self.as_share("implied"),
            self.as_said("needed", lambda row: self.ends(row, "needed"), True),
            self.as_verdict(),
        ]  # fmt: skip
        section.add(Block(table=self.table(fields, chains, folded_under=self.text("target_chains"))))
        due = [row for row in rows if row["consistency_check"] == "change_before_maturity"]
        fields = [
            self.as_said("subject", self.subject), self.as_word("part", "kpi"), self.as_count("horizon_days"),
            self.as_count("window_days"), self.as_verdict(),
        ]  # fmt: skip
        section.add(Block(table=self.table(fields, due, folded_under=self.text("targets_before_maturity"))))

    def sentence(self, row: Row) -> str:
        """What a check says by itself; empty for the parts of a chain and for what the table of days says."""
        words = self.words
        if row["consistency_check"] == "returns_and_sql" and row["verdict"] == "contradictory":
            conflict = self.text(
                "returns_contradict",
                sql=self.percent(row["stated_low"]),
                returned=self.percent(row["stated_high"]),
                neither=self.percent(row["implied"]),
                handed=self.percent(row["needed_high"]),
            )
            if row["observed_rate"] is None:
                return conflict
            handed = self.of(row["observed_numerator"], row["observed_denominator"])
            return f"{conflict} {self.text('handed_share_is', share=self.percent(row['observed_rate']), handed=handed)}"
        if row["consistency_check"] == "romi_and_ltv_to_cac" and row["verdict"] == "unequal":
            return self.text(
                "romi_and_ltv_differ",
                romi=words.percent(row["stated_low"], 0),
                ltv=words.number(row["implied"], 2),
                needed_ltv=words.number(row["stated_high"], 2),
                needed_romi=words.percent(row["needed_low"], 0),
                stricter=words.name("kpi", row["stricter"]),
            )
        if row["consistency_check"] != "step_chain" or row["part"] != "(all)":
            return ""
        if row["verdict"] == "contradictory":
            return self.text(
                "chain_contradicts",
                subject=words.name("kpi", row["subject"]),
                product=words.percent(row["implied"], 2),
                stated=self.ends(row, "stated"),
            )
        if row["leads_per_customer"] is None:
            return ""
        return self.text(
            "leads_per_customer",
            share=words.percent(row["implied"], 2),
            leads=words.number(row["leads_per_customer"]),
            cost=self.money(row["cost_per_customer_minor"], row["currency"]),
        )

    def part(self, row: Row) -> str:
        return self.text("whole_chain") if row["part"] == "(all)" else self.words.name("kpi", row["part"])

    def subject(self, row: Row) -> str:
        """A change target as KPI and variant; the day-60 decision by its label."""
        if self.words.has(f"consistency_subject.{row['subject']}"):
            return self.words.text(f"consistency_subject.{row['subject']}")
        kpi, is_change, _ = row["subject"].partition("_change_90_days")
        name = self.words.name("kpi", kpi)
        return self.joined(name, self.words.text("variant.change_90_days")) if is_change else name

    def ends(self, row: Row, name: str) -> str:
        """Both ends of a range of shares, each once."""
        ends = [row[f"{name}_{end}"] for end in ("low", "high")]
        return " … ".join(dict.fromkeys(self.percent(end) for end in ends if end is not None))
