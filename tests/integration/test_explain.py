"""Figures of the demo company opened: what a report says is what its rows sum to, and every raw key leads to a record."""

import json

import pytest

from orchestration.explain.figures import open_figure
from orchestration.explain.measures import MEASURES, Measure, rows_of
from orchestration.explain.raw import raw_records
from orchestration.landing import Lake
from orchestration.reports.reader import PublishedMarts
from tests.conftest import Built, onefunnel_here

CONFIG = "demo/company/onefunnel.yml"


@pytest.mark.parametrize(
    "measure", MEASURES, ids=lambda measure: f"{measure.table}-{measure.column}-{measure.covers[:40]}"
)
def test_every_figure_of_a_registered_measure_is_the_sum_of_its_opened_rows(demo: Built, measure: Measure) -> None:
    keys = ", ".join(measure.keys)
    with PublishedMarts(demo.published) as marts:
        (counted,) = marts.rows(
            f"""
            with figures as (select * from {measure.table} where {measure.covers}),

            opened as (select {keys}, sum(part) as total from ({rows_of(measure, marts.build)}) group by {keys})

            select count({measure.column}) as figures, count(*) filter (where coalesce(total, 0) <> {measure.column}) as wrong
            from figures left join opened using ({keys})
            """
        )
    assert counted["figures"] > 0
    assert counted["wrong"] == 0


def test_every_total_by_removal_and_by_conversion_rate_is_the_split_of_what_it_opens_into(demo: Built) -> None:
    keys = ("attribution_model", "conversion_kind", "journey_level", "level_asked", "channel", "month", "month_basis")
    with PublishedMarts(demo.published) as marts:
        rows = marts.rows(
            f"select {', '.join(keys)} from rpt_attribution_by_channel where attribution_model in ('markov_removal', 'shapley_rate')"
            " and conversion_kind = 'won' and (credited_conversions <> 0 or credited_minor <> 0)"
        )
        assert {row["attribution_model"] for row in rows} == {"markov_removal", "shapley_rate"}
        for row in rows:
            for column in ("credited_conversions", "credited_minor"):
                found = open_figure(marts, "rpt_attribution_by_channel", column, {key: str(row[key]) for key in keys})
                assert [check.about for check in found.checks if not check.holds] == []


def test_every_touch_that_earned_for_a_deal_stands_in_its_journey_and_its_sums_agree(demo: Built) -> None:
    deal_id = demo.one(
        "select deal_id from marts.fct_conversions inner join marts.fct_attribution_credits using (conversion_id)"
        " where kind = 'paid' and touch_id is not null group by deal_id order by count(distinct touch_id) desc, deal_id limit 1"
    )
    done = onefunnel_here("explain", "deal", str(deal_id), "--config", CONFIG, "--format", "json", home=demo.home)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (journey,) = [part["rows"] for part in told["parts"] if part["part"] == "journey"]
    earned = {
        touch
        for (touch,) in demo.query(
            "select distinct touch_id from marts.fct_attribution_credits inner join marts.fct_conversions using (conversion_id)"
            f" where deal_id = '{deal_id}' and touch_id is not null"
        )
    }
    assert {touch["touch_id"] for touch in journey if touch["earning"] == "earns"} == earned
    assert told["checks"]
    assert all(check["holds"] for check in told["checks"])


def test_no_creditable_touch_of_an_account_journey_is_left_without_credit_or_reason(demo: Built) -> None:
    """Of deals with one conversion window the journey is the ledger's: what may earn and stands in it has earned."""
    deals = demo.query(
        "select deal_id from marts.fct_conversions where kind = 'won' and journey_level = 'account' order by deal_id limit 5"
    )
    for (deal_id,) in deals:
        done = onefunnel_here("explain", "deal", deal_id, "--config", CONFIG, "--format", "json", home=demo.home)
        parts = json.loads(done.stdout)["parts"]
        (journey,) = [part["rows"] for part in parts if part["part"] == "journey"]
        assert [touch for touch in journey if touch["earning"] == "not_in_a_journey"] == []


def test_a_raw_key_of_every_mart_leads_to_a_record_of_the_lake(demo: Built) -> None:
    keys = [
        key
        for table in (
            "fct_deals",
            "fct_leads",
            "fct_touches",
            "fct_stage_events",
            "fct_ad_performance_daily",
            "dim_people",
        )
        for (key,) in demo.query(
            f"select source_record_key from marts.{table} where source_record_key is not null order by 1 limit 3"
        )
    ]
    records = raw_records(Lake(demo.home / "lake"), keys)
    assert [record.key for record in records if record.values is None] == []
    assert {record.key for record in records} == set(keys)
