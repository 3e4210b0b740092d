-- What the sections for a role show of the small company, by hand.
insert into marts.dim_owners values ('o1', 'Беляева О.', 'b1'), ('o2', 'Громов И.', 'b1');
-- 12 of 52 against 30 %: (0.30 - 12 / 52) x 52 x 0.1 later x 10 000.00 = 3.6 x 0.1 x 10 000.00 = 3 600.00
insert into marts.rpt_bottlenecks values
    ('A', 2, 'lead', 'mql', 'lead_to_mql', '2026-05', 52, 200, 0.26, 0.213, 0.315, 0.25, 0, 0, 'RUB', 'marketing', 'acquisition', 'on_target', false, 'b1'),
    ('A', 3, 'mql', 'sql', 'mql_to_sql', '2026-05', 12, 52, 0.230769231, 0.149, 0.294, 0.30, 0.36, 360000, 'RUB', 'shared', 'qualification', 'bottleneck', true, 'b1'),
    ('B', 4, 'mql', 'sql', 'mql_to_sql', '2026-05', 12, 52, 0.230769231, 0.149, 0.294, 0.30, 0.36, 990000, 'RUB', 'shared', 'qualification', 'bottleneck', true, 'b1');
-- T1, T2, T4 and T5 of the definitions
insert into marts.rpt_target_consistency values
    ('step_chain', 'sql_to_deal', '(all)', 0.20, 0.30, 0.125, null, null, null, null, null, null, null, null, 'contradictory', null, 'b1'),
    ('step_chain', 'sql_to_deal', 'proposal_to_close', 0.20, 0.30, 0.25, 0.40, 0.60, null, null, null, null, null, null, 'contradictory', null, 'b1'),
    ('step_chain', 'lead_to_won', '(all)', null, null, 0.009375, null, null, 107, 42800000, 'RUB', null, null, null, 'not_stated', null, 'b1'),
    ('returns_and_sql', 'mql_to_sql', 'handed_share', 0.30, 0.15, 0.55, null, 0.352941176, null, null, null, null, null, null, 'contradictory', null, 'b1'),
    ('romi_and_ltv_to_cac', 'romi', 'ltv_to_cac', 2, 3, 1.2, 6.5, null, null, null, null, null, null, 'ltv_to_cac', 'unequal', null, 'b1'),
    ('change_before_maturity', 'day_60_decision', 'mql_to_sql', null, null, null, null, null, null, null, null, 60, 44, null, 'readable', null, 'b1'),
    ('change_before_maturity', 'cac_blended_change_90_days', 'proposal_to_close', null, null, null, null, null, null, null, null, 90, 270, null, 'not_readable', null, 'b1');
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
insert into marts.rpt_icp_drift values
    ('year', '2026', '2026-01-01', 'retail', true, 60, 80, 0.75, 10, 40, 0.25, 0.154, 0.379, 0.2, 'closed_less', 'b1'),
    ('year', '2026', '2026-01-01', 'logistics', null, 20, 80, 0.25, 30, 40, 0.75, 0.621, 0.846, 0.8, 'closed_more', 'b1'),
    ('year', '2025', '2025-01-01', 'farms', false, 7, 7, 1, 1, 1, 1, 0.2, 1, 1, 'too_few', 'b1');
insert into marts.rpt_recycled_leads values
    ('2025-09-01', '(all)', 20, 1, 5, 0.25, 0.127, 0.431, 23, 2, 13, 2, 7000000, 'RUB', 180, true, 'b1'),
    ('2026-05-01', '(all)', 8, 0, 1, 0.125, 0.036, 0.355, 9, 0, 7, 0, null, 'RUB', 180, false, 'b1'),
    ('2025-09-01', 'email', 20, 1, 5, 0.25, 0.127, 0.431, 23, 2, 13, 2, 7000000, 'RUB', 180, true, 'b1');
