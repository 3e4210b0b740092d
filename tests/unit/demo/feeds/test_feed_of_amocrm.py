"""What amoCRM says of the company, against the company itself."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import requests

from demo.company import SIZES
from demo.exports import build_world
from demo.feeds import amocrm_account as account
from demo.feeds.amocrm import fill_amocrm
from demo.simulators.amocrm import AmoCrm, Rules
from orchestration.clock import FixedClock

STAGE_OF_STATUS = {key: stage for (_, stage), key in account.STATUS_IDS.items()}
Row = dict[str, Any]
Ask = Callable[..., list[Row]]


def known_ids(asked: Any, before: np.datetime64) -> set[str]:
    """Leads and second deals that were made before an instant, by the world alone."""
    world = asked.company.world
    leads, deals = world.company.leads, world.sales.deals
    made = np.flatnonzero(~leads.is_branch & (leads.created_at < before)).tolist()
    second = np.flatnonzero((deals.lead < 0) & ~deals.is_branch & (deals.created_at < before)).tolist()
    return {world.lead_ids[n] for n in made} | {world.deal_ids[n] for n in second}


def custom(row: Row) -> dict[int, Any]:
    """Field id → value of a lead's row."""
    return {field["field_id"]: field["values"][0]["value"] for field in json.loads(row["custom_fields_values"] or "[]")}


def moves(events: list[Row]) -> dict[str, list[Row]]:
    """Changes of stage by lead, in the order of time."""
    of_lead: dict[str, list[Row]] = defaultdict(list)
    for event in sorted(events, key=lambda event: (int(event["created_at"]), event["id"])):
        if event["type"] == "lead_status_changed":
            of_lead[event["entity_id"]].append(event)
    return of_lead


def stage(event: Row, side: str = "after") -> str:
    return STAGE_OF_STATUS[int(event[f"status_{side}"])]


def test_all_leads_of_the_world_are_there_and_only_deleted_ones_are_not(asked: Any) -> None:
    books = asked.company.crm_books
    gone = set(books.deleted) - set(books.restored)
    made = known_ids(asked, np.datetime64("2027-01-01")) | {str(lead) for lead in (*books.duplicates, *books.tests)}
    assert {row["id"] for row in asked.afterwards["leads"]} == made - {str(lead) for lead in gone}
    events = Counter(event["type"] for event in asked.afterwards["events"])
    assert (events["lead_added"], events["lead_deleted"], events["lead_restored"]) == (
        len(made),
        len(books.deleted),
        len(books.restored),
    )
    assert len(books.deleted) >= 24
    assert len(books.restored) == 2


def test_nothing_of_the_branch_of_tehran_is_in_the_account(asked: Any) -> None:
    numbers = {row["id"] for row in (*asked.afterwards["leads"], *asked.afterwards["contacts"])}
    assert not [number for number in numbers if not number.isdecimal()]
    assert "Тегеран" not in json.dumps(asked.afterwards["users"], ensure_ascii=False)


def test_an_earlier_morning_knows_only_what_was_made_before_it(asked: Any) -> None:
    morning = asked.company.mornings[0]
    before = np.datetime64(morning.astimezone(UTC).replace(tzinfo=None))
    copies = {str(lead) for lead in (*asked.company.crm_books.duplicates, *asked.company.crm_books.tests)}
    deleted = {event["entity_id"] for event in asked.morning["events"] if event["type"] == "lead_deleted"}
    restored = {event["entity_id"] for event in asked.morning["events"] if event["type"] == "lead_restored"}
    found = {row["id"] for row in asked.morning["leads"]}
    assert found - copies == known_ids(asked, before) - (deleted - restored)
    instant = int(morning.timestamp())
    for stream in ("leads", "contacts", "companies", "events", "notes", "tasks"):
        times = [int(row.get("updated_at") or row["created_at"]) for row in asked.morning[stream]]
        assert max(times) <= instant, stream
        assert len(asked.morning[stream]) < len(asked.afterwards[stream])


