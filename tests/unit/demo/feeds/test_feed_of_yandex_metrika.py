"""What Yandex Metrika says of the company, against the company itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from demo.feeds.yandex_metrika import fill_yandex_metrika
from demo.simulators.yandex_metrika import YandexMetrika as Metrika
from orchestration.clock import FixedClock
from orchestration.landing import Lake
from orchestration.sources.api.load import pull_stream
from orchestration.sources.api.stream import Known, Span
from orchestration.sources.api.yandex_metrika import HITS, VISITS, YandexMetrika

MOSCOW = np.timedelta64(3, "h")
Row = dict[str, Any]
Ask = Callable[..., list[Row]]


def visits_a_day(asked: Any, wanted: np.ndarray) -> dict[str, int]:
    sessions = asked.company.world.journeys.sessions
    days = (sessions.started_at[wanted] + MOSCOW).astype("datetime64[D]")
    return dict(zip(*(column.tolist() for column in np.unique(days.astype(str), return_counts=True)), strict=True))


def test_each_day_has_the_worlds_sessions_without_robots(asked: Any) -> None:
    sessions = asked.company.world.journeys.sessions
    found = Counter(row["date"] for row in asked.afterwards["visits"])
    assert found == visits_a_day(asked, ~sessions.is_bot)
    assert len(asked.company.metrika_books.robots) == int(sessions.is_bot.sum()) > 0


def test_a_morning_knows_visits_until_yesterday_and_those_of_robots_for_two_days(asked: Any, ask: Ask) -> None:
    sessions = asked.company.world.journeys.sessions
    day = (sessions.started_at + MOSCOW).astype("datetime64[D]")
    morning = np.datetime64(asked.company.mornings[0].date())
    wanted = (day < morning) & (~sessions.is_bot | (day + 3 > morning))
    assert Counter(row["date"] for row in asked.morning["visits"]) == visits_a_day(asked, wanted)
    robot = int(np.flatnonzero(sessions.is_bot)[0])
    visit, began = asked.company.metrika_books.robots[0], day[robot].astype(object)
    at = datetime(began.year, began.month, began.day, 3, tzinfo=UTC)
    seen = [
        visit in {row["visitID"] for row in ask(at + timedelta(days=later), "visits", Span(began, began))}
        for later in (1, 2, 3)
    ]
    assert seen == [True, True, False]


def test_one_visit_in_a_hundred_grows_within_three_days(asked: Any, ask: Ask) -> None:
    sessions, books = asked.company.world.journeys.sessions, asked.company.metrika_books
    expected = int(sessions.duration[~sessions.is_bot].sum()) + 120 * len(books.changed)
    assert sum(int(row["visitDuration"]) for row in asked.afterwards["visits"]) == expected
    assert 0.005 < len(books.changed) / len(sessions.lead) < 0.015
    rows = {row["visitID"]: row for row in asked.afterwards["visits"]}
    day = date.fromisoformat(rows[books.changed[0]]["date"])
    next_morning = datetime(day.year, day.month, day.day, 3, tzinfo=UTC).timestamp() + 86_400
    first = ask(datetime.fromtimestamp(next_morning, UTC), "visits", Span(day, day))
    (then,) = [row for row in first if row["visitID"] == books.changed[0]]
    later = rows[books.changed[0]]
    assert int(later["visitDuration"]) - int(then["visitDuration"]) == 120
    assert later["goalsID"].count("2000") == then["goalsID"].count("2000") + 1


def test_goals_and_clients_are_those_of_the_sessions(asked: Any) -> None:
    sessions = asked.company.world.journeys.sessions
    human = ~sessions.is_bot
    assert Counter(row["clientID"] for row in asked.afterwards["visits"]) == Counter(
        sessions.client[human].astype(str).tolist()
    )
    reached = Counter(
        goal for row in asked.afterwards["visits"] for goal in row["goalsID"].strip("[]").split(",") if goal
    )
    grown = len(asked.company.metrika_books.changed)
    expected = Counter(f"2000{goal}" for goal in sessions.goal[human].tolist() if goal)
    assert reached == expected + Counter({"20004": grown})
    assert {row["id"] for row in asked.afterwards["goals"]} == set(expected)


def test_ad_visits_name_ads_that_the_cabinet_lists_or_listed(asked: Any) -> None:
    delivered = {
        (row["CampaignId"], row["AdGroupId"], row["AdId"], row["Date"]): int(row["Clicks"])
        for row in asked.afterwards["performance_daily"]
    }
    seen = Counter(
        (row["lastDirectClickOrder"], row["lastDirectBannerGroup"], row["lastDirectClickBanner"], row["date"])
        for row in asked.afterwards["visits"]
        if row["lastAdvEngine"] == "ya_direct"
    )
    assert len(seen) > 100
    assert all(count <= delivered[key] for key, count in seen.items())


def test_a_lead_of_the_site_has_the_click_and_the_client_of_its_visit(asked: Any) -> None:
    visits = {
        row["startURL"].partition("yclid=")[2].partition("&")[0]: row
        for row in asked.afterwards["visits"]
        if "yclid=" in row["startURL"]
    }
    with_click = 0
    for row in asked.afterwards["leads"]:
        if '"YCLID"' not in (row["custom_fields_values"] or ""):
            continue
        click = row["custom_fields_values"].partition('"YCLID"')[2].partition('"value":"')[2].partition('"')[0]
        assert f'"value":"{visits[click]["clientID"]}"' in row["custom_fields_values"]
        with_click += 1
    assert with_click > 100


def test_addresses_land_without_e_mails_and_with_the_numbers_of_clicks_and_ads(asked: Any, tmp_path: Path) -> None:
    company = asked.company
    raw = {row["visitID"]: row["startURL"] for row in asked.afterwards["visits"]}
    assert {key for key, address in raw.items() if "example.com" in address.partition("?")[2]} == set(
        company.metrika_books.with_email
    )
    connector = YandexMetrika(
        company.counter, company.metrika_token, company.clock, since=date(2025, 1, 1), base_url=company.metrika.url
    )
    lake = Lake(tmp_path, company.clock)
    company.clock.move_to(datetime(2026, 9, 1, tzinfo=UTC))
    pull_stream(lake, connector, VISITS, contact_key=None)
    landed = {
        row["visitID"]: row["startURL"]
        for file in tmp_path.rglob("part-*.parquet")
        for row in pq.read_table(file, columns=["visitID", "startURL"]).to_pylist()
    }
    with_email = set(company.metrika_books.with_email)
    assert landed.keys() == raw.keys()
    assert not [key for key in with_email if "@" in landed[key] or "%40" in landed[key]]
    assert {key: address for key, address in landed.items() if key not in with_email} == {
        key: address for key, address in raw.items() if key not in with_email
    }


def test_hits_are_the_pages_of_the_visits(asked: Any) -> None:
    world = asked.company.world
    clock = FixedClock(datetime(2026, 9, 1, tzinfo=UTC))
    metrika = Metrika(clock, requests_per_second=None, logs_per_second=None, requests_per_day=None)
    fill_yandex_metrika(metrika, world, counter=1, with_hits=True)
    with metrika:
        connector = YandexMetrika(1, metrika.token, clock, since=date(2026, 1, 1), base_url=metrika.url)
        days = Span(date(2026, 3, 2), date(2026, 3, 8))
        hits, visits = (
            [
                row
                for pulled in connector.pull(stream, Known(), days)
                for batch in pulled.batches
                for row in batch.to_pylist()
            ]
            for stream in (HITS, VISITS)
        )
    sessions = world.journeys.sessions
    day = (sessions.started_at + MOSCOW).astype("datetime64[D]")
    started = (day >= np.datetime64("2026-03-02")) & (day <= np.datetime64("2026-03-08")) & ~sessions.is_bot
    watched = [watch for row in visits for watch in row["watchIDs"].strip("[]").split(",")]
    assert len(watched) == len(set(watched)) == int(sessions.page_views[started].sum())
    of_robots = len(hits) - len({row["watchID"] for row in hits} & set(watched))
    assert len(watched) - len({row["watchID"] for row in hits} & set(watched)) < 20, "pages after midnight"
    assert of_robots <= int(sessions.page_views[sessions.is_bot].sum())
    downloads = sum(row["download"] == "1" for row in hits)
    assert downloads >= int((sessions.goal[started] == 4).sum()) > 0
