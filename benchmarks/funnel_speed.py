"""Speed and memory of stage events and cohorts against `funnel_reference.sql`, on the same data in the same process.

    python -m benchmarks.funnel_speed [--leads 1000000] [--events 10] [--memory 3GiB]

Data: leads over two years in eight channels, each with the given number of passages on average: along the main chain, with jumps,
returns, re-entries and losses. No deals, visits or answers of their own.

Ours is the SQL that dbt compiled, from the contracts `leads` and `stage_events` to the stored `fct_stage_events` and
`rpt_funnel_cohorts`. The reference knows the stages and the map beforehand and counts the cohorts, but no period ratios.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from pathlib import Path

import duckdb

from benchmarks.ledger_speed import PeakMemory, compiled_sql, timed
from tests.unit.attribution.ledger_warehouse import LedgerWarehouse

STEPS = (
    "int_stage_events_mapped",
    "int_leads_reached",
    "int_stage_entries",
    "int_step_cohorts",
    "fct_stage_events",
    "rpt_funnel_cohorts",
)
TARGET_RATIO = 2.0

LEADS = """
insert into contracts.leads by name
select
    'lead-' || number as lead_id, 'person-' || number // 2 as person_id,
    timestamp '2024-07-01' + to_seconds(cast(hash(number) % 63000000 as bigint)) as created_at,
    'crm' as source_system, 'crm/leads/' || number || '/1' as source_record_key
from range(?) as leads(number)
"""
CHANNELS = """
insert into intermediate.int_leads_channelled by name
select lead_id, 'channel_' || hash(lead_id) % 8 as channel from contracts.leads
"""
EVENTS = """
insert into contracts.stage_events by name
with passages as (
    select lead_id, created_at, number, hash(lead_id, number) as luck, hash(lead_id) % 7 as reach
    from contracts.leads inner join range(?) as numbers(number) on number <= ? / 2 + hash(lead_id, 1) % (? + 1)
)
select
    lead_id || ':' || number as event_id, lead_id, 'main' as pipeline,
    case
        when luck % 20 = 0 then 'returned'
        when luck % 20 = 1 then 'lost'
        else ['lead', 'mql', 'sql', 'proposal', 'won', 'paid'][least(1 + cast(number // 2 as bigint), 1 + cast(reach as bigint), 6)]
    end as source_stage,
    created_at + to_seconds(cast(number * 86400 * 3 + luck % 86400 as bigint)) as entered_at,
    'crm' as source_system, 'crm/stage_events/' || lead_id || ':' || number || '/1' as source_record_key
from passages
order by luck
"""
DIFFERENCES = {
    "stage events": """
        select count(*) from (
            select event_id, sequence, entered_at, left_at, direction, is_re_entry from marts.fct_stage_events
            except all
            select event_id, sequence, entered_at, left_at, direction, is_re_entry from reference_stage_events
        )
    """,
    "cohorts": """
        select count(*) from reference_cohorts as reference
        full outer join (
            select * from intermediate.int_step_cohorts where denominator > 0
        ) as ours using (cohort_basis, from_stage, to_stage, month_starts_on, channel)
        where (ours.numerator, ours.denominator) is distinct from (reference.numerator, reference.denominator)
            or (ours.window_days is not null and (ours.exposed, ours.numerator_within_window)
                is distinct from (reference.exposed, reference.numerator_within_window))
    """,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10, help="passages of a lead on average")
    parser.add_argument("--memory", default="3GiB", help="DuckDB's memory_limit for both sides")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "onefunnel.duckdb"
        LedgerWarehouse(path).build(["+fct_stage_events", "+rpt_funnel_cohorts"]).close()
        sql = {model: compiled_sql(path.parent / "target", model) for model in STEPS}
        # data is made by a connection of its own, so that its buffers are gone before anything is measured
        with duckdb.connect(str(path), config={"threads": 2, "preserve_insertion_order": False}) as connection:
            connection.execute(LEADS, [arguments.leads])
            connection.execute(CHANNELS)
            connection.execute(EVENTS, [2 * arguments.events, arguments.events, arguments.events])
            events = connection.execute("select count(*) from contracts.stage_events").fetchall()[0][0]
        settings = {"threads": 2, "preserve_insertion_order": False, "memory_limit": arguments.memory}
        with duckdb.connect(str(path), config=settings) as connection, PeakMemory() as reference_memory:
            reference, reference_cpu = timed(
                connection, Path(__file__).with_name("funnel_reference.sql").read_text(encoding="utf-8")
            )
        with duckdb.connect(str(path), config=settings) as connection, PeakMemory() as memory:
            connection.execute("set default_null_order = 'nulls_first_on_asc_last_on_desc'")
            seconds = {}
            for model in STEPS:
                schema = "intermediate" if model.startswith("int_") else "marts"
                seconds[model] = timed(connection, f"create or replace table {schema}.{model} as {sql[model]}")
        with duckdb.connect(str(path), config=settings) as connection:
            differences = {name: connection.execute(query).fetchall()[0][0] for name, query in DIFFERENCES.items()}
            rows = {
                model: connection.execute(f"select count(*) from marts.{model}").fetchall()[0][0]
                for model in STEPS
                if not model.startswith("int_")
            }

    total, total_cpu = (sum(values) for values in zip(*seconds.values(), strict=True))
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "?")
    print(
        f"machine      {cpu}, 2 threads, DuckDB {duckdb.__version__}, Python {platform.python_version()}, "
        f"memory_limit {arguments.memory}"
    )
    print(f"data         {arguments.leads:,} leads, {events:,} stage events")
    print(
        f"reference    {reference:6.1f} s   {reference_cpu:6.1f} s of processor   peak {reference_memory.bytes / 2**30:.2f} GiB"
    )
    for model, (elapsed, used) in seconds.items():
        written = f"   {rows[model]:,} rows" if model in rows else ""
        print(f"  {model:28} {elapsed:6.1f} s   {used:6.1f} s of processor{written}")
    print(f"funnel       {total:6.1f} s   {total_cpu:6.1f} s of processor   peak {memory.bytes / 2**30:.2f} GiB")
    for name, count in differences.items():
        print(f"{name} that differ from the reference: {count}")
    for name, value in {"ratio": total / reference, "ratio (cpu)": total_cpu / reference_cpu}.items():
        print(f"{name:12} {value:6.2f}   target <= {TARGET_RATIO:g}   {'met' if value <= TARGET_RATIO else 'MISSED'}")


if __name__ == "__main__":
    main()
