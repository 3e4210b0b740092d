"""Metrika's protocol as its fact sheet says it, asked with plain requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from demo.simulators.server import Fault
from demo.simulators.yandex_metrika import YandexMetrika
from orchestration.clock import FixedClock

TOKEN = "metrika-token-of-a-test"
COUNTER = 44147844
START = datetime(2026, 3, 5, 6, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = "ym:s:visitID,ym:s:clientID,ym:s:dateTime,ym:s:goalsID,ym:s:goalsDateTime,ym:s:UTMSource"
MARCH_FIRST = {"source": "visits", "date1": "2026-03-01", "date2": "2026-03-01", "fields": FIELDS}
FIRST_VISIT = {
    "visitID": "5207361128375583120",
    "clientID": "1709280131652012345",
    "dateTimeUTC": "2026-03-01 07:02:11",
    "goalsID": [20002, 20002],
    "goalsDateTime": ["2026-03-01 10:04:00", "2026-03-01 10:09:13"],
    "UTMSource": "yandex",
}
LAST_VISIT = {
    "visitID": "12937465518837466123",
    "clientID": "1709281111700099999",
    "dateTimeUTC": "2026-03-01 20:59:58",
}

COUNTER_ROW = {
    "id": COUNTER,
    "name": "Shop",
    "site": "example.com",
    "status": "Active",
    "time_zone_name": "Europe/Moscow",
}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def metrika(clock: FixedClock) -> Iterator[YandexMetrika]:
    with filled(YandexMetrika(clock)) as simulator:
        yield simulator  # type: ignore[misc]


def filled(metrika: YandexMetrika) -> YandexMetrika:
    metrika.put_counter(COUNTER_ROW, LONG_AGO)
    metrika.put_visit(COUNTER, FIRST_VISIT, datetime(2026, 3, 1, 7, 10, tzinfo=UTC))
    metrika.put_visit(COUNTER, LAST_VISIT, datetime(2026, 3, 1, 21, tzinfo=UTC))
    return metrika


def ask(metrika: YandexMetrika, method: str, path: str, token: str | None = TOKEN, **params: Any) -> requests.Response:
    headers = {"Authorization": f"OAuth {token}"} if token is not None else {}
    url = f"{metrika.url}/management/v1/{path}"
    return requests.request(method, url, params=params, headers=headers, timeout=10)


def of_counter(metrika: YandexMetrika, method: str, path: str, **params: Any) -> requests.Response:
    return ask(metrika, method, f"counter/{COUNTER}/{path}", **params)


def created(metrika: YandexMetrika, **changes: str) -> dict[str, Any]:
    answer = of_counter(metrika, "POST", "logrequests", **{**MARCH_FIRST, **changes})
    assert answer.status_code == 200, answer.text
    log: dict[str, Any] = answer.json()["log_request"]
    return log


def status(metrika: YandexMetrika, log: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = of_counter(metrika, "GET", f"logrequest/{log['request_id']}").json()["log_request"]
    return shown


def part(metrika: YandexMetrika, log: dict[str, Any], number: int = 0) -> requests.Response:
    return of_counter(metrika, "GET", f"logrequest/{log['request_id']}/part/{number}/download")


def assert_refused(answer: requests.Response, status_code: int, error_type: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"], body["errors"][0]["error_type"]) == (status_code, status_code, error_type)
    assert body["message"] == body["errors"][0]["message"]
    assert set(body["errors"][0]) == {"error_type", "message", "location"}


def test_a_request_is_created_waits_is_processed_and_downloaded_as_tsv(
    metrika: YandexMetrika, clock: FixedClock
) -> None:
    log = created(metrika)
    assert log["status"] == "created"
    assert "parts" not in log
    clock.advance(timedelta(seconds=89))
    assert status(metrika, log)["status"] == "created"
    clock.advance(timedelta(seconds=1))
    shown = status(metrika, log)
    text = (
        "ym:s:visitID\tym:s:clientID\tym:s:dateTime\tym:s:goalsID\tym:s:goalsDateTime\tym:s:UTMSource\n"
        "5207361128375583120\t1709280131652012345\t2026-03-01 10:02:11\t[20002,20002]\t"
        "['2026-03-01 10:04:00','2026-03-01 10:09:13']\tyandex\n"
        "12937465518837466123\t1709281111700099999\t2026-03-01 23:59:58\t[]\t[]\t\n"
    )
    assert shown == {
        "request_id": log["request_id"],
        "counter_id": COUNTER,
        "source": "visits",
        "date1": "2026-03-01",
        "date2": "2026-03-01",
        "fields": FIELDS.split(","),
        "status": "processed",
        "size": len(text),
        "attribution": "LAST",
        "parts": [{"part_number": 0, "size": len(text)}],
    }
    assert part(metrika, log).content == text.encode()


def test_a_day_without_visits_is_a_header_line_only(metrika: YandexMetrika, clock: FixedClock) -> None:
    log = created(metrika, date1="2026-02-01", date2="2026-02-02")
    clock.advance(timedelta(minutes=2))
    assert part(metrika, log).text == "\t".join(FIELDS.split(",")) + "\n"


def test_a_big_log_has_several_parts_numbered_from_0_each_with_its_header(clock: FixedClock) -> None:
    with filled(YandexMetrika(clock, rows_per_part=1)) as metrika:
        assert isinstance(metrika, YandexMetrika)
        log = created(metrika)
        clock.advance(timedelta(minutes=2))
        assert [entry["part_number"] for entry in status(metrika, log)["parts"]] == [0, 1]
        assert [len(part(metrika, log, number).text.splitlines()) for number in (0, 1)] == [2, 2]
        assert_refused(part(metrika, log, 2), 404, "not_found")


def test_visits_put_by_columns_are_served_as_those_put_one_by_one(clock: FixedClock) -> None:
    known_at = [datetime(2026, 3, 1, 7, 10, tzinfo=UTC), datetime(2026, 3, 1, 21, tzinfo=UTC)]
    visits = [{"UTMSource": "", "goalsID": [], "goalsDateTime": [], **visit} for visit in (FIRST_VISIT, LAST_VISIT)]
    served = []
    for is_by_columns in (False, True):
        metrika = YandexMetrika(clock)
        if is_by_columns:
            metrika.put_counter(COUNTER_ROW, LONG_AGO)
            columns = {name: [visit[name] for visit in visits] for name in visits[0]}
            metrika.put_visits(COUNTER, columns, known_at)
        else:
            filled(metrika)
        # a later version, with a field that no other row has
        metrika.put_visit(COUNTER, {**FIRST_VISIT, "pageViews": 9}, known_at[1])
        with metrika:
            log = created(metrika, fields=f"{FIELDS},ym:s:pageViews")
            clock.advance(timedelta(seconds=90))
            served.append(part(metrika, log).content)
    assert served[0] == served[1]
    assert served[0].count(b"\n") == 3
    with pytest.raises(ValueError, match="other lengths"):
        metrika.put_visits(COUNTER, {**columns, "UTMSource": ["one"]}, known_at)


def test_text_cells_escape_tab_newline_and_backslash(metrika: YandexMetrika, clock: FixedClock) -> None:
    metrika.put_visit(
        COUNTER, {**FIRST_VISIT, "visitID": "7", "UTMSource": "a\tb\nc\\n"}, datetime(2026, 3, 2, tzinfo=UTC)
    )
    log = created(metrika, fields="ym:s:visitID,ym:s:UTMSource")
    clock.advance(timedelta(minutes=2))
    assert part(metrika, log).text.splitlines()[-1] == "7\ta\\tb\\nc\\\\n"


def test_array_cells_may_come_with_doubled_escapes(clock: FixedClock) -> None:
    with filled(YandexMetrika(clock, escapes_array_quotes=True)) as metrika:
        assert isinstance(metrika, YandexMetrika)
        log = created(metrika, fields="ym:s:visitID,ym:s:goalsDateTime")
        clock.advance(timedelta(minutes=2))
        line = part(metrika, log).text.splitlines()[1]
        assert line == "5207361128375583120\t[\\'2026-03-01 10:04:00\\',\\'2026-03-01 10:09:13\\']"


def test_requests_are_processed_in_the_order_of_the_queue(metrika: YandexMetrika, clock: FixedClock) -> None:
    first, second = created(metrika), created(metrika)
    clock.advance(timedelta(seconds=100))
    assert [status(metrika, log)["status"] for log in (first, second)] == ["processed", "created"]


def test_a_log_shows_the_data_of_the_instant_at_which_it_was_processed(
    metrika: YandexMetrika, clock: FixedClock
) -> None:
    later = {**FIRST_VISIT, "UTMSource": "restated"}
    metrika.put_visit(COUNTER, later, START + timedelta(seconds=60))
    metrika.put_visit(COUNTER, {**FIRST_VISIT, "UTMSource": "too late"}, START + timedelta(seconds=120))
    metrika.delete_visit(COUNTER, LAST_VISIT["visitID"], START + timedelta(seconds=60))
    log = created(metrika, fields="ym:s:visitID,ym:s:UTMSource")
    clock.advance(timedelta(minutes=10))
    assert part(metrika, log).text.splitlines()[1:] == ["5207361128375583120\trestated"]


def test_hits_have_fields_and_a_prefix_of_their_own(metrika: YandexMetrika, clock: FixedClock) -> None:
    hit = {"watchID": "18446744073709551615", "dateTimeUTC": "2026-03-01 07:02:11", "URL": "https://example.com/"}
    metrika.put_hit(COUNTER, hit, datetime(2026, 3, 1, 8, tzinfo=UTC))
    log = created(metrika, source="hits", fields="ym:pv:watchID,ym:pv:dateTime,ym:pv:URL,ym:pv:goalsID")
    clock.advance(timedelta(minutes=2))
    assert part(metrika, log).text.splitlines()[1] == (
        "18446744073709551615\t2026-03-01 10:02:11\thttps://example.com/\t[]"
    )


def test_a_request_that_is_not_processed_cannot_be_downloaded(metrika: YandexMetrika) -> None:
    answer = part(metrika, created(metrika))
    assert_refused(answer, 400, "invalid_parameter")
    assert answer.json()["message"] == "Only log of requests in status 'processed' can be downloaded"


def test_a_cleaned_request_is_cleaned_by_user_and_gone(metrika: YandexMetrika, clock: FixedClock) -> None:
    log = created(metrika)
    assert_refused(of_counter(metrika, "POST", f"logrequest/{log['request_id']}/clean"), 400, "invalid_parameter")
    clock.advance(timedelta(minutes=2))
    answer = of_counter(metrika, "POST", f"logrequest/{log['request_id']}/clean")
    assert answer.json()["log_request"]["status"] == "cleaned_by_user"
    assert_refused(part(metrika, log), 400, "invalid_parameter")
    listed = of_counter(metrika, "GET", "logrequests").json()["requests"]
    assert [(entry["request_id"], entry["status"]) for entry in listed] == [(log["request_id"], "cleaned_by_user")]


def test_a_waiting_request_can_be_canceled(metrika: YandexMetrika, clock: FixedClock) -> None:
    log = created(metrika)
    answer = of_counter(metrika, "POST", f"logrequest/{log['request_id']}/cancel")
    assert answer.json()["log_request"]["status"] == "canceled"
    clock.advance(timedelta(minutes=2))
    assert status(metrika, log)["status"] == "canceled"


def test_a_request_may_end_in_other_ways(metrika: YandexMetrika, clock: FixedClock) -> None:
    for kind, statuses in (
        ("log_failed", ["created", "processing_failed", "processing_failed"]),
        ("log_canceled", ["created", "canceled", "canceled"]),
        ("log_retry", ["created", "awaiting_retry", "processed"]),
    ):
        metrika.faults.append(Fault("POST *logrequests", kind))
        log = created(metrika)
        seen = [log["status"]]
        for _ in range(2):
            clock.advance(timedelta(seconds=90))
            seen.append(status(metrika, log)["status"])
        assert seen == statuses
        clock.advance(timedelta(minutes=5))


def test_the_vendor_cleans_old_logs_itself(metrika: YandexMetrika, clock: FixedClock) -> None:
    log = created(metrika)
    clock.advance(timedelta(minutes=2))
    metrika.faults.append(Fault("GET *download", "log_too_old"))
    assert_refused(part(metrika, log), 400, "invalid_parameter")
    assert status(metrika, log)["status"] == "cleaned_automatically_as_too_old"


BAD_REQUESTS: list[tuple[dict[str, str], str]] = [
    ({"fields": "ym:s:visitID,ym:s:nonsense"}, "invalid_parameter"),
    ({"fields": "ym:pv:watchID"}, "invalid_parameter"),
    ({"fields": ",".join(["ym:s:visitID"] * 300)}, "invalid_parameter"),
    ({"fields": ""}, "missing_parameter"),
    ({"source": "sessions"}, "invalid_parameter"),
    ({"date1": "01.03.2026"}, "invalid_parameter"),
    ({"date1": "2026-03-02"}, "invalid_parameter"),
    ({"date1": "2025-02-01"}, "invalid_parameter"),
    ({"date2": "2026-03-05"}, "invalid_parameter"),
    ({"date2": ""}, "missing_parameter"),
]


def test_a_bad_request_is_refused_by_evaluate_and_by_create(metrika: YandexMetrika, clock: FixedClock) -> None:
    for changes, error_type in BAD_REQUESTS:
        clock.advance(timedelta(seconds=1))
        for method, path in (("GET", "logrequests/evaluate"), ("POST", "logrequests")):
            assert_refused(of_counter(metrika, method, path, **{**MARCH_FIRST, **changes}), 400, error_type)


def test_today_begins_at_midnight_of_the_counter(metrika: YandexMetrika, clock: FixedClock) -> None:
    clock.move_to(datetime(2026, 3, 5, 20, 59, 59, tzinfo=UTC))
    whole = {**MARCH_FIRST, "date2": "2026-03-05"}
    assert_refused(of_counter(metrika, "POST", "logrequests", **whole), 400, "invalid_parameter")
    clock.advance(timedelta(seconds=1))
    assert of_counter(metrika, "POST", "logrequests", **whole).status_code == 200


def test_names_with_an_attribution_that_the_vendor_dropped_are_unknown(clock: FixedClock) -> None:
    with filled(YandexMetrika(clock, attribution_prefixes=("lastsign",))) as metrika:
        assert isinstance(metrika, YandexMetrika)
        answer = of_counter(metrika, "POST", "logrequests", **{**MARCH_FIRST, "fields": "ym:s:lastTrafficSource"})
        assert_refused(answer, 400, "invalid_parameter")
        assert created(metrika, fields="ym:s:lastsignTrafficSource")["status"] == "created"


def test_evaluate_says_how_many_days_fit_in_what_the_quota_leaves(clock: FixedClock) -> None:
    with filled(YandexMetrika(clock, quota_bytes=3000, bytes_per_row=1000)) as metrika:
        assert isinstance(metrika, YandexMetrika)
        for day in (2, 3, 4):
            visit = {"visitID": day, "dateTimeUTC": f"2026-03-0{day} 08:00:00"}
            metrika.put_visit(COUNTER, visit, START - timedelta(hours=1))
        asked = {**MARCH_FIRST, "date2": "2026-03-04"}
        answer = of_counter(metrika, "GET", "logrequests/evaluate", **asked)
        assert answer.json() == {"log_request_evaluation": {"possible": False, "max_possible_day_quantity": 2}}
        assert of_counter(metrika, "POST", "logrequests", **asked).status_code == 400
        other = metrika.put_log_of_somebody(
            COUNTER, "visits", date(2026, 1, 1), date(2026, 1, 2), ("ym:s:visitID",), 3000
        )
        answer = of_counter(metrika, "GET", "logrequests/evaluate", **asked)
        assert answer.json() == {"log_request_evaluation": {"possible": False, "max_possible_day_quantity": 0}}
        of_counter(metrika, "POST", f"logrequest/{other}/clean")
        answer = of_counter(metrika, "GET", "logrequests/evaluate", **{**asked, "date2": "2026-03-02"})
        assert answer.json()["log_request_evaluation"]["possible"] is True


def test_without_a_token_with_a_wrong_one_and_without_rights(metrika: YandexMetrika) -> None:
    assert_refused(ask(metrika, "GET", "counters", token=None), 401, "unauthorized")
    assert_refused(ask(metrika, "GET", "counters", token="wrong"), 403, "invalid_token")
    assert_refused(of_counter(metrika, "POST", "goals"), 404, "not_found")
    metrika.denied.add(COUNTER)
    assert_refused(of_counter(metrika, "GET", "goals"), 403, "access_denied")
    assert ask(metrika, "GET", "counters").json() == {"rows": 0, "counters": []}
    assert_refused(ask(metrika, "GET", "counter/1/goals"), 404, "not_found")


@pytest.mark.parametrize("limit_status", [429, 420])
def test_ten_requests_a_second_of_the_logs_api_and_no_hint_how_long_to_wait(
    clock: FixedClock, limit_status: int
) -> None:
    with filled(YandexMetrika(clock, limit_status=limit_status)) as metrika:
        assert isinstance(metrika, YandexMetrika)
        answers = [of_counter(metrika, "GET", "logrequests") for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [limit_status]
        assert answers[-1].json() == {
            "errors": [{"error_type": "quota_requests_by_ip", "message": "Quota exceeded", "location": ""}],
            "code": limit_status,
            "message": "Quota exceeded",
        }
        assert "Retry-After" not in answers[-1].headers
        assert ask(metrika, "GET", "counters").status_code == 200
        clock.advance(timedelta(seconds=1))
        assert of_counter(metrika, "GET", "logrequests").status_code == 200


def test_the_quota_of_the_day_begins_anew_at_midnight_gmt(clock: FixedClock) -> None:
    with filled(YandexMetrika(clock, requests_per_day=2)) as metrika:
        assert isinstance(metrika, YandexMetrika)
        assert [ask(metrika, "GET", "counters").status_code for _ in range(2)] == [200, 200]
        assert_refused(ask(metrika, "GET", "counters"), 429, "quota_requests_by_uid")
        clock.move_to(datetime(2026, 3, 6, tzinfo=UTC))
        assert ask(metrika, "GET", "counters").status_code == 200


def test_a_fourth_parallel_request_is_refused(metrika: YandexMetrika) -> None:
    metrika.faults.append(Fault("GET */counters", "parallel"))
    assert_refused(ask(metrika, "GET", "counters"), 429, "quota_parallel_requests")
    assert ask(metrika, "GET", "counters").status_code == 200


def test_counters_come_in_pages_whose_offset_begins_with_1(metrika: YandexMetrika) -> None:
    second = {"id": 5, "name": "Blog", "site": "blog.example.com", "status": "Active", "time_zone_name": "Asia/Tehran"}
    metrika.put_counter(second, LONG_AGO)
    page = ask(metrika, "GET", "counters", per_page=1, offset=2).json()
    assert page == {"rows": 2, "counters": [second]}
    assert_refused(ask(metrika, "GET", "counters", per_page=1001), 400, "invalid_parameter")
    assert_refused(ask(metrika, "GET", "counters", offset=0), 400, "invalid_parameter")
    metrika.delete_counter(5, START)
    assert ask(metrika, "GET", "counters", offset=2).json() == {"rows": 1, "counters": []}


def test_goals_are_those_of_the_moment(metrika: YandexMetrika, clock: FixedClock) -> None:
    goal = {"id": 20002, "name": "Order", "type": "action", "default_price": 0.0, "is_retargeting": 0}
    assert of_counter(metrika, "GET", "goals").json() == {"goals": []}
    metrika.put_goal(COUNTER, goal, START + timedelta(hours=1))
    metrika.delete_goal(COUNTER, 20002, START + timedelta(hours=2))
    clock.advance(timedelta(hours=1))
    assert of_counter(metrika, "GET", "goals").json() == {"goals": [goal]}
    clock.advance(timedelta(hours=1))
    assert of_counter(metrika, "GET", "goals").json() == {"goals": []}


def test_the_faults_of_the_module_change_answers_as_its_docstring_says(
    metrika: YandexMetrika, clock: FixedClock
) -> None:
    log = created(metrika, fields="ym:s:visitID,ym:s:UTMSource")
    clock.advance(timedelta(minutes=2))
    whole = ["ym:s:visitID\tym:s:UTMSource", "5207361128375583120\tyandex", "12937465518837466123\t"]
    expected = {
        "row_twice": [*whole, whole[1]],
        "header_absent": whole[1:],
        "extra_column": [f"{whole[0]}\tym:s:somethingNew", f"{whole[1]}\t1", f"{whole[2]}\t1"],
        "ragged": [*whole[:2], "12937465518837466123"],
    }
    for kind, lines in expected.items():
        metrika.faults = [Fault("GET *download", kind)]
        assert part(metrika, log).text.splitlines() == lines, kind
    metrika.faults = [Fault("GET *logrequest/*", kind) for kind in ("parts_late", "text_numbers", "extra_keys")]
    shown = status(metrika, log)
    assert shown["status"] == "processed"
    assert "parts" not in shown
    assert shown["request_id"] == str(log["request_id"])
    assert shown["something_new"] == {"deep": [1]}
    assert len(status(metrika, log)["parts"]) == 1
    metrika.faults = [Fault("GET *evaluate", "quantity_absent")]
    answer = of_counter(metrika, "GET", "logrequests/evaluate", **MARCH_FIRST)
    assert answer.json() == {"log_request_evaluation": {"possible": True}}


def test_a_later_version_of_a_visit_cannot_stand_on_another_day(metrika: YandexMetrika) -> None:
    with pytest.raises(ValueError, match="a later version stands on 2026-03-02"):
        metrika.put_visit(COUNTER, {**FIRST_VISIT, "dateTimeUTC": "2026-03-02 08:00:00"}, START)
