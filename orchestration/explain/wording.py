"""An explanation in one language: the sections that the page and the text are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from orchestration.explain.explanation import Check, Explanation, Facts, Listing, Note, Part, Row, Spread
from orchestration.explain.raw import RawRecord
from orchestration.publication import PublishedBuild
from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.language import Language

WHOLE = 32
"""A text of so many signs is not broken over lines; a wide table is scrolled."""

_NAMED = {
    "channel": "channel", "team": "team", "kind": "explain_kind", "conversion_kind": "stage", "stage": "stage",
    "attribution_model": "model", "unattributed_reason": "unattributed", "earning": "explain_earning",
    "revenue_kind": "explain_revenue", "journey_level": "explain_level", "handover_type": "handover", "clock": "clock",
    "state": "state", "cause": "cause", "criterion": "criterion", "band": "band", "rejection_reason": "reason",
    "return_reason": "reason", "loss_reason": "reason", "status": "explain_status", "scorer": "explain_scorer",
    "moment": "moment", "outcome": "explain_outcome", "first_team": "team", "last_team": "team",
}  # fmt: skip
"""Column → family of labels that its values have; a value without a label is shown as it is."""


class Words:
    """One explanation in one language, of one build."""

    def __init__(self, found: Explanation, build: PublishedBuild, language: Language) -> None:
        self.found, self.build, self.language = found, build, language

    def text(self, key: str, **values: str) -> str:
        return self.language.text(f"explain.{key}", **values)

    def title(self) -> str:
        return self.text(f"title_{self.found.kind}", subject=self.language.data(self.found.subject))

    def header(self) -> list[tuple[str, str]]:
        lines = [
            (self.text("build"), self.language.data(self.build.build_id)),
            (
                self.language.text("page_text.evaluated_at"),
                self.language.instant(str(self.build.facts["evaluated_at"])),
            ),
        ]
        return [*lines, (self.text("checks"), self._verdict())] if self.found.checks else lines

    def sections(self, records: Sequence[RawRecord]) -> list[Section]:
        """Every part, then the sums that must agree, then the raw records where they were asked for."""
        sections = [self._section(number, part) for number, part in enumerate(self.found.parts)]
        if self.found.checks:
            sections.append(self._checks())
        if records:
            sections.append(self._records(records))
        return sections

    def _verdict(self) -> str:
        broken = [check for check in self.found.checks if not check.holds]
        key = "checks_hold" if not broken else "checks_broken"
        return self.text(key, n=self.language.number(len(broken or self.found.checks)))

    def _section(self, number: int, part: Part) -> Section:
        if isinstance(part, Note):
            section = Section(f"part-{number}", self.text("remark"))
            values = {name: self._noted(value) for name, value in part.values.items()}
            section.note(self.text(f"note_{part.name}", **values))
            return section
        title = self.text(part.name)
        if not isinstance(part, Facts) and part.about:
            title += f" · {self.language.data(part.about)}"
        section = Section(f"part-{number}", title)
        if isinstance(part, Facts):
            section.add(Block(table=self._facts(part.values)))
        elif not part.rows:
            section.note(self.text("nothing"))
        elif isinstance(part, Listing):
            section.add(Block(table=self._listing(part)))
        else:
            section.add(Block(table=self._spread(part)))
        return section

    def _noted(self, value: str | int) -> str:
        return self.language.number(value) if isinstance(value, int) else self.language.data(value)

    def _facts(self, values: Row) -> Table:
        rows = [
            [Cell(self.column(name)), Cell(self.cell(name, value, values).text)]
            for name, value in values.items()
            if value is not None
        ]
        return Table([Cell(self.text("fact")), Cell(self.text("value"))], rows)

    def _listing(self, part: Listing) -> Table:
        columns = [name for name in part.columns if any(row.get(name) is not None for row in part.rows)]
        headers = [Cell(self.column(name), _is_number(name, part.rows)) for name in columns]
        return Table(headers, [[self.cell(name, row.get(name), row) for name in columns] for row in part.rows])

    def _spread(self, part: Spread) -> Table:
        """Lines in order with the sum of every column below."""
        across = list(dict.fromkeys(row[part.across] for row in part.rows))
        lines: dict[tuple[Any, ...], dict[Any, Any]] = {}
        for row in part.rows:
            cells = lines.setdefault(tuple(row[name] for name in part.lines), {})
            cells[row[part.across]] = cells.get(row[part.across], 0) + (row[part.value] or 0)
        first = part.rows[0]
        body = []
        for key in sorted(lines, key=lambda key: (key[0] is None, key[0])):
            named = dict(zip(part.lines, key, strict=True))
            body.append(
                [
                    *(self.cell(name, value, named) for name, value in named.items()),
                    *(self.cell(part.value, lines[key].get(name), first) for name in across),
                ]
            )
        sums = [sum(cells.get(name, 0) for cells in lines.values()) for name in across]
        body.append(
            [
                Cell(self.text("sum")),
                *(Cell("") for _ in part.lines[1:]),
                *(self.cell(part.value, value, first) for value in sums),
            ]
        )
        headers = [*(Cell(self.column(name)) for name in part.lines)]
        headers += [Cell(self._named(part.across, str(name)), True) for name in across]
        return Table(headers, body)

    def _checks(self) -> Section:
        section = Section("checks", self.text("checks"))
        section.note(self._verdict(), "good" if all(check.holds for check in self.found.checks) else "warning")
        rows = [
            [
                Cell(self.text(f"check_{check.name}")),
                Cell(self.language.data(check.about)),
                Cell(self._amount(check, check.expected), True),
                Cell(self._amount(check, check.found), True),
                Cell(self._yes(check.holds)),
            ]
            for check in self.found.checks
        ]
        headers = [
            Cell(self.text("check")),
            Cell(self.text("about")),
            Cell(self.text("expected"), True),
            Cell(self.text("found"), True),
            Cell(self.text("equal")),
        ]
        section.add(Block(table=Table(headers, rows)))
        return section

    def _amount(self, check: Check, value: Decimal | int | None) -> str:
        if value is None:
            return "–"
        if check.currency is not None:
            return self.language.exact_money(int(value), check.currency)
        return self._number(Decimal(value))

    def _records(self, records: Sequence[RawRecord]) -> Section:
        section = Section("raw", self.text("raw"), self.text("raw_lead"))
        for record in records:
            section.add(Block(heading=self.language.data(record.key)))
            if record.values is None:
                section.note(self.text("not_in_lake"), "warning")
                continue
            rows = [
                [Cell(self.language.data(name)), Cell(self.language.data(value))]
                for name, value in record.values.items()
                if value is not None
            ]
            section.add(Block(table=Table([Cell(self.text("fact")), Cell(self.text("value"))], rows)))
        return section

    def column(self, name: str) -> str:
        """The heading of a column: the explanation's own label, else that of the tables, else its published name."""
        own = f"explain_column.{name}"
        return self.language.text(own) if self.language.has(own) else self.language.name("column", name)

    def cell(self, name: str, value: Any, row: Row) -> Cell:
        """A value as its column's name says: money, instant, day, yes or no, a named thing, a number or the text itself."""
        if value is None:
            return Cell("–")
        if isinstance(value, bool):
            return Cell(self._yes(value))
        if isinstance(value, datetime):
            return Cell(self.language.local_instant(value), css_class="whole")
        if isinstance(value, date):
            return Cell(self.language.day(value), css_class="whole")
        if name.endswith("_minor"):
            return Cell(self.language.exact_money(value, self._currency(name, row)), True)
        if name == "weight":
            return Cell(self.language.percent(value, 2), True)
        if isinstance(value, int | Decimal):
            return Cell(self._number(Decimal(value)), True)
        text = self._named(name, str(value))
        return Cell(text, css_class="whole" if len(text) <= WHOLE else "words")

    def _currency(self, name: str, row: Row) -> str:
        reporting = str(self.build.facts["reporting_currency"])
        return reporting if name.endswith("_reporting_minor") else str(row.get("currency") or reporting)

    def _named(self, name: str, value: str) -> str:
        family = _NAMED.get(name)
        if family == "explain_kind" and self.language.has(f"stage.{value}"):
            family = "stage"
        return self.language.name(family, value) if family else self.language.data(value)

    def _number(self, value: Decimal) -> str:
        exponent = value.normalize().as_tuple().exponent
        return self.language.number(value, max(0, -int(exponent)))

    def _yes(self, value: bool) -> str:
        return self.language.text("page_text.yes") if value else self.text("no")


