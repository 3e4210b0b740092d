-- A table, because several models read it.
{{ config(materialized='table') }}

with visits as (
    {{ newest_days('yandex_metrika', 'visits', 'date') | indent(4) }}
),

counters as (
    {{ newest_versions('yandex_metrika', 'counters') | indent(4) }}
)

select
    cast(visits.visitid as string) as visit_id,
    cast(nullif(nullif(visits.clientid, ''), '0') as string) as client_id,
    cast(counters.time_zone_name as string) as time_zone,
    coalesce(
        cast(nullif(visits.datetimeutc, '') as timestamp),
        {{ utc_of_local_in('counters.time_zone_name', "cast(nullif(visits.datetime, '') as timestamp)") }}
    ) as started_at,
    cast({{ without_query('visits.starturl') }} as string) as landing_page,
    cast(nullif(visits.pageviews, '') as bigint) as page_views,
    cast(nullif(visits.visitduration, '') as bigint) as duration_seconds,
    case visits.bounce when '0' then true when '1' then false end as is_engaged,
    cast(nullif(nullif(visits.lastdirectclickorder, ''), '0') as string) as campaign_id,
    cast(
        nullif(visits.lasttrafficsource, '')
        || coalesce(
            '/' || nullif(
                case visits.lasttrafficsource
                    when 'ad' then visits.lastadvengine
                    when 'organic' then visits.lastsearchengine
                    when 'social' then visits.lastsocialnetwork
                end,
                ''
            ),
            ''
        ) as string
    ) as channel_label,
    cast(nullif(visits.utmsource, '') as string) as utm_source,
    cast(nullif(visits.utmmedium, '') as string) as utm_medium,
    cast(nullif(visits.utmcampaign, '') as string) as utm_campaign,
    cast(nullif(visits.utmcontent, '') as string) as utm_content,
    cast(nullif(visits.utmterm, '') as string) as utm_term,
    cast({{ host_of('visits.referer') }} as string) as referrer_domain,
    cast(
        case
            when {{ first_match('visits.starturl', '[?&]yclid=([^&#]*)') }} is not null then 'yclid'
            when visits.hasgclid = '1' or {{ first_match('visits.starturl', '[?&]gclid=([^&#]*)') }} is not null then 'gclid'
        end as string
    ) as click_id_kind,
    cast(visits.goalsid as string) as goals,
    cast(visits.goalsdatetime as string) as goals_reached_at,
    cast({{ raw_record_key('yandex_metrika', 'visits', 'visits') }} as string) as source_record_key
from visits
left join counters
    on visits.account = counters.id
