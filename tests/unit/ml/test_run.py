"""The entry point: frames in, frames out; refusals are results; nothing later than the moment is used."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ml.scoring.choice import Chosen
from ml.scoring.features import DECLARED, LeakError, declaration, design
from ml.scoring.prepared import ScoringPolicy, is_drawn, prepare
from ml.scoring.registry import find_model, load_model, note_verdict, save_model
from ml.scoring.run import score_leads, scored_by, trained_when_due
from ml.scoring.tables import TABLES
from orchestration.settings import DBT_PROJECT

GIVEN = ("channel", "source_system", "weekday", "hour", "has_valid_phone", "touches_until_moment")
"""Features that the made-up company knows; the others are empty, so the guard leaves them out."""
MAXIMA = {"budget": 20, "need_urgency": 30, "timeline": 10}
QUICK = ScoringPolicy(minimum_leads=200, minimum_conversions=20, replicates=50)


def company(leads: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leads one an hour; the chance of a win rises with the points; the last tenth is not mature."""
    generator = np.random.default_rng(seed)
    ids = [f"lead-{number:05d}" for number in range(leads)]
    times = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(leads), unit="h")
    total = np.zeros(leads)
    answers = []
    for position, (criterion, maximum) in enumerate(MAXIMA.items()):
        level = generator.integers(0, 3, size=leads)
        points = level * maximum // 2
        total += points
        answers.append(
            pd.DataFrame(
                {
                    "lead_id": ids,
                    "moment": "creation",
                    "criterion": criterion,
                    "criterion_position": position,
                    "level": np.array(["no", "partly", "yes"])[level],
                    "points": points,
                    "maximum_points": maximum,
                    "gate_min_points": None,
                    "is_missing": False,
                    "answered_at": times,
                }
            )
        )
    features = pd.DataFrame(
        {
            "lead_id": ids,
            "moment": "creation",
            "scored_at": times,
            "latest_known_at": times,
            "definition_version": "matrix@1",
            "matrix_scale": "raw110",
            "review_lower_bound": 25,
            "hot_lower_bound": 45,
            "is_won": generator.random(leads) < 1 / (1 + np.exp(-(total - 40) / 6)),
            "is_mature": np.arange(leads) < leads * 9 // 10,
            "stages_reached": 0,
            "channel": generator.choice(["search", "social"], leads),
            "source_system": "crm",
            "weekday": times.day_of_week + 1,
            "hour": times.hour,
            "has_valid_phone": np.arange(leads) % 3 > 0,
            "touches_until_moment": generator.integers(0, 5, leads),
            "account_id": None,
            "segment": None,
            "won_minor": 1000,
            "is_worked": True,
            **{feature.name: None for feature in DECLARED if feature.name not in GIVEN},
        }
    )
    return features, pd.concat(answers, ignore_index=True)


def test_every_lead_gets_both_scores_and_the_points_behind_them() -> None:
    features, answers = company(1000)
    result = score_leads(features, answers, QUICK)
    assert list(result.scores.columns) == list(TABLES["lead_scores"])
    assert list(result.points.columns) == list(TABLES["lead_score_points"])
    assert list(result.comparison.columns) == list(TABLES["score_comparison"])
    assert result.scores["scorer"].value_counts().to_dict() == {"matrix": 1000, "learned": 1000}
    of_matrix = result.points[result.points["scorer"] == "matrix"].groupby("lead_id")["points"].sum()
    scores = result.scores[result.scores["scorer"] == "matrix"].set_index("lead_id")["score"]
    assert (of_matrix == scores).all()


def test_bands_follow_the_bounds_of_the_lead_s_own_moment() -> None:
    features, answers = company(2)
    answers["points"] = [20, 20, 15, 15, 10, 10]
    features["hot_lower_bound"] = [45, 46]
    result = score_leads(features, answers, QUICK)
    assert result.scores["score"].tolist() == [45, 45]
    assert result.scores["band"].tolist() == ["hot", "review"]


def test_a_gate_in_the_definition_sends_a_hot_lead_to_review() -> None:
    features, answers = company(1)
    answers["points"] = [20, 30, 0]
    answers["gate_min_points"] = [10, None, 5]
    score = score_leads(features, answers, QUICK).scores.iloc[0]
    assert (score["score"], score["band"], score["gate_failed"]) == (50, "review", True)


