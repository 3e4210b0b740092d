-- How a stage is called in the stage map. Names change while ids stay, so a stage is known by its id and by every name that it
-- and its pipeline ever had; where the map names none of them, by its present name.
with told as (
    select
        pulls.account,
        pipelines.pipeline_id,
        pipelines.pipeline_name,
        pipelines.status_id,
        pipelines.status_name,
        pipelines.pull
    from {{ source('raw_amocrm', 'pipelines') }} as pipelines
    inner join {{ ref('stg_landing__pulls') }} as pulls
        on pipelines.pull = pulls.pull and pulls.source = 'amocrm' and pulls.stream = 'pipelines'
),

labels as (
    select account, pipeline_id, status_id, status_id as source_stage, max(pull) as told_last, 0 as preference
    from told
    group by account, pipeline_id, status_id
    union all
    select account, pipeline_id, status_id, status_name as source_stage, max(pull) as told_last, 1 as preference
    from told
    where status_name is not null
    group by account, pipeline_id, status_id, status_name
),

pipeline_labels as (
    select account, pipeline_id, pipeline_id as pipeline, max(pull) as told_last
    from told
    group by account, pipeline_id
    union all
    select account, pipeline_id, pipeline_name as pipeline, max(pull) as told_last
    from told
    where pipeline_name is not null
    group by account, pipeline_id, pipeline_name
    union all
    select account, pipeline_id, '*' as pipeline, cast(-1 as bigint) as told_last
    from told
    group by account, pipeline_id
),

mapped as (
    select
        labels.account,
        labels.pipeline_id,
        labels.status_id,
        labels.source_stage,
        pipeline_labels.pipeline,
        row_number() over (
            partition by labels.account, labels.pipeline_id, labels.status_id
            order by
                case when stage_map.source_system = '*' then 1 else 0 end,
                case when stage_map.pipeline = '*' then 1 else 0 end,
                labels.preference,
                labels.told_last desc,
                labels.source_stage
        ) as preference
    from labels
    inner join pipeline_labels
        on labels.account = pipeline_labels.account and labels.pipeline_id = pipeline_labels.pipeline_id
    inner join {{ ref('stg_definitions__stage_map') }} as stage_map
        on {{ lower_text('trim(labels.source_stage)') }} = {{ lower_text('trim(stage_map.source_stage)') }}
        and pipeline_labels.pipeline = stage_map.pipeline
        and (stage_map.source_system = 'amocrm' or stage_map.source_system = '*')
),

present as (
    select
        told.account,
        told.pipeline_id,
        told.status_id,
        max_by(told.pipeline_name, told.pull) as pipeline_name,
        max_by(told.status_name, told.pull) as status_name
    from told
    group by told.account, told.pipeline_id, told.status_id
)

select
    present.account,
    present.pipeline_id,
    present.status_id,
    coalesce(nullif(mapped.pipeline, '*'), present.pipeline_name, present.pipeline_id) as pipeline,
    coalesce(mapped.source_stage, present.status_name, present.status_id) as source_stage,
    present.status_name
from present
left join mapped
    on present.account = mapped.account
    and present.pipeline_id = mapped.pipeline_id
    and present.status_id = mapped.status_id
    and mapped.preference = 1
