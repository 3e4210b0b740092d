"""What marketing's systems export: ad cabinets, web analytics, the mailing tool."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from demo.company import ALL_CAMPAIGNS, CAMPAIGN_IDS, CHANNEL_NAMES
from demo.exports.identities import World
from demo.exports.notation import blank_where, iso_times, pick, russian_times
from demo.exports.rows import Rows, as_dates, write_delimited, write_parquet
from demo.journeys import GOALS, LANDING_PAGES
from demo.randomness import Flags, Ints

TAGS = {
    "yandex_direct": ("yandex", "cpc"),
    "vk_ads": ("vk", "cpc"),
    "mailing": ("mailing", "email"),
    "webinar": ("webinar", "webinar"),
    "partners": ("partner", "referral"),
}
"""utm_source and utm_medium of a platform's links."""
REFERRERS = {
    "paid_search": ("yandex.ru",),
    "brand_search": ("yandex.ru",),
    "paid_social": ("vk.com",),
    "retargeting": ("yandex.ru",),
    "organic_search": ("yandex.ru", "google.com", "bing.com"),
    "webinar": ("webinars.example.com",),
    "referral": ("integrator.example.com", "consulting.example.com"),
    "email": ("",),
    "direct": ("",),
}


def tags_of(campaign: Ints, is_tagged: Flags) -> dict[str, list[str]]:
    """Return utm_source, utm_medium and utm_campaign of each visit; empty where the tags were lost or never set."""
    shown = np.where(is_tagged, campaign, -1)
    return {
        "utm_source": pick([TAGS[c.platform][0] for c in ALL_CAMPAIGNS], shown),
        "utm_medium": pick([TAGS[c.platform][1] for c in ALL_CAMPAIGNS], shown),
        "utm_campaign": pick([c.utm_campaign for c in ALL_CAMPAIGNS], shown),
    }


def referrers_of(channel: Ints, campaign: Ints) -> list[str]:
    """Return the referring domain of each visit: the cabinet's for ads, else one of the channel's in turn."""
    by_platform = [{"yandex_direct": "yandex.ru", "vk_ads": "vk.com"}.get(c.platform, "") for c in ALL_CAMPAIGNS]
    domains = [REFERRERS[name] for name in CHANNEL_NAMES]
    return [
        (by_platform[bought] if bought >= 0 else "") or domains[index][turn % len(domains[index])]
        for turn, (index, bought) in enumerate(zip(channel.tolist(), campaign.tolist(), strict=True))
    ]


def click_id_kinds(campaign: Ints) -> list[str]:
    """Return the kind of click id that the landing address carried: Direct adds its own whatever the tags say."""
    return pick(["yclid" if c.platform == "yandex_direct" else "" for c in ALL_CAMPAIGNS], campaign)


def write_marketing(folder: Path, world: World) -> tuple[dict[str, int], list[Rows]]:
    """Write the files of demo_ads, demo_web and demo_mailing; return rows a file and the rows with their mess."""
    files: dict[str, int] = {}
    written: list[Rows] = []
    for write in (_campaigns, _yandex, _vk, _lead_forms, _visits, _goals, _mailing, _webinars):
        name, count, rows = write(folder, world)
        files[name] = count
        written.append(rows)
    return files, written


def _campaigns(folder: Path, world: World) -> tuple[str, int, Rows]:
    run = [campaign for campaign in world.company.campaigns if campaign.weight > 0]
    rows = Rows(
        "demo_ads",
        "campaigns",
        {
            "campaign_id": [c.campaign_id for c in run],
            "campaign_name": [c.name for c in run],
            "platform": [c.platform for c in run],
            "account": [{"yandex_direct": "sv-direct", "vk_ads": "sv-vk"}.get(c.platform, "") for c in run],
            "start_date": [c.started_on for c in run],
            "end_date": [c.ended_on for c in run],
            "utm_source": [TAGS[c.platform][0] for c in run],
            "utm_medium": [TAGS[c.platform][1] for c in run],
            "utm_campaign": [c.utm_campaign for c in run],
        },
        key="campaign_id",
    )
    return "campaigns.csv", write_delimited(folder / "campaigns.csv", rows, delimiter=","), rows


