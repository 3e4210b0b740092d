"""Columns of text taken apart by shape, so that numbers and times are read by array arithmetic.

The *shape* of a value is the value with every digit written as `9`: `2018.02.26 9:58` has the shape `9999.99.99 9:99`.
A column of a million dates has a handful of shapes. A pattern is therefore matched once a shape, and the digits are
taken from a byte matrix by position: strict, exact and as fast as the disk, without a loop over values.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MAX_LENGTH = 48
"""Bytes. No number or time that is read by shape is longer; a longer value is bad whatever it says."""

_SAMPLE = 5_000
_MAX_SCANS = 48


@dataclass(frozen=True)
class ShapeGroup:
    """Values of one shape: `rows` are their positions, `digits[j, i]` is byte j of value i minus 48.

    One array row a position, so that every step runs over memory that lies together.
    """

    shape: str
    rows: Rows
    digits: npt.NDArray[np.uint8]

    def number(self, start: int, end: int) -> npt.NDArray[np.int64]:
        """The integer in positions start … end (end excluded), at most 18 digits."""
        total = np.zeros(len(self.rows), dtype=np.int64)
        for position in range(start, end):
            total *= 10
            total += self.digits[position]
        return total

    def subset(self, mask: Mask) -> "ShapeGroup":
        return ShapeGroup(self.shape, self.rows[mask], self.digits[:, mask])


def text_bytes(values: pa.StringArray) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Offsets (length n + 1) and bytes of a string array, without a copy."""
    _, offsets_buffer, data_buffer = values.buffers()
    count = len(values)
    if count == 0:
        return np.zeros(1, dtype=np.int32), np.zeros(0, dtype=np.uint8)
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32)[values.offset : values.offset + count + 1]
    data = np.zeros(0, dtype=np.uint8) if data_buffer is None else np.frombuffer(data_buffer, dtype=np.uint8)
    return offsets, data


def is_ascii(values: pa.StringArray) -> bool:
    offsets, data = text_bytes(values)
    used = data[offsets[0] : offsets[-1]]
    return used.size == 0 or int(used.max()) < 0x80


def valid_mask(values: pa.StringArray) -> Mask:
    """True where the value is not null."""
    if values.null_count == 0:
        return np.ones(len(values), dtype=np.bool_)
    return np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False), dtype=np.bool_)


def shape_groups(values: pa.StringArray) -> Iterator[ShapeGroup]:
    """The non-null values by shape. Values longer than `MAX_LENGTH` bytes come as groups of shape `` (empty)."""
    offsets, data = text_bytes(values)
    lengths = np.diff(offsets)
    valid = valid_mask(values)
    usable = lengths[valid]
    if usable.size == 0:
        return
    for length in np.flatnonzero(np.bincount(np.minimum(usable, MAX_LENGTH + 1))).tolist():
        if length > MAX_LENGTH or length == 0:
            rows = np.flatnonzero(valid & ((lengths == 0) if length == 0 else (lengths > MAX_LENGTH)))
            yield ShapeGroup("", rows.astype(np.int64), np.zeros((0, len(rows)), dtype=np.uint8))
            continue
        rows = np.flatnonzero(valid & (lengths == length)).astype(np.int64)
        if len(rows) == len(values):
            matrix = np.ascontiguousarray(data[offsets[0] : offsets[-1]].reshape(len(rows), length).T)
        else:
            matrix = data[np.arange(length)[:, None] + offsets[rows].astype(np.int64)]
        yield from _split_by_shape(rows, matrix)


def _split_by_shape(rows: Rows, matrix: npt.NDArray[np.uint8]) -> Iterator[ShapeGroup]:
    digits = matrix - np.uint8(48)
    for _ in range(_MAX_SCANS):
        shape = _shape(digits[:, 0])
        same = np.ones(len(rows), dtype=np.bool_)
        for position, char in enumerate(shape):
            same &= digits[position] < 10 if char == "9" else digits[position] == digits[position, 0]
        if same.all():
            yield ShapeGroup(shape, rows, digits)
            return
        yield ShapeGroup(shape, rows[same], digits[:, same])
        other = ~same
        rows, digits = rows[other], digits[:, other]
    by_shape: dict[str, list[int]] = {}
    for index in range(len(rows)):
        by_shape.setdefault(_shape(digits[:, index]), []).append(index)
    for shape, indices in by_shape.items():
        chosen = np.asarray(indices, dtype=np.int64)
        yield ShapeGroup(shape, rows[chosen], digits[:, chosen])


def _shape(digits: npt.NDArray[np.uint8]) -> str:
    """The shape of one value given as bytes minus 48; bytes beyond ASCII stand for themselves (Latin-1)."""
    return "".join("9" if digit < 10 else chr((digit + 48) % 256) for digit in digits.tolist())


def distinct(values: pa.StringArray) -> tuple[pa.StringArray, pa.Int32Array | None]:
    """The distinct values and each row's index into them, or the values themselves and None where most differ.

    A null keeps a null index. Decided on a sample: encoding a million different keys costs more than it saves.
    """
    count = len(values)
    if count > 4 * _SAMPLE:
        step = count // _SAMPLE
        sample = values.take(pa.array(np.arange(0, count, step, dtype=np.int64)))
        if pc.count_distinct(sample).as_py() > 0.6 * len(sample):
            return values, None
    encoded = values.dictionary_encode()
    return encoded.dictionary, encoded.indices


@dataclass(frozen=True)
class Column:
    """A column of text as its distinct `items` and each row's index among them, or, where most values differ, as it is
    (`indices` None). Work on a column is work on its items."""

    items: pa.StringArray
    indices: pa.Int32Array | None
    rows: pa.StringArray | None = None
    """The values row by row, where they are at hand."""

    @classmethod
    def of(cls, values: pa.StringArray) -> "Column":
        return cls(*distinct(values), rows=values)

    @property
    def values(self) -> pa.StringArray:
        """The values row by row; the very array it was made of when nothing was changed."""
        if self.rows is not None:
            return self.rows
        return self.items if self.indices is None else self.items.take(self.indices)

    def map(self, function: Callable[[pa.StringArray], pa.StringArray]) -> "Column":
        """The column with `function` applied to its items; the same object when that changes nothing."""
        items = function(self.items)
        return self if items is self.items else Column(items, self.indices)

    def sum_over_rows(self, counts: npt.NDArray[np.int64]) -> int:
        """The sum over rows of a number that is known for every item."""
        if self.indices is None:
            return int(counts.sum())
        codes = np.asarray(self.indices.drop_null().to_numpy(zero_copy_only=False))
        return int((np.bincount(codes, minlength=len(self.items)) * counts).sum())


def map_distinct(values: pa.StringArray, function: Callable[[str], str | None]) -> pa.StringArray:
    """`function` applied to every distinct non-null value; null stays null."""
    encoded = values.dictionary_encode()
    mapped = pa.array([function(value) for value in encoded.dictionary.to_pylist()], type=pa.string())
    return mapped.take(encoded.indices)
