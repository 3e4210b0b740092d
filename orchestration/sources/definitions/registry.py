"""The registry: every row of every versioned definition, with the span in which it holds."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestration.sources.definitions.schema import VERSION_COLUMNS, Row
from orchestration.sources.definitions.schemas import SCHEMAS

_VERSION_COLUMNS = tuple(column.name for column in VERSION_COLUMNS)


@dataclass(frozen=True)
class Version:
    """One version of one definition.

    key : the values of its natural key, joined by ` / `. content : its other filled columns as `name=value`, joined by `; `.
    valid_from, valid_to : ISO dates; valid_to is the day from which the next version holds, None for the newest. is_first :
    the first version reaches back without limit. row_number : its data row in the file, from 1.
    """

    definition: str
    key: str
    content: str
    valid_from: str
    valid_to: str | None
    is_first: bool
    recorded_on: str
    marketing_owner: str
    sales_owner: str
    row_number: int

    def holds_on(self, day: str) -> bool:
        """Whether the version is in force on an ISO date."""
        return (self.is_first or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


def versions(name: str, rows: Sequence[Row]) -> Iterator[Version]:
    """The versions in a file, in the order of its rows; none for a file without `valid_from`."""
    schema = SCHEMAS[name]
    if not schema.is_versioned:
        return
    days: dict[tuple[str | None, ...], list[str]] = defaultdict(list)
    for row in rows:
        days[_key(row, schema.key)].append(str(row["valid_from"]))
    content = [column for column in schema.column_names if column not in (*schema.key, *_VERSION_COLUMNS)]
    for number, row in enumerate(rows, 1):
        key, valid_from = _key(row, schema.key), str(row["valid_from"])
        later = [day for day in days[key] if day > valid_from]
        yield Version(
            definition=name,
            key=" / ".join(value for value in key if value is not None),
            content="; ".join(f"{column}={row[column]}" for column in content if row[column] is not None),
            valid_from=valid_from,
            valid_to=min(later, default=None),
            is_first=valid_from == min(days[key]),
            recorded_on=str(row["recorded_on"]),
            marketing_owner=str(row["marketing_owner"]),
            sales_owner=str(row["sales_owner"]),
            row_number=number,
        )


def rows_in_force(name: str, rows: Sequence[Row], day: str) -> list[Row]:
    """The rows of a file that hold on an ISO date, in the order of the file; all rows of a file without versions."""
    if not SCHEMAS[name].is_versioned:
        return list(rows)
    return [rows[version.row_number - 1] for version in versions(name, rows) if version.holds_on(day)]


def registry(definitions: Mapping[str, Sequence[Row]]) -> list[Version]:
    """The versions of all files, in the order of the schema."""
    return [version for name in SCHEMAS if name in definitions for version in versions(name, definitions[name])]


def _key(row: Row, columns: Sequence[str]) -> tuple[str | None, ...]:
    return tuple(row[column] for column in columns)
