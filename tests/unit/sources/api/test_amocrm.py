"""The connector of amoCRM against its simulator, on one clock that nobody waits for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.simulators.amocrm import LOST, WON, Rules, call, multitext, select_field, text_field
from demo.simulators.amocrm import AmoCrm as Simulated
from demo.simulators.server import Fault
from orchestration.clock import FixedClock
from orchestration.sources.api.amocrm import EMAILS, PHONES, STREAMS, AmoCrm, OAuth
from orchestration.sources.api.http import ApiError
from orchestration.sources.api.stream import Connector, Known, Pulled, Span, Stream
from orchestration.sources.api.tokens import LongLivedToken

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
START_UNIX = 1772442000
LEADS = "GET /api/v4/leads"

Make = Callable[..., Simulated]


@pytest.fixture(scope="module")
def make() -> Iterator[Make]:
    """Makes running simulators with the vendor's limits; they stop together at the end."""
    running: list[Simulated] = []

    def made(faults: list[Fault] | None = None, **rules: Any) -> Simulated:
        running.append(Simulated(FixedClock(START), faults, Rules(**rules)).__enter__())
        return running[-1]

    yield made
    with ThreadPoolExecutor(len(running)) as pool:
        list(pool.map(lambda crm: crm.__exit__(None, None, None), running))


class Home:
    """A connector for a simulator, and what the pull log would know of it."""

    def __init__(self, crm: Simulated, tmp_path: Path, **settings: Any) -> None:
        self.crm = crm
        self.tokens_file = tmp_path / "amocrm.json"
        oauth = OAuth(crm.url, crm.clock, crm.CLIENT_ID, crm.CLIENT_SECRET, crm.REDIRECT_URI)
        self.tokens = oauth.tokens(self.tokens_file)
        self.oauth = oauth
        self.tokens.keep(oauth.redeem(crm.consent()))
        self.connector = AmoCrm("company", crm.clock, self.tokens, base_url=crm.url, **settings)
        self.cursor: dict[str, str | None] = {}
        self.lake: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {}

    def stream(self, name: str) -> Stream:
        return next(stream for stream in STREAMS if stream.name == name)

    def pulls(self, name: str, span: Span | None = None) -> Iterator[tuple[Pulled, list[dict[str, Any]]]]:
        """Each pull with its rows, committed (merged by key, cursor noted) once it has been read."""
        stream = self.stream(name)
        for pulled in self.connector.pull(stream, Known(cursor_to=self.cursor.get(name)), span):
            rows = [row for table in pulled.batches for row in table.to_pylist()]
            merged = self.lake.setdefault(name, {})
            if pulled.kind == "snapshot":
                merged.clear()
            merged.update({tuple(row[key] for key in stream.key): row for row in rows})
            if pulled.cursor_to is not None:
                self.cursor[name] = pulled.cursor_to
            yield pulled, rows

    def pull(self, name: str, span: Span | None = None) -> list[dict[str, Any]]:
        """The rows of all pulls that are due."""
        return [row for _, rows in self.pulls(name, span) for row in rows]

    def ids(self, name: str = "leads") -> list[str]:
        return sorted((row["id"] for row in self.lake[name].values()), key=int)


def with_leads(crm: Simulated, number: int, step: timedelta = timedelta(minutes=1)) -> Simulated:
    """Leads 1 … number, the last one an hour before the start."""
    for lead in range(1, number + 1):
        crm.put_lead(START - timedelta(hours=1) - (number - lead) * step, lead)
    return crm


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


# ---- what comes


def test_it_is_a_connector(make: Make, tmp_path: Path) -> None:
    connector: Connector = Home(make(), tmp_path).connector
    assert connector.name == "amocrm"
    assert connector.account == "company"
    assert [stream.name for stream in connector.streams] == [
        "leads", "contacts", "companies", "pipelines", "events", "notes", "tasks", "loss_reasons", "field_choices",
        "users",
    ]  # fmt: skip