def test_a_lead_scored_under_an_older_matrix_misses_none_of_its_criteria() -> None:
    """`timeline` came later: the older lead has two criteria and a maximum of 50, nothing missing."""
    features, answers = company(2)
    older = answers["lead_id"] == "lead-00000"
    answers = answers[~(older & (answers["criterion"] == "timeline"))]
    result = score_leads(features, answers, QUICK)
    assert result.scores["missing_criteria"].tolist() == [0, 0]


def test_the_same_input_in_another_order_gives_the_same_output_to_the_last_digit() -> None:
    features, answers = company(600)
    one = score_leads(features, answers, QUICK)
    two = score_leads(features.sample(frac=1, random_state=1), answers.sample(frac=1, random_state=2), QUICK)
    pd.testing.assert_frame_equal(one.scores, two.scores, check_exact=True)
    pd.testing.assert_frame_equal(one.points, two.points, check_exact=True)
    pd.testing.assert_frame_equal(one.comparison, two.comparison, check_exact=True)
    for name, report in one.reports.items():
        pd.testing.assert_frame_equal(report, two.reports[name], check_exact=True)
    assert json.dumps(one.card) == json.dumps(two.card)


def test_probabilities_carry_six_digits() -> None:
    probability = score_leads(*company(600), QUICK).scores["probability"].astype(float)
    assert (probability == probability.round(6)).all()


def test_fewer_leads_or_wins_than_the_floor_are_refused_as_a_result() -> None:
    """1 100 leads, 990 mature, the first 693 train."""
    features, answers = company(1100)
    result = score_leads(features, answers)
    assert result.model is None
    assert result.card["refusal"].startswith("training sample has 693 leads and ")
    assert set(result.scores["scorer"]) == {"matrix"}
    assert set(result.comparison["verdict"]) == {"too_little_data"}
    assert result.comparison.set_index("metric")["matrix"].notna().all()

    features["is_won"] = features.index % 100 == 0
    thin = score_leads(features, answers, ScoringPolicy(minimum_leads=693))
    assert thin.card["refusal"] == (
        "training sample has 693 leads and 7 wins; at least 693 leads and 120 wins are needed"
    )


def test_a_table_without_leads_gives_empty_tables() -> None:
    features, answers = company(3)
    result = score_leads(features.head(0), answers.head(0))
    assert len(result.scores) == len(result.points) == 0
    assert len(result.comparison) == 3


def test_without_a_matrix_definition_only_the_learned_score_is_written() -> None:
    features, answers = company(1000)
    result = score_leads(features, answers.head(0), QUICK)
    assert set(result.scores["scorer"]) == {"learned"}
    assert set(result.comparison["verdict_reason"]) == {"no matrix scores with an answer behind them"}


def test_a_matrix_that_nobody_answered_is_scored_but_not_judged() -> None:
    features, answers = company(1000)
    unanswered = answers.assign(is_missing=True, level=None, points=0, answered_at=pd.NaT)
    result = score_leads(features, unanswered, QUICK)
    of_matrix = result.scores[result.scores["scorer"] == "matrix"]
    assert of_matrix["is_cold_because_unknown"].all()
    assert set(of_matrix["score_if_best"]) == {60}
    assert result.comparison["matrix"].isna().all()
    assert set(result.comparison["verdict"]) == {"too_little_data"}


def test_an_outcome_cannot_reach_the_features() -> None:
    """Flipping every label of the held-out and recent leads changes no score and no probability."""
    features, answers = company(1000)
    flipped = features.assign(is_won=features["is_won"].where(features.index < 630, ~features["is_won"]))
    one, two = score_leads(features, answers, QUICK).scores, score_leads(flipped, answers, QUICK).scores
    pd.testing.assert_frame_equal(
        one.drop(columns="model_version"), two.drop(columns="model_version"), check_exact=True
    )


def test_an_answer_after_the_moment_stops_the_run() -> None:
    features, answers = company(10)
    answers.loc[4, "answered_at"] += pd.Timedelta(seconds=1)
    with pytest.raises(LeakError, match="lead lead-00004 has an answer after its scoring moment"):
        score_leads(features, answers, QUICK)


def test_evidence_after_the_moment_stops_the_run() -> None:
    features, answers = company(10)
    features.loc[7, "latest_known_at"] += pd.Timedelta(seconds=1)
    with pytest.raises(LeakError, match="lead lead-00007"):
        score_leads(features, answers, QUICK)


def test_a_missing_column_is_named() -> None:
    features, answers = company(10)
    with pytest.raises(ValueError, match="int_lead_features lacks column 'is_mature'"):
        score_leads(features.drop(columns="is_mature"), answers)


