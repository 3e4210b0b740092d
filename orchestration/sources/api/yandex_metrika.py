"""Yandex Metrika: visits and hits by the Logs API, the counter and its goals by the Management API.

What was deleted is found so. Goals and the counter are snapshots: what is absent from the newest one is gone. A visit or hit
that the vendor takes back (a robot's, found later) is found by the re-read of the trailing days: of every day the newest
pull whose window covers it is the whole truth, so what it does not hold any more is gone. Later than `reread_days` after its
day nothing is looked at again, except by a backfill.

A log request is made, awaited, downloaded to a temporary file and cleaned before its rows are handed on: a connection that
drops costs one part anew and gives no row twice, and the vendor's quota is free again while the rows are being written.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import IO, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc
import requests
import urllib3
from pyarrow import csv, ipc

from orchestration.clock import Clock
from orchestration.landing.quarantine import EMAIL_PLACEHOLDER
from orchestration.sources.api.http import GOOD, ApiError, Http, Pace, Verdict
from orchestration.sources.api.stream import Known, Pulled, Span, Stream, as_text

BASE_URL = "https://api-metrika.yandex.net"

LOGS_PER_SECOND = 10
"""The Logs API's limit."""
LONGEST_DAYS = 365
MOST_FIELD_CHARACTERS = 3000
BLOCK_BYTES = 16 * 1024**2
"""Read at once from an answer; no row may be longer."""

UTM_COLUMNS = ("UTMSource", "UTMMedium", "UTMCampaign", "UTMContent", "UTMTerm")

COUNTERS = Stream(
    "counters",
    ("id", "name", "site", "status", "time_zone_name"),
    ("id",),
    "snapshot",
    "The counter itself, one row.",
)

GOALS = Stream(
    "goals",
    ("id", "name", "type", "default_price", "is_retargeting"),
    ("id",),
    "snapshot",
    "The counter's goals.",
)

VISITS = Stream(
    "visits",
    (
        "visitID",
        "clientID",
        "date",
        "dateTime",
        "dateTimeUTC",
        "watchIDs",
        "startURL",
        "endURL",
        "referer",
        "pageViews",
        "visitDuration",
        "bounce",
        "isNewUser",
        "goalsID",
        "goalsSerialNumber",
        "goalsDateTime",
        "goalsPrice",
        "goalsOrder",
        "goalsCurrency",
        "lastTrafficSource",
        "lastAdvEngine",
        "lastReferalSource",
        "lastSearchEngine",
        "lastSocialNetwork",
        "lastDirectClickOrder",
        "lastDirectBannerGroup",
        "lastDirectClickBanner",
        *UTM_COLUMNS,
        "hasGCLID",
        "regionCountry",
        "deviceCategory",
        "purchaseID",
        "purchaseDateTime",
        "purchaseRevenue",
        "purchaseCurrency",
    ),
    ("visitID",),
    "window",
    "Visits by the day on which they began, in the counter's time zone.",
    free_text=("startURL", "endURL", "referer"),
)

HITS = Stream(
    "hits",
    (
        "watchID",
        "clientID",
        "date",
        "dateTime",
        "URL",
        "referer",
        *UTM_COLUMNS,
        "isPageView",
        "link",
        "download",
        "goalsID",
    ),
    ("watchID",),
    "window",
    "Page views, clicks on outside links and downloads; page titles are not asked for.",
    free_text=("URL", "referer"),
)

ARRAYS = frozenset(
    {
        "watchIDs",
        "goalsID",
        "goalsSerialNumber",
        "goalsDateTime",
        "goalsPrice",
        "goalsOrder",
        "goalsCurrency",
        "purchaseID",
        "purchaseDateTime",
        "purchaseRevenue",
        "purchaseCurrency",
    }
)
"""Columns whose cells are arrays in the vendor's text form (`[1,2]`, `['a','b']`, `[\\'a\\']`), kept as they came."""

PREFIX = {"visits": "ym:s:", "hits": "ym:pv:"}

_DAY_QUOTAS = ("quota_requests_by_uid", "quota_delegate_requests")
_OVER = ("processing_failed", "canceled", "cleaned_by_user", "cleaned_automatically_as_too_old")
"""Statuses of a log request that will not be processed any more."""

