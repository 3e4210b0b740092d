"""The stories of the synthetic company, seen in what happened there by plain arithmetic."""

from __future__ import annotations

import numpy as np

from demo.company import CAMPAIGNS, ENDS_AT, FREE_AUDIT, PUBLIC_HOLIDAYS, REPS, SEGMENT_IN_ICP, SEGMENTS
from demo.exports import World
from demo.sales import REASONS

DAY = np.timedelta64(1, "D")
MOSCOW = np.timedelta64(3, "h")
POINTS = np.array([[0, 10, 20], [0, 10, 20], [0, 15, 30], [0, 10, 20], [0, 5, 10], [0, 5, 10]])


def _local_day(times: np.ndarray) -> np.ndarray:
    return (times + MOSCOW).astype("datetime64[D]")


def _between(times: np.ndarray, first: str, end: str) -> np.ndarray:
    day = _local_day(times)
    return (day >= np.datetime64(first)) & (day < np.datetime64(end))


def _pooled(worlds: list[World], column: str) -> np.ndarray:
    return np.concatenate([getattr(world.company.leads, column) for world in worlds])


def _won(worlds: list[World]) -> np.ndarray:
    """Fate of each lead, told also where the win comes after the exports were taken."""
    return np.concatenate([world.sales.outcomes.stop == 4 for world in worlds])


def test_leads_that_nobody_called_are_closed_as_not_our_customer(world: World) -> None:
    company, leads = world.company, world.company.leads
    outcomes, contacts = world.sales.outcomes, world.sales.contacts
    wrongly = np.flatnonzero(outcomes.is_wrongly_closed)
    assert len(wrongly) >= 12
    assert {REASONS[reason] for reason in outcomes.reason[wrongly]} == {"not_icp"}
    segment = company.accounts.segment[company.people.account[leads.person[wrongly]]]
    assert {SEGMENTS[index] for index in segment} <= {"retail", "manufacturing", "logistics"}
    assert not np.isnat(outcomes.handed_at[wrongly]).any()
    assert not np.isnat(outcomes.closed_at[wrongly]).any()
    first = np.full(len(leads), ENDS_AT)
    np.minimum.at(first, contacts.lead, contacts.occurred_at)
    of_moscow = wrongly[~leads.is_branch[wrongly]]
    assert (_local_day(first[of_moscow]) > _local_day(leads.created_at[of_moscow])).all()


def test_slow_and_careless_reps_close_leads_wrongly_more_often(twenty_worlds: list[World]) -> None:
    rep = _pooled(twenty_worlds, "rep")
    own = ~_pooled(twenty_worlds, "is_branch")
    wrongly = np.concatenate([world.sales.outcomes.is_wrongly_closed for world in twenty_worlds])
    handed = np.concatenate([~np.isnat(world.sales.outcomes.handed_at) for world in twenty_worlds])
    shares = {person.name: wrongly[own & handed & (rep == position)].mean() for position, person in enumerate(REPS)}
    assert shares["Громов И."] > 3 * shares["Соколова А."]


def test_the_free_audit_brings_many_leads_and_no_sales(world: World) -> None:
    leads = world.company.leads
    is_audit = leads.campaign == FREE_AUDIT
    during = _between(leads.created_at, "2025-09-15", "2025-11-15")
    brought = np.bincount(leads.campaign[during & (leads.campaign >= 0)], minlength=len(CAMPAIGNS))
    assert brought.argmax() == FREE_AUDIT
    assert brought[FREE_AUDIT] > 3 * np.median(brought[brought > 0])
    before = _between(leads.created_at, "2025-07-15", "2025-09-15")
    assert during.sum() / 61 > 1.2 * before.sum() / 62
    won = ~np.isnat(world.sales.outcomes.won_at)
    assert won[is_audit].sum() <= 1
    assert won[during & ~is_audit].mean() > 0.12


