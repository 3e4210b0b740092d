"""What marketing did with people: web sessions with their goals, mailing clicks, lead-form clicks and ad delivery.

Sessions of one lead run from the moment its demand arose to the moment the lead was created: the first is brought by
the channel that created the demand, the last by the channel of entry, those between by whatever brings people back.
Visitors who never become leads are made too, so that a journey that did not convert is not a contradiction in terms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.company import (
    CHANNEL_NAMES,
    CHANNELS,
    ENDS_AT,
    NO_CHANNEL,
    STARTS_AT,
    Company,
    campaign_at,
    local_days,
)
from demo.randomness import MOSCOW_OFFSET, Flags, Ints, Times, generator_for, seconds

GOALS = ("", "form", "demo_request", "chat", "content_download")
"""What a visitor did in a session beyond looking."""
UNPROMPTED = (CHANNEL_NAMES.index("brand_search"), CHANNEL_NAMES.index("direct"))
"""How people come whom no channel made want anything."""
LANDING_PAGES = ("/", "/wms", "/tarify", "/demo", "/keisy", "/blog/inventarizaciya", "/blog/markirovka", "/audit")


@dataclass(frozen=True)
class Sessions:
    """Web sessions by position, ordered by start. `lead` is the lead whose journey it is, -1 for strangers.

    client: number of the web client; a person may have had another one on another device.
    is_tagged: the UTM tags survived (8 % of paid visits lose them to a redirect).
    """

    lead: Ints
    client: Ints
    started_at: Times
    channel: Ints
    campaign: Ints
    goal: Ints
    landing: Ints
    page_views: Ints
    duration: Ints
    is_bot: Flags
    is_tagged: Flags


@dataclass(frozen=True)
class Clicks:
    """What the web counter does not see: clicks of mailings and of lead forms in a social network, webinars seen."""

    lead: Ints
    clicked_at: Times
    campaign: Ints


@dataclass(frozen=True)
class Delivery:
    """Ad delivery per campaign and local day; money in kopecks without VAT."""

    campaign: Ints
    day: NDArray[np.datetime64]
    impressions: Ints
    clicks: Ints
    cost: Ints


@dataclass(frozen=True)
class Journeys:
    """All that marketing's systems saw."""

    sessions: Sessions
    client_of_person: Ints
    mail_clicks: Clicks
    form_clicks: Clicks
    webinars: Clicks
    delivery: Delivery


def _offered(company: Company) -> NDArray[np.float64]:
    """Return 1 for each channel, 0 for the one that this company does not have."""
    return np.array([float(name != company.without_channel) for name in CHANNEL_NAMES])


def _returning(rng: np.random.Generator, company: Company, demand: Ints) -> Ints:
    """Draw the channel of a returning visit: by the channels' revisit weights, the demand's own channel three times."""
    weight = np.array([channel.revisit_weight for channel in CHANNELS]) * _offered(company)
    weights = np.tile(weight, (len(demand), 1))
    rows = np.flatnonzero(demand != NO_CHANNEL)
    weights[rows, demand[rows]] *= 3.0
    cumulated = np.cumsum(weights, axis=1)
    return (rng.random(len(demand))[:, None] * cumulated[:, -1:] >= cumulated).sum(axis=1)


