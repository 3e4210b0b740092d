"""amoCRM (Kommo) API v4: tokens that rotate, the 204 of an empty list, two bodies of 429, events that tell of deletions.

What is put here is what the account knows, and since when (`known_at`). Stage changes, new owners, additions and deletions
write their event by themselves, as the vendor does; `put_event` is for the rest.

Faults beyond those of `server.Fault`; rows are those of the list that is asked:
    `limit`      429 with the vendor's body: JSON with `retry_after` = `seconds`, or with `body="text"` the other one
    `blocked`    403 `403 Forbidden`, as after repeated violations
    `expired`    the access token that comes with the request is no longer good: 401
    `gateway`    504 when more than 50 rows are asked for
    `change`     `body` (a function of the simulator) is called before the answer: rows change under paging
    `duplicate`  the first row of the page comes twice
    `extra`      every row has fields that no page describes
    `missing`    keys whose value is null are left out
    `strings`    whole numbers come as strings
    `empty`      200 with an empty list, where 204 is due
    `array`      200 with `"_embedded": []`, where 204 is due
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from demo.simulators.history import History
from demo.simulators.server import Fault, RateLimit, Simulator
from orchestration.clock import FixedClock

WON, LOST = 142, 143
"""Ids of the two last stages, the same in every pipeline."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Rules:
    """What the vendor's pages leave open or set by number; the defaults are the fact sheet's.

    requests_a_second, account_requests_a_second : limits; None lifts them. limit_body : `json` or `text`. retry_after :
    seconds in the JSON body; None leaves the key out. block_after : 429s in a minute after which the address is blocked
    (None: never); block_body : `text` or `json`.
    default_limit, limit, events_limit, fields_limit : rows a page. too_large : `refused` (422) or `capped`.
    past_end : what an empty list answers, `204` or `empty` (200). next_on_last : a full last page names a next one.
    newest_first : lists without an order come by falling id. order_elsewhere : `order` on lists that have none is `ignored`
    or `refused`. unknown_with : `refused` or `ignored`. from_is_inclusive, to_is_inclusive : of filters by instant.
    access_seconds, refresh_days, code_seconds : life of tokens. old_dies_on : the old refresh token dies when the new one is
    used for a `refresh`, or on any use of the new pair (`access`). refused_status : of a token that is not good.
    deleted_leads : `vanish` from the list, or come with the `flag` is_deleted. links_move_leads : a changed contact moves
    updated_at of its leads. loss_reason : a `list` or an `object`. is_admin : may read users. has_customers : customers are
    on; customers_off_status : else. minor_units : leads have price_with_minor_units, the price with its kopecks as a fraction.
    """

    requests_a_second: int | None = 7
    account_requests_a_second: int | None = 50
    limit_body: str = "json"
    retry_after: int | None = 300
    block_after: int | None = 10
    block_body: str = "text"
    default_limit: int = 50
    limit: int = 250
    events_limit: int = 100
    fields_limit: int = 50
    too_large: str = "refused"
    past_end: str = "204"
    next_on_last: bool = False
    newest_first: bool = False
    order_elsewhere: str = "ignored"
    unknown_with: str = "refused"
    from_is_inclusive: bool = True
    to_is_inclusive: bool = True
    access_seconds: int = 86400
    refresh_days: int = 90
    code_seconds: int = 1200
    old_dies_on: str = "refresh"
    refused_status: int = 400
    deleted_leads: str = "vanish"
    links_move_leads: bool = False
    loss_reason: str = "list"
    is_admin: bool = True
    has_customers: bool = False
    customers_off_status: int = 404
    minor_units: bool = False


@dataclass(frozen=True)
class _List:
    """A list of the API. ranges, choices : filters by from/to and by values (name → field of the row)."""

    kind: str
    collection: str
    ranges: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    orders: tuple[str, ...] = ()
    withs: tuple[str, ...] = ()
    limit: str = "limit"
    is_paged: bool = True
    most: Mapping[str, int] = field(default_factory=dict)
    only: Mapping[str, Any] = field(default_factory=dict)
    has_query: bool = False


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_PEOPLE = ("created_by", "updated_by", "responsible_user_id")
_NOTES = _same("id", "note_type", "entity_id")

LISTS: dict[str, _List] = {
    "leads": _List(
        "leads", "leads", ("price", "created_at", "updated_at", "closed_at", "closest_task_at"),
        _same("id", "name", "price", "pipeline_id", *_PEOPLE), ("id", "created_at", "updated_at"),
        ("contacts", "loss_reason", "source_id", "is_price_modified_by_robot", "catalog_elements"), has_query=True,
    ),
    "contacts": _List(
        "contacts", "contacts", ("created_at", "updated_at", "closest_task_at"), _same("id", "name", *_PEOPLE),
        ("id", "updated_at"), ("leads", "customers", "catalog_elements"), has_query=True,
    ),
    "companies": _List(
        "companies", "companies", ("created_at", "updated_at", "closest_task_at"), _same("id", "name", *_PEOPLE),
        (), ("leads", "contacts", "customers", "catalog_elements"), has_query=True,
    ),
    "customers": _List(
        "customers", "customers", ("created_at", "updated_at", "closest_task_at", "next_date"),
        _same("id", "name", *_PEOPLE), (), ("contacts", "companies", "catalog_elements"), has_query=True,
    ),
    "leads/pipelines": _List("pipelines", "pipelines", is_paged=False),
    "leads/loss_reasons": _List("loss_reasons", "loss_reasons"),
    "users": _List("users", "users", withs=("role", "group")),
    "leads/custom_fields": _List("custom_fields", "custom_fields", limit="fields_limit", only={"entity_type": "leads"}),
    "contacts/custom_fields": _List("custom_fields", "custom_fields", limit="fields_limit", only={"entity_type": "contacts"}),
    "companies/custom_fields": _List("custom_fields", "custom_fields", limit="fields_limit", only={"entity_type": "companies"}),
    "events": _List(
        "events", "events", ("created_at",),
        {**_same("id", "type", "entity_id", "created_by"), "entity": "entity_type"},
        limit="events_limit", most={"entity_id": 10, "created_by": 10},
    ),
    "leads/notes": _List("notes", "notes", ("updated_at",), _NOTES, only={"entity_type": "leads"}),
    "contacts/notes": _List("notes", "notes", ("updated_at",), _NOTES, only={"entity_type": "contacts"}),
    "tasks": _List(
        "tasks", "tasks", ("updated_at",),
        {**_same("id", "is_completed", "responsible_user_id", "entity_type", "entity_id"), "task_type": "task_type_id"},
    ),
    "leads/unsorted": _List("unsorted", "unsorted"),
    "catalogs": _List("catalogs", "catalogs"),
}  # fmt: skip
"""Path under /api/v4/ → list."""

