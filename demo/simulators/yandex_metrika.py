"""Yandex Metrika on loopback: the Logs API and the parts of the Management API that name counters and goals.

Where the documentation is silent or the sources differ, a constructor setting chooses the variant: `limit_status` (420 or
429), `escapes_array_quotes` (array cells with `'` or `\\'`), `attribution_prefixes` (names of fields changed over the years),
`list_key` (of the list of log requests), `largest_page`. Messages of errors are ours, their types and codes the vendor's.

Faults beyond those of `server.Fault`, asked of the endpoint in brackets:
    `log_failed`, `log_canceled` (POST …/logrequests): the request ends so instead of `processed`;
    `log_retry` (POST …/logrequests): it stands as `awaiting_retry` for as long again, then is processed;
    `log_too_old` (GET …/logrequest/…, a status or a part): the vendor cleaned it before this question;
    `parts_late` (GET …/logrequest/{id}): the answer says `processed` and has no `parts` yet;
    `quantity_absent` (GET …/evaluate): the answer has no `max_possible_day_quantity`;
    `parallel` (any): three other requests of the login are under way, `quota_parallel_requests`;
    `text_numbers` (any JSON): numbers of the answer are strings;
    `extra_keys` (any JSON): objects have a key that nobody documented;
    `extra_column`, `row_twice`, `header_absent`, `cp1251`, `ragged` (GET …/download): a column that was not asked for, the
    first row once more at the end, no header line, a part that is not UTF-8, a last row that ends early.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from sys import intern
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from demo.simulators.history import History
from demo.simulators.server import Fault, RateLimit, Simulator
from orchestration.clock import FixedClock

NUMBER, TEXT, NUMBERS, TEXTS = "number", "text", "numbers", "texts"
EMPTY: Mapping[str, Any] = {NUMBER: 0, TEXT: "", NUMBERS: [], TEXTS: []}
"""What a cell holds when nothing is known, by kind."""

UTM = {f"UTM{name}": TEXT for name in ("Source", "Medium", "Campaign", "Content", "Term")}

ATTRIBUTED = {
    "TrafficSource": TEXT,
    "AdvEngine": TEXT,
    "ReferalSource": TEXT,
    "SearchEngine": TEXT,
    "SocialNetwork": TEXT,
    "DirectClickOrder": NUMBER,
    "DirectBannerGroup": NUMBER,
    "DirectClickBanner": NUMBER,
    "DirectPhraseOrCond": TEXT,
    "DirectPlatformType": TEXT,
    "GCLID": TEXT,
}
"""Fields of visits that are named with an attribution before them (`lastTrafficSource`)."""

VISIT_FIELDS = {
    "visitID": NUMBER,
    "counterID": NUMBER,
    "watchIDs": NUMBERS,
    "date": TEXT,
    "dateTime": TEXT,
    "dateTimeUTC": TEXT,
    "isNewUser": NUMBER,
    "startURL": TEXT,
    "endURL": TEXT,
    "pageViews": NUMBER,
    "visitDuration": NUMBER,
    "bounce": NUMBER,
    "clientID": NUMBER,
    "goalsID": NUMBERS,
    "goalsSerialNumber": NUMBERS,
    "goalsDateTime": TEXTS,
    "goalsPrice": NUMBERS,
    "goalsOrder": TEXTS,
    "goalsCurrency": TEXTS,
    "referer": TEXT,
    **UTM,
    "from": TEXT,
    "hasGCLID": NUMBER,
    "regionCountry": TEXT,
    "regionCity": TEXT,
    "deviceCategory": TEXT,
    "purchaseID": TEXTS,
    "purchaseDateTime": TEXTS,
    "purchaseRevenue": NUMBERS,
    "purchaseCurrency": TEXTS,
    **{f"parsedParamsKey{level}": TEXTS for level in range(1, 7)},
}

HIT_FIELDS = {
    "watchID": NUMBER,
    "clientID": NUMBER,
    "counterID": NUMBER,
    "date": TEXT,
    "dateTime": TEXT,
    "title": TEXT,
    "URL": TEXT,
    "referer": TEXT,
    **UTM,
    "isPageView": NUMBER,
    "artificial": NUMBER,
    "link": NUMBER,
    "download": NUMBER,
    "notBounce": NUMBER,
    "httpError": NUMBER,
    "goalsID": NUMBERS,
    **{f"parsedParamsKey{level}": TEXTS for level in range(1, 11)},
}

PREFIX = {"visits": "ym:s:", "hits": "ym:pv:"}
KEY = {"visits": "visitID", "hits": "watchID"}
MOST_FIELD_CHARACTERS = 3000
GIGABYTE = 1024**3

NOT_PROCESSED = "Only log of requests in status 'processed' can be downloaded"

Row = Mapping[str, Any]


def refusal(status: int, error_type: str, message: str, location: str = "") -> Response:
    """The vendor's error: one entry of `errors`, and its code and message once more outside."""
    error = {"error_type": error_type, "message": message, "location": location}
    return _json({"errors": [error], "code": status, "message": message}, status)


