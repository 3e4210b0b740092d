"""Seconds of profiling a file and of its expectations against the seconds of its load, in one run on one machine.

    python -m benchmarks.quality_speed [--rows 1000000] [--repeats 3] [--broken]

The file is that of files_speed.py: a million touches of eight columns. `load` is the files source with profiling switched
off; `profiling` is what the same load takes longer with it; `expectations` are those of the contract, read from the lake and
asked by Great Expectations, whose import is stated and not counted. With `--broken` every row breaks several of them.
Target: profiling and expectations together at most 5 times the load.
"""

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import duckdb
import pyarrow as pa

from benchmarks.files_speed import CONTRACTS, CURRENCIES, MAPPING, generate, machine, no_findings, timed
from data_quality import runner
from data_quality.checks import CheckResult
from orchestration.landing import Lake
from orchestration.sources.files import land_stream, load_mapping
from orchestration.sources.files.profile import Profiler

TARGET = 5.0
FILLED = frozenset({"touches"})
BREAKS = {
    "touch_id": "'t1'",
    "person_id": "null",
    "occurred_at": "'1970-01-01 00:00:00'",
    "cost_minor": "'-' || cost_minor",
}


def load(folder: Path, rows: int) -> Lake:
    """Lands the file into an empty lake of its own."""
    lake = Lake(Path(tempfile.mkdtemp(dir=folder)))
    mapping = load_mapping(folder / "mapping.yml", {}, contracts=CONTRACTS)
    (result,) = land_stream(
        lake, mapping, "touches", contracts=CONTRACTS, currencies=CURRENCIES, company_time_zone="UTC", contact_key=None
    )
    if result.rows != rows:
        raise RuntimeError(f"{result.rows} of {rows} rows landed")
    return lake


def read(lake: Lake, is_broken: bool) -> pa.Table:
    """The columns that the suite needs, from the lake's Parquet."""
    (pull,) = lake.pulls("bench", "touches")
    (fill,) = pull.fills
    columns = []
    for name in runner.columns_needed("touches", FILLED)["touches"]:
        if name == runner.ROW_KEY:
            value = "'bench/touches/' || \"_key\" || '/1'"
        else:
            value = f'"{fill["columns"][name]}"' if name in fill["columns"] else "cast(null as varchar)"
        if is_broken and name in BREAKS:
            value = BREAKS[name].replace(name, value)
        columns.append(f'{value} as "{name}"')
    files = ", ".join(f"'{part}'" for part in pull.parts)
    with duckdb.connect() as connection:
        return connection.sql(f"select {', '.join(columns)} from read_parquet([{files}])").to_arrow_table()


def main() -> int:
    """Prints the table; exit code 1 when the target is missed."""
    parser = argparse.ArgumentParser(description="Speed of profiling and expectations against the load.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--broken", action="store_true", help="every row breaks several expectations")
    arguments = parser.parse_args()
    print(machine())
    imported = timed(lambda: runner.run_suite("owners", _one_owner(), filled=FILLED))
    results: list[CheckResult] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mapping.yml").write_text(MAPPING, encoding="utf-8")
        generate(folder, arguments.rows, phones=False)
        loads, profiled, reads, checks = [], [], [], []
        for _ in range(arguments.repeats):
            with patch.object(Profiler, "findings", no_findings):
                loads.append(timed(lambda: load(folder, arguments.rows)))
            began = time.perf_counter()
            lake = load(folder, arguments.rows)
            profiled.append(time.perf_counter() - began)
            began = time.perf_counter()
            table = read(lake, arguments.broken)
            reads.append(time.perf_counter() - began)
            began = time.perf_counter()
            results = runner.run_suite("touches", table, observed_at=datetime(2026, 1, 1, tzinfo=UTC), filled=FILLED)
            checks.append(time.perf_counter() - began)
    whole = min(one + other for one, other in zip(reads, checks, strict=True))
    unmet = [result.name for result in results if not result.success]
    print(f"{len(results)} expectations of touches, {len(unmet)} not met{': ' if unmet else ''}{', '.join(unmet)}")
    profiling = min(profiled) - min(loads)
    for label, seconds in (
        ("load", min(loads)),
        ("profiling", profiling),
        ("read from the lake", min(reads)),
        ("expectations", min(checks)),
        ("read and expectations", whole),
    ):
        print(f"{label:<36}{seconds:6.2f} s")
    ratio = (profiling + whole) / min(loads)
    print(f"{'import of Great Expectations':<36}{imported:6.2f} s, once a run, not counted")
    print(f"{ratio:.2f} times the load (target at most {TARGET:g}): {'held' if ratio <= TARGET else 'MISSED'}")
    return 0 if ratio <= TARGET else 1


def _one_owner() -> pa.Table:
    """The smallest table with which GX has been imported and run once."""
    columns = runner.columns_needed("owners", FILLED)["owners"]
    return pa.table({name: pa.array(["o" if name.endswith("_id") else None], pa.string()) for name in columns})


if __name__ == "__main__":
    sys.exit(main())
