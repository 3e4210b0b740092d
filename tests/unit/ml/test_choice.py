"""How a model is chosen and calibrated: forward in time, by account, simpler first; and why a lead has its score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from ml.scoring.choice import MOST_BY_STAGE, Candidate, ThinDataError, candidates, choose
from ml.scoring.explain import commonest, contributions, partial_dependence, walked, with_values
from ml.scoring.features import MISSING
from ml.scoring.learners import BoostedTrees, LogisticScorecard


def leads(count: int = 3000, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Winning needs budget and need together: a scorecard, which adds, sees half of it."""
    generator = np.random.default_rng(seed)
    budget, need = generator.integers(0, 2, count), generator.integers(0, 2, count)
    won = generator.random(count) < np.where(budget == need, 0.8, 0.2)
    words = np.array(["no", "yes"], dtype=object)
    frame = pd.DataFrame(
        {
            "budget": pd.Series(words[budget], dtype=object),
            "need": pd.Series(words[need], dtype=object),
            "visits": generator.poisson(3, count).astype(float),
        }
    )
    return frame, won


def test_where_two_answers_act_together_trees_are_chosen() -> None:
    frame, won = leads()
    chosen = choose(frame, won, np.arange(3000.0), None, candidates())
    assert chosen.name.startswith("boosted")
    assert chosen.validation.groupby("candidate")["auc"].mean()["scorecard"] < 0.6
    assert len(chosen.validation) == 12


def test_where_few_leads_win_the_stages_that_the_others_reached_decide() -> None:
    """Nine numbers drive every stage alike, one lead in sixteen wins."""
    generator = np.random.default_rng(2)
    frame = pd.DataFrame(generator.normal(0, 1, (3000, 9)), columns=list("abcdefghi"))
    way = frame.to_numpy() @ np.linspace(-0.8, 0.8, 9) + generator.logistic(0, 1, 3000)
    stages = (way[:, None] > np.array([0.0, 1.5, 3.5])).sum(axis=1)
    order, won = np.arange(3000.0), stages == 3
    chosen = choose(frame, won, order, None, candidates(stages=stages), stages=stages)
    assert chosen.name == "scorecard_by_stage"
    assert len(chosen.validation) == 15
    added = contributions(chosen, frame.head(200), frame).sum(axis=1)
    chance = chosen.calibrated.predict_proba(frame.head(200))[:, 1]
    apart = np.log(chance / (1 - chance)) - added
    assert apart.max() - apart.min() < 1e-4


def test_without_stages_and_with_very_many_leads_no_learner_by_stage_is_offered() -> None:
    names = [candidate.name for candidate in candidates()]
    assert names == ["scorecard_strict", "scorecard", "boosted_small", "boosted"]
    assert [candidate.name for candidate in candidates(stages=np.zeros(MOST_BY_STAGE + 1, dtype=np.int64))] == names


def test_of_equally_good_models_the_first_is_taken() -> None:
    frame, won = leads()
    twins = [Candidate("simple", LogisticScorecard()), Candidate("same", LogisticScorecard())]
    assert choose(frame, won, np.arange(3000.0), None, twins).name == "simple"


def test_each_fold_is_fitted_on_earlier_leads_and_judges_the_next_fifth() -> None:
    frame, won = leads(1000)
    found = choose(frame, won, np.arange(1000.0), None, [Candidate("one", LogisticScorecard())]).validation
    assert found["fitted_on"].tolist() == [400, 600, 800]
    assert found["judged_on"].tolist() == [200, 200, 200]


def test_an_account_that_fitted_does_not_judge() -> None:
    """Leads 400 to 499 are of the accounts of leads 0 to 99, which fit in the first fold; the others have no account."""
    frame, won = leads(1000)
    number = np.arange(1000)
    accounts = pd.Series(np.where((number % 400 < 100) & (number < 500), number % 400, -1), dtype=object)
    accounts = accounts.where(accounts != -1, None)
    found = choose(frame, won, np.arange(1000.0), accounts, [Candidate("one", LogisticScorecard())]).validation
    assert found["judged_on"].tolist() == [100, 200, 200]


def test_without_a_lead_left_to_judge_the_reason_is_told() -> None:
    frame, won = leads(1000)
    accounts = pd.Series(["a"] * 1000, dtype=object)
    with pytest.raises(ThinDataError, match="the part of fold 1 that judges has 0 wins and 0 losses"):
        choose(frame, won, np.arange(1000.0), accounts, candidates())


