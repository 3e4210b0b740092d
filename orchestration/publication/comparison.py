"""Are two builds the same? Everything is compared but `build_id`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.publication.current import PublishedTable, read_build


@dataclass(frozen=True)
class Difference:
    """What differs in one table: `tables`, `columns` or `rows`, told in words, with rows found on one side only."""

    table: str
    what: str
    message: str
    only_in_first: int = 0
    only_in_second: int = 0


def compare_builds(first: Path, second: Path) -> list[Difference]:
    """Differences between two published builds (directories or the link `current`), as multisets of rows.

    An empty list means: same tables, same columns and types in the same order, same rows as often, `build_id` apart.
    """
    tables_of_first, tables_of_second = read_build(first).tables, read_build(second).tables
    differences: list[Difference] = []
    with duckdb.connect(":memory:") as connection:
        for name in sorted({*tables_of_first, *tables_of_second}):
            one, other = tables_of_first.get(name), tables_of_second.get(name)
            if one is None or other is None:
                side = "second" if other is None else "first"
                differences.append(Difference(name, "tables", f"{name} is missing in the {side} build"))
            elif (one_columns := _columns(one)) != (other_columns := _columns(other)):
                message = f"{name}: columns {one_columns} against {other_columns}"
                differences.append(Difference(name, "columns", message))
            elif difference := _row_difference(connection, one, other):
                differences.append(difference)
    return differences


def _columns(table: PublishedTable) -> list[tuple[str, str]]:
    return [(column.name, column.data_type) for column in table.columns if column.name != "build_id"]


def _row_difference(
    connection: duckdb.DuckDBPyConnection, one: PublishedTable, other: PublishedTable
) -> Difference | None:
    columns = ", ".join(f'"{name}"' for name, _ in _columns(one)) or "1"
    rows = f"select {columns} from read_parquet(?)"
    counts: list[int] = []
    for left, right in ((one, other), (other, one)):
        counted = connection.execute(
            f"select count(*) from ({rows} except all {rows})", [str(left.path), str(right.path)]
        ).fetchone()
        assert counted is not None
        counts.append(int(counted[0]))
    if not any(counts):
        return None
    message = f"{one.name}: {counts[0]} rows only in the first build, {counts[1]} only in the second"
    return Difference(one.name, "rows", message, counts[0], counts[1])


def fingerprints(build: Path) -> dict[str, str]:
    """Table → a digest of its rows that does not depend on their order, `build_id` apart.

    Every row is digested (MD5 over its values as text, told apart from null and from each other); the digests are summed in
    128 bits with the number of rows beside, so that a row that stands twice counts twice. Made for telling builds of two
    engines or two machines apart without their files, not against an adversary.
    """
    found: dict[str, str] = {}
    with duckdb.connect(":memory:") as connection:
        for name, table in read_build(build).tables.items():
            values = ", ".join(f"coalesce('=' || cast(\"{column}\" as varchar), '-')" for column, _ in _columns(table))
            row = f"md5(concat_ws(chr(31), {values}))"
            digest = connection.execute(
                f"select count(*), sum(cast(md5_number_lower(digest) as hugeint)), sum(cast(md5_number_upper(digest) as hugeint)) "
                f"from (select {row} as digest from read_parquet(?))",
                [str(table.path)],
            ).fetchone()
            assert digest is not None
            found[name] = "/".join("0" if part is None else f"{part:x}" for part in digest)
    return found
