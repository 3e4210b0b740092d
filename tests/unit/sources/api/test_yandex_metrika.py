"""Metrika's connector against its simulator, both on one clock that stands still until somebody waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from demo.simulators.server import Fault
from demo.simulators.yandex_metrika import YandexMetrika as Metrika
from demo.simulators.yandex_metrika import refusal
from orchestration.clock import FixedClock
from orchestration.landing import Lake
from orchestration.sources.api.http import ApiError
from orchestration.sources.api.load import pull_stream
from orchestration.sources.api.stream import Known, Span, Stream
from orchestration.sources.api.yandex_metrika import COUNTERS, GOALS, HITS, VISITS, YandexMetrika

TOKEN = "metrika-token-of-a-test"
COUNTER = 44147844
LONG_AGO = datetime(2025, 12, 1, tzinfo=UTC)
START = datetime(2026, 3, 11, 6, tzinfo=UTC)
SINCE = date(2026, 1, 20)
YESTERDAY = date(2026, 3, 10)
QUOTA = {"errors": [{"error_type": "quota_requests_by_ip", "message": "Quota exceeded", "location": ""}], "code": 429}
DAYS = [SINCE + timedelta(days=number) for number in range((YESTERDAY - SINCE).days + 1)]


def visit_id(day: date, number: int = 0) -> str:
    """Unsigned, beyond what signed 64 bits hold."""
    return str(12_000_000_000_000_000_000 + day.toordinal() * 100 + number)


def visit(day: date, number: int = 0, **fields: Any) -> dict[str, Any]:
    started = datetime(day.year, day.month, day.day, 8, number)
    return {
        "visitID": visit_id(day, number),
        "clientID": "1709280131652012345",
        "dateTimeUTC": started.strftime("%Y-%m-%d %H:%M:%S"),
        "startURL": "https://example.com/",
        "UTMSource": "yandex",
        **fields,
    }


def filled(metrika: Metrika, days: list[date] = DAYS) -> Metrika:
    """Two visits a day, known half an hour later."""
    counter = {"id": COUNTER, "name": "Shop", "site": "example.com", "status": "Active", "code_status": "CS_OK"}
    metrika.put_counter({**counter, "time_zone_name": "Europe/Moscow"}, LONG_AGO)
    for day in days:
        for number in (0, 1):
            metrika.put_visit(COUNTER, visit(day, number), datetime(day.year, day.month, day.day, 8, 30, tzinfo=UTC))
    return metrika


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def metrika(clock: FixedClock) -> Iterator[Metrika]:
    with filled(Metrika(clock)) as simulator:
        yield simulator  # type: ignore[misc]


def connector(metrika: Metrika, **settings: Any) -> YandexMetrika:
    options = {"since": SINCE, "base_url": metrika.url, "token": TOKEN, "clock": metrika.clock, **settings}
    return YandexMetrika(COUNTER, **options)


@dataclass
class Log:
    """What a pull log and the rows after it come to: of each day the newest window is the whole truth."""

    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    windows: list[tuple[str, str]] = field(default_factory=list)

    @property
    def known(self) -> Known:
        if not self.windows:
            return Known()
        newest = max(self.windows, key=lambda window: window[1])
        return Known(window_from=newest[0], window_to=newest[1])

    def run(
        self, source: YandexMetrika, stream: Stream = VISITS, span: Span | None = None, stop_after: int | None = None
    ) -> Log:
        for number, pulled in enumerate(source.pull(stream, self.known, span), start=1):
            assert pulled.window_from is not None
            assert pulled.window_to is not None
            new = [row for table in pulled.batches for row in table.to_pylist()]
            first, last = pulled.window_from, pulled.window_to
            assert all(first <= row["date"] <= last for row in new)
            self.rows = {key: row for key, row in self.rows.items() if not first <= row["date"] <= last}
            self.rows |= {row[stream.key[0]]: row for row in new}
            self.windows.append((first, last))
            if number == stop_after:
                break
        return self


def every_visit(days: list[date] = DAYS) -> set[str]:
    return {visit_id(day, number) for day in days for number in (0, 1)}


def asked(metrika: Metrika, method: str, end: str) -> list[dict[str, str]]:
    return [dict(one.query) for one in metrika.asked if one.method == method and one.path.endswith(end)]


# what is pulled


def test_the_first_pull_reads_from_the_first_day_until_yesterday_in_windows_of_a_month(metrika: Metrika) -> None:
    log = Log().run(connector(metrika))
    assert log.windows == [("2026-01-20", "2026-02-18"), ("2026-02-19", "2026-03-10")]
    assert set(log.rows) == every_visit()
    assert metrika.uncleaned == []
    row = log.rows[visit_id(date(2026, 3, 1))]
    assert set(row) == set(VISITS.columns)
    assert row["visitID"] == "12000000000073967600"
    assert row["clientID"] == "1709280131652012345"
    assert (row["date"], row["dateTime"], row["dateTimeUTC"]) == (
        "2026-03-01",
        "2026-03-01 11:00:00",
        "2026-03-01 08:00:00",
    )
    assert (row["pageViews"], row["goalsID"], row["lastAdvEngine"]) == ("0", "[]", "")


def test_the_second_pull_reads_the_new_days_and_the_four_before_them(metrika: Metrika, clock: FixedClock) -> None:
    log = Log().run(connector(metrika))
    clock.move_to(START + timedelta(days=2))
    days = [date(2026, 3, 11), date(2026, 3, 12)]
    for day in days:
        for number in (0, 1):
            metrika.put_visit(COUNTER, visit(day, number), START)
    log.run(connector(metrika))
    assert log.windows[2:] == [("2026-03-07", "2026-03-12")]
    assert set(log.rows) == every_visit([*DAYS, *days])


def test_a_second_pull_of_the_same_day_reads_the_last_days_again(metrika: Metrika) -> None:
    log = Log().run(connector(metrika)).run(connector(metrika))
    assert log.windows[2:] == [("2026-03-07", "2026-03-10")]


def test_a_visit_that_changed_that_came_late_and_that_was_taken_back_are_found_by_the_trailing_days(
    metrika: Metrika, clock: FixedClock
) -> None:
    log = Log().run(connector(metrika))
    known_at = START + timedelta(hours=3)
    metrika.put_visit(COUNTER, visit(YESTERDAY, 0, pageViews=9, goalsID=[20002]), known_at)
    metrika.put_visit(COUNTER, visit(YESTERDAY, 5), known_at)
    metrika.delete_visit(COUNTER, visit_id(YESTERDAY, 1), known_at)
    clock.move_to(START + timedelta(days=1))
    log.run(connector(metrika))
    changed = log.rows[visit_id(YESTERDAY, 0)]
    assert (changed["pageViews"], changed["goalsID"]) == ("9", "[20002]")
    assert set(log.rows) == every_visit() - {visit_id(YESTERDAY, 1)} | {visit_id(YESTERDAY, 5)}


def test_a_run_that_ends_after_any_pull_is_gone_on_with(metrika: Metrika) -> None:
    for stop_after in (1, 2, 3, 4):
        log = Log().run(connector(metrika, window_days=14), stop_after=stop_after)
        assert len(log.windows) == stop_after
        log.run(connector(metrika, window_days=14))
        assert set(log.rows) == every_visit(), stop_after
        assert log.windows[-1][1] == "2026-03-10"
        assert len(log.windows) in (4, 5)


def test_days_of_a_backfill_are_read_and_no_others_and_none_after_yesterday(metrika: Metrika) -> None:
    log = Log().run(connector(metrika), span=Span(date(2026, 2, 1), date(2026, 2, 3)))
    assert log.windows == [("2026-02-01", "2026-02-03")]
    log.run(connector(metrika), span=Span(date(2026, 3, 9), date(2026, 4, 1)))
    assert log.windows[1:] == [("2026-03-09", "2026-03-10")]
    assert Log().run(connector(metrika), span=Span(date(2026, 3, 11), date(2026, 4, 1))).windows == []


def test_yesterday_is_the_counters_and_not_utcs(metrika: Metrika, clock: FixedClock) -> None:
    clock.move_to(datetime(2026, 3, 11, 20, 30, tzinfo=UTC))
    assert Log().run(connector(metrika)).windows[-1][1] == "2026-03-10"
    clock.move_to(datetime(2026, 3, 11, 21, 30, tzinfo=UTC))
    assert Log().run(connector(metrika)).windows[-1][1] == "2026-03-11"
    assert Log().run(connector(metrika, time_zone="Etc/UTC")).windows[-1][1] == "2026-03-10"


def test_hits_are_asked_without_titles(metrika: Metrika) -> None:
    hit = {
        "watchID": 2**64 - 1,
        "dateTimeUTC": "2026-03-01 07:02:11",
        "URL": "https://example.com/a",
        "title": "A person",
    }
    metrika.put_hit(COUNTER, {**hit, "goalsID": [20002, 20003], "isPageView": 1}, START)
    log = Log().run(connector(metrika), HITS)
    (row,) = log.rows.values()
    assert (row["watchID"], row["URL"], row["goalsID"]) == (
        "18446744073709551615",
        "https://example.com/a",
        "[20002,20003]",
    )
    assert set(row) == set(HITS.columns)
    assert all("title" not in query["fields"] for query in asked(metrika, "POST", "logrequests"))


def test_goals_are_a_snapshot_so_a_deleted_one_is_absent_from_the_next(metrika: Metrika, clock: FixedClock) -> None:
    goal = {"id": 20002, "name": "Order", "type": "action", "default_price": 10.50, "is_retargeting": 0}
    metrika.put_goal(COUNTER, goal, LONG_AGO)
    metrika.put_goal(COUNTER, {"id": 20003, "name": "Call", "default_price": None, "steps": [1]}, LONG_AGO)
    metrika.delete_goal(COUNTER, 20002, START + timedelta(hours=1))
    (first,) = connector(metrika).pull(GOALS, Known())
    assert first.kind == "snapshot"
    assert first.observed_at == START
    assert [row for table in first.batches for row in table.to_pylist()] == [
        {"id": "20002", "name": "Order", "type": "action", "default_price": "10.5", "is_retargeting": "0"},
        {"id": "20003", "name": "Call", "type": None, "default_price": None, "is_retargeting": None},
    ]
    clock.advance(timedelta(hours=1))
    (second,) = connector(metrika).pull(GOALS, Known())
    assert [row["id"] for table in second.batches for row in table.to_pylist()] == ["20003"]


def test_the_counter_is_found_on_a_later_page_also_while_the_list_changes(metrika: Metrika, clock: FixedClock) -> None:
    for number in range(1, 6):
        other = {"id": number, "name": "x", "site": "x.example.com", "status": "Active", "time_zone_name": "UTC"}
        metrika.put_counter(other, LONG_AGO)
    last = {"id": 50, "name": "Last", "site": "l.example.com", "status": "Active", "time_zone_name": "UTC"}
    metrika.put_counter(last, LONG_AGO)
    # passes from the third page to the second between the two questions
    metrika.delete_counter(1, START + timedelta(seconds=5))
    metrika.faults.append(Fault("GET */counters", "slow", seconds=10, after=3))
    source = YandexMetrika(50, TOKEN, clock, since=SINCE, base_url=metrika.url, page_size=2)
    (pulled,) = source.pull(COUNTERS, Known())
    (row,) = [row for table in pulled.batches for row in table.to_pylist()]
    assert row == {"id": "50", "name": "Last", "site": "l.example.com", "status": "Active", "time_zone_name": "UTC"}
    assert [query["offset"] for query in asked(metrika, "GET", "counters")] == ["1", "3", "5", "7", "1", "3", "5"]


# cells


def test_escapes_of_texts_are_undone_and_arrays_stay_as_they_came(metrika: Metrika) -> None:
    text = "tab\there, line\nhere, \\t and \\n as written, \\\\ twice, \"quotes\" 'and' \\"
    fields = {"UTMCampaign": text, "goalsDateTime": ["2026-03-10 11:00:00"], "goalsOrder": ["it's", "a\\b\tc"]}
    metrika.put_visit(COUNTER, visit(YESTERDAY, 0, **fields), START)
    row = Log().run(connector(metrika)).rows[visit_id(YESTERDAY)]
    assert row["UTMCampaign"] == text
    assert row["goalsDateTime"] == "['2026-03-10 11:00:00']"
    assert row["goalsOrder"] == "['it\\'s','a\\\\b\\tc']"


def test_array_cells_with_doubled_escapes_stay_as_they_came_too(clock: FixedClock) -> None:
    with filled(Metrika(clock, escapes_array_quotes=True)) as metrika:
        assert isinstance(metrika, Metrika)
        metrika.put_visit(COUNTER, visit(YESTERDAY, 0, goalsDateTime=["2026-03-10 11:00:00"]), START)
        row = Log().run(connector(metrika)).rows[visit_id(YESTERDAY)]
        assert row["goalsDateTime"] == "[\\'2026-03-10 11:00:00\\']"


def test_no_address_or_phone_of_a_url_reaches_the_lake(metrika: Metrika, tmp_path: Path) -> None:
    urls = {
        "startURL": "https://example.com/?mail=anna%40example.com",
        "endURL": "https://example.com/?tel=%2B7%20%28900%29%20000-00-01&again=anna%2540example.com",
        "referer": "https://example.org/?tel=%2B79000000001&q=%D0%B4%D0%BE%D0%BC",
        "UTMTerm": "anna@example.com",
        "UTMContent": "16012345678",
    }
    metrika.put_visit(COUNTER, visit(YESTERDAY, 0, **urls), START)
    source = connector(metrika, since=YESTERDAY)
    landed = pull_stream(Lake(tmp_path, metrika.clock), source, VISITS, contact_key=None)
    (pull,) = landed.pulls
    rows = {row["visitID"]: row for row in pq.read_table(pull.parts[0]).to_pylist()}
    row = rows[visit_id(YESTERDAY)]
    assert row["startURL"] == "https://example.com/?mail=[e-mail]"
    assert row["endURL"] == "https://example.com/?tel=[phone]&again=[e-mail]"
    assert row["referer"] == "https://example.org/?tel=[phone]&q=%D0%B4%D0%BE%D0%BC"
    assert (row["UTMTerm"], row["UTMContent"]) == ("[e-mail]", "16012345678")
    assert (pull.account, pull.window_from, pull.window_to) == ("44147844", "2026-03-10", "2026-03-10")
    assert pull.rows == 2


# the protocol


def test_a_log_request_is_looked_at_every_half_minute_of_the_shared_clock(metrika: Metrika, clock: FixedClock) -> None:
    Log().run(connector(metrika, since=YESTERDAY))
    times = [one.at for one in metrika.asked if one.path.endswith("logrequest/19000001")]
    # the last one before it is cleaned
    assert times == [START + timedelta(seconds=seconds) for seconds in (30, 60, 90, 90)]
    assert clock.now() == START + timedelta(seconds=90)


def test_the_logs_api_is_asked_at_most_ten_times_a_second(metrika: Metrika) -> None:
    Log().run(connector(metrika, window_days=1, since=YESTERDAY - timedelta(days=5)))
    assert {one.status for one in metrika.asked} == {200}


def test_a_window_is_split_when_the_quota_has_no_room_for_it(clock: FixedClock) -> None:
    with filled(Metrika(clock, quota_bytes=10_000, bytes_per_row=500)) as metrika:
        assert isinstance(metrika, Metrika)
        log = Log().run(connector(metrika, since=date(2026, 2, 25)))
        assert log.windows == [("2026-02-25", "2026-03-06"), ("2026-03-07", "2026-03-10")]
        assert set(log.rows) == every_visit([day for day in DAYS if day >= date(2026, 2, 25)])
        metrika.faults.append(Fault("GET *evaluate", "quantity_absent", times=None))
        log = Log().run(connector(metrika, since=date(2026, 2, 25)))
        assert log.windows == [("2026-02-25", "2026-03-03"), ("2026-03-04", "2026-03-10")]


def test_leftovers_of_ours_are_cleaned_and_nobody_elses(metrika: Metrika) -> None:
    prefixed = tuple(f"ym:s:{name}" for name in VISITS.columns)
    first, last = date(2026, 1, 1), date(2026, 1, 2)
    ours = metrika.put_log_of_somebody(COUNTER, "visits", first, last, prefixed)
    theirs = metrika.put_log_of_somebody(COUNTER, "visits", first, last, prefixed[:-1])
    of_hits = metrika.put_log_of_somebody(COUNTER, "hits", first, last, ("ym:pv:watchID",))
    Log().run(connector(metrika, since=YESTERDAY))
    assert metrika.status_of(ours) == "cleaned_by_user"
    assert metrika.uncleaned == [theirs, of_hits]
    cleaned = next(one for one in metrika.asked if one.path.endswith("/clean"))
    assert metrika.asked.index(cleaned) < [one.path.endswith("/evaluate") for one in metrika.asked].index(True)


def test_a_list_under_another_key_is_said_with_its_setting(clock: FixedClock) -> None:
    with filled(Metrika(clock, list_key="log_requests")) as metrika:
        assert isinstance(metrika, Metrika)
        with pytest.raises(ApiError, match="no `requests`; set list_key to the key of the list"):
            Log().run(connector(metrika))
        log = Log().run(connector(metrika, since=YESTERDAY, list_key="log_requests"))
        assert log.windows == [("2026-03-10", "2026-03-10")]


def test_a_run_that_is_stopped_while_it_waits_leaves_nothing_at_the_vendors(metrika: Metrika) -> None:
    class Stopped(FixedClock):
        def sleep(self, seconds: float) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Log().run(connector(metrika, clock=Stopped(START)))
    assert metrika.status_of(19000001) == "canceled"
    assert metrika.uncleaned == []


def test_a_part_whose_connection_drops_in_its_middle_is_read_again_and_no_row_comes_twice(clock: FixedClock) -> None:
    with filled(Metrika(clock, rows_per_part=30)) as metrika:
        assert isinstance(metrika, Metrika)
        metrika.faults.append(Fault("GET */part/1/download", "drop", share=0.6, times=2))
        (pulled,) = connector(metrika, window_days=60).pull(VISITS, Known())
        assert pulled.observed_at == START
        ids = [value for table in pulled.batches for value in table.column("visitID").to_pylist()]
        assert len(ids) == 100
        assert set(ids) == every_visit()
        parts = [one.path.split("/")[-2] for one in metrika.asked if one.path.endswith("/download")]
        assert parts == ["0", "1", "1", "1", "2", "3"]
        assert metrika.uncleaned == []


def test_names_that_the_vendor_changed_are_a_setting(clock: FixedClock) -> None:
    with filled(Metrika(clock, attribution_prefixes=("lastsign",))) as metrika:
        assert isinstance(metrika, Metrika)
        with pytest.raises(
            ApiError, match=r"HTTP 400 invalid_parameter Unknown field ym:s:lastTrafficSource; .*field_names"
        ):
            Log().run(connector(metrika))
        last = [name for name in VISITS.columns if name.startswith("last")]
        names: dict[str, str | None] = {name: name.replace("last", "lastsign") for name in last}
        names["lastAdvEngine"] = None
        metrika.put_visit(COUNTER, visit(YESTERDAY, 0, lastsignTrafficSource="ad", lastsignAdvEngine="ya"), START)
        source = connector(metrika, field_names=names, attribution="LASTSIGN", since=YESTERDAY)
        row = Log().run(source).rows[visit_id(YESTERDAY)]
        assert row["lastTrafficSource"] == "ad"
        assert "lastAdvEngine" not in row
        assert asked(metrika, "POST", "logrequests")[-1]["attribution"] == "LASTSIGN"


def test_the_token_stands_in_no_address_and_in_no_error(metrika: Metrika) -> None:
    with pytest.raises(ApiError) as error:
        Log().run(connector(metrika, token="revoked-token"))
    assert "revoked-token" not in str(error.value)
    Log().run(connector(metrika))
    assert all(TOKEN not in f"{one.path}{one.query}" for one in metrika.asked)


# faults


@pytest.fixture(scope="module")
def shared() -> Iterator[Metrika]:
    """One simulator for the faults, which leave no trace in it."""
    with filled(Metrika(FixedClock(START), rows_per_part=30)) as simulator:
        yield simulator  # type: ignore[misc]


PASSING = {
    "the service is unavailable": [Fault("*", "status", status=503, body="<html>", after=2, times=3)],
    "every kind of question is refused once by 420": [
        Fault(f"{question}", "status", status=420, body={**QUOTA, "code": 420})
        for question in ("GET */counters", "GET *evaluate", "POST *logrequests", "GET *logrequest/*", "POST *clean")
    ],
    "the limit is told by 429": [Fault("GET *", "status", status=429, body=QUOTA, after=3, times=4)],
    "the limit is told without JSON": [Fault("POST *", "status", status=429, body="Too Many Requests", times=2)],
    "others of the login are at work": [Fault("*", "parallel", times=3)],
    "an answer is no JSON": [
        Fault(question, "garbage") for question in ("GET *evaluate", "GET *logrequests", "POST *logrequests")
    ],
    "a part is no TSV": [Fault("GET *download", "garbage", times=2)],
    "a status is no JSON": [Fault("GET *logrequest/*", "garbage")],
    "the answer to a new request is lost": [Fault("POST *logrequests", "drop", share=0.3)],
    "the answer to a cleaning is lost": [Fault("POST *clean", "drop", share=0.3)],
    "every part is dropped once": [
        Fault(f"GET *part/{number}/download", "drop", share=share) for number, share in enumerate((0, 0.5, 0.99))
    ],
    "the vendor is slow": [Fault("*", "slow", seconds=40, times=None)],
    "the vendor fails a log": [Fault("POST *logrequests", "log_failed", times=2)],
    "somebody cancels a log": [Fault("POST *logrequests", "log_canceled")],
    "the vendor tries a log again": [Fault("POST *logrequests", "log_retry", times=None)],
    "a log is cleaned while it is downloaded": [Fault("GET *part/1/download", "log_too_old")],
    "a log is cleaned before it is looked at": [Fault("GET *logrequest/*", "log_too_old", after=2)],
    "parts are named later than the status": [Fault("GET *logrequest/*", "parts_late", times=2)],
    "no number of days is said": [Fault("GET *evaluate", "quantity_absent", times=None)],
    "numbers are strings": [Fault("*", "text_numbers", times=None)],
    "keys and a column that nobody knows": [
        Fault("*", "extra_keys", times=None),
        Fault("GET *download", "extra_column", times=None),
    ],
    "a row comes twice": [Fault("GET *part/2/download", "row_twice")],
    "a header is absent": [Fault("GET *download", "header_absent")],
    "a part is in another encoding": [Fault("GET *download", "cp1251")],
    "a row ends early": [Fault("GET *download", "ragged")],
}


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_costs_time_and_nothing_else(shared: Metrika, name: str) -> None:
    assert isinstance(shared.clock, FixedClock)
    shared.clock.move_to(shared.clock.now() + timedelta(seconds=5))
    if name == "a part is in another encoding":
        shared.put_visit(COUNTER, visit(YESTERDAY, 0, UTMCampaign="весна"), shared.now)
    shared.faults = PASSING[name]
    log = Log().run(connector(shared, window_days=60))
    assert sum(fault.happened for fault in shared.faults) >= len(shared.faults)
    shared.faults = []
    assert shared.now.date() == START.date()
    assert log.windows == [("2026-01-20", "2026-03-10")]
    assert set(log.rows) == every_visit()
    assert shared.uncleaned == []


LASTING = {
    "the service stays away": (
        [Fault("GET *evaluate", "status", status=503, times=None)],
        r"HTTP 503 .*\(tried 6 times\); run again later",
        True,
    ),
    "the limit stays": (
        [Fault("GET *evaluate", "status", status=420, body=QUOTA, times=None)],
        r"HTTP 420 quota_requests_by_ip Quota exceeded \(tried 6 times\); run again later",
        True,
    ),
    "answers are never JSON": (
        [Fault("GET *evaluate", "garbage", times=None)],
        r"HTTP 200 without JSON \(tried 6 times\); run again later",
        True,
    ),
    "an answer has another shape": (
        [Fault("GET *evaluate", "status", status=200, body={"log_request_evaluation": []}, times=None)],
        r"HTTP 200 of another shape \(AttributeError: .*run again later",
        True,
    ),
    "connections always drop": (
        [Fault("GET *download", "drop", times=None)],
        r"part/0/download: the connection failed \(ProtocolError\) \(tried 6 times\); run again later",
        True,
    ),
    "parts are never UTF-8": (
        [Fault("GET *download", "cp1251", times=None)],
        r"the answer is no UTF-8 TSV with the fields that were asked for \(tried 6 times\)",
        True,
    ),
    "logs always fail": (
        [Fault("POST *logrequests", "log_failed", times=None)],
        r"the log of visits from 2026-01-20 to 2026-02-18 ended 3 times without data \(the last one: processing_failed\)",
        True,
    ),
    "rights are withdrawn": (
        [
            Fault(
                "POST *logrequests",
                "status",
                status=403,
                times=None,
                body={"errors": [{"error_type": "access_denied"}]},
            )
        ],
        "HTTP 403 access_denied; set a valid OAuth token with the right metrika:read, and give its user access",
        False,
    ),
    "cleaning fails": (
        [Fault("GET *logrequests", "status", status=503, times=None)],
        r"logrequests: HTTP 503 .*run again later",
        True,
    ),
}


@pytest.mark.parametrize("name", LASTING)
def test_a_fault_that_lasts_ends_with_what_to_do_and_the_next_pull_completes(shared: Metrika, name: str) -> None:
    assert isinstance(shared.clock, FixedClock)
    shared.put_visit(COUNTER, visit(YESTERDAY, 0, UTMCampaign="весна"), shared.now)
    shared.put_visit(COUNTER, visit(SINCE, 0, UTMCampaign="весна"), shared.now)
    faults, message, is_passing = LASTING[name]
    shared.faults = faults
    log = Log()
    with pytest.raises(ApiError, match=message) as error:
        log.run(connector(shared))
    assert error.value.is_passing is is_passing
    assert log.windows == []
    shared.faults = []
    assert shared.uncleaned == []
    assert set(log.run(connector(shared)).rows) == every_visit()


def test_the_quota_of_the_day_is_not_asked_against(clock: FixedClock) -> None:
    with filled(Metrika(clock, requests_per_day=12)) as metrika:
        assert isinstance(metrika, Metrika)
        log = Log()
        with pytest.raises(ApiError, match=r"quota_requests_by_uid .*run again after 00:00 GMT") as error:
            log.run(connector(metrika))
        assert error.value.is_passing
        assert len(log.windows) == 1
        # the one that was refused, and the one question whether something is left to clean
        assert [one.status for one in metrika.asked[12:]] in ([429], [429, 429])
        clock.move_to(datetime(2026, 3, 12, 6, tzinfo=UTC))
        assert set(log.run(connector(metrika)).rows) >= every_visit()
        assert metrika.uncleaned == []


def test_a_log_that_is_never_processed_is_given_up_and_canceled(clock: FixedClock) -> None:
    with filled(Metrika(clock, log_seconds=10 * 3600)) as metrika:
        assert isinstance(metrika, Metrika)
        with pytest.raises(
            ApiError, match=r"log request 19000001 .* is still `created` after 21600 s; .*run again later"
        ):
            Log().run(connector(metrika, poll_seconds=600))
        assert clock.now() == START + timedelta(hours=6)
        assert metrika.status_of(19000001) == "canceled"


def test_a_quota_that_others_fill_is_said_with_their_requests(clock: FixedClock) -> None:
    with filled(Metrika(clock, quota_bytes=10_000)) as metrika:
        assert isinstance(metrika, Metrika)
        other = metrika.put_log_of_somebody(COUNTER, "visits", SINCE, SINCE, ("ym:s:visitID",), 10_000)
        with pytest.raises(
            ApiError, match=f"quota of logs is taken by log requests {other}, which others made; clean them"
        ):
            Log().run(connector(metrika))
        assert asked(metrika, "POST", "logrequests") == []
        assert metrika.uncleaned == [other]


def test_a_log_that_is_processed_while_it_is_being_canceled_is_cleaned(metrika: Metrika, clock: FixedClock) -> None:
    metrika.faults += [
        Fault("GET *logrequest/*", "status", status=403),
        Fault("POST *cancel", "slow", seconds=200),
    ]
    with pytest.raises(ApiError, match="HTTP 403"):
        Log().run(connector(metrika))
    assert metrika.uncleaned == []
    assert metrika.status_of(19000001) == "cleaned_by_user"


def test_a_counter_that_the_token_does_not_see_and_one_without_a_zone(metrika: Metrika, clock: FixedClock) -> None:
    metrika.denied.add(COUNTER)
    with pytest.raises(
        ApiError, match="counter 44147844 is not among the 0 counters that the token sees; check"
    ) as error:
        Log().run(connector(metrika))
    assert not error.value.is_passing
    metrika.denied.clear()
    metrika.faults.append(
        Fault("GET *counters", "status", status=200, body={"counters": [{"id": COUNTER}]}, times=1),
    )
    with pytest.raises(ApiError, match="None is no time zone; set time_zone to its name, such as Europe/Moscow"):
        Log().run(connector(metrika))


def test_settings_that_cannot_be_are_refused(clock: FixedClock) -> None:
    for settings, message in (
        ({"window_days": 400}, "window_days is 400; Metrika takes 1 to 365 days at once"),
        ({"reread_days": 0}, "must be 1 or more"),
        ({"field_names": {"visitID": None}}, "field_names leaves out visitID, the key of visits"),
        ({"field_names": {"bounce": "x" * 3000}}, "the fields of visits are longer than 3000 characters"),
    ):
        with pytest.raises(ValueError, match=message):
            YandexMetrika(COUNTER, TOKEN, clock, since=SINCE, **settings)  # type: ignore[arg-type]


def test_the_answer_to_refusals_is_the_vendors() -> None:
    assert refusal(429, "quota_requests_by_ip", "Quota exceeded").body == (
        b'{"errors": [{"error_type": "quota_requests_by_ip", "message": "Quota exceeded", "location": ""}], '
        b'"code": 429, "message": "Quota exceeded"}'
    )