_EMAIL = r"[\p{L}\p{N}._%+\-]+(?:@|%40)[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+"
_ENCODED = (("40", "@"), ("2[Bb]", "+"), ("20", " "), ("28", "("), ("29", ")"), ("2[Dd]", "-"))
"""What an e-mail address or a phone is written with, percent-encoded; `%2540` is encoded twice."""

_log = logging.getLogger(__name__)
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class _Request:
    """A log request as the vendor shows it. parts : their numbers, None as long as there are none."""

    request_id: int
    source: str
    fields: tuple[str, ...]
    status: str
    parts: tuple[int, ...] | None


class YandexMetrika:
    """One counter of Metrika. A second installation that pulls the same fields of the same counter at the same time would take
    this one's log requests for leftovers of its own: give it one field less (`field_names`).

    Parameters
    ----------
    counter : its number. token : OAuth token with the right metrika:read. since : the first day that is ever asked for.
    time_zone : of the counter; None asks the Management API for it. scheme : the word before the token.
    attribution : attribution model of the log requests; None leaves it to the vendor (LAST).
    field_names : column → the vendor's present name of the field, without prefix, where it has changed (`lastTrafficSource` →
    `lastsignTrafficSource`); None in its place leaves the field out, and the column is null.
    reread_days : trailing days that are read again each time, since visits change after their day.
    window_days : days of one pull. poll_seconds : between two looks at a log request. longest_log_seconds : until one that is
    not processed is given up. attempts : log requests made for a window when the vendor fails one.
    page_size, list_key : of the list of counters, and the key of the list of log requests.
    requests_per_second : asked at most; `pace` shares the limit among the counters of one login instead.

    Raises
    ------
    ValueError
        a setting that cannot be.
    """

    name = "yandex_metrika"
    version = "1"
    streams: Sequence[Stream] = (COUNTERS, GOALS, VISITS, HITS)

    def __init__(
        self,
        counter: int,
        token: str,
        clock: Clock,
        *,
        since: date,
        base_url: str = BASE_URL,
        time_zone: str | None = None,
        scheme: str = "OAuth",
        attribution: str | None = None,
        field_names: Mapping[str, str | None] | None = None,
        reread_days: int = 4,
        window_days: int = 30,
        poll_seconds: float = 30.0,
        longest_log_seconds: float = 6 * 3600.0,
        attempts: int = 3,
        page_size: int = 1000,
        list_key: str = "requests",
        requests_per_second: int = LOGS_PER_SECOND,
        pace: Pace | None = None,
    ) -> None:
        if not 1 <= window_days <= LONGEST_DAYS:
            raise ValueError(f"window_days is {window_days}; Metrika takes 1 to {LONGEST_DAYS} days at once")
        if reread_days < 1 or attempts < 1 or poll_seconds <= 0:
            raise ValueError("reread_days and attempts must be 1 or more, poll_seconds more than 0")
        self.account = str(counter)
        self._clock = clock
        self._since = since
        self._time_zone = time_zone
        self._attribution = attribution
        self._reread_days = reread_days
        self._window_days = window_days
        self._poll_seconds = poll_seconds
        self._longest_log_seconds = longest_log_seconds
        self._attempts = attempts
        self._page_size = page_size
        self._list_key = list_key
        self._management = f"{base_url.rstrip('/')}/management/v1"
        self._counter = f"{self._management}/counter/{counter}"
        self._columns = {stream.name: _fields_of(stream, field_names or {}) for stream in (VISITS, HITS)}
        self._http = Http(
            self.name,
            clock,
            _judge,
            sign=lambda: {"Authorization": f"{scheme} {token}"},
            pace=pace or Pace(requests_per_second, 1.0, clock),
        )

    def pull(self, stream: Stream, known: Known, span: Span | None = None) -> Iterator[Pulled]:
        """Snapshots as one pull; visits and hits as one pull per window of days, oldest first, until yesterday in the
        counter's time zone. A window is shorter when the quota of logs has no room for it.

        Raises
        ------
        ApiError
            also when the counter is not among those that the token sees, or its quota of logs is full.
        """
        if stream.name == COUNTERS.name:
            counter, observed_at = self._own_counter()
            yield self._snapshot(COUNTERS, [counter], observed_at)
        elif stream.name == GOALS.name:
            goals, observed_at = self._asked("GET", f"{self._counter}/goals", _goals_in)
            yield self._snapshot(GOALS, goals, observed_at)
        elif stream.name in PREFIX:
            yield from self._windows(stream, known, span)
        else:
            names = ", ".join(one.name for one in self.streams)
            raise ValueError(f"{self.name} has no stream {stream.name}; it has {names}")

    def _snapshot(self, stream: Stream, rows: list[dict[str, Any]], observed_at: datetime | None) -> Pulled:
        table = as_text(rows, stream.columns)
        return Pulled(stream, self.account, "snapshot", iter([table]), observed_at=observed_at)

    def _asked(
        self, method: str, url: str, read: Callable[[Any], _Read], params: Mapping[str, Any] | None = None
    ) -> tuple[_Read, datetime | None]:
        """What `read` finds in the JSON of the answer, and the answer's `Date`."""
        response = self._http.ask(method, url, params=params, judge=partial(_judge_json, read))
        return read(_document(response)), _observed_at(response)

    # the counter

    def _own_counter(self) -> tuple[dict[str, Any], datetime | None]:
        """The counter in the list of those that the token sees, and when that was. The list is read again when its length
        changed between two pages, since a row may then have passed from one page to the other unseen."""
        url = f"{self._management}/counters"
        for _ in range(self._attempts):
            found: dict[str, dict[str, Any]] = {}
            lengths: set[int] = set()
            offset = 1
            while True:
                params = {"per_page": self._page_size, "offset": offset}
                (counters, rows), observed_at = self._asked("GET", url, _counters_in, params)
                found |= {str(counter["id"]): counter for counter in counters}
                if self.account in found:
                    return found[self.account], observed_at
                if rows is not None:
                    lengths.add(rows)
                offset += self._page_size
                if not counters or (lengths and offset > max(lengths)):
                    break
            if len(lengths) <= 1 and len(found) >= max(lengths, default=0):
                raise ApiError(
                    f"{self.name}: counter {self.account} is not among the {len(found)} counters that the token sees; "
                    "check its number, or give the token's user access to it in Metrika"
                )
        raise ApiError(
            f"{self.name}: the list of counters changed each of the {self._attempts} times that it was read; run again",
            is_passing=True,
        )

    def _yesterday(self) -> date:
        """The newest day that the vendor gives: today is not available."""
        name = self._time_zone or self._own_counter()[0].get("time_zone_name")
        try:
            zone = ZoneInfo(str(name or ""))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ApiError(
                f"{self.name}: counter {self.account}: {name!r} is no time zone; set time_zone to its name, such as "
                "Europe/Moscow"
            ) from None
        return self._clock.now().astimezone(zone).date() - timedelta(days=1)

    # windows of days

    def _windows(self, stream: Stream, known: Known, span: Span | None) -> Iterator[Pulled]:
        first, last = self._due(known, span)
        if first > last:
            return
        self._clean_ours(stream)
        while first <= last:
            until = self._fitting(stream, first, min(last, first + timedelta(days=self._window_days - 1)))
            parts, observed_at = self._logged(stream, first, until)
            yield Pulled(
                stream,
                self.account,
                "window",
                self._rows(stream, parts),
                window_from=first.isoformat(),
                window_to=until.isoformat(),
                observed_at=observed_at,
            )
            first = until + timedelta(days=1)

    def _due(self, known: Known, span: Span | None) -> tuple[date, date]:
        yesterday = self._yesterday()
        if span is not None:
            return span.first, min(span.last, yesterday)
        if known.window_to is None:
            return self._since, yesterday
        # the days before the end of what is known were not final when they were read
        first_not_final = date.fromisoformat(known.window_to) - timedelta(days=self._reread_days - 1)
        return max(self._since, first_not_final), yesterday

    def _params(self, stream: Stream, first: date, last: date) -> dict[str, str]:
        params = {
            "date1": first.isoformat(),
            "date2": last.isoformat(),
            "fields": ",".join(self._columns[stream.name]),
            "source": stream.name,
        }
        return {**params, "attribution": self._attribution} if self._attribution else params

    def _fitting(self, stream: Stream, first: date, last: date) -> date:
        """The last day up to which the vendor makes a log from `first` now. Raises ApiError when the quota is full."""
        url = f"{self._counter}/logrequests/evaluate"
        while True:
            days = (last - first).days + 1
            params = self._params(stream, first, last)
            (is_possible, quantity), _ = self._asked("GET", url, _evaluation_in, params)
            if is_possible and (quantity is None or quantity >= days):
                return last
            # a refusal that names no smaller number of days is met by halves
            fewer = quantity if quantity is not None and quantity < days else days // 2
            if fewer < 1:
                raise self._full(stream, first)
            last = first + timedelta(days=fewer - 1)

    def _full(self, stream: Stream, first: date) -> ApiError:
        held = [str(log.request_id) for log in self._listed() if log.status not in _OVER]
        what = f"by log requests {', '.join(held)}, which others made" if held else "though no log request is listed"
        return ApiError(
            f"{self.name}: counter {self.account}: no room for one day of {stream.name} ({first}): the quota of logs is taken "
            f"{what}; clean them (POST …/logrequest/<number>/clean) or wait until their owner does, then run again",
            is_passing=True,
        )

    # log requests

    def _logged(self, stream: Stream, first: date, last: date) -> tuple[list[IO[bytes]], datetime | None]:
        """The parts of a new log as Arrow files, and an instant that the log's content is not older than. Whatever happens,
        nothing of ours is left at the vendor's."""
        outcome = ""
        for attempt in range(self._attempts):
            if attempt:
                self._clock.sleep(self._poll_seconds)
            made: list[int] = []
            with ExitStack() as kept:
                try:
                    params = self._params(stream, first, last)
                    log, observed_at = self._asked("POST", f"{self._counter}/logrequests", _log_in, params)
                    made.append(log.request_id)
                    log = self._awaited(log)
                    parts = self._downloaded(stream, log, kept) if log.parts is not None else None
                    if parts is not None:
                        kept.pop_all()
                        return parts, observed_at
                    outcome = log.status if log.status in _OVER else "cleaned while it was being downloaded"
                finally:
                    self._clean_or_warn(stream, made)
        raise ApiError(
            f"{self.name}: counter {self.account}: the log of {stream.name} from {first} to {last} ended {self._attempts} times "
            f"without data (the last one: {outcome}); run again later, or with a smaller window_days if this goes on",
            is_passing=True,
        )

    def _awaited(self, log: _Request) -> _Request:
        """The log request when it is processed and names its parts, or is over without."""
        deadline = self._clock.now() + timedelta(seconds=self._longest_log_seconds)
        while log.status not in _OVER and (log.status != "processed" or log.parts is None):
            if self._clock.now() >= deadline:
                raise ApiError(
                    f"{self.name}: log request {log.request_id} of counter {self.account} is still `{log.status}` after "
                    f"{self._longest_log_seconds:.0f} s; it was given up; run again later",
                    is_passing=True,
                )
            self._clock.sleep(self._poll_seconds)
            log = self._status(log.request_id)
        return log

    def _status(self, request_id: int) -> _Request:
        return self._asked("GET", f"{self._counter}/logrequest/{request_id}", _log_in)[0]

    def _downloaded(self, stream: Stream, log: _Request, files: ExitStack) -> list[IO[bytes]] | None:
        """The parts as Arrow files; None when the vendor cleaned the log meanwhile."""
        try:
            return [
                self._part(stream, f"{self._counter}/logrequest/{log.request_id}/part/{number}/download", files)
                for number in log.parts or ()
            ]
        except ApiError as error:
            if not error.is_passing and self._status(log.request_id).status in _OVER:
                return None
            raise

    def _part(self, stream: Stream, url: str, files: ExitStack) -> IO[bytes]:
        """One part as an Arrow file, read from its TSV as it comes. A part that ends early or is no such TSV is asked for
        again from its beginning."""
        for attempt in range(self._http.tries):
            if attempt:
                self._clock.sleep(2.0 ** (attempt - 1))
            with ExitStack() as kept:
                file = kept.enter_context(tempfile.TemporaryFile())
                try:
                    with self._http.stream("GET", url) as response:
                        _spool(response, list(self._columns[stream.name]), file)
                except urllib3.exceptions.HTTPError as error:
                    why = f"the connection failed ({type(error).__name__})"
                except (pa.ArrowInvalid, KeyError):
                    # the error's own text quotes rows
                    why = "the answer is no UTF-8 TSV with the fields that were asked for"
                else:
                    files.push(kept.pop_all())
                    return file
        raise ApiError(
            f"{self.name}: GET {self._http.shown(url)}: {why} (tried {self._http.tries} times); run again later, and with a "
            "smaller window_days if this goes on",
            is_passing=True,
        )

    def _rows(self, stream: Stream, parts: list[IO[bytes]]) -> Iterator[pa.Table]:
        columns = list(self._columns[stream.name].values())
        for file in parts:
            file.seek(0)
            with file, ipc.open_stream(file) as reader:
                for batch in reader:
                    table = pa.Table.from_batches([batch]).rename_columns(columns)
                    yield pa.table({name: _as_written(stream, name, table.column(name)) for name in columns})

    # leftovers

    def _listed(self) -> list[_Request]:
        return self._asked("GET", f"{self._counter}/logrequests", partial(_logs_in, self._list_key))[0]

    def _clean_ours(self, stream: Stream) -> None:
        """Clean or cancel the log requests that are recognisably ours, those of a run that was killed included: exactly our
        fields of this source. Nobody else's is touched."""
        fields = set(self._columns[stream.name])
        for log in self._listed():
            if log.source == stream.name and set(log.fields) == fields:
                self._close(log)

    def _close(self, log: _Request) -> None:
        """Clean a log request, or cancel one that waits."""
        for is_last in (False, True):
            if log.status in _OVER:
                return
            verb = "clean" if log.status == "processed" else "cancel"
            try:
                self._http.post(f"{self._counter}/logrequest/{log.request_id}/{verb}")
            except ApiError as error:
                if error.is_passing or is_last:
                    raise
                # it may have been processed, or be over, since it was listed
                log = self._status(log.request_id)
            else:
                return

    def _clean_or_warn(self, stream: Stream, made: list[int]) -> None:
        """Clean those that were made, and any whose making was answered to nobody. A failure must hide neither the error nor
        the data that came before it, and the next pull begins with cleaning."""
        try:
            for request_id in made:
                self._close(self._status(request_id))
            self._clean_ours(stream)
        except ApiError as error:
            _log.warning("log requests of this pull are left uncleaned until the next one: %s", error)


