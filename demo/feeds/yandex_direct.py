"""The company's campaigns in the simulator of Yandex Direct.

What the cabinet knows when: a day's statistics at 05:00 Moscow of the next day. One to three mornings later invalid clicks
are given back: fewer clicks, less cost, and what stays are the world's numbers. A conversion counts on the day of the last
ad click before it, up to 30 days back, and is known on the morning after it happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from demo.company import local_days
from demo.exports.identities import World
from demo.exports.marketing import TAGS
from demo.feeds.advertisements import LANDINGS, SITE, Ad, is_alive
from demo.feeds.bookkeeping import DirectBooks
from demo.feeds.clicks import SessionClicks, session_clicks
from demo.feeds.times import instant, local_days_of, midnight
from demo.randomness import MOSCOW_OFFSET, Ints, generator_for
from demo.simulators.yandex_direct import YandexDirect

GOAL_IDS = {"form": 20001, "demo_request": 20002, "chat": 20003, "content_download": 20004}
"""Goals of the company's counter, by their name in `demo.journeys.GOALS`."""
ATTRIBUTION_MODELS = ("LSCCD", "LSC")
KNOWN_HOUR = 5
DAY = 86_400
LATEST_CONVERSION = 30
INVALID_SHARE = 0.08
"""Share of ad days whose first version holds invalid clicks."""
MICROS_A_KOPECK = 10_000

Row = dict[str, Any]


def fill_yandex_direct(simulator: YandexDirect, world: World, *, login: str) -> DirectBooks:
    """Put campaigns, ad groups, ads and the statistics of all days; return the mess that was put.

    The final version of every day sums, per campaign, to `world.journeys.delivery`: impressions, clicks and cost.
    """
    clicks = session_clicks(world)
    _put_structure(simulator, world, clicks.ads, login)
    return _put_days(simulator, world, clicks, login)


def _put_structure(simulator: YandexDirect, world: World, ads: tuple[Ad, ...], login: str) -> None:
    for turn, place in enumerate(sorted({ad.campaign for ad in ads})):
        campaign = world.company.campaigns[place]
        campaign_id = int(campaign.campaign_id)
        begins = instant(midnight(campaign.started_on))
        source, medium = TAGS[campaign.platform]
        # every third campaign has its tags as parameters of the campaign, the others in the links of its ads
        has_parameters = turn % 3 == 2
        is_unified = turn % 4 == 3
        parameters = f"utm_source={source}&utm_medium={medium}&utm_campaign={campaign.utm_campaign}"
        version: Row = {
            "Id": campaign_id,
            "Name": campaign.name,
            "Type": "UNIFIED_CAMPAIGN" if is_unified else "TEXT_CAMPAIGN",
            "State": "ON",
            "Status": "ACCEPTED",
            "StatusPayment": "ALLOWED",
            "StartDate": campaign.started_on,
            "Currency": "RUB",
            "TimeZone": "Europe/Moscow",
            "UnifiedCampaign" if is_unified else "TextCampaign": {
                "TrackingParams": f"{parameters}&utm_content={{ad_id}}" if has_parameters else "",
            },
        }
        if campaign.renamed_on:
            simulator.put_campaign(begins, {**version, "Name": campaign.former_name}, login=login)
            simulator.put_campaign(instant(midnight(campaign.renamed_on)), version, login=login)
        else:
            simulator.put_campaign(begins, version, login=login)
        own = [ad for ad in ads if ad.campaign == place]
        for number, group_id in enumerate(sorted({ad.group_id for ad in own}), 1):
            group = {
                "Id": group_id,
                "CampaignId": campaign_id,
                "Name": f"{campaign.name} / группа {number}",
                "Type": "UNIFIED_AD_GROUP" if is_unified else "TEXT_AD_GROUP",
                "Status": "ACCEPTED",
                "ServingStatus": "ELIGIBLE",
            }
            simulator.put_ad_group(begins, group, login=login)
        for number, ad in enumerate(own, 1):
            page = SITE + LANDINGS.get(campaign.channel, "/wms")
            row: Row = {
                "Id": ad.ad_id,
                "CampaignId": campaign_id,
                "AdGroupId": ad.group_id,
                "Type": "TEXT_AD",
                "State": "ON",
                "Status": "ACCEPTED",
                "TextAd": {
                    "Title": f"{campaign.name}, вариант {number}",
                    "Text": "WMS для вашего склада",
                    "Href": page if has_parameters else f"{page}?{ad.query}",
                },
            }
            simulator.put_ad(begins, row, login=login)
            if ad.deleted_on:
                simulator.delete("ads", ad.ad_id, instant(midnight(ad.deleted_on)), login=login)
        if campaign.ended_on:
            ended = instant(midnight(campaign.ended_on) + DAY + KNOWN_HOUR * 3600)
            simulator.put_campaign(ended, {**version, "State": "ARCHIVED", "EndDate": campaign.ended_on}, login=login)


