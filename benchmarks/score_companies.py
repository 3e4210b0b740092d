"""Verdicts over made-up companies whose matrix is the truth, and over others where it is wrong.

    python -m benchmarks.score_companies [--companies 100] [--results FILE.jsonl]

Each company is a table of leads of its own seed: six answered criteria (some never asked), a channel, a region, visits and an hour.
Where the matrix is the truth, the log-odds of a win rise with the sum of its points and with nothing else. Where it is wrong,
they rise with other weights of the same criteria, with the channel and with the visits. Both are judged as every table is
(`ml.scoring.compare`, D74): money at the capacity. A verdict a company is appended to the results, so a run goes on where it stopped;
a file of other code must not be continued.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import sklearn

from ml.scoring.compare import verdict_on
from ml.scoring.features import MISSING
from ml.scoring.table import Capacity, LeadTable, Points, TablePolicy

Kind = Literal["matrix_is_the_truth", "matrix_is_wrong"]
KINDS: tuple[Kind, ...] = ("matrix_is_the_truth", "matrix_is_wrong")
LEVELS = {
    "industry_fit": (0, 10, 20), "budget": (0, 10, 20), "need_urgency": (0, 15, 30), "authority": (0, 10, 20),
    "timeline": (0, 5, 10), "engagement": (0, 5, 10),
}  # fmt: skip
"""The default matrix; its maximum is 110."""
WORDS = np.array(["no", "partly", "yes"], dtype=object)
TRUE_WEIGHTS = np.array([20, 20, 30, 20, 10, 10])
WRONG_WEIGHTS = np.array([0, 0, 10, 0, 40, 60])
"""What the matrix counts least decides."""
CHANNELS = np.array(["search", "social", "email", "referral"], dtype=object)
CHANNEL_LOG_ODDS = np.array([0.0, -0.6, 0.0, 0.6])
REGIONS = np.array([f"region {number}" for number in range(8)], dtype=object)
LOG_ODDS_A_POINT = 0.07
EVEN_AT = 70
"""Points at which a lead is won as often as not."""
CAPACITY = Capacity(Fraction(3, 10), "share")
POLICY = TablePolicy(replicates=400)


def company(kind: Kind, seed: int) -> LeadTable:
    """Between 3 000 and 5 000 leads of one company, one after the other; a tenth of the criteria were never asked about.

    A criterion that was not asked about gives no point in the truth either: the matrix can only be right about what it says.
    """
    generator = np.random.default_rng([KINDS.index(kind), seed])
    leads = int(generator.integers(3_000, 5_001))
    level = generator.integers(0, 3, (leads, len(LEVELS)))
    is_asked = generator.random(level.shape) >= 0.1
    channel, region = generator.integers(0, len(CHANNELS), leads), generator.integers(0, len(REGIONS), leads)
    visits = generator.poisson(2.0, leads)
    weights = TRUE_WEIGHTS if kind == "matrix_is_the_truth" else WRONG_WEIGHTS
    log_odds = LOG_ODDS_A_POINT * ((level / 2 * is_asked) @ weights - EVEN_AT)
    if kind == "matrix_is_wrong":
        log_odds = log_odds + CHANNEL_LOG_ODDS[channel] + 0.2 * (visits - 2)
    won = generator.random(leads) < 1 / (1 + np.exp(-log_odds))
    answers = np.where(is_asked, WORDS[level], MISSING)
    points = np.where(is_asked, level / 2 * np.array([max(of) for of in LEVELS.values()]), np.nan)
    given = pd.DataFrame(points, columns=list(LEVELS))
    columns = {name: pd.Series(answers[:, place], dtype=object) for place, name in enumerate(LEVELS)}
    columns |= {
        "channel": pd.Series(CHANNELS[channel], dtype=object),
        "region": pd.Series(REGIONS[region], dtype=object),
    }
    columns |= {
        "visits": pd.Series(visits.astype(float)),
        "hour": pd.Series(generator.integers(0, 24, leads).astype(float)),
    }
    return LeadTable(
        columns=pd.DataFrame(columns),
        won=won,
        order=np.arange(leads, dtype=float),
        hand=given.sum(axis=1).to_numpy(),
        hand_name="matrix",
        row_numbers=np.arange(1, leads + 1),
        money=generator.integers(50_000, 150_001, leads),
        currency="EUR",
        points=Points(given, LEVELS),
    )


def judged(kind: Kind, seed: int) -> dict[str, str | int | float]:
    """The verdict on one company, with its leads and both AUCs."""
    table = company(kind, seed)
    found = verdict_on(table, CAPACITY, POLICY).set_index("metric")
    area = found.loc["auc"]
    return {
        "kind": kind,
        "seed": seed,
        "verdict": str(area["verdict"]),
        "leads": len(table.won),
        "auc_matrix": float(area["matrix"]),
        "auc_learned": float(area["learned"]),
    }


def verdicts(kind: Kind, companies: int, results: Path) -> Counter[str]:
    """Verdicts on the companies of the first seeds; those that `results` knows already are not judged again."""
    known = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()] if results.exists() else []
    done = {row["seed"]: row["verdict"] for row in known if row["kind"] == kind}
    results.parent.mkdir(parents=True, exist_ok=True)
    for seed in range(companies):
        if seed in done:
            continue
        row = judged(kind, seed)
        done[seed] = str(row["verdict"])
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    return Counter(done[seed] for seed in range(companies))


def main() -> None:
    """Judge the companies of both kinds and print how often each verdict was given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=100)
    parser.add_argument("--results", type=Path, default=Path("var/score_companies.jsonl"))
    asked = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, scikit-learn {sklearn.__version__}")
    for kind in KINDS:
        started = time.perf_counter()
        found = verdicts(kind, asked.companies, asked.results)
        told = ", ".join(f"{verdict} {count}" for verdict, count in sorted(found.items()))
        print(f"{kind}: {told} of {asked.companies} ({time.perf_counter() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
