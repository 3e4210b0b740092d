"""Yandex Direct as its fact sheet says: the Reports service and the structure services (campaigns, adgroups, ads,
keywords).

Addresses: `POST /json/v5/<service>` and `POST /json/v501/<service>`; v5 does not show unified campaigns.
What the sheet only infers is a setting of the constructor, with the sheet's value as default.

Faults of its own, beside those of `server.Fault`, all asked for as `POST /json/v501/reports` and the like:

`error` (the vendor's error with the code in `body`: HTTP 200 for a structure service, 400 for reports, 500 for the
codes of temporary trouble), `too_long` (502 with an HTML body), `fails` (an offline report ends in HTTP 500; the same
name goes on failing), `no_retry_in` (201 and 202 without the header), `cut` (a whole answer whose TSV ends after
`share` of its bytes), `duplicate_rows` (the first row or object a second time at the end), `extra_field` (an unknown
column or key).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from email.utils import format_datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from demo.simulators.history import History
from demo.simulators.server import Fault, RateLimit, Simulator
from orchestration.clock import FixedClock

MOSCOW = ZoneInfo("Europe/Moscow")
VERSIONS = ("v5", "v501")
MISSING = "--"

MESSAGES = {
    52: ("Authorization server is temporarily unavailable", "Сервер авторизации временно недоступен"),
    53: ("Authorization error", "Ошибка авторизации"),
    54: ("No rights", "Нет прав"),
    56: ("Method request limit exceeded", "Превышен лимит запросов метода"),
    58: ("Unfinished registration", "Незавершенная регистрация"),
    152: ("Not enough units", "Недостаточно баллов"),
    506: ("Connection limit exceeded", "Превышено ограничение на количество соединений"),
    513: ("Login not connected to Yandex Direct", "Логин не подключен к Яндекс Директу"),
    1000: ("Server is temporarily unavailable", "Сервис временно недоступен"),
    1001: ("Initialization error", "Ошибка инициализации"),
    1002: ("Internal server error", "Ошибка работы сервера"),
    3000: ("No API access", "Нет доступа к API"),
    4000: ("Invalid request", "Неверный запрос"),
    8000: ("Invalid request", "Неверный запрос"),
    9000: ("Too many reports in the queue", "Превышен лимит отчетов в очереди"),
}
TEMPORARY = (52, 1000, 1001, 1002)

REPORT_TYPES = (
    "ACCOUNT_PERFORMANCE_REPORT",
    "CAMPAIGN_PERFORMANCE_REPORT",
    "ADGROUP_PERFORMANCE_REPORT",
    "AD_PERFORMANCE_REPORT",
    "CRITERIA_PERFORMANCE_REPORT",
    "CUSTOM_REPORT",
    "SEARCH_QUERY_PERFORMANCE_REPORT",
    "REACH_AND_FREQUENCY_PERFORMANCE_REPORT",
)
ATTRIBUTION_MODELS = ("FC", "LC", "LSC", "LYDC", "FCCD", "LSCCD", "LYDCCD", "AUTO")
SEGMENTS = (
    "Date",
    "CampaignId",
    "CampaignName",
    "CampaignType",
    "AdGroupId",
    "AdGroupName",
    "AdId",
    "CriterionId",
    "Criterion",
    "CriterionType",
    "Device",
    "Query",
)
MONEY = ("Cost", "AvgCpc", "AvgCpm", "CostPerConversion")
GOAL_METRICS = ("Conversions", "ConversionRate", "CostPerConversion")
METRICS = ("Impressions", "Clicks", "Ctr", *MONEY[:3], *GOAL_METRICS)
REPORT_PARAMETERS = (
    "SelectionCriteria",
    "Goals",
    "AttributionModels",
    "FieldNames",
    "OrderBy",
    "Page",
    "ReportName",
    "ReportType",
    "DateRangeType",
    "Format",
    "IncludeVAT",
    "IncludeDiscount",
)


@dataclass(frozen=True)
class Service:
    """A structure service: the key of its list, its fields, its type-dependent objects with theirs, its criteria
    (name → field), and the criteria of which one must be given."""

    items: str
    fields: tuple[str, ...]
    details: Mapping[str, tuple[str, ...]]
    criteria: Mapping[str, str]
    needed: tuple[str, ...] = ()


_PARTS = {"Ids": "Id", "CampaignIds": "CampaignId", "AdGroupIds": "AdGroupId", "States": "State", "Statuses": "Status"}
_TRACKING = ("TrackingParams", "CounterIds")
SERVICES = {
    "campaigns": Service(
        "Campaigns",
        ("Id", "Name", "Type", "State", "Status", "StatusPayment", "StartDate", "EndDate", "Currency", "TimeZone"),
        dict.fromkeys(("TextCampaign", "UnifiedCampaign", "DynamicTextCampaign", "SmartCampaign"), _TRACKING),
        {"Ids": "Id", "Types": "Type", "States": "State", "Statuses": "Status"},
    ),
    "adgroups": Service(
        "AdGroups",
        ("Id", "CampaignId", "Name", "Type", "Subtype", "Status", "ServingStatus", "TrackingParams"),
        {},
        {"Ids": "Id", "CampaignIds": "CampaignId", "Types": "Type", "Statuses": "Status"},
        ("Ids", "CampaignIds"),
    ),
    "ads": Service(
        "Ads",
        ("Id", "CampaignId", "AdGroupId", "Type", "Subtype", "State", "Status"),
        {
            "TextAd": ("Title", "Title2", "Text", "Href"),
            "TextImageAd": ("Href",),
            "TextAdBuilderAd": ("Href",),
        },
        {**_PARTS, "Types": "Type"},
        ("Ids", "CampaignIds", "AdGroupIds"),
    ),
    "keywords": Service(
        "Keywords",
        ("Id", "CampaignId", "AdGroupId", "Keyword", "State", "Status"),
        {},
        _PARTS,
        ("Ids", "CampaignIds", "AdGroupIds"),
    ),
}
MAXIMUM_PAGE = 10_000


@dataclass(frozen=True)
class Token:
    """Whose token it is, the clients whom an agency may ask for (empty: no agency), and until when it holds."""

    login: str
    clients: tuple[str, ...] = ()
    valid_until: datetime | None = None


class _Refused(Exception):
    """The vendor's error: its code and what it says about this request."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass
