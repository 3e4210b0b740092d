-- One deal by hand (A14): linear over three touches, 100.01 paid in March, 40.00 of it back in April. Times are UTC, the company's
-- zone is Europe/Moscow, so the first touch (22:30 on 28 February) falls on 1 March.
create table marts.dim_people as
select 'p1' as person_id, 'a1' as account_id, 'crm/contacts/p1/1' as source_record_key, 'b1' as build_id
union all select 'p2', 'a1', null, 'b1';
create table marts.dim_accounts as
select 'a1' as account_id, 'Ромашка' as account_name, null::varchar as industry, null::varchar as segment,
    null::varchar as domain, 'crm/companies/a1/1' as source_record_key, 'b1' as build_id;
create table marts.dim_campaigns as select 'c1' as campaign_id, 'Spring' as campaign_name, 'b1' as build_id;
create table marts.dim_dates as
select cast(day as date) as date_on, cast(date_trunc('month', day) as date) as month_starts_on,
    strftime(day, '%Y-%m') as period, 'b1' as build_id
from range(timestamp '2025-01-01', timestamp '2026-07-01', interval 1 day) as days(day);
create table marts.fct_leads as
select 'l1' as lead_id, 'p1' as person_id, 'a1' as account_id, timestamp '2026-03-02 09:00:00' as created_at, 'paid_search' as channel,
    'won' as status, 'o1' as owner_id, 'crm/leads/l1/1' as source_record_key, 'b1' as build_id;
create table marts.fct_deals as
select 'd1' as deal_id, 'l1' as lead_id, 'p1' as person_id, 'a1' as account_id, 'account:a1' as customer_id,
    timestamp '2026-03-08 09:00:00' as created_at, timestamp '2026-03-09 09:00:00' as won_at, 'won' as status,
    10001::bigint as amount_reporting_minor, 10001::bigint as paid_minor, 4000::bigint as refunded_minor, 'RUB' as currency,
    24::bigint as term_months, 'crm/deals/d1/2' as source_record_key, 'b1' as build_id
union all
select 'd2', null, null, null, 'deal:d2', timestamp '2026-03-08 09:00:00', null, 'open', null, 0, 0, 'RUB', null, 'crm/deals/d2/2', 'b1';
create table marts.fct_touches as
select touch_id, person_id, 'a1' as account_id, null::varchar as lead_id, null::varchar as deal_id, occurred_at::timestamp as occurred_at,
    channel, null::varchar as campaign_id, team, kind, direction, null::varchar as outcome, null::varchar as owner_id,
    is_creditable, collapsed_into, 'crm' as source_system, 'crm/touches/' || touch_id || '/1' as source_record_key, 'b1' as build_id
from (values
    ('t0', 'p1', '2025-03-01 00:00:00', 'email', 'marketing', 'click', 'incoming', true, null),
    ('t1', 'p1', '2026-02-28 22:30:00', 'paid_search', 'marketing', 'click', 'incoming', true, null),
    ('t2', 'p2', '2026-03-05 10:00:00', 'email', 'marketing', 'click', 'incoming', true, null),
    ('t3', 'p1', '2026-03-09 10:00:00', 'sales', 'sales', 'call', 'outgoing', true, null),
    ('t4', 'p1', '2026-03-09 11:00:00', 'sales', 'sales', 'call', 'outgoing', true, 't3'),
    ('t5', 'p1', '2026-03-04 11:00:00', 'paid_search', 'marketing', 'impression', 'incoming', false, null),
    ('t6', 'p1', '2026-03-06 11:00:00', 'sales', 'sales', 'call', 'outgoing', false, null),
    ('t7', 'p1', '2026-03-20 11:00:00', 'email', 'marketing', 'click', 'incoming', true, null),
    ('t8', 'p9', '2026-03-06 11:00:00', 'email', 'marketing', 'click', 'incoming', true, null)
) as touches(touch_id, person_id, occurred_at, channel, team, kind, direction, is_creditable, collapsed_into);
update marts.fct_touches set account_id = 'a9' where person_id = 'p9';
create table marts.fct_conversions as
select 'paid:d1' as conversion_id, 'paid' as kind, 'account' as journey_level, 'account:a1' as journey_owner_id, 'p1' as person_id,
    'a1' as account_id, 'l1' as lead_id, 'd1' as deal_id, timestamp '2026-03-10 09:00:00' as converted_at, 6001::bigint as revenue_minor,
    'RUB' as currency, 6001::bigint as revenue_reporting_minor, 1::bigint as conversion_count, true as is_first_deal,
    true as is_attributed, 'conversion_kinds@1' as definition_version, 'crm/deals/d1/2' as source_record_key, 'b1' as build_id;
