with sign_offs as (
    select
        sign_offs.definition,
        max(case when sign_offs.team = 'marketing' then sign_offs.state end) as marketing_sign_off,
        max(case when sign_offs.team = 'sales' then sign_offs.state end) as sales_sign_off,
        max(case when sign_offs.team = 'marketing' then sign_offs.signed_version_on end) as marketing_signed_version_on,
        max(case when sign_offs.team = 'sales' then sign_offs.signed_version_on end) as sales_signed_version_on
    from {{ ref('stg_build__definition_sign_offs') }} as sign_offs
    group by sign_offs.definition
),

dated as (
    select
        versions.*,
        {{ evaluation_date() }} as evaluated_on
    from {{ ref('stg_build__definition_versions') }} as versions
)

select
    {{ text_key(['dated.definition', 'dated.row_number']) }} as definition_row_id,
    dated.definition,
    dated.definition_key,
    dated.content,
    dated.valid_from,
    dated.valid_to,
    (
        (dated.is_first or dated.valid_from <= dated.evaluated_on)
        and (dated.valid_to is null or dated.evaluated_on < dated.valid_to)
    ) as is_in_force,
    dated.recorded_on,
    (not dated.is_first and dated.valid_from < dated.recorded_on) as is_back_dated,
    dated.marketing_owner,
    dated.sales_owner,
    case
        when sign_offs.marketing_sign_off is null then 'not_needed'
        when sign_offs.marketing_sign_off = 'added_since' and dated.recorded_on <= sign_offs.marketing_signed_version_on then 'signed'
        when sign_offs.marketing_sign_off = 'added_since' then 'unsigned'
        else sign_offs.marketing_sign_off
    end as marketing_sign_off,
    case
        when sign_offs.sales_sign_off is null then 'not_needed'
        when sign_offs.sales_sign_off = 'added_since' and dated.recorded_on <= sign_offs.sales_signed_version_on then 'signed'
        when sign_offs.sales_sign_off = 'added_since' then 'unsigned'
        else sign_offs.sales_sign_off
    end as sales_sign_off,
    dated.row_number,
    dated.definition || '@' || cast(dated.pull as string) as definition_version,
    {{ build_fact('build_id') }} as build_id
from dated
left join sign_offs
    on dated.definition = sign_offs.definition
