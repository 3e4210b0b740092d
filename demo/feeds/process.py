"""The living company's simulators in a process of their own, so that whoever asks them has a processor for itself."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

from demo.exports import build_world
from demo.exports.identities import World
from demo.feeds.living import MORNINGS, living_company
from orchestration.clock import FixedClock

FORK = multiprocessing.get_context("fork")
"""A copy of this process: it needs nothing imported anew, and it ends when the pipe to this one does."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SharedClock(FixedClock):
    """A clock that processes share: whoever waits moves it on for all."""

    def __init__(self) -> None:
        self._microseconds = FORK.Value("q", 0)
        self._lock = self._microseconds.get_lock()

    @property
    def instant(self) -> datetime:  # type: ignore[override]
        return EPOCH + timedelta(microseconds=self._microseconds.value)

    @instant.setter
    def instant(self, instant: datetime) -> None:
        self._microseconds.value = (instant - EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class CompanyElsewhere:
    """A living company whose simulators run in another process. urls : type of the vendor → address. tokens : variable → value."""

    world: World
    clock: FixedClock
    urls: dict[str, str]
    tokens: dict[str, str]
    mornings: tuple[datetime, ...] = MORNINGS


@contextmanager
def company_elsewhere(
    seed: int, size: str, ports: Sequence[int] | None = None, meanwhile: Callable[[], None] = lambda: None
) -> Iterator[CompanyElsewhere]:
    """As `living_company`, in a process that ends with the block or with this process.

    meanwhile : done here while the simulators are being filled there.

    Raises
    ------
    RuntimeError
        the other process ended by itself; what stopped it stands on stderr.
    """
    clock = SharedClock()
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=_run, args=(seed, size, clock, ports, theirs, ours), daemon=True)
    process.start()
    theirs.close()
    try:
        world = build_world(seed, size)
        meanwhile()
        try:
            urls, tokens = ours.recv()
        except EOFError:
            raise RuntimeError("the process of the simulators has ended before they were filled") from None
        yield CompanyElsewhere(world, clock, urls, tokens)
    finally:
        ours.close()
        process.join(timeout=10)


def _run(
    seed: int, size: str, clock: FixedClock, ports: Sequence[int] | None, pipe: Connection, others: Connection
) -> None:
    # the copy of the other end that came with the fork would keep the pipe open after the parent's death
    others.close()
    try:
        with living_company(seed, size, clock, ports=ports) as company:
            pipe.send((company.urls, company.tokens))
            pipe.recv()
    except (EOFError, KeyboardInterrupt):
        pass
