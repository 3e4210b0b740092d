with bounds_of_day as (
    {{ bounds_of_day(ref('int_lead_moments_dated')) | indent(4) }}
),

people_of_leads as (
    select
        leads.lead_id,
        coalesce(leads.account_id, people.account_id) as account_id,
        people.has_valid_phone,
        people.has_valid_email,
        people.has_messenger,
        people.job_title
    from {{ ref('leads') }} as leads
    left join {{ ref('int_people_merged') }} as people
        on people.person_id = leads.person_id
),

answers_known as (
    select
        answers.lead_id,
        answers.moment,
        cast(sum(case when answers.is_missing then 0 else 1 end) as bigint) as answered_criteria,
        cast(sum(case when answers.is_missing then 1 else 0 end) as bigint) as missing_criteria,
        max(answers.answered_at) as last_answer_at,
        max(answers.definition_version) as definition_version
    from {{ ref('int_lead_answers_scored') }} as answers
    group by answers.lead_id, answers.moment
),

channels_in_order as (
    select
        touched.*,
        row_number() over (
            partition by touched.lead_id, touched.moment order by touched.first_touch_at, touched.channel
        ) as place_from_first,
        row_number() over (
            partition by touched.lead_id, touched.moment order by touched.last_touch_at desc, touched.channel
        ) as place_from_last
    from {{ ref('int_lead_channels_touched') }} as touched
),

touches_known as (
    select
        channels_in_order.lead_id,
        channels_in_order.moment,
        cast(sum(channels_in_order.touches) as bigint) as touches_until_moment,
        cast(sum(channels_in_order.visits) as bigint) as visits_until_moment,
        cast(sum(channels_in_order.sales_touches) as bigint) as sales_touches_until_moment,
        count(*) as channels_until_moment,
        min(channels_in_order.first_touch_at) as first_touch_at,
        max(channels_in_order.last_touch_at) as last_touch_at,
        max(case when channels_in_order.place_from_first = 1 then channels_in_order.channel end) as channel_of_first_touch,
        max(case when channels_in_order.place_from_last = 1 then channels_in_order.channel end) as channel_of_last_touch
    from channels_in_order
    group by channels_in_order.lead_id, channels_in_order.moment
),

label_window as (
    select max(windows.window_days) as window_days
    from {{ ref('stg_definitions__step_windows') }} as windows
    where windows.from_stage = 'lead'
        and windows.to_stage = {{ policy('close_event') }}
        and windows.cohort_basis = 'lead'
        and {{ holds_on('windows', evaluation_date()) }}
),

wins as (
    select
        reached.lead_id,
        reached.reached_at as won_at
    from {{ ref('int_leads_reached') }} as reached
    where reached.stage = {{ policy('close_event') }}
),

-- how far each lead came is told of all leads, a win of few: a score may learn from both
stages_to_close as (
    select stages.stage
    from {{ ref('int_stages_ranked') }} as stages
    inner join {{ ref('int_stages_ranked') }} as closes
        on stages.chain_rank <= closes.chain_rank
    where stages.chain_rank > 1 and closes.stage = {{ policy('close_event') }}
),

stages_counted as (
    select
        moments.lead_id,
        moments.moment,
        count(*) as stages_reached
    from {{ ref('int_lead_moments_dated') }} as moments
    cross join label_window
    inner join {{ ref('int_leads_reached') }} as reached
        on reached.lead_id = moments.lead_id
        and reached.reached_at <= {{ plus_days('moments.scored_at', 'label_window.window_days') }}
    inner join stages_to_close
        on stages_to_close.stage = reached.stage
    group by moments.lead_id, moments.moment
)

