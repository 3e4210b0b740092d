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
Reading = Literal[
    "text", "instant", "number", "is_filled", "refers", "seconds_between",
    "matches", "lacks", "written_number", "difference", "within", "same_length",
]  # fmt: skip

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before this a date is a placeholder (1900-01-01, 1970-01-01) or a misread calendar (a Jalali year as it stands)."""

REFERRED = 1
"""Value of the reading `refers` where the other contract has the record."""

HOLDS = 1
"""Value of the readings `matches`, `lacks`, `within` and `same_length` where it is so; another number where it is not."""

EMAIL = r"[\p{L}\p{N}._%+\-]+(?:@|%40)[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+"
"""What an e-mail address looks like, in plain or percent-encoded."""

WINDOW_FROM, WINDOW_TO = "_window_from", "_window_to"
"""Columns that stand beside a vendor's row: the days that its pull covers."""


@dataclass(frozen=True)
class Reference:
    """Records of another contract: those whose `key` is the checked row's `by`. `column`: what is read of them."""

    contract: str
    key: str
    by: str
    column: str | None = None


@dataclass(frozen=True)
class Check:
    """One named expectation of a contract's raw rows.

    expectation: class name in `great_expectations.expectations`; arguments: what it takes beside the column.
    reading: how the canonical text of `columns` becomes the one column of numbers that is compared:

    * `text`: equal texts are equal; `instant`: seconds since 1970; `number`: the number;
    * `is_filled`: null where all `columns` are empty, asked only of rows whose column `when[0]` is filled (or equals
      `when[1]`);
    * `refers`: REFERRED where `reference` has a record, another number where it has none;
    * `seconds_between`: from the first instant to the second. With a `reference` the first one is the record's.

    What a vendor wrote is no canonical text, so its readings take whatever comes:

    * `matches`: HOLDS where the whole text is of `pattern`; `lacks`: HOLDS where no part of it is;
    * `written_number`: the number, null where the text is none; `difference`: the second number less the first one;
    * `within`: HOLDS where the first text does not sort before the second or after the third one;
    * `same_length`: HOLDS where the arrays, in the text form of ClickHouse (`[1,2]`, `['a']`), are equally long.

    A check with a reference is asked only when a stream fills the other contract.
    not_after_observation: the runner adds the upper end, observed_at + tolerance.
    """

    name: str
    severity: Severity
    expectation: str
    description: str
    columns: tuple[str, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)
    reading: Reading = "text"
    not_after_observation: bool = False
    when: tuple[str, str | None] | None = None
    reference: Reference | None = None
    pattern: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns of the contract itself that the check reads."""
        own = [*self.columns]
        if self.when is not None:
            own.append(self.when[0])
        if self.reference is not None:
            own.append(self.reference.by)
        return tuple(dict.fromkeys(own))


@dataclass(frozen=True)
class CheckResult:
    """Outcome of one check. `failing_keys`: `source_record_key` of up to 20 failing rows; values are never carried.

    checked and failed count rows; rows whose value is empty are not asked by checks of content.
    """

    contract: str
    name: str
    severity: Severity
    success: bool
    checked: int
    failed: int
    failing_keys: tuple[str, ...]
    description: str

    @property
    def line(self) -> str:
        """What to tell a person: the check and how many rows break it."""
        return f"{self.contract}.{self.name}: {self.failed:,} of {self.checked:,} rows; {self.description}"

    @property
    def rows_named(self) -> str:
        """Which rows break it, up to 20; empty for a check of the whole table."""
        more = self.failed - len(self.failing_keys)
        return f"{', '.join(self.failing_keys)}{f' and {more:,} more' if more > 0 else ''}" if self.failing_keys else ""


def key(column: str) -> list[Check]:
    """The key of a contract: in every row, and once."""
    return [
        *required(column),
        Check(
            f"{column}_is_unique",
            "critical",
            "ExpectColumnValuesToBeUnique",
            f"No two rows have the same {column}.",
            (column,),
        ),
    ]


def required(*columns: str) -> list[Check]:
    """Fields without which a row cannot be used."""
    return [
        Check(
            f"{column}_is_filled",
            "critical",
            "ExpectColumnValuesToNotBeNull",
            f"Every row has its {column}.",
            (column,),
            reading="is_filled",
        )
        for column in columns
    ]


def any_filled(name: str, *columns: str) -> list[Check]:
    """Rows that belong to nobody count in no journey."""
    return [
        Check(
            name,
            "warning",
            "ExpectColumnValuesToNotBeNull",
            f"At least one of {', '.join(columns)} is filled.",
            columns,
            reading="is_filled",
        )
    ]


def filled_when(column: str, other: str, value: str | None = None, severity: Severity = "warning") -> list[Check]:
    """A field that another one makes necessary."""
    said = f"{other} is {value}" if value is not None else f"{other} is filled"
    return [
        Check(
            f"{column}_is_filled_when_{other}_is_{value or 'filled'}",
            severity,
            "ExpectColumnValuesToNotBeNull",
            f"{column} is filled where {said}.",
            (column,),
            reading="is_filled",
            when=(other, value),
        )
    ]


def money(*columns: str, may_be_negative: bool = False) -> list[Check]:
    """Amounts: with their currency, without which they are in no total; not negative unless they may be."""
    checks = [check for column in columns for check in filled_when("currency", column, severity="critical")]
    return checks if may_be_negative else [*checks, *not_negative(*columns)]


def happened(*columns: str) -> list[Check]:
    """Dates of what has happened: not before 1990 and not after the data was observed."""
    return [
        Check(
            f"{column}_is_plausible",
            "warning",
            "ExpectColumnValuesToBeBetween",
            f"{column} lies between 1990 and the moment at which the data was read.",
            (column,),
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
            (column,),
            {"min_value": EARLIEST.timestamp()},
            "instant",
        )
        for column in columns
    ]


def in_order(first: str, *later: str) -> list[Check]:
    """What cannot end before it begins."""
    return [
        Check(
            f"{column}_is_not_before_{first}",
            "warning",
            "ExpectColumnValuesToBeBetween",
            f"{column} is not before {first}.",
            (first, column),
            {"min_value": 0},
            "seconds_between",
        )
        for column in later
    ]


def not_before_record(column: str, contract: str, key: str, their: str) -> list[Check]:
    """What cannot happen before the record that it grew from (a deal won before its lead)."""
    return [
        Check(
            f"{column}_is_not_before_its_{key.removesuffix('_id')}",
            "warning",
            "ExpectColumnValuesToBeBetween",
            f"{column} is not before {their} of the {key} that the row names.",
            (column,),
            {"min_value": 0},
            "seconds_between",
            reference=Reference(contract, key, key, their),
        )
    ]


def refers_to(contract: str, *columns: str, key: str | None = None) -> list[Check]:
    """Ids that name a record of another contract: without it the row hangs in the air."""
    return [
        Check(
            f"{column}_is_on_record",
            "warning",
            "ExpectColumnValuesToBeInSet",
            f"{column} names a row of {contract}.",
            (column,),
            {"value_set": [REFERRED]},
            "refers",
            reference=Reference(contract, key or column, column),
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
            (column,),
            {"min_value": 0},
            "number",
        )
        for column in columns
    ]


def between(column: str, low: float, high: float) -> list[Check]:
    """A mark on a scale."""
    return [
        Check(
            f"{column}_is_between_{low:g}_and_{high:g}",
            "warning",
            "ExpectColumnValuesToBeBetween",
            f"{column} lies between {low:g} and {high:g}.",
            (column,),
            {"min_value": low, "max_value": high},
            "number",
        )
    ]


def one_of(column: str, *values: str) -> list[Check]:
    """A closed list; other words would fall out of every report."""
    return [
        Check(
            f"{column}_is_known",
            "critical",
            "ExpectColumnValuesToBeInSet",
            f"{column} is one of {', '.join(values)}.",
            (column,),
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


def written(column: str, what: str, pattern: str, severity: Severity = "critical") -> list[Check]:
    """The way in which a vendor writes a value. what: ends the check's name (`is_an_id`); pattern: of the whole text (RE2)."""
    return [
        Check(
            f"{column}_{what}",
            severity,
            "ExpectColumnValuesToBeInSet",
            f"{column} {what.replace('_', ' ')}.",
            (column,),
            {"value_set": [HOLDS]},
            "matches",
            pattern=pattern,
        )
    ]