def test_a_lead_comes_as_text_without_what_people_type(make: Make, tmp_path: Path) -> None:
    crm = make()
    crm.put_loss_reason(START, 4, "Дорого")
    crm.put_lead(
        START, 37948215, name="Иван +7 900 000-00-01", price=25000, status_id=LOST, pipeline_id=7249526, loss_reason_id=4,
        contacts=[12, 11], company=9, source_id=77, tags=[{"id": 5, "name": "VIP"}],
        custom_fields_values=[
            text_field(5501, "utm_source", "yandex", type_="tracking_data", code="UTM_SOURCE"),
            select_field(5510, "Канал", "Сайт", 881),
            text_field(5511, "Бюджет", 12.50, type_="numeric"),
            text_field(5520, "Комментарий", "звонить маме, +7 900 000-00-02", type_="textarea"),
            text_field(5521, "Город", "Тверь"),
            text_field(5522, "ClientID", "1694765317123456789", code="YM_CLIENT"),
            text_field(5523, "Адрес", "ул. Примерная, 1", type_="streetaddress"),
            multitext(5524, "PHONE", "+79000000003"),
            text_field(5525, "Телефон", "79000000004", type_="numeric", code="PHONE"),
        ],
    )  # fmt: skip
    home = Home(crm, tmp_path, text_fields=["5521"], id_fields=["YM_CLIENT", "5523"])
    (row,) = home.pull("leads")
    assert set(row) == set(home.stream("leads").columns)
    assert (row["id"], row["price"], row["is_deleted"], row["score"]) == ("37948215", "25000", "false", None)
    assert row["created_at"] == row["closed_at"] == str(START_UNIX)
    assert (row["status_id"], row["pipeline_id"], row["source_id"]) == ("143", "7249526", "77")
    assert (row["loss_reason_id"], row["loss_reason_name"]) == ("4", "Дорого")
    assert (row["contact_ids"], row["main_contact_id"], row["company_id"]) == ("[12,11]", "12", "9")
    assert (row["tags"], row["tag_ids"]) == ('["VIP"]', "[5]")
    kept = {field["field_id"]: field["values"] for field in json.loads(row["custom_fields_values"])}
    assert kept == {
        5501: [{"value": "yandex"}],
        5510: [{"value": "Сайт", "enum_id": 881, "enum_code": None}],
        5511: [{"value": "12.5"}],
        5522: [{"value": "1694765317123456789"}],
    }
    assert json.loads(row["custom_texts"]) == [
        {
            "field_id": 5521,
            "field_code": None,
            "field_name": "Город",
            "field_type": "text",
            "values": [{"value": "Тверь"}],
        }
    ]
    written = json.dumps(row, ensure_ascii=False)
    assert not any(word in written for word in ("Иван", "маме", "9000000", "900 000", "Примерная"))


def test_a_contact_has_phones_and_emails_in_contact_columns_only(make: Make, tmp_path: Path) -> None:
    crm = make()
    crm.put_lead(START, 1, contacts=[11])
    crm.put_contact(
        START, 11, company=9, name="Иван Примеров", first_name="Иван", last_name="Примеров",
        custom_fields_values=[
            multitext(3, "PHONE", *(f"+7 900 000-00-0{number}" for number in range(1, 8))),
            multitext(4, "EMAIL", "ivan@example.com"),
            multitext(5, "IM", "@ivan_example"),
            select_field(6, "Роль", "ЛПР", 77),
            text_field(7, "Заметка", "Иван любит чай"),
        ],
    )  # fmt: skip
    crm.put_company(START, 9, name="ИП Примеров", custom_fields_values=[multitext(3, "PHONE", "+79000000009")])
    home = Home(crm, tmp_path)
    (contact,) = home.pull("contacts")
    assert [contact[name] for name in PHONES] == [f"+7 900 000-00-0{number}" for number in range(1, 6)]
    assert (contact["phone_count"], contact["email_count"]) == ("7", "1")
    assert [contact[name] for name in EMAILS] == ["ivan@example.com", None, None]
    assert (contact["company_id"], contact["lead_ids"]) == ("9", "[1]")
    stream = home.stream("contacts")
    assert set(stream.contacts) == {*PHONES, *EMAILS}
    others = json.dumps(
        {name: text for name, text in contact.items() if name not in stream.contacts}, ensure_ascii=False
    )
    assert not any(word in others for word in ("Иван", "ivan", "Пример", "900"))
    assert [field["field_id"] for field in json.loads(contact["custom_fields_values"])] == [6]
    (company,) = home.pull("companies")
    assert (company["phone_1"], company["contact_ids"]) == ("+79000000009", "[11]")
    assert "Примеров" not in json.dumps(company, ensure_ascii=False)


