-- A small company by hand: the three deals of case A20 of the definitions (100, 200 and 300 roubles, in kopecks),
-- eighteen cohorts, and one of every kind of gap.
insert into marts.rpt_kpi_values
        select kpi, variant, period, '(all)', part, whole, value, coalesce(low_end, high_end), low_end, high_end,
            case kpi when 'acv' then 5000000 end, case kpi when 'acv' then 10000000 end, unit, direction, null, owner, n, low,
            high, case unit when 'money' then 'RUB' end, is_mature, reason, 'b1'
        from (values 
    ('lead_to_mql', 'default', '2026-05', 52, 200, 0.26, 0.25, null, 'ratio', 'up', 'marketing', 200, 0.21, 0.31, true, null),
    ('lead_to_mql', 'default', '2026-06', 1, 100, 0.01, 0.25, null, 'ratio', 'up', 'marketing', 100, 0, 0.04, false, null),
    ('mql_to_sql', 'default', '2026-05', 12, 52, 0.230769231, 0.30, null, 'ratio', 'up', 'shared', 52, 0.15, 0.34, true, null),
    ('sql_to_proposal', 'default', '2026-03', 9, 15, 0.6, 0.5, null, 'ratio', 'up', 'sales', 15, 0.39, 0.78, true, null),
    ('sql_to_deal', 'default', '2026-06', null, null, null, 0.2, 0.3, 'ratio', 'up', 'sales', null, null, null, false, 'not_mature'),
    ('revenue', 'default', '2026-06', 123456789, null, 123456789, null, null, 'money', 'up', 'sales', 14, null, null, true, null),
    ('acv', 'default', '2026-06', 123456789, 14, 8818342, null, null, 'money', 'up', 'sales', 14, null, null, true, null),
    ('cycle', 'default', '2026-06', null, null, 77, null, 90, 'days', 'down', 'shared', 5, null, null, true, null),
    ('cac_blended', 'default', '2026-06', null, 14, null, null, null, 'money', 'down', 'shared', null, null, null, true, 'no_cost_data'),
    ('romi', 'gross_margin', '2026-06', null, null, null, 2, null, 'ratio', 'up', 'marketing', null, null, null, true, 'no_cost_data')
) as kpis(kpi, variant, period, part, whole, value, low_end, high_end, unit, direction, owner,
            n, low, high, is_mature, reason);
insert into marts.rpt_funnel_cohorts
with months as (select range as n, cast(date '2025-01-01' + to_months(cast(range as integer)) as date) as month from range(18)),
steps as (select * from (values (1, 'lead', 'mql', 200, 52, 30), (2, 'mql', 'sql', 52, 12, 14),
    (3, 'sql', 'proposal', 12, 6, 45), (4, 'proposal', 'won', 6, 2, 90)) as steps(position, a, b, denominator, numerator, days))
select 'A', month, basis, '(all)', position, a, b, numerator + n % 2, denominator, 0,
    month + to_months(1) + to_days(cast(case basis when 'lead' then days * 3 else days end as integer)) <= date '2026-07-01',
    days, 'b1'
from months, steps, (values ('lead'), ('step')) as bases(basis);
insert into marts.fct_attribution_credits
        select deal, 'paid', touch, model, minor, 'RUB', channel, team, null, 'default', 'b1'
        from (values 
    ('d100', 'ad1', 'first', 10000, 'paid_search', 'marketing'), ('d100', 'call1', 'last', 10000, 'sales', 'sales'),
    ('d100', 'ad1', 'linear', 5000, 'paid_search', 'marketing'), ('d100', 'call1', 'linear', 5000, 'sales', 'sales'),
    ('d200', 'call2', 'first', 20000, 'sales', 'sales'), ('d200', 'call2', 'last', 20000, 'sales', 'sales'),
    ('d200', 'call2', 'linear', 20000, 'sales', 'sales'),
    ('d300', 'mail3', 'first', 30000, 'email', 'marketing'), ('d300', 'ad3', 'last', 30000, 'paid_search', 'marketing'),
    ('d300', 'mail3', 'linear', 10000, 'email', 'marketing'), ('d300', 'ad4', 'linear', 10000, 'paid_search', 'marketing'),
    ('d300', 'ad3', 'linear', 10000, 'paid_search', 'marketing')
) as ledger(deal, touch, model, minor, channel, team);
insert into marts.fct_conversions select deal, 'paid', deal, minor, 'b1'
from (values ('d100', 10000), ('d200', 20000), ('d300', 30000)) as deals(deal, minor);
insert into marts.rpt_attribution_claims values
    ('paid', date '2026-05-01', 'both_teams', 'once', 1, 10000, 10000, 10000, 'b1'),
    ('paid', date '2026-06-01', 'both_teams', 'once', 2, 50000, 30000, 20000, 'b1'),
    ('paid', date '2026-06-01', 'marketing_only', 'once', 3, 60000, 40000, 0, 'b1'),
    ('paid', date '2026-06-01', 'both_teams', 'every_record', 3, 60000, 40000, 60000, 'b1'),
    ('won', date '2026-06-01', 'both_teams', 'once', 3, 70000, 0, 0, 'b1');
