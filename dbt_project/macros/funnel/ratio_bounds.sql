{#- Bound of the 90 % interval of a ratio by the log method (Katz), six digits. `variance` is the variance of its logarithm, `sign`
    is `-` for the lower and `+` for the upper bound. Floating point inside, rounded before anything depends on it. -#}
{% macro log_ratio_bound(ratio, variance, sign) -%}
    cast(round(exp(ln(cast({{ ratio }} as double)) {{ sign }} 1.6448536269514722e0 * sqrt({{ variance }})), 6) as decimal(38, 9))
{%- endmacro %}

{#- Variance of the logarithm of (a of m) ÷ (b of n), two independent proportions above 0. -#}
{% macro log_risk_ratio_variance(a, m, b, n) -%}
    (1.0e0 / {{ a }} - 1.0e0 / {{ m }} + 1.0e0 / {{ b }} - 1.0e0 / {{ n }})
{%- endmacro %}

{#- Variance of the logarithm of a ratio of two rates whose events are counted, a and b of them, both above 0. -#}
{% macro log_rate_ratio_variance(a, b) -%}
    (1.0e0 / {{ a }} + 1.0e0 / {{ b }})
{%- endmacro %}

{#- Ratio of the odds of a of m to those of b of n for each of the `days` ÷ m days that the two groups lie apart on average: the
    slope of the log odds through the means of two groups (Wald 1940), nine digits. Every count and every remainder above 0. -#}
{% macro odds_ratio_per_day(a, m, b, n, days) -%}
    cast(round(exp(
        ln(cast({{ a }} as double) * ({{ n }} - {{ b }}) / (cast({{ b }} as double) * ({{ m }} - {{ a }}))) * {{ m }} / cast({{ days }} as double)
    ), 9) as decimal(38, 9))
{%- endmacro %}

{#- Variance of its logarithm (Woolf 1955), the mean distance in days taken as given. -#}
{% macro log_odds_ratio_per_day_variance(a, m, b, n, days) -%}
    ((1.0e0 / {{ a }} + 1.0e0 / ({{ m }} - {{ a }}) + 1.0e0 / {{ b }} + 1.0e0 / ({{ n }} - {{ b }}))
    * {{ m }} / cast({{ days }} as double) * {{ m }} / cast({{ days }} as double))
{%- endmacro %}
