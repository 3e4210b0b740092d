"""Are the marts of two lakes the same that heard the same from the vendors, but not in the same pulls?

What was read once more (after a kill, or on another day) is held by a pull of another number. So a record is named without
the number of its pull, `rpt_pulls` is left out with the rows that count what was pulled, and the instant at which the
vendors were asked is compared by its day: waiting for their reports moves it by seconds.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.publication.current import PublishedTable, read_build

OF_PULLS = ("rpt_pulls",)


def differences(first: Path, second: Path) -> list[str]:
    """Names of the tables that differ between two published builds, `build_id` and what is said above apart."""
    one, other = read_build(first).tables, read_build(second).tables
    differing = sorted(one.keys() ^ other.keys())
    with duckdb.connect(":memory:") as connection:
        for name in sorted(one.keys() & other.keys() - set(OF_PULLS)):
            rows, others = _rows(one[name]), _rows(other[name])
            for left, right in ((rows, others), (others, rows)):
                found = connection.execute(f"select count(*) from ({left} except all {right})").fetchone()
                assert found is not None
                if found[0]:
                    differing.append(name)
                    break
    return differing


def _rows(table: PublishedTable) -> str:
    values = {column.name: f'"{column.name}"' for column in table.columns if column.name != "build_id"}
    if "source_record_key" in values:
        values["source_record_key"] = "regexp_replace(source_record_key, '/[0-9]+$', '')"
    if "evaluated_at" in values:
        values["evaluated_at"] = "cast(evaluated_at as date)"
    told = "where in_contract is not null" if table.path.stem == "rpt_reconciliation" else ""
    columns = ", ".join(f'{value} as "{name}"' for name, value in values.items())
    return f"select {columns} from '{table.path}' {told}"
