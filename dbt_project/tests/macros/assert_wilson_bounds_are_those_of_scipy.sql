-- D8: 90 % interval; scipy.stats.binomtest(k, n).proportion_ci(0.90, "wilson").
{{ wrong_cases([
    (wilson_bound('24', '80', '-'), '0.223401000'),
    (wilson_bound('24', '80', '+'), '0.389684000'),
    (wilson_bound('0', '10', '-'), '0.000000000'),
    (wilson_bound('0', '10', '+'), '0.212942000'),
    (wilson_bound('10', '10', '-'), '0.787058000'),
    (wilson_bound('1', '3', '+'), '0.746466000'),
    (wilson_bound('1', '0', '+'), none),
]) }}