def _yandex(folder: Path, world: World) -> tuple[str, int, Rows]:
    delivery = world.journeys.delivery
    mine = np.array([c.platform == "yandex_direct" for c in ALL_CAMPAIGNS])[delivery.campaign]
    campaign, cost = delivery.campaign[mine], delivery.cost[mine]
    days = [day.isoformat() for day in as_dates(delivery.day[mine])]
    ids = pick(CAMPAIGN_IDS, campaign)
    rows = Rows(
        "demo_ads",
        "yandex_direct_daily",
        {
            "Row": [f"{campaign_id}/{day}" for campaign_id, day in zip(ids, days, strict=True)],
            "Date": days,
            "CampaignId": ids,
            "AdGroupId": [f"{campaign_id}01" for campaign_id in ids],
            "Impressions": delivery.impressions[mine].tolist(),
            "Clicks": delivery.clicks[mine].tolist(),
            "CostWithoutVat": [f"{value / 100:.2f}" for value in cost.tolist()],
            "CostWithVat": [f"{value / 100:.2f}" for value in (cost * 120 // 100).tolist()],
        },
        key="Row",
    )
    rng = world.rng("yandex")
    rows.plant_duplicates(rng, 2)
    name = "yandex_direct_daily.tsv"
    return name, write_delimited(folder / name, rows, delimiter="\t"), rows


def _vk(folder: Path, world: World) -> tuple[str, int, Rows]:
    delivery = world.journeys.delivery
    mine = np.array([c.platform == "vk_ads" for c in ALL_CAMPAIGNS])[delivery.campaign]
    cost = delivery.cost[mine]
    ids = pick(CAMPAIGN_IDS, delivery.campaign[mine])
    days = as_dates(delivery.day[mine])
    money = pa.decimal128(18, 2)
    rows = Rows(
        "demo_ads",
        "vk_ads_daily",
        {
            "row": [f"{campaign_id}/{day.isoformat()}" for campaign_id, day in zip(ids, days, strict=True)],
            "date": days,
            "ad_plan_id": ids,
            "shows": delivery.impressions[mine].tolist(),
            "clicks": delivery.clicks[mine].tolist(),
            "spent": pa.array([f"{value // 100}.{value % 100:02d}" for value in cost.tolist()]).cast(money).to_pylist(),
            "goals": (delivery.clicks[mine] // 30).tolist(),
        },
        key="row",
    )
    types = {
        "row": pa.string(),
        "date": pa.date32(),
        "ad_plan_id": pa.string(),
        "shows": pa.int64(),
        "clicks": pa.int64(),
        "spent": money,
        "goals": pa.int64(),
    }
    return "vk_ads_daily.parquet", write_parquet(folder / "vk_ads_daily.parquet", rows, types), rows


def _lead_forms(folder: Path, world: World) -> tuple[str, int, Rows]:
    clicks = world.journeys.form_clicks
    people = world.company.leads.person[clicks.lead]
    rows = Rows(
        "demo_ads",
        "vk_lead_forms",
        {
            "click_id": [f"vkl-{7000 + n}" for n in range(len(clicks.lead))],
            "clicked_at": iso_times(clicks.clicked_at),
            "ad_plan_id": pick(CAMPAIGN_IDS, clicks.campaign),
            "crm_contact_id": blank_where(world.is_lost_contact[clicks.lead], pick(world.person_ids, people)),
            "crm_lead_id": pick(world.lead_ids, clicks.lead),
        },
        key="click_id",
    )
    return "vk_lead_forms.csv", write_delimited(folder / "vk_lead_forms.csv", rows, delimiter=","), rows


def _recognised(world: World) -> Ints:
    """Return the person whom the counter knows behind each session, -1 where it knows nobody.

    The CRM's contacts are uploaded to the counter by web client, as its customer import does it, so earlier visits of
    a later lead are recognised too; visits on another device and contacts without a card are not.
    """
    sessions, leads = world.journeys.sessions, world.company.leads
    person = leads.person[sessions.lead]
    is_own = (sessions.lead >= 0) & (world.journeys.client_of_person[person] == sessions.client)
    return np.where(is_own & ~world.is_lost_contact[sessions.lead], person, -1)


def _visits(folder: Path, world: World) -> tuple[str, int, Rows]:
    sessions = world.journeys.sessions
    person = _recognised(world)
    shown_campaign = np.where(sessions.is_tagged, sessions.campaign, -1)
    rows = Rows(
        "demo_web",
        "visits",
        {
            "visit_id": [str(8_000_000_001 + n) for n in range(len(sessions.lead))],
            "client_id": [str(client) for client in sessions.client.tolist()],
            "user_id": pick(world.person_ids, person),
            "date_time": iso_times(sessions.started_at),
            "start_page": pick(LANDING_PAGES, sessions.landing),
            "referrer_domain": referrers_of(sessions.channel, sessions.campaign),
            **tags_of(sessions.campaign, sessions.is_tagged),
            "campaign_id": pick(CAMPAIGN_IDS, shown_campaign),
            "click_id_kind": click_id_kinds(sessions.campaign),
            "page_views": sessions.page_views.tolist(),
            "duration": sessions.duration.tolist(),
            "is_robot": sessions.is_bot.astype(np.int64).tolist(),
            "is_engaged": ((sessions.page_views >= 3) | (sessions.goal > 0)).astype(np.int64).tolist(),
        },
        key="visit_id",
    )
    rng = world.rng("visits")
    rows.plant_duplicates(rng, 4)
    rows.plant_ragged(rng, 2)
    return "web_visits.tsv", write_delimited(folder / "web_visits.tsv", rows, delimiter="\t"), rows


def _goals(folder: Path, world: World) -> tuple[str, int, Rows]:
    sessions = world.journeys.sessions
    reached = np.flatnonzero(sessions.goal > 0)
    person = _recognised(world)[reached]
    at = sessions.started_at[reached] + np.minimum(sessions.duration[reached] // 2, 30).astype("timedelta64[s]")
    shown = sessions.is_tagged[reached]
    referrers = referrers_of(sessions.channel, sessions.campaign)
    rows = Rows(
        "demo_web",
        "goals",
        {
            "goal_id": [f"g{9001 + n}" for n in range(len(reached))],
            "visit_id": [str(8_000_000_001 + n) for n in reached.tolist()],
            "client_id": [str(client) for client in sessions.client[reached].tolist()],
            "user_id": pick(world.person_ids, person),
            "date_time": iso_times(at),
            "goal": pick(GOALS, sessions.goal[reached]),
            "referrer_domain": [referrers[n] for n in reached.tolist()],
            **tags_of(sessions.campaign[reached], shown),
            "campaign_id": pick(CAMPAIGN_IDS, np.where(shown, sessions.campaign[reached], -1)),
            "click_id_kind": click_id_kinds(sessions.campaign[reached]),
        },
        key="goal_id",
    )
    return "web_goals.tsv", write_delimited(folder / "web_goals.tsv", rows, delimiter="\t"), rows


def _mailing(folder: Path, world: World) -> tuple[str, int, Rows]:
    clicks = world.journeys.mail_clicks
    people = world.company.leads.person[clicks.lead]
    rows = Rows(
        "demo_mailing",
        "clicks",
        {
            "click": [f"mc{30001 + n}" for n in range(len(clicks.lead))],
            "clicked": russian_times(clicks.clicked_at),
            "mailing_id": pick(CAMPAIGN_IDS, clicks.campaign),
            "email": pick(world.emails, people),
            "crm_id": blank_where(world.is_lost_contact[clicks.lead], pick(world.person_ids, people)),
            "link": pick(
                ("/files/checklist.pdf", "/files/wms-guide.pdf", "/webinar/reg"), np.arange(len(clicks.lead)) % 3
            ),
        },
        key="click",
    )
    rng = world.rng("mailing")
    rows.plant_unreadable_records(rng, "clicked", ("0000-00-00 00:00:00", "31.02.2026 10:00:00"), "not_a_timestamp")
    rows.plant_duplicates(rng, 3)
    return "mailing_clicks.csv", write_delimited(folder / "mailing_clicks.csv", rows, delimiter=","), rows


def _webinars(folder: Path, world: World) -> tuple[str, int, Rows]:
    webinars = world.journeys.webinars
    people = world.company.leads.person[webinars.lead]
    rows = Rows(
        "demo_mailing",
        "webinars",
        {
            "attendance": [f"wa{501 + n}" for n in range(len(webinars.lead))],
            "joined": russian_times(webinars.clicked_at),
            "webinar_id": pick(CAMPAIGN_IDS, webinars.campaign),
            "email": pick(world.emails, people),
            "crm_id": blank_where(world.is_lost_contact[webinars.lead], pick(world.person_ids, people)),
        },
        key="attendance",
    )
    return "webinar_attendees.csv", write_delimited(folder / "webinar_attendees.csv", rows, delimiter=","), rows
