"""The result that both teams answer for: joint result, yearly goal, danger signs, and common sayings on own data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from orchestration.reports import charts, role_figures
from orchestration.reports.elements import Block, Card, Section
from orchestration.reports.sections.part import Part, Row, fraction

SIGNS = {"danger": "bad", "no_danger": "good", "too_few": "young"}
CLAIMS = {"supported": "var(--accent)", "contradicted": "var(--bad)", "not_shown": "var(--neutral)"}


class Result(Part):
    """The parts of the pulse that are about the whole company."""

    def joint(self, section: Section) -> None:
        rows = self.found(section, "joint_result", "rpt_joint_results", role_figures.joint_results(self.marts))
        if not rows:
            return
        judged = next((row for row in rows if row["period_kind"] == "month" and row["targets_judged"]), None)
        if judged is None:
            note, cards = self.text("joint_result_not_judged"), []
        else:
            note, cards = self.judged(judged), self.cards(judged)
        section.add(Block(heading=self.text("joint_result"), note=note, tone="key"))
        if cards:
            section.add(Block(cards=cards))
        fields = [
            self.as_word("period_kind", "period_kind"), self.as_period("period"), self.as_money("revenue_minor"),
            self.as_money("revenue_plan_minor"), self.as_share("revenue_attainment"), self.as_share("lead_to_won"),
            self.as_share("lead_to_won_target"), self.as_count("leads"), self.as_flag("is_lead_to_won_mature"),
            self.as_money("cac_blended"), self.as_money("cac_blended_target"), self.as_count("new_customers"),
            self.as_said("targets_met", lambda row: self.of(row["targets_met"], row["targets_judged"]), True),
        ]  # fmt: skip
        section.add(Block(table=self.table(fields, rows, folded_under=self.text("all_joint_results"))))

    def judged(self, row: Row) -> str:
        return self.text(
            "joint_result_is",
            period=self.words.digits(row["period"]),
            met=self.words.number(row["targets_met"]),
            judged=self.words.number(row["targets_judged"]),
        )

    def cards(self, row: Row) -> list[Card]:
        """Revenue, whole-funnel conversion and cost of a customer of one period against their targets."""
        money = row["currency"]
        change = row["cac_change_90_days_target"]
        change_text = (
            self.text("change_target", change=self.change(row["cac_change_90_days"]), target=self.change(change))
            if change is not None and row["cac_blended_target"] is None
            else ""
        )
        return [
            self.card(
                "revenue", row, self.money(row["revenue_minor"], money), self.money(row["revenue_plan_minor"], money)
            ),
            self.card("lead_to_won", row, self.percent(row["lead_to_won"]), self.percent(row["lead_to_won_target"])),
            self.card(
                "cac",
                row,
                self.money(row["cac_blended"], money),
                self.money(row["cac_blended_target"], money),
                change_text,
            ),
        ]

    def card(self, figure: str, row: Row, value: str, target: str, instead: str = "") -> Card:
        """One of the three figures; `instead` stands where its target is of another kind."""
        kpi, n = {
            "revenue": ("revenue", None),
            "lead_to_won": ("lead_to_won", row["leads"]),
            "cac": ("cac_blended", row["new_customers"]),
        }[figure]
        facts = [self.words.digits(row["period"])]
        if n is not None:
            facts.append(self.text("n_is", n=self.words.number(n)))
        is_met = row[f"is_{figure}_met"]
        state = "" if is_met is None else "good" if is_met else "bad"
        if figure == "lead_to_won" and not row["is_lead_to_won_mature"]:
            facts.append(self.words.text("term.not_mature"))
            state = "young"
        reason = row[f"{figure}_missing_reason"]
        missing = self.words.name("missing", reason) if reason else ""
        state_text = instead or (missing if target == "–" else f"{self.words.text('term.target')}: {target}")
        is_absent = value == "–"
        name = self.words.name("kpi", kpi)
        return Card(name, value, facts, state, "" if is_absent else state_text, missing if is_absent else "")

    def goal(self, section: Section) -> None:
        rows = self.found(section, "yearly_goal", "rpt_yearly_goal", role_figures.yearly_goals(self.marts))
        if not rows:
            return
        for kpi in dict.fromkeys(row["kpi"] for row in rows):
            self._goal_of(section, [row for row in rows if row["kpi"] == kpi])

    def _goal_of(self, section: Section, months: Sequence[Row]) -> None:
        last = months[-1]
        name = self.text("revenue") if last["kpi"] == "revenue" else self.words.name("kpi", last["kpi"])
        heading = self.text("yearly_goal_of", kpi=name, year=self.words.digits(str(last["year"])))
        if last["goal"] is None:
            reason = self.words.name("missing", last["missing_reason"] or "unknown")
            section.add(Block(heading=heading, note=reason, tone="missing"))
            return
        over = [row for row in months if row["actual_to_date"] is not None]
        note = self.text(
            "goal_is",
            goal=self.goal_value(last, last["goal"]),
            came=self.goal_value(last, over[-1]["actual_to_date"] if over else None),
            asked=self.goal_value(last, over[-1]["path_to_date"] if over else None),
        )
        section.add(Block(heading=heading, note=note, tone="key"))
        forecast = None
        if last["forecast"] is None:
            reason = self.words.name("missing", last["forecast_missing_reason"] or "unknown")
            section.note(self.text("no_forecast", reason=reason), "missing")
        else:
            shown = self.goal_value(last, last["forecast"])
            forecast = (float(last["forecast"]), self.text("forecast_is", value=shown))
            section.note(self.text("forecast_by", method=self.words.text(f"forecast_method.{last['kpi']}")))
        if last["growth_factor"] is not None and last["monthly_growth"]:
            section.note(
                self.text(
                    "growth_compounds",
                    growth=self.words.percent(last["monthly_growth"]),
                    month=self.words.number(last["growth_factor"], 2),
                    year=self.words.number(last["year_factor"], 2),
                )
            )
        milestones = [
            charts.Milestone(
                self.words.month(row["month"]), float(row["path_to_date"] or 0), fraction(row["actual_to_date"]),
                self.joined(self.words.month(row["month"]), self.goal_value(row, row["actual_to_date"])),
            )
            for row in months
        ]  # fmt: skip
        fields = [
            self.as_month("month"), self.as_said("actual", lambda row: self.goal_value(row, row["actual"]), True),
            self.as_said("actual_to_date", lambda row: self.goal_value(row, row["actual_to_date"]), True),
            self.as_said("path_to_date", lambda row: self.goal_value(row, row["path_to_date"]), True),
            self.as_flag("is_mature"), self.as_word("missing_reason", "missing"),
        ]  # fmt: skip
        section.add(
            Block(
                svg=charts.path(
                    milestones, goal=(float(last["goal"]), self.text("goal_at", value=self.goal_value(last, last["goal"]))),
                    forecast=forecast, mirrored=self.words.is_right_to_left, label=heading,
                ),
                legend=charts.legend(
                    [("var(--accent)", self.words.text("column.actual_to_date")), ("var(--ink)", self.text("path"))]
                ),
                table=self.table(fields, months, folded_under=self.text("numbers")),
            )
        )  # fmt: skip

    def goal_value(self, row: Row, value: Decimal | None) -> str:
        return self.money(value, row["currency"]) if row["unit"] == "money" else self.percent(value)

    def dangers(self, section: Section) -> None:
        rows = self.found(section, "danger_signs", "rpt_danger_signs", role_figures.danger_signs(self.marts))
        if not rows:
            return
        count = len({row["sign"] for row in rows if row["verdict"] == "danger"})
        note = self.text("dangers_are", n=self.words.number(count)) if count else self.text("no_danger")
        section.add(Block(heading=self.text("danger_signs"), note=note, tone="warning" if count else "good"))
        section.add(Block(cards=[self.danger(row) for row in rows]))
        unread = [row for row in rows if row["verdict"] in ("too_few", "missing")]
        if unread:
            names = self.words.list(dict.fromkeys(self.words.name("danger", row["sign"]) for row in unread))
            section.note(self.text("signs_unread", signs=names), "missing")
        listed = role_figures.danger_rows(self.marts) or []
        fields = [
            self.as_word("sign", "danger"), self.as_word("component", "danger_component"), self.as_word("entity", "entity"),
            self.as_key("entity_id"), self.as_money("amount_minor"), self.as_count("leads"),
            self.as_said("seconds", lambda row: self.duration(row["seconds"]), True),
        ]  # fmt: skip
        if listed:
            section.add(Block(table=self.table(fields, listed, folded_under=self.text("danger_rows"))))

    def danger(self, row: Row) -> Card:
        words = self.words
        facts = [
            words.name("danger_component", row["component"]), f"{self.day(row['window_from'])} … {self.day(row['window_to'])}",
            self.text("n_is", n=words.number(row["n"])),
        ]  # fmt: skip
        if row["median_seconds"] is not None and row["median_seconds_before"] is not None:
            before, now = self.duration(row["median_seconds_before"]), self.duration(row["median_seconds"])
            facts.append(self.text("was_and_is", before=before, now=now))
        missing = words.name("missing", row["missing_reason"] or "unknown") if row["value"] is None else ""
        threshold = self.text("threshold_is", value=words.percent(row["threshold"], 0))
        state_text = self.joined(threshold, self.verdict(row["verdict"]))
        return Card(
            words.name("danger", row["sign"]), self.percent(row["value"]), facts, SIGNS.get(row["verdict"], ""),
            "" if missing else state_text, missing,
        )  # fmt: skip

    def claims(self, section: Section) -> None:
        rows = self.found(section, "folk_claims", "rpt_folk_claims", role_figures.folk_claims(self.marts))
        if not rows:
            return
        heading = self.text("folk_claims")
        drawn: list[charts.Interval] = []
        for row in rows:
            claimed = self.text("claimed_is", change=self.claimed(row))
            n = self.text("n_is", n=self.words.number(row["n"]))
            text = n if row["estimate"] is None else self.joined(self.change(row["estimate"]), n)
            drawn.append(charts.Interval(self.words.name("claim", row["claim"]), is_heading=True))
            drawn.append(
                charts.Interval(
                    claimed, fraction(row["estimate"]), fraction(row["low"]), fraction(row["high"]), text,
                    self.joined(claimed, text, self.verdict(row["verdict"])), CLAIMS.get(row["verdict"], "var(--neutral)"),
                )
            )  # fmt: skip
        ends = [abs(row[end]) for row in rows for end in ("low", "high", "estimate") if row[end] is not None]
        most = Decimal(math.ceil(max(ends, default=Decimal("0.1")) * 10)) / 10
        fields = [
            self.as_word("claim", "claim"), self.as_said("claimed", self.claimed, True),
            self.as_said("estimate", lambda row: self.change(row["estimate"]), True),
            self.as_said("interval", lambda row: self.changes(row["low"], row["high"]), True),
            self.as_count("n"), self.as_count("minimum_n"), self.as_verdict(),
        ]  # fmt: skip
        section.add(Block(heading=heading, note=self.text("folk_claims_note")))
        section.add(
            Block(
                svg=charts.intervals(
                    drawn, scale=(-float(most), float(most)), mark=0.0, mirrored=self.words.is_right_to_left, label=heading,
                    ticks=[(float(at), self.change(at)) for at in (-most, -most / 2, Decimal(0), most / 2, most)],
                ),
                table=self.table(fields, rows),
            )
        )  # fmt: skip

    def change(self, value: Decimal | None) -> str:
        """A relative change as per cent with its sign."""
        return "–" if value is None else self.words.signed_percent(value)

    def changes(self, low: Decimal | None, high: Decimal | None) -> str:
        return "" if low is None or high is None else f"{self.change(low)} … {self.change(high)}"

    def claimed(self, row: Row) -> str:
        """The change that is claimed: a range, one number, or a range without an upper end."""
        low, high = row["claimed_low"], row["claimed_high"]
        if high is None:
            return self.text("claimed_at_least", change=self.change(low))
        return " … ".join(dict.fromkeys(self.change(end) for end in (low, high)))