@pytest.mark.parametrize("named", ["6102", "INN"])
def test_the_tax_number_of_a_company_is_read_from_the_field_that_is_named_and_stays_nowhere_else(
    make: Make, tmp_path: Path, named: str
) -> None:
    crm = make()
    legal = {"name": "ООО «Пример»", "vat_id": "7700000018", "kpp": "770001001"}
    crm.put_company(START, 8, custom_fields_values=[text_field(6102, "ИНН", "77 0000 0018", code="INN")])
    crm.put_company(
        START, 9, custom_fields_values=[{**text_field(6102, "Реквизиты", "", code="INN"), "field_type": "legal_entity", "values": [{"value": legal}]}]
    )  # fmt: skip
    crm.put_company(START, 10, custom_fields_values=[text_field(6103, "ИНН (старый)", "7700000025")])
    home = Home(crm, tmp_path, tax_id_field=named, id_fields=["6102"])
    rows = {row["id"]: row for row in home.pull("companies")}
    assert {key: row["tax_id"] for key, row in rows.items()} == {"8": "77 0000 0018", "9": "7700000018", "10": None}
    others = json.dumps([{name: text for name, text in row.items() if name != "tax_id"} for row in rows.values()])
    assert "0018" not in others
    assert home.stream("companies").contacts["tax_id"] == "tax_id"
    assert {row["tax_id"] for row in Home(crm, tmp_path / "unnamed").pull("companies")} == {None}


def test_pipelines_have_a_row_a_stage(make: Make, tmp_path: Path) -> None:
    crm = make()
    crm.put_pipeline(START, 7249526, {60456946: "Новая"}, name="Продажи")
    crm.put_pipeline(START, 7249527, {})
    home = Home(crm, tmp_path)
    (pulled, rows), *others = home.pulls("pipelines")
    assert others == []
    assert (pulled.kind, pulled.cursor_to, pulled.observed_at) == ("snapshot", None, START)
    assert [(row["pipeline_id"], row["status_id"], row["status_name"]) for row in rows] == [
        ("7249526", "60456946", "Новая"),
        ("7249526", "142", "Успешно реализовано"),
        ("7249526", "143", "Закрыто и не реализовано"),
        ("7249527", "142", "Успешно реализовано"),
        ("7249527", "143", "Закрыто и не реализовано"),
    ]
    assert (rows[0]["pipeline_name"], rows[0]["is_main"], rows[0]["status_type"]) == ("Продажи", "true", "0")


def test_choices_of_fields_come_with_their_numbers_and_fields_without_choices_do_not(
    make: Make, tmp_path: Path
) -> None:
    crm = make()
    crm.put_custom_field(START, "leads", 7001, "Бюджет", "select", choices={"нет": 1, "да": 2})
    crm.put_custom_field(START, "leads", 7002, "Комментарий", "text")
    crm.put_custom_field(START, "companies", 7003, "Сегмент", "select", code="SEGMENT", choices={"Розница": 3})
    rows = Home(crm, tmp_path).pull("field_choices")
    told = [(row["entity_type"], row["field_id"], row["field_code"], row["enum_id"], row["enum_value"]) for row in rows]
    assert told == [
        ("leads", "7001", None, "1", "нет"),
        ("leads", "7001", None, "2", "да"),
        ("companies", "7003", "SEGMENT", "3", "Розница"),
    ]


def test_changes_of_chosen_fields_are_events_with_the_numbers_of_the_choices(make: Make, tmp_path: Path) -> None:
    crm = make()
    crm.put_lead(START, 100)
    field = {"field_id": 7001, "field_type": 4, "text": "секрет"}
    for number in (7001, 7002):
        crm.put_event(
            START, f"custom_field_{number}_value_changed", entity_id=100,
            value_before=[], value_after=[{"custom_field_value": {**field, "field_id": number, "enum_id": 2}}],
        )  # fmt: skip
    rows = Home(crm, tmp_path, history_fields=[7001]).pull("events")
    changes = [row for row in rows if row["type"] != "lead_added"]
    assert [(row["field_id"], row["enum_before"], row["enum_after"]) for row in changes] == [("7001", None, "2")]
    assert "секрет" not in json.dumps(rows, ensure_ascii=False)


def test_events_hold_ids_before_and_after_and_nothing_typed(make: Make, tmp_path: Path) -> None:
    crm = make()
    crm.put_lead(START - timedelta(hours=2), 1, status_id=60456946, pipeline_id=7249526)
    crm.put_lead(START - timedelta(hours=1), 1, status_id=WON, responsible_user_id=5, changed_by=3)
    crm.put_event(START, "name_field_changed", entity_id=1, value_after=[{"name": "Иван"}])
    crm.put_event(START, "lead_deleted", entity_id=1, value_after=[{"name_field_value": {"name": "Иван"}}])
    rows = Home(crm, tmp_path).pull("events")
    assert [row["type"] for row in rows] == [
        "lead_added", "lead_status_changed", "entity_responsible_changed", "lead_deleted",
    ]  # fmt: skip
    changed = rows[1]
    assert (changed["pipeline_before"], changed["status_before"]) == ("7249526", "60456946")
    assert (changed["pipeline_after"], changed["status_after"]) == ("7249526", "142")
    assert (changed["created_by"], changed["created_at"]) == ("3", str(START_UNIX - 3600))
    assert (rows[2]["responsible_before"], rows[2]["responsible_after"]) == ("1", "5")
    assert "Иван" not in json.dumps(rows, ensure_ascii=False)


