{#- Whether a sum of points has reached a bound (D21). On `normalised100` the sum is not divided before it is compared: points x 100
    >= bound x maximum says the same without rounding. -#}
{% macro has_reached_bound(points, maximum_points, lower_bound, scale) -%}
    case {{ scale }}
        when 'raw110' then {{ points }} >= {{ lower_bound }}
        when 'normalised100' then {{ points }} * 100 >= {{ lower_bound }} * {{ maximum_points }}
    end
{%- endmacro %}
