"""Files through the door: every format, versions, quarantine, findings, contact data, and the real exports."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.clock import FixedClock
from orchestration.contracts import load_contracts
from orchestration.landing import Lake, Pull
from orchestration.landing.errors import ContactKeyError
from orchestration.sources.definitions import load_currencies
from orchestration.sources.files import FilesError, MappingError, StreamResult, land_stream, load_mapping

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE_DATA = Path(os.environ.get("ONEFUNNEL_EXAMPLE_DATA") or ROOT.parent / "shared" / "data")
KEY = b"0123456789abcdef0123456789abcdef"

Land = Callable[..., list[StreamResult]]


@pytest.fixture
def land(tmp_path: Path) -> Land:
    """Writes a mapping of one stream `rows` and lands it into one lake."""
    clock = FixedClock(datetime(2026, 6, 1, tzinfo=UTC))

    def run(stream: str, source: str = "", key: bytes | None = KEY) -> list[StreamResult]:
        path = tmp_path / "mapping.yml"
        path.write_text(f"source: crm\nfolder: .\n{source}\nstreams:\n  rows:\n{stream}", encoding="utf-8")
        return land_stream(
            Lake(tmp_path / "lake", clock),
            load_mapping(path, {}),
            "rows",
            contracts=load_contracts(),
            currencies=load_currencies(ROOT / "definitions"),
            company_time_zone="Europe/Moscow",
            contact_key=key,
        )

    return run


def parts(pull: Pull) -> list[dict[str, Any]]:
    return pq.read_table([str(path) for path in pull.parts]).to_pylist()


def filled(result: StreamResult, fill: str) -> list[dict[str, Any]]:
    """Rows of a fill as the contract's fields."""
    assert result.pull is not None
    entry = next(entry for entry in result.pull.fills if entry["name"] == fill)
    rows = [row for row in parts(result.pull) if row[f"{fill}__is_filled"] == "true"]
    return [{name: row[column] for name, column in entry["columns"].items()} for row in rows]


def quarantined(result: StreamResult) -> list[tuple[Any, ...]]:
    assert result.pull is not None
    rows = [row for path in result.pull.quarantine_files for row in pq.read_table(path).to_pylist()]
    return sorted((row["row_number"], row["line_number"], row["scope"], row["reason"], row["shape"]) for row in rows)


LEADS = """    file: leads.csv
    key: [id]
    fills:
      - contract: leads
        fields: {lead_id: id, created_at: created, channel_label: {column: source, case: snake}}
"""


def test_a_russian_export_lands_with_its_broken_rows_set_aside(tmp_path: Path, land: Land) -> None:
    text = (
        "id;created;source;note\r\n"
        '1;01.02.2026 12:00;Яндекс Директ;"две\nстроки"\r\n'
        "2;31.02.2026;SEO;x\r\n"
        "3;02.02.2026\r\n"
        "1;01.02.2026 12:00;Другое;y\r\n"
        '1;01.02.2026 12:00;Яндекс Директ;"две\nстроки"\r\n'
        ";02.02.2026;SEO;z\r\n"
    )
    (tmp_path / "leads.csv").write_bytes(text.encode("cp1251"))
    (result,) = land(LEADS + "    encoding: cp1251\n    keep: [note]\n")
    assert filled(result, "leads") == [
        {"lead_id": "1", "created_at": "2026-02-01 09:00:00", "channel_label": "яндекс_директ"}
    ]
    assert (result.rows_in, result.rows, result.quarantined) == (6, 1, 5)
    assert quarantined(result) == [
        (2, 4, "row", "not_a_timestamp", "99.99.9999"),
        (3, 5, "row", "too_few_columns", "9;99.99.9999"),
        (4, 6, "row", "duplicate_key", "9"),
        (5, 7, "row", "duplicate_row", None),
        (6, 9, "row", "missing_key", None),
    ]
    assert result.pull is not None
    assert parts(result.pull)[0]["note"] == "две\nстроки"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("7;01.02.2026;Иван Петров, +7 916 123-45-67\n8;02.02.2026;ivan@example.com\n", id="header lost"),
        pytest.param(
            '"id;created;source\n7;01.02.2026;+7 916 123-45-67\n8;"";ivan@example.com\n";b\n', id="open quote"
        ),
    ],
)
def test_a_header_that_is_data_is_told_by_its_shape_and_never_shown(tmp_path: Path, land: Land, text: str) -> None:
    (tmp_path / "leads.csv").write_text(text, encoding="utf-8")
    with pytest.raises(FilesError) as refused:
        land(LEADS + "    delimiter: ;\n")
    said = str(refused.value)
    assert str(tmp_path / "leads.csv") in said
    assert "header_row" in said
    assert not any(secret in said for secret in ("916", "Петров", "ivan", "01.02"))


