"""Moscow's leads in the simulator of amoCRM, where a lead and its deal are one object (D6a).

Everything is known at its own instant: stages, owners, answers, prices and calls come as versions and events when they
happened. Two things are known later: a call that a rep logged by hand (the CRM holds the instant of logging, not that of
the call, and no instant says when it took place), and a closing date that was put back by a day some days afterwards.
The branch of Tehran has a CRM of its own.

Signing leads to `Договор подписан`, the first payment to the vendor's own stage 142. The price is that of the proposal, VAT
included, in roubles; of some deals it was corrected when the contract was signed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter
from typing import Any

import numpy as np

from demo.company import (
    CHANNEL_NAMES,
    ENDS_AT,
    JOBS,
    QUALIFIERS,
    REGIONS,
    REPS,
    SEGMENT_IN_ICP,
    SLA_CHANGE,
)
from demo.exports.crm import COMMENTS, LEVEL_NAMES, REASON_NAMES, SEGMENT_NAMES, SOURCE_NAMES
from demo.exports.identities import World
from demo.exports.marketing import TAGS
from demo.feeds import amocrm_account as account
from demo.feeds.amocrm_account import CustomField
from demo.feeds.bookkeeping import CrmBooks
from demo.feeds.clicks import session_clicks
from demo.feeds.times import instant, midnight, second, unix
from demo.randomness import generator_for
from demo.sales import BEFORE_REVIVED_SQL, FOREIGN_PRICES, STAGES
from demo.simulators.amocrm import AmoCrm, call

Row = dict[str, Any]
HOUR, DAY = 3_600, 86_400
DUPLICATES, TESTS, MISTAKES, RESTORED = 24, 12, 6, 2
MERGED, DELETED_CONTACTS, DELETED_TASKS = 8, 5, 8
DUPLICATE_FIRST_ID, TEST_FIRST_ID, SECOND_CARD_FIRST_ID = 190_001, 195_001, 390_001
NOTE_FIRST_ID, TASK_FIRST_ID = 600_001, 650_001
RESTATED_SHARE, BY_HAND_SHARE, BACKDATED_SHARE = 0.15, 0.05, 0.02
UNTAGGED_SHARE = 0.08
"""Of leads from forms in a social network; leads from the site lose their tags with their session."""
END = second(ENDS_AT)
FIELD_ORDER = tuple(custom.field_id for custom in account.FIELDS)
STAGE_OF = dict(
    zip(STAGES, ("new", "qualified", "confirmed", "proposal", "signed", "paid", "returned", "lost"), strict=True)
)
RANK = {
    stage: rank
    for rank, stage in enumerate(
        ("new", "qualified", "handed_over", "accepted", "confirmed", "proposal", "signed", "paid")
    )
}
AUTOMATIC_SINCE = midnight(SLA_CHANGE.started_on)
"""From then on a robot hands leads over."""


class _Journal:
    """What happened in the account; told to the simulator in the order of time."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []

    def add(self, at: int, tell: Callable[..., Any], *values: Any, **fields: Any) -> None:
        """`tell(<instant>, *values, **fields)` when its turn comes; at the same second in the order of adding."""
        self._entries.append((at, tell, values, fields))

    def play(self) -> None:
        for at, tell, values, fields in sorted(self._entries, key=itemgetter(0)):
            tell(instant(at), *values, **fields)


@dataclass(frozen=True)
class _Change:
    """What one moment changed in a lead; `by` is a user's id or ROBOT."""

    at: int
    by: int
    fields: dict[str, Any]
    custom: dict[CustomField, Any]


@dataclass
class _Story:
    """A lead from its creation on; changes may be told in any order."""

    lead: int
    pipeline: int
    created_at: int
    changes: list[_Change] = field(default_factory=list)

    def tell(self, at: int, by: int, *, custom: dict[CustomField, Any] | None = None, **fields: Any) -> None:
        self.changes.append(_Change(at, by, fields, custom or {}))

    def move(self, at: int, by: int, stage: str, **fields: Any) -> None:
        """Into a stage."""
        self.tell(at, by, status_id=account.STATUS_IDS[self.pipeline, stage], pipeline_id=self.pipeline, **fields)

    def give(self, at: int, by: int, user: int) -> None:
        """To another owner."""
        self.tell(at, by, responsible_user_id=user, group_id=account.GROUP_OF_USER[user])

    def write(self, journal: _Journal, simulator: AmoCrm) -> None:
        """Into the journal, each change with all custom fields that the lead has by then."""
        held: dict[int, Row] = {}
        for change in _merged(sorted(self.changes, key=lambda change: change.at)):
            fields = change.fields
            if change.custom:
                held.update((custom.field_id, custom.holding(value)) for custom, value in change.custom.items())
                listed = [held[field_id] for field_id in FIELD_ORDER if field_id in held]
                fields = {**fields, "custom_fields_values": listed}
            journal.add(change.at, simulator.put_lead, self.lead, changed_by=change.by, updated_by=change.by, **fields)


