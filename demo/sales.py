"""What sales did with leads: assignments, calls, stages, answers, deals, proposals, payments, rejections.

A lead's fate follows from its luck and its true quality: it wins with that probability, else it stops at a stage that
its causes make likely. Times follow from who worked on it. Whatever would happen after the exports are taken is cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.company import (
    BRANCH_REPS,
    CRITERIA,
    ENDS_AT,
    LONGEST_MINUTES,
    QUALIFIERS,
    REPS,
    SALES_MATERIAL,
    SEGMENT_DEAL_MEDIANS,
    SEGMENT_IN_ICP,
    SLA_CHANGE,
    Company,
    during,
    local_instant,
    of_rep,
    win_probability,
)
from demo.randomness import (
    MOSCOW_OFFSET,
    Flags,
    Floats,
    Ints,
    Times,
    generator_for,
    later,
    lognormal,
    seconds,
    within_office_hours,
)

NEVER = np.datetime64("NaT", "s")
STOPPED_AT = ("lead", "mql", "sql", "proposal", "won")
"""How far a lead goes in the end, by index."""
REASONS = ("not_icp", "no_budget", "too_early", "competitor", "unreachable", "bad_data", "other", "")
"""What the rep types in; the last is nothing."""
SECOND_DEAL_SHARE = 0.09
BEFORE_REVIVED_SQL = np.timedelta64(2, "D")
"""How long before its confirmation marketing hands a returned lead over again."""
ABROAD_SHARE = 0.03
"""Share of accounts that buy in another currency, where the company sells abroad."""
FOREIGN_PRICES = {"USD": (90.0, 10), "KZT": (0.18, 1_000)}
"""Currency → roubles a unit in the price list, and the units to which prices are rounded."""
AMOUNT_SPREAD = 0.45
"""Spread of the logarithm of contract values around the segment's median."""


@dataclass(frozen=True)
class Outcomes:
    """Fate of each lead, by its position; NaT where it never happened or has not happened yet.

    stop: index of STOPPED_AT. skips_mql, skips_proposal: the CRM has no entry into that stage.
    returned_at: sent back to marketing (and, where `sql_at` is later, revived). reopened_at: a lost deal
    taken up again. is_wrongly_closed: closed by sales as "not our customer" although it was one, whom nobody had
    tried to reach on the day it came.
    """

    stop: Ints
    mql_at: Times
    handed_at: Times
    sql_at: Times
    proposal_at: Times
    won_at: Times
    lost_at: Times
    closed_at: Times
    returned_at: Times
    reopened_at: Times
    skips_mql: Flags
    skips_proposal: Flags
    reason: Ints
    is_wrongly_closed: Flags


@dataclass(frozen=True)
class Contacts:
    """Calls and other sales touches. kind: index of CONTACT_KINDS. staff: owner's id."""

    lead: Ints
    occurred_at: Times
    kind: Ints
    is_outgoing: Flags
    is_answered: Flags
    talk_seconds: Ints
    owner: NDArray[np.str_]


CONTACT_KINDS = ("call", "meeting", "demo", "email", "messenger", "chat")


@dataclass(frozen=True)
class Deals:
    """Deals by position. lead: -1 for a second deal of a customer; owner: who holds it in the end; `amount` in minor
    units of `currency` (an ISO code), VAT included (Moscow)."""

    lead: Ints
    account: Ints
    person: Ints
    owner: NDArray[np.str_]
    created_at: Times
    won_at: Times
    lost_at: Times
    paid_at: Times
    amount: Ints
    term_months: Ints
    is_branch: Flags
    currency: NDArray[np.str_]


@dataclass(frozen=True)
class Payments:
    """Payments by position; refunds are negative. `amount` as in Deals."""

    deal: Ints
    paid_at: Times
    amount: Ints


@dataclass(frozen=True)
class StageEvents:
    """Stage entries in the order the CRM wrote them. stage: index of STAGES; deal -1 before there is one."""

    lead: Ints
    deal: Ints
    stage: Ints
    entered_at: Times


STAGES = ("lead", "mql", "sql", "proposal", "won", "paid", "returned", "lost")