def test_calls_of_leads_and_contacts_come_without_number_recording_and_text(make: Make, tmp_path: Path) -> None:
    crm = make()
    crm.put_note(START, 501, "call_in", 1, params=call(63, 4, call_responsible="Менеджер 1"))
    crm.put_note(START, 502, "common", 1, params={"text": "пароль"})
    crm.put_note(START, 503, "call_out", 11, entity_type="contacts", params=call(0, 6))
    crm.put_note(START, 504, "sms_in", 1, params={"text": "это Иван", "phone": "+79000000001"})
    rows = Home(crm, tmp_path).pull("notes")
    assert [(row["entity_type"], row["id"], row["note_type"]) for row in rows] == [
        ("leads", "501", "call_in"),
        ("leads", "504", "sms_in"),
        ("contacts", "503", "call_out"),
    ]
    assert (rows[0]["duration"], rows[0]["call_status"], rows[0]["call_responsible"]) == ("63", "4", "Менеджер 1")
    assert not any(word in json.dumps(rows, ensure_ascii=False) for word in ("7900", "mp3", "Иван", "пароль"))


def test_tasks_staff_and_loss_reasons(make: Make, tmp_path: Path) -> None:
    crm = make()
    crm.put_task(START, 1, text="Перезвонить", is_completed=True, result={"text": "не взял"}, entity_id=1)
    crm.put_user(START, 5, "Менеджер 5")
    crm.put_loss_reason(START, 4, "Дорого")
    home = Home(crm, tmp_path)
    (task,) = home.pull("tasks")
    assert (task["text"], task["result_text"], task["is_completed"]) == ("Перезвонить", "не взял", "true")
    assert {"text", "result_text"} <= set(home.stream("tasks").free_text)
    (user,) = home.pull("users")
    assert (user["id"], user["name"], user["is_active"]) == ("5", "Менеджер 5", "true")
    assert "example.com" not in json.dumps(user)
    (reason,) = home.pull("loss_reasons")
    assert (reason["id"], reason["name"]) == ("4", "Дорого")


def test_customers_come_when_the_account_has_them(make: Make, tmp_path: Path) -> None:
    crm = make(has_customers=True)
    crm.put_customer(START, 41, ltv=900, company=9)
    home = Home(crm, tmp_path, has_customers=True)
    assert "customers" in [stream.name for stream in home.connector.streams]
    (customer,) = home.pull("customers")
    assert (customer["id"], customer["ltv"], customer["company_id"]) == ("41", "900", "9")
    off = Home(make(), tmp_path / "off", has_customers=True)
    with pytest.raises(ApiError, match="customers are on"):
        off.pull("customers")


def test_in_accounts_of_the_other_variants_the_rows_are_the_same(make: Make, tmp_path: Path) -> None:
    variants = {
        "from_is_inclusive": False, "to_is_inclusive": False, "past_end": "empty", "next_on_last": True,
        "newest_first": True, "loss_reason": "object", "minor_units": True, "order_elsewhere": "refused",
    }  # fmt: skip
    crm = with_leads(make(**variants), 30, timedelta(seconds=1))
    crm.put_loss_reason(START, 4, "Дорого")
    crm.put_lead(START, 31, loss_reason_id=4, price=7)
    home = Home(crm, tmp_path, limit=10)
    rows = home.pull("leads")
    assert len(rows) == 31
    assert home.ids() == numbers(1, 31)
    assert (rows[-1]["loss_reason_name"], rows[-1]["price_with_minor_units"]) == ("Дорого", "7")


# ---- increments, deletions, resumption


def test_the_first_pull_is_everything_and_the_second_what_changed_with_an_overlap(make: Make, tmp_path: Path) -> None:
    crm = with_leads(make(), 20)
    home = Home(crm, tmp_path)
    ((pulled, rows),) = home.pulls("leads")
    assert len(rows) == 20
    assert (pulled.kind, pulled.cursor_from, pulled.observed_at) == ("changes", "0", START)
    assert pulled.cursor_to == str(START_UNIX)
    crm.clock.move_to(START + timedelta(days=1))
    crm.put_lead(START + timedelta(hours=3), 7, price=900)
    crm.put_lead(START + timedelta(hours=4), 21)
    ((pulled, rows),) = home.pulls("leads")
    assert pulled.cursor_from == str(START_UNIX - 600)
    assert [row["id"] for row in rows] == ["7", "21"]
    assert home.lake["leads"][("7",)]["price"] == "900"
    assert home.ids() == numbers(1, 21)


