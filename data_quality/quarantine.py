"""How much of a stream may be set aside before figures built without it would mislead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd

REASONS_SHOWN = 5


@dataclass(frozen=True)
class QuarantineLimits:
    """`share`: of a stream's rows, 0 to 1; `streams`: `source/stream` → its own share. A stream of fewer rows than
    `min_rows` is judged as if it had that many: two bad rows of ten are no reason to stop, forty of forty are."""

    share: Decimal
    min_rows: int
    streams: Mapping[str, Decimal] = field(default_factory=dict)

    def of(self, stream: str, rows: int) -> Decimal:
        """The number of rows (not whole) up to which a stream may be published."""
        return self.streams.get(stream, self.share) * max(rows, self.min_rows)


def over_the_limit(pulls: pd.DataFrame, quarantined: pd.DataFrame, limits: QuarantineLimits) -> list[str]:
    """One line a stream of which too much is set aside: counts, reasons, and the first place of each.

    pulls: source, stream, rows_in, quarantined, is_read. quarantined: source, stream, file_name, line_number, row_number,
    column_name, scope, reason (only scope `row` counts: a value that became null keeps its row).
    """
    read = pulls[pulls["is_read"].astype(bool)]
    lines = []
    for (source, stream), files in read.groupby(["source", "stream"], sort=True):
        name, rows, out = f"{source}/{stream}", int(files["rows_in"].sum()), int(files["quarantined"].sum())
        if out <= limits.of(name, rows):
            continue
        here = quarantined[
            (quarantined["source"] == source) & (quarantined["stream"] == stream) & (quarantined["scope"] == "row")
        ]
        share = limits.streams.get(name, limits.share)
        lines.append(
            f"{name}: {out:,} of {rows:,} rows were set aside, allowed are {share:.1%} (of at least {limits.min_rows} rows): "
            + "; ".join(_reasons(here))
        )
    return lines


def _reasons(rows: pd.DataFrame) -> list[str]:
    """`120 not_a_timestamp in created (first: leads.csv, line 7)`, most frequent first."""
    groups: dict[tuple[str, str], list[dict[Any, Any]]] = {}
    for row in rows.astype(object).where(rows.notna(), None).to_dict("records"):
        groups.setdefault((row["reason"], row["column_name"] or ""), []).append(row)
    said = []
    for (reason, column), found in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))[:REASONS_SHOWN]:
        first = min(found, key=lambda row: (row["file_name"], row["row_number"] or 0))
        line = first["line_number"]
        place = f"row {int(first['row_number'])}" if line is None else f"line {int(line)}"
        where = f" in {column}" if column else ""
        said.append(f"{len(found):,} {reason}{where} (first: {first['file_name']}, {place})")
    return said
