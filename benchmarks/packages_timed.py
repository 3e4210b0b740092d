"""How long ChannelAttribution and marketing-attribution-models take; run by the Python of an environment that has them.

    python packages_timed.py TOUCHES.parquet  ->  one JSON object on the last line: package → seconds

TOUCHES.parquet: path_id, channel, occurred_at, touch_id, converted; one row a touch, in no order. Paths are made of them by polars, which
both packages' users have at hand; reading the file is not timed.
"""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")


def paths_of(touches):
    """One row a path with its channels in order."""
    import polars as pl

    ordered = touches.sort("path_id", "occurred_at", "touch_id")
    return ordered.group_by("path_id", maintain_order=True).agg(pl.col("channel"), pl.col("converted").first())


def channel_attribution(touches):
    """First, last and linear touch, and the chain of order one with the package's own settings."""
    import ChannelAttribution
    import polars as pl

    counted = (
        paths_of(touches)
        .with_columns(path=pl.col("channel").list.join(" > "))
        .group_by("path")
        .agg(won=pl.col("converted").sum(), lost=(~pl.col("converted")).sum())
        .to_pandas()
    )
    ChannelAttribution.heuristic_models(counted, "path", "won")
    ChannelAttribution.markov_model(counted, "path", "won", var_null="lost", order=1, out_more=True, seed=7)


def marketing_attribution_models(touches):
    """The chain, its removal effects and their split within each journey."""
    import polars as pl
    from mam.models.markov import MarkovModel

    paths = paths_of(touches).select(
        journey_id=pl.col("path_id"),
        channels=pl.col("channel"),
        has_conversion=pl.col("converted"),
        weight=pl.lit(1),
        conversion_value=pl.col("converted").cast(pl.Float64),
    )
    MarkovModel(transition_to_same_state=False).calculate(paths)


if __name__ == "__main__":
    # what a package needs to be imported is no part of its time
    import ChannelAttribution  # noqa: F401
    import mam.models.markov  # noqa: F401
    import polars

    given = polars.read_parquet(sys.argv[1])
    seconds = {}
    for name, work in (
        ("ChannelAttribution", channel_attribution),
        ("marketing-attribution-models", marketing_attribution_models),
    ):
        started = time.perf_counter()
        work(given)
        seconds[name] = time.perf_counter() - started
    print(json.dumps(seconds))