def _is_number(name: str, rows: Sequence[Row]) -> bool:
    value = next((row[name] for row in rows if row.get(name) is not None), None)
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def as_text(words: Words, records: Sequence[RawRecord]) -> str:
    """For a terminal: every table in columns, one line a row."""
    lines = [words.title(), *(f"{name}: {value}" for name, value in words.header())]
    for section in words.sections(records):
        lines += ["", section.title, *([section.lead] if section.lead else [])]
        for block in section.blocks:
            lines += [f"-- {block.heading}"] if block.heading else []
            lines += [f"  {block.note}"] if block.note else []
            lines += _columns(block.table) if block.table is not None else []
    return "\n".join(lines) + "\n"


def _columns(table: Table) -> list[str]:
    rows = [table.headers, *table.rows]
    widths = [max(len(row[place].text) for row in rows) for place in range(len(table.headers))]
    numbers = [cell.is_number for cell in table.headers]
    return [
        "  "
        + "  ".join(
            cell.text.rjust(width) if is_number else cell.text.ljust(width)
            for cell, width, is_number in zip(row, widths, numbers, strict=True)
        ).rstrip()
        for row in rows
    ]


def as_json(found: Explanation, build: PublishedBuild, records: Sequence[RawRecord]) -> str:
    """Everything by the published names: money in minor units, decimals as text with all their places, instants in UTC with Z."""
    parts: list[dict[str, Any]] = []
    for part in found.parts:
        if isinstance(part, Facts):
            parts.append({"part": part.name, "values": dict(part.values)})
        elif isinstance(part, Note):
            parts.append({"part": "note", "note": part.name, "values": dict(part.values)})
        else:
            about = {"about": part.about} if part.about else {}
            parts.append({"part": part.name, **about, "rows": [dict(row) for row in part.rows]})
    content: Mapping[str, Any] = {
        "kind": found.kind,
        "subject": found.subject,
        "build_id": build.build_id,
        "evaluated_at": build.facts["evaluated_at"],
        "parts": parts,
        "checks": [
            {
                "check": check.name, "about": check.about, "expected": check.expected, "found": check.found,
                "currency": check.currency, "holds": check.holds,
            }
            for check in found.checks
        ],
        "raw": [{"key": record.key, "record": record.values} for record in records],
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=1, default=_plain) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if isinstance(value, date) else f"{value:f}"