def test_a_pull_with_no_news_is_a_pull_without_rows_that_moves_the_cursor(make: Make, tmp_path: Path) -> None:
    home = Home(make(), tmp_path)
    ((pulled, rows),) = home.pulls("leads")
    assert rows == []
    assert pulled.cursor_to == str(START_UNIX)


def test_the_first_pull_can_begin_later(make: Make, tmp_path: Path) -> None:
    home = Home(with_leads(make(), 20), tmp_path, since=START - timedelta(hours=1, minutes=4, seconds=30))
    assert [row["id"] for row in home.pull("leads")] == numbers(16, 20)


def test_a_late_event_is_found_by_the_overlap(make: Make, tmp_path: Path) -> None:
    crm = make()
    crm.put_lead(START - timedelta(minutes=1), 1, events_known_at=START + timedelta(minutes=30))
    home = Home(crm, tmp_path)
    assert home.pull("events") == []
    crm.clock.advance(timedelta(minutes=31))
    assert [row["type"] for row in home.pull("events")] == ["lead_added"]


def test_a_row_known_late_that_was_restated_within_the_overlap_is_read_again(make: Make, tmp_path: Path) -> None:
    crm = make()
    crm.put_lead(START - timedelta(minutes=5), 1, price=1)
    home = Home(crm, tmp_path)
    home.pull("leads")
    crm.clock.advance(timedelta(minutes=4))
    crm.put_lead(START + timedelta(minutes=3), 1, price=2, updated_at=START_UNIX - 299)
    home.pull("leads")
    assert home.lake["leads"][("1",)]["price"] == "2"


def test_a_deleted_lead_is_found_by_its_event_and_so_is_its_return(make: Make, tmp_path: Path) -> None:
    crm = with_leads(make(), 3)
    home = Home(crm, tmp_path)
    home.pull("events")
    crm.delete_lead(START + timedelta(hours=5), 2)
    crm.delete_lead(START + timedelta(hours=6), 3)
    crm.restore_lead(START + timedelta(hours=7), 3)
    crm.clock.advance(timedelta(days=1))
    rows = home.pull("events")
    assert [(row["type"], row["entity_id"]) for row in rows if row["type"] != "lead_added"] == [
        ("lead_deleted", "2"),
        ("lead_deleted", "3"),
        ("lead_restored", "3"),
    ]


def test_a_deleted_lead_that_stays_in_the_list_has_the_flag(make: Make, tmp_path: Path) -> None:
    crm = with_leads(make(deleted_leads="flag"), 2)
    home = Home(crm, tmp_path)
    home.pull("leads")
    crm.clock.advance(timedelta(hours=1))
    crm.delete_lead(START + timedelta(hours=1), 2)
    home.pull("leads")
    assert home.lake["leads"][("2",)]["is_deleted"] == "true"


def test_a_pull_killed_after_any_of_its_parts_is_resumed_without_loss(make: Make, tmp_path: Path) -> None:
    crm = with_leads(make(), 60, timedelta(hours=5))
    whole = Home(crm, tmp_path / "whole", limit=10, rows_a_pull=15)
    parts = [rows for _, rows in whole.pulls("leads")]
    assert len(parts) >= 3
    assert sum(map(len, parts)) == 60
    for killed_after in range(1, len(parts)):
        home = Home(crm, tmp_path / str(killed_after), limit=10, rows_a_pull=15)
        pulls = home.pulls("leads")
        for _ in range(killed_after):
            next(pulls)
        pulls.close()
        already = len(home.lake["leads"])
        assert 0 < already < 60
        again = home.pull("leads")
        assert home.ids() == numbers(1, 60)
        assert len(again) <= 60 - already + 1, "nothing but the overlap is read twice"


def test_a_backfill_reads_local_days_by_the_month_and_leaves_the_cursor_alone(make: Make, tmp_path: Path) -> None:
    crm = make()
    midnight = datetime(2025, 12, 31, 21, tzinfo=UTC)
    for lead, at in enumerate(
        [midnight - timedelta(seconds=1), midnight, midnight + timedelta(days=40), midnight + timedelta(days=59)], 1
    ):
        crm.put_lead(at, lead)
    home = Home(crm, tmp_path)
    pulls = list(home.pulls("leads", Span(date(2026, 1, 1), date(2026, 2, 28))))
    assert [(pulled.window_from, pulled.window_to) for pulled, _ in pulls] == [
        ("2026-01-01", "2026-01-31"),
        ("2026-02-01", "2026-02-28"),
    ]
    assert [[row["id"] for row in rows] for _, rows in pulls] == [["2"], ["3"]]
    assert home.cursor == {}


