-- What the sections for a role show of the small company, by hand.
insert into marts.dim_owners values ('o1', 'Беляева О.', 'b1'), ('o2', 'Громов И.', 'b1');
-- 12 of 52 against 30 %: (0.30 - 12 / 52) x 52 x 0.1 later x 10 000.00 = 3.6 x 0.1 x 10 000.00 = 3 600.00
insert into marts.rpt_bottlenecks values
    ('A', 2, 'lead', 'mql', 'lead_to_mql', '2026-05', 52, 200, 0.26, 0.213, 0.315, 0.25, 0, 0, 'RUB', 'marketing', 'acquisition', 'on_target', false, 'b1'),
    ('A', 3, 'mql', 'sql', 'mql_to_sql', '2026-05', 12, 52, 0.230769231, 0.149, 0.294, 0.30, 0.36, 360000, 'RUB', 'shared', 'qualification', 'bottleneck', true, 'b1'),
    ('B', 4, 'mql', 'sql', 'mql_to_sql', '2026-05', 12, 52, 0.230769231, 0.149, 0.294, 0.30, 0.36, 990000, 'RUB', 'shared', 'qualification', 'bottleneck', true, 'b1');
-- T1, T2, T4 and T5 of the definitions
insert into marts.rpt_target_consistency values
    ('step_chain', 'sql_to_deal', '(all)', 0.20, 0.30, 0.125, null, null, null, null, null, null, null, null, 'contradictory', null, 'b1', null, null, null),
    ('step_chain', 'sql_to_deal', 'proposal_to_close', 0.20, 0.30, 0.25, 0.40, 0.60, null, null, null, null, null, null, 'contradictory', null, 'b1', null, null, null),
    ('step_chain', 'lead_to_won', '(all)', null, null, 0.009375, null, null, 107, 42800000, 'RUB', null, null, null, 'not_stated', null, 'b1', null, null, null),
    ('returns_and_sql', 'mql_to_sql', 'handed_share', 0.30, 0.15, 0.55, null, 0.352941176, null, null, null, null, null, null, 'contradictory', null, 'b1', 40, 100, 0.4),
    ('romi_and_ltv_to_cac', 'romi', 'ltv_to_cac', 2, 3, 1.2, 6.5, null, null, null, null, null, null, 'ltv_to_cac', 'unequal', null, 'b1', null, null, null),
    ('change_before_maturity', 'day_60_decision', 'mql_to_sql', null, null, null, null, null, null, null, null, 60, 44, null, 'readable', null, 'b1', null, null, null),
    ('change_before_maturity', 'cac_blended_change_90_days', 'proposal_to_close', null, null, null, null, null, null, null, null, 90, 270, null, 'not_readable', null, 'b1', null, null, null);
insert into marts.rpt_campaign_reviews by name
select *, 'paid_social' as channel, 60 as review_day, 30 as sql_days, date '2026-06-29' as snapshot_on, false as is_reconstructed, 5 as quality_leads,
    9 as quality_known, 0.555555556 as quality_rate, 20 as mql, sql_in_time as sql, leads as exposed, 'RUB' as currency, 100 as reference_exposed,
    0.30 as reference_rate, 900000 as reference_cost_per_sql_minor, 4 as refused, 'b1' as build_id
from (values
    ('c1', 'Audit <free>', date '2026-05-01', 40, 1, 0.025, 0.006, 0.1, 9000000, 9000000, 'not_icp', 'stop', 'far_below_and_dear',
        'd1', 'stop', date '2026-06-30', 'o1', 'Stop the promo', null, null, null, null, null, null, 'not_mature'),
    ('c2', 'Brand', date '2026-05-01', 35, 12, 0.342857143, 0.226, 0.482, 5000000, 416667, null, 'keep', 'not_below_reference',
        null, null, null, null, null, null, null, null, null, null, null, 'no_decision'),
    ('c1', 'Audit <free>', date '2026-04-01', 31, 2, 0.064516129, 0.022, 0.174, 9000000, 4500000, null, 'fix', 'below_reference',
        'd0', 'fix', date '2026-05-02', 'o1', 'Ask for a phone', 0.08, -0.02, 0.18, 31, 40, 'no_difference', null)
) as reviews(campaign_id, campaign_name, begins_on, leads, sql_in_time, rate, rate_low, rate_high, cost_minor, cost_per_sql_minor,
    leading_reason, proposal, proposal_reason, decision_id, decision, decided_on, decision_owner_id, decision_note, effect,
    effect_low, effect_high, effect_before_n, effect_after_n, effect_verdict, effect_missing_reason);