def _local(started: str, zone: ZoneInfo) -> str:
    """A UTC instant (`2026-03-01 07:02:11`) as the counter's wall clock shows it."""
    return datetime.fromisoformat(started).replace(tzinfo=UTC).astimezone(zone).isoformat(" ", "seconds")[:19]


class _Table:
    """What all rows of a source hold, by columns: a log has millions of cells, and a dictionary a row would be slow and large.

    kinds : the source's fields and their kinds; other columns are not served and left out.
    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = kinds
        self._columns: dict[str, list[Any]] = {}
        self._length = 0

    def add(self, columns: Mapping[str, Sequence[Any]], count: int) -> range:
        """Add rows; returns their places. A column that is not given is empty in them."""
        for name, kind in self._kinds.items():
            if name not in columns and name not in self._columns:
                continue
            if name not in self._columns:
                self._columns[name] = [EMPTY[kind]] * self._length
            self._columns[name].extend(columns[name] if name in columns else [EMPTY[kind]] * count)
        self._length += count
        return range(self._length - count, self._length)

    def values(self, name: str, places: Sequence[int]) -> list[Any]:
        """A column at some places."""
        column = self._columns.get(name)
        return [EMPTY[self._kinds[name]]] * len(places) if column is None else [column[place] for place in places]


class _RefusedError(Exception):
    def __init__(self, status: int, error_type: str, message: str, location: str = "") -> None:
        super().__init__(message)
        self.response = refusal(status, error_type, message, location)


@dataclass
class _Log:
    """A log request. `ends` : the status that it comes to at `ready_at`; `parts` : its TSV, made at that instant."""

    request_id: int
    counter_id: int
    source: str
    date1: date
    date2: date
    fields: tuple[str, ...]
    attribution: str
    ready_at: datetime
    retry_at: datetime | None
    ends: str
    weight: int
    closed: str | None = None
    parts: list[bytes] | None = None

    def status(self, now: datetime) -> str:
        if self.closed is not None:
            return self.closed
        if now >= self.ready_at:
            return self.ends
        return "awaiting_retry" if self.retry_at is not None and now >= self.retry_at else "created"


class YandexMetrika(Simulator):
    """Metrika's API for one login.

    Parameters
    ----------
    token : the login's OAuth token; `schemes` are the words that may stand before it.
    log_seconds : from a log request's turn in the queue until it is processed. rows_per_part : of a log.
    requests_per_second, logs_per_second, requests_per_day : the vendor's quotas; None lifts one.
    quota_bytes : what the uncleaned logs of one counter may hold, at `bytes_per_row` of any log (the vendor does not say how
    it estimates). longest_days : of one request.
    """

    def __init__(
        self,
        clock: FixedClock,
        faults: list[Fault] | None = None,
        *,
        token: str = "metrika-token-of-a-test",
        schemes: tuple[str, ...] = ("OAuth", "Bearer"),
        log_seconds: float = 90.0,
        rows_per_part: int = 100_000,
        requests_per_second: int | None = 30,
        logs_per_second: int | None = 10,
        requests_per_day: int | None = 5000,
        limit_status: int = 429,
        quota_bytes: int = 10 * GIGABYTE,
        bytes_per_row: int = 500,
        longest_days: int = 366,
        escapes_array_quotes: bool = False,
        attribution_prefixes: tuple[str, ...] = ("last", "first", "lastsign"),
        list_key: str = "requests",
        largest_page: int = 1000,
    ) -> None:
        super().__init__(clock, faults)
        self.token = token
        self.denied: set[int] = set()
        """Counters that exist and that the login may not read."""
        self._schemes = schemes
        self._log_seconds = timedelta(seconds=log_seconds)
        self._rows_per_part = rows_per_part
        self._by_address = RateLimit(requests_per_second)
        self._of_logs = RateLimit(logs_per_second)
        self._requests_per_day = requests_per_day
        self._day_counted: tuple[date, int] = (date.min, 0)
        self._limit_status = limit_status
        self._quota_bytes = quota_bytes
        self._bytes_per_row = bytes_per_row
        self._longest_days = longest_days
        self._escapes_array_quotes = escapes_array_quotes
        self._list_key = list_key
        self._largest_page = largest_page
        attributed = {f"{prefix}{name}": kind for prefix in attribution_prefixes for name, kind in ATTRIBUTED.items()}
        self._fields = {"visits": {**VISIT_FIELDS, **attributed}, "hits": HIT_FIELDS}
        self._counters = History()
        self._goals: dict[int, History] = {}
        self._rows: dict[tuple[int, str, date], History] = {}
        self._tables = {source: _Table(kinds) for source, kinds in self._fields.items()}
        self._days: dict[tuple[int, str], dict[str, date]] = {}
        """Counter and source → key of a row → the day on which it stands."""
        self._logs: dict[int, _Log] = {}
        self._next_id = 19_000_001

    # what the vendor knows

    def put_counter(self, counter: Row, known_at: datetime) -> None:
        """A counter: id (number), name, site, status, time_zone_name."""
        self._counters.put(int(counter["id"]), known_at, dict(counter))

    def delete_counter(self, counter_id: int, known_at: datetime) -> None:
        self._counters.delete(counter_id, known_at)

    def put_goal(self, counter_id: int, goal: Row, known_at: datetime) -> None:
        """A goal of a counter: id (number), name, type, default_price, is_retargeting."""
        self._goals.setdefault(counter_id, History()).put(int(goal["id"]), known_at, dict(goal))

    def delete_goal(self, counter_id: int, goal_id: int, known_at: datetime) -> None:
        self._goals[counter_id].delete(goal_id, known_at)

    def put_visit(self, counter_id: int, visit: Row, known_at: datetime) -> None:
        """A version of a visit: fields by name without prefix, absent ones empty. `dateTimeUTC` (`2026-03-01 07:02:11`) gives
        `date` and `dateTime` in the counter's zone. Raises ValueError when a later version stands on another day."""
        self._put("visits", counter_id, visit, known_at)

    def put_visits(self, counter_id: int, columns: Mapping[str, Sequence[Any]], known_at: Sequence[datetime]) -> None:
        """Many visits at once: columns of equal length by field name, and since when each visit is known; else as `put_visit`."""
        self._put_many("visits", counter_id, columns, known_at)

    def put_hits(self, counter_id: int, columns: Mapping[str, Sequence[Any]], known_at: Sequence[datetime]) -> None:
        """Many hits at once, as `put_visits`."""
        self._put_many("hits", counter_id, columns, known_at)

    def put_hit(self, counter_id: int, hit: Row, known_at: datetime) -> None:
        """A version of a hit, as `put_visit`; `dateTimeUTC` is not served, since hits have no such field."""
        self._put("hits", counter_id, hit, known_at)

    def delete_visit(self, counter_id: int, visit_id: int | str, known_at: datetime) -> None:
        """The vendor takes a visit back (a robot's, found later)."""
        day = self._days[counter_id, "visits"][str(visit_id)]
        self._rows[counter_id, "visits", day].delete(str(visit_id), known_at)

    def put_log_of_somebody(
        self, counter_id: int, source: str, first: date, last: date, fields: tuple[str, ...], weight: int = 0
    ) -> int:
        """A log request that another program of the login made earlier and never cleaned: fields with
        their prefix, weight in bytes of the quota. Its id."""
        log = self._new_log(counter_id, source, first, last, fields, "LAST", self.now, None, "processed", weight)
        return log.request_id

    def status_of(self, request_id: int) -> str:
        """The status of a log request now."""
        return self._logs[request_id].status(self.now)

    @property
    def uncleaned(self) -> list[int]:
        """Log requests that still count in the quota, or will."""
        return [log.request_id for log in self._logs.values() if self._counts(log)]

    # the API

    def answer(self, request: Request, body: bytes) -> Response:
        endpoint = f"{request.method} {request.url.path}"
        try:
            self._check_limits(request, endpoint)
            self._check_token(request)
            self._count_in_day()
            response = self._routed(request, endpoint)
        except _RefusedError as refused:
            return refused.response
        return response

    def _check_limits(self, request: Request, endpoint: str) -> None:
        at = self.clock.exact()
        is_of_logs = "/logrequest" in request.url.path
        if (is_of_logs and self._of_logs.is_over(at)) or self._by_address.is_over(at):
            raise _RefusedError(self._limit_status, "quota_requests_by_ip", "Quota exceeded")
        if self.has_fault("parallel", endpoint):
            raise _RefusedError(self._limit_status, "quota_parallel_requests", "Quota exceeded")

    def _check_token(self, request: Request) -> None:
        header = request.headers.get("authorization")
        if header is None:
            raise _RefusedError(401, "unauthorized", "Unauthorized")
        scheme, _, token = header.partition(" ")
        if scheme not in self._schemes or token != self.token:
            raise _RefusedError(403, "invalid_token", "Invalid oauth_token")

    def _count_in_day(self) -> None:
        day = self.now.date()
        counted = self._day_counted[1] if self._day_counted[0] == day else 0
        if self._requests_per_day is not None and counted >= self._requests_per_day:
            raise _RefusedError(self._limit_status, "quota_requests_by_uid", "Quota exceeded")
        self._day_counted = (day, counted + 1)

    def _routed(self, request: Request, endpoint: str) -> Response:
        if endpoint == "GET /management/v1/counters":
            return self._json(endpoint, self._counter_page(request))
        match = re.fullmatch(r"(GET|POST) /management/v1/counter/(\d+)/(.+)", endpoint)
        if match is None:
            raise _RefusedError(404, "not_found", "Not found")
        method, counter_id, rest = match[1], int(match[2]), match[3]
        counter = self._counter(counter_id)
        simple: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", "goals"): lambda: self._goal_list(counter_id),
            ("GET", "logrequests/evaluate"): lambda: self._evaluated(request, counter, endpoint),
            ("POST", "logrequests"): lambda: self._created(request, counter, endpoint),
            ("GET", "logrequests"): lambda: self._listed(counter_id),
        }
        if (method, rest) in simple:
            return self._json(endpoint, simple[method, rest]())
        match = re.fullmatch(r"logrequest/(\d+)(?:/(cancel|clean)|/part/(\d+)/download)?", rest)
        if match is None or (method == "POST") != (match[2] is not None):
            raise _RefusedError(404, "not_found", "Not found")
        log = self._logs.get(int(match[1]))
        if log is None or log.counter_id != counter_id:
            raise _RefusedError(404, "not_found", f"Log request {match[1]} not found", "request_id")
        if method == "GET" and self.has_fault("log_too_old", endpoint):
            log.closed = "cleaned_automatically_as_too_old"
        if match[2] is not None:
            self._close(log, match[2])
        if match[3] is not None:
            return self._part(log, int(match[3]), endpoint)
        shown = self._shown(log)
        if method == "GET" and "parts" in shown and self.has_fault("parts_late", endpoint):
            del shown["parts"]
        return self._json(endpoint, {"log_request": shown})

    # counters and goals

    def _counter_page(self, request: Request) -> dict[str, Any]:
        size = self._number(request, "per_page", self._largest_page, self._largest_page)
        offset = self._number(request, "offset", 1, None)
        counters = [counter for key, counter in self._counters.known(self.now) if key not in self.denied]
        return {"rows": len(counters), "counters": counters[offset - 1 : offset - 1 + size]}

    def _number(self, request: Request, name: str, default: int, most: int | None) -> int:
        text = request.query_params.get(name, str(default))
        if not text.isdecimal() or int(text) < 1 or (most is not None and int(text) > most):
            raise _RefusedError(400, "invalid_parameter", f"Incorrect value of parameter {name}: {text}", name)
        return int(text)

    def _counter(self, counter_id: int) -> Row:
        counter = self._counters.get(counter_id, self.now)
        if counter is None:
            raise _RefusedError(404, "not_found", f"Counter {counter_id} not found", "counterId")
        if counter_id in self.denied:
            raise _RefusedError(403, "access_denied", "Access is denied", "counterId")
        known: Row = counter
        return known

    def _goal_list(self, counter_id: int) -> dict[str, Any]:
        goals = self._goals.get(counter_id)
        return {"goals": [goal for _, goal in goals.known(self.now)] if goals else []}

    # log requests

    def _evaluated(self, request: Request, counter: Row, endpoint: str) -> dict[str, Any]:
        source, first, last, _ = self._wanted(request, counter)
        counter_id = int(counter["id"])
        weight = self._weight(counter_id, source, first, last)
        free = self._quota_bytes - self._used(counter_id)
        days = (last - first).days + 1
        quantity = min(self._longest_days, free * days // weight if weight else self._longest_days)
        evaluation = {"possible": weight <= free, "max_possible_day_quantity": max(0, quantity)}
        if self.has_fault("quantity_absent", endpoint):
            del evaluation["max_possible_day_quantity"]
        return {"log_request_evaluation": evaluation}

    def _created(self, request: Request, counter: Row, endpoint: str) -> dict[str, Any]:
        source, first, last, fields = self._wanted(request, counter)
        counter_id = int(counter["id"])
        weight = self._weight(counter_id, source, first, last)
        if weight > self._quota_bytes - self._used(counter_id):
            raise _RefusedError(400, "invalid_parameter", "The log does not fit in the quota of the counter", "date2")
        waiting = [log.ready_at for log in self._logs.values() if log.closed is None]
        ready_at = max([self.now, *waiting]) + self._log_seconds
        ends, retry_at = "processed", None
        for kind, status in (("log_failed", "processing_failed"), ("log_canceled", "canceled")):
            if self.has_fault(kind, endpoint):
                ends = status
        if self.has_fault("log_retry", endpoint):
            retry_at, ready_at = ready_at, ready_at + self._log_seconds
        attribution = request.query_params.get("attribution", "LAST")
        log = self._new_log(counter_id, source, first, last, fields, attribution, ready_at, retry_at, ends, weight)
        return {"log_request": self._shown(log)}

    def _new_log(
        self, counter_id: int, source: str, first: date, last: date, fields: tuple[str, ...], attribution: str,
        ready_at: datetime, retry_at: datetime | None, ends: str, weight: int,
    ) -> _Log:  # fmt: skip
        log = _Log(
            self._next_id, counter_id, source, first, last, fields, attribution, ready_at, retry_at, ends, weight
        )
        self._logs[log.request_id] = log
        self._next_id += 1
        return log

    def _listed(self, counter_id: int) -> dict[str, Any]:
        return {self._list_key: [self._shown(log) for log in self._logs.values() if log.counter_id == counter_id]}

    def _wanted(self, request: Request, counter: Row) -> tuple[str, date, date, tuple[str, ...]]:
        """The parameters of evaluate and create: source, first day, last day, fields."""
        asked = request.query_params
        for name in ("source", "date1", "date2", "fields"):
            if not asked.get(name):
                raise _RefusedError(400, "missing_parameter", f"Missing parameter {name}", name)
        source = asked["source"]
        if source not in PREFIX:
            raise _RefusedError(400, "invalid_parameter", f"Incorrect value of parameter source: {source}", "source")
        if len(asked["fields"]) > MOST_FIELD_CHARACTERS:
            raise _RefusedError(
                400, "invalid_parameter", f"Parameter fields is longer than {MOST_FIELD_CHARACTERS}", "fields"
            )
        fields = tuple(asked["fields"].split(","))
        for name in fields:
            if not name.startswith(PREFIX[source]) or name.removeprefix(PREFIX[source]) not in self._fields[source]:
                raise _RefusedError(400, "invalid_parameter", f"Unknown field {name}", "fields")
        first, last = _day(asked["date1"], "date1"), _day(asked["date2"], "date2")
        if first > last:
            raise _RefusedError(400, "invalid_parameter", "date1 is after date2", "date1")
        if (last - first).days + 1 > self._longest_days:
            raise _RefusedError(400, "invalid_parameter", "The period is longer than one year", "date1")
        if last >= self.now.astimezone(ZoneInfo(counter["time_zone_name"])).date():
            raise _RefusedError(400, "invalid_parameter", "date2 must be before today", "date2")
        return source, first, last, fields

    def _counts(self, log: _Log) -> bool:
        return log.status(self.now) in ("created", "awaiting_retry", "processed")

    def _used(self, counter_id: int) -> int:
        return sum(log.weight for log in self._logs.values() if log.counter_id == counter_id and self._counts(log))

    def _weight(self, counter_id: int, source: str, first: date, last: date) -> int:
        return self._bytes_per_row * sum(1 for _ in self._rows_of(counter_id, source, first, last, self.now))

    def _shown(self, log: _Log) -> dict[str, Any]:
        status = log.status(self.now)
        shown: dict[str, Any] = {
            "request_id": log.request_id,
            "counter_id": log.counter_id,
            "source": log.source,
            "date1": log.date1.isoformat(),
            "date2": log.date2.isoformat(),
            "fields": list(log.fields),
            "status": status,
            "attribution": log.attribution,
        }
        if status == "processed":
            parts = self._parts(log)
            shown["size"] = sum(len(part) for part in parts)
            shown["parts"] = [{"part_number": number, "size": len(part)} for number, part in enumerate(parts)]
        return shown

    def _close(self, log: _Log, verb: str) -> None:
        status = log.status(self.now)
        if verb == "clean":
            if status != "processed":
                raise _RefusedError(400, "invalid_parameter", f"Log request in status '{status}' cannot be cleaned")
            log.closed, log.parts = "cleaned_by_user", None
        else:
            if status not in ("created", "awaiting_retry"):
                raise _RefusedError(400, "invalid_parameter", f"Log request in status '{status}' cannot be canceled")
            log.closed = "canceled"

    # rows

    def _zone(self, counter_id: int, known_at: datetime) -> ZoneInfo:
        counter = self._counters.get(counter_id, known_at)
        if counter is None:
            raise ValueError(f"counter {counter_id} is not known at {known_at}; put it first")
        return ZoneInfo(counter["time_zone_name"])

    def _put(self, source: str, counter_id: int, row: Row, known_at: datetime) -> None:
        self._put_many(source, counter_id, {name: [value] for name, value in row.items()}, [known_at])

    def _put_many(
        self, source: str, counter_id: int, columns: Mapping[str, Sequence[Any]], known_at: Sequence[datetime]
    ) -> None:
        if not known_at:
            return
        zone = self._zone(counter_id, min(known_at))
        local = [_local(started, zone) for started in columns["dateTimeUTC"]]
        given = {
            "counterID": [counter_id] * len(local),
            "date": [intern(text[:10]) for text in local],
            "dateTime": local,
            **columns,
        }
        if lengths := {name: len(column) for name, column in given.items() if len(column) != len(known_at)}:
            raise ValueError(f"{len(known_at)} instants and columns of other lengths: {lengths}")
        days = self._days.setdefault((counter_id, source), {})
        day_of = {text: date.fromisoformat(text) for text in set(given["date"])}
        histories: dict[str, History] = {}
        for text, day in day_of.items():
            histories[text] = self._rows.setdefault((counter_id, source, day), History())
        places = self._tables[source].add(given, len(known_at))
        for place, key, text, known in zip(places, map(str, given[KEY[source]]), given["date"], known_at, strict=True):
            day = day_of[text]
            if days.setdefault(key, day) != day:
                raise ValueError(f"{KEY[source]} {key}: a later version stands on {day}; the start does not change")
            histories[text].put(key, known, place)

    def _rows_of(self, counter_id: int, source: str, first: date, last: date, at: datetime) -> Iterator[int]:
        """The places in the source's table of what was known of some days at an instant."""
        for number in range((last - first).days + 1):
            day = self._rows.get((counter_id, source, first + timedelta(days=number)))
            if day is not None:
                yield from (place for _, place in day.known(at))

    def _parts(self, log: _Log) -> list[bytes]:
        """The log's TSV as the data stood when it was processed."""
        if log.parts is None:
            kinds = self._fields[log.source]
            names = [name.removeprefix(PREFIX[log.source]) for name in log.fields]
            places = list(self._rows_of(log.counter_id, log.source, log.date1, log.date2, log.ready_at))
            cells = [self._cells(self._tables[log.source].values(name, places), kinds[name]) for name in names]
            lines = ["\t".join(line) for line in zip(*cells, strict=True)]
            header = "\t".join(log.fields)
            starts = range(0, max(1, len(lines)), self._rows_per_part)
            log.parts = [
                "".join(f"{line}\n" for line in (header, *lines[start : start + self._rows_per_part])).encode()
                for start in starts
            ]
        return log.parts

    def _cells(self, values: list[Any], kind: str) -> list[str]:
        """A column of a log as text; by columns, since a log of a year has millions of cells."""
        if kind in (NUMBERS, TEXTS):
            return [self._array(value, kind) if value else "[]" for value in values]
        texts = [str(value) for value in values]
        whole = "".join(texts)
        return [_escaped(text) for text in texts] if any(sign in whole for sign in "\\\t\n") else texts

    def _array(self, values: Sequence[Any], kind: str) -> str:
        if kind == NUMBERS:
            return "[" + ",".join(str(item) for item in values) + "]"
        text = "[" + ",".join("'" + _escaped(str(item)).replace("'", "\\'") + "'" for item in values) + "]"
        return text.replace("\\", "\\\\").replace("'", "\\'") if self._escapes_array_quotes else text

    def _part(self, log: _Log, number: int, endpoint: str) -> Response:
        if log.status(self.now) != "processed":
            raise _RefusedError(400, "invalid_parameter", NOT_PROCESSED)
        parts = self._parts(log)
        if number >= len(parts):
            raise _RefusedError(404, "not_found", f"Part {number} not found", "part_number")
        lines = parts[number].decode().split("\n")[:-1]
        if self.has_fault("extra_column", endpoint):
            lines = [
                f"{line}\t{'1' if place else PREFIX[log.source] + 'somethingNew'}" for place, line in enumerate(lines)
            ]
        if self.has_fault("row_twice", endpoint):
            lines.append(lines[1])
        if self.has_fault("ragged", endpoint):
            lines[-1] = lines[-1].split("\t")[0]
        if self.has_fault("header_absent", endpoint):
            del lines[0]
        encoding = "cp1251" if self.has_fault("cp1251", endpoint) else "utf-8"
        body = "".join(f"{line}\n" for line in lines).encode(encoding, errors="replace")
        return Response(body, media_type="text/tab-separated-values")

    def _json(self, endpoint: str, document: Any) -> Response:
        if self.has_fault("text_numbers", endpoint):
            document = _with_text_numbers(document)
        if self.has_fault("extra_keys", endpoint):
            document = _with_extra_keys(document)
        return _json(document, 200)


def _json(document: Any, status: int) -> Response:
    return Response(
        json.dumps(document, ensure_ascii=False), status_code=status, media_type="application/json; charset=utf-8"
    )


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _RefusedError(400, "invalid_parameter", f"Incorrect value of parameter {name}: {text}", name) from None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _with_text_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_text_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_text_numbers(item) for item in value]
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _with_extra_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {**{name: _with_extra_keys(item) for name, item in value.items()}, "something_new": {"deep": [1]}}
    if isinstance(value, list):
        return [_with_extra_keys(item) for item in value]
    return value