def _merged(changes: list[_Change]) -> Iterator[_Change]:
    """Changes by one user in one second are one version, unless both say something of the same field."""
    last: _Change | None = None
    for change in changes:
        if last is None:
            last = change
        elif (last.at, last.by) == (change.at, change.by) and not last.fields.keys() & change.fields.keys():
            last = _Change(last.at, last.by, {**last.fields, **change.fields}, {**last.custom, **change.custom})
        else:
            yield last
            last = change
    if last is not None:
        yield last


class _Staff:
    """Who held each lead when. `dealt` : lead (position) → instants and users, in the order of time."""

    def __init__(self, world: World) -> None:
        assignments = world.sales.assignments
        self.dealt: dict[int, list[tuple[int, int]]] = defaultdict(list)
        rows = zip(
            assignments.lead.tolist(), unix(assignments.assigned_at).tolist(), assignments.owner.tolist(), strict=True
        )
        for n, at, owner in rows:
            self.dealt[n].append((at, account.USER_IDS[owner]))
        qualifiers = [account.USER_IDS[qualifier.owner_id] for qualifier in QUALIFIERS]
        self.qualifiers = [qualifiers[n] for n in world.company.leads.qualifier.tolist()]

    def holder(self, n: int, before: int) -> int:
        """The user who held a lead just before an instant; ROBOT where nobody did yet."""
        return next((user for at, user in reversed(self.dealt[n]) if at < before), account.ROBOT)


@dataclass
class _Books:
    """The mess as it is being made."""

    untagged: list[int] = field(default_factory=list)
    by_hand: list[int] = field(default_factory=list)
    late_answers: list[int] = field(default_factory=list)
    restated: list[int] = field(default_factory=list)
    backdated: list[int] = field(default_factory=list)
    reassigned: list[int] = field(default_factory=list)
    twice_handed: list[int] = field(default_factory=list)
    backwards: list[int] = field(default_factory=list)
    reopened: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _Cards:
    """Contact cards. `of_lead` : lead (position) → card, None without one. merged : second card → the card it went into.

    several_cards : cards of one person, the first is the one that the leads name. copies_of_several : lead of that person.
    """

    of_lead: list[int | None]
    merged: dict[int, int]
    deleted: tuple[int, ...]
    several_cards: tuple[int, ...]
    several_lead: int
    several_emails: int


def fill_amocrm(simulator: AmoCrm, world: World) -> CrmBooks:
    """Put the account, contacts, companies, leads, notes and tasks of Moscow with their whole history; return the mess."""
    account.put_account(simulator)
    simulator.task_types = [{"id": account.TASK_DEMO, "name": "Демонстрация"}]
    journal, books = _Journal(), _Books()
    own = np.flatnonzero(~world.company.leads.is_branch).tolist()
    staff = _Staff(world)
    ids = {n: int(world.lead_ids[n]) for n in own}
    _put_companies(journal, simulator, world, own)
    cards = _put_cards(journal, simulator, world, own)
    stories = {n: _story(world, staff, cards, n, ids[n]) for n in own}
    _tell_origin(world, stories, books)
    _tell_answers(journal, simulator, world, staff, stories, books)
    _tell_owners(staff, stories, books)
    _tell_stages(world, staff, stories, books)
    _tell_cards(cards, stories, ids, world)
    second = _second_deals(world)
    copies = _copies(journal, simulator, world, staff, cards, own, stories)
    gone, back = _mistakes(journal, simulator, world, stories)
    for story in (*stories.values(), *second, *copies.stories):
        story.write(journal, simulator)
    deleted_tasks = _put_work(journal, simulator, world, staff, ids, books)
    journal.play()
    return CrmBooks(
        duplicates=copies.duplicates,
        tests=copies.tests,
        deleted=tuple(sorted((*copies.deleted, *gone))),
        restored=back,
        merged=cards.merged,
        deleted_contacts=cards.deleted,
        several_cards=cards.several_cards,
        several_emails=cards.several_emails,
        deleted_tasks=deleted_tasks,
        **{name: tuple(sorted(found)) for name, found in vars(books).items()},
    )