def _leads_sessions(rng: np.random.Generator, company: Company) -> dict[str, NDArray]:
    """Make the sessions of leads: those before the lead, the one it came from, and visits up to 40 days after."""
    leads = company.leads
    is_web = np.isin(leads.way_in, (0, 1, 2)) & ~leads.is_branch
    before = np.where(leads.is_branch, 0, np.where(is_web, leads.visits, leads.visits - 1))
    lead = np.repeat(np.arange(len(leads)), before)
    order = np.arange(len(lead)) - np.repeat(np.cumsum(before) - before, before)
    is_last = order == np.repeat(before, before) - 1
    is_entry = is_last & is_web[lead]
    share = rng.random(len(lead))
    span = leads.created_at[lead] - leads.demanded_at[lead]
    started_at = leads.demanded_at[lead] + (span * share).astype("timedelta64[s]")
    started_at = np.where(order == 0, leads.demanded_at[lead], started_at)
    started_at = np.where(is_entry, leads.created_at[lead] - seconds(rng.uniform(40, 900, len(lead))), started_at)
    channel = _returning(rng, company, leads.demand[lead])
    unprompted_weight = _offered(company)[list(UNPROMPTED)]
    unprompted = rng.choice(UNPROMPTED, len(lead), p=unprompted_weight / unprompted_weight.sum())
    channel = np.where(order == 0, np.where(leads.demand[lead] == NO_CHANNEL, unprompted, leads.demand[lead]), channel)
    channel = np.where(is_entry, leads.entry[lead], channel)
    goal = np.where(is_entry, np.array([1, 2, 3])[np.minimum(leads.way_in[lead], 2)], 0)
    takes = ~is_entry & (rng.random(len(lead)) < np.minimum(leads.downloads[lead] / np.maximum(before[lead], 1), 1.0))
    goal = np.where(takes, 4, goal)
    campaign = np.where(is_entry, leads.campaign[lead], campaign_at(rng, channel, started_at, company.campaigns))

    after = np.where(leads.is_branch, 0, rng.poisson(0.35 + 0.45 * leads.levels[:, 5]))
    lead_after = np.repeat(np.arange(len(leads)), after)
    later = (
        leads.created_at[lead_after] + seconds(rng.exponential(14.0, len(lead_after)), "D") + np.timedelta64(3600, "s")
    )
    channel_after = _returning(rng, company, np.full(len(lead_after), CHANNEL_NAMES.index("email")))
    return {
        "lead": np.concatenate([lead, lead_after]),
        "started_at": np.concatenate([started_at, later]),
        "channel": np.concatenate([channel, channel_after]),
        "campaign": np.concatenate([campaign, campaign_at(rng, channel_after, later, company.campaigns)]),
        "goal": np.concatenate([goal, np.where(rng.random(len(lead_after)) < 0.12, 4, 0)]),
    }


def _strangers_sessions(rng: np.random.Generator, company: Company) -> dict[str, NDArray]:
    """Make the sessions of visitors who never become leads; one in 25 is a robot that the counter recognised."""
    count = company.size.anonymous_clients
    visits = 1 + rng.poisson(0.45, count)
    stranger = np.repeat(np.arange(count), visits)
    first = STARTS_AT + ((ENDS_AT - STARTS_AT) * rng.random(count)).astype("timedelta64[s]")
    started_at = first[stranger] + seconds(rng.exponential(6.0, len(stranger)), "D")
    shares = np.array([0.24, 0.24, 0.24, 0.03, 0.03, 0.05, 0.06, 0.04, 0.07])
    shares *= _offered(company)
    channel = rng.choice(len(CHANNELS), len(stranger), p=shares / shares.sum())
    return {
        "stranger": stranger,
        "started_at": started_at,
        "channel": channel,
        "campaign": campaign_at(rng, channel, started_at, company.campaigns),
        "goal": np.where(rng.random(len(stranger)) < 0.03, 4, 0),
        "is_bot": (rng.random(count) < 0.04)[stranger],
    }


def _sessions(rng: np.random.Generator, company: Company) -> tuple[Sessions, Ints]:
    """Make all sessions and the web client of each person; one early session in seven was on another device."""
    people_count = len(company.people.account)
    client_numbers = rng.choice(10**9, people_count * 2 + company.size.anonymous_clients, replace=False) + 16 * 10**17
    own = _leads_sessions(rng, company)
    strange = _strangers_sessions(rng, company)
    person = company.leads.person[own["lead"]]
    other_device = (own["goal"] == 0) & (rng.random(len(person)) < 0.14)
    client = np.where(other_device, client_numbers[people_count + person], client_numbers[person])
    strangers = len(strange["stranger"])
    columns: dict[str, NDArray] = {
        name: np.concatenate([own[name], strange[name]]) for name in ("started_at", "channel", "campaign", "goal")
    }
    columns["lead"] = np.concatenate([own["lead"], np.full(strangers, -1)])
    columns["client"] = np.concatenate([client, client_numbers[2 * people_count + strange["stranger"]]])
    columns["is_bot"] = np.concatenate([np.zeros(len(person), dtype=bool), strange["is_bot"]])
    count = len(columns["lead"])
    columns["landing"] = rng.integers(0, len(LANDING_PAGES) - 1, count)
    columns["page_views"] = 1 + rng.poisson(np.where(columns["lead"] >= 0, 3.0, 0.7))
    columns["duration"] = np.rint(columns["page_views"] * rng.exponential(45.0, count)).astype(np.int64)
    columns["is_tagged"] = rng.random(count) >= 0.08
    keep = (columns["started_at"] >= STARTS_AT) & (columns["started_at"] < ENDS_AT)
    order = np.argsort(columns["started_at"][keep], kind="stable")
    return Sessions(**{name: values[keep][order] for name, values in columns.items()}), client_numbers[:people_count]