def test_only_declared_features_enter_the_design() -> None:
    features, answers = company(10)
    columns = list(design(features, answers).columns)
    assert not {"is_won", "stages_reached"} & set(columns)
    assert columns == [
        *(feature.name for feature in DECLARED),
        "answer:budget",
        "answer:need_urgency",
        "answer:timeline",
    ]


def test_the_contributions_of_a_lead_add_up_to_its_log_odds_up_to_one_constant() -> None:
    result = score_leads(*company(1000), QUICK)
    learned = result.scores[result.scores["scorer"] == "learned"].set_index("lead_id")
    chance = learned["probability"].astype(float)
    points = result.points[result.points["scorer"] == "learned"].groupby("lead_id")["points"].sum().astype(float)
    apart = np.log(chance / (1 - chance)) - points
    assert apart.max() - apart.min() < 0.01


def test_a_stored_model_says_the_same_and_its_card_names_undated_features(tmp_path: Path) -> None:
    features, answers = company(600)
    result = score_leads(features, answers, QUICK)
    assert result.model is not None
    save_model(result.model, result.card, tmp_path)
    save_model(result.model, result.card, tmp_path)
    model, card = load_model(result.card["model_version"], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [card["model_version"]]
    table = design(features, answers)[[feature["name"] for feature in card["features"]]]
    assert (model.probabilities(table) == result.model.probabilities(table)).all()
    undated = [feature["name"] for feature in card["features"] if not feature["is_dated"]]
    assert undated == ["channel", "has_valid_phone"]
    assert card == json.loads(json.dumps(result.card))


def test_an_unknown_model_version_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no model logistic@0"):
        load_model("logistic@0", tmp_path)


def test_every_table_that_is_declared_is_returned_with_its_columns() -> None:
    for result in (score_leads(*company(600), QUICK), score_leads(*company(3), QUICK)):
        names = {"lead_scores", "lead_score_points", "score_comparison", *result.reports}
        assert names == set(TABLES)
        assert all(list(report.columns) == list(TABLES[name]) for name, report in result.reports.items())


def test_leads_that_nobody_worked_teach_nothing() -> None:
    """Every third training lead was never worked; turning the labels of those leads over changes no score."""
    features, answers = company(1000)
    unworked = (features.index % 3 == 0) & (features.index < 630)
    features = features.assign(is_worked=~unworked)
    turned = features.assign(is_won=features["is_won"] ^ unworked)
    one, two = (
        score_leads(table, answers, QUICK).scores.query("scorer == 'learned'").drop(columns="model_version")
        for table in (features, turned)
    )
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_an_account_that_taught_does_not_judge() -> None:
    """The 27 leads 630 to 656 of the held-out part belong to accounts of the first leads."""
    features, answers = company(1000)
    number = features.index
    account = np.where(number < 27, number, np.where((number >= 630) & (number < 657), number - 630, -1))
    features = features.assign(account_id=[None if value < 0 else f"account-{value}" for value in account])
    result = score_leads(features, answers, QUICK)
    assert result.card["samples"]["straddling"]["leads"] == 27
    assert result.comparison.set_index("metric").loc["auc", "n"] == 900 - 630 - 27


def test_a_few_accounts_that_ask_again_and_again_are_split_by_time_alone_and_the_card_says_so() -> None:
    """Ten accounts have all leads: without those that taught nobody of the 270 held-out leads would be left."""
    features, answers = company(1000)
    result = score_leads(features.assign(account_id=[f"account-{row % 10}" for row in features.index]), answers, QUICK)
    assert result.card["samples"]["straddling"]["leads"] == 0
    assert result.comparison.set_index("metric").loc["auc", "n"] == 270
    card = result.reports["score_model_card"].set_index("fact")["value"]
    assert card["accounts_are_kept_apart"] == "false"


def test_points_of_both_scorers_are_told_against_the_average_training_lead() -> None:
    result = score_leads(*company(1000), QUICK)
    sums = result.points.groupby(["scorer", "lead_id"])["points_against_average"].sum().astype(float)
    scores = result.scores[result.scores["scorer"] == "matrix"].set_index("lead_id")
    average = scores.loc[scores["sample"] == "train", "score"].astype(float).mean()
    apart = scores["score"].astype(float) - average
    assert np.abs(sums["matrix"] - apart.reindex(sums["matrix"].index)).max() < 1e-4
    assert abs(sums["learned"].reindex(scores.index[scores["sample"] == "train"]).mean()) < 0.5


def test_money_at_the_weekly_capacity_of_the_policy_decides() -> None:
    """270 held-out leads, one an hour: Monday to Monday of 168 hours, 10 a week each."""
    result = score_leads(*company(1000), replace(QUICK, weekly_capacity=10))
    assert "difference in money at the capacity" in str(result.comparison["verdict_reason"].iloc[0])
    sides = result.reports["score_sides"].set_index("side")["leads"].astype(float)
    times = result.scores.query("scorer == 'matrix' and sample == 'test'")["scored_at"]
    weeks = (times - pd.Timestamp("1970-01-05")).dt.days // 7
    assert sides["both"] + sides["matrix_only"] == pytest.approx(np.minimum(weeks.value_counts(), 10).sum())


def test_the_proposed_levels_keep_the_maximum_of_the_matrix() -> None:
    levels = score_leads(*company(1000), QUICK).reports["score_proposed_levels"]
    assert levels.groupby("criterion")["points"].max().sum() == 60
    assert levels.groupby("criterion")["proposed_points"].max().sum() == 60
    middle = levels[levels["level"] == "partly"].set_index("criterion")["proposed_points"]
    highest = levels[levels["level"] == "yes"].set_index("criterion")["proposed_points"]
    assert (middle * 2 == highest).all()


def test_leads_are_drawn_for_exploration_by_their_id_alone() -> None:
    drawn = [is_drawn(f"lead-{number}", Fraction(1, 10)) for number in range(10_000)]
    assert 900 < sum(drawn) < 1100
    assert drawn == [is_drawn(f"lead-{number}", Fraction(1, 10)) for number in range(10_000)]
    assert not any(is_drawn(f"lead-{number}", Fraction(0)) for number in range(1000))


def test_a_champion_scores_and_the_reasons_of_another_model_are_left_out() -> None:
    features, answers = company(1000)
    result = score_leads(features, answers, QUICK)
    other = score_leads(*company(1000, seed=2), QUICK)
    assert result.design is not None
    assert other.model is not None
    scores, points = scored_by(result.scores, result.points, result.design, other.model, other.card)
    learned = scores[scores["scorer"] == "learned"]
    assert set(learned["model_version"]) == {other.card["model_version"]} != {result.card["model_version"]}
    inputs = design(features, answers)[[feature["name"] for feature in other.card["features"]]]
    expected = np.round(other.model.calibrated.predict_proba(inputs)[:, 1], 6)
    assert (learned["probability"].astype(float).to_numpy() == expected).all()
    assert set(points["scorer"]) == {"matrix"}


def touched_by(features: pd.DataFrame) -> pd.DataFrame:
    """Every third lead was touched by e-mail an hour before its moment, every fifth by a call at its very second."""
    parts = [
        features.loc[features.index % every == 0, ["lead_id", "moment", "scored_at"]].assign(channel=channel, touches=2)
        for channel, every in (("call", 5), ("email", 3))
    ]
    frame = pd.concat(parts, ignore_index=True)
    earlier = pd.to_timedelta(np.where(frame["channel"] == "email", 3600, 0), unit="s")
    return frame.assign(last_touch_at=frame["scored_at"] - earlier).drop(columns="scored_at")


def test_touches_by_channel_are_features_and_none_is_none() -> None:
    features, answers = company(16)
    inputs = design(features, answers, touched=touched_by(features))
    assert inputs["touches:call"].tolist() == [2.0, 0, 0, 0, 0] * 3 + [2.0]
    assert inputs["touches:email"].tolist() == [2.0, 0, 0] * 5 + [2.0]


def test_a_touch_after_the_moment_stops_the_run() -> None:
    features, answers = company(16)
    touched = touched_by(features)
    touched.loc[touched["channel"] == "call", "last_touch_at"] += pd.Timedelta(seconds=1)
    with pytest.raises(LeakError, match="int_lead_channels_touched: lead lead-00000 has a touch after"):
        score_leads(features, answers, QUICK, touched=touched)


def test_each_moment_is_scored_from_what_was_known_then() -> None:
    """At the hand-over, two days later, everybody answered the best; the scores at creation stay as they are."""
    features, answers = company(1000)
    later = features.assign(
        moment="handover",
        scored_at=features["scored_at"] + pd.Timedelta(days=2),
        latest_known_at=features["latest_known_at"] + pd.Timedelta(days=2),
    )
    best = answers.assign(moment="handover", level="yes", points=answers["maximum_points"])
    both, given = pd.concat([features, later]), pd.concat([answers, best])
    at_creation = score_leads(features, answers, QUICK)
    pd.testing.assert_frame_equal(score_leads(both, given, QUICK).scores, at_creation.scores, check_exact=True)
    at_handover = score_leads(both, given, QUICK, moment="handover").scores
    assert set(at_handover["moment"]) == {"handover"}
    assert set(at_handover.loc[at_handover["scorer"] == "matrix", "score"]) == {60}


def test_every_declared_feature_is_a_column_of_the_published_mart() -> None:
    path = DBT_PROJECT / "models" / "marts" / "scoring" / "_scoring_features__models.yml"
    models = {model["name"]: model for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]}
    published = {column["name"] for column in models["fct_lead_features"]["columns"]}
    made_of = {"campaign_leads", "campaign_cost_minor", "currency", "missing_criteria"}
    around = {"lead_id", "moment", "scored_at", "latest_known_at", "is_mature", "is_won", "stages_reached", "build_id"}
    assert published - made_of - around == {feature.name for feature in DECLARED}


