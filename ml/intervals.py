"""Intervals of money and of the cycle by percentile bootstrap (D8): tables in, tables out.

The caller reads `intermediate.int_interval_samples`, calls `bootstrap_intervals` and writes the frame as `ml.kpi_intervals` with
the types of TABLES. Every sample has a generator of its own, seeded by its KPI and month: a month that is added changes no other,
variants with the same units get the same interval, and the order of the rows does not matter. Values are whole numbers, so both
engines give the same bounds.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

TABLES: dict[str, dict[str, str]] = {
    "kpi_intervals": {
        "kpi": "varchar",
        "variant": "varchar",
        "month_starts_on": "date",
        "low": "decimal(38,9)",
        "high": "decimal(38,9)",
        "resampling_unit": "varchar",
        "replicates": "bigint",
    }
}
"""Columns in order and SQL types of what the caller writes into schema `ml`."""

COLUMNS = (
    "kpi",
    "variant",
    "statistic",
    "resampling_unit",
    "month_starts_on",
    "unit_id",
    "value",
    "base",
    "cost_minor",
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

STATISTICS: dict[str, Callable[[Integers], Floats]] = {
    "sum": lambda rows: rows.sum(axis=1).astype(np.float64),
    "mean": lambda rows: rows.sum(axis=1) / rows.shape[1],
    "median": lambda rows: np.median(rows, axis=1),
}
"""Takes resampled values (replicates, units), returns one figure per replicate."""

_DRAWS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class BootstrapPolicy:
    """D8. `level` is the share of replicates inside the interval."""

    replicates: int = 1000
    level: float = 0.90
    seed: int = 20240101


def bootstrap_intervals(samples: pd.DataFrame, policy: BootstrapPolicy | None = None) -> pd.DataFrame:
    """One interval per KPI, variant and month, rounded to whole minor units (seconds for a cycle).

    Parameters
    ----------
    samples : columns COLUMNS, one row a unit; for `cost_per_event` one row, where `value` of `base` units were events.
    policy : number of replicates, level and seed.

    A sample of fewer than two units has no interval, nor has a cost per event where more replicates than the level allows
    have no event at all. Raises ValueError for a missing column or an unknown statistic.
    """
    policy = policy or BootstrapPolicy()
    missing = [name for name in COLUMNS if name not in samples]
    if missing:
        raise ValueError(f"int_interval_samples lacks {', '.join(missing)}")
    rows: list[dict[str, Any]] = []
    ordered = samples.sort_values(["kpi", "variant", "month_starts_on", "unit_id"], kind="stable")
    for (kpi, variant, month), sample in ordered.groupby(["kpi", "variant", "month_starts_on"], sort=True):
        name = f"{kpi}/{str(month)[:10]}"
        random = np.random.default_rng([policy.seed, zlib.crc32(name.encode())])
        bounds = _bounds(_figures(sample, random, policy.replicates), policy.level)
        if bounds is not None:
            unit = sample["resampling_unit"].iloc[0]
            rows.append(
                dict(zip(TABLES["kpi_intervals"], (kpi, variant, month, *bounds, unit, policy.replicates), strict=True))
            )
    return pd.DataFrame(rows, columns=list(TABLES["kpi_intervals"]))


def _figures(sample: pd.DataFrame, random: np.random.Generator, replicates: int) -> Floats:
    """The figure in each replicate; none for a sample of fewer than two units."""
    statistic = str(sample["statistic"].iloc[0])
    if statistic == "cost_per_event":
        events, base, cost = (int(sample[name].iloc[0]) for name in ("value", "base", "cost_minor"))
        if base < 2:
            return np.empty(0)
        customers = random.binomial(base, events / base, size=replicates).astype(np.float64)
        return np.divide(float(cost), customers, out=np.full(replicates, np.inf), where=customers > 0)
    if statistic not in STATISTICS:
        raise ValueError(f"unknown statistic {statistic}; known are cost_per_event, {', '.join(STATISTICS)}")
    values = sample["value"].to_numpy(dtype=np.int64)
    if len(values) < 2:
        return np.empty(0)
    figures = np.empty(replicates)
    at_once = max(1, _DRAWS_AT_ONCE // len(values))
    for start in range(0, replicates, at_once):
        end = min(start + at_once, replicates)
        drawn = values[random.integers(0, len(values), size=(end - start, len(values)))]
        figures[start:end] = STATISTICS[statistic](drawn)
    return figures


def _bounds(figures: Floats, level: float) -> tuple[Decimal, Decimal] | None:
    """Percentiles of the replicates: the order statistics that leave (1 − level) / 2 on either side."""
    if not len(figures):
        return None
    ordered = np.sort(figures)
    outside = round(len(ordered) * (1 - level) / 2)
    low, high = ordered[outside - 1 if outside else 0], ordered[len(ordered) - outside - 1]
    if not np.isfinite(high):
        return None
    return Decimal(round(float(low))), Decimal(round(float(high)))
