"""The one clock. Everything that stamps an instant or waits is given a `Clock`, so tests and the demo decide the time.

Instants are timezone-aware UTC with second precision.
"""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the present instant."""

    def now(self) -> datetime:
        """The present instant: aware, UTC, no microseconds."""
        ...

    def exact(self) -> datetime:
        """The present instant with its microseconds, for what counts requests a second."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait. A clock of a test or the demo moves on instead."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    def exact(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class FixedClock:
    """A clock that stands still until it is moved; waiting moves it. Threads may share it, so that a connector's wait of 300 s
    is 300 s for the simulator too and costs none. Raises ValueError for an instant without a zone."""

    instant: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def __post_init__(self) -> None:
        if self.instant.tzinfo is None:
            as_utc(self.instant)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return as_utc(self.instant)

    def exact(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))

    def move_to(self, instant: datetime) -> None:
        with self._lock:
            self.instant = as_utc(instant)

    def advance(self, step: timedelta) -> None:
        with self._lock:
            self.instant += step


def as_utc(instant: datetime) -> datetime:
    """The instant in UTC, cut to the second. An instant without a zone is refused: nothing can be assumed for it."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone; give an aware datetime")
    return instant.astimezone(UTC).replace(microsecond=0)


def to_text(instant: datetime) -> str:
    """ISO 8601 with `Z`, as `_pull.json` writes instants: 2026-06-01T09:30:00Z."""
    return as_utc(instant).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    """The instant written by `to_text`, or any ISO 8601 instant with a zone. ValueError without one."""
    return as_utc(datetime.fromisoformat(text))
