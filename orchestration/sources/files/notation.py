"""Values as a company writes them → the canonical text of a contract column.

Every converter takes a column (Arrow strings, null = empty) and gives a column of the same length plus the rows that it
could not read, by reason. Nothing is guessed: what is not understood is bad, and the caller decides whether the row or
only the value stays out.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.sources.files.numbers import DECIMAL_MARK, Integers, parse_numbers, rescaled
from orchestration.sources.files.shapes import (
    Mask,
    Rows,
    distinct,
    is_ascii,
    map_distinct,
    text_bytes,
    valid_mask,
)
from orchestration.sources.files.times import TimeFormat, date_text, parse_times, timestamp_text, utc_seconds

TRUE_VALUES = ("true", "t", "yes", "y", "1", "1.0", "да", "истина", "بله", "بلی", "آری")
FALSE_VALUES = ("false", "f", "no", "n", "0", "0.0", "нет", "ложь", "خیر", "نه")

_INVISIBLE = "\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_NUMBER_CHARACTERS = str.maketrans(
    {
        "\u066b": DECIMAL_MARK,
        "\u066c": "'",
        "\u060c": ",",
        "\u2019": "'",
        "\u02bc": "'",
        "\u2212": "-",
        "\u2013": "-",
        "\u2010": "-",
        "\u2011": "-",
    }
)


@dataclass(frozen=True)
class TimeFacts:
    """What a column of times shows about its export: counts of values."""

    with_time: int = 0
    with_seconds: int = 0
    with_nonzero_seconds: int = 0


@dataclass(frozen=True)
class Converted:
    """A converted column. `bad`: reason → rows (positions) whose value is null because it could not be read."""

    values: pa.StringArray
    bad: Mapping[str, Rows] = field(default_factory=dict)
    evidence: frozenset[str] = frozenset()
    times: TimeFacts = TimeFacts()
    integers: Integers | None = None
    """For money: the minor units of every row (0 where null)."""


def trimmed(values: pa.StringArray, empties: Iterable[str] = ("",)) -> pa.StringArray:
    """Values without white space and invisible marks at either end; those in `empties` become null.

    Returns `values` itself when nothing changes, so that a column that is already canonical is written once.
    """
    result = values
    if _may_need_trimming(values):
        shorter = map_distinct(values, lambda text: text.strip().strip(_INVISIBLE).strip())
        if not shorter.equals(values):
            result = shorter
    empty = pa.array(sorted({"", *empties}), pa.string())
    if _has_any(result, empty):
        result = pc.if_else(pc.is_in(result, value_set=empty), pa.scalar(None, pa.string()), result)
    return result


def _may_need_trimming(values: pa.StringArray) -> bool:
    """Whether a first or last byte is a control, a space or part of a character that could be one."""
    offsets, data = text_bytes(values)
    lengths = np.diff(offsets)
    used = lengths > 0 if values.null_count == 0 else (lengths > 0) & valid_mask(values)
    starts, ends = offsets[:-1], offsets[1:]
    if not used.all():
        starts, ends = starts[used], ends[used]
    if len(starts) == 0:
        return False
    first, last = data[starts], data[ends - 1]
    return bool(((first <= 0x20) | (last <= 0x20)).any() or (first >= 0x80).any() or (last >= 0x80).any())


def _has_any(values: pa.StringArray, wanted: pa.StringArray) -> bool:
    longest = max((len(text.encode()) for text in wanted.to_pylist()), default=0)
    offsets, _ = text_bytes(values)
    short = np.diff(offsets) <= longest
    if values.null_count:
        short &= valid_mask(values)
    candidates = values if short.all() else values.filter(pa.array(short))
    return len(candidates) > 0 and bool(pc.any(pc.is_in(candidates, value_set=wanted)).as_py())


def with_ascii_digits(values: pa.StringArray) -> pa.StringArray:
    """Digits of every script as 0–9; used for numbers and times, where nothing else could be meant."""
    if is_ascii(values):
        return values
    return map_distinct(values, _ascii_digits)


def _ascii_digits(text: str) -> str:
    digits = (str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    return "".join(digits).strip(_INVISIBLE + " ")


def _number_characters(text: str) -> str:
    plain = "".join(" " if unicodedata.category(char) == "Zs" else char for char in _ascii_digits(text))
    return plain.translate(_NUMBER_CHARACTERS)


def spread(converted: Converted, indices: pa.Int32Array | None) -> Converted:
    """A result over distinct values as a result over rows."""
    if indices is None:
        return converted
    rows_of = np.asarray(pc.fill_null(indices, -1).to_numpy(zero_copy_only=False))
    bad: dict[str, Rows] = {}
    for reason, codes in converted.bad.items():
        marked = np.zeros(len(converted.values) + 1, dtype=np.bool_)
        marked[codes] = True
        bad[reason] = np.flatnonzero(marked[rows_of]).astype(np.int64)
    integers = converted.integers
    if integers is not None:
        integers = np.append(integers, 0)[rows_of]
    return replace(converted, values=converted.values.take(indices), bad=bad, integers=integers)


def _over_distinct(values: pa.StringArray, convert: Callable[[pa.StringArray], Converted]) -> Converted:
    items, indices = distinct(values)
    return spread(convert(items), indices)


def _bad(**reasons: Iterable[Rows] | Rows | Mask) -> dict[str, Rows]:
    """Reasons with their rows, empty ones left out; a mask stands for its true positions."""
    found: dict[str, Rows] = {}
    for reason, rows in reasons.items():
        if not isinstance(rows, np.ndarray):
            pieces = list(rows)
            rows = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
        if rows.dtype == np.bool_:
            rows = np.flatnonzero(rows)
        if len(rows):
            found[reason] = np.sort(rows).astype(np.int64)
    return found


def to_timestamps(values: pa.StringArray, formats: tuple[TimeFormat, ...], calendar: str, zone: ZoneInfo) -> Converted:
    """Instants as `YYYY-MM-DD HH:MM:SS` in UTC. `zone` is that of values without an offset. See `times` for the rules.

    Facts about seconds are counted over distinct values, which is enough to see that none has any.
    """

    def convert(items: pa.StringArray) -> Converted:
        times = parse_times(with_ascii_digits(items), formats, calendar)
        facts = TimeFacts(times.with_time, times.with_seconds, times.with_nonzero_seconds)
        bad = _bad(not_a_timestamp=times.unreadable, date_out_of_range=times.out_of_range)
        return Converted(timestamp_text(utc_seconds(times, zone), times.ok), bad, times=facts)

    return _over_distinct(values, convert)


def to_dates(values: pa.StringArray, formats: tuple[TimeFormat, ...], calendar: str) -> Converted:
    """Dates as `YYYY-MM-DD`; a time of day is cut, an offset ignored: the date is the one written."""

    def convert(items: pa.StringArray) -> Converted:
        times = parse_times(with_ascii_digits(items), formats, calendar)
        bad = _bad(not_a_date=times.unreadable, date_out_of_range=times.out_of_range)
        return Converted(date_text(times.seconds, times.ok), bad)

    return _over_distinct(values, convert)


def _number_text(values: pa.StringArray) -> pa.StringArray:
    return values if is_ascii(values) else map_distinct(values, _number_characters)


def to_integers(values: pa.StringArray, decimal: str | None) -> Converted:
    """Whole numbers; `12.0`, as spreadsheets write them, is 12."""

    def convert(items: pa.StringArray) -> Converted:
        numbers = parse_numbers(_number_text(items), decimal, whole=True)
        whole, broken, large = rescaled(numbers.unscaled, numbers.scale, 0, 1)
        ok = numbers.ok & ~broken & ~large
        bad = _bad(
            not_a_number=[*numbers.unreadable, *numbers.ambiguous],
            not_an_integer=numbers.ok & broken,
            number_too_large=[*numbers.too_large, np.flatnonzero(numbers.ok & large)],
        )
        return Converted(pa.array(whole, mask=~ok).cast(pa.string()), bad)

    return _over_distinct(values, convert)


def to_decimals(values: pa.StringArray, decimal: str | None, places: int = 9) -> Converted:
    """Decimal numbers with `.`, without needless zeros; more than `places` decimals are bad, not rounded."""

    def convert(items: pa.StringArray) -> Converted:
        numbers = parse_numbers(_number_text(items), decimal)
        texts: list[str | None] = []
        broken = np.zeros(len(items), dtype=np.bool_)
        for row, (ok, unscaled, scale) in enumerate(
            zip(numbers.ok.tolist(), numbers.unscaled.tolist(), numbers.scale.tolist(), strict=True)
        ):
            number = Decimal(unscaled).scaleb(-scale) if ok else Decimal(0)
            plain = format(number, "f")
            if "." in plain:
                plain = plain.rstrip("0").rstrip(".")
            broken[row] = len(plain.partition(".")[2]) > places
            texts.append(plain if ok and not broken[row] else None)
        bad = _bad(
            not_a_number=numbers.unreadable,
            ambiguous_decimal=numbers.ambiguous,
            number_too_large=numbers.too_large,
            too_many_decimals=broken,
        )
        return Converted(pa.array(texts, pa.string()), bad, frozenset(numbers.evidence))

    return _over_distinct(values, convert)


def to_minor_units(
    values: pa.StringArray, decimal: str | None, exponents: Integers | int, factors: Integers | int
) -> Converted:
    """Amounts as whole minor units: amount × factor × 10 ** exponent, exact; too many decimals are bad, not rounded.

    `exponents` and `factors` are one number for the column, or one a row (a negative exponent: the currency of that row
    is not known, which the caller reports). Zeros behind the decimals of the currency are harmless.
    """

    def convert(items: pa.StringArray, exponent: Integers | int, factor: Integers | int) -> Converted:
        numbers = parse_numbers(_number_text(items), decimal)
        if isinstance(exponent, int) and isinstance(factor, int):
            minor, broken, large = rescaled(numbers.unscaled, numbers.scale, exponent, factor)
        else:
            exponent_rows = np.broadcast_to(np.asarray(exponent, dtype=np.int64), (len(items),))
            factor_rows = np.broadcast_to(np.asarray(factor, dtype=np.int64), (len(items),))
            minor = np.zeros(len(items), dtype=np.int64)
            broken, large = np.zeros(len(items), dtype=np.bool_), np.zeros(len(items), dtype=np.bool_)
            pairs = np.unique(np.stack([exponent_rows, factor_rows]), axis=1).T.tolist() if len(items) else []
            for one_exponent, one_factor in pairs:
                here = (exponent_rows == one_exponent) & (factor_rows == one_factor)
                if one_exponent >= 0:
                    minor[here], broken[here], large[here] = rescaled(
                        numbers.unscaled[here], numbers.scale[here], one_exponent, one_factor
                    )
        ok = numbers.ok & ~broken & ~large
        minor[~ok] = 0
        bad = _bad(
            not_a_number=numbers.unreadable,
            ambiguous_decimal=numbers.ambiguous,
            too_many_decimals=numbers.ok & broken & ~large,
            number_too_large=[*numbers.too_large, np.flatnonzero(numbers.ok & large)],
        )
        text = pa.array(minor, mask=~ok).cast(pa.string())
        return Converted(text, bad, frozenset(numbers.evidence), integers=minor)

    if isinstance(exponents, int) and isinstance(factors, int):
        return _over_distinct(values, lambda items: convert(items, exponents, factors))
    return convert(values, exponents, factors)


def to_booleans(values: pa.StringArray, true_values: Iterable[str] = (), false_values: Iterable[str] = ()) -> Converted:
    """`true` or `false`. The lists given replace the default words of their side; case does not matter."""
    words = {text.casefold(): "true" for text in (list(true_values) or TRUE_VALUES)}
    words |= {text.casefold(): "false" for text in (list(false_values) or FALSE_VALUES)}

    def convert(items: pa.StringArray) -> Converted:
        texts = [None if text is None else words.get(_ascii_digits(text).casefold()) for text in items.to_pylist()]
        result = pa.array(texts, pa.string())
        return Converted(result, _bad(not_a_boolean=valid_mask(items) & ~valid_mask(result)))

    return _over_distinct(values, convert)


def looked_up(values: pa.StringArray, table: Mapping[str, str], keep_others: bool) -> Converted:
    """Each value replaced by its entry; others stay or are bad (`value_not_listed`). An empty entry gives null."""

    def convert(items: pa.StringArray) -> Converted:
        texts = items.to_pylist()
        unknown = np.array([text is not None and text not in table for text in texts], dtype=np.bool_)
        found = [None if text is None else table.get(text, text if keep_others else None) or None for text in texts]
        return Converted(pa.array(found, pa.string()), {} if keep_others else _bad(value_not_listed=unknown))

    return _over_distinct(values, convert)


def in_case(values: pa.StringArray, case: str) -> Converted:
    """`lower`, or `snake`: lower case with everything but letters and digits as one `_`."""

    def one(text: str) -> str | None:
        lowered = text.lower()
        return lowered if case == "lower" else re.sub(r"[\W_]+", "_", lowered).strip("_") or None

    def convert(items: pa.StringArray) -> Converted:
        return Converted(pa.array([None if text is None else one(text) for text in items.to_pylist()], pa.string()))

    return _over_distinct(values, convert)


def accepted_only(values: pa.StringArray, accepted: Iterable[str]) -> Converted:
    """Values outside `accepted` are bad (`value_not_accepted`): the contract's own test would fail on them."""
    allowed = pa.array(list(accepted), pa.string())
    refused = valid_mask(values) & ~np.asarray(pc.is_in(values, value_set=allowed).to_numpy(zero_copy_only=False))
    if not refused.any():
        return Converted(values)
    return Converted(
        pc.if_else(pa.array(refused), pa.scalar(None, pa.string()), values), _bad(value_not_accepted=refused)
    )


def joined(columns: list[pa.StringArray], separator: str) -> pa.StringArray:
    """The texts joined; an empty one leaves its place empty, null when all are empty."""
    result = pc.binary_join_element_wise(
        *[pc.fill_null(column, "") for column in columns], pa.scalar(separator, pa.string())
    )
    nothing = np.ones(len(result), dtype=np.bool_)
    for column in columns:
        nothing &= ~valid_mask(column)
    return pc.if_else(pa.array(nothing), pa.scalar(None, pa.string()), result) if nothing.any() else result
