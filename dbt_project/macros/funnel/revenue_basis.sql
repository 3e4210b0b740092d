{#- What is called revenue (D15): `payments` when the policy says so and a source of payments is configured, else `contracts`. -#}
{% macro revenue_basis() -%}
    (case when {{ policy('revenue_event') }} = 'paid' and {{ build_fact('has_payments_source') }} then 'payments' else 'contracts' end)
{%- endmacro %}

{#- A share policy (gross_margin) as parts per million, a whole number: products with money stay exact. Null when not on file. -#}
{% macro share_policy_millionths(name) -%}
    (
        select cast(floor(max({{ decimal_or_null('policies.value') }}) * 1000000 + cast('0.5' as decimal(2, 1))) as bigint)
        from {{ ref('stg_definitions__policies') }} as policies
        where policies.name = '{{ name }}' and {{ holds_on('policies', evaluation_date()) }}
    )
{%- endmacro %}

{#- A whole-number policy; null when it is not set. -#}
{% macro count_policy(name) -%}
    cast({{ policy(name) }} as bigint)
{%- endmacro %}
