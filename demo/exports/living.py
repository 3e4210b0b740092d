"""What the living company still exports by hand every morning: the systems beside its three vendors, as far as they know.

VK's cabinet and lead forms, the mailing and webinar tool, the bank's list of payments, the plan, the change journal, the minutes
of the teams' meetings and what the head of sales heard in calls. The CRM's keys in them are those of amoCRM, where a lead and its
deal are one object.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from demo.company import ALL_CAMPAIGNS, CAMPAIGN_IDS, CHANGES, DECISIONS, DISPUTES, local_instant
from demo.exports.identities import World
from demo.exports.marketing import TAGS
from demo.exports.notation import blank_where, iso_times, pick
from demo.exports.rows import Rows, write_delimited
from demo.feeds.amocrm_account import USER_IDS
from demo.randomness import MOSCOW_OFFSET, Flags, Times

SOURCES = ("living_ads", "living_mailing", "living_books")


def write_morning(folder: Path, world: World, morning: datetime) -> dict[str, int]:
    """Write the exports of one morning into `folder` over those of the morning before; returns rows a file.

    morning : aware instant; only what happened before it is written, and of statistics only days that were over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = np.datetime64(int(morning.timestamp()), "s")
    files = {
        "campaigns.csv": _campaigns(world, now),
        "vk_ads_daily.csv": _vk(world, now),
        "vk_lead_forms.csv": _lead_forms(world, now),
        "mailing_clicks.csv": _mailing(world, now),
        "webinar_attendees.csv": _webinars(world, now),
        "bank_payments.csv": _payments(world, now),
        "plan.csv": _plan(),
        "annotations.csv": _annotations(now),
        "decisions.csv": _decisions(now),
        "disputes.csv": _disputes(now),
        "call_reviews.csv": _call_reviews(world, now),
    }
    for name, rows in files.items():
        write_delimited(folder / name, rows, delimiter=",")
    return {name: len(rows.records) for name, rows in files.items()}


def _happened(times: Times, now: np.datetime64) -> Flags:
    return times < now


def _begun(days: list[str], now: np.datetime64) -> list[bool]:
    return [bool(local_instant(day) < now) for day in days]


def _campaigns(world: World, now: np.datetime64) -> Rows:
    own = [c for c in world.company.campaigns if c.platform != "yandex_direct" and c.weight > 0]
    own = [c for c, is_begun in zip(own, _begun([c.started_on for c in own], now), strict=True) if is_begun]
    return Rows(
        "living_ads",
        "campaigns",
        {
            "campaign_id": [c.campaign_id for c in own],
            "campaign_name": [c.name for c in own],
            "platform": [c.platform for c in own],
            "account": ["sv-vk" if c.platform == "vk_ads" else "" for c in own],
            "start_date": [c.started_on for c in own],
            "end_date": [c.ended_on for c in own],
            "utm_source": [TAGS[c.platform][0] for c in own],
            "utm_medium": [TAGS[c.platform][1] for c in own],
            "utm_campaign": [c.utm_campaign for c in own],
        },
        key="campaign_id",
    )


