"""What really caused the synthetic company's sales. Read by benches and tests; never written into an export.

A channel's true effect is what would be missing without it: the leads whose demand it created, times the probability
that each of them wins. A channel that only harvests demand which others created has an effect of exactly 0, however
often it stands last on the path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.company import CAMPAIGNS, CHANNEL_NAMES, CHANNELS, SEGMENT_DEAL_MEDIANS, win_probability
from demo.exports.identities import World
from demo.randomness import Floats


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


def true_quality(world: World) -> dict[str, float]:
    """Return the true probability of winning of every lead, by the lead's key in the exports."""
    probability = win_probability(world.company.leads.quality)
    return dict(zip(world.lead_ids, probability.tolist(), strict=True))


def channel_truth(world: World) -> list[ChannelTruth]:
    """Return every channel's true contribution, in the order of `demo.company.CHANNELS`."""
    company = world.company
    leads = company.leads
    probability: Floats = win_probability(leads.quality)
    # The mean of the log-normal amounts that `demo.sales` draws with spread 0.45 around the segment's median.
    mean_amount = SEGMENT_DEAL_MEDIANS * np.exp(0.45**2 / 2)
    value = mean_amount[company.accounts.segment[company.people.account[leads.person]]]
    delivery = world.journeys.delivery
    campaign_channel = np.array([CHANNEL_NAMES.index(campaign.channel) for campaign in CAMPAIGNS])
    truths = []
    for index, channel in enumerate(CHANNELS):
        created = leads.demand == index
        truths.append(
            ChannelTruth(
                channel=channel.name,
                role=channel.role,
                incremental_leads=int(created.sum()),
                incremental_wins=float(probability[created].sum()),
                incremental_revenue_minor=int(np.rint((probability * value)[created].sum() * 100)),
                cost_minor=int(delivery.cost[campaign_channel[delivery.campaign] == index].sum()),
            )
        )
    return truths
