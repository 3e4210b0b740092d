"""An account of amoCRM through its simulator and connector into the contracts; every expected row is worked by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.simulators.amocrm import LOST, WON, AmoCrm, call, multitext, select_field, text_field
from orchestration.binding import bind, fix_build
from orchestration.clock import FixedClock
from orchestration.defs.transform import NOT_IN_A_BUILD, dbt_of
from orchestration.pipeline import Pipeline
from orchestration.running import run_daily_job
from orchestration.settings import DEFAULT_DEFINITIONS, Settings, load_settings
from tests.integration.vendor_lake import pull

FIRST_MORNING = datetime(2026, 3, 10, 3, tzinfo=UTC)
SECOND_MORNING = FIRST_MORNING + timedelta(days=1)
OWNERS = "2000-01-01,2026-01-01,marketing,sales"
CONFIGURATION = """\
company: Amo
time_zone: Europe/Moscow
reporting_currency: RUB
definitions: definitions
sources:
  - type: amocrm
    account: company
    since: 2026-03-01
    base_url: "{url}"
    history_fields: [7001]
    tax_id_field: "6102"
    vat_rates: {{2019-01-01: 20, 2026-01-01: 22}}
"""
CONTRACTS = (
    "leads", "deals", "stage_events", "assignments", "rejections", "people", "accounts", "owners", "touches",
    "scoring_answers",
)  # fmt: skip
STAGES = {71: "Новый лид", 72: "Подтверждён", 73: "КП", 74: "Возврат", 75: "Без смысла"}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def extended(definitions: Path, name: str, *rows: str) -> None:
    """The default definition with rows of the company."""
    default = (DEFAULT_DEFINITIONS / f"{name}.csv").read_text(encoding="utf-8")
    (definitions / f"{name}.csv").write_text(default + "".join(f"{row},{OWNERS}\n" for row in rows), encoding="utf-8")


def write_definitions(definitions: Path) -> None:
    """What the account's stages, fields and reasons mean."""
    definitions.mkdir(parents=True)
    extended(
        definitions,
        "stage_map",
        "amocrm,*,Новый лид,lead,false",
        "amocrm,*,Подтверждён,sql,true",
        "amocrm,*,КП,proposal,false",
        "amocrm,*,Возврат,returned,false",
    )
    extended(definitions, "reasons", "amocrm,дубль,duplicate", "amocrm,дорого,no_budget")
    extended(
        definitions,
        "field_map",
        "amocrm,lead,6001,has_need,да,true",
        "amocrm,lead,6001,has_need,нет,false",
        "amocrm,company,6101,segment,,",
        "amocrm,contact,POSITION,is_decision_maker,директор,true",
        "amocrm,user_group,31,team,,sales",
    )
    extended(
        definitions,
        "answer_map",
        "amocrm,7001,нет,budget,no",
        "amocrm,7001,да,budget,yes",
        "amocrm,7002,срочно,need_urgency,yes",
    )


PHONES = tuple(f"+7 900 000-00-0{number}" for number in range(1, 5))
"""On one card, behind a number that cannot be called."""


def write_company(folder: Path, url: str) -> Path:
    write_definitions(folder / "definitions")
    file = folder / "onefunnel.yml"
    file.write_text(CONFIGURATION.format(url=url), encoding="utf-8")
    return file