def test_a_clock_that_is_ahead_does_not_move_the_cursor_past_the_vendors(make: Make, tmp_path: Path) -> None:
    crm = make()
    home = Home(crm, tmp_path)
    ahead = AmoCrm("company", FixedClock(START + timedelta(hours=2)), home.tokens, base_url=crm.url)
    (pulled,) = ahead.pull(home.stream("leads"), Known())
    assert pulled.cursor_to == str(START_UNIX)


# ---- spans and pages


def test_a_lead_deleted_while_the_list_is_read_hides_no_other(make: Make, tmp_path: Path) -> None:
    faults = [
        Fault(LEADS, "change", body=lambda crm, lead=lead: crm.delete_lead(crm.now, lead), after=3 + 2 * lead)
        for lead in (1, 2, 3)
    ]
    home = Home(with_leads(make(faults), 40), tmp_path, limit=10)
    home.pull("leads")
    assert set(numbers(4, 40)) <= set(home.ids())
    assert all(fault.happened for fault in faults)


def test_a_lead_changed_while_the_list_is_read_comes_now_or_with_the_next_pull(make: Make, tmp_path: Path) -> None:
    change = Fault(LEADS, "change", body=lambda crm: crm.put_lead(crm.now, 30, price=5), after=8)
    home = Home(with_leads(make([change]), 40), tmp_path, limit=10)
    home.pull("leads")
    assert change.happened == 1
    assert set(home.ids()) | {"30"} == set(numbers(1, 40))
    home.crm.clock.advance(timedelta(minutes=1))
    home.pull("leads")
    assert home.ids() == numbers(1, 40)
    assert home.lake["leads"][("30",)]["price"] == "5"


def test_a_second_with_more_rows_than_an_answer_is_read_by_pages(make: Make, tmp_path: Path) -> None:
    home = Home(with_leads(make(), 35, timedelta(0)), tmp_path, limit=10)
    assert len(home.pull("leads")) == 35
    assert home.ids() == numbers(1, 35)


def with_users(crm: Simulated, number: int) -> Simulated:
    for user in range(1, number + 1):
        crm.put_user(START, user, f"Менеджер {user}")
    return crm


def test_a_list_of_pages_is_read_until_two_readings_agree(make: Make, tmp_path: Path) -> None:
    leaves = Fault("GET /api/v4/users", "change", body=lambda crm: crm.delete_user(crm.now, 1), after=2)
    crm = with_users(make([leaves]), 35)
    home = Home(crm, tmp_path, limit=10)
    home.pull("users")
    assert leaves.happened == 1
    assert home.ids("users") == numbers(2, 35), "the first reading has lost the row that slipped to page 2"
    assert [dict(asked.query)["page"] for asked in crm.asked if asked.path.endswith("users")] == list("123412341234")


def test_a_504_between_two_pages_starts_the_list_anew_with_smaller_ones(make: Make, tmp_path: Path) -> None:
    slow = Fault("GET /api/v4/users", "gateway", after=1)
    home = Home(with_users(make([slow]), 130), tmp_path, limit=100)
    home.pull("users")
    assert slow.happened == 1
    assert home.ids("users") == numbers(1, 130)


def test_a_list_that_changes_in_every_reading_ends_with_advice(make: Make, tmp_path: Path) -> None:
    def comes(crm: Simulated) -> None:
        crm.put_user(crm.now, 1000 + len(crm.asked), "Новый")

    crm = with_users(make([Fault("GET /api/v4/users", "change", body=comes, times=None)]), 15)
    home = Home(crm, tmp_path, limit=10)
    with pytest.raises(ApiError, match="quieter hour") as caught:
        home.pull("users")
    assert caught.value.is_passing
    crm.faults.clear()
    home.pull("users")
    assert set(numbers(1, 15)) <= set(home.ids("users"))


def test_it_keeps_to_seven_requests_a_second_and_never_asks_for_too_large_a_page(make: Make, tmp_path: Path) -> None:
    crm = with_leads(make(), 150)
    home = Home(crm, tmp_path, limit=10)
    for name in ("leads", "events", "users", "notes", "tasks", "contacts", "companies"):
        home.pull(name)
    assert {asked.status for asked in crm.asked} <= {200, 204}
    assert len(crm.asked) > 50


# ---- what goes wrong