create table marts.fct_attribution_credits as
select 'paid:d1' as conversion_id, 'paid' as conversion_kind, 'account' as journey_level, 'default' as level_asked, revenue_row_id, credited_on::date as credited_on,
    conversion_count::bigint as conversion_count, attribution_model, attribution_model as rule, credits.touch_id,
    touch_position::bigint as touch_position, touches.occurred_at as touched_at, touches.channel, touches.team,
    weight::decimal(13, 12) as weight, credited_minor::bigint as credited_minor, 'RUB' as currency,
    timestamp '2026-03-10 09:00:00' as converted_at, null::varchar as unattributed_reason, touches.source_record_key,
    'attribution_models@1' as definition_version, 'b1' as build_id
from (values
    ('linear', 'paid:d1:y1', '2026-03-10', 1, 't1', 1, 0.333333333333, 3333),
    ('linear', 'paid:d1:y1', '2026-03-10', 1, 't2', 2, 0.333333333333, 3334),
    ('linear', 'paid:d1:y1', '2026-03-10', 1, 't3', 3, 0.333333333334, 3334),
    ('linear', 'paid:d1:y2', '2026-04-05', 0, 't1', 1, 0.333333333333, -1333),
    ('linear', 'paid:d1:y2', '2026-04-05', 0, 't2', 2, 0.333333333333, -1333),
    ('linear', 'paid:d1:y2', '2026-04-05', 0, 't3', 3, 0.333333333334, -1334),
    ('first', 'paid:d1:y1', '2026-03-10', 1, 't1', 1, 1, 10001),
    ('first', 'paid:d1:y2', '2026-04-05', 0, 't1', 1, 1, -4000)
) as credits(attribution_model, revenue_row_id, credited_on, conversion_count, touch_id, touch_position, weight, credited_minor)
inner join marts.fct_touches as touches using (touch_id);
create table marts.fct_journey_members as
select 'account:a1' as journey_owner_id, unnest(['p1', 'p2', 'deal:d1', 'account:a1']) as member_id, 'b1' as build_id;
create table marts.fct_payments as
select payment_id, 'd1' as deal_id, paid_at::timestamp as paid_at, paid_at::date as paid_on, amount::bigint as amount_reporting_minor,
    'crm/payments/' || payment_id || '/1' as source_record_key, 'b1' as build_id
from (values ('y1', '2026-03-10 09:00:00', 10001), ('y2', '2026-04-05 09:00:00', -4000)) as payments(payment_id, paid_at, amount);
-- a stand of 31.00, spread over the days of March, and a salary of sales
create table marts.fct_cost_entries as
select 'stand' as cost_id, cast(day as date) as date_on, 'marketing' as team, 'event' as named_channel, 'event' as channel,
    null::varchar as campaign_id, 100::bigint as cost_reporting_minor, 'definitions/costs/stand/1' as source_record_key, 'b1' as build_id
from range(timestamp '2026-03-01', timestamp '2026-04-01', interval 1 day) as days(day)
union all
select 'salary', date '2026-03-01', 'sales', null, null, null, 700, 'definitions/costs/salary/1', 'b1';
create table marts.rpt_definitions as
select * from (values
    ('attribution_models', 'linear', 'rule=linear; lookback_days=365; is_enabled=true', true, 'b1'),
    ('touch_kinds', '* / click', 'team=marketing; is_creditable=true; needs_answer=false', true, 'b1'),
    ('touch_kinds', '* / call', 'team=sales; is_creditable=true; needs_answer=true', true, 'b1'),
    ('touch_kinds', '* / impression', 'team=marketing; is_creditable=false; needs_answer=false', true, 'b1')
) as definitions(definition, definition_key, content, is_in_force, build_id);
create table marts.rpt_attribution_by_channel as
select attribution_model, 'paid' as conversion_kind, 'account' as journey_level, 'default' as level_asked, channel, month::date as month, month_basis,
    credited_conversions::decimal(38, 12) as credited_conversions, credited_minor::bigint as credited_minor, 'RUB' as currency,
    'b1' as build_id
