"""Bands of the lead score, and the matrix against the learned score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from orchestration.reports import charts, figures
from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.sections.part import Part, Row

SHOWN_FEATURES = 12
SHOWN_STABILITY = 15
"""Features whose distribution has moved most."""


class Scores(Part):
    """What the scores say."""

    def scores(self) -> Section:
        words = self.words
        section = Section("scores", words.text("page.scores"), self.text("scores_lead"))
        found = figures.bands(self.marts)
        if found is None:
            section.note(self.not_published("fct_lead_scores"), "missing")
        elif not found[1]:
            section.note(self.text("no_scores"), "missing")
        else:
            self._bands(section, *found)
        comparison = figures.score_comparison(self.marts)
        if comparison is None:
            section.note(self.not_published("rpt_score_comparison"), "missing")
        elif not comparison:
            section.note(self.text("no_comparison"), "missing")
        else:
            for row in comparison:
                if row["segment"] == figures.ALL and row["metric"] == "auc" and row["verdict"]:
                    section.note(f"{self.text('verdict')}: {words.name('verdict', row['verdict'])}", "key")
                    if row["verdict_reason"]:
                        section.note(f"{self.text('verdict_reason')}: {words.data(row['verdict_reason'])}")
            rows = [
                [
                    Cell(words.name("metric", row["metric"])),
                    Cell("" if row["segment"] == figures.ALL else words.data(row["segment"])),
                    Cell(self._value(row["metric"], row["matrix"]), True),
                    Cell(self._value(row["metric"], row["learned"]), True),
                    Cell(self._value(row["metric"], row["difference"]), True),
                    Cell(self._interval(row), True),
                    Cell("" if row["n"] is None else words.number(row["n"]), True),
                    Cell(words.name("verdict", row["verdict"]) if row["verdict"] else ""),
                ]
                for row in comparison
            ]
            headers = [
                Cell(self.text("metric")), Cell(self.text("segment")), Cell(words.text("term.matrix"), True),
                Cell(words.text("term.learned_score"), True), Cell(self.text("difference"), True),
                Cell(self.text("interval"), True), Cell(self.text("n_column"), True), Cell(self.text("verdict")),
            ]  # fmt: skip
            section.add(Block(heading=self.text("comparison"), table=Table(headers, rows)))
            self._sides(section)
            self._weights(section)
            self._what_if(section)
            self._selection(section)
            self._drift(section)
            self._card(section)
        return section

    def _value(self, metric: str, value: Decimal | None) -> str:
        if value is not None and metric == "money_at_capacity":
            return self.words.short_money(round(value), str(self.facts["reporting_currency"]))
        return self.decimal(value)

    def _interval(self, row: Row) -> str:
        if row["low"] is None or row["high"] is None:
            return ""
        return f"{self._value(row['metric'], row['low'])} … {self._value(row['metric'], row['high'])}"

    def _sides(self, section: Section) -> None:
        """Who would be called by one score only, at the weekly capacity, and what they brought."""
        words = self.words
        names = {
            "both": words.text("score_page.side_both"),
            "learned_only": words.text("score_page.side_model_only"),
            "matrix_only": words.text("score_page.side_hand_only", hand=words.text("term.matrix")),
            "neither": words.text("score_page.side_neither"),
        }
        found = figures.score_rows(self.marts, "rpt_score_swap_sides", "side")
        rows = [
            [
                Cell(names[row["side"]]), Cell(self.plain(row["leads"]), True), Cell(self.plain(row["wins"]), True),
                Cell("–" if row["won_minor"] is None else self._value("money_at_capacity", Decimal(row["won_minor"])), True),
                Cell(self.percent(row["unworked_share"]), True),
            ]
            for row in found
        ]  # fmt: skip
        if rows:
            headers = self._headers("side", "+leads", "+wins", "+money", "+unworked")
            section.add(Block(heading=words.text("score_page.swap"), table=Table(headers, rows)))

    def _weights(self, section: Section) -> None:
        """Weights by hand beside learned ones, in points of the matrix; of the other features those that matter most."""
        order = "matrix_points desc nulls last, learned_importance desc nulls last, criterion"
        found = figures.score_rows(self.marts, "rpt_score_weights", order)
        others = [row for row in found if row["matrix_points"] is None]
        shown = [row for row in found if row["matrix_points"] is not None] + others[:SHOWN_FEATURES]
        rows = [
            [
                Cell(self.words.data(row["criterion"])), Cell(self.plain(row["matrix_points"]), True),
                Cell(self.plain(row["reweighted_points"]), True), Cell(self.plain(row["learned_points"]), True),
                Cell(self.decimal(row["matrix_importance"]), True), Cell(self.decimal(row["learned_importance"]), True),
            ]
            for row in shown
        ]  # fmt: skip
        if rows:
            headers = self._headers(
                "criterion",
                "+points_by_hand",
                "+reweighted",
                "+learned_points",
                "+importance_hand",
                "+importance_learned",
            )
            section.add(Block(heading=self.words.text("score_page.criteria"), table=Table(headers, rows)))
            section.note(self.words.text("score_page.proposal_is_not_applied"))

    def _what_if(self, section: Section) -> None:
        """Other thresholds, scales, gates and routing on the held-out leads."""
        words = self.words
        rows = [
            [
                Cell(
                    words.data(row["scenario"])
                    + (f" ({words.text('score_page.in_force')})" if row["is_current"] else "")
                ),
                Cell("–" if row["effective_threshold"] is None else words.number(row["effective_threshold"]), True),
                Cell(words.number(row["hot_leads"]), True), Cell(words.number(row["review_leads"]), True),
                Cell(self.plain(row["leads_a_day"]), True), Cell(self.plain(row["rep_hours_a_week"]), True),
                Cell(self.plain(row["clock_starts_a_day"]), True), Cell(self.plain(row["expected_wins"]), True),
                Cell(words.number(row["realised_wins"]), True),
            ]
            for row in figures.score_rows(self.marts, "rpt_score_what_if", "is_current desc, scenario")
        ]  # fmt: skip
        if rows:
            headers = self._headers(
                "scenario", "+effective_threshold", "+hot_leads", "+review_leads", "+leads_a_day", "+rep_hours_a_week",
                "+clock_starts_a_day", "+expected_wins", "+wins",
            )  # fmt: skip
            section.add(
                Block(
                    heading=words.text("score_page.what_if"),
                    table=Table(headers, rows, folded_under=words.text("score_page.what_if_lead")),
                )
            )

    def _selection(self, section: Section) -> None:
        """What having worked only some of the leads may do to every figure above."""
        words = self.words
        names = {"matrix": words.text("term.matrix"), "learned": words.text("term.learned_score"), "(all)": ""}
        rows = [
            [
                Cell(words.text(f"score_page.measure_{row['measure']}")), Cell(names[row["scorer"]]),
                Cell(self.decimal(row["value"]), True), Cell(words.number(row["n"]), True),
            ]
            for row in figures.score_rows(self.marts, "rpt_score_selection", "measure, scorer")
        ]  # fmt: skip
        heading, lead = words.text("score_page.selection"), words.text("score_page.selection_lead")
        if rows:
            headers = self._headers("measure", "scorer", "+value", "+n_column")
            section.add(Block(heading=heading, table=Table(headers, rows, folded_under=lead)))
        else:
            section.note(f"{heading}: {self.text('every_lead_was_worked')}")

    def _drift(self, section: Section) -> None:
        """How far the later leads, and the recent ones, differ from those that taught."""
        order = "greatest(coalesce(stability, 0), coalesce(recent_stability, 0)) desc, criterion"
        found = [
            row
            for row in figures.score_rows(self.marts, "rpt_score_weights", order)
            if row["stability"] is not None or row["recent_stability"] is not None
        ]
        rows = [
            [
                Cell(self.words.data(row["criterion"])), Cell(self.decimal(row["stability"]), True),
                Cell(self.decimal(row["recent_stability"]), True),
            ]
            for row in found[:SHOWN_STABILITY]
        ]  # fmt: skip
        if rows:
            headers = self._headers("column", "+stability", "+recent_stability")
            section.add(Block(heading=self.words.text("score_page.stability"), table=Table(headers, rows)))

    def _card(self, section: Section) -> None:
        """The model card: what was learned from what, at creation and at the hand-over."""
        facts = {row["fact"]: row["value"] for row in figures.score_rows(self.marts, "rpt_score_model_card", "fact")}
        if not facts:
            return
        words = self.words
        shown = ("model", "model_version", "calibration", "held_out_from", "verdict", "refusal")
        rows = []
        for moment, prefix in (("creation", ""), ("handover", "handover: ")):
            for fact in shown:
                value = facts.get(f"{prefix}{fact}")
                if value is not None and value != "null":
                    told = words.name("verdict", value) if fact == "verdict" else words.data(value)
                    rows.append(
                        [Cell(words.name("moment", moment)), Cell(words.text(f"score_page.card_{fact}")), Cell(told)]
                    )
            samples = json.loads(facts.get(f"{prefix}samples") or "{}")
            for sample in ("train", "test", "recent"):
                if sample in samples:
                    counts = {name: words.number(samples[sample][name]) for name in ("leads", "wins")}
                    told = words.text("score_page.leads_and_wins", **counts)
                    rows.append(
                        [
                            Cell(words.name("moment", moment)), Cell(words.text(f"score_page.card_{sample}")), Cell(told),
                        ]
                    )  # fmt: skip
        headers = [Cell(self.text("moment")), *self._headers("fact", "value")]
        lead = words.text("score_page.card_lead")
        section.add(Block(heading=words.text("score_page.card"), table=Table(headers, rows, folded_under=lead)))

    def _headers(self, *keys: str) -> list[Cell]:
        """Header cells; a key with + is a number column."""
        return [Cell(self.words.text(f"score_page.column_{key.lstrip('+')}"), key.startswith("+")) for key in keys]

    def _bands(self, section: Section, moment: str, bands: Sequence[figures.Band]) -> None:
        words = self.words
        total = sum(band.leads for band in bands)
        paints = {"cold": "var(--cold)", "review": "var(--review)", "hot": "var(--hot)"}
        bars, rows = [], []
        for band in bands:
            name, share = words.name("band", band.band), Decimal(band.leads) / total
            sold = "" if band.won is None else words.percent(Decimal(band.won) / band.leads)
            title = f"{name}: {words.number(band.leads)} · {words.percent(share)}"
            paint = paints.get(band.band, "var(--neutral)")
            bars.append(
                charts.Bar(
                    name,
                    [charts.Segment(float(share), paint, title, words.percent(share, 0))],
                    words.number(band.leads),
                )
            )
            rows.append(
                [
                    Cell(name),
                    Cell(words.number(band.leads), True),
                    Cell(words.percent(share), True),
                    Cell("–" if band.won is None else words.number(band.won), True),
                    Cell(sold or "–", True),
                    Cell(f"{self.plain(band.lowest)} – {self.plain(band.highest)}", True),
                ]
            )
        heading = self.text("bands", moment=words.name("moment", moment), n=words.number(total))
        headers = [
            Cell(self.text("band")), Cell(self.text("leads"), True), Cell(self.text("share"), True),
            Cell(words.text("stage.won"), True), Cell(self.text("won_share"), True),
            Cell(self.text("score_range"), True),
        ]  # fmt: skip
        largest = max((float(Decimal(band.leads) / total) for band in bands), default=1.0)
        section.add(
            Block(
                heading=heading,
                svg=charts.stacked(bars, mirrored=words.is_right_to_left, label=heading, scale=largest),
                table=Table(headers, rows),
            )
        )