def test_a_feature_is_declared_once_with_why_it_was_known() -> None:
    names = [feature.name for feature in DECLARED]
    assert len(names) == len(set(names))
    assert all(feature.known_because and feature.description for feature in DECLARED)
    assert declaration("answer:budget").direction == 1
    assert declaration("touches:email").kind == "number"


def of_a_week(days_later: int) -> ScoringPolicy:
    """The policy of a week that begins so many days after the last lead of 1 000 (one an hour from the first of January 2025)."""
    begins = datetime(2025, 1, 1) + timedelta(hours=999, days=270 + days_later)
    return replace(QUICK, trained_until=begins)


def test_only_leads_whose_window_had_passed_when_the_week_began_teach_or_judge() -> None:
    """Ten days before the last window passed: the last 240 hours of leads are recent, one lead an hour."""
    features, answers = company(1000)
    everyone = features.assign(is_mature=True, label_window_days=270)
    prepared = prepare(everyone, answers, of_a_week(-10))
    assert (prepared.split.sample == "recent").sum() == 240
    assert (prepare(everyone, answers, of_a_week(0)).split.sample == "recent").sum() == 0


def test_a_model_that_learned_from_the_same_leads_is_taken_and_says_the_same(tmp_path: Path) -> None:
    features, answers = company(600)
    first = score_leads(features, answers, QUICK)
    assert first.model is not None
    save_model(first.model, first.card, tmp_path)
    asked = []

    def known(fingerprint: str) -> Chosen | None:
        asked.append(fingerprint)
        return find_model(tmp_path, fingerprint)

    again = score_leads(features, answers, QUICK, known=known)
    assert asked == [first.card["trained_on"]]
    assert again.card == first.card
    pd.testing.assert_frame_equal(again.scores, first.scores, check_exact=True)
    pd.testing.assert_frame_equal(again.points, first.points, check_exact=True)
    pd.testing.assert_frame_equal(again.comparison, first.comparison, check_exact=True)
    for name, report in first.reports.items():
        pd.testing.assert_frame_equal(again.reports[name], report, check_exact=True)
    for changed in ({"is_won": ~features["is_won"]}, {"stages_reached": np.arange(600) % 2}):
        other = score_leads(features.assign(**changed), answers, QUICK, known=known)
        assert other.card["trained_on"] != first.card["trained_on"]


