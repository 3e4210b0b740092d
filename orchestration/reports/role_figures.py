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
        " observed_numerator, observed_denominator, observed_rate,"
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


def gate_failures(marts: PublishedMarts) -> Rows | None:
    """Hot leads that fail and that pass each gate, in force or not, with how they sell (D23)."""
    return _rows(
        marts,
        "rpt_gate_failures",
        "select criterion, outcome, gate_min_points, is_in_force, leads, mature_for_sql, sql_rate, sql_low, sql_high,"
        " mature_for_close, closed_rate, closed_low, closed_high, won_minor, currency from {table}"
        " order by criterion, outcome",
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


def danger_signs(marts: PublishedMarts) -> Rows | None:
    """The five signs as they stand at the end of the newest period (D75)."""
    return _rows(
        marts,
        "rpt_danger_signs",
        "select sign, component, period, window_from, window_to, numerator, denominator, value, threshold, verdict, n,"
        " median_seconds, median_seconds_before, n_before, missing_reason from {table}"
        " qualify period = max(period) over () order by position, component",
    )


def danger_rows(marts: PublishedMarts) -> Rows | None:
    """What stands behind the signs of the newest period, up to ten of a kind."""
    return _rows(
        marts,
        "rpt_danger_sign_rows",
        "select sign, component, entity, entity_id, amount_minor, currency, leads, seconds from {table}"
        " qualify period = max(period) over () and row_number() over ("
        " partition by sign, component order by amount_minor desc nulls last, seconds desc nulls last, entity_id) <= 10"
        " order by sign, component, amount_minor desc nulls last, seconds desc nulls last, entity_id",
    )


def joint_results(marts: PublishedMarts) -> Rows | None:
    """The result of both teams (D76): years, quarters and months, the newest first, a dozen months at most."""
    return _rows(
        marts,
        "rpt_joint_results",
        "select period_kind, period, period_start_on, revenue_minor, revenue_plan_minor, revenue_attainment,"
        " attainment_target, is_revenue_met, lead_to_won, lead_to_won_target, leads, is_lead_to_won_mature,"
        " is_lead_to_won_met, cac_blended, cac_blended_target, new_customers, cac_change_90_days,"
        " cac_change_90_days_target, is_cac_met, targets_met, targets_judged, revenue_missing_reason,"
        " lead_to_won_missing_reason, cac_missing_reason, currency from {table}"
        " qualify row_number() over (partition by period_kind order by period_start_on desc) <= 12"
        " order by period_start_on desc, period_kind",
    )


def yearly_goals(marts: PublishedMarts) -> Rows | None:
    """The goals of the newest year month by month, with path, result and forecast (R72)."""
    return _rows(
        marts,
        "rpt_yearly_goal",
        "select year, kpi, period, month, unit, goal, monthly_growth, growth_factor, year_factor, path_to_date, actual,"
        " actual_to_date, is_over, is_mature, forecast, forecast_method, forecast_missing_reason, missing_reason, currency"
        " from {table} qualify year = max(year) over () order by kpi, month",
    )


def folk_claims(marts: PublishedMarts) -> Rows | None:
    """Common sayings, tested on own data."""
    return _rows(
        marts,
        "rpt_folk_claims",
        "select claim, claimed_low, claimed_high, changed_at, n, minimum_n, estimate, low, high, verdict from {table}"
        " order by claim",
    )


def rep_scorecard(marts: PublishedMarts) -> Rows | None:
    """Figures of every employee over all months and in the newest month that is over, with n."""
    return _rows(
        marts,
        "rpt_rep_scorecard",
        "select period, period_start_on, owner_id, owner_name, metric, value, n, low, high, unit from {table}"
        " qualify period = '(all)' or dense_rank() over (order by period_start_on desc nulls last) = 2"
        " order by period <> '(all)', owner_name, owner_id, metric",
    )


def reason_checks(marts: PublishedMarts) -> Rows | None:
    """Rejections and returns by reason and by what the evidence says about it (D72)."""
    return _rows(
        marts,
        "rpt_reason_checks",
        "select reason, verdict, count(*) as decisions, count(*) filter (where is_false_reject) as false_rejects"
        " from {table} group by 1, 2 order by sum(count(*)) over (partition by reason) desc, reason, verdict",
    )


def contradicted_reasons(marts: PublishedMarts) -> Rows | None:
    """The newest decisions whose reason the evidence contradicts, and those who bought later."""
    return _rows(
        marts,
        "rpt_reason_checks",
        "select lead_id, kind, rejected_at, owner_id, reason, verdict, evidence, attempts, first_attempt_at,"
        " is_first_attempt_next_day, is_false_reject, later_deal_id, later_closed_at from {table}"
        " where verdict = 'contradicted' or is_false_reject"
        " order by is_false_reject desc, rejected_at desc, lead_id limit {limit}",
    )


def reason_completeness(marts: PublishedMarts) -> Rows | None:
    """How often each employee types a reason, over all months."""
    return _rows(
        marts,
        "rpt_reason_completeness",
        "select owner_id, kind, decisions, with_reason, reason_rate, low, high, with_reason_other, contradicted, supported,"
        " contradicted_rate, false_rejects from {table} where period = '(all)'"
        " order by owner_id <> '(all)', owner_id, kind",
    )


def fault_matrix(marts: PublishedMarts) -> Rows | None:
    """Lost leads by quality and follow-up over all months, with the money to be expected of them (D71)."""
    return _rows(
        marts,
        "rpt_fault_matrix",
        "select fault, leads, false_rejects, kept_episodes, kept_wins, kept_win_rate, kept_win_rate_low,"
        " kept_win_rate_high, mean_deal_minor, expected_minor, currency from {table} where period = '(all)'",
    )


def neglected_accounts(marts: PublishedMarts) -> Rows | None:
    """Accounts that nobody of sales has tried to reach, the small ones first, then by days waiting."""
    return _rows(
        marts,
        "rpt_neglected_accounts",
        "select account_id, owner_id, segment, employees, is_small, relation, open_deals, open_leads, won_deals, won_minor,"
        " currency, last_touch_at, days_waiting, neglected_days from {table}"
        " order by is_small desc nulls last, days_waiting desc, account_id",
    )


def stage_durations(marts: PublishedMarts) -> Rows | None:
    """Completed passages by month, and the ages of what is open, by stage."""
    return _rows(
        marts,
        "rpt_stage_durations",
        "select stage, state, month, stage_position, owner, passages, median_days, longest_days from {table}"
        " order by stage_position, state, month",
    )


def sla_months(marts: PublishedMarts) -> Rows | None:
    """Every clock by month for all employees and types of hand-over."""
    return _rows(
        marts,
        "rpt_sla_monthly",
        "select period, period_start_on, clock, clocks, met, late, breached, n, share_in_target, low, high, running, waived,"
        " not_applicable, breached_unassigned, breached_off_hours, breached_routing, breached_never_tried, breached_late,"
        " median_seconds, p90_seconds from {table} where owner_id = '(all)' and handover_type = '(all)'"
        " and period_start_on <= evaluated_at order by period_start_on, clock",
    )


def sla_owners(marts: PublishedMarts, period: str) -> Rows | None:
    """The clocks of one month by employee."""
    if not marts.has("rpt_sla_monthly"):
        return None
    return marts.rows(
        "select owner_id, clock, met, late, breached, n, share_in_target, low, high from rpt_sla_monthly"
        " where period = ? and owner_id <> '(all)' and handover_type = '(all)' and n > 0"
        " order by clock, share_in_target, owner_id",
        [period],
    )


def sla_report(marts: PublishedMarts) -> Rows | None:
    """The monthly report of the last six months."""
    return _rows(
        marts,
        "rpt_sla_report",
        "select period, period_start_on, metric, value, low, high, unit, n, is_mature, missing_reason from {table}"
        " where period_start_on <= evaluated_at qualify dense_rank() over (order by period_start_on desc) <= 6"
        " order by metric, period_start_on desc",
    )


def reaction_bands(marts: PublishedMarts) -> Rows | None:
    """Conversion by the time to the first attempt, over all months (D41)."""
    return _rows(
        marts,
        "rpt_reaction_bands",
        "select dimension, value, position, to_stage, window_days, leads, n, numerator, rate, low, high from {table}"
        " where period = '(all)' order by to_stage, dimension desc, position",
    )


def auto_returns(marts: PublishedMarts) -> Rows | None:
    """Hand-overs that go back to marketing by the agreement; those to take back now first."""
    return _rows(
        marts,
        "rpt_auto_returns",
        "select lead_id, episode, handover_type, band, owner_id, handed_over_at, reverts_at, accepted_at, outcome,"
        " is_waiting, cause, count(*) over () as all_returns, count(*) filter (where is_waiting) over () as all_waiting"
        " from {table} order by is_waiting desc, reverts_at desc, lead_id limit {limit}",
    )


def open_clocks(marts: PublishedMarts) -> Rows | None:
    """Clocks that have not stopped and are not breached, the nearest to break first."""
    return _rows(
        marts,
        "fct_sla_clocks",
        "select lead_id, episode, clock, owner_id, started_at, due_at, limit_at, state, clock_minutes, target_minutes,"
        " attempts, count(*) over () as all_open from {table} where stopped_at is null and state in ('running', 'late')"
        " order by case state when 'running' then due_at else limit_at end, lead_id, clock limit {limit}",
    )


def rollout_steps(marts: PublishedMarts) -> Rows | None:
    """The 30-day rollout with its evidence (R91)."""
    return _rows(
        marts,
        "rpt_rollout_steps",
        "select week, step, due_on, state, evidence, subject, found_on, occurrences, found_in, link from {table}"
        " order by week, due_on, step",
    )


def signatures(marts: PublishedMarts) -> Rows | None:
    """Definitions files with the signature of each team."""
    return _rows(
        marts,
        "rpt_definition_signatures",
        "select definition, team, state, signed_by, signed_on, rows_since, newest_on, fingerprint from {table}"
        " order by definition, team",
    )


def changed_definitions(marts: PublishedMarts) -> Rows | None:
    """The newest versions of definitions."""
    return _rows(
        marts,
        "rpt_definitions",
        "select definition, definition_key, content, valid_from, recorded_on, is_in_force, is_back_dated, marketing_sign_off,"
        " sales_sign_off from {table} where marketing_sign_off <> 'not_needed'"
        " order by recorded_on desc, valid_from desc, definition, definition_key limit {limit}",
    )


def handovers(marts: PublishedMarts) -> Rows | None:
    """Hand-over episodes by type and outcome (null: open)."""
    return _rows(
        marts,
        "fct_handovers",
        "select handover_type, outcome, count(*) as episodes from {table} group by 1, 2 order by 1, 2",
    )


def after_sale(marts: PublishedMarts) -> Rows | None:
    """What customers did after their first purchase in the last twelve months that are over, by kind and evidence."""
    return _rows(
        marts,
        "rpt_after_sale",
        """
        select kind, evidence, sum(events)::bigint as events, sum(customers)::bigint as customers,
            max_by(customers_before, month) as customers_before, sum(contract_minor)::bigint as contract_minor,
            sum(monthly_change_minor)::bigint as monthly_change_minor, any_value(currency) as currency,
            max(missing_reason) as missing_reason, min(month) as from_month, max(month) as to_month
        from (
            select *, dense_rank() over (order by month desc) as age from {table} where month <= evaluated_at
        ) as months
        where age between 2 and 13
        group by kind, evidence
        order by evidence, kind
        """,
    )


def cooperation(marts: PublishedMarts) -> Rows | None:
    """The last twelve periods of working together."""
    return _rows(
        marts,
        "rpt_cooperation",
        "select period, period_start_on, disputes_opened, disputes_settled, disputes_open, median_days_to_settle,"
        " definitions_added, definitions_changed, decisions_made, decisions_checkable, decisions_carried_out, is_complete"
        " from {table} where period_start_on <= evaluated_at"
        " qualify dense_rank() over (order by period_start_on desc) <= 12 order by period_start_on desc",
    )


def lateness_price(marts: PublishedMarts) -> Rows | None:
    """What late leads fell short by, clock by clock (D73)."""
    return _rows(
        marts,
        "rpt_lateness_price",
        "select clock, late_leads, met_leads, matched_late_leads, unmatched_share, strata, matched_strata, verdict,"
        " statement, lost_wins, lost_wins_low, lost_wins_high, lost_wins_verdict_low, lost_wins_verdict_high, price_minor,"
        " price_low_minor, price_high_minor, currency from {table} order by clock",
    )
