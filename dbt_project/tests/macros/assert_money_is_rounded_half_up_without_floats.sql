-- D4: minor units by the exponent; a refund is the exact negation of its payment.
{{ wrong_cases([
    (to_minor("'0.1'", '100'), '10'),
    (to_minor("'1234567890.125'", '100'), '123456789013'),
    (to_minor("'1.005'", '100'), '101'),
    (to_minor("'7'", '1'), '7'),
    (to_minor("cast(null as string)", '100'), none),
    (convert_minor('(cast(10001 as bigint))', "cast('92.5' as decimal(28, 12))", '100', '100'), '925093'),
    (convert_minor('(cast(-10001 as bigint))', "cast('92.5' as decimal(28, 12))", '100', '100'), '-925093'),
    (convert_minor('(cast(420000 as bigint))', "cast('0.000023809523' as decimal(28, 12))", '1', '100'), '1000'),
    (convert_minor('(cast(9000000000000000 as bigint))', "cast('1' as decimal(28, 12))", '100', '100'), '9000000000000000'),
    (convert_minor('(cast(100 as bigint))', "cast(null as decimal(28, 12))", '100', '100'), none),
    ('cast(' ~ decimal_or_null("'12,5'") ~ ' as string)', none),
    ('cast(' ~ decimal_or_null("'12.5'") ~ ' as string)', '12.500000000'),
]) }}
