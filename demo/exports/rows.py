"""Rows of one export, the mess planted in them, and the files they are written to.

Every planted fault is counted under the reason and scope with which the `files` source should quarantine it, so that
a test can compare what was planted with what was found. Faults that cost a whole row are extra records: no true
record is lost to them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

FIXED_DATE = datetime(2026, 7, 1, 6, 0, 0)
"""Written into workbook properties, which would otherwise hold the moment of writing."""


@dataclass(frozen=True)
class Planted:
    """Faults planted in one export, by the `files` source's name for them (`too_few_columns`, `duplicate_row`,
    `not_a_timestamp` …). scope: `row` when the record must stay out, `value` when only an optional value is lost."""

    source: str
    stream: str
    reason: str
    scope: str
    column: str
    count: int


class Rows:
    """Records of one export, in file order, with a ledger of planted faults.

    Args:
        source, stream: name of the mapping's source and stream.
        columns: header → values; all of one length.
        key: header of the record's key.
    """

    def __init__(self, source: str, stream: str, columns: Mapping[str, Sequence[Any]], key: str) -> None:
        self.source, self.stream = source, stream
        self.header = tuple(columns)
        self.records: list[list[Any]] = [list(record) for record in zip(*columns.values(), strict=True)]
        self.planted: list[Planted] = []
        self._key = self.header.index(key)
        self._touched: set[int] = set()
        self._extra: dict[int, list[list[Any]]] = {}
        self._serial = 0

    def _choose(self, rng: np.random.Generator, count: int, column: str = "") -> list[int]:
        """Choose untouched records, those with something in `column`, in file order."""
        at = self.header.index(column) if column else self._key
        free = [n for n, record in enumerate(self.records) if n not in self._touched and record[at] not in ("", None)]
        chosen = sorted(int(n) for n in rng.choice(free, count, replace=False))
        self._touched.update(chosen)
        return chosen

    def _insert(self, after: int, record: list[Any]) -> None:
        self._extra.setdefault(after, []).append(record)

    def _note(self, reason: str, scope: str, column: str, count: int) -> None:
        self.planted.append(Planted(self.source, self.stream, reason, scope, column, count))

    def _new_key(self) -> str:
        self._serial += 1
        return f"9{self._serial:06d}"

    def plant_duplicates(self, rng: np.random.Generator, count: int) -> None:
        """Repeat records word for word a little further down."""
        for position in self._choose(rng, count):
            self._insert(min(position + 3, len(self.records) - 1), list(self.records[position]))
        self._note("duplicate_row", "row", "", count)

    def plant_conflicts(self, rng: np.random.Generator, count: int, column: str, value: Any) -> None:
        """Repeat records under the same key with another value in `column`."""
        for position in self._choose(rng, count, column):
            record = list(self.records[position])
            record[self.header.index(column)] = value
            self._insert(min(position + 5, len(self.records) - 1), record)
        self._note("duplicate_key", "row", column, count)

    def plant_ragged(self, rng: np.random.Generator, count: int) -> None:
        """Add records in turn with a field too many and with the last three fields cut off."""
        for number, position in enumerate(self._choose(rng, count)):
            record = list(self.records[position])
            record[self._key] = self._new_key()
            self._insert(position, record[:-3] if number % 2 else [*record, "обрыв строки"])
        self._note("too_many_columns", "row", "", count - count // 2)
        self._note("too_few_columns", "row", "", count // 2)

    def plant_unreadable_records(
        self, rng: np.random.Generator, column: str, values: Sequence[str], reason: str
    ) -> None:
        """Add records whose obligatory `column` cannot be read."""
        for position, value in zip(self._choose(rng, len(values)), values, strict=True):
            record = list(self.records[position])
            record[self._key] = self._new_key()
            record[self.header.index(column)] = value
            self._insert(position, record)
        self._note(reason, "row", column, len(values))

    def plant_unreadable_values(
        self, rng: np.random.Generator, column: str, values: Sequence[str], reason: str
    ) -> None:
        """Spoil an optional `column` of some records."""
        for position, value in zip(self._choose(rng, len(values), column), values, strict=True):
            self.records[position][self.header.index(column)] = value
        self._note(reason, "value", column, len(values))

    def rewrite(self, rng: np.random.Generator, column: str, count: int, change: Any) -> None:
        """Write `column` of some records in another, still readable way."""
        for position in self._choose(rng, count, column):
            at = self.header.index(column)
            self.records[position][at] = change(self.records[position][at])

    def all_records(self) -> list[list[Any]]:
        """Return the records with the extra ones in their places."""
        records: list[list[Any]] = []
        for position, record in enumerate(self.records):
            records.append(record)
            records.extend(self._extra.get(position, ()))
        return records


def write_delimited(path: Path, rows: Rows, *, delimiter: str, encoding: str = "utf-8", newline: str = "\n") -> int:
    """Write a delimited text file and return the number of its records."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=newline)
    records = rows.all_records()
    writer.writerow(rows.header)
    writer.writerows(records)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return len(records)


def write_workbook(path: Path, rows: Rows, *, sheet: str) -> int:
    """Write an Excel workbook whose bytes depend on the rows only; datetimes and numbers become typed cells."""
    workbook = xlsxwriter.Workbook(str(path), {"default_date_format": "dd.mm.yyyy hh:mm:ss"})
    workbook.set_properties({"created": FIXED_DATE})
    worksheet = workbook.add_worksheet(sheet)
    records = rows.all_records()
    for number, record in enumerate([list(rows.header), *records]):
        worksheet.write_row(number, 0, record)
    workbook.close()
    return len(records)


def write_parquet(path: Path, rows: Rows, types: Mapping[str, pa.DataType]) -> int:
    """Write a Parquet file with the given column types."""
    records = rows.all_records()
    arrays = [pa.array([record[n] for record in records], types[name]) for n, name in enumerate(rows.header)]
    pq.write_table(pa.table(arrays, names=list(rows.header)), path)
    return len(records)


def as_dates(days: np.ndarray) -> list[date]:
    """Return Python dates of a datetime64[D] array."""
    dates: list[date] = days.astype("datetime64[D]").astype(object).tolist()
    return dates
