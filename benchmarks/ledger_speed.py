"""Speed and memory of the attribution ledger against `ledger_reference.sql`, on the same data in the same process.

    python -m benchmarks.ledger_speed [--touches 5000000] [--channels 10] [--converting 1.0] [--memory 1500MiB] [--alone]

Data: one deal per converting journey with 2 to 8 touches (5 on average), milestones on two of its touches; the other
touches belong to people who never convert. At --converting 1.0 every touch is on a journey, which is the largest ledger
(22 M rows from 5 M touches); real companies are nearer 0.25.

Ours is the SQL that dbt compiled, from conversions and touches to the stored ledger of ten models: journeys (the join of touches
to conversions included), their measures and channels, the counts of the Markov chain and its solve, unattributed conversions,
credits. The reference starts from journeys already joined, and counts and solves its chain with bare SQL and numpy; that part of
both sides is printed by itself too. With --alone the reference, which takes as long again, is left out. Bytes
on disk are what the models added, beside the data they began with.
"""

from __future__ import annotations

import argparse
import platform
import resource
import tempfile
import threading
import time
from pathlib import Path

import duckdb
import numpy as np

from orchestration.defs.table_steps import write_table_steps
from orchestration.warehouse import DuckDbWarehouse
from tests.unit.attribution.ledger_warehouse import LedgerWarehouse

JOURNEYS = (
    "int_conversions_levelled",
    "int_revenue_rows_levelled",
    "int_journeys",
    "int_journeys_measured",
    "int_journey_channels",
)
CHAIN = ("int_owners_converted", "int_channel_transitions")
LEDGER = ("int_conversions_unattributed", "int_credits_apportioned")
TARGET_RATIO = 1.5

CONVERSIONS = """
insert into intermediate.int_conversions_gathered by name
select
    number + 1 as conversion_key, 'won:deal-' || number as conversion_id, 'won' as kind,
    'deal-' || number as natural_id,
    'deal' as journey_level, 'deal:deal-' || number as journey_owner_id, 'person-' || number as person_id,
    'deal-' || number as deal_id,
    timestamp '2026-01-01' + to_seconds(cast(hash(number) % 10000000 as bigint)) as converted_at,
    converted_at - to_days(cast(10 * (hash(number, 1) % 9) as integer)) as lead_created_at,
    converted_at - to_days(cast(10 * (hash(number, 2) % 5) as integer)) as opportunity_created_at,
    true as carries_revenue, true as is_attributed, 'crm' as source_system,
    'crm/deals/' || number || '/1' as source_record_key,
    'conversion_kinds@1' as definition_version
from range(?) as conversions(number)
"""
REVENUE = """
insert into intermediate.int_revenue_rows by name
select conversion_id, conversion_key, conversion_id as revenue_row_id, 1 as revenue_row_number,
    converted_at as credited_at,
    cast(converted_at as date) as credited_on, 1 as conversion_count,
    cast(100000 + hash(conversion_key) % 1000000000 as bigint) as amount_minor, 'RUB' as currency,
    amount_minor as amount_reporting_minor,
    false as is_negation, 0 as negation_group
from intermediate.int_conversions_gathered
"""
MEMBERS = """
insert into intermediate.int_journey_members by name
select journey_owner_id, person_id as member_id from intermediate.int_conversions_gathered
"""
TOUCHES = """
insert into intermediate.int_touches_channelled by name
with converting as (
    select person_id, converted_at, cast(2 + hash(conversion_key, 3) % 7 as bigint) as touches
    from intermediate.int_conversions_gathered
    where conversion_key > $conversions * $slice // $slices and conversion_key <= $conversions * ($slice + 1) // $slices
),
placed as (
    select converting.person_id,
        converted_at - to_days(cast(10 * (number - 1) as integer))
        - to_seconds(cast(hash(person_id, number) % 86400 as bigint)) as occurred_at,
        person_id || '-touch-' || number as touch_id
    from converting inner join range(1, 9) as numbers(number) on number <= touches
),
idle as (
    select 'idle-' || number // 5 as person_id,
        timestamp '2026-01-01' + to_seconds(cast(hash(number) % 10000000 as bigint)) as occurred_at,
        'idle-touch-' || number as touch_id
    from range($idle * $slice // $slices, $idle * ($slice + 1) // $slices) as numbers(number)
),
everything as (select * from placed union all by name select * from idle)
select touch_id, person_id as member_id, person_id, occurred_at, cast(0 as bigint) as source_sequence,
    case hash(touch_id) % $channels when 0 then 'direct' else 'channel_' || hash(touch_id) % $channels end as channel,
    'marketing' as team, 'visit' as kind, 'visit' as source_kind, true as is_creditable, 'web' as source_system,
    'web/touches/' || touch_id || '/1' as source_record_key
from everything
order by hash(touch_id)
"""
JOURNEY_TOUCHES = """
create table journey_touches as
select conversions.conversion_id, touches.touch_id, touches.channel, touches.occurred_at, conversions.converted_at,
    revenue_rows.amount_minor, conversions.lead_created_at, conversions.opportunity_created_at
from intermediate.int_conversions_gathered as conversions
inner join intermediate.int_revenue_rows as revenue_rows using (conversion_id)
inner join intermediate.int_touches_channelled as touches using (person_id)
where touches.occurred_at <= conversions.converted_at
"""

