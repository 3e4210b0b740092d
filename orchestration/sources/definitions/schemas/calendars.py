"""Working calendars and the days that differ from them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from orchestration.sources.definitions.kinds import DATE, NAME, POSITIVE, TEXT, TIME, ZONE
from orchestration.sources.definitions.laws import needs
from orchestration.sources.definitions.schema import BrokenLaw, FileLaw, Row, Schema, optional, required, versioned

CALENDAR_KINDS = ("24x7", "business_hours", "working_days")


def _weekday(row: Row) -> Iterator[tuple[str, str]]:
    if row["weekday"] is not None and row["weekday"] not in set("1234567"):
        yield "weekday", f"expected 1 (Monday) to 7 (Sunday), got {row['weekday']!r}"


def _opening_hours(row: Row) -> Iterator[tuple[str, str]]:
    opens, closes = row["opens"], row["closes"]
    if (opens is None) != (closes is None):
        yield ("opens" if opens is None else "closes"), "opens and closes are filled together"
    elif opens is not None and closes is not None and opens >= closes:
        yield "closes", f"expected a time after opens ({opens}), got {closes}"


def _closed_day(row: Row) -> Iterator[tuple[str, str]]:
    if row["state"] == "closed" and row["opens"] is not None:
        yield "opens", "a closed day has no opening hours"


def _kind_of_calendar(row: Row) -> Iterator[tuple[str, str]]:
    """A calendar that is always open has no hours, one of whole days none either."""
    unwanted = {"24x7": ("weekday", "opens"), "working_days": ("opens",)}.get(row["kind"] or "", ())
    for name in unwanted:
        if row[name] is not None:
            yield name, f"a calendar of kind {row['kind']} has none"


def _one_kind_and_zone(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """A version may change the hours of a calendar. Another zone would make its days overlap: that is another calendar."""
    first: dict[str | None, Row] = {}
    for index, row in enumerate(rows):
        known = first.setdefault(row["calendar"], row)
        for name in ("kind", "zone"):
            if row[name] != known[name]:
                yield BrokenLaw(
                    index,
                    name,
                    f"calendar {row['calendar']} has {known[name]} elsewhere; another {name} is another calendar",
                )


def _one_state_a_day(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """A day of a calendar is closed, short or open: not two of them."""
    seen: dict[tuple[str | None, ...], tuple[str | None, int]] = {}
    for index, row in enumerate(rows):
        day = (row["calendar"], row["date_on"], row["valid_from"])
        state, first = seen.setdefault(day, (row["state"], index))
        if state != row["state"]:
            yield BrokenLaw(
                index, "state", f"{row['date_on']} is {row['state']} here and {state} in data row {first + 1}",
                "keep one of the two",
            )  # fmt: skip


def _intervals_apart(*same: str) -> FileLaw:
    """Opening intervals of rows that agree in `same` and `valid_from` do not overlap."""

    def law(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
        seen: dict[tuple[str | None, ...], list[tuple[str, str, int]]] = defaultdict(list)
        for index, row in enumerate(rows):
            opens, closes = row["opens"], row["closes"]
            if opens is None or closes is None:
                continue
            there = seen[(row["valid_from"], *(row[name] for name in same))]
            for other_opens, other_closes, other in there:
                if opens < other_closes and other_opens < closes:
                    yield BrokenLaw(
                        index, "opens", f"{opens}–{closes} overlaps {other_opens}–{other_closes} of data row {other + 1}",
                        "join the two into one interval, or end the earlier one before",
                    )  # fmt: skip
            there.append((opens, closes, index))

    return law


FILES: tuple[Schema, ...] = (
    versioned(
        "calendars",
        ["calendar", "weekday", "opens"],
        required("calendar", NAME),
        required("kind", TEXT, *CALENDAR_KINDS),
        required("zone", ZONE),
        optional("weekday", POSITIVE),
        optional("opens", TIME),
        optional("closes", TIME),
        row_laws=(
            needs("kind", "business_hours", "weekday", "opens", "closes"),
            needs("kind", "working_days", "weekday"),
            _weekday,
            _opening_hours,
            _kind_of_calendar,
        ),
        file_laws=(_one_kind_and_zone, _intervals_apart("calendar", "weekday")),
    ),
    versioned(
        "calendar_exceptions",
        ["calendar", "date_on", "opens"],
        required("calendar", NAME, reference="calendars.calendar"),
        required("date_on", DATE),
        required("state", TEXT, "closed", "short", "open"),
        optional("opens", TIME),
        optional("closes", TIME),
        row_laws=(
            needs("state", "short", "opens", "closes"),
            needs("state", "open", "opens", "closes"),
            _opening_hours,
            _closed_day,
        ),
        file_laws=(_one_state_a_day, _intervals_apart("calendar", "date_on")),
    ),
)
