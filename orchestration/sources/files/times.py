"""Dates and times as people export them → canonical text: `YYYY-MM-DD HH:MM:SS` in UTC, or `YYYY-MM-DD`.

Decisions, each tested:
- The formats are tried in their order for every value; the first that gives a possible date wins. `03/04/2024` is
  therefore March or April only by the formats given: no default format has slashes (except for Jalali dates).
- A `Z` or an offset in the value wins over the zone of the mapping. A time without one is local to that zone.
- A local time that does not exist (clocks go forward) is read with the offset before the change: 02:30 becomes 03:30.
  A local time that occurs twice is the first of the two. Both as in RFC 5545.
- Fractions of a second are cut (instants have second precision). Years outside 1900 … 2199 are bad values.
- A date without a time in a timestamp column is that day's local midnight. A time in a date column is cut: the date is
  the one written.
"""

import re
from calendar import month_abbr, month_name
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import jdatetime
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.sources.files.shapes import Mask, Rows, ShapeGroup, shape_groups, valid_mask

Seconds = npt.NDArray[np.int64]

FIRST_YEAR, LAST_YEAR = 1900, 2199
DAY = 86_400
_FIRST_DAY = datetime(FIRST_YEAR, 1, 1).toordinal() - datetime(1970, 1, 1).toordinal()
_END_DAY = datetime(LAST_YEAR + 1, 1, 1).toordinal() - datetime(1970, 1, 1).toordinal()

_DIRECTIVES = {
    "Y": r"(?P<Y>9999)",
    "y": r"(?P<y>99)",
    "m": r"(?P<m>99?)",
    "d": r"(?P<d>99?)",
    "H": r"(?P<H>99?)",
    "I": r"(?P<I>99?)",
    "M": r"(?P<M>99?)",
    "S": r"(?P<S>99?)",
    "f": r"(?P<f>9{1,9})",
    "z": r"(?P<z>Z|UTC|[+-]99(?::?99)?)",
    "p": r"(?P<p>[AaPp][Mm])",
    "b": r"(?P<b>[A-Za-z]{3})",
    "B": r"(?P<B>[A-Za-z]{3,9})",
    "%": "%",
}
SUPPORTED_DIRECTIVES = tuple("%" + letter for letter in _DIRECTIVES)

_TIME = r"(?P<H>99?):(?P<M>99)(?::(?P<S>99)(?:[.,](?P<f>9{1,9}))?)?"
_ISO = rf"(?P<Y>9999)-(?P<m>99)-(?P<d>99)(?:[T ]{_TIME}(?: ?(?P<z>Z|UTC|[+-]99(?::?99)?))?)?"
_DOTTED = rf"(?P<d>99?)\.(?P<m>99?)\.(?P<Y>9999)(?:,? +{_TIME})?"
_SLASHED = rf"(?P<Y>9999)/(?P<m>99?)/(?P<d>99?)(?:,? +{_TIME})?"

_MONTHS = {name.lower(): number for number in range(1, 13) for name in (month_abbr[number], month_name[number])}


@dataclass(frozen=True)
class TimeFormat:
    """One way a time is written, as a pattern over shapes."""

    text: str
    pattern: re.Pattern[str]


def compile_format(text: str) -> TimeFormat:
    """A `strptime` format as a pattern over shapes; ValueError naming the directive that is not supported."""
    pattern, position = "", 0
    while position < len(text):
        letter = text[position]
        if letter == "%":
            directive = text[position + 1 : position + 2]
            if directive not in _DIRECTIVES:
                raise ValueError(f"%{directive} is not supported; supported: {' '.join(SUPPORTED_DIRECTIVES)}")
            pattern += _DIRECTIVES[directive]
            position += 2
            continue
        pattern += r"\s+" if letter.isspace() else ("9" if letter.isdigit() else re.escape(letter))
        position += 1
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"a directive stands twice in {text!r}") from error
    names = set(compiled.groupindex)
    if not {"d"} <= names or not names & {"Y", "y"} or not names & {"m", "b", "B"}:
        raise ValueError(f"{text!r} must have a day, a month and a year (%d, %m or %b, %Y)")
    if "I" in names and "p" not in names:
        raise ValueError(f"{text!r} has %I without %p")
    return TimeFormat(text, compiled)


DEFAULT_FORMATS = (TimeFormat("ISO 8601", re.compile(_ISO)), TimeFormat("dd.mm.yyyy", re.compile(_DOTTED)))
DEFAULT_JALALI_FORMATS = (*DEFAULT_FORMATS, TimeFormat("yyyy/mm/dd", re.compile(_SLASHED)))


