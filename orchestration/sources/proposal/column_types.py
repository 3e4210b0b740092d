"""What the columns of an unknown file hold, judged from a sample: kind, notation, words, placeholders, shapes.

Everything said here is said with the readers that will read the file later (`times`, `numbers`, `notation`), so that a
proposed notation is one that works. Nothing is decided that the values do not show: `03/04/2024` in a column where no
day exceeds 12 is reported as two possible orders.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.landing import shape_of
from orchestration.landing.tokens import normalise_email, normalise_phone
from orchestration.sources.files import notation
from orchestration.sources.files.notation import FALSE_VALUES, TRUE_VALUES
from orchestration.sources.files.numbers import parse_numbers
from orchestration.sources.files.times import DEFAULT_FORMATS, TimeFormat, compile_format, parse_times

SAMPLE_HEAD, SAMPLE_ROWS = 5_000, 20_000
"""Rows that are looked at closely: the first ones, and as many evenly spread that there are this many."""

FEW_VALUES = 40
ENOUGH = 0.95
"""Share of the values that must read as a kind for a column to be of it; the rest is what quarantine is for."""
CHECKED_CONTACTS = 300
CHECKED_PHONES = 40
"""Numbers read by the plans of every country tried: the slowest test of all."""
FEW_REPEATS = 0.01
"""Share of rows that may repeat a key or lack it: exports that were joined or edited by hand have some."""
CONTACT_KINDS = ("phone", "email", "messenger", "tax_id")
PHONE_REGIONS = ("RU", "IR", "US", "GB", "DE", "FR", "ES", "IT", "TR", "KZ", "UA", "AE", "BR", "IN", "CN")

_DATES = (
    "%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%m.%d.%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%d %B %Y",
    "%B %d, %Y", "%Y%m%d",
)  # fmt: skip
_CLOCKS = (
    "", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M", " %H:%M:%S.%f", ", %H:%M", ", %H:%M:%S", " %I:%M %p",
    " %I:%M:%S %p", ", %I:%M %p", " %H:%M:%S %z", "T%H:%M:%S%z",
)  # fmt: skip
_JALALI_DATES = ("%Y/%m/%d", "%Y-%m-%d", "%Y.%m.%d", "%d/%m/%Y")
_JALALI_YEAR = re.compile(r"(?:^|\D)(1[34]\d\d)(?:[/.\-])")
_SHAPES_TRIED = 60
_SHAPED_VALUES = 300
_SWAPPED = {"%d/%m": "%m/%d", "%m/%d": "%d/%m", "%d-%m": "%m-%d", "%m-%d": "%d-%m"}
_CURRENCY_SIGN = re.compile(
    r"[€$£₽₸¥₹₺₴]|\b(?:USD|EUR|GBP|RUB|RUR|BRL|KZT|IRR|IRT)\b|руб(?:лей|\.)?|р\.|тенге|تومان|ریال", re.IGNORECASE
)
_PHONE = re.compile(r"\+?[\d\s().\-]{9,24}")
_HANDLE = re.compile(r"@\w{3,}|(?:https?://)?(?:t\.me|telegram\.me|wa\.me)/\S+", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_PERIOD = re.compile(r"\d{4}-(?:\d\d|Q[1-4])")
_UNIX_TIME = re.compile(r"1[0-9]{9}(?:\d{3})?")


@dataclass(frozen=True)
class ColumnFacts:
    """One column. Counts are over the sample unless said otherwise; `values` and `shapes` are most frequent first."""

    name: str
    kind: str
    """empty | time | date | integer | number | boolean | email | phone | messenger | tax_id | period | category | id |
    text | free_text. `time` has a time of day somewhere; `category` has few values; `id` hardly repeats or has no spaces
    and is one word."""
    rows: int
    filled: int
    distinct: int
    values: tuple[tuple[str, int], ...] = ()
    shapes: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    """Time formats that read the values; empty when the reader's defaults do."""
    calendar: str = "gregorian"
    other_order: str | None = None
    """The first format with day and month exchanged, when the values do not decide between the two."""
    decimal: str | None = None
    decimal_unknown: bool = False
    currency_sign: str | None = None
    placeholders: tuple[tuple[str, int], ...] = ()
    """Values that stand for nothing, as written, with their count in the whole file."""
    is_personal: bool = False
    """Names or addresses of people, or free text: shown as shapes."""
    repeats: int | None = None
    """Rows of the whole file whose value is empty or stood before; None where the sample shows that it is no key."""
    file_rows: int = 0
    phone_region: str | None = None
    reads: float = 1.0
    """Share of the distinct values that read as the kind."""
    notes: tuple[str, ...] = ()

    @property
    def is_time(self) -> bool:
        return self.kind in ("time", "date")

    @property
    def is_unique(self) -> bool:
        """Every row of the whole file has a value and none repeats."""
        return self.repeats == 0

    @property
    def names_rows(self) -> bool:
        """Unique but for a few rows, which a load with this key sets aside."""
        return self.repeats is not None and self.repeats <= FEW_REPEATS * self.file_rows

    @property
    def is_hidden(self) -> bool:
        """Whether the values must not be shown."""
        return self.is_personal or self.kind in (*CONTACT_KINDS, "free_text")