def test_the_stage_of_a_lead_on_a_morning_is_the_last_one_before_it(asked: Any) -> None:
    last = {lead: int(events[-1]["status_after"]) for lead, events in moves(asked.morning["events"]).items()}
    new = account.STATUS_IDS[account.NEW_CUSTOMERS, "new"]
    confirmed = account.STATUS_IDS[account.OWN_CUSTOMERS, "confirmed"]
    for row in asked.morning["leads"]:
        is_second = int(row["pipeline_id"]) == account.OWN_CUSTOMERS
        assert int(row["status_id"]) == last.get(row["id"], confirmed if is_second else new)


def test_each_change_of_stage_begins_where_the_one_before_ended(asked: Any) -> None:
    for events in moves(asked.afterwards["events"]).values():
        for earlier, later in pairwise(events):
            assert earlier["status_after"] == later["status_before"]
        assert stage(events[0], "before") in ("new", "confirmed")


def test_stages_were_entered_as_often_as_the_world_says(asked: Any) -> None:
    world, books = asked.company.world, asked.company.crm_books
    log, deals = world.sales.stage_events, world.sales.deals
    is_branch = np.where(log.lead >= 0, world.company.leads.is_branch[log.lead], deals.is_branch[log.deal])
    expected = Counter(log.stage[~is_branch].tolist())
    made = Counter(stage(event) for events in moves(asked.afterwards["events"]).values() for event in events)
    # in the order of demo.sales.STAGES; a lead begins as new without a change of stage
    names = ("qualified", "confirmed", "proposal", "signed", "paid", "returned", "lost")
    copies = len(books.duplicates) + len([test for number, test in enumerate(books.tests) if number % 3 == 0])
    second = (deals.lead < 0) & ~deals.is_branch
    proposed = sum(
        stage(event) == "proposal"
        for lead, events in moves(asked.afterwards["events"]).items()
        for event in events
        if lead.startswith("5")
    )
    assert 0 < proposed <= int(second.sum())
    beside = {"lost": copies, "proposal": proposed}
    found = {name: made[name] - beside.get(name, 0) for name in names}
    assert found == {name: expected[number] for number, name in enumerate(names, 1)}
    handed = int((~np.isnat(world.sales.outcomes.handed_at) & ~world.company.leads.is_branch).sum())
    assert made["handed_over"] == handed + len(books.twice_handed)


def test_the_money_of_signed_leads_is_that_of_the_worlds_won_deals(asked: Any) -> None:
    deals = asked.company.world.sales.deals
    won = int(deals.amount[~np.isnat(deals.won_at) & ~deals.is_branch].sum())
    signed = [row for row in asked.afterwards["leads"] if STAGE_OF_STATUS[int(row["status_id"])] in ("signed", "paid")]
    assert sum(Decimal(row["price_with_minor_units"]) for row in signed) * 100 == won
    assert all(int(row["price"]) == int(Decimal(row["price_with_minor_units"])) for row in signed)
    paid = int((~np.isnat(deals.paid_at) & ~deals.is_branch).sum())
    assert sum(row["status_id"] == "142" for row in signed) == paid


