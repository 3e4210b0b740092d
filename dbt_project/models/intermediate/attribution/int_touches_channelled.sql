with touches_as_matched as (
    select
        touches.touch_id as row_key,
        touches.source_system,
        touches.kind,
        campaigns.platform,
        touches.channel_label,
        touches.utm_source,
        touches.utm_medium,
        touches.utm_campaign,
        touches.referrer_domain,
        touches.click_id_kind
    from {{ ref('touches') }} as touches
    left join {{ ref('int_campaigns_tagged') }} as tagged
        on {{ lower_text('trim(touches.utm_campaign)') }} = tagged.tag
    left join {{ ref('int_campaigns_merged') }} as campaigns
        on coalesce(touches.campaign_id, tagged.campaign_id) = campaigns.campaign_id
),

matched as (
    {{ match_channel_rules('touches_as_matched') | indent(4) }}
),

kinds_in_force as (
    select
        kinds.source_system,
        kinds.kind,
        kinds.team,
        kinds.is_creditable,
        kinds.needs_answer,
        kinds.session_rank
    from {{ ref('stg_definitions__touch_kinds') }} as kinds
    where {{ holds_on('kinds', evaluation_date()) }}
),

channels_in_force as (
    select
        channels.channel,
        channels.team
    from {{ ref('stg_definitions__channels') }} as channels
    where {{ holds_on('channels', evaluation_date()) }}
),

source_kinds as (
    select
        touches.source_system,
        coalesce(touches.kind, 'touch') as source_kind
    from {{ ref('touches') }} as touches
    group by touches.source_system, coalesce(touches.kind, 'touch')
),

-- an override of the source system beats `*`; a kind that no row names is read as `touch`
kinds_understood as (
    select
        source_kinds.source_system,
        source_kinds.source_kind,
        coalesce(own_kinds.kind, any_kinds.kind, 'touch') as kind,
        coalesce(own_kinds.team, any_kinds.team, own_fallback.team, any_fallback.team) as team,
        coalesce(own_kinds.is_creditable, any_kinds.is_creditable, own_fallback.is_creditable, any_fallback.is_creditable, true)
            as is_creditable,
        coalesce(own_kinds.needs_answer, any_kinds.needs_answer, own_fallback.needs_answer, any_fallback.needs_answer, false)
            as needs_answer,
        case
            when own_kinds.kind is not null then own_kinds.session_rank
            when any_kinds.kind is not null then any_kinds.session_rank
            else coalesce(own_fallback.session_rank, any_fallback.session_rank)
        end as session_rank
    from source_kinds
    left join kinds_in_force as own_kinds
        on source_kinds.source_kind = own_kinds.kind and source_kinds.source_system = own_kinds.source_system
    left join kinds_in_force as any_kinds
        on source_kinds.source_kind = any_kinds.kind and any_kinds.source_system = '*'
    left join kinds_in_force as own_fallback
        on own_fallback.kind = 'touch' and source_kinds.source_system = own_fallback.source_system
            and own_kinds.kind is null and any_kinds.kind is null
    left join kinds_in_force as any_fallback
        on any_fallback.kind = 'touch' and any_fallback.source_system = '*'
            and own_kinds.kind is null and any_kinds.kind is null
),

linked as (
    select
        touches.touch_id,
        coalesce(
            touches.person_id,
            leads.person_id,
            deals.person_id,
            deal_leads.person_id,
            'lead:' || coalesce(touches.lead_id, deals.lead_id),
            clients.person_id
        ) as person_id,
        coalesce(touches.account_id, deals.account_id, leads.account_id, deal_leads.account_id) as account_id,
        coalesce(touches.lead_id, deals.lead_id) as lead_id,
        touches.deal_id,
        touches.client_id,
        touches.session_id,
        touches.occurred_at,
        touches.source_sequence,
        coalesce(touches.kind, 'touch') as source_kind,
        touches.direction,
        touches.outcome,
        touches.talk_seconds,
        touches.is_automated,
        touches.owner_id,
        touches.team,
        coalesce(touches.campaign_id, tagged.campaign_id) as campaign_id,
        touches.source_system,
        touches.source_record_key,
        touches.outcome in ('answered', 'held', 'replied', 'clicked', 'submitted') or coalesce(touches.talk_seconds, 0) >= 10
            as is_answered
    from {{ ref('touches') }} as touches
    left join {{ ref('leads') }} as leads
        on touches.lead_id = leads.lead_id
    left join {{ ref('deals') }} as deals
        on touches.deal_id = deals.deal_id
    left join {{ ref('leads') }} as deal_leads
        on deals.lead_id = deal_leads.lead_id
    -- whose visits they are, the CRM recorded with its people and leads
    left join {{ ref('int_clients_identified') }} as clients
        on touches.client_id = clients.client_id
    left join {{ ref('int_campaigns_tagged') }} as tagged
        on {{ lower_text('trim(touches.utm_campaign)') }} = tagged.tag
),

