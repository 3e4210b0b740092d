"""What the simulators have in common: a server on loopback, the shared clock, faults by plan, a log of requests.

A simulator never reads the machine's clock: what it knows, when tokens expire, how many requests a second there were and
when a report is ready all follow the clock that it shares with the connectors.
"""

from __future__ import annotations

import fnmatch
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from orchestration.clock import FixedClock

ADDRESS = "127.0.0.1"


@dataclass
class Fault:
    """One entry of a fault plan.

    endpoint : pattern (fnmatch) over `METHOD /path`, such as `GET /api/v4/leads*`.
    kind : what goes wrong. Every simulator knows
        `status` (answers `status` with `body`, JSON or text, and `headers`),
        `drop` (announces the whole answer and closes the connection after `share` of its bytes),
        `garbage` (status 200 with a body that is no JSON),
        `slow` (`seconds` pass on the shared clock before the answer);
        a vendor's module may know more (its docstring lists them) and asks for them with `Simulator.has_fault`.
    after, times : requests to the endpoint that pass before it happens, and how often it happens (None: always).
    """

    endpoint: str
    kind: str
    status: int = 500
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    share: float = 0.5
    seconds: float = 0.0
    after: int = 0
    times: int | None = 1
    seen: int = 0
    happened: int = 0

    def strikes(self, endpoint: str) -> bool:
        """Whether it happens to this request; counts it."""
        if not fnmatch.fnmatchcase(endpoint, self.endpoint):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.happened >= self.times):
            return False
        self.happened += 1
        return True


@dataclass(frozen=True)
class Asked:
    """A request that was answered: what was asked, when on the shared clock, and the status of the answer."""

    at: datetime
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int


@dataclass
class RateLimit:
    """At most `requests` in any `seconds`; None lifts it."""

    requests: int | None
    seconds: float = 1.0
    _times: deque[datetime] = field(default_factory=deque)

    def is_over(self, now: datetime) -> bool:
        """Counts one request at `now`; true when it is one too many (which then does not count)."""
        if self.requests is None:
            return False
        while self._times and now - self._times[0] >= timedelta(seconds=self.seconds):
            self._times.popleft()
        if len(self._times) >= self.requests:
            return True
        self._times.append(now)
        return False


class Simulator(ABC):
    """A vendor's API on loopback. Use as a context manager; `url` is its address, without a slash at the end.

    `asked` is the log of requests. Handlers run one at a time (`lock`), so they may change their state.
    """

    def __init__(self, clock: FixedClock, faults: list[Fault] | None = None) -> None:
        self.clock = clock
        self.faults = faults or []
        self.asked: list[Asked] = []
        self.lock = threading.RLock()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.port = 0
        """Where it listens; 0 takes a free port when it starts."""

    @abstractmethod
    def answer(self, request: Request, body: bytes) -> Response:
        """The vendor's answer to one request."""

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}"

    @property
    def now(self) -> datetime:
        """The present instant of the shared clock, to the second."""
        return self.clock.now()

    def has_fault(self, kind: str, endpoint: str) -> Fault | None:
        """The fault of that kind that happens to this request, if any."""
        return next((fault for fault in self.faults if fault.kind == kind and fault.strikes(endpoint)), None)

    def __enter__(self) -> Simulator:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, self.port))
        self.port = listener.getsockname()[1]
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
        app = Starlette(routes=[Route("/{path:path}", self._handle, methods=methods)])
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", lifespan="off", access_log=False, date_header=False)
        )
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 60
        while not self._server.started:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the simulator {type(self).__name__} did not start on {self.url}")
            time.sleep(0.01)
        return self

    def __exit__(self, *error: object) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = True
        self._thread.join(timeout=10)

    async def _handle(self, request: Request) -> Response:
        body = await request.body()
        endpoint = f"{request.method} {request.url.path}"
        with self.lock:
            response = self._faulty(endpoint) or self.answer(request, body)
            if fault := self.has_fault("drop", endpoint):
                response = _dropped(response, fault.share)
            if "date" not in response.headers:
                response.headers["date"] = format_datetime(self.now, usegmt=True)
            self.asked.append(
                Asked(
                    self.clock.exact(),
                    request.method,
                    request.url.path,
                    tuple(request.query_params.multi_items()),
                    response.status_code,
                )
            )
        return response

    def _faulty(self, endpoint: str) -> Response | None:
        if fault := self.has_fault("slow", endpoint):
            self.clock.sleep(fault.seconds)
        if fault := self.has_fault("status", endpoint):
            return _said(fault.status, fault.body, fault.headers)
        if self.has_fault("garbage", endpoint):
            return Response("<html><body>Bad gateway", media_type="text/html")
        return None


def _said(status: int, body: Any, headers: dict[str, str]) -> Response:
    if isinstance(body, (dict, list)):
        return JSONResponse(body, status_code=status, headers=headers)
    return Response(str(body), status_code=status, headers=headers)


class _ConnectionDropped(Exception):
    """Ends an answer in its middle."""


def _dropped(response: Response, share: float) -> Response:
    """The same answer, announced whole, with the connection closed after a share of it."""
    whole = bytes(response.body)

    async def part() -> AsyncIterator[bytes]:
        yield whole[: int(len(whole) * share)]
        raise _ConnectionDropped

    headers = {**dict(response.headers), "content-length": str(len(whole))}
    return StreamingResponse(part(), status_code=response.status_code, headers=headers)
