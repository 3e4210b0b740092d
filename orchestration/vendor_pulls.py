"""The vendors' streams of one run, pulled side by side: one thread an account, whose streams go one after the other.

Nearly all of a pull is waiting, for answers, for reports that are being built and for the limits of an account, and accounts
do not share limits. So the first step that needs a stream starts those of the whole run, and each step waits for its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

from orchestration.clock import Clock
from orchestration.connectors import STREAMS, connectors
from orchestration.landing import ContactKeyError, Lake
from orchestration.settings import Settings, SettingsError
from orchestration.sources.api.http import ApiError
from orchestration.sources.api.load import StreamPulls, pull_stream
from orchestration.sources.api.stream import Connector, Stream

MENDED_BY_THE_USER = (ApiError, SettingsError, ContactKeyError)
"""What the user must mend, or a later run: what may pass was tried again by the connector already."""


class RunEndedError(Exception):
    """The run ends, so a pull that is under way does not go on."""


class _EndingClock:
    """A run's clock for its connectors, which ask or wait no more once the run ends."""

    def __init__(self, clock: Clock, ended: threading.Event) -> None:
        self._clock = clock
        self._ended = ended

    def now(self) -> datetime:
        self._go_on()
        return self._clock.now()

    def exact(self) -> datetime:
        self._go_on()
        return self._clock.exact()

    def sleep(self, seconds: float) -> None:
        # a vendor may ask for a pause of minutes, and a run that is interrupted must not sit it out
        while seconds > 0:
            self._go_on()
            self._clock.sleep(min(seconds, 1.0))
            seconds -= 1.0

    def _go_on(self) -> None:
        if self._ended.is_set():
            raise RunEndedError("the run ended while this was being pulled")


@dataclass(frozen=True)
class _Account:
    """A connector and the thread that asks it."""

    connector: Connector
    thread: ThreadPoolExecutor


@dataclass
class VendorPulls:
    """Pulls of one run. Use as a context manager: leaving it ends what is still being pulled, at the next request or wait;
    what was committed stays.

    clock : of the run. progress : told of every pull, from the threads.
    """

    settings: Settings
    lake: Lake
    clock: Clock
    progress: Callable[[str], None]
    _accounts: dict[str, list[_Account]] = field(default_factory=dict)
    _asked: dict[tuple[str, str], dict[str, Future[StreamPulls]]] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)
    _has_started: bool = False

    def __enter__(self) -> VendorPulls:
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        for accounts in self._accounts.values():
            for account in accounts:
                account.thread.shutdown(cancel_futures=True)

    def start(self, streams: Iterable[tuple[str, str]]) -> None:
        """Begin to pull the streams of the run, given as (type of the vendor, stream). Only the first call does anything: what
        has failed since is begun again by its own step alone."""
        if self._has_started:
            return
        self._has_started = True
        refused = set()
        for kind, stream in streams:
            if kind not in refused:
                try:
                    self._begin(kind, stream)
                except SettingsError:
                    # not lost: the step that waits for the stream meets it again and fails by its name
                    refused.add(kind)

    def result(self, kind: str, stream: str) -> list[StreamPulls]:
        """What came of one stream, of all accounts that have it; waits for it, and begins it when nobody has.

        When an account fails the others are waited for all the same. Asked again after an error, it pulls the accounts that
        failed and no others.

        Raises
        ------
        SettingsError
            a secret or a consent is missing.
        ApiError, ContactKeyError, LandingError
            of the account that failed; when several did, ApiError with all texts, or a group if it is not only for the user to
        mend. Pulls committed before it stay.
        """
        asked = self._begin(kind, stream)
        wait(asked.values())
        failed = {account: error for account, future in asked.items() if (error := future.exception())}
        for account in failed:
            del asked[account]
        errors = list(failed.values())
        if len(errors) == 1:
            raise errors[0]
        if errors and all(isinstance(error, MENDED_BY_THE_USER) for error in errors):
            raise ApiError("\n".join(str(error) for error in errors))
        if errors:
            raise BaseExceptionGroup(f"{kind}/{stream}: {len(errors)} accounts failed", errors)
        return [future.result() for future in asked.values()]

    def _begin(self, kind: str, stream: str) -> dict[str, Future[StreamPulls]]:
        if kind not in self._accounts:
            self._accounts[kind] = [
                _Account(connector, ThreadPoolExecutor(1, f"{kind} {connector.account}"))
                for connector in connectors(self.settings, kind, _EndingClock(self.clock, self._ended))
            ]
        wanted = next(one for one in STREAMS[kind] if one.name == stream)
        asked = self._asked.setdefault((kind, stream), {})
        for account in self._accounts[kind]:
            name = account.connector.account
            if wanted in account.connector.streams and name not in asked:
                asked[name] = account.thread.submit(self._pull, account.connector, wanted)
        return asked

    def _pull(self, connector: Connector, stream: Stream) -> StreamPulls:
        return pull_stream(self.lake, connector, stream, contact_key=self.settings.contact_key, progress=self.progress)
