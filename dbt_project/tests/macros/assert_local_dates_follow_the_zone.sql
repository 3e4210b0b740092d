-- M4: 2026-06-30T21:30Z is 1 July in Moscow and Tehran. Clocks put forward and back are of tzdata.
{{ wrong_cases([
    (local_date_in("'Europe/Moscow'", "timestamp '2026-06-30 21:30:00'"), '2026-07-01'),
    (local_date_in("'Asia/Tehran'", "timestamp '2026-06-30 21:30:00'"), '2026-07-01'),
    (local_date_in("'UTC'", "timestamp '2026-06-30 21:30:00'"), '2026-06-30'),
    (local_date_in("'America/New_York'", "timestamp '2026-03-08 04:59:59'"), '2026-03-07'),
    (local_date_in("'America/New_York'", "timestamp '2026-03-08 05:00:00'"), '2026-03-08'),
    (local_date_in("'America/New_York'", "cast(null as timestamp)"), none),
]) }}