@dataclass(frozen=True)
class Words:
    """Lists from the table of synonyms that this module needs, in lower case."""

    placeholders: frozenset[str]
    is_personal: Callable[[str], bool] = field(repr=False)
    is_free_text: Callable[[str], bool] = field(repr=False)
    contact_kind: Callable[[str], str | None] = field(repr=False)
    """The notation that a column's name promises, if any."""


def sample_rows(rows: int) -> pa.Array | None:
    """Positions of the sample: the head and evenly spread ones; None when that is every row."""
    if rows <= SAMPLE_ROWS:
        return None
    spread = np.linspace(SAMPLE_HEAD, rows - 1, SAMPLE_ROWS - SAMPLE_HEAD).astype(np.int64)
    return pa.array(np.concatenate([np.arange(SAMPLE_HEAD, dtype=np.int64), spread]))


def column_facts(table: pa.Table, words: Words) -> list[ColumnFacts]:
    """Facts about every column of a file's text table, in order."""
    index = sample_rows(table.num_rows)
    sample = table if index is None else table.take(index)
    return [
        _facts(name, _single(sample.column(position)), table.column(position), words)
        for position, name in enumerate(table.column_names)
    ]


def _single(column: pa.ChunkedArray) -> pa.StringArray:
    combined = column.combine_chunks()
    return (
        combined if isinstance(combined, pa.Array) else pa.concat_arrays([pa.array([], pa.string()), *combined.chunks])
    )


def _facts(name: str, sample: pa.StringArray, whole: pa.ChunkedArray, words: Words) -> ColumnFacts:
    counted = notation.trimmed(sample).value_counts()
    counts = {
        text: int(count)
        for text, count in zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
        if text is not None
    }
    empties = [text for text in counts if text.casefold() in words.placeholders]
    found = _placeholder_counts(whole, empties)
    for text in empties:
        del counts[text]
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    personal = words.is_personal(name) or words.is_free_text(name)
    base = ColumnFacts(
        name,
        "empty",
        rows=len(sample),
        file_rows=len(whole),
        filled=sum(counts.values()),
        distinct=len(counts),
        values=tuple(common[:FEW_VALUES]),
        shapes=_top_shapes(common),
        placeholders=found,
        is_personal=personal,
    )
    if not counts:
        return base
    kind = _classified(name, [text for text, _ in common], base, whole, words)
    return _with(kind, repeats=_repeats(kind, whole))


def _with(facts: ColumnFacts, **changes: object) -> ColumnFacts:
    return ColumnFacts(**{**facts.__dict__, **changes})