# companies and contacts


def _firsts(keys: Iterable[int], times: Iterable[int]) -> dict[int, int]:
    """The earliest instant of each key."""
    first: dict[int, int] = {}
    for key, at in zip(keys, times, strict=True):
        first[key] = min(at, first.get(key, at))
    return first


def _put_companies(journal: _Journal, simulator: AmoCrm, world: World, own: list[int]) -> None:
    company = world.company
    carded = np.array([n for n in own if not world.is_lost_contact[n]])
    accounts = company.people.account[company.leads.person[carded]]
    for key, at in _firsts(accounts.tolist(), unix(company.leads.created_at[carded]).tolist()).items():
        segment = int(company.accounts.segment[key])
        values = {
            account.SEGMENT: SEGMENT_NAMES[segment],
            account.REGION: REGIONS[company.accounts.region[key]],
            account.EMPLOYEE_COUNT: str(company.accounts.employees[key]),
            account.IS_ICP: bool(SEGMENT_IN_ICP[segment]),
            account.WEBSITE: f"https://company{key + 1}.example.com",
        }
        journal.add(
            at, simulator.put_company, int(world.account_ids[key]), name=world.account_names[key],
            responsible_user_id=account.USER_IDS[QUALIFIERS[0].owner_id], group_id=account.GROUP_MARKETING,
            custom_fields_values=[custom.holding(value) for custom, value in values.items()],
        )  # fmt: skip


def _put_cards(journal: _Journal, simulator: AmoCrm, world: World, own: list[int]) -> _Cards:
    leads = world.company.leads
    rng = generator_for(world.company.seed, "feeds/amocrm/cards")
    created = unix(leads.created_at).tolist()
    carded = [n for n in own if not world.is_lost_contact[n]]
    of_person: dict[int, list[int]] = defaultdict(list)
    for n in carded:
        of_person[int(leads.person[n])].append(n)
    of_lead: list[int | None] = [None] * len(leads)
    for n in carded:
        of_lead[n] = int(world.person_ids[leads.person[n]])

    buys_again = set(world.sales.deals.person[world.sales.deals.lead < 0].tolist())
    single = [
        person for person, found in of_person.items()
        if len(found) == 1 and created[found[0]] < END - 60 * DAY and person not in buys_again and leads.has_phone[found[0]]
    ]  # fmt: skip
    chosen = rng.choice(np.array(single), DELETED_CONTACTS + 2, replace=False).tolist()
    several_emails, several_cards, *deleted = chosen
    for person, found in of_person.items():
        emails = [world.emails[person]]
        if person == several_emails:
            emails += [f"work.{emails[0]}", f"home.{emails[0]}"]
        _put_card(journal, simulator, world, int(world.person_ids[person]), person, found, emails)
    for person in deleted:
        journal.add(created[of_person[person][0]] + 30 * DAY, simulator.delete_contact, int(world.person_ids[person]))

    twice = [
        person for person, found in of_person.items()
        if len(found) > 1 and created[found[1]] < END - 20 * DAY and person != several_cards
    ]  # fmt: skip
    merged: dict[int, int] = {}
    for number, person in enumerate(sorted(twice)[:MERGED]):
        card = SECOND_CARD_FIRST_ID + number
        later = of_person[person][1]
        merged[card] = int(world.person_ids[person])
        _put_card(journal, simulator, world, card, person, [later], [world.emails[person]])
        journal.add(created[later] + 10 * DAY, simulator.delete_contact, card)
        of_lead[later] = card
    extra = []
    for number, prefix in enumerate(("work", "home")):
        card = SECOND_CARD_FIRST_ID + 1_000 + number
        extra.append(card)
        _put_card(
            journal, simulator, world, card, several_cards, of_person[several_cards],
            [f"{prefix}.{world.emails[several_cards]}"], delay=(number + 1) * DAY,
        )  # fmt: skip
    return _Cards(
        of_lead=of_lead,
        merged=merged,
        deleted=tuple(int(world.person_ids[person]) for person in sorted(deleted)),
        several_cards=(int(world.person_ids[several_cards]), *extra),
        several_lead=of_person[several_cards][0],
        several_emails=int(world.person_ids[several_emails]),
    )