def _fields_of(stream: Stream, names: Mapping[str, str | None]) -> dict[str, str]:
    """The vendor's fields in the order in which they are asked for → our columns."""
    fields = {
        f"{PREFIX[stream.name]}{names.get(column, column)}": column
        for column in stream.columns
        if names.get(column, column) is not None
    }
    if missing := [key for key in stream.key if key not in fields.values()]:
        raise ValueError(f"field_names leaves out {missing[0]}, the key of {stream.name}")
    if len(",".join(fields)) > MOST_FIELD_CHARACTERS:
        raise ValueError(f"the fields of {stream.name} are longer than {MOST_FIELD_CHARACTERS} characters")
    return fields


def _judge(response: requests.Response) -> Verdict:
    """The vendor's rule about its answers; 420 and 429 both stand for a quota, and neither says how long to wait."""
    status = response.status_code
    if 200 <= status < 300:
        return GOOD
    kind, message = _error_of(response)
    why = " ".join(f"HTTP {status} {kind} {message}".split())
    if kind in _DAY_QUOTAS:
        return Verdict(
            "final",
            why=why,
            fix="the login's requests of this day are used up; run again after 00:00 GMT",
            is_passing=True,
        )
    if status in (420, 429) or status >= 500:
        return Verdict("again", why=why)
    fixes = {
        401: "set a valid OAuth token with the right metrika:read",
        403: "set a valid OAuth token with the right metrika:read, and give its user access to the counter in Metrika",
        404: "check the number of the counter",
    }
    fix = fixes.get(status, "if it names a field, give its present name, or None to leave it out, in field_names")
    return Verdict("final", why=why, fix=fix)


