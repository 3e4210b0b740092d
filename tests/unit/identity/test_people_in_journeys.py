"""From cards that share a token to the ledger: whose touches a conversion is credited with, worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.unit.attribution.ledger_warehouse import LedgerWarehouse

VERSION = {"valid_from": "2000-01-01", "recorded_on": "2026-01-01", "marketing_owner": "a", "sales_owner": "b"}


def add_won(warehouse: LedgerWarehouse, deal_id: str, person_id: str, **values: str) -> None:
    """A deal of 90.00 that was won on 10 May."""
    warehouse.add(
        "deals", deal_id=deal_id, person_id=person_id, created_at="2026-05-05 09:00:00", won_at="2026-05-10 09:00:00",
        status="won", amount_minor="9000", currency="RUB", **values,
    )  # fmt: skip


def add_touch(warehouse: LedgerWarehouse, touch_id: str, day: int, **values: str) -> None:
    warehouse.add("touches", touch_id=touch_id, kind="click", occurred_at=f"2026-05-0{day} 09:00:00", **values)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """One build with a case an area; keys of a case begin with its name."""
    warehouse = LedgerWarehouse(tmp_path_factory.mktemp("journeys") / "onefunnel.duckdb")
    # two cards with one e-mail, the deal on one and a click on the other; a lead without a person left the phone of the second card
    warehouse.add("people", person_id="cards-1", email_token="cards-email")
    warehouse.add("people", person_id="cards-2", second_email_token="cards-email", phone_token="cards-phone")
    warehouse.add(
        "leads", lead_id="cards", created_at="2026-05-01 09:00:00", phone_token="cards-phone", client_id="cards-web"
    )
    add_touch(warehouse, "cards-click", 2, person_id="cards-2")
    add_touch(warehouse, "cards-lead", 3, lead_id="cards")
    add_touch(warehouse, "cards-visit", 4, client_id="cards-web")
    add_won(warehouse, "cards", "cards-1")
    # the same two cards, but somebody decided that they are two people
    warehouse.add("people", person_id="apart-1", email_token="apart-email")
    warehouse.add("people", person_id="apart-2", email_token="apart-email")
    add_touch(warehouse, "apart-other", 2, person_id="apart-2")
    add_touch(warehouse, "apart-own", 3, person_id="apart-1")
    add_won(warehouse, "apart", "apart-1")
    # six people of one office phone, more than the rule allows
    for number in range(1, 7):
        warehouse.add("people", person_id=f"office-{number}", phone_token="office-phone")
    add_touch(warehouse, "office-colleague", 2, person_id="office-2")
    add_touch(warehouse, "office-own", 3, person_id="office-1")
    add_won(warehouse, "office", "office-1")
    # one browser at two people: nobody's visit
    warehouse.add("people", person_id="browser-1", client_id="browser-web")
    warehouse.add("people", person_id="browser-2", client_id="browser-web")
    add_touch(warehouse, "browser-visit", 2, client_id="browser-web")
    add_touch(warehouse, "browser-own", 3, person_id="browser-1")
    add_won(warehouse, "browser", "browser-1")
    # two accounts of one site; two others that gave their free mailbox
    warehouse.add("accounts", account_id="site-1", domain="site.example")
    warehouse.add("accounts", account_id="site-2", domain="https://WWW.site.example/contacts")
    add_touch(warehouse, "site-other", 2, account_id="site-2")
    add_touch(warehouse, "site-own", 3, account_id="site-1")
    add_won(warehouse, "site", "site-buyer", account_id="site-1")
    # a holding and its subsidiary on one site are two, for the CRM itself says so
    warehouse.add("accounts", account_id="holding-1", domain="holding.example")
    warehouse.add("accounts", account_id="holding-2", domain="holding.example", parent_account_id="holding-1")
    add_touch(warehouse, "holding-other", 2, account_id="holding-2")
    add_touch(warehouse, "holding-own", 3, account_id="holding-1")
    add_won(warehouse, "holding", "holding-buyer", account_id="holding-1")
    warehouse.add("accounts", account_id="mail-1", domain="mail.ru")
    warehouse.add("accounts", account_id="mail-2", domain="mail.ru")
    add_touch(warehouse, "mail-other", 2, account_id="mail-2")
    add_touch(warehouse, "mail-own", 3, account_id="mail-1")
    add_won(warehouse, "mail", "mail-buyer", account_id="mail-1")
    warehouse.definitions["identity_overrides"] = [
        {
            "applies_to": "person",
            "record_id": "apart-2",
            "other_record_id": "apart-1",
            "decision": "keep_apart",
            **VERSION,
        }
        | {"author": "anna", "note": "mother and daughter"}
    ]
    selected = ["+dim_people", "+dim_accounts", "+rpt_identity_changes", "+rpt_identity_hubs", "+fct_identity_links"]
    with warehouse.build(selected, after_python=["fct_attribution_credits"]) as connection:
        yield connection


@pytest.mark.parametrize(
    ("case", "credits"),
    [
        ("cards", [("cards-click", 3000), ("cards-lead", 3000), ("cards-visit", 3000)]),
        ("apart", [("apart-own", 9000)]),
        ("office", [("office-own", 9000)]),
        ("browser", [("browser-own", 9000)]),
        ("site", [("site-other", 4500), ("site-own", 4500)]),
        ("holding", [("holding-own", 9000)]),
        ("mail", [("mail-own", 9000)]),
    ],
)
def test_a_conversion_is_credited_with_the_touches_of_the_whole_person_and_of_nobody_else(
    ledger: duckdb.DuckDBPyConnection, case: str, credits: list[tuple[str, int]]
) -> None:
    found = ledger.execute(
        "select touch_id, credited_minor from marts.fct_attribution_credits "
        "where attribution_model = 'linear' and conversion_id = 'won:' || ? order by 1",
        [case],
    ).fetchall()
    assert found == credits


def test_people_have_the_name_of_their_first_card_and_count_their_records(ledger: duckdb.DuckDBPyConnection) -> None:
    people = ledger.execute(
        "select person_id, records, cast(lowest_confidence as double) from marts.dim_people "
        "where person_id like 'cards%' or person_id like 'apart%' or person_id like 'lead:%' order by 1"
    ).fetchall()
    # the lead hangs on the second card by phone (0.9), that one on the first by e-mail (0.95)
    assert people == [("apart-1", 1, None), ("apart-2", 1, None), ("cards-1", 3, 0.9)]


def test_what_was_merged_is_told_and_what_was_cut_stays_to_be_seen(ledger: duckdb.DuckDBPyConnection) -> None:
    changes = ledger.execute(
        "select applies_to, record_id, merged_into, linked_to, rule, leads from marts.rpt_identity_changes order by 1, 2"
    ).fetchall()
    assert changes == [
        ("account", "site-2", "site-1", "site-1", "domain", 0),
        ("person", "cards-2", "cards-1", "cards-1", "email", 0),
        ("person", "lead:cards", "cards-1", "cards-2", "phone", 1),
    ]
    cut = ledger.execute(
        "select rule, cut_reason, count(*) from marts.fct_identity_links where is_cut group by 1, 2 order by 1, 2"
    ).fetchall()
    # both cards with the browser are cut from each other, and the browser from the first of them
    assert cut == [("client_id", "hub", 2), ("domain", "free_mail", 1), ("email", "kept_apart", 1), ("phone", "hub", 5)]
    hubs = ledger.execute(
        "select rule, evidence_key, records, first_record_id from marts.rpt_identity_hubs order by 1"
    ).fetchall()
    assert hubs == [
        ("client_id", "browser-web", 2, "browser-1"),
        ("domain", "mail.ru", 2, "mail-1"),
        ("phone", "office-p", 6, "office-1"),
    ]