from (values
    ('linear', 'paid_search', '2026-03-01', 'conversion', 0.333333333333, 3333),
    ('linear', 'paid_search', '2026-04-01', 'conversion', 0, -1333),
    ('linear', 'paid_search', '2026-03-01', 'touch', 0.333333333333, 2000),
    ('linear', 'email', '2026-03-01', 'conversion', 0.333333333333, 9999),
    ('markov', 'google', '2026-03-01', 'conversion', 2.6, 26000), ('markov', 'mailing', '2026-03-01', 'conversion', 1.4, 14001),
    ('markov', '(unattributed)', '2026-03-01', 'conversion', 1, 700),
    ('markov_removal', 'google', '2026-03-01', 'conversion', 2.4, 24000),
    ('markov_removal', 'mailing', '2026-03-01', 'conversion', 1.6, 16001),
    ('markov_removal', '(unattributed)', '2026-03-01', 'conversion', 1, 700)
) as rows(attribution_model, channel, month, month_basis, credited_conversions, credited_minor);
-- the chain of A21: five paths, four of which convert
create table marts.rpt_channel_effects as
select 'markov_removal' as attribution_model, 'paid' as conversion_kind, 'default' as level_asked, channel,
    0.8::decimal(13, 12) as conversion_rate, effect::decimal(13, 12) as effect, parts::bigint as effect_parts, null::varchar as missing_reason,
    'b1' as build_id
from (values ('google', 0.75, 805306368), ('mailing', 0.5, 536870912)) as effects(channel, effect, parts);
create table marts.fct_channel_transitions as
select 'markov' as attribution_model, 'paid' as conversion_kind, 'default' as level_asked, from_state, to_state, to_channel,
    transitions::bigint as transitions, 'b1' as build_id
from (values
    ('(start)', 'google', 'google', 4), ('(start)', 'mailing', 'mailing', 1), ('google', 'mailing', 'mailing', 1),
    ('google', '(conversion)', null, 2), ('google', '(null)', null, 1), ('mailing', '(conversion)', null, 2)
) as steps(from_state, to_state, to_channel, transitions);
create table marts.fct_ad_performance_daily as
select 'yandex_direct' as platform, 'c1' as campaign_id, 'ad1' as ad_id, date '2026-03-10' as date_on, 'paid_search' as channel,
    1500::bigint as cost_reporting_minor, 'yandex_direct/performance_daily/c1/3' as source_record_key, 'b1' as build_id;
-- half of 100.01 over 24 months is 50.005, a minor unit is rounded half up; the touch of March is credited 33.33 - 13.33 and cost 15.00
create table marts.rpt_kpi_values as
select kpi, variant, period, segment, basis, 'won' as close_event, numerator::decimal(38, 9) as numerator,
    denominator::decimal(38, 9) as denominator, missing_reason, 'b1' as build_id
from (values
    ('acv', 'default', '2026-03', '(all)', 'first year', 5001, 1, null),
    ('acv', 'default', '2026-04', '(all)', null, null, null, 'no_denominator'),
    -- payments of March 100.01, less the stand's 31.00 and 15.00 of ads; the salary is sales'
    ('revenue', 'default', '2026-03', '(all)', 'payments', 10001, 1, null),
    ('romi', 'revenue', '2026-03', '(all)', 'revenue of payments', 5401, 4600, null),
    ('romi', 'revenue_linear', '2026-03', 'paid_search', 'revenue of paid, month of the touch, model linear', 500, 1500, null)
) as rows(kpi, variant, period, segment, basis, numerator, denominator, missing_reason);
