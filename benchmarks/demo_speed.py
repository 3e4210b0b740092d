"""How long the demo takes, by phase: `python -m benchmarks.demo_speed [RUNS]`.

Targets on 2 cores after installation. The living company (medium, five mornings over HTTP, one build): 120 s. The chain of exports
(`--files`): 60 s in all; ingestion, scores, publication, page and workbook together 15 s (Dagster's start-up, dbt and Great
Expectations stand apart). Each run starts from an empty home; the median is judged.
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

LIVING_SECONDS = 120.0
TOTAL_SECONDS = 60.0
OWN_SECONDS = 15.0

BEGINNINGS = {
    "living": (
        ("company and simulators made, first morning", r"morning 1 of"),
        ("three further mornings", r"morning 5 of"),
    ),
    "files": (("exports", r"exports of the demo company"),),
}
PHASES = (
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


def run_once(kind: str) -> dict[str, float]:
    """Seconds by phase of one run in an empty home, and `total`; raises RuntimeError when the run fails."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "orchestration", "demo", "--home", home]
        command += ["--files"] if kind == "files" else []
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
    lines = re.findall(r"^\[\s*([\d.]+) s\] (.*)$", done.stdout, re.MULTILINE)
    seconds: dict[str, float] = {}
    before, position = 0.0, 0
    for phase, ending in (*BEGINNINGS[kind], *PHASES):
        while not re.match(ending, lines[position][1]):
            position += 1
        seconds[phase] = float(lines[position][0]) - before
        before = float(lines[position][0])
        position += 1
    seconds["total"] = float(re.findall(r"Done in ([\d.]+) s", done.stdout)[0])
    return seconds


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, {count} runs each")
    print(", ".join(f"{name} {version(name)}" for name in ("dagster", "dbt-core", "duckdb", "great-expectations")))
    totals = {}
    for kind in BEGINNINGS:
        runs = [run_once(kind) for _ in range(count)]
        print(f"\n{kind:44}{'median s':>9}{'least':>8}{'most':>8}")
        for phase in runs[0]:
            values = [run[phase] for run in runs]
            print(f"{phase:44}{statistics.median(values):9.1f}{min(values):8.1f}{max(values):8.1f}")
        totals[kind] = statistics.median(run["total"] for run in runs)
    own = statistics.median(sum(run[phase] for phase in OWN) for run in runs)
    print(f"\nliving: total {totals['living']:.1f}, target {LIVING_SECONDS}")
    print(
        f"files: total {totals['files']:.1f}, target {TOTAL_SECONDS}; {', '.join(OWN)} {own:.1f}, target {OWN_SECONDS}"
    )
    is_met = totals["living"] <= LIVING_SECONDS and totals["files"] <= TOTAL_SECONDS and own <= OWN_SECONDS
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