def _error_of(response: requests.Response) -> tuple[str, str]:
    """Type and message of an error body, of whatever shape it is."""
    try:
        body = json.loads(response.content)
        first = body["errors"][0]
        return str(first.get("error_type", "")), str(first.get("message", ""))
    except (requests.RequestException, ValueError, TypeError, LookupError, AttributeError):
        return "", "(no error body)"


def _judge_json(read: Callable[[Any], object], response: requests.Response) -> Verdict:
    """As `_judge`; a good answer must also be JSON in which `read` finds what it wants."""
    verdict = _judge(response)
    if verdict.kind != "good":
        return verdict
    try:
        document = _document(response)
    except ValueError:
        return Verdict("again", why=f"HTTP {response.status_code} without JSON")
    try:
        read(document)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        return Verdict("again", why=f"HTTP {response.status_code} of another shape ({type(error).__name__}: {error})")
    return GOOD


def _document(response: requests.Response) -> Any:
    """The JSON of an answer, numbers as they are written."""
    return json.loads(response.content, parse_float=str, parse_int=str)


def _goals_in(document: Any) -> list[dict[str, Any]]:
    return [dict(goal) for goal in document["goals"]]


def _counters_in(document: Any) -> tuple[list[dict[str, Any]], int | None]:
    """The counters of a page, and how many there are in all."""
    counters = [{"id": counter["id"], **counter} for counter in document["counters"]]
    rows = document.get("rows")
    return counters, None if rows is None else int(rows)