insert into marts.rpt_campaign_alarms values
    ('c1', 'Audit <free>', 'paid_social', 'lead_to_sql', '2026-06-20', null, true, 19, 20, 0, 0, 0, 0.119158, 41, 0.243902439, 'b1');
insert into marts.rpt_change_effects values
    ('n1', 'promo', 'Free audit', 'c1', '2026-05-01', null, 'start', 'campaign_beside_others', 'lead_to_sql', 30, null, 100, 0.30, 40, 0.025, -0.275, -0.36, -0.17, 'worse', null, null, 1, 'b1'),
    ('n1', 'promo', 'Free audit', 'c1', '2026-05-01', null, 'start', 'company_over_time', 'lead_to_mql', 30, 1.5, 180, 0.40, 200, 0.26, -0.14, -0.22, -0.06, 'worse', 'more_but_worse', null, 1, 'b1'),
    ('n1', 'promo', 'Free audit', 'c1', '2026-05-01', null, 'start', 'company_over_time', 'lead_to_won', 270, 1.5, 0, null, 0, null, null, null, null, null, null, 'not_mature', 1, 'b1');
insert into marts.rpt_lead_quality
select 'creation', quality, band, leads, 0, leads, 0.5, 0.4, 0.6, mature, closed, closed / mature, 0.08, 0.19, 500000, 'RUB', 'won', 'b1'
from (values ('quality', 'cold', 12, 10, 2), ('quality', 'hot', 30, 25, 10), ('not_quality', 'cold', 50, 40, 1),
    ('(all)', 'cold', 62, 50, 3)) as cells(quality, band, leads, mature, closed);
insert into marts.rpt_gate_failures values
    ('budget', 'fails', 10, true, 12, 10, 0.5, 0.269, 0.731, 8, 0.125, 0.031, 0.388, 40000000, 'RUB', 'b1'),
    ('budget', 'passes', 10, true, 30, 30, 0.6, 0.450, 0.733, 25, 0.4, 0.257, 0.563, 500000000, 'RUB', 'b1'),
    ('budget_and_authority', 'fails', null, false, 1, 1, 0, 0, 0.73, 0, null, null, null, null, 'RUB', 'b1');
insert into marts.rpt_icp_drift values
    ('year', '2026', '2026-01-01', 'retail', true, 60, 80, 0.75, 10, 40, 0.25, 0.154, 0.379, 0.2, 'closed_less', 'b1'),
    ('year', '2026', '2026-01-01', 'logistics', null, 20, 80, 0.25, 30, 40, 0.75, 0.621, 0.846, 0.8, 'closed_more', 'b1'),
    ('year', '2025', '2025-01-01', 'farms', false, 7, 7, 1, 1, 1, 1, 0.2, 1, 1, 'too_few', 'b1');
insert into marts.rpt_recycled_leads values
    ('2025-09-01', '(all)', 20, 1, 5, 0.25, 0.127, 0.431, 23, 2, 13, 2, 7000000, 'RUB', 180, true, 'b1'),
    ('2026-05-01', '(all)', 8, 0, 1, 0.125, 0.036, 0.355, 9, 0, 7, 0, null, 'RUB', 180, false, 'b1'),
    ('2025-09-01', 'email', 20, 1, 5, 0.25, 0.127, 0.431, 23, 2, 13, 2, 7000000, 'RUB', 180, true, 'b1');
insert into marts.rpt_danger_signs values
    ('bad_leads', 'refused_for_quality', 1, '2026-06', '2026-04-02', '2026-07-01', 36, 100, 0.36, 0.30, 'danger', 100, null, null, null, null, 'b1'),
    ('bad_leads', 'refused_for_quality', 1, '2026-05', '2026-03-03', '2026-06-01', 9, 100, 0.09, 0.30, 'no_danger', 100, null, null, null, null, 'b1'),
    ('no_follow_up', 'not_tried', 2, '2026-06', '2026-04-02', '2026-07-01', null, null, null, 0.10, 'missing', 0, null, null, null, 'no_handovers', 'b1'),
    ('slow_customers', 'answers', 4, '2026-06', '2026-04-02', '2026-07-01', 1800, 7200, 0.25, 0.25, 'no_danger', 40, 9000, 7200, 30, null, 'b1');
