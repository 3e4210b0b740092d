"""Which stored model scores leads: verdict, hand, rollback; and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.scoring.registry import (
    FeaturesChangedError,
    assert_same_features,
    champion,
    decisions,
    promote,
    roll_back,
    settle,
)


def stored(root: Path, *versions: str) -> None:
    for version in versions:
        (root / version).mkdir(parents=True)


FEATURES = [{"name": "channel", "description": "channel"}, {"name": "visits", "description": "visits so far"}]


def card(version: str, verdict: str = "model") -> dict[str, object]:
    return {"model_version": version, "verdict": verdict, "features": FEATURES}


def test_the_first_model_is_the_champion_and_a_better_one_follows(tmp_path: Path) -> None:
    stored(tmp_path, "a", "b")
    assert champion(tmp_path) is None
    assert settle(tmp_path, card("a", "no_difference")) == "a"
    assert settle(tmp_path, card("b")) == "b"
    assert champion(tmp_path) == "b"


@pytest.mark.parametrize("verdict", ["matrix", "no_signal"])
def test_a_challenger_that_lost_to_the_matrix_replaces_nobody(tmp_path: Path, verdict: str) -> None:
    stored(tmp_path, "a", "b")
    settle(tmp_path, card("a"))
    assert settle(tmp_path, card("b", verdict)) == "a"
    assert champion(tmp_path) == "a"


def test_a_champion_set_by_hand_stands_against_any_verdict(tmp_path: Path) -> None:
    stored(tmp_path, "a", "b")
    promote(tmp_path, "a", by="hand", reason="sales knows it")
    assert settle(tmp_path, card("b")) == "a"


def test_a_rollback_returns_to_the_champion_before(tmp_path: Path) -> None:
    stored(tmp_path, "a", "b")
    settle(tmp_path, card("a"))
    settle(tmp_path, card("b"))
    assert roll_back(tmp_path, "too many cold calls") == "a"
    assert settle(tmp_path, card("b")) == "a", "it stands until somebody promotes another"
    assert [line["by"] for line in decisions(tmp_path)] == ["verdict", "verdict", "rollback"]


def test_without_an_earlier_champion_there_is_nothing_to_go_back_to(tmp_path: Path) -> None:
    stored(tmp_path, "a")
    settle(tmp_path, card("a"))
    with pytest.raises(ValueError, match="no earlier champion"):
        roll_back(tmp_path, "why not")


def test_training_the_same_model_again_is_no_new_decision(tmp_path: Path) -> None:
    stored(tmp_path, "a")
    settle(tmp_path, card("a"))
    settle(tmp_path, card("a"))
    assert len(decisions(tmp_path)) == 1


def test_an_unknown_version_cannot_be_promoted(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no model z"):
        promote(tmp_path, "z", by="hand", reason="")


def test_a_model_whose_features_changed_is_refused_and_names_them() -> None:
    later = {"name": "hour", "description": "hour"}
    assert_same_features(card("a"), [*FEATURES, later])
    with pytest.raises(FeaturesChangedError, match=r"gone: visits; of another meaning: none"):
        assert_same_features(card("a"), [FEATURES[0], later])
    with pytest.raises(FeaturesChangedError, match=r"gone: none; of another meaning: visits"):
        assert_same_features(card("a"), [FEATURES[0], {"name": "visits", "description": "visits of all time"}])
