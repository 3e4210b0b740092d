-- 30 of 100 against 20 of 100: ratio 1.5, variance 1/30 - 1/100 + 1/20 - 1/100 = 0.0633333, standard error 0.2516611;
-- exp(0.4054651 -+ 1.6448536 x 0.2516611) = 0.991555 and 2.269163. 12 events against 8 at equal exposure: variance
-- 1/12 + 1/8 = 0.2083333, exp(0.4054651 -+ 1.6448536 x 0.4564355) = 0.708005 and 3.177945.
{{ wrong_cases([
    (log_ratio_bound('1.5e0', log_risk_ratio_variance('30', '100', '20', '100'), '-'), '0.991555000'),
    (log_ratio_bound('1.5e0', log_risk_ratio_variance('30', '100', '20', '100'), '+'), '2.269163000'),
    (log_ratio_bound('1.5e0', log_rate_ratio_variance('12', '8'), '-'), '0.708005000'),
    (log_ratio_bound('1.5e0', log_rate_ratio_variance('12', '8'), '+'), '3.177945000'),
]) }}
