"""Yandex Direct's protocol, asked with plain requests; what is expected is typed from the fact sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from demo.simulators.server import Fault
from demo.simulators.yandex_direct import YandexDirect
from orchestration.clock import FixedClock

LOGIN = "acme-direct"
START = datetime(2026, 3, 10, 9, tzinfo=UTC)
BEFORE = datetime(2026, 2, 1, tzinfo=UTC)
GOALS = ("20002", "20003")

Made = Callable[..., YandexDirect]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture(scope="module")
def running() -> Iterator[list[YandexDirect]]:
    """Every simulator of this module; all are stopped at once, because stopping one takes a fifth of a second."""
    started: list[YandexDirect] = []
    yield started
    with ThreadPoolExecutor(len(started)) as pool:
        list(pool.map(lambda simulator: simulator.__exit__(), started))


@pytest.fixture
def made(clock: FixedClock, running: list[YandexDirect]) -> Made:
    """Maker of a running simulator with one account; its arguments are the simulator's."""

    def make(*faults: Fault, **settings: Any) -> YandexDirect:
        simulator = YandexDirect(clock, list(faults), **settings)
        simulator.put_token("good", LOGIN)
        simulator.put_campaign(BEFORE, campaign(7001), login=LOGIN)
        simulator.put_campaign(BEFORE, campaign(7002, kind="UNIFIED_CAMPAIGN"), login=LOGIN)
        simulator.put_day(
            BEFORE,
            date(2026, 3, 1),
            [row(7001, 9001, 1200, 14, 532_400_000, {("20002", "LSCCD"): 2, ("20002", "LSC"): 3})],
            login=LOGIN,
        )
        simulator.put_day(BEFORE, date(2026, 3, 2), [row(7001, 9001, 0, 0, 0, {})], login=LOGIN)
        simulator.__enter__()
        running.append(simulator)
        return simulator

    return make


def campaign(number: int, kind: str = "TEXT_CAMPAIGN") -> dict[str, Any]:
    detail = "TextCampaign" if kind == "TEXT_CAMPAIGN" else "UnifiedCampaign"
    return {
        "Id": number,
        "Name": f'Campaign "{number}"',
        "Type": kind,
        "State": "ON",
        "Status": "ACCEPTED",
        detail: {"TrackingParams": "utm_source=yandex"},
    }


def row(
    campaign_id: int, ad_id: int, impressions: int, clicks: int, cost: int, conversions: dict[tuple[str, str], int]
) -> dict[str, Any]:
    return {
        "CampaignId": campaign_id,
        "AdGroupId": 8001,
        "AdId": ad_id,
        "Impressions": impressions,
        "Clicks": clicks,
        "Cost": cost,
        "Conversions": conversions,
    }


def params(name: str = "revops", **changes: Any) -> dict[str, Any]:
    asked = {
        "SelectionCriteria": {"DateFrom": "2026-03-01", "DateTo": "2026-03-07"},
        "FieldNames": ["Date", "CampaignId", "Impressions", "Clicks", "Cost", "Conversions"],
        "ReportName": name,
        "ReportType": "CUSTOM_REPORT",
        "DateRangeType": "CUSTOM_DATE",
        "Format": "TSV",
        "IncludeVAT": "NO",
        "IncludeDiscount": "NO",
        **changes,
    }
    return {key: value for key, value in asked.items() if value is not None}


