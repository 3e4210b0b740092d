"""Numbers as people export them → exact integers and a scale. No floating point anywhere.

Decisions, each tested:
- Thousands are set apart by spaces of any width, apostrophes, the Arabic separator, commas or points, three by three.
- One kind of `.` or `,` is the decimal separator. It is taken from the mapping, else from the value where the value
  alone decides (`1.234,56`, `0.125`, `12.5`, `1,234,567`), else from the other values of the column.
- `1,234` alone says nothing: when no value of the column decides, it is bad (`ambiguous_decimal`), never a guess.
  In a column of whole numbers the separator can only be one of thousands, and is.
- A minus may be any dash, before the number; accountants' parentheses are a minus. A currency sign is not a number.
"""

import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.sources.files.shapes import Mask, Rows, ShapeGroup, shape_groups

Integers = npt.NDArray[np.int64]

LARGEST = 2**63 - 1
MAX_DIGITS = 18

DECIMAL_MARK = "\x1f"
"""Stands for the Arabic decimal separator, which cannot be mistaken for one of thousands."""

_SIGNED = re.compile(r"(?P<open>\()?(?P<sign>[-+]? ?)(?P<body>9[9.,' \x1f]*|[.,\x1f]9+)(?P<close>\))?")


@dataclass
class Numbers:
    """n values as `unscaled` / 10 ** `scale`; `ok` is false for nulls and bad values.

    `evidence` holds the decimal separators that single values proved; `ambiguous` the rows that wait for such proof.
    """

    unscaled: Integers
    scale: Integers
    ok: Mask
    unreadable: list[Rows] = field(default_factory=list)
    too_large: list[Rows] = field(default_factory=list)
    ambiguous: list[Rows] = field(default_factory=list)
    evidence: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Layout:
    """Where the digits of a shape stand: positions, how many of them are decimals, the sign, what the shape proves."""

    positions: tuple[int, ...]
    scale: int
    sign: int
    proves: str | None


def parse_numbers(values: pa.StringArray, decimal: str | None = None, whole: bool = False) -> Numbers:
    """Reads trimmed values with ASCII digits. `decimal` is `.` or `,` where it is known; `whole`: integers only."""
    count = len(values)
    numbers = Numbers(np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.bool_))
    for group in shape_groups(values):
        _read_group(numbers, group, decimal, whole)
    return numbers


def _read_group(numbers: Numbers, group: ShapeGroup, decimal: str | None, whole: bool) -> None:
    match = _SIGNED.fullmatch(group.shape)
    if match is None or bool(match["open"]) != bool(match["close"]):
        numbers.unreadable.append(group.rows)
        return
    sign = -1 if match["open"] or "-" in match["sign"] else 1
    start, body = match.start("body"), match["body"]
    mark = decimal
    if mark is None and DECIMAL_MARK not in body:
        verdict = _decimal_of(body)
        if verdict == "ambiguous":
            separator = next(char for char in body if char in ".,")
            if whole:
                mark = "," if separator == "." else "."
            elif body.index(separator) == 1:
                leading_zero = group.digits[start] == 0
                _store(numbers, group.subset(leading_zero), _layout(body, start, sign, separator, separator))
                numbers.ambiguous.append(group.rows[~leading_zero])
                return
            else:
                numbers.ambiguous.append(group.rows)
                return
        else:
            mark = verdict
    _store(numbers, group, _layout(body, start, sign, mark, mark if decimal is None else None))


def _decimal_of(body: str) -> str | None:
    """The decimal separator that a body proves, None where it has none of `.` and `,`, or `ambiguous`."""
    kinds = {char for char in body if char in ".,"}
    if not kinds:
        return None
    last = max(kinds, key=body.rindex)
    other = "," if last == "." else "."
    if len(kinds) == 2:
        return last
    if body.count(last) > 1:
        return other
    before, after = body.split(last)
    if len(after) != 3 or len(before) > 3 or not before:
        return last
    return "ambiguous"


def _layout(body: str, start: int, sign: int, mark: str | None, proves: str | None) -> _Layout | None:
    """Digit positions of a body (inside the value from `start`) with decimal separator `mark`; None: not a number."""
    decimal = DECIMAL_MARK if DECIMAL_MARK in body else (mark or ".")
    if body.count(decimal) > 1:
        return None
    integer, _, fraction = body.partition(decimal)
    if not re.fullmatch("9*", fraction):
        return None
    if not re.fullmatch(r"9*|9{1,3}(?P<s>[ '.,])999(?:(?P=s)999)*", integer):
        return None
    digits = tuple(start + index for index, char in enumerate(body) if char == "9")
    if not digits or (proves not in (None, ".", ",")) or body.endswith((" ", "'")):
        return None
    seen = proves if proves is not None and any(char in ".," for char in body) else None
    return _Layout(digits, len(fraction), sign, seen)


def _store(numbers: Numbers, group: ShapeGroup, layout: _Layout | None) -> None:
    if len(group.rows) == 0:
        return
    if layout is None:
        numbers.unreadable.append(group.rows)
        return
    if layout.proves is not None:
        numbers.evidence.add(layout.proves)
    positions = layout.positions
    if len(positions) > MAX_DIGITS:
        surplus = positions[: len(positions) - MAX_DIGITS]
        fits = (group.digits[list(surplus)] == 0).all(axis=0)
        numbers.too_large.append(group.rows[~fits])
        group, positions = group.subset(fits), positions[len(surplus) :]
    total = np.zeros(len(group.rows), dtype=np.int64)
    for position in positions:
        total *= 10
        total += group.digits[position]
    numbers.unscaled[group.rows] = total * layout.sign
    numbers.scale[group.rows] = layout.scale
    numbers.ok[group.rows] = True


def rescaled(unscaled: Integers, scale: Integers, decimals: int, factor: int) -> tuple[Integers, Mask, Mask]:
    """unscaled / 10**scale × factor × 10**decimals as whole numbers.

    Returns the numbers, where they are not whole (too many decimals), and where they leave 64 bits.
    """
    result = np.zeros(len(unscaled), dtype=np.int64)
    broken = np.zeros(len(unscaled), dtype=np.bool_)
    too_large = np.zeros(len(unscaled), dtype=np.bool_)
    for value in np.unique(scale).tolist():
        here = scale == value
        everywhere = bool(here.all())
        numbers = unscaled if everywhere else unscaled[here]
        multiplier, divisor = factor * 10 ** max(decimals - value, 0), 10 ** max(value - decimals, 0)
        large = np.abs(numbers) > LARGEST // multiplier
        scaled = np.where(large, 0, numbers) * np.int64(multiplier) if multiplier <= LARGEST else np.zeros_like(numbers)
        if divisor > LARGEST:
            remains = scaled != 0
            scaled = np.zeros_like(scaled)
        else:
            remains = scaled % divisor != 0 if divisor > 1 else np.zeros(len(scaled), dtype=np.bool_)
            scaled = scaled // divisor
        if everywhere:
            return scaled, remains, large
        result[here], broken[here], too_large[here] = scaled, remains, large
    return result, broken, too_large


def exact_sum(values: Integers) -> int:
    """The sum as a Python integer; an int64 sum would wrap around in silence."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())