def _put_card(
    journal: _Journal, simulator: AmoCrm, world: World, card: int, person: int, leads: list[int], emails: list[str],
    delay: int = 0,
) -> None:  # fmt: skip
    """A contact since its first lead; the phone stands on it since the first lead that left one."""
    company = world.company
    created = unix(company.leads.created_at[np.array(leads)]).tolist()
    values: dict[CustomField, list[str]] = {
        account.EMAIL: emails,
        account.POSITION: [JOBS[company.people.job[person]]],
    }
    if np.isin(company.leads.way_in[np.array(leads)], (0, 1, 2)).any():
        values[account.CONTACT_CLIENT_ID] = [world.client_ids[person]]
    with_phone = [at for n, at in zip(leads, created, strict=True) if company.leads.has_phone[n]]
    versions = {created[0]: values}
    if with_phone:
        versions[with_phone[0]] = {account.PHONE: [world.phones[person]], **values}
    first_name, _, last_name = world.names[person].partition(" ")
    for at, version in versions.items():
        journal.add(
            at + delay, simulator.put_contact, card, company=int(world.account_ids[company.people.account[person]]),
            name=world.names[person], first_name=first_name, last_name=last_name,
            responsible_user_id=account.USER_IDS[QUALIFIERS[0].owner_id], group_id=account.GROUP_MARKETING,
            custom_fields_values=[custom.holding(*version[custom]) for custom in account.FIELDS if custom in version],
        )  # fmt: skip


# leads


def _story(world: World, staff: _Staff, cards: _Cards, n: int, lead: int) -> _Story:
    leads = world.company.leads
    created = second(leads.created_at[n])
    story = _Story(lead, account.NEW_CUSTOMERS, created)
    qualifier = staff.qualifiers[n]
    person = int(leads.person[n])
    is_by_hand = leads.way_in[n] == 3
    card = cards.of_lead[n]
    story.move(
        created, account.ROBOT, "new", name=f"Заявка: {world.names[person]}", price=0,
        created_by=qualifier if is_by_hand else account.ROBOT, responsible_user_id=account.ROBOT, group_id=0,
        contacts=[] if card is None else [card],
        company=None if card is None else int(world.account_ids[world.company.people.account[person]]),
    )  # fmt: skip
    return story


def _tell_origin(world: World, stories: dict[int, _Story], books: _Books) -> None:
    """Custom fields that the form, the call or the tracking fills when the lead is made."""
    leads, sessions, clicks = world.company.leads, world.journeys.sessions, session_clicks(world)
    rng = generator_for(world.company.seed, "feeds/amocrm/origin")
    draws = rng.random((len(leads), 3))
    comment = rng.integers(0, len(COMMENTS), len(leads)).tolist()
    ads, campaigns = clicks.ads, world.company.campaigns
    for n, story in stories.items():
        way_in, entry, campaign = int(leads.way_in[n]), int(clicks.entry[n]), int(leads.campaign[n])
        is_online = way_in in (0, 1, 2)
        custom: dict[CustomField, Any] = {}
        query = ""
        if campaign >= 0 and (is_online or way_in == 4):
            bought = campaigns[campaign]
            is_tagged = bool(sessions.is_tagged[entry]) if entry >= 0 else draws[n, 0] >= UNTAGGED_SHARE
            ad = int(clicks.ad[entry]) if entry >= 0 else -1
            if is_tagged:
                source, medium = TAGS[bought.platform]
                query = f"utm_source={source}&utm_medium={medium}&utm_campaign={bought.utm_campaign}"
                query = ads[ad].query if ad >= 0 else query
            elif bought.click_cost > 0:
                books.untagged.append(story.lead)
            if ad >= 0:
                custom[account.CLICK_ID] = str(clicks.click_id[entry])
        for part in filter(None, query.split("&")):
            name, _, value = part.partition("=")
            custom[account.TAG_FIELDS[name]] = value
        if is_online:
            custom[account.CLIENT_ID] = world.client_ids[leads.person[n]]
        label = SOURCE_NAMES[CHANNEL_NAMES[leads.entry[n]]]
        label = {3: "Звонок", 5: "Вебинар", 6: "Партнёр"}.get(way_in, label)
        if is_online and draws[n, 1] < 0.25:
            label = "Сайт"
        custom[account.SOURCE] = label
        custom[account.WAY_IN] = account.WAY_IN_CHOICES[way_in]
        engagement = int(leads.levels[n, 5])
        custom[account.ASKED_FOR_CONTACT] = way_in in (1, 2, 3) or engagement > 0
        custom[account.INTEREST] = bool(leads.downloads[n] > 0 or way_in in (1, 5) or engagement == 2)
        if draws[n, 2] < 0.2:
            custom[account.HEARD] = "знакомые" if leads.demand[n] < 0 else label
        if COMMENTS[comment[n]]:
            custom[account.COMMENT] = COMMENTS[comment[n]]
        story.tell(story.created_at, account.ROBOT, custom=custom)


