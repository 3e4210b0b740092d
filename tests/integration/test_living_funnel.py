"""The funnel's reports of the small living company, computed once more with pandas from the published facts."""

from itertools import pairwise

import duckdb
import pandas as pd
import pytest

from tests.conftest import Built

CHAIN = ("lead", "mql", "sql", "proposal", "won", "paid")
NAMES_OF_FINAL_STAGES = {"142": "Успешно реализовано", "143": "Закрыто и не реализовано"}
"""amoCRM's log has the numbers of its two final stages, its list of leads their names."""


def frame(built: Built, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(built.published / "onefunnel.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).df()


def months(instants: pd.Series) -> pd.Series:
    """First day of the month in Moscow, which is three hours ahead all year."""
    return (instants + pd.Timedelta(hours=3)).dt.to_period("M").dt.to_timestamp()


@pytest.fixture(scope="module")
def events(living: Built) -> pd.DataFrame:
    return frame(living, "select * from marts.fct_stage_events where stage <> 'sql_candidate'")


@pytest.fixture(scope="module")
def reached(living: Built, events: pd.DataFrame) -> pd.DataFrame:
    """Lead → when it reached each stage of the main chain; duplicates and tests left out."""
    leads = frame(living, "select lead_id, created_at from marts.fct_leads where not is_duplicate and not is_test")
    deals = frame(living, "select lead_id, won_at, paid_at from marts.fct_deals where lead_id is not null")
    entered = events.groupby(["lead_id", "stage"]).entered_at.min().unstack()
    entered = entered.reindex(index=leads.lead_id, columns=[*CHAIN])
    entered["lead"] = entered["lead"].combine(leads.set_index("lead_id").created_at, min)
    for stage in ("won", "paid"):
        entered[stage] = entered[stage].fillna(deals.groupby("lead_id")[f"{stage}_at"].min())
    return entered[[*reversed(CHAIN)]].cummin(axis=1).ffill(axis=1)[[*CHAIN]]


def test_leads_stand_in_the_stages_that_the_crm_lists(living: Built, events: pd.DataFrame) -> None:
    newest = events.sort_values(["entered_at", "sequence"]).groupby("lead_id").source_stage.last()
    listed = frame(living, "select lead_id, status from marts.fct_leads").set_index("lead_id").status
    assert len(newest) > 1_500
    assert newest.replace(NAMES_OF_FINAL_STAGES).value_counts().to_dict() == listed.value_counts().to_dict()


def test_step_cohorts_are_those_of_the_facts(living: Built, reached: pd.DataFrame) -> None:
    """Of all channels; both bases."""
    told = frame(
        living,
        "select from_stage, to_stage, cohort_basis, cohort_month, numerator, denominator from marts.rpt_funnel_cohorts "
        "where view = 'A' and channel = '(all)' and denominator > 0",
    )
    expected = {}
    for start, end in pairwise(CHAIN[:-1]):
        members = reached[reached[start].notna()]
        for basis, since in (("step", members[start]), ("lead", members["lead"])):
            for month, cohort in members.groupby(months(since)):
                converted = int((cohort[end] >= cohort[start]).sum())
                expected[start, end, basis, month] = (converted, len(cohort))
    keys = zip(told.from_stage, told.to_stage, told.cohort_basis, told.cohort_month, strict=True)
    assert dict(zip(keys, zip(told.numerator, told.denominator, strict=True), strict=True)) == expected


def test_money_held_back_is_that_of_the_facts(living: Built, reached: pd.DataFrame) -> None:
    """D16, from the leads' own times: members, later rate and mean deal."""
    told = frame(
        living,
        "select * from marts.rpt_bottlenecks where view = 'A' and verdict in ('bottleneck', 'below_target', 'not_proven', 'on_target')",
    )
    assert len(told) >= 3
    mature = frame(
        living,
        "select cohort_month from marts.rpt_funnel_cohorts where view = 'A' and channel = '(all)' and cohort_basis = 'lead' "
        "and to_stage = 'won' and is_mature",
    ).cohort_month
    old = reached[months(reached["lead"]).isin(mature)]
    deals = frame(
        living,
        "select amount_reporting_minor from marts.fct_deals cross join (select max(evaluated_at) as now from marts.rpt_bottlenecks) "
        "where won_at >= now - interval 180 day and won_at < now and amount_reporting_minor is not null",
    )
    mean = int(deals.amount_reporting_minor.sum()) // len(deals)
    for row in told.itertuples():
        cohort = reached[months(reached[row.from_stage]) == row.cohort_month]
        converted = int((cohort[row.to_stage] >= cohort[row.from_stage]).sum())
        assert (row.numerator, row.denominator) == (converted, len(cohort))
        later = int(old["won"].notna().sum()) / int(old[row.to_stage].notna().sum())
        held_back = max(float(row.target) - converted / len(cohort), 0) * len(cohort) * later
        assert float(row.held_back_deals) == pytest.approx(held_back, abs=1e-5)
        assert row.average_deal_minor == mean
        assert row.held_back_minor == pytest.approx(held_back * mean, abs=mean * 1e-5)


def test_returned_leads_and_their_revival_are_those_of_the_log(
    living: Built, events: pd.DataFrame, reached: pd.DataFrame
) -> None:
    log = events[events.lead_id.isin(reached.index)]
    first = log[log.stage == "returned"].groupby("lead_id").entered_at.min()
    later = log[log.stage.isin(["sql", "proposal", "won", "paid"])].join(
        first.rename("returned_at"), on="lead_id", how="inner"
    )
    revived = set(later[later.entered_at > later.returned_at].lead_id)
    expected = {
        month: (len(leads), sum(lead in revived for lead in leads.index))
        for month, leads in first.groupby(months(first))
    }
    told = living.query(
        "select cohort_month, returned_leads, revived from marts.rpt_recycled_leads where channel = '(all)'"
    )
    assert {pd.Timestamp(month): counts for month, *counts in told} == {
        key: [*value] for key, value in expected.items()
    }
    assert len(revived) > 10


def test_every_hot_lead_of_the_scorer_has_a_score_state_at_its_creation(living: Built) -> None:
    """Two computations of one matrix."""
    hot = living.query(
        "select lead_id, scored_at from marts.fct_lead_scores where scorer = 'matrix' and moment = 'creation' and band = 'hot' order by all"
    )
    states = living.query(
        "select distinct events.lead_id, leads.created_at from marts.fct_stage_events as events "
        "inner join marts.fct_leads as leads using (lead_id) where events.stage = 'sql_candidate' "
        "and events.entered_at = leads.created_at order by all"
    )
    assert len(hot) > 100
    assert states == hot