insert into marts.rpt_danger_sign_rows values
    ('bad_leads', 'refused_for_quality', '2026-06', 'rejection', 'r-7', null, null, null, null, 'b1'),
    ('bad_leads', 'refused_for_quality', '2026-05', 'rejection', 'r-1', null, null, null, null, 'b1');
insert into marts.rpt_joint_results values
    ('month', '2026-05', '2026-05-01', 4500000, 6000000, 0.75, 1, false, 0.05, 0.04, 200, true, true, 54000000, null, 30, -0.02, -0.10, false, 1, 3, null, null, null, 'RUB', 'b1'),
    ('month', '2026-06', '2026-06-01', 300000, null, null, null, null, 0.01, 0.04, 100, false, null, null, null, 0, null, null, null, 0, 0, 'no_plan', null, 'no_cost_data', 'RUB', 'b1');
-- K8: 60 M a year at +10 % a month
insert into marts.rpt_yearly_goal by name
select '2026' as year, 'revenue' as kpi, strftime(month, '%Y-%m') as period, month, 'money' as unit, 6000000000 as goal, 0.10 as monthly_growth,
    3.138428377 as growth_factor, 1.960713 as year_factor, path_to_date, actual, actual_to_date, actual is not null as is_over,
    actual is not null as is_mature, 5400000000 as forecast, 'means' as forecast_method, 'RUB' as currency, 'b1' as build_id
from (values (date '2026-01-01', 280000000, 300000000, 300000000), (date '2026-02-01', 590000000, 250000000, 550000000),
    (date '2026-03-01', 930000000, null, null)) as months(month, path_to_date, actual, actual_to_date);
insert into marts.rpt_yearly_goal by name
select '2026' as year, 'lead_to_won' as kpi, '2026-01' as period, date '2026-01-01' as month, 'ratio' as unit, 0.05 as goal, 0.05 as path_to_date,
    'no_baseline' as forecast_missing_reason, 'b1' as build_id;
insert into marts.rpt_folk_claims values
    ('misalignment_raises_cac', 0, 0.30, null, 14, 12, 0.12, -0.05, 0.29, 'not_shown', 'b1'),
    ('alignment_lifts_conversion', 0.10, 0.25, '2026-01-01', 8, 30, null, null, null, 'too_little_data', 'b1');
insert into marts.rpt_rep_scorecard values
    ('(all)', null, 'o1', 'Беляева О.', 'first_touch_in_time', 0.84, 50, 0.73, 0.91, 'ratio', 'b1'),
    ('(all)', null, 'o1', 'Беляева О.', 'acceptance_seconds', 5400, 44, null, null, 'seconds', 'b1'),
    ('(all)', null, 'o2', 'Громов И.', 'first_touch_in_time', 0.20, 40, 0.12, 0.32, 'ratio', 'b1'),
    ('2026-05', '2026-05-01', 'o1', 'Беляева О.', 'first_touch_in_time', 0.50, 10, 0.27, 0.73, 'ratio', 'b1'),
    ('2026-06', '2026-06-01', 'o1', 'Беляева О.', 'first_touch_in_time', 1, 1, 0.27, 1, 'ratio', 'b1');
insert into marts.rpt_reason_checks by name
select 'lead ' || n as lead_id, 'rejected' as kind, timestamp '2026-05-10 09:00:00' + to_days(cast(n as integer)) as rejected_at, 'o1' as owner_id,
    reason, verdict, evidence, 1 as attempts, is_false_reject, case when is_false_reject then 'd3' end as later_deal_id, 'b1' as build_id
from (values (1, 'not_icp', 'contradicted', 'segment_in_icp', true), (2, 'not_icp', 'supported', 'segment_outside_icp', false),
    (3, 'unreachable', 'contradicted', 'too_few_attempts', false), (4, 'no_budget', 'supported', 'budget_denied', false),
    (5, null, 'unverifiable', 'no_reason', false)) as checks(n, reason, verdict, evidence, is_false_reject);