def fill(crm: AmoCrm) -> None:
    crm.put_user(at(9, 0), 2, "Соколова А.", rights={"is_active": True, "group_id": 31})
    crm.put_user(at(9, 0), 3, "Громов И.", rights={"is_active": True, "group_id": 32})
    crm.delete_user(at(10, 12), 3)
    crm.put_pipeline(at(9, 0), 7, STAGES, name="Продажи")
    crm.put_pipeline(at(10, 12), 7, {**STAGES, 73: "Предложение"}, name="Новые продажи")
    crm.put_loss_reason(at(9, 0), 4, "Дорого")
    crm.put_loss_reason(at(9, 0), 5, "Дубль")
    crm.put_custom_field(at(9, 0), "leads", 7001, "Бюджет", "select", choices={"нет": 1, "да": 2})
    position = text_field(601, "Должность", "Директор", type_="select", code="POSITION")
    crm.put_company(
        at(9, 1),
        91,
        name="Тайна",
        custom_fields_values=[select_field(6101, "Сегмент", "Розница", 1), text_field(6102, "ИНН", "7700000018")],
    )
    crm.put_contact(
        at(9, 1), 11, company=91,
        custom_fields_values=[position, multitext(501, "PHONE", "12", *PHONES), multitext(502, "EMAIL", "a@example.com", "b@example.com")],
    )  # fmt: skip
    crm.put_contact(at(9, 1), 12, custom_fields_values=None)
    new = {"pipeline_id": 7, "status_id": 71, "responsible_user_id": 2}
    no, yes = select_field(7001, "Бюджет", "нет", 1), select_field(7001, "Бюджет", "да", 2)
    utm = text_field(5501, "utm_source", "yandex", type_="tracking_data", code="UTM_SOURCE")
    need = select_field(6001, "Потребность", "Да", 8)

    # won through all stages; the budget was changed after two hours, the urgency typed in the next day
    crm.put_lead(at(9, 12), 100, contacts=[11], company=91, price=0, custom_fields_values=[utm, need, no], **new)
    crm.put_lead(at(9, 13), 100, status_id=72, changed_by=2)
    crm.put_lead(at(9, 14), 100, custom_fields_values=[utm, need, yes])
    field = {"field_id": 7001, "field_type": 4, "text": "x"}
    crm.put_event(
        at(9, 14), "custom_field_7001_value_changed", entity_id=100,
        value_before=[{"custom_field_value": {**field, "enum_id": 1}}],
        value_after=[{"custom_field_value": {**field, "enum_id": 2}}],
    )  # fmt: skip
    crm.put_lead(at(9, 15), 100, status_id=73, price=25000, responsible_user_id=3, changed_by=2)
    crm.put_lead(at(10, 1), 100, status_id=WON)
    urgent = select_field(7002, "Срочность", "Срочно", 5)
    crm.put_lead(at(10, 9), 100, custom_fields_values=[utm, need, yes, urgent])

    crm.put_lead(at(9, 12), 101, contacts=[12], **new)
    crm.put_lead(at(9, 18), 101, status_id=LOST, loss_reason_id=4, changed_by=3)

    crm.put_lead(at(9, 12), 102, **new)
    crm.put_lead(at(9, 19), 102, status_id=WON, price=1001)

    crm.put_lead(at(9, 12), 103, **new)
    crm.delete_lead(at(9, 20), 103)
    crm.put_lead(at(9, 12), 104, **new)
    crm.delete_lead(at(9, 20), 104)
    crm.restore_lead(at(9, 21), 104)

    # two cards of one person are merged after the first morning
    crm.put_lead(at(9, 12), 105, contacts=[12], **new)
    crm.put_lead(at(10, 10), 105, contacts=[11])
    crm.delete_contact(at(10, 10), 12)

    crm.put_lead(at(9, 12), 106, **new)
    crm.put_lead(at(9, 13), 106, status_id=75)
    crm.put_lead(at(9, 14), 106, status_id=74)

    crm.put_lead(at(9, 12), 107, **new)
    crm.put_lead(at(9, 13), 107, status_id=LOST, loss_reason_id=5)

    crm.put_note(at(9, 12, 30), 1001, "call_out", 100, created_by=2, params=call(60, 4))
    crm.put_note(at(9, 12, 40), 1002, "call_out", 101, created_by=3, params=call(0, 6))
    crm.put_note(at(9, 12, 50), 1003, "sms_in", 11, entity_type="contacts", created_by=0)
    # the calls of a lead that was deleted afterwards, and of the one that came back
    crm.put_note(at(9, 13, 10), 1004, "call_out", 103, created_by=2, params=call(30, 4))
    crm.put_note(at(9, 13, 20), 1005, "call_out", 104, created_by=2, params=call(40, 4))
    meeting = {
        "entity_id": 100,
        "entity_type": "leads",
        "is_completed": True,
        "complete_till": int(at(9, 16).timestamp()),
    }
    crm.put_task(at(9, 17), 2001, task_type_id=2, **meeting)
    crm.put_task(at(9, 17), 2002, task_type_id=1, **meeting)