def test_the_curve_is_learned_from_what_each_fold_said_of_the_leads_that_judged_it() -> None:
    """The same three models by hand, and what became of the leads on what they said: one slope and an intercept a fold, by scipy."""
    frame, won = leads(1000)
    chosen = choose(frame, won, np.arange(1000.0), None, [Candidate("one", LogisticScorecard())])
    said = [
        LogisticScorecard().fit(frame[:until], won[:until]).decision_function(frame[until : until + 200])
        for until in (400, 600, 800)
    ]
    log_odds, came, fold = np.concatenate(said), won[400:], np.repeat([1, 2, 3], 200)

    def deviance(weights: np.ndarray) -> float:
        told = weights[0] * log_odds + weights[fold]
        return float(np.logaddexp(0, told).sum() - told[came].sum())

    best = minimize(deviance, np.zeros(4), method="BFGS", options={"gtol": 1e-9}).x
    assert chosen.slope == pytest.approx(best[0], abs=1e-3)
    now = 1 / (1 + np.exp(-(best[0] * chosen.learner.decision_function(frame) + best[3])))
    assert chosen.probabilities(frame) == pytest.approx(now, abs=1e-3)


def test_the_chances_are_as_high_as_the_newest_leads_that_judged_were_won() -> None:
    """Leads of the same answers are won more and more often: the curve of all folds would say what was true on the way."""
    frame, won = leads(3000)
    generator = np.random.default_rng(3)
    often = np.where(np.arange(3000) < 2400, won, won | (generator.random(3000) < 0.4))
    chosen = choose(frame, often, np.arange(3000.0), None, [Candidate("one", LogisticScorecard())])
    before = LogisticScorecard().fit(frame[:2400], often[:2400]).decision_function(frame[2400:])
    sigmoid = chosen.calibrated.calibrated_classifiers_[0].calibrators[0]
    told = sigmoid.predict(before[:, None])
    assert told.sum() == pytest.approx(often[2400:].sum(), rel=1e-3)


@pytest.mark.parametrize("learner", [LogisticScorecard(), BoostedTrees()])
def test_reasons_add_up_to_the_calibrated_log_odds(learner: LogisticScorecard | BoostedTrees) -> None:
    frame, won = leads()
    chosen = choose(frame, won, np.arange(3000.0), None, [Candidate("one", learner)])
    added = contributions(chosen, frame.head(200), frame).sum(axis=1)
    chance = chosen.calibrated.predict_proba(frame.head(200))[:, 1]
    apart = np.log(chance / (1 - chance)) - added
    assert apart.max() - apart.min() < 1e-4


def test_two_columns_that_act_together_share_what_they_add_as_shapley_does() -> None:
    """f = 2a + 3ab from (0, 0) to (1, 1): a has 2 + 1.5, b has 1.5; a lead that is the usual one has nothing."""
    design = pd.DataFrame({"a": [1.0, 0.0], "b": [1.0, 0.0]})
    added = walked(lambda frame: (2 * frame["a"] + 3 * frame["a"] * frame["b"]).to_numpy(), design, design.iloc[1])
    assert added.to_numpy().tolist() == [[3.5, 1.5], [0.0, 0.0]]


def test_the_usual_lead_has_the_commonest_levels_and_the_medians() -> None:
    frame = pd.DataFrame({"level": pd.Series(["b", "a", "a", "b"], dtype=object), "number": [1.0, 2.0, 9.0, np.nan]})
    assert commonest(frame).to_dict() == {"level": "a", "number": 2.0}


def test_partial_dependence_is_the_mean_when_every_lead_has_the_value() -> None:
    frame, won = leads()
    chosen = choose(frame, won, np.arange(3000.0), None, candidates())
    few = frame.head(500)
    found = partial_dependence(chosen, few, ["budget"], seed=1).set_index("value")
    every = chosen.probabilities(with_values(few, "budget", ["yes"] * 500)).mean()
    assert found.loc["yes", "probability"] == pytest.approx(every, abs=1e-6)
    assert found["leads"].sum() == 500


def test_isotonic_calibration_keeps_no_slope_and_its_order_never_falls() -> None:
    frame, won = leads()
    chosen = choose(frame, won, np.arange(3000.0), None, [Candidate("one", BoostedTrees())], "isotonic")
    assert chosen.slope is None
    order = np.argsort(chosen.learner.decision_function(frame), kind="stable")
    assert (np.diff(chosen.probabilities(frame)[order]) >= 0).all()


def test_an_empty_level_is_scored() -> None:
    frame, won = leads()
    chosen = choose(frame, won, np.arange(3000.0), None, candidates())
    empty = with_values(frame.head(1), "budget", [MISSING])
    assert 0 < chosen.probabilities(empty)[0] < 1
