"""Companies of other sizes and other mixes: as large as said, different, plausible, and the same again from a seed."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.campaigns import ALL_CAMPAIGNS, CAMPAIGNS
from demo.company import CHANNEL_NAMES, FREE_AUDIT, REPS
from demo.exports import World, build_world
from demo.mixes import CHANNELS, DEFAULT_MIX, Mix, mixes
from demo.truth import truth_of


def _arrays(value: Any) -> list[np.ndarray]:
    """Every array inside nested dataclasses, in the order of their fields."""
    if isinstance(value, np.ndarray):
        return [value]
    if dataclasses.is_dataclass(value):
        return [array for field in dataclasses.fields(value) for array in _arrays(getattr(value, field.name))]
    return []


@pytest.fixture(scope="module")
def medium() -> World:
    return build_world(size="medium")


@pytest.fixture(scope="module")
def hundred() -> list[Mix]:
    return mixes(100, seed=1)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), number=st.integers(0, 5))
def test_the_same_seed_and_mix_give_the_same_world(seed: int, number: int) -> None:
    mix = mixes(number + 1, seed)[number]
    first, again = _arrays(build_world(seed, mix=mix)), _arrays(build_world(seed, mix=mix))
    assert len(first) > 60
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one, other, equal_nan=one.dtype.kind in "fM")


def test_a_medium_company_has_eighteen_months_of_eight_thousand_leads_and_sixty_campaigns(medium: World) -> None:
    leads, sessions = medium.company.leads, medium.journeys.sessions
    assert len(leads) == 8_000
    assert len(sessions.lead) == pytest.approx(250_000, rel=0.02)
    assert len(np.unique(leads.created_at.astype("datetime64[M]"))) == 18
    run = np.union1d(medium.journeys.delivery.campaign, leads.campaign[leads.campaign >= 0])
    assert len(run) == len(ALL_CAMPAIGNS) == 60
    assert sum(campaign.platform == "yandex_direct" for campaign in ALL_CAMPAIGNS) == 40
    assert ALL_CAMPAIGNS[: len(CAMPAIGNS)] == CAMPAIGNS
    assert len({campaign.campaign_id for campaign in ALL_CAMPAIGNS}) == 60
    assert len({campaign.utm_campaign for campaign in ALL_CAMPAIGNS}) == 60


def test_a_medium_company_is_made_within_three_seconds() -> None:
    started = time.process_time()
    build_world(size="medium")
    assert time.process_time() - started < 3.0


def test_campaigns_bring_leads_only_while_they_run_and_some_are_renamed(medium: World) -> None:
    leads = medium.company.leads
    day = (leads.created_at + np.timedelta64(3, "h")).astype("datetime64[D]")
    for position, campaign in enumerate(ALL_CAMPAIGNS):
        brought = day[leads.campaign == position]
        assert (brought >= np.datetime64(campaign.started_on)).all(), campaign.name
        assert not campaign.ended_on or (brought < np.datetime64(campaign.ended_on)).all(), campaign.name
    renamed = [campaign for campaign in ALL_CAMPAIGNS if campaign.renamed_on]
    assert len(renamed) >= 5
    assert all(campaign.started_on < campaign.renamed_on for campaign in renamed)
    assert all(campaign.former_name not in ("", campaign.name) for campaign in renamed)
    assert sum(campaign.ended_on != "" for campaign in ALL_CAMPAIGNS) >= 12


def test_a_small_company_has_only_the_campaigns_of_every_size(world: World) -> None:
    assert world.company.campaigns == CAMPAIGNS
    assert world.journeys.sessions.campaign.max() < len(CAMPAIGNS)


def test_mixes_are_the_same_from_a_seed_and_fewer_are_the_first_of_them(hundred: list[Mix]) -> None:
    assert mixes(7, seed=1) == hundred[:7]
    assert len(set(hundred)) == 100
    assert mixes(1, seed=2) != hundred[:1]
    assert mixes(0, seed=1) == []
    with pytest.raises(ValueError, match="count is -1; expected 0 or more"):
        mixes(-1, seed=1)


def test_mixes_differ_within_plausible_bounds(hundred: list[Mix]) -> None:
    for mix in hundred:
        shares = np.array([channel.demand_share for channel in mix.channels])
        assert 0.75 <= shares.sum() <= 0.90
        assert [channel.name for channel in mix.channels] == list(CHANNEL_NAMES)
        assert all(
            channel == default
            for channel, default in zip(mix.channels, CHANNELS, strict=True)
            if default.role == "harvest"
        )
        assert 4 <= mix.team_size <= len(REPS)
        assert mix.late_effect == 0 or -2.0 <= mix.late_effect <= -0.6
    assert 10 <= sum(mix.late_effect == 0 for mix in hundred) <= 30
    assert 40 <= sum(mix.has_promo for mix in hundred) <= 80


def test_a_hundred_companies_are_made_within_a_minute_and_all_of_them_sell(hundred: list[Mix]) -> None:
    started = time.process_time()
    rates = []
    for number, mix in enumerate(hundred):
        world = build_world(1_000 + number, mix=mix)
        rates.append((world.sales.outcomes.stop == 4).mean())
    assert time.process_time() - started < 60.0
    assert 0.08 < min(rates) < max(rates) < 0.35


def test_a_company_without_the_promo_has_no_trace_of_it() -> None:
    world = build_world(mix=dataclasses.replace(DEFAULT_MIX, has_promo=False))
    assert not (world.company.leads.campaign == FREE_AUDIT).any()
    assert not (world.journeys.sessions.campaign == FREE_AUDIT).any()
    assert not (world.journeys.delivery.campaign == FREE_AUDIT).any()
    assert [change.kind for change in world.company.changes] == ["sales_material", "form", "sla_change"]
    assert [change.kind for change in truth_of(world).changes] == ["sales_material", "form", "sla_change"]


def test_what_a_mix_says_happens_in_the_world() -> None:
    base = build_world()
    dear = build_world(mix=dataclasses.replace(DEFAULT_MIX, price_factor=3.0))
    of_moscow = ~base.sales.deals.is_branch
    ratio = dear.sales.deals.amount[of_moscow] / base.sales.deals.amount[of_moscow]
    assert np.median(ratio) == pytest.approx(3.0, rel=0.01)
    few = build_world(mix=dataclasses.replace(DEFAULT_MIX, team_size=4, volume=0.5))
    assert len(few.company.leads) == 900 + 80
    assert set(few.company.leads.rep[~few.company.leads.is_branch]) == {0, 1, 2, 3}
    slow = build_world(mix=dataclasses.replace(DEFAULT_MIX, speed_factor=6.0))
    assert slow.company.leads.late_effect.mean() < base.company.leads.late_effect.mean() - 0.1
    harvested = build_world(mix=dataclasses.replace(DEFAULT_MIX, harvest_share=0.8))
    assert (harvested.company.leads.entry >= 6).mean() > (base.company.leads.entry >= 6).mean() + 0.25
