"""The learned score of the medium living company beside what really decided: how near it comes to it, and the field that tells the
outcome."""

from __future__ import annotations

import pytest
from sklearn.metrics import roc_auc_score

from demo.exports import World, build_world
from demo.truth import quality_on_arrival
from tests.conftest import Built

pytestmark = pytest.mark.verify


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(7, "medium")


def test_the_learned_score_is_nearly_as_good_as_the_truth(living_medium: Built, world: World) -> None:
    """Within 0.02 of the AUC of the true quality of the same leads, which also knows the noise, the origin of the demand and the
    answers that nobody asked for."""
    rows = living_medium.query(
        "select lead_id, probability, is_won from marts.fct_lead_scores inner join marts.fct_lead_features"
        " using (lead_id, moment) where scorer = 'learned' and moment = 'creation' and sample = 'test' order by lead_id"
    )
    quality = quality_on_arrival(world)
    judged = [(quality[lead], float(chance), won) for lead, chance, won in rows if lead in quality]
    assert len(judged) > 1500
    truth, learned, won = zip(*judged, strict=True)
    assert roc_auc_score(won, learned) >= roc_auc_score(won, truth) - 0.02


def test_the_chances_are_neither_too_extreme_nor_too_shy(living_medium: Built) -> None:
    slope = living_medium.one(
        "select learned from marts.rpt_score_comparison where metric = 'calibration_slope' and segment = '(all)'"
    )
    assert 0.9 <= float(str(slope)) <= 1.1


def test_the_field_that_is_filled_in_with_the_contract_is_refused_by_name(living_medium: Built) -> None:
    """`industry` is typed in when the contract is drawn up: filled for customers alone."""
    (found,) = living_medium.query(
        "select rule, is_used, evidence from marts.rpt_score_features where feature = 'industry'"
    )
    rule, is_used, evidence = found
    assert rule in ("decided_levels", "tells_the_outcome")
    assert not is_used
    assert "won" in str(evidence)
    filled = living_medium.query(
        "select distinct is_won from marts.fct_lead_features"
        " where moment = 'creation' and industry is not null and is_mature"
    )
    assert (True,) in filled
    learned_from = living_medium.one(
        "select count(*) from marts.fct_lead_score_points where scorer = 'learned' and criterion = 'industry'"
    )
    assert learned_from == 0
