-- Half up by integers (D5); a product of decimals keeps six digits on Spark when its types are too wide. K5, K9: 28/200, 27/80.
{{ wrong_cases([
    (ratio('1', '3'), '0.333333333'),
    (ratio('2', '3'), '0.666666667'),
    (ratio('28', '200'), '0.140000000'),
    (ratio('27', '80'), '0.337500000'),
    (ratio('-1', '3'), '-0.333333333'),
    (ratio('1', '-3'), '-0.333333333'),
    (ratio('-2', '-3'), '0.666666667'),
    (ratio('0', '7'), '0.000000000'),
    (ratio('1', '2000000000'), '0.000000001'),
    (ratio('9223372036854775807', '3'), '3074457345618258602.333333333'),
    (ratio('1', '0'), none),
    (ratio('1', 'cast(null as bigint)'), none),
    (ratio('cast(null as bigint)', '7'), none),
]) }}
