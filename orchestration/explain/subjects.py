"""Where each kind of subject stands, and what is told about an id that is not there."""

from __future__ import annotations

from typing import Any

from orchestration.explain.explanation import ExplainError
from orchestration.reports.reader import PublishedMarts

TABLES = {"deal": "fct_deals", "lead": "fct_leads", "person": "dim_people"}
"""Kind of subject → the mart with one row for each; its key is `<kind>_id`."""

NEAREST = 5
"""So many near ids are told."""


def record_of(marts: PublishedMarts, kind: str, subject: str) -> dict[str, Any]:
    """The row of a subject without `build_id`.

    Raises
    ------
    ExplainError
        when the build has no such id: with the kind that has it, else with the ids nearest to it.
    """
    table = TABLES[kind]
    rows = marts.rows(f"select * exclude (build_id) from {table} where {kind}_id = $id", {"id": subject})
    if rows:
        return rows[0]
    message = f"{marts.build.build_id}: no {kind} {subject!r} in {table} ({marts.count(table):,} rows)"
    others = [other for other in TABLES if other != kind and _is_known(marts, other, subject)]
    if others:
        asked = " or ".join(f"`onefunnel explain {other} {subject}`" for other in others)
        raise ExplainError(f"{message}; it is the id of a {others[0]}: {asked}")
    nearest = marts.rows(
        f"select {kind}_id as id from {table} order by levenshtein({kind}_id, $id), {kind}_id limit {NEAREST}",
        {"id": subject},
    )
    raise ExplainError(f"{message}; the nearest are {', '.join(row['id'] for row in nearest) or 'none'}")


def _is_known(marts: PublishedMarts, kind: str, subject: str) -> bool:
    return bool(marts.rows(f"select 1 from {TABLES[kind]} where {kind}_id = $id limit 1", {"id": subject}))
