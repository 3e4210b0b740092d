-- Wins are sums of fractions with six decimals; as whole millionths they divide exactly.
select
    scored.share,
    scored.taken_by,
    scored.leads,
    scored.wins,
    at_random.wins as wins_at_random,
    {{ ratio('cast(scored.wins * 1000000 as bigint)', 'cast(at_random.wins * 1000000 as bigint)') }} as lift,
    scored.won_minor,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_gains') }} as scored
inner join {{ ref('stg_ml__score_gains') }} as at_random
    on scored.share = at_random.share and at_random.taken_by = 'random'