def report(
    simulator: YandexDirect, body: Any = None, *, token: str = "good", version: str = "v501", **headers: str
) -> requests.Response:
    return requests.post(
        f"{simulator.url}/json/{version}/reports",
        json={"params": params()} if body is None else body,
        headers={
            "Authorization": f"Bearer {token}",
            "returnMoneyInMicros": "false",
            "skipReportHeader": "true",
            "skipReportSummary": "true",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        timeout=10,
    )


def structure(
    simulator: YandexDirect, service: str, version: str = "v501", token: str = "good", client: str = "", **asked: Any
) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", **({"Client-Login": client} if client else {})}
    body = {"method": "get", "params": {"SelectionCriteria": {}, "FieldNames": ["Id"], **asked}}
    return requests.post(f"{simulator.url}/json/{version}/{service}", json=body, headers=headers, timeout=10)


def code(response: requests.Response) -> Any:
    return response.json()["error"]["error_code"]


def test_a_report_is_tab_separated_with_two_digit_money_and_dashes_for_what_is_missing(made: Made) -> None:
    answer = report(made(default_model="LSCCD"))
    assert answer.status_code == 200
    assert answer.content.decode() == (
        "Date\tCampaignId\tImpressions\tClicks\tCost\tConversions\n"
        "2026-03-01\t7001\t1200\t14\t532.40\t2\n"
        "2026-03-02\t7001\t0\t0\t0.00\t--\n"
    )


def test_without_the_headers_money_is_micros_and_a_title_and_a_summary_stand_around_the_rows(made: Made) -> None:
    answer = report(
        made(),
        {"params": params(FieldNames=["Date", "Cost"])},
        returnMoneyInMicros="true",
        skipReportHeader="false",
        skipReportSummary="false",
    )
    assert answer.text == (
        '"revops (2026-03-01 - 2026-03-07)"\nDate\tCost\n2026-03-01\t532400000\n2026-03-02\t0\nTotal rows: 2\n'
    )


def test_money_in_micros_is_rounded_to_ten_thousand(made: Made) -> None:
    simulator = made()
    simulator.put_day(BEFORE, date(2026, 3, 3), [row(7001, 9001, 1, 1, 1_234_567, {})], login=LOGIN)
    asked = params(SelectionCriteria={"DateFrom": "2026-03-03", "DateTo": "2026-03-03"}, FieldNames=["Cost"])
    answer = report(simulator, {"params": asked}, skipColumnHeader="true", returnMoneyInMicros="true")
    assert answer.text == "1230000\n"


def test_cost_is_with_vat_when_it_is_asked_for_so(made: Made) -> None:
    answer = report(made(), {"params": params(IncludeVAT="YES", FieldNames=["Date", "Cost"])})
    assert answer.text.splitlines()[1] == "2026-03-01\t638.88"


def test_goals_multiply_the_columns_by_goal_and_model(made: Made) -> None:
    asked = params(FieldNames=["Date", "Conversions"], Goals=list(GOALS), AttributionModels=["LSCCD", "LSC"])
    lines = report(made(), {"params": asked}).text.splitlines()
    assert lines[0].split("\t") == [
        "Date",
        "Conversions_20002_LSCCD",
        "Conversions_20002_LSC",
        "Conversions_20003_LSCCD",
        "Conversions_20003_LSC",
    ]
    assert lines[1] == "2026-03-01\t2\t3\t--\t--"


def test_a_rate_without_a_divisor_is_dashes(made: Made) -> None:
    lines = report(made(), {"params": params(FieldNames=["Date", "Ctr", "AvgCpc"])}).text.splitlines()
    assert lines[1:] == ["2026-03-01\t1.17\t38.03", "2026-03-02\t--\t--"]


def test_an_empty_report_is_its_header_line_only(made: Made) -> None:
    asked = params(SelectionCriteria={"DateFrom": "2026-03-05", "DateTo": "2026-03-06"}, FieldNames=["Date", "Clicks"])
    assert report(made(), {"params": asked}).text == "Date\tClicks\n"


def test_an_offline_report_is_201_then_202_then_200(made: Made, clock: FixedClock) -> None:
    simulator = made(build_seconds=60, retry_in=25)
    first = report(simulator, processingMode="offline")
    assert (first.status_code, first.headers["retryIn"], first.content) == (201, "25", b"")
    second = report(simulator, processingMode="offline")
    assert (second.status_code, second.headers["retryIn"], second.headers["reportsInQueue"]) == (202, "25", "1")
    clock.advance(timedelta(seconds=60))
    assert report(simulator, processingMode="offline").status_code == 200


def test_auto_builds_small_reports_at_once_and_queues_large_ones(made: Made) -> None:
    simulator = made(online_rows=1)
    small = params("small", SelectionCriteria={"DateFrom": "2026-03-01", "DateTo": "2026-03-01"})
    assert report(simulator, {"params": small}).status_code == 200
    assert report(simulator).status_code == 201


def test_search_queries_are_built_offline_only(made: Made) -> None:
    simulator = made()
    body = {"params": params(ReportType="SEARCH_QUERY_PERFORMANCE_REPORT")}
    assert report(simulator, body, processingMode="online").status_code == 400
    assert report(simulator, body).status_code == 201


def test_the_sixth_report_in_the_queue_is_400_with_code_9000(made: Made, clock: FixedClock) -> None:
    simulator = made()
    for number in range(5):
        assert report(simulator, {"params": params(f"r{number}")}, processingMode="offline").status_code == 201
    refused = report(simulator, {"params": params("r5")}, processingMode="offline")
    assert (refused.status_code, code(refused)) == (400, 9000)
    clock.advance(timedelta(seconds=60))
    assert report(simulator, {"params": params("r5")}, processingMode="offline").status_code == 201


def test_the_twenty_first_report_request_in_ten_seconds_is_refused(made: Made, clock: FixedClock) -> None:
    simulator = made()
    assert [report(simulator).status_code for _ in range(20)] == [200] * 20
    refused = report(simulator)
    assert (refused.status_code, code(refused)) == (400, 56)
    clock.advance(timedelta(seconds=10))
    assert report(simulator).status_code == 200


def test_a_name_with_other_parameters_is_an_error(made: Made) -> None:
    simulator = made()
    assert report(simulator).status_code == 200
    refused = report(simulator, {"params": params(IncludeVAT="YES")})
    assert refused.status_code == 400
    assert "other parameters" in refused.json()["error"]["error_detail"]


def test_a_name_with_the_same_parameters_gives_the_stored_report_for_five_hours(made: Made, clock: FixedClock) -> None:
    simulator = made()
    before = report(simulator).text
    simulator.put_day(clock.now(), date(2026, 3, 1), [row(7001, 9001, 1200, 13, 500_000_000, {})], login=LOGIN)
    clock.advance(timedelta(hours=4, minutes=59))
    assert report(simulator).text == before
    assert "500.00" in report(simulator, {"params": params("another")}).text
    clock.advance(timedelta(minutes=1))
    assert "500.00" in report(simulator).text


def test_a_variant_builds_a_fetched_report_anew_under_its_name(made: Made, clock: FixedClock) -> None:
    simulator = made(gives_stored=False)
    assert "532.40" in report(simulator).text
    simulator.put_day(clock.now(), date(2026, 3, 1), [row(7001, 9001, 1200, 13, 500_000_000, {})], login=LOGIN)
    assert "500.00" in report(simulator).text


def test_a_day_that_is_restated_may_lose_rows(made: Made, clock: FixedClock) -> None:
    simulator = made()
    simulator.put_day(clock.now() + timedelta(days=1), date(2026, 3, 1), [], login=LOGIN)
    assert "2026-03-01" in report(simulator).text
    clock.advance(timedelta(days=1))
    assert "2026-03-01" not in report(simulator).text


def test_a_period_that_takes_too_long_is_502_without_json(made: Made) -> None:
    answer = report(made(most_days=3))
    assert answer.status_code == 502
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_failed_report_is_500_with_an_error(made: Made) -> None:
    answer = report(made(Fault("POST */reports", "fails")))
    assert (answer.status_code, code(answer)) == (500, 1002)


@pytest.mark.parametrize(
    "changes",
    [
        {"FieldNames": ["Nonsense"]},
        {"FieldNames": []},
        {"ReportName": None},
        {"SelectionCriteria": None},
        {"ReportType": "NONSENSE"},
        {"DateRangeType": "SOMEDAY"},
        {"DateRangeType": "LAST_7_DAYS"},
        {"SelectionCriteria": {}},
        {"SelectionCriteria": {"DateFrom": "2026-03-07", "DateTo": "2026-03-01"}},
        {"SelectionCriteria": {"DateFrom": "2023-02-28", "DateTo": "2026-03-01"}},
        {"Goals": [str(number) for number in range(11)]},
        {"AttributionModels": ["NONE"]},
        {"Nonsense": 1},
    ],
)
def test_a_bad_report_request_is_400_with_a_bad_request_code(made: Made, changes: dict[str, Any]) -> None:
    answer = report(made(), {"params": params(**changes)})
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"request_id", "error_code", "error_string", "error_detail"}
    assert code(answer) in (4000, 8000)