def _placeholder_counts(whole: pa.ChunkedArray, empties: Sequence[str]) -> tuple[tuple[str, int], ...]:
    return tuple((text, int(pc.sum(pc.equal(whole, text)).as_py() or 0)) for text in sorted(empties))


def _top_shapes(common: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    shapes: Counter[str] = Counter()
    for text, count in common[:_SHAPED_VALUES]:
        shapes[shape_of(text) or ""] += count
    return tuple(shape for shape, _ in sorted(shapes.items(), key=lambda item: (-item[1], item[0]))[:3])


def _repeats(facts: ColumnFacts, whole: pa.ChunkedArray) -> int | None:
    """Over the whole file; only columns whose sample hardly repeats are counted."""
    allowed = max(FEW_REPEATS * facts.rows, 1 if facts.rows >= 20 else 0)
    if min(facts.filled, facts.distinct) < facts.rows - allowed or facts.kind in ("time", "number", "free_text"):
        return None
    return len(whole) - int(pc.count_distinct(whole, mode="only_valid").as_py())


def _classified(name: str, texts: list[str], base: ColumnFacts, whole: pa.ChunkedArray, words: Words) -> ColumnFacts:
    """The kind, tried from the most telling to the least."""
    contact = _contact(name, texts, base, words)
    if contact is not None:
        return contact
    with_digits = [text for text in texts if any(char.isdecimal() for char in text)]
    if len(with_digits) < ENOUGH * len(texts):
        return _worded(name, texts, base, words)
    values = notation.with_ascii_digits(pa.array(texts, pa.string()))
    plain: list[str] = values.to_pylist()
    if all(_PERIOD.fullmatch(text) for text in plain):
        return _with(base, kind="period")
    times = _times(values, plain, base, whole)
    if times is not None:
        return times
    if {text.casefold() for text in plain} <= {"0", "1", "0.0", "1.0"}:
        return _with(base, kind="boolean")
    numbers = _numbers(plain, base)
    if numbers is not None:
        return numbers
    return _worded(name, texts, base, words)


def _contact(name: str, texts: list[str], base: ColumnFacts, words: Words) -> ColumnFacts | None:
    promised = words.contact_kind(name)
    some = texts[:: max(1, len(texts) // CHECKED_CONTACTS)][:CHECKED_CONTACTS]
    needed = ENOUGH * len(some) if promised is None else 0.5 * len(some)
    emails = sum("@" in text and normalise_email(text) is not None for text in some)
    if emails and emails >= (0.5 * len(some)):
        return _with(base, kind="email", reads=emails / len(some))
    handles = sum(_HANDLE.fullmatch(text) is not None for text in some)
    if handles and handles >= 0.8 * len(some):
        return _with(base, kind="messenger", reads=handles / len(some))
    if promised in ("messenger", "tax_id"):
        return _with(base, kind=promised)
    looks = [text for text in some if _PHONE.fullmatch(text) and 10 <= len(_digits(text)) <= 15]
    written = [text for text in looks if "+" in text or re.search(r"[\s()\-]", text.strip())]
    if len(looks) >= max(1, needed) and (promised == "phone" or len(written) >= 0.5 * len(looks)):
        if promised != "phone" and any(_times_of(text) for text in looks[:20]):
            return None
        looks = looks[:: max(1, len(looks) // CHECKED_PHONES)][:CHECKED_PHONES]
        region, valid = _region(looks)
        if promised == "phone" or valid >= ENOUGH * len(looks):
            return _with(base, kind="phone", reads=valid / len(looks), phone_region=region)
    if promised in ("phone", "email"):
        # the name says contact data: values of another form are hidden all the same
        return _with(base, kind=promised, reads=0.0, notes=(f"hardly any value is a well-formed {promised}",))
    return None


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def _times_of(text: str) -> bool:
    values = notation.with_ascii_digits(pa.array([text], pa.string()))
    return any(parse_times(values, (item,)).ok[0] for item in (*DEFAULT_FORMATS, *_candidates(_DATES, _CLOCKS)))


def _region(texts: list[str]) -> tuple[str | None, int]:
    """The country whose numbering plan reads most of the numbers, and how many it reads; None where all carry a +."""
    international = all(text.strip().startswith("+") for text in texts)

    def readable(region: str) -> int:
        count = 0
        for text in texts:
            try:
                count += phonenumbers.is_valid_number(phonenumbers.parse(text, region))
            except phonenumbers.NumberParseException:
                continue
        return count

    best, most = PHONE_REGIONS[0], -1
    for candidate in PHONE_REGIONS[:1] if international else PHONE_REGIONS:
        count = readable(candidate)
        if count > most:
            best, most = candidate, count
        if count >= ENOUGH * len(texts):
            break
    region = best
    valid = sum(normalise_phone(text, region) is not None for text in texts)
    return (None if international else region), valid


@lru_cache(maxsize=8)
def _candidates(dates: tuple[str, ...], clocks: tuple[str, ...]) -> tuple[TimeFormat, ...]:
    return tuple(compile_format(date + clock) for date in dates for clock in clocks)


def _times(values: pa.StringArray, plain: list[str], base: ColumnFacts, whole: pa.ChunkedArray) -> ColumnFacts | None:
    """The column as times, or None. `values` and `plain` are the distinct values with ASCII digits."""
    shapes = Counter(_DIGIT.sub("9", text) for text in plain)
    if shapes.most_common(1)[0][0].isdigit() and not all(re.fullmatch(r"(?:19|20)\d{6}", text) for text in plain):
        return None
    some = plain[:50]
    jalali = sum(_JALALI_YEAR.search(text) is not None for text in some) >= ENOUGH * len(some)
    calendar = "jalali" if jalali else "gregorian"
    if not jalali and _ok(values, DEFAULT_FORMATS, calendar) >= ENOUGH:
        return _with(
            base, kind=_clock_kind(values, DEFAULT_FORMATS, calendar), reads=_ok(values, DEFAULT_FORMATS, calendar)
        )
    dates = _JALALI_DATES if jalali else _DATES
    common = [shape for shape, _ in shapes.most_common(_SHAPES_TRIED)]
    fitting = [item for item in _candidates(dates, _CLOCKS) if any(item.pattern.fullmatch(shape) for shape in common)]
    chosen: list[TimeFormat] = []
    covered = 0.0
    while fitting and len(chosen) < 3 and covered < 1.0:
        gains = [(_ok(values, (*chosen, item), calendar), item) for item in fitting]
        share, item = max(gains, key=lambda gain: gain[0])
        if share < covered + 0.002:
            break
        chosen.append(item)
        covered = share
        fitting.remove(item)
    if not chosen or covered < ENOUGH:
        return None
    formats = tuple(item.text for item in chosen)
    kind = _clock_kind(values, tuple(chosen), calendar)
    other, notes = None, list(base.notes)
    swapped = _swapped(formats[0]) if calendar == "gregorian" else None
    if swapped is not None:
        texts = notation.with_ascii_digits(notation.trimmed(pc.unique(whole)))
        one, two = compile_format(formats[0]), compile_format(swapped)
        as_written, exchanged = parse_times(texts, (one,)).ok, parse_times(texts, (two,)).ok
        if bool((exchanged & ~as_written).any()) and bool((as_written & ~exchanged).any()):
            other = swapped
            notes.append(
                "some values can only be day first, others only month first: two ways of writing in one column"
            )
        elif int(exchanged.sum()) > int(as_written.sum()):
            formats = (swapped, *(item for item in formats[1:] if item != swapped))
        elif int(exchanged.sum()) == int(as_written.sum()):
            other = swapped
        formats = (formats[0], *(item for item in formats[1:] if item != swapped))
    return _with(
        base, kind=kind, formats=formats, calendar=calendar, other_order=other, reads=covered, notes=tuple(notes)
    )


def _ok(values: pa.StringArray, formats: tuple[TimeFormat, ...], calendar: str) -> float:
    return float(parse_times(values, formats, calendar).ok.sum()) / max(len(values), 1)


def _clock_kind(values: pa.StringArray, formats: tuple[TimeFormat, ...], calendar: str) -> str:
    return "time" if parse_times(values, formats, calendar).with_time else "date"


def _swapped(text: str) -> str | None:
    """The format with day and month exchanged, for the orders that a reader cannot tell apart."""
    for one, other in _SWAPPED.items():
        if text.startswith(one):
            return other + text[len(one) :]
    return None


def _numbers(plain: list[str], base: ColumnFacts) -> ColumnFacts | None:
    sign: Counter[str] = Counter()
    stripped = plain
    if any(not char.isdecimal() and not char.isspace() for char in "".join(plain[:200])):
        stripped = []
        for text in plain:
            match = _CURRENCY_SIGN.search(text)
            if match is not None:
                sign[match.group()] += 1
                text = _CURRENCY_SIGN.sub("", text).strip()
            stripped.append(text)
    values = notation._number_text(pa.array(stripped, pa.string()))
    numbers = parse_numbers(values)
    unclear = np.concatenate(numbers.ambiguous) if numbers.ambiguous else np.zeros(0, dtype=np.int64)
    readable = int(numbers.ok.sum()) + len(unclear)
    if readable < ENOUGH * len(plain):
        return None
    notes = list(base.notes)
    marks = sorted(numbers.evidence)
    if len(marks) == 2:
        notes.append("both . and , stand before decimals")
    fractions = bool((numbers.scale[numbers.ok] > 0).any()) and bool(
        (numbers.unscaled[numbers.ok] % np.power(10, np.minimum(numbers.scale[numbers.ok], 18)) != 0).any()
    )
    currency = sign.most_common(1)[0][0] if sign else None
    if currency is not None:
        notes.append(f"{sum(sign.values())} of {len(plain)} different values carry a currency sign ({currency})")
    if not fractions and len(unclear) == 0 and _UNIX_TIME.fullmatch(plain[0]) and all(map(_UNIX_TIME.fullmatch, plain)):
        notes.append("could be seconds since 1970, which are not read as times")
    return _with(
        base,
        kind="number" if fractions or (len(unclear) > 0 and not marks) else "integer",
        decimal=marks[0] if len(marks) == 1 else None,
        decimal_unknown=len(unclear) > 0 and len(marks) != 1,
        currency_sign=currency,
        reads=readable / len(plain),
        notes=tuple(notes),
    )


def _worded(name: str, texts: list[str], base: ColumnFacts, words: Words) -> ColumnFacts:
    known = [(text, count) for text, count in base.values if text.casefold() in {*TRUE_VALUES, *FALSE_VALUES}]
    if base.distinct <= FEW_VALUES and sum(count for _, count in known) >= ENOUGH * base.filled:
        others = [text for text, _ in base.values if text.casefold() not in {*TRUE_VALUES, *FALSE_VALUES}]
        notes = (f"neither yes nor no: {', '.join(map(repr, others[:5]))}",) if others else ()
        return _with(base, kind="boolean", notes=notes)
    spaces = sum(" " in text for text in texts[:1_000]) / min(len(texts), 1_000)
    length = sum(map(len, texts[:1_000])) / min(len(texts), 1_000)
    if words.is_free_text(name) or (length > 40 and spaces > 0.5):
        return _with(base, kind="free_text")
    if base.distinct <= FEW_VALUES and base.distinct <= max(2, 0.5 * base.filled):
        return _with(base, kind="category")
    if spaces < 0.05 and (base.distinct >= 0.5 * base.filled or _same_length(texts)):
        return _with(base, kind="id")
    return _with(base, kind="text")


def _same_length(texts: Collection[str]) -> bool:
    return len({len(text) for text in texts}) <= 2
