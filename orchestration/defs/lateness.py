"""How sure the price of lateness is: strata in, intervals out."""

import dagster as dg

from ml.lateness.price import TABLES, price_intervals
from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.pipeline import Pipeline
from orchestration.warehouse import Warehouse

TABLE = "lateness_intervals"


def build() -> dg.Definitions:
    """Asset `ml/lateness_intervals`."""

    @dg.asset(
        key=["ml", TABLE],
        deps=[dg.AssetKey(["intermediate", "int_lateness_strata"])],
        group_name="sla",
        kinds={"python", "numpy"},
        description="One row per clock with the bootstrap intervals of what late leads fell short by.",
        pool=WAREHOUSE_POOL,
        required_resource_keys={"pipeline"},
    )
    def lateness_intervals(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        return dg.MaterializeResult(metadata={"dagster/row_count": write_intervals(pipeline.warehouse)})

    return dg.Definitions(assets=[lateness_intervals])


def write_intervals(warehouse: Warehouse) -> int:
    """Compute the intervals from a warehouse's strata and write `ml.lateness_intervals`; returns its rows."""
    intervals = price_intervals(warehouse.read("intermediate.int_lateness_strata"))
    return warehouse.write(f"ml.{TABLE}", intervals, TABLES[TABLE])