PATHS = """
select coalesce(lag(channel) over path, '(start)') as from_state, channel as to_state,
    row_number() over path = count(*) over (partition by path_id) as is_last, converted
from (
    select conversion_id as path_id, touch_id, occurred_at, channel, true as converted from journey_touches
    union all
    select person_id, touch_id, occurred_at, channel, false
    from intermediate.int_touches_channelled
    where person_id not in (select person_id from intermediate.int_conversions_gathered)
)
window path as (partition by path_id order by occurred_at, touch_id)
"""


def reference_effects(connection: duckdb.DuckDBPyConnection) -> tuple[float, float]:
    """Table `effects`: bare counts in one statement and one numpy solve a channel; elapsed and processor seconds."""
    started, used = time.perf_counter(), time.process_time()
    edges = connection.execute(
        f"with paths as ({PATHS}) "
        "select from_state, to_state, count(*) from paths group by all union all "
        "select to_state, case when converted then '(conversion)' else '(null)' end, count(*) from paths where is_last group by all"
    ).fetchall()
    states = ["(start)", *sorted({target for _, target, _ in edges if not target.startswith("(")})]
    place = {state: number for number, state in enumerate([*states, "(conversion)", "(null)"])}
    counts = np.zeros((len(place), len(place)))
    for source, target, number in edges:
        counts[place[source], place[target]] += number
    shares = counts[: len(states)] / counts[: len(states)].sum(axis=1, keepdims=True)

    def converts(kept: list[int]) -> float:
        chain = np.eye(len(kept)) - shares[np.ix_(kept, kept)]
        return float(np.linalg.solve(chain, shares[kept, place["(conversion)"]])[0])

    everything = list(range(len(states)))
    whole = converts(everything)
    effects = [
        (
            state,
            round(round(1 - converts([other for other in everything if other != place[state]]) / whole, 12) * 2**30),
        )
        for state in states[1:]
    ]
    connection.execute("create or replace table effects(channel varchar, effect_parts bigint)")
    connection.executemany("insert into effects values (?, ?)", effects)
    return time.perf_counter() - started, time.process_time() - used


class PeakMemory:
    """Highest resident memory of this process while the block runs, in bytes (sampled every 20 ms)."""

    def __enter__(self) -> PeakMemory:
        self.bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.02):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.bytes = max(self.bytes, pages * resource.getpagesize())


def compiled_sql(target: Path, model: str) -> str:
    """The SELECT that dbt compiled for a model."""
    return next((target / "compiled").rglob(f"{model}.sql")).read_text(encoding="utf-8")


def timed(connection: duckdb.DuckDBPyConnection, statement: str) -> tuple[float, float]:
    """Elapsed and processor seconds (all threads) of one statement; the latter feel other programs less."""
    started, used = time.perf_counter(), time.process_time()
    connection.execute(statement)
    return time.perf_counter() - started, time.process_time() - used


