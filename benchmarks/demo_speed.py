"""How long the demo chain takes, by phase: `python -m benchmarks.demo_speed [RUNS]`.

Targets on 2 cores after installation: 60 s in all; ingestion, scores, publication, page and workbook together 15 s
(Dagster's start-up, dbt and Great Expectations stand apart). Each run starts from an empty home; the median is judged.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

TOTAL_SECONDS = 60.0
OWN_SECONDS = 15.0

PHASES = (
    ("exports", r"exports of the demo company"),
    ("start-up of Dagster, dbt parse", r"definitions: \d+ files valid"),
    ("ingestion", r"build \S+ reads"),
    ("expectations", r"expectations: \d+ on raw"),
    ("dbt", r"dbt: \d+ models built"),
    ("reconciliation", r"reconciliation: "),
    ("scores", r"scores: "),
    ("dbt, second pass", r"dbt: \d+ models built"),
    ("publication", r"published \d+ tables"),
    ("page", r"page: "),
    ("workbook", r"workbook: "),
)
"""Phase → the line that ends it, in the order of a run."""

OWN = ("ingestion", "scores", "publication", "page", "workbook")


def run_once() -> dict[str, float]:
    """Seconds by phase of one run in an empty home, and `total`; raises RuntimeError when the run fails."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "orchestration", "demo", "--home", home]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
    lines = re.findall(r"^\[\s*([\d.]+) s\] (.*)$", done.stdout, re.MULTILINE)
    seconds: dict[str, float] = {}
    before, position = 0.0, 0
    for phase, ending in PHASES:
        while not re.match(ending, lines[position][1]):
            position += 1
        seconds[phase] = float(lines[position][0]) - before
        before = float(lines[position][0])
        position += 1
    seconds["total"] = float(re.findall(r"Done in ([\d.]+) s", done.stdout)[0])
    return seconds


def main() -> int:
    runs = [run_once() for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 3)]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, {len(runs)} runs")
    print(", ".join(f"{name} {version(name)}" for name in ("dagster", "dbt-core", "duckdb", "great-expectations")))
    print(f"{'phase':34}{'median s':>9}{'least':>8}{'most':>8}")
    for phase in runs[0]:
        values = [run[phase] for run in runs]
        print(f"{phase:34}{statistics.median(values):9.1f}{min(values):8.1f}{max(values):8.1f}")
    total = statistics.median(run["total"] for run in runs)
    own = statistics.median(sum(run[phase] for phase in OWN) for run in runs)
    print(f"{'own part (' + ', '.join(OWN) + ')':60}{own:8.1f}")
    print(f"targets: total {total:.1f} ≤ {TOTAL_SECONDS}, own part {own:.1f} ≤ {OWN_SECONDS}")
    return 0 if total <= TOTAL_SECONDS and own <= OWN_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
