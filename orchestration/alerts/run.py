"""Find what is wrong, leave out what was told, tell the rest, remember it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orchestration.alerts.messages import Alert, Message, word_message
from orchestration.alerts.outcome import read_outcome
from orchestration.alerts.problems import Found, Problem, find_problems
from orchestration.alerts.rules import ANY, AlertRule, rules_of, silenced
from orchestration.alerts.senders import SendError, sender_of
from orchestration.alerts.state import ToldLog
from orchestration.clock import Clock
from orchestration.connectors import asked_kinds
from orchestration.landing import Lake
from orchestration.locks import exclusive
from orchestration.reports.language import Language, read_labels
from orchestration.settings import DEFAULT_DEFINITIONS, Settings, SettingsError
from orchestration.sources.definitions import SCHEMAS, DefinitionsError, rows_in_force
from orchestration.sources.definitions.reader import read_file
from orchestration.sources.files import source_name

UPWARDS = ("stale_source",)
"""Alerts of problems at least as large as their threshold; the others are those within it."""


@dataclass
class Outcome:
    """What became of the alerts.

    messages : by route, also in a dry run. sent : routes that took theirs. failed : route → why not. unrouted : route → alerts
    for a route that the configuration does not have. known : problems that were told before. unknown : kind → why it could
    not be looked at.
    """

    messages: dict[str, Message] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    unrouted: dict[str, int] = field(default_factory=dict)
    known: int = 0
    unknown: Mapping[str, str] = field(default_factory=dict)

    @property
    def complaint(self) -> str:
        """What was to be sent and was not; empty when all was."""
        lines = [f"{why}; it is tried again by the next run" for why in self.failed.values()]
        lines += [
            f"route {route} is not under alerts.routes of the configuration: {count} alerts were not sent"
            for route, count in self.unrouted.items()
        ]
        return "\n".join(lines)


def tell_alerts(settings: Settings, clock: Clock, *, send: bool) -> Outcome:
    """One pass over all alerts of a home.

    send : False is a dry run: everything is found and worded, nothing is sent or remembered.

    Raises DefinitionsError when alerts.csv or labels.csv cannot be used, MappingError when a mapping names no source.
    """
    now = clock.now()
    rules, off, words = _rules_and_words(settings, now)
    with exclusive(settings.home / "alerts" / "alerts.lock"):
        found = find_problems(
            settings.home, Lake(settings.lake, clock), _source_names(settings), now, read_outcome(settings.home),
            settings.configuration.company,
        )  # fmt: skip
        log = ToldLog.read(settings.home)
        wanted = _wanted(found.problems, rules, off)
        outcome = Outcome(unknown=found.unknown)
        by_route: dict[str, list[Alert]] = {}
        for problem, rule in wanted:
            if not log.is_due(problem.problem_id, rule.route, now, rule.repeat_hours):
                outcome.known += 1
                continue
            alert = Alert(log.alert_id(problem.problem_id, rule.route), problem, rule)
            by_route.setdefault(rule.route, []).append(alert)
        for route, alerts in by_route.items():
            outcome.messages[route] = word_message(alerts, words, found.company, found.build_id, now)
        if send:
            _end(log, wanted, found, now)
            for route, alerts in by_route.items():
                _send(settings, clock, log, route, alerts, outcome)
        return outcome


def _wanted(
    problems: Sequence[Problem], rules: Sequence[AlertRule], off: frozenset[tuple[str, str, str]]
) -> list[tuple[Problem, AlertRule]]:
    """Problems past their threshold with the rule that tells them: of each route the one that names the subject, else `*`."""
    found = []
    for problem in problems:
        taken: set[str] = set()
        for rule in rules:
            if rule.alert != problem.alert or not rule.covers(problem.subject) or rule.route in taken:
                continue
            if rule.subject == ANY and (problem.alert, problem.subject, rule.route) in off:
                continue
            taken.add(rule.route)
            if _is_past(problem, rule):
                found.append((problem, rule))
    return found


def _is_past(problem: Problem, rule: AlertRule) -> bool:
    if rule.threshold is None or problem.size is None:
        return True
    return problem.size >= rule.threshold if problem.alert in UPWARDS else problem.size <= rule.threshold


def _end(log: ToldLog, wanted: Sequence[tuple[Problem, AlertRule]], found: Found, now: datetime) -> None:
    """Problems that were told and are not there any more. Of a kind that could not be looked at nothing is known."""
    there = {(problem.problem_id, rule.route) for problem, rule in wanted}
    over = [key for key in log.open_problems() if key not in there and key[0].split("/")[0] not in found.unknown]
    log.ended(over, now)


def _send(
    settings: Settings, clock: Clock, log: ToldLog, route: str, alerts: Sequence[Alert], outcome: Outcome
) -> None:
    """One route's message; what it does not take is noted and keeps no other route from its own."""
    configured = settings.configuration.alerts.routes.get(route)
    if configured is None:
        outcome.unrouted[route] = len(alerts)
        return
    try:
        sender_of(route, configured, settings, clock).send(outcome.messages[route])
    except (SendError, SettingsError) as error:
        outcome.failed[route] = str(error)
        return
    log.told(route, [alert.problem.problem_id for alert in alerts], clock.now())
    outcome.sent.append(route)


def _rules_and_words(
    settings: Settings, now: datetime
) -> tuple[list[AlertRule], frozenset[tuple[str, str, str]], Language]:
    configuration = settings.configuration
    words = Language(
        configuration.language, read_labels(), period_calendar=configuration.period_calendar,
        time_zone=configuration.time_zone,
    )  # fmt: skip
    labels = _definition(settings, "labels")
    words = words.overruled({str(row["key"]): {code: str(row[code]) for code in ("en", "ru", "fa")} for row in labels})
    rows = rows_in_force("alerts", _definition(settings, "alerts"), words.local_day(now).isoformat())
    return rules_of(rows), silenced(rows), words


def _definition(settings: Settings, name: str) -> Sequence[Mapping[str, str | None]]:
    """The rows of one definitions file. The others are not read: a mistake in one of them is a thing to alert of."""
    path = DEFAULT_DEFINITIONS / f"{name}.csv"
    if settings.definitions is not None and (settings.definitions / path.name).is_file():
        path = settings.definitions / path.name
    file, problems = read_file(path, SCHEMAS[name])
    if file is None or problems:
        raise DefinitionsError(problems)
    return file.rows


def _source_names(settings: Settings) -> list[str]:
    return [*asked_kinds(settings), *(source_name(path) for path in settings.mappings)]