def test_a_missing_column_is_named_with_the_nearest_but_no_contact_data_of_the_header(
    tmp_path: Path, land: Land
) -> None:
    (tmp_path / "leads.csv").write_text("id;createt;ivan@example.com;+7 916 123-45-67\n", encoding="utf-8")
    with pytest.raises(FilesError) as refused:
        land(LEADS)
    said = str(refused.value)
    assert "mapping.yml:10:" in said
    assert "has no column 'created'; did you mean 'createt'?" in said
    assert "has no column 'source'; expected one of: [e-mail], [phone], createt, id" in said


def test_jalali_dates_persian_digits_and_toman_become_canonical(tmp_path: Path, land: Land) -> None:
    rows = 'id,تاریخ,مبلغ\nd1,۱۴۰۵/۰۴/۰۱,٣٬٥٠٠\nd2,1405/04/02 10:00,"1,250,000"\nd3,1405/04/03,nothing\n'
    (tmp_path / "deals.csv").write_text(rows, encoding="utf-8")
    (result,) = land(
        """    file: deals.csv
    key: [id]
    fills:
      - contract: deals
        fields:
          deal_id: id
          won_at: {column: تاریخ, calendar: jalali, zone: Asia/Tehran}
          amount_minor: {column: مبلغ, factor_alias: toman}
""",
        "amounts_include_vat: true",
    )
    # 1 Tir 1405 = 2026-06-22 (D2), Tehran UTC+3:30; 3 500 toman = 35 000 rial
    common = {"currency": "IRR", "amounts_include_vat": "true"}
    assert filled(result, "deals") == [
        {"deal_id": "d1", "won_at": "2026-06-21 20:30:00", "amount_minor": "35000", **common},
        {"deal_id": "d2", "won_at": "2026-06-23 06:30:00", "amount_minor": "12500000", **common},
        {"deal_id": "d3", "won_at": "2026-06-23 20:30:00", "amount_minor": None, **common},
    ]
    assert result.pull is not None
    assert result.pull.fills[0]["money"] == [{"field": "amount_minor", "currency": "IRR", "minor": "12535000"}]
    assert quarantined(result) == [(3, 4, "value", "not_a_number", "aaaaaaa")]
    assert parts(result.pull)[2]["مبلغ"] is None


def test_the_currency_of_each_row_decides_its_minor_units(tmp_path: Path, land: Land) -> None:
    text = "id,paid,sum,cur\n1,2026-01-01,10.50,eur\n2,2026-01-01,100,toman\n3,2026-01-01,5,XXX\n4,2026-01-01,7,\n"
    (tmp_path / "payments.csv").write_text(text, encoding="utf-8")
    (result,) = land(
        """    file: payments.csv
    fills:
      - contract: payments
        fields: {payment_id: id, paid_at: paid, amount_minor: sum, currency: cur}
""",
        "currency: RUB",
    )
    assert [(row["amount_minor"], row["currency"]) for row in filled(result, "payments")] == [
        ("1050", "EUR"),
        ("1000", "IRR"),
        ("700", "RUB"),
    ]
    assert dict(result.reasons) == {"unknown_currency": 1}


