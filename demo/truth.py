"""What really caused the synthetic company's sales. Read by benches and tests; never written into an export.

`truth_of` tells all of it. A channel's true effect is what would be missing without it: the leads whose demand it
created, times the probability that each of them wins. A channel that only harvests demand which others created has an
effect of exactly 0, however often it stands last on the path. `without_channel` builds the company in which the
channel is switched off, so that anybody can subtract.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.company import (
    CHANNEL_NAMES,
    CHANNELS,
    FORM,
    FREE_AUDIT,
    PROMO,
    SALES_MATERIAL,
    SEGMENT_DEAL_MEDIANS,
    SIZES,
    SLA_CHANGE,
    Change,
    Company,
    build_company,
    during,
    of_rep,
    win_probability,
)
from demo.exports.identities import World
from demo.journeys import build_journeys
from demo.randomness import Flags, Floats
from demo.sales import AMOUNT_SPREAD, build_sales


@dataclass(frozen=True)
class ChannelTruth:
    """True contribution of one channel. Money in minor units of roubles; revenue is expected contract value with VAT,
    cost is what the cabinets were paid without VAT (0 for channels without a cabinet)."""

    channel: str
    role: str
    incremental_leads: int
    incremental_wins: float
    incremental_revenue_minor: int
    cost_minor: int


@dataclass(frozen=True)
class LateAnswer:
    """What waiting for the first human attempt really cost.

    effect: log-odds lost by waiting a day (see `demo.company.lateness` for other waits), 0 or negative.
    mean_gain: how much the probability of winning would be higher, averaged over all leads, had every lead been
    answered within five minutes. quality_if_prompt: each lead's probability of winning then, by the lead's key.
    lost_to_waiting: keys of the leads that did not win and then would have, with the same luck.
    """

    effect: float
    mean_gain: float
    quality_if_prompt: dict[str, float]
    lost_to_waiting: frozenset[str]


@dataclass(frozen=True)
class ChangeTruth:
    """What a dated change really did to the leads that it touched.

    leads: how many it touched. quality, quality_without: their mean probability of winning with the change, and for
    the same leads had it not happened.
    """

    kind: str
    started_on: str
    leads: int
    quality: float
    quality_without: float


@dataclass(frozen=True)
class Truth:
    """All that is known about the causes of one company.

    channels: in the order of `demo.company.CHANNELS`. quality: true probability of winning by the lead's key in the
    exports. quality_on_arrival: the same without what was done with the lead after it came. changes: in the order of
    `Company.changes`. wrongly_closed: keys of the leads that sales closed as "not our customer" although they were, and
    nobody had tried to reach them on the day they came.
    """

    channels: tuple[ChannelTruth, ...]
    quality: dict[str, float]
    quality_on_arrival: dict[str, float]
    late_answer: LateAnswer
    changes: tuple[ChangeTruth, ...]
    wrongly_closed: frozenset[str]


def truth_of(world: World) -> Truth:
    """Tell everything that really caused the sales of a company."""
    return Truth(
        channels=tuple(channel_truth(world)),
        quality=true_quality(world),
        quality_on_arrival=quality_on_arrival(world),
        late_answer=late_answer(world),
        changes=tuple(_change_truth(world, change) for change in world.company.changes),
        wrongly_closed=_keys(world, world.sales.outcomes.is_wrongly_closed),
    )


def person_of_record(world: World) -> dict[str, int]:
    """Tell who is behind each record of Moscow's CRM that names a person: contact cards by their key, leads without a card as
    `lead:` and their key. The second and third card of the person who wrote from three addresses are `<key>-2` and `<key>-3`;
    copies of leads that were marked as duplicates or tests are not among them.
    """
    leads = world.company.leads
    moscow = np.flatnonzero(~leads.is_branch)
    carded = moscow[~world.is_lost_contact[moscow]]
    truth = {world.person_ids[person]: person for person in leads.person[carded].tolist()}
    truth |= {f"lead:{world.lead_ids[n]}": int(leads.person[n]) for n in moscow[world.is_lost_contact[moscow]].tolist()}
    of_three_addresses = min(set(leads.person[carded].tolist()) & set(leads.person[leads.has_phone].tolist()))
    return truth | {f"{world.person_ids[of_three_addresses]}-{number}": of_three_addresses for number in (2, 3)}


def _keys(world: World, flags: Flags) -> frozenset[str]:
    """Return the keys of some leads."""
    return frozenset(world.lead_ids[position] for position in np.flatnonzero(flags).tolist())


def true_quality(world: World) -> dict[str, float]:
    """Return the true probability of winning of every lead, by the lead's key in the exports."""
    probability = win_probability(world.company.leads.quality)
    return dict(zip(world.lead_ids, probability.tolist(), strict=True))


