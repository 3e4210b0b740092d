"""Who waits: accounts that nobody of sales tries to reach, and the time that leads and deals stay in a stage."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from orchestration.reports import charts, role_figures
from orchestration.reports.elements import Block, Section
from orchestration.reports.sections.part import Part, Row, fraction

MONTHS_SHOWN = 12


class Waiting(Part):
    """The parts of the section of sales that are about time."""

    def add_to(self, section: Section) -> None:
        self._neglected(section)
        self._durations(section)

    def _neglected(self, section: Section) -> None:
        rows = self.found(section, "neglected", "rpt_neglected_accounts", role_figures.neglected_accounts(self.marts))
        if not rows:
            return
        small = [row for row in rows if row["is_small"]]
        note = self.text(
            "neglected_are",
            accounts=self.words.number(len(rows)),
            days=self.words.number(rows[0]["neglected_days"]),
            small=self.words.number(len(small)),
        )
        groups = [
            {
                "relation": relation,
                "is_small": is_small,
                "accounts": len(of_group),
                "days_waiting": max(row["days_waiting"] for row in of_group),
                "won_minor": sum(row["won_minor"] or 0 for row in of_group),
                "currency": of_group[0]["currency"],
            }
            for relation in ("open_deal", "open_lead", "customer")
            for is_small in (True, False, None)
            if (of_group := [row for row in rows if (row["relation"], row["is_small"]) == (relation, is_small)])
        ]
        fields = [
            self.as_word("relation", "relation"), self.as_flag("is_small"), self.as_count("accounts"),
            self.as_count("days_waiting", heading="longest_waiting"), self.as_money("won_minor"),
        ]  # fmt: skip
        section.add(Block(heading=self.text("neglected"), note=note))
        section.add(Block(table=self.table(fields, groups)))
        fields = [
            self.as_key("account_id"), self.as_owner(), self.as_data("segment"), self.as_count("employees"),
            self.as_word("relation", "relation"), self.as_count("days_waiting"), self.as_instant("last_touch_at"),
            self.as_money("won_minor"),
        ]  # fmt: skip
        listed = rows[: role_figures.LONGEST_LIST]
        folded_under = self.text("neglected_list", shown=self.of(len(listed), len(rows)))
        section.add(Block(table=self.table(fields, listed, folded_under=folded_under)))

    def _durations(self, section: Section) -> None:
        rows = self.found(section, "durations", "rpt_stage_durations", role_figures.stage_durations(self.marts))
        if not rows:
            return
        completed = [row for row in rows if row["state"] == "completed"]
        multiples = [
            (
                self.words.name("stage", stage),
                self.latest(of_stage[-1]),
                self.months(stage, of_stage),
            )
            for stage in dict.fromkeys(row["stage"] for row in completed)
            if (of_stage := [row for row in completed if row["stage"] == stage][-MONTHS_SHOWN:])
        ]
        fields = [
            self.as_word("stage", "stage"), self.as_word("owner", "team"), self.as_word("state", "passage"),
            self.as_month("month"), self.as_count("passages"), self.as_count("median_days", 1),
            self.as_count("longest_days", 1),
        ]  # fmt: skip
        section.add(Block(heading=self.text("durations"), note=self.text("durations_note")))
        section.add(Block(multiples=multiples, table=self.table(fields, rows, folded_under=self.text("numbers"))))

    def latest(self, row: Row) -> str:
        """Owner of the stage, and the newest month's median with n."""
        return self.joined(
            self.words.name("team", row["owner"]),
            self.text("days", n=self.plain(row["median_days"])),
            self.text("n_is", n=self.words.number(row["passages"])),
        )

    def months(self, stage: str, rows: Sequence[Row]) -> Markup:
        bars = []
        for row in rows:
            month, days = self.words.month(row["month"]), self.plain(row["median_days"])
            n = self.text("n_is", n=self.words.number(row["passages"]))
            title = self.joined(month, self.text("days", n=days), n)
            bars.append(charts.Column(month, fraction(row["median_days"]), days, True, title))
        top = max((bar.value for bar in bars if bar.value is not None), default=0) * 1.15
        label = self.words.name("stage", stage)
        return charts.columns(
            bars, target=None, target_text="", top=top, mirrored=self.words.is_right_to_left, label=label
        )