def rows(settings: Settings, clock: FixedClock, *further: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of the contracts that amoCRM fills, by their first column, and of further marts."""
    warehouse = Pipeline(settings, None, clock).warehouse
    tables = {name: f"contracts.{name}" for name in CONTRACTS} | {name: f"marts.{name}" for name in further}
    return {name: warehouse.arrow(f"select * from {table} order by 1").to_pylist() for name, table in tables.items()}


def build_contracts(settings: Settings, clock: FixedClock) -> None:
    """Ask the account and build the contracts that it fills, without what follows from them."""
    pull(settings, clock)
    pipeline = Pipeline(settings, None, clock)
    build = fix_build(pipeline.lake, clock, {"amocrm"}, logs={"amocrm"})
    bind(pipeline.warehouse, pipeline.lake, build, settings)
    chosen = ["--indirect-selection", "cautious", "--select", *(f"+{name}" for name in CONTRACTS)]
    results = dbt_of(settings).build(pipeline.warehouse, [*NOT_IN_A_BUILD, *chosen])
    assert len(results) > len(CONTRACTS)
    assert [f"{result.name}: {result.message}" for result in results if not result.is_good] == []


@pytest.fixture(scope="module")
def mornings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, list[dict[str, Any]]]]]:
    """The contracts of the first morning, and what the daily job built on the second."""
    clock = FixedClock(FIRST_MORNING)
    folder = tmp_path_factory.mktemp("amocrm")
    with AmoCrm(clock) as crm:
        assert isinstance(crm, AmoCrm)
        fill(crm)
        environment = {
            "ONEFUNNEL_CONTACT_KEY": "made-up people, so the key is no secret",
            "ONEFUNNEL_AMOCRM_TOKEN": crm.long_lived_token(FIRST_MORNING + timedelta(days=365)),
        }
        settings = load_settings(write_company(folder, crm.url), home=folder / "home", environment=environment)
        build_contracts(settings, clock)
        built = [rows(settings, clock)]
        clock.move_to(SECOND_MORNING)
        assert run_daily_job(settings, None, lambda message: None, time.monotonic(), clock) == 0
        yield [*built, rows(settings, clock, "rpt_reconciliation")]


@pytest.fixture
def first(mornings: list[dict[str, list[dict[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    return mornings[0]


@pytest.fixture
def second(mornings: list[dict[str, list[dict[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    return mornings[1]


def naive(day: int, hour: int, minute: int = 0) -> datetime:
    return at(day, hour, minute).replace(tzinfo=None)


def values(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_a_deleted_lead_leaves_and_a_restored_one_stays(first: dict[str, Any]) -> None:
    assert [row["lead_id"] for row in first["leads"]] == ["100", "101", "102", "104", "105", "106", "107"]


def test_a_lead_carries_its_tags_and_what_the_company_says_its_fields_mean(first: dict[str, Any]) -> None:
    (lead,) = (row for row in first["leads"] if row["lead_id"] == "100")
    assert (lead["person_id"], lead["account_id"], lead["owner_id"]) == ("11", "91", "3")
    assert (lead["utm_source"], lead["has_need"], lead["status"]) == ("yandex", True, "Успешно реализовано")
    assert (lead["created_at"], lead["closed_at"]) == (naive(9, 12), naive(10, 1))
    assert lead["source_record_key"] == "amocrm/leads/100/1"


def test_a_lead_closed_as_a_duplicate_is_marked(first: dict[str, Any]) -> None:
    assert [row["lead_id"] for row in first["leads"] if row["is_duplicate"]] == ["107"]


def test_d6a_a_lead_is_a_deal_from_its_opportunity_on_or_from_a_later_stage_where_it_was_skipped(
    first: dict[str, Any],
) -> None:
    assert values(first["deals"], "deal_id", "created_at", "status", "pipeline") == [
        ("100", naive(9, 13), "won", "Продажи"),
        ("102", naive(9, 19), "won", "Продажи"),
    ]


def test_the_price_is_gross_and_its_vat_is_that_of_the_day(first: dict[str, Any]) -> None:
    # 2 500 000 × 22 / 122 = 450 819.67 and 100 100 × 22 / 122 = 18 050.82 kopecks
    assert values(first["deals"], "amount_minor", "amount_vat_minor", "currency", "amounts_include_vat") == [
        (2_500_000, 450_820, "RUB", True),
        (100_100, 18_051, "RUB", True),
    ]


def test_stages_come_from_the_events_and_begin_where_the_lead_stood_before_its_first_change(
    first: dict[str, Any],
) -> None:
    of_100 = [row for row in first["stage_events"] if row["lead_id"] == "100"]
    of_100.sort(key=lambda row: row["source_sequence"])
    assert values(of_100, "source_stage", "entered_at", "deal_id") == [
        ("Новый лид", naive(9, 12), None),
        ("Подтверждён", naive(9, 13), "100"),
        ("КП", naive(9, 15), "100"),
        ("142", naive(10, 1), "100"),
    ]


def test_a_stage_that_was_renamed_is_still_the_one_of_the_stage_map(second: dict[str, Any]) -> None:
    of_100 = [row for row in second["stage_events"] if row["lead_id"] == "100"]
    assert sorted(row["source_stage"] for row in of_100) == ["142", "КП", "Новый лид", "Подтверждён"]
    assert {row["pipeline"] for row in of_100} == {"Новые продажи"}


def test_a_stage_without_an_entry_in_the_map_keeps_its_name(first: dict[str, Any]) -> None:
    assert [row["source_stage"] for row in first["stage_events"] if row["lead_id"] == "106"].count("Без смысла") == 1


def test_a_lead_lost_before_it_was_a_deal_is_rejected_and_one_sent_back_is_returned(first: dict[str, Any]) -> None:
    rows = sorted(first["rejections"], key=lambda row: row["lead_id"])
    assert values(rows, "lead_id", "kind", "source_reason", "rejected_at", "owner_id") == [
        ("101", "rejected", "Дорого", naive(9, 18), "3"),
        ("106", "returned", None, naive(9, 14), "2"),
        ("107", "rejected", "Дубль", naive(9, 13), "2"),
    ]


def test_the_first_owner_is_the_one_before_the_first_change(first: dict[str, Any]) -> None:
    of_100 = [row for row in first["assignments"] if row["lead_id"] == "100"]
    of_100.sort(key=lambda row: row["assigned_at"])
    assert values(of_100, "owner_id", "assigned_at", "deal_id") == [
        ("2", naive(9, 12), None),
        ("3", naive(9, 15), "100"),
    ]


def test_whoever_left_the_list_of_users_is_still_known_and_groups_are_teams(second: dict[str, Any]) -> None:
    assert values(second["owners"], "owner_id", "owner_name", "team") == [
        ("2", "Соколова А.", "sales"),
        ("3", "Громов И.", None),
    ]


def test_a_person_has_the_first_phone_that_can_be_called(first: dict[str, Any]) -> None:
    person, without = first["people"]
    assert (person["person_id"], person["account_id"], person["is_decision_maker"]) == ("11", "91", True)
    assert (person["has_valid_phone"], person["has_valid_email"]) == (True, True)
    assert len(person["phone_token"]) == len(person["email_token"]) == 32
    # identity looks at every address; the first number on the card cannot be called, so the second stands for the person
    assert person["second_email_token"] not in (None, person["email_token"])
    assert person["second_phone_token"] == person["phone_token"]
    assert len({person[f"{place}_phone_token"] for place in ("second", "third", "fourth", "fifth")} - {None}) == 4
    assert (without["person_id"], without["has_valid_phone"], without["phone_token"]) == ("12", False, None)


def test_merged_cards_are_one_person_and_the_lead_follows(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert [row["person_id"] for row in first["people"]] == ["11", "12"]
    assert [row["person_id"] for row in second["people"]] == ["11"]
    owner_of = {row["lead_id"]: row["person_id"] for row in first["leads"]}
    owner_of_later = {row["lead_id"]: row["person_id"] for row in second["leads"]}
    assert (owner_of["105"], owner_of_later["105"]) == ("12", "11")


def test_an_account_has_no_name_but_its_segment_and_a_token_of_its_tax_number(first: dict[str, Any]) -> None:
    assert values(first["accounts"], "account_id", "account_name", "segment") == [("91", None, "Розница")]
    assert [len(row["tax_id_token"]) for row in first["accounts"]] == [32]


def test_calls_letters_and_finished_meetings_are_touches(first: dict[str, Any]) -> None:
    assert values(
        first["touches"], "touch_id", "kind", "direction", "outcome", "talk_seconds", "owner_id", "occurred_at"
    ) == [
        ("note:contacts:1003", "sms", "incoming", "replied", None, "1", naive(9, 12, 50)),
        ("note:leads:1001", "call", "outgoing", "answered", 60, "2", naive(9, 12, 30)),
        ("note:leads:1002", "call", "outgoing", "unanswered", 0, "3", naive(9, 12, 40)),
        ("note:leads:1005", "call", "outgoing", "answered", 40, "2", naive(9, 13, 20)),
        ("task:2001", "meeting", "outgoing", "held", None, "1", naive(9, 16)),
    ]
    assert values(first["touches"], "person_id", "lead_id")[:2] == [("11", None), (None, "100")]


def test_an_answer_stands_from_the_instant_at_which_it_was_given(first: dict[str, Any], second: dict[str, Any]) -> None:
    def told(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return sorted(values(rows, "lead_id", "criterion", "level", "answered_at"), key=lambda row: row[3])

    budget = [("100", "budget", "no", naive(9, 12)), ("100", "budget", "yes", naive(9, 14))]
    assert told(first["scoring_answers"]) == budget
    # the changes of 7002 are not read as events: its answer is as old as the version that showed it first
    assert told(second["scoring_answers"]) == [*budget, ("100", "need_urgency", "yes", naive(10, 9))]


def test_what_amocrm_told_is_followed_to_the_marts(second: dict[str, Any]) -> None:
    followed = {(row["subject"], row["measure"]): row for row in second["rpt_reconciliation"]}
    assert all(row["is_reconciled"] for row in second["rpt_reconciliation"])
    told = followed["leads", "rows"]
    assert (told["in_files"], told["in_contract"], told["in_mart"]) == (7, 7, 7)
    assert told["explanation"].startswith("7 told by amocrm = 7 in the contract = 7 in marts.fct_leads")
    # 25 000.00 + 1 001.00 roubles, VAT inside; the mart holds them net
    money = followed["deals", "amount_minor"]
    assert (money["in_files"], money["in_contract"]) == (2_600_100, 2_600_100)
    assert (money["in_mart"], money["excluded"]) == (2_600_100 - 468_871, 468_871)
    assert "2 worked out by the models of amocrm" in followed["deals", "rows"]["explanation"]
    # 7 leads and their 8 changes of stage, one of them into a stage that the map does not know
    events = followed["stage_events", "rows"]
    assert (events["in_files"], events["in_mart"], events["excluded"]) == (15, 14, 1)
