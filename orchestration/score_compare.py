"""`onefunnel score compare`: a file of leads as a `LeadTable`, and what came of it as tables.

Files and values are read by the same code as mapped sources (any delimiter, encoding, digits, decimal commas), without
a mapping: the target, the order and the hand-made score are named on the command line, everything else is a candidate
for the model. Nothing is guessed silently: what was left out, merged or not understood becomes a note.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ml.scoring.compare import TableComparison
from ml.scoring.features import MISSING
from ml.scoring.formula import Formula, parse_formula
from ml.scoring.table import Capacity, LeadTable, Points, TableError
from orchestration.landing import shape_of
from orchestration.landing.quarantine import scrub_free_text
from orchestration.settings import DEFAULT_DEFINITIONS
from orchestration.sources.definitions import load_currencies
from orchestration.sources.definitions.reader import nearest
from orchestration.sources.files import FilesError, notation
from orchestration.sources.files.mapping import StreamMapping
from orchestration.sources.files.profile import PLACEHOLDERS
from orchestration.sources.files.reading import FileContent, read_file
from orchestration.sources.files.times import DEFAULT_FORMATS, TimeFormat, compile_format

FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
NUMBER_SHARE = 0.95
"""A column with this share of numbers is one; the rest is read as empty, and said."""
PLACEHOLDER_ROWS = 20
EMPTY_ANSWERS = PLACEHOLDERS | {"na", "choose", "выберите"}
"""Texts, in lower case, that often stand for an empty answer; they are proposed, never assumed."""
LISTED = 12
MOST_NAMED = 5


@dataclass(frozen=True)
class TableQuestion:
    """What the user asked, as text from the command line."""

    table: Path
    target: str
    time: str | None = None
    order: str | None = None
    score: str | None = None
    matrix: Path | None = None
    money: str | None = None
    currency: str | None = None
    worked: str | None = None
    group: str | None = None
    segment: str | None = None
    exploration: str | None = None
    id: str | None = None
    exclude: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    time_formats: tuple[str, ...] = ()
    time_zone: str = "UTC"
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    capacity: str | None = None


@dataclass
class ReadTable:
    """The lead table and everything that was noticed on the way to it."""

    leads: LeadTable
    capacity: Capacity | None
    excluded: frozenset[str]
    kept: frozenset[str]
    notes: list[str] = field(default_factory=list)
    rows_in_file: int = 0


class _Texts:
    """The columns of the file as trimmed text, addressed by name; empty texts are null."""

    def __init__(self, content: FileContent, path: Path, empty: Sequence[str]) -> None:
        self.path, self.content = path, content
        self.names = list(content.table.column_names)
        self._columns = {
            name: notation.trimmed(_joined(content.table.column(name)), ("", *empty)) for name in self.names
        }

    def __getitem__(self, name: str) -> pa.StringArray:
        return self._columns[name]

    def require(self, name: str, option: str) -> str:
        if name not in self._columns:
            listed = ", ".join(self.names[:LISTED]) + (" …" if len(self.names) > LISTED else "")
            near = nearest(name, self.names)
            raise TableError(f"{option}: {self.path} has no column {name!r}{near or f'; it has {listed}'}")
        return name

    def place(self, name: str, row: int) -> str:
        """Where a value stands: file, line or row, column."""
        line = self.content.line_numbers(np.array([row], dtype=np.int64))[0]
        where = f"line {line}" if line is not None else f"row {int(self.content.row_numbers[row])}"
        return f"{self.path}, {where}, column {name!r}"


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
    content = _content(question)
    if content.bad:
        reasons = sorted({row.reason for row in content.bad})
        lines = ", ".join(str(row.line_number or row.row_number) for row in content.bad[:MOST_NAMED])
        notes.append(
            f"{len(content.bad)} rows could not be read ({', '.join(reasons)}; lines {lines}…) and are left out"
        )
    texts = _Texts(content, question.table, question.empty)
    if content.table.num_rows == 0:
        raise TableError(f"{question.table}: no rows after the header; a table of leads with their outcome is needed")
    labelled, won, target = _target(texts, question.target, notes)
    order_name = texts.require(question.time or question.order or "", "--time" if question.time else "--order")
    order, has_order = _order(texts, question)
    hand, hand_name, points = _hand(texts, question, notes)
    usable = labelled & has_order
    if (~has_order & labelled).any():
        notes.append(f"{int((~has_order & labelled).sum())} leads have no {order_name!r} and are left out")
    rows = np.flatnonzero(usable)
    special = {target, order_name}
    money = _money(texts, question, rows, notes)
    worked = None if question.worked is None else _flags(texts, question.worked, "--worked", rows, notes)
    ids = _ids(texts, question, rows, notes)
    groups = _groups(texts, question, rows, notes)
    drawn = None if question.exploration is None else _flags(texts, question.exploration, "--exploration", rows, notes)
    segments = None
    if question.segment is not None:
        segments = _text_series(texts[texts.require(question.segment, "--segment")], rows)
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
    columns, times = _features(
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


def _content(question: TableQuestion) -> FileContent:
    path = question.table
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise TableError(f"{path}: unknown ending {path.suffix!r}; expected one of {', '.join(FORMATS)}")
    stream = StreamMapping(
        name="table", file=path.name, format=kind, fills=(),
        delimiter={"\\t": "\t"}.get(question.delimiter or "", question.delimiter),
        encoding=question.encoding, sheet=question.sheet,
    )  # fmt: skip
    try:
        return read_file(path, stream)
    except FilesError as error:
        raise TableError(f"{error} (here: --encoding, --delimiter, --sheet)") from error
    except LookupError as error:
        raise TableError(f"--encoding {question.encoding!r} is not known; for example utf-8, cp1251, utf-16") from error


def _joined(column: pa.ChunkedArray) -> pa.StringArray:
    joined = column.combine_chunks()
    return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined


def _present(values: pa.StringArray) -> npt.NDArray[np.bool_]:
    return np.asarray(values.is_valid().to_numpy(zero_copy_only=False), dtype=bool)


def shown_value(text: str) -> str:
    """A value of the file fit to be shown: without e-mail addresses and phone numbers."""
    return str(scrub_free_text(pa.array([text], pa.string()))[0].as_py())


def _named(values: Iterable[str]) -> str:
    return ", ".join(repr(shown_value(value)) for value in values)


def _target(texts: _Texts, target: str, notes: list[str]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], str]:
    """Which rows have an outcome, which of them won, and the column."""
    name, wanted = target.strip(), None
    if name not in texts.names and "=" in target:
        name, _, wanted = (part.strip() for part in target.partition("="))
    texts.require(name, "--target")
    values = texts[name]
    labelled = _present(values)
    counts = pd.Series(values.to_pylist(), dtype=object).value_counts().sort_index(kind="stable")
    counts = counts.sort_values(ascending=False, kind="stable")
    listed = ", ".join(f"{shown_value(value)!r} {count}" for value, count in list(counts.items())[:LISTED])
    if wanted is None:
        flags = notation.to_booleans(values)
        if len(counts) != 2 or flags.bad:
            hint = "" if len(counts) < 2 else f"; say which value is a win and which a loss: --target '{name}=WON/LOST'"
            raise TableError(
                f"--target {name!r} has {_count(len(counts), 'value')} ({listed or 'all empty'}); expected two of 0/1, yes/no, "
                f"true/false{hint}"
            )
        won = _equal(flags.values, ["true"])
    else:
        chosen, others = _outcomes(wanted, counts.index)
        unknown = [value for value in (*chosen, *others) if value not in counts.index]
        if unknown:
            near = nearest(unknown[0], [str(value) for value in counts.index])
            raise TableError(f"--target: column {name!r} never holds {unknown[0]!r}{near}; it holds {listed}")
        won = _equal(values, chosen)
        if others:
            labelled &= won | _equal(values, others)
        elif len(counts) > 2:
            rest = [str(value) for value in counts.index if value not in chosen]
            notes.append(
                f"every value of {name!r} other than {chosen[0]!r} counts as not won ({_named(rest[:MOST_NAMED])}); if some "
                f"of them are still open, name the lost ones: --target '{name}={chosen[0]}/{rest[0]}'"
            )
    if won[labelled].all() or not won[labelled].any():
        kind = "won" if won[labelled].any() else "not won"
        raise TableError(f"--target {target!r}: all {int(labelled.sum())} leads are {kind} ({listed}); both are needed")
    if not labelled.all():
        notes.append(
            f"{int((~labelled).sum())} rows have no outcome in {name!r} (still open or empty) and are left out"
        )
    return labelled, won & labelled, name


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _outcomes(wanted: str, known: pd.Index) -> tuple[list[str], list[str]]:
    """`Won` or `Won/Lost`: what is a win and, if said, what is a loss."""
    if wanted in known or "/" not in wanted:
        return [wanted], []
    first, _, second = wanted.partition("/")
    return [first.strip()], [second.strip()]


def _equal(values: pa.StringArray, wanted: Sequence[str]) -> npt.NDArray[np.bool_]:
    found = pc.fill_null(pc.is_in(values, value_set=pa.array(wanted, pa.string())), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _numbers(texts: _Texts, name: str, option: str, what: str) -> npt.NDArray[np.float64]:
    """The column as numbers, NaN where empty; a value that is none is an error with its place and shape."""
    converted = notation.to_decimals(texts[name], None)
    _refuse_bad(texts, name, converted.bad, f"{option}: ", what)
    return np.array([np.nan if value is None else float(value) for value in converted.values.to_pylist()])


def _refuse_bad(texts: _Texts, name: str, bad: Mapping[str, Any], prefix: str, what: str) -> None:
    for reason, rows in bad.items():
        if len(rows):
            row = int(rows[0])
            raise TableError(
                f"{prefix}{texts.place(name, row)}: {reason.replace('_', ' ')} ({shape_of(texts[name][row].as_py())}; "
                f"{len(rows)} such values); expected {what}"
            )


def _order(texts: _Texts, question: TableQuestion) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    if question.order is not None:
        values = _numbers(texts, question.order, "--order", "a number that rises with time (a time goes to --time)")
        return values, ~np.isnan(values)
    name = question.time or ""
    converted = notation.to_timestamps(texts[name], _time_formats(question), "gregorian", _zone(question.time_zone))
    hint = "a time as YYYY-MM-DD HH:MM:SS or dd.mm.yyyy (else say --time-format '%m/%d/%Y'; a number goes to --order)"
    _refuse_bad(texts, name, converted.bad, "--time: ", hint)
    times = pd.to_datetime(pd.Series(converted.values.to_pylist(), dtype=object), format="%Y-%m-%d %H:%M:%S")
    return times.to_numpy(dtype="datetime64[s]"), times.notna().to_numpy()


def _time_formats(question: TableQuestion) -> tuple[TimeFormat, ...]:
    try:
        return tuple(compile_format(text) for text in question.time_formats) or DEFAULT_FORMATS
    except ValueError as error:
        raise TableError(f"--time-format: {error}") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise TableError(f"--time-zone {name!r} is not known; expected an IANA name such as Europe/Moscow") from error


def _hand(
    texts: _Texts, question: TableQuestion, notes: list[str]
) -> tuple[npt.NDArray[np.float64], str, Points | None]:
    """The hand-made score of every row, NaN where it cannot be told, its name, and its points where it is a matrix."""
    if question.score is not None:
        formula = parse_formula(question.score)
        return _by_formula(texts, formula), formula.name, None
    if question.matrix is None:
        raise TableError("no hand-made score")
    total, points = _by_matrix(texts, question.matrix, notes)
    return total, question.matrix.stem, points


def _by_formula(texts: _Texts, formula: Formula) -> npt.NDArray[np.float64]:
    total = np.zeros(texts.content.table.num_rows)
    for weight, column in formula.terms:
        texts.require(column, "--score")
        total += weight * _numbers(texts, column, "--score", "a number")
    return total


def _by_matrix(texts: _Texts, path: Path, notes: list[str]) -> tuple[npt.NDArray[np.float64], Points]:
    """Sum of points; an empty criterion gives 0 (D20), a lead with every criterion empty has no score."""
    points = _matrix_points(path)
    for criterion in points:
        texts.require(criterion, f"--matrix {path}")
    given: dict[str, list[float]] = {}
    answered = np.zeros(texts.content.table.num_rows, dtype=bool)
    for criterion, levels in points.items():
        values = texts[criterion]
        present = _present(values)
        known = _equal(values, list(levels))
        if (present & ~known).any():
            row = int(np.flatnonzero(present & ~known)[0])
            value = values[row].as_py()
            raise TableError(
                f"{texts.place(criterion, row)}: the matrix {path} has no level {shown_value(value)!r} "
                f"({int((present & ~known).sum())} rows hold such values){nearest(value, levels)}; it has "
                f"{', '.join(levels)}. Add a row to the matrix, or say --empty for a value that means nothing"
            )
        given[criterion] = [levels[value] if value else np.nan for value in values.to_pylist()]
        answered |= present
        if not present.all():
            notes.append(f"matrix: {int((~present).sum())} rows have no answer for {criterion!r}: 0 points")
    frame = pd.DataFrame(given, dtype="float64")
    total = np.where(answered, frame.fillna(0.0).sum(axis=1).to_numpy(), np.nan)
    return total, Points(frame, {criterion: tuple(levels.values()) for criterion, levels in points.items()})


def _matrix_points(path: Path) -> dict[str, dict[str, int]]:
    """criterion → level → points of a file with the columns of definitions/matrix.csv."""
    content = _content(TableQuestion(path, ""))
    for name in ("criterion", "level", "points"):
        if name not in content.table.column_names:
            raise TableError(
                f"--matrix {path}: no column {name!r}{nearest(name, content.table.column_names)}; expected criterion "
                "(a column of the table), level (its value), points (a whole number)"
            )
    points: dict[str, dict[str, int]] = {}
    for number, row in enumerate(content.table.select(["criterion", "level", "points"]).to_pylist()):
        line = content.line_numbers(np.array([number], dtype=np.int64))[0]
        criterion, level, text = ((row[key] or "").strip() for key in ("criterion", "level", "points"))
        if not criterion or not level or not text.lstrip("-").isdecimal():
            raise TableError(
                f"--matrix {path}, line {line}: expected a criterion, a level and whole points; got {text!r}"
            )
        if level in points.setdefault(criterion, {}):
            raise TableError(
                f"--matrix {path}, line {line}: criterion {criterion!r} has level {level!r} twice; keep the version to judge"
            )
        points[criterion][level] = int(text)
    if not points:
        raise TableError(f"--matrix {path}: no rows after the header")
    return points


def _money(
    texts: _Texts, question: TableQuestion, rows: npt.NDArray[np.intp], notes: list[str]
) -> npt.NDArray[np.int64] | None:
    """Minor units of each lead; an empty amount is 0 and counted."""
    if question.money is None:
        if question.currency is not None:
            raise TableError("--currency goes with --money COLUMN")
        return None
    name = texts.require(question.money, "--money")
    if question.currency is None:
        converted, unit = notation.to_integers(texts[name], None), "whole minor units (amounts need --currency)"
        minor = np.array([int(value or 0) for value in converted.values.to_pylist()], dtype=np.int64)
    else:
        try:
            known = load_currencies(DEFAULT_DEFINITIONS).unit(question.currency)
        except KeyError as error:
            raise TableError(f"--currency: {error.args[0]}") from error
        converted = notation.to_minor_units(texts[name], None, known.exponent, known.factor)
        unit = f"an amount of {question.currency} with at most {known.exponent} decimals"
        minor = np.asarray(converted.integers, dtype=np.int64)
    _refuse_bad(texts, name, converted.bad, "--money: ", unit)
    empty = int((~_present(texts[name]))[rows].sum())
    if empty:
        notes.append(f"{empty} leads have no amount in {name!r}: it counts as 0")
    return minor[rows]


def _flags(
    texts: _Texts, column: str, option: str, rows: npt.NDArray[np.intp], notes: list[str]
) -> npt.NDArray[np.bool_]:
    name = texts.require(column, option)
    converted = notation.to_booleans(texts[name])
    _refuse_bad(texts, name, converted.bad, f"{option}: ", "yes/no, true/false or 1/0")
    empty = int((~_present(texts[name]))[rows].sum())
    if empty:
        notes.append(f"{empty} leads say nothing in {name!r}: it counts as no")
    return _equal(converted.values, ["true"])[rows]


def _ids(
    texts: _Texts, question: TableQuestion, rows: npt.NDArray[np.intp], notes: list[str]
) -> npt.NDArray[np.object_] | None:
    """Ids to show; None, so that the row in the file stands in, for each that holds an e-mail address or a phone."""
    if question.id is None:
        return None
    name = texts.require(question.id, "--id")
    values = texts[name].take(pa.array(rows))
    clean = scrub_free_text(values).to_pylist()
    ids = [value if value == shown else None for value, shown in zip(values.to_pylist(), clean, strict=True)]
    hidden = sum(shown is not None for shown in clean) - sum(value is not None for value in ids)
    if hidden:
        notes.append(
            f"{hidden} values of {name!r} look like an e-mail address or a phone: shown by their row in the file"
        )
    return np.array(ids, dtype=object)


def _groups(texts: _Texts, question: TableQuestion, rows: npt.NDArray[np.intp], notes: list[str]) -> pd.Series | None:
    if question.group is not None:
        return _text_series(texts[texts.require(question.group, "--group")], rows)
    if question.id is None:
        return None
    ids = _text_series(texts[question.id], rows)
    twice = int(ids.dropna().duplicated().sum())
    if not twice:
        return None
    notes.append(f"{twice} rows repeat an id of {question.id!r}; rows of one id never stand on both sides of the split")
    return ids


def _text_series(values: pa.StringArray, rows: npt.NDArray[np.intp]) -> pd.Series:
    return pd.Series(np.array(values.to_pylist(), dtype=object)[rows], dtype=object)


def _features(
    texts: _Texts,
    names: Sequence[str],
    rows: npt.NDArray[np.intp],
    question: TableQuestion,
    order: npt.NDArray[Any],
    notes: list[str],
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Every other column as category or number, and the columns that hold times with why they are not used."""
    columns: dict[str, pd.Series] = {}
    times: dict[str, str] = {}
    placeholders: dict[str, list[str]] = {}
    for name in names:
        values = texts[name].take(pa.array(rows))
        filled = int(_present(values).sum())
        number = notation.to_decimals(values, None)
        unreadable = sum(len(bad) for bad in number.bad.values())
        if filled and filled - unreadable >= NUMBER_SHARE * filled:
            columns[name] = pd.Series([np.nan if text is None else float(text) for text in number.values.to_pylist()])
            if unreadable:
                notes.append(f"{name!r} holds numbers, but {unreadable} values are none: read as empty")
            continue
        moment = notation.to_timestamps(values, _time_formats(question), "gregorian", _zone(question.time_zone))
        if filled and not moment.bad:
            times[name] = _against_order(moment.values, order[rows])
        columns[name] = _category(name, values, notes)
        for value, count in columns[name].value_counts().items():
            if str(value).casefold() in EMPTY_ANSWERS and count >= PLACEHOLDER_ROWS:
                placeholders.setdefault(str(value), []).append(f"{name!r} {count} rows")
    for value, where in placeholders.items():
        notes.append(f"{value!r} looks like an empty answer ({', '.join(where)}); if it is, say --empty {value!r}")
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows))), times


