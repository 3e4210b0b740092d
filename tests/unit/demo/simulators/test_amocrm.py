"""The simulator of amoCRM: what its fact sheet says, asked with plain requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from demo.simulators.amocrm import LOST, WON, AmoCrm, Rules, call, multitext, select_field, text_field
from demo.simulators.server import Fault
from orchestration.clock import FixedClock

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
START_UNIX = 1772442000

Make = Callable[..., AmoCrm]


@pytest.fixture(scope="module")
def make() -> Iterator[Make]:
    """Makes running simulators; without a limit of requests unless the rules say so. They stop together at the end."""
    running: list[AmoCrm] = []

    def made(faults: list[Fault] | None = None, **rules: Any) -> AmoCrm:
        given = {"requests_a_second": None, "account_requests_a_second": None, **rules}
        running.append(AmoCrm(FixedClock(START), faults, Rules(**given)).__enter__())
        return running[-1]

    yield made
    with ThreadPoolExecutor(len(running)) as pool:
        list(pool.map(lambda crm: crm.__exit__(None, None, None), running))


class Client:
    """A user of the API with a good token."""

    def __init__(self, crm: AmoCrm) -> None:
        self.crm = crm
        self.pair = crm.first_pair()

    def get(self, path: str, token: str | None = None, **params: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token or self.pair['access_token']}"}
        url = f"{self.crm.url}/api/v4/{path}"
        return requests.get(url, params=params, headers=headers, timeout=10, allow_redirects=False)

    def rows(self, path: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        response = self.get(path, **(params or {}))
        assert response.status_code in (200, 204), response.text
        if response.status_code == 204:
            return []
        return next(iter(response.json()["_embedded"].values()))

    def ids(self, path: str, **params: Any) -> list[int]:
        return [row["id"] for row in self.rows(path, params)]

    def refresh(self, token: str, **other: Any) -> requests.Response:
        body = {
            "client_id": AmoCrm.CLIENT_ID,
            "client_secret": AmoCrm.CLIENT_SECRET,
            "grant_type": "refresh_token",
            "refresh_token": token,
            "redirect_uri": AmoCrm.REDIRECT_URI,
            **other,
        }
        return requests.post(f"{self.crm.url}/oauth2/access_token", json=body, timeout=10)


def with_leads(crm: AmoCrm, number: int, first: int = 1) -> AmoCrm:
    """Leads first, first + 1, …, a second apart."""
    for lead in range(first, first + number):
        crm.put_lead(START - timedelta(hours=1) + timedelta(seconds=lead), lead)
    return crm


# ---- tokens


def test_without_a_good_token_the_answer_is_401_with_the_problem_body(make: Make) -> None:
    response = Client(make()).get("leads", token="no such token")
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["title"] == "Unauthorized"
    assert response.json()["type"] == "https://httpstatus.es/401"
    assert response.json()["status"] == 401
    assert response.headers["X-Request-Id"]


def test_an_access_token_lives_a_day(make: Make) -> None:
    client = Client(make())
    assert client.pair["token_type"] == "Bearer"
    assert client.pair["expires_in"] == 86400
    client.crm.clock.advance(timedelta(seconds=86399))
    assert client.get("leads").status_code == 204
    client.crm.clock.advance(timedelta(seconds=1))
    assert client.get("leads").status_code == 401


def test_a_refresh_gives_a_new_pair_and_the_old_token_works_until_the_new_one_is_used(make: Make) -> None:
    client = Client(make())
    old = client.pair["refresh_token"]
    lost = client.refresh(old).json()
    second = client.refresh(old).json()
    assert len({old, lost["refresh_token"], second["refresh_token"]}) == 3
    assert client.get("leads", token=second["access_token"]).status_code == 204
    assert client.refresh(old).status_code == 200, "using the access token is no use of the refresh token"
    assert client.refresh(second["refresh_token"]).status_code == 200
    assert client.refresh(old).status_code == 400
    assert client.refresh(lost["refresh_token"]).status_code == 400


def test_in_the_other_variant_the_old_token_dies_with_the_first_request_of_the_new_pair(make: Make) -> None:
    client = Client(make(old_dies_on="access", refused_status=401))
    old = client.pair["refresh_token"]
    new = client.refresh(old).json()
    assert client.get("leads", token=new["access_token"]).status_code == 204
    assert client.refresh(old).status_code == 401


def test_a_refresh_token_ends_after_three_months_without_use(make: Make) -> None:
    client = Client(make())
    client.crm.clock.advance(timedelta(days=90))
    new = client.refresh(client.pair["refresh_token"]).json()
    client.crm.clock.advance(timedelta(days=91))
    assert client.refresh(new["refresh_token"]).status_code == 400


def test_a_switched_off_integration_gets_401_everywhere(make: Make) -> None:
    client = Client(make())
    client.crm.is_integration_on = False
    assert client.get("leads").status_code == 401
    assert client.refresh(client.pair["refresh_token"]).status_code == 401


def test_a_code_of_consent_is_good_once_and_for_twenty_minutes(make: Make) -> None:
    client = Client(make())
    code = client.crm.consent()
    assert client.refresh("", grant_type="authorization_code", code=code).json()["refresh_token"]
    assert client.refresh("", grant_type="authorization_code", code=code).status_code == 400
    late = client.crm.consent()
    client.crm.clock.advance(timedelta(seconds=1201))
    assert client.refresh("", grant_type="authorization_code", code=late).status_code == 400


def test_wrong_keys_of_the_integration_are_refused(make: Make) -> None:
    client = Client(make())
    token = client.pair["refresh_token"]
    assert client.refresh(token, client_secret="wrong").status_code == 400
    assert client.refresh(token, redirect_uri="https://example.com/other").status_code == 400
    assert client.refresh(token, grant_type="password").status_code == 400
    assert requests.post(f"{client.crm.url}/oauth2/access_token", data="{", timeout=10).status_code == 400


def test_a_long_lived_token_has_its_day_and_can_be_revoked(make: Make) -> None:
    client = Client(make())
    token = client.crm.long_lived_token(START + timedelta(days=2))
    assert client.get("leads", token=token).status_code == 204
    other = client.crm.long_lived_token(START + timedelta(days=300))
    client.crm.revoke(other)
    assert client.get("leads", token=other).status_code == 401
    client.crm.clock.advance(timedelta(days=2))
    assert client.get("leads", token=token).status_code == 401


def test_a_renamed_account_redirects_or_says_its_new_address_in_a_refresh(make: Make) -> None:
    client = Client(make())
    client.crm.rename("http://new.example.com")
    response = client.get("leads")
    assert response.status_code == 301
    assert response.headers["Location"] == "http://new.example.com/api/v4/leads"
    other = Client(make())
    other.crm.rename("http://new.example.com", how="base_domain")
    assert other.get("leads").status_code == 204
    assert other.refresh(other.pair["refresh_token"]).json()["base_domain"] == "new.example.com"


# ---- limits and errors


def test_the_eighth_request_of_a_second_gets_429_with_the_wait_in_json(make: Make) -> None:
    client = Client(make(requests_a_second=7))
    assert [client.get("leads").status_code for _ in range(8)] == [204] * 7 + [429]
    assert client.get("leads").json() == {
        "title": "Too Many Requests",
        "type": "https://httpstatus.es/429",
        "status": 429,
        "detail": "You have sent too many requests in a given amount of time. Please try again later.",
        "retry_after": 300,
    }
    client.crm.clock.advance(timedelta(seconds=1))
    assert client.get("leads").status_code == 204


def test_the_other_429_is_no_json(make: Make) -> None:
    client = Client(make(requests_a_second=0, limit_body="text"))
    response = client.get("leads")
    assert response.status_code == 429
    with pytest.raises(ValueError):
        response.json()
    assert "Retry-After" not in response.headers


def test_the_account_has_a_limit_of_its_own(make: Make) -> None:
    client = Client(make(account_requests_a_second=50))
    assert [client.get("leads").status_code for _ in range(51)] == [204] * 50 + [429]


def test_repeated_violation_blocks_the_address_with_a_plain_403(make: Make) -> None:
    client = Client(make(requests_a_second=1, block_after=3))
    assert [client.get("leads").status_code for _ in range(5)] == [204, 429, 429, 429, 403]
    client.crm.clock.advance(timedelta(hours=1))
    response = client.get("leads")
    assert (response.status_code, response.text) == (403, "403 Forbidden")
    assert client.refresh(client.pair["refresh_token"]).status_code == 403


def test_errors_are_problem_json(make: Make) -> None:
    client = Client(make())
    unknown = client.get("leads", **{"filter[colour]": "red"})
    assert unknown.status_code == 400
    assert unknown.json()["detail"] == "Request validation failed"
    assert unknown.json()["validation-errors"][0]["errors"][0]["code"] == "NotSupportedChoice"
    assert unknown.json()["validation-errors"][0]["errors"][0]["path"] == "filter"
    large = client.get("leads", limit=251)
    assert large.status_code == 422
    assert large.json() == {
        "title": "Unprocessable Entity",
        "type": "https://httpstatus.es/422",
        "status": 422,
        "detail": "Limit 250 per page",
    }
    missing = client.get("no/such/list")
    assert missing.status_code == 404
    assert missing.json()["detail"] == f"Cannot GET {client.crm.url}/api/v4/no/such/list"
    client.crm.is_paid = False
    assert client.get("leads").status_code == 402


@pytest.mark.parametrize(
    "params",
    [
        {"page": "0"},
        {"limit": "many"},
        {"filter[updated_at][from]": "yesterday"},
        {"order[price]": "asc"},
        {"order[updated_at]": "up"},
        {"with": "everything"},
    ],
)
def test_what_the_list_does_not_know_is_400(make: Make, params: dict[str, str]) -> None:
    assert Client(make()).get("leads", **params).status_code == 400


def test_another_method_does_not_reach_the_list(make: Make) -> None:
    client = Client(make())
    headers = {"Authorization": f"Bearer {client.pair['access_token']}"}
    response = requests.delete(f"{client.crm.url}/api/v4/leads", headers=headers, timeout=10)
    assert response.status_code == 404


def test_a_page_too_large_may_be_capped_instead(make: Make) -> None:
    client = Client(with_leads(make(too_large="capped", limit=3), 5))
    assert client.ids("leads", limit=250) == [1, 2, 3]


# ---- paging


def test_pages_have_a_next_link_until_the_last_and_past_the_end_comes_204(make: Make) -> None:
    client = Client(with_leads(make(), 5))
    first = client.get("leads", limit=2).json()
    assert first["_page"] == 1
    assert [row["id"] for row in first["_embedded"]["leads"]] == [1, 2]
    second = requests.get(
        first["_links"]["next"]["href"], headers={"Authorization": f"Bearer {client.pair['access_token']}"}, timeout=10
    ).json()
    assert [row["id"] for row in second["_embedded"]["leads"]] == [3, 4]
    third = client.get("leads", limit=2, page=3)
    assert "next" not in third.json()["_links"]
    past = client.get("leads", limit=2, page=4)
    assert (past.status_code, past.content) == (204, b"")


def test_fifty_rows_come_when_no_limit_is_given(make: Make) -> None:
    assert len(Client(with_leads(make(), 60)).ids("leads")) == 50


def test_in_other_variants_an_empty_list_is_200_and_the_last_page_names_a_next_one(make: Make) -> None:
    empty = Client(make(past_end="empty")).get("leads")
    assert (empty.status_code, empty.json()["_embedded"]) == (200, {"leads": []})
    full = Client(with_leads(make(next_on_last=True), 2)).get("leads", limit=2)
    assert "next" in full.json()["_links"]


def test_an_object_that_leaves_the_list_between_two_pages_moves_the_rest(make: Make) -> None:
    crm = make([Fault("GET /api/v4/leads", "change", body=lambda crm: crm.delete_lead(crm.now, 1), after=1)])
    client = Client(with_leads(crm, 4))
    assert client.ids("leads", limit=2) == [1, 2]
    assert client.ids("leads", limit=2, page=2) == [4]


# ---- lists


def test_a_lead_looks_like_the_sheets_example(make: Make) -> None:
    crm = make()
    crm.put_loss_reason(START, 4, "Дорого")
    fields = [text_field(5501, "utm_source", "yandex", type_="tracking_data", code="UTM_SOURCE")]
    fields.append(select_field(5510, "Канал", "Сайт", 881))
    crm.put_lead(
        START, 37948215, contacts=[11, 12], company=9, price=25000, status_id=LOST, pipeline_id=7249526,
        loss_reason_id=4, custom_fields_values=fields, source_id=77,
    )  # fmt: skip
    lead = Client(crm).rows("leads", {"with": "contacts,loss_reason,source_id,is_price_modified_by_robot"})[0]
    assert lead["created_at"] == lead["updated_at"] == lead["closed_at"] == START_UNIX
    assert (lead["price"], lead["loss_reason_id"], lead["is_deleted"], lead["score"]) == (25000, 4, False, None)
    assert lead["custom_fields_values"][0] == {
        "field_id": 5501,
        "field_name": "utm_source",
        "field_code": "UTM_SOURCE",
        "field_type": "tracking_data",
        "values": [{"value": "yandex"}],
    }
    assert lead["custom_fields_values"][1]["values"] == [{"value": "Сайт", "enum_id": 881, "enum_code": None}]
    assert lead["_links"]["self"]["href"] == f"{crm.url}/api/v4/leads/37948215"
    assert lead["_embedded"]["tags"] == []
    assert lead["_embedded"]["companies"] == [{"id": 9}]
    assert lead["_embedded"]["contacts"] == [{"id": 11, "is_main": True}, {"id": 12, "is_main": False}]
    assert [reason["name"] for reason in lead["_embedded"]["loss_reason"]] == ["Дорого"]
    assert (lead["source_id"], lead["is_price_modified_by_robot"]) == (77, False)


def test_what_is_not_asked_with_with_does_not_come(make: Make) -> None:
    crm = make()
    crm.put_lead(START, 1, contacts=[11])
    lead = Client(crm).rows("leads")[0]
    assert set(lead["_embedded"]) == {"tags", "companies"}
    assert "source_id" not in lead


def test_custom_fields_are_null_when_there_are_none(make: Make) -> None:
    assert Client(with_leads(make(), 1)).rows("leads")[0]["custom_fields_values"] is None


def test_newer_accounts_have_the_price_with_its_kopecks_too(make: Make) -> None:
    crm = make(minor_units=True, loss_reason="object")
    crm.put_loss_reason(START, 4, "Дорого")
    crm.put_lead(START, 1, price=10, loss_reason_id=4)
    crm.put_lead(START, 2, price=10, price_with_minor_units=10.5)
    lead, with_kopecks = Client(crm).rows("leads", {"with": "loss_reason"})
    assert (lead["price"], lead["price_with_minor_units"]) == (10, 10)
    assert (with_kopecks["price"], with_kopecks["price_with_minor_units"]) == (10, 10.5)
    assert lead["_embedded"]["loss_reason"]["name"] == "Дорого"


def test_the_filter_by_change_is_inclusive_and_the_other_variant_is_not(make: Make) -> None:
    params = {"filter[updated_at][from]": START_UNIX - 3600 + 2, "filter[updated_at][to]": START_UNIX - 3600 + 4}
    assert Client(with_leads(make(), 5)).ids("leads", **params) == [2, 3, 4]
    exclusive = Client(with_leads(make(from_is_inclusive=False, to_is_inclusive=False), 5))
    assert exclusive.ids("leads", **params) == [3]


def test_leads_are_filtered_by_values_stages_and_fields_and_ordered_by_change(make: Make) -> None:
    crm = with_leads(make(), 4)
    crm.put_lead(START, 2, status_id=WON, pipeline_id=5, custom_fields_values=[text_field(7, "город", "Тверь")])
    client = Client(crm)
    assert client.ids("leads", **{"order[updated_at]": "desc"}) == [2, 4, 3, 1]
    assert client.ids("leads", **{"filter[id][]": [1, 3]}) == [1, 3]
    assert client.ids("leads", **{"filter[pipeline_id]": 5}) == [2]
    stage = {"filter[statuses][0][pipeline_id]": 5, "filter[statuses][0][status_id]": 142}
    assert client.ids("leads", **stage) == [2]
    assert client.ids("leads", **{"filter[custom_fields_values][7][]": "Тверь"}) == [2]
    assert client.ids("leads", query="твер") == [2]
    assert client.ids("leads", **{"filter[price][from]": 1}) == []


def test_a_deleted_lead_vanishes_and_leaves_an_event_and_can_come_back(make: Make) -> None:
    crm = with_leads(make(), 2)
    crm.delete_lead(START, 1)
    crm.restore_lead(START + timedelta(minutes=5), 1)
    client = Client(crm)
    assert client.ids("leads") == [2]
    deleted = client.rows("events", {"filter[type]": "lead_deleted"})
    assert [(event["entity_id"], event["entity_type"], event["created_at"]) for event in deleted] == [
        (1, "lead", START_UNIX)
    ]
    crm.clock.advance(timedelta(minutes=5))
    assert client.ids("leads") == [1, 2]
    assert [event["entity_id"] for event in client.rows("events", {"filter[type]": "lead_restored"})] == [1]


def test_in_another_variant_a_deleted_lead_stays_with_a_flag(make: Make) -> None:
    crm = with_leads(make(deleted_leads="flag"), 1)
    crm.delete_lead(START, 1)
    assert Client(crm).rows("leads")[0]["is_deleted"] is True


def test_a_contact_has_phones_and_leads_and_does_not_move_the_lead(make: Make) -> None:
    crm = make()
    crm.put_lead(START - timedelta(hours=1), 1, contacts=[11])
    crm.put_contact(START, 11, company=9, custom_fields_values=[multitext(3, "PHONE", "+79000000001")])
    crm.put_company(START, 9)
    client = Client(crm)
    contact = client.rows("contacts", {"with": "leads,customers"})[0]
    assert contact["custom_fields_values"][0]["field_code"] == "PHONE"
    assert contact["custom_fields_values"][0]["values"][0]["enum_code"] == "WORK"
    assert contact["_embedded"]["leads"] == [{"id": 1}]
    assert contact["_embedded"]["companies"] == [{"id": 9}]
    assert client.rows("companies", {"with": "leads,contacts"})[0]["_embedded"]["contacts"] == [{"id": 11}]
    assert client.rows("leads")[0]["updated_at"] == START_UNIX - 3600


def test_in_another_variant_a_changed_contact_moves_its_leads(make: Make) -> None:
    crm = make(links_move_leads=True)
    crm.put_lead(START - timedelta(hours=1), 1, contacts=[11])
    crm.put_contact(START, 11)
    assert Client(crm).rows("leads")[0]["updated_at"] == START_UNIX


def test_every_pipeline_has_the_stages_142_and_143_and_the_list_has_no_pages(make: Make) -> None:
    crm = make()
    crm.put_pipeline(START, 7249526, {60456946: "Новая"})
    crm.put_pipeline(START, 7249527, {60456950: "Первичная"})
    document = Client(crm).get("leads/pipelines", limit=1).json()
    assert [
        (pipeline["id"], [stage["id"] for stage in pipeline["_embedded"]["statuses"]])
        for pipeline in document["_embedded"]["pipelines"]
    ] == [(7249526, [60456946, 142, 143]), (7249527, [60456950, 142, 143])]
    stage = document["_embedded"]["pipelines"][0]["_embedded"]["statuses"][0]
    assert {"id", "name", "sort", "is_editable", "pipeline_id", "color", "type"} <= set(stage)


def test_a_change_of_stage_and_of_owner_are_events_with_before_and_after(make: Make) -> None:
    crm = make()
    crm.put_lead(START - timedelta(hours=2), 37948215, status_id=60456946, pipeline_id=7249526)
    crm.put_lead(START - timedelta(hours=1), 37948215, status_id=WON, changed_by=10091426)
    crm.put_lead(START, 37948215, responsible_user_id=5)
    client = Client(crm)
    assert [event["type"] for event in client.rows("events")] == [
        "lead_added",
        "lead_status_changed",
        "entity_responsible_changed",
    ]
    params = {
        "filter[type]": "lead_status_changed,lead_deleted",
        "filter[entity]": "lead",
        "filter[entity_id][]": 37948215,
        "filter[created_at][from]": START_UNIX - 3600,
    }
    event = client.rows("events", params)[0]
    assert event["value_before"] == [{"lead_status": {"id": 60456946, "pipeline_id": 7249526}}]
    assert event["value_after"] == [{"lead_status": {"id": 142, "pipeline_id": 7249526}}]
    assert (event["created_by"], event["_embedded"]["entity"]["id"]) == (10091426, 37948215)
    won = {"filter[value_after][leads_statuses][0][pipeline_id]": 7249526}
    won["filter[value_after][leads_statuses][0][status_id]"] = 142
    assert len(client.rows("events", {"filter[type]": "lead_status_changed", **won})) == 1
    assert client.get("events", **won).status_code == 400, "with lead_status_changed only"


def test_events_have_pages_of_a_hundred_and_filters_of_ten(make: Make) -> None:
    client = Client(with_leads(make(), 101))
    assert client.get("events", limit=101).status_code == 422
    assert len(client.rows("events", {"limit": 100})) == 100
    assert client.get("events", **{"filter[entity_id][]": list(range(11))}).status_code == 400


def test_a_late_event_is_shown_after_it_happened(make: Make) -> None:
    crm = make()
    crm.put_lead(START, 1, events_known_at=START + timedelta(hours=1))
    client = Client(crm)
    assert client.rows("events") == []
    crm.clock.advance(timedelta(hours=1))
    assert [event["created_at"] for event in client.rows("events")] == [START_UNIX]


def test_calls_are_notes_of_leads_and_of_contacts(make: Make) -> None:
    crm = make()
    crm.put_note(START, 501, "call_in", 1, params=call(63, 4))
    crm.put_note(START, 502, "common", 1, params={"text": "…"})
    crm.put_note(START, 503, "call_out", 11, entity_type="contacts", params=call(0, 6))
    client = Client(crm)
    note = client.rows("leads/notes", {"filter[note_type]": "call_in,call_out"})
    assert [row["id"] for row in note] == [501]
    assert set(note[0]["params"]) == {
        "uniq", "duration", "source", "link", "phone", "call_result", "call_status", "call_responsible"
    }  # fmt: skip
    assert client.ids("contacts/notes", **{"filter[updated_at][from]": START_UNIX}) == [503]
    assert client.get("leads/notes", **{"filter[created_at][from]": 1}).status_code == 400


def test_tasks_users_reasons_fields_unsorted_catalogs_and_the_account(make: Make) -> None:
    crm = make(has_customers=True)
    crm.put_task(START, 1, is_completed=True)
    crm.put_task(START, 2)
    crm.put_user(START, 5, "Менеджер 5")
    crm.put_loss_reason(START, 4, "Дорого")
    crm.put_custom_field(START, "leads", 7, "Город", "text")
    crm.put_unsorted(START, "uid-1", 1)
    crm.put_catalog(START, 31, "Счета", "invoices")
    crm.put_element(START, 31, 1)
    crm.put_customer(START, 41)
    crm.put_transaction(START, 41, 1, 500)
    client = Client(crm)
    assert client.ids("tasks", **{"filter[is_completed]": 1}) == [1]
    assert client.ids("users", limit=250) == [5]
    assert client.ids("leads/loss_reasons") == [4]
    assert client.ids("leads/custom_fields", limit=50) == [7]
    assert client.get("leads/custom_fields", limit=51).status_code == 422
    assert client.ids("contacts/custom_fields") == []
    assert client.rows("leads/unsorted")[0]["uid"] == "uid-1"
    assert client.ids("catalogs/31/elements") == [1]
    assert client.ids("customers") == [41]
    assert client.ids("customers/41/transactions") == [1]
    account = client.get("account", **{"with": "datetime_settings,task_types"}).json()
    assert account["currency"] == "RUB"
    assert account["_embedded"]["datetime_settings"]["timezone"] == "Europe/Moscow"


def test_users_need_an_administrator_and_customers_must_be_on(make: Make) -> None:
    client = Client(make(is_admin=False))
    assert client.get("users").status_code == 403
    assert client.get("users").json()["status"] == 403
    assert client.get("customers").status_code == 404


def test_the_answer_is_as_of_the_shared_clock_and_says_its_date(make: Make) -> None:
    crm = make()
    crm.put_lead(START + timedelta(minutes=1), 1)
    client = Client(crm)
    response = client.get("leads")
    assert response.status_code == 204
    assert response.headers["Date"] == "Mon, 02 Mar 2026 09:00:00 GMT"
    crm.clock.advance(timedelta(minutes=1))
    assert client.ids("leads") == [1]


# ---- faults


def test_the_faults_of_the_module_do_what_its_docstring_says(make: Make) -> None:
    leads = "GET /api/v4/leads"
    kinds = ["limit", "expired", "gateway", "duplicate", "extra", "missing", "strings"]
    crm = with_leads(make([Fault(leads, kind, seconds=5) for kind in kinds]), 1)
    client = Client(crm)
    assert client.get("leads", limit=250).json()["retry_after"] == 5
    assert client.get("leads", limit=250).status_code == 401
    client.pair = crm.first_pair()
    assert client.get("leads", limit=250).status_code == 504
    row, again = client.rows("leads")
    assert row == again
    assert row["id"] == "1"
    assert row["created_at"] == str(START_UNIX - 3599)
    assert "ai_summary" in row
    assert "loss_reason_id" not in row


def test_empty_lists_and_the_plain_429_and_the_block_can_be_asked_for(make: Make) -> None:
    leads = "GET /api/v4/leads"
    client = Client(
        make(
            [Fault(leads, "limit", body="text"), Fault(leads, "empty"), Fault(leads, "array"), Fault(leads, "blocked")]
        )
    )
    assert client.get("leads").text == "403 Forbidden"
    assert client.get("leads").text == "429 Too Many Requests"
    assert client.get("leads").json()["_embedded"] == []
    assert client.get("leads").json()["_embedded"] == {"leads": []}
    assert client.get("leads").status_code == 204


# ---- what is looked up instead of searched


def test_a_span_of_time_holds_the_rows_whose_instant_lies_in_it(make: Make) -> None:
    crm = with_leads(make(), 30)
    client = Client(crm)
    first = int((START - timedelta(hours=1)).timestamp())
    for bounds, expected in (((5, 9), range(5, 10)), ((None, 3), range(1, 4)), ((28, None), range(28, 31))):
        spans = {
            f"filter[{name}][{side}]": first + bound
            for name in ("created_at", "updated_at")
            for side, bound in zip(("from", "to"), bounds, strict=True)
            if bound is not None
        }
        assert client.ids("leads", **spans) == list(expected)


def test_links_follow_the_clock_and_new_changes(make: Make) -> None:
    crm = make()
    client = Client(crm)
    crm.put_contact(START, 11)
    crm.put_lead(START, 1, contacts=[11])
    crm.put_lead(START + timedelta(hours=1), 2, contacts=[11])

    def linked() -> list[int]:
        (row,) = client.rows("contacts", {"with": "leads"})
        return [lead["id"] for lead in row["_embedded"]["leads"]]

    assert linked() == [1]
    crm.clock.advance(timedelta(hours=1))
    assert linked() == [1, 2]
    crm.put_lead(START + timedelta(hours=1), 1, contacts=[])
    assert linked() == [2]


def test_a_price_may_have_kopecks_in_accounts_that_show_them(make: Make) -> None:
    crm = make(minor_units=True)
    crm.put_lead(START, 1, price=25000, price_with_minor_units=25000.5)
    crm.put_lead(START, 2, price=300)
    rows = Client(crm).rows("leads")
    assert [(row["price"], row["price_with_minor_units"]) for row in rows] == [(25000, 25000.5), (300, 300)]
    plain = make()
    plain.put_lead(START, 1, price=25000, price_with_minor_units=25000.5)
    assert "price_with_minor_units" not in Client(plain).rows("leads")[0]


def test_a_field_says_its_code_and_its_choices(make: Make) -> None:
    crm = make()
    crm.put_custom_field(START, "leads", 5501, "utm_source", "tracking_data", code="UTM_SOURCE")
    crm.put_custom_field(START, "leads", 5510, "Канал", "select", choices={"Сайт": 881, "Звонок": 882})
    tag, channel = Client(crm).rows("leads/custom_fields")
    assert (tag["code"], "enums" in tag) == ("UTM_SOURCE", False)
    assert [(one["id"], one["value"]) for one in channel["enums"]] == [(881, "Сайт"), (882, "Звонок")]


def test_the_account_names_the_types_of_tasks_that_it_made(make: Make) -> None:
    crm = make()
    crm.task_types = [{"id": 3, "name": "Демонстрация"}]
    account = Client(crm).get("account", **{"with": "task_types"}).json()
    assert [one["name"] for one in account["_embedded"]["task_types"]] == ["Звонок", "Встреча", "Демонстрация"]
