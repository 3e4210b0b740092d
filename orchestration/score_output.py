"""What came of a comparison, as files, as rows to sign and as lines to read."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ml.scoring.compare import TableComparison
from ml.scoring.table import TableError
from orchestration.landing.quarantine import scrub_free_text
from orchestration.score_table import ReadTable, shown_value


def proposed_rows(levels: Sequence[Mapping[str, Any]], matrix: Path, valid_from: date) -> str:
    """CSV rows in the columns of `matrix`: the proposed points of each level, with its question and owners as they stand.

    `recorded_on` is the first day of validity, to be corrected by whoever records the row. Raises TableError for a level
    that the file does not have.
    """
    with matrix.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        names = list(reader.fieldnames or ())
        current = {(row["criterion"], row["level"]): row for row in reader}
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    for level in levels:
        row = current.get((level["criterion"], level["level"]))
        if row is None:
            raise TableError(f"{matrix}: no row for criterion {level['criterion']!r}, level {level['level']!r}")
        day = valid_from.isoformat()
        writer.writerow({**row, "points": level["proposed_points"], "valid_from": day, "recorded_on": day})
    return buffer.getvalue()


def write_tables(found: TableComparison, out: Path) -> list[Path]:
    """`score_<table>.csv` and `.parquet` of every frame, `score_card.json`; each file is replaced at once."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, frame in found.tables().items():
        clean = scrubbed(frame)
        written.append(_replaced(out / f"score_{name}.csv", lambda path, clean=clean: _write_csv(clean, path)))
        table = pa.Table.from_pandas(clean, preserve_index=False)
        written.append(_replaced(out / f"score_{name}.parquet", lambda path, table=table: pq.write_table(table, path)))
    card = json.dumps(found.card, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    written.append(_replaced(out / "score_card.json", lambda path: path.write_text(card, encoding="utf-8")))
    return written


def scrubbed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every text free of e-mail addresses and phone numbers."""
    clean = frame.copy()
    for name in clean.columns:
        if name != "lead_id" and clean[name].map(lambda value: isinstance(value, str)).any():
            texts = pa.array([value if isinstance(value, str) else None for value in clean[name]], pa.string())
            clean[name] = pd.Series(scrub_free_text(texts).to_pylist(), index=clean.index, dtype=object)
    return clean


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    """CSV whose texts no spreadsheet program reads as a formula."""
    safe = frame.copy()
    for name in safe.columns:
        safe[name] = safe[name].map(
            lambda value: "'" + value if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
        )
    buffer = io.StringIO()
    safe.to_csv(buffer, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    path.write_text(buffer.getvalue(), encoding="utf-8")


def _replaced(path: Path, write: Callable[[Path], object]) -> Path:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    write(beside)
    beside.replace(path)
    return path


def summary(read: ReadTable, found: TableComparison) -> str:
    """What is printed: the split, what the guard left out, the comparison, the verdict with its reason."""
    leads, lines = read.leads, []
    lines.append(
        f"{read.rows_in_file:,} rows in the file, {len(leads.won):,} leads with an outcome, {int(leads.won.sum()):,} won"
    )
    for row in found.samples.itertuples():
        name = {"train": "teach", "test": "held out", "straddling": "left out: their account already taught"}[
            row.sample
        ]
        worked = f", {row.unworked:,} never worked" if row.unworked else ""
        lines.append(
            f"  {name:10} {row.leads:>8,} leads {row.conversions:>7,} conversions {row.with_hand_score:>8,} with a hand-made score{worked}"
        )
    lines.append(f"  held out begins at {found.card['held_out_from']}")
    if read.notes:
        lines += ["", "Noticed:", *(f"  - {note}" for note in read.notes)]
    out = found.columns[~found.columns["is_used"]]
    lines += ["", f"Columns: {len(found.columns) - len(out)} used, {len(out)} left out (--keep COLUMN overrules):"]
    lines += [f"  - {row.column}: {row.rule.replace('_', ' ')}: {row.evidence}" for row in out.itertuples()]
    for row in found.columns[found.columns["rule"].isin(["suspect", "kept"])].itertuples():
        lines.append(f"  ! {row.column}: {row.rule}, used: {row.evidence}")
    if found.card["auc_without_suspects"] is not None:
        lines.append(f"  without the suspects the learned score's AUC is {found.card['auc_without_suspects']:.3f}")
    lines += [
        "",
        f"{'held-out leads':20} {'n':>7} {'won':>6} {leads.hand_name[:14]:>14} {'learned':>12} {'difference':>12}  95 % interval",
    ]
    for row in found.comparison[found.comparison["segment"] == "(all)"].itertuples():
        lines.append(
            f"{row.metric.replace('_', ' '):20} {row.n:>7,} {row.conversions:>6,} {_number(row.matrix):>14} "
            f"{_number(row.learned):>12} {_number(row.difference):>12}  {_interval(row.low, row.high)}"
        )
    for row in found.sides.itertuples():
        money = "" if pd.isna(row.money_minor) else f", {int(row.money_minor):,} minor units"
        unworked = (
            ""
            if row.unworked_share is None or pd.isna(row.unworked_share)
            else f", {row.unworked_share:.0%} never worked"
        )
        lines.append(
            f"  taken by {row.side.replace('_', ' '):11} {row.leads:>9,.2f} leads {row.wins:>8,.2f} wins{money}{unworked}"
        )
    words = {
        "model": "the learned score is better",
        "matrix": "the hand-made score is better",
        "no_difference": "no difference shown",
        "no_signal": "no signal: neither score orders these leads better than chance",
        "too_little_data": "too little data for a verdict",
    }
    lines += ["", f"Verdict: {words[found.verdict]} ({found.verdict})", f"Because: {found.verdict_reason}"]
    return "\n".join(shown_value(line) if "@" in line else line for line in lines)


def _number(value: float) -> str:
    if pd.isna(value):
        return "–"
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4f}"


def _interval(low: float, high: float) -> str:
    return "–" if pd.isna(low) else f"[{_number(low)}, {_number(high)}]"