def _split(total: Ints, weights: Ints) -> Ints:
    """Share whole totals (n) over weights (n × k): whole parts that sum to the total; all of them 0 without a weight."""
    cumulated = np.cumsum(weights, axis=1)
    upto = total[:, None] * cumulated // np.maximum(cumulated[:, -1:], 1)
    return np.diff(upto, axis=1, prepend=0)


def _delivered(world: World, ads: tuple[Ad, ...], seen: Ints) -> dict[str, Ints]:
    """Columns of the final ad days: `day` (number of the local day), `ad`, `impressions`, `clicks`, `cost` in kopecks.

    seen : sessions by ad and day; an ad has at least the clicks that brought them.
    """
    delivery = world.journeys.delivery
    first = local_days()[0]
    of_campaign = np.array([ad.campaign for ad in ads])
    weights = np.array([ad.weight for ad in ads])
    parts: dict[str, list[Ints]] = {name: [] for name in ("day", "ad", "impressions", "clicks", "cost")}
    for position in np.unique(of_campaign):
        rows = np.flatnonzero(delivery.campaign == position)
        places = np.flatnonzero(of_campaign == position)
        day = (delivery.day[rows].astype("datetime64[D]") - first).astype(np.int64)
        day_begins = delivery.day[rows].astype("datetime64[s]") - MOSCOW_OFFSET
        share = is_alive([ads[n] for n in places.tolist()], day_begins) * weights[places]
        own = seen[places][:, day].T
        clicks = own + _split(delivery.clicks[rows] - own.sum(axis=1), share)
        impressions = clicks + _split(delivery.impressions[rows] - delivery.clicks[rows], share)
        cost = _split(delivery.cost[rows], clicks)
        row, place = np.nonzero(impressions)
        for name, values in (("impressions", impressions), ("clicks", clicks), ("cost", cost)):
            parts[name].append(values[row, place])
        parts["day"].append(day[row])
        parts["ad"].append(places[place])
    columns = {name: np.concatenate(values) for name, values in parts.items()}
    order = np.lexsort((columns["ad"], columns["day"]))
    return {name: values[order] for name, values in columns.items()}


def _conversions(world: World, ad: Ints) -> dict[str, Ints]:
    """Columns of conversions: `day` of the click, its `ad`, `goal` (index of GOALS), `known` (day of the first morning)."""
    sessions = world.journeys.sessions
    first = local_days()[0]
    order = np.lexsort((np.arange(len(sessions.client)), sessions.client))
    client, is_click = sessions.client[order], ad[order] >= 0
    begins = np.flatnonzero(np.r_[True, client[1:] != client[:-1]])
    begin_of = np.repeat(begins, np.diff(np.r_[begins, len(client)]))
    last_click = np.maximum.accumulate(np.where(is_click, np.arange(len(order)), -1))
    has_click = last_click >= begin_of
    reached = np.flatnonzero(has_click & (sessions.goal[order] > 0) & ~sessions.is_bot[order])
    click, goal = order[last_click[reached]], order[reached]
    day = (local_days_of(sessions.started_at[click]) - first).astype(np.int64)
    goal_day = (local_days_of(sessions.started_at[goal]) - first).astype(np.int64)
    near = goal_day - day <= LATEST_CONVERSION
    return {
        "day": day[near],
        "ad": ad[click][near],
        "goal": sessions.goal[goal][near],
        "known": goal_day[near] + 1,
    }


