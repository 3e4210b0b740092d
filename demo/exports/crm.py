"""What Moscow's CRM exports: contacts, companies, leads, deals, stage log, calls, payments and the rest.

Semicolons, a byte order mark, decimal commas, `dd.mm.yyyy HH:MM:SS` in Moscow time, Russian headers; calls in cp1251.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from demo.company import (
    CAMPAIGN_IDS,
    CHANNEL_NAMES,
    CRITERIA,
    EMPLOYEES,
    JOBS,
    QUALIFIERS,
    REGIONS,
    SEGMENT_IN_ICP,
)
from demo.exports.identities import World
from demo.exports.marketing import click_id_kinds, referrers_of, tags_of
from demo.exports.notation import (
    blank_where,
    comma_amounts,
    local_datetimes,
    pick,
    russian_times,
    spaced_amount,
    yes_no,
)
from demo.exports.rows import Rows, write_delimited, write_workbook
from demo.journeys import LANDING_PAGES
from demo.sales import CONTACT_KINDS, REASONS, STAGES, owners_at, owners_of

SOURCE = "demo_crm"
STAGE_NAMES = (
    "Новый лид",
    "Квалифицирован маркетингом",
    "Подтверждён продажами",
    "КП отправлено",
    "Договор подписан",
    "Оплачено",
    "Возвращён в маркетинг",
    "Закрыто и не реализовано",
)
"""The CRM's own names, in the order of `demo.sales.STAGES`."""
UNKNOWN_STAGE = "Согласование с юристами"
"""A stage that a rep added and nobody put into the stage map."""
REASON_NAMES = (
    "нецелевой",
    "нет бюджета",
    "слишком рано",
    "выбрали конкурента",
    "не отвечает",
    "неверный номер",
    "другое",
    "",
)
"""In the order of `demo.sales.REASONS`."""
SEGMENT_NAMES = ("Розница", "Производство", "Логистика", "Малый бизнес", "Госсектор")
LEVEL_NAMES = ("нет", "частично", "да")
QUESTION_NAMES = ("Целевой рынок", "Бюджет", "Срочность", "ЛПР", "Срок", "Вовлечённость")
SOURCE_NAMES = {
    "paid_search": "Яндекс Директ",
    "paid_social": "ВКонтакте",
    "organic_search": "Поиск",
    "webinar": "Вебинар",
    "referral": "Рекомендация",
    "email": "Рассылка",
    "brand_search": "Яндекс Директ",
    "retargeting": "Ретаргетинг",
    "direct": "Прямой заход",
}
OFFICE_PHONE, OFFICE_CARDS = "8 (900) 009-99-99", 12
"""A switchboard that somebody typed into the cards of people who have nothing to do with each other."""
DUPLICATES, TESTS = 24, 6
DUPLICATE_FIRST_ID, TEST_FIRST_ID = 190_001, 195_001
COMMENTS = ("Просил перезвонить после обеда", "Интересует внедрение", "Нужна интеграция с 1С", "Номер занят", "")


def write_crm(folder: Path, world: World) -> tuple[dict[str, int], list[Rows]]:
    """Write the files of demo_crm; return rows a file and the rows with their mess."""
    files: dict[str, int] = {}
    written: list[Rows] = []
    exports: dict[str, Callable[[World], Rows]] = {
        "crm_contacts.csv": _contacts_cards,
        "crm_companies.csv": _companies,
        "crm_owners.csv": _owners,
        "crm_leads.csv": _leads,
        "crm_deals.csv": _deals,
        "crm_stage_log.csv": _stage_log,
        "crm_activities.csv": _activities,
        "crm_answers.csv": _answers,
        "crm_rejections.csv": _rejections,
        "crm_assignments.csv": _assignments,
        "crm_proposals.csv": _proposals,
        "crm_plan.csv": _plan,
        "crm_annotations.csv": _annotations,
        "crm_call_reviews.csv": _call_reviews,
    }
    for name, export in exports.items():
        rows = export(world)
        files[name] = write_delimited(folder / name, rows, delimiter=";", encoding="utf-8-sig", newline="\r\n")
        written.append(rows)
    calls = _calls(world)
    files["crm_calls.csv"] = write_delimited(
        folder / "crm_calls.csv", calls, delimiter=";", encoding="cp1251", newline="\r\n"
    )
    payments = _payments(world)
    files["crm_payments.xlsx"] = write_workbook(folder / "crm_payments.xlsx", payments, sheet="Платежи")
    return files, [*written, calls, payments]


