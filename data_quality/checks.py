"""The vocabulary of raw checks: what is expected of a column, under which name, and how bad a breach is.

Checks are declared without importing Great Expectations (its import takes 4–5 s); the runner turns them into
expectations. A critical breach means that figures would be wrong (keys, required fields) and blocks publication;
a warning means that somebody should look.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Severity = Literal["critical", "warning"]
Reading = Literal["text", "instant", "number"]

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before this a date is a placeholder (1900-01-01, 1970-01-01) or a misread calendar (a Jalali year as it stands)."""


@dataclass(frozen=True)
class Check:
    """One named expectation of a contract's raw rows.

    expectation: class name in `great_expectations.expectations`; arguments: what it takes beside the column.
    reading: how the canonical text of the column is read before it is compared (`instant` as seconds since 1970).
    not_after_observation: the runner adds the upper end, observed_at + tolerance.
    """

    name: str
    severity: Severity
    expectation: str
    description: str
    column: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    reading: Reading = "text"
    not_after_observation: bool = False


@dataclass(frozen=True)
class CheckResult:
    """Outcome of one check. `failing_keys`: `source_record_key` of up to 20 failing rows; values are never carried.

    checked and failed count rows (values that are null are not failed by checks of content).
    """

    contract: str
    name: str
    severity: Severity
    success: bool
    checked: int
    failed: int
    failing_keys: tuple[str, ...]
    description: str


def key(column: str) -> list[Check]:
    """The key of a contract: in every row, and once."""
    return [
        *required(column),
        Check(
            f"{column}_is_unique",
            "critical",
            "ExpectColumnValuesToBeUnique",
            f"No two rows share a {column}.",
            column,
        ),
    ]


def required(*columns: str) -> list[Check]:
    """Fields without which a row cannot be used."""
    return [
        Check(
            f"{column}_is_filled",
            "critical",
            "ExpectColumnValuesToNotBeNull",
            f"Every row has a {column}.",
            column,
        )
        for column in columns
    ]


def happened(*columns: str) -> list[Check]:
    """Dates of what has happened: not before 1990 and not after the data was observed."""
    return [
        Check(
            f"{column}_is_plausible",
            "warning",
            "ExpectColumnValuesToBeBetween",
            f"{column} lies between 1990 and the moment at which the data was read.",
            column,
            {"min_value": EARLIEST.timestamp()},
            "instant",
            not_after_observation=True,
        )
        for column in columns
    ]


def planned(*columns: str) -> list[Check]:
    """Dates that may lie in the future (ends, due dates): not before 1990."""
    return [
        Check(
            f"{column}_is_plausible",
            "warning",
            "ExpectColumnValuesToBeBetween",
            f"{column} is not before 1990.",
            column,
            {"min_value": EARLIEST.timestamp()},
            "instant",
        )
        for column in columns
    ]


def not_negative(*columns: str) -> list[Check]:
    """Amounts and counts of which less than nothing makes no sense."""
    return [
        Check(
            f"{column}_is_not_negative",
            "warning",
            "ExpectColumnValuesToBeBetween",
            f"{column} is 0 or more.",
            column,
            {"min_value": 0},
            "number",
        )
        for column in columns
    ]


def one_of(column: str, *values: str) -> list[Check]:
    """A closed list; other words would fall out of every report."""
    return [
        Check(
            f"{column}_is_known",
            "critical",
            "ExpectColumnValuesToBeInSet",
            f"{column} is one of {', '.join(values)}.",
            column,
            {"value_set": list(values)},
        )
    ]


def has_rows() -> list[Check]:
    """A stream that landed but says nothing is more often a broken export than an empty business."""
    return [
        Check(
            "has_rows",
            "warning",
            "ExpectTableRowCountToBeBetween",
            "At least one row where a stream fills this contract.",
            arguments={"min_value": 1},
        )
    ]
