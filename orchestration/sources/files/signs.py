"""Signs in an export that it is worse than its original: values a spreadsheet turned into dates, times cut short."""

import re

import numpy as np
import pyarrow as pa

from orchestration.sources.files.notation import TimeFacts
from orchestration.sources.files.shapes import Column, text_bytes, valid_mask

_MONTHS_BY_LANGUAGE = {
    "en": "jan feb mar apr may jun jul aug sep oct nov dec",
    "ru": "янв фев мар апр май мая июн июл авг сен окт ноя дек",
    "de": "mär mai okt dez",
    "fr": "janv fév févr mars avr juin juil aoû déc",
    "es, pt": "ene abr ago dic fev set out",
    "it": "gen mag giu lug ott",
    "hu": "már ápr máj jún júl szept",
    "pl": "sty lut kwi maj cze lip sie wrz paź lis gru",
    "tr": "oca şub nis haz tem ağu eyl eki kas ara",
}
_MONTHS = tuple(month for months in _MONTHS_BY_LANGUAGE.values() for month in months.split())
_DAY_MONTH = re.compile(r"(?:\d{1,2}[.\-/ ]([^\W\d_]{3,9})\.?|([^\W\d_]{3,9})\.?[.\-/ ](?:\d{2}|\d{4}))")
_SEPARATORS = np.frombuffer(b".-/ ", dtype=np.uint8)
_LONGEST = 16
MANY_TIMES = 60
"""So many times of day, all on the full minute, cannot be chance."""


def spreadsheet_dates(column: Column) -> int:
    """How many values look like a range or a code that a spreadsheet took for a date: `05.jan` (was 1-5), `20-May`."""
    values = column.items
    offsets, data = text_bytes(values)
    lengths = np.diff(offsets)
    rows = np.flatnonzero((lengths >= 5) & (lengths <= _LONGEST) & valid_mask(values))
    if len(rows) == 0:
        return 0
    starts, ends = offsets[rows].astype(np.int64), offsets[rows + 1].astype(np.int64)
    first_is_digit = (data[starts] - np.uint8(48)) < 10
    last_is_digit = (data[ends - 1] - np.uint8(48)) < 10
    day_first = np.zeros(len(rows), dtype=np.bool_)
    month_first = np.zeros(len(rows), dtype=np.bool_)
    for at in (1, 2):
        day_first |= np.isin(data[starts + at], _SEPARATORS) & (data[starts + at + 1] >= 0x41)
    for back in (3, 5):
        month_first |= np.isin(data[ends - back], _SEPARATORS)
    suspects = rows[(first_is_digit & day_first) | (~first_is_digit & last_is_digit & month_first)]
    found = np.zeros(len(values), dtype=np.int64)
    for row, text in zip(suspects.tolist(), values.take(pa.array(suspects)).to_pylist(), strict=True):
        found[row] = is_spreadsheet_date(text)
    return column.sum_over_rows(found) if len(suspects) else 0


def is_spreadsheet_date(text: str) -> bool:
    """Whether the text is a day and a month's name, or a month's name and a year."""
    match = _DAY_MONTH.fullmatch(text.strip())
    if match is None:
        return False
    word = (match[1] or match[2]).casefold()
    return any(word == month or (len(month) == 3 and word.startswith(month)) for month in _MONTHS)


def precision_is_lost(facts: TimeFacts) -> bool:
    """Whether times of day are there and seconds are not: none written, or all of many are zero."""
    if facts.with_time == 0:
        return False
    return facts.with_seconds == 0 or (facts.with_nonzero_seconds == 0 and facts.with_time >= MANY_TIMES)
