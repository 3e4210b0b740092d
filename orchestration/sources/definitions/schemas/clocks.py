"""SLA clocks and whose calendar they run by."""

from collections.abc import Iterator, Sequence

from orchestration.sources.definitions.kinds import BOOLEAN, NAME, POSITIVE, TEAMS, TEXT, Kind
from orchestration.sources.definitions.laws import in_order
from orchestration.sources.definitions.schema import BrokenLaw, FileLaw, Row, Schema, required, versioned
from orchestration.sources.definitions.schemas.calendars import CALENDAR_KINDS

CLOCKS = ("reaction", "acceptance", "confirmation", "contact", "qualification")
CONTACT_EVENTS = ("attempt", "two_way_contact")
CLOCK_STOPS = (*CONTACT_EVENTS, "accepted", "sql", "rejected", "returned")


def _stop_events(value: str) -> str | None:
    """What is wrong with a list of stop events, None for nothing."""
    unknown = [event for event in value.split("|") if event not in CLOCK_STOPS]
    return f"expected one or more of {', '.join(CLOCK_STOPS)}, separated by |" if unknown else None


def _clock_events(row: Row) -> Iterator[tuple[str, str]]:
    """Before the hand-over nothing is decided; what starts a clock cannot stop it."""
    stops = (row["stop_events"] or "").split("|")
    if row["start_event"] == "lead_created" and not set(stops) <= set(CONTACT_EVENTS):
        yield "stop_events", f"a clock from lead_created stops by {' or '.join(CONTACT_EVENTS)}"
    if row["start_event"] in stops:
        yield "stop_events", f"{row['start_event']} starts the clock and cannot stop it"


def _has_default(*columns: str) -> FileLaw:
    """Every value of the first column has a row with * in the others, valid from the first day on."""

    def law(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
        first, *others = columns
        covered = {row[first] for row in rows if all(row[name] == "*" for name in others)}
        for index, row in enumerate(rows):
            if row[first] not in covered:
                yield BrokenLaw(index, first, f"{row[first]} has no row with {', '.join(others)} *")

    return law


def _default_calendar(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """Whoever is named nowhere, and a lead that nobody owns, needs a calendar too."""
    if not any(row["owner_id"] == row["team"] == row["region"] == "*" for row in rows):
        yield BrokenLaw(
            0,
            "owner_id",
            "no row has * in owner_id, team and region: the calendar of everybody else",
            fix="add a row with * in the three and the calendar of whoever is named nowhere",
        )


FILES: tuple[Schema, ...] = (
    versioned(
        "sla_clocks",
        ["clock", "segment"],
        required("clock", NAME, *CLOCKS),
        required("segment"),
        required("start_event", TEXT, "lead_created", "handed_over", "accepted"),
        required("stop_events", Kind("stop events", _stop_events)),
        required("target_minutes", POSITIVE),
        required("limit_minutes", POSITIVE),
        required("calendar_kind", TEXT, *CALENDAR_KINDS),
        required("is_applicable", BOOLEAN),
        must_have=CLOCKS,
        row_laws=(in_order("target_minutes", "limit_minutes"), _clock_events),
        file_laws=(_has_default("clock", "segment"),),
    ),
    versioned(
        "owner_calendars",
        ["owner_id", "team", "region"],
        required("owner_id"),
        required("team", TEXT, "*", *TEAMS),
        required("region"),
        required("calendar", NAME, reference="calendars.calendar"),
        file_laws=(_default_calendar,),
    ),
)
