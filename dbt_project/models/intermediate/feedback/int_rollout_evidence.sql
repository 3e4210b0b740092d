-- What the data and the definitions say for each step of the rollout (R91): the first day on which its evidence stood.
with signed as (
    select
        sign_offs.definition,
        max(sign_offs.signed_on) as found_on,
        count(*) as occurrences,
        max(sign_offs.definition || '@' || cast(sign_offs.pull as string)) as definition_version
    from {{ ref('stg_build__definition_sign_offs') }} as sign_offs
    where sign_offs.state in ('signed', 'added_since')
    group by sign_offs.definition
    having count(*) = 2
),

-- What a file filled is read from its first pull; a vendor's stream from its first pull as well.
pulls as (
    select
        {{ local_date('pulls.committed_at') }} as pulled_on,
        pulls.source
    from {{ ref('stg_landing__pulls') }} as pulls
    where pulls.source not in ('definitions', 'calendar')
),

first_pulls as (
    select
        pulls.source,
        min(pulls.pulled_on) as found_on
    from pulls
    group by pulls.source
),

filled as (
    select
        'stage_events' as contract,
        records.source_system,
        count(*) as occurrences
    from {{ ref('stage_events') }} as records
    group by records.source_system
    union all
    select
        'decisions' as contract,
        records.source_system,
        count(*) as occurrences
    from {{ ref('decisions') }} as records
    group by records.source_system
    union all
    select
        'disputes' as contract,
        records.source_system,
        count(*) as occurrences
    from {{ ref('disputes') }} as records
    group by records.source_system
    union all
    select
        'plan' as contract,
        records.source_system,
        count(*) as occurrences
    from {{ ref('plan') }} as records
    group by records.source_system
    union all
    select
        'call_reviews' as contract,
        records.source_system,
        count(*) as occurrences
    from {{ ref('call_reviews') }} as records
    group by records.source_system
),

contracts as (
    select
        filled.contract,
        min(first_pulls.found_on) as found_on,
        sum(filled.occurrences) as occurrences,
        min(filled.source_system) as source_system
    from filled
    left join first_pulls
        on filled.source_system = first_pulls.source
    group by filled.contract
),

targets as (
    select
        targets.kpi,
        min(targets.recorded_on) as found_on,
        count(*) as occurrences,
        max(targets.definition_version) as definition_version
    from {{ ref('stg_definitions__targets') }} as targets
    where targets.target_low is not null or targets.target_high is not null
    group by targets.kpi
),

-- In use is what is refreshed: days on which the sources were read.
days_read as (
    select
        min(pulls.pulled_on) as found_on,
        count(distinct pulls.pulled_on) as occurrences
    from pulls
)

select
    steps.step,
    steps.week,
    steps.evidence,
    steps.subject,
    steps.link,
    case steps.evidence
        when 'signature' then signed.found_on
        when 'contract' then contracts.found_on
        when 'target' then targets.found_on
        when 'builds' then days_read.found_on
        when 'note' then steps.done_on
    end as found_on,
    cast(
        case steps.evidence
            when 'signature' then signed.occurrences
            when 'contract' then contracts.occurrences
            when 'target' then targets.occurrences
            when 'builds' then days_read.occurrences
        end as bigint
    ) as occurrences,
    case steps.evidence
        when 'signature' then signed.definition_version
        when 'target' then targets.definition_version
        when 'contract' then contracts.source_system
        else steps.definition_version
    end as found_in,
    steps.definition_version
from {{ ref('stg_definitions__rollout_steps') }} as steps
left join signed
    on steps.subject = signed.definition
left join contracts
    on steps.subject = contracts.contract
left join targets
    on steps.subject = targets.kpi
cross join days_read
where {{ holds_on('steps', evaluation_date()) }}
