"""What the head of sales heard in calls."""

from __future__ import annotations

import numpy as np

from demo.company import ENDS_AT, REPS
from demo.exports import World
from demo.randomness import within_office_hours
from demo.sales import CONTACT_KINDS


def test_only_conversations_of_moscows_reps_are_heard_each_once_and_later_in_office_hours(world: World) -> None:
    reviews, contacts = world.call_reviews, world.sales.contacts
    heard = reviews.contact
    assert len(heard) == len(np.unique(heard)) >= 80
    assert {CONTACT_KINDS[kind] for kind in contacts.kind[heard].tolist()} == {"call"}
    assert contacts.is_answered[heard].all()
    assert set(contacts.owner[heard].tolist()) <= {rep.owner_id for rep in REPS}
    assert (reviews.reviewed_at > contacts.occurred_at[heard]).all()
    assert (reviews.reviewed_at < ENDS_AT).all()
    assert (within_office_hours(reviews.reviewed_at) == reviews.reviewed_at).all()


def test_no_more_objections_are_handled_than_were_raised_and_some_stay_unhandled(world: World) -> None:
    reviews = world.call_reviews
    assert (reviews.objections_handled <= reviews.objections_raised).all()
    assert reviews.objections_handled.sum() < reviews.objections_raised.sum()
    assert (reviews.objections_raised == 0).any()


def test_the_rep_who_sells_best_is_heard_to_speak_better_than_the_one_who_sells_worst(
    twenty_worlds: list[World],
) -> None:
    by_effect = sorted(REPS, key=lambda rep: rep.effect)
    marks: dict[str, list[int]] = {rep.owner_id: [] for rep in REPS}
    for world in twenty_worlds:
        owners = world.sales.contacts.owner[world.call_reviews.contact].tolist()
        for owner, mark in zip(owners, world.call_reviews.quality.tolist(), strict=True):
            marks[owner].append(mark)
    worst, best = marks[by_effect[0].owner_id], marks[by_effect[-1].owner_id]
    assert np.mean(best) > np.mean(worst) + 10