def test_a_separator_that_one_value_proves_holds_for_the_column(tmp_path: Path, land: Land) -> None:
    (tmp_path / "deals.csv").write_text("id;sum\n1;1.234\n2;5,50\n", encoding="utf-8")
    (result,) = land(
        "    file: deals.csv\n    fills:\n      - contract: deals\n        fields: {deal_id: id, amount_minor: sum}\n",
        "currency: EUR",
    )
    assert [row["amount_minor"] for row in filled(result, "deals")] == ["123400", "550"]


def test_contact_data_land_only_as_tokens(tmp_path: Path, land: Land) -> None:
    text = (
        "mail,created,phone,comment\n"
        "Anna@Example.com,2026-01-01,8 (916) 123-45-67,write to anna@example.com\n"
        "boris@example.com,2026-01-01,12,call\n"
    )
    (tmp_path / "leads.csv").write_text(text, encoding="utf-8")
    stream = """    file: leads.csv
    key: [mail]
    keep: [comment]
    fills:
      - contract: leads
        fields: {lead_id: mail, created_at: created, email_token: mail, phone_token: phone}
"""
    with pytest.raises(ContactKeyError):
        land(stream, key=None)
    (result,) = land(stream)
    first, second = filled(result, "leads")
    assert first["lead_id"] == first["email_token"] != second["email_token"]
    assert (first["has_valid_phone"], second["has_valid_phone"]) == ("true", "false")
    assert (first["has_valid_email"], second["phone_token"]) == ("true", None)
    assert quarantined(result) == [(2, 3, "value", "invalid_phone", "99")]
    assert result.pull is not None
    everything = repr(parts(result.pull)) + repr(quarantined(result))
    for clear in ("nna@", "boris", "916", "1234567"):
        assert clear not in everything
    assert result.pull.key is not None


def test_an_id_that_is_an_email_address_is_refused(tmp_path: Path, land: Land) -> None:
    (tmp_path / "leads.csv").write_text("id,created,source\na@b.com,2026-01-01,x\n7,2026-01-01,y\n", encoding="utf-8")
    (result,) = land(LEADS)
    assert dict(result.reasons) == {"contact_data": 1}
    assert result.pull is not None
    assert "a@b.com" not in repr(parts(result.pull))


def test_an_unchanged_file_is_not_landed_twice_and_a_changed_one_is_a_new_version(tmp_path: Path, land: Land) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("id,created,source\n1,2026-01-01,a\n2,2026-01-01,b\n3,2026-01-01,c\n", encoding="utf-8")
    assert [land(LEADS)[0].status, land(LEADS)[0].status] == ["landed", "unchanged"]
    path.write_text("id,created,source\n1,2026-01-01,a\n4,2026-01-01,b\n", encoding="utf-8")
    (changed,) = land(LEADS)
    assert changed.pull is not None
    assert changed.pull.pull == 2
    assert [(item["finding"], item["occurrences"], item["rows_checked"]) for item in changed.findings] == [
        ("removed_rows", 2, 3)
    ]
    assert land(LEADS.replace("snake", "lower"))[0].status == "landed"
    path.unlink()
    (missing,) = land(LEADS.replace("snake", "lower"))
    assert missing.status == "missing"
    assert "pull 3" in missing.message


def test_a_file_that_never_was_is_an_error_naming_where_it_was_looked_for(tmp_path: Path, land: Land) -> None:
    with pytest.raises(FilesError, match=r"leads\.csv not found"):
        land(LEADS)
    with pytest.raises(FilesError, match=r"no file matches .*leads_\*.csv"):
        land(LEADS.replace("leads.csv", "leads_*.csv"))


