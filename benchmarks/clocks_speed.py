"""Speed and memory of the SLA clocks against `clocks_reference.sql`, on the same data in the same process.

    python -m benchmarks.clocks_speed [--leads 1000000] [--memory 3000MiB]

Data: every lead has nine contacts of people and an assignment or two; six of ten are handed over, one of ten twice. At a million leads
that is nine million contacts and a million and a half of assignments. Calendars, owners and clocks are the defaults.

Ours is the SQL that dbt compiled, from hand-overs, contacts and assignments to the table that is published. The reference is
written for DuckDB alone, with as-of joins; both start from calendar intervals and from who works by which calendar.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from datetime import datetime
from pathlib import Path

import duckdb

from benchmarks.ledger_speed import PeakMemory, compiled_sql, timed
from tests.unit.sla.clock_warehouse import ClockWarehouse

STEPS = (
    "int_calendar_intervals",
    "int_calendar_pieces",
    "int_calendar_buckets",
    "int_lead_holders",
    "int_clock_spans",
    "int_clock_terms",
    "int_clocks_measured",
    "int_clock_owners",
    "fct_sla_clocks",
)
TARGET_RATIO = 2.0
OWNERS = 40

EVALUATED_AT = datetime(2026, 6, 20)
# a year of leads; contacts begin within hours, hand-overs on the next day; nothing is on record that comes after the evaluation
LEADS = """
insert into contracts.leads by name
select 'lead-' || number as lead_id, 'crm' as source_system, 'crm/leads/' || number || '/1' as source_record_key,
    timestamp '2025-06-01' + to_seconds(cast(hash(number) % 31536000 as bigint)) as created_at,
    'owner-' || hash(number, 1) % ? as owner_id
from range(?) as numbers(number)
"""
ASSIGNMENTS = """
insert into contracts.assignments by name
select lead_id || '-' || turn as assignment_id, lead_id, 'owner-' || hash(lead_id, turn) % ? as owner_id,
    created_at + to_seconds(cast(hash(lead_id, turn, 1) % 900 + turn * 86400 as bigint)) as assigned_at,
    'crm' as source_system, 'crm/assignments/1/1' as source_record_key
from contracts.leads cross join range(2) as turns(turn)
where turn = 0 or hash(lead_id) % 2 = 0
"""
HANDOVERS = """
insert into intermediate.int_handovers by name
select * replace (
    case when accepted_at <= $at then accepted_at end as accepted_at, case when ended_at <= $at then ended_at end as ended_at,
    case when ended_at <= $at then outcome end as outcome
)
from (select lead_id, episode + 1 as episode, 'full' as handover_type, 'hot' as band,
    created_at + to_seconds(cast(86400 + episode * 2592000 + hash(lead_id, episode) % 7200 as bigint)) as handed_over_at,
    handed_over_at + to_seconds(cast(hash(lead_id, episode, 2) % 90000 as bigint)) as accepted_at,
    false as is_accepted_implied, accepted_at + to_seconds(cast(hash(lead_id, episode, 3) % 260000 as bigint)) as ended_at,
    case hash(lead_id, episode, 4) % 3 when 0 then 'sql' when 1 then 'rejected' else 'returned' end as outcome,
    false as is_outcome_implied, null as return_reason, null as owner_id, 'crm' as source_system
from contracts.leads cross join range(2) as episodes(episode)
where hash(lead_id) % 10 < 6 - 5 * episode)
where handed_over_at <= $at
"""
ATTEMPTS = """
insert into intermediate.int_contact_attempts by name
select lead_id || '-' || number as touch_id, lead_id, 'call' as medium,
    created_at + to_seconds(cast(hash(lead_id, number) % 1000 + number * 40000 as bigint)) as occurred_at,
    true as is_attempt, true as is_counted, hash(lead_id, number, 1) % 4 = 0 as is_two_way
