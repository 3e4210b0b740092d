"""Seconds of profiling a file and of its expectations against the seconds of its load, in one run on one machine.

    python -m benchmarks.profile_speed [--rows 1000000] [--repeats 3]

The file is that of files_speed.py: a million touches of eight columns. `load` is the files source with profiling switched
off; `profiling` is what the same load takes longer with it; `expectations` are those of the contract on the landed rows,
Great Expectations imported before the clock starts. The best of the repeats counts.
Target (issue of real exports): profiling and expectations together at most 5 times the load.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pandas as pd

from benchmarks.files_speed import MAPPING, generate, land, machine, timed
from data_quality.runner import run_suite
from orchestration.landing import Lake
from orchestration.sources.files.profile import Profiler

TARGET = 5.0


def no_findings(profiler: Profiler) -> list[dict[str, Any]]:
    """A load that does not look at its values."""
    return []


def contract_rows(folder: Path) -> pd.DataFrame:
    """The contract's rows as `raw_files.touches` shows them."""
    (pull,) = Lake(folder / "lake").pulls("bench", "touches")
    (fill,) = pull.fills
    fields = ", ".join(f'"{column}" as "{field}"' for field, column in fill["columns"].items())
    parts = ", ".join(f"'{part}'" for part in pull.parts)
    with duckdb.connect() as connection:
        return connection.execute(f"select {fields}, _key as source_record_key from read_parquet([{parts}])").df()


def main() -> int:
    """Prints the table; exit code 1 when the target is missed."""
    parser = argparse.ArgumentParser(description="Speed of profiling and expectations against the load.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mapping.yml").write_text(MAPPING, encoding="utf-8")
        generate(folder, arguments.rows, phones=False)
        bare, profiled = [], []
        for _ in range(arguments.repeats):
            with patch.object(Profiler, "findings", no_findings):
                bare.append(timed(lambda: land(folder, "touches", arguments.rows)))
            profiled.append(timed(lambda: land(folder, "touches", arguments.rows)))
        frame = contract_rows(folder)
    for column in ("direction", "team", "talk_seconds"):
        if column not in frame:
            frame[column] = None
    run_suite("touches", frame.head(1))
    expectations = min(timed(lambda: run_suite("touches", frame)) for _ in range(arguments.repeats))
    load, profiling = min(bare), min(profiled) - min(bare)
    ratio = (profiling + expectations) / load
    for title, seconds in (("load", load), ("profiling", profiling), ("expectations of touches", expectations)):
        print(f"{title:<26}{seconds:6.2f} s")
    print(f"ratio {ratio:.2f} (target at most {TARGET:g}): {'held' if ratio <= TARGET else 'MISSED'}")
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
