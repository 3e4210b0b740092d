"""The days that every model joins instead of calculating."""

from datetime import date, timedelta
from pathlib import Path

import jdatetime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.clock import FixedClock
from orchestration.landing import Lake
from orchestration.sources.calendar import FIRST_DAY, LAST_DAY, calendar_days, land_calendar


@pytest.fixture(scope="module")
def days() -> dict[str, dict[str, str]]:
    return {row["date_on"]: row for row in calendar_days().to_pylist()}


def test_the_days_run_from_1990_to_2059_without_a_gap(days: dict[str, dict[str, str]]) -> None:
    assert len(days) == 25_567
    assert (min(days), max(days)) == ("1990-01-01", "2059-12-31")


def test_d2_tir_1405_is_22_june_to_22_july_2026(days: dict[str, dict[str, str]]) -> None:
    tir = sorted(day for day, row in days.items() if row["jalali_period"] == "1405-04")
    assert (tir[0], tir[-1], len(tir)) == ("2026-06-22", "2026-07-22", 31)
    assert {days[day]["jalali_month_starts_on"] for day in tir} == {"2026-06-22"}


def test_nowruz_begins_the_year_and_leap_esfand_has_30_days(days: dict[str, dict[str, str]]) -> None:
    assert days["2026-03-21"]["jalali_period"] == "1405-01"
    assert days["2026-03-20"]["jalali_period"] == "1404-12"
    assert sum(row["jalali_period"] == "1403-12" for row in days.values()) == 30
    assert sum(row["jalali_period"] == "1404-12" for row in days.values()) == 29


def test_weekdays_and_gregorian_months_are_iso(days: dict[str, dict[str, str]]) -> None:
    assert days["2026-06-01"]["iso_weekday"] == "1"
    assert days["2026-06-07"]["iso_weekday"] == "7"
    assert days["2024-02-29"]["gregorian_month_starts_on"] == "2024-02-01"
    assert days["2024-02-29"]["gregorian_period"] == "2024-02"


@settings(max_examples=50, deadline=None)
@given(st.dates(min_value=FIRST_DAY, max_value=LAST_DAY - timedelta(days=40)))
def test_months_begun_at_any_day_agree_with_the_library_day_by_day(first: date) -> None:
    for row in calendar_days(first, first + timedelta(days=40)).to_pylist():
        jalali = jdatetime.date.fromgregorian(date=date.fromisoformat(row["date_on"]))
        assert row["jalali_period"] == f"{jalali.year:04d}-{jalali.month:02d}"
        assert row["jalali_month_starts_on"] == str(jalali.replace(day=1).togregorian())


def test_the_days_land_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path, FixedClock())
    first = land_calendar(lake)
    assert (first.pull, first.rows) == (1, 25_567)
    assert land_calendar(lake) == first
    assert len(lake.pulls("calendar")) == 1
