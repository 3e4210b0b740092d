"""Instants of the company's columns as the simulators want them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from demo.company import local_instant
from demo.randomness import MOSCOW_OFFSET, Ints, Times


def unix(times: Times) -> Ints:
    """Return UTC instants as Unix seconds; NaT must not be among them."""
    return times.astype("datetime64[s]").astype(np.int64)


def second(time: np.datetime64) -> int:
    """Return one UTC instant as a Unix second; it must not be NaT."""
    return int(unix(np.atleast_1d(time))[0])


def midnight(day: str) -> int:
    """Return the Unix second at which an ISO day begins in Moscow."""
    return second(local_instant(day))


def instant(unix_second: int) -> datetime:
    """Return a Unix second as an aware instant."""
    return datetime.fromtimestamp(unix_second, UTC)


def local_days_of(times: Times) -> Times:
    """Return the Moscow day of each UTC instant, as datetime64[D]."""
    return (times.astype("datetime64[s]") + MOSCOW_OFFSET).astype("datetime64[D]")


def moscow_hour(days: Times, hour: int) -> Ints:
    """Return the Unix second at which an hour of Moscow days begins."""
    return unix(days.astype("datetime64[s]") - MOSCOW_OFFSET) + hour * 3600
