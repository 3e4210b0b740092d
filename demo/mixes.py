"""What differs between synthetic companies: their channels, teams, prices, noise, and what a late answer costs them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from demo.randomness import generator_for


@dataclass(frozen=True)
class Channel:
    """A way customers come.

    `demand_share` is the share of leads whose demand the channel created (0 for channels that only harvest),
    `effect` the log-odds that this demand adds to winning, `revisit_weight` how often it brings somebody back.
    """

    name: str
    role: str
    demand_share: float
    effect: float
    revisit_weight: float


CHANNELS = (
    Channel("paid_search", "create", 0.24, 0.15, 1.0),
    Channel("paid_social", "create", 0.20, -0.85, 0.8),
    Channel("organic_search", "create", 0.16, 0.35, 1.2),
    Channel("webinar", "create", 0.09, 0.75, 0.4),
    Channel("referral", "create", 0.10, 1.15, 0.3),
    Channel("email", "create", 0.05, 0.30, 1.4),
    Channel("brand_search", "harvest", 0.0, 0.0, 1.6),
    Channel("retargeting", "harvest", 0.0, 0.0, 1.7),
    Channel("direct", "harvest", 0.0, 0.0, 1.5),
)


@dataclass(frozen=True)
class Mix:
    """One company's character.

    channels: as CHANNELS, in the same order, with this company's demand shares and effects.
    harvest_share: share of leads whose last touch only harvested their demand.
    late_effect: log-odds of winning lost by a customer who waits a day for the first human attempt (0 or negative;
    `demo.company.lateness` spreads it over other waits).
    team_size: how many of `demo.company.REPS` work here, from the first. speed_factor: factor on everybody's usual
    wait. duty_share: share of leads outside office hours that somebody on duty answers as if inside them.
    discipline_factor: factor on the reps' discipline. price_factor: factor on contract values.
    has_promo: whether the free audit is advertised. noise: spread of the log-odds that nothing explains.
    volume: factor on the size's number of Moscow's leads.
    """

    channels: tuple[Channel, ...] = CHANNELS
    harvest_share: float = 0.42
    late_effect: float = -1.2
    team_size: int = 8
    speed_factor: float = 1.0
    duty_share: float = 0.5
    discipline_factor: float = 1.0
    price_factor: float = 1.0
    has_promo: bool = True
    noise: float = 0.25
    volume: float = 1.0


DEFAULT_MIX = Mix()
"""Severny Veter, the company of the demo."""
WITHOUT_LATE_EFFECT = 0.2
"""Share of drawn companies whose customers do not mind waiting."""


def mixes(count: int, seed: int) -> list[Mix]:
    """Draw `count` different, plausible companies. The same seed gives the same ones, and fewer give the first of them.

    Raises:
        ValueError: `count` is negative.
    """
    if count < 0:
        raise ValueError(f"count is {count}; expected 0 or more")
    return [_drawn(generator_for(seed, f"mixes/{number}")) for number in range(count)]


def _drawn(rng: np.random.Generator) -> Mix:
    """Draw one company around the default one."""
    return Mix(
        channels=_drawn_channels(rng),
        harvest_share=float(rng.uniform(0.25, 0.60)),
        late_effect=float(-rng.uniform(0.6, 2.0) * (rng.random() >= WITHOUT_LATE_EFFECT)),
        team_size=int(rng.integers(4, 9)),
        speed_factor=float(np.exp(rng.normal(0.0, 0.4))),
        duty_share=float(rng.uniform(0.3, 0.6)),
        discipline_factor=float(rng.uniform(0.80, 1.05)),
        price_factor=float(np.exp(rng.normal(0.0, 0.5))),
        has_promo=bool(rng.random() < 0.6),
        noise=float(rng.uniform(0.15, 0.60)),
        volume=float(rng.uniform(0.8, 1.6)),
    )


def _drawn_channels(rng: np.random.Generator) -> tuple[Channel, ...]:
    """Draw shares and effects of the channels that create demand; together they create 75 to 90 % of it."""
    shares = np.array([channel.demand_share for channel in CHANNELS]) * np.exp(rng.normal(0.0, 0.4, len(CHANNELS)))
    shares *= rng.uniform(0.75, 0.90) / shares.sum()
    shifts = rng.normal(0.0, 0.4, len(CHANNELS))
    return tuple(
        replace(channel, demand_share=float(share), effect=channel.effect + float(shift))
        if channel.role == "create"
        else channel
        for channel, share, shift in zip(CHANNELS, shares, shifts, strict=True)
    )
