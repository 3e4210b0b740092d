"""amoCRM and Kommo, API v4.

How changes are found: every list that changes is asked by spans of its time of change (`created_at` for events), and a span
is halved until its rows fit one answer. So nothing is read by page numbers, which skip a row whenever an earlier one leaves
the list between two pages. Only a single second with more rows than an answer holds is paged, and read until two
readings agree. A span is asked with a second more on both sides and cut here, so that it does not matter whether the
vendor's bounds are inclusive.

How deletions are found: a deleted lead vanishes from its list; the stream `events` holds `lead_deleted` and `lead_restored`
(and `contact_deleted`, `company_deleted`), and the newest of them says whether an object is there. In accounts that keep
deleted leads in the list, `is_deleted` says it too. Deleted notes and tasks leave no trace and are not found.

A lead's links may change without a change of its `updated_at`: the contact's row has the leads as well.

Contact data: no name of a person comes out of here but those of the staff. Phones and e-mails are columns that the door
makes tokens of. Of custom fields those that are chosen, counted, dated or filled by tracking are kept; what is typed freely
is kept only for `text_fields` (scrubbed by the door) and `id_fields` (kept as written: identifiers that machines write).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import date as Date
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pyarrow as pa
import requests

from orchestration.clock import Clock
from orchestration.sources.api.http import GOOD, ApiError, Http, Pace, Verdict
from orchestration.sources.api.stream import Known, Pulled, Span, Stream, as_text
from orchestration.sources.api.tokens import Credentials, Pair, RotatingTokens

Row = dict[str, Any]

KEPT_TYPES = (
    "select", "multiselect", "radiobutton", "checkbox", "category", "chained_list", "tracking_data", "numeric", "price",
    "monetary", "date", "date_time",
)  # fmt: skip
"""Types of custom fields whose values nobody types freely."""

TYPED = ("text", "textarea")
"""Types of which only `text_fields` and `id_fields` are kept."""

CONTACT_CODES = ("PHONE", "EMAIL", "IM", "ADDRESS", "WEB")
"""Field codes that never stay among the custom fields, whatever their type."""

PHONES = tuple(f"phone_{number}" for number in range(1, 6))
EMAILS = tuple(f"email_{number}" for number in range(1, 4))
"""As many phones and e-mails of an object as have a column; `phone_count` and `email_count` say how many there are."""

EVENT_TYPES = (
    "lead_added", "lead_deleted", "lead_restored", "lead_status_changed", "entity_responsible_changed",
    "contact_deleted", "company_deleted",
)  # fmt: skip

NOTE_TYPES = ("call_in", "call_out", "amomail_message", "sms_in", "sms_out")

SMALL_LIMIT = 50
"""Rows asked for after a 504."""

FIELDS_LIMIT = 50
"""Rows that a list of custom fields gives at most."""

READINGS = 5
"""How often a list of several pages is read until two readings in a row agree."""

_OWN = ("id", "responsible_user_id", "group_id", "created_by", "updated_by", "created_at", "updated_at", "account_id")
_CUSTOM = ("custom_fields_values", "custom_texts", "tags", "tag_ids")
_CONTACT = {**dict.fromkeys(PHONES, "phone"), **dict.fromkeys(EMAILS, "email")}
_FREE = ("custom_texts", "tags")

_LEAD_PLAIN = (
    *_OWN, "price", "price_with_minor_units", "status_id", "pipeline_id", "loss_reason_id", "source_id", "closed_at",
    "closest_task_at", "is_deleted", "is_price_modified_by_robot", "score", "labor_cost",
)  # fmt: skip
_PERSON_PLAIN = (*_OWN, "closest_task_at", "is_deleted")
_CUSTOMER_PLAIN = (
    *_PERSON_PLAIN, "status_id", "next_price", "next_date", "periodicity", "ltv", "purchases_count", "average_check",
)  # fmt: skip
_STAGE_PLAIN = ("name", "sort", "is_editable", "color", "type")
_EVENT_PLAIN = ("id", "type", "entity_id", "entity_type", "created_by", "created_at", "account_id")
_CALL = ("uniq", "duration", "source", "call_result", "call_status", "call_responsible")
_TASK_PLAIN = (
    *_OWN, "entity_id", "entity_type", "is_completed", "task_type_id", "text", "duration", "complete_till",
)  # fmt: skip

LEADS = Stream(
    "leads",
    (*_LEAD_PLAIN, "loss_reason_name", "main_contact_id", "contact_ids", "company_id", *_CUSTOM),
    ("id",),
    "changes",
    "deals; instants in Unix seconds, price in whole units of the account's currency",
    free_text=_FREE,
)
CONTACTS = Stream(
    "contacts",
    (
        *(*_PERSON_PLAIN, "is_unsorted", "company_id", "lead_ids", "customer_ids", *_CUSTOM),
        *(*PHONES, "phone_count", *EMAILS, "email_count"),
    ),
    ("id",),
    "changes",
    "people, without their names",
    contacts=_CONTACT,
    free_text=_FREE,
)
COMPANIES = Stream(
    "companies",
    (
        *(*_PERSON_PLAIN, "lead_ids", "contact_ids", "customer_ids", *_CUSTOM),
        *(*PHONES, "phone_count", *EMAILS, "email_count", "tax_id"),
    ),
    ("id",),
    "changes",
    "companies, without names: those of sole traders are people's",
    contacts={**_CONTACT, "tax_id": "tax_id"},
    free_text=_FREE,
)
PIPELINES = Stream(
    "pipelines",
    (
        *("pipeline_id", "pipeline_name", "pipeline_sort", "is_main", "is_unsorted_on", "is_archive", "account_id"),
        *("status_id", *(f"status_{name}" for name in _STAGE_PLAIN)),
    ),
    ("pipeline_id", "status_id"),
    "snapshot",
    "a row a pipeline and stage; 142 (won) and 143 (lost) are in every pipeline",
)
EVENTS = Stream(
    "events",
    (
        *(*_EVENT_PLAIN, "status_before", "pipeline_before", "status_after", "pipeline_after"),
        *("responsible_before", "responsible_after"),
        *("field_id", "enum_before", "enum_after"),
    ),
    ("id",),
    "changes",
    "changes of stage, of owner and of chosen fields, leads added, deleted and restored; created_by 0 is a robot",
)
NOTES = Stream(
    "notes",
    (*_OWN, "entity_id", "entity_type", "note_type", *_CALL),
    ("entity_type", "id"),
    "changes",
    "calls, mails and sms of leads and contacts, without phone, recording and text; duration in seconds",
    free_text=("uniq", "source", "call_result", "call_responsible"),
)
TASKS = Stream(
    "tasks",
    (*_TASK_PLAIN, "result_text"),
    ("id",),
    "changes",
    "tasks; complete_till in Unix seconds",
    free_text=("text", "result_text"),
)
LOSS_REASONS = Stream(
    "loss_reasons", ("id", "name", "sort", "created_at", "updated_at"), ("id",), "snapshot", "why leads are lost"
)
FIELD_CHOICES = Stream(
    "field_choices",
    ("entity_type", "field_id", "field_name", "field_code", "field_type", "enum_id", "enum_value", "enum_sort"),
    ("entity_type", "field_id", "enum_id"),
    "snapshot",
    "a row a choice of a field of leads, contacts or companies; events name choices by their numbers",
)
USERS = Stream(
    "users",
    ("id", "name", "lang", "is_admin", "is_free", "is_active", "group_id", "role_id"),
    ("id",),
    "snapshot",
    "the staff",
)
CUSTOMERS = Stream(
    "customers",
    (*_CUSTOMER_PLAIN, "company_id", "contact_ids", *_CUSTOM),
    ("id",),
    "changes",
    "returning buyers, when the account has them switched on",
    free_text=_FREE,
)


STREAMS = (
    LEADS, CONTACTS, COMPANIES, PIPELINES, EVENTS, NOTES, TASKS, LOSS_REASONS, FIELD_CHOICES, USERS, CUSTOMERS,
)  # fmt: skip


@dataclass(frozen=True)
class _List:
    """A list that a stream is read from. build : the stream's rows of one object. time : what its spans are of."""

    path: str
    collection: str
    build: Callable[[Row], list[Row]]
    params: Mapping[str, str] = field(default_factory=dict)
    time: str = "updated_at"
    limit: int = 250
    is_paged: bool = True


