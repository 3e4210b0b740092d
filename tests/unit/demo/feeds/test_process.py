"""Simulators in a process of their own: one clock, and an end with the process that asks."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests

from demo.feeds.process import SharedClock, company_elsewhere
from demo.simulators.yandex_metrika import YandexMetrika
from orchestration.settings import PROJECT_ROOT


def test_a_shared_clock_is_a_clock() -> None:
    clock = SharedClock()
    clock.move_to(datetime(2026, 6, 1, 3, tzinfo=UTC))
    clock.sleep(0.25)
    clock.advance(timedelta(seconds=1))
    assert clock.exact() == datetime(2026, 6, 1, 3, 0, 1, 250_000, tzinfo=UTC)
    assert clock.now() == datetime(2026, 6, 1, 3, 0, 1, tzinfo=UTC)


def test_the_other_process_answers_by_the_shared_clock_and_ends_with_the_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(YandexMetrika, "answer", lambda simulator, *asked: _instant(simulator))
    with company_elsewhere(7, "small") as company:
        url = company.urls["yandex_metrika"]
        company.clock.move_to(datetime(2026, 6, 1, 3, tzinfo=UTC))
        first = requests.get(url, timeout=10).text
        company.clock.sleep(300)
        assert (first, requests.get(url, timeout=10).text) == ("2026-06-01T03:00:00", "2026-06-01T03:05:00")
        assert set(company.tokens) == {
            "ONEFUNNEL_AMOCRM_TOKEN",
            "ONEFUNNEL_YANDEX_DIRECT_TOKEN",
            "ONEFUNNEL_YANDEX_METRIKA_TOKEN",
        }
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


def test_a_process_that_ends_before_it_is_filled_is_told_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.feeds.process.living_company", lambda *asked, **more: sys.exit(3))
    with pytest.raises(RuntimeError, match="ended before"), company_elsewhere(7, "small"):
        pass


def test_the_simulators_end_when_the_process_that_asks_is_killed() -> None:
    script = (
        "import time\nfrom demo.feeds.process import company_elsewhere\n"
        "with company_elsewhere(7, 'small') as company:\n"
        "    print(company.urls['amocrm'], flush=True)\n    time.sleep(600)\n"
    )
    asking = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT)
    assert asking.stdout is not None
    url = asking.stdout.readline().strip()
    assert requests.get(f"{url}/api/v4/leads", timeout=10).status_code == 401
    asking.kill()
    asking.wait()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            requests.get(url, timeout=10)
        except requests.ConnectionError:
            return
        time.sleep(0.2)
    raise AssertionError(f"{url} still answers")


def _instant(simulator: YandexMetrika) -> object:
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(f"{simulator.now:%Y-%m-%dT%H:%M:%S}")
