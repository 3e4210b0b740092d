"""What is computed in Python between the two passes of dbt, one table in, one out: removal effects of the Markov chains (D55),
Shapley values of conversion rates (D54) and the bootstraps of how sure figures are (D8, D73)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import dagster as dg
import pandas as pd

from ml.attribution.markov import TABLES as MARKOV_TABLES
from ml.attribution.markov import removal_effects
from ml.attribution.shapley import TABLES as SHAPLEY_TABLES
from ml.attribution.shapley import shapley_values
from ml.intervals import TABLES as KPI_TABLES
from ml.intervals import bootstrap_intervals
from ml.lateness.price import TABLES as LATENESS_TABLES
from ml.lateness.price import price_intervals
from orchestration.defs.ingest import WAREHOUSE_POOL
from orchestration.pipeline import Pipeline
from orchestration.warehouse import Warehouse


@dataclass(frozen=True)
class _TableStep:
    """One step: the model that it reads, and what makes the rows of `ml.<table>` from it."""

    table: str
    model: str
    group: str
    description: str
    compute: Callable[[pd.DataFrame], pd.DataFrame]
    columns: dict[str, str]


_STEPS = (
    _TableStep(
        "removal_effects", "int_channel_transitions", "attribution",
        "One row per Markov model, conversion kind, level asked and channel with what would be lost without the channel.",
        removal_effects, MARKOV_TABLES["removal_effects"],
    ),
    _TableStep(
        "shapley_values", "int_channel_sets", "attribution",
        "One row per Shapley model, conversion kind, level asked and channel with what it adds to the conversion rate.",
        shapley_values, SHAPLEY_TABLES["shapley_values"],
    ),
    _TableStep(
        "kpi_intervals", "int_interval_samples", "kpi",
        "One row per KPI, variant and month: the 90 % interval of its value.",
        bootstrap_intervals, KPI_TABLES["kpi_intervals"],
    ),
    _TableStep(
        "lateness_intervals", "int_lateness_strata", "sla",
        "One row per clock with the bootstrap intervals of what late leads fell short by.",
        price_intervals, LATENESS_TABLES["lateness_intervals"],
    ),
)  # fmt: skip


def build() -> dg.Definitions:
    """One asset `ml/<table>` a step."""
    return dg.Definitions(assets=[_asset(step) for step in _STEPS])


def write_table_steps(warehouse: Warehouse, tables: Collection[str] = ()) -> int:
    """Every step, or those that write one of `tables`, from a warehouse's models into its schema `ml`; returns the rows written."""
    return sum(_write(warehouse, step) for step in _STEPS if not tables or step.table in tables)


def _asset(step: _TableStep) -> dg.AssetsDefinition:
    @dg.asset(
        key=["ml", step.table],
        deps=[dg.AssetKey(["intermediate", step.model])],
        group_name=step.group,
        kinds={"python", "numpy"},
        description=step.description,
        pool=WAREHOUSE_POOL,
        required_resource_keys={"pipeline"},
    )
    def table_step(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        pipeline: Pipeline = context.resources.pipeline
        return dg.MaterializeResult(metadata={"dagster/row_count": _write(pipeline.warehouse, step)})

    return table_step


def _write(warehouse: Warehouse, step: _TableStep) -> int:
    return warehouse.write(f"ml.{step.table}", step.compute(warehouse.read(f"intermediate.{step.model}")), step.columns)
