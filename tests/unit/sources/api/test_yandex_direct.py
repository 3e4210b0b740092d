"""The connector of Yandex Direct against its simulator; one clock for both, so no wait takes time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from demo.simulators import yandex_direct as vendor
from demo.simulators.server import Fault
from orchestration.clock import FixedClock
from orchestration.sources.api.http import ApiError
from orchestration.sources.api.stream import Connector, Known, Pulled, Span, Stream
from orchestration.sources.api.yandex_direct import AD_GROUPS, ADS, CAMPAIGNS, PERFORMANCE_DAILY, YandexDirect

LOGIN = "acme-direct"
TOKEN = "y0-secret-token"
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
TODAY = date(2026, 3, 10)
BEFORE = datetime(2025, 12, 1, tzinfo=UTC)
FIRST = date(2026, 1, 20)
REPORTS = "POST */reports"

Rows = list[dict[str, Any]]


@dataclass
class Log:
    """What the pull log would know, and the rows that the lake would show, one pull after the other."""

    known: Known
    rows: Rows
    pulls: list[Pulled]

    @property
    def windows(self) -> list[tuple[str | None, str | None]]:
        return [(pulled.window_from, pulled.window_to) for pulled in self.pulls]

    def of_day(self, day: date) -> Rows:
        return [row for row in self.rows if row["Date"] == day.isoformat()]


@dataclass
class Company:
    """An account of the simulator, and connectors of it."""

    simulator: vendor.YandexDirect
    clock: FixedClock

    def connector(self, **settings: Any) -> YandexDirect:
        own = {"base_url": self.simulator.url, "token": TOKEN, "account": LOGIN}
        return YandexDirect(clock=self.clock, **{**own, "start_on": FIRST, "goals": ("20002",), **settings})

    def pull(
        self,
        stream: Stream = PERFORMANCE_DAILY,
        log: Log | None = None,
        *,
        span: Span | None = None,
        commits: int | None = None,
        **settings: Any,
    ) -> Log:
        """All that is due, or the first `commits` pulls of it, after what a log knows."""
        log = log or Log(Known(), [], [])
        known, rows, pulls = log.known, log.rows, []
        for pulled in self.connector(**settings).pull(stream, known, span):
            new = [row for batch in pulled.batches for row in batch.to_pylist()]
            if pulled.window_from is not None and pulled.window_to is not None:
                start, end = pulled.window_from, pulled.window_to
                rows = [row for row in rows if not start <= row["Date"] <= end] + new
            else:
                rows = new
            known = replace(
                known,
                cursor_to=pulled.cursor_to or known.cursor_to,
                window_from=pulled.window_from,
                window_to=pulled.window_to,
            )
            pulls.append(pulled)
            if len(pulls) == commits:
                break
        return Log(known, rows, pulls)

    def put_day(self, day: date, rows: Sequence[dict[str, Any]], known_at: datetime = BEFORE) -> None:
        self.simulator.put_day(known_at, day, rows, login=LOGIN)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture(scope="module")
def running() -> Iterator[list[vendor.YandexDirect]]:
    """Every simulator of this module; all are stopped at once, because stopping one takes a fifth of a second."""
    started: list[vendor.YandexDirect] = []
    yield started
    with ThreadPoolExecutor(len(started)) as pool:
        list(pool.map(lambda simulator: simulator.__exit__(), started))


Made = Callable[..., Company]


@pytest.fixture
def made(clock: FixedClock, running: list[vendor.YandexDirect]) -> Made:
    """Maker of a company with two campaigns, and two ads with statistics on every day but 2026-02-14, which is
    empty."""

    def make(*faults: Fault, **settings: Any) -> Company:
        simulator = vendor.YandexDirect(clock, list(faults), **settings)
        company = Company(simulator, clock)
        simulator.put_token(TOKEN, LOGIN)
        for number, kind, detail in (
            (7001, "TEXT_CAMPAIGN", "TextCampaign"),
            (7002, "UNIFIED_CAMPAIGN", "UnifiedCampaign"),
        ):
            campaign = {"Id": number, "Name": f"C{number}", "Type": kind, "State": "ON", "Status": "ACCEPTED"}
            tracking = {"TrackingParams": f"utm_campaign={number}"}
            simulator.put_campaign(BEFORE, {**campaign, "Currency": "RUB", detail: tracking}, login=LOGIN)
            group = {"Id": number + 1000, "CampaignId": number, "Name": "G", "TrackingParams": "utm_term=g"}
            simulator.put_ad_group(BEFORE, group, login=LOGIN)
            for ad_id in (number + 2000, number + 2100):
                ad = {"Id": ad_id, "CampaignId": number, "AdGroupId": number + 1000, "Type": "TEXT_AD", "State": "ON"}
                text = {"Title": 'Buy "now"', "Href": f"https://example.com/?utm_content={ad_id}"}
                simulator.put_ad(BEFORE, {**ad, "TextAd": text}, login=LOGIN)
        day = FIRST
        while day <= TODAY + timedelta(days=40):
            company.put_day(day, [] if day == date(2026, 2, 14) else [row(9001), row(9002, 7002, cost=5_000_000)])
            day += timedelta(days=1)
        simulator.__enter__()
        running.append(simulator)
        return company

    return make


def row(ad_id: int, campaign_id: int = 7001, *, clicks: int = 14, cost: int = 532_400_000, goals: int = 2) -> Any:
    return {
        "CampaignId": campaign_id,
        "AdGroupId": campaign_id + 1000,
        "AdId": ad_id,
        "Impressions": 1200,
        "Clicks": clicks,
        "Cost": cost,
        "Conversions": {("20002", "LSCCD"): goals} if goals else {},
    }


def days(first: date, last: date) -> int:
    return (last - first).days + 1


ALL_ROWS = 2 * (days(FIRST, TODAY) - 1)


def test_it_is_a_connector(made: Made) -> None:
    connector: Connector = made().connector()
    assert [stream.name for stream in connector.streams] == ["campaigns", "ad_groups", "ads", "performance_daily"]


def test_the_first_pull_reads_from_the_start_to_today_in_months(made: Made) -> None:
    log = made().pull()
    assert log.windows == [("2026-01-20", "2026-02-19"), ("2026-02-20", "2026-03-10")]
    assert len(log.rows) == ALL_ROWS
    assert log.of_day(date(2026, 3, 1))[0] == {
        "Date": "2026-03-01",
        "CampaignId": "7001",
        "AdGroupId": "8001",
        "AdId": "9001",
        "Impressions": "1200",
        "Clicks": "14",
        "CostWithVat": "638.88",
        "CostWithoutVat": "532.40",
        "Conversions": '{"Conversions_20002_LSCCD":"2"}',
    }


def test_a_pull_says_when_the_answer_came_by_the_vendors_clock(made: Made) -> None:
    assert made().pull().pulls[0].observed_at == NOW


def test_today_is_the_moscow_day(made: Made, clock: FixedClock) -> None:
    clock.move_to(datetime(2026, 3, 10, 21, 30, tzinfo=UTC))
    assert made().pull().windows[-1] == ("2026-02-20", "2026-03-11")


def test_a_day_that_comes_back_empty_is_inside_a_window(made: Made) -> None:
    company = made()
    log = company.pull(span=Span(date(2026, 2, 14), date(2026, 2, 14)))
    assert log.windows == [("2026-02-14", "2026-02-14")]
    assert log.rows == []


def test_a_missing_value_stays_as_the_vendor_wrote_it(made: Made) -> None:
    company = made()
    company.put_day(date(2026, 3, 1), [row(9001, goals=0, clicks=0, cost=0)])
    only = company.pull(span=Span(date(2026, 3, 1), date(2026, 3, 1))).rows[0]
    assert json.loads(only["Conversions"]) == {"Conversions_20002_LSCCD": "--"}
    assert only["CostWithoutVat"] == "0.00"


def test_without_goals_the_conversions_are_those_of_one_column(made: Made) -> None:
    log = made(default_model="LSCCD").pull(goals=())
    assert log.rows[0]["Conversions"] == '{"Conversions":"2"}'


def test_more_than_ten_goals_are_asked_for_in_several_reports(made: Made) -> None:
    company = made()
    goals = [str(number) for number in range(20001, 20013)]
    log = company.pull(goals=goals, attribution_models=("LSCCD", "LSC"), start_on=TODAY)
    conversions = json.loads(log.rows[0]["Conversions"])
    assert len(conversions) == 24
    assert (conversions["Conversions_20002_LSCCD"], conversions["Conversions_20012_LSC"]) == ("2", "--")
    assert [len(asked.get("Goals", ())) for asked in company.simulator.reports_asked] == [10, 0, 2]


def test_the_second_pull_reads_the_trailing_window_only(made: Made, clock: FixedClock) -> None:
    company = made()
    log = company.pull()
    clock.advance(timedelta(days=1))
    assert company.pull(log=log).windows == [("2026-02-09", "2026-03-11")]


def test_a_long_pause_is_read_from_the_first_day_that_was_not_settled(made: Made, clock: FixedClock) -> None:
    company = made()
    log = company.pull()
    clock.advance(timedelta(days=40))
    log = company.pull(log=log)
    assert (log.windows[0][0], log.windows[-1][1]) == ("2026-02-09", "2026-04-19")
    assert len(log.rows) == 2 * (days(FIRST, date(2026, 4, 19)) - 1)


def test_a_restated_day_inside_the_window_is_replaced_and_its_lost_rows_are_gone(made: Made, clock: FixedClock) -> None:
    company = made()
    log = company.pull()
    company.put_day(date(2026, 2, 20), [row(9001, goals=3)], known_at=NOW + timedelta(hours=1))
    clock.advance(timedelta(days=1))
    (only,) = company.pull(log=log).of_day(date(2026, 2, 20))
    assert json.loads(only["Conversions"]) == {"Conversions_20002_LSCCD": "3"}


def test_an_interrupted_pull_goes_on_after_each_committed_part(made: Made) -> None:
    company = made()
    whole = company.pull(days_per_pull=10)
    assert len(whole.pulls) == 5
    for committed in range(1, 5):
        part = company.pull(days_per_pull=10, commits=committed)
        rest = company.pull(log=part, days_per_pull=10)
        assert sorted(map(str, rest.rows)) == sorted(map(str, whole.rows))
        assert rest.windows[0][0] == min(whole.windows[committed][0] or "", "2026-02-08")


def test_a_backfill_reads_its_days_and_leaves_the_cursor(made: Made) -> None:
    company = made()
    log = company.pull(commits=1)
    filled = company.pull(log=log, span=Span(date(2026, 3, 1), date(2026, 3, 5)))
    assert filled.windows == [("2026-03-01", "2026-03-05")]
    assert filled.known.cursor_to == log.known.cursor_to
    assert len(company.pull(log=filled).rows) == ALL_ROWS


@pytest.mark.parametrize(
    "span",
    [
        Span(date(2023, 2, 28), date(2023, 3, 31)),
        Span(date(2026, 3, 1), date(2026, 3, 11)),
        Span(date(2026, 3, 2), date(2026, 3, 1)),
    ],
)
def test_a_backfill_of_days_that_cannot_be_had_says_which_can(made: Made, span: Span) -> None:
    with pytest.raises(ApiError, match="ask for days from 2023-03-01, since when the vendor keeps them, to 2026-03-10"):
        made().pull(span=span)


def test_without_a_start_the_first_pull_goes_back_as_far_as_the_vendor_keeps(made: Made) -> None:
    log = made().pull(start_on=None, days_per_pull=400)
    assert (log.windows[0][0], log.windows[-1][1]) == ("2023-03-01", "2026-03-10")


def test_campaigns_groups_and_ads_are_whole_lists_with_their_tracking(made: Made) -> None:
    company = made()
    campaigns = company.pull(CAMPAIGNS).rows
    assert [(row["Id"], row["TrackingParams"]) for row in campaigns] == [
        ("7001", "utm_campaign=7001"),
        ("7002", "utm_campaign=7002"),
    ]
    assert campaigns[0]["EndDate"] is None
    assert [row["TrackingParams"] for row in company.pull(AD_GROUPS).rows] == ["utm_term=g", "utm_term=g"]
    ads = company.pull(ADS)
    assert [row["Id"] for row in ads.rows] == ["9001", "9002", "9101", "9102"]
    assert ads.rows[0]["Href"] == "https://example.com/?utm_content=9001"
    assert ads.rows[0]["Title"] == 'Buy "now"'
    assert (ads.pulls[0].kind, ads.pulls[0].observed_at) == ("snapshot", NOW)


def test_v5_is_asked_for_what_it_knows(made: Made) -> None:
    company = made()
    assert [row["Id"] for row in company.pull(CAMPAIGNS, api_version="v5").rows] == ["7001"]
    assert len(company.pull(api_version="v5").rows) == ALL_ROWS / 2


def test_a_deleted_ad_is_missing_from_the_next_list(made: Made, clock: FixedClock) -> None:
    company = made()
    before = {row["Id"] for row in company.pull(ADS).rows}
    company.simulator.delete("ads", 9101, NOW + timedelta(hours=1), login=LOGIN)
    clock.advance(timedelta(hours=2))
    assert before - {row["Id"] for row in company.pull(ADS).rows} == {"9101"}


def test_ads_of_many_campaigns_are_asked_for_by_ten(made: Made) -> None:
    company = made()
    for number in range(100, 123):
        company.simulator.put_campaign(BEFORE, {"Id": number, "Name": "C", "Type": "TEXT_CAMPAIGN"}, login=LOGIN)
        ad = {"Id": number + 50_000, "CampaignId": number, "AdGroupId": 1, "Type": "TEXT_AD"}
        company.simulator.put_ad(BEFORE, ad, login=LOGIN)
    assert len(company.pull(ADS).rows) == 27


def test_pages_are_put_together(made: Made) -> None:
    company = made()
    assert len(company.pull(ADS, page_limit=2).rows) == 4
    assert len(company.pull(CAMPAIGNS, page_limit=2).rows) == 2


def test_a_list_that_shifts_between_its_pages_is_read_anew(made: Made, clock: FixedClock) -> None:
    # an ad of the first page goes while the second is asked for: by offsets alone, one that stays would be skipped
    company = made(Fault("POST */ads", "slow", seconds=60, after=1))
    company.simulator.delete("ads", 9001, NOW + timedelta(seconds=30), login=LOGIN)
    assert {row["Id"] for row in company.pull(ADS, page_limit=2).rows} == {"9002", "9101", "9102"}


@pytest.mark.parametrize(
    "settings",
    [{"ids_as_text": True}, {"absent": "null"}, {"empty_result": "list"}],
)
def test_variants_of_the_answers_give_the_same_lists(made: Made, settings: dict[str, Any]) -> None:
    plain, variant = made(), made(**settings)
    for stream in (CAMPAIGNS, AD_GROUPS, ADS):
        assert variant.pull(stream).rows == plain.pull(stream).rows


def test_an_account_without_anything_has_empty_lists_and_days(made: Made) -> None:
    company = made()
    company.simulator.put_token("of-another", "empty-direct")
    for stream in (CAMPAIGNS, AD_GROUPS, ADS, PERFORMANCE_DAILY):
        log = company.pull(stream, token="of-another", account="empty-direct")
        assert log.pulls
        assert log.rows == []


def test_an_agency_reads_its_clients_account(made: Made) -> None:
    company = made()
    company.simulator.put_token("agency", "agency-login", clients=[LOGIN])
    assert len(company.pull(token="agency", client_login=LOGIN).rows) == ALL_ROWS
    with pytest.raises(ApiError, match="client_login"):
        company.pull(token="agency")


def test_an_offline_report_is_waited_for_as_long_as_the_vendor_says(made: Made, clock: FixedClock) -> None:
    company = made(build_seconds=290, retry_in=100)
    log = company.pull(processing_mode="offline")
    assert len(log.rows) == ALL_ROWS
    statuses = [asked.status for asked in company.simulator.asked]
    assert statuses == [201, 202, 202, 200] * 4
    assert clock.now() >= NOW + timedelta(seconds=4 * 300)


def test_today_is_left_to_the_next_run_when_it_changes_while_it_is_read(made: Made, clock: FixedClock) -> None:
    company = made()
    for minute in range(1, 40):
        known_at = NOW + timedelta(minutes=minute)
        company.put_day(TODAY, [row(9001, clicks=14 + minute), row(9002, 7002)], known_at=known_at)
    log = company.pull(processing_mode="offline", start_on=date(2026, 3, 8))
    assert log.windows == [("2026-03-08", "2026-03-09")]
    assert len(log.rows) == 4
    clock.advance(timedelta(days=1))
    assert company.pull(log=log).of_day(TODAY)[0]["Clicks"] == "53"


def test_days_that_were_restated_between_the_two_reports_are_read_anew(made: Made) -> None:
    company = made()
    company.put_day(date(2026, 3, 1), [row(9001, clicks=13, cost=500_000_000)], known_at=NOW + timedelta(seconds=30))
    (only,) = company.pull(processing_mode="offline").of_day(date(2026, 3, 1))
    assert (only["Clicks"], only["CostWithVat"], only["CostWithoutVat"]) == ("13", "600.00", "500.00")


def test_days_that_go_on_changing_end_the_pull_with_advice(made: Made) -> None:
    company = made()
    for minute in range(1, 40):
        company.put_day(date(2026, 3, 1), [row(9001, clicks=minute)], known_at=NOW + timedelta(minutes=minute))
    with pytest.raises(ApiError, match="2026-03-01 differed between two reports every time; run again later") as caught:
        company.pull(processing_mode="offline", start_on=date(2026, 2, 25))
    assert caught.value.is_passing


def test_a_period_that_takes_too_long_is_halved(made: Made) -> None:
    company = made(most_days=8)
    log = company.pull()
    assert len(log.rows) == ALL_ROWS
    assert max(days(*map(date.fromisoformat, map(str, window))) for window in log.windows) <= 8
    assert log.windows[0][0] == "2026-01-20"
    assert all(
        date.fromisoformat(str(before[1])) + timedelta(days=1) == date.fromisoformat(str(after[0]))
        for before, after in zip(log.windows, log.windows[1:], strict=False)
    )


def test_a_single_day_that_takes_too_long_ends_with_advice(made: Made) -> None:
    company = made(Fault(REPORTS, "too_long", times=None))
    with pytest.raises(ApiError, match="ask for fewer goals or days at once"):
        company.pull(start_on=TODAY)


def test_a_report_that_reaches_the_row_cap_is_halved(made: Made) -> None:
    company = made(row_cap=20)
    log = company.pull(row_cap=20)
    assert len(log.rows) == ALL_ROWS
    with pytest.raises(ApiError, match="raise row_cap"):
        company.pull(row_cap=2)


def test_a_full_queue_is_waited_for(made: Made) -> None:
    company = made(Fault(REPORTS, "error", body=9000, times=8))
    assert len(company.pull().rows) == ALL_ROWS


def test_a_report_that_never_gets_ready_ends_with_advice(made: Made) -> None:
    company = made(build_seconds=1e6)
    with pytest.raises(ApiError, match="not ready after 2:00:00; run again later") as caught:
        company.pull(processing_mode="offline")
    assert caught.value.is_passing
    company.simulator.build_seconds = 5
    assert len(company.pull().rows) == ALL_ROWS


def test_no_more_requests_go_out_than_the_vendor_takes(made: Made) -> None:
    company = made()
    assert len(company.pull(days_per_pull=1).rows) == ALL_ROWS
    assert {asked.status for asked in company.simulator.asked} == {200}
    assert len(company.simulator.asked) == 2 * days(FIRST, TODAY)


def test_a_name_is_never_used_for_two_reports(made: Made, clock: FixedClock) -> None:
    company = made()
    log = company.pull()
    company.put_day(date(2026, 3, 9), [row(9001, clicks=99)], known_at=NOW + timedelta(minutes=1))
    clock.advance(timedelta(minutes=5))
    assert company.pull(log=log).of_day(date(2026, 3, 9))[0]["Clicks"] == "99"
    names = [asked["ReportName"] for asked in company.simulator.reports_asked]
    assert len(names) == len(set(names))


PASSING = {
    "the report cannot be built": Fault(REPORTS, "fails", after=1),
    "the queued report fails": Fault(REPORTS, "fails"),
    "an answer is cut without a word": Fault(REPORTS, "cut", after=1, share=0.5),
    "a report is cut at the end of a line": Fault(REPORTS, "cut", share=0.99),
    "the connection drops in the middle of the rows": Fault(REPORTS, "drop", after=1, share=0.6),
    "the connection drops at once": Fault(REPORTS, "drop", share=0.0),
    "a page of HTML instead of a report": Fault(REPORTS, "garbage"),
    "the server fails without JSON": Fault(REPORTS, "status", status=503, body="<html>", times=2),
    "a proxy limits": Fault(REPORTS, "status", status=429, body="slow down", times=2),
    "a gateway fails once": Fault(REPORTS, "too_long"),
    "temporary trouble 52": Fault(REPORTS, "error", body=52),
    "temporary trouble 1000": Fault(REPORTS, "error", body=1000, times=3),
    "too many requests 56": Fault(REPORTS, "error", body=56, times=2),
    "too many connections 506": Fault(REPORTS, "error", body=506, times=2),
    "a temporary error in 200": Fault(
        REPORTS, "status", status=200, body={"error": {"error_code": "1002", "error_string": "Internal server error"}}
    ),
    "the wait has no hint": Fault(REPORTS, "no_retry_in", times=None),
    "a row twice": Fault(REPORTS, "duplicate_rows", times=None),
    "a column that nobody knows": Fault(REPORTS, "extra_field", times=None),
    "a slow answer": Fault(REPORTS, "slow", seconds=300),
}


@pytest.mark.parametrize("mode", ["auto", "offline"])
@pytest.mark.parametrize("trouble", PASSING)
def test_reports_come_whole_and_right_through_passing_trouble(made: Made, trouble: str, mode: str) -> None:
    fault = replace(PASSING[trouble])
    company = made(fault)
    log = company.pull(processing_mode=mode)
    # nothing waits in auto, so nothing can lack a hint there
    assert fault.happened or (trouble, mode) == ("the wait has no hint", "auto")
    assert len(log.rows) == ALL_ROWS
    assert log.rows[0]["CostWithVat"] == "638.88"
    assert len(company.pull(log=log).rows) == ALL_ROWS


SERVICE_TROUBLE = {
    "a page of HTML": Fault("POST */ads", "garbage"),
    "an error in 200": Fault("POST */ads", "error", body=1000, times=2),
    "too many connections": Fault("POST */ads", "error", body=506),
    "a dropped connection": Fault("POST */ads", "drop"),
    "a gateway": Fault("POST */ads", "status", status=502, body="<html>"),
    "an object twice": Fault("POST */ads", "duplicate_rows", times=None),
    "a key that nobody knows": Fault("POST */ads", "extra_field", times=None),
    "JSON without a result": Fault("POST */ads", "status", status=200, body={}),
    "a result that is a list": Fault("POST */ads", "status", status=200, body={"result": []}),
}


@pytest.mark.parametrize("trouble", SERVICE_TROUBLE)
def test_lists_come_whole_through_passing_trouble(made: Made, trouble: str) -> None:
    fault = replace(SERVICE_TROUBLE[trouble])
    log = made(fault).pull(ADS, page_limit=2)
    assert fault.happened
    assert sorted(row["Id"] for row in log.rows) == ["9001", "9002", "9101", "9102"]


@pytest.mark.parametrize(
    ("code", "advice", "is_passing"),
    [
        (53, "get a new one for this login", False),
        (54, "give the token's login rights", False),
        (58, "finish the registration", False),
        (152, "run again in an hour", True),
        (513, "check the login", False),
        (3000, "ask for access", False),
        (4000, "check goals", False),
        (8000, "check goals", False),
        (1002, "run again later", True),
        (8800, "see the vendor's list", False),
    ],
)
@pytest.mark.parametrize("stream", [CAMPAIGNS, PERFORMANCE_DAILY], ids=lambda stream: stream.name)
def test_an_error_says_what_to_do_and_a_second_pull_completes(
    made: Made, code: int, advice: str, is_passing: bool, stream: Stream
) -> None:
    fault = Fault("POST */campaigns" if stream is CAMPAIGNS else REPORTS, "error", body=code, times=6)
    # both ways in which codes have been seen
    company = made(fault, error_code_as="string" if stream is CAMPAIGNS else "number")
    with pytest.raises(ApiError, match=advice) as caught:
        company.pull(stream)
    assert caught.value.is_passing == is_passing
    assert TOKEN not in str(caught.value)
    fault.times = 0
    assert len(company.pull(stream).rows) == (2 if stream is CAMPAIGNS else ALL_ROWS)


def test_a_revoked_token_is_told_from_an_outage(made: Made) -> None:
    company = made()
    with pytest.raises(ApiError, match=r"error 53: Authorization error.*get a new one") as caught:
        company.pull(token="y0-revoked-token")
    assert not caught.value.is_passing
    assert "y0-revoked-token" not in str(caught.value)


def test_units_that_are_used_up_come_back(made: Made, clock: FixedClock) -> None:
    company = made(units_daily=20)
    company.pull(ADS)
    with pytest.raises(ApiError, match="run again in an hour"):
        company.pull(ADS)
    clock.advance(timedelta(days=1))
    assert len(company.pull(ADS).rows) == 4


def test_an_outage_in_the_middle_keeps_what_was_committed(made: Made) -> None:
    fault = Fault(REPORTS, "status", status=503, body="", after=4, times=None)
    company = made(fault)
    pulls = company.connector(days_per_pull=10).pull(PERFORMANCE_DAILY, Known())
    committed = [next(pulls), next(pulls)]
    with pytest.raises(ApiError, match="run again later"):
        next(pulls)
    fault.times = 0
    rest = company.pull(log=Log(Known(cursor_to=committed[-1].cursor_to), [], []), days_per_pull=10)
    assert rest.windows[0][0] == "2026-02-08"


def test_a_connection_that_cannot_be_made_ends_with_advice(made: Made) -> None:
    with pytest.raises(ApiError, match="run again later"):
        made().pull(base_url="http://127.0.0.1:9", tries=2)


def test_a_report_without_a_summary_is_a_setting(made: Made) -> None:
    company = made(summary="Rows in all: {rows}")
    with pytest.raises(ApiError, match="does not end in its number of rows"):
        company.pull()
    assert len(company.pull(summary=r"Rows in all: (\d+)").rows) == ALL_ROWS
    assert len(company.pull(summary=None).rows) == ALL_ROWS


def test_quotes_and_backslashes_from_the_vendor_stay_json(made: Made) -> None:
    company = made()
    odd = {**row(9001), "Conversions": {("20002", "LSCCD"): 1}, "AdId": 'a "b" \\'}
    company.put_day(TODAY, [odd])
    only = company.pull(start_on=TODAY).rows[0]
    assert only["AdId"] == 'a "b" \\'
    assert json.loads(only["Conversions"]) == {"Conversions_20002_LSCCD": "1"}


def test_no_column_holds_contact_data(made: Made) -> None:
    for stream in made().connector().streams:
        assert not stream.contacts
        assert not {"Phone", "Email", "ClientInfo", "Contacts"} & set(stream.columns)
