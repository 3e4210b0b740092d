"""Which columns name a row of a file, and which columns of different files hold the same keys.

Both are counted on whole files, not on samples: one repeated key in a million rows is the one that matters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.sources.files import notation
from orchestration.sources.proposal.column_types import ColumnFacts

LEAST_MATCH = 0.5
"""Share of the distinct values from which two columns of different names are shown as a join; of one name: any match."""
LEAST_VALUES = 5
"""Fewer distinct values than this meet by chance."""
_PAIRED_COLUMNS = 7


@dataclass(frozen=True)
class Join:
    """`column` of `file` holds keys of `other_column` in `other_file`. Counts are of distinct values."""

    file: str
    column: str
    other_file: str
    other_column: str
    matched: int
    distinct: int
    unmatched: tuple[str, ...]
    """The first values (in order of text) that are not found; empty for contact data."""

    @property
    def rate(self) -> float:
        return self.matched / self.distinct


def key_columns(table: pa.Table, facts: Sequence[ColumnFacts], is_key_name: Callable[[str], bool]) -> tuple[str, ...]:
    """The column that names a row of the whole file (but for a few repeats), else the pair of columns that does so
    without exception, else nothing. `is_key_name` says whether a column is called like a key."""
    order = {"id": 0, "email": 1, "text": 2, "category": 2, "phone": 2, "period": 3, "integer": 4}
    likely = [
        (not is_key_name(item.name), item.repeats, order[item.kind], position, item.name)
        for position, item in enumerate(facts)
        if item.names_rows and item.kind in order
    ]
    if likely:
        return (min(likely)[-1],)
    spread = sorted(
        (
            item
            for item in facts
            if item.filled == item.rows and item.distinct > 1 and item.kind not in ("number", "free_text")
        ),
        key=lambda item: -item.distinct,
    )[:_PAIRED_COLUMNS]
    for one, other in combinations(spread, 2):
        if one.distinct * other.distinct >= table.num_rows and _pair_is_unique(table, one.name, other.name):
            return tuple(name for name in table.column_names if name in (one.name, other.name))
    return ()


def _pair_is_unique(table: pa.Table, one: str, other: str) -> bool:
    """Callers give columns without empty values in the sample; null is a value like others here."""
    pair = pa.table({"a": table.column(one), "b": table.column(other)})
    return int(pair.group_by(["a", "b"]).aggregate([]).num_rows) == table.num_rows


def joins(
    tables: Mapping[str, pa.Table], facts: Mapping[str, Sequence[ColumnFacts]], keys: Mapping[str, tuple[str, ...]]
) -> list[Join]:
    """Joins from any id-like column to the one-column key (or a column without repetition) of another file.

    Sorted by file and column, best match first; of a weak pair only the direction
    that matches better. Whole numbers join only to columns of the same name or where they are
    long enough not to be counts.
    """
    distinct: dict[tuple[str, str], pa.Array] = {}

    def values(file: str, column: str) -> pa.Array:
        if (file, column) not in distinct:
            empties = [text for text, _ in next(item for item in facts[file] if item.name == column).placeholders]
            found = notation.trimmed(pc.unique(tables[file].column(column)), empties)
            distinct[file, column] = pc.unique(found.drop_null())
        return distinct[file, column]

    found: list[Join] = []
    for file, columns in facts.items():
        for item in columns:
            if item.kind not in ("id", "integer", "text", "category", "email", "phone"):
                continue
            for other_file, others in facts.items():
                if other_file == file:
                    continue
                for other in others:
                    is_key = keys[other_file] == (other.name,) or other.names_rows
                    if not is_key or not _may_meet(item, other):
                        continue
                    join = _join(file, item, other_file, other, values)
                    if join is not None:
                        found.append(join)
    rates = {(join.file, join.column, join.other_file, join.other_column): join.rate for join in found}
    found = [
        join
        for join in found
        if join.rate >= LEAST_MATCH
        or rates.get((join.other_file, join.other_column, join.file, join.column), 0.0) <= join.rate
    ]
    return sorted(found, key=lambda join: (join.file, join.column, -join.rate, join.other_file, join.other_column))


def _may_meet(item: ColumnFacts, other: ColumnFacts) -> bool:
    if other.kind not in ("id", "integer", "text", "category", "email", "phone"):
        return False
    same_name = item.name.casefold() == other.name.casefold()
    if item.kind == "integer" or other.kind == "integer":
        return item.kind == other.kind and (same_name or (_is_long(item) and _is_long(other)))
    return True


def _is_long(item: ColumnFacts) -> bool:
    return bool(item.values) and min(len(text) for text, _ in item.values) >= 4


def _join(
    file: str, item: ColumnFacts, other_file: str, other: ColumnFacts, values: Callable[[str, str], pa.Array]
) -> Join | None:
    own, target = values(file, item.name), values(other_file, other.name)
    same_name = item.name.casefold() == other.name.casefold()
    if len(own) == 0 or (len(own) < LEAST_VALUES and not same_name):
        return None
    is_found = pc.is_in(own, value_set=target)
    matched = int(pc.sum(is_found).as_py() or 0)
    rate = matched / len(own)
    if matched == 0 or (rate < LEAST_MATCH and not same_name):
        return None
    missing = pc.sort_indices(own.filter(pc.invert(is_found)))[:3]
    unmatched = () if item.is_hidden else tuple(own.filter(pc.invert(is_found)).take(missing).to_pylist())
    return Join(file, item.name, other_file, other.name, matched, len(own), unmatched)