def test_a_glob_gives_every_file_its_own_versions_and_never_leaves_the_folder(tmp_path: Path, land: Land) -> None:
    for month in ("01", "02"):
        (tmp_path / f"leads_{month}.csv").write_text(f"id,created,source\n{month},2026-01-01,a\n", encoding="utf-8")
    results = land(LEADS.replace("leads.csv", "leads_*.csv"))
    assert [result.file for result in results] == ["leads_01.csv", "leads_02.csv"]
    outside = tmp_path.parent / f"{tmp_path.name}-outside.csv"
    outside.write_text("id,created,source\n9,2026-01-01,a\n", encoding="utf-8")
    (tmp_path / "leads_03.csv").symlink_to(outside)
    with pytest.raises(FilesError, match="leads out of"):
        land(LEADS.replace("leads.csv", "leads_*.csv"))


def test_one_stream_fills_several_contracts_by_condition(tmp_path: Path, land: Land) -> None:
    text = "who,at,what,value\nA,2026-01-01T00:00:00Z,click,0\nA,2026-01-02T00:00:00Z,conversion,4.5\n"
    (tmp_path / "log.csv").write_text(text, encoding="utf-8")
    (result,) = land(
        """    file: log.csv
    fills:
      - contract: touches
        when: [{column: what, not_equals: conversion}]
        fields: {touch_id: {columns: [who, at], separator: "|"}, person_id: who, occurred_at: at}
      - contract: conversions
        when: [{column: what, equals: conversion}]
        fields:
          conversion_id: {row_number: true}
          person_id: who
          converted_at: at
          revenue_minor: value
          kind: {value: paid}
""",
        "currency: EUR",
    )
    assert filled(result, "touches") == [
        {"touch_id": "A|2026-01-01T00:00:00Z", "person_id": "A", "occurred_at": "2026-01-01 00:00:00"}
    ]
    (conversion,) = filled(result, "conversions")
    assert (conversion["conversion_id"], conversion["revenue_minor"], conversion["kind"]) == ("2", "450", "paid")
    assert result.pull is not None
    assert [(fill["rows_filled"], fill["rows_skipped"]) for fill in result.pull.fills] == [(1, 1), (1, 1)]


def test_a_workbook_lands_like_a_text_file(tmp_path: Path, land: Land) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (
        ["id", "created", "source"],
        [1, datetime(2026, 1, 1, 12, 30), "A"],
        [None, None, None],
        [2, datetime(2026, 1, 2), "B", "too much"],
        [3.0, "2026-01-03", None],
    ):
        sheet.append(row)
    workbook.save(tmp_path / "leads.xlsx")
    (result,) = land(LEADS.replace("leads.csv", "leads.xlsx"))
    assert filled(result, "leads") == [
        {"lead_id": "1", "created_at": "2026-01-01 09:30:00", "channel_label": "a"},
        {"lead_id": "3", "created_at": "2026-01-02 21:00:00", "channel_label": None},
    ]
    assert quarantined(result) == [(2, 4, "row", "too_many_columns", None)]


def test_a_parquet_file_lands_like_a_text_file(tmp_path: Path, land: Land) -> None:
    table = pa.table(
        {
            "id": [1, 2],
            "created": pa.array([datetime(2026, 1, 1, 12), None], pa.timestamp("us", "UTC")),
            "source": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
        }
    )
    pq.write_table(table, tmp_path / "leads.parquet")
    (result,) = land(LEADS.replace("leads.csv", "leads.parquet"))
    assert filled(result, "leads") == [{"lead_id": "1", "created_at": "2026-01-01 12:00:00", "channel_label": "1_5"}]
    assert dict(result.reasons) == {"missing_required_value": 1}