class _SmallerPages(Exception):
    """The size of pages changed while a list was read by them: page 2 is another one now."""


@dataclass
class _Reading:
    """What one pull notes on its way: the date of its first answer, and lists that are asked for fewer rows since a 504."""

    observed_at: datetime | None = None
    smaller: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class OAuth:
    """The integration's side of consent and refresh, for `tokens.RotatingTokens`."""

    base_url: str
    clock: Clock
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str = ""
    access_seconds: int = 86400
    """Life of an access token when the answer does not say it."""

    def tokens(self, path: Path) -> RotatingTokens:
        """The pair in the file at `path`, refreshed by this integration."""
        return RotatingTokens("amocrm", path, self.clock, self.refresh)

    def refresh(self, refresh_token: str) -> Pair:
        """The next pair. A lost answer is asked for again with the same token, which the vendor takes until the new one
        is used. Raises ApiError."""
        return self._pair({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def redeem(self, code: str) -> Pair:
        """The first pair, for a code of consent (good once, within twenty minutes): `tokens(path).keep(redeem(code))`.
        Raises ApiError."""
        return self._pair({"grant_type": "authorization_code", "code": code})

    def _pair(self, grant: Mapping[str, str]) -> Pair:
        own = {"client_id": self.client_id, "client_secret": self.client_secret, "redirect_uri": self.redirect_uri}
        http = Http("amocrm", self.clock, _judge_tokens)
        response = http.post(f"{self.base_url}/oauth2/access_token", json={**own, **grant})
        answer = response.json()
        seconds = _seconds(answer.get("expires_in"))
        ends_at = self.clock.now() + timedelta(seconds=self.access_seconds if seconds is None else seconds)
        return Pair(answer["access_token"], answer["refresh_token"], ends_at)


def _judge_tokens(response: requests.Response) -> Verdict:
    """Never with the body: it may repeat a token."""
    status = response.status_code
    why = f"HTTP {status}"
    if (moved := _moved(response)) is not None:
        return moved
    if status == 200:
        answer = _document(response)
        if answer is not None and all(
            isinstance(answer.get(name), str) and answer[name] for name in ("access_token", "refresh_token")
        ):
            return GOOD
        return Verdict("again", why="the answer holds no pair of tokens")
    if status == 429:
        return Verdict("again", after=_retry_after(response), why=why)
    if status >= 500:
        return Verdict("again", why=why)
    if status == 403 and _document(response) is None:
        return _blocked()
    fix = (
        "if client_id, client_secret and redirect_uri are right, the token is used up, three months old, or the integration "
        "was switched off: switch it on, consent anew and save the new pair"
    )
    return Verdict("final", why=f"{why}: the token is refused", fix=fix)


class AmoCrm:
    """One account of amoCRM or Kommo.

    subdomain : names the account; the address is https://<subdomain>.amocrm.ru unless `base_url` says another.
    timezone : of the account, for the days of a backfill.
    since : where the first pull begins (None: everything). overlap, event_overlap : what is read again before the cursor;
    they cover rows that appear late, and a clock here that is a little behind.
    limit, events_limit : rows an answer. requests_a_second : the vendor's limit for the integration, kept by waiting.
    rows_a_pull : a long pull is committed in parts of about so many rows.
    text_fields, id_fields : ids or codes of text fields to keep, scrubbed or as they are. tax_id_field : id or code of the companies'
        field that holds their tax number, which the door replaces by a token. event_types : what `events` holds.
    history_fields : ids of chosen fields whose changes `events` holds as well.
    has_customers : whether the account has customers switched on.
    """

    name = "amocrm"
    version = "1"

    def __init__(
        self,
        subdomain: str,
        clock: Clock,
        credentials: Credentials,
        *,
        base_url: str | None = None,
        timezone: str = "Europe/Moscow",
        since: datetime | None = None,
        overlap: timedelta = timedelta(minutes=10),
        event_overlap: timedelta = timedelta(hours=1),
        limit: int = 250,
        events_limit: int = 100,
        requests_a_second: int = 7,
        rows_a_pull: int = 5000,
        text_fields: Collection[str] = (),
        id_fields: Collection[str] = (),
        tax_id_field: str | None = None,
        event_types: Collection[str] = EVENT_TYPES,
        history_fields: Collection[int] = (),
        has_customers: bool = False,
    ) -> None:
        self.account = subdomain
        self.base_url = (base_url or f"https://{subdomain}.amocrm.ru").rstrip("/")
        self._clock = clock
        self._credentials = credentials
        self._zone = ZoneInfo(timezone)
        self._since = 0 if since is None else int(since.timestamp())
        self._overlap = overlap
        self._event_overlap = event_overlap
        self._rows_a_pull = rows_a_pull
        self._text_fields = frozenset(text_fields)
        self._id_fields = frozenset(id_fields)
        self._tax_id_field = tax_id_field
        self._last_token = ""
        self._http = Http(
            self.name,
            clock,
            _judge,
            sign=self._sign,
            sign_in=self._sign_in,
            # a fifth more than a second: the vendor counts when requests arrive, not when they are sent
            pace=Pace(requests_a_second, 1.2, clock),
        )
        person = {"with": "leads,customers"}
        types = (*event_types, *(f"custom_field_{number}_value_changed" for number in history_fields))
        self._lists: dict[str, tuple[_List, ...]] = {
            LEADS.name: (
                _List(
                    "leads", "leads", self._lead,
                    {"with": "contacts,loss_reason,source_id,is_price_modified_by_robot", "order[updated_at]": "asc"},
                    limit=limit,
                ),
            ),
            CONTACTS.name: (_List("contacts", "contacts", self._contact, person, limit=limit),),
            COMPANIES.name: (_List("companies", "companies", self._company, {"with": "leads,contacts"}, limit=limit),),
            PIPELINES.name: (_List("leads/pipelines", "pipelines", _stages, is_paged=False),),
            EVENTS.name: (
                _List(
                    "events", "events", _event, {"filter[type]": ",".join(types)}, time="created_at",
                    limit=events_limit,
                ),
            ),
            NOTES.name: tuple(
                _List(
                    f"{kind}/notes", "notes", partial(_note, kind), {"filter[note_type]": ",".join(NOTE_TYPES)}, limit=limit
                )
                for kind in ("leads", "contacts")
            ),
            TASKS.name: (_List("tasks", "tasks", _task, limit=limit),),
            LOSS_REASONS.name: (_List("leads/loss_reasons", "loss_reasons", _loss_reason, limit=limit),),
            FIELD_CHOICES.name: tuple(
                _List(f"{kind}/custom_fields", "custom_fields", partial(_choices, kind), limit=FIELDS_LIMIT)
                for kind in ("leads", "contacts", "companies")
            ),
            USERS.name: (_List("users", "users", _user, limit=limit),),
        }  # fmt: skip
        if has_customers:
            self._lists[CUSTOMERS.name] = (
                _List("customers", "customers", self._customer, {"with": "contacts"}, limit=limit),
            )
        self.streams = tuple(stream for stream in STREAMS if stream.name in self._lists)

    def pull(self, stream: Stream, known: Known, span: Span | None = None) -> Iterator[Pulled]:
        """Snapshots come whole. Changes come since the cursor in parts of about `rows_a_pull` rows, oldest first; a backfill
        reads what changed on its days, a month at a time, and leaves the cursor alone. Raises ApiError."""
        if stream.kind == "snapshot":
            yield self._snapshot(stream)
        elif span is None:
            yield from self._changes(stream, known)
        else:
            yield from self._backfill(stream, span)

    # ---- pulls

    def _snapshot(self, stream: Stream) -> Pulled:
        reading = _Reading()
        rows: dict[tuple[str, ...], Row] = {}
        for source in self._lists[stream.name]:
            for raw in self._all_pages(reading, source, {}):
                _add(rows, stream, source, raw)
        return Pulled(stream, self.account, "snapshot", _batches(stream, rows), observed_at=reading.observed_at)

    def _changes(self, stream: Stream, known: Known) -> Iterator[Pulled]:
        overlap = self._event_overlap if stream.name == EVENTS.name else self._overlap
        start = self._since
        if known.cursor_to is not None:
            start = max(start, int(known.cursor_to) - int(overlap.total_seconds()))
        end = max(int(self._clock.now().timestamp()) + 1, start + 1)
        reading = _Reading()
        rows: dict[tuple[str, ...], Row] = {}
        for upto, found in self._spans(reading, stream, start, end):
            rows.update(found)
            if upto < end and len(rows) < self._rows_a_pull:
                continue
            cursor = upto
            if reading.observed_at is not None:
                # a clock here that is ahead must not move the cursor past what the vendor can know
                cursor = max(start, min(upto, int(reading.observed_at.timestamp())))
            yield Pulled(
                stream,
                self.account,
                "changes",
                _batches(stream, rows),
                cursor_from=str(start),
                cursor_to=str(cursor),
                observed_at=reading.observed_at,
            )
            start, rows = upto, {}
            reading.observed_at = None

    def _backfill(self, stream: Stream, span: Span) -> Iterator[Pulled]:
        first = span.first
        while first <= span.last:
            last = min(first + timedelta(days=30), span.last)
            reading = _Reading()
            rows: dict[tuple[str, ...], Row] = {}
            bounds = self._midnight(first), self._midnight(last + timedelta(days=1))
            for _, found in self._spans(reading, stream, *bounds):
                rows.update(found)
            yield Pulled(
                stream,
                self.account,
                "changes",
                _batches(stream, rows),
                window_from=first.isoformat(),
                window_to=last.isoformat(),
                observed_at=reading.observed_at,
            )
            first = last + timedelta(days=1)

    def _midnight(self, day: Date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp())

    # ---- reading

    def _spans(
        self, reading: _Reading, stream: Stream, start: int, end: int
    ) -> Iterator[tuple[int, dict[tuple[str, ...], Row]]]:
        """Rows of [start, end) in Unix seconds as spans that fit one answer: (end of the span, rows by key)."""
        at, width = start, end - start
        while at < end:
            width = min(width, end - at)
            rows = self._span(reading, stream, at, width)
            if rows is None:
                width = max(1, width // 2)
                continue
            at += width
            if len(rows) * 3 < min(source.limit for source in self._lists[stream.name]):
                width *= 2
            yield at, rows

    def _span(self, reading: _Reading, stream: Stream, at: int, width: int) -> dict[tuple[str, ...], Row] | None:
        """Rows of [at, at + width); None when they do not fit one answer and the span can be smaller."""
        rows: dict[tuple[str, ...], Row] = {}
        for source in self._lists[stream.name]:
            bounds = {f"filter[{source.time}][from]": max(at - 1, 0), f"filter[{source.time}][to]": at + width}
            found, is_all = self._page(reading, source, bounds, 1)
            if not is_all:
                if not any(at - 1 <= self._time(source, raw) <= at + width for raw in found):
                    raise self._odd(source, f"does not keep to filter[{source.time}]")
                if width > 1:
                    return None
                found = self._all_pages(reading, source, bounds)
            for raw in found:
                if at <= self._time(source, raw) < at + width:
                    _add(rows, stream, source, raw)
        return rows

    def _time(self, source: _List, raw: Row) -> int:
        seconds = _seconds(raw.get(source.time))
        if seconds is None:
            raise self._odd(source, f"has a row without {source.time} in Unix seconds")
        return seconds

    def _odd(self, source: _List, what: str) -> ApiError:
        return ApiError(
            f"{self.name}: GET {self.base_url}/api/v4/{source.path}: the answer {what}; the vendor has changed its API: get a "
            "newer version of this connector"
        )

    def _all_pages(self, reading: _Reading, source: _List, params: Mapping[str, Any]) -> list[Row]:
        """A list by its pages. More than one page is read until two readings in a row have the same rows."""
        before: list[Row] | None = None
        for _ in range(READINGS):
            rows: list[Row] = []
            number, is_all = 0, False
            try:
                while not is_all:
                    number += 1
                    found, is_all = self._page(reading, source, params, number)
                    rows += found
                    is_all = is_all or not found
            except _SmallerPages:
                continue
            if number == 1 or (before is not None and _ids(before) == _ids(rows)):
                return rows
            before = rows
        raise ApiError(
            f"{self.name}: GET {self.base_url}/api/v4/{source.path}: the list changed during each of {READINGS} readings; run "
            "again at a quieter hour",
            is_passing=True,
        )

    def _page(self, reading: _Reading, source: _List, params: Mapping[str, Any], number: int) -> tuple[list[Row], bool]:
        """Rows of a page, and whether the list ends with it. After a 504 pages are smaller, which ends a reading by pages
        with _SmallerPages."""
        limit = min(source.limit, SMALL_LIMIT) if source.path in reading.smaller else source.limit
        asked = {**source.params, **params}
        if source.is_paged:
            asked |= {"page": number, "limit": limit}
        document: Row | None = None

        def judge(response: requests.Response) -> Verdict:
            nonlocal document
            if response.status_code == 504 and source.is_paged and limit > SMALL_LIMIT:
                return GOOD
            if response.status_code == 200 and not response.history:
                document = _document(response)
                if _rows(document, source.collection) is None:
                    return Verdict("again", why=f"the answer has no list _embedded.{source.collection}")
                return GOOD
            return _judge(response)

        response = self._http.ask("GET", f"{self.base_url}/api/v4/{source.path}", params=asked, judge=judge)
        if response.status_code == 504:
            reading.smaller.add(source.path)
            if number > 1:
                raise _SmallerPages
            return self._page(reading, source, params, number)
        reading.observed_at = reading.observed_at or _date(response)
        if response.status_code == 204 or document is None:
            return [], True
        rows = _rows(document, source.collection) or []
        links = document.get("_links")
        has_next = isinstance(links, dict) and bool(links.get("next"))
        return rows, not source.is_paged or not (has_next or len(rows) >= limit)

    def _sign(self) -> dict[str, str]:
        self._last_token = self._credentials.access_token()
        return {"Authorization": f"Bearer {self._last_token}"}

    def _sign_in(self) -> None:
        self._credentials.renew(self._last_token)

    # ---- rows

    def _lead(self, raw: Row) -> list[Row]:
        contacts = _embedded(raw, "contacts")
        reasons = _embedded(raw, "loss_reason")
        main = [contact.get("id") for contact in contacts if contact.get("is_main") is True]
        return [
            {
                **_plain(raw, _LEAD_PLAIN),
                "loss_reason_name": reasons[0].get("name") if reasons else None,
                "main_contact_id": main[0] if main else None,
                "contact_ids": [contact.get("id") for contact in contacts],
                "company_id": _first_id(raw, "companies"),
                **self._custom(raw),
            }
        ]

    def _contact(self, raw: Row) -> list[Row]:
        return [
            {
                **_plain(raw, (*_PERSON_PLAIN, "is_unsorted")),
                "company_id": _first_id(raw, "companies"),
                "lead_ids": _all_ids(raw, "leads"),
                "customer_ids": _all_ids(raw, "customers"),
                **self._custom(raw),
                **_reached(raw),
            }
        ]

    def _company(self, raw: Row) -> list[Row]:
        linked = {f"{kind}_ids": _all_ids(raw, f"{kind}s") for kind in ("lead", "contact", "customer")}
        tax_id = {"tax_id": self._tax_id(raw)}
        return [{**_plain(raw, _PERSON_PLAIN), **linked, **self._custom(raw), **_reached(raw), **tax_id}]

    def _customer(self, raw: Row) -> list[Row]:
        linked = {"company_id": _first_id(raw, "companies"), "contact_ids": _all_ids(raw, "contacts")}
        return [{**_plain(raw, _CUSTOMER_PLAIN), **linked, **self._custom(raw)}]

    def _tax_id(self, raw: Row) -> str | None:
        """The first value of the field that was named, as it was typed; of a legal entity its `vat_id` (inferred: the vendor documents
        the type, not what its value holds)."""
        for custom in _fields(raw):
            if self._tax_id_field in (str(custom.get("field_id")), str(custom.get("field_code"))):
                for value in _values(custom):
                    found = value.get("value")
                    told = found.get("vat_id") if isinstance(found, dict) else found
                    if told not in (None, ""):
                        return str(told)
        return None

    def _custom(self, raw: Row) -> Row:
        """Custom fields that may stay, apart from them those of `text_fields`, which the door scrubs, and tags."""
        kept: list[Row] = []
        texts: list[Row] = []
        for custom in _fields(raw):
            if custom.get("field_code") in CONTACT_CODES:
                continue
            kind = custom.get("field_type")
            names = {str(custom.get("field_id")), str(custom.get("field_code"))}
            if self._tax_id_field in names:
                continue
            row = {
                **_plain(custom, ("field_id", "field_code", "field_name", "field_type")),
                "values": [_value(value) for value in _values(custom)],
            }
            if kind in KEPT_TYPES or (kind in TYPED and names & self._id_fields):
                kept.append(row)
            elif kind in TYPED and names & self._text_fields:
                texts.append(row)
        tags = _embedded(raw, "tags")
        return {
            "custom_fields_values": kept or None,
            "custom_texts": texts or None,
            "tags": [tag.get("name") for tag in tags],
            "tag_ids": [tag.get("id") for tag in tags],
        }


def _stages(raw: Row) -> list[Row]:
    own = _plain(raw, ("is_main", "is_unsorted_on", "is_archive", "account_id"))
    named = {f"pipeline_{name}": raw.get(name) for name in ("id", "name", "sort")}
    return [
        {**own, **named, **{f"status_{name}": stage.get(name) for name in ("id", *_STAGE_PLAIN)}}
        for stage in _embedded(raw, "statuses")
    ]


def _event(raw: Row) -> list[Row]:
    """Only ids of values: what else an event holds may be what a person typed."""
    row = _plain(raw, _EVENT_PLAIN)
    for side in ("before", "after"):
        values = raw.get(f"value_{side}")
        for value in values if isinstance(values, list) else []:
            stage, owner, custom = (
                value.get(name) for name in ("lead_status", "responsible_user", "custom_field_value")
            )
            if isinstance(stage, dict):
                row[f"status_{side}"], row[f"pipeline_{side}"] = stage.get("id"), stage.get("pipeline_id")
            if isinstance(owner, dict):
                row[f"responsible_{side}"] = owner.get("id")
            if isinstance(custom, dict):
                row["field_id"], row[f"enum_{side}"] = custom.get("field_id"), custom.get("enum_id")
    return [row]


def _note(kind: str, raw: Row) -> list[Row]:
    params = raw.get("params")
    own = {**_plain(raw, (*_OWN, "entity_id", "note_type")), "entity_type": kind}
    return [{**own, **_plain(params if isinstance(params, dict) else {}, _CALL)}]


def _task(raw: Row) -> list[Row]:
    result = raw.get("result")
    return [{**_plain(raw, _TASK_PLAIN), "result_text": result.get("text") if isinstance(result, dict) else None}]


def _loss_reason(raw: Row) -> list[Row]:
    return [_plain(raw, LOSS_REASONS.columns)]


def _choices(kind: str, raw: Row) -> list[Row]:
    own = {"entity_type": kind, **{f"field_{name}": raw.get(name) for name in ("id", "name", "code", "type")}}
    enums = raw.get("enums")
    return [
        {**own, **{f"enum_{name}": enum.get(name) for name in ("id", "value", "sort")}}
        for enum in (enums if isinstance(enums, list) else [])
        if isinstance(enum, dict)
    ]


def _user(raw: Row) -> list[Row]:
    rights = raw.get("rights")
    return [
        {
            **_plain(raw, ("id", "name", "lang")),
            **_plain(
                rights if isinstance(rights, dict) else {}, ("is_admin", "is_free", "is_active", "group_id", "role_id")
            ),
        }
    ]


def _plain(raw: Mapping[str, Any], names: Collection[str]) -> Row:
    return {name: raw.get(name) for name in names}


def _embedded(raw: Row, name: str) -> list[Row]:
    """What is embedded under a name: a list, whether it came as a list, as one object, or not at all."""
    embedded = raw.get("_embedded")
    found = embedded.get(name) if isinstance(embedded, dict) else None
    if isinstance(found, dict):
        return [found]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _all_ids(raw: Row, name: str) -> list[Any]:
    return [one.get("id") for one in _embedded(raw, name)]


def _first_id(raw: Row, name: str) -> Any:
    return next(iter(_all_ids(raw, name)), None)


def _fields(raw: Row) -> list[Row]:
    found = raw.get("custom_fields_values")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _values(custom: Row) -> list[Row]:
    found = custom.get("values")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _value(value: Row) -> Row:
    """Plain values and ids of chosen ones; a nested value is none of the kept types' and stays out."""
    known = ("value", "enum_id", "enum_code", "catalog_id", "catalog_element_id")
    return {name: value[name] for name in known if name in value and not isinstance(value[name], (dict, list))}


def _reached(raw: Row) -> Row:
    """Phones and e-mails in their columns, and how many there are."""
    row: Row = {}
    for code, columns, count in (("PHONE", PHONES, "phone_count"), ("EMAIL", EMAILS, "email_count")):
        found = [
            str(value["value"])
            for custom in _fields(raw)
            if custom.get("field_code") == code
            for value in _values(custom)
            if value.get("value")
        ]
        row.update(zip(columns, found, strict=False))
        row[count] = len(found)
    return row


def _add(rows: dict[tuple[str, ...], Row], stream: Stream, source: _List, raw: Row) -> None:
    for row in source.build(raw):
        rows[tuple(str(row[name]) for name in stream.key)] = row


def _batches(stream: Stream, rows: Mapping[tuple[str, ...], Row]) -> Iterator[pa.Table]:
    return iter([as_text(list(rows.values()), stream.columns)])


# ---- answers


def _judge(response: requests.Response) -> Verdict:
    """The vendor's rules about answers that hold no list."""
    status = response.status_code
    if (moved := _moved(response)) is not None:
        return moved
    if status == 204:
        return GOOD
    problem = _document(response)
    if status == 401:
        return Verdict(
            "sign_in",
            why="HTTP 401: the access token is refused",
            fix="see that the integration is switched on in the account, then consent anew and save the new pair",
        )
    if status == 402:
        return Verdict("final", why="HTTP 402: the account is not paid", fix="pay it, then run again")
    if status == 403 and problem is None:
        return _blocked()
    if status == 403:
        return Verdict(
            "final", why=_words(status, problem), fix="give the integration consent as an administrator of the account"
        )
    if status == 404:
        return Verdict(
            "final",
            why=_words(status, problem),
            fix="see that the subdomain (base_url) is the account's own, and that customers are on if they are asked for",
        )
    if status == 429:
        return Verdict("again", after=_retry_after(response), why="HTTP 429: too many requests")
    if status >= 500:
        return Verdict("again", why=_words(status, problem))
    fix = "set a smaller `limit`" if status == 422 else "see the message; if it is no setting, get a newer connector"
    return Verdict("final", why=_words(status, problem), fix=fix)


def _blocked() -> Verdict:
    return Verdict(
        "final",
        why="HTTP 403 without a reason: the vendor has blocked this address after too many requests",
        fix="stop every program that asks this account from here, wait, and write to the vendor's support if it stays",
    )


def _moved(response: requests.Response) -> Verdict | None:
    if not response.history:
        return None
    host = urlsplit(response.url).netloc
    return Verdict("final", why=f"the account has moved to {host}", fix="put the new address in its settings")


def _words(status: int, problem: Row | None) -> str:
    """Title, detail and what was not valid."""
    if problem is None:
        return f"HTTP {status}"
    said = [f"HTTP {status}", *(str(problem[name]) for name in ("title", "detail") if problem.get(name))]
    if problem.get("validation-errors"):
        said.append(json.dumps(problem["validation-errors"], ensure_ascii=False)[:500])
    return "; ".join(said)


def _document(response: requests.Response) -> Row | None:
    """The body when it is a JSON object. Decimals stay as written."""
    try:
        document = json.loads(response.content, parse_float=str)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _rows(document: Row | None, collection: str) -> list[Row] | None:
    """The objects of a list's answer; None when it is not one."""
    embedded = document.get("_embedded") if document is not None else None
    # PHP writes an empty object as []
    if embedded == []:
        return []
    found = embedded.get(collection) if isinstance(embedded, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return None
    return found


def _ids(rows: list[Row]) -> list[str]:
    return sorted(str(row.get("id")) for row in rows)


def _seconds(value: object) -> int | None:
    """Whole seconds, as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    text = str(value).strip()
    return int(text) if text.isdecimal() else None


def _retry_after(response: requests.Response) -> float | None:
    document = _document(response)
    seconds = _seconds(document.get("retry_after")) if document is not None else None
    return None if seconds is None else float(max(seconds, 1))


def _date(response: requests.Response) -> datetime | None:
    """The `Date` of the answer, when it has a readable one."""
    try:
        instant = parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return instant.astimezone(UTC) if instant.tzinfo is not None else None
