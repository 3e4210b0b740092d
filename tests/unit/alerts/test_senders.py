"""Every route against a receiver on this machine: what arrives, what is tried again, and that no secret is ever shown."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.alerts.messages import Message
from orchestration.alerts.senders import SendError, sender_of
from orchestration.clock import FixedClock
from orchestration.settings import (
    MailRoute,
    Route,
    Settings,
    SettingsError,
    SlackRoute,
    TelegramRoute,
    WebhookRoute,
    load_settings,
)
from tests.unit.alerts.receivers import HttpReceiver, MailReceiver, http_receiver, mail_receiver

NOW = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
MESSAGE = Message(
    "0123456789ab",
    "critical: Acme & <Co>, 1 alerts",
    "critical: Acme & <Co>, 1 alerts\n– Срок: лид 7 <!channel>",
    {"message_id": "0123456789ab", "alerts": [{"id": "aaaa"}]},
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as found:
        yield found


@pytest.fixture
def post_office() -> Iterator[MailReceiver]:
    with mail_receiver() as found:
        yield found


def settings(tmp_path: Path, **secrets: str) -> Settings:
    (tmp_path / "mapping.yml").write_text("source: crm\n")
    configuration = tmp_path / "onefunnel.yml"
    configuration.write_text(
        "company: Acme\nreporting_currency: EUR\nsources:\n  - {type: files, mapping: mapping.yml}\n"
    )
    return load_settings(configuration, home=tmp_path / "home", environment=secrets)


def send(route: Route, clock: FixedClock, tmp_path: Path, **secrets: str) -> None:
    sender_of("ops", route, settings(tmp_path, **secrets), clock).send(MESSAGE)


def test_slack_gets_the_text_with_its_three_signs_escaped(
    receiver: HttpReceiver, clock: FixedClock, tmp_path: Path
) -> None:
    send(SlackRoute(type="slack", url_variable="HOOK"), clock, tmp_path, HOOK=f"{receiver.url}/services/T0/B0/secret")
    assert receiver.posted[0][0] == "/services/T0/B0/secret"
    assert receiver.bodies() == [{"text": "critical: Acme &amp; &lt;Co&gt;, 1 alerts\n– Срок: лид 7 &lt;!channel&gt;"}]


def test_an_answer_of_slack_that_is_not_ok_is_a_failure(
    receiver: HttpReceiver, clock: FixedClock, tmp_path: Path
) -> None:
    receiver.answers = [(200, "no_service", {})]
    with pytest.raises(SendError, match="route ops: Slack answered 'no_service' instead of ok"):
        send(SlackRoute(type="slack", url_variable="HOOK"), clock, tmp_path, HOOK=receiver.url)


def test_telegram_gets_plain_text_in_the_chat(receiver: HttpReceiver, clock: FixedClock, tmp_path: Path) -> None:
    receiver.answers = [(200, '{"ok": true, "result": {}}', {})]
    route = TelegramRoute(type="telegram", chat="-100123", token_variable="TOKEN", base_url=receiver.url)
    send(route, clock, tmp_path, TOKEN="42:secret")
    assert receiver.posted[0][0] == "/bot42:secret/sendMessage"
    assert receiver.bodies() == [{"chat_id": "-100123", "text": MESSAGE.text, "disable_web_page_preview": True}]


def test_telegram_says_in_its_body_how_long_to_wait(receiver: HttpReceiver, clock: FixedClock, tmp_path: Path) -> None:
    busy = json.dumps(
        {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 7}}
    )
    receiver.answers = [(429, busy, {}), (200, '{"ok": true}', {})]
    route = TelegramRoute(type="telegram", chat="1", token_variable="TOKEN", base_url=receiver.url)
    send(route, clock, tmp_path, TOKEN="42:secret")
    assert clock.now() - NOW == timedelta(seconds=7)
    assert len(receiver.posted) == 2


def test_a_webhook_is_signed_over_its_timestamp_and_body(
    receiver: HttpReceiver, clock: FixedClock, tmp_path: Path
) -> None:
    route = WebhookRoute(type="webhook", url=f"{receiver.url}/hook", secret_variable="KEY")
    send(route, clock, tmp_path, KEY="s3cret")
    _, headers, body = receiver.posted[0]
    # 2026-06-30T09:00:00Z
    assert headers["X-Onefunnel-Timestamp"] == "1782810000"
    expected = hmac.new(b"s3cret", b"1782810000." + body, hashlib.sha256).hexdigest()
    assert headers["X-Onefunnel-Signature"] == f"sha256={expected}"
    assert headers["X-Onefunnel-Message-Id"] == "0123456789ab"
    assert json.loads(body) == {"message_id": "0123456789ab", "alerts": [{"id": "aaaa"}], "text": MESSAGE.text}


def test_what_may_pass_is_tried_three_times_with_growing_pauses(
    receiver: HttpReceiver, clock: FixedClock, tmp_path: Path
) -> None:
    receiver.answers = [(503, "busy", {})]
    route = WebhookRoute(type="webhook", url=receiver.url, secret_variable="KEY")
    with pytest.raises(SendError, match=r"route ops: HTTP 503 busy \(tried 3 times\)"):
        send(route, clock, tmp_path, KEY="s")
    assert len(receiver.posted) == 3
    assert clock.now() - NOW == timedelta(seconds=1 + 2)


@pytest.mark.parametrize(("status", "said"), [(404, "HTTP 404 gone"), (302, "HTTP 302 gone")])
def test_a_final_answer_or_a_redirect_is_not_tried_again(
    receiver: HttpReceiver, clock: FixedClock, tmp_path: Path, status: int, said: str
) -> None:
    receiver.answers = [(status, "gone", {"Location": f"{receiver.url}/elsewhere"})]
    with pytest.raises(SendError, match=said):
        send(WebhookRoute(type="webhook", url=receiver.url, secret_variable="KEY"), clock, tmp_path, KEY="s")
    assert len(receiver.posted) == 1


def test_a_pause_of_an_hour_is_left_to_the_next_run(receiver: HttpReceiver, clock: FixedClock, tmp_path: Path) -> None:
    receiver.answers = [(429, "slow", {"Retry-After": "3600"})]
    with pytest.raises(SendError, match="asks to wait 3600 s"):
        send(WebhookRoute(type="webhook", url=receiver.url, secret_variable="KEY"), clock, tmp_path, KEY="s")
    assert clock.now() == NOW


def test_a_receiver_that_is_not_there_is_told_without_its_address_or_token(clock: FixedClock, tmp_path: Path) -> None:
    route = TelegramRoute(type="telegram", chat="1", token_variable="TOKEN", base_url="http://127.0.0.1:9")
    with pytest.raises(SendError) as caught:
        send(route, clock, tmp_path, TOKEN="42:secret")
    assert str(caught.value) == "route ops: the connection failed (ConnectionError) (tried 3 times)"
    shown = repr(sender_of("ops", route, settings(tmp_path, TOKEN="42:secret"), clock))
    assert "secret" not in shown


def test_a_secret_that_is_not_set_is_named_by_its_variable(clock: FixedClock, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="HOOK is not set"):
        sender_of("ops", SlackRoute(type="slack", url_variable="HOOK"), settings(tmp_path), clock)


def mail_route(port: int, **values: object) -> MailRoute:
    return MailRoute.model_validate(
        {
            "type": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "sender": "funnel@acme.test",
            "recipients": ["head@acme.test", "rop@acme.test"], **values,
        }
    )  # fmt: skip


def test_a_mail_goes_to_all_recipients_with_the_messages_id(
    post_office: MailReceiver, clock: FixedClock, tmp_path: Path
) -> None:
    route = mail_route(post_office.port, user_variable="USER_NAME", password_variable="PASSWORD")
    send(route, clock, tmp_path, USER_NAME="funnel", PASSWORD="right")
    sender, recipients, mail = post_office.mails[0]
    assert (sender, recipients) == ("funnel@acme.test", ["head@acme.test", "rop@acme.test"])
    assert mail["Subject"] == "critical: Acme & <Co>, 1 alerts"
    assert mail["Message-ID"] == "<0123456789ab@acme.test>"
    assert mail.get_content().splitlines() == MESSAGE.text.splitlines()
    assert post_office.login == ("funnel", "right")


def test_a_refused_login_and_a_refused_recipient_are_told_without_who_it_was(
    post_office: MailReceiver, clock: FixedClock, tmp_path: Path
) -> None:
    route = mail_route(post_office.port, user_variable="USER_NAME", password_variable="PASSWORD")
    with pytest.raises(SendError) as caught:
        send(route, clock, tmp_path, USER_NAME="funnel", PASSWORD="wrong")
    assert str(caught.value) == "route ops: mail was not taken (SMTPAuthenticationError 535)"
    post_office.refuses = {"rop@acme.test"}
    with pytest.raises(SendError, match="route ops: 1 of 2 recipients were refused"):
        send(mail_route(post_office.port), clock, tmp_path)


def test_a_server_without_starttls_is_not_written_to_in_clear(
    post_office: MailReceiver, clock: FixedClock, tmp_path: Path
) -> None:
    with pytest.raises(SendError, match="mail was not taken"):
        send(mail_route(post_office.port, security="starttls"), clock, tmp_path)
    assert post_office.mails == []
