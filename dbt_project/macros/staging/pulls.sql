{#- What a vendor's stream says now, out of all the pulls of it that the build reads. Every relation here has the stream's own
    columns, as text, and `pull` (the newest that told of the row) and `account` (what the pull is of). Where a stream is long, the
    newest row is found among numbers and keys alone and its columns are fetched by a join: a window that carries all columns of 241 000
    visits took twice the time. -#}

{#- Newest version of every object of a stream of changes: a later pull knows better. Deletions are no versions: the vendor's
    own way to tell of them is looked at where the stream is staged. -#}
{% macro newest_versions(vendor, stream) -%}
select
    told.*,
    newest.account
from {{ source('raw_' ~ vendor, stream) }} as told
inner join (
    select
        told.pull,
        told._row,
        told._key,
        pulls.account,
        row_number() over (
            partition by pulls.account, told._key
            order by told.pull desc, cast(told._row as bigint) desc
        ) as recency
    from {{ source('raw_' ~ vendor, stream) }} as told
    inner join {{ ref('stg_landing__pulls') }} as pulls
        on told.pull = pulls.pull and pulls.source = '{{ vendor }}' and pulls.stream = '{{ stream }}'
) as newest
    on told.pull = newest.pull and told._row = newest._row and told._key = newest._key and newest.recency = 1
{%- endmacro %}

{#- The newest whole list of a stream that is read whole each time, an account: what is absent from it is gone. -#}
{% macro newest_list(vendor, stream) -%}
select lists.*
from (
    select
        told.*,
        pulls.account,
        row_number() over (partition by pulls.account, told._key order by cast(told._row as bigint) desc) as recency
    from {{ source('raw_' ~ vendor, stream) }} as told
    inner join (
        select
            pulls.account,
            max(pulls.pull) as pull
        from {{ ref('stg_landing__pulls') }} as pulls
        where pulls.source = '{{ vendor }}' and pulls.stream = '{{ stream }}' and pulls.is_read
        group by pulls.account
    ) as pulls
        on told.pull = pulls.pull
) as lists
where lists.recency = 1
{%- endmacro %}

{#- The newest whole list of what belongs to each parent (the ads of a campaign): a parent that is gone keeps what belonged to
    it last. `parent`: the stream's column of the parent. -#}
{% macro newest_list_of_each(vendor, stream, parent) -%}
select lists.*
from (
    select
        told.*,
        pulls.account,
        max(told.pull) over (partition by pulls.account, told.{{ parent }}) as newest_pull,
        row_number() over (partition by pulls.account, told.pull, told._key order by cast(told._row as bigint) desc) as recency
    from {{ source('raw_' ~ vendor, stream) }} as told
    inner join {{ ref('stg_landing__pulls') }} as pulls
        on told.pull = pulls.pull and pulls.source = '{{ vendor }}' and pulls.stream = '{{ stream }}'
) as lists
where lists.pull = lists.newest_pull and lists.recency = 1
{%- endmacro %}

{#- The rows of every day as the newest pull that covered the day told them: a day that came back empty is empty, a row that
    came twice in one pull is one. `day`: the stream's column of the day. -#}
{% macro newest_days(vendor, stream, day) -%}
select
    told.*,
    newest.account
from {{ source('raw_' ~ vendor, stream) }} as told
inner join (
    select
        told.pull,
        told._row,
        told._key,
        covering.account,
        row_number() over (
            partition by covering.account, told.{{ day }}, told._key
            order by cast(told._row as bigint) desc
        ) as recency
    from {{ source('raw_' ~ vendor, stream) }} as told
    inner join (
        select
            days.account,
            days.told_on,
            max(pulls.pull) as pull
        from (
            select distinct
                pulls.account,
                told.{{ day }} as told_on
            from {{ source('raw_' ~ vendor, stream) }} as told
            inner join {{ ref('stg_landing__pulls') }} as pulls
                on told.pull = pulls.pull and pulls.source = '{{ vendor }}' and pulls.stream = '{{ stream }}'
        ) as days
        inner join {{ ref('stg_landing__pulls') }} as pulls
            on days.account = pulls.account
            and days.told_on between pulls.window_from and pulls.window_to
            and pulls.source = '{{ vendor }}' and pulls.stream = '{{ stream }}' and pulls.is_read
        group by days.account, days.told_on
    ) as covering
        on told.pull = covering.pull and told.{{ day }} = covering.told_on
) as newest
    on told.pull = newest.pull and told._row = newest._row and told._key = newest._key and newest.recency = 1
{%- endmacro %}

{#- source/stream/key/pull of the raw record behind a row of one of the relations above. -#}
{% macro raw_record_key(vendor, stream, relation) -%}
'{{ vendor }}/{{ stream }}/' || {{ relation }}._key || '/' || cast({{ relation }}.pull as string)
{%- endmacro %}
