"""Seeded randomness and time arithmetic shared by the generator's areas."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.datetime64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOSCOW_OFFSET = np.timedelta64(3 * 3600, "s")
"""Moscow has kept UTC+3 without daylight saving since 2014."""
TEHRAN_OFFSET = np.timedelta64(3 * 3600 + 1800, "s")
"""Tehran has kept UTC+3:30 without daylight saving since 2022-09."""

PUBLIC_HOLIDAYS: Times = np.array(
    [
        "2025-01-01",
        "2025-01-02",
        "2025-01-03",
        "2025-01-06",
        "2025-01-07",
        "2025-01-08",
        "2025-05-01",
        "2025-05-02",
        "2025-05-08",
        "2025-05-09",
        "2025-06-12",
        "2025-06-13",
        "2025-11-03",
        "2025-11-04",
        "2025-12-31",
        "2026-01-01",
        "2026-01-02",
        "2026-01-05",
        "2026-01-06",
        "2026-01-07",
        "2026-01-08",
        "2026-01-09",
        "2026-02-23",
        "2026-03-09",
        "2026-05-01",
        "2026-05-11",
        "2026-06-12",
    ],
    dtype="datetime64[D]",
)
"""Weekdays on which Russia did not work in 2025 and does not in the first half of 2026, days moved by decree included."""
WORKING_SATURDAYS: Times = np.array(["2025-11-01"], dtype="datetime64[D]")
NO_DAYS: Times = np.array([], dtype="datetime64[D]")


def generator_for(seed: int, area: str) -> np.random.Generator:
    """Return the generator of one area, so that a new area or draw leaves every other area's numbers alone."""
    digest = hashlib.sha256(area.encode()).digest()
    return np.random.default_rng(np.random.SeedSequence([seed, int.from_bytes(digest[:8], "big")]))


def seconds(values: Floats, unit: str = "s") -> NDArray[np.timedelta64]:
    """Turn numbers in `unit` (s, m, h or D) into whole-second differences."""
    factor = {"s": 1, "m": 60, "h": 3600, "D": 86_400}[unit]
    return np.rint(np.asarray(values) * factor).astype("timedelta64[s]")


def later(times: Times, differences: NDArray[np.timedelta64] | np.timedelta64) -> Times:
    """Return `times + differences` as instants (numpy's types lose track of that after `where` and `concatenate`)."""
    moved: Times = times + differences
    return moved


def lognormal(rng: np.random.Generator, median: float | Floats, spread: float, size: int) -> Floats:
    """Draw log-normal values by their median, which is easier to think in than the mean of the logarithm."""
    return np.asarray(median) * np.exp(rng.normal(0.0, spread, size))


def within_office_hours(
    times: Times,
    offset: np.timedelta64 = MOSCOW_OFFSET,
    *,
    weekend: tuple[int, ...] = (5, 6),
    holidays: Times = PUBLIC_HOLIDAYS,
    working_days_off: Times = WORKING_SATURDAYS,
) -> Times:
    """Move each UTC instant that falls outside local 09:00-18:00, on a weekend or on a holiday to the next morning.

    The minutes past the hour are kept so that mornings are not a single spike. `weekend` counts Monday as 0;
    `holidays` and `working_days_off` (days of the weekend that were made working days) are local days.
    """
    local = times.astype("datetime64[s]") + offset
    day = local.astype("datetime64[D]")
    second_of_day = (local - day).astype(np.int64)
    morning = 9 * 3600 + second_of_day % 3600
    late = second_of_day >= 18 * 3600
    early = second_of_day < 9 * 3600
    day = day + late.astype("timedelta64[D]")
    week = "".join("0" if number in weekend else "1" for number in range(7))
    worked = np.busday_offset(day, 0, roll="forward", weekmask=week, holidays=holidays)
    worked = np.where(np.isin(day, working_days_off), day, worked)
    second_of_day = np.where(late | early | (worked != day), morning, second_of_day)
    return worked.astype("datetime64[s]") + second_of_day.astype("timedelta64[s]") - offset
