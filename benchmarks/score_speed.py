"""Speed and memory of scoring against bare scikit-learn, on the same leads in the same process.

    python -m benchmarks.score_speed [--leads 100000] [--features 60] [--scored 5000000]

Training and comparison: `compare_table` (leak guard, choice among four candidates forward in time, calibration, 1 000 paired
replicates at a capacity, reasons, importance, partial dependence) against the same four models fitted and judged on the same folds,
the best fitted once more and judged, by scikit-learn alone. Scoring: probabilities in batches of 100 000 leads against bare
`predict_proba` of the same fitted model on the same batches; the peak is that of the process. Seconds are those of the processor:
both sides use one thread, and other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import platform
import resource
import time
from fractions import Fraction

import numpy as np
import pandas as pd
import sklearn
from sklearn.metrics import log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

from ml.scoring.choice import FOLDS, Chosen, candidates
from ml.scoring.compare import compare_table
from ml.scoring.table import Capacity, LeadTable

TRAINING_RATIO = 2.0
BATCH = 100_000
LARGEST_MEMORY_GIB = 4.0
GIB = 1024**2
"""Kilobytes of `ru_maxrss` in a GiB."""


def leads(count: int, features: int, seed: int = 1) -> LeadTable:
    """Half categories of six levels, half numbers; every fifth column matters a little, one in ten wins."""
    generator = np.random.default_rng(seed)
    levels = np.array([f"level {number}" for number in range(6)], dtype=object)
    total = np.full(count, -2.6)
    columns: dict[str, pd.Series] = {}
    for place in range(features):
        matters = 0.4 if place % 5 == 0 else 0.0
        if place % 2:
            values = generator.normal(size=count)
            columns[f"number {place}"] = pd.Series(values)
            total += matters * values
        else:
            codes = generator.integers(0, 6, count)
            columns[f"category {place}"] = pd.Series(levels[codes], dtype=object)
            total += matters * (codes - 2.5) / 1.7
    return LeadTable(
        columns=pd.DataFrame(columns),
        won=generator.random(count) < 1 / (1 + np.exp(-total)),
        order=np.arange(count, dtype=float),
        hand=np.round(total * 10 + generator.normal(scale=5, size=count)),
        hand_name="hand",
        row_numbers=np.arange(1, count + 1),
    )


def bare(table: LeadTable) -> float:
    """Seconds (of the processor) of the same models on the same folds by scikit-learn alone."""
    started = time.process_time()
    cut = int(len(table.won) * 0.7)
    taught, won = table.columns.iloc[:cut], table.won[:cut]
    losses: dict[str, float] = {}
    for fitted, judged in FOLDS:
        first, last = int(cut * fitted), int(cut * judged)
        for candidate in candidates():
            model = type(candidate.learner)(**candidate.learner.get_params()).fit(taught[:first], won[:first])
            loss = log_loss(won[first:last], model.predict_proba(taught[first:last])[:, 1])
            losses[candidate.name] = losses.get(candidate.name, 0.0) + loss
    best = next(candidate for candidate in candidates() if losses[candidate.name] == min(losses.values()))
    best.learner.fit(taught, won)
    roc_auc_score(table.won[cut:], best.learner.predict_proba(table.columns.iloc[cut:])[:, 1])
    return time.process_time() - started


def scored(model: Chosen, batch: pd.DataFrame, count: int) -> tuple[float, float]:
    """Leads a second by `probabilities` and by bare `predict_proba`, batch after batch."""
    speeds = []
    for ask in (model.probabilities, model.calibrated.predict_proba):
        started, done = time.process_time(), 0
        while done < count:
            part = batch.iloc[: min(BATCH, count - done)]
            ask(part)
            done += len(part)
        speeds.append(count / (time.process_time() - started))
    return speeds[0], speeds[1]


def main() -> None:
    """Print both comparisons with the machine and the versions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--features", type=int, default=60)
    parser.add_argument("--scored", type=int, default=5_000_000)
    asked = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, scikit-learn {sklearn.__version__}")
    table = leads(asked.leads, asked.features)
    with threadpool_limits(limits=1):
        of_bare = bare(table)
        started = time.process_time()
        found = compare_table(table, capacity=Capacity(Fraction(1, 10), "share"))
        ours = time.process_time() - started
        print(
            f"train and compare {asked.leads:,} × {asked.features}: {ours:.1f} s, bare {of_bare:.1f} s, {ours / of_bare:.2f} × (target {TRAINING_RATIO})",
            flush=True,
        )
        print(f"chosen {found.card['model']}, verdict {found.verdict}")
        if found.model is None:
            raise SystemExit(f"nothing was learned: {found.card['refusal']}")
        fast, plain = scored(found.model, leads(BATCH, asked.features, seed=2).columns, asked.scored)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIB
    print(
        f"score {asked.scored:,} in batches of {BATCH:,}: {fast:,.0f} leads/s, bare {plain:,.0f}; peak {peak:.2f} GiB (target {LARGEST_MEMORY_GIB})"
    )


if __name__ == "__main__":
    main()