def _vk(world: World, now: np.datetime64) -> Rows:
    delivery = world.journeys.delivery
    is_vk = np.array([c.platform == "vk_ads" for c in ALL_CAMPAIGNS])[delivery.campaign]
    mine = np.flatnonzero(is_vk & (delivery.day < (now + MOSCOW_OFFSET).astype("datetime64[D]")))
    ids, days = pick(CAMPAIGN_IDS, delivery.campaign[mine]), [str(day) for day in delivery.day[mine]]
    return Rows(
        "living_ads",
        "vk_ads_daily",
        {
            "row": [f"{campaign}/{day}" for campaign, day in zip(ids, days, strict=True)],
            "date": days,
            "ad_plan_id": ids,
            "shows": delivery.impressions[mine].tolist(),
            "clicks": delivery.clicks[mine].tolist(),
            "spent": _decimals(delivery.cost[mine].tolist()),
            "goals": (delivery.clicks[mine] // 30).tolist(),
        },
        key="row",
    )


def _decimals(hundredths: list[int]) -> list[str]:
    return [f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}" for value in hundredths]


def _lead_forms(world: World, now: np.datetime64) -> Rows:
    clicks = world.journeys.form_clicks
    mine = np.flatnonzero(_happened(clicks.clicked_at, now))
    return Rows(
        "living_ads",
        "vk_lead_forms",
        {
            "click_id": [f"vkl-{7000 + n}" for n in mine.tolist()],
            "clicked_at": iso_times(clicks.clicked_at[mine]),
            "ad_plan_id": pick(CAMPAIGN_IDS, clicks.campaign[mine]),
            "crm_lead_id": _known_leads(world, clicks.lead[mine], now),
        },
        key="click_id",
    )


def _known_leads(world: World, lead: np.ndarray, now: np.datetime64) -> list[str]:
    """Lead keys, empty where the CRM has none yet."""
    return blank_where(~_happened(world.company.leads.created_at[lead], now), pick(world.lead_ids, lead))


def _people(world: World, lead: np.ndarray, now: np.datetime64) -> list[str]:
    """Contact keys of leads, empty where the CRM has no card, or none yet."""
    leads = world.company.leads
    absent = world.is_lost_contact[lead] | ~_happened(leads.created_at[lead], now)
    return blank_where(absent, pick(world.person_ids, leads.person[lead]))


def _mailing(world: World, now: np.datetime64) -> Rows:
    clicks = world.journeys.mail_clicks
    mine = np.flatnonzero(_happened(clicks.clicked_at, now))
    return Rows(
        "living_mailing",
        "clicks",
        {
            "click": [f"mc{30001 + n}" for n in mine.tolist()],
            "clicked": iso_times(clicks.clicked_at[mine]),
            "mailing_id": pick(CAMPAIGN_IDS, clicks.campaign[mine]),
            "crm_id": _people(world, clicks.lead[mine], now),
        },
        key="click",
    )


def _webinars(world: World, now: np.datetime64) -> Rows:
    webinars = world.journeys.webinars
    mine = np.flatnonzero(_happened(webinars.clicked_at, now))
    return Rows(
        "living_mailing",
        "webinars",
        {
            "attendance": [f"wa{501 + n}" for n in mine.tolist()],
            "joined": iso_times(webinars.clicked_at[mine]),
            "webinar_id": pick(CAMPAIGN_IDS, webinars.campaign[mine]),
            "crm_id": _people(world, webinars.lead[mine], now),
        },
        key="attendance",
    )


def _payments(world: World, now: np.datetime64) -> Rows:
    payments, deals = world.sales.payments, world.sales.deals
    mine = np.flatnonzero(_happened(payments.paid_at, now) & ~deals.is_branch[payments.deal])
    deal = payments.deal[mine]
    amount = payments.amount[mine]
    vat = (np.abs(amount) * 2 + 6) // 12 * np.sign(amount)
    first = pick(world.lead_ids, np.maximum(deals.lead[deal], 0))
    later = pick(world.deal_ids, deal)
    columns: dict[str, list[Any]] = {
        "payment": [f"p{n + 1}" for n in mine.tolist()],
        "deal": [a if lead >= 0 else b for lead, a, b in zip(deals.lead[deal].tolist(), first, later, strict=True)],
        "paid": iso_times(payments.paid_at[mine]),
        "amount": _decimals(amount.tolist()),
        "vat": _decimals(vat.tolist()),
        "currency": deals.currency[deal].tolist(),
    }
    return Rows("living_books", "payments", columns, key="payment")


def _plan() -> Rows:
    months = [str(month) for month in np.arange("2025-01", "2026-07", dtype="datetime64[M]")]
    return Rows(
        "living_books",
        "plan",
        {
            "id": [f"plan-{month}" for month in months],
            "month": months,
            "kpi": ["revenue"] * len(months),
            "minor": [2_600_000_000 + 150_000_000 * number for number in range(len(months))],
            "currency": ["RUB"] * len(months),
        },
        key="id",
    )


def _annotations(now: np.datetime64) -> Rows:
    begun = [change for change in CHANGES if local_instant(change.started_on) < now]
    ended = [change.ended_on if change.ended_on and local_instant(change.ended_on) < now else "" for change in begun]
    return Rows(
        "living_books",
        "annotations",
        {
            "id": [f"n{number + 1}" for number in range(len(begun))],
            "kind": [change.kind for change in begun],
            "from": [change.started_on for change in begun],
            "to": ended,
            "campaign": [change.campaign_id for change in begun],
            "note": [change.note for change in begun],
        },
        key="id",
    )


def _decisions(now: np.datetime64) -> Rows:
    made = [decision for decision in DECISIONS if local_instant(decision.decided_on) < now]
    return Rows(
        "living_books",
        "decisions",
        {
            "id": [f"m{number + 1}" for number in range(len(made))],
            "date": [decision.decided_on for decision in made],
            "campaign": [decision.campaign_id for decision in made],
            "decision": [decision.decision for decision in made],
            "due": [decision.due_on for decision in made],
            "note": [decision.note for decision in made],
        },
        key="id",
    )


def _disputes(now: np.datetime64) -> Rows:
    opened = [dispute for dispute in DISPUTES if local_instant(dispute.opened_on) < now]
    is_settled = [bool(dispute.settled_on) and bool(local_instant(dispute.settled_on) < now) for dispute in opened]
    return Rows(
        "living_books",
        "disputes",
        {
            "id": [f"s{number + 1}" for number in range(len(opened))],
            "opened": [dispute.opened_on for dispute in opened],
            "settled": [dispute.settled_on if ended else "" for dispute, ended in zip(opened, is_settled, strict=True)],
            "raised_by": [dispute.raised_by for dispute in opened],
            "subject": [dispute.subject for dispute in opened],
            "subject_id": [dispute.subject_id for dispute in opened],
            "outcome": [dispute.outcome if ended else "" for dispute, ended in zip(opened, is_settled, strict=True)],
            "note": [dispute.note for dispute in opened],
        },
        key="id",
    )


def _call_reviews(world: World, now: np.datetime64) -> Rows:
    """The table knows the lead and the employee of a call, not the note that amoCRM keeps of it."""
    reviews, contacts = world.call_reviews, world.sales.contacts
    mine = np.flatnonzero(_happened(reviews.reviewed_at, now))
    contact = reviews.contact[mine]
    return Rows(
        "living_books",
        "call_reviews",
        {
            "id": [f"v{n + 1}" for n in mine.tolist()],
            "reviewed": iso_times(reviews.reviewed_at[mine]),
            "lead": pick(world.lead_ids, contacts.lead[contact]),
            "employee": [USER_IDS[owner] for owner in contacts.owner[contact].tolist()],
            "quality": _decimals(reviews.quality[mine].tolist()),
            "objections": reviews.objections_raised[mine].tolist(),
            "handled": reviews.objections_handled[mine].tolist(),
        },
        key="id",
    )
