-- What contradicts itself inside a contract: ends before beginnings, spend below zero, statistics of a cabinet without the
-- currency of their cost, a client id of several people. One row a contract, source and finding.
{%- set periods = [
    ('deals', 'deal_id', 'created_at', ['signed_at', 'won_at', 'lost_at']),
    ('leads', 'lead_id', 'created_at', ['closed_at']),
    ('proposals', 'proposal_id', 'sent_at', ['accepted_at', 'declined_at']),
    ('stage_events', 'event_id', 'entered_at', ['left_at']),
    ('subscriptions', 'subscription_id', 'started_on', ['ended_on']),
    ('campaigns', 'campaign_id', 'started_on', ['ended_on']),
] %}
{%- set amounts = [
    ('ad_performance_daily', 'performance_id', 'cost_net_minor'),
    ('ad_performance_daily', 'performance_id', 'cost_gross_minor'),
    ('costs', 'cost_id', 'amount_minor'),
] %}
{#- a cabinet that is asked always tells a cost; a file may leave it out -#}
{%- set cabinets = var('contract_sources')['ad_performance_daily'] | reject('equalto', 'files') | list %}
with marked as (
    {%- for contract, key, begins, ends in periods %}
    {%- for end in ends %}
    select
        'closed_before_created' as finding,
        '{{ contract }}' as contract,
        '{{ end }}' as column_name,
        records.source_system,
        records.source_record_key,
        records.{{ end }} < records.{{ begins }} as is_wrong,
        '{{ begins }}' as other_column
    from {{ ref(contract) }} as records
    where records.{{ end }} is not null and records.{{ begins }} is not null
    union all
    {%- endfor %}
    {%- endfor %}
    {%- for contract, key, amount in amounts %}
    select
        'negative_spend' as finding,
        '{{ contract }}' as contract,
        '{{ amount }}' as column_name,
        records.source_system,
        records.source_record_key,
        records.{{ amount }} < 0 as is_wrong,
        cast(null as string) as other_column
    from {{ ref(contract) }} as records
    where records.{{ amount }} is not null
    union all
    {%- endfor %}
    {%- for contract in ['people', 'leads'] %}
    select
        'client_of_several_people' as finding,
        '{{ contract }}' as contract,
        'client_id' as column_name,
        records.source_system,
        records.source_record_key,
        clients.client_id is null as is_wrong,
        cast(null as string) as other_column
    from {{ ref(contract) }} as records
    left join {{ ref('int_clients_identified') }} as clients
        on records.client_id = clients.client_id
    where records.client_id is not null
    union all
    {%- endfor %}
    select
        'cost_without_currency' as finding,
        'ad_performance_daily' as contract,
        'currency' as column_name,
        records.source_system,
        records.source_record_key,
        records.currency is null as is_wrong,
        cast(null as string) as other_column
    from {{ ref('ad_performance_daily') }} as records
    where records.source_system in ({% for cabinet in cabinets %}'{{ cabinet }}'{% if not loop.last %}, {% endif %}{% endfor %})
),

counted as (
    select
        marked.finding,
        marked.contract,
        marked.column_name,
        marked.source_system,
        max(marked.other_column) as other_column,
        count(case when marked.is_wrong then 1 end) as occurrences,
        count(*) as rows_checked,
        min(case when marked.is_wrong then marked.source_record_key end) as example
    from marked
    group by marked.finding, marked.contract, marked.column_name, marked.source_system
)

select
    cast(counted.finding as string) as finding,
    cast(counted.contract as string) as contract,
    cast(counted.column_name as string) as column_name,
    counted.source_system,
    cast(counted.occurrences as bigint) as occurrences,
    cast(counted.rows_checked as bigint) as rows_checked,
    case counted.finding
        when 'negative_spend' then (
            'Spend below zero (first record: ' || counted.example || '): a correction of the cabinet, or a sign that was lost; it lowers the cost of its day.'
        )
        when 'client_of_several_people' then (
            'Client ids that records of several people carry (first record: ' || counted.example
            || '): a shared computer, or one id typed into many cards; visits with such an id are nobody''s.'
        )
        when 'cost_without_currency' then (
            'Days of ads whose currency no list of campaigns tells, or that currencies.csv does not have (first record: '
            || counted.example || '): their cost is left out of every sum.'
        )
        else (
            counted.column_name || ' lies before ' || counted.other_column || ' (first record: ' || counted.example
            || '): check time zones and the order of day and month; such durations are below zero.'
        )
    end as message
from counted
where counted.occurrences > 0