OWN_KEYS = ("_contacts", "_company", "_tags", "_statuses", "_leads")
"""Keys of rows that the simulator keeps for itself."""

_BRACKETS = re.compile(r"\[([^\]]*)\]")


class _Snapshot:
    """What a list holds at an instant, with what is looked up in it again and again: without it every answer would go
    through the whole account."""

    def __init__(self, rows: list[tuple[Any, Row]]) -> None:
        self.rows = rows
        self._by_time: dict[str, tuple[list[int], list[Row]]] = {}
        self._links: dict[str, dict[int, list[Any]]] = {}

    def between(self, name: str, first: int | None, last: int | None) -> list[Row]:
        """Rows whose instant `name` (Unix seconds) is between two bounds, both included; None is no bound."""
        if name not in self._by_time:
            ordered = sorted((row for _, row in self.rows if row[name] is not None), key=itemgetter(name))
            self._by_time[name] = [row[name] for row in ordered], ordered
        times, ordered = self._by_time[name]
        start = 0 if first is None else bisect_left(times, first)
        return ordered[start : None if last is None else bisect_right(times, last)]

    def linked(self, name: str, key: int) -> list[Row]:
        """The ids of rows whose `_company` or `_contacts` name an object."""
        if name not in self._links:
            links = self._links[name] = {}
            for own, row in self.rows:
                for other in row[name] if isinstance(row[name], list) else [row[name]]:
                    links.setdefault(other, []).append(own)
        return [{"id": own} for own in self._links[name].get(key, [])]


@dataclass
class _Refresh:
    """A refresh token: when it was issued, whose place it takes, whether it was used, whether it still works."""

    issued_at: datetime
    replaces: str | None
    is_used: bool = False
    is_dead: bool = False


