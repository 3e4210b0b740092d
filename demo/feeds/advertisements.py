"""The ads of the company's Direct campaigns: what the cabinet lists, the counter writes down and the CRM's tags name.

A campaign has one to three groups with one to three ads each. Some ads were deleted half-way; nobody clicks them after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from demo.campaigns import Campaign
from demo.company import local_instant
from demo.exports.marketing import TAGS
from demo.randomness import Flags, Ints, Times

SITE = "https://severny-veter.example.com"
AD_DELETED_ON = "2026-01-15"
"""Moscow day from which deleted ads are gone."""
KEYWORDS = ("wms", "учет_склада", "адресное_хранение", "автоматизация_склада")
LANDINGS = {"brand_search": "/", "retargeting": "/tarify"}
"""Page that a channel's ads lead to; the others lead to /wms."""


@dataclass(frozen=True)
class Ad:
    """An ad of a Direct campaign. `campaign` is its position among the company's campaigns, `weight` its share inside the campaign.

    `deleted_on` is the Moscow day on which it was deleted, empty while it lives. `query` are the tags of its link.
    """

    ad_id: int
    group_id: int
    campaign: int
    weight: int
    deleted_on: str
    query: str


@cache
def direct_ads(campaigns: tuple[Campaign, ...]) -> tuple[Ad, ...]:
    """Return all ads of a company's campaigns in Yandex Direct, by campaign, group and place."""
    ads = []
    mine = [n for n, campaign in enumerate(campaigns) if campaign.platform == "yandex_direct" and campaign.weight > 0]
    for turn, place in enumerate(mine):
        campaign = campaigns[place]
        source, medium = TAGS[campaign.platform]
        for group in range(1 + turn % 3):
            for number in range(1 + (turn + group) % 3):
                ad_id = int(f"{campaign.campaign_id}{group + 1:02d}{number + 1:02d}")
                tags = (
                    f"utm_source={source}&utm_medium={medium}&utm_campaign={campaign.utm_campaign}&utm_content={ad_id}"
                )
                ads.append(
                    Ad(
                        ad_id=ad_id,
                        group_id=int(f"{campaign.campaign_id}{group + 1:02d}"),
                        campaign=place,
                        weight=6 - 2 * number,
                        deleted_on=AD_DELETED_ON if number == 2 and turn % 2 else "",
                        query=f"{tags}&utm_term={KEYWORDS[turn % len(KEYWORDS)]}",
                    )
                )
    return tuple(ads)


def is_alive(ads: Sequence[Ad], at: Times) -> Flags:
    """Tell at which instants (n) which of the ads (k) are not yet deleted: n × k."""
    ends = np.array([local_instant(ad.deleted_on or "9999-12-31") for ad in ads], dtype="datetime64[s]")
    alive: Flags = at[:, None] < ends[None, :]
    return alive


def clicked_ads(rng: np.random.Generator, ads: Sequence[Ad], campaign: Ints, at: Times) -> Ints:
    """Draw the ad that was clicked, as its position in `ads`; -1 where the campaign is none of Direct's."""
    of_campaign = np.array([ad.campaign for ad in ads])
    weights = np.array([ad.weight for ad in ads])
    drawn = np.full(len(campaign), -1)
    points = rng.random(len(campaign))
    for position in np.unique(of_campaign):
        rows = np.flatnonzero(campaign == position)
        places = np.flatnonzero(of_campaign == position)
        cumulated = np.cumsum(is_alive([ads[n] for n in places.tolist()], at[rows]) * weights[places], axis=1)
        found = (points[rows, None] * cumulated[:, -1:] >= cumulated).sum(axis=1)
        drawn[rows] = places[np.minimum(found, len(places) - 1)]
    return drawn
