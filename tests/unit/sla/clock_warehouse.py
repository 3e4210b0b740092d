"""A small warehouse for tests of the SLA clocks: hand-overs and contacts as they are known, one dbt build of what follows.

Hand-overs and contacts are given as the relations `int_handovers` and `int_contact_attempts`, because the cases of the
definitions are told in them; leads, owners, assignments and definitions go in by the raw relations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from tests.unit.attribution.ledger_warehouse import LedgerWarehouse

HANDOVERS = """
create table intermediate.int_handovers (lead_id varchar, episode bigint, handover_type varchar, band varchar,
    handed_over_at timestamp, accepted_at timestamp, is_accepted_implied boolean, ended_at timestamp, outcome varchar,
    is_outcome_implied boolean, return_reason varchar, owner_id varchar, source_system varchar, source_record_key varchar)
"""
ATTEMPTS = """
create table intermediate.int_contact_attempts (touch_id varchar, lead_id varchar, person_id varchar, owner_id varchar,
    medium varchar, occurred_at timestamp, is_attempt boolean, is_counted boolean, is_two_way boolean)
"""
GIVEN = ("int_handovers", "int_contact_attempts")


def utc(zone: str, local: str) -> datetime:
    """The UTC instant of a local time such as `2026-06-02 10:00`, without a zone as DuckDB has it."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


@dataclass
class ClockWarehouse(LedgerWarehouse):
    """Hand-overs and contacts beside the contracts; instants are naive UTC."""

    evaluated_at: datetime = datetime(2026, 7, 1)
    handovers: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def hand_over(self, lead_id: str, handed_over_at: datetime, **values: Any) -> None:
        """One episode; without further values it is open and was not accepted."""
        row = {"lead_id": lead_id, "episode": 1, "handover_type": "full", "band": "hot", "is_accepted_implied": False}
        self.handovers.append({**row, "handed_over_at": handed_over_at, "is_outcome_implied": False, **values})

    def contact(self, lead_id: str, occurred_at: datetime, medium: str = "call", **values: Any) -> None:
        """One attempt that counts and that nobody answered, unless the values say otherwise."""
        row = {"touch_id": f"touch-{len(self.attempts):06d}", "lead_id": lead_id, "medium": medium}
        told = {"is_attempt": True, "is_counted": True, "is_two_way": False, **values}
        self.attempts.append({**row, "occurred_at": occurred_at, **told})

    def clocks(self) -> duckdb.DuckDBPyConnection:
        """Build `fct_sla_clocks` and all before it but what is given, with their data tests."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("create schema intermediate")
            connection.execute(HANDOVERS)
            connection.execute(ATTEMPTS)
            for table, rows in zip(GIVEN, (self.handovers, self.attempts), strict=True):
                for row in rows:
                    places = ", ".join("?" for _ in row)
                    connection.execute(
                        f"insert into intermediate.{table} ({', '.join(row)}) values ({places})", list(row.values())
                    )
        return self.build(["+fct_sla_clocks"], GIVEN)

    def _create_raw(self, connection: duckdb.DuckDBPyConnection) -> None:
        super()._create_raw(connection)
        connection.execute("update raw_build.build set evaluated_at = ?, as_of_at = ?", [self.evaluated_at] * 2)
        connection.execute(
            "insert into raw_calendar.days select cast(day as date), isodow(day), date_trunc('month', day), null, "
            "strftime(day, '%Y-%m'), null from range(timestamp '2021-01-01', timestamp '2023-01-01', interval 1 day) as days(day) "
            "union all select cast(day as date), isodow(day), date_trunc('month', day), null, strftime(day, '%Y-%m'), null "
            "from range(timestamp '2027-01-01', timestamp '2030-01-01', interval 1 day) as days(day)"
        )