def _moscow(world: World) -> np.ndarray:
    """Positions of Moscow's leads."""
    return np.flatnonzero(~world.company.leads.is_branch)


def _contact_of_lead(world: World, lead: np.ndarray) -> list[str]:
    """Contact key of leads; empty where the CRM has no card."""
    return blank_where(world.is_lost_contact[lead], pick(world.person_ids, world.company.leads.person[lead]))


def _contacts_cards(world: World) -> Rows:
    company = world.company
    people = np.unique(company.leads.person[_moscow(world)])
    carded = np.isin(people, company.leads.person[_moscow(world)][~world.is_lost_contact[_moscow(world)]])
    people = people[carded]
    has_phone = np.zeros(len(company.people.account), dtype=bool)
    np.logical_or.at(has_phone, company.leads.person, company.leads.has_phone)
    first = np.full(len(has_phone), np.datetime64("2030-01-01T00:00:00"))
    np.minimum.at(first, company.leads.person, company.leads.created_at)
    has_telegram = world.rng("telegram").random(len(has_phone)) < 0.35
    columns: dict[str, list[Any]] = {
        "Контакт": pick(world.person_ids, people),
        "Компания": pick(world.account_ids, company.people.account[people]),
        "ФИО": pick(world.names, people),
        "Должность": pick(JOBS, company.people.job[people]),
        "Телефон": blank_where(~has_phone[people], pick(world.phones, people)),
        "E-mail": pick(world.emails, people),
        "Telegram": [f"@demo_contact_{n}" if has_telegram[n] else "" for n in people.tolist()],
        "ClientID": pick(world.client_ids, people),
        "Создан": russian_times(first[people]),
    }
    # One person who wrote from three addresses: two more cards with the phone of the first.
    row = next(n for n, phone in enumerate(columns["Телефон"]) if phone)
    for number, suffix in enumerate(("work", "home")):
        for values in columns.values():
            values.append(values[row])
        columns["Контакт"][-1] = f"{columns['Контакт'][row]}-{number + 2}"
        columns["E-mail"][-1] = f"{suffix}.{columns['E-mail'][row]}"
        columns["ClientID"][-1] = ""
    reachable = [n for n, phone in enumerate(columns["Телефон"][: len(people)]) if phone and n > row]
    for n in reachable[:: len(reachable) // OFFICE_CARDS][:OFFICE_CARDS]:
        columns["Телефон"][n] = OFFICE_PHONE
    return Rows(SOURCE, "contacts", columns, key="Контакт")


def _companies(world: World) -> Rows:
    accounts = world.company.accounts
    people = np.unique(world.company.leads.person[_moscow(world)])
    own = np.unique(world.company.people.account[people])
    return Rows(
        SOURCE,
        "companies",
        {
            "Компания": pick(world.account_ids, own),
            "Название": pick(world.account_names, own),
            "Сегмент": pick(SEGMENT_NAMES, accounts.segment[own]),
            "Регион": pick(REGIONS, accounts.region[own]),
            "Сотрудников": accounts.employees[own].tolist(),
            "ICP": yes_no(SEGMENT_IN_ICP[accounts.segment[own]]),
            "Сайт": [f"company{n + 1}.example.com" for n in own.tolist()],
            "Создана": russian_times(accounts.created_at[own]),
        },
        key="Компания",
    )


def _owners(world: World) -> Rows:
    return Rows(
        SOURCE,
        "owners",
        {
            "Сотрудник": [e.owner_id for e in EMPLOYEES],
            "Имя": [e.name for e in EMPLOYEES],
            "Отдел": [{"sales": "Продажи", "marketing": "Маркетинг", "both": "Общий"}[e.team] for e in EMPLOYEES],
            "Должность": [e.job for e in EMPLOYEES],
            "Офис": [e.region for e in EMPLOYEES],
            "Календарь": ["teh_b" if e.region == "Тегеран" else "msk" for e in EMPLOYEES],
            "Человек": yes_no(np.array([e.is_human for e in EMPLOYEES])),
            "Принят": [_russian_day(e.started_on) for e in EMPLOYEES],
            "Уволен": [_russian_day(e.ended_on) for e in EMPLOYEES],
        },
        key="Сотрудник",
    )


def _russian_day(day: str) -> str:
    """Write an ISO day as `dd.mm.yyyy`; empty stays empty."""
    return ".".join(reversed(day.split("-"))) if day else ""


def _leads(world: World) -> Rows:
    company, leads, outcomes = world.company, world.company.leads, world.sales.outcomes
    own = _moscow(world)
    rng = world.rng("leads")
    person, way_in = leads.person[own], leads.way_in[own]
    segment = company.accounts.segment[company.people.account[person]]
    is_online = np.isin(way_in, (0, 1, 2))
    is_tagged = (rng.random(len(own)) >= 0.08) & (is_online | (way_in == 4))
    campaign = np.where(is_online | (way_in == 4), leads.campaign[own], -1)
    labels = np.array([SOURCE_NAMES[name] for name in CHANNEL_NAMES])[leads.entry[own]]
    labels = np.where(way_in == 3, "Звонок", np.where(way_in == 6, "Партнёр", np.where(way_in == 5, "Вебинар", labels)))
    labels = np.where(is_online & (rng.random(len(own)) < 0.25), "Сайт", labels)
    closed_at = np.where(np.isnat(outcomes.closed_at[own]), outcomes.lost_at[own], outcomes.closed_at[own])
    closed_at = np.where(np.isnat(outcomes.won_at[own]), closed_at, outcomes.won_at[own])
    status = np.where(~np.isnat(outcomes.won_at[own]), "Успешно", np.where(np.isnat(closed_at), "В работе", "Закрыт"))
    need = company.leads.answers[own, 2]
    in_icp = SEGMENT_IN_ICP[segment]
    lost = world.is_lost_contact[own]
    tags = tags_of(campaign, is_tagged)
    columns: dict[str, list[Any]] = {
        "ID лида": pick(world.lead_ids, own),
        "Контакт": _contact_of_lead(world, own),
        "Компания": blank_where(lost, pick(world.account_ids, company.people.account[person])),
        "Ответственный": _last_owners(world)[own].tolist(),
        "Создан": russian_times(leads.created_at[own]),
        "Закрыт": russian_times(closed_at),
        "Статус": status.tolist(),
        "Источник": labels.tolist(),
        "UTM source": tags["utm_source"],
        "UTM medium": tags["utm_medium"],
        "UTM campaign": tags["utm_campaign"],
        "Реферер": blank_where(~is_online, referrers_of(leads.entry[own], leads.campaign[own])),
        "Клик": blank_where(~is_online, click_id_kinds(campaign)),
        "Кампания": pick(CAMPAIGN_IDS, np.where(is_tagged, campaign, -1)),
        "Форма": np.where(is_online & (way_in != 2), np.where(way_in == 1, "form_demo", "form_request"), "").tolist(),
        "Страница": blank_where(~is_online, pick(LANDING_PAGES, own % len(LANDING_PAGES))),
        "Сегмент": pick(SEGMENT_NAMES, segment),
        "Должность": pick(JOBS, company.people.job[person]),
        "Имя": pick(world.names, person),
        "Телефон": blank_where(~leads.has_phone[own], pick(world.phones, person)),
        "E-mail": blank_where((way_in == 3) & (own % 2 == 0), pick(world.emails, person)),
        "ClientID": blank_where(~is_online, pick(world.client_ids, person)),
        "ICP": yes_no(in_icp),
        "Потребность": np.where(need < 0, "", np.where(need > 0, "да", "нет")).tolist(),
        "Просил связаться": yes_no(np.isin(way_in, (1, 2, 3)) | (leads.levels[own, 5] > 0)),
        "Демо": yes_no(way_in == 1),
        "Интерес": yes_no((leads.downloads[own] > 0) | np.isin(way_in, (1, 5)) | (leads.levels[own, 5] == 2)),
        "Откуда узнали": np.where(
            rng.random(len(own)) < 0.2, np.where(leads.demand[own] < 0, "знакомые", labels), ""
        ).tolist(),
        "Дубль": ["нет"] * len(own),
        "Тест": ["нет"] * len(own),
        "Комментарий": pick(COMMENTS, rng.integers(0, len(COMMENTS), len(own))),
    }
    _append_copies(columns, rng, DUPLICATES, DUPLICATE_FIRST_ID, "Дубль")
    _append_copies(columns, rng, TESTS, TEST_FIRST_ID, "Тест")
    rows = Rows(SOURCE, "leads", columns, key="ID лида")
    rows.plant_ragged(rng, 3)
    rows.plant_unreadable_records(rng, "Создан", ("31.02.2026 10:00:00", "вчера"), "not_a_timestamp")
    rows.plant_duplicates(rng, 4)
    rows.plant_unreadable_values(rng, "Потребность", ("может быть", "?", "уточнить"), "not_a_boolean")
    return rows


def _last_owners(world: World) -> np.ndarray:
    """Return who holds each lead of Moscow when the exports are taken."""
    assignments = world.sales.assignments
    owners = np.full(len(world.company.leads), "", dtype=assignments.owner.dtype)
    owners[assignments.lead] = assignments.owner
    return owners


def _append_copies(
    columns: dict[str, list[Any]], rng: np.random.Generator, count: int, first_id: int, flag: str
) -> None:
    """Append leads that a marked duplicate or a test left behind: a copy of a lead with a key of its own."""
    total = len(columns["ID лида"])
    for number, position in enumerate(sorted(rng.choice(total, count, replace=False).tolist())):
        for values in columns.values():
            values.append(values[position])
        columns["ID лида"][-1] = str(first_id + number)
        columns[flag][-1] = "да"
        columns["Статус"][-1] = "Закрыт"
        columns["Закрыт"][-1] = columns["Создан"][-1]
        if flag == "Тест":
            for name in ("Контакт", "Компания", "Телефон", "ClientID", "Кампания"):
                columns[name][-1] = ""
            columns["E-mail"][-1] = f"test{number}@example.com"


def _deals(world: World) -> Rows:
    deals = world.sales.deals
    own = np.flatnonzero(~deals.is_branch)
    lead = deals.lead[own]
    has_contact = np.where(lead >= 0, ~world.is_lost_contact[lead], True)
    amount = deals.amount[own]
    status = np.where(
        ~np.isnat(deals.won_at[own]), "Выиграна", np.where(~np.isnat(deals.lost_at[own]), "Проиграна", "Открыта")
    )
    reason = np.where((lead >= 0) & (status == "Проиграна"), world.sales.outcomes.reason[lead], len(REASONS) - 1)
    signed = np.where(np.isnat(deals.won_at[own]), deals.won_at[own], deals.won_at[own] - np.timedelta64(7200, "s"))
    rows = Rows(
        SOURCE,
        "deals",
        {
            "ID сделки": pick(world.deal_ids, own),
            "ID лида": pick(world.lead_ids, lead),
            "Контакт": blank_where(~has_contact, pick(world.person_ids, deals.person[own])),
            "Компания": blank_where(~has_contact, pick(world.account_ids, deals.account[own])),
            "Ответственный": deals.owner[own].tolist(),
            "Воронка": ["Новые клиенты" if n >= 0 else "Действующие клиенты" for n in lead.tolist()],
            "Продукт": ["WMS Облако" if n % 3 else "WMS Сервер" for n in own.tolist()],
            "Создана": russian_times(deals.created_at[own]),
            "Дата договора": russian_times(signed),
            "Выиграна": russian_times(deals.won_at[own]),
            "Проиграна": russian_times(deals.lost_at[own]),
            "Состояние": status.tolist(),
            "Сумма": comma_amounts(amount),
            "НДС": comma_amounts((amount * 2 + 6) // 12),
            "Валюта": _currency_names(deals.currency[own]),
            "Срок, мес": deals.term_months[own].tolist(),
            "Причина отказа": pick(REASON_NAMES, reason),
        },
        key="ID сделки",
    )
    rng = world.rng("deals")
    rows.rewrite(rng, "Сумма", 12, spaced_amount)
    rows.plant_unreadable_values(rng, "Сумма", ("по запросу", "—"), "not_a_number")
    rows.plant_conflicts(rng, 1, "Сумма", "12 345,60")
    return rows


def _currency_names(currency: np.ndarray) -> list[str]:
    """Write currencies as the CRM does: roubles by their sign, others by their code."""
    return np.where(currency == "RUB", "руб.", currency).tolist()


def _stage_log(world: World) -> Rows:
    events = world.sales.stage_events
    deals = world.sales.deals
    branch_lead = np.where(events.lead >= 0, world.company.leads.is_branch[events.lead], deals.is_branch[events.deal])
    own = np.flatnonzero(~branch_lead)
    extra = DUPLICATES + TESTS
    copies = [str(DUPLICATE_FIRST_ID + n) for n in range(DUPLICATES)] + [str(TEST_FIRST_ID + n) for n in range(TESTS)]
    entered = russian_times(events.entered_at[own])
    rows = Rows(
        SOURCE,
        "stage_log",
        {
            "Событие": [str(700_001 + n) for n in range(len(own) + extra)],
            "ID лида": pick(world.lead_ids, events.lead[own]) + copies,
            "ID сделки": pick(world.deal_ids, events.deal[own]) + [""] * extra,
            "Воронка": ["Новые клиенты" if n >= 0 else "Действующие клиенты" for n in events.lead[own].tolist()]
            + ["Новые клиенты"] * extra,
            "Этап": pick(STAGE_NAMES, events.stage[own]) + [STAGE_NAMES[0]] * extra,
            "Вошёл": entered + [entered[n * len(own) // extra] for n in range(extra)],
        },
        key="Событие",
    )
    rng = world.rng("stage_log")
    rows.plant_duplicates(rng, 3)
    rows.plant_unreadable_records(rng, "Вошёл", ("00.00.0000 00:00:00", "нет данных"), "not_a_timestamp")
    is_proposal = events.stage[own] == STAGES.index("proposal")
    for position in sorted(rng.choice(np.flatnonzero(is_proposal), 3, replace=False).tolist()):
        rows.records[position][4] = UNKNOWN_STAGE
    return rows


def _calls(world: World) -> Rows:
    contacts = world.sales.contacts
    mine = _called(world)
    lead = contacts.lead[mine]
    person = world.company.leads.person[lead]
    deal = _deal_at(world, lead, contacts.occurred_at[mine])
    rng = world.rng("calls")
    rows = Rows(
        SOURCE,
        "calls",
        {
            "ID звонка": _call_ids(len(mine)),
            "Время": russian_times(contacts.occurred_at[mine]),
            "Направление": np.where(contacts.is_outgoing[mine], "Исходящий", "Входящий").tolist(),
            "ID лида": pick(world.lead_ids, lead),
            "ID сделки": pick(world.deal_ids, deal),
            "Контакт": _contact_of_lead(world, lead),
            "Сотрудник": contacts.owner[mine].tolist(),
            "Отдел": _teams(contacts.owner[mine]),
            "Итог": np.where(contacts.is_answered[mine], "Разговор состоялся", "Не дозвонились").tolist(),
            "Длительность, сек": contacts.talk_seconds[mine].tolist(),
            "Телефон": pick(world.phones, person),
            "Комментарий": pick(COMMENTS, rng.integers(0, len(COMMENTS), len(mine))),
        },
        key="ID звонка",
    )
    rows.plant_ragged(rng, 2)
    rows.plant_unreadable_values(rng, "Длительность, сек", ("—", "нет", "минута"), "not_a_number")
    return rows


def _called(world: World) -> np.ndarray:
    """Positions of the calls among the contacts."""
    return np.flatnonzero(world.sales.contacts.kind == CONTACT_KINDS.index("call"))


def _call_ids(count: int) -> list[str]:
    return [f"c{n + 1}" for n in range(count)]


def _call_reviews(world: World) -> Rows:
    reviews, contacts, mine = world.call_reviews, world.sales.contacts, _called(world)
    return Rows(
        SOURCE,
        "call_reviews",
        {
            "ID оценки": [f"cr{n + 1}" for n in range(len(reviews.contact))],
            "ID звонка": pick(_call_ids(len(mine)), np.searchsorted(mine, reviews.contact)),
            "ID лида": pick(world.lead_ids, contacts.lead[reviews.contact]),
            "Сотрудник": contacts.owner[reviews.contact].tolist(),
            "Дата оценки": russian_times(reviews.reviewed_at),
            "Качество": comma_amounts(reviews.quality),
            "Возражений": reviews.objections_raised.tolist(),
            "Отработано возражений": reviews.objections_handled.tolist(),
        },
        key="ID оценки",
    )


def _teams(owner: np.ndarray) -> list[str]:
    """Team of each owner as the CRM names it."""
    qualifiers = {q.owner_id for q in QUALIFIERS}
    return ["Маркетинг" if name in qualifiers else "Продажи" for name in owner.tolist()]


def _deal_at(world: World, lead: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the deal that a lead had at an instant, -1 before it had one."""
    deals = world.sales.deals
    deal = np.full(len(world.company.leads), -1)
    first = np.flatnonzero(deals.lead >= 0)
    deal[deals.lead[first]] = first
    found = deal[lead]
    return np.where((found >= 0) & (deals.created_at[found] <= at), found, -1)


def _activities(world: World) -> Rows:
    contacts = world.sales.contacts
    mine = np.flatnonzero(contacts.kind != CONTACT_KINDS.index("call"))
    lead = contacts.lead[mine]
    kind = contacts.kind[mine]
    names = ("", "Встреча", "Демонстрация", "Письмо", "Сообщение", "Чат")
    met = np.isin(kind, (1, 2))
    outcome = np.where(
        met,
        np.where(contacts.is_answered[mine], "состоялась", "не состоялась"),
        np.where(contacts.is_answered[mine], "ответил", "доставлено"),
    )
    return Rows(
        SOURCE,
        "activities",
        {
            "ID дела": [f"a{n + 1}" for n in range(len(mine))],
            "Тип": pick(names, kind),
            "Время": russian_times(contacts.occurred_at[mine]),
            "Направление": np.where(contacts.is_outgoing[mine], "Исходящий", "Входящий").tolist(),
            "ID лида": pick(world.lead_ids, lead),
            "ID сделки": pick(world.deal_ids, _deal_at(world, lead, contacts.occurred_at[mine])),
            "Контакт": _contact_of_lead(world, lead),
            "Сотрудник": contacts.owner[mine].tolist(),
            "Отдел": _teams(contacts.owner[mine]),
            "Итог": outcome.tolist(),
        },
        key="ID дела",
    )


def _answers(world: World) -> Rows:
    answers = world.sales.answers
    return Rows(
        SOURCE,
        "answers",
        {
            "ID ответа": [
                f"{world.lead_ids[lead]}-{CRITERIA[criterion]}"
                for lead, criterion in zip(answers.lead.tolist(), answers.criterion.tolist(), strict=True)
            ],
            "ID лида": pick(world.lead_ids, answers.lead),
            "Критерий": pick(QUESTION_NAMES, answers.criterion),
            "Ответ": pick(LEVEL_NAMES, answers.level),
            "Записан": russian_times(answers.answered_at),
        },
        key="ID ответа",
    )


def _rejections(world: World) -> Rows:
    outcomes = world.sales.outcomes
    own = _moscow(world)
    refused = own[~np.isnat(outcomes.closed_at[own]) & ~np.isnat(outcomes.handed_at[own])]
    returned = own[~np.isnat(outcomes.returned_at[own])]
    lead = np.concatenate([refused, returned])
    at = np.concatenate([outcomes.closed_at[refused], outcomes.returned_at[returned]])
    order = np.argsort(at, kind="stable")
    lead, at = lead[order], at[order]
    kinds = np.array(["Отказ"] * len(refused) + ["Возврат"] * len(returned))[order]
    return Rows(
        SOURCE,
        "rejections",
        {
            "ID отказа": [f"r{n + 1}" for n in range(len(lead))],
            "ID лида": pick(world.lead_ids, lead),
            "Вид": kinds.tolist(),
            "Время": russian_times(at),
            "Причина": pick(REASON_NAMES, outcomes.reason[lead]),
            "Сотрудник": owners_at(world.company, owners_of(world.company)[lead], lead, at).tolist(),
        },
        key="ID отказа",
    )


def _assignments(world: World) -> Rows:
    assignments = world.sales.assignments
    return Rows(
        SOURCE,
        "assignments",
        {
            "ID": [f"s{n + 1}" for n in range(len(assignments.lead))],
            "ID лида": pick(world.lead_ids, assignments.lead),
            "Сотрудник": assignments.owner.tolist(),
            "Время": russian_times(assignments.assigned_at),
        },
        key="ID",
    )


def _proposals(world: World) -> Rows:
    outcomes, deals = world.sales.outcomes, world.sales.deals
    deal = np.flatnonzero((deals.lead >= 0) & ~deals.is_branch)
    deal = deal[~np.isnat(outcomes.proposal_at[deals.lead[deal]])]
    lead = deals.lead[deal]
    accepted = np.where(
        np.isnat(deals.won_at[deal]), deals.won_at[deal], deals.won_at[deal] - np.timedelta64(10_800, "s")
    )
    return Rows(
        SOURCE,
        "proposals",
        {
            "ID КП": [f"kp{n + 1}" for n in range(len(deal))],
            "ID сделки": pick(world.deal_ids, deal),
            "ID лида": pick(world.lead_ids, lead),
            "Отправлено": russian_times(outcomes.proposal_at[lead]),
            "Принято": russian_times(accepted),
            "Отклонено": russian_times(deals.lost_at[deal]),
            "Сумма": comma_amounts(deals.amount[deal]),
            "Валюта": _currency_names(deals.currency[deal]),
        },
        key="ID КП",
    )


def _payments(world: World) -> Rows:
    payments, deals = world.sales.payments, world.sales.deals
    lead = deals.lead[payments.deal]
    has_contact = np.where(lead >= 0, ~world.is_lost_contact[lead], True)
    vat = (np.abs(payments.amount) * 2 + 6) // 12 * np.sign(payments.amount)
    rows = Rows(
        SOURCE,
        "payments",
        {
            "ID платежа": [f"p{n + 1}" for n in range(len(payments.deal))],
            "ID сделки": pick(world.deal_ids, payments.deal),
            "Компания": blank_where(~has_contact, pick(world.account_ids, deals.account[payments.deal])),
            "Дата": local_datetimes(payments.paid_at),
            "Сумма": [value / 100 for value in payments.amount.tolist()],
            "в т.ч. НДС": [value / 100 for value in vat.tolist()],
            "Валюта": deals.currency[payments.deal].tolist(),
            "Назначение": ["Возврат" if value < 0 else "Оплата по договору" for value in payments.amount.tolist()],
        },
        key="ID платежа",
    )
    rng = world.rng("payments")
    rows.rewrite(
        rng, "Сумма", 4, lambda value: spaced_amount(f"{abs(value):.2f}".replace(".", ",")) if value > 0 else value
    )
    rows.plant_unreadable_records(rng, "Сумма", ("уточняется",), "not_a_number")
    return rows


def _plan(world: World) -> Rows:
    months = [str(month) for month in np.arange("2025-01", "2026-07", dtype="datetime64[M]")]
    return Rows(
        SOURCE,
        "plan",
        {
            "ID": [f"plan-{month}" for month in months],
            "Месяц": months,
            "Показатель": ["Выручка"] * len(months),
            "План, коп.": [600_000_000 + 35_000_000 * number for number in range(len(months))],
            "Валюта": ["RUB"] * len(months),
        },
        key="ID",
    )


def _annotations(world: World) -> Rows:
    changes = world.company.changes
    return Rows(
        SOURCE,
        "annotations",
        {
            "ID": [f"n{number + 1}" for number in range(len(changes))],
            "Вид": [change.kind for change in changes],
            "С": [_russian_day(change.started_on) for change in changes],
            "По": [_russian_day(change.ended_on) for change in changes],
            "Кампания": [change.campaign_id for change in changes],
            "Что изменили": [change.note for change in changes],
        },
        key="ID",
    )
