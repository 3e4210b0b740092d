"""Removal effects of a Markov chain over channels, exact: counts in, one linear solve a channel (D55).

    removal_effects(transitions)  ->  ml.removal_effects   columns and SQL types: TABLES["removal_effects"]

The chain is that of Anderl et al., "Mapping the customer journey" (2016): states are the last channels of a path, as many as the
order; transition probabilities are the observed shares. Removing a channel sends every arrival at it to `(null)`; the removal
effect is the share of the chain's conversion probability that is lost. Nothing is simulated, so there is no seed: the solve is
rounded to 12 digits before anything depends on it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import splu

TABLES: dict[str, dict[str, str]] = {
    "removal_effects": {
        "attribution_model": "varchar",
        "conversion_kind": "varchar",
        "level_asked": "varchar",
        "channel": "varchar",
        "conversion_probability": "decimal(13,12)",
        "removal_effect": "decimal(13,12)",
        "effect_parts": "bigint",
    }
}
"""Columns in order and SQL types of what the caller writes into schema `ml`."""

COLUMNS = ("attribution_model", "conversion_kind", "level_asked", "from_state", "to_state", "to_channel", "transitions")

START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"
DIGITS = 12
PARTS = 2**30

Floats = npt.NDArray[np.float64]


def removal_effects(transitions: pd.DataFrame) -> pd.DataFrame:
    """Every channel's removal effect for each model, conversion kind and level that the kind is asked for at.

    Parameters
    ----------
    transitions : columns COLUMNS as `intermediate.int_channel_transitions` has them; `to_channel` is null for an end.

    Returns
    -------
    One row a model, kind, level and channel that a path met, sorted. `conversion_probability` is that of the whole chain and equals the
    observed share of converted paths. `effect_parts` is round(effect · 2³⁰), the whole number that credit is split by (D57). A
    kind without a conversion has no rows: nothing can be lost.

    Raises
    ------
    ValueError
        for a missing column, or counts that are no paths: a state that is left more or less often than it is entered.
    """
    missing = [name for name in COLUMNS if name not in transitions]
    if missing:
        raise ValueError(f"int_channel_transitions lacks {', '.join(missing)}")
    rows: list[dict[str, Any]] = []
    for (model, kind, level), counts in transitions.groupby(
        ["attribution_model", "conversion_kind", "level_asked"], sort=True
    ):
        probability, effects = effects_of(counts)
        for channel, effect in sorted(effects.items()):
            rows.append(
                {
                    "attribution_model": model,
                    "conversion_kind": kind,
                    "level_asked": level,
                    "channel": channel,
                    "conversion_probability": _rounded(probability),
                    "removal_effect": _rounded(effect),
                    "effect_parts": round(_rounded(effect) * PARTS),
                }
            )
    return pd.DataFrame(rows, columns=list(TABLES["removal_effects"]))


def effects_of(counts: pd.DataFrame) -> tuple[float, dict[str, float]]:
    """Conversion probability of one chain and the removal effect of each of its channels; none where nothing converted.

    counts : from_state, to_state, to_channel, transitions of one model, kind and level.
    """
    arrivals = counts.dropna(subset=["to_channel"])
    channel_of: dict[str, str] = dict(zip(arrivals["to_state"], arrivals["to_channel"], strict=True))
    states = [START, *sorted(channel_of)]
    place = {state: number for number, state in enumerate(states)}
    number = counts["transitions"].to_numpy(dtype=np.int64)
    source = counts["from_state"].map(place).to_numpy()
    _refuse_what_is_no_path(counts, states)

    left = np.zeros(len(states))
    np.add.at(left, source, number)
    share = number / left[source]
    moves = (counts["to_state"].isin(place)).to_numpy()
    target = counts.loc[moves, "to_state"].map(place).to_numpy()
    chain = csr_array((share[moves], (source[moves], target)), shape=(len(states), len(states)))
    converts = np.zeros(len(states))
    ends = (counts["to_state"] == CONVERSION).to_numpy()
    np.add.at(converts, source[ends], share[ends])

    probability = _conversion_probability(chain, converts)
    if probability == 0:
        return 0.0, {}
    channels = np.array([None, *(channel_of[state] for state in states[1:])], dtype=object)
    effects = {}
    for channel in sorted(set(channel_of.values())):
        stays = np.flatnonzero(channels != channel)
        without = _conversion_probability(chain[stays][:, stays], converts[stays])
        effects[channel] = min(1.0, max(0.0, 1 - without / probability))
    return probability, effects


def _conversion_probability(chain: csr_array, converts: Floats) -> float:
    """From the start (state 0): the solution of x = chain · x + converts."""
    system = (eye_array(chain.shape[0]) - chain).tocsc()
    return float(splu(system).solve(converts)[0])


def _refuse_what_is_no_path(counts: pd.DataFrame, states: list[str]) -> None:
    """Whoever arrives at a state leaves it or ends there, once an arrival; else the chain has no solution, or a wrong one."""
    known = {*states, CONVERSION, NULL}
    unknown = sorted({*counts["from_state"], *counts["to_state"]} - known)
    if unknown:
        raise ValueError(f"transitions name states that no path arrives at: {', '.join(unknown)}")
    entered = counts.groupby("to_state")["transitions"].sum()
    left = counts.groupby("from_state")["transitions"].sum()
    wrong = [state for state in states[1:] if entered[state] != left.get(state, 0)]
    if wrong:
        raise ValueError(
            f"state {wrong[0]} is entered {entered[wrong[0]]} times and left {left.get(wrong[0], 0)} times: "
            "these counts come from no set of paths"
        )


def _rounded(value: float) -> Decimal:
    return round(Decimal(value), DIGITS)
