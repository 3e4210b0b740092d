"""A file of leads as texts by column, and what was asked about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ml.scoring.table import Capacity, LeadTable, TableError
from orchestration.landing import shape_of
from orchestration.landing.quarantine import scrub_free_text
from orchestration.sources.definitions.reader import nearest
from orchestration.sources.files import FilesError, notation
from orchestration.sources.files.mapping import StreamMapping
from orchestration.sources.files.reading import FileContent, read_file

FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
LISTED = 12
MOST_NAMED = 5


@dataclass(frozen=True)
class TableQuestion:
    """What the user asked, as text from the command line."""

    table: Path
    target: str
    time: str | None = None
    order: str | None = None
    score: str | None = None
    matrix: Path | None = None
    money: str | None = None
    currency: str | None = None
    worked: str | None = None
    group: str | None = None
    segment: str | None = None
    exploration: str | None = None
    id: str | None = None
    exclude: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    time_formats: tuple[str, ...] = ()
    time_zone: str = "UTC"
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    capacity: str | None = None


@dataclass
class ReadTable:
    """The lead table and everything that was noticed on the way to it."""

    leads: LeadTable
    capacity: Capacity | None
    excluded: frozenset[str]
    kept: frozenset[str]
    notes: list[str] = field(default_factory=list)
    rows_in_file: int = 0


class Texts:
    """The columns of the file as trimmed text, addressed by name; empty texts are null."""

    def __init__(self, content: FileContent, path: Path, empty: Sequence[str]) -> None:
        self.path, self.content = path, content
        self.names = list(content.table.column_names)
        self._columns = {
            name: notation.trimmed(_joined(content.table.column(name)), ("", *empty)) for name in self.names
        }

    def __getitem__(self, name: str) -> pa.StringArray:
        return self._columns[name]

    def require(self, name: str, option: str) -> str:
        """The name, if the file has such a column. Raises TableError that names the option and the nearest column."""
        if name not in self._columns:
            listed = ", ".join(self.names[:LISTED]) + (" …" if len(self.names) > LISTED else "")
            near = nearest(name, self.names)
            raise TableError(f"{option}: {self.path} has no column {name!r}{near or f'; it has {listed}'}")
        return name

    def place(self, name: str, row: int) -> str:
        """Where a value stands: file, line or row, column."""
        line = self.content.line_numbers(np.array([row], dtype=np.int64))[0]
        where = f"line {line}" if line is not None else f"row {int(self.content.row_numbers[row])}"
        return f"{self.path}, {where}, column {name!r}"


def content_of(question: TableQuestion) -> FileContent:
    """The rows of the file as it was asked to be read. Raises TableError for an ending, a format or an encoding that is not known."""
    path = question.table
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise TableError(f"{path}: unknown ending {path.suffix!r}; expected one of {', '.join(FORMATS)}")
    stream = StreamMapping(
        name="table", file=path.name, format=kind, fills=(),
        delimiter={"\\t": "\t"}.get(question.delimiter or "", question.delimiter),
        encoding=question.encoding, sheet=question.sheet,
    )  # fmt: skip
    try:
        return read_file(path, stream)
    except FilesError as error:
        raise TableError(f"{error} (here: --encoding, --delimiter, --sheet)") from error
    except LookupError as error:
        raise TableError(f"--encoding {question.encoding!r} is not known; for example utf-8, cp1251, utf-16") from error


def _joined(column: pa.ChunkedArray) -> pa.StringArray:
    joined = column.combine_chunks()
    return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined


def is_present(values: pa.StringArray) -> npt.NDArray[np.bool_]:
    """True where the text is not empty."""
    return np.asarray(values.is_valid().to_numpy(zero_copy_only=False), dtype=bool)


def shown_value(text: str) -> str:
    """A value of the file fit to be shown: without e-mail addresses and phone numbers."""
    return str(scrub_free_text(pa.array([text], pa.string()))[0].as_py())


def named(values: Iterable[str]) -> str:
    """Values fit to be shown, in quotes."""
    return ", ".join(repr(shown_value(value)) for value in values)


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def equal_to(values: pa.StringArray, wanted: Sequence[str]) -> npt.NDArray[np.bool_]:
    """True where the text is one of the wanted ones."""
    found = pc.fill_null(pc.is_in(values, value_set=pa.array(wanted, pa.string())), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def numbers_in(texts: Texts, name: str, option: str, what: str) -> npt.NDArray[np.float64]:
    """The column as numbers, NaN where empty; a value that is none is an error with its place and shape."""
    converted = notation.to_decimals(texts[name], None)
    refuse_bad(texts, name, converted.bad, f"{option}: ", what)
    return np.array([np.nan if value is None else float(value) for value in converted.values.to_pylist()])


def refuse_bad(texts: Texts, name: str, bad: Mapping[str, Any], prefix: str, what: str) -> None:
    """Raise TableError with the place and shape of the first value that could not be read; nothing where there is none."""
    for reason, rows in bad.items():
        if len(rows):
            row = int(rows[0])
            raise TableError(
                f"{prefix}{texts.place(name, row)}: {reason.replace('_', ' ')} ({shape_of(texts[name][row].as_py())}; "
                f"{len(rows)} such values); expected {what}"
            )
