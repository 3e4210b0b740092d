"""The words of a message: one a route and run, grouped by what is wrong, short enough for every receiver."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import pyarrow as pa

from orchestration.alerts.problems import Problem
from orchestration.alerts.rules import AlertRule
from orchestration.clock import to_text
from orchestration.landing.quarantine import scrub_free_text
from orchestration.reports.language import Language

LONGEST_TEXT = 3500
"""Signs of a message: Telegram takes 4 096 of them."""

LINES_A_KIND = 20

SEVERITIES = ("critical", "warning", "notice")


@dataclass(frozen=True)
class Alert:
    """A problem that is to be told to a route, and the id of this telling."""

    alert_id: str
    problem: Problem
    rule: AlertRule


@dataclass(frozen=True)
class Message:
    """What one route is told. `message_id` is the same when the same is told again after a kill. `text` is plain, its first line
    the title; `document` is for machines."""

    message_id: str
    title: str
    text: str
    document: dict[str, Any]


def word_message(
    alerts: Sequence[Alert], words: Language, company: str, build_id: str | None, now: datetime
) -> Message:
    """The message of one route. `alerts` is not empty."""
    ordered = sorted(
        alerts, key=lambda alert: (SEVERITIES.index(alert.rule.severity), alert.problem.alert, alert.problem.problem_id)
    )
    message_id = hashlib.sha256("\n".join(sorted(alert.alert_id for alert in alerts)).encode()).hexdigest()[:12]
    worst = ordered[0].rule.severity
    title = words.text(
        "alert_text.title", severity=words.text(f"severity.{worst}"), company=words.data(company),
        n=words.number(len(alerts)),
    )  # fmt: skip
    document = {
        "message_id": message_id,
        "sent_at": to_text(now),
        "company": company,
        "build_id": build_id,
        "severity": worst,
        "alerts": [
            {
                "id": alert.alert_id,
                "alert": alert.problem.alert,
                "subject": alert.problem.subject,
                "problem": alert.problem.problem_id,
                "severity": alert.rule.severity,
                "text": _line(alert, words),
            }
            for alert in ordered
        ],
    }
    return Message(message_id, title, _text(title, ordered, words), document | {"title": title})


def _text(title: str, alerts: Sequence[Alert], words: Language) -> str:
    lines = [title]
    left = LONGEST_TEXT - len(title)
    for (severity, kind), group in groupby(alerts, key=lambda alert: (alert.rule.severity, alert.problem.alert)):
        members = list(group)
        heading = (
            f"\n{words.text(f'severity.{severity}')} · {words.text(f'alert.{kind}')} ({words.number(len(members))})"
        )
        shown = []
        for alert in members[:LINES_A_KIND]:
            line = f"– {_line(alert, words)} [{alert.alert_id}]"
            if left < len(heading) + len(line) + 100:
                break
            left -= len(line) + 1
            shown.append(line)
        left -= len(heading) + 1
        lines += [heading, *shown]
        if len(members) > len(shown):
            lines.append(words.text("alert_text.more", n=words.number(len(members) - len(shown))))
    return "\n".join(lines)


def _line(alert: Alert, words: Language) -> str:
    """One problem in words; the names of the systems and free text without contact data."""
    problem, rule = alert.problem, alert.rule
    values = problem.values
    threshold = words.number(rule.threshold or 0)
    if problem.alert == "critical_check":
        message = _scrubbed(str(values["message"]).strip().split("\n")[0])[:160]
        return words.text("alert_text.critical_check", check=words.data(problem.subject), message=words.data(message))
    if problem.alert == "stale_source":
        since = values["since"]
        if not isinstance(since, datetime):
            return words.text("alert_text.never_read", source=words.data(problem.subject))
        moment = words.instant(to_text(since))
        return words.text("alert_text.stale_source", source=words.data(problem.subject), since=moment, hours=threshold)
    if problem.alert == "campaign_alarm":
        rates = {name: "–" if values[name] is None else words.percent(values[name]) for name in ("rate", "other_rate")}
        return words.text(
            "alert_text.campaign_alarm",
            campaign=words.data(_scrubbed(str(values["campaign"]))),
            metric=words.name("campaign_metric", problem.subject),
            leads=words.number(values["leads"]),
            **rates,
        )
    due_at = values["due_at"]
    assert isinstance(due_at, datetime)
    return words.text(
        f"alert_text.{problem.alert}", clock=words.name("clock", problem.subject), lead=words.data(values["lead"]),
        due_at=words.local_instant(due_at), owner=words.data(values["owner"] or words.text("cause.unassigned")),
    )  # fmt: skip


def _scrubbed(text: str) -> str:
    return str(scrub_free_text(pa.array([text])).to_pylist()[0])
