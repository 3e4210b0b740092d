"""Whom an alert reaches, from when on, and how often it is repeated."""

from collections.abc import Iterator

from orchestration.sources.definitions.kinds import BOOLEAN, COUNT, NAME, TEXT
from orchestration.sources.definitions.schema import Row, Schema, optional, required, versioned

ALERTS: dict[str, bool] = {
    "critical_check": False,
    "stale_source": True,
    "clock_due": True,
    "clock_breached": True,
    "campaign_alarm": False,
}
"""Kinds of alerts, and whether they have a threshold: hours without news of a source, minutes before a clock is due, hours
since a clock was due."""


def _alert_threshold(row: Row) -> Iterator[tuple[str, str]]:
    needs = ALERTS[row["alert"] or ""]
    if needs and row["threshold"] is None:
        yield "threshold", f"is empty, but alert {row['alert']} needs it"
    elif not needs and row["threshold"] is not None:
        yield "threshold", f"alert {row['alert']} has no threshold; leave it empty"


FILES: tuple[Schema, ...] = (
    versioned(
        "alerts",
        ["alert", "subject", "route"],
        required("alert", TEXT, *ALERTS),
        required("subject"),
        required("route", NAME),
        optional("threshold", COUNT),
        required("repeat_hours", COUNT),
        required("severity", TEXT, "critical", "warning", "notice"),
        required("is_enabled", BOOLEAN),
        row_laws=(_alert_threshold,),
    ),
)
