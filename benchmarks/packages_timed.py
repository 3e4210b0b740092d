"""What ChannelAttribution and marketing-attribution-models take from touches to removal effects; run by the Python of an environment that has them.

    python packages_timed.py FOLDER  ->  one JSON list on the last line: package, settings, seconds for paths and chain, effects by channel

FOLDER has touches.parquet (person_id, touch_id, channel, occurred_at) and conversions.parquet (person_id, conversion_id, converted_at), rows in
no order. Paths are made of them by polars, which both packages' users have at hand; reading the files is not timed.
"""

import json
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import ChannelAttribution  # noqa: E402 - what a package needs to be imported is no part of its time
import polars as pl  # noqa: E402
from mam.models.markov import MarkovModel  # noqa: E402

LOOKBACK_DAYS = 365
DRAWS = {
    "its own settings": {},
    "10 M draws, 100 steps": {"nsim_start": 10_000_000, "max_step": 100},
}
"""By its own settings it gives up drawn paths longer than the longest observed one, which moves every effect."""


def paths_of(touches, conversions):
    """One row a path with its channels in order: of every conversion, and of everybody who never converted."""
    age = pl.col("converted_at") - pl.col("occurred_at")
    converted = (
        touches.join(conversions, on="person_id")
        .filter(age.is_between(pl.duration(), pl.duration(days=LOOKBACK_DAYS)))
        .select("channel", "occurred_at", "touch_id", path_id="conversion_id", converted=True)
    )
    others = touches.join(conversions, on="person_id", how="anti").select(
        "channel", "occurred_at", "touch_id", path_id="person_id", converted=False
    )
    ordered = pl.concat([converted, others]).sort("path_id", "occurred_at", "touch_id")
    return ordered.group_by("path_id", maintain_order=True).agg(pl.col("channel"), pl.col("converted").first())


def counted_for_channel_attribution(touches, conversions):
    """Its input: each sequence of channels once, with how many paths converted and how many did not."""
    return (
        paths_of(touches, conversions)
        .with_columns(path=pl.col("channel").list.join(" > "))
        .group_by("path")
        .agg(won=pl.col("converted").sum(), lost=(~pl.col("converted")).sum())
        .to_pandas()
    )


def listed_for_marketing_attribution_models(touches, conversions):
    return paths_of(touches, conversions).select(
        journey_id=pl.col("path_id"),
        channels=pl.col("channel"),
        has_conversion=pl.col("converted"),
        weight=pl.lit(1),
        conversion_value=pl.col("converted").cast(pl.Float64),
    )


def channel_attribution(counted, settings):
    chain = ChannelAttribution.markov_model(
        counted,
        "path",
        "won",
        var_null="lost",
        order=1,
        out_more=True,
        seed=7,
        verbose=False,
        flg_pro=False,
        **settings,
    )
    return chain["removal_effects"].set_index("channel_name")["removal_effect"].to_dict()


def marketing_attribution_models(paths):
    """It has no way to the effects alone: `calculate` splits them within each journey too."""
    model = MarkovModel()
    model.calculate(paths)
    return model.removal_effect_df["removal_effect"].to_dict()


def timed(work, *arguments):
    started = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - started, result


def main() -> None:
    folder = Path(sys.argv[1])
    given = [pl.read_parquet(folder / f"{table}.parquet") for table in ("touches", "conversions")]
    ways = []
    paths, counted = timed(counted_for_channel_attribution, *given)
    for settings, draws in DRAWS.items():
        chain, effects = timed(channel_attribution, counted, draws)
        ways.append(
            {"package": "ChannelAttribution", "settings": settings, "paths": paths, "chain": chain, "effects": effects}
        )
    paths, listed = timed(listed_for_marketing_attribution_models, *given)
    chain, effects = timed(marketing_attribution_models, listed)
    ways.append(
        {
            "package": "marketing-attribution-models",
            "settings": "exact, splits too",
            "paths": paths,
            "chain": chain,
            "effects": effects,
        }
    )
    print(json.dumps(ways))


if __name__ == "__main__":
    main()
