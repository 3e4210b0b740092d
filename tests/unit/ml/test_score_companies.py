"""Verdicts over a hundred made-up companies each: where the matrix is the truth, and where it is wrong."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from ml.scoring.compare import Capacity, LeadTable, Points, TablePolicy, compare_table

LEVELS = {
    "industry_fit": (0, 10, 20), "budget": (0, 10, 20), "need_urgency": (0, 15, 30), "authority": (0, 10, 20),
    "timeline": (0, 5, 10), "engagement": (0, 5, 10),
}  # fmt: skip
WORDS = np.array(["no", "partly", "yes"], dtype=object)
WRONG = np.array([0, 0, 10, 0, 40, 60])
"""Weights of a company whose matrix is wrong: what the matrix counts least decides."""


def company(seed: int, weights: np.ndarray, leads: int = 4000) -> LeadTable:
    """Leads whose log-odds of winning are 0.07 a point of `weights` above 70; a channel and a day that mean nothing."""
    generator = np.random.default_rng(seed)
    level = generator.integers(0, 3, (leads, len(LEVELS)))
    won = generator.random(leads) < 1 / (1 + np.exp(-0.07 * (level / 2 @ weights - 70)))
    columns = {name: pd.Series(WORDS[level[:, place]], dtype=object) for place, name in enumerate(LEVELS)}
    columns["channel"] = pd.Series(generator.choice(np.array(["a", "b", "c"], dtype=object), leads), dtype=object)
    columns["day"] = pd.Series(generator.integers(0, 7, leads).astype(float))
    given = pd.DataFrame({name: level[:, place] / 2 * max(LEVELS[name]) for place, name in enumerate(LEVELS)})
    return LeadTable(
        columns=pd.DataFrame(columns),
        won=won,
        order=np.arange(leads, dtype=float),
        hand=given.sum(axis=1).to_numpy(),
        hand_name="matrix",
        row_numbers=np.arange(1, leads + 1),
        money=generator.integers(50_000, 150_000, leads),
        currency="EUR",
        points=Points(given, LEVELS),
    )


def verdicts(weights: np.ndarray, companies: int) -> Counter[str]:
    capacity = Capacity(Fraction(3, 10), "share")
    policy = TablePolicy(replicates=400)
    return Counter(
        compare_table(company(seed, weights), capacity=capacity, policy=policy).verdict for seed in range(companies)
    )


@pytest.mark.verify
def test_where_the_matrix_is_the_truth_the_model_is_preferred_in_at_most_five_of_a_hundred_companies() -> None:
    found = verdicts(np.array([max(levels) for levels in LEVELS.values()]), 100)
    assert found["no_difference"] + found["matrix"] >= 95, found


@pytest.mark.verify
def test_where_the_matrix_is_wrong_the_model_is_preferred_in_at_least_ninety_of_a_hundred_companies() -> None:
    found = verdicts(WRONG, 100)
    assert found["model"] >= 90, found


def test_one_company_of_each_kind() -> None:
    assert verdicts(np.array([max(levels) for levels in LEVELS.values()]), 1).keys() <= {"no_difference", "matrix"}
    assert verdicts(WRONG, 1) == {"model": 1}
