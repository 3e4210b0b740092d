"""What every section has at hand: the marts, the words of the language, the build's facts, and tables of published rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from orchestration.reports import role_figures
from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.language import Language
from orchestration.reports.reader import PublishedMarts

HATCHED_SWATCH = "repeating-linear-gradient(45deg,var(--young) 0 3px,var(--paper) 3px 5px)"
TARGET_SWATCH = "linear-gradient(var(--ink),var(--ink)) center/100% 2px no-repeat"

Row = Mapping[str, Any]
"""A published row, column → value."""


@dataclass(frozen=True)
class Field:
    """One column of a table: its heading, what a row shows in it, whether that is a number, and how it may break (`whole`, `words`, `prose`)."""

    heading: str
    show: Callable[[Row], str]
    is_number: bool = False
    css_class: str = ""


def fraction(value: Decimal | None) -> float | None:
    """A share as the charts take it."""
    return None if value is None else float(value)


class Part:
    """One part of the page in one language; its methods return sections."""

    def __init__(self, marts: PublishedMarts, words: Language) -> None:
        self.marts, self.words = marts, words
        self.facts = marts.build.facts
        self.has_payments = bool(self.facts["has_payments_source"])
        self.close_event = marts.build.policies.get("close_event", "won")
        wanted = marts.build.policies.get("revenue_event", "paid")
        self.revenue_event = wanted if self.has_payments else "won"
        self.minimum_n = int(marts.build.policies.get("bottleneck_minimum_n", "30"))

    def text(self, key: str, **values: str) -> str:
        return self.words.text(f"page_text.{key}", **values)

    def not_published(self, table: str) -> str:
        return self.text("not_published", table=self.words.data(table))

    def decimal(self, value: Decimal | None) -> str:
        return "–" if value is None else self.words.number(value, 3)

    def plain(self, value: Decimal | None) -> str:
        if value is None:
            return "–"
        return self.words.number(value, 0 if value == value.to_integral_value() else 1)

    def interval(self, low: Decimal | None, high: Decimal | None) -> str:
        return "" if low is None or high is None else f"{self.decimal(low)} … {self.decimal(high)}"

    def percent(self, value: Decimal | None) -> str:
        return "–" if value is None else self.words.percent(value)

    def percents(self, low: Decimal | None, high: Decimal | None) -> str:
        """An interval of shares."""
        return "" if low is None or high is None else f"{self.percent(low)} … {self.percent(high)}"

    def money(self, minor: int | Decimal | None, currency: str | None) -> str:
        return "–" if minor is None else self.words.short_money(minor, currency)

    def points(self, value: Decimal | None, places: int = 1) -> str:
        """A difference of two shares in percentage points, with its sign."""
        return "–" if value is None else self.text("points", n=self.words.signed(value * 100, places))

    def points_between(self, low: Decimal | None, high: Decimal | None) -> str:
        """The interval of a difference of two shares."""
        return "" if low is None or high is None else f"{self.points(low)} … {self.points(high)}"

    def joined(self, *parts: str) -> str:
        """Short facts in one line; beside Persian digits a middle dot would be read as a zero."""
        return self.words.list(parts) if self.words.is_right_to_left else " · ".join(parts)

    def share_ticks(self, most: int = 100) -> list[tuple[float, str]]:
        """Ticks of a scale of shares from 0 to `most` per cent."""
        return [(most * tenth / 400, self.words.percent(most * tenth / 400, 0)) for tenth in range(5)]

    def of(self, part: int, whole: int) -> str:
        return self.text("of", part=self.words.number(part), whole=self.words.number(whole))

    def found(self, section: Section, key: str, table: str, rows: role_figures.Rows | None) -> role_figures.Rows:
        """The rows of a mart. One that is not published and one without rows are said under the heading `key`."""
        if rows is None:
            section.add(Block(heading=self.text(key), note=self.not_published(table), tone="missing"))
        elif not rows:
            section.add(Block(heading=self.text(key), note=self.text(f"no_{key}")))
        return rows or []

    def table(
        self, fields: Sequence[Field], rows: Iterable[Row], *, folded_under: str = "", caption: str = ""
    ) -> Table:
        headers = [Cell(field.heading, field.is_number) for field in fields]
        cells = [
            [Cell(field.show(row), field.is_number, css_class=field.css_class) for field in fields] for row in rows
        ]
        return Table(headers, cells, caption=caption, folded_under=folded_under)

    def heading(self, column: str) -> str:
        return self.words.text(f"column.{column}")

    def as_said(self, heading: str, show: Callable[[Row], str], is_number: bool = False) -> Field:
        """A column made from several values of a row."""
        return Field(self.heading(heading), show, is_number, "" if is_number else "words")

    def as_word(self, column: str, kind: str, heading: str = "") -> Field:
        """A value that has a label `kind.value`; null is empty."""
        return Field(
            self.heading(heading or column),
            lambda row: "" if row[column] is None else self.words.name(kind, str(row[column])),
            css_class="words",
        )

    def as_verdict(self, column: str = "verdict") -> Field:
        return Field(
            self.heading(column),
            lambda row: "" if row[column] is None else self.verdict(row[column]),
            css_class="words",
        )

    def verdict(self, verdict: str) -> str:
        """A verdict in words; the label of `too_few` speaks of deals, here leads are counted too."""
        return self.text("too_few") if verdict == "too_few" else self.words.name("verdict", verdict)

    def as_data(self, column: str) -> Field:
        """A name from the company's systems, as it is; null is empty."""
        return self._as_is(column, "words")

    def as_key(self, column: str) -> Field:
        """The key of a record, which is not broken: people copy it."""
        return self._as_is(column, "whole")

    def as_prose(self, column: str) -> Field:
        """A sentence or a long text from the company's systems."""
        return self._as_is(column, "prose")

    def _as_is(self, column: str, css_class: str) -> Field:
        return Field(
            self.heading(column),
            lambda row: "" if row[column] is None else self.words.data(row[column]),
            css_class=css_class,
        )

    def as_count(self, column: str, places: int = 0, heading: str = "") -> Field:
        return Field(
            self.heading(heading or column),
            lambda row: "–" if row[column] is None else self.words.number(row[column], places),
            True,
        )

    def as_label(self, column: str, label: str) -> Field:
        """A count under a label of its own."""
        return Field(
            self.words.text(label), lambda row: "–" if row[column] is None else self.words.number(row[column]), True
        )

    def as_share(self, column: str, heading: str = "") -> Field:
        return Field(self.heading(heading or column), lambda row: self.percent(row[column]), True)

    def as_shares(self, low: str, high: str) -> Field:
        """The interval of a share, from two columns."""
        return Field(self.text("interval"), lambda row: self.percents(row[low], row[high]), True)

    def as_money(self, column: str) -> Field:
        """Minor units of the row's `currency`."""
        return Field(self.heading(column), lambda row: self.money(row[column], row["currency"]), True)

    def as_day(self, column: str) -> Field:
        """A local date."""
        return Field(self.heading(column), lambda row: self.day(row[column]), css_class="whole")

    def as_period(self, column: str) -> Field:
        """A period as text: 2026-06, 2026-Q2, 2026."""
        return Field(self.heading(column), lambda row: self.words.digits(row[column]), css_class="whole")

    def as_month(self, column: str) -> Field:
        """The month that begins on a date."""
        return Field(self.heading(column), lambda row: self.words.month(row[column]), css_class="whole")

    def as_instant(self, column: str) -> Field:
        return Field(
            self.heading(column),
            lambda row: "–" if row[column] is None else self.words.local_instant(row[column]),
            css_class="whole",
        )

    def as_flag(self, column: str) -> Field:
        return Field(
            self.heading(column),
            lambda row: "–" if row[column] is None else self.text("yes" if row[column] else "no"),
        )

    def duration(self, seconds: int | Decimal | None) -> str:
        """A duration in the largest unit of which there is at least one: minutes, hours or days."""
        if seconds is None:
            return "–"
        for unit, size in (("days", 86400), ("hours", 3600)):
            if seconds >= size:
                return self.text(unit, n=self.words.number(Decimal(seconds) / size, 1))
        return self.text("minutes", n=self.words.number(Decimal(seconds) / 60, 1))

    def owner(self, owner_id: str | None) -> str:
        """An employee by name where there is one; the groups `(process)`, `(none)` and `(all)` by their labels."""
        groups = {None: "nobody", "(none)": "nobody", "(process)": "process"}
        if owner_id in groups:
            return self.words.text(f"term.{groups[owner_id]}")
        if owner_id == "(all)":
            return self.text("everybody")
        return self.words.data(self.owner_names.get(owner_id, owner_id))

    @cached_property
    def owner_names(self) -> dict[str, str]:
        return role_figures.owner_names(self.marts)

    def as_owner(self, column: str = "owner_id") -> Field:
        return Field(self.heading(column), lambda row: self.owner(row[column]), css_class="words")

    def day(self, value: date | None) -> str:
        return "–" if value is None else self.words.day(value)

    def listing(
        self, section: Section, key: str, table: str, rows: list[dict[str, object]] | None, columns: tuple[str, ...]
    ) -> None:
        """A mart shown as it is: names of its columns from the labels, values as data."""
        heading = self.text(key)
        if rows is None:
            section.add(Block(heading=heading, note=self.not_published(table), tone="missing"))
            return
        if not rows:
            section.add(Block(heading=heading, note=self.text(f"no_{key}"), tone="good"))
            return
        numeric = {name for name in columns if any(_is_number(row[name]) for row in rows)}
        headers = [Cell(self.words.text(f"column.{name}"), name in numeric) for name in columns]
        cells = [[self.listed(name, row[name], name in numeric) for name in columns] for row in rows]
        section.add(Block(heading=heading, table=Table(headers, cells)))

    def listed(self, column: str, value: object, is_number: bool) -> Cell:
        if value is None:
            return Cell("", is_number)
        if isinstance(value, bool):
            return Cell(self.text("yes" if value else "no"), css_class="good" if value else "bad")
        if isinstance(value, int | Decimal):
            return Cell(self.words.number(value), True)
        kind = {"scope": "scope", "reason": "quarantine"}.get(column)
        return Cell(self.words.data(value) if kind is None else self.words.name(kind, str(value)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