@dataclass(frozen=True)
class Answers:
    """Answers to the matrix's questions: position of the lead, criterion and level (-1: asked, not answered)."""

    lead: Ints
    criterion: Ints
    level: Ints
    answered_at: Times


@dataclass(frozen=True)
class Assignments:
    """Who held a lead of Moscow from when on, in the order of time. owner: an employee's id."""

    lead: Ints
    owner: NDArray[np.str_]
    assigned_at: Times


@dataclass(frozen=True)
class Sales:
    """All that the CRM saw."""

    outcomes: Outcomes
    contacts: Contacts
    deals: Deals
    payments: Payments
    stage_events: StageEvents
    answers: Answers
    assignments: Assignments


def owners_of(company: Company) -> NDArray[np.str_]:
    """Return the id of the rep to whom every lead was dealt; see `owners_at` for the time after a rep has left."""
    own = np.array([rep.owner_id for rep in REPS])
    branch = np.array([rep.owner_id for rep in BRANCH_REPS])
    rep = company.leads.rep
    return np.where(company.leads.is_branch, branch[np.minimum(rep, len(branch) - 1)], own[rep])


def owners_at(company: Company, owner: NDArray[np.str_], lead: Ints, at: Times) -> NDArray[np.str_]:
    """Return who does an owner's work on a lead at an instant: whoever has left is followed by a colleague, the leads
    being dealt among those who stay."""
    team = REPS[: company.mix.team_size]
    heirs = np.array([rep.owner_id for rep in team if not rep.ended_on])
    heir = heirs[lead % len(heirs)]
    for rep in team:
        if rep.ended_on:
            owner = np.where((owner == rep.owner_id) & (at >= local_instant(rep.ended_on)), heir, owner)
    return owner


def _discipline(company: Company) -> Floats:
    """Return the share of duties that each lead's rep does."""
    leads = company.leads
    return np.minimum(of_rep("discipline", leads.rep, leads.is_branch) * company.mix.discipline_factor, 1.0)


def answered_next_day(company: Company) -> Flags:
    """Tell which leads nobody tried to reach on the local day on which they came."""
    leads = company.leads
    came_on = (leads.created_at + MOSCOW_OFFSET).astype("datetime64[D]")
    tried_on = (leads.first_attempt_at + MOSCOW_OFFSET).astype("datetime64[D]")
    return np.isnat(leads.first_attempt_at) | (tried_on > came_on)


def _known(times: Times, condition: Flags) -> Times:
    """Keep an instant where the condition holds and the exports have seen it."""
    return np.where(condition & (times < ENDS_AT), times, NEVER)


def _stops(rng: np.random.Generator, company: Company) -> Ints:
    """Decide how far each lead goes, as an index of STOPPED_AT.

    A lead wins when its luck is below its probability of winning. Of the others, those whom cases in the proposal
    would have won stop at the proposal, those whom a prompt answer would have won cool before sales confirms them, and
    the rest stop where what the customer is like makes it likely. So the wait changes nothing before the hand-over,
    and the cases nothing before the proposal.
    """
    leads = company.leads
    count = len(leads)
    prompt = leads.quality - leads.late_effect
    own = prompt - leads.material_effect
    rank = np.argsort(np.argsort(own + rng.normal(0, 1.3, count))) / count
    with_cases = np.where(leads.material_effect > 0, 0.0, SALES_MATERIAL.effect)
    return np.select(
        [
            leads.luck < win_probability(leads.quality),
            leads.luck < win_probability(leads.quality + with_cases),
            leads.luck < win_probability(prompt + with_cases),
        ],
        [4, 3, 1],
        np.searchsorted(np.array([0.40, 0.66, 0.80]), rank),
    )


