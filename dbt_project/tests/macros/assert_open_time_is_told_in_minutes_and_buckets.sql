-- Minutes keep nine decimals, half up; a bucket is a day of open time; a list of events is read by whole names.
{{ wrong_cases([
    (minutes_of('cast(390 as bigint)'), '6.500000000'),
    (minutes_of('cast(20 as bigint)'), '0.333333333'),
    (minutes_of('cast(40 as bigint)'), '0.666666667'),
    (minutes_of('cast(0 as bigint)'), '0.000000000'),
    (minutes_of('cast(null as bigint)'), none),
    (open_seconds_bucket('cast(86399 as bigint)'), '0'),
    (open_seconds_bucket('cast(86400 as bigint)'), '1'),
    (stops_by("'accepted|rejected|returned'", 'rejected'), 'true'),
    (stops_by("'two_way_contact'", 'contact'), 'false'),
    (stops_by("'sql'", 'sql'), 'true'),
]) }}