class _Refused(Exception):
    """A request that the vendor does not take, with its answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class AmoCrm(Simulator):
    """One account. Use `first_pair` or `long_lived_token` for credentials; `rules` says which variant it is."""

    CLIENT_ID = "integration-1"
    CLIENT_SECRET = "secret-of-the-integration"
    REDIRECT_URI = "https://example.com/consent"

    def __init__(self, clock: FixedClock, faults: list[Fault] | None = None, rules: Rules | None = None) -> None:
        super().__init__(clock, faults)
        self.rules = rules or Rules()
        self.account_id = 31296422
        self.timezone = "Europe/Moscow"
        self.currency = "RUB"
        self.is_paid = True
        self.is_integration_on = True
        self.is_blocked = False
        self.task_types: list[Row] = []
        """Further types of tasks, as the account made them: id and name."""
        self.refreshes = 0
        self._moved_to: str | None = None
        self._moved_how = "redirect"
        self._histories: dict[str, History] = {}
        self._living: dict[tuple[str, int], Row] = {}
        self._snapshots: dict[str, _Snapshot] = {}
        self._numbers = {"event": 0, "token": 0, "request": 0}
        self._codes: dict[str, datetime] = {}
        self._access: dict[str, tuple[datetime, str | None]] = {}
        self._refresh: dict[str, _Refresh] = {}
        self._limit = RateLimit(self.rules.requests_a_second)
        self._account_limit = RateLimit(self.rules.account_requests_a_second)
        self._violations: list[datetime] = []

    # ---- what the account holds

    def put_lead(
        self,
        known_at: datetime,
        lead: int,
        *,
        contacts: Iterable[int] | None = None,
        company: int | None = None,
        tags: Iterable[Row] | None = None,
        events_known_at: datetime | None = None,
        changed_by: int = 0,
        **fields: Any,
    ) -> None:
        """A new lead, or a change of one: only what is given changes. The first of `contacts` is the main one.

        `events_known_at`: when the list of events shows it, if later.
        """
        before = self._living.get(("leads", lead))
        row = dict(before) if before else self._new_lead(lead, known_at)
        row.update({"updated_at": _unix(known_at), **fields})
        if row["status_id"] in (WON, LOST) and row["closed_at"] is None:
            row["closed_at"] = _unix(known_at)
        if contacts is not None:
            row["_contacts"] = list(contacts)
        if company is not None:
            row["_company"] = company
        if tags is not None:
            row["_tags"] = list(tags)
        self._put("leads", known_at, lead, row)
        shown = events_known_at or known_at
        told: Row = {"entity_id": lead, "created_by": changed_by, "created_at": _unix(known_at)}
        if before is None:
            self.put_event(shown, "lead_added", **told)
            return
        if (before["status_id"], before["pipeline_id"]) != (row["status_id"], row["pipeline_id"]):
            self.put_event(
                shown, "lead_status_changed",
                value_before=[{"lead_status": {"id": before["status_id"], "pipeline_id": before["pipeline_id"]}}],
                value_after=[{"lead_status": {"id": row["status_id"], "pipeline_id": row["pipeline_id"]}}], **told,
            )  # fmt: skip
        if before["responsible_user_id"] != row["responsible_user_id"]:
            self.put_event(
                shown, "entity_responsible_changed",
                value_before=[{"responsible_user": {"id": before["responsible_user_id"]}}],
                value_after=[{"responsible_user": {"id": row["responsible_user_id"]}}], **told,
            )  # fmt: skip

    def _new_lead(self, lead: int, known_at: datetime) -> Row:
        created = _unix(known_at)
        return {
            "id": lead, "name": f"Сделка {lead}", "price": 0, "responsible_user_id": 1, "group_id": 0, "status_id": 1,
            "pipeline_id": 1, "loss_reason_id": None, "created_by": 0, "updated_by": 0, "created_at": created,
            "updated_at": created, "closed_at": None, "closest_task_at": None, "is_deleted": False,
            "custom_fields_values": None, "score": None, "account_id": self.account_id, "labor_cost": None,
            "source_id": None, "is_price_modified_by_robot": False, "_contacts": [], "_company": None, "_tags": [],
        }  # fmt: skip

    def delete_lead(self, known_at: datetime, lead: int, deleted_by: int = 0) -> None:
        """Gone from the list (or flagged, by the rules), with its event."""
        row = {**self._living[("leads", lead)], "is_deleted": True, "updated_at": _unix(known_at)}
        if self.rules.deleted_leads == "flag":
            self._history("leads").put(lead, known_at, row)
        else:
            self._history("leads").delete(lead, known_at)
        self.put_event(known_at, "lead_deleted", entity_id=lead, created_by=deleted_by)

    def restore_lead(self, known_at: datetime, lead: int, restored_by: int = 0) -> None:
        """Back from the bin, with its event."""
        self._put("leads", known_at, lead, {**self._living[("leads", lead)], "updated_at": _unix(known_at)})
        self.put_event(known_at, "lead_restored", entity_id=lead, created_by=restored_by)

    def put_contact(self, known_at: datetime, contact: int, *, company: int | None = None, **fields: Any) -> None:
        """A person. Phones and e-mails are `custom_fields_values` (see `multitext`); leads name their contacts."""
        self._put_person("contact", "contacts", known_at, contact, company, fields)
        if self.rules.links_move_leads:
            for (kind, lead), row in list(self._living.items()):
                if kind == "leads" and contact in row["_contacts"]:
                    self._put("leads", known_at, lead, {**row, "updated_at": _unix(known_at)})

    def put_company(self, known_at: datetime, company: int, **fields: Any) -> None:
        self._put_person("company", "companies", known_at, company, None, fields)

    def put_customer(self, known_at: datetime, customer: int, *, company: int | None = None, **fields: Any) -> None:
        """A returning buyer; `rules.has_customers` must be on for the list to answer."""
        self._put_person("customer", "customers", known_at, customer, company, fields)

    def _put_person(
        self, entity: str, kind: str, known_at: datetime, key: int, company: int | None, fields: Mapping[str, Any]
    ) -> None:
        before = self._living.get((kind, key))
        created = _unix(known_at)
        row = dict(before) if before else {
            "id": key, "name": f"{entity} {key}", "responsible_user_id": 1, "group_id": 0, "created_by": 0,
            "updated_by": 0, "created_at": created, "updated_at": created, "closest_task_at": None, "is_deleted": False,
            "custom_fields_values": None, "account_id": self.account_id, "_company": None, "_tags": [],
        }  # fmt: skip
        if kind == "contacts" and not before:
            row.update({"first_name": "", "last_name": "", "is_unsorted": False})
        if kind == "customers" and not before:
            row.update(
                {"next_price": 0, "next_date": None, "status_id": 1, "periodicity": 0, "ltv": 0, "purchases_count": 0}
            )
        row.update({"updated_at": created, **fields})
        if company is not None:
            row["_company"] = company
        self._put(kind, known_at, key, row)
        if before is None:
            self.put_event(known_at, f"{entity}_added", entity_id=key, entity_type=entity)

    def delete_contact(self, known_at: datetime, contact: int) -> None:
        self._history("contacts").delete(contact, known_at)
        self.put_event(known_at, "contact_deleted", entity_id=contact, entity_type="contact")

    def delete_company(self, known_at: datetime, company: int) -> None:
        self._history("companies").delete(company, known_at)
        self.put_event(known_at, "company_deleted", entity_id=company, entity_type="company")

    def put_event(
        self,
        known_at: datetime,
        event_type: str,
        *,
        entity_id: int,
        entity_type: str = "lead",
        created_by: int = 0,
        created_at: int | None = None,
        value_before: list[Row] | None = None,
        value_after: list[Row] | None = None,
    ) -> str:
        """An event; `created_at` (Unix seconds) before `known_at` makes it a late one. Returns its id."""
        self._numbers["event"] += 1
        key = f"01h{self._numbers['event']:023d}"
        row = {
            "id": key, "type": event_type, "entity_id": entity_id, "entity_type": entity_type, "created_by": created_by,
            "created_at": _unix(known_at) if created_at is None else created_at, "account_id": self.account_id,
            "value_after": value_after or [], "value_before": value_before or [],
        }  # fmt: skip
        self._history("events").put(key, known_at, row)
        return key

    def put_note(
        self,
        known_at: datetime,
        note: int,
        note_type: str,
        entity_id: int,
        *,
        entity_type: str = "leads",
        **fields: Any,
    ) -> None:
        """A note of `leads` or `contacts`; calls have `params` (see `call`)."""
        before = self._living.get(("notes", note))
        created = _unix(known_at)
        row = dict(before) if before else {
            "id": note, "entity_id": entity_id, "entity_type": entity_type, "created_by": 0, "updated_by": 0,
            "created_at": created, "responsible_user_id": 1, "group_id": 0, "note_type": note_type, "params": {},
            "account_id": self.account_id,
        }  # fmt: skip
        self._put("notes", known_at, note, {**row, "updated_at": created, **fields})

    def delete_note(self, known_at: datetime, note: int) -> None:
        self._history("notes").delete(note, known_at)

    def put_task(self, known_at: datetime, task: int, **fields: Any) -> None:
        before = self._living.get(("tasks", task))
        created = _unix(known_at)
        row = dict(before) if before else {
            "id": task, "created_by": 0, "updated_by": 0, "created_at": created, "responsible_user_id": 1, "group_id": 0,
            "entity_id": None, "entity_type": None, "duration": 0, "is_completed": False, "task_type_id": 1, "text": "",
            "result": [], "complete_till": created, "account_id": self.account_id,
        }  # fmt: skip
        self._put("tasks", known_at, task, {**row, "updated_at": created, **fields})

    def delete_task(self, known_at: datetime, task: int) -> None:
        self._history("tasks").delete(task, known_at)

    def put_pipeline(self, known_at: datetime, pipeline: int, stages: Mapping[int, str], **fields: Any) -> None:
        """A pipeline with its own stages (id → name) after `Неразобранное`; won and lost follow by themselves."""
        names = {**dict(stages), WON: "Успешно реализовано", LOST: "Закрыто и не реализовано"}
        statuses = [
            {
                "id": key, "name": name, "sort": 10000 if key in (WON, LOST) else 10 * number, "is_editable": True,
                "pipeline_id": pipeline, "color": "#99ccff", "type": 0, "account_id": self.account_id,
            }
            for number, (key, name) in enumerate(names.items(), 1)
        ]  # fmt: skip
        row = {
            "id": pipeline, "name": f"Воронка {pipeline}", "sort": 1, "is_main": True, "is_unsorted_on": True,
            "is_archive": False, "account_id": self.account_id, "_statuses": statuses,
        }  # fmt: skip
        self._put("pipelines", known_at, pipeline, {**row, **fields})

    def put_loss_reason(self, known_at: datetime, reason: int, name: str, **fields: Any) -> None:
        created = _unix(known_at)
        row = {"id": reason, "name": name, "sort": 10, "created_at": created, "updated_at": created}
        self._put("loss_reasons", known_at, reason, {**row, **fields})

    def put_user(self, known_at: datetime, user: int, name: str, **fields: Any) -> None:
        """A member of the staff. `rights` hold is_admin, is_active and the like."""
        row = {
            "id": user, "name": name, "email": f"user{user}@example.com", "lang": "ru",
            "rights": {"is_admin": False, "is_free": False, "is_active": True, "group_id": None, "role_id": None},
        }  # fmt: skip
        self._put("users", known_at, user, {**row, **fields})

    def delete_user(self, known_at: datetime, user: int) -> None:
        self._history("users").delete(user, known_at)

    def put_custom_field(
        self,
        known_at: datetime,
        entity_type: str,
        field_id: int,
        name: str,
        type_: str,
        *,
        code: str | None = None,
        choices: Mapping[str, int] | None = None,
    ) -> None:
        """A definition of a field of `leads`, `contacts` or `companies`; `choices` of a select are text → enum id."""
        enums = [{"id": key, "value": value, "sort": key} for value, key in (choices or {}).items()]
        row = {"id": field_id, "name": name, "type": type_, "code": code, "sort": 1, "entity_type": entity_type}
        self._put("custom_fields", known_at, field_id, {**row, "enums": enums} if enums else row)

    def put_unsorted(self, known_at: datetime, uid: str, lead: int, category: str = "forms") -> None:
        """An incoming lead that nobody accepted yet."""
        row = {"uid": uid, "category": category, "created_at": _unix(known_at), "_leads": [lead]}
        self._history("unsorted").put(uid, known_at, {"id": uid, **row})

    def accept_unsorted(self, known_at: datetime, uid: str) -> None:
        self._history("unsorted").delete(uid, known_at)

    def put_catalog(self, known_at: datetime, catalog: int, name: str, type_: str = "regular") -> None:
        """A list of elements; `type_` is regular, invoices, products or suppliers."""
        self._put("catalogs", known_at, catalog, {"id": catalog, "name": name, "type": type_})

    def put_element(self, known_at: datetime, catalog: int, element: int, **fields: Any) -> None:
        """An element of a catalog, such as an invoice."""
        row = {"id": element, "catalog_id": catalog, "name": f"№ {element}", "is_deleted": False,
               "custom_fields_values": None, "updated_at": _unix(known_at)}  # fmt: skip
        self._put(f"catalogs/{catalog}/elements", known_at, element, {**row, **fields})

    def put_transaction(self, known_at: datetime, customer: int, transaction: int, price: int) -> None:
        """A purchase of a customer."""
        row = {"id": transaction, "customer_id": customer, "price": price, "completed_at": _unix(known_at)}
        self._put(f"customers/{customer}/transactions", known_at, transaction, row)

    def _history(self, kind: str) -> History:
        if kind not in self._histories:
            self._histories[kind] = History()
        return self._histories[kind]

    def _put(self, kind: str, known_at: datetime, key: int, row: Row) -> None:
        self._history(kind).put(key, known_at, row)
        self._living[(kind, key)] = row

    # ---- who may ask

    def first_pair(self) -> dict[str, Any]:
        """The answer to a consent just given: access_token, refresh_token, expires_in."""
        return self._new_pair(None)

    def consent(self) -> str:
        """A code of consent, to be changed for a pair within its twenty minutes."""
        code = self._secret("code")
        self._codes[code] = self.now
        return code

    def long_lived_token(self, expires_at: datetime) -> str:
        """A token that needs no refresh, until its day."""
        token = self._secret("long")
        self._access[token] = (expires_at, None)
        return token

    def revoke(self, token: str) -> None:
        """The access, long-lived or refresh token is no longer good."""
        self._access.pop(token, None)
        self._refresh.pop(token, None)

    def rename(self, new_url: str, how: str = "redirect") -> None:
        """The account's new address: by 301 (`redirect`), or by `base_domain` in the next refresh."""
        self._moved_to, self._moved_how = new_url, how

    def _secret(self, kind: str) -> str:
        self._numbers["token"] += 1
        return hashlib.sha256(f"{self.account_id}:{kind}:{self._numbers['token']}".encode()).hexdigest()

    def _new_pair(self, replaces: str | None) -> dict[str, Any]:
        access, refresh = self._secret("access"), self._secret("refresh")
        self._access[access] = (self.now + timedelta(seconds=self.rules.access_seconds), refresh)
        self._refresh[refresh] = _Refresh(self.now, replaces)
        pair = {
            "token_type": "Bearer",
            "expires_in": self.rules.access_seconds,
            "access_token": access,
            "refresh_token": refresh,
        }
        if self._moved_to is not None and self._moved_how == "base_domain":
            pair["base_domain"] = urlsplit(self._moved_to).netloc
        return pair

    def _takes_over(self, refresh: str) -> None:
        """The first use of a new pair ends the token before it, and the other pairs got with that one."""
        replaced = self._refresh[refresh].replaces
        if replaced is None:
            return
        for token, other in self._refresh.items():
            if token == replaced or (other.replaces == replaced and token != refresh):
                other.is_dead = True

    def _oauth(self, request: Request, body: bytes) -> Response:
        try:
            asked = json.loads(body)
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return _problem(400, "Bad Request", "Request body must be JSON")
        if (asked.get("client_id"), asked.get("client_secret")) != (self.CLIENT_ID, self.CLIENT_SECRET):
            return self._refused_token("Client authentication failed")
        if asked.get("redirect_uri") != self.REDIRECT_URI:
            return self._refused_token("Invalid redirect_uri")
        if not self.is_integration_on:
            return _problem(401, "Unauthorized", "The integration is switched off")
        if asked.get("grant_type") == "authorization_code":
            given = self._codes.pop(str(asked.get("code")), None)
            if given is None or self.now - given > timedelta(seconds=self.rules.code_seconds):
                return self._refused_token("Authorization code has expired or is unknown")
            return JSONResponse(self._new_pair(None))
        if asked.get("grant_type") != "refresh_token":
            return _problem(400, "Bad Request", "Unsupported grant_type")
        token = str(asked.get("refresh_token"))
        known = self._refresh.get(token)
        if known is None or known.is_dead or self.now - known.issued_at > timedelta(days=self.rules.refresh_days):
            return self._refused_token("Refresh token is invalid or has expired")
        if not known.is_used:
            known.is_used = True
            self._takes_over(token)
        self.refreshes += 1
        return JSONResponse(self._new_pair(token))

    def _refused_token(self, detail: str) -> Response:
        return _problem(
            self.rules.refused_status, "Unauthorized" if self.rules.refused_status == 401 else "Bad Request", detail
        )

    # ---- answers

    async def _handle(self, request: Request) -> Response:
        response = await super()._handle(request)
        self._numbers["request"] += 1
        response.headers["X-Request-Id"] = f"{self._numbers['request']:032x}"
        return response

    def answer(self, request: Request, body: bytes) -> Response:
        try:
            return self._answer(request, body)
        except _Refused as refused:
            return refused.response

    def _answer(self, request: Request, body: bytes) -> Response:
        path = request.url.path
        endpoint = f"{request.method} {path}"
        moved = self._moved_to
        if moved is not None and self._moved_how == "redirect" and request.url.netloc != urlsplit(moved).netloc:
            return Response(status_code=301, headers={"Location": moved + path})
        if self.is_blocked or self.has_fault("blocked", endpoint):
            return self._block()
        if path == "/oauth2/access_token" and request.method == "POST":
            return self._oauth(request, body)
        if (fault := self.has_fault("change", endpoint)) is not None:
            fault.body(self)
        if limited := self._limited(endpoint):
            return limited
        self._authorised(request, endpoint)
        if not self.is_paid:
            return _problem(402, "Payment Required", "Account is not paid")
        name = path.removeprefix("/api/v4/").rstrip("/")
        if request.method == "GET" and path.startswith("/api/v4/"):
            if name == "account":
                return self._account(request)
            if (listed := self._listed(name)) is not None:
                return self._page(request, endpoint, name, listed)
        return _problem(404, "Not Found", f"Cannot {request.method} {request.url}")

    def _block(self) -> Response:
        if self.rules.block_body == "json":
            return _problem(403, "Forbidden", "Your IP address is blocked")
        return Response("403 Forbidden", status_code=403, media_type="text/html")

    def _limited(self, endpoint: str) -> Response | None:
        fault = self.has_fault("limit", endpoint)
        at = self.clock.exact()
        if fault is not None:
            return _too_many("text" if fault.body == "text" else "json", int(fault.seconds) or self.rules.retry_after)
        if not (self._limit.is_over(at) or self._account_limit.is_over(at)):
            return None
        self._violations = [*(past for past in self._violations if at - past < timedelta(minutes=1)), at]
        if self.rules.block_after is not None and len(self._violations) > self.rules.block_after:
            self.is_blocked = True
            return self._block()
        return _too_many(self.rules.limit_body, self.rules.retry_after)

    def _authorised(self, request: Request, endpoint: str) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self._access and self.has_fault("expired", endpoint):
            self._access.pop(token)
        until, refresh = self._access.get(token, (self.now, None))
        if until <= self.now or not self.is_integration_on:
            raise _Refused(_problem(401, "Unauthorized", "Token is invalid, expired or revoked"))
        if refresh is not None and self.rules.old_dies_on == "access":
            self._takes_over(refresh)

    def _listed(self, name: str) -> _List | None:
        if name in LISTS:
            return LISTS[name]
        if re.fullmatch(r"catalogs/\d+/elements", name):
            return _List(name, "elements", choices=_same("id"))
        if re.fullmatch(r"customers/\d+/transactions", name):
            return _List(name, "transactions", choices=_same("id"))
        return None

    def _account(self, request: Request) -> Response:
        asked = _with(request)
        extras: dict[str, tuple[str, Any]] = {
            "amojo_id": ("amojo_id", "00000000-0000-0000-0000-000000000001"),
            "task_types": (
                "_embedded",
                {"task_types": [{"id": 1, "name": "Звонок"}, {"id": 2, "name": "Встреча"}, *self.task_types]},
            ),
            "users_groups": ("_embedded", {"users_groups": [{"id": 0, "name": "Отдел продаж"}]}),
            "datetime_settings": ("_embedded", {"datetime_settings": {"timezone": self.timezone}}),
        }
        self._only_known(asked, tuple(extras))
        row: Row = {"id": self.account_id, "name": "Компания", "subdomain": "company", "currency": self.currency}
        for name in asked & set(extras):
            key, value = extras[name]
            row[key] = {**row.get(key, {}), **value} if isinstance(value, dict) else value
        return JSONResponse(row)

    def _only_known(self, asked: set[str], known: tuple[str, ...]) -> None:
        if self.rules.unknown_with == "refused" and not asked <= set(known):
            raise _Refused(_invalid("with"))

    def _page(self, request: Request, endpoint: str, name: str, listed: _List) -> Response:
        if name == "users" and not self.rules.is_admin:
            return _problem(403, "Forbidden", "Access denied")
        if name.startswith("customers") and not self.rules.has_customers:
            status = self.rules.customers_off_status
            return _problem(status, "Not Found" if status == 404 else "Forbidden", "Customers are disabled")
        page, limit = self._place(request, listed)
        if limit > 50 and self.has_fault("gateway", endpoint):
            return Response("<html>504 Gateway Time-out</html>", status_code=504, media_type="text/html")
        asked = _with(request)
        self._only_known(asked, listed.withs)
        rows = self._ordered(request, listed, self._chosen(request, listed))
        start = (page - 1) * limit
        part = rows[start : start + limit] if listed.is_paged else rows
        if not part:
            return self._nothing(request, endpoint, listed, page)
        shown = [self._shown(listed, row, asked) for row in part]
        if self.has_fault("duplicate", endpoint):
            shown = [shown[0], *shown]
        shown = self._distorted(endpoint, shown)
        links = {"self": {"href": str(request.url)}}
        if listed.is_paged and (start + limit < len(rows) or (self.rules.next_on_last and len(part) == limit)):
            links["next"] = {"href": _page_url(request, page + 1)}
        document: Row = {"_page": page} if listed.is_paged else {"_total_items": len(rows)}
        return _hal({**document, "_links": links, "_embedded": {listed.collection: shown}})

    def _nothing(self, request: Request, endpoint: str, listed: _List, page: int) -> Response:
        document = {"_page": page, "_links": {"self": {"href": str(request.url)}}}
        if self.has_fault("array", endpoint):
            return _hal({**document, "_embedded": []})
        if self.rules.past_end == "empty" or self.has_fault("empty", endpoint):
            return _hal({**document, "_embedded": {listed.collection: []}})
        return Response(status_code=204)

    def _place(self, request: Request, listed: _List) -> tuple[int, int]:
        most = getattr(self.rules, listed.limit)
        numbers = []
        for name, default in (("page", 1), ("limit", min(self.rules.default_limit, most))):
            text = request.query_params.get(name, str(default))
            if not re.fullmatch(r"[1-9]\d*", text):
                raise _Refused(_invalid(name, "InvalidType"))
            numbers.append(int(text))
        page, limit = numbers
        if limit > most:
            if self.rules.too_large == "refused":
                raise _Refused(_problem(422, "Unprocessable Entity", f"Limit {most} per page"))
            limit = most
        return page, limit

    def _chosen(self, request: Request, listed: _List) -> list[Row]:
        filters: dict[tuple[str, ...], list[str]] = {}
        for name, value in request.query_params.multi_items():
            if name.startswith("filter"):
                filters.setdefault(tuple(_BRACKETS.findall(name)), []).append(value)
        rows = self._narrowed(listed, filters)
        for name, value in listed.only.items():
            rows = [row for row in rows if row.get(name) == value]
        for test in self._tests(listed, filters):
            rows = [row for row in rows if test(row)]
        query = request.query_params.get("query")
        if query is not None:
            if not listed.has_query:
                raise _Refused(_invalid("query"))
            rows = [row for row in rows if query.lower() in json.dumps(row, ensure_ascii=False).lower()]
        return rows

    def _snapshot(self, kind: str) -> _Snapshot:
        """What a list holds now; the one made last as long as nothing has changed."""
        rows = self._history(kind).snapshot(self.now)
        known = self._snapshots.get(kind)
        if known is None or known.rows is not rows:
            known = self._snapshots[kind] = _Snapshot(rows)
        return known

    def _narrowed(self, listed: _List, filters: Mapping[tuple[str, ...], list[str]]) -> list[Row]:
        """The rows between the bounds of one filter by instant, which every test then looks at; all of them without one."""
        snapshot = self._snapshot(listed.kind)
        for name in ("updated_at", "created_at"):
            bounds = [filters.get((name, side), [""])[-1] for side in ("from", "to")]
            if name in listed.ranges and any(re.fullmatch(r"-?\d+", bound) for bound in bounds):
                return snapshot.between(
                    name, *(int(bound) if re.fullmatch(r"-?\d+", bound) else None for bound in bounds)
                )
        return [row for _, row in snapshot.rows]

    def _tests(
        self, listed: _List, filters: Mapping[tuple[str, ...], list[str]]
    ) -> Iterable[Callable[[Row], bool]]:  # fmt: skip
        choices: dict[str, set[str]] = {}
        pairs: dict[tuple[str, str], dict[str, str]] = {}
        for path, values in filters.items():
            match path:
                case (name, "from" | "to" as side) if name in listed.ranges:
                    yield self._side(name, side, values[-1])
                case (name,) | (name, _) if name in listed.choices:
                    choices.setdefault(name, set()).update(part for value in values for part in value.split(","))
                case ("statuses", number, "pipeline_id" | "status_id" as key) if listed.kind == "leads":
                    pairs.setdefault(("statuses", number), {})[key] = values[-1]
                case ("custom_fields_values", field_id, *_) if listed.kind == "leads":
                    yield _has_value(field_id, set(values))
                case ("value_before" | "value_after" as side, "leads_statuses", number, key) if listed.kind == "events":
                    pairs.setdefault((side, number), {})[key] = values[-1]
                case _:
                    raise _Refused(_invalid("filter"))
        for name, wanted in choices.items():
            if len(wanted) > listed.most.get(name, len(wanted)):
                raise _Refused(_invalid("filter", "TooManyElements"))
            yield _is_one_of(listed.choices[name], wanted)
        if listed.kind == "events" and pairs and choices.get("type") != {"lead_status_changed"}:
            raise _Refused(_invalid("filter"))
        for place in {place for place, _ in pairs}:
            yield _has_status(place, [pair for (of, _), pair in pairs.items() if of == place])

    def _side(self, name: str, side: str, text: str) -> Callable[[Row], bool]:
        if not re.fullmatch(r"-?\d+", text):
            raise _Refused(_invalid("filter", "InvalidType"))
        bound = int(text)
        if side == "from":
            step = 0 if self.rules.from_is_inclusive else 1
            return lambda row: row[name] is not None and row[name] >= bound + step
        step = 0 if self.rules.to_is_inclusive else 1
        return lambda row: row[name] is not None and row[name] <= bound - step

    def _ordered(self, request: Request, listed: _List, rows: list[Row]) -> list[Row]:
        rows = sorted(rows, key=lambda row: row["id"], reverse=self.rules.newest_first)
        for name, value in request.query_params.multi_items():
            if not name.startswith("order"):
                continue
            fields = _BRACKETS.findall(name)
            if not listed.orders and self.rules.order_elsewhere == "ignored":
                continue
            if len(fields) != 1 or fields[0] not in listed.orders or value not in ("asc", "desc"):
                raise _Refused(_invalid("order"))
            rows = sorted(rows, key=itemgetter(fields[0]), reverse=value == "desc")
        return rows

    def _shown(self, listed: _List, row: Row, asked: set[str]) -> Row:
        """The row as the list shows it, with its links and what `with` adds."""
        shown = dict(row)
        for name in OWN_KEYS:
            shown.pop(name, None)
        shown["_links"] = {"self": {"href": f"{self.url}/api/v4/{listed.kind}/{row['id']}"}}
        embedded: Row = {}
        if listed.kind in ("leads", "contacts", "companies", "customers"):
            embedded["tags"] = row["_tags"]
            if listed.kind != "companies":
                embedded["companies"] = [{"id": row["_company"]}] if row["_company"] is not None else []
        match listed.kind:
            case "leads":
                if self.rules.minor_units:
                    shown.setdefault("price_with_minor_units", row["price"])
                else:
                    shown.pop("price_with_minor_units", None)
                for name in {"source_id", "is_price_modified_by_robot"} - asked:
                    del shown[name]
                if "contacts" in asked:
                    embedded["contacts"] = [
                        {"id": key, "is_main": number == 0} for number, key in enumerate(row["_contacts"])
                    ]
                if "loss_reason" in asked:
                    embedded["loss_reason"] = self._loss_reason(row["loss_reason_id"])
            case "contacts" if "leads" in asked:
                embedded["leads"] = self._snapshot("leads").linked("_contacts", row["id"])
            case "companies":
                for kind in {"leads", "contacts"} & asked:
                    embedded[kind] = self._snapshot(kind).linked("_company", row["id"])
            case "customers" if "contacts" in asked:
                embedded["contacts"] = []
            case "pipelines":
                embedded["statuses"] = row["_statuses"]
            case "events":
                embedded["entity"] = {"id": row["entity_id"]}
            case "unsorted":
                del shown["id"]
                embedded["leads"] = [{"id": key} for key in row["_leads"]]
        for name in {"customers", "catalog_elements"} & asked:
            embedded[name] = []
        return {**shown, "_embedded": embedded} if embedded else shown

    def _loss_reason(self, reason: int | None) -> Any:
        known = self._history("loss_reasons").get(reason, self.now) if reason is not None else None
        if self.rules.loss_reason == "object":
            return known or []
        return [known] if known else []

    def _distorted(self, endpoint: str, rows: list[Row]) -> list[Row]:
        if self.has_fault("extra", endpoint):
            rows = [{**row, "ai_summary": "…", "_meta": {"version": 5}} for row in rows]
        if self.has_fault("missing", endpoint):
            rows = [{name: value for name, value in row.items() if value is not None} for row in rows]
        if self.has_fault("strings", endpoint):
            rows = [_as_strings(row) for row in rows]
        return rows


