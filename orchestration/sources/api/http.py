"""Asking a vendor over HTTP: requests for the connection, tenacity for trying again, one clock for every wait.

What differs from vendor to vendor is a `Verdict` on an answer: good, try again (in so many seconds), sign in anew, or final.
Secrets are masked in whatever is said about a request.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
import tenacity
from requests.adapters import HTTPAdapter

from orchestration.clock import Clock

MASK = "***"

TIMEOUT = (10.0, 120.0)
"""Seconds to connect and between two bytes: a vendor that builds an answer stays silent for a while."""


class ApiError(Exception):
    """A vendor's answer that ends the pull: the text says who, what was asked (secrets masked), what came, and what to do.

    is_passing : whether the same may succeed later without anybody doing anything (an outage, a limit), so that a later run
    is the remedy; what the user must mend (rights, a revoked token) is not passing.
    """

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.is_passing = is_passing


@dataclass(frozen=True)
class Verdict:
    """What to make of an answer.

    kind : `good`, `again`, `sign_in`, `final`. after : seconds until it may be asked again (None: growing pauses).
    why : the vendor's words or ours, without secrets. fix : what the user can do about a final one.
    counts : whether an `again` uses up one of the tries (a report that is being built does not).
    """

    kind: str
    after: float | None = None
    why: str = ""
    fix: str = ""
    is_passing: bool = False
    counts: bool = True


GOOD = Verdict("good")
Judge = Callable[[requests.Response], Verdict]


@dataclass
class Pace:
    """At most `requests` in any `seconds`, kept by waiting on the clock; shared by the threads of one account."""

    requests: int
    seconds: float
    clock: Clock
    _times: deque[datetime] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Return when the next request may go."""
        with self._lock:
            now = self.clock.exact()
            while self._times and now - self._times[0] >= timedelta(seconds=self.seconds):
                self._times.popleft()
            if len(self._times) >= self.requests:
                pause = (self._times[0] + timedelta(seconds=self.seconds) - now).total_seconds()
                self.clock.sleep(pause)
                now = self.clock.exact()
                self._times.popleft()
            self._times.append(now)


class _Again(Exception):
    def __init__(self, verdict: Verdict, answer: str) -> None:
        super().__init__(verdict.why or answer)
        self.verdict = verdict


