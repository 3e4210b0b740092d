"""From touches to removal effects: ours beside ChannelAttribution and marketing-attribution-models, one after the other.

    python -m benchmarks.packages_speed [--touches 1000000] [--channels 10] [--converting 0.25] [--python PYTHON]

All begin with the same two tables, touches of people in no order and conversions of people, and end with the removal effect of every
channel of a chain of order one. So each of them joins, keeps a lookback of 365 days, sorts and makes paths, before there is a chain: ours
in SQL, theirs in polars and without writing anything. What comes out is compared: a figure that is nearer to the exact one costs more draws.
What the whole ledger of ten models takes us is printed beside it. Without --python an environment for them is made in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.ledger_speed import CHAIN, JOURNEYS, LEDGER, prepared, timed
from orchestration.defs.table_steps import write_table_steps
from orchestration.warehouse import DuckDbWarehouse

PACKAGES = ("ChannelAttribution==2.2.5", "marketing-attribution-models==2.1.1", "matplotlib", "scipy", "pyarrow")
TARGETS = {"ChannelAttribution": 4.0, "marketing-attribution-models": 10.0}
"""So many times as fast we are to be."""

OF_THE_CHAIN = ("int_conversions_levelled", "int_journeys", "int_journeys_measured", *CHAIN)
"""The models that removal effects stand on; `int_revenue_rows_levelled` and `int_journey_channels` only serve the ledger."""

GIVEN = {
    "touches": "select person_id, touch_id, channel, occurred_at from intermediate.int_touches_channelled",
    "conversions": "select person_id, conversion_id, converted_at from intermediate.int_conversions_gathered",
}


def ours(path: Path, sql: dict[str, str]) -> tuple[dict[str, float], float]:
    """Seconds by model from conversions and touches to removal effects, and those that the rest of the ledger takes."""
    settings = {"threads": 2, "preserve_insertion_order": False}
    chain = {}
    with duckdb.connect(str(path), config=settings) as connection:
        for model in OF_THE_CHAIN:
            chain[model] = timed(connection, f"create or replace table intermediate.{model} as {sql[model]}")[0]
    started = time.perf_counter()
    write_table_steps(DuckDbWarehouse(path), ["removal_effects"])
    chain["removal_effects"] = time.perf_counter() - started
    with duckdb.connect(str(path), config=settings) as connection:
        rest = sum(
            timed(connection, f"create or replace table intermediate.{model} as {sql[model]}")[0]
            for model in (*JOURNEYS, *LEDGER)
            if model not in OF_THE_CHAIN
        )
    return chain, rest


def environment(folder: Path) -> str:
    """A Python with the packages."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touches", type=int, default=1_000_000)
    parser.add_argument("--channels", type=int, default=10)
    parser.add_argument("--converting", type=float, default=0.25)
    parser.add_argument("--python", help="a Python that has the packages")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "onefunnel.duckdb"
        sql, _ = prepared(path, arguments.touches, arguments.channels, arguments.converting)
        with duckdb.connect(str(path)) as connection:
            for table, query in GIVEN.items():
                connection.execute(f"copy ({query}) to '{folder / table}.parquet' (format parquet)")
        chain, rest = ours(path, sql)
        with duckdb.connect(str(path), read_only=True) as connection:
            exact = connection.execute("select channel, removal_effect from ml.removal_effects").fetchall()
        python = arguments.python or environment(folder)
        script = Path(__file__).with_name("packages_timed.py")
        done = subprocess.run([python, str(script), str(folder)], stdout=subprocess.PIPE, text=True, check=True)
        theirs: list[dict] = json.loads(done.stdout.splitlines()[-1])
    total = sum(chain.values())
    print(
        f"machine      2 threads, DuckDB {duckdb.__version__}, Python {platform.python_version()}; {arguments.touches:,} touches, "
        f"{arguments.converting:.0%} on converting journeys, {arguments.channels} channels"
    )
    print(f"{'ours':58} {total:7.1f} s")
    for model, seconds in chain.items():
        print(f"  {model:56} {seconds:7.1f} s")
    print(f"{'ours, the whole ledger of ten models':58} {total + rest:7.1f} s")
    for way in theirs:
        taken, effects = way["paths"] + way["chain"], way["effects"]
        off = max(abs(effects[channel] - float(effect)) for channel, effect in exact)
        target = TARGETS[way["package"]]
        print(
            f"{way['package'] + ', ' + way['settings']:58} {taken:7.1f} s   paths {way['paths']:.1f}, chain {way['chain']:.1f}   "
            f"effects off by up to {off:.0e}   {taken / total:5.2f} × ours (target {target:g}: "
            f"{'met' if taken / total >= target else 'MISSED'})"
        )


if __name__ == "__main__":
    main()
