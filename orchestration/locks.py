"""Locks by flock: the kernel lets go when the process dies, so a killed run never leaves a lock behind."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from orchestration.clock import Clock, SystemClock, to_text


class HomeBusyError(RuntimeError):
    """Another run holds this home."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds the lock file at `path`, waiting for whoever has it. Meant for moments: number, rename, sweep."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class HomeLock:
    """One run at a time per home.

    Held for a whole run as a context manager; the second run raises HomeBusyError naming the first. The file
    `<home>/run.lock` says who holds it (pid, run id, started_at) and stays behind as the last holder's name.
    """

    def __init__(self, home: Path, run_id: str | None = None, clock: Clock | None = None) -> None:
        self.path = Path(home) / "run.lock"
        self.run_id = run_id
        self._clock = clock or SystemClock()
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def acquire(self) -> None:
        """Takes the lock at once or raises HomeBusyError; never waits."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        self._lock(descriptor)
        document = {"pid": os.getpid(), "run_id": self.run_id, "started_at": to_text(self._clock.now())}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(document).encode(), 0)
        os.fsync(descriptor)
        self._descriptor = descriptor

    def refuse_if_held(self) -> None:
        """Raises HomeBusyError when a run holds the home; changes nothing, not even the last holder's name."""
        if self.path.exists():
            descriptor = os.open(self.path, os.O_RDONLY)
            self._lock(descriptor)
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise HomeBusyError(
                f"{self.path.parent} is in use by {holder}; wait for it to end (or end it) and start again"
            ) from None

    def release(self) -> None:
        """Lets go; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _holder(descriptor: int) -> str:
    """Who holds the lock, for people. The holder writes its name just after it takes the lock, so it may be missing."""
    try:
        document: dict[str, Any] = json.loads(os.pread(descriptor, 4096, 0))
        return f"run {document['run_id'] or '(no id)'}, process {document['pid']}, started at {document['started_at']}"
    except (ValueError, KeyError):
        return "a run that is only just starting"
