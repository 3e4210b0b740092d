"""Yandex Direct: campaigns, ad groups and ads as they are, and their performance a day.

Performance comes from the Reports service, which builds a report at once (200) or in its queue (201, 202, `retryIn`).
Money comes twice, with VAT and without, because that is a setting of a report and no column: two reports of the same
days, joined by key. They have to agree about impressions and clicks; when they do not, the days changed in between and
both are asked for anew. Restatements: conversions change for about 30 days and cost for about 3. One window, the longer
of the two, is re-read for both, since a pull replaces a day as a whole; a day that comes back empty is empty. The
cursor is the first day that is still to be read again, so what a killed run had not reached is read by the next one.

Deletions: the structure services tell nothing of deleted objects; every pull of them is the whole list, and what is
missing from it is gone. Pages overlap by one object, which shows a list that shifted while it was paged; it is then
read anew.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import requests
import urllib3
from pyarrow import csv

from orchestration.clock import Clock
from orchestration.sources.api.http import GOOD, ApiError, Http, Judge, Pace, Verdict
from orchestration.sources.api.stream import Known, Pulled, Span, Stream, as_text

BASE_URL = "https://api.direct.yandex.com"
MOSCOW = ZoneInfo("Europe/Moscow")
ONE_DAY = timedelta(days=1)

CAMPAIGNS = Stream(
    "campaigns",
    (
        "Id",
        "Name",
        "Type",
        "State",
        "Status",
        "StatusPayment",
        "StartDate",
        "EndDate",
        "Currency",
        "TimeZone",
        "TrackingParams",
    ),
    ("Id",),
    "snapshot",
    "All campaigns of the account; Currency is that of every amount in performance_daily",
)
AD_GROUPS = Stream(
    "ad_groups",
    ("Id", "CampaignId", "Name", "Type", "Subtype", "Status", "ServingStatus", "TrackingParams"),
    ("Id",),
    "snapshot",
    "All ad groups of the account",
)
ADS = Stream(
    "ads",
    ("Id", "CampaignId", "AdGroupId", "Type", "Subtype", "State", "Status", "Title", "Href"),
    ("Id",),
    "snapshot",
    "All ads of the account; Href holds the utm marks",
    free_text=("Title",),
)
REPORT_KEY = ("Date", "CampaignId", "AdGroupId", "AdId")
COUNTS = ("Impressions", "Clicks")
PERFORMANCE_DAILY = Stream(
    "performance_daily",
    (*REPORT_KEY, *COUNTS, "CostWithVat", "CostWithoutVat", "Conversions"),
    REPORT_KEY,
    "window",
    "Moscow day × campaign × ad group × ad. Costs are decimals in the currency of the account; Conversions is a JSON "
    "object from the vendor's column (Conversions_<goal>_<model>, or Conversions without goals) to its text; -- is the "
    "vendor's missing value",
)
STREAMS = (CAMPAIGNS, AD_GROUPS, ADS, PERFORMANCE_DAILY)

DETAIL_FIELDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "campaigns": {
        "TextCampaignFieldNames": ("TrackingParams",),
        "UnifiedCampaignFieldNames": ("TrackingParams",),
    },
    "adgroups": {},
    "ads": {
        "TextAdFieldNames": ("Title", "Href"),
        "TextImageAdFieldNames": ("Href",),
        "TextAdBuilderAdFieldNames": ("Href",),
    },
}
"""What is asked of the objects that depend on the type, by service. The type's object is not kept: its fields become
the columns of the same name."""

TEMPORARY = (52, 1000, 1001, 1002)
TOO_FAST = (56, 506)
NO_UNITS, QUEUE_FULL = 152, 9000
FIXES = {
    53: "the token is wrong, revoked or has expired: get a new one for this login and put it where the old one was",
    54: "give the token's login rights to this account; an agency names the client's login (client_login)",
    58: "finish the registration of the application for the API in the Direct cabinet",
    513: "check the login: it is not connected to Direct",
    3000: "ask for access of the application to the API in the Direct cabinet",
    4000: "check goals, attribution models, dates and the API version in the configuration",
    8000: "check goals, attribution models, dates and the API version in the configuration",
}

REPORT_HEADERS = {
    "returnMoneyInMicros": "false",
    "skipReportHeader": "true",
    "skipColumnHeader": "false",
    # the number of rows in it tells a whole report from one that was cut
    "skipReportSummary": "false",
}
GOALS_PER_REPORT = 10
CAMPAIGNS_PER_REQUEST = 10
CHANGED_TRIES = 3
"""How often reports of the same days are asked for when they disagree."""


class _TooMuch(Exception):
    """The period is too long for one report."""


class _Broken(Exception):
    """An answer that is not a whole report."""


@dataclass(frozen=True)
class _Part:
    """One report of several about the same days: its name, and the columns that only it has, each with its name
    here."""

    name: str
    vat: str
    goals: tuple[str, ...]
    fields: tuple[str, ...]
    columns: Mapping[str, str]


class YandexDirect:
    """The connector of one account of Yandex Direct.

    Parameters
    ----------
    account : login of the account, which the pulls are named by. token : OAuth token of the login or of its agency.
    client_login : sent as `Client-Login`; an agency must name its client. goals : ids of Metrika's goals whose
    conversions are wanted, any number. attribution_models : of the conversions.
    start_on : first day that is asked for without a backfill; None, or a day before it: the oldest that the vendor keeps.
    cost_days, conversion_days : how long a day's cost and conversions may still change. days_per_pull : days of one
    report. api_version : `v501` sees unified campaigns, `v5` does not. processing_mode : `auto`, `online` or `offline`.
    row_cap : a report with so many rows is taken for a cut one, and its days are halved.
    retry_in, queue_wait : seconds to wait when the vendor does not say how long, and when its queue is full.
    patience : seconds after which a report that does not get ready ends the pull. history_years : what the vendor
    keeps. summary : pattern of the last line of a report, its group the number of rows; None: reports have none.
    goal_column : name of a goal's column. page_limit : objects a page (2 to 10 000). report_requests, report_seconds :
    the vendor's limit of requests. detail_fields : as DETAIL_FIELDS. tries : of whatever passes. run_id : stands in the
    names of reports; by default a new one, because a name that was used gives the stored report again.
    """

    name = "yandex_direct"
    version = "1"
    streams: Sequence[Stream] = STREAMS

    def __init__(
        self,
        *,
        clock: Clock,
        account: str,
        token: str,
        client_login: str | None = None,
        goals: Sequence[str] = (),
        attribution_models: Sequence[str] = ("LSCCD",),
        start_on: date | None = None,
        base_url: str = BASE_URL,
        api_version: str = "v501",
        cost_days: int = 3,
        conversion_days: int = 30,
        days_per_pull: int = 31,
        processing_mode: str = "auto",
        row_cap: int = 1_000_000,
        retry_in: float = 10.0,
        queue_wait: float = 30.0,
        patience: float = 7_200.0,
        history_years: int = 3,
        summary: str | None = r"Total rows: (\d+)",
        goal_column: str = "Conversions_{goal}_{model}",
        page_limit: int = 10_000,
        report_requests: int = 20,
        report_seconds: float = 10.0,
        language: str = "en",
        detail_fields: Mapping[str, Mapping[str, Sequence[str]]] = DETAIL_FIELDS,
        tries: int = 6,
        run_id: str | None = None,
    ) -> None:
        if page_limit < 2:
            raise ValueError("page_limit must be 2 or more: pages overlap by one object")
        self.account = account
        self._clock = clock
        self._goals = tuple(goals)
        self._models = tuple(attribution_models)
        self._start_on = start_on
        self._url = f"{base_url.rstrip('/')}/json/{api_version}"
        self._api_version = api_version
        self._trailing = max(cost_days, conversion_days) * ONE_DAY
        self._days_per_pull = days_per_pull
        self._row_cap = row_cap
        self._retry_in = retry_in
        self._queue_wait = queue_wait
        self._patience = patience * timedelta(seconds=1)
        self._history_years = history_years
        self._summary = re.compile(summary) if summary else None
        self._goal_column = goal_column
        self._page_limit = page_limit
        self._detail_fields = detail_fields
        self._tries = tries
        self._run_id = run_id or secrets.token_hex(4)
        self._asked_reports = 0
        self._report_headers = {
            **REPORT_HEADERS,
            "processingMode": processing_mode,
            "skipReportSummary": "false" if summary else "true",
        }
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        if client_login is not None:
            headers["Client-Login"] = client_login
        pace = Pace(report_requests, report_seconds, clock)
        self._reports = Http(self.name, clock, _service_judge, sign=lambda: headers, pace=pace, tries=tries)
        self._services = Http(self.name, clock, _service_judge, sign=lambda: headers, tries=tries)

    def pull(self, stream: Stream, known: Known, span: Span | None = None) -> Iterator[Pulled]:
        """The pulls that are due: one of a structure stream, which has no past and so pays no heed to `span`; a month
        of days each of performance_daily, oldest first.

        Raises
        ------
        ApiError
            with what to do. ValueError for a stream of another vendor.
        """
        if stream == PERFORMANCE_DAILY:
            yield from self._performance_pulls(known, span)
        elif stream in STREAMS:
            yield self._snapshot(stream)
        else:
            raise ValueError(f"{self.name} has no stream {stream.name}; it has {', '.join(s.name for s in STREAMS)}")

    # structure

    def _snapshot(self, stream: Stream) -> Pulled:
        if stream == CAMPAIGNS:
            rows, observed_at = self._listed("campaigns", "Campaigns", {}, _asked_of(CAMPAIGNS, ("TrackingParams",)))
            batches = iter([self._structure_table("campaigns", rows, stream)])
        else:
            campaigns, observed_at = self._listed("campaigns", "Campaigns", {}, ["Id"], has_details=False)
            batches = self._of_campaigns(stream, [campaign["Id"] for campaign in campaigns])
        return Pulled(stream, self.account, stream.kind, batches, observed_at=observed_at)

    def _structure_table(self, service: str, rows: Sequence[Mapping[str, Any]], stream: Stream) -> pa.Table:
        """Objects as text, with the fields of their type's object beside their own."""
        kinds = [name.removesuffix("FieldNames") for name in self._detail_fields.get(service, {})]
        flat = []
        for row in rows:
            details = [row[kind] for kind in kinds if isinstance(row.get(kind), dict)]
            promoted = {name: value for detail in details for name, value in detail.items() if value is not None}
            flat.append({**promoted, **{name: value for name, value in row.items() if value is not None}})
        return as_text(flat, stream.columns)

    def _of_campaigns(self, stream: Stream, campaigns: Sequence[Any]) -> Iterator[pa.Table]:
        """Ad groups or ads, by ten campaigns, which is as many as may be asked for at once."""
        service, items, fields = (
            ("ads", "Ads", _asked_of(ADS, ("Title", "Href")))
            if stream == ADS
            else ("adgroups", "AdGroups", list(AD_GROUPS.columns))
        )
        for start in range(0, len(campaigns), CAMPAIGNS_PER_REQUEST):
            criteria = {"CampaignIds": [int(number) for number in campaigns[start : start + CAMPAIGNS_PER_REQUEST]]}
            rows, _ = self._listed(service, items, criteria, fields)
            yield self._structure_table(service, rows, stream)

    def _listed(
        self,
        service: str,
        items: str,
        criteria: Mapping[str, Any],
        fields: Sequence[str],
        *,
        has_details: bool = True,
    ) -> tuple[list[dict[str, Any]], datetime | None]:
        """All objects of a service, each once, and the instant of the first answer. Raises ApiError."""
        details = {
            name: list(names)
            for name, names in (self._detail_fields.get(service, {}) if has_details else {}).items()
            if self._api_version != "v5" or not name.startswith("Unified")
        }
        params = {"SelectionCriteria": criteria, "FieldNames": list(fields), **details}
        for _ in range(self._tries):
            listed = self._pages(service, items, params)
            if listed is not None:
                return listed
        raise self._error(
            service, "the list changed every time it was read", "run again later, when nobody edits it", is_passing=True
        )

    def _pages(
        self, service: str, items: str, params: Mapping[str, Any]
    ) -> tuple[list[dict[str, Any]], datetime | None] | None:
        """All pages; None when the list shifted between two of them."""
        found: dict[str, dict[str, Any]] = {}
        last_id: str | None = None
        observed_at = None
        offset = 0
        while True:
            page = {"Limit": self._page_limit, "Offset": offset}
            response = self._services.post(
                f"{self._url}/{service}", json={"method": "get", "params": {**params, "Page": page}}
            )
            observed_at = observed_at or _date_of(response)
            result = response.json()["result"]
            rows = result.get(items) or []
            if last_id is not None and (not rows or str(rows[0]["Id"]) != last_id):
                return None
            found.update((str(row["Id"]), row) for row in rows)
            limited_by = result.get("LimitedBy")
            if limited_by is None:
                return list(found.values()), observed_at
            if not rows or int(limited_by) <= offset + 1:
                raise self._error(
                    service,
                    f"LimitedBy {limited_by} after a page of {len(rows)} objects from {offset} leads nowhere",
                    "report it to the vendor",
                    is_passing=False,
                )
            # a vendor that repeats a row puts it at the end, so the last place is not the last object
            last_id = str(rows[min(int(limited_by) - offset, len(rows)) - 1]["Id"])
            offset = int(limited_by) - 1

    # performance

    def _performance_pulls(self, known: Known, span: Span | None) -> Iterator[Pulled]:
        today = self._clock.now().astimezone(MOSCOW).date()
        first, last = self._due(known, span, today)
        for start, end, table, observed_at in self._windows(first, last, today):
            # a backfill says nothing about the days after it
            cursor = None if span else min(end + ONE_DAY, today - self._trailing + ONE_DAY).isoformat()
            yield Pulled(
                PERFORMANCE_DAILY,
                self.account,
                PERFORMANCE_DAILY.kind,
                iter([table]),
                window_from=start.isoformat(),
                window_to=end.isoformat(),
                cursor_from=None if span else known.cursor_to,
                cursor_to=max(cursor, known.cursor_to or "") if cursor else None,
                observed_at=observed_at,
            )

    def _due(self, known: Known, span: Span | None, today: date) -> tuple[date, date]:
        """First and last day to read. Raises ApiError for a span that the vendor has nothing of."""
        oldest = date(today.year - self._history_years, today.month, 1)
        if span is not None:
            if not oldest <= span.first <= span.last <= today:
                raise self._error(
                    "reports",
                    f"no statistics can be had of {span.first} to {span.last}",
                    f"ask for days from {oldest}, since when the vendor keeps them, to {today}",
                    is_passing=False,
                )
            return span.first, span.last
        first = max(self._start_on or oldest, oldest)
        if known.cursor_to is None:
            return first, today
        return max(min(date.fromisoformat(known.cursor_to), today - self._trailing), first), today

    def _windows(self, first: date, last: date, today: date) -> Iterator[tuple[date, date, pa.Table, datetime | None]]:
        """Days from the oldest on, a pull's worth at once, less when the vendor cannot build so much."""
        days = self._days_per_pull
        waiting: list[tuple[date, date]] = []
        while first <= last:
            waiting.append((first, min(first + (days - 1) * ONE_DAY, last)))
            first += days * ONE_DAY
        waiting.reverse()
        while waiting:
            start, end = waiting.pop()
            try:
                table, observed_at, changing = self._performance(start, end, today)
            except _TooMuch:
                middle = start + (end - start) // 2
                waiting += [(middle + ONE_DAY, end), (start, middle)]
                continue
            if changing:
                # today went on while it was read: it is left to the next run
                end -= ONE_DAY
                table = table.filter(pc.less_equal(table["Date"], end.isoformat()))
            if start <= end:
                yield start, end, table, observed_at

    def _performance(self, first: date, last: date, today: date) -> tuple[pa.Table, datetime | None, bool]:
        """Rows of some days from all their reports, and whether today's could not be had because they keep changing.

        Raises
        ------
        _TooMuch, ApiError
        """
        changed: set[str] = set()
        for attempt in range(CHANGED_TRIES):
            if attempt:
                self._clock.sleep(self._retry_in)
            tables = []
            observed = []
            for part in self._parts():
                table, observed_at = self._report(first, last, part)
                tables.append(table.rename_columns([part.columns.get(name, name) for name in table.column_names]))
                observed.append(observed_at)
            whole, changed = _joined(tables)
            if not changed:
                return self._performance_table(whole), observed[0], False
        if changed == {today.isoformat()}:
            return self._performance_table(whole), observed[0], True
        raise self._error(
            "reports",
            f"the rows of {', '.join(sorted(changed)[:3])} differed between two reports every time",
            "run again later",
            is_passing=True,
        )

    def _parts(self) -> list[_Part]:
        """The reports that are needed of some days."""
        groups = [self._goals[at : at + GOALS_PER_REPORT] for at in range(0, len(self._goals), GOALS_PER_REPORT)]
        first, *others = groups or [()]
        common = (*REPORT_KEY, *COUNTS)
        return [
            _Part("vat", "YES", first, (*common, "Cost", "Conversions"), {"Cost": "CostWithVat"}),
            _Part("net", "NO", (), (*common, "Cost"), {"Cost": "CostWithoutVat"}),
            *(_Part(f"goals {at}", "YES", group, (*common, "Conversions"), {}) for at, group in enumerate(others, 2)),
        ]

    def _goal_columns(self, goals: Sequence[str]) -> list[str]:
        if not goals:
            return ["Conversions"]
        return [self._goal_column.format(goal=goal, model=model) for goal in goals for model in self._models]

    def _performance_table(self, whole: pa.Table) -> pa.Table:
        """The declared columns, in the order of the key."""
        pieces: list[Any] = []
        for at, name in enumerate(self._goal_columns(self._goals)):
            value = whole[name]
            for sign, escaped in (("\\", "\\\\"), ('"', '\\"')):
                value = pc.replace_substring(value, sign, escaped)
            pieces += [f'{"," if at else "{"}"{name}":"', value, '"']
        conversions = pc.binary_join_element_wise(*pieces, "}", "")
        table = (
            whole.append_column("Conversions", conversions)
            if self._goals
            else whole.set_column(whole.column_names.index("Conversions"), "Conversions", conversions)
        )
        ordered = table.select(list(PERFORMANCE_DAILY.columns))
        return ordered.sort_by([(name, "ascending") for name in REPORT_KEY])

    def _report(self, first: date, last: date, part: _Part) -> tuple[pa.Table, datetime | None]:
        """One whole report, as the vendor wrote it, and the instant of the answer.

        Raises
        ------
        _TooMuch
            the vendor cannot build so many days, or cut the rows.
        ApiError
        """
        conversions = self._goal_columns(part.goals) if "Conversions" in part.fields else []
        columns = [*(name for name in part.fields if name != "Conversions"), *conversions]
        why = ""
        for attempt in range(self._tries):
            if attempt:
                self._clock.sleep(min(2.0**attempt, 60.0))
            # a new name each time: under the old one a failed or outdated report is stored
            self._asked_reports += 1
            params = {
                "SelectionCriteria": {"DateFrom": first.isoformat(), "DateTo": last.isoformat()},
                **({"Goals": list(part.goals), "AttributionModels": list(self._models)} if part.goals else {}),
                "FieldNames": list(part.fields),
                "ReportName": f"onefunnel {first}..{last} {part.name} {self._run_id}-{self._asked_reports}",
                "ReportType": "CUSTOM_REPORT",
                "DateRangeType": "CUSTOM_DATE",
                "Format": "TSV",
                "IncludeVAT": part.vat,
                "IncludeDiscount": "NO",
            }
            with self._reports.stream(
                "POST",
                f"{self._url}/reports",
                json={"params": params},
                headers=self._report_headers,
                judge=self._report_judge(),
            ) as response:
                if response.status_code == 502:
                    if first < last:
                        raise _TooMuch
                    why = "HTTP 502: the report of a single day takes longer than the vendor allows"
                    continue
                if response.status_code == 500:
                    why = f"the report could not be built: {_told(response)}"
                    continue
                try:
                    table = self._read(response, columns)
                except _Broken as broken:
                    why = str(broken)
                    continue
                observed_at = _date_of(response)
            if table.num_rows >= self._row_cap:
                if first < last:
                    raise _TooMuch
                why = f"{table.num_rows} rows of {first}, which the vendor may have cut"
                raise self._error("reports", why, "raise row_cap if it is the whole day", is_passing=False)
            self._check_days(table, first, last)
            return table, observed_at
        raise self._error(
            "reports",
            f"{first} to {last}: {why} (tried {self._tries} times)",
            "run again later; if it stays so, ask for fewer goals or days at once (goals, days_per_pull)",
            is_passing=True,
        )

    def _read(self, response: requests.Response, columns: Sequence[str]) -> pa.Table:
        """The body as a table of text. Raises _Broken."""
        odd: list[str] = []

        def is_odd(row: Any) -> str:
            odd.append(row.text)
            return "skip"

        try:
            reader = csv.open_csv(
                response.raw,
                # in one thread, so that odd lines come in their order
                read_options=csv.ReadOptions(use_threads=False),
                parse_options=csv.ParseOptions(
                    delimiter="\t",
                    quote_char=False,
                    double_quote=False,
                    escape_char=False,
                    ignore_empty_lines=False,
                    invalid_row_handler=is_odd,
                ),
                convert_options=csv.ConvertOptions(
                    include_columns=list(columns),
                    column_types=dict.fromkeys(columns, pa.string()),
                    strings_can_be_null=False,
                ),
            )
            table = reader.read_all()
        except (pa.ArrowInvalid, KeyError) as error:
            raise _Broken(f"the answer is no report with the columns {', '.join(columns)} ({error})") from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _Broken(f"the connection failed inside the report ({type(error).__name__})") from None
        rows = table.num_rows
        if self._summary is None:
            if odd:
                raise _Broken(f"a line of the report has other columns: {odd[0][:100]}")
            return table
        said = self._summary.fullmatch(odd[0]) if len(odd) == 1 else None
        if said is None:
            raise _Broken(f"the report does not end in its number of rows ({self._summary.pattern}), but so: {odd[:2]}")
        if int(said.group(1)) != rows:
            raise _Broken(f"the report announces {said.group(1)} rows and has {rows}")
        return table

    def _check_days(self, table: pa.Table, first: date, last: date) -> None:
        days = pc.min_max(table["Date"]).as_py()
        if table.num_rows and not first.isoformat() <= days["min"] <= days["max"] <= last.isoformat():
            raise self._error(
                "reports",
                f"rows of {days['min']} to {days['max']} in a report of {first} to {last}",
                "report it to the vendor",
                is_passing=False,
            )

    def _report_judge(self) -> Judge:
        """The rule about the answers to one report, which may be polled until `patience` ends."""
        deadline = self._clock.now() + self._patience

        def waits(after: float, why: str) -> Verdict:
            if self._clock.now() >= deadline:
                fix = "run again later; if it stays so, lower days_per_pull or raise patience"
                return Verdict("final", why=f"{why} after {self._patience}", fix=fix, is_passing=True)
            return Verdict("again", after=after, why=why, counts=False)

        def judge(response: requests.Response) -> Verdict:
            status = response.status_code
            if status in (201, 202):
                said = response.headers.get("retryIn", "")
                return waits(max(float(said), 1.0) if said.isdigit() else self._retry_in, "the report is not ready")
            if status == 200 and "json" in response.headers.get("Content-Type", ""):
                return _verdict(response, waits, self._queue_wait)
            if status in (200, 500, 502):
                return GOOD
            return _verdict(response, waits, self._queue_wait)

        return judge

    def _error(self, service: str, why: str, fix: str, *, is_passing: bool) -> ApiError:
        url = self._reports.shown(f"{self._url}/{service}")
        return ApiError(f"{self.name}: {self.account}: POST {url}: {why}; {fix}", is_passing=is_passing)


