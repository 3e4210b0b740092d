"""The truth is what would change if a cause were taken away, and only tests and benchmarks read it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from demo.company import CHANNEL_NAMES, HARVESTING, REPS, SALES_MATERIAL, SLA_CHANGE, build_company
from demo.exports import World
from demo.truth import Truth, quality_on_arrival, truth_of, without_channel

SEGMENT_MEANS = np.array([620_000, 950_000, 780_000, 190_000, 1_100_000]) * 1.106553
"""Mean contract value of a segment in roubles: its median times exp(0.45² / 2)."""


@pytest.fixture(scope="module")
def truth(world: World) -> Truth:
    return truth_of(world)


def _expected(world: World) -> tuple[int, float, float]:
    """Leads, expected wins and expected revenue in minor units, from the causes."""
    leads = world.company.leads
    probability = 1 / (1 + np.exp(-leads.quality))
    segment = world.company.accounts.segment[world.company.people.account[leads.person]]
    return len(leads), float(probability.sum()), float((probability * SEGMENT_MEANS[segment]).sum() * 100)


@pytest.mark.parametrize("channel", CHANNEL_NAMES)
def test_a_company_without_a_channel_misses_exactly_what_the_truth_says(
    world: World, truth: Truth, channel: str
) -> None:
    told = next(row for row in truth.channels if row.channel == channel)
    without = without_channel(world, channel)
    factual, counterfactual = _expected(world), _expected(without)
    assert factual[0] - counterfactual[0] == told.incremental_leads
    assert factual[1] - counterfactual[1] == pytest.approx(told.incremental_wins, abs=1e-9)
    assert factual[2] - counterfactual[2] == pytest.approx(told.incremental_revenue_minor, rel=1e-5, abs=1)
    index = CHANNEL_NAMES.index(channel)
    assert (world.journeys.sessions.channel == index).any()
    assert not (without.journeys.sessions.channel == index).any()
    assert not (without.company.leads.entry == index).any()


@pytest.mark.parametrize("channel", [CHANNEL_NAMES[index] for index in HARVESTING])
def test_without_a_harvesting_channel_the_same_leads_win(world: World, truth: Truth, channel: str) -> None:
    without = without_channel(world, channel)
    told = next(row for row in truth.channels if row.channel == channel)
    assert (told.incremental_leads, told.incremental_wins, told.incremental_revenue_minor) == (0, 0.0, 0)
    assert (without.company.leads.quality == world.company.leads.quality).all()
    assert ((without.sales.outcomes.stop == 4) == (world.sales.outcomes.stop == 4)).all()


def test_whoever_still_comes_without_a_channel_is_the_same_person_with_the_same_luck(world: World) -> None:
    leads, left = world.company.leads, without_channel(world, "webinar").company.leads
    stays = leads.demand != CHANNEL_NAMES.index("webinar")
    for column in ("person", "created_at", "levels", "first_attempt_at", "quality", "luck"):
        expected, found = getattr(leads, column)[stays], getattr(left, column)
        assert np.array_equal(expected, found, equal_nan=column == "first_attempt_at"), column


@pytest.mark.parametrize("change", [change.kind for change in (SLA_CHANGE, SALES_MATERIAL)])
def test_what_sales_did_with_a_lead_does_not_change_what_it_was_on_arrival(
    world: World, truth: Truth, change: str
) -> None:
    company = world.company
    other = build_company(company.seed, "small", company.mix, without_change=change)
    changed = np.abs(other.leads.quality - company.leads.quality) > 1e-9
    assert changed.any()
    found = quality_on_arrival(replace(world, company=other))
    assert list(found) == list(truth.quality_on_arrival) == world.lead_ids
    assert np.array(list(found.values())) == pytest.approx(np.array(list(truth.quality_on_arrival.values())), abs=1e-12)


def test_of_whoever_was_answered_at_once_only_the_rep_is_taken_away(world: World, truth: Truth) -> None:
    leads = world.company.leads
    effect = np.array([rep.effect for rep in REPS])[leads.rep]
    untouched = ~leads.is_branch & (leads.late_effect == 0) & (leads.material_effect == 0)
    arrival, won = np.array(list(truth.quality_on_arrival.values())), np.array(list(truth.quality.values()))
    log_odds = np.log(won / (1 - won)) - np.log(arrival / (1 - arrival))
    assert untouched.sum() > 100
    assert log_odds[untouched] == pytest.approx(effect[untouched], abs=1e-9)


def test_what_a_late_answer_costs_is_told_by_answering_everybody_at_once(world: World, truth: Truth) -> None:
    late = truth.late_answer
    quality, prompt = np.array(list(truth.quality.values())), np.array(list(late.quality_if_prompt.values()))
    assert late.effect == -1.2
    assert list(late.quality_if_prompt) == list(truth.quality) == world.lead_ids
    assert (prompt >= quality).all()
    assert late.mean_gain == pytest.approx(prompt.mean() - quality.mean())
    assert late.mean_gain > 0.02
    leads = world.company.leads
    at_once = leads.first_attempt_at - leads.created_at <= np.timedelta64(300, "s")
    assert (prompt[at_once] == quality[at_once]).all()
    # 37 wins in a thousand leads are lost to waiting, give or take what luck does to 70 of them
    assert len(late.lost_to_waiting) == pytest.approx(
        (prompt - quality).sum(), abs=3 * np.sqrt((prompt - quality).sum())
    )
    won = dict(zip(world.lead_ids, world.sales.outcomes.stop == 4, strict=True))
    assert not any(won[key] for key in late.lost_to_waiting)


def test_the_dated_changes_did_what_their_stories_say(truth: Truth) -> None:
    gains = {change.kind: change.quality - change.quality_without for change in truth.changes}
    assert list(gains) == ["promo", "sales_material", "form", "sla_change"]
    assert gains["promo"] < -0.03
    assert gains["sales_material"] > 0.02
    assert gains["form"] < -0.04
    assert gains["sla_change"] > 0.01
    assert all(change.leads >= 40 for change in truth.changes)


def test_a_change_that_works_through_the_wait_leaves_nothing_when_nobody_minds_waiting(world: World) -> None:
    leads = world.company.leads
    for kind in ("form", "sla_change"):
        other = build_company(world.company.seed, without_change=kind).leads
        assert (other.created_at == leads.created_at).all()
        assert (other.late_effect != leads.late_effect).any()
        assert np.abs((other.quality - other.late_effect) - (leads.quality - leads.late_effect)).max() < 1e-9


def test_wrongly_closed_leads_have_keys_of_the_exports(world: World, truth: Truth) -> None:
    assert truth.wrongly_closed < set(world.lead_ids)
    assert len(truth.wrongly_closed) >= 12


@pytest.mark.parametrize("switch", ["without_channel", "without_change"])
def test_an_unknown_cause_cannot_be_switched_off(switch: str) -> None:
    with pytest.raises(ValueError, match=f"{switch} is 'television'; expected one of"):
        build_company(7, **{switch: "television"})
