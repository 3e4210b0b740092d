-- Division of whole numbers in 128 bits: `/` would be floating point, and 64 bits overflow.
{{ wrong_cases([
    (floor_divide('7', '2'), '3'),
    (floor_divide('0', '5'), '0'),
    (floor_divide('170141183460469231731687303715884105', '1000000007'), '170141182269480955845320612'),
    (floor_divide('cast(null as bigint)', '2'), none),
]) }}
