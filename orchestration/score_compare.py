"""`onefunnel score compare`: a file of leads as a `LeadTable`, and what came of it as tables.

Files and values are read by the same code as mapped sources (any delimiter, encoding, digits, decimal commas), without
a mapping: the target, the order and the hand-made score are named on the command line, everything else is a candidate
for the model. Nothing is guessed silently: what was left out, merged or not understood becomes a note.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import numpy as np

from ml.scoring.table import Capacity, LeadTable, Points, TableError
from ml.scoring.what_if import Rules
from orchestration.score_columns import (
    features_of,
    flags_in,
    groups_of,
    ids_of,
    money_of,
    order_of,
    target_of,
    text_series,
)
from orchestration.score_hand import hand_made
from orchestration.score_table import MOST_NAMED, ReadTable, TableQuestion, Texts, content_of
from orchestration.settings import DEFAULT_DEFINITIONS
from orchestration.sources.definitions import read_definitions, rows_in_force


def read_table(question: TableQuestion) -> ReadTable:
    """Read the file as asked. Raises TableError, FormulaError or FilesError, each naming file, column and the fix."""
    if (question.time is None) == (question.order is None):
        raise TableError(
            "give exactly one of --time COLUMN (a time) and --order COLUMN (a number that rises with time)"
        )
    if (question.score is None) == (question.matrix is None):
        raise TableError(
            "give exactly one hand-made score: --score 'NAME = \"Column\" + 2 * other' or --matrix FILE.csv"
        )
    notes: list[str] = []
    content = content_of(question)
    if content.bad:
        reasons = sorted({row.reason for row in content.bad})
        lines = ", ".join(str(row.line_number or row.row_number) for row in content.bad[:MOST_NAMED])
        notes.append(
            f"{len(content.bad)} rows could not be read ({', '.join(reasons)}; lines {lines}…) and are left out"
        )
    texts = Texts(content, question.table, question.empty)
    if content.table.num_rows == 0:
        raise TableError(f"{question.table}: no rows after the header; a table of leads with their outcome is needed")
    labelled, won, target = target_of(texts, question.target, notes)
    order_name = texts.require(question.time or question.order or "", "--time" if question.time else "--order")
    order, has_order = order_of(texts, question)
    hand, hand_name, points = hand_made(texts, question, notes)
    usable = labelled & has_order
    if (~has_order & labelled).any():
        notes.append(f"{int((~has_order & labelled).sum())} leads have no {order_name!r} and are left out")
    rows = np.flatnonzero(usable)
    special = {target, order_name}
    money, minor_per_unit = money_of(texts, question, rows, notes)
    worked = None if question.worked is None else flags_in(texts, question.worked, "--worked", rows, notes)
    ids = ids_of(texts, question, rows, notes)
    groups = groups_of(texts, question, rows, notes)
    drawn = (
        None if question.exploration is None else flags_in(texts, question.exploration, "--exploration", rows, notes)
    )
    segments = None
    if question.segment is not None:
        segments = text_series(texts[texts.require(question.segment, "--segment")], rows)
    # a segment is known when the lead is scored, so it stays a column to learn from
    for name in (question.money, question.worked, question.id, question.group, question.exploration):
        special |= {name} if name else set()
    for option, names in (("--exclude", question.exclude), ("--keep", question.keep)):
        for name in names:
            texts.require(name, option)
            if name in special:
                raise TableError(f"{option} {name!r}: this column has its own part already; it is never a feature")
    both = sorted(set(question.exclude) & set(question.keep))
    if both:
        raise TableError(f"column {both[0]!r} stands in --exclude and in --keep; choose one")
    columns, times = features_of(
        texts, [name for name in texts.names if name not in special], rows, question, order, notes
    )
    unscored = int(np.isnan(hand[rows]).sum())
    if unscored:
        notes.append(
            f"{unscored} of {len(rows)} leads have no {hand_name!r}: they teach the model, but both scores are judged "
            f"on the other {len(rows) - unscored} only"
        )
    leads = LeadTable(
        columns=columns,
        won=won[rows],
        order=order[rows],
        hand=hand[rows],
        hand_name=hand_name,
        row_numbers=content.row_numbers[rows],
        ids=ids,
        money=money,
        currency=question.currency.upper() if question.currency and question.money else None,
        minor_per_unit=minor_per_unit,
        is_worked=worked,
        groups=groups,
        times=times,
        points=None if points is None else Points(points.given.iloc[rows].reset_index(drop=True), points.levels),
        segments=segments,
        is_exploration=drawn,
    )
    return ReadTable(
        leads,
        parse_capacity(question.capacity),
        frozenset(question.exclude),
        frozenset(question.keep),
        notes,
        content.records,
    )


def parse_capacity(text: str | None) -> Capacity | None:
    """`40/week`, `30%` or `200` (of the whole held-out period)."""
    if text is None:
        return None
    body, unit = text.strip(), "period"
    for ending, name in (("/week", "week"), ("%", "share")):
        if body.endswith(ending):
            body, unit = body.removesuffix(ending).strip(), name
    try:
        amount = Fraction(body)
    except (ValueError, ZeroDivisionError):
        amount = Fraction(0)
    amount = amount / 100 if unit == "share" else amount
    if amount <= 0 or (unit == "share" and amount > 1) or (unit != "share" and amount.denominator != 1):
        raise TableError(
            f"--capacity {text!r}: expected a whole number a week (40/week), a share of the held-out leads (30%), "
            "or a whole number of them (200)"
        )
    return Capacity(amount, unit)


def rules_in_force(day: date) -> Rules:
    """Bands, gates, minutes of a rep and clocks of a hand-over as the default definitions state them on a day: what thresholds of a
    matrix are put beside, since a table of leads has no definitions of its own."""
    rows = {
        file.name: rows_in_force(file.name, file.rows, day.isoformat())
        for file in read_definitions(DEFAULT_DEFINITIONS)
        if file.name in ("policies", "matrix_bands", "matrix_gates", "sla_clocks")
    }
    policies = {row["name"]: str(row["value"]) for row in rows["policies"]}
    scale = policies["matrix_scale"]
    bounds = {row["band"]: Fraction(str(row["lower_bound"])) for row in rows["matrix_bands"] if row["scale"] == scale}
    return Rules(
        scale=scale,
        hot=bounds["hot"],
        review=bounds["review"],
        full_minutes=int(policies["score_full_minutes"]),
        review_minutes=int(policies["score_review_minutes"]),
        gates={str(row["criterion"]): int(str(row["min_points"])) for row in rows["matrix_gates"]},
        clocks=sum(
            row["start_event"] == "handed_over" and row["segment"] == "*" and row["is_applicable"] == "true"
            for row in rows["sla_clocks"]
        ),
    )
