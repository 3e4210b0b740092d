"""Rows per second of the `files` source against a bare DuckDB `read_csv` → Parquet copy, in one run on one machine.

    python benchmarks/files_speed.py [--rows 1000000] [--repeats 3] [--skip-phones]

The file: seeded, 8 columns, one row a touch (keys, local times to convert to UTC, labels to look up, whole numbers,
amounts). The copy reads the same file with DuckDB's defaults. The best of the repeats counts for both, taken in turn.
Target: at least 0.5 of the copy's rate without a contact column, for the load itself; profiling has a budget of its own
(quality_speed.py), and the rate with it is stated. With phones the rate is only stated: every distinct
number is read by its country's plan and keyed, one by one.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from orchestration.contracts import load_contracts  # noqa: E402
from orchestration.landing import Lake  # noqa: E402
from orchestration.sources.definitions import load_currencies  # noqa: E402
from orchestration.sources.files import land_stream, load_mapping  # noqa: E402
from orchestration.sources.files.profile import Profiler  # noqa: E402

TARGET = 0.5

MAPPING = """
source: bench
folder: .
time_zone: America/Sao_Paulo
currency: BRL
streams:
  touches:
    file: touches.csv
    key: [touch]
    fills:
      - contract: touches
        fields:
          touch_id: touch
          person_id: person
          occurred_at: time
          channel_label: {column: channel, case: snake}
          kind: {column: kind, values: {Form: form, Call: call, Visit: visit, Chat: chat}, other_values: quarantine}
          campaign_id: campaign
          talk_seconds: seconds
          cost_minor: cost
  leads:
    file: leads.csv
    key: [touch]
    fills:
      - contract: leads
        fields:
          lead_id: touch
          person_id: person
          created_at: time
          channel_label: {column: channel, case: snake}
          phone_token: phone
"""


def generate(folder: Path, rows: int, phones: bool, seed: int = 20260101) -> Path:
    """Writes touches.csv or, with a phone column (a fifth as many numbers as rows), leads.csv."""
    random = np.random.default_rng(seed)
    moments = np.datetime64("2025-01-01T00:00:00") + random.integers(0, 365 * 86_400, rows).astype("timedelta64[s]")
    channels = np.array(["Paid Search", "Organic Search", "Social", "Email", "Direct Traffic", "Referral"])
    kinds = np.array(["Form", "Call", "Visit", "Chat"])
    cents = random.integers(0, 500_000, rows)
    columns = {
        "touch": [f"t{number:07d}" for number in range(rows)],
        "person": [f"p{number:06d}" for number in random.integers(0, 200_000, rows)],
        "time": np.char.replace(np.datetime_as_string(moments), "T", " "),
        "channel": channels[random.integers(0, len(channels), rows)],
        "kind": kinds[random.integers(0, len(kinds), rows)],
        "campaign": [f"c{number:03d}" for number in random.integers(0, 300, rows)],
        "seconds": random.integers(0, 3_000, rows).astype(str),
        "cost": [f"{cent // 100}.{cent % 100:02d}" for cent in cents.tolist()],
    }
    if phones:
        columns["phone"] = [f"+7916{number:07d}" for number in random.integers(0, max(rows // 5, 1), rows)]
    path = folder / ("leads.csv" if phones else "touches.csv")
    options = pyarrow.csv.WriteOptions(quoting_style="none")
    pyarrow.csv.write_csv(pa.table(columns), path, options)
    return path


def timed(action: Callable[[], None]) -> float:
    """Seconds of wall time."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def copy(source: Path, target: Path) -> None:
    """The yardstick."""
    with duckdb.connect() as connection:
        connection.execute(f"copy (select * from read_csv('{source}')) to '{target}' (format parquet)")


CONTRACTS = load_contracts()
CURRENCIES = load_currencies(ROOT / "definitions")


def land(folder: Path, stream: str, rows: int) -> None:
    """Lands the stream into an empty lake, and fails when a row is missing."""
    shutil.rmtree(folder / "lake", ignore_errors=True)
    mapping = load_mapping(folder / "mapping.yml", {}, contracts=CONTRACTS)
    results = land_stream(
        Lake(folder / "lake"),
        mapping,
        stream,
        contracts=CONTRACTS,
        currencies=CURRENCIES,
        company_time_zone="UTC",
        contact_key=b"a key for the benchmark only",
    )
    if (results[0].rows, results[0].rows_in) != (rows, rows):
        raise RuntimeError(f"{results[0].rows} of {rows} rows landed")


def no_findings(profiler: Profiler) -> list[dict[str, Any]]:
    """A load that does not look at its values."""
    return []


def machine() -> str:
    """Processor, cores and versions."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = models[0] if models else name
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, pyarrow {pa.__version__}"
    return f"{name}, {cores} cores, {platform.system()}; {versions}, numpy {np.__version__}"


def main() -> int:
    """Prints the table; exit code 1 when the target is missed."""
    parser = argparse.ArgumentParser(description="Speed of the files source against a bare DuckDB copy.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--skip-phones", action="store_true")
    arguments = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mapping.yml").write_text(MAPPING, encoding="utf-8")
        source = generate(folder, arguments.rows, phones=False)
        print(f"{arguments.rows:,} rows, 8 columns, {source.stat().st_size / 1e6:.0f} MB")
        copies, loads, profiled = [], [], []
        for _ in range(arguments.repeats):
            copies.append(timed(lambda: copy(source, folder / "copy.parquet")))
            with patch.object(Profiler, "findings", no_findings):
                loads.append(timed(lambda: land(folder, "touches", arguments.rows)))
            profiled.append(timed(lambda: land(folder, "touches", arguments.rows)))
        ratio = min(copies) / min(loads)
        print(f"{'DuckDB read_csv -> Parquet':<34}{min(copies):6.2f} s {arguments.rows / min(copies):>12,.0f} rows/s")
        print(f"{'files source':<34}{min(loads):6.2f} s {arguments.rows / min(loads):>12,.0f} rows/s")
        print(f"ratio {ratio:.2f} (target {TARGET}): {'held' if ratio >= TARGET else 'MISSED'}")
        print(
            f"{'files source, with profiling':<34}{min(profiled):6.2f} s {arguments.rows / min(profiled):>12,.0f} rows/s"
        )
        if not arguments.skip_phones:
            generate(folder, arguments.rows, phones=True)
            seconds = timed(lambda: land(folder, "leads", arguments.rows))
            rate = arguments.rows / seconds
            print(f"{'files source, with a phone column':<34}{seconds:6.2f} s {rate:>12,.0f} rows/s")
    return 0 if ratio >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
