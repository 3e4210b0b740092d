"""How each system writes times, amounts and flags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import jdatetime
import numpy as np
from numpy.typing import NDArray

from demo.randomness import MOSCOW_OFFSET, TEHRAN_OFFSET, Flags, Ints, Times

PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
NO_BREAK_SPACE = "\u00a0"


def local_datetimes(times: Times) -> list[datetime | None]:
    """Return Moscow wall-clock times without a zone; None for NaT."""
    local: list[datetime | None] = (times.astype("datetime64[s]") + MOSCOW_OFFSET).astype(object).tolist()
    return local


def russian_times(times: Times) -> list[str]:
    """Write Moscow times as `dd.mm.yyyy HH:MM:SS`; NaT is empty."""
    return ["" if at is None else at.strftime("%d.%m.%Y %H:%M:%S") for at in local_datetimes(times)]


def iso_times(times: Times) -> list[str]:
    """Write Moscow times as `yyyy-mm-dd HH:MM:SS`; NaT is empty."""
    return ["" if at is None else at.strftime("%Y-%m-%d %H:%M:%S") for at in local_datetimes(times)]


def persian_times(times: Times) -> list[str]:
    """Write Tehran times in the Jalali calendar with Persian digits, to the minute; NaT is empty."""
    local = (times.astype("datetime64[s]") + TEHRAN_OFFSET).astype(object).tolist()
    return [
        ""
        if at is None
        else jdatetime.datetime.fromgregorian(datetime=at).strftime("%Y/%m/%d %H:%M").translate(PERSIAN_DIGITS)
        for at in local
    ]


def comma_amounts(minor: Ints) -> list[str]:
    """Write minor units (hundredths) with a decimal comma and no separator of thousands."""
    return [f"{'-' if value < 0 else ''}{abs(value) // 100},{abs(value) % 100:02d}" for value in minor.tolist()]


def spaced_amount(text: str) -> str:
    """Put no-break spaces between the thousands of `1234567,89`, as a spreadsheet does."""
    whole, _, fraction = text.partition(",")
    return f"{int(whole):,}".replace(",", NO_BREAK_SPACE) + "," + fraction


def persian_amounts(values: Ints) -> list[str]:
    """Write whole numbers with Persian digits and the Arabic separator of thousands."""
    return [f"{value:,}".replace(",", "٬").translate(PERSIAN_DIGITS) for value in values.tolist()]


def yes_no(flags: Flags) -> list[str]:
    """Write flags as «да» and «нет»."""
    return ["да" if flag else "нет" for flag in flags.tolist()]


def pick(names: Sequence[str], index: NDArray[np.int64], missing: str = "") -> list[str]:
    """Return the name at each index; `missing` where the index is negative."""
    return [names[position] if position >= 0 else missing for position in index.tolist()]


def blank_where(condition: Flags, texts: Sequence[str]) -> list[str]:
    """Empty the texts where the condition holds."""
    return ["" if empty else text for empty, text in zip(condition.tolist(), texts, strict=True)]
