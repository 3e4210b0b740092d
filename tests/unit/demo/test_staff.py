"""Who held which lead when, and in which money customers buy."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from demo.company import ENDS_AT, QUALIFIERS, REPS
from demo.exports import World, build_world
from demo.exports.crm import write_crm

LEFT_AT = np.datetime64("2026-02-26T21:00:00")
"""Midnight in Moscow at which Назаров's last day begins not to be a working day any more."""


@pytest.fixture(scope="module")
def medium() -> World:
    return build_world(size="medium")


def _first_rows(world: World) -> np.ndarray:
    """Position of each lead's first assignment, by the order of leads that have one."""
    return np.unique(world.sales.assignments.lead, return_index=True)[1]


def test_every_lead_of_moscow_is_held_by_somebody_before_anybody_tries_it(world: World) -> None:
    leads, assignments = world.company.leads, world.sales.assignments
    first = _first_rows(world)
    lead, at = assignments.lead[first], assignments.assigned_at[first]
    came_early = np.flatnonzero(~leads.is_branch & (leads.created_at < ENDS_AT - np.timedelta64(1, "D")))
    assert np.isin(came_early, lead).all()
    assert not leads.is_branch[lead].any()
    assert (at >= leads.created_at[lead]).all()
    tried_at = leads.first_attempt_at[lead]
    assert (np.isnat(tried_at) | (at <= tried_at)).all()


def test_a_quarter_of_leads_goes_straight_to_a_rep_and_the_others_to_a_qualifier(world: World) -> None:
    assignments = world.sales.assignments
    first = _first_rows(world)
    by_qualifier = np.isin(assignments.owner[first], [person.owner_id for person in QUALIFIERS])
    assert 0.70 < by_qualifier.mean() < 0.80
    assert (by_qualifier == ~world.company.leads.is_straight[assignments.lead[first]]).all()


def test_leads_in_the_hands_of_a_rep_who_leaves_go_to_colleagues(medium: World) -> None:
    sales = medium.sales
    (leaver,) = [rep for rep in REPS if rep.ended_on]
    assert leaver.ended_on == "2026-02-27"
    assert (sales.assignments.assigned_at[sales.assignments.owner == leaver.owner_id] < LEFT_AT).all()
    assert (sales.contacts.occurred_at[sales.contacts.owner == leaver.owner_id] < LEFT_AT).all()
    inherited = sales.assignments.lead[sales.assignments.assigned_at == LEFT_AT]
    assert len(inherited) >= 20
    for lead in inherited.tolist():
        rows = sales.assignments.lead == lead
        owners = sales.assignments.owner[rows & (sales.assignments.assigned_at <= LEFT_AT)].tolist()
        assert leaver.owner_id in owners
        assert owners[-1] in {rep.owner_id for rep in REPS if not rep.ended_on}
    open_deals = np.isin(sales.deals.lead, inherited) & np.isnat(sales.deals.won_at)
    assert not (sales.deals.owner[open_deals] == leaver.owner_id).any()
    heirs = Counter(sales.assignments.owner[sales.assignments.assigned_at == LEFT_AT].tolist())
    assert len(heirs) >= 5, "the work is shared"


def test_returned_leads_go_back_to_marketing_and_some_are_handed_over_twice(world: World) -> None:
    assignments, outcomes = world.sales.assignments, world.sales.outcomes
    qualifiers = [person.owner_id for person in QUALIFIERS]
    by_sales = ~np.isin(assignments.owner, qualifiers)
    returned = np.flatnonzero(~np.isnat(outcomes.returned_at) & ~world.company.leads.is_branch)
    twice = 0
    for lead in returned.tolist():
        mine = np.flatnonzero(assignments.lead == lead)
        back = mine[assignments.assigned_at[mine] == outcomes.returned_at[lead]]
        assert assignments.owner[back].tolist() == [qualifiers[world.company.leads.qualifier[lead]]]
        twice += bool(by_sales[mine[mine < back[0]]].any() and by_sales[mine[mine > back[0]]].any())
    assert len(returned) > 100
    assert twice >= 10


def test_a_few_of_moscows_deals_are_in_other_money_where_the_company_sells_abroad(world: World, medium: World) -> None:
    assert set(world.sales.deals.currency) == {"RUB", "IRR"}
    deals = medium.sales.deals
    assert ((deals.currency == "IRR") == deals.is_branch).all()
    counts = Counter(deals.currency[~deals.is_branch].tolist())
    assert set(counts) == {"RUB", "USD", "KZT"}
    assert all(10 <= counts[code] <= 0.05 * counts["RUB"] for code in ("USD", "KZT"))
    medians = {code: np.median(deals.amount[deals.currency == code]) / 100 for code in counts}
    # 90 roubles a dollar, 18 kopecks a tenge: the same contracts, within what a few dozen deals can tell
    assert 0.5 < medians["USD"] * 90 / medians["RUB"] < 2
    assert 0.5 < medians["KZT"] * 0.18 / medians["RUB"] < 2
    of_account: dict[int, set[str]] = {}
    for account, currency in zip(deals.account.tolist(), deals.currency.tolist(), strict=True):
        of_account.setdefault(account, set()).add(currency)
    assert {len(currencies) for currencies in of_account.values()} == {1}


def test_the_files_name_the_money_of_each_deal(medium: World, tmp_path: Path) -> None:
    write_crm(tmp_path, medium)
    deals = medium.sales.deals
    with (tmp_path / "crm_deals.csv").open(encoding="utf-8-sig", newline="") as file:
        written = {row["ID сделки"]: row["Валюта"] for row in csv.DictReader(file, delimiter=";")}
    expected = {
        key: "руб." if currency == "RUB" else currency
        for key, currency in zip(medium.deal_ids, deals.currency.tolist(), strict=True)
        if currency != "IRR"
    }
    assert written == expected
