"""What is wrong now. Every kind is found from what is on record; a kind whose record is missing says so instead of "no problem"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from orchestration.alerts.outcome import Failure
from orchestration.landing import Lake
from orchestration.publication import PublicationError
from orchestration.publication.current import current_link
from orchestration.reports.reader import PublishedMarts

PUBLISHED = "published"
"""Subject of the published build among the sources that can be stale."""

CLOCKS = "fct_sla_clocks"
CAMPAIGN_ALARMS = "rpt_campaign_alarms"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `key` names it within its alert and stays the same while it lasts; no name, phone or address of a
    person is in it. `size` is what the threshold is compared with (None: any). `values` fill the text."""

    alert: str
    subject: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    size: float | None = None

    @property
    def problem_id(self) -> str:
        return f"{self.alert}/{self.subject}/{self.key}"


@dataclass(frozen=True)
class Found:
    """Problems by kind of alert, and the kinds that could not be looked at, each with the reason."""

    problems: Sequence[Problem]
    unknown: Mapping[str, str]
    company: str
    build_id: str | None


def find_problems(
    home: Path, lake: Lake, sources: Iterable[str], now: datetime, failures: Sequence[Failure] | None, company: str
) -> Found:
    """All problems of a home, before any threshold.

    sources : names of the configured sources. now : aware UTC. failures : of the last run, None when none has ended.
    """
    problems: list[Problem] = []
    unknown: dict[str, str] = {}
    if failures is None:
        unknown["critical_check"] = "no run has ended here yet"
    problems += [
        Problem("critical_check", _name(failure.name), _name(failure.name), {"message": failure.message})
        for failure in failures or ()
    ]
    problems += _stale(lake, sources, now)
    build_id = None
    try:
        with PublishedMarts(current_link(home)) as marts:
            build_id = marts.build.build_id
            evaluated_at = datetime.fromisoformat(str(marts.build.facts["evaluated_at"]))
            problems.append(_age_of_the_build(marts, now))
            if marts.has(CLOCKS):
                problems += _clocks(marts, evaluated_at)
            else:
                unknown |= dict.fromkeys(("clock_due", "clock_breached"), f"the build has no {CLOCKS}")
            if marts.has(CAMPAIGN_ALARMS):
                problems += _campaign_alarms(marts)
            else:
                unknown["campaign_alarm"] = f"the build has no {CAMPAIGN_ALARMS}"
    except PublicationError as error:
        unknown |= dict.fromkeys(("clock_due", "clock_breached", "campaign_alarm"), str(error))
    return Found(problems, unknown, company, build_id)


def _name(text: str) -> str:
    """A name of letters, digits and `_./`, whatever a step or check is called."""
    return re.sub(r"[^A-Za-z0-9_./-]+", "_", text).strip("_")


def _stale(lake: Lake, sources: Iterable[str], now: datetime) -> list[Problem]:
    """Hours since each source last said something new; a source that never did is as old as anything."""
    newest: dict[str, datetime] = {}
    for pull in lake.pulls():
        newest[pull.source] = max(pull.committed_at, newest.get(pull.source, pull.committed_at))
    return [
        Problem(
            "stale_source", source, source, {"since": newest.get(source)},
            size=(now - newest[source]) / timedelta(hours=1) if source in newest else float("inf"),
        )
        for source in dict.fromkeys(sources)
    ]  # fmt: skip


def _age_of_the_build(marts: PublishedMarts, now: datetime) -> Problem:
    known_until = datetime.fromisoformat(str(marts.build.facts["as_of_at"]))
    hours = (now - known_until) / timedelta(hours=1)
    return Problem("stale_source", PUBLISHED, PUBLISHED, {"since": known_until}, size=hours)


def _clocks(marts: PublishedMarts, evaluated_at: datetime) -> list[Problem]:
    """Clocks that still run: minutes until they are due, or hours since they were. The instant is the build's, as for every
    figure (D3): an hour-old build tells of an hour ago."""
    rows = marts.rows(
        f"select lead_id, episode, clock, due_at, state, owner_id from {CLOCKS} where stopped_at is null and due_at is not null"
        " and state in ('running', 'late', 'breached') order by due_at, lead_id, episode, clock"
    )
    problems = []
    for row in rows:
        ahead = (row["due_at"].replace(tzinfo=evaluated_at.tzinfo) - evaluated_at) / timedelta(minutes=1)
        is_due = row["state"] == "running" and ahead > 0
        if not is_due and row["state"] != "breached":
            continue
        problems.append(
            Problem(
                "clock_due" if is_due else "clock_breached",
                str(row["clock"]),
                f"{row['lead_id']}/{row['episode']}",
                {"lead": row["lead_id"], "due_at": row["due_at"], "owner": row["owner_id"]},
                size=ahead if is_due else -ahead / 60,
            )
        )
    return problems


def _campaign_alarms(marts: PublishedMarts) -> list[Problem]:
    """R46: campaigns whose leads are far worse than all others' at the same age. An alarm that ends and comes back is another."""
    rows = marts.rows(
        f"select campaign_id, campaign_name, metric, raised_on, leads, rate, other_rate from {CAMPAIGN_ALARMS} where is_active"
        " order by campaign_id, metric, raised_on"
    )
    return [
        Problem(
            "campaign_alarm",
            str(row["metric"]),
            f"{row['campaign_id']}/{row['raised_on']}",
            {
                "campaign": row["campaign_name"] or row["campaign_id"],
                "leads": row["leads"],
                "rate": row["rate"],
                "other_rate": row["other_rate"],
            },
        )
        for row in rows
    ]
