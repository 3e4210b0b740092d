"""Where the records of a delimited file begin and end, found without the reader that reads them.

The count made here is the one that a load is held against, so it must not share code with pyarrow or the csv module.
A record is what stands between line ends outside quotes; a line with nothing in it is not a record. A quote opens a
quoted field only where a field begins; inside, two quotes are one.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_QUOTE, _NEWLINE, _RETURN = 0x22, 0x0A, 0x0D


@dataclass(frozen=True)
class RecordCount:
    """`records` after the header. `is_plain`: no blank lines between and no record over several lines, so that a
    record's line is known by its number. `unclosed`: the file ends inside quotes."""

    records: int
    is_plain: bool
    unclosed: bool = False


def count_records(data: bytes, start: int) -> RecordCount:
    """Counts from byte `start`, taking every quote as one that opens or closes; exact for regularly quoted files."""
    if start >= len(data):
        return RecordCount(0, True)
    lines = count_lines(data, start)
    starts, _, unclosed = record_starts(data, start)
    return RecordCount(len(starts), len(starts) == lines, unclosed)


def count_lines(data: bytes, start: int) -> int:
    """Lines from byte `start`; a last one without its end counts. Without quotes and blank lines these are records."""
    return data.count(b"\n", start) + (0 if start >= len(data) or data.endswith(b"\n") else 1)


def record_starts(data: bytes, start: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], bool]:
    """Byte positions where records begin, positions of all line ends, and whether the file ends inside quotes."""
    body = np.frombuffer(data, dtype=np.uint8)[start:]
    newlines = np.flatnonzero(body == _NEWLINE).astype(np.int64)
    quotes = np.flatnonzero(body == _QUOTE).astype(np.int64)
    ends = newlines
    if len(quotes):
        ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends + 1])
    stops = np.concatenate([ends, np.array([len(body)], dtype=np.int64)])
    lengths = stops - starts
    first = body[np.minimum(starts, len(body) - 1)]
    blank = (lengths == 0) | ((lengths == 1) & (first == _RETURN))
    return starts[~blank] + start, newlines + start, bool(len(quotes) % 2)


def count_exactly(text: str, delimiter: str) -> RecordCount:
    """The same count by a small state machine that knows where a field begins; slow, for irregular quoting."""
    token = re.compile(r'"|\r\n|\n|\r|' + re.escape(delimiter))
    records, lines, quoted = 0, 0, False
    field_start = record_start = position = 0
    length = len(text)
    while (match := token.search(text, position)) is not None:
        found, at, position = match.group(), match.start(), match.end()
        if quoted:
            if found == '"':
                if text.startswith('"', position):
                    position += 1
                else:
                    quoted = False
            continue
        if found == '"':
            quoted = at == field_start
        elif found == delimiter:
            field_start = position
        else:
            records += at > record_start
            lines += 1
            field_start = record_start = position
    if record_start < length:
        records += 1
        lines += 1
    return RecordCount(records, False, quoted)
