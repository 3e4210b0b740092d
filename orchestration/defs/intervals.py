"""How sure figures are: the bootstraps between the two passes of dbt, one table in, one out (D8, D73)."""

from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg
import pandas as pd

from ml.intervals import TABLES as KPI_TABLES
from ml.intervals import bootstrap_intervals
from ml.lateness.price import TABLES as LATENESS_TABLES
from ml.lateness.price import price_intervals
from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.pipeline import Pipeline
from orchestration.warehouse import Warehouse


@dataclass(frozen=True)
class _Bootstrap:
    """One step: the model that it reads, and what makes the rows of `ml.<table>` from it."""

    table: str
    model: str
    group: str
    description: str
    compute: Callable[[pd.DataFrame], pd.DataFrame]
    columns: dict[str, str]


_BOOTSTRAPS = (
    _Bootstrap(
        "kpi_intervals", "int_interval_samples", "kpi",
        "One row per KPI, variant and month: the 90 % interval of its value.",
        bootstrap_intervals, KPI_TABLES["kpi_intervals"],
    ),
    _Bootstrap(
        "lateness_intervals", "int_lateness_strata", "sla",
        "One row per clock with the bootstrap intervals of what late leads fell short by.",
        price_intervals, LATENESS_TABLES["lateness_intervals"],
    ),
)  # fmt: skip


def build() -> dg.Definitions:
    """Assets `ml/kpi_intervals` and `ml/lateness_intervals`."""
    return dg.Definitions(assets=[_asset(step) for step in _BOOTSTRAPS])


def write_intervals(warehouse: Warehouse) -> int:
    """Every bootstrap from a warehouse's models into its schema `ml`; returns the rows written."""
    return sum(_write(warehouse, step) for step in _BOOTSTRAPS)


def _asset(step: _Bootstrap) -> dg.AssetsDefinition:
    @dg.asset(
        key=["ml", step.table],
        deps=[dg.AssetKey(["intermediate", step.model])],
        group_name=step.group,
        kinds={"python", "numpy"},
        description=step.description,
        pool=WAREHOUSE_POOL,
        required_resource_keys={"pipeline"},
    )
    def intervals(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        return dg.MaterializeResult(metadata={"dagster/row_count": _write(pipeline.warehouse, step)})

    return intervals


def _write(warehouse: Warehouse, step: _Bootstrap) -> int:
    return warehouse.write(f"ml.{step.table}", step.compute(warehouse.read(f"intermediate.{step.model}")), step.columns)
