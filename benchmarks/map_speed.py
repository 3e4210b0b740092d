"""Seconds that `onefunnel map` takes to propose a mapping for one large CSV, imports apart.

    python -m benchmarks.map_speed [--rows 1000000] [--repeats 3]

The file is that of `files_speed`: seeded, 8 columns, a ninth with phone numbers in the second case. Three numbers a case:
`propose` reads the whole file, judges its columns, finds its key and its contract; `preview` lands a sample of 2,000 rows;
`all` is everything that the command does after its imports, writing included. The best of the repeats counts. A third case
has one ragged row, which makes the reader go row by row. Target: all of it within 5 seconds for a million rows.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.files_speed import CONTRACTS, CURRENCIES, generate, machine, timed
from orchestration.sources.proposal.command import map_exports
from orchestration.sources.proposal.deciding import Proposal, propose
from orchestration.sources.proposal.preview import preview

TARGET = 5.0


def measure(path: Path, rows: int, repeats: int) -> tuple[float, float, float]:
    """Best seconds of propose, preview, all. Fails when the proposal lost a row or has a decision left but the currency."""
    made: list[Proposal] = []

    def proposed() -> None:
        made.append(propose([path], CONTRACTS, CURRENCIES, currency="BRL"))

    def everything() -> None:
        lines = list(map_exports([path], out=path.parent / "mapping.yml", currency="BRL", force=True))
        if not lines:
            raise RuntimeError("nothing was printed")

    best = tuple(
        min(timed(action) for _ in range(repeats))
        for action in (proposed, lambda: preview(made[-1], CONTRACTS, CURRENCIES), everything)
    )
    file = made[-1].files[0]
    if file.rows + sum(file.unreadable.values()) != rows or made[-1].decisions:
        raise RuntimeError(f"{file.rows} of {rows} rows, decisions {made[-1].decisions}")
    return best[0], best[1], best[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(machine())
    print(f"{'case':22} {'MB':>6} {'propose':>9} {'preview':>9} {'all':>9}")
    slowest = 0.0
    with tempfile.TemporaryDirectory() as name:
        for case in ("clean", "with phones", "with a ragged row"):
            folder = Path(name) / case.replace(" ", "_")
            folder.mkdir()
            path = generate(folder, options.rows, phones=case == "with phones")
            if case == "with a ragged row":
                with path.open("a", encoding="utf-8") as file:
                    file.write("cut,off\n")
            rows = options.rows + (case == "with a ragged row")
            seconds = measure(path, rows, options.repeats)
            slowest = max(slowest, seconds[2])
            size = path.stat().st_size / 1e6
            print(f"{case:22} {size:>6.0f} " + " ".join(f"{value:>7.2f} s" for value in seconds))
    print(f"target {TARGET:.0f} s: {'met' if slowest <= TARGET else 'MISSED'} ({slowest:.2f} s)")
    return 0 if slowest <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
