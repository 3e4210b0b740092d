"""What amoCRM, Yandex Direct and Yandex Metrika may write: a suite a stream, named `source/stream`.

They are asked of the rows that hold (`data_quality/vendor_rows.py`), so that a day or an object that was read again without
its fault is no breach any more.
"""

from __future__ import annotations

from data_quality.checks import (
    Check,
    at_most,
    day_of_pull,
    ids,
    key_of_pull,
    one_of,
    parallel,
    unix_seconds,
    without_emails,
    written,
)

_WHOLE = r"\d+"
_DIRECT_COUNT = r"--|\d+"
_DIRECT_MONEY = r"--|-?\d+(?:\.\d+)?"
_DIRECT_CONVERSIONS = r'\{"[^"]+":"(?:--|\d+(?:\.\d+)?)"(?:,"[^"]+":"(?:--|\d+(?:\.\d+)?)")*\}'
_SECOND = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
_EVENT_TYPES = (
    "lead_added|lead_deleted|lead_restored|lead_status_changed|entity_responsible_changed|contact_deleted|company_deleted"
    r"|custom_field_\d+_value_changed"
)
_IDS = r"\[(?:\d{1,20}(?:,\d{1,20})*)?\]"

DAY_COLUMNS = {
    "yandex_direct/performance_daily": "Date",
    "yandex_metrika/visits": "date",
    "yandex_metrika/hits": "date",
}
"""Streams of days → the column with the day."""


def _crm_object(*own: Check) -> list[Check]:
    return [*key_of_pull("id"), *ids("id"), *unix_seconds("created_at", "updated_at"), *own]


_AMOCRM: dict[str, list[Check]] = {
    "leads": _crm_object(
        *ids("pipeline_id", "status_id"),
        *unix_seconds("closed_at"),
        *unix_seconds("closest_task_at", may_lie_ahead=True),
        *written("price", "is_a_number", r"-?\d+(?:\.\d+)?"),
    ),
    "contacts": _crm_object(),
    "companies": _crm_object(),
    "pipelines": [*key_of_pull("pipeline_id", "status_id"), *ids("pipeline_id", "status_id")],
    "events": [
        *key_of_pull("id"),
        *written("id", "is_an_id", r"[0-9A-Za-z_\-]+"),
        *ids("entity_id"),
        *written("type", "is_known", _EVENT_TYPES),
        *unix_seconds("created_at"),
    ],
    "notes": [
        *key_of_pull("entity_type", "id"),
        *ids("id", "entity_id"),
        *one_of("entity_type", "leads", "contacts"),
        *one_of("note_type", "call_in", "call_out", "amomail_message", "sms_in", "sms_out"),
        *unix_seconds("created_at", "updated_at"),
        *written("duration", "is_in_whole_seconds", _WHOLE),
    ],
    "tasks": _crm_object(
        *unix_seconds("complete_till", may_lie_ahead=True),
        *without_emails("text", "result_text"),
    ),
    "loss_reasons": [*key_of_pull("id"), *ids("id"), *unix_seconds("created_at", "updated_at")],
    "field_choices": [
        *key_of_pull("entity_type", "field_id", "enum_id"),
        *ids("field_id", "enum_id"),
        *one_of("entity_type", "leads", "contacts", "companies"),
    ],
    "users": [*key_of_pull("id"), *ids("id")],
    "customers": _crm_object(*unix_seconds("next_date", may_lie_ahead=True)),
}

_YANDEX_DIRECT: dict[str, list[Check]] = {
    "campaigns": [*key_of_pull("Id"), *ids("Id"), *written("Currency", "is_a_currency_code", "[A-Z]{3}|YND_FIXED")],
    "ad_groups": [*key_of_pull("Id"), *ids("Id", "CampaignId")],
    "ads": [*key_of_pull("Id"), *ids("Id", "CampaignId", "AdGroupId"), *without_emails("Href", severity="warning")],
    "performance_daily": [
        *key_of_pull("Date", "CampaignId", "AdGroupId", "AdId"),
        *day_of_pull("Date"),
        *ids("CampaignId"),
        *[
            check
            for column in ("AdGroupId", "AdId", "Impressions", "Clicks")
            for check in written(column, "is_a_whole_number", _DIRECT_COUNT)
        ],
        *written("CostWithVat", "is_a_number", _DIRECT_MONEY),
        *written("CostWithoutVat", "is_a_number", _DIRECT_MONEY),
        *written("Conversions", "is_an_object_of_numbers", _DIRECT_CONVERSIONS),
        *at_most("Clicks", "Impressions"),
        *at_most("CostWithoutVat", "CostWithVat"),
    ],
}

_YANDEX_METRIKA: dict[str, list[Check]] = {
    "counters": [*key_of_pull("id"), *ids("id")],
    "goals": [*key_of_pull("id"), *ids("id")],
    "visits": [
        *key_of_pull("visitID"),
        *ids("visitID", "clientID"),
        *day_of_pull("date"),
        *written("dateTime", "is_a_second", _SECOND),
        *written("dateTimeUTC", "is_a_second", _SECOND),
        *written("pageViews", "is_a_whole_number", _WHOLE),
        *written("visitDuration", "is_a_whole_number", _WHOLE),
        *written("watchIDs", "is_a_list_of_ids", _IDS),
        *written("goalsID", "is_a_list_of_ids", _IDS),
        *parallel(
            "goals", "goalsID", "goalsSerialNumber", "goalsDateTime", "goalsPrice", "goalsOrder", "goalsCurrency"
        ),
        *parallel("purchases", "purchaseID", "purchaseDateTime", "purchaseRevenue", "purchaseCurrency"),
        *without_emails("startURL", "endURL", "referer"),
        *without_emails("UTMSource", "UTMMedium", "UTMCampaign", "UTMContent", "UTMTerm"),
    ],
    "hits": [
        *key_of_pull("watchID"),
        *ids("watchID", "clientID"),
        *day_of_pull("date"),
        *written("dateTime", "is_a_second", _SECOND),
        *written("goalsID", "is_a_list_of_ids", _IDS),
        *without_emails("URL", "referer"),
        *without_emails("UTMSource", "UTMMedium", "UTMCampaign", "UTMContent", "UTMTerm"),
    ],
}

VENDOR_SUITES: dict[str, list[Check]] = {
    f"{source}/{stream}": checks
    for source, streams in (
        ("amocrm", _AMOCRM),
        ("yandex_direct", _YANDEX_DIRECT),
        ("yandex_metrika", _YANDEX_METRIKA),
    )
    for stream, checks in streams.items()
}
"""Stream → its checks."""
