"""What every section has at hand: the marts, the words of the language, and the build's facts."""

from __future__ import annotations

from decimal import Decimal

from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.language import Language
from orchestration.reports.reader import PublishedMarts

HATCHED_SWATCH = "repeating-linear-gradient(45deg,var(--young) 0 3px,var(--paper) 3px 5px)"
TARGET_SWATCH = "linear-gradient(var(--ink),var(--ink)) center/100% 2px no-repeat"


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
