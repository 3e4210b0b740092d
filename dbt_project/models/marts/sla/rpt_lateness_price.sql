-- D73: late × (win rate of the punctual − win rate of the late) × mean deal, over strata that hold both kinds. What stands here
-- says what went with lateness among leads that are alike, not what lateness did.
with strata as (
    select
        strata.*,
        strata.met > 0 and strata.late > 0 as is_matched,
        {{ wide_product('strata.late', 'strata.met_wins') }} - {{ wide_product('strata.late_wins', 'strata.met') }} as lost_times_met
    from {{ ref('int_lateness_strata') }} as strata
),

priced as (
    select
        strata.*,
        case when strata.is_matched then {{ ratio('strata.lost_times_met', 'strata.met') }} else 0 end as lost_wins,
        -- where nobody won nothing was lost
        case
            when strata.is_matched and strata.deals > 0
                then {{ ratio(wide_product('strata.lost_times_met', 'strata.won_minor'), wide_product('strata.met', 'strata.deals')) }}
            else 0
        end as price
    from strata
),

clocks as (
    select
        priced.clock,
        cast(sum(priced.met) as bigint) as met_leads,
        cast(sum(priced.late) as bigint) as late_leads,
        cast(sum(case when priced.is_matched then priced.late else 0 end) as bigint) as matched_late_leads,
        cast(sum(case when priced.is_matched then 1 else 0 end) as bigint) as matched_strata,
        cast(count(*) as bigint) as strata,
        cast(sum(priced.lost_wins) as decimal(38, 9)) as lost_wins,
        cast(round(cast(sum(priced.price) as decimal(38, 9)), 0) as bigint) as price_minor
    from priced
    group by priced.clock
),

judged as (
    select
        clocks.*,
        {{ ratio('clocks.late_leads - clocks.matched_late_leads', 'clocks.late_leads') }} as unmatched_share,
        intervals.lost_wins_low,
        intervals.lost_wins_high,
        intervals.lost_wins_verdict_low,
        intervals.lost_wins_verdict_high,
        intervals.price_low_minor,
        intervals.price_high_minor,
        cast({{ policy('lateness_largest_unmatched_share') }} as decimal(38, 9)) as largest_unmatched_share
    from clocks
    left join {{ ref('stg_ml__lateness_intervals') }} as intervals
        on clocks.clock = intervals.clock
),

told as (
    select
        judged.*,
        case
            when judged.late_leads = 0 then 'no_late_leads'
            when judged.unmatched_share > judged.largest_unmatched_share then 'no_price'
            when judged.lost_wins_verdict_low > 0 then 'late_won_less'
            when judged.lost_wins_verdict_high < 0 then 'late_won_more'
            else 'no_effect_shown'
        end as verdict
    from judged
)

select
    cast(told.clock as string) as clock,
    told.late_leads,
    told.met_leads,
    told.matched_late_leads,
    told.unmatched_share,
    told.strata,
    told.matched_strata,
    cast(told.verdict as string) as verdict,
    cast('lateness.' || told.verdict as string) as statement,
    {% for column in ['lost_wins', 'lost_wins_low', 'lost_wins_high', 'lost_wins_verdict_low', 'lost_wins_verdict_high'] %}
    case when told.verdict in ('late_won_less', 'late_won_more', 'no_effect_shown') then told.{{ column }} end as {{ column }},
    {% endfor %}
    {% for column in ['price_minor', 'price_low_minor', 'price_high_minor'] %}
    case when told.verdict in ('late_won_less', 'late_won_more') then told.{{ column }} end as {{ column }},
    {% endfor %}
    cast({{ build_fact('reporting_currency') }} as string) as currency,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from told
