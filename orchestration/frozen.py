"""Facts that are frozen on a day (DEFINITIONS D70): written into the lake once and never again.

A build computes the facts that are due and that the lake does not hold yet, and shows them beside those that it holds.
When all its checks have passed they are committed as one pull a stream, so that every later build reads them as they were:
after a kill in between, the next run computes and commits them. A rebuild of the past reads what was frozen by then,
computes the rest itself and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing import Lake
from orchestration.warehouse import Warehouse

SOURCE = "frozen"
CONNECTOR_VERSION = "1"


@dataclass(frozen=True)
class FrozenStream:
    """One kind of frozen fact.

    due : the table, as `schema.table`, of the facts that are due and not in the lake; it has at least `columns`.
    key : what a fact is identified by; no two facts of a stream have the same.
    columns : what is frozen, as text. Only ever widened: pulls that lack a column give null.
    """

    due: str
    key: tuple[str, ...]
    columns: tuple[str, ...]


REASON_COLUMNS = (
    "refused_no_budget", "refused_not_icp", "refused_too_early", "refused_competitor", "refused_unreachable",
    "refused_duplicate", "refused_bad_data", "refused_other", "refused_without_reason",
)  # fmt: skip

STREAMS: Mapping[str, FrozenStream] = {
    "campaign_snapshots": FrozenStream(
        due="intermediate.int_campaign_snapshots_due",
        key=("campaign_id", "begins_on", "review_day"),
        columns=(
            "campaign_id", "begins_on", "review_day", "snapshot_on", "window_days", "known_on", "is_reconstructed", "leads",
            "quality_leads", "quality_known", "mql", "sql", "proposals", "won", "exposed", "sql_in_time", "sql_days",
            "refused", *REASON_COLUMNS, "cost_minor", "currency", "reference_leads", "reference_exposed",
            "reference_sql_in_time", "reference_cost_minor", "reference_sql_with_cost", "proposal", "proposal_reason",
            "leading_reason", "definition_version",
        ),
    ),
    "identity_changes": FrozenStream(
        due="intermediate.int_identity_changes_due",
        key=("applies_to", "record_id", "change_number"),
        columns=("applies_to", "record_id", "change_number", "named_before", "named", "known_at", "is_first_look"),
    ),
    "month_ends": FrozenStream(
        due="intermediate.int_month_ends_due",
        key=("month_starts_on", "figure"),
        columns=(
            "period", "month_starts_on", "next_month_starts_on", "figure", "numerator", "denominator", "currency", "known_on",
            "is_reconstructed",
        ),
    ),
}  # fmt: skip
"""Every stream of frozen facts by name."""


def freeze(lake: Lake, warehouse: Warehouse, name: str) -> int:
    """Commit the facts of a stream that are due and that the lake does not hold; returns how many there were.

    Asked once more on the same warehouse it finds them in the lake and commits nothing. Raises LandingError when the lake
    cannot be read or written.
    """
    stream = STREAMS[name]
    texts = ", ".join(
        f"cast({warehouse.quoted(column)} as string) as {warehouse.quoted(column)}" for column in stream.columns
    )
    due = warehouse.arrow(f"select {texts} from {warehouse.quoted(stream.due)}")
    due = due.cast(pa.schema([(column, pa.string()) for column in stream.columns]))
    held = _keys_in_the_lake(lake, name, stream)
    is_new = [key not in held for key in _keys(due, stream)]
    rows = due.filter(pa.array(is_new, pa.bool_())).sort_by([(column, "ascending") for column in stream.key])
    if rows.num_rows == 0:
        return 0
    with lake.open_pull(
        SOURCE,
        name,
        columns=stream.columns,
        kind="changes",
        key_columns=stream.key,
        connector_version=CONNECTOR_VERSION,
    ) as writer:
        writer.write(rows)
        writer.describe(rows_in=rows.num_rows)
    return int(rows.num_rows)


def _keys(rows: pa.Table, stream: FrozenStream) -> list[tuple[str | None, ...]]:
    return list(zip(*(rows.column(column).to_pylist() for column in stream.key), strict=True))


def _keys_in_the_lake(lake: Lake, name: str, stream: FrozenStream) -> set[tuple[str | None, ...]]:
    parts = [part for pull in lake.pulls(SOURCE, name) for part in pull.parts]
    return {
        key for part in parts for key in _keys(pq.read_table(part, columns=list(stream.key), partitioning=None), stream)
    }
