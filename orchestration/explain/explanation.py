"""What an opened subject consists of. Values are as published: wording, digits and the calendar belong to whoever shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]


class ExplainError(Exception):
    """What cannot be opened; the text says why and what can be asked instead."""


@dataclass(frozen=True)
class Facts:
    """One record: value by column. name : of the part, a label `explain.<name>`."""

    name: str
    values: Row


@dataclass(frozen=True)
class Listing:
    """Records of one kind, in order. about : the id that the rows belong to, where several parts have one name."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Row]
    about: str = ""


@dataclass(frozen=True)
class Spread:
    """Records shown as a grid with its sums: `lines` name a line, the values of `across` the columns, `value` the cells.

    A cell that no record fills stays empty; a line of None (nobody) comes last.
    """

    name: str
    lines: tuple[str, ...]
    across: str
    value: str
    rows: Sequence[Row]
    about: str = ""


@dataclass(frozen=True)
class Check:
    """Two numbers that must be equal: `expected` stands in a mart, `found` is the sum of what was opened.

    name : a label `explain.check_<name>`. about : the record. currency : of amounts in minor units, else None.
    """

    name: str
    about: str
    expected: Decimal | int | None
    found: Decimal | int | None
    currency: str | None = None

    @property
    def holds(self) -> bool:
        return self.expected == self.found


@dataclass(frozen=True)
class Note:
    """A remark: a label `explain.note_<name>` with its values."""

    name: str
    values: Mapping[str, str | int]


Part = Facts | Listing | Spread | Note


@dataclass(frozen=True)
class Explanation:
    """An opened subject. kind : deal, lead, person or figure; subject : as it was asked for."""

    kind: str
    subject: str
    parts: Sequence[Part]
    checks: Sequence[Check]

    @property
    def record_keys(self) -> list[str]:
        """The raw keys of everything that is shown, each once, in order."""
        keys: dict[str, None] = {}
        for part in self.parts:
            rows = [part.values] if isinstance(part, Facts) else [] if isinstance(part, Note) else part.rows
            keys.update({str(row["source_record_key"]): None for row in rows if row.get("source_record_key")})
        return list(keys)