from contracts.leads cross join range(9) as numbers(number)
where occurred_at <= $at
"""
DIFFERENCE = """
select count(*) from marts.fct_sla_clocks as ours
full outer join clocks_reference as theirs using (lead_id, episode, clock)
where (ours.due_at, ours.limit_at, ours.stopped_at, ours.state, ours.cause, ours.clock_seconds, ours.business_minutes,
        ours.system_minutes, ours.owner_id, ours.attempts)
    is distinct from (theirs.due_at, theirs.limit_at, theirs.stopped_at, theirs.state, theirs.cause, theirs.clock_seconds,
        theirs.business_minutes, theirs.system_minutes, theirs.owner_id, theirs.attempts)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--memory", default="3000MiB", help="DuckDB's memory_limit for both sides")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "onefunnel.duckdb"
        warehouse = ClockWarehouse(path, evaluated_at=EVALUATED_AT)
        for number in range(OWNERS):
            warehouse.add("owners", owner_id=f"owner-{number}", team="sales", is_human="true")
        warehouse.clocks().close()
        sql = {model: compiled_sql(path.parent / "target", model) for model in STEPS}
        settings = {"threads": 2, "preserve_insertion_order": False, "memory_limit": arguments.memory}
        # data is made by a connection of its own, so that its buffers are gone before anything is measured
        with duckdb.connect(str(path), config=settings) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(LEADS, [OWNERS, arguments.leads])
            connection.execute(ASSIGNMENTS, [OWNERS])
            connection.execute(HANDOVERS, {"at": EVALUATED_AT})
            connection.execute(ATTEMPTS, {"at": EVALUATED_AT})
            connection.execute(f"create or replace table intermediate.int_calendar_intervals as {sql[STEPS[0]]}")
            connection.execute(
                "create table calendar_intervals as select timetable, opens_at, open_seconds_before, "
                "cast(epoch(closes_at) - epoch(opens_at) as bigint) as seconds from intermediate.int_calendar_intervals"
            )
            contacts = connection.execute("select count(*) from intermediate.int_contact_attempts").fetchall()[0][0]
        reference_sql = Path(__file__).with_name("clocks_reference.sql").read_text(encoding="utf-8")
        with duckdb.connect(str(path), config=settings) as connection, PeakMemory() as memory:
            connection.execute("set TimeZone = 'UTC'")
            seconds = {}
            for model in STEPS:
                schema = "marts" if model.startswith("fct_") else "intermediate"
                seconds[model] = timed(connection, f"create or replace table {schema}.{model} as {sql[model]}")
            clocks = connection.execute("select count(*) from marts.fct_sla_clocks").fetchall()[0][0]

        # ours is told before the reference is tried: at 5 M leads that wants more room on the disk than 20 GB
        total = sum(elapsed for elapsed, _ in seconds.values())
        total_cpu = sum(used for _, used in seconds.values())
        models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        cpu = models[0].split(":")[1].strip() if models else "?"
        print(
            f"machine      {cpu}, 2 threads, DuckDB {duckdb.__version__}, Python {platform.python_version()}, "
            f"memory_limit {arguments.memory}"
        )
        print(f"data         {arguments.leads:,} leads, {contacts:,} contacts, {clocks:,} clocks")
        for model, (elapsed, used) in seconds.items():
            print(f"  {model:32} {elapsed:6.1f} s   {used:6.1f} s of processor")
        print(f"clocks       {total:6.1f} s   {total_cpu:6.1f} s of processor   peak {memory.bytes / 2**30:.2f} GiB")
        with duckdb.connect(str(path), config=settings) as connection, PeakMemory() as reference_memory:
            connection.execute("set TimeZone = 'UTC'")
            reference, reference_cpu = timed(connection, reference_sql)
        with duckdb.connect(str(path), config=settings) as connection:
            difference = connection.execute(DIFFERENCE).fetchall()[0][0]

    print(
        f"reference    {reference:6.1f} s   {reference_cpu:6.1f} s of processor   peak {reference_memory.bytes / 2**30:.2f} GiB"
    )
    print(f"clocks that differ from the reference: {difference}")
    for name, value in {"ratio": total / reference, "ratio (cpu)": total_cpu / reference_cpu}.items():
        print(f"{name:12} {value:6.2f}   target <= {TARGET_RATIO:g}   {'met' if value <= TARGET_RATIO else 'MISSED'}")


if __name__ == "__main__":
    main()
