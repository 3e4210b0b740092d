"""How long customers waited for the first human attempt, and that the wait is what costs wins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from demo.company import ENDS_AT, FREE_AUDIT, QUALIFIERS, REPS, SEGMENTS, WAYS_IN, lateness
from demo.exports import World, build_world
from demo.mixes import DEFAULT_MIX
from demo.sales import CONTACT_KINDS

MINUTE = np.timedelta64(60, "s")
POINTS = np.array([[0, 10, 20], [0, 10, 20], [0, 15, 30], [0, 10, 20], [0, 5, 10], [0, 5, 10]])


def _first_contacts(world: World) -> np.ndarray:
    """Instant of the first human attempt of each lead as the CRM recorded it (D36), NaT where there is none."""
    contacts = world.sales.contacts
    is_attempt = contacts.is_outgoing | contacts.is_answered
    first = np.full(len(world.company.leads), np.datetime64("2100-01-01T00:00:00"))
    np.minimum.at(first, contacts.lead[is_attempt], contacts.occurred_at[is_attempt])
    return np.where(first < ENDS_AT, first, np.datetime64("NaT", "s"))


def _waits(world: World) -> np.ndarray:
    """Minutes until the first attempt of all, NaN for never; from the causes, which know those after the exports too."""
    leads = world.company.leads
    return (leads.first_attempt_at - leads.created_at) / MINUTE


def _wins(world: World) -> np.ndarray:
    return world.sales.outcomes.stop == 4


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0.0, 0.0),
        (5.0, 0.0),
        (84.8528, 0.5),  # √(5 · 1 440) is half way between five minutes and a day
        (1_440.0, 1.0),
        (4_320.0, 1.19400),  # ln 864 / ln 288
        (50_000.0, 1.19400),
        (np.nan, 1.19400),
    ],
)
def test_lateness_grows_with_the_logarithm_of_the_wait(minutes: float, expected: float) -> None:
    assert lateness(np.array([minutes]))[0] == pytest.approx(expected, abs=1e-5)


def test_the_first_attempt_on_record_is_the_one_that_counted(world: World) -> None:
    leads = world.company.leads
    recorded = _first_contacts(world)
    tried = ~np.isnat(leads.first_attempt_at) & (leads.first_attempt_at < ENDS_AT) & ~leads.is_branch
    assert tried.sum() > 1_600
    assert (recorded[tried] == leads.first_attempt_at[tried]).all()


def test_a_lead_that_nobody_tried_on_arrival_waits_for_days_or_for_ever(world: World) -> None:
    leads = world.company.leads
    forgotten = np.isnat(leads.first_attempt_at) & ~leads.is_branch
    wait = (_first_contacts(world) - leads.created_at)[forgotten]
    assert forgotten.sum() >= 20
    assert np.isnat(wait).sum() >= 5
    assert (wait[~np.isnat(wait)] >= np.timedelta64(3, "D")).all()


def test_nights_weekends_and_a_missing_phone_make_customers_wait(world: World) -> None:
    leads = world.company.leads
    wait = _waits(world)
    local = leads.created_at + np.timedelta64(3, "h")
    day = local.astype("datetime64[D]")
    hour = (local - day) / np.timedelta64(1, "h")
    is_weekend = (day.astype(np.int64) + 3) % 7 >= 5
    told = ~np.isnan(wait) & ~leads.is_branch & (leads.way_in != WAYS_IN.index("call"))
    by_day = told & ~is_weekend & (hour >= 9) & (hour < 17) & leads.has_phone
    at_night = told & ~is_weekend & (hour >= 19) & leads.has_phone
    long = wait > 720
    assert np.median(wait[by_day]) < 30
    assert long[by_day].mean() < 0.15
    assert long[at_night].mean() > 2 * long[by_day].mean()
    assert long[told & is_weekend & leads.has_phone].mean() > 2 * long[by_day].mean()
    assert np.median(wait[told & ~leads.has_phone]) > 200


def test_slow_reps_let_customers_wait_and_skill_does_not_go_with_speed(twenty_worlds: list[World]) -> None:
    lost = {}
    for position, rep in enumerate(REPS):
        parts = [
            world.company.leads.late_effect[
                world.company.leads.is_straight
                & ~world.company.leads.is_branch
                & (world.company.leads.rep == position)
                & (world.company.leads.created_at < np.datetime64("2026-01-01"))
            ]
            for world in twenty_worlds
        ]
        lost[rep.name] = float(np.concatenate(parts).mean())
    skill, speed = np.array([rep.effect for rep in REPS]), np.log([rep.median_minutes for rep in REPS])
    assert np.corrcoef(list(lost.values()), speed)[0, 1] < -0.9
    assert lost["Громов И."] < lost["Соколова А."] - 0.4
    assert abs(np.corrcoef(skill, speed)[0, 1]) < 0.1
    assert {person.effect for person in QUALIFIERS} == {0.0}


def _fitted_late_effect(worlds: list[World]) -> float:
    """Coefficient of lateness in a logistic regression of winning on the causes."""
    rows, won = [], []
    for world in worlds:
        company, leads = world.company, world.company.leads
        waited = np.clip(np.nan_to_num(_waits(world), nan=4_320.0), 5.0, 4_320.0)
        segment = company.accounts.segment[company.people.account[leads.person]]
        rows.append(
            np.column_stack(
                [
                    np.log(waited / 5.0) / np.log(288.0),
                    leads.levels,
                    leads.channel_effect,
                    np.eye(len(SEGMENTS))[segment],
                    leads.wants_demo,
                    np.log(leads.visits),
                    np.minimum(leads.downloads, 2),
                    leads.material_effect > 0,
                    leads.campaign == FREE_AUDIT,
                ]
            )
        )
        won.append(_wins(world))
    model = LogisticRegression(C=1e6, max_iter=500).fit(np.concatenate(rows), np.concatenate(won))
    return float(model.coef_[0, 0])


def test_a_logistic_fit_on_the_causes_recovers_the_planted_effect(twenty_worlds: list[World]) -> None:
    # 5 600 wins among 37 600 leads know it to ± 0.05
    assert _fitted_late_effect(twenty_worlds) == pytest.approx(DEFAULT_MIX.late_effect, abs=0.15)


def test_without_the_effect_the_fit_finds_none() -> None:
    patient = replace(DEFAULT_MIX, late_effect=0.0)
    worlds = [build_world(seed, mix=patient) for seed in range(101, 121)]
    assert all((world.company.leads.late_effect == 0).all() for world in worlds)
    assert _fitted_late_effect(worlds) == pytest.approx(0.0, abs=0.15)


def _price_of_lateness(world: World) -> tuple[float, float, float]:
    """Price of the reaction clock in wins as D73 measures it, the wins that matched late leads really lost, and the
    share of late leads without a match. Strata: band × channel × segment × office hours, mature leads handed over."""
    company, leads = world.company, world.company.leads
    mature = leads.created_at < ENDS_AT - np.timedelta64(270, "D")
    rows = np.flatnonzero(mature & ~leads.is_branch & ~np.isnat(world.sales.outcomes.handed_at))
    points = sum(np.where(leads.answers[:, n] >= 0, POINTS[n][leads.answers[:, n]], 0) for n in range(6))
    local = leads.created_at + np.timedelta64(3, "h")
    day = local.astype("datetime64[D]")
    hour = (local - day) / np.timedelta64(1, "h")
    working = (hour >= 9) & (hour < 18) & ((day.astype(np.int64) + 3) % 7 < 5)
    segment = company.accounts.segment[company.people.account[leads.person]]
    stratum = ((np.digitize(points, [50, 70]) * 9 + leads.entry) * 5 + segment) * 2 + working
    is_late, won = ~(_waits(world) <= 5), _wins(world)
    would_win = leads.luck < 1 / (1 + np.exp(-(leads.quality - leads.late_effect)))
    price = lost = unmatched = late_count = 0.0
    for key in np.unique(stratum[rows]):
        members = rows[stratum[rows] == key]
        late, met = members[is_late[members]], members[~is_late[members]]
        late_count += len(late)
        if not len(late) or not len(met):
            unmatched += len(late)
            continue
        price += len(late) * (won[met].mean() - won[late].mean())
        lost += float(would_win[late].sum() - won[late].sum())
    return price, lost, unmatched / late_count


@pytest.mark.parametrize("late_effect", [DEFAULT_MIX.late_effect, 0.0])
def test_strata_of_alike_leads_measure_the_wins_that_waiting_really_lost(late_effect: float) -> None:
    mix = replace(DEFAULT_MIX, late_effect=late_effect)
    measured = np.array([_price_of_lateness(build_world(seed, "medium", mix)) for seed in range(201, 209)])
    difference = measured[:, 0] - measured[:, 1]
    assert abs(difference.mean()) < 3 * difference.std(ddof=1) / np.sqrt(len(difference))
    assert measured[:, 2].max() < 0.30, "D73 tells no price where more late leads than that have no match"
    if late_effect == 0:
        assert (measured[:, 1] == 0).all()
    else:
        assert measured[:, 1].min() > 50
        assert measured[:, 0].mean() > 80


def test_whether_somebody_is_reached_does_not_depend_on_whether_they_buy(twenty_worlds: list[World]) -> None:
    late, won = [], []
    for world in twenty_worlds:
        outcomes, contacts = world.sales.outcomes, world.sales.contacts
        is_contact = contacts.is_answered & (
            (contacts.talk_seconds >= 10) | (contacts.kind != CONTACT_KINDS.index("call"))
        )
        first = np.full(len(world.company.leads), np.datetime64("2100-01-01T00:00:00"))
        np.minimum.at(first, contacts.lead[is_contact], contacts.occurred_at[is_contact])
        old = world.company.leads.created_at < ENDS_AT - np.timedelta64(60, "D")
        rows = old & ~world.company.leads.is_branch & ~np.isnat(outcomes.handed_at)
        late.append((first - outcomes.handed_at)[rows] > np.timedelta64(1, "D"))
        won.append(_wins(world)[rows])
    is_late, is_won = np.concatenate(late), np.concatenate(won)
    assert is_late.sum() > 1_500
    # what is left is that the slow reps, whose customers also waited for the first attempt, are among the late
    assert is_won[is_late].mean() > 0.85 * is_won[~is_late].mean()
