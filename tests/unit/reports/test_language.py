"""Digits, dates, money and direction isolates of the three languages."""

from datetime import date
from decimal import Decimal

import pytest

from orchestration.reports.language import DEFAULT_LABELS, LabelError, Language

LABELS = {
    "model.u_shaped": {"en": "U-shaped (40/20/40)", "ru": "U-образная (40/20/40)", "fa": "U شکل (40/20/40)"},
    "page_text.of": {"en": "{part} of {whole}", "ru": "{part} из {whole}", "fa": "{part} از {whole}"},
    "page_text.million": {"en": "M", "ru": "млн", "fa": "میلیون"},
    "page_text.billion": {"en": "bn", "ru": "млрд", "fa": "میلیارد"},
}
EXPONENTS = {"RUB": 2, "IRR": 0}


def words(code: str, **facts: str) -> Language:
    return Language(code, LABELS, exponents=EXPONENTS, **facts)


@pytest.mark.parametrize(("code", "text"), [("en", "1,234.5"), ("ru", "1\u00a0234,5"), ("fa", "۱٬۲۳۴٫۵")])
def test_numbers_are_written_as_the_language_writes_them(code, text):
    assert words(code).number(Decimal("1234.5"), 1) == text


def test_numbers_are_rounded_half_up_not_to_even():
    assert words("en").number(Decimal("2.5")) == "3"
    assert words("en").percent(Decimal("0.1255"), 1) == "12.6%"


@pytest.mark.parametrize(("code", "text"), [("en", "23.1%"), ("ru", "23,1\u00a0%"), ("fa", "۲۳٫۱٪")])
def test_per_cent(code, text):
    assert words(code).percent(Decimal("0.230769"), 1) == text


def test_a_negative_number_in_persian_is_isolated_so_that_its_sign_stays_in_front():
    assert words("fa").number(-5) == "\u2066\u2212۵\u2069"
    assert words("en").number(-5) == "\u22125"


def test_the_sign_of_a_change_is_always_written_and_stays_with_its_number_in_persian():
    assert words("en").signed(5) == "+5"
    assert words("fa").signed(5) == "\u2066+۵\u2069"
    assert words("en").signed_percent(Decimal("0.126")) == "+13%"
    assert words("ru").signed_percent(Decimal("-0.126"), 1) == "\u221212,6\u00a0%"
    assert words("fa").percent(Decimal("-0.5"), 0) == "\u2066\u2212۵۰٪\u2069"


def test_money_is_shown_in_major_units_by_the_exponent_of_its_currency():
    assert words("en").money(123456, "RUB") == "1,235\u00a0RUB"
    assert words("en").money(123456, "IRR") == "123,456\u00a0IRR"
    assert words("ru").short_money(123456789, "RUB") == "1,2\u00a0млн\u00a0RUB"
    assert words("fa").money(700, "IRR") == "۷۰۰\u00a0\u2066IRR\u2069"


def test_money_of_an_unknown_currency_is_an_error_that_names_the_file():
    with pytest.raises(LabelError, match=r"currencies\.csv: no exponent for currency 'XXX'"):
        words("en").money(1, "XXX")


def test_latin_terms_and_numbers_inside_a_persian_label_are_isolated_and_numbers_get_persian_digits():
    assert words("fa").text("model.u_shaped") == "\u2066U\u2069 شکل (\u2066۴۰/۲۰/۴۰\u2069)"
    assert words("en").text("model.u_shaped") == "U-shaped (40/20/40)"


def test_placeholders_are_filled_with_formatted_values():
    assert words("ru").text("page_text.of", part="3", whole="7") == "3 из 7"


def test_data_in_a_persian_page_is_isolated_and_not_rewritten():
    assert words("fa").data("lead 12") == "\u2068lead 12\u2069"


def test_a_missing_text_is_an_error_that_names_the_key():
    with pytest.raises(LabelError, match=r"no text for key 'stage\.none' in language 'en'"):
        words("en").text("stage.none")


def test_months_and_days_follow_the_companys_calendar():
    # Tir 1405 begins on 2026-06-22 (D2)
    assert words("en", period_calendar="jalali").month(date(2026, 6, 22)) == "1405-04"
    assert words("fa", period_calendar="jalali").month(date(2026, 6, 22)) == "\u2066۱۴۰۵/۰۴\u2069"
    assert words("en").month(date(2026, 6, 1)) == "2026-06"


def test_instants_are_shown_in_the_companys_zone():
    assert words("en", time_zone="Europe/Moscow").instant("2026-06-30T21:30:00Z") == "2026-07-01 00:30"


def test_every_label_of_the_project_has_three_texts_with_the_same_placeholders_and_persian_letters():
    import csv
    import re

    with DEFAULT_LABELS.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["key"] for row in rows}) == len(rows)
    for row in rows:
        placeholders = {code: sorted(re.findall(r"\{[a-z_]+\}", row[code])) for code in ("en", "ru", "fa")}
        assert all(row[code].strip() for code in placeholders), row["key"]
        assert placeholders["en"] == placeholders["ru"] == placeholders["fa"], row["key"]
        assert not re.search("[يك]", row["fa"]), row["key"]
