"""What ChannelAttribution and marketing-attribution-models make of the same paths; run by the Python of an environment of their own.

    python other_packages.py PATHS.json  ->  one JSON object on the last line

PATHS.json: [{"id": text, "channels": [text, …], "converted": bool}, …], one object a path.
"""

import json
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

SEED = 7
SIMULATIONS = 1_000_000
LONGEST_PATH = 100
"""Steps after which a drawn path is given up. By default that is the longest observed path and one, and a tenth of the draws is lost."""


def channel_attribution(paths):
    """Totals by channel: the three rules, which are exact, and the removal effects, which are simulated."""
    import ChannelAttribution
    import pandas as pd

    table = pd.DataFrame(
        [
            {"path": " > ".join(path["channels"]), "won": int(path["converted"]), "lost": int(not path["converted"])}
            for path in paths
        ]
    )
    table = table.groupby("path", as_index=False).sum()
    rules = ChannelAttribution.heuristic_models(table, "path", "won").set_index("channel_name")
    effects = {}
    for name, longest in (("removal_effects", LONGEST_PATH), ("removal_effects_by_default", None)):
        chain = ChannelAttribution.markov_model(
            table,
            "path",
            "won",
            var_null="lost",
            order=1,
            nsim_start=SIMULATIONS,
            max_step=longest,
            out_more=True,
            seed=SEED,
        )
        effects[name] = chain["removal_effects"].set_index("channel_name")["removal_effect"].to_dict()
    return {
        "first": rules["first_touch"].to_dict(),
        "last": rules["last_touch"].to_dict(),
        "linear": rules["linear_touch"].to_dict(),
        **effects,
    }


def marketing_attribution_models(paths):
    """Removal effects by the inverse of the matrix, and their split within each journey."""
    import polars as pl
    from mam.models.markov import MarkovModel

    table = pl.DataFrame(
        {
            "journey_id": [path["id"] for path in paths],
            "channels": [path["channels"] for path in paths],
            "has_conversion": [path["converted"] for path in paths],
            "weight": [1 for _ in paths],
            "conversion_value": [float(path["converted"]) for path in paths],
        }
    )
    model = MarkovModel(transition_to_same_state=False)
    split = model.calculate(table).group_by("channels").agg(pl.col("attribution_value").sum())
    return {
        "removal_effects": model.removal_effect_df["removal_effect"].to_dict(),
        "within_journeys": dict(zip(split["channels"].to_list(), split["attribution_value"].to_list(), strict=True)),
    }


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(
        json.dumps(
            {
                "ChannelAttribution": channel_attribution(given),
                "marketing-attribution-models": marketing_attribution_models(given),
            }
        )
    )
