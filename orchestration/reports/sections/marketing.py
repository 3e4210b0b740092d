"""For the head of marketing: what the campaigns' leads turned into, proposals and decisions, and the quality of leads."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.reports import charts, role_figures
from orchestration.reports.elements import Block, Section
from orchestration.reports.sections.part import Field, Part, Row, fraction
from orchestration.reports.sections.quality import LeadQuality

PROPOSALS = {"keep": "var(--good)", "fix": "var(--warn)", "stop": "var(--bad)", "wait": "var(--neutral)"}
CAMPAIGNS_DRAWN = 14


class Marketing(Part):
    """What the head of marketing opens the page for."""

    def marketing(self) -> Section:
        section = Section(
            "marketing", self.text("marketing"), self.text("marketing_lead"), self.words.text("role.marketing")
        )
        reviews = role_figures.reviews(self.marts)
        self._opening(section, [row for row in reviews or [] if row["proposal"] is not None])
        self._alarms(section)
        self._reviews(section, reviews)
        self._decisions(section)
        LeadQuality(self.marts, self.words).add_to(section)
        return section

    def _opening(self, section: Section, proposed: Sequence[Row]) -> None:
        """How many campaigns to keep, fix, stop or wait for."""
        if proposed:
            counts = {name: self.words.number(sum(row["proposal"] == name for row in proposed)) for name in PROPOSALS}
            section.note(self.text("proposals_are", **counts), "key")

    def _alarms(self, section: Section) -> None:
        rows = self.found(section, "alarms", "rpt_campaign_alarms", role_figures.alarms(self.marts))
        if not rows:
            return
        active = [row for row in rows if row["is_active"]]
        names = self.words.list(dict.fromkeys(self.words.data(row["campaign_name"]) for row in active))
        note = self.text("alarms_active", campaigns=names) if active else self.text("alarms_over")
        section.add(Block(heading=self.text("alarms"), note=note, tone="warning" if active else "good"))
        fields = [
            self.as_data("campaign_name"), self.as_word("channel", "channel"), self.as_word("metric", "campaign_metric"),
            self.as_day("raised_on"), self.as_day("ended_on"), self.as_count("days_after_first_lead"),
            self.as_count("leads"), self.as_share("rate"), self.as_shares("rate_low", "rate_high"),
            self.as_share("other_rate"), self.as_count("other_leads"),
        ]  # fmt: skip
        section.add(Block(table=self.table(fields, rows)))

    def _reviews(self, section: Section, reviews: role_figures.Rows | None) -> None:
        rows = self.found(section, "reviews", "rpt_campaign_reviews", reviews)
        if not rows:
            return
        proposed = [row for row in rows if row["proposal"] is not None]
        section.add(Block(heading=self.text("reviews"), note=self.text("reviews_note")))
        self._proposals_by_month(section)
        judged = sorted((row for row in proposed if row["rate"] is not None), key=lambda row: -row["exposed"])
        heading = self.text("review_rates", days=self.words.number(proposed[0]["sql_days"])) if proposed else ""
        if judged:
            section.add(
                Block(
                    heading=heading,
                    svg=charts.intervals(
                        [self.reviewed(row) for row in judged[:CAMPAIGNS_DRAWN]], scale=(0, 1),
                        ticks=self.share_ticks(), mirrored=self.words.is_right_to_left, label=heading,
                    ),
                    legend=charts.legend(
                        (paint, self.words.text(f"proposal.{name}")) for name, paint in PROPOSALS.items()
                    ),
                )
            )  # fmt: skip
        for day in (60, 30, 10):
            of_day = [row for row in rows if row["review_day"] == day]
            caption = self.text("review_of_day", day=self.words.number(day))
            section.add(Block(table=self.table(self.review_fields(day), of_day, folded_under=caption)))

    def reviewed(self, row: Row) -> charts.Interval:
        name = row["campaign_name"] or row["campaign_id"]
        text = self.joined(self.percent(row["rate"]), self.of(row["sql_in_time"], row["exposed"]))
        reference = self.text("reference", rate=self.percent(row["reference_rate"]))
        return charts.Interval(
            name, fraction(row["rate"]), fraction(row["rate_low"]), fraction(row["rate_high"]), text,
            self.joined(name, text, reference, self.words.name("proposal", row["proposal"])),
            PROPOSALS[row["proposal"]], fraction(row["reference_rate"]),
        )  # fmt: skip

    def review_fields(self, day: int) -> list[Field]:
        """The columns that a day of the cycle is about."""
        first = [self.as_data("campaign_name"), self.as_day("begins_on")]
        last = [
            self.as_count("refused"), self.as_word("leading_reason", "reason"), self.as_money("cost_minor"),
            self.as_flag("is_reconstructed"),
        ]  # fmt: skip
        if day == 60:
            return [
                *first, self.as_word("proposal", "proposal"), self.as_word("proposal_reason", "proposal_reason"),
                self.as_share("rate"), self.as_shares("rate_low", "rate_high"), self.as_count("exposed", heading="n"),
                self.as_share("reference_rate"), self.as_money("cost_per_sql_minor"),
                self.as_money("reference_cost_per_sql_minor"), self.as_count("leads"), *last,
            ]  # fmt: skip
        return [
            *first, self.as_count("leads"), self.as_share("quality_rate"), self.as_count("quality_known"),
            self.as_count("mql"), self.as_count("sql"), *last,
        ]  # fmt: skip

    def _proposals_by_month(self, section: Section) -> None:
        months: dict[str, dict[str, int]] = {}
        for row in role_figures.proposals_by_month(self.marts) or []:
            months.setdefault(self.words.month(row["month"]), {})[row["proposal"]] = row["campaigns"]
        if all(proposals.keys() <= {"wait"} for proposals in months.values()):
            section.note(self.text("proposals_all_wait"), "missing")
            return
        most = max(sum(counts.values()) for counts in months.values())
        bars = [
            charts.Bar(
                month,
                [
                    charts.Segment(
                        counts[name] / most, paint, f"{self.words.text(f'proposal.{name}')}: {self.words.number(counts[name])}",
                        self.words.number(counts[name]),
                    )
                    for name, paint in PROPOSALS.items()
                    if name in counts
                ],
                self.text("n_is", n=self.words.number(sum(counts.values()))),
            )
            for month, counts in months.items()
        ]  # fmt: skip
        heading = self.text("proposals_by_month")
        section.add(
            Block(
                heading=heading,
                svg=charts.stacked(bars, mirrored=self.words.is_right_to_left, label=heading),
                legend=charts.legend((paint, self.words.text(f"proposal.{name}")) for name, paint in PROPOSALS.items()),
            )
        )

    def _decisions(self, section: Section) -> None:
        if not self.marts.has("rpt_campaign_reviews"):
            return
        decisions = role_figures.review_decisions(self.marts)
        rows = self.found(section, "review_decisions", "rpt_campaign_reviews", decisions)
        if not rows:
            return
        fields = [
            self.as_data("campaign_name"), self.as_word("proposal", "proposal"), self.as_word("decision", "proposal"),
            self.as_day("decided_on"), self.as_said("verdict", self.effect),
            self.as_said("effect", lambda row: self.points(row["effect"]), True),
            self.as_said("interval", lambda row: self.points_between(row["effect_low"], row["effect_high"]), True),
            self.as_count("effect_before_n"), self.as_count("effect_after_n"), self.as_prose("decision_note"),
        ]  # fmt: skip
        section.add(Block(heading=self.text("review_decisions"), table=self.table(fields, rows)))

    def effect(self, row: Row) -> str:
        """The verdict on a decision's effect, or why there is none."""
        if row["effect_verdict"] is not None:
            return self.words.name("verdict", row["effect_verdict"])
        return self.words.name("missing", row["effect_missing_reason"] or "unknown")