def ids(*columns: str) -> list[Check]:
    """Ids of digits, up to those of unsigned 64 bits."""
    return [check for column in columns for check in written(column, "is_an_id", r"\d{1,20}")]


def key_of_pull(*columns: str) -> list[Check]:
    """The key of a vendor's stream: whole in every row, and once among the rows that hold."""
    return [
        *required(*columns),
        Check(
            "key_is_unique",
            "critical",
            "ExpectColumnValuesToBeUnique",
            f"No two rows that hold have the same {', '.join(columns)}.",
            ("_account", *columns),
        ),
    ]


def unix_seconds(*columns: str, may_lie_ahead: bool = False) -> list[Check]:
    """Instants in whole seconds since 1970: readable, not before 1990, and not after the data was observed."""
    checks = []
    for column in columns:
        checks += written(column, "is_in_whole_seconds", r"\d{1,12}")
        checks.append(
            Check(
                f"{column}_is_plausible",
                "warning",
                "ExpectColumnValuesToBeBetween",
                f"{column} is not before 1990" + ("." if may_lie_ahead else " and not after the data was read."),
                (column,),
                {"min_value": EARLIEST.timestamp()},
                "written_number",
                not_after_observation=not may_lie_ahead,
            )
        )
    return checks


def day_of_pull(column: str) -> list[Check]:
    """A day of statistics lies in the days that were asked for: what is outside would stay when its day is read again."""
    return [
        *written(column, "is_a_day", r"\d{4}-\d\d-\d\d"),
        Check(
            f"{column}_is_in_the_window",
            "critical",
            "ExpectColumnValuesToBeInSet",
            f"{column} lies in the days of its pull.",
            (column, WINDOW_FROM, WINDOW_TO),
            {"value_set": [HOLDS]},
            "within",
        ),
    ]


def at_most(less: str, more: str) -> list[Check]:
    """Of two numbers one is a part of the other, or the same with something added."""
    return [
        Check(
            f"{less}_is_at_most_{more}",
            "warning",
            "ExpectColumnValuesToBeBetween",
            f"{less} is not more than {more}.",
            (less, more),
            {"min_value": 0},
            "difference",
        )
    ]


def parallel(name: str, *columns: str) -> list[Check]:
    """Arrays that belong together by position."""
    return [
        Check(
            f"{name}_are_parallel",
            "critical",
            "ExpectColumnValuesToBeInSet",
            f"{', '.join(columns)} are equally long.",
            columns,
            {"value_set": [HOLDS]},
            "same_length",
        )
    ]


def without_emails(*columns: str, severity: Severity = "critical") -> list[Check]:
    """Text that must hold nobody's address, in plain or percent-encoded."""
    return [
        Check(
            f"{column}_holds_no_e_mail",
            severity,
            "ExpectColumnValuesToBeInSet",
            f"Nothing in {column} looks like an e-mail address.",
            (column,),
            {"value_set": [HOLDS]},
            "lacks",
            pattern=EMAIL,
        )
        for column in columns
    ]