@dataclass
class Times:
    """What was read from n values: wall-clock seconds since 1970 as written, and the offset where the value had one.

    `ok` is false for nulls and for bad values; bad rows stand in `unreadable` and `out_of_range`.
    """

    seconds: Seconds
    offsets: Seconds
    has_offset: Mask
    ok: Mask
    unreadable: Rows
    out_of_range: Rows
    with_time: int = 0
    with_seconds: int = 0
    with_nonzero_seconds: int = 0


@dataclass
class _Decoded:
    seconds: Seconds
    offsets: Seconds
    possible: Mask
    in_range: Mask
    has_offset: bool
    has_time: bool
    has_seconds: bool
    nonzero: Mask
    midnight: Mask = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))


def parse_times(values: pa.StringArray, formats: tuple[TimeFormat, ...], calendar: str = "gregorian") -> Times:
    """Reads trimmed values whose digits are ASCII. `calendar` is `gregorian` or `jalali`."""
    count = len(values)
    times = Times(
        seconds=np.zeros(count, dtype=np.int64),
        offsets=np.zeros(count, dtype=np.int64),
        has_offset=np.zeros(count, dtype=np.bool_),
        ok=np.zeros(count, dtype=np.bool_),
        unreadable=np.zeros(0, dtype=np.int64),
        out_of_range=np.zeros(0, dtype=np.int64),
    )
    far = np.zeros(count, dtype=np.bool_)
    for group in shape_groups(values):
        rest = group
        for time_format in formats:
            match = time_format.pattern.fullmatch(group.shape)
            if match is None:
                continue
            decoded = _decode(rest, match, calendar)
            good = decoded.possible & decoded.in_range
            if len(rest.rows) == count and good.all():
                _count(times, decoded, good)
                times.seconds, times.offsets = decoded.seconds, decoded.offsets
                times.has_offset[:], times.ok[:] = decoded.has_offset, True
                return times
            far[rest.rows[decoded.possible & ~decoded.in_range]] = True
            rows = rest.rows[good]
            times.seconds[rows] = decoded.seconds[good]
            times.offsets[rows] = decoded.offsets[good]
            times.has_offset[rows] = decoded.has_offset
            times.ok[rows] = True
            _count(times, decoded, good)
            if good.all():
                break
            rest = rest.subset(~good)
    failed = valid_mask(values) & ~times.ok
    times.out_of_range = np.flatnonzero(failed & far).astype(np.int64)
    times.unreadable = np.flatnonzero(failed & ~far).astype(np.int64)
    return times


def _count(times: Times, decoded: _Decoded, good: Mask) -> None:
    if decoded.has_time:
        times.with_time += int((good & ~decoded.midnight).sum())
        if decoded.has_seconds:
            times.with_seconds += int(good.sum())
            times.with_nonzero_seconds += int((good & decoded.nonzero).sum())


def _decode(group: ShapeGroup, match: re.Match[str], calendar: str) -> _Decoded:
    parts = {name: match.span(name) for name, text in match.groupdict().items() if text is not None}
    count = len(group.rows)
    zero = np.zeros(count, dtype=np.int64)

    def part(name: str) -> Seconds:
        return group.number(*parts[name]) if name in parts else zero

    if "Y" in parts:
        years = part("Y")
    else:
        years = part("y")
        years = years + np.where(years >= 69, 1900, 2000) if calendar == "gregorian" else years + 1400
    possible = np.ones(count, dtype=np.bool_)
    if "m" in parts:
        months = part("m")
    else:
        name = match.group("b" if "b" in parts else "B").lower()
        months = zero + _MONTHS.get(name, 0)
    days = part("d")
    day_numbers, is_date = (_gregorian_days if calendar == "gregorian" else _jalali_days)(years, months, days)
    possible &= is_date
    hours, minutes, seconds = part("H"), part("M"), part("S")
    if "I" in parts:
        twelve = part("I")
        possible &= (twelve >= 1) & (twelve <= 12)
        hours = twelve % 12 + (12 if match.group("p").lower() == "pm" else 0)
    possible &= (hours <= 23) & (minutes <= 59) & (seconds <= 59)
    offsets = zero
    if "z" in parts and match.group("z")[0] in "+-":
        start, end = parts["z"]
        offset_hours = group.number(start + 1, start + 3)
        offset_minutes = group.number(end - 2, end) if end - start > 3 else zero
        possible &= (offset_hours <= 18) & (offset_minutes <= 59)
        offsets = (offset_hours * 3600 + offset_minutes * 60) * (-1 if match.group("z")[0] == "-" else 1)
    clock = hours * 3600 + minutes * 60 + seconds
    return _Decoded(
        seconds=day_numbers * DAY + clock,
        offsets=offsets,
        possible=possible,
        in_range=(day_numbers >= _FIRST_DAY) & (day_numbers < _END_DAY),
        has_offset="z" in parts,
        has_time="H" in parts or "I" in parts,
        has_seconds="S" in parts,
        nonzero=seconds > 0,
        midnight=clock == 0,
    )