class _Report:
    """A report that was ordered: what was asked, its lines (money in micros), and when it is ready."""

    params: str
    columns: list[str]
    rows: list[list[Any]]
    title: str
    ready_at: datetime
    is_offline: bool
    is_failed: bool = False
    is_fetched: bool = False


class YandexDirect(Simulator):
    """Yandex Direct on loopback.

    Parameters
    ----------
    report_rate : report requests of a user in a time (vendor: 20 in 10 s); `rate_code` is the code of the refusal.
    queue_limit : offline reports of a user that may be building at once; None lifts it.
    kept : how long a ready report is kept under its name. gives_stored : whether the same name and parameters get the
    kept report again, stale as it may be, or a new one.
    online_rows : up to how many rows `auto` builds at once; None: all. build_seconds : how long an offline report
    takes. retry_in : what the header of 201 and 202 says. most_days : longer periods end in 502; None: none does.
    row_cap : a report is cut after so many rows. vat_rate : of the account.
    error_code_as : `number` or `string`. absent : `missing` or `null`, what becomes of a field that an object lacks.
    ids_as_text : numbers of the structure services as strings. empty_result : `missing` or `list`, how an empty list is
    said. units_daily : points of an account a Moscow day for the structure services; None lifts. units_per_call : of
    one call. summary : last line of a report. v5_shows_unified : whether v5 shows unified campaigns after all.
    default_model : attribution of conversions when none is asked for. auto_days : what DateRangeType AUTO covers.
    """

    def __init__(
        self,
        clock: FixedClock,
        faults: list[Fault] | None = None,
        *,
        report_rate: tuple[int | None, float] = (20, 10.0),
        rate_code: int = 56,
        queue_limit: int | None = 5,
        kept: timedelta = timedelta(hours=5),
        gives_stored: bool = True,
        online_rows: int | None = 10_000,
        build_seconds: float = 60.0,
        retry_in: int = 10,
        most_days: int | None = None,
        row_cap: int = 1_000_000,
        vat_rate: Decimal = Decimal("0.20"),
        error_code_as: str = "number",
        absent: str = "missing",
        ids_as_text: bool = False,
        empty_result: str = "missing",
        units_daily: int | None = 100_000,
        units_per_call: int = 10,
        summary: str = "Total rows: {rows}",
        v5_shows_unified: bool = False,
        default_model: str = "LSC",
        auto_days: int = 3,
    ) -> None:
        super().__init__(clock, faults)
        self.report_rate = report_rate
        self.rate_code = rate_code
        self.queue_limit = queue_limit
        self.kept = kept
        self.gives_stored = gives_stored
        self.online_rows = online_rows
        self.build_seconds = build_seconds
        self.retry_in = retry_in
        self.most_days = most_days
        self.row_cap = row_cap
        self.vat_rate = vat_rate
        self.error_code_as = error_code_as
        self.absent = absent
        self.ids_as_text = ids_as_text
        self.empty_result = empty_result
        self.units_daily = units_daily
        self.units_per_call = units_per_call
        self.summary = summary
        self.v5_shows_unified = v5_shows_unified
        self.default_model = default_model
        self.auto_days = auto_days
        self.reports_asked: list[dict[str, Any]] = []
        """The bodies of all report requests that were understood, in their order (for tests)."""
        self._tokens: dict[str, Token] = {}
        self._objects = {service: History() for service in SERVICES}
        self._days = History()
        self._reports: dict[tuple[str, str], _Report] = {}
        self._rates: dict[str, RateLimit] = {}
        self._spent: dict[tuple[str, date], int] = {}
        self._requests = 0

    # what it holds

    def put_token(
        self, token: str, login: str, *, clients: Sequence[str] = (), valid_until: datetime | None = None
    ) -> None:
        """A token of a login; of an agency when it has clients."""
        self._tokens[token] = Token(login, tuple(clients), valid_until)

    def put_campaign(self, known_at: datetime, campaign: Mapping[str, Any], *, login: str) -> None:
        """A version of a campaign: all its fields as the vendor names them, numbers as integers."""
        self._put("campaigns", known_at, campaign, login)

    def put_ad_group(self, known_at: datetime, group: Mapping[str, Any], *, login: str) -> None:
        """A version of an ad group."""
        self._put("adgroups", known_at, group, login)

    def put_ad(self, known_at: datetime, ad: Mapping[str, Any], *, login: str) -> None:
        """A version of an ad; what depends on its type in an object of its own, such as `TextAd`."""
        self._put("ads", known_at, ad, login)

    def put_keyword(self, known_at: datetime, keyword: Mapping[str, Any], *, login: str) -> None:
        """A version of a keyword."""
        self._put("keywords", known_at, keyword, login)

    def delete(self, service: str, object_id: int, known_at: datetime, *, login: str) -> None:
        """The object of a service (`ads`, …) is gone from then on."""
        self._objects[service].delete((login, object_id), known_at)

    def put_day(self, known_at: datetime, day: date, rows: Sequence[Mapping[str, Any]], *, login: str) -> None:
        """All rows of a Moscow day; a later version restates the whole day.

        rows : segments by name (`CampaignId`, `AdGroupId`, `AdId`, …), `Impressions`, `Clicks`, `Cost` (micros of the
        account's currency without VAT), `Conversions` ({(goal id, attribution model): number}; a pair that lacks is
        `--`). They are kept as they are, so that versions may share them, and must not be changed afterwards.
        """
        self._days.put((login, day), known_at, tuple(rows))

    def _put(self, service: str, known_at: datetime, version: Mapping[str, Any], login: str) -> None:
        self._objects[service].put((login, version["Id"]), known_at, dict(version))

    # answering

    def answer(self, request: Request, body: bytes) -> Response:
        self._requests += 1
        response = self._answer(request, body)
        response.headers["Date"] = format_datetime(self.now, usegmt=True)
        response.headers["RequestId"] = str(8_695_244_274_068_000_000 + self._requests)
        return response

    def _answer(self, request: Request, body: bytes) -> Response:
        parts = request.url.path.strip("/").split("/")
        known = (*SERVICES, "reports")
        if len(parts) != 3 or parts[0] != "json" or parts[1] not in VERSIONS or parts[2] not in known:
            return Response("Not Found", 404, media_type="text/plain")
        if request.method != "POST":
            return Response("Method Not Allowed", 405, media_type="text/plain")
        version, service = parts[1:]
        endpoint = f"POST {request.url.path}"
        try:
            if fault := self.has_fault("error", endpoint):
                raise _Refused(int(fault.body), "")
            login = self._login(request)
            asked = _json(body)
            if service == "reports":
                return self._report(request, asked, version, login, endpoint)
            return self._structure(asked, service, version, login, endpoint)
        except _Refused as refused:
            return self._error(refused, service, request.headers.get("accept-language", "en"))

    def _error(self, refused: _Refused, service: str, language: str) -> Response:
        texts = MESSAGES.get(refused.code, ("Error", "Ошибка"))
        error = {
            "request_id": str(8_695_244_274_068_000_000 + self._requests),
            "error_code": str(refused.code) if self.error_code_as == "string" else refused.code,
            "error_string": texts[1] if language.startswith("ru") else texts[0],
            "error_detail": refused.detail,
        }
        status = 200
        if service == "reports":
            status = 500 if refused.code in TEMPORARY else 400
        return JSONResponse({"error": error}, status)

    def _login(self, request: Request) -> str:
        """The account that the request is about. Raises _Refused."""
        said = request.headers.get("authorization", "")
        token = self._tokens.get(said.removeprefix("Bearer ")) if said.startswith("Bearer ") else None
        if token is None or (token.valid_until is not None and self.now >= token.valid_until):
            raise _Refused(53, "Invalid OAuth token")
        client = request.headers.get("client-login")
        if client is None:
            if token.clients:
                raise _Refused(54, "An agency has to name its client in the Client-Login header")
            return token.login
        if client not in (token.login, *token.clients):
            everybody = {login for other in self._tokens.values() for login in (other.login, *other.clients)}
            if client not in everybody:
                raise _Refused(513, f"Login {client} is not connected to Yandex Direct")
            raise _Refused(54, f"No rights to the client {client}")
        return client

    def _shows(self, campaign_id: Any, version: str, login: str) -> bool:
        """Whether a version of the API shows what belongs to a campaign."""
        if version != "v5" or self.v5_shows_unified:
            return True
        campaign = self._objects["campaigns"].get((login, campaign_id), self.now)
        return campaign is None or campaign.get("Type") != "UNIFIED_CAMPAIGN"

    # structure services

    def _structure(self, asked: dict[str, Any], name: str, version: str, login: str, endpoint: str) -> Response:
        service = SERVICES[name]
        params = asked.get("params")
        if asked.get("method") != "get" or not isinstance(params, dict):
            raise _Refused(8000, "The method get and its params are needed")
        fields, details = _fields(service, params)
        criteria = _criteria(service, params)
        limit, offset = _page(params)
        day = self.now.astimezone(MOSCOW).date()
        spent = self._spent.get((login, day), 0)
        if self.units_daily is not None and spent + self.units_per_call > self.units_daily:
            raise _Refused(152, "The daily limit of units is used up")
        self._spent[login, day] = spent + self.units_per_call
        found = [
            version_of
            for key, version_of in self._objects[name].known(self.now)
            if isinstance(key, tuple)
            and key[0] == login
            and self._shows(version_of.get("CampaignId", version_of["Id"]), version, login)
            and all(str(version_of.get(field)) in values for field, values in criteria)
        ]
        found.sort(key=itemgetter("Id"))
        page = [self._shown(item, fields, details) for item in found[offset : offset + limit]]
        if page and self.has_fault("duplicate_rows", endpoint):
            page.append(page[0])
        if self.has_fault("extra_field", endpoint):
            page = [{**item, "Unlisted": {"Items": [1]}} for item in page]
        result: dict[str, Any] = {service.items: page} if page or self.empty_result == "list" else {}
        if offset + limit < len(found):
            result["LimitedBy"] = offset + limit
        left = "-" if self.units_daily is None else self.units_daily - spent - self.units_per_call
        return JSONResponse({"result": result}, headers={"Units": f"{self.units_per_call}/{left}/{self.units_daily}"})

    def _shown(
        self, item: Mapping[str, Any], fields: Sequence[str], details: Mapping[str, Sequence[str]]
    ) -> dict[str, Any]:
        shown = self._picked(item, fields)
        for kind, names in details.items():
            if kind in item:
                shown[kind] = self._picked(item[kind], names)
        return shown

    def _picked(self, item: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        picked = {name: item.get(name) for name in names if name in item or self.absent == "null"}
        if self.ids_as_text:
            picked = {name: str(value) if isinstance(value, int) else value for name, value in picked.items()}
        return picked

    # reports

    def _report(self, request: Request, asked: dict[str, Any], version: str, login: str, endpoint: str) -> Response:
        rate = self._rates.setdefault(login, RateLimit(*self.report_rate))
        if rate.is_over(self.clock.exact()):
            raise _Refused(self.rate_code, "More report requests than a user may send in this time")
        if set(asked) != {"params"} or not isinstance(asked["params"], dict):
            raise _Refused(8000, "A report request consists of params")
        params = asked["params"]
        query = _Query.of(params, self.now.astimezone(MOSCOW).date(), self.auto_days)
        mode = request.headers.get("processingmode", "auto")
        if mode not in ("auto", "online", "offline"):
            raise _Refused(8000, f"processingMode: {mode} is none of auto, online, offline")
        self.reports_asked.append(params)
        same = json.dumps([params, version], sort_keys=True)
        key = (login, query.name)
        report = self._kept(key)
        if report is not None and report.params != same:
            raise _Refused(4000, f"ReportName: a report {query.name} with other parameters exists")
        if report is None:
            if self.has_fault("too_long", endpoint) or (self.most_days and query.days > self.most_days):
                return Response("<html><body>502 Bad Gateway</body></html>", 502, media_type="text/html")
            report = self._ordered(query, same, mode, version, login)
            report.is_failed = self.has_fault("fails", endpoint) is not None
            self._reports[key] = report
            if report.is_offline:
                return self._wait(201, login, endpoint)
        if report.ready_at > self.now:
            return self._wait(202, login, endpoint)
        if report.is_failed:
            refused = _Refused(1002, "The report could not be built")
            return self._error(refused, "reports", request.headers.get("accept-language", "en"))
        report.is_fetched = True
        return self._tsv(report, request.headers, login, endpoint)

    def _kept(self, key: tuple[str, str]) -> _Report | None:
        report = self._reports.get(key)
        if report is None or self.now >= report.ready_at + self.kept:
            return None
        return None if report.is_fetched and not self.gives_stored else report

    def _queued(self, login: str) -> int:
        return sum(report.ready_at > self.now for key, report in self._reports.items() if key[0] == login)

    def _wait(self, status: int, login: str, endpoint: str) -> Response:
        headers = {"retryIn": str(self.retry_in), "reportsInQueue": str(self._queued(login))}
        if self.has_fault("no_retry_in", endpoint):
            del headers["retryIn"]
        return Response(b"", status, headers)

    def _ordered(self, query: _Query, same: str, mode: str, version: str, login: str) -> _Report:
        """A new report of what is known now. Raises _Refused when the queue is full."""
        rows = query.built(self._rows(query, version, login), self._money(query), self.default_model)
        rows = rows[: self.row_cap]
        is_small = self.online_rows is None or len(rows) <= self.online_rows
        if mode == "online" and not is_small:
            raise _Refused(4000, "The report cannot be built online")
        is_offline = mode == "offline" or (mode == "auto" and (query.is_offline_only or not is_small))
        if mode == "online" and query.is_offline_only:
            raise _Refused(4000, f"{query.kind} is built offline only")
        if is_offline and self.queue_limit is not None and self._queued(login) >= self.queue_limit:
            raise _Refused(9000, f"No more than {self.queue_limit} reports may wait in the queue")
        ready = self.now + timedelta(seconds=self.build_seconds if is_offline else 0)
        title = f'"{query.name} ({query.first} - {query.last})"'
        return _Report(same, query.columns(self.default_model), rows, title, ready, is_offline)

    def _rows(self, query: _Query, version: str, login: str) -> Iterator[dict[str, Any]]:
        for step in range(query.days):
            day = query.first + timedelta(days=step)
            for row in self._days.get((login, day), self.now) or ():
                if self._shows(row.get("CampaignId"), version, login):
                    yield {**row, "Date": day.isoformat()}

    def _money(self, query: _Query) -> Callable[[int], int]:
        factor = 1 + self.vat_rate if query.has_vat else Decimal(1)
        return lambda micros: int((Decimal(micros) * factor).quantize(Decimal(1), ROUND_HALF_UP))

    def _tsv(self, report: _Report, headers: Mapping[str, str], login: str, endpoint: str) -> Response:
        in_micros = headers.get("returnmoneyinmicros", "true") != "false"
        is_money = [column.split("_")[0] in MONEY for column in report.columns]
        rows = [
            [
                _amount(value, in_micros=in_micros)
                if money and value is not None
                else MISSING
                if value is None
                else str(value)
                for value, money in zip(row, is_money, strict=True)
            ]
            for row in report.rows
        ]
        columns = list(report.columns)
        if rows and self.has_fault("duplicate_rows", endpoint):
            rows.append(rows[0])
        if self.has_fault("extra_field", endpoint):
            columns.append("Unlisted")
            rows = [[*row, "?"] for row in rows]
        lines = [
            *([] if headers.get("skipreportheader") == "true" else [report.title]),
            *([] if headers.get("skipcolumnheader") == "true" else ["\t".join(columns)]),
            *("\t".join(row) for row in rows),
            *([] if headers.get("skipreportsummary") == "true" else [self.summary.format(rows=len(rows))]),
        ]
        body = "".join(f"{line}\n" for line in lines).encode()
        if fault := self.has_fault("cut", endpoint):
            body = body[: int(len(body) * fault.share)]
        said = {"reportsInQueue": str(self._queued(login)), "Content-Type": "text/tab-separated-values; charset=utf-8"}
        return Response(body, headers=said)


@dataclass(frozen=True)
class _Query:
    """A report request that was understood."""

    name: str
    kind: str
    fields: tuple[str, ...]
    first: date
    last: date
    filters: tuple[tuple[str, str, tuple[str, ...]], ...]
    goals: tuple[str, ...]
    models: tuple[str, ...]
    order: tuple[tuple[str, bool], ...]
    page: tuple[int | None, int]
    has_vat: bool

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_offline_only(self) -> bool:
        return self.kind == "SEARCH_QUERY_PERFORMANCE_REPORT"

    @classmethod
    def of(cls, params: Mapping[str, Any], today: date, auto_days: int) -> _Query:
        """Raises _Refused for whatever the vendor would not take."""
        if unknown := set(params) - set(REPORT_PARAMETERS):
            raise _Refused(8000, f"Unknown parameter {sorted(unknown)[0]}")
        needed = (
            "SelectionCriteria",
            "FieldNames",
            "ReportName",
            "ReportType",
            "DateRangeType",
            "Format",
            "IncludeVAT",
        )
        for name in needed:
            if name not in params:
                raise _Refused(8000, f"The required parameter {name} is missing")
        if not params["ReportName"] or not isinstance(params["ReportName"], str):
            raise _Refused(8000, "ReportName must be a text")
        _one_of("ReportType", params["ReportType"], REPORT_TYPES)
        _one_of("Format", params["Format"], ("TSV",))
        _one_of("IncludeVAT", params["IncludeVAT"], ("YES", "NO"))
        _one_of("IncludeDiscount", params.get("IncludeDiscount", "NO"), ("YES", "NO"))
        fields = tuple(params["FieldNames"])
        if not fields:
            raise _Refused(8000, "FieldNames is empty")
        for field in fields:
            _one_of("FieldNames", field, (*SEGMENTS, *METRICS))
        goals = tuple(str(goal) for goal in params.get("Goals", ()))
        if len(goals) > 10:
            raise _Refused(4000, "Goals: no more than 10 may be given")
        models = tuple(params.get("AttributionModels", ()))
        for model in models:
            _one_of("AttributionModels", model, ATTRIBUTION_MODELS)
        criteria = params["SelectionCriteria"]
        first, last = _range(params["DateRangeType"], criteria, today, auto_days)
        oldest = date(today.year - 3, today.month, 1)
        if first < oldest:
            raise _Refused(4000, f"DateFrom: statistics are kept since {oldest}")
        if "Query" in fields and first < today - timedelta(days=180):
            raise _Refused(4000, "DateFrom: Query is kept for 180 days")
        filters = []
        for condition in criteria.get("Filter", ()):
            _one_of("Filter.Field", condition.get("Field"), (*SEGMENTS, "Impressions", "Clicks"))
            _one_of("Filter.Operator", condition.get("Operator"), tuple(_OPERATORS))
            filters.append((condition["Field"], condition["Operator"], tuple(map(str, condition["Values"]))))
        order = []
        for part in params.get("OrderBy", ()):
            _one_of("OrderBy.Field", part.get("Field"), fields)
            order.append((part["Field"], part.get("SortOrder", "ASCENDING") == "DESCENDING"))
        page = params.get("Page", {})
        return cls(
            params["ReportName"],
            params["ReportType"],
            fields,
            first,
            last,
            tuple(filters),
            goals,
            models,
            tuple(order),
            (page.get("Limit"), page.get("Offset", 0)),
            params["IncludeVAT"] == "YES",
        )

    def columns(self, default_model: str) -> list[str]:
        """With goals the columns about conversions are multiplied: `Conversions_<goal>_<model>`."""
        columns = []
        for field in self.fields:
            if field in GOAL_METRICS and self.goals:
                models = self.models or (default_model,)
                columns += [f"{field}_{goal}_{model}" for goal in self.goals for model in models]
            else:
                columns.append(field)
        return columns

    def built(self, rows: Iterator[dict[str, Any]], money: Callable[[int], int], default_model: str) -> list[list[Any]]:
        """Lines by the asked segments: text, integers, money in micros; None where the vendor writes `--`."""
        segments = [field for field in self.fields if field in SEGMENTS]
        groups: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            if not all(_OPERATORS[operator](str(row.get(field)), values) for field, operator, values in self.filters):
                continue
            group = groups.setdefault(
                tuple(row.get(name) for name in segments), {"Impressions": 0, "Clicks": 0, "Cost": 0, "Conversions": {}}
            )
            for name in ("Impressions", "Clicks"):
                group[name] += row.get(name, 0)
            group["Cost"] += money(row.get("Cost", 0))
            for pair, number in row.get("Conversions", {}).items():
                group["Conversions"][pair] = group["Conversions"].get(pair, 0) + number
        models = self.models or (default_model,)
        lines = []
        for key, sums in groups.items():
            named = dict(zip(segments, key, strict=True))
            line: list[Any] = []
            for field in self.fields:
                if field in SEGMENTS:
                    line.append(named[field])
                elif field in GOAL_METRICS and self.goals:
                    pairs = [(goal, model) for goal in self.goals for model in models]
                    line += [_metric(field, sums, sums["Conversions"].get(pair)) for pair in pairs]
                else:
                    numbers = [number for pair, number in sums["Conversions"].items() if pair[1] == models[0]]
                    line.append(_metric(field, sums, sum(numbers) if numbers else None))
            lines.append(line)
        for field, is_descending in reversed(self.order):
            place = self.columns(default_model).index(field)
            lines.sort(key=lambda line: (line[place] is not None, line[place]), reverse=is_descending)
        limit, offset = self.page
        return lines[offset : None if limit is None else offset + limit]


_OPERATORS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "EQUALS": lambda value, values: value == values[0],
    "NOT_EQUALS": lambda value, values: value != values[0],
    "IN": lambda value, values: value in values,
    "NOT_IN": lambda value, values: value not in values,
    "GREATER_THAN": lambda value, values: float(value) > float(values[0]),
    "LESS_THAN": lambda value, values: float(value) < float(values[0]),
}


