-- D57: round(2^(-age / half-life) x 2^30), at least 1; ages of A12 in days.
{{ wrong_cases([
    (decay_part('0', '7'), '1073741824'),
    (decay_part('7 * 86400', '7'), '536870912'),
    (decay_part('8 * 86400', '7'), '486256690'),
    (decay_part('38 * 86400', '7'), '24930847'),
    (decay_part('365 * 86400', '7'), '1'),
]) }}
