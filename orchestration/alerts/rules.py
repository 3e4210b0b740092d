"""The definition `alerts` in force: what is watched, from which threshold on, and whom it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ANY = "*"


@dataclass(frozen=True)
class AlertRule:
    """One row. threshold : hours or minutes by the kind of the alert, None where it has none. repeat_hours : after so many hours
    a problem that lasts is told again; 0 means never."""

    alert: str
    subject: str
    route: str
    threshold: int | None
    repeat_hours: int
    severity: str

    def covers(self, subject: str) -> bool:
        return self.subject in (ANY, subject)


def rules_of(rows: Sequence[Mapping[str, str | None]]) -> list[AlertRule]:
    """The enabled rows of alerts.csv that hold, those with a subject of their own first."""
    found = [
        AlertRule(
            alert=str(row["alert"]),
            subject=str(row["subject"]),
            route=str(row["route"]),
            threshold=None if row["threshold"] is None else int(row["threshold"]),
            repeat_hours=int(str(row["repeat_hours"])),
            severity=str(row["severity"]),
        )
        for row in rows
        if row["is_enabled"] == "true"
    ]
    return sorted(found, key=lambda rule: (rule.subject == ANY, rule.alert, rule.route, rule.subject))


def silenced(rows: Sequence[Mapping[str, str | None]]) -> frozenset[tuple[str, str, str]]:
    """Alert, subject and route of rows that are switched off: a `*` row does not speak for them."""
    return frozenset(
        (str(row["alert"]), str(row["subject"]), str(row["route"])) for row in rows if row["is_enabled"] != "true"
    )