def text_field(field_id: int, name: str, value: Any, *, type_: str = "text", code: str | None = None) -> Row:
    """A custom field with one value, of any type without lists of choices."""
    return {
        "field_id": field_id,
        "field_name": name,
        "field_code": code,
        "field_type": type_,
        "values": [{"value": value}],
    }


def select_field(field_id: int, name: str, value: str, enum_id: int, *, type_: str = "select") -> Row:
    """A custom field whose value is chosen."""
    values = [{"value": value, "enum_id": enum_id, "enum_code": None}]
    return {"field_id": field_id, "field_name": name, "field_code": None, "field_type": type_, "values": values}


def multitext(field_id: int, code: str, *values: str) -> Row:
    """The phones or e-mails of a contact: `code` is PHONE or EMAIL."""
    listed = [{"value": value, "enum_id": 900 + number, "enum_code": "WORK"} for number, value in enumerate(values)]
    return {"field_id": field_id, "field_name": code, "field_code": code, "field_type": "multitext", "values": listed}


def call(duration: int, status: int, *, phone: str = "+79000000001", uniq: str = "call-1", **params: Any) -> Row:
    """`params` of a note call_in or call_out: seconds and call_status 1 … 7."""
    return {
        "uniq": uniq,
        "duration": duration,
        "source": "telephony",
        "link": "https://example.com/record.mp3",
        "phone": phone,
        "call_result": "",
        "call_status": status,
        "call_responsible": 1,
        **params,
    }


