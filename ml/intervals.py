"""Intervals of money, of the cycle and of composite KPIs by percentile bootstrap (D8): tables in, tables out.

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
    "months_at_risk",
    "losses",
    "purchases",
    "cycle_seconds",
    "cost_minor",
    "other_cost_minor",
    "margin_millionths",
    "lifetime_cap_months",
    "open_deals",
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_DRAWS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Resamples:
    """The units of one KPI, variant and month, and which of them each replicate drew.

    units : columns COLUMNS, one row a unit. draws : positions of units, shape (replicates, units).
    """

    units: pd.DataFrame
    draws: Integers

    def drawn(self, column: str) -> Integers:
        """Values of the drawn units, shape (replicates, units); every unit must have one."""
        return self.units[column].to_numpy(dtype=np.int64)[self.draws]

    def drawn_if_known(self, column: str) -> Floats:
        """As `drawn`, with NaN for a unit without a value."""
        return self.units[column].to_numpy(dtype=np.float64, na_value=np.nan)[self.draws]

    def total(self, column: str) -> Integers:
        """Sum over the drawn units of each replicate."""
        return self.drawn(column).sum(axis=1)

    def standing(self, column: str) -> int:
        """What is the same for all units of the month and is not resampled."""
        return int(self.units[column].iloc[0])


def _sum(resamples: Resamples) -> Floats:
    return resamples.total("value").astype(np.float64)


def _mean(resamples: Resamples) -> Floats:
    return resamples.total("value") / resamples.draws.shape[1]


def _median(resamples: Resamples) -> Floats:
    return np.median(resamples.drawn("value"), axis=1)


def _ratio(resamples: Resamples) -> Floats:
    """NRR: value now over the value at the opening, both of the same customers."""
    return _divided(resamples.total("value"), resamples.total("base"))


def _return_on_cost(resamples: Resamples) -> Floats:
    """ROMI: margin of the revenue in whole minor units, less other cost and the cost itself, over the cost."""
    # in this order the product is a whole number, and exactly half a minor unit stays a half
    margins = resamples.total("value") * float(resamples.standing("margin_millionths"))
    profit, cost = _half_up(margins / 1_000_000), resamples.standing("cost_minor")
    return (profit - resamples.standing("other_cost_minor") - cost) / cost


def _lifetime_value(resamples: Resamples) -> Floats:
    """Margin a customer and month × lifetime in months, which is the cap where nobody is lost or it would be longer."""
    at_risk, losses = resamples.total("months_at_risk"), resamples.total("losses")
    cap = resamples.standing("lifetime_cap_months")
    lifetime = np.where((losses == 0) | (at_risk > losses * cap), cap, _divided(at_risk, losses))
    lifetime[at_risk == 0] = np.nan
    margin = resamples.standing("margin_millionths") / 1_000_000
    return _divided(resamples.total("value"), resamples.total("base")) * margin * lifetime


def _literal_lifetime_value(resamples: Resamples) -> Floats:
    """Lifetime value × purchases of a customer who bought."""
    purchases = resamples.drawn("purchases")
    return _lifetime_value(resamples) * _divided(purchases.sum(axis=1), (purchases > 0).sum(axis=1))


def _lifetime_value_to_cost(resamples: Resamples) -> Floats:
    """Lifetime value in whole minor units over the cost of a new customer."""
    return _half_up(_lifetime_value(resamples)) / resamples.standing("cost_minor")


def _velocity(resamples: Resamples) -> Floats:
    """Open deals × money won a closed deal ÷ median cycle in days; the number of won deals cancels out of win rate × average deal."""
    won, closed = resamples.total("value"), resamples.draws.shape[1]
    days = _half_up(_median_of_known(resamples.drawn_if_known("cycle_seconds"))) / 86_400
    velocity = _divided(float(resamples.standing("open_deals")) * won / closed, days)
    velocity[won == 0] = np.nan
    return velocity


@dataclass(frozen=True)
class Statistic:
    """What a KPI makes of its units: one figure per replicate, NaN where the KPI itself would be missing; `digits` are decimals
    that an interval is told with."""

    figures: Callable[[Resamples], Floats]
    digits: int


STATISTICS = {
    "sum": Statistic(_sum, 0),
    "mean": Statistic(_mean, 0),
    "median": Statistic(_median, 0),
    "ratio": Statistic(_ratio, 6),
    "return_on_cost": Statistic(_return_on_cost, 6),
    "lifetime_value": Statistic(_lifetime_value, 0),
    "literal_lifetime_value": Statistic(_literal_lifetime_value, 0),
    "lifetime_value_to_cost": Statistic(_lifetime_value_to_cost, 6),
    "velocity": Statistic(_velocity, 0),
}
"""By the name in column `statistic`; `cost_per_event` is drawn from a binomial and stands apart."""


@dataclass(frozen=True)
class BootstrapPolicy:
    """D8. `level` is the share of replicates inside the interval."""

    replicates: int = 1000
    level: float = 0.90
    seed: int = 20240101


def bootstrap_intervals(samples: pd.DataFrame, policy: BootstrapPolicy | None = None) -> pd.DataFrame:
    """One interval per KPI, variant and month: money in whole minor units, a cycle in whole seconds, ratios with six decimals.

    Parameters
    ----------
    samples : columns COLUMNS, one row a unit; for `cost_per_event` one row, where `value` of `base` units were events.
    policy : number of replicates, level and seed.

    A sample of fewer than two units has no interval, nor has one where more replicates than the level allows have no figure
    (no event to bear a cost, no deal won). Raises ValueError for a missing column or an unknown statistic.
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
        bounds = _interval(sample, random, policy)
        if bounds is not None:
            unit = sample["resampling_unit"].iloc[0]
            rows.append(
                dict(zip(TABLES["kpi_intervals"], (kpi, variant, month, *bounds, unit, policy.replicates), strict=True))
            )
    return pd.DataFrame(rows, columns=list(TABLES["kpi_intervals"]))


