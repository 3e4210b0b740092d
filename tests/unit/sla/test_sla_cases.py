"""The worked SLA cases of the definitions (S1 to S29) through the models from hand-overs to verdicts.

Instants are local as the definitions write them; minutes, due instants and verdicts are theirs as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sla.clock_warehouse import ClockWarehouse, utc

MSK, TEH, NYC = "Europe/Moscow", "Asia/Tehran", "America/New_York"
ZONES = {"msk": MSK, "teh_a": TEH, "teh_b": TEH, "nyc": NYC}
VERSION = {
    "valid_from": "2000-01-01",
    "recorded_on": "2026-01-01",
    "marketing_owner": "marketing",
    "sales_owner": "sales",
}

# case, clock, calendar of the owner, start, stop, clock minutes, calendar minutes, due, state
TABLE = [
    ("S1", "acceptance", "msk", "2026-06-02 10:00", "2026-06-02 15:30", 330, 330, "2026-06-03 09:00", "met"),
    ("S2", "acceptance", "msk", "2026-06-02 10:00", "2026-06-02 20:00", 480, 600, "2026-06-03 09:00", "met"),
    ("S3", "acceptance", "msk", "2026-06-02 10:00", "2026-06-03 09:00", 480, 1380, "2026-06-03 09:00", "met"),
    ("S4", "acceptance", "msk", "2026-06-02 10:00", "2026-06-03 09:01", 481, 1381, "2026-06-03 09:00", "breached"),
    ("S5", "acceptance", "msk", "2026-06-03 06:15", "2026-06-03 10:00", 60, 225, "2026-06-03 17:00", "met"),
    ("S6", "acceptance", "msk", "2026-06-05 17:30", "2026-06-08 11:00", 150, 3930, "2026-06-08 16:30", "met"),
    ("S7", "acceptance", "msk", "2026-06-11 16:00", "2026-06-15 10:00", 120, 5400, "2026-06-15 16:00", "met"),
    ("S8", "acceptance", "msk", "2025-10-31 17:00", "2025-11-01 10:00", 120, 1020, "2025-11-01 16:00", "met"),
    ("S9", "acceptance", "msk", "2026-06-06 13:00", "2026-06-08 17:59", 539, 3179, "2026-06-08 17:00", "breached"),
    ("S10", "reaction", "msk", "2026-06-06 23:58", "2026-06-07 00:02", 4, 4, "2026-06-07 00:03", "met"),
    ("S11", "reaction", "msk", "2026-06-03 18:20", "2026-06-04 09:04", 884, 884, "2026-06-03 18:25", "breached"),
    ("S12", "contact", "msk", "2026-06-05 17:30", "2026-06-08 12:00", 1110, 3990, "2026-06-08 17:30", "met"),
    ("S13", "contact", "msk", "2026-06-11 16:00", "2026-06-15 16:01", 1441, 5761, "2026-06-15 16:00", "breached"),
    ("S14", "acceptance", "teh_a", "2026-06-03 15:00", "2026-06-06 09:00", 360, 3960, "2026-06-06 11:00", "met"),
    ("S15", "acceptance", "teh_b", "2026-06-03 15:00", "2026-06-06 09:00", 120, 3960, "2026-06-06 15:00", "met"),
    ("S16", "acceptance", "teh_a", "2026-03-19 11:00", "2026-03-25 09:30", 150, 8550, "2026-03-25 15:00", "met"),
    ("S17", "reaction", "teh_a", "2026-03-21 23:30", "2026-03-22 00:30", 60, 60, "2026-03-21 23:35", "breached"),
    ("S18", "reaction", "teh_a", "2022-03-21 23:30", "2022-03-22 01:30", 60, 60, "2022-03-21 23:35", "breached"),
    ("S19", "reaction", "teh_a", "2022-09-21 22:30", "2022-09-22 00:30", 180, 180, "2022-09-21 22:35", "breached"),
    ("S20", "reaction", "nyc", "2026-03-07 23:00", "2026-03-08 04:00", 240, 240, "2026-03-07 23:05", "breached"),
    ("S21", "acceptance", "nyc", "2026-03-06 16:00", "2026-03-09 10:00", 120, 3900, "2026-03-09 16:00", "met"),
    ("S24", "acceptance", "teh_a", "2026-06-05 10:00", "2026-06-06 08:45", 45, 1365, "2026-06-07 08:00", "met"),
]


def text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def msk(local: str) -> datetime:
    return utc(MSK, local)


def warehouse_at(path: Path, evaluated_at: datetime) -> ClockWarehouse:
    """One owner a calendar, named after it, A and B at Moscow's; Moscow's calendar for everybody else."""
    warehouse = ClockWarehouse(path / "onefunnel.duckdb", evaluated_at=evaluated_at)
    owners = {**{calendar: calendar for calendar in ZONES}, "A": "msk", "B": "msk", "*": "msk"}
    warehouse.definitions["owner_calendars"] = [
        {"owner_id": owner, "team": "*", "region": "*", "calendar": calendar, **VERSION}
        for owner, calendar in owners.items()
    ]
    for owner in owners.keys() - {"*"}:
        warehouse.add("owners", owner_id=owner, team="sales", is_human="true")
    # that calls are recorded at all: without any, nobody could be blamed for silence
    add_lead(warehouse, "recorded", msk("2026-06-01 10:00"), "msk")
    warehouse.contact("recorded", msk("2026-06-01 10:01"))
    return warehouse


def add_lead(warehouse: ClockWarehouse, lead_id: str, created_at: datetime, owner: str | None, **values: Any) -> None:
    warehouse.add("leads", lead_id=lead_id, created_at=text(created_at), owner_id=owner, **values)


def assign(warehouse: ClockWarehouse, lead_id: str, owner: str, assigned_at: datetime) -> None:
    warehouse.add(
        "assignments",
        assignment_id=f"{lead_id}-{owner}",
        lead_id=lead_id,
        owner_id=owner,
        assigned_at=text(assigned_at),
    )


Clocks = dict[tuple[str, int, str], dict[str, Any]]


def built(warehouse: ClockWarehouse) -> Clocks:
    """Every clock by lead, episode and name."""
    connection = warehouse.clocks()
    cursor = connection.execute("select * from marts.fct_sla_clocks")
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    connection.close()
    return {(row["lead_id"], row["episode"], row["clock"]): row for row in rows}


@pytest.fixture(scope="module")
def clocks(tmp_path_factory: pytest.TempPathFactory) -> Clocks:
    warehouse = warehouse_at(tmp_path_factory.mktemp("clocks"), msk("2026-06-30 12:00"))
    for case, clock, calendar, start, stop, *_ in TABLE:
        started, stopped = utc(ZONES[calendar], start), utc(ZONES[calendar], stop)
        if clock == "reaction":
            add_lead(warehouse, case, started, calendar)
            warehouse.contact(case, stopped)
            continue
        # S24: the lead was created in Moscow's office
        creator = "msk" if case == "S24" else calendar
        add_lead(warehouse, case, started - timedelta(hours=1), calendar)
        assign(warehouse, case, creator, started - timedelta(hours=1))
        if creator != calendar:
            assign(warehouse, case, calendar, started)
        warehouse.hand_over(case, started, owner_id=calendar, accepted_at=stopped if clock == "acceptance" else None)
        if clock == "contact":
            warehouse.contact(case, stopped, is_two_way=True)

    add_lead(warehouse, "S25", msk("2026-06-01 09:30"), "A")
    returned = {"ended_at": msk("2026-06-02 11:00"), "outcome": "returned", "return_reason": "too_early"}
    warehouse.hand_over("S25", msk("2026-06-01 10:00"), accepted_at=msk("2026-06-01 12:00"), owner_id="A", **returned)

    add_lead(warehouse, "S26", msk("2026-06-01 09:30"), "B")
    assign(warehouse, "S26", "A", msk("2026-06-01 09:30"))
    assign(warehouse, "S26", "B", msk("2026-06-01 16:00"))
    warehouse.hand_over("S26", msk("2026-06-01 10:00"), accepted_at=msk("2026-06-02 10:30"), owner_id="A")

    add_lead(warehouse, "S27", msk("2026-06-02 10:00"), "A")
    assign(warehouse, "S27", "A", msk("2026-06-02 10:04"))
    warehouse.contact("S27", msk("2026-06-02 10:06:30"))

    for case in ("S28", "S28 without the e-mail"):
        add_lead(warehouse, case, msk("2026-06-02 09:30"), "A")
        unreachable = {"outcome": "rejected", "return_reason": "unreachable"}
        warehouse.hand_over(
            case, msk("2026-06-02 09:45"), ended_at=msk("2026-06-02 16:00"), owner_id="A", **unreachable
        )
        for minute, is_counted in (("10:00", True), ("10:05", False), ("10:20", False), ("15:00", True)):
            warehouse.contact(case, msk(f"2026-06-02 {minute}"), is_counted=is_counted)
    warehouse.contact("S28", msk("2026-06-02 10:21"), "email")

    add_lead(warehouse, "S29", msk("2026-06-02 11:00"), "A")
    warehouse.contact("S29", msk("2026-06-02 12:00"), is_two_way=True)
    warehouse.hand_over("S29", msk("2026-06-02 15:00"), owner_id="A")
    add_further_cases(warehouse)
    return built(warehouse)


def add_further_cases(warehouse: ClockWarehouse) -> None:
    """What the table does not tell: later stages, duplicates, second episodes, silence."""
    handed = msk("2026-06-02 10:00")
    for lead in ("won", "duplicate", "rejected unheard", "twice", "robot"):
        add_lead(warehouse, lead, msk("2026-06-02 09:30"), "A", is_duplicate=str(lead == "duplicate").lower())
    won = {"outcome": "sql", "ended_at": msk("2026-06-02 14:00"), "is_outcome_implied": True}
    warehouse.hand_over(
        "won", handed, accepted_at=msk("2026-06-02 14:00"), is_accepted_implied=True, owner_id="A", **won
    )
    warehouse.hand_over("duplicate", handed, owner_id="A", outcome="void", ended_at=msk("2026-06-20 12:00"))
    warehouse.hand_over(
        "rejected unheard", handed, owner_id="A", outcome="rejected", ended_at=msk("2026-06-02 11:00"),
        return_reason="not_icp",
    )  # fmt: skip
    warehouse.contact("twice", msk("2026-06-02 10:30"), is_two_way=True)
    warehouse.hand_over("twice", handed, owner_id="A", outcome="returned", ended_at=msk("2026-06-03 10:00"))
    warehouse.hand_over("twice", msk("2026-06-15 10:00"), episode=2, owner_id="A")
    warehouse.contact("twice", msk("2026-06-15 12:00"), is_two_way=True)
    warehouse.add("owners", owner_id="robot", is_human="false")
    assign(warehouse, "robot", "robot", msk("2026-06-02 09:30"))
    assign(warehouse, "robot", "A", msk("2026-06-02 09:50"))
    warehouse.contact("robot", msk("2026-06-02 09:52"))
    add_lead(warehouse, "silent source", msk("2026-06-02 09:30"), "A", source_system="spreadsheet")
    add_lead(warehouse, "one action", msk("2026-06-02 09:30"), "A", source_system="one_button_crm")
    confirmed_at = msk("2026-06-02 14:00")
    warehouse.hand_over(
        "one action",
        msk("2026-06-02 10:00"),
        accepted_at=confirmed_at,
        ended_at=confirmed_at,
        outcome="sql",
        owner_id="A",
    )


@pytest.mark.parametrize(
    ("case", "clock", "calendar", "start", "stop", "minutes", "calendar_minutes", "due", "state"),
    TABLE,
    ids=[row[0] for row in TABLE],
)
def test_the_cases_of_the_table(
    clocks: Clocks,
    case: str,
    clock: str,
    calendar: str,
    start: str,
    stop: str,
    minutes: int,
    calendar_minutes: int,
    due: str,
    state: str,
) -> None:
    row = clocks[case, int(clock != "reaction"), clock]
    zone = ZONES[calendar]
    assert (row["started_at"], row["stopped_at"]) == (utc(zone, start), utc(zone, stop))
    assert (row["clock_minutes"], row["calendar_minutes"]) == (minutes, calendar_minutes)
    assert row["due_at"] == utc(zone, due)
    assert row["state"] == state
    assert row["calendar"] == calendar
    assert (row["stopped_at"] <= row["due_at"]) == (state == "met")


def test_s11_business_minutes_say_off_hours_and_the_next_day_is_flagged(clocks: Clocks) -> None:
    row = clocks["S11", 0, "reaction"]
    assert (row["business_minutes"], row["cause"], row["is_process_cause"]) == (4, "off_hours", True)
    assert row["is_next_day"] is True
    assert clocks["S27", 0, "reaction"]["is_next_day"] is False


def test_s24_the_clock_is_that_of_the_team_that_owns_the_lead(clocks: Clocks) -> None:
    assert clocks["S24", 1, "acceptance"]["owner_id"] == "teh_a"
    assert clocks["S24", 0, "reaction"]["calendar"] == "msk"


def test_s25_accepted_then_returned(clocks: Clocks) -> None:
    acceptance, confirmation, qualification = (
        clocks["S25", 1, clock] for clock in ("acceptance", "confirmation", "qualification")
    )
    assert (acceptance["clock_minutes"], acceptance["state"]) == (120, "met")
    assert (confirmation["clock_minutes"], confirmation["state"]) == (480, "breached")
    assert confirmation["due_at"] == msk("2026-06-01 16:00")
    assert (qualification["clock_minutes"], qualification["state"]) == (1500, "late")
    assert qualification["limit_at"] == msk("2026-06-03 10:00")


def test_s26_a_reassigned_lead_is_the_breach_of_who_held_it_longer(clocks: Clocks) -> None:
    row = clocks["S26", 1, "acceptance"]
    assert (row["clock_minutes"], row["due_at"], row["state"]) == (570, msk("2026-06-02 09:00"), "breached")
    assert row["owner_id"] == "A"


def test_s27_slow_routing_is_not_the_reps_fault(clocks: Clocks) -> None:
    row = clocks["S27", 0, "reaction"]
    assert (row["clock_minutes"], row["system_minutes"], row["human_minutes"]) == (Decimal("6.5"), 4, Decimal("2.5"))
    assert (row["state"], row["cause"], row["is_process_cause"]) == ("breached", "routing", True)
    assert row["owner_id"] == "A"


def test_s28_three_counted_attempts_may_be_closed_as_unreachable_and_two_are_a_breach(clocks: Clocks) -> None:
    tried, hardly = clocks["S28", 1, "contact"], clocks["S28 without the e-mail", 1, "contact"]
    assert (tried["attempts"], tried["single_channel"]) == (3, False)
    assert (tried["state"], tried["cause"]) == ("waived", "unreachable_in_good_faith")
    assert (hardly["attempts"], hardly["single_channel"]) == (2, True)
    assert (hardly["state"], hardly["cause"], hardly["is_process_cause"]) == ("breached", "late", False)


def test_s29_a_contact_before_the_hand_over_is_met(clocks: Clocks) -> None:
    row = clocks["S29", 1, "contact"]
    assert (row["clock_minutes"], row["calendar_minutes"], row["state"]) == (0, 0, "met")
    assert row["stopped_before_start"] is True


def test_d35_a_later_stage_implies_every_stop(clocks: Clocks) -> None:
    for clock in ("acceptance", "contact", "qualification"):
        row = clocks["won", 1, clock]
        assert (row["stopped_at"], row["is_implied"], row["state"]) == (msk("2026-06-02 14:00"), True, "met")
        assert row["confirmed_without_contact"] is True
    assert clocks["S25", 1, "acceptance"]["is_implied"] is False
    assert clocks["S25", 1, "acceptance"]["confirmed_without_contact"] is False


def test_d35_a_duplicate_found_before_the_stop_is_waived(clocks: Clocks) -> None:
    assert {clocks["duplicate", 1, clock]["state"] for clock in ("acceptance", "contact", "qualification")} == {
        "waived"
    }
    reaction = clocks["duplicate", 0, "reaction"]
    assert (reaction["state"], reaction["cause"]) == ("waived", "void")


def test_a_rejection_decides_but_is_no_contact(clocks: Clocks) -> None:
    assert clocks["rejected unheard", 1, "acceptance"]["state"] == "met"
    contact = clocks["rejected unheard", 1, "contact"]
    assert (contact["state"], contact["cause"], contact["stopped_at"]) == ("breached", "never_tried", None)


def test_a_contact_of_an_earlier_episode_does_not_stop_the_clock_of_the_next(clocks: Clocks) -> None:
    first, second = clocks["twice", 1, "contact"], clocks["twice", 2, "contact"]
    assert (first["stopped_at"], second["stopped_at"]) == (msk("2026-06-02 10:30"), msk("2026-06-15 12:00"))
    assert (first["clock_minutes"], second["clock_minutes"]) == (30, 120)


def test_d38_a_robot_holds_a_lead_for_nobody(clocks: Clocks) -> None:
    row = clocks["robot", 0, "reaction"]
    assert (row["system_minutes"], row["human_minutes"], row["cause"]) == (20, 2, "unassigned")
    assert (row["business_system_minutes"], row["calendar_human_minutes"]) == (20, 2)


def test_every_lead_has_one_reaction_clock_and_it_is_not_repeated_by_episodes(clocks: Clocks) -> None:
    assert {episode for lead, episode, clock in clocks if clock == "reaction"} == {0}
    assert {clock for lead, episode, clock in clocks if episode > 0} == {
        "acceptance", "confirmation", "contact", "qualification"
    }  # fmt: skip


def test_d32_a_source_with_one_action_for_accepting_and_confirming_has_no_confirmation_clock(clocks: Clocks) -> None:
    row = clocks["one action", 1, "confirmation"]
    assert (row["state"], row["cause"], row["due_at"], row["clock_minutes"]) == (
        "not_applicable", "one_action", None, None
    )  # fmt: skip
    acceptance, qualification = (clocks["one action", 1, clock] for clock in ("acceptance", "qualification"))
    assert (acceptance["clock_minutes"], acceptance["state"]) == (240, "met")
    assert (qualification["clock_minutes"], qualification["state"]) == (240, "met")


def test_a_source_that_records_no_contacts_accuses_nobody(clocks: Clocks) -> None:
    row = clocks["silent source", 0, "reaction"]
    assert (row["state"], row["cause"], row["due_at"], row["clock_minutes"]) == (
        "not_applicable", "no_activities", None, None
    )  # fmt: skip


@pytest.mark.parametrize(
    ("case", "evaluated", "minutes", "calendar_minutes", "state", "cause"),
    [
        ("S22", "2026-06-03 09:30", 150, 1050, "running", None),
        ("S23", "2026-06-04 09:00", 660, 2460, "breached", "never_tried"),
    ],
)
def test_a_clock_without_a_stop_is_judged_at_the_evaluation_instant(
    tmp_path: Path, case: str, evaluated: str, minutes: int, calendar_minutes: int, state: str, cause: str | None
) -> None:
    warehouse = warehouse_at(tmp_path, msk(evaluated))
    add_lead(warehouse, case, msk("2026-06-02 15:00"), "A")
    warehouse.hand_over(case, msk("2026-06-02 16:00"), owner_id="A")
    add_lead(warehouse, "of the future", msk("2031-01-01 10:00"), "A")
    clocks = built(warehouse)
    assert "of the future" not in {lead for lead, _, _ in clocks}
    row = clocks[case, 1, "acceptance"]
    assert (row["clock_minutes"], row["calendar_minutes"]) == (minutes, calendar_minutes)
    assert (row["due_at"], row["state"], row["cause"]) == (msk("2026-06-03 15:00"), state, cause)
    assert row["evaluated_at"] == msk(evaluated)
