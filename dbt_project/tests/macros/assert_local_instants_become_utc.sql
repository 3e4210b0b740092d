-- 01:30 is twice on 1 November in New York (the first is meant), 02:30 is never there on 8 March.
{{ wrong_cases([
    (utc_of_local_in("'Europe/Moscow'", "timestamp '2026-03-01 10:02:11'"), '2026-03-01 07:02:11'),
    (utc_of_local_in("'Europe/Moscow'", "timestamp '2026-03-01 02:59:59'"), '2026-02-28 23:59:59'),
    (utc_of_local_in("'Asia/Tehran'", "timestamp '2026-03-01 03:30:00'"), '2026-03-01 00:00:00'),
    (utc_of_local_in("'America/New_York'", "timestamp '2026-11-01 01:30:00'"), '2026-11-01 05:30:00'),
    (utc_of_local_in("'America/New_York'", "timestamp '2026-11-01 02:30:00'"), '2026-11-01 07:30:00'),
    (utc_of_local_in("'America/New_York'", "timestamp '2026-03-08 02:30:00'"), '2026-03-08 07:30:00'),
    (utc_of_local_in("'America/New_York'", "timestamp '2026-03-08 03:30:00'"), '2026-03-08 07:30:00'),
    (utc_of_local_in("'UTC'", "cast(null as timestamp)"), none),
]) }}