class Http:
    """One vendor's account over HTTP.

    name : of the source, for messages. judge : the vendor's rule about its answers. sign : adds the authorisation to the
    headers of a request. sign_in : gets new credentials after a `sign_in` verdict (once a request).
    pace : the vendor's limit, if it has one. secrets : parameter and header names whose values are never shown.
    tries : how often a passing failure is tried in all; growing pauses between, or what the vendor asks for.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        judge: Judge,
        *,
        sign: Callable[[], Mapping[str, str]] = dict,
        sign_in: Callable[[], None] | None = None,
        pace: Pace | None = None,
        secrets: tuple[str, ...] = ("access_token", "api_key", "key", "token", "client_secret", "refresh_token"),
        tries: int = 6,
        longest_wait: float = 900.0,
    ) -> None:
        self.name = name
        self.clock = clock
        self.tries = tries
        self.longest_wait = longest_wait
        self._judge = judge
        self._sign = sign
        self._sign_in = sign_in
        self._pace = pace
        self._secrets = secrets
        self._session = requests.Session()
        self._session.trust_env = True
        # repeated by rule above it, never behind its back
        self._session.mount("https://", HTTPAdapter(max_retries=0))
        self._session.mount("http://", HTTPAdapter(max_retries=0))

    def get(
        self, url: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """The good answer to a GET. Raises ApiError."""
        return self.ask("GET", url, params=params, headers=headers)

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The good answer to a POST. Raises ApiError."""
        return self.ask("POST", url, params=params, json=json, headers=headers)

    def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        judge: Judge | None = None,
    ) -> requests.Response:
        """Ask until the answer is good, whole, or final.

        Raises
        ------
        ApiError
            a final answer, or a passing failure that stayed after all tries.
        """
        with self._asked(method, url, params, json, headers, judge, stream=False) as response:
            return response

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        judge: Judge | None = None,
    ) -> Iterator[requests.Response]:
        """As `ask`, with the body still to be read (`response.raw`, already decoded): for answers too big for memory.

        A connection that ends before the announced length raises while it is read; whoever reads asks anew.
        """  # fmt: skip
        with self._asked(method, url, params, json, headers, judge, stream=True) as response:
            yield response

    @contextmanager
    def _asked(
        self, method: str, url: str, params: Mapping[str, Any] | None, json: Any, headers: Mapping[str, str] | None,
        judge: Judge | None, *, stream: bool,
    ) -> Iterator[requests.Response]:  # fmt: skip
        signed_in = False
        tried = 0

        def counted() -> requests.Response:
            nonlocal tried
            try:
                return once()
            except _Again as again:
                tried += again.verdict.counts
                raise

        def once() -> requests.Response:
            nonlocal signed_in
            while True:
                response = self._send(method, url, params, json, headers, stream)
                verdict = (judge or self._judge)(response)
                if verdict.kind == "good":
                    return response
                said = self._said(response)
                response.close()
                if verdict.kind == "sign_in" and self._sign_in is not None and not signed_in:
                    signed_in = True
                    self._sign_in()
                    continue
                if verdict.kind == "again":
                    if verdict.after is not None and verdict.after > self.longest_wait:
                        raise self._error(
                            method,
                            url,
                            params,
                            f"asks to wait {verdict.after:.0f} s",
                            "run again later",
                            is_passing=True,
                        )
                    raise _Again(verdict, said)
                fix = verdict.fix or ("sign in anew" if verdict.kind == "sign_in" else "see what the vendor says")
                raise self._error(method, url, params, verdict.why or said, fix, is_passing=verdict.is_passing)

        retrying = tenacity.Retrying(
            sleep=self.clock.sleep,
            wait=self._wait,
            stop=lambda state: tried >= self.tries,
            retry=tenacity.retry_if_exception_type(_Again),
            reraise=True,
        )
        try:
            response = retrying(counted)
        except _Again as again:
            raise self._error(
                method, url, params, f"{again} (tried {self.tries} times)", "run again later", is_passing=True
            ) from None
        try:
            yield response
        finally:
            response.close()

    def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None,
        json: Any,
        headers: Mapping[str, str] | None,
        stream: bool,
    ) -> requests.Response:
        if self._pace is not None:
            self._pace.wait()
        try:
            response = self._session.request(
                method,
                url,
                params=params,
                json=json,
                headers={**self._sign(), **(headers or {})},
                timeout=TIMEOUT,
                stream=stream,
            )
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            # the error's text repeats the URL with its parameters
            raise _Again(Verdict("again", why=f"the connection failed ({type(error).__name__})"), "") from None
        response.raw.decode_content = True
        return response

    def _wait(self, state: tenacity.RetryCallState) -> float:
        assert state.outcome is not None
        error = state.outcome.exception()
        assert isinstance(error, _Again)
        if error.verdict.after is not None:
            return error.verdict.after
        return min(2.0 ** min(state.attempt_number - 1, 10), 60.0)

    def _error(
        self, method: str, url: str, params: Mapping[str, Any] | None, why: str, fix: str, *, is_passing: bool
    ) -> ApiError:
        return ApiError(f"{self.name}: {method} {self.shown(url, params)}: {why}; {fix}", is_passing=is_passing)

    def _said(self, response: requests.Response) -> str:
        """The status and the beginning of the body, on one line."""
        try:
            text = " ".join(response.text.split())[:300]
        except (requests.RequestException, UnicodeError):
            text = "(body not readable)"
        return f"HTTP {response.status_code} {text}".strip()

    def shown(self, url: str, params: Mapping[str, Any] | None = None) -> str:
        """The URL with its parameters, secrets masked."""
        parts = urlsplit(url)
        query = [
            *parse_qsl(parts.query, keep_blank_values=True),
            *((str(name), str(value)) for name, value in (params or {}).items()),
        ]
        masked = urlencode(
            [(name, MASK if name.lower() in self._secrets else value) for name, value in query], safe="*[],:"
        )
        return urlunsplit(
            (
                parts.scheme,
                parts.hostname + (f":{parts.port}" if parts.port else "") if parts.hostname else "",
                parts.path,
                masked,
                "",
            )
        )
