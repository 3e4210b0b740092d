"""What the columns of a file of leads say: outcome, order, money, who was worked, accounts, and the candidates for the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ml.scoring.features import MISSING
from ml.scoring.table import TableError
from orchestration.landing.quarantine import scrub_free_text
from orchestration.score_table import (
    LISTED,
    MOST_NAMED,
    TableQuestion,
    Texts,
    counted,
    equal_to,
    is_present,
    named,
    numbers_in,
    refuse_bad,
    shown_value,
)
from orchestration.settings import DEFAULT_DEFINITIONS
from orchestration.sources.definitions import load_currencies
from orchestration.sources.definitions.reader import nearest
from orchestration.sources.files import notation
from orchestration.sources.files.profile import PLACEHOLDERS
from orchestration.sources.files.times import DEFAULT_FORMATS, TimeFormat, compile_format

NUMBER_SHARE = 0.95
"""A column with this share of numbers is one; the rest is read as empty, and said."""
PLACEHOLDER_ROWS = 20
EMPTY_ANSWERS = PLACEHOLDERS | {"na", "choose", "выберите"}
"""Texts, in lower case, that often stand for an empty answer; they are proposed, never assumed."""


def target_of(texts: Texts, target: str, notes: list[str]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], str]:
    """Which rows have an outcome, which of them won, and the column."""
    name, wanted = target.strip(), None
    if name not in texts.names and "=" in target:
        name, _, wanted = (part.strip() for part in target.partition("="))
    texts.require(name, "--target")
    values = texts[name]
    labelled = is_present(values)
    counts = pd.Series(values.to_pylist(), dtype=object).value_counts().sort_index(kind="stable")
    counts = counts.sort_values(ascending=False, kind="stable")
    listed = ", ".join(f"{shown_value(value)!r} {count}" for value, count in list(counts.items())[:LISTED])
    if wanted is None:
        flags = notation.to_booleans(values)
        if len(counts) != 2 or flags.bad:
            hint = "" if len(counts) < 2 else f"; say which value is a win and which a loss: --target '{name}=WON/LOST'"
            raise TableError(
                f"--target {name!r} has {counted(len(counts), 'value')} ({listed or 'all empty'}); expected two of 0/1, yes/no, "
                f"true/false{hint}"
            )
        won = equal_to(flags.values, ["true"])
    else:
        chosen, others = _outcomes(wanted, counts.index)
        unknown = [value for value in (*chosen, *others) if value not in counts.index]
        if unknown:
            near = nearest(unknown[0], [str(value) for value in counts.index])
            raise TableError(f"--target: column {name!r} never holds {unknown[0]!r}{near}; it holds {listed}")
        won = equal_to(values, chosen)
        if others:
            labelled &= won | equal_to(values, others)
        elif len(counts) > 2:
            rest = [str(value) for value in counts.index if value not in chosen]
            notes.append(
                f"every value of {name!r} other than {chosen[0]!r} counts as not won ({named(rest[:MOST_NAMED])}); if some "
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


def _outcomes(wanted: str, known: pd.Index) -> tuple[list[str], list[str]]:
    """`Won` or `Won/Lost`: what is a win and, if said, what is a loss."""
    if wanted in known or "/" not in wanted:
        return [wanted], []
    first, _, second = wanted.partition("/")
    return [first.strip()], [second.strip()]


def order_of(texts: Texts, question: TableQuestion) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """What the leads are ordered by, a time or a number, and which leads have it."""
    if question.order is not None:
        values = numbers_in(texts, question.order, "--order", "a number that rises with time (a time goes to --time)")
        return values, ~np.isnan(values)
    name = question.time or ""
    converted = notation.to_timestamps(
        texts[name], _time_formats(question), "gregorian", zone_named(question.time_zone)
    )
    hint = "a time as YYYY-MM-DD HH:MM:SS or dd.mm.yyyy (else say --time-format '%m/%d/%Y'; a number goes to --order)"
    refuse_bad(texts, name, converted.bad, "--time: ", hint)
    times = pd.to_datetime(pd.Series(converted.values.to_pylist(), dtype=object), format="%Y-%m-%d %H:%M:%S")
    return times.to_numpy(dtype="datetime64[s]"), times.notna().to_numpy()


def _time_formats(question: TableQuestion) -> tuple[TimeFormat, ...]:
    try:
        return tuple(compile_format(text) for text in question.time_formats) or DEFAULT_FORMATS
    except ValueError as error:
        raise TableError(f"--time-format: {error}") from error


def zone_named(name: str) -> ZoneInfo:
    """The time zone of this name. Raises TableError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise TableError(f"--time-zone {name!r} is not known; expected an IANA name such as Europe/Moscow") from error