def _mail_clicks(rng: np.random.Generator, company: Company) -> Clicks:
    """Make clicks on links of mailings that lead away from the site (a file, a registration), which the counter
    does not see. People subscribe when their demand arises and stop some weeks after the lead."""
    leads = company.leads
    mails = company.without_channel != "email"
    count = np.where(leads.is_branch, 0, rng.poisson(0.35 + 0.4 * leads.levels[:, 5])) * mails
    lead = np.repeat(np.arange(len(leads)), count)
    span = leads.created_at[lead] - leads.demanded_at[lead] + np.timedelta64(45, "D")
    clicked_at = leads.demanded_at[lead] + (span * rng.random(len(lead))).astype("timedelta64[s]")
    campaign = campaign_at(rng, np.full(len(lead), CHANNEL_NAMES.index("email")), clicked_at, company.campaigns)
    keep = (clicked_at >= STARTS_AT) & (clicked_at < ENDS_AT) & (campaign >= 0)
    order = np.argsort(clicked_at[keep], kind="stable")
    return Clicks(lead=lead[keep][order], clicked_at=clicked_at[keep][order], campaign=campaign[keep][order])


def _form_clicks(rng: np.random.Generator, company: Company) -> Clicks:
    """Make the click behind every lead that filled a form inside the social network."""
    leads = company.leads
    lead = np.flatnonzero((leads.way_in == 4) & ~leads.is_branch & (leads.campaign >= 0))
    return Clicks(
        lead=lead,
        clicked_at=leads.created_at[lead] - seconds(rng.uniform(20, 240, len(lead))),
        campaign=leads.campaign[lead],
    )


def _webinars(rng: np.random.Generator, company: Company) -> Clicks:
    """Make the attendance behind every lead that came from a webinar, at most two days before it."""
    leads = company.leads
    lead = np.flatnonzero((leads.way_in == 5) & ~leads.is_branch & (leads.campaign >= 0))
    attended_at = leads.created_at[lead] - seconds(rng.uniform(1, 48, len(lead)), "h")
    return Clicks(lead=lead, clicked_at=np.maximum(attended_at, STARTS_AT), campaign=leads.campaign[lead])


def _delivery(rng: np.random.Generator, company: Company, sessions: Sessions, form_clicks: Clicks) -> Delivery:
    """Make the cabinets' statistics: every paid session and lead-form click is among the clicks, most clicks are
    of people whom no counter saw; the price of a click drifts up by 12 % a year."""
    days = local_days()
    campaigns = company.campaigns
    paid = [
        position
        for position, campaign in enumerate(campaigns)
        if campaign.click_cost > 0 and campaign.weight > 0 and campaign.channel != company.without_channel
    ]
    seen = np.zeros((len(campaigns), len(days)), dtype=np.int64)
    for clicked, at in ((sessions.campaign, sessions.started_at), (form_clicks.campaign, form_clicks.clicked_at)):
        day = ((at + MOSCOW_OFFSET).astype("datetime64[D]") - days[0]).astype(np.int64)
        known = (clicked >= 0) & (day >= 0)
        np.add.at(seen, (clicked[known], day[known]), 1)
    parts = []
    for position in paid:
        campaign = campaigns[position]
        running = days >= np.datetime64(campaign.started_on)
        if campaign.ended_on:
            running &= days <= np.datetime64(campaign.ended_on)
        running |= seen[position] > 0
        clicks = seen[position] + rng.poisson(9.0 * min(campaign.weight, 3.0), len(days))
        rate = 0.07 if campaign.channel in ("paid_search", "brand_search") else 0.009
        drift = 1.0 + 0.12 * np.arange(len(days)) / 365.0
        cost = np.rint(clicks * campaign.click_cost * drift * np.exp(rng.normal(0, 0.08, len(days))) * 100)
        impressions = clicks + rng.poisson(clicks / rate)
        parts.append(
            (
                np.full(len(days), position)[running],
                days[running],
                impressions[running],
                clicks[running],
                cost.astype(np.int64)[running],
            )
        )
    campaign_column, day_column, impressions, clicks, cost = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Delivery(campaign=campaign_column, day=day_column, impressions=impressions, clicks=clicks, cost=cost)


def build_journeys(company: Company) -> Journeys:
    """Make everything that marketing's systems saw of the company's people."""
    sessions, client_of_person = _sessions(generator_for(company.seed, "sessions"), company)
    form_clicks = _form_clicks(generator_for(company.seed, "form_clicks"), company)
    return Journeys(
        sessions=sessions,
        client_of_person=client_of_person,
        mail_clicks=_mail_clicks(generator_for(company.seed, "mail_clicks"), company),
        form_clicks=form_clicks,
        webinars=_webinars(generator_for(company.seed, "webinars"), company),
        delivery=_delivery(generator_for(company.seed, "delivery"), company, sessions, form_clicks),
    )