def _gregorian_days(years: Seconds, months: Seconds, days: Seconds) -> tuple[Seconds, Mask]:
    """Days since 1970-01-01, and whether year, month and day make a date."""
    safe_months = np.clip(months, 1, 12)
    leap = ((years % 4 == 0) & (years % 100 != 0)) | (years % 400 == 0)
    lengths = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)[safe_months - 1]
    lengths = lengths + (leap & (safe_months == 2))
    possible = (months == safe_months) & (days >= 1) & (days <= lengths)
    # days from civil, with the year starting in March so that the leap day is its last
    shifted = years - (safe_months <= 2)
    era = shifted // 400
    year_of_era = shifted - era * 400
    day_of_year = (153 * (safe_months + np.where(safe_months > 2, -3, 9)) + 2) // 5 + days - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468, possible


def _jalali_days(years: Seconds, months: Seconds, days: Seconds) -> tuple[Seconds, Mask]:
    """As `_gregorian_days` for Persian dates; every distinct date is converted once."""
    keys, inverse = np.unique(years * 10_000 + months * 100 + days, return_inverse=True)
    numbers = np.zeros(len(keys), dtype=np.int64)
    possible = np.zeros(len(keys), dtype=np.bool_)
    epoch = datetime(1970, 1, 1).toordinal()
    for index, key in enumerate(keys.tolist()):
        try:
            gregorian = jdatetime.date(key // 10_000, key // 100 % 100, key % 100).togregorian()
        except ValueError:
            continue
        numbers[index] = gregorian.toordinal() - epoch
        possible[index] = True
    return numbers[inverse], possible[inverse]


def local_offsets(seconds: Seconds, zone: ZoneInfo) -> Seconds:
    """UTC offset in seconds of each local wall-clock time; gaps and overlaps as this module says."""
    if len(seconds) == 0:
        return seconds
    first_day, last_day = int(seconds.min()) // DAY - 1, int(seconds.max()) // DAY + 2
    # whole years, so that parts of one file share the cached table
    starts, offsets = _offset_table(zone.key, first_day // 366 * 366, (last_day // 366 + 1) * 366)
    if len(starts) == 1:
        return np.full(len(seconds), offsets[0], dtype=np.int64)
    return offsets[np.searchsorted(starts, seconds, side="right") - 1]


@lru_cache(maxsize=64)
def _offset_table(zone_name: str, first_day: int, last_day: int) -> tuple[Seconds, Seconds]:
    """Local seconds from which an offset holds, and the offsets; found day by day, then to the second by halving."""
    zone = ZoneInfo(zone_name)
    epoch = datetime(1970, 1, 1)

    def offset(second: int) -> int:
        utc_offset = (epoch + timedelta(seconds=second)).replace(tzinfo=zone, fold=0).utcoffset()
        return int((utc_offset or timedelta()).total_seconds())

    starts, offsets = [first_day * DAY], [offset(first_day * DAY)]
    for day in range(first_day + 1, last_day + 1):
        if offset(day * DAY) == offsets[-1]:
            continue
        low, high = (day - 1) * DAY, day * DAY
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
        starts.append(high)
        offsets.append(offset(high))
    return np.array(starts, dtype=np.int64), np.array(offsets, dtype=np.int64)


def utc_seconds(times: Times, zone: ZoneInfo) -> Seconds:
    """Seconds since 1970 UTC of every value that was read (others are meaningless)."""
    known = times.offsets
    if times.has_offset.all():
        return times.seconds - known
    return times.seconds - np.where(times.has_offset, known, local_offsets(times.seconds, zone))


def timestamp_text(seconds: Seconds, ok: Mask) -> pa.StringArray:
    """`YYYY-MM-DD HH:MM:SS`, null where not ok."""
    return pa.array(seconds, mask=~ok).cast(pa.timestamp("s")).cast(pa.string())


def date_text(seconds: Seconds, ok: Mask) -> pa.StringArray:
    """`YYYY-MM-DD`, null where not ok."""
    return pa.array((seconds // DAY).astype(np.int32), mask=~ok).cast(pa.date32()).cast(pa.string())