def test_a_report_request_with_a_method_is_refused(made: Made) -> None:
    assert report(made(), {"method": "get", "params": params()}).status_code == 400


def test_named_ranges_are_moscow_days(made: Made, clock: FixedClock) -> None:
    clock.move_to(datetime(2026, 3, 1, 21, 30, tzinfo=UTC))
    asked = params(SelectionCriteria={}, DateRangeType="TODAY", FieldNames=["Date", "Clicks"])
    assert report(made(), {"params": asked}).text == "Date\tClicks\n2026-03-02\t0\n"


def test_filters_order_and_page_are_kept_to(made: Made) -> None:
    simulator = made()
    days = {"DateFrom": "2026-03-01", "DateTo": "2026-03-02"}
    none = {**days, "Filter": [{"Field": "CampaignId", "Operator": "IN", "Values": ["1"]}]}
    asked = params("f", SelectionCriteria=none, FieldNames=["Date"])
    assert report(simulator, {"params": asked}).text == "Date\n"
    order = [{"Field": "Date", "SortOrder": "DESCENDING"}]
    asked = params("o", SelectionCriteria=days, FieldNames=["Date"], OrderBy=order, Page={"Limit": 1, "Offset": 0})
    assert report(simulator, {"params": asked}).text == "Date\n2026-03-02\n"


