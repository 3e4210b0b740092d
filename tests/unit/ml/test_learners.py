"""The re-weighted matrix, the scorecard and the boosted trees: contract, constraints, hand-worked answers."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from ml.scoring.features import MISSING
from ml.scoring.learners import BoostedTrees, LogisticScorecard
from ml.scoring.reweighted import ReweightedMatrixClassifier, step_of

MAXIMA = (20, 20, 30, 20, 10, 10)
SHAPE = [(0, maximum // 2, maximum) for maximum in MAXIMA]


@parametrize_with_checks([ReweightedMatrixClassifier(), LogisticScorecard(), BoostedTrees(max_iter=20)])
def test_every_learner_keeps_the_estimator_contract(estimator, check) -> None:  # type: ignore[no-untyped-def]
    """No check is expected to fail. Skipped by scikit-learn itself: check_array_api_input (SCIPY_ARRAY_API unset)."""
    check(estimator)


def answers(leads: int, true_maxima: tuple[int, ...], seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Points by the hand-made matrix, and outcomes that follow a sum with other maxima (a curve of 0.08 a point)."""
    generator = np.random.default_rng(seed)
    part = generator.integers(0, 3, (leads, len(MAXIMA))) / 2
    total = part @ np.array(true_maxima, dtype=float)
    won = generator.random(leads) < 1 / (1 + np.exp(-0.08 * (total - 55)))
    return part * np.array(MAXIMA, dtype=float), won


@pytest.mark.parametrize(
    ("levels", "step"),
    [(SHAPE, 10), ([(0, 5), (0, 5, 10)], 10), ([(0, 10), (0, 20)], 10), ([(0, 10, 20, 30), (0, 30)], 30)],
)
def test_a_step_keeps_every_level_on_the_grid_of_the_matrix(levels: list[tuple[int, ...]], step: int) -> None:
    assert step_of(levels) == step


def test_the_points_are_whole_not_negative_and_have_the_same_maximum() -> None:
    points, won = answers(3000, (0, 60, 10, 10, 10, 20))
    found = ReweightedMatrixClassifier(MAXIMA, step_of(SHAPE)).fit(points, won)
    assert found.is_exact_
    assert found.maximum_points_.sum() == 110
    assert (found.maximum_points_ >= 0).all()
    assert (found.points(points) % 5 == 0).all()


def test_the_weights_that_made_the_outcomes_are_found() -> None:
    """40 000 leads: budget counts 50 of 110, need 10, the industry nothing."""
    points, won = answers(40_000, (0, 50, 10, 20, 20, 10))
    found = ReweightedMatrixClassifier(MAXIMA, 10).fit(points, won)
    assert found.maximum_points_.tolist() == [0, 50, 10, 20, 20, 10]
    assert found.slope_ == pytest.approx(0.08, abs=0.005)


def test_no_other_sharing_of_the_maximum_makes_the_outcomes_more_likely() -> None:
    """Three criteria, 6 steps: all 28 sharings are fitted again by scikit-learn's own logistic regression."""
    generator = np.random.default_rng(3)
    part = generator.integers(0, 3, (400, 3)) / 2
    won = generator.random(400) < 1 / (1 + np.exp(-(part @ [2.0, 0.5, 1.0] - 1.7)))
    hand = np.array([20, 20, 20])
    found = ReweightedMatrixClassifier(hand, 10).fit(part * hand, won)
    likelihoods = {}
    for maxima in itertools.product(range(0, 70, 10), repeat=3):
        if sum(maxima) == 60:
            total = (part @ np.array(maxima, dtype=float))[:, None]
            curve = LogisticRegression(C=1e6, tol=1e-10, max_iter=1000).fit(total / 10, won)
            chance = curve.predict_proba(total / 10)[:, 1]
            likelihoods[maxima] = float(np.log(np.where(won, chance, 1 - chance)).sum())
    assert len(likelihoods) == 28
    assert tuple(found.maximum_points_) == max(likelihoods, key=lambda maxima: likelihoods[maxima])


