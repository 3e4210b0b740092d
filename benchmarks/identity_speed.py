"""Speed of identity: from the records of people and their tokens to one id a person, as dbt builds it.

    python -m benchmarks.identity_speed [--tokens 5000000]

Data: every person has one to four records. Each record has a phone and an e-mail token and shares one of them with the record
before it, so the records of a person hang together as a chain; beside them offices of 500 records with one phone, which must
join nobody. How many people there are is known, and compared.

The target is for two cores at their usual speed: the calibration loop beside it tells how fast the machine is today.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.ledger_speed import PeakMemory
from orchestration.dbt_runner import Dbt
from orchestration.warehouse import DuckDbWarehouse
from tests.unit.attribution.ledger_warehouse import LedgerWarehouse

MODELS = (
    "int_identity_records",
    "int_identity_evidence",
    "int_identity_links",
    "int_identity_components",
    "int_people_identified",
)
TARGET_SECONDS = 60.0
OFFICES, OFFICE_RECORDS = 100, 500
CARDS_OF_A_PERSON = 2.5
"""On average: one to four, as many of each."""

CARDS = """
insert into raw_files.people by name
select
    printf('%08d', cast(hash(person, card) % 100000000 as bigint)) || '-' || person || '-' || card as person_id,
    md5('phone' || person || '|' || card // 2) as phone_token,
    md5('email' || person || '|' || (card + 1) // 2) as email_token,
    'crm' as source_system, 'crm/people/' || person || '-' || card || '/1' as source_record_key
from range(?) as people(person) inner join range(4) as cards(card) on card <= person % 4
order by hash(person, card, 1)
"""
OFFICE_CARDS = """
insert into raw_files.people by name
select
    'office-' || office || '-' || card as person_id, md5('office' || office) as phone_token,
    md5('office email' || office || '|' || card) as email_token,
    'crm' as source_system, 'crm/people/office-' || office || '-' || card || '/1' as source_record_key
from range(?) as offices(office), range(?) as cards(card)
"""


def calibration() -> float:
    """Seconds of a loop of whole numbers in one thread, that of Python's own interpreter."""
    started = time.perf_counter()
    total = 0
    for number in range(20_000_000):
        total += number & 7
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=5_000_000)
    arguments = parser.parse_args()
    people = int((arguments.tokens / 2 - OFFICES * OFFICE_RECORDS) / CARDS_OF_A_PERSON)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "onefunnel.duckdb"
        LedgerWarehouse(path).build(["+people"]).close()
        with duckdb.connect(str(path), config={"threads": 2, "preserve_insertion_order": False}) as connection:
            connection.execute(CARDS, [people])
            connection.execute(OFFICE_CARDS, [OFFICES, OFFICE_RECORDS])
        dbt, warehouse = Dbt(path.parent / "target"), DuckDbWarehouse(path)
        dbt.parse()
        before = calibration()
        started, used = time.perf_counter(), time.process_time()
        with PeakMemory() as memory:
            results = dbt.run(warehouse, ["--select", *MODELS])
        elapsed, processor = time.perf_counter() - started, time.process_time() - used
        after = calibration()
        assert [result.message for result in results if not result.is_good] == []
        with duckdb.connect(str(path), read_only=True) as connection:
            ((tokens,),) = connection.execute("select count(*) from intermediate.int_identity_evidence").fetchall()
            ((links, cut),) = connection.execute(
                "select count(*), count(*) filter (where is_cut) from intermediate.int_identity_links"
            ).fetchall()
            ((found,),) = connection.execute(
                "select count(distinct person_id) from intermediate.int_people_identified"
            ).fetchall()

    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "?")
    print(f"machine      {cpu}, 2 threads, DuckDB {duckdb.__version__}, Python {platform.python_version()}")
    print(f"calibration  {before:.2f} s before, {after:.2f} s after (20 M additions in Python)")
    print(f"data         {tokens:,} tokens, {links:,} links, {cut:,} of them cut")
    for result in results:
        print(f"  {result.name:28} {result.seconds:6.1f} s")
    print(f"identity     {elapsed:6.1f} s   {processor:6.1f} s of processor   peak {memory.bytes / 2**30:.2f} GiB")
    true = people + OFFICES * OFFICE_RECORDS
    print(f"people       {found:,}, true {true:,}   {'equal' if found == true else 'DIFFER'}")
    print(f"target       <= {TARGET_SECONDS:g} s   {'met' if elapsed <= TARGET_SECONDS else 'MISSED'}")


if __name__ == "__main__":
    main()