def test_another_method_than_post_is_405(made: Made) -> None:
    assert requests.get(f"{made().url}/json/v5/reports", timeout=10).status_code == 405


def test_a_wrong_token_is_code_53_in_400_for_reports_and_in_200_for_services(made: Made) -> None:
    simulator = made()
    refused = report(simulator, token="bad")
    assert (refused.status_code, code(refused)) == (400, 53)
    refused = structure(simulator, "campaigns", token="bad")
    assert (refused.status_code, code(refused)) == (200, 53)


def test_a_token_expires_by_the_shared_clock(made: Made, clock: FixedClock) -> None:
    simulator = made()
    simulator.put_token("short", LOGIN, valid_until=START + timedelta(hours=1))
    assert report(simulator, token="short").status_code == 200
    clock.advance(timedelta(hours=1))
    assert code(report(simulator, token="short")) == 53


def test_an_agency_names_its_client_and_reaches_no_other(made: Made) -> None:
    simulator = made()
    simulator.put_token("agency", "agency-login", clients=[LOGIN])
    simulator.put_token("other", "stranger")
    assert structure(simulator, "campaigns", token="agency", client=LOGIN).json()["result"]["Campaigns"]
    assert code(structure(simulator, "campaigns", token="agency")) == 54
    assert code(structure(simulator, "campaigns", token="agency", client="stranger")) == 54
    assert code(structure(simulator, "campaigns", token="agency", client="nobody")) == 513


def test_an_error_code_may_come_as_a_string_and_its_message_in_the_language_asked_for(made: Made) -> None:
    answer = report(made(error_code_as="string"), token="bad", Accept_Language="ru")
    assert answer.json()["error"]["error_code"] == "53"
    assert answer.json()["error"]["error_string"] == "Ошибка авторизации"


def test_unified_campaigns_are_seen_by_v501_only(made: Made) -> None:
    simulator = made()
    assert [item["Id"] for item in structure(simulator, "campaigns").json()["result"]["Campaigns"]] == [7001, 7002]
    shown = structure(simulator, "campaigns", version="v5").json()["result"]["Campaigns"]
    assert [item["Id"] for item in shown] == [7001]


def test_structure_answers_hold_the_asked_fields_and_say_their_units(made: Made) -> None:
    answer = structure(
        made(), "campaigns", FieldNames=["Id", "Name", "EndDate"], TextCampaignFieldNames=["TrackingParams"]
    )
    first = answer.json()["result"]["Campaigns"][0]
    assert first == {
        "Id": 7001,
        "Name": 'Campaign "7001"',
        "TextCampaign": {"TrackingParams": "utm_source=yandex"},
    }
    assert answer.headers["Units"] == "10/99990/100000"


