-- Return on marketing of a channel (D56): what each model credits to its touches of a month against the cost of the same
-- month, never against the cost of another basis. The variant names profit basis and model; `net` has no row, because
-- salaries and tools of sales belong to no channel.
{%- set margin = share_policy_millionths('gross_margin') %}

with revenue_kind as (
    select case {{ revenue_basis() }} when 'payments' then 'paid' else 'won' end as kind
),

credits as (
    select
        credits.attribution_model,
        touches.channel,
        {{ local_date('journeys.occurred_at') }} as touched_on,
        credits.conversion_key,
        credits.credited_minor
    from {{ ref('int_credits_apportioned') }} as credits
    inner join {{ ref('int_conversions_gathered') }} as conversions
        on credits.conversion_key = conversions.conversion_key
    inner join revenue_kind
        on conversions.kind = revenue_kind.kind
    inner join {{ ref('int_journeys') }} as journeys
        on credits.conversion_key = journeys.conversion_key
        and credits.window_key = journeys.window_key
        and credits.position = journeys.position
    inner join {{ ref('int_touches_channelled') }} as touches
        on journeys.touch_id = touches.touch_id
),

credited as (
    select
        credits.attribution_model,
        credits.channel,
        days.month_starts_on,
        count(distinct credits.conversion_key) as conversions,
        sum(credits.credited_minor) as credited_minor
    from credits
    inner join {{ ref('int_days') }} as days
        on credits.touched_on = days.date_on
    group by credits.attribution_model, credits.channel, days.month_starts_on
),

models_in_use as (
    select distinct models.attribution_model
    from {{ ref('int_attribution_models_enabled') }} as models
),

-- A channel stands here in the months that it cost something: without a cost there is no return to speak of.
spent as (
    select
        models_in_use.attribution_model,
        costs.channel,
        costs.month_starts_on,
        costs.cost_minor,
        coalesce(credited.credited_minor, 0) as credited_minor,
        coalesce(credited.conversions, 0) as conversions
    from {{ ref('int_channel_costs') }} as costs
    inner join {{ ref('int_kpi_months') }} as months
        on costs.month_starts_on = months.month_starts_on
    cross join models_in_use
    left join credited
        on models_in_use.attribution_model = credited.attribution_model
        and costs.channel = credited.channel
        and costs.month_starts_on = credited.month_starts_on
    where costs.cost_minor > 0
),

signed as (
    select
        spent.*,
        case when spent.credited_minor < 0 then -1 else 1 end as direction,
        {{ margin }} as margin_millionths
    from spent
),

figures as (
    select
        'romi' as kpi,
        bases.basis || '_' || signed.attribution_model as variant,
        signed.month_starts_on,
        signed.channel as segment,
        cast(null as string) as cohort_basis,
        bases.basis || ' of ' || revenue_kind.kind || ', month of the touch, model ' || signed.attribution_model as basis,
        case bases.basis
            when 'revenue' then signed.credited_minor
            else signed.direction
                * cast({{ floor_divide(wide_product('abs(signed.credited_minor)', 'signed.margin_millionths') ~ ' + 500000', '1000000') }} as bigint)
        end - signed.cost_minor as numerator,
        signed.cost_minor as denominator,
        signed.conversions as n,
        false as is_money,
        cast(null as boolean) as is_mature,
        case when bases.basis = 'gross_margin' and signed.margin_millionths is null then 'no_margin' end as missing_reason
    from signed
    cross join revenue_kind
    cross join (select 'revenue' as basis union all select 'gross_margin' as basis) as bases
)

select
    {{ kpi_columns() }}
from figures