insert into marts.rpt_reason_completeness values
    ('(all)', '(all)', 'rejected', 5, 4, 0.8, 0.46, 0.95, 0, 2, 2, 0.5, 1, 'b1'),
    ('(all)', 'o1', 'rejected', 5, 4, 0.8, 0.46, 0.95, 0, 2, 2, 0.5, 1, 'b1'),
    ('2026-05', 'o1', 'rejected', 3, 1, 0.333, 0.1, 0.7, 0, 2, 2, 0.5, 1, 'b1');
-- the example of D71: 12 x 22 % x 900 000.00 and 9 x 4 % x 900 000.00
insert into marts.rpt_fault_matrix values
    ('(all)', 'good_broken', 12, 2, 100, 22, 0.22, 0.16, 0.295, 90000000, 237600000, 'RUB', 'b1'),
    ('(all)', 'bad_kept', 9, 0, 50, 2, 0.04, 0.014, 0.11, 90000000, 32400000, 'RUB', 'b1'),
    ('(all)', 'process', 4, 0, null, null, null, null, null, null, null, null, 'b1'),
    ('2026-05', 'good_broken', 5, 1, 100, 22, 0.22, 0.16, 0.295, 90000000, 99000000, 'RUB', 'b1');
insert into marts.rpt_neglected_accounts values
    ('a1', 'o1', 'retail', 12, true, 'open_deal', 1, 0, 0, null, 'RUB', '2026-02-01 10:00:00', 149, 90, 'b1'),
    ('a2', 'o2', 'retail', 900, false, 'customer', 0, 0, 2, 5000000, 'RUB', null, 300, 90, 'b1');
insert into marts.rpt_stage_durations values
    ('mql', 'completed', '2026-05-01', 4, 'marketing', 40, 3.5, 20, 'b1'),
    ('mql', 'completed', '2026-06-01', 4, 'marketing', 38, 2.25, 15, 'b1'),
    ('mql', 'open', '2026-06-01', 4, 'marketing', 11, 8, 90, 'b1');
insert into marts.rpt_sla_monthly by name
select *, met + late + breached + 2 as clocks, met + late + breached as n, met / (met + late + breached) as share_in_target, 0.6 as low, 0.8 as high,
    1 as running, 1 as waived, 0 as not_applicable, 0 as breached_unassigned, 0 as breached_routing, 0 as breached_never_tried,
    150 as median_seconds, 5400 as p90_seconds, timestamp '2026-07-01 00:00:00' as evaluated_at, 'b1' as build_id
from (values
    ('2026-06', date '2026-06-01', 'reaction', '(all)', '(all)', 72, 0, 28, 5, 23),
    ('2026-06', date '2026-06-01', 'reaction', 'o1', '(all)', 52, 0, 18, 0, 18),
    ('2026-06', date '2026-06-01', 'reaction', '(process)', '(all)', 20, 0, 10, 5, 5),
    ('2026-06', date '2026-06-01', 'qualification', '(all)', '(all)', 20, 10, 10, 0, 10),
    ('2026-06', date '2026-06-01', 'qualification', '(all)', 'full', 1, 1, 1, 0, 1),
    ('2026-07', date '2026-07-01', 'reaction', '(all)', '(all)', 1, 0, 0, 0, 0)
) as months(period, period_start_on, clock, owner_id, handover_type, met, late, breached, breached_off_hours, breached_late);
insert into marts.rpt_sla_report values
    ('2026-06', '2026-06-01', 'mql_to_sql', 0.30, 0.2, 0.4, 'ratio', 52, false, null, '2026-07-01', 'b1'),
    ('2026-06', '2026-06-01', 'response_seconds_p90', 5400, null, null, 'seconds', 100, true, null, '2026-07-01', 'b1'),
    ('2026-06', '2026-06-01', 'sql_to_customer', null, null, null, 'ratio', 0, false, 'no_denominator', '2026-07-01', 'b1');
insert into marts.rpt_reaction_bands values
    ('(all)', 'reaction_band', 'within_5_minutes', 1, 'sql', 44, 70, 60, 24, 0.4, 0.302, 0.507, 'b1'),
    ('(all)', 'reaction_band', 'never', 7, 'sql', 44, 12, 10, 0, 0, 0, 0.213, 'b1'),
    ('2026-05', 'reaction_band', 'never', 7, 'sql', 44, 3, 3, 3, 1, 0.5, 1, 'b1');
