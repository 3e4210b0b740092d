{#- Connected components of a graph. The model's SQL gives its edges as two whole numbers, `node` and `other_node`; the table has
    one row per node that is not the smallest of its component, with that smallest one as `component`. Nodes without a row are
    their own component.

    A round hooks every node to its smallest neighbour below it, follows these hooks to their ends by doubling, and contracts the
    edges to what is left between different ends. A path of n nodes takes at most log2(n) rounds of log2(n) doublings, and what is
    found after the first round is nearly always nothing. A loop that does not end is an error, never a wrong answer: the limits
    are far beyond what 64-bit keys need. Recursive queries are no way on both engines (decision 89). -#}
{% materialization connected_components, default %}
    {%- set round_limit = 64 -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set edges = [component_step('edges_0'), component_step('edges_1')] -%}
    {%- set hooks = [component_step('hooks_0'), component_step('hooks_1')] -%}
    {%- set found = [component_step('found_0'), component_step('found_1')] -%}
    {%- set state = namespace(round=0, hooks=0, open=true) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ make_step(edges[0], edges_below(compiled_code)) }}
    {{ make_step(found[0], 'select node as node, other_node as component from ' ~ edges[0] ~ ' where 1 = 0') }}
    {%- set state.open = has_rows(edges[0]) -%}
    {%- for number in range(round_limit) if state.open -%}
        {%- set now, next = number % 2, (number + 1) % 2 -%}
        {{ make_step(hooks[0], 'select node, min(other_node) as component from ' ~ edges[now] ~ ' group by node') }}
        {%- set doubling = namespace(now=0, open=true) -%}
        {%- for step in range(round_limit) if doubling.open -%}
            {%- set doubling.open = has_rows(hooks[doubling.now], 'inner join ' ~ hooks[doubling.now] ~ ' as further on step.component = further.node') -%}
            {%- if doubling.open -%}
                {{ make_step(hooks[1 - doubling.now], followed(hooks[doubling.now], hooks[doubling.now])) }}
                {%- set doubling.now = 1 - doubling.now -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if doubling.open -%}
            {{ exceptions.raise_compiler_error(this ~ ': hooks of round ' ~ number ~ ' did not end after ' ~ round_limit ~ ' doublings') }}
        {%- endif -%}
        {{ make_step(found[next], followed(found[now], hooks[doubling.now]) ~ ' union all select node, component from ' ~ hooks[doubling.now]) }}
        {{ make_step(edges[next], edges_below(contracted(edges[now], hooks[doubling.now]))) }}
        {%- set state.round = number + 1 -%}
        {%- set state.open = has_rows(edges[next]) -%}
    {%- endfor -%}
    {%- if state.open -%}
        {{ exceptions.raise_compiler_error(this ~ ': components were not complete after ' ~ round_limit ~ ' rounds') }}
    {%- endif -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') -%}
        {{ create_table_as(False, target_relation, 'select node, component from ' ~ found[state.round % 2]) }}
    {%- endcall %}
    {%- for step in edges + hooks + found -%}
        {{ drop_relation_if_exists(step) }}
    {%- endfor -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- The table of one step, beside the model's own. -#}
{% macro component_step(name) -%}
    {{ return(this.incorporate(path={'identifier': this.identifier ~ '__' ~ name}, type='table')) }}
{%- endmacro %}

{% macro make_step(relation, sql) -%}
    {{ drop_relation_if_exists(relation) }}
    {% call statement('step') -%}
        {{ create_table_as(False, relation, sql) }}
    {%- endcall %}
{%- endmacro %}

{% macro has_rows(relation, further='') -%}
    {{ return(run_query('select count(*) as found from (select 1 as one from ' ~ relation ~ ' as step ' ~ further ~ ' limit 1) as first_row').rows[0][0] > 0) }}
{%- endmacro %}

{#- Edges from the larger to the smaller of two different nodes. -#}
{% macro edges_below(edges) -%}
    {{ return(
        'select distinct greatest(node, other_node) as node, least(node, other_node) as other_node from (' ~ edges
        ~ ') as edges where node <> other_node'
    ) }}
{%- endmacro %}

{#- What nodes point to, one hook further. -#}
{% macro followed(relation, hooks) -%}
    {{ return(
        'select step.node, coalesce(further.component, step.component) as component from ' ~ relation ~ ' as step left join ' ~ hooks
        ~ ' as further on step.component = further.node'
    ) }}
{%- endmacro %}

{% macro contracted(edges, hooks) -%}
    {{ return(
        'select coalesce(own.component, step.node) as node, coalesce(other.component, step.other_node) as other_node from ' ~ edges
        ~ ' as step left join ' ~ hooks ~ ' as own on step.node = own.node left join ' ~ hooks
        ~ ' as other on step.other_node = other.node'
    ) }}
{%- endmacro %}