def _evaluation_in(document: Any) -> tuple[bool, int | None]:
    """Whether the log can be made, and of how many days it could be."""
    evaluation = document["log_request_evaluation"]
    quantity = evaluation.get("max_possible_day_quantity")
    return evaluation["possible"] is True, None if quantity is None else int(quantity)


def _log_in(document: Any) -> _Request:
    return _request(document["log_request"])


def _logs_in(key: str, document: Any) -> list[_Request]:
    """The list of log requests. Raises KeyError that names the setting."""
    if key not in document:
        raise KeyError(f"no `{key}`; set list_key to the key of the list")
    return [_request(entry) for entry in document[key]]


def _request(shown: Mapping[str, Any]) -> _Request:
    parts = shown.get("parts")
    return _Request(
        request_id=int(shown["request_id"]),
        source=str(shown.get("source", "")),
        fields=tuple(shown.get("fields") or ()),
        status=str(shown["status"]),
        parts=None if parts is None else tuple(sorted({int(part["part_number"]) for part in parts})),
    )


def _observed_at(response: requests.Response) -> datetime | None:
    """The `Date` header, always GMT; None when there is none that can be read."""
    try:
        return parsedate_to_datetime(response.headers.get("Date", "")).replace(tzinfo=UTC)
    except ValueError:
        return None


