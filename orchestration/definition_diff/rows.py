"""Which rows of the definitions differ: added, removed, or the same key and day with other values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.sources.definitions import SCHEMAS, DefinitionFile

Row = Mapping[str, str | None]


@dataclass(frozen=True)
class RowChange:
    """One row that differs. kind : `added`, `removed`, `changed`. key : its natural key and, where it has one, its valid_from.
    before, after : the values that differ; of an added or removed row what it says, its key and owners apart."""

    definition: str
    kind: str
    key: str
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]


def changed_rows(before: Sequence[DefinitionFile], after: Sequence[DefinitionFile]) -> list[RowChange]:
    """Differences of all files, in the order of the schema, rows in the order of the files. The order of rows is no difference."""
    first = {file.name: file for file in before}
    found: list[RowChange] = []
    for file in after:
        old = {_key(file.name, row): row for row in first[file.name].rows}
        new = {_key(file.name, row): row for row in file.rows}
        for key in dict.fromkeys([*old, *new]):
            one, other = old.get(key), new.get(key)
            if one == other:
                continue
            found.append(_change(file.name, key, one, other))
    return found


def _change(name: str, key: tuple[str | None, ...], one: Row | None, other: Row | None) -> RowChange:
    named = " / ".join(value for value in key if value is not None)
    if one is None or other is None:
        aside = {*SCHEMAS[name].key, "valid_from", "marketing_owner", "sales_owner"}
        row = one or other or {}
        filled = {column: value for column, value in row.items() if value is not None and column not in aside}
        return RowChange(
            name, "added" if one is None else "removed", named, *(({}, filled) if one is None else (filled, {}))
        )
    columns = [column for column in one if one[column] != other[column]]
    return RowChange(
        name,
        "changed",
        named,
        {column: one[column] for column in columns},
        {column: other[column] for column in columns},
    )


def _key(name: str, row: Row) -> tuple[str | None, ...]:
    schema = SCHEMAS[name]
    columns = (*schema.key, "valid_from") if schema.is_versioned else schema.key
    return tuple(row[column] for column in columns)