def _unix(instant: datetime) -> int:
    return int(instant.timestamp())


def _with(request: Request) -> set[str]:
    return {name for name in request.query_params.get("with", "").split(",") if name}


def _page_url(request: Request, page: int) -> str:
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "page"]
    return f"{str(request.url).split('?')[0]}?{urlencode([*query, ('page', str(page))])}"


def _hal(document: Row) -> Response:
    return JSONResponse(document, media_type="application/hal+json")


def _problem(status: int, title: str, detail: str, **more: Any) -> Response:
    document = {"title": title, "type": f"https://httpstatus.es/{status}", "status": status, "detail": detail, **more}
    return JSONResponse(document, status_code=status, media_type="application/problem+json")


def _invalid(path: str, code: str = "NotSupportedChoice") -> Response:
    errors = [{"code": code, "path": path, "detail": "The value you selected is not a valid choice."}]
    return _problem(
        400,
        "Bad Request",
        "Request validation failed",
        **{"validation-errors": [{"request_id": "0", "errors": errors}]},
    )


def _too_many(body: str, retry_after: int | None) -> Response:
    if body == "text":
        return Response("429 Too Many Requests", status_code=429, media_type="text/html")
    wait = {} if retry_after is None else {"retry_after": retry_after}
    detail = "You have sent too many requests in a given amount of time. Please try again later."
    return _problem(429, "Too Many Requests", detail, **wait)


