"""The company's account of amoCRM: its pipelines, stages, fields, staff and loss reasons, with the ids of all of them.

The configuration of the living company refers to these numbers, so they stand here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.company import EMPLOYEES, REGIONS
from demo.exports.crm import LEVEL_NAMES, QUESTION_NAMES, REASON_NAMES, SEGMENT_NAMES
from demo.feeds.times import instant, midnight
from demo.simulators.amocrm import LOST, WON, AmoCrm

Row = dict[str, Any]

ACCOUNT_MADE_ON = "2024-11-01"
NEW_CUSTOMERS, OWN_CUSTOMERS = 7_100_001, 7_100_002
PIPELINE_NAMES = {NEW_CUSTOMERS: "Новые клиенты", OWN_CUSTOMERS: "Действующие клиенты"}
STAGE_NAMES = {
    "new": "Новый лид",
    "qualified": "Квалифицирован маркетингом",
    "handed_over": "Передан продажам",
    "accepted": "Взят в работу",
    "confirmed": "Подтверждён продажами",
    "proposal": "КП отправлено",
    "signed": "Договор подписан",
    "returned": "Возвращён в маркетинг",
}
"""Stages before the vendor's own last two: 142, to which the first payment leads, and 143, lost."""
OLD_STAGE_NAMES = {
    "new": "Первичное обращение",
    "handed_over": "Передан менеджеру",
    "proposal": "Отправлено предложение",
}
STAGES_RENAMED_ON = "2025-12-01"
"""Moscow day on which these three stages got their present names; their ids stayed."""
STATUS_IDS = {
    (pipeline, stage): 60_000_000 + 1_000 * (number + 1) + 10 * place
    for number, pipeline in enumerate(PIPELINE_NAMES)
    for place, stage in enumerate(STAGE_NAMES, 1)
} | {(pipeline, stage): key for pipeline in PIPELINE_NAMES for stage, key in (("paid", WON), ("lost", LOST))}
"""(pipeline, stage) → status id."""

GROUP_MARKETING, GROUP_SALES = 501_001, 501_002
ROBOT = 0
USER_IDS = {
    employee.owner_id: 9_100_000 + int(employee.owner_id.removeprefix("u"))
    for employee in EMPLOYEES
    if employee.is_human and employee.region != "Тегеран"
}
GROUP_OF_USER = {
    USER_IDS[employee.owner_id]: GROUP_SALES if employee.team == "sales" else GROUP_MARKETING
    for employee in EMPLOYEES
    if employee.owner_id in USER_IDS
}

LOSS_REASON_IDS = {name: 8_200_001 + number for number, name in enumerate(name for name in REASON_NAMES if name)}
DUPLICATE_REASON = "дубль"
LOSS_REASON_IDS[DUPLICATE_REASON] = 8_200_001 + len(LOSS_REASON_IDS)

TASK_MEETING, TASK_DEMO = 2, 3

SOURCE_CHOICES = (
    "Яндекс Директ", "ВКонтакте", "Поиск", "Вебинар", "Рекомендация", "Рассылка", "Ретаргетинг", "Прямой заход", "Звонок",
    "Партнёр", "Сайт",
)  # fmt: skip
WAY_IN_CHOICES = ("Форма", "Запрос демонстрации", "Чат", "Звонок", "Форма в соцсети", "Вебинар", "Партнёр")
"""In the order of `demo.company.WAYS_IN`."""
HEARD_CHOICES = (*SOURCE_CHOICES, "знакомые")


@dataclass(frozen=True, eq=False)
class CustomField:
    """A field of leads, contacts or companies. `choices` are the texts of a select, numbered from 1 behind the field's id."""

    entity: str
    field_id: int
    name: str
    kind: str
    code: str | None = None
    choices: tuple[str, ...] = ()
    enum_ids: Mapping[str, int] = field(init=False)
    _chosen: dict[Any, Row] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        numbered = {choice: self.field_id * 100 + number for number, choice in enumerate(self.choices, 1)}
        object.__setattr__(self, "enum_ids", numbered)

    def holding(self, *values: Any) -> Row:
        """The field with values, as an object of its entity shows it; the same object for the same choice, so that thousands
        of leads share it. Raises KeyError for a choice that there is not."""
        if self.choices or self.kind == "checkbox":
            if values not in self._chosen:
                self._chosen[values] = self._holding(values)
            return self._chosen[values]
        return self._holding(values)

    def _holding(self, values: tuple[Any, ...]) -> Row:
        listed: list[Row] = []
        for number, value in enumerate(values):
            if self.choices:
                listed.append({"value": value, "enum_id": self.enum_ids[value], "enum_code": None})
            elif self.kind == "multitext":
                listed.append({"value": value, "enum_id": self.field_id * 100 + number + 1, "enum_code": "WORK"})
            else:
                listed.append({"value": value})
        return {
            "field_id": self.field_id,
            "field_name": self.name,
            "field_code": self.code,
            "field_type": self.kind,
            "values": listed,
        }


