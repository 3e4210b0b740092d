"""The matrix against the numbers of DEFINITIONS D20–D23 (729 profiles of three levels in six criteria)."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from ml.scoring.matrix import BANDS, Matrix, MatrixClassifier, grade

LEVELS = {
    "industry_fit": (0, 10, 20),
    "budget": (0, 10, 20),
    "need_urgency": (0, 15, 30),
    "authority": (0, 10, 20),
    "timeline": (0, 5, 10),
    "engagement": (0, 5, 10),
}
MATRIX = pd.DataFrame(
    [
        {"criterion": criterion, "criterion_position": position, "level": level, "points": points}
        for position, (criterion, of_levels) in enumerate(LEVELS.items())
        for level, points in zip(("no", "partly", "yes"), of_levels, strict=True)
    ]
)
BOUNDS = pd.DataFrame(
    [
        {"scale": scale, "band": band, "lower_bound": bound}
        for scale in ("raw110", "normalised100")
        for band, bound in zip(BANDS, (0, 50, 70), strict=True)
    ]
)
GATES = pd.DataFrame({"criterion": ["budget", "authority"], "min_points": [10, 10]})
PROFILES = np.array(list(itertools.product(*LEVELS.values())), dtype=float)


def bands(graded: pd.DataFrame) -> tuple[int, int, int]:
    counts = graded["band"].value_counts()
    return tuple(int(counts.get(band, 0)) for band in BANDS)  # type: ignore[return-value]


def test_the_maximum_of_the_default_matrix_is_computed_as_110() -> None:
    assert Matrix.from_definitions(MATRIX, BOUNDS).maximum == 110


def test_raw_bands_of_the_729_profiles_are_260_cold_271_review_198_hot() -> None:
    assert bands(Matrix.from_definitions(MATRIX, BOUNDS).grade(PROFILES)) == (260, 271, 198)


def test_normalised_bands_of_the_729_profiles_are_330_cold_302_review_97_hot() -> None:
    assert bands(Matrix.from_definitions(MATRIX, BOUNDS, scale="normalised100").grade(PROFILES)) == (330, 302, 97)


@pytest.mark.parametrize(
    ("bound", "profiles"), [(60, 330), (70, 198), (75, 141), (77, 97), (80, 97), (90, 36), (100, 9)]
)
def test_profiles_at_or_above_a_threshold(bound: int, profiles: int) -> None:
    """D22: a bound of 77 or 80 asks for the same profiles, since all sums are multiples of 5."""
    changed = BOUNDS.assign(lower_bound=BOUNDS["lower_bound"].where(BOUNDS["band"] != "hot", bound))
    hot = bands(Matrix.from_definitions(MATRIX, changed).grade(PROFILES))[2]
    assert hot == profiles


def test_57_profiles_score_exactly_70() -> None:
    scores = Matrix.from_definitions(MATRIX, BOUNDS).grade(PROFILES)["score"]
    assert (scores == 70).sum() == 57
    assert (scores > 70).sum() == 141
    assert scores.nunique() == 23


def test_normalised_bounds_lie_at_55_and_77_raw_points() -> None:
    matrix = Matrix.from_definitions(MATRIX, BOUNDS, scale="normalised100")
    graded = matrix.grade(
        np.array([[20.0, 0, 30, 0, 0, 0], [20, 0, 30, 0, 5, 0], [20, 20, 30, 0, 5, 0], [20, 20, 30, 0, 10, 0]])
    )
    assert graded["band"].tolist() == ["cold", "review", "review", "hot"]


def test_a_normalised_bound_is_met_exactly_where_floating_point_would_miss_it() -> None:
    """57 of 100 points on a bound of 57: 57 / 100 * 100 is 56.99999999999999."""
    assert 57 / 100 * 100 < 57
    bounds = {"review": np.array(50.0), "hot": np.array(57.0)}
    graded = grade(np.array([[57.0]]), np.array([100.0]), np.array([np.nan]), bounds, "normalised100")
    assert graded["band"].tolist() == ["hot"]


def test_53_hot_profiles_fail_a_gate_and_become_review() -> None:
    graded = Matrix.from_definitions(MATRIX, BOUNDS, GATES).grade(PROFILES)
    assert graded["gate_failed"].sum() == 53
    assert bands(graded) == (260, 271 + 53, 198 - 53)
    assert set(graded.loc[graded["gate_failed"], "band"]) == {"review"}


def test_exactly_one_hot_profile_has_neither_budget_nor_authority() -> None:
    graded = Matrix.from_definitions(MATRIX, BOUNDS, GATES).grade(PROFILES)
    both = PROFILES[graded["gate_failed"].to_numpy() & (PROFILES[:, 1] == 0) & (PROFILES[:, 3] == 0)]
    assert both.tolist() == [[20, 0, 30, 0, 10, 10]]


def test_a_missing_answer_gives_no_points_and_counts_at_its_maximum_in_the_best_case() -> None:
    """20 + 10 with urgency unknown: 30 now, 60 at best; without urgency known to be 0 it is simply cold."""
    unknown = [20, 10, np.nan, 0, 0, 0]
    known = [20, 10, 0, 0, 0, 0]
    graded = Matrix.from_definitions(MATRIX, BOUNDS).grade(np.array([unknown, known]))
    assert graded["score"].tolist() == [30, 30]
    assert graded["score_if_best"].tolist() == [60, 30]
    assert graded["missing_criteria"].tolist() == [1, 0]
    assert graded["is_cold_because_unknown"].tolist() == [True, False]


def test_a_missing_answer_fails_its_gate() -> None:
    graded = Matrix.from_definitions(MATRIX, BOUNDS, GATES).grade(np.array([[20, np.nan, 30, 20, 10, 10.0]]))
    assert graded[["score", "band", "gate_failed"]].values.tolist() == [[90, "review", True]]


def test_a_definition_with_a_level_twice_names_it() -> None:
    with pytest.raises(ValueError, match="'budget' has level 'no' twice"):
        Matrix.from_definitions(pd.concat([MATRIX, MATRIX.iloc[[3]]]), BOUNDS)


def test_a_gate_on_an_unknown_criterion_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'charm' is not in matrix: industry_fit"):
        Matrix.from_definitions(MATRIX, BOUNDS, pd.DataFrame({"criterion": ["charm"], "min_points": [1]}))


def test_the_classifier_ranks_as_the_sum_does_and_keeps_ties() -> None:
    won = PROFILES.sum(axis=1) + np.arange(729) % 50 > 80
    classifier = MatrixClassifier(MATRIX, BOUNDS, GATES).fit(PROFILES, won)
    ranked = pd.DataFrame({"sum": PROFILES.sum(axis=1), "decision": classifier.decision_function(PROFILES)})
    assert ranked.groupby("sum")["decision"].nunique().eq(1).all()
    assert ranked.drop_duplicates("sum").sort_values("sum")["decision"].is_monotonic_increasing
    assert classifier.grade(PROFILES)["band"].value_counts()["hot"] == 145


def test_a_matrix_that_ranks_the_wrong_way_round_is_not_turned_over() -> None:
    won = PROFILES.sum(axis=1) < 40
    classifier = MatrixClassifier(MATRIX, BOUNDS).fit(PROFILES, won)
    order = np.argsort(PROFILES.sum(axis=1))
    assert (np.diff(classifier.decision_function(PROFILES)[order]) >= 0).all()


def test_columns_in_another_order_than_the_definition_are_refused() -> None:
    frame = pd.DataFrame(PROFILES, columns=list(LEVELS))[list(reversed(LEVELS))]
    with pytest.raises(ValueError, match="the matrix has industry_fit, budget"):
        MatrixClassifier(MATRIX, BOUNDS).fit(frame, PROFILES[:, 0] > 0)


@parametrize_with_checks([MatrixClassifier()])
def test_the_classifier_keeps_the_estimator_contract(estimator: MatrixClassifier, check) -> None:  # type: ignore[no-untyped-def]
    """No check is expected to fail. Skipped by scikit-learn itself: check_array_api_input (SCIPY_ARRAY_API unset)."""
    check(estimator)
