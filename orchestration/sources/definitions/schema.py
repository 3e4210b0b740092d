"""What a definitions file is: its columns, its key, its references and the laws its rows obey."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestration.sources.definitions.kinds import DATE, TEXT, Kind

Row = Mapping[str, str | None]


class BrokenLaw(NamedTuple):
    """Something wrong in a row: its place in the file (0 is the first data row), the column, what was expected, and what to
    write instead where the message does not say it."""

    row: int
    column: str
    message: str
    fix: str = ""


RowLaw = Callable[[Row], Iterator[tuple[str, str]]]
FileLaw = Callable[[Sequence[Row]], Iterator[BrokenLaw]]


@dataclass(frozen=True)
class Column:
    """One column. `reference` names another file and its column (`stages.stage`) in which the value must stand."""

    name: str
    kind: Kind
    required: bool = False
    allowed: tuple[str, ...] = ()
    reference: str | None = None


@dataclass(frozen=True)
class Schema:
    """One file. `key` is the natural key: with `valid_from`, where there is one, it is unique in the file.

    `must_have` are values of the first column that code and models rely on. `needs_signature` is false for what is data or
    wording rather than an agreement of both teams. A company's file of a schema that `says_only_what_differs` is laid over the
    default one by the first column: whoever sets one policy need not repeat the others, nor add what a newer version brings.
    `value_references` are for a file of names and values: name in the first column → what its `value` must be found in.
    A schema that stands `beside` another speaks of its rows: whoever has the other file and not this one has none of its rows,
    for the default ones speak of rows that are not theirs.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    must_have: tuple[str, ...] = ()
    says_only_what_differs: bool = False
    beside: str | None = None
    row_laws: tuple[RowLaw, ...] = ()
    file_laws: tuple[FileLaw, ...] = ()
    needs_signature: bool = True
    value_references: Mapping[str, str] = field(default_factory=dict)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def is_versioned(self) -> bool:
        return "valid_from" in self.column_names


VERSION_COLUMNS = (
    Column("valid_from", DATE, required=True),
    Column("recorded_on", DATE, required=True),
    Column("marketing_owner", TEXT, required=True),
    Column("sales_owner", TEXT, required=True),
)

FIRST_YEAR, LAST_YEAR = 1990, 2059
"""Years of the calendar in the lake: a date outside them is a slip of the pen."""


def versioned(
    name: str, key: Iterable[str], *columns: Column, row_laws: tuple[RowLaw, ...] = (), **laws: object
) -> Schema:
    """A versioned file: its columns, then those of a version."""
    return Schema(name, (*columns, *VERSION_COLUMNS), tuple(key), row_laws=(_version_dates, *row_laws), **laws)  # type: ignore[arg-type]


def required(name: str, kind: Kind = TEXT, *allowed: str, reference: str | None = None) -> Column:
    """A column that every row fills; `allowed` are its values, where they are a list."""
    return Column(name, kind, True, allowed, reference)


def optional(name: str, kind: Kind = TEXT, *allowed: str, reference: str | None = None) -> Column:
    """A column that may stand empty."""
    return Column(name, kind, False, allowed, reference)


def _version_dates(row: Row) -> Iterator[tuple[str, str]]:
    """Both dates of a version lie in the years of the calendar."""
    for name in ("valid_from", "recorded_on"):
        year = int((row[name] or "")[:4])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            yield name, f"expected a day of the years {FIRST_YEAR} to {LAST_YEAR}, got {row[name]}"