def _interval(
    sample: pd.DataFrame, random: np.random.Generator, policy: BootstrapPolicy
) -> tuple[Decimal, Decimal] | None:
    """The bounds of one KPI, variant and month."""
    name = str(sample["statistic"].iloc[0])
    if name == "cost_per_event":
        return _bounds(_costs_per_event(sample, random, policy.replicates), policy.level, digits=0)
    if name not in STATISTICS:
        raise ValueError(f"unknown statistic {name}; known are cost_per_event, {', '.join(STATISTICS)}")
    statistic = STATISTICS[name]
    return _bounds(_figures(statistic, sample, random, policy.replicates), policy.level, statistic.digits)


def _costs_per_event(sample: pd.DataFrame, random: np.random.Generator, replicates: int) -> Floats:
    """The cost of an event in each replicate, infinite where there is none; no figures for fewer than two units."""
    events, base, cost = (int(sample[name].iloc[0]) for name in ("value", "base", "cost_minor"))
    if base < 2:
        return np.empty(0)
    drawn = random.binomial(base, events / base, size=replicates).astype(np.float64)
    return np.divide(float(cost), drawn, out=np.full(replicates, np.inf), where=drawn > 0)


def _figures(statistic: Statistic, sample: pd.DataFrame, random: np.random.Generator, replicates: int) -> Floats:
    """The figure in each replicate; none for a sample of fewer than two units."""
    units = len(sample)
    if units < 2:
        return np.empty(0)
    figures = np.empty(replicates)
    at_once = max(1, _DRAWS_AT_ONCE // units)
    for start in range(0, replicates, at_once):
        end = min(start + at_once, replicates)
        draws = random.integers(0, units, size=(end - start, units))
        figures[start:end] = statistic.figures(Resamples(sample, draws))
    return figures


def _bounds(figures: Floats, level: float, digits: int) -> tuple[Decimal, Decimal] | None:
    """Percentiles of the replicates: the order statistics that leave (1 − level) / 2 on either side.

    A replicate without a figure could lie on either side, so it is taken for the smallest below and for the largest above.
    """
    if not len(figures):
        return None
    outside = round(len(figures) * (1 - level) / 2)
    low = np.sort(np.where(np.isnan(figures), -np.inf, figures))[outside - 1 if outside else 0]
    high = np.sort(np.where(np.isnan(figures), np.inf, figures))[len(figures) - outside - 1]
    if not (np.isfinite(low) and np.isfinite(high)):
        return None
    return Decimal(f"{low:.{digits}f}"), Decimal(f"{high:.{digits}f}")


def _divided(dividend: Floats | Integers, divisor: Floats | Integers) -> Floats:
    """The quotient, NaN where there is nothing to divide by."""
    return np.divide(dividend, divisor, out=np.full(np.shape(divisor), np.nan), where=divisor != 0)


def _half_up(figures: Floats) -> Floats:
    """Whole numbers, as the KPIs themselves are rounded; NaN stays."""
    return np.floor(figures + 0.5)


def _median_of_known(rows: Floats) -> Floats:
    """Median of each row without its NaN, NaN where there is nothing else (numpy's own goes row by row)."""
    # NaN is sorted to the end
    ordered, known = np.sort(rows, axis=1), (~np.isnan(rows)).sum(axis=1)
    middle = np.stack([np.maximum(known - 1, 0) // 2, known // 2], axis=1)
    return np.take_along_axis(ordered, middle, axis=1).mean(axis=1)
