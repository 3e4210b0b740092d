"""Hand-overs of the living company against the company itself, which no part of the pipeline reads (D30, D36)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from demo.company import ENDS_AT
from demo.feeds import LivingCompany, living_company
from demo.sales import BEFORE_REVIVED_SQL
from orchestration.clock import FixedClock
from tests.conftest import Built

HOUR = np.timedelta64(1, "h")


@pytest.fixture(scope="module")
def company() -> Iterator[LivingCompany]:
    """The company that `living` was built from."""
    with living_company(7, "small", FixedClock()) as company:
        yield company


def episodes_of(company: LivingCompany) -> set[tuple[str, int, object, object, str | None]]:
    """Lead, episode, hand-over, end and outcome of Moscow's leads that are still in the CRM, as the world knows them."""
    outcomes, leads = company.world.sales.outcomes, company.world.company.leads
    gone = {str(lead) for lead in set(company.crm_books.deleted) - set(company.crm_books.restored)}
    told = set()
    for n in np.flatnonzero(~leads.is_branch & ~np.isnat(outcomes.handed_at)).tolist():
        lead = str(company.world.lead_ids[n])
        if lead in gone:
            continue
        ends = [
            (at, outcome)
            for at, outcome in (
                (outcomes.returned_at[n], "returned"),
                (outcomes.sql_at[n], "sql"),
                (outcomes.closed_at[n], "rejected"),
            )
            if not np.isnat(at)
        ]
        at, outcome = min(ends, default=(None, None))
        told.add((lead, 1, _instant(outcomes.handed_at[n]), _instant(at), outcome))
        is_revived = outcome == "returned" and not np.isnat(outcomes.sql_at[n])
        again = outcomes.sql_at[n] - BEFORE_REVIVED_SQL + HOUR
        if is_revived and again < ENDS_AT:
            told.add((lead, 2, _instant(again), _instant(outcomes.sql_at[n]), "sql"))
    return told


def _instant(at: np.datetime64 | None) -> object:
    return None if at is None else at.astype("datetime64[s]").item()


def test_every_hand_over_begins_and_ends_when_the_world_says(living: Built, company: LivingCompany) -> None:
    found = set(living.query("select lead_id, episode, handed_over_at, ended_at, outcome from marts.fct_handovers"))
    expected = episodes_of(company)
    assert len(expected) > 1_000
    assert Counter(episode for _, episode, *_ in expected)[2] > 10
    assert {row for row in expected if row not in found} == set()
    assert {row for row in found if row not in expected} == set()


def test_a_lead_is_accepted_between_its_hand_over_and_its_end(living: Built) -> None:
    accepted, implied, wrong = living.query(
        """
        select
            count(accepted_at) filter (where not is_accepted_implied),
            count(*) filter (where is_accepted_implied),
            count(*) filter (where accepted_at < handed_over_at or accepted_at > ended_at)
        from marts.fct_handovers
        """
    )[0]
    assert accepted > 500
    assert implied > 0
    assert wrong == 0


def test_confirmations_are_timed_because_amocrm_has_a_step_between_acceptance_and_sql(living: Built) -> None:
    """D32: the clock runs from the stage Взят в работу to the SQL or the return, and most of the leads wait for hours."""
    clocks = living.query(
        """
        select clocks.state, clocks.clock_minutes > 0
        from marts.fct_sla_clocks as clocks
        inner join marts.fct_handovers as handovers using (lead_id, episode)
        where clocks.clock = 'confirmation' and handovers.outcome in ('sql', 'returned')
        and not handovers.is_accepted_implied
        """
    )
    assert len(clocks) > 500
    assert {state for state, _ in clocks} <= {"met", "late", "breached"}
    assert sum(is_above_zero for _, is_above_zero in clocks) > len(clocks) // 2


def test_the_matrix_gives_one_grade_for_the_same_answers_in_python_and_in_sql(living: Built) -> None:
    """The score at creation is worked out by `ml`, that at the hand-over by the models."""
    same, differing = living.query(
        """
        with answered as (
            select lead_id, moment, list((criterion, level) order by criterion) as answers
            from marts.fct_lead_score_points where scorer = 'matrix' group by all
        ),

        graded as (
            select lead_id, moment, answers, score, score_if_best, band, gate_failed, missing_criteria, is_cold_because_unknown
            from marts.fct_lead_scores inner join answered using (lead_id, moment) where scorer = 'matrix'
        )

        select
            count(*),
            count(*) filter (
                where (created.score, created.score_if_best, created.band, created.gate_failed, created.missing_criteria,
                    created.is_cold_because_unknown)
                is distinct from (handed.score, handed.score_if_best, handed.band, handed.gate_failed, handed.missing_criteria,
                    handed.is_cold_because_unknown)
            )
        from graded as created
        inner join graded as handed
            on created.lead_id = handed.lead_id and created.answers = handed.answers
        where created.moment = 'creation' and handed.moment = 'handover'
        """
    )[0]
    assert same > 500
    assert differing == 0