def _json(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        raise _Refused(8000, "The request is no JSON") from None
    if not isinstance(asked, dict):
        raise _Refused(8000, "The request is no JSON object")
    return asked


def _one_of(name: str, value: Any, values: Sequence[str]) -> None:
    if value not in values:
        raise _Refused(8000, f"{name}: {value} is none of {', '.join(values)}")


def _fields(service: Service, params: Mapping[str, Any]) -> tuple[list[str], dict[str, list[str]]]:
    fields = params.get("FieldNames")
    if not fields:
        raise _Refused(8000, "The required parameter FieldNames is missing")
    details = {}
    for name, value in params.items():
        if name in ("SelectionCriteria", "FieldNames", "Page"):
            continue
        kind = name.removesuffix("FieldNames")
        if kind == name or kind not in service.details:
            raise _Refused(8000, f"Unknown parameter {name}")
        for field in value:
            _one_of(name, field, service.details[kind])
        details[kind] = list(value)
    for field in fields:
        _one_of("FieldNames", field, service.fields)
    return list(fields), details


def _criteria(service: Service, params: Mapping[str, Any]) -> list[tuple[str, set[str]]]:
    criteria = params.get("SelectionCriteria", {})
    for name, values in criteria.items():
        if name not in service.criteria:
            raise _Refused(8000, f"SelectionCriteria: unknown criterion {name}")
        if name == "CampaignIds" and len(values) > 10:
            raise _Refused(4000, "SelectionCriteria.CampaignIds: no more than 10 may be given")
    if service.needed and not any(criteria.get(name) for name in service.needed):
        raise _Refused(4000, f"SelectionCriteria: one of {', '.join(service.needed)} is needed")
    return [(service.criteria[name], {str(value) for value in values}) for name, values in criteria.items()]


def _page(params: Mapping[str, Any]) -> tuple[int, int]:
    page = params.get("Page", {})
    limit, offset = page.get("Limit", MAXIMUM_PAGE), page.get("Offset", 0)
    if not isinstance(limit, int) or not 1 <= limit <= MAXIMUM_PAGE:
        raise _Refused(4000, f"Page.Limit must be 1 to {MAXIMUM_PAGE}")
    if not isinstance(offset, int) or offset < 0:
        raise _Refused(4000, "Page.Offset must not be negative")
    return limit, offset


def _range(kind: str, criteria: Mapping[str, Any], today: date, auto_days: int) -> tuple[date, date]:
    """First and last day of a report. Raises _Refused."""
    given = {"DateFrom", "DateTo"} & set(criteria)
    if kind == "CUSTOM_DATE":
        if len(given) < 2:
            raise _Refused(4000, "CUSTOM_DATE needs DateFrom and DateTo")
        try:
            first, last = date.fromisoformat(criteria["DateFrom"]), date.fromisoformat(criteria["DateTo"])
        except (TypeError, ValueError):
            raise _Refused(8000, "DateFrom and DateTo are written YYYY-MM-DD") from None
        if first > last:
            raise _Refused(4000, "DateFrom is after DateTo")
        return first, last
    if given:
        raise _Refused(4000, "DateFrom and DateTo go with CUSTOM_DATE only")
    day = timedelta(days=1)
    monday = today - today.weekday() * day
    sunday = today - (today.weekday() + 1) % 7 * day
    month = today.replace(day=1)
    if kind.startswith("LAST_") and kind.endswith("_DAYS") and kind[5:-5] in ("3", "5", "7", "14", "30", "90", "365"):
        return today - int(kind[5:-5]) * day, today - day
    ranges = {
        "TODAY": (today, today),
        "YESTERDAY": (today - day, today - day),
        "THIS_WEEK_MON_TODAY": (monday, today),
        "THIS_WEEK_SUN_TODAY": (sunday, today),
        "LAST_WEEK": (monday - 7 * day, monday - day),
        "LAST_BUSINESS_WEEK": (monday - 7 * day, monday - 3 * day),
        "LAST_WEEK_SUN_SAT": (sunday - 7 * day, sunday - day),
        "THIS_MONTH": (month, today),
        "LAST_MONTH": ((month - day).replace(day=1), month - day),
        "ALL_TIME": (date(today.year - 3, today.month, 1), today),
        "AUTO": (today - (auto_days - 1) * day, today),
    }
    _one_of("DateRangeType", kind, tuple(ranges))
    return ranges[kind]


def _metric(field: str, sums: Mapping[str, Any], conversions: int | None) -> Any:
    """Its value; money in micros, rates in percent with two digits; None without a divisor or a value."""
    impressions, clicks, cost = sums["Impressions"], sums["Clicks"], sums["Cost"]
    if field in ("Impressions", "Clicks", "Cost"):
        return sums[field]
    if field == "Conversions":
        return conversions
    if field == "ConversionRate":
        return None if conversions is None else _ratio(100 * conversions, clicks)
    if field == "CostPerConversion":
        return cost // conversions if conversions else None
    if field == "Ctr":
        return _ratio(100 * clicks, impressions)
    if field == "AvgCpc":
        return cost // clicks if clicks else None
    return cost * 1000 // impressions if impressions else None


def _ratio(numerator: int, denominator: int) -> Decimal | None:
    return (Decimal(numerator) / denominator).quantize(Decimal("0.01"), ROUND_HALF_UP) if denominator else None


def _amount(micros: int, *, in_micros: bool) -> str:
    """An amount as reports write it: micros rounded to 10 000, or a decimal with two digits."""
    rounded = (micros + 5_000) // 10_000 * 10_000
    return str(rounded) if in_micros else f"{rounded // 1_000_000}.{rounded % 1_000_000 // 10_000:02d}"
