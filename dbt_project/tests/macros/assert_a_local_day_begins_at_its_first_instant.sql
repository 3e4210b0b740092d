-- Sao Paulo and Tehran have no midnight on these days, Havana has two.
{{ wrong_cases([
    (local_midnight_in("'Europe/Moscow'", "cast('2026-07-01' as date)"), '2026-06-30 21:00:00'),
    (local_midnight_in("'America/New_York'", "cast('2026-03-08' as date)"), '2026-03-08 05:00:00'),
    (local_midnight_in("'America/New_York'", "cast('2026-03-09' as date)"), '2026-03-09 04:00:00'),
    (local_midnight_in("'America/Sao_Paulo'", "cast('2018-11-04' as date)"), '2018-11-04 03:00:00'),
    (local_midnight_in("'Asia/Tehran'", "cast('2022-03-22' as date)"), '2022-03-21 20:30:00'),
    (local_midnight_in("'America/Havana'", "cast('2018-11-04' as date)"), '2018-11-04 04:00:00'),
    (local_midnight_in("'America/Havana'", "cast('2018-11-05' as date)"), '2018-11-05 05:00:00'),
    (local_midnight_in("'UTC'", "cast(null as date)"), none),
]) }}
