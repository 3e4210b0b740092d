"""What happened in the synthetic company hangs together, and its causes are told by `demo.truth` alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from demo.company import CAMPAIGNS, CHANNELS, ENDS_AT, FREE_AUDIT, HARVESTING, STARTS_AT, win_probability
from demo.exports import World, build_world
from demo.randomness import generator_for, within_office_hours
from demo.sales import STAGES
from demo.truth import channel_truth, true_quality


def _auc(scores: np.ndarray, won: np.ndarray) -> float:
    """Share of pairs (won, not won) that the score orders rightly; ties count half."""
    winners, losers = scores[won][:, None], scores[~won][None, :]
    return float(((winners > losers) + 0.5 * (winners == losers)).mean())


def test_nothing_happens_before_the_history_or_after_the_exports(world: World) -> None:
    sales, journeys = world.sales, world.journeys
    for times in (
        world.company.leads.created_at,
        journeys.sessions.started_at,
        journeys.mail_clicks.clicked_at,
        sales.contacts.occurred_at,
        sales.stage_events.entered_at,
        sales.payments.paid_at,
        sales.deals.created_at,
    ):
        assert times.min() >= STARTS_AT - np.timedelta64(1, "D")
        assert times.max() < ENDS_AT


def test_a_lead_goes_through_its_stages_in_time_order(world: World) -> None:
    outcomes = world.sales.outcomes
    chain = [world.company.leads.created_at, outcomes.mql_at, outcomes.sql_at, outcomes.proposal_at, outcomes.won_at]
    for earlier, later in itertools.pairwise(chain):
        both = ~np.isnat(earlier) & ~np.isnat(later)
        assert (earlier[both] <= later[both]).all()


def test_the_stage_log_has_skips_steps_back_returns_and_reopened_deals(world: World) -> None:
    outcomes, events = world.sales.outcomes, world.sales.stage_events
    has_sql, has_won = ~np.isnat(outcomes.sql_at), ~np.isnat(outcomes.won_at)
    assert (outcomes.skips_mql & has_sql).sum() >= 10
    assert (outcomes.skips_proposal & has_won).sum() >= 3
    assert (~np.isnat(outcomes.returned_at) & has_sql).sum() >= 10
    assert (~np.isnat(outcomes.reopened_at)).sum() >= 3
    proposals = events.lead[events.stage == STAGES.index("proposal")]
    assert (np.bincount(proposals) > 1).sum() >= 10


def test_sessions_before_a_lead_are_not_later_than_it(world: World) -> None:
    sessions, leads = world.journeys.sessions, world.company.leads
    is_form = np.isin(sessions.goal, (1, 2, 3))
    assert (sessions.lead[is_form] >= 0).all()
    gap = leads.created_at[sessions.lead[is_form]] - sessions.started_at[is_form]
    assert (gap >= np.timedelta64(40, "s")).all()
    assert (gap <= np.timedelta64(900, "s")).all()


def test_harvesting_channels_stand_last_more_often_than_first(world: World) -> None:
    sessions, leads = world.journeys.sessions, world.company.leads
    own = np.flatnonzero((sessions.lead >= 0) & (sessions.started_at <= leads.created_at[sessions.lead]))
    own = own[np.argsort(sessions.lead[own], kind="stable")]
    lead = sessions.lead[own]
    several = np.bincount(lead)[lead] > 1
    own, lead = own[several], lead[several]
    is_first = np.concatenate([[True], lead[1:] != lead[:-1]])
    is_last = np.concatenate([lead[1:] != lead[:-1], [True]])
    harvests = np.isin(sessions.channel[own], HARVESTING)
    assert harvests[is_last].mean() > 1.5 * harvests[is_first].mean()


def test_harvesting_channels_have_no_true_effect_and_cost_money(world: World) -> None:
    truths = {truth.channel: truth for truth in channel_truth(world)}
    for name in ("brand_search", "retargeting", "direct"):
        assert (
            truths[name].incremental_wins
            == truths[name].incremental_leads
            == truths[name].incremental_revenue_minor
            == 0
        )
    assert truths["brand_search"].cost_minor > 0
    assert truths["retargeting"].cost_minor > 0
    assert truths["paid_search"].incremental_wins > 10
    assert sum(truth.incremental_leads for truth in truths.values()) < len(world.company.leads)
    assert sum(truth.cost_minor for truth in truths.values()) == int(world.journeys.delivery.cost.sum())


def test_the_free_audit_brings_leads_and_hardly_any_sales(world: World) -> None:
    leads = world.company.leads
    audit = leads.campaign == FREE_AUDIT
    assert audit.sum() >= 40
    probability = win_probability(leads.quality)
    assert probability[audit].mean() < 0.25 * probability[~audit].mean()


@pytest.fixture(scope="module")
def several_worlds() -> list[World]:
    """Companies of several seeds: one company's AUC is known to about ±0.03, the process's to half of that."""
    return [build_world(seed) for seed in (7, 8, 9, 10)]


def test_on_average_the_matrix_at_creation_orders_leads_worse_than_the_truth_does(several_worlds: list[World]) -> None:
    points = np.array([[0, 10, 20], [0, 10, 20], [0, 15, 30], [0, 10, 20], [0, 5, 10], [0, 5, 10]])
    of_matrix, of_truth = [], []
    for world in several_worlds:
        leads, answers = world.company.leads, world.sales.answers
        known = (answers.level >= 0) & (answers.answered_at <= leads.created_at[answers.lead])
        matrix = np.zeros(len(leads))
        np.add.at(matrix, answers.lead[known], points[answers.criterion[known], answers.level[known]])
        asked = ~leads.is_branch
        won = (world.sales.outcomes.stop == 4)[asked]
        of_matrix.append(_auc(matrix[asked], won))
        of_truth.append(_auc(leads.quality[asked], won))
    assert 0.78 <= np.mean(of_matrix) <= 0.84
    assert 0.86 <= np.mean(of_truth) <= 0.92
    assert np.mean(of_matrix) < np.mean(of_truth) - 0.05


def test_every_lead_has_a_true_quality_under_its_exported_key(world: World) -> None:
    qualities = true_quality(world)
    assert len(qualities) == len(world.company.leads)
    assert all(0 < value < 1 for value in qualities.values())
    assert set(qualities) == set(world.lead_ids)


def test_paid_clicks_hold_every_paid_session_of_the_day(world: World) -> None:
    delivery, sessions = world.journeys.delivery, world.journeys.sessions
    paid = [position for position, campaign in enumerate(CAMPAIGNS) if campaign.click_cost > 0]
    for position in paid:
        assert delivery.clicks[delivery.campaign == position].sum() >= (sessions.campaign == position).sum()
    assert (delivery.impressions >= delivery.clicks).all()
    assert (delivery.cost >= 0).all()


def test_payments_of_a_deal_never_exceed_its_value_and_refunds_never_exceed_payments(world: World) -> None:
    payments, deals = world.sales.payments, world.sales.deals
    net = np.zeros(len(deals.amount), dtype=np.int64)
    np.add.at(net, payments.deal, payments.amount)
    assert (net <= deals.amount).all()
    assert (net >= 0).all()
    whole = (net == deals.amount)[np.unique(payments.deal)]
    assert whole.mean() > 0.7


def test_five_to_six_channels_create_demand_and_three_harvest_it() -> None:
    assert sum(channel.role == "create" for channel in CHANNELS) == 6
    assert sum(channel.role == "harvest" for channel in CHANNELS) == 3
    assert len(CAMPAIGNS) == 25


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-06-02T07:00:00", "2026-06-02T07:00:00"),  # Tuesday 10:00 in Moscow stays
        ("2026-06-02T15:30:00", "2026-06-03T06:30:00"),  # 18:30 goes to the next morning
        ("2026-06-02T03:10:00", "2026-06-02T06:10:00"),  # 06:10 goes to that morning
        ("2026-06-05T16:00:00", "2026-06-08T06:00:00"),  # Friday 19:00 goes to Monday
        ("2026-06-06T09:20:00", "2026-06-08T06:20:00"),  # Saturday noon goes to Monday
    ],
)
def test_instants_outside_office_hours_move_to_the_next_morning(given: str, expected: str) -> None:
    assert within_office_hours(np.array([given], dtype="datetime64[s]"))[0] == np.datetime64(expected)


def test_areas_draw_from_separate_streams() -> None:
    first, again, other = (generator_for(1, area).random(5) for area in ("sessions", "sessions", "deals"))
    assert (first == again).all()
    assert (first != other).all()
