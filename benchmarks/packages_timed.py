"""How long ChannelAttribution and marketing-attribution-models take; run by the Python of an environment that has them.

    python packages_timed.py PATHS.parquet  ->  one JSON object on the last line: package → seconds

PATHS.parquet: path_id, channels (list of text), converted; one row a path. Reading and reshaping are not timed.
"""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")


def channel_attribution(table):
    """First, last and linear touch, and the chain of order one with the package's own settings."""
    import ChannelAttribution

    paths = table[["channels"]].assign(
        path=table["channels"].map(" > ".join),
        won=table["converted"].astype(int),
        lost=(~table["converted"]).astype(int),
    )
    paths = paths.groupby("path", as_index=False)[["won", "lost"]].sum()
    started = time.perf_counter()
    ChannelAttribution.heuristic_models(paths, "path", "won")
    ChannelAttribution.markov_model(paths, "path", "won", var_null="lost", order=1, out_more=True, seed=7)
    return time.perf_counter() - started


def marketing_attribution_models(table):
    """The chain, its removal effects and their split within each journey."""
    import polars as pl
    from mam.models.markov import MarkovModel

    paths = pl.DataFrame(
        {
            "journey_id": table["path_id"].tolist(),
            "channels": [list(channels) for channels in table["channels"]],
            "has_conversion": table["converted"].tolist(),
            "weight": [1] * len(table),
            "conversion_value": table["converted"].astype(float).tolist(),
        }
    )
    started = time.perf_counter()
    MarkovModel(transition_to_same_state=False).calculate(paths)
    return time.perf_counter() - started


if __name__ == "__main__":
    import pandas as pd

    given = pd.read_parquet(sys.argv[1])
    print(
        json.dumps(
            {
                "ChannelAttribution": channel_attribution(given),
                "marketing-attribution-models": marketing_attribution_models(given),
            }
        )
    )
