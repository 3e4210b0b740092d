"""How sure the price of lateness is: intervals of the wins and the money that late leads fell short by (D73, D8).

    intermediate.int_lateness_strata -> `strata`   one row per clock and stratum of leads that are alike
    price_intervals(strata)          -> ml.lateness_intervals   columns and SQL types: TABLES["lateness_intervals"]

A stratum's leads differ only in whether they were late and whether they won, so resampling leads, the unit of D8, is drawing
how often each of the four kinds of every stratum comes up. Strata that a replicate leaves without late or without punctual
leads are dropped there as they are from the point value. The order of the input rows does not matter; the same strata give the
same intervals to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

TABLES: dict[str, dict[str, str]] = {
    "lateness_intervals": {
        "clock": "varchar",
        "lost_wins": "decimal(38,9)",
        "lost_wins_low": "decimal(38,9)",
        "lost_wins_high": "decimal(38,9)",
        "lost_wins_verdict_low": "decimal(38,9)",
        "lost_wins_verdict_high": "decimal(38,9)",
        "price_low_minor": "bigint",
        "price_high_minor": "bigint",
        "replicates": "bigint",
    },
}
"""Columns in order and SQL types of the table that the caller writes into schema `ml`."""

STRATUM_COLUMNS = ("clock", "stratum", "met", "met_wins", "late", "late_wins", "deals", "won_minor")
DIGITS = 6


@dataclass(frozen=True)
class LatenessPolicy:
    """D8 and D73. `shown` is the confidence of the interval that is printed, `proven` that of the one which must exclude 0 before
    an effect is told."""

    shown: float = 0.90
    proven: float = 0.98
    replicates: int = 1000
    seed: int = 20260601


def price_intervals(strata: pd.DataFrame, policy: LatenessPolicy | None = None) -> pd.DataFrame:
    """Intervals of every clock that has leads, with the columns of TABLES; wins are rounded to six digits.

    strata: columns STRATUM_COLUMNS; `met` and `late` count leads, `*_wins` those of them that won, `deals` the wins whose
    amount is known and `won_minor` the sum of those amounts.

    Raises ValueError for a missing column or for a stratum with more wins than leads.
    """
    policy = policy or LatenessPolicy()
    absent = [column for column in STRATUM_COLUMNS if column not in strata.columns]
    if absent:
        raise ValueError(f"int_lateness_strata lacks column {absent[0]!r}")
    rows = []
    ordered = strata.sort_values(["clock", "stratum"], kind="stable")
    for clock, of_clock in ordered.groupby("clock", sort=True):
        rows.append({"clock": clock, **_interval(of_clock, policy)})
    frame = pd.DataFrame(rows, columns=list(TABLES["lateness_intervals"]))
    return frame.astype({"price_low_minor": "int64", "price_high_minor": "int64", "replicates": "int64"})


def lost_wins(counts: Counts) -> Floats:
    """Wins that late leads fall short by, a stratum: late × (win rate of the punctual − win rate of the late).

    counts: (…, strata, 4): punctual leads that won and that did not, late ones that won and that did not. 0 where a stratum
    holds one kind only.
    """
    met = (counts[..., 0] + counts[..., 1]).astype(np.float64)
    late = (counts[..., 2] + counts[..., 3]).astype(np.float64)
    is_matched = (met > 0) & (late > 0)
    return np.where(is_matched, late * counts[..., 0] / np.maximum(met, 1.0) - counts[..., 2], 0.0)


def _interval(strata: pd.DataFrame, policy: LatenessPolicy) -> dict[str, Any]:
    counts = _counts(strata)
    deals = strata["deals"].to_numpy(dtype=np.float64)
    mean_deal = strata["won_minor"].to_numpy(dtype=np.float64) / np.maximum(deals, 1.0)
    leads = int(counts.sum())
    rng = np.random.default_rng(policy.seed)
    drawn = rng.multinomial(leads, counts.reshape(-1) / leads, size=policy.replicates)
    lost = lost_wins(drawn.reshape(policy.replicates, *counts.shape))
    wins, money = lost.sum(axis=1), lost @ mean_deal
    low, high = _percentiles(wins, policy.shown)
    verdict_low, verdict_high = _percentiles(wins, policy.proven)
    price_low, price_high = _percentiles(money, policy.shown)
    return {
        "lost_wins": round(float(lost_wins(counts).sum()), DIGITS),
        "lost_wins_low": low,
        "lost_wins_high": high,
        "lost_wins_verdict_low": verdict_low,
        "lost_wins_verdict_high": verdict_high,
        "price_low_minor": round(price_low),
        "price_high_minor": round(price_high),
        "replicates": policy.replicates,
    }


def _counts(strata: pd.DataFrame) -> Counts:
    """(strata, 4) as `lost_wins` takes them."""
    met, met_wins, late, late_wins = (
        strata[column].to_numpy(dtype=np.int64) for column in ("met", "met_wins", "late", "late_wins")
    )
    if (met_wins > met).any() or (late_wins > late).any():
        raise ValueError("int_lateness_strata has a stratum with more wins than leads")
    return np.column_stack([met_wins, met - met_wins, late_wins, late - late_wins])


def _percentiles(values: Floats, confidence: float) -> tuple[float, float]:
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return round(float(low), DIGITS), round(float(high), DIGITS)
