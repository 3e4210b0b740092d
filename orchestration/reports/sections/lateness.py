"""What goes with a late answer: conversion by reaction band, and the price of lateness among leads that are alike."""

from __future__ import annotations

from orchestration.reports import charts, role_figures
from orchestration.reports.elements import Block, Section
from orchestration.reports.sections.part import Part, Row, fraction


class Lateness(Part):
    """The parts of the SLA manager's section that look at what became of the leads."""

    def bands(self, section: Section) -> None:
        rows = self.found(section, "reaction_bands", "rpt_reaction_bands", role_figures.reaction_bands(self.marts))
        if not rows:
            return
        heading = self.text("reaction_bands")
        drawn: list[charts.Interval] = []
        for stage in dict.fromkeys(row["to_stage"] for row in rows):
            of_stage = [row for row in rows if row["to_stage"] == stage and row["dimension"] == "reaction_band"]
            if of_stage:
                days = self.words.number(of_stage[0]["window_days"])
                name = self.text("reached_within", stage=self.words.name("stage", stage), days=days)
                drawn.append(charts.Interval(name, is_heading=True))
                drawn += [self.band(row) for row in of_stage]
        fields = [
            self.as_word("to_stage", "stage"), self.as_word("value", "reaction_band", "reaction"), self.as_count("leads"),
            self.as_share("rate"), self.as_shares("low", "high"), self.as_count("n"), self.as_count("window_days"),
        ]  # fmt: skip
        section.add(Block(heading=heading, note=self.text("reaction_bands_note")))
        section.add(
            Block(
                svg=charts.intervals(
                    drawn, scale=(0, 1), ticks=self.share_ticks(), mirrored=self.words.is_right_to_left, label=heading
                ),
                table=self.table(fields, rows, folded_under=self.text("numbers")),
            )
        )

    def band(self, row: Row) -> charts.Interval:
        name = self.words.name("reaction_band", row["value"])
        n = self.text("n_is", n=self.words.number(row["n"]))
        text = self.joined(self.percent(row["rate"]), n)
        return charts.Interval(
            name, fraction(row["rate"]), fraction(row["low"]), fraction(row["high"]), text, self.joined(name, text)
        )

    def price(self, section: Section) -> None:
        rows = self.found(section, "lateness_price", "rpt_lateness_price", role_figures.lateness_price(self.marts))
        if not rows:
            return
        heading = self.words.text("page.lateness")
        section.add(Block(heading=heading, note=self.text("lateness_price_note")))
        for row in rows:
            section.note(self.priced(row), "key" if row["price_minor"] is not None else "")
        fields = [
            self.as_word("clock", "clock"), self.as_count("late_leads"), self.as_count("met_leads"),
            self.as_count("matched_late_leads"), self.as_share("unmatched_share"),
            self.as_said("strata", lambda row: self.of(row["matched_strata"], row["strata"]), True),
            self.as_count("lost_wins", 1), self.as_said("interval", self.wins, True), self.as_money("price_minor"),
            self.as_word("verdict", "lateness"),
        ]  # fmt: skip
        section.add(Block(table=self.table(fields, rows, folded_under=self.text("numbers"))))

    def priced(self, row: Row) -> str:
        """The verdict on one clock in words, with wins, money and both intervals where an effect is shown."""
        clock = self.words.text(f"clock.{row['clock']}")
        statement = self.words.text(row["statement"])
        if row["price_minor"] is None:
            n = self.of(row["matched_late_leads"], row["late_leads"])
            return self.text("lateness_no_price", clock=clock, statement=statement, matched=n)
        return self.text(
            "lateness_priced",
            clock=clock,
            statement=statement,
            wins=self.words.number(row["lost_wins"], 1),
            interval=self.wins(row),
            money=self.money(row["price_minor"], row["currency"]),
            low=self.money(row["price_low_minor"], row["currency"]),
            high=self.money(row["price_high_minor"], row["currency"]),
            matched=self.of(row["matched_late_leads"], row["late_leads"]),
        )

    def wins(self, row: Row) -> str:
        """The 90 % interval of the wins."""
        if row["lost_wins_low"] is None:
            return ""
        return f"{self.words.number(row['lost_wins_low'], 1)} … {self.words.number(row['lost_wins_high'], 1)}"
