select
    cast(fact as string) as fact,
    cast(value as string) as value
from {{ source('ml', 'score_model_card') }}
