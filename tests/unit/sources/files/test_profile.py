"""Findings of a file at the door: each by name, with its count, and without a contact value in clear."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.clock import FixedClock
from orchestration.contracts import load_contracts
from orchestration.landing import Lake
from orchestration.sources.definitions import load_currencies
from orchestration.sources.files import land_stream, load_mapping
from orchestration.sources.files.profile import has_mixed_word, spelling_key
from tests.conftest import EXAMPLE_DATA, PROJECT_ROOT

Profile = Callable[..., dict[tuple[str | None, str], dict[str, Any]]]

FIELDS = "lead_id: id, created_at: created, channel_label: source, phone_token: phone, email_token: mail, campaign_id: campaign"


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """Lands a file given as lines into a new lake and gives its findings by (column, name)."""
    calls = count()

    def run(
        text: str,
        fields: str = FIELDS,
        options: str = "",
        source: str = "",
        contract: str = "leads",
        key: str = "key: [id]",
    ) -> dict[tuple[str | None, str], dict[str, Any]]:
        (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
        path = tmp_path / "mapping.yml"
        path.write_text(
            f"source: crm\nfolder: .\nexported_at: 2026-06-01T00:00:00Z\n{source}\nstreams:\n  rows:\n    file: rows.csv\n    {key}\n"
            f"    {options}\n    fills: [{{contract: {contract}, fields: {{{fields}}}}}]\n",
            encoding="utf-8",
        )
        (result,) = land_stream(
            Lake(tmp_path / f"lake {next(calls)}", FixedClock(datetime(2026, 6, 1, tzinfo=UTC))),
            load_mapping(path, {}),
            "rows",
            contracts=load_contracts(),
            currencies=load_currencies(PROJECT_ROOT / "definitions"),
            company_time_zone="UTC",
            contact_key=b"0123456789abcdef0123456789abcdef",
        )
        return {(item["column_name"], item["finding"]): dict(item) for item in result.findings}

    return run


def leads(*sources: str, **columns: list[str]) -> str:
    """A file of leads, one a source; other columns by name, `;` between."""
    given = {"created": ["2026-01-01 10:00:01"], "phone": [""], "mail": [""], "campaign": [""], **columns}
    lines = ["id;created;source;phone;mail;campaign"]
    for number, source in enumerate(sources):
        others = {name: values[number % len(values)] for name, values in given.items()}
        lines.append(
            ";".join([f"L{number}", others["created"], source, others["phone"], others["mail"], others["campaign"]])
        )
    return "\n".join(lines) + "\n"


def test_a_clean_file_has_no_findings(profile: Profile) -> None:
    text = leads(
        "Яндекс", "Google", "CRMка", "C++", "C", "1.5 л", "15 л", phone=["+7 916 123-45-68"], mail=["anna@firma.ru"]
    )
    assert profile(text.replace("anna", "boris", 3)) == {}


@pytest.mark.parametrize(
    ("finding", "values", "occurrences"),
    [
        ("text_amount", ["€ 3.500,00", "$12", "1 200 руб.", "1 200 руб", "٣ ریال", "шт. 5", "Apollo 13"], 5),
        ("text_amount", ["3.500,00", "1 234,56", "12,345.10", "2024.05", "192.168.001.001"], 3),
        ("spreadsheet_error", ["#REF!", "#ЗНАЧ!", "#N/A", "#Н/Д", "#####", "#¡VALOR!", "#hashtag", "#1"], 6),
        ("ruined_id", ["1.03293E+19", "1,03E+10", "1E5", "E5", "1.5"], 3),
        ("mixed_alphabets", ["Mосква", "СRM", "Москва", "CRMка", "Moscow", "IT-отдел"], 2),
        ("undeclared_empty", ["Select", "unknown", "-", "n/a", "не указано", "نامشخص", "Direct", "no"], 6),
        ("two_spellings", ["GTX Pro", "GTXPro", "GTX Pro", "gtx-pro", "MG"], 2),
        ("two_spellings", ["Артём", "Артем", "Иван"], 1),
        ("two_spellings", ["علي", "علی", "كتاب", "کتاب"], 2),
        ("two_spellings", ["САЙТ", "CАЙT"], 1),
        ("test_row", ["test", "Тест", "asdf", "тестовый", "test 2", "testimonial", "attestation"], 5),
    ],
)  # fmt: skip
def test_a_defect_of_a_text_is_named_and_counted(
    profile: Profile, finding: str, values: list[str], occurrences: int
) -> None:
    found = profile(leads(*values))
    assert found["source", finding]["occurrences"] == occurrences
    assert found["source", finding]["rows_checked"] == len(values)


def test_what_the_mapping_declares_or_makes_one_is_no_finding(profile: Profile) -> None:
    fields = 'lead_id: id, created_at: created, channel_label: {column: source, case: snake, empty: ["Select"]}'
    text = leads("Paid Search", "paid search", "PAID_SEARCH", "Select")
    assert profile(text, fields) == {}
    assert ("source", "two_spellings") in profile(text, fields.replace("case: snake, ", ""))
    values = (
        "lead_id: id, created_at: created, channel_label: {column: source, values: {GTXPro: GTX Pro, unknown: other}}"
    )
    assert profile(leads("GTXPro", "GTX Pro", "unknown"), values) == {}


def test_an_amount_with_its_currency_in_an_amount_column_is_explained(profile: Profile) -> None:
    text = "id;sum\n1;€ 3.500,00\n2;3500\n3;-\n"
    found = profile(
        text, "deal_id: id, amount_minor: sum", source="currency: EUR\namounts_include_vat: true", contract="deals"
    )
    assert found["sum", "text_amount"]["occurrences"] == 1
    assert "`currency:`" in found["sum", "text_amount"]["message"]
    assert "3.500" not in found["sum", "text_amount"]["message"]
    assert "set aside" in found["sum", "undeclared_empty"]["message"]


def test_no_contact_value_and_no_id_stands_in_a_message(profile: Profile) -> None:
    found = profile(
        leads(
            "write to anna@firma.ru", "Write to Anna@firma.ru", "€ 8 916 123-45-67", "test", "тест",
            phone=["7,91612E+10", "+7 916 000 00 00", "+7 495 355-55-55", "#N/A", "unknown"],
            mail=["anna@example.com", "test@firma.ru", "boris@firma.ru"],
            campaign=["7.91612345E+10"],
        )
    )  # fmt: skip
    assert found["phone", "ruined_id"]["occurrences"] == 1
    assert found["phone", "test_row"]["occurrences"] == 1
    assert found["phone", "spreadsheet_error"]["occurrences"] == 1
    assert found["phone", "undeclared_empty"]["occurrences"] == 1
    # five rows: anna, test, boris, anna, test
    assert found["mail", "test_row"]["occurrences"] == 4
    assert found["campaign", "ruined_id"]["occurrences"] == 5
    assert found["source", "two_spellings"]["occurrences"] == 1
    messages = " ".join(item["message"] for item in found.values())
    for clear in ("anna@", "Anna@", "boris", "91612", "916 123", "firma.ru"):
        assert clear not in messages


def test_examples_are_at_most_three_and_shortened(profile: Profile) -> None:
    long = "тест " + "x" * 5
    found = profile(leads("#REF!", "#N/A", "#ЗНАЧ!", "#DIV/0!", *(f"€ {n}{'0' * 40}" for n in range(1, 6)), long))
    message = found["source", "spreadsheet_error"]["message"]
    assert sum(error in message for error in ("#REF!", "#N/A", "#ЗНАЧ!", "#DIV/0!")) == 3
    assert "0" * 31 not in found["source", "text_amount"]["message"]


def test_dates_in_two_formats_are_counted_by_their_way_of_writing(profile: Profile) -> None:
    fields = 'lead_id: id, created_at: {column: created, formats: ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"]}'
    found = profile(
        leads(*"abcde", created=["2026-01-05", "05.01.2026", "2026-02-05", "2026-03-05", "06.01.2026"]), fields
    )
    assert found["created", "two_date_formats"]["occurrences"] == 2
    assert "yyyy-mm-dd 3×" in found["created", "two_date_formats"]["message"]
    assert profile(leads("a", "b", created=["05.01.2026", "5.1.2026"]), fields) == {}
    orders = profile(leads("a", "b", "c", created=["13/04/2026", "04/14/2026", "01/02/2026"]), fields)
    assert "day first in some rows" in orders["created", "two_date_formats"]["message"]
    eras = profile(leads("a", "b", created=["2026-01-05", "1404-10-15"]), fields)
    assert "(Jalali) 1×" in eras["created", "two_date_formats"]["message"]


def test_a_nearly_constant_column_needs_two_hundred_filled_rows_and_995_per_mille(profile: Profile) -> None:
    def constant(same: int, others: int, empty: int = 0) -> bool:
        text = leads(*["site"] * same, *(f"other {number}x" for number in range(others)), *[""] * empty)
        return ("source", "nearly_constant") in profile(text, "lead_id: id, created_at: created, channel_label: source")

    assert constant(199, 1)
    assert not constant(198, 2)
    assert constant(200, 0, empty=50)
    assert not constant(199, 0, empty=50)


def test_the_same_content_under_another_key_is_found_where_rows_can_be_told_apart(profile: Profile) -> None:
    text = leads(
        *["site"] * 4, phone=["+79161234567", "+79161234568"], created=["2026-01-01 10:00:01", "2026-01-02 10:00:01"]
    )
    found = profile(text)
    assert found[None, "same_content_other_key"]["occurrences"] == 2
    by_chance = "lead_id: id, created_at: created, channel_label: source"
    assert profile(leads(*["site"] * 4, created=["2026-01-01"]), by_chance) == {}


def test_dates_after_the_export_are_found_but_not_in_plans(profile: Profile) -> None:
    # exported at 2026-06-01 00:00 UTC, one day of tolerance
    found = profile(leads("a", "b", "c", created=["2026-06-02 00:00:01", "2026-06-01 23:59:59", "2026-05-01 00:00:01"]))
    assert found["created", "future_date"]["occurrences"] == 1
    text = "id,name,end\nc1,a,2030-01-01\n"
    fields = "campaign_id: id, campaign_name: name, ended_on: end"
    assert profile(text, fields, contract="campaigns") == {}


def test_an_amount_whose_currency_is_the_default_for_want_of_one_is_found(profile: Profile) -> None:
    text = "id,sum,cur\n1,10,EUR\n2,20,\n3,,\n"
    fields = "deal_id: id, amount_minor: sum, currency: cur"
    found = profile(text, fields, source="currency: RUB\namounts_include_vat: true", contract="deals")
    assert found["sum", "missing_currency"]["occurrences"] == 1
    assert found["sum", "missing_currency"]["rows_checked"] == 2


def test_ids_are_compared_only_where_they_are_labels(profile: Profile) -> None:
    labels = leads(*"abcdefgh", campaign=["spring", "Spring", "spring", "Spring"])
    assert profile(labels)["campaign", "two_spellings"]["occurrences"] == 4
    keys = leads(*"abcd", campaign=["0061A", "0061a", "0061B", "0061b"])
    assert profile(keys) == {}


def test_findings_of_a_column_of_mostly_different_values_are_the_same(profile: Profile) -> None:
    """Beyond 20,000 different values the loader keeps the column row by row."""
    values = [f"value {number}q" for number in range(30_000)]
    values[100:103] = ["#REF!", "1.03E+19", "Mосква"]
    values[200:203] = ["unknown"] * 3
    found = profile(leads(*values), "lead_id: id, created_at: created, channel_label: source")
    assert {name: item["occurrences"] for (column, name), item in found.items() if column == "source"} == {
        "spreadsheet_error": 1,
        "ruined_id": 1,
        "mixed_alphabets": 1,
        "undeclared_empty": 3,
    }


@given(st.text(max_size=30))
def test_a_spelling_differs_from_itself_by_case_spaces_and_marks_only(text: str) -> None:
    key = spelling_key(text)
    assert spelling_key(f"  {text} ") == key
    if key:
        assert spelling_key(text.replace(" ", "  ")) == key


@pytest.mark.parametrize(
    ("text", "mixed"), [("Mосква", True), ("SMMщик", False), ("TOPовый", False), ("Аpple", True), ("3D печать", False)]
)
def test_a_mixed_word_is_one_whose_letters_could_all_be_of_one_alphabet(text: str, mixed: bool) -> None:
    assert has_mixed_word(text) is mixed


@pytest.mark.skipif(not (EXAMPLE_DATA / "maven_crm").is_dir(), reason=f"no example data in {EXAMPLE_DATA}")
def test_the_maven_export_spells_one_product_in_one_way_but_not_as_its_price_list(profile: Profile) -> None:
    """`GTXPro` in 1,480 opportunities (counted with pandas), `GTX Pro` in the price list: alone each file is consistent."""
    text = (EXAMPLE_DATA / "maven_crm" / "sales_pipeline.csv").read_text(encoding="utf-8")
    fields = "deal_id: opportunity_id, product: product, account_id: account, owner_id: sales_agent, won_at: close_date"
    assert ("product", "two_spellings") not in profile(text, fields, key="key: [opportunity_id]", contract="deals")
    joined = text.replace(",GTXPro,", ",GTX Pro,", 1)
    found = profile(joined, fields, key="key: [opportunity_id]", contract="deals")
    assert found["product", "two_spellings"]["occurrences"] == 1
    assert '"GTXPro" 1,479×' in found["product", "two_spellings"]["message"]


@pytest.mark.skipif(not (EXAMPLE_DATA / "xeducation_leads").is_dir(), reason=f"no example data in {EXAMPLE_DATA}")
def test_the_placeholders_of_x_education_are_named(profile: Profile) -> None:
    """`Select` in 1,942 rows of Specialization, `Google`/`google` in 5 of Lead Source: counted with pandas."""
    import pandas as pd

    path = EXAMPLE_DATA / "xeducation_leads" / "Leads.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    fields = (
        '{column: "Prospect ID"}, created_at: {value: "2020-01-01 00:00:00"}, channel_label: {column: "Lead Source"}'
    )
    found = profile(
        path.read_text(encoding="utf-8"),
        f"lead_id: {fields}",
        'keep: ["Specialization", "Magazine"]',
        key='key: ["Prospect ID"]',
    )
    assert (
        found["Specialization", "undeclared_empty"]["occurrences"]
        == (frame["Specialization"] == "Select").sum()
        == 1942
    )
    assert found["Lead Source", "two_spellings"]["occurrences"] == (frame["Lead Source"] == "google").sum() == 5