def test_prices_abroad_are_written_in_roubles_of_the_price_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES, "abroad", replace(SIZES["small"], leads=600, sells_abroad=True))
    world = build_world(7, "abroad")
    clock = FixedClock(datetime(2026, 9, 1, tzinfo=UTC))
    crm = AmoCrm(clock, rules=Rules(requests_a_second=None, account_requests_a_second=None, minor_units=True))
    fill_amocrm(crm, world)
    token = crm.long_lived_token(datetime(2030, 1, 1, tzinfo=UTC))
    deals = world.sales.deals
    won = ~np.isnat(deals.won_at) & ~deals.is_branch & (deals.lead >= 0)
    expected = {
        world.lead_ids[n]: {"RUB": amount, "USD": amount * 90, "KZT": amount * 18 // 100}[currency]
        for n, amount, currency in zip(
            deals.lead[won].tolist(), deals.amount[won].tolist(), deals.currency[won].tolist(), strict=True
        )
    }
    assert set(deals.currency[won].tolist()) > {"RUB"}
    with crm:
        prices = {}
        for lead in expected:
            answer = requests.get(
                f"{crm.url}/api/v4/leads",
                params={"filter[id]": lead},
                headers={"Authorization": f"Bearer {token}"},
                timeout=10,
            )
            (row,) = answer.json()["_embedded"]["leads"]
            prices[lead] = Decimal(str(row["price_with_minor_units"]))
    assert prices == {lead: Decimal(kopecks) / 100 for lead, kopecks in expected.items()}


def test_a_restated_price_was_another_one_before_the_contract(asked: Any, ask: Ask) -> None:
    lead = str(asked.company.crm_books.restated[0])
    signed = next(event for event in moves(asked.afterwards["events"])[lead] if stage(event) == "signed")
    before = datetime.fromtimestamp(int(signed["created_at"]), UTC) - timedelta(hours=2)
    (earlier,) = [row for row in ask(before, "leads") if row["id"] == lead]
    (later,) = [row for row in asked.afterwards["leads"] if row["id"] == lead]
    assert int(earlier["price"]) > int(later["price"]) > 0


def test_leads_of_paid_campaigns_miss_their_tags_as_often_as_was_planted(asked: Any) -> None:
    world, books = asked.company.world, asked.company.crm_books
    rows = {row["id"]: custom(row) for row in asked.afterwards["leads"]}
    leads = world.company.leads
    is_paid = np.array([campaign.click_cost > 0 for campaign in world.company.campaigns])
    candidates = [
        world.lead_ids[n]
        for n in np.flatnonzero((leads.campaign >= 0) & np.isin(leads.way_in, (0, 1, 2, 4)) & ~leads.is_branch).tolist()
        if is_paid[leads.campaign[n]] and world.lead_ids[n] in rows
    ]
    source = account.TAG_FIELDS["utm_source"].field_id
    missing = {int(lead) for lead in candidates if source not in rows[lead]}
    assert missing == set(books.untagged) & {int(lead) for lead in candidates}
    assert 0.05 < len(missing) / len(candidates) < 0.12


def test_a_criterion_answered_later_is_a_change_with_its_event(asked: Any) -> None:
    books, answers = asked.company.crm_books, asked.company.world.sales.answers
    leads = asked.company.world.company.leads
    late = (answers.level >= 0) & (answers.answered_at > leads.created_at[answers.lead])
    events = [event for event in asked.afterwards["events"] if event["type"].startswith("custom_field_")]
    assert len(events) == int(late.sum()) > 0
    assert {int(event["entity_id"]) for event in events} == set(books.late_answers)
    levels = Counter(
        custom(row).get(question.field_id) for row in asked.afterwards["leads"] for question in account.QUESTIONS
    )
    gone = set(books.deleted) - set(books.restored)
    staying = ~np.isin(answers.lead + 100_001, list(gone))
    for level, name in enumerate(("нет", "частично", "да")):
        assert levels[name] == int(((answers.level == level) & staying).sum())


def test_contacts_are_merged_deleted_and_doubled_as_planted(asked: Any) -> None:
    books = asked.company.crm_books
    contacts = {int(row["id"]): row for row in asked.afterwards["contacts"]}
    events = [int(row["entity_id"]) for row in asked.afterwards["events"] if row["type"] == "contact_deleted"]
    assert sorted(events) == sorted((*books.merged, *books.deleted_contacts))
    assert not contacts.keys() & set(events)
    linked = {contact for row in asked.afterwards["leads"] for contact in json.loads(row["contact_ids"])}
    assert linked <= contacts.keys()
    for survivor in books.merged.values():
        assert len(json.loads(contacts[survivor]["lead_ids"])) >= 2
    assert contacts[books.several_emails]["email_count"] == "3"
    cards = [contacts[card] for card in books.several_cards]
    assert len({card["phone_1"] for card in cards}) == 1
    assert len({card["email_1"] for card in cards}) == 3
    assert all(json.loads(card["lead_ids"]) for card in cards)


def test_some_leads_have_no_contact_at_all(asked: Any) -> None:
    world, books = asked.company.world, asked.company.crm_books
    lost = {world.lead_ids[n] for n in np.flatnonzero(world.is_lost_contact).tolist()}
    without = {row["id"] for row in asked.afterwards["leads"] if row["contact_ids"] == "[]" and row["id"] < "190000"}
    gone = {str(lead) for lead in set(books.deleted) - set(books.restored)}
    assert lost - gone < without
    # the only lead of each deleted contact
    assert len(without - lost) == len(books.deleted_contacts)


def test_calls_are_notes_and_those_logged_by_hand_are_late(asked: Any) -> None:
    world, books = asked.company.world, asked.company.crm_books
    contacts = world.sales.contacts
    calls = [row for row in asked.afterwards["notes"] if row["note_type"] in ("call_in", "call_out")]
    assert len(calls) == int((contacts.kind == 0).sum())
    assert sum(int(row["duration"]) for row in calls) == int(contacts.talk_seconds[contacts.kind == 0].sum())
    assert sum(row["call_status"] == "4" for row in calls) == int(contacts.is_answered[contacts.kind == 0].sum())
    by_hand = {int(row["id"]) for row in calls if row["source"] == "manual"}
    assert by_hand == set(books.by_hand)
    happened = contacts.occurred_at.astype("datetime64[s]").astype(np.int64)
    late = {int(row["id"]) for row in calls if int(row["created_at"]) != happened[int(row["id"]) - 600_001]}
    assert late == by_hand


def test_meetings_and_demonstrations_are_tasks_that_are_done(asked: Any) -> None:
    contacts = asked.company.world.sales.contacts
    tasks = Counter(row["task_type_id"] for row in asked.afterwards["tasks"] if row["is_completed"] == "true")
    assert tasks == {"2": int((contacts.kind == 1).sum()), "3": int((contacts.kind == 2).sum())}
    held = sum(row["result_text"] == "состоялась" for row in asked.afterwards["tasks"])
    assert held == int(contacts.is_answered[np.isin(contacts.kind, (1, 2))].sum())
    assert not {int(row["id"]) for row in asked.afterwards["tasks"]} & set(asked.company.crm_books.deleted_tasks)


def test_a_rep_who_leaves_hands_open_leads_to_colleagues_and_gets_none_afterwards(asked: Any) -> None:
    books = asked.company.crm_books
    left = datetime(2026, 2, 26, 21, tzinfo=UTC)
    leaver = str(account.USER_IDS["u17"])
    changes = [event for event in asked.afterwards["events"] if event["type"] == "entity_responsible_changed"]
    handed = {
        int(e["entity_id"])
        for e in changes
        if e["responsible_before"] == leaver and int(e["created_at"]) == left.timestamp()
    }
    assert handed == set(books.reassigned)
    assignments = asked.company.world.sales.assignments
    passed_on = np.unique(assignments.lead[assignments.assigned_at == np.datetime64("2026-02-26T21:00:00")])
    assert handed == {int(asked.company.world.lead_ids[n]) for n in passed_on.tolist()}
    assert len(handed) > 0
    assert not [e for e in changes if e["responsible_after"] == leaver and int(e["created_at"]) >= left.timestamp()]
    (user,) = [row for row in asked.afterwards["users"] if row["id"] == leaver]
    assert user["is_active"] == "false"


def test_owners_follow_each_other_as_the_world_dealt_the_leads(asked: Any) -> None:
    world = asked.company.world
    assignments = world.sales.assignments
    expected: dict[str, list[tuple[int, str]]] = defaultdict(list)
    times = assignments.assigned_at.astype("datetime64[s]").astype(np.int64).tolist()
    for n, owner, at in zip(assignments.lead.tolist(), assignments.owner.tolist(), times, strict=True):
        expected[world.lead_ids[n]].append((at, str(account.USER_IDS[owner])))
    # a lead that passes to the person who has it makes no event
    changed = {
        lead: [one for number, one in enumerate(dealt) if number == 0 or one[1] != dealt[number - 1][1]]
        for lead, dealt in expected.items()
    }
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for event in sorted(asked.afterwards["events"], key=lambda event: (int(event["created_at"]), event["id"])):
        if event["type"] == "entity_responsible_changed":
            found[event["entity_id"]].append((int(event["created_at"]), event["responsible_after"]))
    assert found == changed
    last = {lead: dealt[-1][1] for lead, dealt in expected.items()}
    assert all(
        row["responsible_user_id"] == last.get(row["id"], "0") for row in asked.afterwards["leads"] if row["id"] < "19"
    )


def test_leads_come_back_go_back_and_are_handed_over_twice(asked: Any) -> None:
    books = asked.company.crm_books
    outcomes, leads = asked.company.world.sales.outcomes, asked.company.world.company.leads
    paths = {lead: [stage(event) for event in events] for lead, events in moves(asked.afterwards["events"]).items()}
    assert {int(lead) for lead, path in paths.items() if path.count("handed_over") == 2} == set(books.twice_handed)
    revived = ~np.isnat(outcomes.returned_at) & ~np.isnat(outcomes.sql_at) & ~leads.is_branch
    assert len(books.twice_handed) == int(revived.sum()) > 0
    assert len(books.reopened) == int((~np.isnat(outcomes.reopened_at) & ~leads.is_branch).sum()) > 0
    again = {int(lead) for lead, path in paths.items() if "lost" in path[:-1] and int(lead) < 190_000}
    assert again == set(books.reopened)
    back = {int(lead) for lead, path in paths.items() if path.count("confirmed") > 1}
    assert back
    assert back <= set(books.backwards)


def test_a_closing_date_was_put_back_a_day(asked: Any) -> None:
    rows = {int(row["id"]): row for row in asked.afterwards["leads"]}
    lost = {lead: int(events[-1]["created_at"]) for lead, events in moves(asked.afterwards["events"]).items()}
    found = {
        lead
        for lead, row in rows.items()
        if row["status_id"] == "143" and int(row["closed_at"]) == lost[str(lead)] - 86_400
    }
    assert found == set(asked.company.crm_books.backdated) & rows.keys()
    assert found


def test_stages_were_renamed_half_way_and_kept_their_ids(asked: Any, ask: Ask) -> None:
    names = {
        at: {row["status_id"]: row["status_name"] for row in ask(at, "pipelines") if row["pipeline_id"] == "7100001"}
        for at in (datetime(2025, 11, 30, tzinfo=UTC), datetime(2025, 12, 2, tzinfo=UTC))
    }
    before, after = names.values()
    changed = {after[key] for key in after if before[key] != after[key]}
    assert before.keys() == after.keys()
    assert changed == {"Новый лид", "Передан продажам", "КП отправлено"}


def test_the_pipelines_share_only_the_vendors_own_two_stages(asked: Any) -> None:
    of_pipeline: dict[str, set[str]] = defaultdict(set)
    for row in asked.afterwards["pipelines"]:
        of_pipeline[row["pipeline_id"]].add(row["status_id"])
    new, own = of_pipeline.values()
    assert new & own == {"142", "143"}


@pytest.mark.parametrize("stream", ["leads", "contacts", "events"])
def test_every_row_has_its_own_id(asked: Any, stream: str) -> None:
    ids = [row["id"] for row in asked.afterwards[stream]]
    assert len(ids) == len(set(ids)) > 1000


def test_the_industry_is_filled_in_with_the_contract_and_with_nothing_else(asked: Any) -> None:
    """Who learns from it learns the outcome: it stands on every lead of the pipeline that ever signed, and on no other."""
    signed = {
        lead
        for lead, events in moves(asked.afterwards["events"]).items()
        if any(stage(event) == "signed" for event in events)
    }
    new = [row for row in asked.afterwards["leads"] if int(row["pipeline_id"]) == account.NEW_CUSTOMERS]
    filled = {row["id"] for row in new if account.INDUSTRY.field_id in custom(row)}
    assert filled == {row["id"] for row in new if row["id"] in signed}
    assert 0 < len(filled) < len(new) / 2
