"""Random calendars against a second implementation that walks minute by minute.

Hypothesis draws calendars and hand-overs, all of which go through one dbt run. The reference asks of every minute what the
clock on the wall shows and whether the calendar is open then; it knows no intervals, no sums and no inverse. Opening hours do
not begin or end between 00:00 and 04:00, where clocks are changed: what they would mean there is a convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.unit.sla.clock_warehouse import ClockWarehouse

VERSION = {"recorded_on": "2020-01-01", "marketing_owner": "marketing", "sales_owner": "sales"}
HORIZON = 60
"""Days of a case that the reference walks through; the slowest calendar drawn uses up 48 hours of working days in 40."""

# zone and first day: two weeks before its clock is changed, at midnight in Tehran and Cairo, by half an hour on Lord Howe
CHANGES = [
    ("Europe/Moscow", date(2026, 3, 1)),
    ("Europe/Berlin", date(2026, 3, 15)),
    ("Europe/Berlin", date(2025, 10, 12)),
    ("America/New_York", date(2026, 2, 22)),
    ("America/New_York", date(2025, 10, 19)),
    ("Asia/Tehran", date(2022, 3, 8)),
    ("Asia/Tehran", date(2022, 9, 8)),
    ("Africa/Cairo", date(2026, 4, 10)),
    ("Australia/Lord_Howe", date(2026, 3, 22)),
    ("Pacific/Kiritimati", date(2026, 3, 1)),
]

Hours = tuple[tuple[int, int], ...]
"""Opening intervals of a day in minutes after local midnight."""


@dataclass(frozen=True)
class DayException:
    """What replaces the day number `day` of the case; `hours` empty for a closed day, `valid_from` a day before it or after."""

    day: int
    hours: Hours
    valid_from: int


@dataclass(frozen=True)
class Case:
    """A calendar and the hand-overs under it: (start, length) in minutes from the first day."""

    change: int
    weeks: tuple[tuple[Hours, ...], tuple[Hours, ...]]
    second_week_from: int
    exceptions: tuple[DayException, ...]
    handovers: tuple[tuple[int, int], ...]


def _hours(bounds: list[int]) -> Hours:
    """Intervals between pairs of sorted quarters of an hour."""
    ordered = sorted(set(bounds))
    return tuple((ordered[n] * 15, ordered[n + 1] * 15) for n in range(0, len(ordered) - 1, 2))


working = st.one_of(
    st.just(((0, 1440),)),
    st.lists(st.integers(16, 96), min_size=2, max_size=6, unique=True).map(_hours).filter(bool),
)
closed = st.just(())
weeks = st.tuples(working, working, *[st.one_of(working, closed)] * 5)
cases = st.builds(
    Case,
    change=st.integers(0, len(CHANGES) - 1),
    weeks=st.tuples(weeks, weeks),
    second_week_from=st.integers(5, 30),
    exceptions=st.lists(
        st.builds(
            DayException, day=st.integers(0, 40), hours=st.one_of(working, closed), valid_from=st.integers(-9, 50)
        ),
        max_size=5,
        unique_by=(lambda item: (item.day, item.valid_from)),
    ).map(tuple),
    handovers=st.lists(
        st.tuples(st.integers(0, 25 * 1440), st.one_of(st.integers(0, 600), st.integers(0, 9 * 1440))),
        min_size=6,
        max_size=10,
        unique=True,
    ).map(tuple),
)


class Reference:
    """The calendar of a case, asked minute by minute."""

    def __init__(self, case: Case) -> None:
        zone, self.first_on = CHANGES[case.change]
        self.zone = ZoneInfo(zone)
        self.case = case
        self.starts_at = datetime(self.first_on.year, self.first_on.month, self.first_on.day, tzinfo=UTC)
        minutes = [(self.starts_at + timedelta(minutes=n)).astimezone(self.zone) for n in range(HORIZON * 1440)]
        days = {moment.date(): self.hours_on(moment.date()) for moment in minutes}
        self.is_open = {
            "business_hours": [
                any(opens <= moment.hour * 60 + moment.minute < closes for opens, closes in days[moment.date()])
                for moment in minutes
            ],
            "working_days": [bool(days[moment.date()]) for moment in minutes],
        }

    def hours_on(self, day: date) -> Hours:
        """The newest exception of the day that was valid by then, else the oldest; else the week in force."""
        number = (day - self.first_on).days
        found = sorted((item.valid_from, item.hours) for item in self.case.exceptions if item.day == number)
        if found:
            return [item for item in found if item[0] <= number][-1][1] if found[0][0] <= number else found[0][1]
        return self.case.weeks[number >= self.case.second_week_from][day.weekday()]

    def elapsed(self, kind: str, start: int, stop: int) -> int:
        """Open minutes from one minute to another."""
        return sum(self.is_open[kind][start:stop])

    def due(self, kind: str, start: int, target: int) -> datetime:
        """The beginning of the first open minute after the target has been used up."""
        used = 0
        for minute in range(start, HORIZON * 1440):
            if self.is_open[kind][minute]:
                if used == target:
                    return self.instant(minute)
                used += 1
        raise AssertionError("the horizon is too near")

    def instant(self, minute: int) -> datetime:
        return (self.starts_at + timedelta(minutes=minute)).replace(tzinfo=None)


def clock_time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def add_calendar(warehouse: ClockWarehouse, name: str, case: Case) -> None:
    zone, first_on = CHANGES[case.change]
    calendars, exceptions = (warehouse.definitions[file] for file in ("calendars", "calendar_exceptions"))
    for week, valid_from in zip(
        case.weeks, ("2000-01-01", str(first_on + timedelta(days=case.second_week_from))), strict=True
    ):
        for weekday, hours in enumerate(week, 1):
            for opens, closes in hours:
                calendars.append(
                    {"calendar": name, "kind": "business_hours", "zone": zone, "weekday": weekday}
                    | {"opens": clock_time(opens), "closes": clock_time(closes), "valid_from": valid_from, **VERSION}
                )
    for item in case.exceptions:
        for opens, closes in item.hours or ((None, None),):
            exceptions.append(
                {"calendar": name, "date_on": first_on + timedelta(days=item.day)}
                | {"state": "open" if item.hours else "closed"}
                | {"opens": None if opens is None else clock_time(opens)}
                | {"closes": None if closes is None else clock_time(closes)}
                | {"valid_from": first_on + timedelta(days=item.valid_from), **VERSION}
            )


@pytest.fixture(scope="module")
def drawn() -> list[Case]:
    """Calendars drawn by Hypothesis with a fixed seed."""
    found: list[Case] = []

    @seed(20260603)
    @settings(
        max_examples=40, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(cases)
    def draw(case: Case) -> None:
        found.append(case)

    draw()
    return found


def test_random_clocks_agree_with_a_walk_through_the_minutes(drawn: list[Case], tmp_path: Path) -> None:
    assert len(drawn) >= 30
    assert len({case.change for case in drawn}) >= 7
    warehouse = ClockWarehouse(tmp_path / "onefunnel.duckdb", evaluated_at=datetime(2026, 10, 1))
    always = {"calendar": "always", "kind": "24x7", "zone": "UTC", "valid_from": "2000-01-01", **VERSION}
    warehouse.definitions["calendars"] = [always]
    warehouse.definitions["calendar_exceptions"] = []
    owners = [
        {"owner_id": "*", "team": "*", "region": "*", "calendar": "always", "valid_from": "2000-01-01", **VERSION}
    ]
    references = [Reference(case) for case in drawn]
    for number, (case, reference) in enumerate(zip(drawn, references, strict=True)):
        name = f"calendar_{number}"
        add_calendar(warehouse, name, case)
        owners.append({**owners[0], "owner_id": name, "calendar": name})
        warehouse.add("owners", owner_id=name, is_human="true")
        for position, (start, length) in enumerate(case.handovers):
            handed, ended = reference.instant(start), reference.instant(start + length)
            lead_id = f"{number}-{position}"
            warehouse.add("leads", lead_id=lead_id, created_at=handed, owner_id=name)
            warehouse.hand_over(lead_id, handed, accepted_at=ended, ended_at=ended, outcome="rejected", owner_id=name)
    warehouse.definitions["owner_calendars"] = owners

    connection = warehouse.clocks()
    rows = connection.execute(
        "select lead_id, clock, clock_seconds, due_at, limit_at, business_minutes from marts.fct_sla_clocks "
        "where clock in ('acceptance', 'qualification')"
    ).fetchall()
    assert len(rows) == 2 * sum(len(case.handovers) for case in drawn)
    for lead_id, clock, seconds, due_at, limit_at, business_minutes in rows:
        number, position = map(int, lead_id.split("-"))
        reference, (start, length) = references[number], drawn[number].handovers[position]
        kind, target, limit = {
            "acceptance": ("business_hours", 480, 480),
            "qualification": ("working_days", 1440, 2880),
        }[clock]
        assert seconds == 60 * reference.elapsed(kind, start, start + length), (lead_id, clock)
        assert business_minutes == reference.elapsed("business_hours", start, start + length), (lead_id, clock)
        assert due_at == reference.due(kind, start, target), (lead_id, clock)
        assert limit_at == reference.due(kind, start, limit), (lead_id, clock)