def _asked_of(stream: Stream, promoted: Sequence[str]) -> list[str]:
    """The columns that are fields of the object itself, not of what depends on its type."""
    return [name for name in stream.columns if name not in promoted]


def _joined(tables: Sequence[pa.Table]) -> tuple[pa.Table, set[str]]:
    """The reports of the same days side by side, and the days about which they disagree (rows that are not in all of
    them with the same counts, or two different rows of one key). Repeated rows are taken once."""
    shared = [*REPORT_KEY, *COUNTS]
    changed: set[str] = set()
    whole, *others = (_once(table, changed) for table in tables)
    for other in others:
        both = whole.join(other, keys=shared, join_type="inner")
        # one look for the days in which rows are lonely is as dear as the join: only when some are
        if not both.num_rows == whole.num_rows == other.num_rows:
            for one, another in ((whole, other), (other, whole)):
                lonely = one.join(another.select(shared), keys=shared, join_type="left anti")
                changed.update(lonely["Date"].unique().to_pylist())
        whole = both
    return whole, changed


def _once(table: pa.Table, changed: set[str]) -> pa.Table:
    """The table without repeated rows; days with different rows of one key are added to `changed`."""

    def twice(rows: pa.Table) -> pa.Table:
        counts = rows.group_by(list(REPORT_KEY)).aggregate([([], "count_all")])
        return counts.filter(pc.greater(counts["count_all"], 1))

    if not twice(table).num_rows:
        return table
    table = table.group_by(table.column_names).aggregate([])
    changed.update(twice(table)["Date"].to_pylist())
    return table