def _tell_answers(
    journal: _Journal, simulator: AmoCrm, world: World, staff: _Staff, stories: dict[int, _Story], books: _Books
) -> None:
    """Criteria: those of the form when the lead is made, the others when somebody asked, with the event of the change."""
    answers = world.sales.answers
    late: set[int] = set()
    rows = zip(
        answers.lead.tolist(), answers.criterion.tolist(), answers.level.tolist(), unix(answers.answered_at).tolist(),
        strict=True,
    )  # fmt: skip
    for n, criterion, level, at in rows:
        if level < 0:
            continue
        story, custom = stories[n], account.QUESTIONS[criterion]
        values: dict[CustomField, Any] = {custom: LEVEL_NAMES[level]}
        if criterion == 2:
            values[account.NEED] = level > 0
        if at <= story.created_at:
            story.tell(story.created_at, account.ROBOT, custom=values)
            continue
        late.add(story.lead)
        user = staff.holder(n, at)
        story.tell(at, user, custom=values)
        answer = {
            "field_id": custom.field_id,
            "field_type": custom.kind,
            "enum_id": custom.enum_ids[LEVEL_NAMES[level]],
            "text": LEVEL_NAMES[level],
        }
        journal.add(
            at, simulator.put_event, f"custom_field_{custom.field_id}_value_changed", entity_id=story.lead,
            created_by=user, value_after=[{"custom_field_value": answer}],
        )  # fmt: skip
    books.late_answers.extend(late)


@dataclass(frozen=True)
class _Step:
    """An entry into a stage, of `account.STAGE_NAMES` or `paid`, `lost`."""

    at: int
    stage: str


def _steps(world: World, stories: dict[int, _Story]) -> dict[int, list[_Step]]:
    """The stages of each lead: the world's log, hand-overs, and the moment a rep took the lead up."""
    events, outcomes, contacts = world.sales.stage_events, world.sales.outcomes, world.sales.contacts
    steps: dict[int, list[_Step]] = {n: [] for n in stories}
    rows = zip(events.lead.tolist(), events.stage.tolist(), unix(events.entered_at).tolist(), strict=True)
    for n, stage, at in rows:
        if n in stories and STAGES[stage] != "lead":
            steps[n].append(_Step(at, STAGE_OF[STAGES[stage]]))
    reps = {rep.owner_id for rep in REPS}
    worked: dict[int, list[int]] = defaultdict(list)
    for n, at, owner in zip(
        contacts.lead.tolist(), unix(contacts.occurred_at).tolist(), contacts.owner.tolist(), strict=True
    ):
        if owner in reps:
            worked[n].append(at)
    revived = ~np.isnat(outcomes.returned_at) & ~np.isnat(outcomes.sql_at)
    for n, found in steps.items():
        handed = [] if np.isnat(outcomes.handed_at[n]) else [second(outcomes.handed_at[n])]
        if revived[n]:
            handed.append(second(outcomes.sql_at[n] - BEFORE_REVIVED_SQL) + HOUR)
        for at in handed:
            found.append(_Step(at, "handed_over"))
            following = min((step.at for step in found if step.at > at), default=END)
            first = next((begun for begun in worked[n] if begun > at), END)
            taken = max(at + 1, first - 60)
            if taken < following:
                found.append(_Step(taken, "accepted"))
        found.sort(key=lambda step: step.at)
    return steps