select
    moments.lead_id,
    moments.moment,
    moments.scored_at,
    leads.created_at,
    coalesce(
        greatest(
            coalesce(touches_known.last_touch_at, answers_known.last_answer_at),
            coalesce(answers_known.last_answer_at, touches_known.last_touch_at)
        ),
        moments.scored_at
    ) as latest_known_at,
    answers_known.definition_version,
    bounds_of_day.scale as matrix_scale,
    bounds_of_day.review_lower_bound,
    bounds_of_day.hot_lower_bound,
    channelled.channel,
    leads.source_system,
    calendar.iso_weekday as weekday,
    cast({{ floor_divide(seconds_between(local_midnight('moments.scored_on'), 'moments.scored_at'), '3600') }} as bigint) as hour,
    coalesce(leads.has_valid_phone, people_of_leads.has_valid_phone) as has_valid_phone,
    cast(coalesce(touches_known.touches_until_moment, 0) as bigint) as touches_until_moment,
    label_window.window_days as label_window_days,
    coalesce({{ plus_days('moments.scored_at', 'label_window.window_days') }} <= {{ build_fact('evaluated_at') }}, false) as is_mature,
    coalesce(
        {{ seconds_between('moments.scored_at', 'wins.won_at') }} between 0 and label_window.window_days * 86400, false
    ) as is_won,
    coalesce(stages_counted.stages_reached, 0) as stages_reached,
    people_of_leads.account_id,
    leads.segment,
    sold.won_minor,
    case
        when attempted.lead_id is not null then attempted.first_attempt_at is not null or coalesce(sold.is_sql, false)
    end as is_worked,
    coalesce(answers_known.answered_criteria, 0) as answered_criteria,
    coalesce(answers_known.missing_criteria, 0) as missing_criteria,
    coalesce(touches_known.visits_until_moment, 0) as visits_until_moment,
    coalesce(touches_known.sales_touches_until_moment, 0) as sales_touches_until_moment,
    coalesce(touches_known.channels_until_moment, 0) as channels_until_moment,
    cast({{ floor_divide(seconds_between('touches_known.first_touch_at', 'moments.scored_at'), '86400') }} as bigint)
        as days_since_first_touch,
    cast({{ floor_divide(seconds_between('leads.created_at', 'moments.scored_at'), '3600') }} as bigint) as hours_since_creation,
    touches_known.channel_of_first_touch,
    touches_known.channel_of_last_touch,
    channelled.campaign_id,
    campaign_costs.campaign_leads,
    campaign_costs.campaign_cost_minor,
    campaign_costs.campaign_cost_per_lead,
    leads.form_id,
    leads.landing_page,
    leads.asked_for_demo,
    leads.asked_for_contact,
    leads.showed_interest,
    leads.has_need,
    leads.self_reported_source,
    coalesce(leads.has_valid_email, people_of_leads.has_valid_email) as has_valid_email,
    coalesce(leads.has_messenger, people_of_leads.has_messenger) as has_messenger,
    coalesce(leads.job_title, people_of_leads.job_title) as job_title,
    coalesce(leads.industry, accounts.industry) as industry,
    coalesce(leads.segment, accounts.segment) as account_segment,
    accounts.region as account_region,
    accounts.country as account_country,
    accounts.employees as account_employees,
    coalesce(leads.is_in_icp, accounts.is_in_icp) as is_in_icp
from {{ ref('int_lead_moments_dated') }} as moments
inner join {{ ref('leads') }} as leads
    on leads.lead_id = moments.lead_id
cross join label_window
left join bounds_of_day
    on bounds_of_day.scored_on = moments.scored_on
left join {{ ref('int_leads_channelled') }} as channelled
    on channelled.lead_id = moments.lead_id
left join {{ ref('int_days') }} as calendar
    on calendar.date_on = moments.scored_on
left join touches_known
    on touches_known.lead_id = moments.lead_id and touches_known.moment = moments.moment
left join answers_known
    on answers_known.lead_id = moments.lead_id and answers_known.moment = moments.moment
left join {{ ref('int_lead_campaign_costs') }} as campaign_costs
    on campaign_costs.lead_id = moments.lead_id and campaign_costs.moment = moments.moment
left join wins
    on wins.lead_id = moments.lead_id
left join stages_counted
    on stages_counted.lead_id = moments.lead_id and stages_counted.moment = moments.moment
left join people_of_leads
    on people_of_leads.lead_id = moments.lead_id
left join {{ ref('int_accounts_merged') }} as accounts
    on accounts.account_id = people_of_leads.account_id
left join {{ ref('int_leads_sold') }} as sold
    on sold.lead_id = moments.lead_id
left join {{ ref('int_leads_attempted') }} as attempted
    on attempted.lead_id = moments.lead_id
