-- Values of a CRM's own fields that no definition understands: an answer without a level, a yes or no or a number that is
-- neither. They are null in the contract, so somebody must hear of them.
{%- set flags = [
    'is_in_icp', 'has_need', 'asked_for_contact', 'asked_for_demo', 'showed_interest', 'is_duplicate', 'is_test', 'is_decision_maker'
] %}
{%- set numbers = ['employees', 'term_months', 'signed_on'] %}
with known_answers as (
    select
        map.field,
        {{ lower_text('trim(map.field_value)') }} as field_value
    from {{ ref('stg_definitions__answer_map') }} as map
    where map.source_system = 'amocrm' and {{ holds_on('map', evaluation_date()) }}
),

marked as (
    select
        'scoring_answers' as contract,
        'field ' || answers.field_id as column_name,
        answers.value,
        known_answers.field is null as is_wrong
    from {{ ref('stg_amocrm__answer_values') }} as answers
    left join known_answers
        on answers.field_id = known_answers.field and {{ lower_text('trim(answers.value)') }} = known_answers.field_value
    union all
    select
        case field_values.object when 'lead' then 'leads' when 'contact' then 'people' else 'accounts' end as contract,
        field_values.column_name,
        field_values.value,
        case
            when field_values.column_name in ({% for name in flags %}'{{ name }}'{% if not loop.last %}, {% endif %}{% endfor %})
                then {{ boolean_or_null('field_values.value') }} is null
            else {{ whole_or_null('field_values.value') }} is null
        end as is_wrong
    from {{ ref('stg_amocrm__field_values') }} as field_values
    where field_values.column_name in ({% for name in flags + numbers %}'{{ name }}'{% if not loop.last %}, {% endif %}{% endfor %})
),

counted as (
    select
        marked.contract,
        marked.column_name,
        count(case when marked.is_wrong then 1 end) as occurrences,
        count(*) as rows_checked,
        min(case when marked.is_wrong then marked.value end) as example
    from marked
    group by marked.contract, marked.column_name
)

select
    'value_not_understood' as finding,
    cast(counted.contract as string) as contract,
    cast(counted.column_name as string) as column_name,
    'amocrm' as source_system,
    cast(counted.occurrences as bigint) as occurrences,
    cast(counted.rows_checked as bigint) as rows_checked,
    'Values such as "' || counted.example || '" mean nothing to ' || case
        when counted.contract = 'scoring_answers' then 'answer_map.csv' else 'field_map.csv'
    end || ': add a row for each, with what it means.' as message
from counted
where counted.occurrences > 0
