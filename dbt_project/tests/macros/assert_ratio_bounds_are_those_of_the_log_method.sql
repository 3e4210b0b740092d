-- 30 of 100 against 20 of 100: ratio 1.5, variance 1/30 - 1/100 + 1/20 - 1/100 = 0.0633333, standard error 0.2516611;
-- exp(0.4054651 -+ 1.6448536 x 0.2516611) = 0.991555 and 2.269163. 12 events against 8 at equal exposure: variance
-- 1/12 + 1/8 = 0.2083333, exp(0.4054651 -+ 1.6448536 x 0.4564355) = 0.708005 and 3.177945. Odds 1/8 against 1/4 over two days are
-- the root of 1/2 a day, variance (1/50 + 1/400 + 1/200 + 1/800) / 4 = 0.0071875; exp(-0.3465736 -+ 1.6448536 x 0.0847791).
{{ wrong_cases([
    (log_ratio_bound('1.5e0', log_risk_ratio_variance('30', '100', '20', '100'), '-'), '0.991555000'),
    (log_ratio_bound('1.5e0', log_risk_ratio_variance('30', '100', '20', '100'), '+'), '2.269163000'),
    (log_ratio_bound('1.5e0', log_rate_ratio_variance('12', '8'), '-'), '0.708005000'),
    (log_ratio_bound('1.5e0', log_rate_ratio_variance('12', '8'), '+'), '3.177945000'),
    (odds_ratio_per_day('50', '450', '200', '1000', '900'), '0.707106781'),
    (odds_ratio_per_day('10', '100', '20', '100', '100'), '0.444444444'),
    (log_ratio_bound('0.7071067811865476e0', log_odds_ratio_per_day_variance('50', '450', '200', '1000', '900'), '-'), '0.615068000'),
    (log_ratio_bound('0.7071067811865476e0', log_odds_ratio_per_day_variance('50', '450', '200', '1000', '900'), '+'), '0.812919000'),
]) }}
