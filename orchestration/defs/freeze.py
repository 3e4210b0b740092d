"""Facts that are due are frozen in the lake, after every check and before anything is published."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.defs.transform import mart_keys
from orchestration.frozen import SOURCE, STREAMS, freeze
from orchestration.pipeline import Pipeline
from orchestration.settings import Settings

FROZEN = [dg.AssetKey([SOURCE, name]) for name in STREAMS]


def build(settings: Settings) -> dg.Definitions:
    """Assets `frozen/…`: what is published is frozen, and a build whose checks fail freezes nothing."""
    specs = [
        dg.AssetSpec(
            key,
            deps=mart_keys(settings),
            group_name="feedback",
            kinds={"python", "parquet"},
            description=f"Facts of {key.path[1]}, each written to the lake once, on the day on which it was due.",
        )
        for key in FROZEN
    ]

    @dg.multi_asset(name="freeze_facts", specs=specs, pool=WAREHOUSE_POOL, required_resource_keys={"pipeline"})
    def freeze_facts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        pipeline: Pipeline = context.resources.pipeline
        for key in FROZEN:
            if pipeline.as_of is not None:
                yield dg.MaterializeResult(asset_key=key, metadata={"status": "not frozen: the run rebuilds the past"})
                continue
            rows = freeze(pipeline.lake, pipeline.warehouse, key.path[1])
            pipeline.progress(f"frozen: {rows} new facts of {key.path[1]}")
            yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": rows})

    return dg.Definitions(assets=[freeze_facts])
