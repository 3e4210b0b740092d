"""What the head of sales hears in calls: of some conversations a mark for how the rep spoke, and the objections in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.company import ENDS_AT, REPS, Company
from demo.randomness import Ints, Times, generator_for, later, seconds, within_office_hours
from demo.sales import CONTACT_KINDS, Contacts

REVIEWED_SHARE = 0.08
"""Share of the conversations of Moscow's reps that somebody listens to."""
SHORTEST_TALK = 60
"""Seconds of talk below which there is nothing to judge."""


@dataclass(frozen=True)
class CallReviews:
    """Reviews by position, in the order of time. contact: position in Contacts of the call. quality: mark of 0 to 100 for
    communication, in steps of 5. objections_handled: of those raised."""

    contact: Ints
    reviewed_at: Times
    quality: Ints
    objections_raised: Ints
    objections_handled: Ints


def build_call_reviews(company: Company, contacts: Contacts) -> CallReviews:
    """Make the reviews of a company's calls; whoever sells better speaks better and leaves fewer objections standing."""
    rng = generator_for(company.seed, "call_reviews")
    skills = {rep.owner_id: rep.effect for rep in REPS}
    is_conversation = (contacts.kind == CONTACT_KINDS.index("call")) & contacts.is_answered
    is_conversation &= np.isin(contacts.owner, list(skills)) & (contacts.talk_seconds >= SHORTEST_TALK)
    contact = np.flatnonzero(is_conversation & (rng.random(len(contacts.lead)) < REVIEWED_SHARE))
    heard_at = later(contacts.occurred_at[contact], seconds(rng.uniform(0.5, 6.0, len(contact)), "D"))
    reviewed_at = within_office_hours(heard_at)
    skill = np.array([skills[owner] for owner in contacts.owner[contact].tolist()])
    mark = 70 + 100 * skill + rng.normal(0.0, 10.0, len(contact))
    quality = np.rint(np.clip(mark, 20, 100) / 5).astype(np.int64) * 5
    raised = rng.poisson(1.8, len(contact))
    handled = rng.binomial(raised, 0.62 + 1.5 * skill)
    order = np.argsort(reviewed_at, kind="stable")
    order = order[reviewed_at[order] < ENDS_AT]
    return CallReviews(contact[order], reviewed_at[order], quality[order], raised[order], handled[order])