def _outcomes(rng: np.random.Generator, company: Company) -> Outcomes:
    """Draw every lead's fate and its instants."""
    leads, pace = company.leads, company.pace
    count = len(leads)
    stop = _stops(rng, company)
    wins = stop == 4
    created, mql_at, handed_at, sql_at = leads.created_at, pace.mql_at, pace.handed_at, pace.sql_at
    returned_at, proposal_at, won_at = pace.returned_at, pace.proposal_at, pace.won_at
    is_revived = (stop >= 2) & pace.is_revived
    lost_at = later(np.where(stop == 2, sql_at, proposal_at), seconds(lognormal(rng, 17.0, 0.6, count), "D"))
    reopened = wins & (rng.random(count) < 0.03)
    reopened_at = proposal_at + ((won_at - proposal_at) * 0.7).astype("timedelta64[s]")
    lost_at = np.where(reopened, proposal_at + ((won_at - proposal_at) * 0.4).astype("timedelta64[s]"), lost_at)
    closed_at = np.where(
        stop == 0,
        created + seconds(lognormal(rng, 3.0, 0.7, count), "D"),
        handed_at + seconds(lognormal(rng, 3.0, 0.6, count), "D"),
    )
    # Nobody closes a lead before trying it once, except the leads that nobody tries at all.
    tried_at = leads.first_attempt_at + np.timedelta64(1800, "s")
    closed_at = np.where(np.isnat(tried_at), closed_at, np.maximum(closed_at, tried_at))
    goes_back = (stop == 1) & (rng.random(count) < 0.42)
    in_icp = SEGMENT_IN_ICP[company.accounts.segment[company.people.account[leads.person]]]
    drawn = rng.random(count)
    reason = np.select(
        [
            ~in_icp & (drawn < 0.6),
            (leads.levels[:, 1] == 0) & (drawn < 0.75),
            leads.levels[:, 4] == 0,
            drawn < 0.30,
            ~leads.has_phone,
            drawn < 0.80,
        ],
        [0, 1, 2, 3, 5, 4],
        6,
    )
    # Reps without discipline close what they called too late as "not our customer", or type nothing.
    next_day = answered_next_day(company)
    careless = rng.random(count) > _discipline(company) ** np.where(next_day, 2.5, 1.0)
    blamed = careless & (rng.random(count) < np.where(next_day, 0.8, 0.55))
    reason = np.where(careless, np.where(blamed, 0, 7), reason)
    is_closed = np.isin(stop, (0, 1)) & ~goes_back
    return Outcomes(
        stop=stop,
        mql_at=_known(mql_at, stop >= 1),
        handed_at=_known(handed_at, stop >= 1),
        sql_at=_known(sql_at, stop >= 2),
        proposal_at=_known(proposal_at, stop >= 3),
        won_at=_known(won_at, wins),
        lost_at=_known(lost_at, np.isin(stop, (2, 3)) | reopened),
        closed_at=_known(closed_at, is_closed),
        returned_at=_known(returned_at, goes_back | is_revived),
        reopened_at=_known(reopened_at, reopened),
        skips_mql=(stop >= 2) & ~is_revived & (rng.random(count) < 0.06),
        skips_proposal=(stop == 4) & ~reopened & (rng.random(count) < 0.05),
        reason=reason,
        is_wrongly_closed=is_closed & (stop == 1) & blamed & in_icp & next_day & (closed_at < ENDS_AT),
    )


