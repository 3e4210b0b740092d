"""`score_comparison.html`: one self-contained page about a hand-made score against a learned one.

The same blocks, texts and charts as the page of a build, but made from a `TableComparison`: no build, no marts.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from ml.scoring.compare import TableComparison
from orchestration.reports import charts, score_evidence
from orchestration.reports.elements import Block, Card, Cell, Section, Table, rendered, write_page
from orchestration.reports.language import DEFAULT_LABELS, Language, read_labels

SHOWN_LEADS = 25
SHOWN_FEATURES = 15
CURRENCIES = DEFAULT_LABELS.parent / "currencies.csv"


def build_score_page(
    found: TableComparison,
    out: Path,
    *,
    table: str,
    clean: Callable[[str], str],
    notes: Sequence[str] = (),
    language: str = "en",
) -> Path:
    """Write the page; replaces `out` at once. Raises LabelError for a missing text.

    `table` is the file's name, `clean` takes e-mail addresses and phone numbers out of a text of the table.
    """
    html = ScorePage(found, _words(language), table, clean, notes).html()
    return write_page(out, html)


def _words(language: str) -> Language:
    with CURRENCIES.open(encoding="utf-8-sig", newline="") as file:
        exponents = {row["currency"]: int(row["exponent"]) for row in csv.DictReader(file) if row["exponent"]}
    return Language(language, read_labels(), exponents=exponents)


class ScorePage:
    """The sections of the page in one language."""

    def __init__(
        self, found: TableComparison, words: Language, table: str, clean: Callable[[str], str], notes: Sequence[str]
    ) -> None:
        self.found, self.words, self.table, self.clean, self.notes = found, words, table, clean, notes
        self.hand = words.data(found.card["hand_score"])
        self.learned = words.text("term.learned_score")
        self.currency = found.card["currency"]
        self.metrics = found.comparison[found.comparison["segment"] == "(all)"].set_index("metric")

    def html(self) -> str:
        """The whole page."""
        sections = [
            self.verdict(), self.gains(), self.swap_set(), score_evidence.what_if(self), score_evidence.weights(self),
            self.reasons(), self.guard(), score_evidence.segments(self), score_evidence.selection(self), self.trust(),
            score_evidence.card(self),
        ]  # fmt: skip
        return rendered(
            "page.html.j2",
            words=self.words,
            title=self.text("title"),
            company=self.words.data(self.table),
            header=self.header(),
            sections=sections,
            footer=[self.text("footer_snapshot"), self.text("footer_cause")],
        )

    def text(self, key: str, **values: str) -> str:
        return self.words.text(f"score_page.{key}", **values)

    def data(self, text: object) -> str:
        """A value of the table, without e-mail addresses and phone numbers."""
        return self.words.data(self.clean(str(text)))

    def header(self) -> list[tuple[str, str]]:
        card, words = self.found.card, self.words
        samples = self.found.samples.set_index("sample")
        counts = {
            name: self.text(
                "leads_and_wins", leads=words.number(int(row["leads"])), wins=words.number(int(row["conversions"]))
            )
            for name, row in samples.iterrows()
        }
        rows = [
            (self.text("hand_score"), self.hand),
            (self.text("taught"), counts["train"]),
            (self.text("held_out"), counts["test"]),
            (self.text("held_out_from"), words.data(card["held_out_from"])),
            (self.text("judged"), self._judged()),
        ]
        if "straddling" in counts:
            rows.append((self.text("straddling"), counts["straddling"]))
        if card["capacity"] is not None:
            rows.append((self.text("capacity"), self.capacity()))
        return rows

    def _judged(self) -> str:
        row = self.metrics.loc["auc"]
        return self.text(
            "leads_and_wins", leads=self.words.number(int(row["n"])), wins=self.words.number(int(row["conversions"]))
        )

    def capacity(self) -> str:
        leads = self.words.number(int(self.found.card["capacity_leads"]))
        unit = "capacity_week" if self.found.card["capacity"]["unit"] == "week" else "capacity_total"
        return self.text(unit, leads=leads)

    def verdict(self) -> Section:
        words, found = self.words, self.found
        section = Section("verdict", self.text("verdict"), self.text("verdict_lead"))
        section.note(self.text(f"verdict_{found.verdict}", hand=self.hand), "key")
        section.note(words.data(found.verdict_reason))
        if found.card["label"] == "expected_revenue":
            section.note(self.text("by_revenue"))
        cards = []
        for metric in ("auc", "precision_at_capacity", "wins_at_capacity", "money_at_capacity"):
            if metric not in self.metrics.index:
                continue
            row = self.metrics.loc[metric]
            facts = [f"{self.hand}: {self.value(metric, row['matrix'])}"]
            if not pd.isna(row["low"]):
                facts.append(
                    self.text("interval", low=self.signed(metric, row["low"]), high=self.signed(metric, row["high"]))
                )
            facts.append(self.text("n", n=words.number(int(row["n"]))))
            if pd.isna(row["learned"]):
                missing = self.text("no_model")
                cards.append(Card(words.text(f"metric.{metric}"), "–", facts, missing=missing))
            else:
                value = f"{self.value(metric, row['learned'])}"
                state = (
                    ""
                    if pd.isna(row["low"]) or row["low"] <= 0 <= row["high"]
                    else ("good" if row["low"] > 0 else "bad")
                )
                cards.append(Card(f"{words.text(f'metric.{metric}')}: {self.learned}", value, facts, state=state))
        section.add(Block(cards=cards))
        headers = self.headers(
            "metric", "+hand", "+reweighted", "+learned", "+difference", "+interval_95", "+n_column", "+wins"
        )
        rows = []
        for metric, row in self.metrics.iterrows():
            name = str(metric)
            shown = (
                "–" if pd.isna(row["low"]) else f"{self.signed(name, row['low'])} … {self.signed(name, row['high'])}"
            )
            rows.append([
                Cell(words.text(f"metric.{name}")), Cell(self.value(name, row["matrix"]), True),
                Cell(self.value(name, row["reweighted"]), True),
                Cell(self.value(name, row["learned"]), True), Cell(self.signed(name, row["difference"]), True),
                Cell(shown, True), Cell(words.number(int(row["n"])), True), Cell(words.number(int(row["conversions"])), True),
            ])  # fmt: skip
        section.add(Block(table=Table(headers, rows)))
        self._warn_of_suspects(section)
        for note in self.notes:
            section.note(self.data(note))
        return section

    def _warn_of_suspects(self, section: Section) -> None:
        without = self.found.card["auc_without_suspects"]
        if without is not None:
            names = self.words.list(self.data(name) for name in self.found.card["suspects"])
            section.note(self.text("suspects", columns=names, auc=self.words.number(without, 3)), "warning")

    def gains(self) -> Section:
        words = self.words
        section = Section("gains", self.text("gains"), self.text("gains_lead"))
        wins = self.found.gains.pivot(index="share", columns="taken_by", values="wins")
        leads = self.found.gains.groupby("share")["leads"].first()
        total = int(self.metrics["conversions"].iloc[0])
        paints = {"learned": "var(--s0)", "hand": "var(--s1)", "random": "var(--neutral)"}
        names = {"learned": self.learned, "hand": self.hand, "random": self.text("random")}
        order = [name for name in paints if name in wins.columns]
        multiples = []
        for share, row in wins.iterrows():
            bars = [
                charts.Column(
                    names[name], float(row[name]) / max(total, 1), words.number(row[name], 0), True,
                    f"{names[name]}: {words.number(row[name], 1)}",
                )
                for name in order
            ]  # fmt: skip
            heading = self.text("best_share", share=words.percent(float(share), 0))
            below = self.text("n", n=words.number(int(leads[share])))
            multiples.append((heading, below, self._bars(bars, [paints[name] for name in order], heading)))
        legend = charts.legend((paints[name], names[name]) for name in order)
        section.add(Block(multiples=multiples, legend=legend))
        has_money = self.found.gains["money_minor"].notna().any() and self.currency is not None
        headers = self.headers(
            "share", "+leads", "taken_by", "+wins", "+win_share", "+lift", *(["+money"] if has_money else [])
        )
        rows = []
        for row in self.found.gains.itertuples():
            cells = [
                Cell(words.percent(row.share, 0)), Cell(words.number(row.leads), True), Cell(names[row.taken_by]),
                Cell(words.number(row.wins, 1), True), Cell(words.percent(row.wins / max(total, 1)), True),
                Cell(words.number(row.wins / wins.loc[row.share, "random"], 2) if wins.loc[row.share, "random"] else "–", True),
            ]  # fmt: skip
            rows.append(cells + ([Cell(words.money(int(row.money_minor), self.currency), True)] if has_money else []))
        section.add(Block(table=Table(headers, rows, folded_under=words.text("page_text.numbers"))))
        return section

    def _bars(self, bars: Sequence[charts.Column], paints: Sequence[str], label: str) -> Markup:
        """Horizontal bars of shares of all wins, each in its own paint, its number at the end."""
        canvas = charts.Canvas(
            300, 30 * len(bars) + 4, mirrored=self.words.is_right_to_left, label=label, css_class="chart small-multiple"
        )
        for index, (bar, paint) in enumerate(zip(bars, paints, strict=True)):
            y, size = 4 + index * 30, 190.0
            canvas.rectangle(0, y, size, 20, "var(--track)", radius=2)
            canvas.rectangle(0, y, size * min(bar.value or 0.0, 1.0), 20, paint, bar.title, radius=2)
            canvas.text(
                size + 10,
                y + 15,
                f"{bar.value_text} ({self.words.percent(bar.value or 0.0, 0)})",
                css_class="label number",
            )
        return canvas.svg()

    def swap_set(self) -> Section:
        words, found = self.words, self.found
        section = Section("swap", self.text("swap"), self.text("swap_lead"))
        if len(found.sides):
            paints = {
                "both": "var(--neutral)",
                "model_only": "var(--s0)",
                "hand_only": "var(--s1)",
                "neither": "var(--track)",
            }
            largest = max(float(row.leads) for row in found.sides.itertuples() if row.side != "neither") or 1.0
            bars, rows = [], []
            has_money = found.sides["money_minor"].notna().any() and self.currency is not None
            has_worked = found.sides["unworked_share"].notna().any()
            for row in found.sides.itertuples():
                name = self.text(f"side_{row.side}", hand=self.hand)
                rate = row.wins / row.leads if row.leads else 0.0
                if row.side != "neither":
                    text = self.text("side_note", leads=words.number(row.leads, 1), wins=words.number(row.wins, 1))
                    won = charts.Segment(row.wins / largest, paints[row.side], text)
                    rest = charts.Segment((row.leads - row.wins) / largest, paints[row.side], text, hatched=True)
                    bars.append(charts.Bar(name, [won, rest], words.percent(rate)))
                cells = [
                    Cell(name), Cell(words.number(row.leads, 1), True), Cell(words.number(row.wins, 1), True),
                    Cell(words.percent(rate), True),
                ]  # fmt: skip
                if has_money:
                    cells.append(Cell(words.money(int(row.money_minor), self.currency), True))
                if has_worked:
                    cells.append(Cell("–" if pd.isna(row.unworked_share) else words.percent(row.unworked_share), True))
                rows.append(cells)
            section.add(
                Block(
                    heading=self.text("swap_chart", capacity=self.capacity()),
                    svg=charts.stacked(bars, mirrored=words.is_right_to_left, label=self.text("swap")),
                )
            )
            extra = (["+money"] if has_money else []) + (["+unworked"] if has_worked else [])
            section.add(Block(table=Table(self.headers("side", "+leads", "+wins", "+win_rate", *extra), rows)))
        else:
            section.note(self.text("swap_no_capacity"), "missing")
        listed = found.swap_set.head(SHOWN_LEADS)
        if len(listed):
            by_revenue = found.card["label"] == "expected_revenue" and self.currency is not None
            headers = self.headers(
                "lead", "+hand", "+learned", *(["+expected"] if by_revenue else []), "side", "won", "why"
            )
            rows = [
                [
                    Cell(
                        self.data(row.lead_id)
                        if row.lead_id is not None
                        else self.text("row", n=words.digits(str(row.row_number)))
                    ),
                    Cell(words.number(row.hand_score, 0 if row.hand_score == int(row.hand_score) else 1), True),
                    Cell(words.percent(row.probability), True),
                    *([Cell(words.money(int(row.expected_minor), self.currency), True)] if by_revenue else []),
                    Cell({"model": self.learned, "hand": self.hand, "none": "–"}[row.side]),
                    Cell(self.text("yes") if row.won else self.text("no")),
                    Cell(self.data(row.reasons)),
                ]
                for row in listed.itertuples()
            ]
            section.add(
                Block(heading=self.text("disagreements", n=words.number(len(listed))), table=Table(headers, rows))
            )
        return section

    def reasons(self) -> Section:
        words, found = self.words, self.found
        section = Section("features", self.text("features"), self.text("features_lead"))
        top = found.features.head(SHOWN_FEATURES)
        if not len(top):
            section.note(self.text("no_model"), "missing")
            return section
        largest = max(float(top["importance"].max()), 1e-6)
        bars = [
            charts.Bar(
                self.data(row.column),
                [charts.Segment(max(row.importance, 0.0) / largest, "var(--accent)", f"{row.importance:.4f}")],
                words.number(row.importance, 3),
            )
            for row in top.itertuples()
        ]
        section.add(Block(svg=charts.stacked(bars, mirrored=words.is_right_to_left, label=self.text("features"))))
        weights = found.weights.assign(size=found.weights["weight"].abs()).sort_values(
            "size", ascending=False, kind="stable"
        )
        rows = [
            [Cell(self.data(self._level(row.name_))), Cell(words.number(row.weight, 2), True)]
            for row in weights.rename(columns={"name": "name_"}).head(40).itertuples()
        ]
        headers = self.headers("level", "+weight")
        section.add(Block(table=Table(headers, rows, folded_under=self.text("weights"))))
        return section

    def _level(self, encoded: str) -> str:
        """`Column = level` of an encoded column's name `Column__Column_level`."""
        column, _, rest = encoded.partition("__")
        if rest == column:
            return column
        level = rest.removeprefix(f"{column}_").replace("infrequent_sklearn", self.text("rare"))
        return (
            f"{column}: {self.text('was_missing')}" if rest == f"missingindicator_{column}" else f"{column} = {level}"
        )

    def guard(self) -> Section:
        section = Section("guard", self.text("guard"), self.text("guard_lead"))
        self._warn_of_suspects(section)
        for heading, is_used in (("left_out", False), ("used", True)):
            part = self.found.columns[self.found.columns["is_used"] == is_used]
            rows = [
                [
                    Cell(self.data(row.column)),
                    Cell(self.text(f"rule_{row.rule}"), css_class="bad" if row.rule in ("suspect", "kept") else ""),
                    Cell(
                        "–" if row.auc_alone is None or pd.isna(row.auc_alone) else self.words.number(row.auc_alone, 3),
                        True,
                    ),
                    Cell(self.words.percent(row.filled_share, 0), True),
                    Cell(self.data(row.evidence)),
                ]
                for row in part.itertuples()
            ]
            headers = self.headers("column", "rule", "+auc_alone", "+filled", "evidence")
            title = self.text(heading, n=self.words.number(len(part)))
            section.add(
                Block(
                    heading=title if not is_used else "",
                    table=Table(headers, rows, folded_under=title if is_used else ""),
                )
            )
        return section

    def trust(self) -> Section:
        words = self.words
        section = Section("trust", self.text("trust"), self.text("trust_lead"))
        drift = self.found.drift
        rates = drift["conversions"] / drift["leads"].clip(lower=1)
        columns = [
            charts.Column(words.number(row.part), float(rate), words.percent(float(rate), 0), True,
                          self.text("leads_and_wins", leads=words.number(row.leads), wins=words.number(row.conversions)))
            for row, rate in zip(drift.itertuples(), rates, strict=True)
        ]  # fmt: skip
        multiples = [(
            self.text("drift"), self.text("drift_note"),
            charts.columns(columns, target=None, target_text="", top=max(float(rates.max()), 1e-9),
                           mirrored=words.is_right_to_left, label=self.text("drift")),
        )]  # fmt: skip
        for scorer, name in (("hand", self.hand), ("learned", self.learned)):
            part = self.found.calibration[self.found.calibration["scorer"] == scorer]
            if len(part):
                multiples.append(
                    (
                        self.text("calibration", scorer=name),
                        self.text("calibration_note"),
                        self._calibration(part, name),
                    )
                )
        section.add(Block(multiples=multiples))
        headers = self.headers("scorer", "+part", "+leads", "+said", "+seen")
        names = {"hand": self.hand, "learned": self.learned, "reweighted": self.text("column_reweighted")}
        rows = [
            [Cell(names[row.scorer]), Cell(words.number(row.part), True), Cell(words.number(row.leads), True),
             Cell(words.percent(row.mean_probability), True), Cell(words.percent(row.win_rate), True)]
            for row in self.found.calibration.itertuples()
        ]  # fmt: skip
        section.add(Block(table=Table(headers, rows, folded_under=words.text("page_text.numbers"))))
        return section

    def _calibration(self, part: pd.DataFrame, name: str) -> Markup:
        """Seen win rate of each tenth as a column, what was said as a line across it."""
        width, floor, height = 300, 122, 150
        canvas = charts.Canvas(
            width, height, mirrored=self.words.is_right_to_left, label=name, css_class="chart small-multiple"
        )
        top = max(float(part["win_rate"].max()), float(part["mean_probability"].max()), 1e-9)
        slot = width / len(part)
        canvas.line(0, floor, width, floor, "axis")
        for index, row in enumerate(part.itertuples()):
            x, thick = index * slot + slot * 0.16, slot * 0.68
            tall, said = 100 * row.win_rate / top, floor - 100 * row.mean_probability / top
            title = self.text(
                "said_and_seen", said=self.words.percent(row.mean_probability), seen=self.words.percent(row.win_rate)
            )
            canvas.rectangle(x, floor - tall, thick, max(tall, 0.8), "var(--accent)", title)
            canvas.line(x - slot * 0.1, said, x + thick + slot * 0.1, said, "target", title)
            if index in (0, len(part) - 1):
                canvas.text(x + thick / 2, floor + 16, self.words.number(row.part), "middle", "tiny")
        return canvas.svg()

    def headers(self, *keys: str) -> list[Cell]:
        """Header cells; a key with + is a number column; `hand` and `learned` are the scores' names."""
        own: dict[str, Callable[[], str]] = {"hand": lambda: self.hand, "learned": lambda: self.learned}
        return [
            Cell(own[name]() if name in own else self.text(f"column_{name}"), key.startswith("+"))
            for key in keys
            for name in [key.lstrip("+")]
        ]

    def value(self, metric: str, value: float) -> str:
        """A metric's value in its unit."""
        if pd.isna(value):
            return "–"
        if metric == "money_at_capacity" and self.currency is not None:
            return self.words.short_money(round(Decimal(str(value))), self.currency)
        return self.words.number(value, 1 if metric in ("wins_at_capacity", "money_at_capacity") else 3)

    def signed(self, metric: str, value: float) -> str:
        """A difference, with + when it is positive."""
        shown = self.value(metric, value)
        return f"+{shown}" if not pd.isna(value) and value > 0 and not self.words.is_right_to_left else shown
