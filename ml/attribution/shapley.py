"""Shapley values of channels, exact, for the conversion rate of the paths that a set of channels made (D54).

    shapley_values(sets)  ->  ml.shapley_values   columns and SQL types: TABLES["shapley_values"]

The game: a coalition of channels is worth the share of converted paths among those whose channels all belong to it, 0 where there is
no such path. A channel's value is what it adds to a coalition, the mean over all orders in which the channels can join; the values sum
to the conversion rate of all paths. Paths that never converted count, so a channel that many met in vain adds less than nothing: its
value is below 0. (Were a coalition worth the number of its conversions, the values would be the equal split over the distinct channels
of each journey that `shapley` of the ledger makes in SQL.)

The sum goes over all 2ⁿ coalitions, so it ends at 15 channels; the values are rounded to 12 digits before anything depends on them.
"""

from __future__ import annotations

from decimal import Decimal
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

TABLES: dict[str, dict[str, str]] = {
    "shapley_values": {
        "attribution_model": "varchar",
        "conversion_kind": "varchar",
        "level_asked": "varchar",
        "channel": "varchar",
        "conversion_rate": "decimal(13,12)",
        "shapley_value": "decimal(13,12)",
        "effect_parts": "bigint",
        "missing_reason": "varchar",
    }
}
"""Columns in order and SQL types of what the caller writes into schema `ml`."""

COLUMNS = ("attribution_model", "conversion_kind", "level_asked", "channel_set", "channel", "paths", "converted_paths")

MOST_CHANNELS = 15
TOO_MANY = f"more_than_{MOST_CHANNELS}_channels"
DIGITS = 12
PARTS = 2**30

Floats = npt.NDArray[np.float64]


def shapley_values(sets: pd.DataFrame) -> pd.DataFrame:
    """Every channel's Shapley value for each model, conversion kind and level that the kind is asked for at.

    Parameters
    ----------
    sets : columns COLUMNS as `intermediate.int_channel_sets` has them: a row a set and channel in it, with the paths that met just this
        set and how many of them converted.

    Returns
    -------
    One row a model, kind, level and channel that a path met, sorted. `conversion_rate` is that of all paths and the sum of the values.
    `effect_parts` is round(value · 2³⁰), the whole number that credit is split by, and 0 for a value below 0. With more than
    MOST_CHANNELS channels there are no values and `missing_reason` says so. A kind without a conversion has no rows.

    Raises
    ------
    ValueError
        for a missing column, or a set with more converted paths than paths.
    """
    missing = [name for name in COLUMNS if name not in sets]
    if missing:
        raise ValueError(f"int_channel_sets lacks {', '.join(missing)}")
    if (sets["converted_paths"] > sets["paths"]).any():
        raise ValueError("a set of int_channel_sets has more converted paths than paths")
    rows: list[dict[str, Any]] = []
    for (model, kind, level), of_chain in sets.groupby(
        ["attribution_model", "conversion_kind", "level_asked"], sort=True
    ):
        rate, values = values_of(of_chain)
        rows += [
            {
                "attribution_model": model,
                "conversion_kind": kind,
                "level_asked": level,
                "channel": channel,
                "conversion_rate": None if rate is None else _rounded(rate),
                "shapley_value": None if value is None else _rounded(value),
                "effect_parts": None if value is None else max(0, round(_rounded(value) * PARTS)),
                "missing_reason": TOO_MANY if value is None else None,
            }
            for channel, value in values.items()
        ]
    return pd.DataFrame(rows, columns=list(TABLES["shapley_values"]))


def values_of(sets: pd.DataFrame) -> tuple[float | None, dict[str, float | None]]:
    """Conversion rate of all paths and the value of each channel in order of name; None for both where there are too many channels,
    and no channel where nothing converted.

    sets : channel_set, channel, paths, converted_paths of one model, kind and level.
    """
    if not sets["converted_paths"].any():
        return 0.0, {}
    channels = sorted(sets["channel"].unique())
    if len(channels) > MOST_CHANNELS:
        return None, dict.fromkeys(channels)
    bit = {channel: 1 << place for place, channel in enumerate(channels)}
    paths, converted = (np.zeros(1 << len(channels)) for _ in range(2))
    for _, of_set in sets.groupby("channel_set", sort=True):
        coalition = sum(bit[channel] for channel in of_set["channel"])
        paths[coalition] += of_set["paths"].iloc[0]
        converted[coalition] += of_set["converted_paths"].iloc[0]
    worth = _rates(over_subsets(converted), over_subsets(paths))
    return float(worth[-1]), dict(zip(channels, mean_additions(worth), strict=True))


def mean_additions(worth: Floats) -> list[float]:
    """What each member adds to a coalition, the mean over all orders in which the members can join.

    worth : of every coalition by the sum of its members' powers of two, 2ⁿ numbers; that of nobody is the first.
    """
    members = len(worth).bit_length() - 1
    share = np.array([1 / (members * comb(members - 1, size)) for size in range(members)])
    sizes = np.bitwise_count(np.arange(len(worth)))
    values = []
    for member in range(members):
        without, with_it = (worth.reshape(-1, 2, 1 << member)[:, place].ravel() for place in (0, 1))
        size_without = sizes.reshape(-1, 2, 1 << member)[:, 0].ravel()
        values.append(float(np.dot(share[size_without], with_it - without)))
    return values


def over_subsets(counts: Floats) -> Floats:
    """For every coalition the sum of the counts of its subsets, itself among them; whole numbers, so nothing is rounded."""
    sums = counts.copy()
    step = 1
    while step < len(sums):
        halves = sums.reshape(-1, 2, step)
        halves[:, 1] += halves[:, 0]
        step *= 2
    return sums


def _rates(converted: Floats, paths: Floats) -> Floats:
    return np.divide(converted, paths, out=np.zeros_like(converted), where=paths > 0)


def _rounded(value: float) -> Decimal:
    return round(Decimal(value), DIGITS)
