-- Keys that no record has, but that one has in another spelling (`ACME ltd` for `Acme Ltd.`): the join between the two
-- files is lost. Asked of accounts, owners and campaigns, whose keys are often names.
{%- set references = [
    ('accounts', 'account_id', ['leads', 'deals', 'touches', 'conversions', 'payments', 'subscriptions', 'people']),
    ('owners', 'owner_id', ['leads', 'deals', 'touches', 'accounts', 'people', 'assignments', 'stage_events', 'rejections', 'call_reviews']),
    ('campaigns', 'campaign_id', ['leads', 'touches', 'web_sessions', 'ad_performance_daily', 'costs']),
] %}
with named as (
    {%- for target, key, contracts in references %}
    {%- set is_last = loop.last %}
    {%- for contract in contracts %}
    select
        '{{ target }}' as target,
        '{{ contract }}' as contract,
        '{{ key }}' as column_name,
        records.source_system,
        records.{{ key }} as named_key,
        count(*) as records
    from {{ ref(contract) }} as records
    where records.{{ key }} is not null
    group by records.source_system, records.{{ key }}
    {%- if not (is_last and loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
),

kept as (
    {%- for target, key, contracts in references %}
    select
        '{{ target }}' as target,
        records.{{ key }} as kept_key,
        {{ spelling_key('records.' ~ key) }} as spelling
    from {{ ref(target) }} as records
    group by records.{{ key }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

spellings as (
    select
        kept.target,
        kept.spelling,
        min(kept.kept_key) as kept_key
    from kept
    where kept.spelling <> ''
    group by kept.target, kept.spelling
),

unmatched as (
    select
        named.*,
        {{ spelling_key('named.named_key') }} as spelling,
        kept.kept_key is null as is_unmatched
    from named
    left join kept
        on named.target = kept.target and named.named_key = kept.kept_key
),

compared as (
    select
        unmatched.*,
        spellings.kept_key as other_spelling,
        row_number() over (
            partition by unmatched.contract, unmatched.column_name, unmatched.source_system
            order by case when spellings.kept_key is null then 1 else 0 end, unmatched.records desc, unmatched.named_key
        ) as position
    from unmatched
    left join spellings
        on unmatched.is_unmatched and unmatched.target = spellings.target and unmatched.spelling = spellings.spelling
),

counted as (
    select
        compared.target,
        compared.contract,
        compared.column_name,
        compared.source_system,
        sum(case when compared.other_spelling is not null then compared.records else 0 end) as occurrences,
        sum(compared.records) as rows_checked,
        max(case when compared.position = 1 then compared.named_key end) as first_key,
        max(case when compared.position = 1 then compared.other_spelling end) as first_other
    from compared
    group by compared.target, compared.contract, compared.column_name, compared.source_system
)

select
    cast('two_spellings' as string) as finding,
    cast(counted.contract as string) as contract,
    cast(counted.column_name as string) as column_name,
    counted.source_system,
    cast(counted.occurrences as bigint) as occurrences,
    cast(counted.rows_checked as bigint) as rows_checked,
    (
        'Keys that ' || counted.target || ' spell otherwise (' || counted.first_key || ' is ' || counted.first_other
        || ' there): these rows find no partner; write both alike, or map them by `values:`.'
    ) as message
from counted
where counted.occurrences > 0