def _put_days(simulator: YandexDirect, world: World, clicks: SessionClicks, login: str) -> DirectBooks:
    sessions = world.journeys.sessions
    ads, ad, days = clicks.ads, clicks.ad, local_days()
    clicked = np.flatnonzero(ad >= 0)
    seen = np.zeros((len(ads), len(days)), dtype=np.int64)
    np.add.at(seen, (ad[clicked], (local_days_of(sessions.started_at[clicked]) - days[0]).astype(np.int64)), 1)
    final = _delivered(world, ads, seen)
    rng = generator_for(world.company.seed, "feeds/yandex_direct")
    is_invalid = (rng.random(len(final["day"])) < INVALID_SHARE) & (final["clicks"] > 0)
    invalid = np.where(is_invalid, 1 + final["clicks"] // 10, 0)
    given_back = final["day"] + 1 + rng.integers(1, 4, len(invalid))
    invalid_cost = invalid * (final["cost"] // np.maximum(final["clicks"], 1))

    converted = _conversions(world, ad)
    goals = tuple(str(number) for number in GOAL_IDS.values())
    conversions: dict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)
    for day, place, goal, known in zip(*(converted[name].tolist() for name in converted), strict=True):
        conversions[day, place].append((known, goals[goal - 1]))

    names = ("day", "ad", "impressions", "clicks", "cost")
    columns = [final[name].tolist() for name in names] + [invalid.tolist(), invalid_cost.tolist(), given_back.tolist()]
    campaigns = world.company.campaigns
    campaign_ids = [int(campaigns[ad.campaign].campaign_id) for ad in ads]
    of_day: dict[int, list[_AdDay]] = defaultdict(list)
    for day, place, *numbers in zip(*columns, strict=True):
        of_day[day].append(_AdDay(ads[place], campaign_ids[place], *numbers, reached=conversions.get((day, place), [])))
    for day, ad_days in of_day.items():
        _put_versions(simulator, login, day, days[day].astype(object), ad_days)
    has_ended = [bool(campaign.ended_on) for campaign in campaigns]
    return DirectBooks(
        invalid_clicks=int(invalid.sum()),
        invalid_kopecks=int(invalid_cost.sum()),
        invalid_days=tuple(str(days[day]) for day in np.unique(final["day"][is_invalid])),
        late_conversions=int((converted["known"] > converted["day"] + 1).sum()),
        conversions=len(converted["day"]),
        deleted_ads=tuple(ad.ad_id for ad in ads if ad.deleted_on),
        archived=tuple(sorted({key for key, ad in zip(campaign_ids, ads, strict=True) if has_ended[ad.campaign]})),
    )


class _AdDay:
    """An ad on a day: its final numbers, invalid clicks until they were given back, conversions with their mornings."""

    def __init__(
        self,
        ad: Ad,
        campaign_id: int,
        impressions: int,
        clicks: int,
        cost: int,
        invalid: int,
        invalid_cost: int,
        given_back: int,
        *,
        reached: Sequence[tuple[int, str]],
    ) -> None:
        self._ids = {"CampaignId": campaign_id, "AdGroupId": ad.group_id, "AdId": ad.ad_id}
        self._impressions, self._clicks, self._cost = impressions, clicks, cost
        self._invalid, self._invalid_cost, self._given_back = invalid, invalid_cost, given_back
        self._reached = reached
        self.mornings = {known for known, _ in reached} | ({given_back} if invalid else set())
        """Numbers of the days on whose morning it changes."""

    def known_on(self, morning: int) -> Row:
        """Its row as known on the morning of a day."""
        is_before = self._invalid and morning < self._given_back
        conversions: dict[tuple[str, str], int] = {}
        for known, goal in self._reached:
            if known <= morning:
                for model in ATTRIBUTION_MODELS:
                    conversions[goal, model] = conversions.get((goal, model), 0) + 1
        return {
            **self._ids,
            "Impressions": self._impressions + (self._invalid if is_before else 0),
            "Clicks": self._clicks + (self._invalid if is_before else 0),
            "Cost": (self._cost + (self._invalid_cost if is_before else 0)) * MICROS_A_KOPECK,
            "Conversions": conversions,
        }


def _put_versions(simulator: YandexDirect, login: str, number: int, day: date, ad_days: Sequence[_AdDay]) -> None:
    """Put every version of a day; rows that do not change are shared by its versions."""
    mornings = sorted({number + 1}.union(*(ad_day.mornings for ad_day in ad_days)))
    known_hour = midnight(day.isoformat()) + KNOWN_HOUR * 3600
    rows = [ad_day.known_on(number + 1) for ad_day in ad_days]
    for morning in mornings:
        rows = [
            ad_day.known_on(morning) if morning in ad_day.mornings else row
            for ad_day, row in zip(ad_days, rows, strict=True)
        ]
        simulator.put_day(instant(known_hour + (morning - number) * DAY), day, rows, login=login)