def test_every_mistake_in_a_mapping_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yml"
    path.write_text(
        """source: definitions
folder: ${NOT_SET}
streems: {}
streams:
  leads:
    file: ../leads.csv
    fills:
      - contract: lead
        fields: {}
      - contract: leads
        when: [{column: a, matches: b}]
        fields: {lead_idd: id, created_at: {column: c, case: snake}, has_need: {column: a, value: b}}
""",
        encoding="utf-8",
    )
    with pytest.raises(MappingError) as caught:
        load_mapping(path, {})
    text = "\n".join(problem.removeprefix(f"{path}:") for problem in caught.value.problems)
    for expected in (
        "1:9: source:",
        "2:9: folder: NOT_SET is not set",
        "3:1: streems: unknown key; did you mean 'streams'?",
        "6:11: streams.leads.file:",
        "8:19: streams.leads.fills[0].contract: no contract 'lead'; did you mean 'leads'?",
        "11:28: streams.leads.fills[1].when[0].matches: unknown key",
        "lead_idd: contract leads has no such field; did you mean 'lead_id'?",
        "created_at.case: created_at is timestamp; `case` is only for text",
        "has_need: expected exactly one of column, columns, value, row_number",
        "contract leads requires lead_id: map it",
    ):
        assert expected in text


def test_a_column_that_the_file_lacks_is_named_with_the_nearest(tmp_path: Path, land: Land) -> None:
    (tmp_path / "leads.csv").write_text("id,creatd,source\n1,2026-01-01,a\n", encoding="utf-8")
    with pytest.raises(FilesError, match=r"mapping.yml:\d+:\d+: .* no column 'created'; did you mean 'creatd'"):
        land(LEADS)


OLIST = """source: olist
folder: {folder}
time_zone: America/Sao_Paulo
streams:
  leads:
    file: olist_marketing_qualified_leads_dataset.csv
    key: [mql_id]
    keep: [landing_page_id]
    fills:
      - contract: leads
        fields:
          lead_id: mql_id
          created_at: {{column: first_contact_date, formats: ["%Y-%m-%d", "%Y.%m.%d"]}}
          channel_label: {{column: origin, empty: [unknown], case: snake}}
  deals:
    file: {deals}
    key: [mql_id]
    keep: [average_stock]
    fills:
      - contract: deals
        fields:
          deal_id: mql_id
          won_at: {{column: won_date, formats: ["%Y-%m-%d %H:%M:%S", "%Y.%m.%d %H:%M"]}}
          status: {{value: won}}
"""


@pytest.mark.skipif(not (EXAMPLE_DATA / "olist").is_dir(), reason=f"no example data in {EXAMPLE_DATA}")
@pytest.mark.parametrize(
    ("variant", "deals", "findings"),
    [
        (".", "olist_closed_deals_dataset.csv", {"undeclared_empty": 4}),
        (
            "variant_semicolon",
            "olist_marketing_closed_deals_dataset.csv",
            {"precision_lost": 842, "spreadsheet_date": 32, "undeclared_empty": 4},
        ),
    ],
)
def test_olist_lands_whole_in_both_variants(tmp_path: Path, variant: str, deals: str, findings: dict[str, int]) -> None:
    path = tmp_path / "mapping.yml"
    path.write_text(OLIST.format(folder=EXAMPLE_DATA / "olist" / variant, deals=deals), encoding="utf-8")
    landed = {
        stream: land_stream(
            Lake(tmp_path / "lake"),
            load_mapping(path, {}),
            stream,
            contracts=load_contracts(),
            currencies=load_currencies(ROOT / "definitions"),
            company_time_zone="UTC",
            contact_key=None,
        )[0]
        for stream in ("leads", "deals")
    }
    assert {name: (result.rows_in, result.rows) for name, result in landed.items()} == {
        "leads": (8000, 8000),
        "deals": (842, 842),
    }
    assert {item["finding"]: item["occurrences"] for item in landed["deals"].findings} == findings
    # first row of the file: 2018-02-26 19:58[:54] in São Paulo, UTC-3 after the summer time ended on 2018-02-18
    assert filled(landed["deals"], "deals")[0]["won_at"].startswith("2018-02-26 22:58")