def test_recent_leads_that_have_drifted_are_not_made_to_wait_for_the_week() -> None:
    """All answers of the leads that came after the week's began are the best: their chances lie elsewhere."""
    features, answers = company(1000)
    everyone = features.assign(is_mature=True, label_window_days=270)
    week = of_a_week(-10)
    _, calm = trained_when_due(everyone, answers, week)
    assert calm.card["trained_until"] is not None
    late = answers["lead_id"] >= "lead-00760"
    moved = answers.assign(
        level=answers["level"].mask(late, "yes"), points=answers["points"].mask(late, answers["maximum_points"])
    )
    prepared, trained = trained_when_due(everyone, moved, week)
    assert trained.card["trained_until"] is None
    assert (prepared.split.sample == "recent").sum() == 0


def test_the_verdict_is_written_to_the_card_of_the_stored_model(tmp_path: Path) -> None:
    result = score_leads(*company(600), QUICK)
    assert result.model is not None
    before = {name: value for name, value in result.card.items() if name not in ("verdict", "comparison")}
    save_model(result.model, before, tmp_path)
    note_verdict(tmp_path, result.card)
    _, card = load_model(result.card["model_version"], tmp_path)
    assert card["verdict"] == result.card["verdict"]
    assert {path.name for path in (tmp_path / result.card["model_version"]).iterdir()} == {"card.json", "model.skops"}