PASSING: dict[str, list[Fault]] = {
    "429 that says how long to wait": [Fault(LEADS, "limit", seconds=300, times=2, after=2)],
    "429 that is no JSON": [Fault(LEADS, "limit", body="text", times=3, after=1)],
    "429 with a wait that is no number": [Fault(LEADS, "status", status=429, body={"retry_after": "soon"})],
    "500 with the vendor's body": [Fault(LEADS, "status", status=500, body={"title": "ErrInternalServer"}, after=3)],
    "502 of a proxy": [Fault(LEADS, "status", status=502, body="<html>", times=2)],
    "504 until fewer rows are asked for": [Fault(LEADS, "gateway", times=None)],
    "504 to small pages": [Fault(LEADS, "status", status=504, body="<html>", times=4)],
    "a body cut in the middle": [Fault(LEADS, "drop", share=0.5, after=2)],
    "no body at all": [Fault(LEADS, "drop", share=0.0, times=2)],
    "200 that is no JSON": [Fault(LEADS, "garbage", times=2)],
    "200 with another JSON": [Fault(LEADS, "status", status=200, body={"_embedded": {"contacts": []}})],
    "200 with an error inside": [Fault(LEADS, "status", status=200, body={"title": "Bad Request", "status": 400})],
    "200 with an array": [Fault(LEADS, "status", status=200, body=[])],
    "a slow answer": [Fault(LEADS, "slow", seconds=100, after=1)],
    "a row that comes twice": [Fault(LEADS, "duplicate", times=None)],
    "fields that no page describes": [Fault(LEADS, "extra", times=None)],
    "keys that are missing": [Fault(LEADS, "missing", times=None)],
    "numbers as strings": [Fault(LEADS, "strings", times=None)],
    "200 with an empty list": [Fault(LEADS, "empty", times=None)],
    "200 with an array for an object": [Fault(LEADS, "array", times=None)],
    "an access token that is no longer good": [Fault(LEADS, "expired", after=2)],
    "a new access token whose answer was lost": [
        Fault(LEADS, "expired", after=2),
        Fault("POST /oauth2/access_token", "drop", share=0.0, after=1, times=2),
    ],
    "a refresh that finds the vendor down": [
        Fault(LEADS, "expired", after=2),
        Fault("POST /oauth2/access_token", "status", status=503, after=1, times=2),
        Fault("POST /oauth2/access_token", "garbage", after=1, times=1),
    ],
}


@pytest.mark.parametrize("what", PASSING)
def test_the_pull_ends_complete_and_right_in_spite_of(make: Make, tmp_path: Path, what: str) -> None:
    faults = [Fault(**{**vars(fault), "seen": 0, "happened": 0}) for fault in PASSING[what]]
    crm = with_leads(make(faults), 130, timedelta(days=3))
    home = Home(crm, tmp_path, limit=100)
    rows = home.pull("leads")
    assert [row["id"] for row in rows] == numbers(1, 130)
    assert all(fault.happened for fault in faults), "the fault did happen"
    row = rows[0]
    assert (row["price"], row["loss_reason_id"], row["contact_ids"]) == ("0", None, "[]")
    crm.clock.advance(timedelta(hours=1))
    crm.put_lead(START + timedelta(minutes=59), 131)
    home.pull("leads")
    assert home.ids() == numbers(1, 131)


def test_it_waits_as_long_as_the_vendor_asks(make: Make, tmp_path: Path) -> None:
    home = Home(make([Fault(LEADS, "limit", seconds=300)]), tmp_path)
    home.pull("leads")
    assert timedelta(seconds=300) <= home.crm.clock.now() - START < timedelta(seconds=310)


def test_a_plain_403_stops_at_once(make: Make, tmp_path: Path) -> None:
    crm = with_leads(make([Fault(LEADS, "blocked", after=1)]), 130, timedelta(days=3))
    home = Home(crm, tmp_path, limit=100)
    with pytest.raises(ApiError, match=r"blocked this address.*; stop every program") as caught:
        home.pull("leads")
    assert not caught.value.is_passing
    assert [asked.status for asked in crm.asked].count(403) == 1
    home.pull("leads")
    assert home.ids() == numbers(1, 130)


def test_a_switched_off_integration_asks_for_consent(make: Make, tmp_path: Path) -> None:
    crm = with_leads(make(), 3)
    home = Home(crm, tmp_path)
    crm.is_integration_on = False
    with pytest.raises(ApiError, match=r"switch it on, consent anew and save the new pair"):
        home.pull("leads")
    crm.is_integration_on = True
    home.tokens.keep(home.oauth.redeem(crm.consent()))
    home.pull("leads")
    assert home.ids() == numbers(1, 3)


