"""The figures of the page's sections for a role, read from the published reports; no formatting and no language here.

Every function takes the marts and returns rows as published (see the descriptions of the tables), narrowed to what the
page shows. A table that was not published gives None, one without rows an empty list.
"""

from __future__ import annotations

from typing import Any

from orchestration.reports.reader import PublishedMarts

Rows = list[dict[str, Any]]

LONGEST_LIST = 40
"""Rows of a list on the page; the whole table is in the workbook and in the database."""


def _rows(marts: PublishedMarts, table: str, query: str) -> Rows | None:
    return marts.rows(query.format(table=table, limit=LONGEST_LIST)) if marts.has(table) else None


def owner_names(marts: PublishedMarts) -> dict[str, str]:
    """Employee → name, for those who have one on record."""
    if not marts.has("dim_owners"):
        return {}
    rows = marts.rows("select owner_id, owner_name from dim_owners where owner_name is not null")
    return {row["owner_id"]: row["owner_name"] for row in rows}


def bottlenecks(marts: PublishedMarts) -> Rows | None:
    """Steps of funnel view A with their verdict, and first the row that answers for the view where none is proven."""
    return _rows(
        marts,
        "rpt_bottlenecks",
        "select from_stage, to_stage, kpi, period, numerator, denominator, rate, low, high, target, held_back_deals,"
        " held_back_minor, currency, owner, problem, verdict, is_bottleneck from {table} where view = 'A'"
        " order by step_position",
    )


def target_checks(marts: PublishedMarts) -> Rows | None:
    """Targets held against each other; those that contradict first."""
    return _rows(
        marts,
        "rpt_target_consistency",
        "select consistency_check, subject, part, stated_low, stated_high, implied, needed_low, needed_high,"
        " leads_per_customer, cost_per_customer_minor, currency, horizon_days, window_days, stricter, verdict,"
        " missing_reason from {table}"
        " order by verdict is distinct from 'contradictory', consistency_check, subject, part <> '(all)', part",
    )


def reviews(marts: PublishedMarts) -> Rows | None:
    """The newest review of every campaign and day of the cycle that had leads or cost; proposals to act on first."""
    return _rows(
        marts,
        "rpt_campaign_reviews",
        """
        select campaign_id, campaign_name, channel, begins_on, review_day, snapshot_on, is_reconstructed, leads,
            quality_leads, quality_known, quality_rate, mql, sql, sql_days, exposed, sql_in_time, rate, rate_low,
            rate_high, cost_minor, cost_per_sql_minor, currency, cost_missing_reason, reference_exposed, reference_rate,
            reference_cost_per_sql_minor, refused, leading_reason, proposal, proposal_reason
        from {table}
        where leads > 0 or cost_minor > 0
        qualify begins_on = max(begins_on) over (partition by campaign_id, review_day)
            and begins_on >= max(begins_on) over (partition by review_day) - interval 31 day
        order by review_day desc, coalesce(proposal, 'wait') = 'wait', leads desc, campaign_id
        """,
    )


def proposals_by_month(marts: PublishedMarts) -> Rows | None:
    """How many campaigns were to be kept, fixed, stopped or waited for, by the cohort's month; the newest twelve."""
    return _rows(
        marts,
        "rpt_campaign_reviews",
        """
        select date_trunc('month', begins_on)::date as month, proposal, count(*) as campaigns
        from {table}
        where proposal is not null and leads > 0
        group by 1, 2
        qualify dense_rank() over (order by month desc) <= 12
        order by month, proposal
        """,
    )


def review_decisions(marts: PublishedMarts) -> Rows | None:
    """Decisions that followed a review, with their later effect; newest first, each once."""
    return _rows(
        marts,
        "rpt_campaign_reviews",
        """
        select campaign_id, campaign_name, review_day, proposal, decision, decided_on, decision_owner_id, decision_note,
            effect, effect_low, effect_high, effect_before_n, effect_after_n, effect_verdict, effect_missing_reason
        from {table}
        where decision_id is not null
        qualify row_number() over (
            partition by decision_id order by proposal is not null desc, review_day desc, begins_on desc) = 1
        order by decided_on desc, campaign_id
        limit {limit}
        """,
    )


def alarms(marts: PublishedMarts) -> Rows | None:
    """Campaign alarms, those that hold first, then the newest."""
    return _rows(
        marts,
        "rpt_campaign_alarms",
        "select campaign_id, campaign_name, channel, metric, raised_on, ended_on, is_active, days_after_first_lead,"
        " leads, met, rate, rate_low, rate_high, other_leads, other_rate from {table}"
        " order by is_active desc, raised_on desc, campaign_id, metric limit {limit}",
    )


def change_effects(marts: PublishedMarts) -> Rows | None:
    """Dated changes, the newest first, with quality before and after."""
    return _rows(
        marts,
        "rpt_change_effects",
        "select annotation_id, kind, note, campaign_id, started_on, ended_on, phase, comparison, metric, within_days,"
        " volume_ratio, without_n, without_rate, with_n, with_rate, difference, low, high, verdict, reading,"
        " missing_reason, other_changes from {table}"
        " order by started_on desc, annotation_id, phase desc, comparison, metric",
    )


def lead_quality(marts: PublishedMarts) -> Rows | None:
    """Cells of quality × band with how their leads sell (D17)."""
    return _rows(
        marts,
        "rpt_lead_quality",
        "select moment, quality, band, leads, cold_because_unknown, mature_for_sql, sql_rate, sql_low, sql_high,"
        " mature_for_close, closed, closed_rate, closed_low, closed_high, average_deal_minor, currency, close_event"
        " from {table} order by moment, quality, band",
    )


def icp_drift(marts: PublishedMarts) -> Rows | None:
    """Segments of leads and of deals in the newest year that has both."""
    return _rows(
        marts,
        "rpt_icp_drift",
        """
        select period, segment, is_in_icp, leads, all_leads, leads_share, deals, all_deals, deals_share, deals_low,
            deals_high, money_share, verdict
        from {table}
        where period_kind = 'year'
        qualify period_start_on = max(case when all_leads > 0 and all_deals > 0 then period_start_on end) over ()
        order by leads_share desc nulls last, segment
        """,
    )


def recycled_leads(marts: PublishedMarts) -> Rows | None:
    """Leads that sales sent back and what became of them, all channels, by month of the first return."""
    return _rows(
        marts,
        "rpt_recycled_leads",
        "select cohort_month, returned_leads, returned_again, revived, revived_rate, revived_low, revived_high,"
        " median_days_to_revival, won, nurtured, lost, won_minor, currency, window_days, is_mature from {table}"
        " where channel = '(all)' order by cohort_month",
    )
