"""One evaluator: metrics against scikit-learn's, verdicts in the order of D74, the same numbers every time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from ml.scoring.evaluate import Scores, bootstrap, compare, interval, metrics_of, verdict_of


def scored(seed: int, leads: int, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Whole scores with many ties, and wins that follow them as strongly as asked."""
    generator = np.random.default_rng(seed)
    score = generator.integers(0, 23, size=leads) * 5.0
    chance = 1 / (1 + np.exp(-strength * (score - 70) / 20))
    return score, generator.random(leads) < chance


def of(score: np.ndarray) -> Scores:
    return Scores(score, np.clip(score / 110, 0.01, 0.99))


def test_metrics_of_a_small_case_worked_by_hand() -> None:
    """Scores 3, 2, 2, 1 with wins at 3 and one 2. Pairs: 3 beats both (2), 2 ties 2 (½) and beats 1 (1): 3.5 of 4.
    Average precision: ½ · 1 + ½ · ⅔ (the tied pair enters together) = 0.8333."""
    won = np.array([True, True, False, False])
    found = metrics_of(Scores(np.array([3.0, 2, 2, 1]), np.array([1.0, 0.5, 0.5, 0])), won)
    once = np.ones((1, 4))
    assert found["auc"](once)[0] == pytest.approx(3.5 / 4)
    assert found["average_precision"](once)[0] == pytest.approx(5 / 6)
    assert found["brier"](once)[0] == pytest.approx(0.5 / 4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_metrics_equal_those_of_scikit_learn_also_on_resampled_leads(seed: int) -> None:
    score, won = scored(seed, 400, 1.0)
    scores = of(score)
    weights = np.bincount(np.random.default_rng(seed).integers(0, 400, 400), minlength=400).astype(float)
    for w in (np.ones(400), weights):
        found = {name: metric(w[None, :])[0] for name, metric in metrics_of(scores, won).items()}
        assert found["auc"] == pytest.approx(roc_auc_score(won, score, sample_weight=w))
        assert found["average_precision"] == pytest.approx(average_precision_score(won, score, sample_weight=w))
        assert found["brier"] == pytest.approx(brier_score_loss(won, scores.probability, sample_weight=w))


def test_the_bootstrap_is_the_same_on_every_run_and_pairs_both_scorers() -> None:
    score, won = scored(5, 300, 1.0)
    metrics = {"first": metrics_of(of(score), won)["auc"], "again": metrics_of(of(score), won)["auc"]}
    one, two = bootstrap(metrics, 300, 50, seed=7), bootstrap(metrics, 300, 50, seed=7)
    assert (one["first"] == two["first"]).all()
    assert (one["first"] == one["again"]).all()


def test_an_interval_is_made_of_percentiles() -> None:
    assert interval(np.arange(101.0), 0.90) == (5.0, 95.0)


@pytest.mark.parametrize(
    ("low", "high", "has_signal", "expected"),
    [
        (0.01, 0.02, False, "no_signal"),
        (0.01, 0.02, True, "model"),
        (-0.02, -0.01, True, "matrix"),
        (-0.01, 0.02, True, "no_difference"),
        (0.0, 0.02, True, "no_difference"),
    ],
)
def test_the_first_verdict_that_fits_is_told(low: float, high: float, has_signal: bool, expected: str) -> None:
    assert verdict_of(low, high, has_signal)[0] == expected


def test_a_better_model_is_called_the_model_and_a_better_matrix_the_matrix() -> None:
    score, won = scored(11, 3000, 3.0)
    noise = of(np.random.default_rng(12).permutation(score))
    better = compare(won, noise, of(score), replicates=200)
    worse = compare(won, of(score), noise, replicates=200)
    assert set(better["verdict"]) == {"model"}
    assert set(worse["verdict"]) == {"matrix"}
    auc = better.set_index("metric").loc["auc"]
    assert auc["difference"] == pytest.approx(auc["learned"] - auc["matrix"], abs=1e-6)
    assert auc["low"] <= auc["difference"] <= auc["high"]


def test_the_same_scores_twice_make_no_difference() -> None:
    score, won = scored(13, 1000, 2.0)
    comparison = compare(won, of(score), of(score), replicates=100)
    assert set(comparison["verdict"]) == {"no_difference"}
    assert comparison["difference"].tolist() == [0, 0, 0]


def test_noise_against_noise_has_no_signal() -> None:
    generator = np.random.default_rng(3)
    won = generator.random(2000) < 0.2
    comparison = compare(won, of(generator.random(2000) * 100), of(generator.random(2000) * 100), replicates=200)
    assert set(comparison["verdict"]) == {"no_signal"}


def test_thin_data_is_told_with_its_reason_and_what_can_be_measured() -> None:
    score, won = scored(17, 200, 2.0)
    comparison = compare(won, of(score), None, refusal="training sample has 3 leads")
    assert set(comparison["verdict"]) == {"too_little_data"}
    assert set(comparison["verdict_reason"]) == {"training sample has 3 leads"}
    assert comparison["matrix"].notna().all()
    assert comparison[["learned", "difference", "low", "high"]].isna().all(axis=None)


def test_a_held_out_period_without_wins_judges_nobody() -> None:
    comparison = compare(np.zeros(50, dtype=bool), of(np.arange(50.0)), of(np.arange(50.0)))
    assert set(comparison["verdict"]) == {"too_little_data"}
    assert comparison["verdict_reason"].iloc[0] == "the held-out period has 0 wins in 50 leads; both kinds are needed"


def test_an_empty_held_out_period_is_a_result_too() -> None:
    comparison = compare(np.array([], dtype=bool), None, None)
    assert comparison["n"].tolist() == [0, 0, 0]
    pd.testing.assert_series_equal(
        comparison["verdict"], pd.Series(["too_little_data"] * 3, name="verdict"), check_dtype=False
    )


@pytest.mark.parametrize(
    ("unit", "told"),
    [((100, "RUB"), "[123,457, 2,000,000] RUB"), ((1, "minor units"), "[12,345,678, 200,000,000] minor units")],
)
def test_money_behind_a_verdict_is_told_in_whole_units_of_its_currency(unit: tuple[int, str], told: str) -> None:
    verdict, reason = verdict_of(12_345_678.0, 200_000_000.0, True, "money_at_capacity", unit)
    assert (verdict, reason) == (
        "model", f"95 % interval of the difference in money at the capacity is {told}",
    )  # fmt: skip
