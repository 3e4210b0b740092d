-- Chains of step targets against the end-to-end target that is stated beside them (T1-T3, C11). A chain has up to four
-- steps, an empty place counts as one. Of a range the lower end is the step's target.
{%- set million = "cast('1000000' as bigint)" %}
{%- set product = wide_product(wide_product('placed.first_step', 'placed.second_step'), wide_product('placed.third_step', 'placed.fourth_step')) %}
with chain_steps as (
    select 'sql_to_deal' as subject, 1 as place, 'sql_to_proposal' as step
    union all
    select 'sql_to_deal', 2, 'proposal_to_close'
    union all
    select 'lead_to_won', 1, 'lead_to_mql'
    union all
    select 'lead_to_won', 2, 'mql_to_sql'
    union all
    select 'lead_to_won', 3, 'sql_to_proposal'
    union all
    select 'lead_to_won', 4, 'proposal_to_close'
),

step_targets as (
    select
        chain_steps.subject,
        chain_steps.place,
        chain_steps.step,
        targets.target_millionths
    from chain_steps
    left join {{ ref('int_targets_scaled') }} as targets
        on chain_steps.step = targets.kpi
        and targets.variant = 'default'
),

-- A step without a target, or with a target of 0, leaves the chain without a product.
placed as (
    select
        step_targets.subject,
        count(*) = count(nullif(step_targets.target_millionths, 0)) as is_complete,
        max(case step_targets.place when 1 then step_targets.target_millionths end) as first_step,
        coalesce(max(case step_targets.place when 2 then step_targets.target_millionths end), {{ million }}) as second_step,
        coalesce(max(case step_targets.place when 3 then step_targets.target_millionths end), {{ million }}) as third_step,
        coalesce(max(case step_targets.place when 4 then step_targets.target_millionths end), {{ million }}) as fourth_step
    from step_targets
    group by step_targets.subject
),

products as (
    select
        placed.subject,
        placed.is_complete,
        case when placed.is_complete then cast({{ product }} as decimal(38, 0)) end as product_parts,
        cast('1000000000000000000000000' as decimal(38, 0)) as whole_parts
    from placed
),

stated as (
    select
        products.*,
        targets.target_low,
        targets.target_high,
        targets.low_millionths,
        targets.high_millionths,
        cast({{ wide_product('targets.low_millionths', "cast('1000000000000000000' as bigint)") }} as decimal(38, 0)) as low_parts,
        cast({{ wide_product('targets.high_millionths', "cast('1000000000000000000' as bigint)") }} as decimal(38, 0)) as high_parts
    from products
    left join {{ ref('int_targets_scaled') }} as targets
        on products.subject = targets.kpi
        and targets.variant = 'default'
),

judged as (
    select
        stated.*,
        case
            when not stated.is_complete then null
            when stated.low_parts is null and stated.high_parts is null then 'not_stated'
            when stated.product_parts < stated.low_parts or stated.product_parts > stated.high_parts then 'contradictory'
            else 'consistent'
        end as verdict
    from stated
)

select
    judged.subject,
    '(all)' as part,
    judged.target_low as stated_low,
    judged.target_high as stated_high,
    {{ ratio('judged.product_parts', 'judged.whole_parts') }} as implied,
    cast(null as decimal(38, 9)) as needed_low,
    cast(null as decimal(38, 9)) as needed_high,
    case
        when judged.subject = 'lead_to_won'
            then cast({{ floor_divide('judged.whole_parts + judged.product_parts - 1', 'judged.product_parts') }} as bigint)
    end as leads_per_customer,
    judged.product_parts,
    judged.whole_parts,
    judged.verdict,
    case when not judged.is_complete then 'no_target' end as missing_reason
from judged
union all
-- what each step would need if the others stayed: the stated end by the product of the others
select
    judged.subject,
    step_targets.step as part,
    judged.target_low as stated_low,
    judged.target_high as stated_high,
    {{ ratio('step_targets.target_millionths', million) }} as implied,
    {{ ratio('judged.low_parts', floor_divide('judged.product_parts', 'step_targets.target_millionths') ~ ' * 1000000') }} as needed_low,
    {{ ratio('judged.high_parts', floor_divide('judged.product_parts', 'step_targets.target_millionths') ~ ' * 1000000') }} as needed_high,
    cast(null as bigint) as leads_per_customer,
    judged.product_parts,
    judged.whole_parts,
    judged.verdict,
    case when not judged.is_complete then 'no_target' end as missing_reason
from judged
inner join step_targets
    on judged.subject = step_targets.subject
