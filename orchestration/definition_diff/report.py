"""The comparison in words: a page, Markdown (also what the command prints), and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.clock import to_text
from orchestration.definition_diff.figures import ALL, CountMove, KpiMove, headlines
from orchestration.definition_diff.rows import RowChange
from orchestration.reports.elements import Block, Cell, Section, Table, rendered, write_page
from orchestration.reports.language import Language
from orchestration.reports.markdown import section_lines

HEADLINES, MOVES, CHANGES = 25, 200, 200
"""Lines that a section shows; the rest is counted, and whole in the JSON."""

WORDING = "labels"
"""The file that moves no figure: its rows are counted, not listed."""


@dataclass(frozen=True)
class Comparison:
    """What was compared and found. before, after : how the two are called. acts_at_the_door : changed files that act when
    exports are read next, so the builds cannot show their effect."""

    company: str
    before: str
    after: str
    evaluated_at: datetime
    rows: Sequence[RowChange]
    moves: Sequence[KpiMove]
    counts: Sequence[CountMove]
    acts_at_the_door: Sequence[str]


def write_report(comparison: Comparison, words: Language, folder: Path) -> list[Path]:
    """`definitions_diff.html`, `.md` and `.json` in a folder; returns the three."""
    report = Report(comparison, words)
    stem = Path(folder) / "definitions_diff"
    return [
        write_page(stem.with_suffix(".html"), report.html()),
        write_page(stem.with_suffix(".md"), report.markdown()),
        write_page(stem.with_suffix(".json"), document(comparison)),
    ]


def document(comparison: Comparison) -> str:
    """Everything as JSON; values and differences as text with all their places, null where there is none."""
    content = {
        "company": comparison.company,
        "before": comparison.before,
        "after": comparison.after,
        "evaluated_at": to_text(comparison.evaluated_at),
        "definitions": [
            {
                "definition": change.definition, "kind": change.kind, "key": change.key,
                "before": dict(change.before), "after": dict(change.after),
            }
            for change in comparison.rows
        ],
        "kpis": [_move(move) for move in comparison.moves],
        "counts": [
            {"family": count.family, "name": count.name, "before": count.before, "after": count.after}
            for count in comparison.counts
        ],
        "acts_at_the_door": list(comparison.acts_at_the_door),
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _move(move: KpiMove) -> Mapping[str, Any]:
    def text(value: Decimal | None) -> str | None:
        return None if value is None else f"{value.normalize():f}"

    return {
        "kpi": move.kpi, "variant": move.variant, "period": move.period, "segment": move.segment, "unit": move.unit,
        "currency": move.currency, "before": text(move.before), "after": text(move.after),
        "difference": text(move.difference), "relative": text(move.relative), "n_before": move.n_before,
        "n_after": move.n_after, "target_before": text(move.target_before), "target_after": text(move.target_after),
        "missing_before": move.missing_before, "missing_after": move.missing_after, "is_mature": move.is_mature,
    }  # fmt: skip


class Report:
    """One comparison in one language."""

    def __init__(self, comparison: Comparison, words: Language) -> None:
        self.found, self.words = comparison, words

    def html(self) -> str:
        return rendered(
            "page.html.j2",
            words=self.words,
            title=self.text("title"),
            company=self.words.data(self.found.company),
            header=self.header(),
            sections=self.sections(),
            footer=[self.text("footer")],
        )

    def markdown(self) -> str:
        lines = [f"# {self.text('title')}", "", *(f"- {name}: {value}" for name, value in self.header())]
        for section in self.sections():
            lines += section_lines(section.title, section)
        return "\n".join([*lines, "", self.text("footer")]) + "\n"

    def text(self, key: str, **values: str) -> str:
        return self.words.text(f"diff.{key}", **values)

    def header(self) -> list[tuple[str, str]]:
        return [
            (self.text("before"), self.words.data(self.found.before)),
            (self.text("after"), self.words.data(self.found.after)),
            (self.words.text("page_text.evaluated_at"), self.words.instant(to_text(self.found.evaluated_at))),
        ]

    def sections(self) -> list[Section]:
        return [self.figures(), self.counts(), self.all_moves(), self.definitions()]

    def figures(self) -> Section:
        """One line a figure, the largest move first."""
        section = Section("figures", self.text("figures"), self.text("figures_lead"))
        if self.found.acts_at_the_door:
            files = self.words.list(self.words.data(f"{name}.csv") for name in self.found.acts_at_the_door)
            section.note(self.text("acts_at_the_door", files=files), "warning")
        lines = headlines(self.found.moves)
        if not lines:
            section.note(self.text("nothing_moves"), "good")
            return section
        self._table(section, lines, HEADLINES, with_segment=False)
        return section

    def counts(self) -> Section:
        section = Section("counts", self.text("counts"))
        body = [
            [
                Cell(self._counted(count)),
                Cell(self.words.number(count.before), True),
                Cell(self.words.number(count.after), True),
                Cell(self._signed(Decimal(count.after - count.before), self.words.number), True),
            ]
            for count in self.found.counts
        ]
        section.add(Block(table=Table(self._headers("count", "+before", "+after", "+difference"), body)))
        return section

    def all_moves(self) -> Section:
        """Every period and segment that moved."""
        moves = self.found.moves
        section = Section("all", self.text("all", n=self.words.number(len(moves))))
        if moves:
            self._table(section, moves, MOVES, with_segment=True)
        return section

    def definitions(self) -> Section:
        section = Section("definitions", self.text("definitions", n=self.words.number(len(self.found.rows))))
        told = [change for change in self.found.rows if change.definition != WORDING]
        body = [
            [
                Cell(self.words.data(f"{change.definition}.csv")),
                Cell(self.text(f"kind_{change.kind}")),
                Cell(self.words.data(change.key)),
                Cell(self._values(change.before)),
                Cell(self._values(change.after)),
            ]
            for change in told[:CHANGES]
        ]
        if body:
            section.add(Block(table=Table(self._headers("file", "kind", "key", "before", "after"), body)))
        self._rest(section, len(told) - CHANGES)
        if worded := len(self.found.rows) - len(told):
            section.note(self.text("wording", n=self.words.number(worded)))
        return section

    def _table(self, section: Section, moves: Sequence[KpiMove], most: int, *, with_segment: bool) -> None:
        names = [
            "kpi",
            "period",
            *(["segment"] if with_segment else []),
            "+before",
            "+after",
            "+difference",
            "+relative",
            "+n",
        ]
        body = [self._line(move, with_segment) for move in moves[:most]]
        section.add(Block(table=Table(self._headers(*names), body)))
        self._rest(section, len(moves) - most)

    def _line(self, move: KpiMove, with_segment: bool) -> list[Cell]:
        name = self.words.name("kpi", move.kpi)
        if move.variant != "default":
            name += f" ({self.words.name('variant', move.variant)})"
        if move.target_before != move.target_after:
            before, after = (
                "–" if target is None else self._value(move, target)
                for target in (move.target_before, move.target_after)
            )
            name += f" · {self.text('target', before=before, after=after)}"
        period = self.words.month(move.period_start_on) if move.period.count("-") == 1 else self.words.data(move.period)
        if not move.is_mature:
            period += f" ({self.words.text('term.not_mature')})"
        segment = self.text("whole_company") if move.segment == ALL else self.words.data(move.segment)
        n = f"{self._integer(move.n_before)} → {self._integer(move.n_after)}"
        difference = move.difference
        return [
            Cell(name),
            Cell(period),
            *([Cell(segment)] if with_segment else []),
            Cell(self._or_missing(move, move.before, move.missing_before), True),
            Cell(self._or_missing(move, move.after, move.missing_after), True),
            Cell("–" if difference is None else self._signed(difference, lambda value: self._apart(move, value)), True),
            Cell("–" if move.relative is None else self._signed(move.relative, self.words.percent), True),
            Cell(n, True),
        ]

    def _or_missing(self, move: KpiMove, value: Decimal | None, reason: str | None) -> str:
        return self._value(move, value) if value is not None else self.words.name("missing", reason)

    def _value(self, move: KpiMove, value: Decimal) -> str:
        if move.unit == "money":
            return self.words.money(value, move.currency)
        if move.unit == "ratio" and move.kpi != "ltv_to_cac":
            return self.words.percent(value)
        number = self.words.number(value, 1 if move.unit in ("days", "ratio") else 0)
        return self.words.text("page_text.days", n=number) if move.unit == "days" else number

    def _apart(self, move: KpiMove, difference: Decimal) -> str:
        """A difference in the unit of its figure; of two shares in percentage points, so that nobody takes it for the relative."""
        if move.unit == "ratio" and move.kpi != "ltv_to_cac":
            return self.text("points", n=self.words.number(difference * 100, 1))
        return self._value(move, difference)

    def _signed(self, value: Decimal, written: Any) -> str:
        """A difference with its sign; + is set by hand, since numbers have only the other."""
        plus = "+" if value > 0 else ""
        return f"{plus}{written(value)}"

    def _integer(self, value: int | None) -> str:
        return "–" if value is None else self.words.number(value)

    def _counted(self, count: CountMove) -> str:
        families = {"reached": "stage", "band": "band", "handover": "handover", "clock_state": "state"}
        if count.family not in families:
            return self.text(f"count_{count.family}")
        name = self.words.name(families[count.family], count.name)
        return name if count.family == "handover" else self.text(f"count_{count.family}", name=name)

    def _values(self, values: Mapping[str, str | None]) -> str:
        return self.words.data(
            "; ".join(f"{name}={value if value is not None else ''}" for name, value in values.items()) or None
        )

    def _rest(self, section: Section, left: int) -> None:
        if left > 0:
            section.note(self.text("more", n=self.words.number(left)))

    def _headers(self, *names: str) -> list[Cell]:
        return [Cell(self.text(f"column_{name.lstrip('+')}"), name.startswith("+")) for name in names]
