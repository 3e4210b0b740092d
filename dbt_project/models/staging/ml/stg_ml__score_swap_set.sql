select
    cast(lead_id as string) as lead_id,
    cast(side as string) as side,
    cast(matrix_score as decimal(38, 9)) as matrix_score,
    cast(probability as decimal(38, 9)) as probability,
    cast(taken_by_matrix as decimal(38, 9)) as taken_by_matrix,
    cast(taken_by_learned as decimal(38, 9)) as taken_by_learned,
    cast(is_won as boolean) as is_won,
    cast(won_minor as bigint) as won_minor,
    cast(is_worked as boolean) as is_worked,
    cast(reasons as string) as reasons
from {{ source('ml', 'score_swap_set') }}
