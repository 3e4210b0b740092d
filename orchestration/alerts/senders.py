"""Delivery of one message: Slack's incoming webhooks, Telegram's bots, any webhook with a signature, mail.

Secrets stand in the environment and are in no text that is shown: the address of a Slack webhook and the token in Telegram's
address are secrets themselves, so errors name the route and never the address.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Protocol

import requests

from orchestration.alerts.messages import Message
from orchestration.clock import Clock
from orchestration.settings import MailRoute, Route, Settings, SlackRoute, TelegramRoute, WebhookRoute

TRIES = 3
TIMEOUT = (10.0, 30.0)
LONGEST_WAIT = 60.0
"""Seconds. A receiver that asks for more is told at the next run."""

SIGNATURE_HEADER, TIMESTAMP_HEADER, ID_HEADER = (
    "X-Onefunnel-Signature",
    "X-Onefunnel-Timestamp",
    "X-Onefunnel-Message-Id",
)


class SendError(Exception):
    """A receiver did not take the message. The text names the route, never an address or a secret."""


class Sender(Protocol):
    """A route that takes messages."""

    def send(self, message: Message) -> None:
        """Deliver, or raise SendError. What was delivered may be delivered again with the same id."""
        ...


def sender_of(name: str, route: Route, settings: Settings, clock: Clock) -> Sender:
    """The sender of a configured route. Raises SettingsError naming a variable that is not set."""
    if isinstance(route, SlackRoute):
        return Slack(Post(name, clock), settings.secret(route.url_variable))
    if isinstance(route, TelegramRoute):
        return Telegram(Post(name, clock), route.base_url, settings.secret(route.token_variable), route.chat)
    if isinstance(route, WebhookRoute):
        return Webhook(Post(name, clock), route.url, settings.secret(route.secret_variable), clock)
    user = None if route.user_variable is None else settings.secret(route.user_variable)
    password = None if route.password_variable is None else settings.secret(route.password_variable)
    return Mail(name, route, user, password)


@dataclass(frozen=True)
class Post:
    """One POST to a receiver, tried again after what may pass: no connection, 429, 5xx."""

    name: str
    clock: Clock

    def __call__(
        self,
        url: str,
        body: bytes,
        headers: dict[str, str],
        wait_asked: Callable[[requests.Response], float | None] = lambda answer: _seconds(
            answer.headers.get("Retry-After")
        ),
    ) -> requests.Response:
        """The answer with a status below 300. wait_asked : how a receiver says how long to wait.

        Raises
        ------
        SendError
            for any other answer, or none, after the tries.
        """
        said = ""
        for attempt in range(1, TRIES + 1):
            wait: float | None = None
            try:
                # a redirect would hand the message to an address that nobody configured
                answer = requests.post(url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
            except requests.RequestException as error:
                said = f"the connection failed ({type(error).__name__})"
            else:
                if answer.status_code < 300:
                    return answer
                said = f"HTTP {answer.status_code} {' '.join(answer.text.split())[:200]}".strip()
                if answer.status_code != 429 and answer.status_code < 500:
                    raise SendError(f"route {self.name}: {said}")
                wait = wait_asked(answer)
            if attempt < TRIES:
                pause = 2.0 ** (attempt - 1) if wait is None else wait
                if pause > LONGEST_WAIT:
                    raise SendError(f"route {self.name}: {said}; asks to wait {pause:.0f} s")
                self.clock.sleep(pause)
        raise SendError(f"route {self.name}: {said} (tried {TRIES} times)")


@dataclass(frozen=True)
class Slack:
    """An incoming webhook: 200 and `ok`."""

    post: Post
    url: str = field(repr=False)

    def send(self, message: Message) -> None:
        # the three signs that Slack reads as markup; <!channel> in a text would wake everybody
        text = message.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        answer = self.post(self.url, _json({"text": text}), {"Content-Type": "application/json"})
        if answer.text.strip() != "ok":
            raise SendError(f"route {self.post.name}: Slack answered {answer.text.strip()[:200]!r} instead of ok")


@dataclass(frozen=True)
class Telegram:
    """sendMessage of a bot, as plain text: nothing in it can be read as markup."""

    post: Post
    base_url: str
    token: str = field(repr=False)
    chat: str = ""

    def send(self, message: Message) -> None:
        body = {"chat_id": self.chat, "text": message.text, "disable_web_page_preview": True}
        answer = self.post(
            f"{self.base_url.rstrip('/')}/bot{self.token}/sendMessage", _json(body), {"Content-Type": "application/json"},
            _telegram_wait,
        )  # fmt: skip
        said = _object(answer)
        if said.get("ok") is not True:
            raise SendError(
                f"route {self.post.name}: Telegram answered {str(said.get('description', answer.text))[:200]!r}"
            )


@dataclass(frozen=True)
class Webhook:
    """Any receiver of JSON. The signature is HMAC-SHA256 over `<timestamp>.<body>`, so that neither can be changed or replayed."""

    post: Post
    url: str
    secret: str = field(repr=False)
    clock: Clock = field(repr=False)

    def send(self, message: Message) -> None:
        body = _json(message.document | {"text": message.text})
        timestamp = str(int(self.clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: f"sha256={signature(self.secret, timestamp, body)}",
            ID_HEADER: message.message_id,
        }
        self.post(self.url, body, headers)


@dataclass(frozen=True)
class Mail:
    """A mail to all recipients, with the message's id as its Message-ID."""

    name: str
    route: MailRoute
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)

    def send(self, message: Message) -> None:
        mail = EmailMessage()
        mail["Subject"] = message.title
        mail["From"] = Address(addr_spec=self.route.sender)
        mail["To"] = ", ".join(self.route.recipients)
        mail["Message-ID"] = f"<{message.message_id}@{self.route.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        try:
            with self._connection() as connection:
                refused = connection.send_message(mail)
        except (smtplib.SMTPException, OSError) as error:
            # the error of a refused login or recipient repeats who it was
            code = getattr(error, "smtp_code", None)
            raise SendError(
                f"route {self.name}: mail was not taken ({type(error).__name__}{f' {code}' if code else ''})"
            ) from None
        if refused:
            raise SendError(
                f"route {self.name}: {len(refused)} of {len(self.route.recipients)} recipients were refused"
            )

    def _connection(self) -> smtplib.SMTP:
        host, port, seconds = self.route.host, self.route.port, TIMEOUT[1]
        trusted = ssl.create_default_context()
        if self.route.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=seconds, context=trusted)
        else:
            connection = smtplib.SMTP(host, port, timeout=seconds)
        try:
            if self.route.security == "starttls":
                connection.starttls(context=trusted)
            if self.user is not None and self.password is not None:
                connection.login(self.user, self.password)
        except BaseException:
            connection.close()
            raise
        return connection


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a receiver computes to know a message: hexadecimal HMAC-SHA256 of `<timestamp>.<body>`."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _object(answer: requests.Response) -> dict[str, object]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _telegram_wait(answer: requests.Response) -> float | None:
    parameters = _object(answer).get("parameters")
    return _seconds(parameters.get("retry_after")) if isinstance(parameters, dict) else None


def _seconds(value: object) -> float | None:
    """A number of seconds; None for anything else, such as the date that Retry-After may also be."""
    try:
        return float(str(value))
    except ValueError:
        return None
