"""The one HTTP layer: what is tried again, how long is waited on the shared clock, and what is never shown."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from demo.simulators.history import History
from demo.simulators.server import Fault, RateLimit, Simulator
from orchestration.clock import FixedClock
from orchestration.sources.api.http import GOOD, ApiError, Http, Pace, Verdict

START = datetime(2026, 6, 1, 6, tzinfo=UTC)


class Echo(Simulator):
    """Answers with what was asked; the token `old` has expired."""

    limit: RateLimit = RateLimit(None)

    def answer(self, request: Request, body: bytes) -> Response:
        if request.headers.get("authorization") == "Bearer old":
            return JSONResponse({"title": "Unauthorized"}, 401)
        if self.limit.is_over(self.clock.exact()):
            return JSONResponse({"title": "Too Many Requests"}, 429)
        return JSONResponse({"path": request.url.path, "text": "x" * 5000})


def judge(response: requests.Response) -> Verdict:
    if response.status_code == 401:
        return Verdict("sign_in")
    if response.status_code == 403:
        return Verdict("final", why="the integration has no rights", fix="give it the right to read leads")
    if response.status_code in (429, 500, 502, 503):
        wait = response.headers.get("Retry-After")
        return Verdict("again", after=float(wait) if wait else None, why=f"HTTP {response.status_code}")
    return GOOD


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def echo(clock: FixedClock) -> Iterator[Echo]:
    with Echo(clock) as simulator:
        assert isinstance(simulator, Echo)
        yield simulator


def http(clock: FixedClock, **options: object) -> Http:
    return Http("crm", clock, judge, **options)  # type: ignore[arg-type]


def waited(clock: FixedClock) -> float:
    return (clock.exact() - START).total_seconds()


def test_a_passing_failure_is_tried_again_with_growing_pauses(echo: Echo, clock: FixedClock) -> None:
    echo.faults.append(Fault("GET /leads", "status", status=503, times=3))
    assert http(clock).get(f"{echo.url}/leads").json()["path"] == "/leads"
    assert [asked.status for asked in echo.asked] == [503, 503, 503, 200]
    assert waited(clock) == 1 + 2 + 4


def test_the_pause_that_the_vendor_asks_for_is_kept(echo: Echo, clock: FixedClock) -> None:
    echo.faults.append(Fault("GET /leads", "status", status=429, headers={"Retry-After": "300"}))
    http(clock).get(f"{echo.url}/leads")
    assert waited(clock) == 300


def test_a_failure_that_stays_ends_with_what_was_asked_and_what_to_do(echo: Echo, clock: FixedClock) -> None:
    echo.faults.append(Fault("GET /leads", "status", status=500, times=None))
    with pytest.raises(
        ApiError, match=r"^crm: GET http://127\.0\.0\.1:\d+/leads: HTTP 500 \(tried 6 times\); run again later$"
    ) as error:
        http(clock).get(f"{echo.url}/leads")
    assert error.value.is_passing
    assert len(echo.asked) == 6


def test_a_final_answer_is_not_tried_again(echo: Echo, clock: FixedClock) -> None:
    echo.faults.append(Fault("*", "status", status=403, body="403 Forbidden", times=None))
    with pytest.raises(ApiError, match="the integration has no rights; give it the right to read leads") as error:
        http(clock).get(f"{echo.url}/leads")
    assert not error.value.is_passing
    assert (len(echo.asked), waited(clock)) == (1, 0)


def test_a_pause_longer_than_a_run_may_wait_is_refused(echo: Echo, clock: FixedClock) -> None:
    echo.faults.append(Fault("*", "status", status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(ApiError, match="asks to wait 86400 s; run again later"):
        http(clock).get(f"{echo.url}/leads")
    assert waited(clock) == 0


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_connection_that_drops_in_the_middle_of_an_answer_is_a_passing_failure(
    echo: Echo, clock: FixedClock, share: float
) -> None:
    echo.faults.append(Fault("*", "drop", share=share))
    assert len(http(clock).get(f"{echo.url}/leads").json()["text"]) == 5000
    assert len(echo.asked) == 2


def test_a_vendor_that_is_not_there_is_named(clock: FixedClock) -> None:
    with pytest.raises(ApiError, match=r"crm: GET http://127\.0\.0\.1:9/x: the connection failed \(ConnectionError\)"):
        http(clock, tries=2).get("http://127.0.0.1:9/x")


def test_a_token_that_expired_is_renewed_once_and_no_more(echo: Echo, clock: FixedClock) -> None:
    tokens = ["old"]
    renewed = http(clock, sign=lambda: {"Authorization": f"Bearer {tokens[-1]}"}, sign_in=lambda: tokens.append("new"))
    assert renewed.get(f"{echo.url}/leads").status_code == 200
    stuck = http(clock, sign=lambda: {"Authorization": "Bearer old"}, sign_in=lambda: None)
    with pytest.raises(ApiError, match="sign in anew"):
        stuck.get(f"{echo.url}/leads")
    assert [asked.status for asked in echo.asked] == [401, 200, 401, 401]


def test_secrets_are_masked_in_whatever_is_said(echo: Echo, clock: FixedClock) -> None:
    echo.faults.append(Fault("*", "status", status=500, times=None))
    with pytest.raises(ApiError) as error:
        http(clock).get(f"{echo.url}/leads?api_key=s3cret&page=1", params={"token": "t0ken", "limit": 5})
    assert "s3cret" not in str(error.value)
    assert "t0ken" not in str(error.value)
    assert "/leads?api_key=***&page=1&token=***&limit=5" in str(error.value)
    with pytest.raises(ApiError) as unreachable:
        http(clock, tries=1).get("http://user:pass@127.0.0.1:9/x?token=t0ken")
    assert "t0ken" not in str(unreachable.value)
    assert "pass" not in str(unreachable.value)


def test_the_pace_keeps_the_vendors_limit_by_waiting_on_the_clock(echo: Echo, clock: FixedClock) -> None:
    echo.limit = RateLimit(7, 1.0)
    client = http(clock, pace=Pace(7, 1.0, clock))
    for _ in range(30):
        client.get(f"{echo.url}/leads")
    assert {asked.status for asked in echo.asked} == {200}
    assert waited(clock) == 4  # 30 requests, 7 in every second: the last two in the fifth


def test_a_history_answers_as_of_any_instant() -> None:
    leads = History()
    leads.put(1, START, {"price": 1})
    leads.put(1, START + timedelta(days=1), {"price": 2})
    leads.put(2, START + timedelta(days=1), {"price": 9})
    leads.delete(2, START + timedelta(days=2))
    assert list(leads.known(START - timedelta(seconds=1))) == []
    assert list(leads.known(START)) == [(1, {"price": 1})]
    assert list(leads.known(START + timedelta(days=1))) == [(1, {"price": 2}), (2, {"price": 9})]
    assert list(leads.known(START + timedelta(days=2))) == [(1, {"price": 2})]
    with pytest.raises(ValueError, match="put them in their order"):
        leads.put(1, START, {})