def _lead(number: int, name: str, kind: str, code: str | None = None, choices: tuple[str, ...] = ()) -> CustomField:
    return CustomField("leads", 1_300_000 + number, name, kind, code, choices)


TAG_FIELDS = {
    name: _lead(number, name, "tracking_data", name.upper())
    for number, name in enumerate(("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"), 1)
}
CLICK_ID = _lead(6, "yclid", "tracking_data", "YCLID")
CLIENT_ID = _lead(7, "_ym_uid", "tracking_data", "_YM_UID")
SOURCE = _lead(11, "Источник", "select", choices=SOURCE_CHOICES)
WAY_IN = _lead(12, "Способ обращения", "select", choices=WAY_IN_CHOICES)
HEARD = _lead(13, "Откуда узнали", "select", choices=HEARD_CHOICES)
NEED = _lead(21, "Потребность", "checkbox")
ASKED_FOR_CONTACT = _lead(22, "Просил связаться", "checkbox")
INTEREST = _lead(23, "Интерес", "checkbox")
TEST = _lead(24, "Тест", "checkbox")
COMMENT = _lead(25, "Комментарий", "text")
INDUSTRY = _lead(26, "Отрасль", "select", choices=SEGMENT_NAMES)
"""Filled in when the contract is drawn up, and so for customers only: who learns from it learns the outcome."""
QUESTIONS = tuple(_lead(31 + number, name, "select", choices=LEVEL_NAMES) for number, name in enumerate(QUESTION_NAMES))
"""In the order of `demo.company.CRITERIA`."""

PHONE = CustomField("contacts", 1_400_001, "Телефон", "multitext", "PHONE")
EMAIL = CustomField("contacts", 1_400_002, "Email", "multitext", "EMAIL")
POSITION = CustomField("contacts", 1_400_003, "Должность", "text", "POSITION")
CONTACT_CLIENT_ID = CustomField("contacts", 1_400_004, "ClientID", "text")

SEGMENT = CustomField("companies", 1_500_001, "Сегмент", "select", choices=SEGMENT_NAMES)
REGION = CustomField("companies", 1_500_002, "Регион", "select", choices=REGIONS)
EMPLOYEE_COUNT = CustomField("companies", 1_500_003, "Сотрудников", "numeric")
IS_ICP = CustomField("companies", 1_500_004, "ICP", "checkbox")
WEBSITE = CustomField("companies", 1_500_005, "Сайт", "url")

FIELDS = (
    *TAG_FIELDS.values(), CLICK_ID, CLIENT_ID, SOURCE, WAY_IN, HEARD, NEED, ASKED_FOR_CONTACT, INTEREST, TEST, COMMENT,
    INDUSTRY, *QUESTIONS, PHONE, EMAIL, POSITION, CONTACT_CLIENT_ID, SEGMENT, REGION, EMPLOYEE_COUNT, IS_ICP, WEBSITE,
)  # fmt: skip


def put_account(simulator: AmoCrm) -> None:
    """Put what was there before the first lead, and its later changes: renamed stages, people who come and leave."""
    begins = instant(midnight(ACCOUNT_MADE_ON))
    renamed = instant(midnight(STAGES_RENAMED_ON))
    for number, (pipeline, name) in enumerate(PIPELINE_NAMES.items()):
        for at, names in ((begins, STAGE_NAMES | OLD_STAGE_NAMES), (renamed, STAGE_NAMES)):
            stages = {STATUS_IDS[pipeline, stage]: names[stage] for stage in STAGE_NAMES}
            simulator.put_pipeline(at, pipeline, stages, name=name, sort=number + 1, is_main=number == 0)
    for name, reason in LOSS_REASON_IDS.items():
        simulator.put_loss_reason(begins, reason, name, sort=reason % 1_000 * 10)
    for custom in FIELDS:
        simulator.put_custom_field(
            begins, custom.entity, custom.field_id, custom.name, custom.kind, code=custom.code, choices=custom.enum_ids
        )
    for employee in EMPLOYEES:
        user = USER_IDS.get(employee.owner_id)
        if user is None:
            continue
        rights = {"is_admin": False, "is_free": False, "group_id": GROUP_OF_USER[user], "role_id": None}
        started = instant(midnight(employee.started_on))
        simulator.put_user(started, user, employee.name, rights={**rights, "is_active": True})
        if employee.ended_on:
            ended = instant(midnight(employee.ended_on))
            simulator.put_user(ended, user, employee.name, rights={**rights, "is_active": False})