insert into marts.rpt_attribution_coverage values
    ('paid', date '2026-05-01', 'touches', '1', 1, 20000, 'b1'), ('paid', date '2026-06-01', 'touches', '2', 1, 10000, 'b1'),
    ('paid', date '2026-06-01', 'touches', '3+', 1, 30000, 'b1'), ('paid', date '2026-06-01', 'teams', 'mixed', 1, 10000, 'b1'),
    ('paid', date '2026-06-01', 'teams', 'none', 0, 0, 'b1'), ('paid', date '2026-06-01', 'self_reported', 'absent', 3, 60000, 'b1');
insert into marts.rpt_attribution_by_channel
select attribution_model, conversion_kind, channel, date '2026-06-01', 'conversion',
    sum(credited_minor / (case conversion_id when 'd100' then 10000 when 'd200' then 20000 else 30000 end)),
    sum(credited_minor), 'RUB', 'default', 'b1'
from marts.fct_attribution_credits group by all;
insert into marts.fct_leads select 'lead ' || range, timestamp '2026-05-01' + to_hours(range), 'b1' from range(60);
insert into marts.fct_deals select 'd' || range, 'lead ' || range, timestamp '2026-01-01', 'RUB', 10000, case when range < 6 then 10000 end, 0, 'b1' from range(8);
insert into marts.fct_lead_scores select 'lead ' || range, 'matrix', 'creation', range * 2 - range % 5, case when range < 25 then 'cold' when range < 40 then 'review' else 'hot' end, 'b1' from range(60);
insert into marts.rpt_score_comparison values
    ('auc', '(all)', 0.641, 0.702, 0.061, -0.012, 0.131, 'no_difference', '95 % interval includes 0', 412, 'b1'),
    ('brier', '(all)', null, 0.101, null, null, null, 'no_difference', null, 412, 'b1');
insert into marts.rpt_unmapped_stages values ('amo', 'Основная', 'Думает', 17, 'b1');
insert into marts.rpt_quarantine values ('files', 'leads', 'leads.csv', 'created', 'row', 'not_a_date', '99.aa.9999', 3, 12, 'b1');
insert into marts.rpt_findings values ('files', 'leads', 'leads.csv', 'won_date', 'seconds_cut', 762, 842, 'Seconds were cut.', 'b1');
insert into marts.rpt_findings values ('(all)', 'ad_performance_daily', null, 'campaign_id', 'spend_without_leads', 2, 7, 'Campaigns <7> cost 5 RUB', 'b1');
insert into marts.rpt_pulls values
    ('files', 'leads', 3, 'leads.csv', 63, 60, 3, timestamp '2026-06-30 20:00:00', true, 'b1'),
    ('files', 'leads', 2, 'leads.csv', 63, 10, 53, timestamp '2026-06-29 20:00:00', false, 'b1'),
    ('definitions', 'stages', 2, 'stages.csv', 13, 13, 0, timestamp '2026-06-29 20:00:00', true, 'b1');
insert into marts.rpt_quarantined_rows
select 'files', 'leads', 3, 'leads.csv', 1000 + range, range, 'created', 'leads', 'row', 'not_a_date', '99.aa.9999', 'b1' from range(1, 4);
insert into marts.rpt_quarantined_rows
select 'files', 'leads', 3, 'leads.csv', null, 100 + range, 'phone', 'leads', 'value', 'invalid_phone', '+9 <999>', 'b1' from range(12);
insert into marts.rpt_expectations values
    ('leads', 'created_at_is_plausible', 'warning', false, 60, 4, '["files/leads/7/3", "files/leads/8/3"]', 'created_at lies in the past.', 'b1'),
    ('leads', 'lead_id_is_unique', 'critical', true, 60, 0, null, 'No two rows share a lead_id.', 'b1');
insert into marts.rpt_reconciliation values ('leads', 'files', 'leads', 'rows', null, 63, 3, 60, 60, 0, true, 'rows', 'b1');
insert into marts.rpt_data_oddities values ('won_before_lead', 'deal', 'd5', 'Won before <b>its</b> lead', 'files/deals/d5/1', 'b1');
