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
    times: Times, offset: np.timedelta64 = MOSCOW_OFFSET, *, weekend: tuple[int, ...] = (5, 6)
) -> Times:
    """Move each UTC instant that falls outside local 09:00-18:00 or on a weekend to the next morning.

    The minutes past the hour are kept so that mornings are not a single spike. `weekend` counts Monday as 0.
    """
    local = times.astype("datetime64[s]") + offset
    day = local.astype("datetime64[D]")
    second_of_day = (local - day).astype(np.int64)
    minute = second_of_day % 3600
    late = second_of_day >= 18 * 3600
    early = second_of_day < 9 * 3600
    day = day + late.astype("timedelta64[D]")
    second_of_day = np.where(late | early, 9 * 3600 + minute, second_of_day)
    for _ in range(3):
        is_off = np.isin((day.astype(np.int64) + 3) % 7, weekend)
        second_of_day = np.where(is_off, 9 * 3600 + minute, second_of_day)
        day = day + is_off.astype("timedelta64[D]")
    return day.astype("datetime64[s]") + second_of_day.astype("timedelta64[s]") - offset
