"""What two accounts of Yandex Direct and a counter of Metrika knew before a first morning and learned before a second one: a
cost corrected, a day that turned out empty, a campaign deleted, a visit that went on and one that was a robot's."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from demo.simulators.yandex_direct import YandexDirect
from demo.simulators.yandex_metrika import YandexMetrika
from orchestration.clock import FixedClock

FIRST_MORNING = datetime(2026, 3, 10, 3, tzinfo=UTC)
SECOND_MORNING = FIRST_MORNING + timedelta(days=1)
BEFORE = datetime(2026, 3, 9, 21, tzinfo=UTC)
BETWEEN = FIRST_MORNING + timedelta(hours=6)
SINCE = date(2026, 3, 5)
COUNTER = 44147844
CURRENCIES = {"shop": "RUB", "export": "USD"}
"""Account of Direct → its currency."""


@dataclass(frozen=True)
class YandexVendors:
    """Both simulators, filled, and what a company configures to have them asked."""

    direct: YandexDirect
    metrika: YandexMetrika

    @classmethod
    def started(cls, stack: ExitStack, clock: FixedClock) -> YandexVendors:
        """Running until the stack is left."""
        direct, metrika = YandexDirect(clock), YandexMetrika(clock)
        for simulator in (direct, metrika):
            stack.enter_context(simulator)
        _fill_direct(direct)
        _fill_metrika(metrika)
        return cls(direct, metrika)

    @property
    def sources(self) -> list[dict[str, Any]]:
        direct = {"type": "yandex_direct", "since": SINCE, "base_url": self.direct.url}
        return [
            {**direct, "account": "shop", "goals": [20002, 20003]},
            {**direct, "account": "export"},
            {"type": "yandex_metrika", "counter": COUNTER, "since": SINCE, "base_url": self.metrika.url},
        ]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ONEFUNNEL_YANDEX_DIRECT_TOKEN": "token-of-shop",
            "ONEFUNNEL_YANDEX_DIRECT_TOKEN_EXPORT": "token-of-export",
            "ONEFUNNEL_YANDEX_METRIKA_TOKEN": self.metrika.token,
        }


def _ad_day(campaign: int, ad: int, clicks: int, spent: str, conversions: dict[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "CampaignId": campaign, "AdGroupId": 8001, "AdId": ad, "Impressions": 100 * clicks, "Clicks": clicks,
        "Cost": int(Decimal(spent) * 1_000_000), "Conversions": conversions,
    }  # fmt: skip


def _fill_direct(direct: YandexDirect) -> None:
    def campaign(number: int, name: str, login: str) -> None:
        facts = {"Type": "TEXT_CAMPAIGN", "State": "ON", "Status": "ACCEPTED", "StartDate": "2026-01-01"}
        whole = {"Id": number, "Name": name, "Currency": CURRENCIES[login], **facts}
        direct.put_campaign(BEFORE, whole, login=login)

    for login in CURRENCIES:
        direct.put_token(f"token-of-{login}", login)
    campaign(7001, "Search", "shop")
    campaign(7002, "Network", "shop")
    campaign(7101, "Abroad", "export")
    direct.put_ad_group(BEFORE, {"Id": 8001, "CampaignId": 7001, "Name": "All"}, login="shop")
    tags = "https://shop.example/?utm_source=yandex&utm_medium=cpc&utm_campaign={campaign_id}&utm_content={ad_id}"
    for ad in (9001, 9002):
        whole = {"Id": ad, "CampaignId": 7001, "AdGroupId": 8001, "Type": "TEXT_AD", "TextAd": {"Href": tags}}
        direct.put_ad(BEFORE, whole, login="shop")

    def put(known_at: datetime, day: int, login: str, *rows: dict[str, Any]) -> None:
        direct.put_day(known_at, date(2026, 3, day), rows, login=login)

    goals = {("20002", "LSCCD"): 2, ("20003", "LSCCD"): 1}
    put(BEFORE, 6, "shop", _ad_day(7001, 9001, 3, "33.33", goals), _ad_day(7001, 9002, 2, "20.00", {}))
    put(BEFORE, 7, "shop", _ad_day(7001, 9001, 4, "41.07", {}), _ad_day(7002, 9003, 1, "10.01", {}))
    put(BEFORE, 8, "shop", _ad_day(7002, 9003, 9, "90.90", {}))
    put(BEFORE, 8, "export", _ad_day(7101, 9101, 1, "1.23", {}))
    # a cost corrected, a day that turned out empty, a new day, a campaign that is deleted
    put(BETWEEN, 7, "shop", _ad_day(7001, 9001, 3, "30.05", {}), _ad_day(7002, 9003, 1, "10.01", {}))
    put(BETWEEN, 8, "export")
    put(BETWEEN, 10, "shop", _ad_day(7001, 9002, 5, "50.50", {}))
    direct.delete("campaigns", 7002, BETWEEN, login="shop")


def _fill_metrika(metrika: YandexMetrika) -> None:
    zone = {"time_zone_name": "Europe/Moscow"}
    metrika.put_counter({"id": COUNTER, "name": "Shop", "site": "shop.example", "status": "Active", **zone}, BEFORE)
    click = {
        "visitID": 1, "clientID": 501, "dateTimeUTC": "2026-03-08 07:02:11", "lastTrafficSource": "ad",
        "lastAdvEngine": "ya_direct", "lastDirectClickOrder": 7001, "startURL": "https://shop.example/?yclid=1",
    }  # fmt: skip
    searched = {
        "visitID": 2, "clientID": 502, "dateTimeUTC": "2026-03-08 08:00:00", "lastTrafficSource": "organic",
        "lastSearchEngine": "google", "referer": "https://www.google.com/",
    }  # fmt: skip
    metrika.put_visit(COUNTER, click, BEFORE)
    metrika.put_visit(COUNTER, searched, BEFORE)
    # the visit went on, and the other one was a robot's
    reached = {"goalsID": [20002, 20009], "goalsDateTime": ["2026-03-08 10:04:00", "2026-03-08 10:09:13"]}
    metrika.put_visit(COUNTER, {**click, **reached}, BETWEEN)
    metrika.delete_visit(COUNTER, 2, BETWEEN)
