select
    cast(feature as string) as feature,
    cast(kind as string) as kind,
    cast(direction as bigint) as direction,
    cast(is_dated as boolean) as is_dated,
    cast(known_because as string) as known_because,
    cast(rule as string) as rule,
    cast(is_used as boolean) as is_used,
    cast(evidence as string) as evidence,
    cast(auc_alone as decimal(38, 9)) as auc_alone,
    cast(filled_share as decimal(38, 9)) as filled_share
from {{ source('ml', 'score_features') }}
