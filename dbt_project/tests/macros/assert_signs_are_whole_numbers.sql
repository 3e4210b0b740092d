-- The function `sign` is a double on Spark.
{{ wrong_cases([
    (sign_of('cast(-9223372036854775807 as bigint)'), '-1'),
    (sign_of('cast(0 as bigint)'), '0'),
    (sign_of("cast('0.000000001' as decimal(38, 9))"), '1'),
    (sign_of('cast(null as bigint)'), none),
]) }}
