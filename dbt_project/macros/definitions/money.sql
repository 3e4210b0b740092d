{#- Decimal amount in whole units of a currency to minor units, half up. `minor_per_unit` is 10^exponent, a whole number.
    The product stays an exact decimal: money never passes through floating point. -#}
{% macro to_minor(amount, minor_per_unit) -%}
    cast(floor(cast({{ amount }} as decimal(24, 6)) * cast({{ minor_per_unit }} as decimal(9, 0)) + cast('0.5' as decimal(2, 1))) as bigint)
{%- endmacro %}

{#- Minor units of one currency in minor units of another, half up on the absolute value, so that a refund is the
    exact negation of its payment. `rate` is decimal(28, 12): units of the target per one unit of the source;
    `minor_per_unit_*` are 10^exponent of the two currencies. Integers only; null when anything is missing. -#}
{% macro convert_minor(amount_minor, rate, minor_per_unit_from, minor_per_unit_to) -%}
{%- set rate_scaled = 'cast(' ~ rate ~ " * cast('1000000000000' as decimal(13, 0)) as decimal(38, 0))" -%}
{%- set dividend = wide_product(wide_product('abs(' ~ amount_minor ~ ')', rate_scaled), minor_per_unit_to) -%}
{%- set divisor = wide_product(minor_per_unit_from, '1000000000000') -%}
cast({{ sign_of(amount_minor) }} * {{ floor_divide('2 * ' ~ dividend ~ ' + ' ~ divisor, '2 * ' ~ divisor) }} as bigint)
{%- endmacro %}

{#- Amount on the company's VAT basis: net, or net plus its VAT. One setting for revenue and cost alike (D4). -#}
{% macro on_vat_basis(amount_net_minor, amount_vat_minor) -%}
{{ amount_net_minor }} + case when {{ build_fact('vat_basis') }} = 'gross' then coalesce({{ amount_vat_minor }}, 0) else 0 end
{%- endmacro %}

{#- Join that `in_reporting_currency` reads: the rate of a local date. -#}
{% macro join_rates(currency, date_on) -%}
left join {{ ref('int_rates_scaled') }} as fx
    on fx.currency = {{ currency }} and fx.date_on = {{ date_on }}
cross join {{ ref('stg_build__build') }} as fx_build
{%- endmacro %}

{#- Amount in minor units of the reporting currency after `join_rates`; null where no rate of that day is known. -#}
{% macro in_reporting_currency(amount_minor, currency) -%}
case
    when {{ currency }} = fx_build.reporting_currency then {{ amount_minor }}
    else {{ convert_minor('(' ~ amount_minor ~ ')', 'fx.rate', 'fx.minor_per_unit', 'fx.reporting_minor_per_unit') }}
end
{%- endmacro %}

{#- Text as a decimal, null when it is no number. -#}
{% macro decimal_or_null(expression) -%}
    try_cast({{ expression }} as decimal(38, 9))
{%- endmacro %}
