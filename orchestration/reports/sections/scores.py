"""Bands of the lead score, and the matrix against the learned score."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from orchestration.reports import charts, figures
from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.sections.part import Part


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
            verdicts = {row["verdict"]: row["verdict_reason"] for row in comparison if row["verdict"]}
            for verdict, reason in verdicts.items():
                section.note(f"{self.text('verdict')}: {words.name('verdict', verdict)}", "key")
                if reason:
                    section.note(f"{self.text('verdict_reason')}: {words.data(reason)}")
            rows = [
                [
                    Cell(words.name("metric", row["metric"])),
                    Cell("" if row["segment"] == figures.ALL else words.data(row["segment"])),
                    Cell(self.decimal(row["matrix"]), True),
                    Cell(self.decimal(row["learned"]), True),
                    Cell(self.decimal(row["difference"]), True),
                    Cell(self.interval(row["low"], row["high"]), True),
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
        return section

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