def test_missing_fields_may_be_null_and_numbers_may_be_strings(made: Made) -> None:
    answer = structure(made(absent="null", ids_as_text=True), "campaigns", FieldNames=["Id", "EndDate"])
    assert answer.json()["result"]["Campaigns"][0] == {"Id": "7001", "EndDate": None}


def test_limited_by_is_the_next_offset_and_stands_only_before_the_last_page(made: Made) -> None:
    simulator = made()
    first = structure(simulator, "campaigns", Page={"Limit": 1, "Offset": 0}).json()["result"]
    assert (first["LimitedBy"], [item["Id"] for item in first["Campaigns"]]) == (1, [7001])
    second = structure(simulator, "campaigns", Page={"Limit": 1, "Offset": 1}).json()["result"]
    assert second == {"Campaigns": [{"Id": 7002}]}


def test_an_empty_list_is_a_missing_key_or_a_list(made: Made) -> None:
    nothing = {"SelectionCriteria": {"Ids": [1]}}
    assert structure(made(), "campaigns", **nothing).json() == {"result": {}}
    assert structure(made(empty_result="list"), "campaigns", **nothing).json() == {"result": {"Campaigns": []}}


def test_a_deleted_object_is_gone_from_its_instant_on(made: Made, clock: FixedClock) -> None:
    simulator = made()
    simulator.delete("campaigns", 7001, clock.now() + timedelta(hours=1), login=LOGIN)
    assert len(structure(simulator, "campaigns").json()["result"]["Campaigns"]) == 2
    clock.advance(timedelta(hours=1))
    assert [item["Id"] for item in structure(simulator, "campaigns").json()["result"]["Campaigns"]] == [7002]


@pytest.mark.parametrize(
    ("service", "asked"),
    [
        ("campaigns", {"FieldNames": ["Nonsense"]}),
        ("campaigns", {"FieldNames": []}),
        ("campaigns", {"Page": {"Limit": 10_001}}),
        ("campaigns", {"SelectionCriteria": {"Nonsense": [1]}}),
        ("campaigns", {"NonsenseFieldNames": ["Id"]}),
        ("ads", {}),
        ("ads", {"SelectionCriteria": {"CampaignIds": list(range(11))}}),
        ("adgroups", {"SelectionCriteria": {"CampaignIds": list(range(11))}}),
    ],
)
def test_a_bad_structure_request_is_an_error_in_200(made: Made, service: str, asked: dict[str, Any]) -> None:
    answer = structure(made(), service, **asked)
    assert answer.status_code == 200
    assert code(answer) in (4000, 8000)


def test_units_run_out_with_code_152_and_come_back_on_the_next_moscow_day(made: Made, clock: FixedClock) -> None:
    simulator = made(units_daily=20)
    assert structure(simulator, "campaigns").headers["Units"] == "10/10/20"
    structure(simulator, "campaigns")
    refused = structure(simulator, "campaigns")
    assert (refused.status_code, code(refused)) == (200, 152)
    clock.move_to(datetime(2026, 3, 10, 21, tzinfo=UTC))
    assert "result" in structure(simulator, "campaigns").json()


def test_faults_of_its_own_happen_as_planned(made: Made) -> None:
    simulator = made(
        Fault("POST */reports", "error", body=58, times=1),
        Fault("POST */reports", "duplicate_rows", times=1),
        Fault("POST */reports", "extra_field", after=1, times=1),
        Fault("POST */reports", "cut", after=2, share=0.5, times=1),
        Fault("POST */campaigns", "extra_field"),
    )
    whole = "Date\tClicks\n2026-03-01\t14\n2026-03-02\t0\n"
    body = {"params": params(FieldNames=["Date", "Clicks"])}
    assert code(report(simulator, body)) == 58
    assert report(simulator, body).text == whole + "2026-03-01\t14\n"
    assert report(simulator, body).text.splitlines()[0] == "Date\tClicks\tUnlisted"
    assert whole.startswith(report(simulator, body).text)
    assert report(simulator, body).text == whole
    assert structure(simulator, "campaigns").json()["result"]["Campaigns"][0]["Unlisted"] == {"Items": [1]}


def test_the_row_cap_cuts_a_report(made: Made) -> None:
    assert len(report(made(row_cap=1)).text.splitlines()) == 2