def _date_of(response: requests.Response) -> datetime | None:
    """The instant of the `Date` header. The last one, should a server on the way have put its own before the
    vendor's."""
    dates = response.raw.headers.getlist("Date")
    if not dates:
        return None
    try:
        instant: datetime = parsedate_to_datetime(dates[-1])
    except ValueError:
        return None
    return instant.astimezone(UTC)


def _error_of(response: requests.Response) -> dict[str, Any] | None:
    """The vendor's error in the body, if that is one."""
    try:
        body = response.json()
    except (ValueError, requests.RequestException):
        return None
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else None


def _told(response: requests.Response) -> str:
    """The vendor's error in words; its status when there is none."""
    error = _error_of(response)
    if error is None:
        return f"HTTP {response.status_code} without the vendor's error"
    parts = (f"error {error.get('error_code')}", error.get("error_string"), error.get("error_detail"))
    return ": ".join(str(part) for part in parts if part)[:300]


def _verdict(
    response: requests.Response, waits: Callable[[float, str], Verdict] | None = None, queue_wait: float = 0.0
) -> Verdict:
    """What to make of an answer that is an error."""
    error = _error_of(response)
    why = _told(response)
    if error is None:
        # whatever stands in between may refuse for a while, and answers of it are not the vendor's
        is_passing = response.status_code < 400 or response.status_code >= 500 or response.status_code == 429
        return (
            Verdict("again", why=why)
            if is_passing
            else Verdict("final", why=why, fix="check the base URL and API version")
        )
    said = str(error.get("error_code"))
    code = int(said) if said.isdigit() else 0
    if code == QUEUE_FULL and waits is not None:
        return waits(queue_wait, why)
    if code in TEMPORARY:
        return Verdict("again", why=why)
    if code in TOO_FAST:
        return Verdict("again", after=10.0, why=why)
    if code == NO_UNITS:
        return Verdict(
            "final", why=why, fix="run again in an hour or later, when units have come back", is_passing=True
        )
    return Verdict("final", why=why, fix=FIXES.get(code, "see the vendor's list of error codes"))


def _service_judge(response: requests.Response) -> Verdict:
    """Structure services say errors in 200."""
    if response.status_code == 200 and _error_of(response) is None:
        try:
            result = response.json()["result"]
        except (ValueError, KeyError, TypeError):
            return Verdict("again", why="an answer that has no result")
        return GOOD if isinstance(result, dict) else Verdict("again", why="an answer whose result is no object")
    return _verdict(response)