def prepared(path: Path, touches: int, channels: int, converting: float) -> tuple[dict[str, str], int]:
    """A warehouse with the data of a measurement; the compiled SQL by model, and the number of deals.

    converting : share of the touches that stand on converting journeys.
    """
    warehouse = LedgerWarehouse(path)
    warehouse.definitions["conversion_kinds"] = [
        {
            "conversion_kind": "won",
            "journey_level": "account",
            "carries_revenue": "true",
            "is_attributed": "true",
            "valid_from": "2000-01-01",
        }
    ]
    warehouse.build(["+int_conversions_unattributed"], after_python=["int_credits_apportioned"]).close()
    sql = {model: compiled_sql(path.parent / "target", model) for model in (*JOURNEYS, *CHAIN, *LEDGER)}
    # data is made by a connection of its own, so that its buffers are gone before anything is measured
    with duckdb.connect(str(path), config={"threads": 2, "preserve_insertion_order": False}) as connection:
        conversions = int(touches * converting / 5)
        connection.execute(CONVERSIONS, [conversions])
        connection.execute(REVENUE)
        connection.execute(MEMBERS)
        # 100 M touches put in no order at once do not fit into 19 GiB
        slices = -(-touches // 20_000_000)
        for number in range(slices):
            counts = {"conversions": conversions, "idle": touches - 5 * conversions}
            connection.execute(TOUCHES, {**counts, "channels": channels, "slice": number, "slices": slices})
        connection.execute(JOURNEY_TOUCHES)
    return sql, conversions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touches", type=int, default=5_000_000)
    parser.add_argument("--channels", type=int, default=10)
    parser.add_argument(
        "--converting", type=float, default=1.0, help="share of the touches that stand on converting journeys"
    )
    parser.add_argument(
        "--memory", default="1500MiB", help="DuckDB's memory_limit for both sides; the process needs some more"
    )
    parser.add_argument("--alone", action="store_true", help="without the reference")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "onefunnel.duckdb"
        sql, conversions = prepared(path, arguments.touches, arguments.channels, arguments.converting)
        with duckdb.connect(str(path), read_only=True) as connection:
            touches = connection.execute("select count(*) from intermediate.int_touches_channelled").fetchall()[0]
        settings = {"threads": 2, "preserve_insertion_order": False, "memory_limit": arguments.memory}
        if not arguments.alone:
            with duckdb.connect(str(path), config=settings) as connection, PeakMemory() as reference_memory:
                reference_chain = reference_effects(connection)
                reference, reference_cpu = timed(
                    connection, (Path(__file__).with_name("ledger_reference.sql")).read_text(encoding="utf-8")
                )
                reference_rows = connection.execute("select count(*) from ledger_reference").fetchall()[0]
        seconds = {}
        bytes_before = path.stat().st_size
        with duckdb.connect(str(path), config=settings) as connection, PeakMemory() as memory:
            for model in (*JOURNEYS, *CHAIN):
                seconds[model] = timed(connection, f"create or replace table intermediate.{model} as {sql[model]}")
        started, used = time.perf_counter(), time.process_time()
        write_table_steps(DuckDbWarehouse(path), ["removal_effects"])
        seconds["removal_effects"] = time.perf_counter() - started, time.process_time() - used
        with duckdb.connect(str(path), config=settings) as connection, PeakMemory() as ledger_memory:
            for model in LEDGER:
                seconds[model] = timed(connection, f"create or replace table intermediate.{model} as {sql[model]}")
            rows = connection.execute(
                "select count(*), sum(credited_minor) from intermediate.int_credits_apportioned"
            ).fetchall()[0]
        bytes_added = path.stat().st_size - bytes_before
        if not arguments.alone:
            with duckdb.connect(str(path), config=settings) as connection:
                difference = connection.execute(
                    """
                    select count(*) from ledger_reference as reference
                    full outer join (
                        select conversions.conversion_id, journeys.touch_id, credits.attribution_model,
                            credits.credited_minor, credits.weight_units
                        from intermediate.int_credits_apportioned as credits
                        inner join intermediate.int_conversions_gathered as conversions using (conversion_key)
                        inner join intermediate.int_journeys as journeys using (conversion_key, window_key, position)
                        where conversions.conversion_key <= 20000
                    ) as ours using (conversion_id, touch_id, attribution_model)
                    where (ours.credited_minor is distinct from reference.credited_minor or ours.weight_units
                            is distinct from reference.weight_units)
                        and reference.conversion_id in (select conversion_id from intermediate.int_conversions_gathered
                            where conversion_key <= 20000)
                    """
                ).fetchall()[0]

    peak = max(memory.bytes, ledger_memory.bytes)
    chain = sum(seconds[name][0] for name in (*CHAIN, "removal_effects"))
    total = sum(elapsed for elapsed, _ in seconds.values())
    total_cpu = sum(used for _, used in seconds.values())
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "?",
    )
    print(
        f"machine      {cpu}, 2 threads, DuckDB {duckdb.__version__}, Python {platform.python_version()}, "
        f"memory_limit {arguments.memory}"
    )
    print(
        f"data         {touches[0]:,} touches, {arguments.converting:.0%} on converting journeys, "
        f"{conversions:,} deals, {arguments.channels} channels, ten models"
    )
    if not arguments.alone:
        reference, reference_cpu = reference + reference_chain[0], reference_cpu + reference_chain[1]
        print(
            f"reference    {reference:6.1f} s   {reference_cpu:6.1f} s of processor   {reference_rows[0]:,} rows   "
            f"peak {reference_memory.bytes / 2**30:.2f} GiB"
        )
    for model, (elapsed, used) in seconds.items():
        print(f"  {model:32} {elapsed:6.1f} s   {used:6.1f} s of processor")
    print(
        f"ledger       {total:6.1f} s   {total_cpu:6.1f} s of processor   {rows[0]:,} rows   "
        f"peak {peak / 2**30:.2f} GiB"
    )
    print(
        f"a touch      {total / touches[0] * 1e6:6.2f} µs   {total_cpu / touches[0] * 1e6:6.2f} µs of processor   "
        f"{bytes_added / 2**30:.2f} GiB on disk beside {bytes_before / 2**30:.2f} GiB"
    )
    if arguments.alone:
        return
    print(f"credits that differ from the reference (first 20,000 deals): {difference[0]}")
    results = {
        "ratio": (total / reference, TARGET_RATIO),
        "ratio (cpu)": (total_cpu / reference_cpu, TARGET_RATIO),
        "ratio of the chain": (chain / reference_chain[0], TARGET_RATIO),
    }
    for name, (value, target) in results.items():
        print(f"{name:18} {value:6.2f}   target <= {target:g}   {'met' if value <= target else 'MISSED'}")


if __name__ == "__main__":
    main()
