-- 9223372036854775807 squared has 38 digits; Spark raises and 64 bits of DuckDB raise, 128 do not.
{{ wrong_cases([
    (wide_product('9223372036854775807', '9223372036'), '85070591722350700571333133052'),
    (wide_product('3037000500', '3037000500'), '9223372037000250000'),
    (wide_product('-5', '7'), '-35'),
    (wide_product('cast(null as bigint)', '7'), none),
]) }}
