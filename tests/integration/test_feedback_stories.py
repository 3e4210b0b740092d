"""The stories that happened in the made-up company are found in what its systems told: by the reports, with their counts."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd

from orchestration.landing import Lake
from tests.conftest import Built

PROMO = "5503"


def frame(built: Built, sql: str) -> pd.DataFrame:
    """Rows of a query over what was published."""
    with duckdb.connect(str(built.published / "onefunnel.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).df()


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


def test_reviews_are_a_plain_count_of_leads_stages_and_cost(living: Built) -> None:
    """Day 60 of three cohorts, recounted by pandas from the published facts; Moscow's midnight is 21:00 UTC."""
    leads = frame(
        living, "select lead_id, campaign_id, created_at from marts.fct_leads where not is_duplicate and not is_test"
    )
    # a later stage tells of the SQL where the CRM has no entry of its own (D10)
    reached = frame(
        living,
        "select lead_id, min(reached_at) as sql_at from (select lead_id, entered_at as reached_at from marts.fct_stage_events where stage in "
        "('sql', 'proposal', 'won', 'paid') union all select lead_id, won_at from marts.fct_deals union all "
        "select lead_id, paid_at from marts.fct_deals) where reached_at is not null group by lead_id",
    )
    spent = frame(living, "select campaign_id, date_on, cost_net_minor from marts.fct_ad_performance_daily")
    leads = leads.merge(reached, on="lead_id", how="left")
    for campaign, begins_on in ((PROMO, "2025-09-15"), ("70100101", "2026-03-01"), ("70100201", "2025-11-01")):
        begins_at = pd.Timestamp(begins_on) - pd.Timedelta(hours=3)
        ends_at = begins_at + pd.Timedelta(days=30)
        of_days = leads[(leads.created_at >= begins_at) & (leads.created_at < ends_at) & leads.campaign_id.notna()]
        in_time = of_days.sql_at - of_days.created_at <= pd.Timedelta(days=30)
        is_own = of_days.campaign_id == campaign
        days = pd.to_datetime(spent.date_on)
        cost = spent.cost_net_minor[
            (spent.campaign_id == campaign)
            & (days >= pd.Timestamp(begins_on))
            & (days < pd.Timestamp(begins_on) + pd.Timedelta(days=30))
        ].sum()
        expected = (is_own.sum(), (is_own & in_time).sum(), (~is_own).sum(), (~is_own & in_time).sum(), cost)
        found = living.query(
            "select exposed, sql_in_time, reference_exposed, reference_sql_in_time, cost_minor from marts.rpt_campaign_reviews "
            f"where campaign_id = '{campaign}' and begins_on = date '{begins_on}' and review_day = 60"
        )
        assert found == [tuple(map(int, expected))]
        assert min(found[0][0], found[0][2]) > 5


def test_what_the_run_was_the_first_to_see_is_in_the_lake_and_the_rest_is_marked(living: Built) -> None:
    """The only build was on 1 July: day 30 of cohorts of 1 June and the end of June are as they were, all else came later."""
    frozen = Lake(living.home / "lake").pulls("frozen")
    rows = {pull.stream: pull.rows for pull in frozen}
    assert rows == {
        "campaign_snapshots": living.one("select count(*) from marts.rpt_campaign_reviews"),
        "month_ends": living.one("select count(*) from marts.rpt_month_ends"),
        "identity_changes": living.one("select count(*) from marts.rpt_identity_history where is_first_look"),
    }
    assert living.query(
        "select distinct snapshot_on, review_day from marts.rpt_campaign_reviews where not is_reconstructed"
    ) == [(date(2026, 6, 30), 30)]
    assert living.query("select distinct period from marts.rpt_month_ends where not is_reconstructed") == [("2026-06",)]
    assert living.one("select count(*) from marts.rpt_campaign_reviews where is_reconstructed") > 500


def test_the_cooperation_counts_what_the_minutes_of_the_meetings_say(living: Built) -> None:
    """Of the four disputes three were settled, after 28, 43 and 7 days; both stopped campaigns spent nothing afterwards."""
    found = living.query(
        "select period, disputes_opened, disputes_settled, disputes_open, median_days_to_settle, decisions_made, "
        "decisions_checkable, decisions_carried_out from marts.rpt_cooperation "
        "where disputes_opened + disputes_settled + decisions_made > 0 order by period"
    )
    assert found == [
        ("2025-10", 1, 0, 1, None, 0, 0, 0),
        ("2025-11", 0, 1, 0, 28, 1, 1, 1),
        ("2025-12", 0, 0, 0, None, 1, 1, 0),
        ("2026-01", 1, 0, 1, None, 1, 0, 0),
        ("2026-02", 1, 1, 1, 7, 2, 1, 1),
        ("2026-03", 0, 1, 0, 43, 1, 0, 0),
        ("2026-05", 0, 0, 0, None, 1, 0, 0),
        ("2026-06", 1, 0, 1, None, 0, 0, 0),
    ]


def test_the_rollout_counts_what_both_teams_have_signed(living: Built) -> None:
    """Sales signed the stages, the rule of the MQL and the matrix on 7 January, a day before they were due; the clocks it has not."""
    found = living.query(
        "select step, state, found_on from marts.rpt_rollout_steps where evidence = 'signature' order by step"
    )
    assert found == [
        ("mql_rule", "done", date(2026, 1, 7)),
        ("scoring_matrix", "done", date(2026, 1, 7)),
        ("shared_funnel", "done", date(2026, 1, 7)),
        ("sla", "overdue", None),
    ]