def money_of(
    texts: Texts, question: TableQuestion, rows: npt.NDArray[np.intp], notes: list[str]
) -> tuple[npt.NDArray[np.int64] | None, int]:
    """Minor units of each lead, and how many are in a whole unit of the currency; an empty amount is 0 and counted."""
    if question.money is None:
        if question.currency is not None:
            raise TableError("--currency goes with --money COLUMN")
        return None, 1
    name, minor_per_unit = texts.require(question.money, "--money"), 1
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
        minor_per_unit = 10**known.exponent * known.factor
    refuse_bad(texts, name, converted.bad, "--money: ", unit)
    empty = int((~is_present(texts[name]))[rows].sum())
    if empty:
        notes.append(f"{empty} leads have no amount in {name!r}: it counts as 0")
    return minor[rows], minor_per_unit


def flags_in(
    texts: Texts, column: str, option: str, rows: npt.NDArray[np.intp], notes: list[str]
) -> npt.NDArray[np.bool_]:
    """A yes-or-no column of the leads; empty counts as no and is noted."""
    name = texts.require(column, option)
    converted = notation.to_booleans(texts[name])
    refuse_bad(texts, name, converted.bad, f"{option}: ", "yes/no, true/false or 1/0")
    empty = int((~is_present(texts[name]))[rows].sum())
    if empty:
        notes.append(f"{empty} leads say nothing in {name!r}: it counts as no")
    return equal_to(converted.values, ["true"])[rows]


def ids_of(
    texts: Texts, question: TableQuestion, rows: npt.NDArray[np.intp], notes: list[str]
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


def groups_of(texts: Texts, question: TableQuestion, rows: npt.NDArray[np.intp], notes: list[str]) -> pd.Series | None:
    """Account of each lead; None where it has none, or where nothing names accounts."""
    if question.group is not None:
        return text_series(texts[texts.require(question.group, "--group")], rows)
    if question.id is None:
        return None
    ids = text_series(texts[question.id], rows)
    twice = int(ids.dropna().duplicated().sum())
    if not twice:
        return None
    notes.append(f"{twice} rows repeat an id of {question.id!r}; rows of one id never stand on both sides of the split")
    return ids


def text_series(values: pa.StringArray, rows: npt.NDArray[np.intp]) -> pd.Series:
    """A column of the leads as texts, None where empty."""
    return pd.Series(np.array(values.to_pylist(), dtype=object)[rows], dtype=object)


def features_of(
    texts: Texts,
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
        filled = int(is_present(values).sum())
        number = notation.to_decimals(values, None)
        unreadable = sum(len(bad) for bad in number.bad.values())
        if filled and filled - unreadable >= NUMBER_SHARE * filled:
            columns[name] = pd.Series([np.nan if text is None else float(text) for text in number.values.to_pylist()])
            if unreadable:
                notes.append(f"{name!r} holds numbers, but {unreadable} values are none: read as empty")
            continue
        moment = notation.to_timestamps(values, _time_formats(question), "gregorian", zone_named(question.time_zone))
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
        pairs = "; ".join(f"{named(others)} as {named([first])}" for first, others in list(merged.items())[:MOST_NAMED])
        notes.append(f"{name!r}: spellings read as one value: {pairs}")
    texts = texts.map(lambda value: MISSING if value is None else spelled[str(value).casefold()])
    return texts.astype(object)