def _contacts(rng: np.random.Generator, company: Company, outcomes: Outcomes) -> Contacts:
    """Make calls and meetings: the qualifier's tries, the rep's tries, the work on the deal."""
    leads = company.leads
    count = len(leads)
    owner = owners_of(company)
    qualifier = np.array([q.owner_id for q in QUALIFIERS])[leads.qualifier]
    first_owner = np.where(leads.is_straight, owner, qualifier)
    parts: list[tuple[NDArray, ...]] = []

    def add(
        lead: Ints,
        at: Times,
        kind: int | Ints,
        outgoing: Flags,
        answered: Flags,
        who: NDArray[np.str_],
        talk_median: float,
    ) -> None:
        talk = np.where(answered, np.maximum(12, lognormal(rng, talk_median, 0.7, len(lead))), 0).astype(np.int64)
        keep = ~np.isnat(at) & (at < ENDS_AT) & ~leads.is_branch[lead]
        kinds = np.broadcast_to(np.asarray(kind, dtype=np.int64), lead.shape)
        who = owners_at(company, who, lead, at)
        parts.append(tuple(x[keep] for x in (lead, at, kinds, outgoing, answered, talk, who)))

    everyone = np.arange(count)
    called_in = np.flatnonzero(leads.way_in == 3)
    yes = np.ones(count, dtype=bool)
    add(called_in, leads.created_at[called_in], 0, ~yes[called_in], yes[called_in], first_owner[called_in], 160)
    first = leads.first_attempt_at
    first_answered = rng.random(count) < np.where(leads.has_phone, 0.58, 0.25)
    kind = np.where(leads.has_phone, 0, 3)
    tried = (leads.way_in != 3) & ~np.isnat(first)
    add(everyone[tried], first[tried], kind[tried], yes[tried], first_answered[tried], first_owner[tried], 140)
    again = tried & ~first_answered & (rng.random(count) < 0.75)
    add(
        everyone[again],
        within_office_hours(first + seconds(lognormal(rng, 6.0, 0.8, count), "h"))[again],
        kind[again],
        yes[again],
        (rng.random(count) < 0.5)[again],
        first_owner[again],
        140,
    )

    discipline = _discipline(company)
    usual = of_rep("median_minutes", leads.rep, leads.is_branch) * company.mix.speed_factor
    start = outcomes.handed_at + seconds(lognormal(rng, usual, 0.9, count), "m")
    # The rep's work on the lead begins after the first try of all; what nobody tried waits for days.
    forgotten_until = leads.created_at + np.timedelta64(int(LONGEST_MINUTES), "m")
    start = np.maximum(start, np.where(np.isnat(first), forgotten_until, first + np.timedelta64(2_400, "s")))
    start = within_office_hours(start)
    start = np.where(np.isnat(outcomes.handed_at), NEVER, start)
    reached = np.zeros(count, dtype=bool)
    for attempt in range(4):
        goes_on = ~reached & (rng.random(count) < (0.985 if attempt == 0 else 1.0) * discipline ** (attempt > 0))
        # Whether somebody picks up says nothing about buying, or a late contact would look harmful by itself.
        answered = goes_on & (rng.random(count) < 0.5)
        kind = np.where(leads.has_phone, np.where(attempt == 2, 4, 0), np.where(attempt % 2 == 0, 3, 4))
        at = within_office_hours(start + seconds(attempt * 20.0 + rng.random(count) * 6, "h"))
        at = np.where(np.isnat(start), NEVER, at)
        add(everyone[goes_on], at[goes_on], kind[goes_on], yes[goes_on], answered[goes_on], owner[goes_on], 300)
        reached |= answered

    for begins, ends, mean in (
        (outcomes.sql_at, outcomes.proposal_at, 0.7),
        (outcomes.proposal_at, outcomes.won_at, 1.0),
    ):
        ends = np.where(np.isnat(ends), begins + np.timedelta64(15, "D"), ends)
        times = np.where(np.isnat(begins), 0, rng.poisson(mean, count))
        lead = np.repeat(everyone, times)
        at = begins[lead] + ((ends - begins)[lead] * rng.random(len(lead))).astype("timedelta64[s]")
        incoming = rng.random(len(lead)) < 0.3
        add(
            lead,
            within_office_hours(at),
            np.where(rng.random(len(lead)) < 0.75, 0, 3),
            ~incoming,
            incoming | (rng.random(len(lead)) < 0.7),
            owner[lead],
            380,
        )
    has_meeting = ~np.isnat(outcomes.sql_at) & (rng.random(count) < 0.62)
    meeting = within_office_hours(outcomes.sql_at + seconds(rng.uniform(0.2, 5.0, count), "D"))
    add(
        everyone[has_meeting],
        meeting[has_meeting],
        1,
        yes[has_meeting],
        (rng.random(count) < 0.88)[has_meeting],
        owner[has_meeting],
        2_400,
    )
    has_demo = ~np.isnat(outcomes.proposal_at) & (rng.random(count) < 0.55)
    shown = within_office_hours(outcomes.proposal_at - seconds(rng.uniform(0.3, 3.0, count), "D"))
    shown = np.maximum(shown, outcomes.sql_at + np.timedelta64(3600, "s"))
    add(everyone[has_demo], shown[has_demo], 2, yes[has_demo], yes[has_demo], owner[has_demo], 3_000)

    columns = [np.concatenate(part) for part in zip(*parts, strict=True)]
    order = np.lexsort((columns[2], columns[0], columns[1]))
    lead, at, kinds, outgoing, answered, talk, who = (column[order] for column in columns)
    return Contacts(
        lead=lead, occurred_at=at, kind=kinds, is_outgoing=outgoing, is_answered=answered, talk_seconds=talk, owner=who
    )