def test_beyond_the_limit_steps_are_exchanged_and_reach_the_same_weights() -> None:
    points, won = answers(20_000, (0, 50, 10, 20, 20, 10))
    exact = ReweightedMatrixClassifier(MAXIMA, 10).fit(points, won)
    searched = ReweightedMatrixClassifier(MAXIMA, 10, exact_limit=100).fit(points, won)
    assert not searched.is_exact_
    assert searched.maximum_points_.tolist() == exact.maximum_points_.tolist()


def test_answers_that_say_nothing_leave_the_hand_made_weights() -> None:
    """Every lead has the same answers, so all sharings are equally likely; the nearest to the hand-made one is it."""
    points = np.tile(np.array(MAXIMA, dtype=float), (50, 1))
    found = ReweightedMatrixClassifier(MAXIMA, 10).fit(points, np.arange(50) % 2 == 0)
    assert found.maximum_points_.tolist() == list(MAXIMA)


def test_answers_that_only_harm_leave_a_flat_curve() -> None:
    points, _ = answers(500, MAXIMA)
    assert ReweightedMatrixClassifier(MAXIMA, 10).fit(points, points.sum(axis=1) < 50).slope_ == 0


def mixed(leads: int = 2000, seed: int = 2) -> tuple[pd.DataFrame, np.ndarray]:
    generator = np.random.default_rng(seed)
    level = generator.integers(0, 3, leads)
    visits = generator.poisson(3, leads).astype(float)
    won = generator.random(leads) < 1 / (1 + np.exp(-(level + np.sin(visits * 2) * 2 - 1)))
    frame = pd.DataFrame(
        {
            "budget": pd.Series(np.array(["no", "partly", "yes"], dtype=object)[level], dtype=object),
            "channel": pd.Series(generator.choice(np.array(["search", "social"], dtype=object), leads), dtype=object),
            "visits": np.where(generator.random(leads) < 0.1, np.nan, visits),
        }
    )
    return frame, won


def test_boosted_trees_rise_with_a_declared_column_although_the_leads_do_not() -> None:
    """Winning goes up and down with the visits; a model told that more is better must not."""
    frame, won = mixed()
    ordered = {"budget": {"no": 0.0, "partly": 10.0, "yes": 20.0}}
    at_visits = pd.concat([frame.iloc[[0]].assign(visits=float(visits)) for visits in range(10)])
    free = BoostedTrees(ordered_levels=ordered).fit(frame, won).decision_function(at_visits)
    assert (np.diff(free) < 0).any()
    held = BoostedTrees({"visits": 1}, ordered).fit(frame, won)
    assert (np.diff(held.decision_function(at_visits)) >= 0).all()
    at_budget = pd.concat([frame.iloc[[0]].assign(budget=level) for level in ordered["budget"]])
    assert (np.diff(held.decision_function(at_budget)) >= 0).all()


def test_levels_never_seen_and_empty_ones_are_scored() -> None:
    frame, won = mixed()
    unseen = frame.iloc[[0, 1]].assign(budget=["perhaps", MISSING], channel=["mail", MISSING])
    for learner in (LogisticScorecard(), BoostedTrees(ordered_levels={"budget": {"no": 0.0, "yes": 20.0}})):
        assert np.isfinite(learner.fit(frame, won).decision_function(unseen.astype(object).assign(visits=1.0))).all()


def test_another_set_of_columns_than_in_fit_is_refused() -> None:
    frame, won = mixed()
    with pytest.raises(ValueError, match="feature names should match"):
        LogisticScorecard().fit(frame, won).predict_proba(frame[["channel", "budget", "visits"]])


@pytest.mark.parametrize("learner", [LogisticScorecard(), BoostedTrees(max_iter=5)])
def test_a_column_that_no_training_lead_has_is_learned_as_nothing(learner: LogisticScorecard | BoostedTrees) -> None:
    """The first leads of a company often lack a field that later ones have; what is first filled later says nothing yet."""
    frame, won = mixed()
    frame = frame.assign(later_filled=np.nan)
    learner.fit(frame, won)
    before = learner.predict_proba(frame)
    assert np.isfinite(before).all()
    assert (learner.predict_proba(frame.assign(later_filled=3.0)) == before).all()