def _is_one_of(name: str, wanted: set[str]) -> Callable[[Row], bool]:
    def test(row: Row) -> bool:
        value = row.get(name)
        return str(int(value) if isinstance(value, bool) else value) in wanted

    return test


def _has_value(field_id: str, wanted: set[str]) -> Callable[[Row], bool]:
    def test(row: Row) -> bool:
        return any(
            str(value["value"]) in wanted or str(value.get("enum_id")) in wanted
            for custom in row["custom_fields_values"] or []
            if str(custom["field_id"]) == field_id
            for value in custom["values"]
        )

    return test


def _has_status(side: str, pairs: list[dict[str, str]]) -> Callable[[Row], bool]:
    """By stage and pipeline: of a lead (`statuses`), or before or after an event."""

    def test(row: Row) -> bool:
        if side == "statuses":
            found = [{"pipeline_id": str(row["pipeline_id"]), "status_id": str(row["status_id"])}]
        else:
            stages = [value["lead_status"] for value in row[side] if "lead_status" in value]
            found = [{"pipeline_id": str(stage["pipeline_id"]), "status_id": str(stage["id"])} for stage in stages]
        return any(pair.items() <= one.items() for one in found for pair in pairs)

    return test


def _as_strings(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_strings(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_strings(inner) for inner in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
