"""The stories that happened in the made-up company are found in what its systems told: by the reports, with their counts."""

from __future__ import annotations

from datetime import date

from tests.conftest import Built

PROMO = "5503"


def effects(built: Built, kind: str, metric: str, comparison: str = "company_over_time") -> dict[str, tuple]:
    """Phase → verdict and reading of one metric of a change."""
    rows = built.query(
        "select phase, verdict, reading from marts.rpt_change_effects "
        f"where kind = '{kind}' and metric = '{metric}' and comparison = '{comparison}'"
    )
    return {phase: (verdict, reading) for phase, verdict, reading in rows}


def test_the_free_audit_brings_many_leads_and_no_sql(living: Built) -> None:
    """R46: more leads of the company with less that is qualified, and none of the campaign's own leads becomes an SQL."""
    found = living.query(
        "select with_met, with_n, verdict from marts.rpt_change_effects where kind = 'promo' and metric = 'lead_to_sql' "
        "and comparison = 'campaign_beside_others'"
    )
    ((sql, leads, verdict),) = found
    assert (sql, verdict) == (0, "worse")
    assert leads >= 30
    assert effects(living, "promo", "lead_to_mql")["end"] == ("worse", "more_but_worse")


def test_the_free_audit_raises_an_alarm_while_it_runs_and_no_other_campaign_ever_does(living: Built) -> None:
    found = living.query(
        "select campaign_id, metric, raised_on, ended_on, met_when_raised from marts.rpt_campaign_alarms"
    )
    assert {campaign for campaign, *_ in found} == {PROMO}
    assert {metric for _, metric, *_ in found} == {"lead_to_mql", "lead_to_sql"}
    assert all(date(2025, 9, 15) < raised < date(2025, 11, 15) for _, _, raised, _, _ in found)
    assert all(ended is not None for *_, ended, _ in found)
    assert min(raised for _, _, raised, _, _ in found) <= date(2025, 10, 15)
    assert [met for *_, met in found] == [0] * len(found)


def test_the_free_audit_is_a_campaign_without_return_in_the_danger_signs(living: Built) -> None:
    rows = living.query(
        "select distinct entity_id from marts.rpt_danger_sign_rows where sign = 'no_return' and period in ('2025-12', '2026-01')"
    )
    assert rows == [(PROMO,)]


def test_without_the_phone_field_more_leads_come_that_are_worse_and_with_it_fewer_that_are_better(
    living: Built,
) -> None:
    """R47: at the start and when the field comes back; the leads wait longer for an answer."""
    for metric in ("valid_phone_share", "proven_quality_share", "prompt_answer_share"):
        assert effects(living, "form", metric) == {
            "start": ("worse", "more_but_worse"),
            "end": ("worse", "more_but_worse"),
        }, metric


def test_since_leads_are_dealt_automatically_they_are_answered_promptly(living: Built) -> None:
    assert effects(living, "sla_change", "prompt_answer_share")["start"][0] == "better"


def test_with_cases_in_them_more_proposals_become_contracts(living: Built) -> None:
    assert effects(living, "sales_material", "proposal_to_won")["start"][0] == "better"
    assert effects(living, "sales_material", "sql_to_won")["start"][0] == "better"


def test_a_change_that_is_too_young_is_told_so_and_not_judged(living: Built) -> None:
    """Of leads that came since April nobody can know what is won within 270 days."""
    found = living.query(
        "select with_n, difference, verdict, missing_reason from marts.rpt_change_effects "
        "where kind = 'sla_change' and metric = 'lead_to_won'"
    )
    assert found == [(0, None, None, "not_mature")]


def test_figures_of_a_change_are_those_of_a_plain_count_of_the_leads(living: Built) -> None:
    """The phone on the form, counted from the marts of leads by days written out here."""
    counted = living.query(
        "select count(*) filter (created_on >= date '2025-11-13' and created_on < date '2026-01-12'), "
        "count(*) filter (created_on >= date '2025-11-13' and created_on < date '2026-01-12' and has_valid_phone), "
        "count(*) filter (created_on >= date '2026-01-12' and created_on < date '2026-03-09'), "
        "count(*) filter (created_on >= date '2026-01-12' and created_on < date '2026-03-09' and has_valid_phone) "
        "from marts.fct_leads where not is_duplicate and not is_test and has_valid_phone is not null"
    )
    told = living.query(
        "select without_n, without_met, with_n, with_met from marts.rpt_change_effects "
        "where kind = 'form' and phase = 'start' and metric = 'valid_phone_share'"
    )
    assert told == counted
    assert counted[0][0] > 100