def _spool(response: requests.Response, fields: list[str], file: IO[bytes]) -> None:
    """A TSV answer into an Arrow stream of text columns, `fields` in this order; columns that were not asked for are left.

    Raises
    ------
    urllib3.exceptions.HTTPError
        the connection ended early. pyarrow.ArrowInvalid, KeyError : no such TSV.
    """
    # the reader asks once more after the last byte
    response.raw.auto_close = False
    reader = csv.open_csv(
        response.raw,
        read_options=csv.ReadOptions(block_size=BLOCK_BYTES),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False, double_quote=False, escape_char=False),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(fields, pa.string()), include_columns=fields),
    )
    options = ipc.IpcWriteOptions(compression="zstd")
    with reader, ipc.new_stream(file, reader.schema, options=options) as writer:
        for batch in reader:
            writer.write_batch(batch)


def _as_written(stream: Stream, column: str, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells without the vendor's escapes, arrays left as they are; what a URL or tag may hold of a person is made findable
    for the door, or masked."""
    if column in ARRAYS:
        return cells
    text = _unescaped(cells)
    if column in stream.free_text:
        return _decoded(text)
    # the door would take the numbers of advertisements in them for phones, so only addresses are masked
    if column in UTM_COLUMNS and pc.any(pc.match_substring_regex(text, "@|%40"), min_count=0).as_py():
        return pc.replace_substring_regex(text, pattern=_EMAIL, replacement=EMAIL_PLACEHOLDER)
    return text


def _unescaped(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """`\\t`, `\\n` and `\\\\` undone. Cut at the double ones first, so that `\\\\n` stays a backslash and an n."""
    if not pc.any(pc.match_substring(cells, "\\"), min_count=0).as_py():
        return cells
    cut = pc.split_pattern(cells.combine_chunks(), pattern="\\\\")
    pieces = cut.values
    for escape, character in (("\\t", "\t"), ("\\n", "\n")):
        pieces = pc.replace_substring(pieces, pattern=escape, replacement=character)
    joined = pc.binary_join(pa.ListArray.from_arrays(cut.offsets, pieces), "\\")
    return pa.chunked_array([joined])


def _decoded(urls: pa.ChunkedArray) -> pa.ChunkedArray:
    """URLs with the characters of e-mail addresses and phones in plain, so that the door's scrubber sees them: it reads
    `name%40example.com` and `%2B79000000001` as neither."""
    if not pc.any(pc.match_substring(urls, "%"), min_count=0).as_py():
        return urls
    for code, character in _ENCODED:
        urls = pc.replace_substring_regex(urls, pattern=f"%(?:25)*{code}", replacement=character)
    return urls
