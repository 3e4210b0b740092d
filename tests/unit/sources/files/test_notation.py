"""Every notation, with results worked by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.sources.files import notation
from orchestration.sources.files.notation import Converted
from orchestration.sources.files.numbers import exact_sum
from orchestration.sources.files.shapes import Column
from orchestration.sources.files.signs import is_spreadsheet_date, spreadsheet_dates
from orchestration.sources.files.times import DEFAULT_FORMATS, DEFAULT_JALALI_FORMATS, compile_format

UTC, BERLIN, TEHRAN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tehran")


def column(*values: str | None) -> pa.StringArray:
    return pa.array(values, pa.string())


def texts(converted: Converted) -> list[str | None]:
    return converted.values.to_pylist()


def reasons(converted: Converted) -> dict[str, list[int]]:
    return {reason: rows.tolist() for reason, rows in converted.bad.items()}


def instants(*values: str | None, zone: ZoneInfo = UTC, formats: tuple[str, ...] = ()) -> Converted:
    chosen = tuple(compile_format(text) for text in formats) or DEFAULT_FORMATS
    return notation.to_timestamps(column(*values), chosen, "gregorian", zone)


def test_default_formats_are_iso_8601_and_day_month_year() -> None:
    converted = instants("2024-01-02", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05.999", "02.01.2024 3:04", "2.1.2024")
    assert texts(converted) == [
        "2024-01-02 00:00:00",
        "2024-01-02 03:04:05",
        "2024-01-02 03:04:05",
        "2024-01-02 03:04:00",
        "2024-01-02 00:00:00",
    ]
    assert not converted.bad


def test_an_offset_in_the_value_wins_over_the_zone() -> None:
    values = ("2024-07-01T12:00:00+05:30", "2024-07-01T12:00:00-0300", "2024-07-01T12:00:00Z", "2024-07-01T12:00:00")
    assert texts(instants(*values, zone=BERLIN)) == [
        "2024-07-01 06:30:00",
        "2024-07-01 15:00:00",
        "2024-07-01 12:00:00",
        "2024-07-01 10:00:00",
    ]


def test_a_local_time_that_does_not_exist_is_read_with_the_offset_before_the_change() -> None:
    assert texts(instants("2024-03-31 02:30", "2024-03-31 01:59:59", "2024-03-31 03:00", zone=BERLIN)) == [
        "2024-03-31 01:30:00",
        "2024-03-31 00:59:59",
        "2024-03-31 01:00:00",
    ]


def test_a_local_time_that_occurs_twice_is_the_first() -> None:
    assert texts(instants("2024-10-27 02:30", "2024-10-27 03:00", zone=BERLIN)) == [
        "2024-10-27 00:30:00",
        "2024-10-27 02:00:00",
    ]


def test_the_first_format_that_gives_a_possible_date_wins_for_each_value() -> None:
    converted = instants("03/04/2024", "12/25/2024", "13/13/2024", formats=("%d/%m/%Y", "%m/%d/%Y"))
    assert texts(converted) == ["2024-04-03 00:00:00", "2024-12-25 00:00:00", None]
    assert reasons(converted) == {"not_a_timestamp": [2]}


def test_slashes_are_never_guessed() -> None:
    assert reasons(instants("03/04/2024")) == {"not_a_timestamp": [0]}


def test_formats_read_one_digit_hours_month_names_and_twelve_hour_clocks() -> None:
    assert texts(instants("2018.02.26 9:58", formats=("%Y.%m.%d %H:%M",))) == ["2018-02-26 09:58:00"]
    assert texts(instants("26 Feb 2018", formats=("%d %b %Y",))) == ["2018-02-26 00:00:00"]
    values = texts(instants("02/26/18 12:05 AM", "02/26/18 12:05 pm", formats=("%m/%d/%y %I:%M %p",)))
    assert values == ["2018-02-26 00:05:00", "2018-02-26 12:05:00"]


def test_impossible_and_absurd_dates_are_bad() -> None:
    converted = instants("2023-02-29", "2024-02-29", "0001-01-01", "9999-12-31", "2024-01-01 24:00", "soon", None)
    assert texts(converted) == [None, "2024-02-29 00:00:00", None, None, None, None, None]
    assert reasons(converted) == {"not_a_timestamp": [0, 4, 5], "date_out_of_range": [2, 3]}


def test_jalali_dates_are_read_with_digits_of_any_script() -> None:
    # Tir 1405 begins on 2026-06-22 (DEFINITIONS D2); 1403 is a leap year, 1404 is not; Tehran is UTC+3:30
    converted = notation.to_timestamps(
        column("۱۴۰۵/۰۴/۰۱", "1405/04/01 08:15", "1403/12/30", "1404/12/30"), DEFAULT_JALALI_FORMATS, "jalali", TEHRAN
    )
    assert texts(converted) == ["2026-06-21 20:30:00", "2026-06-22 04:45:00", "2025-03-19 20:30:00", None]
    assert reasons(converted) == {"not_a_timestamp": [3]}


def test_a_date_column_keeps_the_date_that_is_written() -> None:
    converted = notation.to_dates(column("2024-07-01T23:30:00Z", "01.07.2024", "x"), DEFAULT_FORMATS, "gregorian")
    assert texts(converted) == ["2024-07-01", "2024-07-01", None]
    assert reasons(converted) == {"not_a_date": [2]}


@pytest.mark.parametrize(
    ("value", "minor"),
    [
        ("1234.56", "123456"),
        ("1234,56", "123456"),
        ("1 234,56", "123456"),
        ("1\u00a0234,56", "123456"),
        ("1\u2009234,56", "123456"),
        ("1\u202f234.5", "123450"),
        ("1'234.56", "123456"),
        ("1\u2019234.56", "123456"),
        ("1.234,56", "123456"),
        ("1,234.56", "123456"),
        ("1,234,567", "123456700"),
        ("\u0663\u066c\u0665\u0660\u0660", "350000"),
        ("\u06f1\u06f2\u066b\u06f5", "1250"),
        ("-5", "-500"),
        ("\u22125", "-500"),
        ("(7,50)", "-750"),
        ("0.10", "10"),
        ("0.5000", "50"),
        (".5", "50"),
        ("007", "700"),
    ],
)
def test_amounts_are_read_exactly(value: str, minor: str) -> None:
    assert texts(notation.to_minor_units(column(value), None, 2, 1)) == [minor]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("0.125", "too_many_decimals"),
        ("1,234", "ambiguous_decimal"),
        ("12 34", "not_a_number"),
        ("1.2.3", "not_a_number"),
        ("5 \u20bd", "not_a_number"),
        ("1e5", "not_a_number"),
        ("(5", "not_a_number"),
        ("--5", "not_a_number"),
        ("99999999999999999999", "number_too_large"),
        ("999999999999999999", "number_too_large"),
    ],
)
def test_what_is_no_exact_amount_is_bad(value: str, reason: str) -> None:
    converted = notation.to_minor_units(column(value), None, 2, 1)
    assert texts(converted) == [None]
    assert reasons(converted) == {reason: [0]}


def test_the_separator_given_decides_what_is_ambiguous() -> None:
    assert texts(notation.to_minor_units(column("1,234"), ".", 2, 1)) == ["123400"]
    assert reasons(notation.to_minor_units(column("1,234"), ",", 2, 1)) == {"too_many_decimals": [0]}


def test_toman_becomes_rial() -> None:
    # 1 toman = 10 rial, IRR has no minor unit: 3500.5 toman are 35005 rial, 3500.55 are not whole
    converted = notation.to_minor_units(column("3500", "3500.5", "3500.55"), None, 0, 10)
    assert texts(converted) == ["35000", "35005", None]
    assert reasons(converted) == {"too_many_decimals": [2]}


def test_whole_numbers_take_thousands_and_spreadsheet_zeros() -> None:
    converted = notation.to_integers(column("1,234", "1.234", "12.0", "12.5", "-3", "x"), None)
    assert texts(converted) == ["1234", "1234", "12", None, "-3", None]
    assert reasons(converted) == {"not_a_number": [5], "not_an_integer": [3]}


def test_decimals_lose_only_needless_zeros() -> None:
    converted = notation.to_decimals(column("1,50", "0.123456789", "0.1234567891", "100"), None)
    assert texts(converted) == ["1.5", "0.123456789", None, "100"]


def test_booleans_know_the_words_of_three_languages_and_those_given() -> None:
    converted = notation.to_booleans(column("Yes", "да", "0", "خیر", "۱", "maybe", None))
    assert texts(converted) == ["true", "true", "false", "false", "true", None, None]
    assert reasons(converted) == {"not_a_boolean": [5]}
    assert texts(notation.to_booleans(column("X", "yes", "no"), true_values=["x"])) == ["true", None, "false"]


def test_a_lookup_keeps_or_refuses_other_values() -> None:
    table = {"Paid Search": "paid_search", "none": ""}
    assert texts(notation.looked_up(column("Paid Search", "x", "none"), table, True)) == ["paid_search", "x", None]
    refused = notation.looked_up(column("Paid Search", "x", None), table, False)
    assert texts(refused) == ["paid_search", None, None]
    assert reasons(refused) == {"value_not_listed": [1]}


def test_snake_case_joins_words_of_any_alphabet() -> None:
    assert texts(notation.in_case(column("Paid Search", "Органика / SEO", "--"), "snake")) == [
        "paid_search",
        "органика_seo",
        None,
    ]


def test_text_is_trimmed_and_emptied() -> None:
    assert notation.trimmed(column(" a ", "\u00a0б\u200f", "", "NULL", None), ["", "NULL"]).to_pylist() == [
        "a",
        "б",
        None,
        None,
        None,
    ]


def test_text_that_needs_nothing_is_the_same_array() -> None:
    values = column("a", None, "b c")
    assert notation.trimmed(values, ["", "NULL"]) is values


def test_joined_text_is_null_only_when_all_parts_are_empty() -> None:
    assert notation.joined([column("a", None, None), column("b", "c", None)], "|").to_pylist() == ["a|b", "|c", None]


def test_values_that_a_spreadsheet_took_for_dates_are_seen() -> None:
    for value in ("05.jan", "20.máj", "1-May", "Jan-05", "20-Май"):
        assert is_spreadsheet_date(value), value
    for value in ("5-20", "12-pack", "1.5", "may", "abc-05", "50-200"):
        assert not is_spreadsheet_date(value), value
    assert spreadsheet_dates(Column.of(column("05.jan", "05.jan", "20.máj", "50-200", None, "abcdef"))) == 3


def test_a_sum_of_amounts_does_not_wrap_around() -> None:
    assert exact_sum(np.array([2**62, 2**62, 2**62, -5], dtype=np.int64)) == 3 * 2**62 - 5


@given(st.integers(-(10**12), 10**12), st.sampled_from([",", "."]), st.sampled_from(["", " ", "\u00a0", "'"]))
@settings(max_examples=200, deadline=None)
def test_any_amount_of_cents_comes_back(cents: int, decimal: str, thousands: str) -> None:
    whole = f"{abs(cents) // 100:,}".replace(",", thousands)
    value = f"{'-' if cents < 0 else ''}{whole}{decimal}{abs(cents) % 100:02d}"
    assert texts(notation.to_minor_units(column(value), None, 2, 1)) == [str(cents)]


@given(
    st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)), min_size=1, max_size=30),
    st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Asia/Tehran", "America/St_Johns", "Pacific/Apia", "UTC"]),
)
@settings(max_examples=150, deadline=None)
def test_local_times_become_utc_as_the_zone_database_says(moments: list[datetime], zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    values = [moment.replace(microsecond=0) for moment in moments]
    expected = [moment.replace(tzinfo=zone, fold=0).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") for moment in values]
    assert texts(instants(*[moment.isoformat(sep=" ") for moment in values], zone=zone)) == expected
