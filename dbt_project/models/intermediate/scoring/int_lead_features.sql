with bounds_of_day as (
    {{ bounds_of_day(ref('int_lead_moments_dated')) | indent(4) }}
),

matrix_versions as (
    select
        answers.lead_id,
        answers.moment,
        max(answers.definition_version) as definition_version
    from {{ ref('int_lead_answers_scored') }} as answers
    group by answers.lead_id, answers.moment
),

people_of_leads as (
    select
        leads.lead_id,
        coalesce(leads.person_id, 'lead:' || leads.lead_id) as person_id,
        coalesce(leads.account_id, people.account_id) as account_id
    from {{ ref('leads') }} as leads
    left join {{ ref('int_people_merged') }} as people
        on people.person_id = leads.person_id
),

touches_known as (
    select
        moments.lead_id,
        moments.moment,
        count(*) as touches_until_moment,
        max(touches.occurred_at) as last_touch_at
    from {{ ref('int_lead_moments_dated') }} as moments
    inner join people_of_leads
        on people_of_leads.lead_id = moments.lead_id
    inner join {{ ref('int_touches_channelled') }} as touches
        on touches.person_id = people_of_leads.person_id and touches.occurred_at <= moments.scored_at
    group by moments.lead_id, moments.moment
),

label_window as (
    select max(windows.window_days) as window_days
    from {{ ref('stg_definitions__step_windows') }} as windows
    where windows.from_stage = 'lead'
        and windows.to_stage = 'won'
        and windows.cohort_basis = 'lead'
        and {{ holds_on('windows', evaluation_date()) }}
),

wins as (
    select
        reached.lead_id,
        reached.reached_at as won_at
    from {{ ref('int_leads_reached') }} as reached
    where reached.stage = 'won'
)

select
    moments.lead_id,
    moments.moment,
    moments.scored_at,
    leads.created_at,
    coalesce(touches_known.last_touch_at, moments.scored_at) as latest_known_at,
    matrix_versions.definition_version,
    bounds_of_day.scale as matrix_scale,
    bounds_of_day.review_lower_bound,
    bounds_of_day.hot_lower_bound,
    channelled.channel,
    leads.source_system,
    calendar.iso_weekday as weekday,
    cast({{ floor_divide(seconds_between(local_midnight('moments.scored_on'), 'moments.scored_at'), '3600') }} as bigint) as hour,
    leads.has_valid_phone,
    cast(coalesce(touches_known.touches_until_moment, 0) as bigint) as touches_until_moment,
    label_window.window_days as label_window_days,
    coalesce({{ plus_days('moments.scored_at', 'label_window.window_days') }} <= {{ build_fact('evaluated_at') }}, false) as is_mature,
    coalesce(
        {{ seconds_between('moments.scored_at', 'wins.won_at') }} between 0 and label_window.window_days * 86400, false
    ) as is_won,
    people_of_leads.account_id,
    leads.segment,
    sold.won_minor,
    case
        when attempted.lead_id is not null then attempted.first_attempt_at is not null or coalesce(sold.is_sql, false)
    end as is_worked
from {{ ref('int_lead_moments_dated') }} as moments
inner join {{ ref('leads') }} as leads
    on leads.lead_id = moments.lead_id
cross join label_window
left join matrix_versions
    on matrix_versions.lead_id = moments.lead_id and matrix_versions.moment = moments.moment
left join bounds_of_day
    on bounds_of_day.scored_on = moments.scored_on
left join {{ ref('int_leads_channelled') }} as channelled
    on channelled.lead_id = moments.lead_id
left join {{ ref('int_days') }} as calendar
    on calendar.date_on = moments.scored_on
left join touches_known
    on touches_known.lead_id = moments.lead_id and touches_known.moment = moments.moment
left join wins
    on wins.lead_id = moments.lead_id
left join people_of_leads
    on people_of_leads.lead_id = moments.lead_id
left join {{ ref('int_leads_sold') }} as sold
    on sold.lead_id = moments.lead_id
left join {{ ref('int_leads_attempted') }} as attempted
    on attempted.lead_id = moments.lead_id