-- the worked example of D73: 5.0 lost wins, 60 of 70 matched, 5.0 M
insert into marts.rpt_lateness_price values
    ('contact', 70, 100, 60, 0.142857143, 3, 2, 'late_won_less', 'lateness.late_won_less', 5, 1.2, 8.9, 0.4, 9.6, 500000000, 120000000, 890000000, 'RUB', 'b1'),
    ('acceptance', 20, 100, 5, 0.75, 9, 2, 'no_price', 'lateness.no_price', null, null, null, null, null, null, null, null, 'RUB', 'b1');
insert into marts.rpt_auto_returns values
    ('lead 11', 1, 'full', 'hot', 'o1', '2026-06-29 07:00:00', '2026-06-30 07:00:00', null, null, true, 'never_tried', 'b1'),
    ('lead 12', 1, 'full', 'hot', 'o2', '2026-05-29 07:00:00', '2026-06-01 07:00:00', '2026-06-02 07:00:00', 'sql', false, 'late', 'b1');
insert into marts.fct_sla_clocks values
    ('lead 21', 1, 'contact', 'o1', '2026-06-30 10:00:00', '2026-07-01 10:00:00', '2026-07-01 10:00:00', null, 'running', 300, 1440, 1, 'b1'),
    ('lead 22', 1, 'qualification', 'o2', '2026-06-29 06:00:00', '2026-06-30 06:00:00', '2026-07-01 06:00:00', null, 'late', 1500, 1440, 2, 'b1'),
    ('lead 23', 1, 'contact', 'o1', '2026-06-30 10:00:00', '2026-07-01 10:00:00', '2026-07-01 10:00:00', '2026-06-30 11:00:00', 'met', 60, 1440, 1, 'b1'),
    ('lead 24', 1, 'contact', 'o1', '2026-06-20 10:00:00', '2026-06-21 10:00:00', '2026-06-21 10:00:00', null, 'breached', 9000, 1440, 0, 'b1');
insert into marts.rpt_rollout_steps values
    (1, 'mql_rule', '2026-01-08', 'done', 'definition', 'mql_rule', '2026-01-05', 2, 'mql_rule@3', null, 'b1'),
    (4, 'playbook', '2026-01-29', 'overdue', 'note', null, null, null, null, null, 'b1');
insert into marts.rpt_cooperation values
    ('2026-06', '2026-06-01', 3, 2, 1, 12, 0, 4, 5, 2, 1, true, '2026-07-01', 'b1');
insert into marts.rpt_definition_signatures values
    ('mql_rule', 'marketing', 'signed', 'A. Ivanova', '2026-02-01', 0, '2026-01-01', 'abc', 'b1'),
    ('mql_rule', 'sales', 'added_since', 'B. Petrov', '2026-02-01', 1, '2026-01-01', 'abc', 'b1'),
    ('stages', 'marketing', 'signed', 'A. Ivanova', '2026-02-01', 0, '2026-01-01', 'def', 'b1'),
    ('stages', 'sales', 'signed', 'B. Petrov', '2026-02-01', 0, '2026-01-01', 'def', 'b1');
insert into marts.rpt_definitions values
    ('mql_rule', 'asked_for_demo', 'condition=<present>', '2026-03-01', '2026-02-20', true, false, 'signed', 'unsigned', 'b1'),
    ('costs', '2026-03', 'amount=1', '2026-03-01', '2026-03-20', true, false, 'not_needed', 'not_needed', 'b1');
insert into marts.fct_handovers
select 'lead ' || n, 1, kind, outcome, 'b1'
from (values (1, 'full', 'sql'), (2, 'full', 'sql'), (3, 'full', 'returned'), (4, 'review', null), (5, 'review', 'rejected')) as episodes(n, kind, outcome);
insert into marts.rpt_after_sale values
    ('2026-05-01', 'repeat_purchase', 'deals', 2, 2, 40, 700000, null, 'RUB', null, '2026-07-01', 'b1'),
    ('2026-06-01', 'repeat_purchase', 'deals', 3, 3, 42, 800000, null, 'RUB', null, '2026-07-01', 'b1'),
    ('2026-07-01', 'repeat_purchase', 'deals', 1, 1, 45, 900000, null, 'RUB', null, '2026-07-01', 'b1'),
    ('2026-06-01', 'churn', 'subscriptions', null, null, 42, null, null, 'RUB', 'no_subscriptions', '2026-07-01', 'b1');