def _tell_stages(world: World, staff: _Staff, stories: dict[int, _Story], books: _Books) -> None:
    outcomes, deals = world.sales.outcomes, world.sales.deals
    rng = generator_for(world.company.seed, "feeds/amocrm/stages")
    draws = rng.random((len(world.company.leads), 2))
    deal_of: dict[int, int] = {n: deal for deal, n in enumerate(deals.lead.tolist()) if n >= 0}
    in_roubles = _in_roubles(world)
    segment = world.company.accounts.segment[world.company.people.account[world.company.leads.person]]
    for n, steps in _steps(world, stories).items():
        story = stories[n]
        amount = in_roubles[deal_of[n]] if n in deal_of else 0
        reason = account.LOSS_REASON_IDS.get(REASON_NAMES[outcomes.reason[n]])
        is_restated = draws[n, 0] < RESTATED_SHARE and {"proposal", "signed"} <= {step.stage for step in steps}
        is_priced, is_lost = False, False
        for step in steps:
            by = _by(staff, n, step.at)
            fields: dict[str, Any] = {}
            if step.stage == "lost":
                fields = {"loss_reason_id": reason}
            elif step.stage in ("proposal", "signed") and not is_priced:
                is_priced = True
                fields = _price(amount * 23 // 20 // 100_000 * 100_000 if is_restated else amount)
            if is_lost and step.stage != "lost":
                fields |= {"closed_at": None, "loss_reason_id": None}
                books.reopened.append(story.lead)
            is_lost = step.stage == "lost"
            if step.stage == "signed" and is_restated:
                story.tell(step.at - HOUR, staff.holder(n, step.at - HOUR), **_price(amount))
                books.restated.append(story.lead)
            if step.stage == "signed":
                fields["custom"] = {account.INDUSTRY: SEGMENT_NAMES[segment[n]]}
            story.move(step.at, by, step.stage, **fields)
        last = steps[-1] if steps else None
        is_closed = last is not None and last.stage == "lost" and story.created_at + DAY < last.at < END - 4 * DAY
        if last is not None and is_closed and draws[n, 1] < BACKDATED_SHARE:
            story.tell(last.at + 3 * DAY, staff.holder(n, last.at + 3 * DAY), closed_at=last.at - DAY)
            books.backdated.append(story.lead)
        names = [step.stage for step in steps]
        if names.count("handed_over") > 1:
            books.twice_handed.append(story.lead)
        if any(now in RANK and then in RANK and RANK[then] < RANK[now] for now, then in pairwise(names)):
            books.backwards.append(story.lead)


def _in_roubles(world: World) -> list[int]:
    """What each deal is worth in kopecks: the account has one currency, and reps turn prices into it by the price list."""
    deals = world.sales.deals
    kopecks = deals.amount.copy()
    for code, (roubles_a_unit, _) in FOREIGN_PRICES.items():
        kopecks = np.where(deals.currency == code, deals.amount * round(100 * roubles_a_unit) // 100, kopecks)
    return kopecks.tolist()


def _price(amount: int) -> dict[str, float]:
    """An amount in kopecks as the two fields of a lead: whole roubles, and roubles with a fraction."""
    return {"price": amount // 100, "price_with_minor_units": amount / 100}


def _tell_owners(staff: _Staff, stories: dict[int, _Story], books: _Books) -> None:
    """Leads wait for a robot to deal them; later they pass from hand to hand, and on the day a rep leaves to a colleague."""
    left = {midnight(rep.ended_on) for rep in REPS if rep.ended_on}
    for n, story in stories.items():
        for at, user in staff.dealt[n]:
            story.give(at, user if at in left else _by(staff, n, at), user)
            if at in left:
                books.reassigned.append(story.lead)


def _by(staff: _Staff, n: int, at: int) -> int:
    """Who changes a lead at an instant: whoever holds it, and a robot what is distributed automatically."""
    is_dealt = any(at == dealt_at for dealt_at, _ in staff.dealt[n])
    return account.ROBOT if is_dealt and at >= AUTOMATIC_SINCE else staff.holder(n, at)


def _tell_cards(cards: _Cards, stories: dict[int, _Story], ids: dict[int, int], world: World) -> None:
    """Leads of a card that was merged into another name that one then; leads of a deleted card none."""
    deleted = set(cards.deleted)
    for n, card in enumerate(cards.of_lead):
        if card in cards.merged:
            stories[n].tell(stories[n].created_at + 10 * DAY, account.ROBOT, contacts=[cards.merged[card]])
        elif card in deleted:
            stories[n].tell(stories[n].created_at + 30 * DAY, account.ROBOT, contacts=[])


def _second_deals(world: World) -> list[_Story]:
    """Further deals of customers, in the pipeline of their own; nobody hands them over."""
    deals = world.sales.deals
    lead_of_person = dict(zip(world.company.leads.person.tolist(), range(len(world.company.leads)), strict=True))
    in_roubles = _in_roubles(world)
    stories = []
    for deal in np.flatnonzero((deals.lead < 0) & ~deals.is_branch).tolist():
        created, person = second(deals.created_at[deal]), int(deals.person[deal])
        user = account.USER_IDS[str(deals.owner[deal])]
        story = _Story(int(world.deal_ids[deal]), account.OWN_CUSTOMERS, created)
        has_card = not world.is_lost_contact[lead_of_person[person]]
        story.move(
            created, user, "confirmed", name=f"Повторная сделка: {world.account_names[deals.account[deal]]}", price=0,
            created_by=user, responsible_user_id=user, group_id=account.GROUP_SALES,
            contacts=[int(world.person_ids[person])] if has_card else [],
            company=int(world.account_ids[deals.account[deal]]) if has_card else None,
            custom_fields_values=[account.SOURCE.holding("Рекомендация")],
        )  # fmt: skip
        won = None if np.isnat(deals.won_at[deal]) else second(deals.won_at[deal])
        proposed = created + 5 * DAY if won is None else created + (won - created) // 2
        amount = _price(in_roubles[deal])
        if proposed < END:
            story.move(proposed, user, "proposal", **amount)
        if won is not None:
            story.move(won, user, "signed", **amount)
        if not np.isnat(deals.paid_at[deal]):
            paid = second(deals.paid_at[deal])
            story.move(paid, user, "paid")
        stories.append(story)
    return stories


# duplicates, tests, mistakes


@dataclass(frozen=True)
class _Copies:
    stories: list[_Story]
    duplicates: tuple[int, ...]
    tests: tuple[int, ...]
    deleted: tuple[int, ...]


def _copies(
    journal: _Journal, simulator: AmoCrm, world: World, staff: _Staff, cards: _Cards, own: list[int],
    stories: dict[int, _Story],
) -> _Copies:  # fmt: skip
    """Duplicates of leads, closed as such, and the staff's tests; half of the former and most of the latter are deleted."""
    rng = generator_for(world.company.seed, "feeds/amocrm/copies")
    # nobody copies a lead whose contact will be gone
    going = {*cards.merged, *cards.deleted}
    early = [n for n in own if stories[n].created_at < END - 10 * DAY and cards.of_lead[n] not in going]
    chosen = rng.choice(np.array(early), DUPLICATES + TESTS, replace=False).tolist()
    # both further cards of the person who has three belong to a duplicate
    chosen[:2] = [cards.several_lead] * 2
    extra_cards: list[int] = list(cards.several_cards[1:])
    waits = rng.integers(HOUR, 3 * DAY, len(chosen)).tolist()
    made, deleted = [], []
    for number, n in enumerate(chosen[:DUPLICATES]):
        at = stories[n].created_at + (number + 1) * DAY + 60 if number < 2 else stories[n].created_at + waits[number]
        card = extra_cards[number] if number < 2 else cards.of_lead[n]
        story = _Story(DUPLICATE_FIRST_ID + number, account.NEW_CUSTOMERS, at)
        qualifier = staff.qualifiers[n]
        story.move(
            at, account.ROBOT, "new", name=f"Заявка: {world.names[world.company.leads.person[n]]}", price=0,
            created_by=account.ROBOT, responsible_user_id=qualifier, group_id=account.GROUP_MARKETING,
            contacts=[] if card is None else [card],
        )  # fmt: skip
        story.move(at + 4 * HOUR, qualifier, "lost", loss_reason_id=account.LOSS_REASON_IDS[account.DUPLICATE_REASON])
        if number >= 2 and number % 2:
            journal.add(at + DAY, simulator.delete_lead, story.lead, qualifier)
            deleted.append(story.lead)
        made.append(story)
    for number, n in enumerate(chosen[DUPLICATES:]):
        at = stories[n].created_at + 600
        qualifier = staff.qualifiers[n]
        story = _Story(TEST_FIRST_ID + number, account.NEW_CUSTOMERS, at)
        story.move(
            at, qualifier, "new", name="Тест формы", price=0, created_by=qualifier, responsible_user_id=qualifier,
            group_id=account.GROUP_MARKETING, custom_fields_values=[account.TEST.holding(True)],
        )  # fmt: skip
        if number % 3 == 0:
            story.move(at + HOUR, qualifier, "lost")
        else:
            journal.add(at + 2 * HOUR, simulator.delete_lead, story.lead, qualifier)
            deleted.append(story.lead)
        made.append(story)
    return _Copies(
        stories=made,
        duplicates=tuple(story.lead for story in made[:DUPLICATES]),
        tests=tuple(story.lead for story in made[DUPLICATES:]),
        deleted=tuple(deleted),
    )


def _mistakes(
    journal: _Journal, simulator: AmoCrm, world: World, stories: dict[int, _Story]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Leads without a deal that somebody deleted by mistake, and those that came back the next day."""
    rng = generator_for(world.company.seed, "feeds/amocrm/mistakes")
    last = {n: max(change.at for change in story.changes) for n, story in stories.items()}
    settled = [n for n in stories if last[n] < END - 9 * DAY and np.isnat(world.sales.outcomes.sql_at[n])]
    chosen = rng.choice(np.array(settled), MISTAKES, replace=False).tolist()
    for number, n in enumerate(chosen):
        journal.add(last[n] + 5 * DAY, simulator.delete_lead, stories[n].lead)
        if number < RESTORED:
            journal.add(last[n] + 6 * DAY, simulator.restore_lead, stories[n].lead)
    gone = tuple(stories[n].lead for n in chosen)
    return gone, tuple(sorted(gone[:RESTORED]))


# calls, mails and meetings


def _put_work(
    journal: _Journal, simulator: AmoCrm, world: World, staff: _Staff, ids: dict[int, int], books: _Books
) -> tuple[int, ...]:
    """Calls, mails and messages as notes, meetings and demonstrations as tasks; returns the tasks that were deleted."""
    contacts, leads = world.sales.contacts, world.company.leads
    rng = generator_for(world.company.seed, "feeds/amocrm/work")
    draws = rng.random(len(contacts.lead)).tolist()
    delays = rng.integers(2 * HOUR, 3 * DAY, len(contacts.lead)).tolist()
    rows = zip(
        contacts.lead.tolist(), unix(contacts.occurred_at).tolist(), contacts.kind.tolist(),
        contacts.is_outgoing.tolist(), contacts.is_answered.tolist(), contacts.talk_seconds.tolist(),
        contacts.owner.tolist(),
        strict=True,
    )  # fmt: skip
    for number, (n, at, kind, is_outgoing, is_answered, talk, owner) in enumerate(rows):
        user = account.USER_IDS[owner]
        people = {"created_by": user, "responsible_user_id": user, "group_id": account.GROUP_OF_USER[user]}
        if kind in (1, 2):
            _put_meeting(journal, simulator, TASK_FIRST_ID + number, ids[n], at, kind, is_answered, talk, people)
            continue
        note = NOTE_FIRST_ID + number
        if kind == 0:
            is_by_hand = draws[number] < BY_HAND_SHARE and at + delays[number] < END
            if is_by_hand:
                books.by_hand.append(note)
            params = call(
                talk, 4 if is_answered else 6, phone=world.phones[leads.person[n]], uniq=f"call-{number}",
                source="manual" if is_by_hand else "telephony", call_responsible=user,
            )  # fmt: skip
            known = at + delays[number] if is_by_hand else at
            kind_of_note = "call_out" if is_outgoing else "call_in"
            journal.add(known, simulator.put_note, note, kind_of_note, ids[n], params=params, **people)
        else:
            by_kind = {3: "amomail_message", 4: "sms_out" if is_outgoing else "sms_in", 5: "chat"}
            journal.add(at, simulator.put_note, note, by_kind[kind], ids[n], **people)
    own = sorted(ids)
    deleted = []
    for number in range(DELETED_TASKS):
        n = own[(number + 1) * len(own) // (DELETED_TASKS + 2)]
        task, at = TASK_FIRST_ID - 1 - number, second(leads.created_at[n]) + HOUR
        journal.add(
            at, simulator.put_task, task, entity_id=ids[n], entity_type="leads", task_type_id=1, text="Перезвонить",
            responsible_user_id=staff.qualifiers[n], complete_till=at + DAY,
        )  # fmt: skip
        journal.add(at + 2 * HOUR, simulator.delete_task, task)
        deleted.append(task)
    return tuple(deleted)


def _put_meeting(
    journal: _Journal, simulator: AmoCrm, task: int, lead: int, at: int, kind: int, is_answered: bool, talk: int,
    people: dict[str, int],
) -> None:  # fmt: skip
    """A task that is set two hours before at the latest, and done when the talk is over."""
    kind_of_task = account.TASK_MEETING if kind == 1 else account.TASK_DEMO
    text = "Встреча" if kind == 1 else "Демонстрация"
    fields = {
        "entity_id": lead, "entity_type": "leads", "task_type_id": kind_of_task, "text": text, "complete_till": at,
        "duration": talk, **people,
    }  # fmt: skip
    journal.add(at - 2 * HOUR, simulator.put_task, task, **fields)
    result = {"text": "состоялась" if is_answered else "не состоялась"}
    journal.add(at + max(talk, 600), simulator.put_task, task, is_completed=True, result=result, **fields)