def _against_order(moments: pa.StringArray, order: npt.NDArray[Any]) -> str:
    """Why a column of times is no feature: how often it lies after the order, where that is a time too."""
    given = pd.to_datetime(pd.Series(moments.to_pylist(), dtype=object), format="%Y-%m-%d %H:%M:%S")
    present = given.notna().to_numpy()
    if order.dtype.kind != "M":
        return f"a time in {int(present.sum())} rows; the order is a number, so it cannot be said which came first"
    later = int((given.to_numpy(dtype="datetime64[s]")[present] > order[present]).sum())
    return f"a time; in {later} of {int(present.sum())} filled rows it lies after the time of the order"


def _category(name: str, values: pa.StringArray, notes: list[str]) -> pd.Series:
    """Text levels, MISSING where empty; spellings that differ in letter case only are one level, the commonest."""
    texts = pd.Series(values.to_pylist(), dtype=object)
    counts = texts.value_counts()
    spelled: dict[str, str] = {}
    merged: dict[str, list[str]] = {}
    for value in sorted(counts.index, key=lambda value: (-counts[value], value)):
        first = spelled.setdefault(str(value).casefold(), str(value))
        if first != value:
            merged.setdefault(first, []).append(str(value))
    if merged and len(counts) <= 1000:
        pairs = "; ".join(
            f"{_named(others)} as {_named([first])}" for first, others in list(merged.items())[:MOST_NAMED]
        )
        notes.append(f"{name!r}: spellings read as one value: {pairs}")
    texts = texts.map(lambda value: MISSING if value is None else spelled[str(value).casefold()])
    return texts.astype(object)


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