def quality_on_arrival(world: World) -> dict[str, float]:
    """Return how good every lead was when it came, by the lead's key in the exports: its true probability of winning
    without what was done with it afterwards. That is who answered, how late, and with which material; the wait has a
    truth of its own (`LateAnswer`). What no record shows of the lead itself, its noise and the origin of its demand,
    is in it.
    """
    leads = world.company.leads
    done_afterwards = of_rep("effect", leads.rep, leads.is_branch) + leads.late_effect + leads.material_effect
    probability = win_probability(leads.quality - done_afterwards)
    return dict(zip(world.lead_ids, probability.tolist(), strict=True))


def expected_revenue(company: Company) -> Floats:
    """Return the expected contract value of each lead in roubles, VAT included: the probability of winning times the
    mean of the log-normal amounts of its segment."""
    leads = company.leads
    mean_amount = SEGMENT_DEAL_MEDIANS * np.exp(AMOUNT_SPREAD**2 / 2) * company.mix.price_factor
    segment = company.accounts.segment[company.people.account[leads.person]]
    return win_probability(leads.quality) * mean_amount[segment]


def channel_truth(world: World) -> list[ChannelTruth]:
    """Return every channel's true contribution, in the order of `demo.company.CHANNELS`."""
    company = world.company
    probability: Floats = win_probability(company.leads.quality)
    revenue = expected_revenue(company)
    delivery = world.journeys.delivery
    campaign_channel = np.array([CHANNEL_NAMES.index(campaign.channel) for campaign in company.campaigns])
    truths = []
    for index, channel in enumerate(CHANNELS):
        created = company.leads.demand == index
        truths.append(
            ChannelTruth(
                channel=channel.name,
                role=channel.role,
                incremental_leads=int(created.sum()),
                incremental_wins=float(probability[created].sum()),
                incremental_revenue_minor=int(np.rint(revenue[created].sum() * 100)),
                cost_minor=int(delivery.cost[campaign_channel[delivery.campaign] == index].sum()),
            )
        )
    return truths


def without_channel(world: World, channel: str) -> World:
    """Build the company that would be if one channel did not exist: its demand never arises, and everybody else is the
    same person, waits as long and has the same luck.

    Raises:
        ValueError: there is no such channel.
    """
    company = _rebuilt(world.company, without_channel=channel)
    return World(company=company, journeys=build_journeys(company), sales=build_sales(company))


def _rebuilt(company: Company, *, without_channel: str = "", without_change: str = "") -> Company:
    """Build a company again from its own seed, size and mix, with something switched off."""
    size = next(name for name, size in SIZES.items() if size == company.size)
    return build_company(
        company.seed, size, company.mix, without_channel=without_channel, without_change=without_change
    )


def late_answer(world: World) -> LateAnswer:
    """Tell what waiting cost, by giving every lead of the company an answer within five minutes."""
    leads = world.company.leads
    as_it_was = win_probability(leads.quality)
    if_prompt = win_probability(leads.quality - leads.late_effect)
    return LateAnswer(
        effect=world.company.mix.late_effect,
        mean_gain=float((if_prompt - as_it_was).mean()),
        quality_if_prompt=dict(zip(world.lead_ids, if_prompt.tolist(), strict=True)),
        lost_to_waiting=_keys(world, (leads.luck >= as_it_was) & (leads.luck < if_prompt)),
    )


def _change_truth(world: World, change: Change) -> ChangeTruth:
    """Build the same leads without the change and compare those that it touched."""
    leads, pace = world.company.leads, world.company.pace
    touched = {
        PROMO.kind: leads.campaign == FREE_AUDIT,
        SALES_MATERIAL.kind: during(pace.proposal_at, change.started_on, change.ended_on),
        FORM.kind: during(leads.created_at, change.started_on, change.ended_on) & np.isin(leads.way_in, (0, 1)),
        SLA_CHANGE.kind: during(leads.created_at, change.started_on, change.ended_on) & ~leads.is_branch,
    }[change.kind]
    without = _rebuilt(world.company, without_change=change.kind).leads
    return ChangeTruth(
        kind=change.kind,
        started_on=change.started_on,
        leads=int(touched.sum()),
        quality=float(win_probability(leads.quality)[touched].mean()),
        quality_without=float(win_probability(without.quality)[touched].mean()),
    )
