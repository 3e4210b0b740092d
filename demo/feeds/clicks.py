"""What a web session brought along: the ad that was clicked and the vendor's click id. Three systems write it down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.exports.identities import World
from demo.feeds.advertisements import Ad, clicked_ads, direct_ads
from demo.randomness import Ints, generator_for

CLICK_ID_BASE, CLICK_ID_STEP = 10**17, 3_141_592_653_589


@dataclass(frozen=True)
class SessionClicks:
    """By position of the session: `ad` is a position of `ads` or -1, `click_id` the number of yclid.

    entry: by position of the lead, the session with the form, chat or request that became the lead; -1 without one.
    """

    ads: tuple[Ad, ...]
    ad: Ints
    click_id: Ints
    entry: Ints


def session_clicks(world: World) -> SessionClicks:
    """Return what each of the world's sessions brought along."""
    sessions = world.journeys.sessions
    ads = direct_ads(world.company.campaigns)
    rng = generator_for(world.company.seed, "feeds/clicks")
    entry = np.full(len(world.company.leads), -1)
    became = np.flatnonzero((sessions.lead >= 0) & np.isin(sessions.goal, (1, 2, 3)))
    entry[sessions.lead[became]] = became
    return SessionClicks(
        ads=ads,
        ad=clicked_ads(rng, ads, sessions.campaign, sessions.started_at),
        click_id=CLICK_ID_BASE + CLICK_ID_STEP * np.arange(1, len(sessions.lead) + 1),
        entry=entry,
    )
