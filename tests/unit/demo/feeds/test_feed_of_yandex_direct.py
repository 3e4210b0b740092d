"""What Yandex Direct says of the company, against the company itself."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from demo.exports import build_world
from demo.feeds.yandex_direct import fill_yandex_direct
from demo.simulators.yandex_direct import YandexDirect
from orchestration.clock import FixedClock
from orchestration.sources.api.stream import Known, Span
from orchestration.sources.api.yandex_direct import CAMPAIGNS as CAMPAIGNS_STREAM
from orchestration.sources.api.yandex_direct import YandexDirect as Connector

MOSCOW = ZoneInfo("Europe/Moscow")
Row = dict[str, Any]
Ask = Callable[..., list[Row]]


def kopecks(text: str) -> int:
    return int(Decimal(text) * 100)


def summed(rows: list[Row]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(campaign, day) → impressions, clicks, kopecks without VAT."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        numbers = int(row["Impressions"]), int(row["Clicks"]), kopecks(row["CostWithoutVat"])
        key = row["CampaignId"], row["Date"]
        sums[key] = [old + new for old, new in zip(sums[key], numbers, strict=True)]
    return {key: (one[0], one[1], one[2]) for key, one in sums.items()}


def of_world(asked: Any) -> dict[tuple[str, str], tuple[int, int, int]]:
    delivery, campaigns = asked.company.world.journeys.delivery, asked.company.world.company.campaigns
    return {
        (campaigns[place].campaign_id, str(day)): (shown, clicked, cost)
        for place, day, shown, clicked, cost in zip(
            delivery.campaign.tolist(),
            delivery.day,
            delivery.impressions.tolist(),
            delivery.clicks.tolist(),
            delivery.cost.tolist(),
            strict=True,
        )
        if campaigns[place].platform == "yandex_direct"
    }


def conversions(rows: list[Row]) -> int:
    values = [value for row in rows for value in json.loads(row["Conversions"]).values()]
    return sum(int(value) for value in values if value != "--")


def test_ads_sum_to_the_campaigns_day_when_everything_is_known(asked: Any) -> None:
    expected = of_world(asked)
    found = summed(asked.afterwards["performance_daily"])
    assert found == {key: value for key, value in expected.items() if value != (0, 0, 0)}
    assert len({row["AdId"] for row in asked.afterwards["performance_daily"]}) > len(asked.afterwards["ads"])


def test_cost_with_vat_is_a_fifth_more_to_the_kopeck_of_each_ad(asked: Any) -> None:
    for row in asked.afterwards["performance_daily"]:
        net, gross = kopecks(row["CostWithoutVat"]), kopecks(row["CostWithVat"])
        assert abs(gross * 10 - net * 12) <= 5


def test_a_morning_knows_the_days_before_it_and_clicks_that_will_be_given_back(asked: Any) -> None:
    morning = asked.company.mornings[0].date()
    days = {row["Date"] for row in asked.morning["performance_daily"]}
    assert max(days) == (morning - timedelta(days=1)).isoformat()
    final, then = of_world(asked), summed(asked.morning["performance_daily"])
    settled = (morning - timedelta(days=4)).isoformat()
    assert {key: value for key, value in then.items() if key[1] < settled} == {
        key: value for key, value in final.items() if key[1] < settled and value != (0, 0, 0)
    }


def test_the_first_version_of_a_day_has_the_invalid_clicks_that_were_planted(asked: Any, ask: Ask) -> None:
    final = of_world(asked)
    given_back = 0
    for text in asked.company.direct_books.invalid_days[100:104]:
        day = date.fromisoformat(text)
        at = datetime(day.year, day.month, day.day, 6, tzinfo=MOSCOW) + timedelta(days=1)
        first = summed(ask(at, "performance_daily", Span(day, day)))
        more = {key: (value[1] - final[key][1], value[2] - final[key][2]) for key, value in first.items()}
        assert all(clicks >= 0 and cost >= 0 for clicks, cost in more.values())
        assert sum(clicks for clicks, _ in more.values()) > 0
        given_back += sum(clicks for clicks, _ in more.values())
    assert given_back < asked.company.direct_books.invalid_clicks


def test_conversions_are_counted_on_the_day_of_the_last_ad_click(asked: Any) -> None:
    sessions = asked.company.world.journeys.sessions
    is_direct = np.array([campaign.platform == "yandex_direct" for campaign in asked.company.world.company.campaigns])
    last: dict[int, np.datetime64] = {}
    expected: Counter[str] = Counter()
    moscow = np.timedelta64(3, "h")
    rows = zip(
        sessions.client.tolist(),
        sessions.campaign.tolist(),
        sessions.goal.tolist(),
        sessions.started_at,
        sessions.is_bot,
        strict=True,
    )
    for client, campaign, goal, at, is_bot in rows:
        day = (at + moscow).astype("datetime64[D]")
        if campaign >= 0 and is_direct[campaign]:
            last[client] = day
        if goal and not is_bot and client in last and (day - last[client]) <= np.timedelta64(30, "D"):
            expected[str(last[client])] += 1
    found: Counter[str] = Counter()
    for row in asked.afterwards["performance_daily"]:
        found[row["Date"]] += conversions([row])
    assert +found == expected
    assert sum(expected.values()) == asked.company.direct_books.conversions


def test_conversions_of_a_day_grow_for_weeks(asked: Any, ask: Ask) -> None:
    first, last = date(2026, 5, 1), date(2026, 5, 28)
    span = Span(first, last)
    then = conversions(ask(asked.company.mornings[0], "performance_daily", span))
    later = conversions(ask(asked.company.mornings[-1], "performance_daily", span))
    assert 0 < then < later
    assert asked.company.direct_books.late_conversions > 0


def test_deleted_ads_are_gone_and_ended_campaigns_archived(asked: Any) -> None:
    books = asked.company.direct_books
    listed = {int(row["Id"]) for row in asked.afterwards["ads"]}
    delivered = {int(row["AdId"]) for row in asked.afterwards["performance_daily"]}
    assert delivered - listed == set(books.deleted_ads)
    archived = {int(row["Id"]) for row in asked.afterwards["campaigns"] if row["State"] == "ARCHIVED"}
    ended = {
        int(campaign.campaign_id)
        for campaign in asked.company.world.company.campaigns
        if campaign.platform == "yandex_direct" and campaign.ended_on
    }
    assert archived == set(books.archived) == ended
    assert 70100104 in ended
    assert {row["CampaignId"] for row in asked.afterwards["ads"]} == {
        row["Id"] for row in asked.afterwards["campaigns"]
    }
    groups = {row["Id"]: row["CampaignId"] for row in asked.afterwards["ad_groups"]}
    assert all(groups[row["AdGroupId"]] == row["CampaignId"] for row in asked.afterwards["ads"])


def test_tags_stand_in_links_or_in_parameters_of_the_campaign(asked: Any) -> None:
    campaigns = {row["Id"]: row["TrackingParams"] for row in asked.afterwards["campaigns"]}
    for row in asked.afterwards["ads"]:
        assert ("utm_campaign=" in row["Href"]) != ("utm_campaign=" in campaigns[row["CampaignId"]])
    assert 0 < sum("utm" in parameters for parameters in campaigns.values()) < len(campaigns)


def test_a_campaign_is_called_by_its_former_name_until_it_was_renamed() -> None:
    world = build_world(7, "medium")
    direct = YandexDirect(FixedClock(), units_daily=None)
    direct.put_token("token", "shop")
    fill_yandex_direct(direct, world, login="shop")
    renamed = [one for one in world.company.campaigns if one.renamed_on and one.platform == "yandex_direct"]
    assert renamed
    with direct:
        for campaign in renamed:
            day = datetime.fromisoformat(campaign.renamed_on).replace(tzinfo=MOSCOW)
            for at, name in ((day - timedelta(seconds=1), campaign.former_name), (day, campaign.name)):
                direct.clock.move_to(at)
                connector = Connector(clock=direct.clock, account="shop", token="token", base_url=direct.url)
                (pulled,) = connector.pull(CAMPAIGNS_STREAM, Known())
                names = {row["Id"]: row["Name"] for batch in pulled.batches for row in batch.to_pylist()}
                assert names[campaign.campaign_id] == name