def _deals(rng: np.random.Generator, company: Company, outcomes: Outcomes) -> Deals:
    """Make a deal for every lead confirmed by sales, and a second deal, without a lead, for some customers."""
    leads = company.leads
    lead = np.flatnonzero(~np.isnat(outcomes.sql_at))
    second = lead[~np.isnat(outcomes.won_at[lead]) & (rng.random(len(lead)) < SECOND_DEAL_SHARE)]
    second_created = outcomes.won_at[second] + seconds(lognormal(rng, 70.0, 0.4, len(second)), "D")
    second = second[second_created < ENDS_AT]
    second_created = within_office_hours(second_created[second_created < ENDS_AT])
    source = np.concatenate([lead, second])
    person = leads.person[source]
    account = company.people.account[person]
    is_branch = leads.is_branch[source]
    amount = lognormal(rng, SEGMENT_DEAL_MEDIANS[company.accounts.segment[account]], AMOUNT_SPREAD, len(source))
    amount *= company.mix.price_factor
    kopecks = np.where(rng.random(len(source)) < 0.15, rng.integers(0, 100, len(source)), 0)
    minor = np.rint(amount / 100).astype(np.int64) * 10_000 + kopecks
    # The branch sells for less and writes round sums of toman; kept in rial, which has no minor unit.
    rial = np.rint(amount * 0.6 * 11_000 / 1e6).astype(np.int64) * 10**6
    won_second = second_created + seconds(lognormal(rng, 12.0, 0.5, len(second)), "D")
    won_at = np.concatenate([outcomes.won_at[lead], _known(won_second, rng.random(len(second)) < 0.8)])
    lost_first = np.where(np.isnat(outcomes.won_at[lead]), outcomes.lost_at[lead], NEVER)
    lost_first = np.where(np.isnat(outcomes.reopened_at[lead]), lost_first, NEVER)
    paid_at = later(won_at, seconds(lognormal(rng, 7.0, 0.8, len(source)), "D"))
    paid_at = _known(paid_at, ~np.isnat(won_at) & (rng.random(len(source)) < 0.95))
    lost_at = np.concatenate([lost_first, np.full(len(second), NEVER)])
    settled_at = np.where(np.isnat(paid_at), lost_at, paid_at)
    currency = _currencies(company)[account]
    amount = minor.copy()
    for code, (roubles_a_unit, round_to) in FOREIGN_PRICES.items():
        units = np.rint(minor / 100 / roubles_a_unit / round_to).astype(np.int64) * round_to
        amount = np.where(currency == code, units * 100, amount)
    return Deals(
        lead=np.concatenate([lead, np.full(len(second), -1)]),
        account=account,
        person=person,
        owner=owners_at(
            company, owners_of(company)[source], source, np.where(np.isnat(settled_at), ENDS_AT, settled_at)
        ),
        created_at=np.concatenate([outcomes.sql_at[lead], second_created]),
        won_at=won_at,
        lost_at=lost_at,
        paid_at=paid_at,
        amount=np.where(is_branch, rial, amount),
        term_months=np.where(rng.random(len(source)) < 0.8, 12, 24),
        is_branch=is_branch,
        currency=np.where(is_branch, "IRR", currency),
    )


def _currencies(company: Company) -> NDArray[np.str_]:
    """Return the currency in which each account buys from Moscow."""
    count = len(company.accounts.segment)
    if not company.size.sells_abroad:
        return np.full(count, "RUB")
    rng = generator_for(company.seed, "currencies")
    abroad = rng.random(count) < ABROAD_SHARE
    return np.where(abroad, rng.choice(list(FOREIGN_PRICES), count), "RUB")