def test_a_form_without_the_phone_field_brings_more_leads_that_cool_before_they_are_answered(
    twenty_worlds: list[World],
) -> None:
    created_at, way_in = _pooled(twenty_worlds, "created_at"), _pooled(twenty_worlds, "way_in")
    by_form = np.isin(way_in, (0, 1)) & ~_pooled(twenty_worlds, "is_branch")
    periods = {
        "before": by_form & _between(created_at, "2025-11-17", "2025-12-25"),
        "without": by_form & _between(created_at, "2026-01-12", "2026-03-09"),
        "back": by_form & _between(created_at, "2026-03-10", "2026-04-01"),
    }
    days = {"before": 38, "without": 56, "back": 22}
    leads_a_day = {name: rows.sum() / days[name] for name, rows in periods.items()}
    wait = (_pooled(twenty_worlds, "first_attempt_at") - created_at) / np.timedelta64(60, "s")
    hours = {name: np.nanmedian(wait[rows]) / 60 for name, rows in periods.items()}
    won = {name: _won(twenty_worlds)[rows].mean() for name, rows in periods.items()}
    phones = _pooled(twenty_worlds, "has_phone")
    assert leads_a_day["without"] > 1.15 * max(leads_a_day["before"], leads_a_day["back"])
    assert not phones[periods["without"]].any()
    assert phones[periods["before"]].mean() > 0.8
    assert hours["without"] > 4 > 1 > max(hours["before"], hours["back"])
    assert won["without"] < 0.8 * min(won["before"], won["back"])


def test_after_instant_answers_the_same_contacts_convert_better(twenty_worlds: list[World]) -> None:
    created_at = _pooled(twenty_worlds, "created_at")
    own = ~_pooled(twenty_worlds, "is_branch")
    before = own & _between(created_at, "2025-11-17", "2026-01-12")
    after = own & _between(created_at, "2026-04-01", "2026-07-01")
    late_effect = _pooled(twenty_worlds, "late_effect")
    customers = _pooled(twenty_worlds, "quality") - late_effect - _pooled(twenty_worlds, "material_effect")
    met = (_pooled(twenty_worlds, "first_attempt_at") - created_at) <= np.timedelta64(300, "s")
    assert met[after].mean() > 1.6 * met[before].mean()
    assert abs(customers[after].mean() - customers[before].mean()) < 0.1, "the customers are of the same kind"
    assert late_effect[after].mean() > late_effect[before].mean() + 0.2
    assert _won(twenty_worlds)[after].mean() > 1.08 * _won(twenty_worlds)[before].mean()


def test_cases_in_proposals_raise_the_conversion_of_deals(twenty_worlds: list[World]) -> None:
    sent_at = np.concatenate([world.company.pace.proposal_at for world in twenty_worlds])
    stop = np.concatenate([world.sales.outcomes.stop for world in twenty_worlds])
    sent = stop >= 3
    before = sent & _between(sent_at, "2025-02-01", "2025-11-10")
    after = sent & _between(sent_at, "2025-11-10", "2026-07-01")
    assert (stop[after] == 4).mean() > 1.1 * (stop[before] == 4).mean()
    has_cases = _pooled(twenty_worlds, "material_effect") > 0
    assert (has_cases == (_local_day(sent_at) >= np.datetime64("2025-11-10"))).all()


def test_on_public_holidays_few_leads_come_and_nobody_works(world: World) -> None:
    leads, contacts = world.company.leads, world.sales.contacts
    came_on = _local_day(leads.created_at[~leads.is_branch])
    weekdays = np.arange(np.datetime64("2025-01-01"), np.datetime64("2026-07-01"))
    weekdays = weekdays[(weekdays.astype(np.int64) + 3) % 7 < 5]
    worked = weekdays[~np.isin(weekdays, PUBLIC_HOLIDAYS)]
    assert np.isin(came_on, PUBLIC_HOLIDAYS).sum() / len(PUBLIC_HOLIDAYS) < 0.4 * (
        np.isin(came_on, worked).sum() / len(worked)
    )
    # Whoever is on duty answers new leads on holidays too; nothing else happens then.
    is_first = contacts.occurred_at == leads.first_attempt_at[contacts.lead]
    assert not np.isin(_local_day(contacts.occurred_at[~is_first]), PUBLIC_HOLIDAYS).any()


def test_hot_and_middling_leads_are_worked_or_not(world: World) -> None:
    leads, outcomes = world.company.leads, world.sales.outcomes
    points = sum(np.where(leads.answers[:, n] >= 0, POINTS[n][leads.answers[:, n]], 0) for n in range(6))
    handed = ~np.isnat(outcomes.handed_at)
    for low, high in ((70, 111), (50, 70)):
        band = (points >= low) & (points < high) & ~leads.is_branch
        assert (handed & band).sum() >= 50
        assert (~handed & band).sum() >= 30


def test_in_icp_segments_are_those_of_the_definition() -> None:
    assert [name for name, fits in zip(SEGMENTS, SEGMENT_IN_ICP, strict=True) if fits] == [
        "retail",
        "manufacturing",
        "logistics",
    ]