def test_a_revoked_long_lived_token_says_to_make_a_new_one_and_is_not_refreshed(make: Make, tmp_path: Path) -> None:
    crm = with_leads(make(), 3)
    home = Home(crm, tmp_path)
    token = crm.long_lived_token(START + timedelta(days=300))
    connector = AmoCrm("company", crm.clock, LongLivedToken("amocrm", token), base_url=crm.url)
    (pulled,) = connector.pull(home.stream("leads"), Known())
    assert sum(table.num_rows for table in pulled.batches) == 3
    crm.revoke(token)
    with pytest.raises(ApiError, match="make a new one") as caught:
        list(connector.pull(home.stream("leads"), Known()))
    assert token not in str(caught.value)
    assert crm.refreshes == 0


@pytest.mark.parametrize(
    ("status", "body", "advice"),
    [
        (402, {"title": "Payment Required", "status": 402}, "pay it"),
        (403, {"title": "Forbidden", "status": 403}, "administrator"),
        (404, {"title": "Not Found", "detail": "Cannot GET https://x"}, r"Cannot GET .*\(base_url\)"),
        (422, {"detail": "Limit 250 per page"}, "Limit 250 per page; set a smaller `limit`"),
        (400, {"detail": "Request validation failed", "validation-errors": [{"errors": [{"code": "NotSupportedChoice"}]}]},
         "NotSupportedChoice"),
    ],
)  # fmt: skip
def test_a_final_error_says_what_to_do_and_the_next_pull_completes(
    make: Make, tmp_path: Path, status: int, body: dict[str, Any], advice: str
) -> None:
    crm = with_leads(make([Fault(LEADS, "status", status=status, body=body)]), 3)
    home = Home(crm, tmp_path)
    with pytest.raises(ApiError, match=advice) as caught:
        home.pull("leads")
    assert str(caught.value).startswith("amocrm: GET http")
    assert not caught.value.is_passing
    home.pull("leads")
    assert home.ids() == numbers(1, 3)


def test_an_outage_that_stays_ends_as_passing_after_six_tries(make: Make, tmp_path: Path) -> None:
    crm = with_leads(make([Fault(LEADS, "status", status=500, times=6)]), 3)
    home = Home(crm, tmp_path)
    with pytest.raises(ApiError, match=r"HTTP 500 \(tried 6 times\); run again later") as caught:
        home.pull("leads")
    assert caught.value.is_passing
    home.pull("leads")
    assert home.ids() == numbers(1, 3)


def test_staff_need_an_administrators_consent(make: Make, tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="as an administrator of the account"):
        Home(make(is_admin=False), tmp_path).pull("users")


def test_an_account_that_moved_names_its_new_address(make: Make, tmp_path: Path) -> None:
    crm = with_leads(make(), 3)
    home = Home(crm, tmp_path)
    new_url = crm.url.replace("127.0.0.1", "localhost")
    crm.rename(new_url)
    with pytest.raises(ApiError, match=r"moved to localhost:\d+; put the new address in its settings"):
        home.pull("leads")
    with pytest.raises(ApiError, match="moved to localhost"):
        home.oauth.refresh("any")


def test_no_token_is_shown_in_errors_addresses_or_representations(make: Make, tmp_path: Path) -> None:
    crm = make([Fault("POST /oauth2/access_token", "status", status=400, body="secret-token", after=1)])
    home = Home(crm, tmp_path)
    pair = json.loads(home.tokens_file.read_text())
    crm.clock.advance(timedelta(days=1))
    with pytest.raises(ApiError, match="consent anew") as caught:
        home.pull("leads")
    shown = f"{caught.value} {home.oauth!r} {home.tokens!r} {LongLivedToken('amocrm', 'secret-token')!r}"
    for secret in (pair["access_token"], pair["refresh_token"], crm.CLIENT_SECRET, "secret-token"):
        assert secret not in shown
    assert not any(pair["access_token"] in str(asked) for asked in crm.asked)


def test_a_list_whose_filter_is_not_kept_to_is_an_error_and_no_endless_search(make: Make, tmp_path: Path) -> None:
    body = {
        "_links": {"next": {"href": "x"}},
        "_embedded": {"leads": [{"id": number, "updated_at": 5} for number in range(10)]},
    }
    crm = make([Fault(LEADS, "status", status=200, body=body, times=None)])
    with pytest.raises(ApiError, match=r"does not keep to filter\[updated_at\].*newer version"):
        Home(crm, tmp_path, limit=10).pull("leads")


def test_a_row_without_its_time_of_change_is_an_error(make: Make, tmp_path: Path) -> None:
    body = {"_embedded": {"leads": [{"id": 1}]}}
    crm = make([Fault(LEADS, "status", status=200, body=body)])
    with pytest.raises(ApiError, match="without updated_at in Unix seconds"):
        Home(crm, tmp_path).pull("leads")