def _payments(rng: np.random.Generator, deals: Deals) -> Payments:
    """Pay deals: in one part, or half and half thirty days apart; four in a hundred get something back."""
    paid = np.flatnonzero(~np.isnat(deals.paid_at) & ~deals.is_branch)
    in_parts = rng.random(len(paid)) < 0.42
    first = np.where(in_parts, deals.amount[paid] // 2, deals.amount[paid])
    rest = paid[in_parts]
    rest_at = deals.paid_at[rest] + seconds(lognormal(rng, 30.0, 0.3, len(rest)), "D")
    refunded = np.sort(rng.choice(paid, max(2, len(paid) * 4 // 100), replace=False))
    refunded_at = deals.paid_at[refunded] + seconds(rng.uniform(20, 60, len(refunded)), "D")
    whole = np.arange(len(refunded)) % 3 == 0
    back = np.where(np.isin(refunded, rest), deals.amount[refunded] // 2, deals.amount[refunded])
    back = np.where(whole, back, back // 4)
    deal = np.concatenate([paid, rest, refunded])
    at = np.concatenate([deals.paid_at[paid], rest_at, refunded_at])
    amount = np.concatenate([first, deals.amount[rest] - deals.amount[rest] // 2, -back])
    keep = at < ENDS_AT
    order = np.argsort(at[keep], kind="stable")
    return Payments(deal=deal[keep][order], paid_at=at[keep][order], amount=amount[keep][order])


def _stage_events(rng: np.random.Generator, company: Company, outcomes: Outcomes, deals: Deals) -> StageEvents:
    """Write the stage log: every entry that the CRM recorded, with skips, steps back and returns."""
    count = len(company.leads)
    everyone = np.arange(count)
    deal_of_lead = np.full(count, -1)
    with_lead = deals.lead >= 0
    deal_of_lead[deals.lead[with_lead]] = np.flatnonzero(with_lead)
    parts: list[tuple[Ints, Ints, Ints, Times]] = []

    def add(lead: Ints, deal: Ints, stage: str, at: Times) -> None:
        keep = ~np.isnat(at) & (at < ENDS_AT)
        parts.append((lead[keep], deal[keep], np.full(int(keep.sum()), STAGES.index(stage)), at[keep]))

    none = np.full(count, -1)
    add(everyone, none, "lead", company.leads.created_at)
    add(everyone, none, "mql", np.where(outcomes.skips_mql, NEVER, outcomes.mql_at))
    add(everyone, none, "returned", outcomes.returned_at)
    revived = ~np.isnat(outcomes.returned_at) & ~np.isnat(outcomes.sql_at)
    add(everyone, none, "mql", np.where(revived, outcomes.sql_at - BEFORE_REVIVED_SQL, NEVER))
    add(everyone, none, "lost", outcomes.closed_at)
    add(everyone, deal_of_lead, "sql", outcomes.sql_at)
    add(everyone, deal_of_lead, "proposal", np.where(outcomes.skips_proposal, NEVER, outcomes.proposal_at))
    steps_back = ~np.isnat(outcomes.won_at) & np.isnat(outcomes.reopened_at) & ~outcomes.skips_proposal
    steps_back &= rng.random(count) < 0.08
    span = outcomes.won_at - outcomes.proposal_at
    for again, share in (("sql", 0.3), ("proposal", 0.6)):
        retaken_at = outcomes.proposal_at + (span * share).astype("timedelta64[s]")
        add(everyone, deal_of_lead, again, np.where(steps_back, retaken_at, NEVER))
    add(everyone, deal_of_lead, "lost", outcomes.lost_at)
    add(everyone, deal_of_lead, "proposal", outcomes.reopened_at)
    won = np.flatnonzero(~np.isnat(deals.won_at))
    add(deals.lead[won], won, "won", deals.won_at[won])
    add(deals.lead[won], won, "paid", deals.paid_at[won])
    lead, deal, stage, at = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((np.arange(len(at)), at))
    return StageEvents(lead=lead[order], deal=deal[order], stage=stage[order], entered_at=at[order])


def _answers(rng: np.random.Generator, company: Company, outcomes: Outcomes) -> Answers:
    """Write the answers: most from the form, the instant the lead is created, the others at the first talk."""
    leads = company.leads
    lead = np.repeat(np.arange(len(leads)), len(CRITERIA))
    criterion = np.tile(np.arange(len(CRITERIA)), len(leads))
    level = leads.answers.reshape(-1)
    decided = np.where(np.isnat(outcomes.mql_at), leads.created_at + np.timedelta64(20, "h"), outcomes.mql_at)
    share = np.repeat(rng.uniform(0.2, 0.95, len(leads)), len(CRITERIA))
    at = leads.created_at[lead] + ((decided - leads.created_at)[lead] * share).astype("timedelta64[s]")
    at = np.where(leads.is_from_form.reshape(-1), leads.created_at[lead], at + (criterion * 7).astype("timedelta64[s]"))
    # Half of the criteria nobody asked about have no row at all, half a row with an empty answer.
    written = (level >= 0) | (rng.random(len(level)) < 0.5)
    keep = written & (at < ENDS_AT) & ~leads.is_branch[lead]
    return Answers(lead=lead[keep], criterion=criterion[keep], level=level[keep], answered_at=at[keep])


def _assignments(rng: np.random.Generator, company: Company, outcomes: Outcomes, deals: Deals) -> Assignments:
    """Deal leads to people: first to the qualifier (or straight to the rep), at the hand-over to the rep, back to the
    qualifier when sales returns the lead, to the rep again when it is revived, and to a colleague when a rep leaves
    with the lead in hand."""
    leads = company.leads
    own = ~leads.is_branch
    rep = owners_of(company)
    qualifier = np.array([q.owner_id for q in QUALIFIERS])[leads.qualifier]
    is_automatic = during(leads.created_at, SLA_CHANGE.started_on, SLA_CHANGE.ended_on)
    dealt_at = leads.created_at + seconds(rng.exponential(np.where(is_automatic, 20.0, 540.0)))
    # Nobody tries a lead that nobody holds; NaT, where nobody tried, loses against any instant.
    dealt_at = np.fmin(dealt_at, leads.first_attempt_at)
    revived_at = np.where(
        ~np.isnat(outcomes.returned_at) & ~np.isnat(outcomes.sql_at),
        outcomes.sql_at - BEFORE_REVIVED_SQL + np.timedelta64(3600, "s"),
        NEVER,
    )
    parts: list[tuple[Ints, NDArray[np.str_], Times]] = []

    def add(owner: NDArray[np.str_], at: Times) -> None:
        rows = np.flatnonzero(own & ~np.isnat(at) & (at < ENDS_AT))
        parts.append((rows, owners_at(company, owner[rows], rows, at[rows]), at[rows]))

    add(np.where(leads.is_straight, rep, qualifier), dealt_at)
    add(rep, np.where(leads.is_straight, NEVER, outcomes.handed_at))
    add(qualifier, outcomes.returned_at)
    add(rep, revived_at)

    ended_at = np.where(np.isnat(outcomes.closed_at), outcomes.lost_at, outcomes.closed_at)
    ended_at = np.where(np.isnat(outcomes.reopened_at), ended_at, NEVER)
    of_lead = np.flatnonzero(deals.lead >= 0)
    ended_at[deals.lead[of_lead]] = np.fmin(ended_at[deals.lead[of_lead]], deals.paid_at[of_lead])
    for person in REPS[: company.mix.team_size]:
        if not person.ended_on:
            continue
        left_at = local_instant(person.ended_on)
        taken_at = np.where(leads.is_straight, dealt_at, outcomes.handed_at)
        is_returned = (outcomes.returned_at < left_at) & ~(revived_at < left_at)
        in_hand = (rep == person.owner_id) & (taken_at < left_at) & ~is_returned & ~(ended_at < left_at)
        add(rep, np.where(in_hand, left_at, NEVER))
    lead, owner, at = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(at, kind="stable")
    return Assignments(lead=lead[order], owner=owner[order], assigned_at=at[order])


def build_sales(company: Company) -> Sales:
    """Make everything that the CRM saw of the company's leads."""
    outcomes = _outcomes(generator_for(company.seed, "outcomes"), company)
    deals = _deals(generator_for(company.seed, "deals"), company, outcomes)
    return Sales(
        outcomes=outcomes,
        contacts=_contacts(generator_for(company.seed, "contacts"), company, outcomes),
        deals=deals,
        payments=_payments(generator_for(company.seed, "payments"), deals),
        stage_events=_stage_events(generator_for(company.seed, "stages"), company, outcomes, deals),
        answers=_answers(generator_for(company.seed, "answers"), company, outcomes),
        assignments=_assignments(generator_for(company.seed, "assignments"), company, outcomes, deals),
    )
