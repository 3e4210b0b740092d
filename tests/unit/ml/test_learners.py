"""The re-weighted matrix, the scorecard and the boosted trees: contract, constraints, hand-worked answers."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from ml.scoring.features import MISSING
from ml.scoring.learners import BoostedTrees, LogisticScorecard, StagedScorecard
from ml.scoring.reweighted import ReweightedMatrixClassifier, step_of

MAXIMA = (20, 20, 30, 20, 10, 10)
SHAPE = [(0, maximum // 2, maximum) for maximum in MAXIMA]


@parametrize_with_checks(
    [ReweightedMatrixClassifier(), LogisticScorecard(), StagedScorecard(), BoostedTrees(max_iter=20)]
)
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
    for learner in (
        LogisticScorecard(),
        StagedScorecard(),
        BoostedTrees(ordered_levels={"budget": {"no": 0.0, "yes": 20.0}}),
    ):
        assert np.isfinite(learner.fit(frame, won).decision_function(unseen.astype(object).assign(visits=1.0))).all()


def test_another_set_of_columns_than_in_fit_is_refused() -> None:
    frame, won = mixed()
    with pytest.raises(ValueError, match="feature names should match"):
        LogisticScorecard().fit(frame, won).predict_proba(frame[["channel", "budget", "visits"]])


@pytest.mark.parametrize("learner", [LogisticScorecard(), StagedScorecard(), BoostedTrees(max_iter=5)])
def test_a_column_that_no_training_lead_has_is_learned_as_nothing(learner: LogisticScorecard | BoostedTrees) -> None:
    """The first leads of a company often lack a field that later ones have; what is first filled later says nothing yet."""
    frame, won = mixed()
    frame = frame.assign(later_filled=np.nan)
    learner.fit(frame, won)
    before = learner.predict_proba(frame)
    assert np.isfinite(before).all()
    assert (learner.predict_proba(frame.assign(later_filled=3.0)) == before).all()


LAST = 4
THRESHOLDS = np.array([-0.4, 0.9, 1.6, 2.6])
"""Of the log-odds of a stage: with the first weights below about 58, 34, 23 and 11 of 100 leads reach the first, …, the win."""


def progress(
    leads: int, weights: np.ndarray, seed: int, of_win: np.ndarray | None = None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Leads whose way follows proportional odds, a number per weight; of_win: weights of the last step, where it has its own."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(generator.normal(0, 1, (leads, len(weights))), columns=[f"x{n}" for n in range(len(weights))])
    luck = generator.logistic(0, 1, leads)
    stages = (frame.to_numpy() @ weights + luck)[:, None] > THRESHOLDS
    reached = stages.sum(axis=1)
    if of_win is not None:
        wins = frame.to_numpy() @ of_win + luck > THRESHOLDS[-1]
        reached = np.where(wins, LAST, np.minimum(reached, LAST - 1))
    return frame, reached


def spread(found: np.ndarray, weights: np.ndarray) -> float:
    """Angle between two lists of weights: 0 where they order leads alike."""
    return float(np.arccos(found @ weights / np.linalg.norm(found) / np.linalg.norm(weights)))


def encoded_weights(learner: LogisticScorecard, frame: pd.DataFrame) -> np.ndarray:
    """Log-odds that each column adds where its signed logarithm is 1 instead of 0."""
    at = pd.DataFrame(np.zeros((1, frame.shape[1])), columns=frame.columns)
    return np.array(
        [
            (learner.decision_function(at.assign(**{name: np.e - 1})) - learner.decision_function(at))[0]
            for name in frame
        ]
    )


def test_stages_bring_a_score_of_few_wins_nearer_to_what_decides() -> None:
    """Eight tables of 1 500 leads and some 170 wins: on each the weights point nearer to the true ones than those of wins alone."""
    weights = np.array([0.8, -0.6, 0.5, 0.4, -0.3, 0.2, 0, 0, 0, 0, 0, 0])
    for seed in range(8):
        frame, reached = progress(1500, weights, seed)
        won = reached == LAST
        by_wins, by_stages = LogisticScorecard(10.0).fit(frame, won), StagedScorecard().fit(frame, won, reached)
        apart = [spread(encoded_weights(learner, frame), weights) for learner in (by_wins, by_stages)]
        assert apart[1] < apart[0]


def test_what_decides_of_the_win_alone_is_found_in_spite_of_the_stages() -> None:
    """The last column drives every stage but the win, the first only the win."""
    stages, win = np.array([0.0, 0.6, 0.6, 1.0]), np.array([1.0, 0.6, 0.6, 0.0])
    frame, reached = progress(40_000, stages, 1, of_win=win)
    alone = encoded_weights(LogisticScorecard().fit(frame, reached == LAST), frame)
    corrected, uncorrected = (
        encoded_weights(StagedScorecard(correction_strength=strength).fit(frame, reached == LAST, reached), frame)
        for strength in (300.0, 1e9)
    )
    assert corrected == pytest.approx(alone, abs=0.2)
    assert np.abs(uncorrected - alone).max() > 1


def test_a_stage_that_nobody_or_everybody_reached_changes_nothing() -> None:
    frame, reached = progress(1500, np.array([0.8, -0.6, 0.5, 0.4]), 3)
    won = reached == LAST
    told = StagedScorecard().fit(frame, won, reached).decision_function(frame)
    one_more = StagedScorecard().fit(frame, won, reached + 1).decision_function(frame)
    assert one_more == pytest.approx(told, abs=1e-9)


def test_a_lead_that_was_not_won_has_not_come_as_far_as_one_that_was() -> None:
    """It reached the last stage outside of what counts as a win, say before its moment; the win is still one step further."""
    frame, reached = progress(1500, np.array([0.8, -0.6, 0.5, 0.4]), 3)
    won = reached == LAST
    late = np.where(won & (np.arange(1500) % 9 == 0), False, won)
    told = StagedScorecard().fit(frame, late, reached).decision_function(frame)
    same = StagedScorecard().fit(frame, late, np.where(late, LAST + 1, reached)).decision_function(frame)
    assert told == pytest.approx(same, abs=1e-9)


def test_without_stages_the_win_is_the_only_one() -> None:
    frame, reached = progress(1500, np.array([0.8, -0.6, 0.5, 0.4]), 3)
    won = reached == LAST
    assert StagedScorecard().fit(frame, won).decision_function(frame) == pytest.approx(
        StagedScorecard().fit(frame, won, won.astype(int)).decision_function(frame), abs=1e-12
    )


def test_stages_of_another_number_of_leads_are_refused() -> None:
    frame, reached = progress(1500, np.array([0.8, -0.6, 0.5, 0.4]), 3)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        StagedScorecard().fit(frame, reached == LAST, reached[1:])
