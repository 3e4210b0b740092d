-- Web sessions of a month, and those that came for the brand: by a search for it (the channel `brand_search`, or a term or
-- campaign tag with a word of `brand_words.csv`) or direct (§5). Robots are left out by the source's own flag.
with sessions as (
    select
        sessions.session_id,
        sessions.source_system,
        coalesce(sessions.campaign_id, tagged.campaign_id) as campaign_id,
        sessions.channel_label,
        sessions.utm_source,
        sessions.utm_medium,
        sessions.utm_campaign,
        {{ lower_text("coalesce(sessions.utm_term, '')") }} as term,
        {{ lower_text("coalesce(sessions.utm_campaign, '')") }} as campaign_tag,
        sessions.referrer_domain,
        sessions.click_id_kind,
        {{ local_date('sessions.started_at') }} as started_on
    from {{ ref('web_sessions') }} as sessions
    left join {{ ref('int_campaigns_tagged') }} as tagged
        on {{ lower_text('trim(sessions.utm_campaign)') }} = tagged.tag
    where not coalesce(sessions.is_bot, false)
        and sessions.started_at <= {{ build_fact('evaluated_at') }}
),

sessions_as_matched as (
    select
        sessions.session_id as row_key,
        sessions.source_system,
        'visit' as kind,
        campaigns.platform,
        sessions.channel_label,
        sessions.utm_source,
        sessions.utm_medium,
        sessions.utm_campaign,
        sessions.referrer_domain,
        sessions.click_id_kind
    from sessions
    left join {{ ref('int_campaigns_merged') }} as campaigns
        on sessions.campaign_id = campaigns.campaign_id
),

matched as (
    {{ match_channel_rules('sessions_as_matched') | indent(4) }}
),

words as (
    select {{ lower_text('trim(brand_words.word)') }} as word
    from {{ ref('stg_definitions__brand_words') }} as brand_words
    where {{ holds_on('brand_words', evaluation_date()) }}
),

-- Words are tried once per distinct tag, of which there are a few thousand at most.
tags as (
    select sessions.term as tag
    from sessions
    union
    select sessions.campaign_tag as tag
    from sessions
),

brand_tags as (
    select distinct tags.tag
    from tags
    inner join words
        on tags.tag like '%' || words.word || '%'
),

word_count as (
    select count(*) as words
    from words
)

select
    days.month_starts_on,
    cast(max(word_count.words) as bigint) as brand_words,
    cast(count(*) as bigint) as sessions,
    cast(count(case
        when matched.channel = 'brand_search' or brand_terms.tag is not null or brand_campaigns.tag is not null then 1
    end) as bigint) as brand_sessions,
    cast(count(case
        when matched.channel = 'direct' and brand_terms.tag is null and brand_campaigns.tag is null then 1
    end) as bigint) as direct_sessions
from sessions
inner join matched
    on sessions.session_id = matched.row_key
inner join {{ ref('int_days') }} as days
    on sessions.started_on = days.date_on
cross join word_count
left join brand_tags as brand_terms
    on sessions.term = brand_terms.tag
left join brand_tags as brand_campaigns
    on sessions.campaign_tag = brand_campaigns.tag
group by days.month_starts_on
