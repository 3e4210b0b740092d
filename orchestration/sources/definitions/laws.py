"""Laws that columns of any file may obey; a law of one area alone stands beside its schemas."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from orchestration.sources.definitions.kinds import number
from orchestration.sources.definitions.schema import BrokenLaw, FileLaw, Row, RowLaw


def in_order(low: str, high: str) -> RowLaw:
    """Both present: low must not be above high (numbers, ISO dates and times of day alike)."""

    def law(row: Row) -> Iterator[tuple[str, str]]:
        first, last = row[low], row[high]
        if first is None or last is None:
            return
        try:
            wrong = number(first) > number(last)
        except ValueError:
            wrong = first > last
        if wrong:
            yield high, f"expected at least {low} ({first}), got {last}"

    return law


def needs(column: str, value: str, *needed: str) -> RowLaw:
    """Where `column` has `value`, the `needed` columns must be filled."""

    def law(row: Row) -> Iterator[tuple[str, str]]:
        if row[column] == value:
            for name in needed:
                if row[name] is None:
                    yield name, f"is empty, but {column} {value} needs it"

    return law


def not_below(column: str, least: str, *, included: bool = True) -> RowLaw:
    """A number that is at least `least`, or above it."""

    def law(row: Row) -> Iterator[tuple[str, str]]:
        value = row[column]
        if value is None:
            return
        if number(value) < Decimal(least) or (not included and number(value) == Decimal(least)):
            yield column, f"expected a number {'of at least' if included else 'above'} {least}, got {value}"

    return law


def share(column: str) -> RowLaw:
    """A fraction above 0 and at most 1: 0.5, not 50."""

    def law(row: Row) -> Iterator[tuple[str, str]]:
        if row[column] is not None and not 0 < number(row[column] or "") <= 1:
            yield column, f"expected a share above 0 and at most 1, such as 0.5, got {row[column]}"

    return law


def unique(*columns: str) -> FileLaw:
    """No two rows of one `valid_from` have the same values in `columns`."""

    def law(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
        seen: dict[tuple[str | None, ...], int] = {}
        for index, row in enumerate(rows):
            key = (row["valid_from"], *(row[name] for name in columns))
            if None in key[1:]:
                continue
            if key in seen:
                yield BrokenLaw(
                    index, columns[-1], f"{', '.join(map(str, key[1:]))} stands in data row {seen[key] + 1} too"
                )
            seen.setdefault(key, index)

    return law
