"""The company's web visits in the simulator of Yandex Metrika.

A visit is known at 04:00 Moscow of the next day. Robots' visits are taken back two days later, and one visit in a hundred is
still growing: within three days it is longer and has one goal more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from demo.company import CHANNEL_NAMES
from demo.exports.identities import World
from demo.exports.marketing import TAGS, referrers_of
from demo.exports.notation import pick
from demo.feeds.advertisements import SITE
from demo.feeds.bookkeeping import MetrikaBooks
from demo.feeds.clicks import SessionClicks, session_clicks
from demo.feeds.times import instant, local_days_of, midnight, moscow_hour
from demo.feeds.yandex_direct import GOAL_IDS
from demo.journeys import GOALS, LANDING_PAGES
from demo.randomness import MOSCOW_OFFSET, Flags, Ints, Times, generator_for
from demo.simulators.yandex_metrika import YandexMetrika

KNOWN_HOUR = 4
COUNTER_MADE_ON = "2024-12-01"
CHANGED_SHARE = 0.01
EMAIL_SHARE = 0.002
"""Share of visits that came by a link with an e-mail in its query, as careless mailings write them."""
DAY = 86_400
VISIT_STEP = 0x9E3779B97F4A7C15
"""Odd, so its multiples are different 64-bit numbers; half of them are beyond what signed 64 bits hold."""
SEARCH_ENGINES = {"yandex.ru": "yandex", "google.com": "google", "bing.com": "bing"}
REFERERS = {
    "yandex.ru": "https://yandex.ru/search/?text=wms+система&lr=213",
    "google.com": "https://www.google.com/",
    "bing.com": "https://www.bing.com/search?q=wms",
    "vk.com": "https://vk.com/feed?section=ads",
}
PAGES = tuple(SITE + page for page in LANDING_PAGES)
Columns = dict[str, list[Any]]


def fill_yandex_metrika(
    simulator: YandexMetrika, world: World, *, counter: int, with_hits: bool = False
) -> MetrikaBooks:
    """Put the counter, its goals and every visit of `world.journeys.sessions`; return the mess that was put.

    with_hits : also put the page views and downloads of every visit, and their ids into the visits.
    """
    begins = instant(midnight(COUNTER_MADE_ON))
    simulator.put_counter(
        {
            "id": counter,
            "name": "Северный Ветер",
            "site": SITE.removeprefix("https://"),
            "status": "Active",
            "time_zone_name": "Europe/Moscow",
        },
        begins,
    )
    for name, goal_id in GOAL_IDS.items():
        simulator.put_goal(
            counter, {"id": goal_id, "name": name, "type": "action", "default_price": 0, "is_retargeting": 0}, begins
        )
    sessions = world.journeys.sessions
    count = len(sessions.lead)
    rng = generator_for(world.company.seed, "feeds/yandex_metrika")
    has_email = (rng.random(count) < EMAIL_SHARE) & ~sessions.is_bot
    columns = _visits(world, session_clicks(world), has_email)
    known = moscow_hour(local_days_of(sessions.started_at) + 1, KNOWN_HOUR)
    mornings = {second: instant(second) for second in np.unique(known).tolist()}
    known_at = [mornings[second] for second in known.tolist()]
    if with_hits:
        hits, hit_known_at = _hits(world, columns, known_at)
        columns["watchIDs"] = _watches(hits, sessions.page_views)
        simulator.put_hits(counter, hits, hit_known_at)
    simulator.put_visits(counter, columns, known_at)

    robots = np.flatnonzero(sessions.is_bot)
    for place in robots.tolist():
        simulator.delete_visit(counter, columns["visitID"][place], instant(int(known[place]) + 2 * DAY))
    changed = np.flatnonzero((rng.random(count) < CHANGED_SHARE) & ~sessions.is_bot)
    for place, days in zip(changed.tolist(), rng.integers(1, 4, len(changed)).tolist(), strict=True):
        visit = _grown({name: column[place] for name, column in columns.items()})
        simulator.put_visit(counter, visit, instant(int(known[place]) + days * DAY))
    ids = columns["visitID"]
    return MetrikaBooks(
        robots=tuple(ids[place] for place in robots.tolist()),
        changed=tuple(ids[place] for place in changed.tolist()),
        with_email=tuple(ids[place] for place in np.flatnonzero(has_email).tolist()),
    )


def _grown(visit: dict[str, Any]) -> dict[str, Any]:
    """The visit's later version: one page and two minutes longer, a download at its end."""
    duration = visit["visitDuration"] + 120
    ended = np.datetime64(visit["dateTimeUTC"].replace(" ", "T")) + np.timedelta64(duration, "s") + MOSCOW_OFFSET
    return {
        **visit,
        "pageViews": visit["pageViews"] + 1,
        "visitDuration": duration,
        "bounce": 0,
        "goalsID": [*visit["goalsID"], GOAL_IDS["content_download"]],
        "goalsSerialNumber": [*visit["goalsSerialNumber"], len(visit["goalsID"]) + 1],
        "goalsDateTime": [*visit["goalsDateTime"], str(ended).replace("T", " ")],
        "goalsPrice": [*visit["goalsPrice"], 0],
        "goalsOrder": [*visit["goalsOrder"], ""],
        "goalsCurrency": [*visit["goalsCurrency"], ""],
    }


