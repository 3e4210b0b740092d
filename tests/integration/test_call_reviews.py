"""Call reviews in the rep scorecard (R75) against the reviews that the made-up company holds, counted by numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from demo.exports import World, build_world
from demo.feeds.amocrm_account import USER_IDS
from demo.randomness import MOSCOW_OFFSET
from tests.conftest import Built

Figures = dict[tuple[str, str], tuple[float, int]]
"""(employee, period) → mean and number of reviews behind it."""


@pytest.fixture(scope="module")
def world() -> World:
    return build_world()


def spans(world: World, name_of: Callable[[str], str]) -> dict[tuple[str, str], np.ndarray]:
    """(employee, Moscow month or `(all)`) → positions of the reviews."""
    reviews = world.call_reviews
    owners = np.array([name_of(owner) for owner in world.sales.contacts.owner[reviews.contact].tolist()])
    months = (reviews.reviewed_at + MOSCOW_OFFSET).astype("datetime64[M]").astype(str)
    found = {}
    for owner in np.unique(owners).tolist():
        found[owner, "(all)"] = np.flatnonzero(owners == owner)
        for month in np.unique(months[owners == owner]).tolist():
            found[owner, month] = np.flatnonzero((owners == owner) & (months == month))
    return found


def scorecard(built: Built, metric: str) -> Figures:
    rows = built.query(
        f"select owner_id, period, cast(value as double), n from marts.rpt_rep_scorecard where metric = '{metric}'"
    )
    return {(owner, period): (value, n) for owner, period, value, n in rows}


def assert_scorecard_is_the_worlds(built: Built, world: World, name_of: Callable[[str], str]) -> None:
    reviews = world.call_reviews
    quality: Figures = {}
    handled: Figures = {}
    for key, own in spans(world, name_of).items():
        quality[key] = (float(np.mean(reviews.quality[own] / 100)), len(own))
        raised = own[reviews.objections_raised[own] > 0]
        if len(raised):
            share = reviews.objections_handled[raised].sum() / reviews.objections_raised[raised].sum()
            handled[key] = (float(share), len(raised))
    assert len(quality) > 40
    for metric, expected in (("communication_quality", quality), ("objections_handled", handled)):
        told = scorecard(built, metric)
        assert told.keys() == expected.keys()
        for key, (value, n) in expected.items():
            assert told[key] == (pytest.approx(value, abs=1e-8), n), (metric, key)


def test_the_scorecard_of_the_exports_shows_what_was_heard(demo: Built, world: World) -> None:
    assert_scorecard_is_the_worlds(demo, world, str)


def test_the_scorecard_of_the_living_company_shows_what_was_heard(living: Built, world: World) -> None:
    assert_scorecard_is_the_worlds(living, world, lambda owner: str(USER_IDS[owner]))
