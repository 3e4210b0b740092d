-- Whole seconds, negative when reversed; a date moved by days is an instant on both engines.
{{ wrong_cases([
    (seconds_between("timestamp '2026-03-01 00:00:00'", "timestamp '2026-03-02 00:00:01'"), '86401'),
    (seconds_between("timestamp '2026-03-02 00:00:01'", "timestamp '2026-03-01 00:00:00'"), '-86401'),
    (seconds_between("timestamp '1969-12-31 23:59:59'", "timestamp '1970-01-01 00:00:01'"), '2'),
    (seconds_between("cast(null as timestamp)", "timestamp '2026-03-01 00:00:00'"), none),
    (plus_days("timestamp '2026-02-28 12:00:00'", 1), '2026-03-01 12:00:00'),
    (plus_days("timestamp '2026-03-01 12:00:00'", -1), '2026-02-28 12:00:00'),
    ('cast(' ~ plus_days("cast('2026-02-28' as date)", 1) ~ ' as date)', '2026-03-01'),
    (plus_days("cast(null as timestamp)", 1), none),
    (plus_seconds("timestamp '2026-02-28 23:59:58'", 3), '2026-03-01 00:00:01'),
    (plus_seconds("timestamp '2026-03-01 00:00:00'", -1), '2026-02-28 23:59:59'),
    (plus_seconds("timestamp '2026-03-01 00:00:00'", 'cast(172800 as bigint)'), '2026-03-03 00:00:00'),
    (plus_seconds("cast(null as timestamp)", 1), none),
]) }}
