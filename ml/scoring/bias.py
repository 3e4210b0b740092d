"""What is not known because only some leads were worked: overlap, inverse-propensity weights, random exploration.

An unworked lead has no outcome that says anything about the lead. The chance of having been worked is learned from what
was known when the lead was scored; where leads of a kind were never (or always) worked, nothing can be said about
that kind, and the share of such leads is told. Elsewhere each worked lead stands for 1 / chance leads of its kind.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.scoring import evaluate
from ml.scoring.learners import LogisticScorecard

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LOWEST_CHANCE = 0.05
"""Leads below (or above 1 - this) have no counterpart; a weight never exceeds 1 / this."""
FEWEST = 50
"""Leads of either kind, worked and unworked, that are needed to learn the chance."""


def chance_of_work(inputs: pd.DataFrame, worked: Flags) -> Floats | None:
    """Chance of having been worked per lead, 6 digits; None with fewer than 50 worked or 50 unworked leads."""
    if min(int(worked.sum()), int((~worked).sum())) < FEWEST:
        return None
    learned = LogisticScorecard().fit(inputs, worked)
    return np.asarray(np.round(learned.predict_proba(inputs)[:, 1], evaluate.DIGITS))


def selection(
    chance: Floats | None,
    won: Flags,
    worked: Flags,
    scores: dict[str, Floats],
    is_exploration: Flags | None,
    at: evaluate.Capacity | None,
) -> pd.DataFrame:
    """Rows scorer, measure, value, n about the held-out leads; scorer `(all)` for what belongs to neither.

    unworked_share           of all held-out leads
    overlap_share            leads whose chance of being worked lies between 5 and 95 %
    effective_leads          worked leads after weighting, (Σw)² / Σw²
    clipped_share            worked leads whose weight was cut at 20
    auc, auc_weighted        on worked leads, plain and weighted to stand for all
    wins_weighted            wins at the capacity, weighted to stand for all leads taken (with a capacity only)
    exploration_leads        held-out leads drawn at random whatever their score
    auc_exploration          on the worked ones among them, with 50 or more: the one figure that no selection touches
    """
    rows: list[tuple[str, str, float | None, int]] = [
        ("(all)", "unworked_share", _share(~worked), len(worked)),
    ]
    seen = np.flatnonzero(worked)
    weights = np.ones(len(won))
    if chance is not None:
        inside = (chance >= LOWEST_CHANCE) & (chance <= 1 - LOWEST_CHANCE)
        weights = 1 / np.maximum(chance, LOWEST_CHANCE)
        kept = weights[seen]
        rows += [
            ("(all)", "overlap_share", _share(inside), len(chance)),
            ("(all)", "effective_leads", float(kept.sum() ** 2 / (kept**2).sum()), len(seen)),
            ("(all)", "clipped_share", _share(chance[seen] < LOWEST_CHANCE), len(seen)),
        ]
    has_both = bool(won[seen].any() and not won[seen].all())
    for name, score in scores.items():
        if has_both:
            area = evaluate.auc(score[seen], won[seen])
            rows.append((name, "auc", _once(area, np.ones(len(seen))), len(seen)))
            if chance is not None:
                rows.append((name, "auc_weighted", _once(area, weights[seen]), len(seen)))
        if chance is not None and at is not None:
            taken = np.array([float(share) for share in evaluate.shares_taken(score, at)])
            rows.append((name, "wins_weighted", float((taken * weights * (won & worked)).sum()), len(seen)))
    if is_exploration is not None:
        drawn = np.flatnonzero(worked & is_exploration)
        rows.append(("(all)", "exploration_leads", float(is_exploration.sum()), len(won)))
        if len(drawn) >= FEWEST and won[drawn].any() and not won[drawn].all():
            for name, score in scores.items():
                area = evaluate.auc(score[drawn], won[drawn])
                rows.append((name, "auc_exploration", _once(area, np.ones(len(drawn))), len(drawn)))
    frame = pd.DataFrame(rows, columns=["scorer", "measure", "value", "n"])
    return frame.assign(value=frame["value"].round(evaluate.DIGITS))


def _share(flags: Flags) -> float | None:
    return float(flags.mean()) if len(flags) else None


def _once(metric: Callable[[Floats], Floats], weights: Floats) -> float:
    return float(metric(weights[None, :])[0])