def visit_ids(count: int) -> list[str]:
    """Return the id of each session's visit, by position."""
    return (np.arange(1, count + 1, dtype=np.uint64) * np.uint64(VISIT_STEP)).astype(str).tolist()


def _texts(times: Times) -> list[str]:
    """Write instants as `2026-03-01 07:02:11`."""
    return np.char.replace(times.astype("datetime64[s]").astype(str), "T", " ").tolist()


def _visits(world: World, clicks: SessionClicks, has_email: Flags) -> Columns:
    sessions = world.journeys.sessions
    count = len(sessions.lead)
    domains = referrers_of(sessions.channel, sessions.campaign)
    start = _start_addresses(world, clicks, has_email)
    first_of_client = np.zeros(count, dtype=np.int64)
    first_of_client[np.unique(sessions.client, return_index=True)[1]] = 1
    empty: list[Any] = []
    goal_ids = [0, *GOAL_IDS.values()]
    reached = [[goal_ids[goal]] if goal else empty for goal in sessions.goal.tolist()]
    with_goal = np.flatnonzero(sessions.goal)
    after = np.minimum(sessions.duration[with_goal] // 2, 30).astype("timedelta64[s]")
    goal_times = [empty] * count
    for place, at in zip(
        with_goal.tolist(), _texts(sessions.started_at[with_goal] + MOSCOW_OFFSET + after), strict=True
    ):
        goal_times[place] = [at]
    ads, campaigns = clicks.ads, world.company.campaigns
    campaign_ids = [int(campaigns[ad.campaign].campaign_id) for ad in ads]
    has_ad = clicks.ad >= 0
    return {
        "visitID": visit_ids(count),
        "clientID": sessions.client.astype(str).tolist(),
        "dateTimeUTC": _texts(sessions.started_at),
        "startURL": start,
        "endURL": pick(PAGES, (sessions.landing + sessions.page_views) % len(PAGES)),
        "referer": _referers(domains, has_ad),
        "pageViews": sessions.page_views.tolist(),
        "visitDuration": sessions.duration.tolist(),
        "bounce": ((sessions.page_views == 1) & (sessions.duration < 15)).astype(np.int64).tolist(),
        "isNewUser": first_of_client.tolist(),
        "goalsID": reached,
        "goalsSerialNumber": [[1] if goals else empty for goals in reached],
        "goalsDateTime": goal_times,
        "goalsPrice": [[0] if goals else empty for goals in reached],
        "goalsOrder": [[""] if goals else empty for goals in reached],
        "goalsCurrency": [[""] if goals else empty for goals in reached],
        "lastDirectClickOrder": [campaign_ids[n] if n >= 0 else 0 for n in clicks.ad.tolist()],
        "lastDirectBannerGroup": [ads[n].group_id if n >= 0 else 0 for n in clicks.ad.tolist()],
        "lastDirectClickBanner": [ads[n].ad_id if n >= 0 else 0 for n in clicks.ad.tolist()],
        **_sources(world, domains, has_ad),
        **_tags(world, clicks),
        "regionCountry": ["Russia"] * count,
        "deviceCategory": pick(("1", "2"), (sessions.client % 3 == 0).astype(np.int64)),
    }


def _sources(world: World, domains: list[str], has_ad: Flags) -> Columns:
    """Where the counter says that visits came from: only what an address, a tag or a click id can tell."""
    sessions = world.journeys.sessions
    kinds, engines, referring, searching, social = [], [], [], [], []
    mail, organic = CHANNEL_NAMES.index("email"), CHANNEL_NAMES.index("organic_search")
    is_bought = [campaign.click_cost > 0 for campaign in world.company.campaigns]
    rows = zip(
        sessions.channel.tolist(), sessions.campaign.tolist(), sessions.is_tagged.tolist(), domains, has_ad.tolist(),
        strict=True,
    )  # fmt: skip
    for channel, campaign, is_tagged, domain, is_direct in rows:
        is_ad = is_direct or (campaign >= 0 and is_bought[campaign] and is_tagged)
        if is_ad:
            kind = "ad"
        elif channel == mail and is_tagged:
            kind = "email"
        elif channel == organic:
            kind = "organic"
        elif domain == "vk.com":
            kind = "social"
        else:
            kind = "referral" if domain else "direct"
        kinds.append(kind)
        engines.append("ya_direct" if is_direct else "vk" if is_ad else "")
        referring.append(domain if kind == "referral" else "")
        searching.append(SEARCH_ENGINES.get(domain, "") if kind == "organic" else "")
        social.append("vkontakte" if kind == "social" else "")
    return {
        "lastTrafficSource": kinds,
        "lastAdvEngine": engines,
        "lastReferalSource": referring,
        "lastSearchEngine": searching,
        "lastSocialNetwork": social,
    }


def _queries(world: World, clicks: SessionClicks) -> tuple[list[str], list[str]]:
    """Tags of a link, as its query: of each ad of Direct, and of each campaign elsewhere."""
    elsewhere = [
        "utm_source={}&utm_medium={}&utm_campaign={}".format(*TAGS[campaign.platform], campaign.utm_campaign)
        for campaign in world.company.campaigns
    ]
    return [ad.query for ad in clicks.ads], elsewhere


def _start_addresses(world: World, clicks: SessionClicks, has_email: Flags) -> list[str]:
    sessions = world.journeys.sessions
    of_ads, elsewhere = _queries(world, clicks)
    addresses = []
    rows = zip(
        sessions.landing.tolist(), sessions.campaign.tolist(), sessions.is_tagged.tolist(), clicks.ad.tolist(),
        clicks.click_id.tolist(), has_email.tolist(), sessions.lead.tolist(),
        strict=True,
    )  # fmt: skip
    for landing, campaign, is_tagged, ad, click_id, is_careless, lead in rows:
        query = []
        if is_tagged and campaign >= 0:
            query.append(of_ads[ad] if ad >= 0 else elsewhere[campaign])
        if ad >= 0:
            query.append(f"yclid={click_id}")
        if is_careless:
            person = world.company.leads.person[lead] if lead >= 0 else -1
            name = world.emails[person].partition("@")[0] if person >= 0 else f"visitor{click_id % 10**6}"
            query.append(f"email={name}%40example.com" if landing % 2 else f"email={name}@example.com")
        page = PAGES[landing]
        addresses.append(f"{page}?{'&'.join(query)}" if query else page)
    return addresses


def _tags(world: World, clicks: SessionClicks) -> Columns:
    """The tags of the first address, field by field."""
    sessions = world.journeys.sessions
    of_ads, elsewhere = _queries(world, clicks)
    texts = ["", *of_ads, *elsewhere]
    parsed = [dict(part.split("=", 1) for part in text.split("&")) if text else {} for text in texts]
    index = np.where(clicks.ad >= 0, 1 + clicks.ad, 1 + len(of_ads) + sessions.campaign)
    index = np.where(sessions.is_tagged & (sessions.campaign >= 0), index, 0).tolist()
    return {
        f"UTM{name}": [parsed[n].get(f"utm_{name.lower()}", "") for n in index]
        for name in ("Source", "Medium", "Campaign", "Content", "Term")
    }


def _referers(domains: list[str], has_ad: Flags) -> list[str]:
    return [
        "https://yabs.yandex.ru/count/?src=ad"
        if is_direct
        else REFERERS.get(domain, f"https://{domain}/" if domain else "")
        for domain, is_direct in zip(domains, has_ad.tolist(), strict=True)
    ]


def _hits(world: World, visits: Columns, known_at: list[datetime]) -> tuple[Columns, list[datetime]]:
    """Page views of every visit in its order; a visit with a download has that as its last hit."""
    sessions = world.journeys.sessions
    visit = np.repeat(np.arange(len(sessions.lead)), sessions.page_views)
    turn = np.arange(len(visit)) - np.repeat(np.cumsum(sessions.page_views) - sessions.page_views, sessions.page_views)
    step = sessions.duration[visit] * turn // sessions.page_views[visit]
    is_last = turn == sessions.page_views[visit] - 1
    is_download = is_last & (sessions.goal[visit] == GOALS.index("content_download"))
    places = ((sessions.landing[visit] + turn) % len(PAGES)).tolist()
    first = (turn == 0).tolist()
    whose = visit.tolist()
    addresses = [
        visits["startURL"][n] if is_first else f"{SITE}/files/checklist.pdf" if downloads else PAGES[place]
        for n, is_first, downloads, place in zip(whose, first, is_download.tolist(), places, strict=True)
    ]
    ids = np.arange(1, len(visit) + 1, dtype=np.uint64) * np.uint64(VISIT_STEP + 2)
    columns: Columns = {
        "watchID": ids.astype(str).tolist(),
        "clientID": [visits["clientID"][n] for n in whose],
        "dateTimeUTC": _texts(sessions.started_at[visit] + step.astype("timedelta64[s]")),
        "URL": addresses,
        "referer": [visits["referer"][n] if is_first else SITE for n, is_first in zip(whose, first, strict=True)],
        "isPageView": (~is_download).astype(np.int64).tolist(),
        "download": is_download.astype(np.int64).tolist(),
    }
    return columns, [known_at[n] for n in whose]


def _watches(hits: Columns, page_views: Ints) -> list[Any]:
    ends = np.cumsum(page_views).tolist()
    return [hits["watchID"][end - views : end] for end, views in zip(ends, page_views.tolist(), strict=True)]