judged as (
    select
        linked.touch_id,
        -- whom journeys find the touch by; null when the record names nobody at all
        coalesce(linked.person_id, 'deal:' || linked.deal_id, 'account:' || linked.account_id) as member_id,
        linked.person_id,
        coalesce(linked.account_id, people.account_id) as account_id,
        linked.lead_id,
        linked.deal_id,
        linked.client_id,
        linked.session_id,
        linked.occurred_at,
        linked.source_sequence,
        matched.channel,
        matched.rule_id,
        linked.campaign_id,
        coalesce(linked.team, owners.team, kinds_understood.team, channels_in_force.team) as team,
        kinds_understood.kind,
        linked.source_kind,
        linked.direction,
        linked.outcome,
        linked.talk_seconds,
        linked.is_automated,
        linked.owner_id,
        kinds_understood.is_creditable
            and not (
                kinds_understood.needs_answer
                and coalesce(linked.direction, 'outgoing') = 'outgoing'
                and not coalesce(linked.is_answered, false)
            )
            and not (
                coalesce(linked.is_automated, false)
                and coalesce(linked.direction, 'incoming') = 'outgoing'
                and not coalesce(linked.is_answered, false)
            ) as is_creditable,
        kinds_understood.session_rank,
        linked.source_system,
        linked.source_record_key
    from linked
    inner join matched
        on linked.touch_id = matched.row_key
    inner join kinds_understood
        on linked.source_system = kinds_understood.source_system and linked.source_kind = kinds_understood.source_kind
    left join channels_in_force
        on matched.channel = channels_in_force.channel
    left join {{ ref('int_people_merged') }} as people
        on linked.person_id = people.person_id
    left join {{ ref('int_owners_merged') }} as owners
        on linked.owner_id = owners.owner_id
),

-- D50: what the same session or the same rep did on one day counts once. The strongest kind of a session stands for it, the
-- first record of a day for the day; touches whose rep is not on record count as one rep's. Everything else stands for itself.
keyed as (
    select
        judged.*,
        coalesce(judged.source_sequence, 0) as order_in_source,
        case
            when not judged.is_creditable then judged.touch_id
            when judged.session_id is not null and judged.session_rank is not null
                then 'session|' || judged.source_system || '|' || judged.session_id
            when judged.team = 'sales' and judged.member_id is not null
                then 'day|' || judged.member_id || '|' || coalesce(judged.owner_id, '') || '|' || judged.kind || '|'
                    || cast({{ local_date('judged.occurred_at') }} as string)
            else judged.touch_id
        end as counted_as
    from judged
),

standing as (
    select
        keyed.*,
        first_value(keyed.touch_id) over (
            partition by keyed.counted_as
            order by keyed.session_rank desc, keyed.occurred_at, keyed.order_in_source, keyed.touch_id
        ) as stands_for_it
    from keyed
)

select
    standing.touch_id,
    standing.member_id,
    standing.person_id,
    standing.account_id,
    standing.lead_id,
    standing.deal_id,
    standing.client_id,
    standing.session_id,
    standing.occurred_at,
    standing.source_sequence,
    standing.channel,
    standing.rule_id,
    standing.campaign_id,
    standing.team,
    standing.kind,
    standing.source_kind,
    standing.direction,
    standing.outcome,
    standing.talk_seconds,
    standing.is_automated,
    standing.owner_id,
    standing.is_creditable,
    case when standing.stands_for_it <> standing.touch_id then standing.stands_for_it end as collapsed_into,
    standing.source_system,
    standing.source_record_key
from standing
