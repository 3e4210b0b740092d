"""Input that is wrong, hostile or half there: a clear error, or quarantine with a reason, and no row unaccounted for.

Encodings, ragged rows, quotes and delimiters of one file are in test_reading; notations in test_notation; workbooks,
contact data and mistakes of a mapping in tests/integration/test_files_source.
"""

from __future__ import annotations

import os
import re
import resource
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.clock import FixedClock
from orchestration.contracts import load_contracts
from orchestration.landing import Lake
from orchestration.settings import PROJECT_ROOT
from orchestration.sources.definitions import load_currencies
from orchestration.sources.files import FilesError, MappingError, StreamResult, land_stream, load_mapping, reading

CONTRACTS = load_contracts()
CURRENCIES = load_currencies(PROJECT_ROOT / "definitions")

Land = Callable[..., list[StreamResult]]

LEADS = "file: leads.csv\n    key: [id]\n    fills: [{contract: leads, fields: {lead_id: id, created_at: created}}]"
MANY_LEADS = LEADS.replace("leads.csv", '"leads*.csv"')


def mapped(folder: Path, stream: str, source: str = "") -> Path:
    path = folder / "mapping.yml"
    path.write_text(f"source: crm\nfolder: .\n{source}\nstreams:\n  rows:\n    {stream}\n", encoding="utf-8")
    return path


@pytest.fixture
def land(tmp_path: Path) -> Land:
    """Lands the stream `rows` of a mapping written for it into one lake beside the files."""
    clock = FixedClock(datetime(2026, 6, 1, tzinfo=UTC))

    def run(stream: str, source: str = "") -> list[StreamResult]:
        return land_stream(
            Lake(tmp_path / "lake", clock),
            load_mapping(mapped(tmp_path, stream, source), {}, contracts=CONTRACTS),
            "rows",
            contracts=CONTRACTS,
            currencies=CURRENCIES,
            company_time_zone="UTC",
            contact_key=b"0123456789abcdef0123456789abcdef",
        )

    return run


def rows_of(result: StreamResult) -> list[dict[str, str]]:
    assert result.pull is not None
    return list(pq.read_table([str(part) for part in result.pull.parts]).to_pylist())


def leads_csv(*ids: str) -> str:
    return "id,created\n" + "".join(f"{name},2026-05-01\n" for name in ids)


# ---- what stands in the rows


def test_every_kind_of_broken_row_is_set_aside_with_its_reason_and_the_good_ones_land(
    tmp_path: Path, land: Land
) -> None:
    cell = "x" * 10_000_000
    lines = [
        b"id,created,note",
        b"1,2026-05-01,good",
        b"2,2026-05-01",
        b"3,2026-05-01,a,b",
        b"4,2026-05-01,nul\0here",
        "5,2026-05-01,Омск".encode("cp1251"),
        "6,2026-05-01,Омск".encode(),
        b"7,2026-05-01,first",
        b"7,2026-05-02,other content",
        b"7,2026-05-01,first",
        b",2026-05-01,no key",
        b"8,31.31.2026,no date",
        b"9,,no date at all",
        b"10,2026-05-01," + cell.encode(),
        b"11,2031-01-01,the future lands and is a warning later",
    ]
    (tmp_path / "leads.csv").write_bytes(b"\n".join(lines) + b"\n")
    (result,) = land(LEADS.replace("key: [id]", "key: [id]\n    encoding: utf-8\n    keep: [note]"))
    assert result.rows_in == len(lines) - 1 == result.rows + result.quarantined
    assert dict(result.reasons) == {
        "too_few_columns": 1,
        "too_many_columns": 1,
        "nul_bytes": 1,
        "undecodable_bytes": 1,
        "duplicate_key": 1,
        "duplicate_row": 1,
        "missing_key": 1,
        "not_a_timestamp": 1,
        "missing_required_value": 1,
    }
    landed = {row["_key"]: row["note"] for row in rows_of(result)}
    assert set(landed) == {"1", "6", "7", "10", "11"}
    assert landed["6"] == "Омск"
    assert landed["10"] == cell


LOG = (
    "file: log.csv\n    fills: [{contract: touches, fields: {touch_id: {row_number: true}, person_id: who, "
    "occurred_at: when, kind: {value: call}, direction: {value: incoming}}}]"
)


@pytest.mark.parametrize(("option", "rows"), [("", 2), ("keep_repeats: true\n    ", 3)])
def test_rows_of_one_content_are_copies_unless_the_mapping_says_that_they_are_events(
    tmp_path: Path, land: Land, option: str, rows: int
) -> None:
    (tmp_path / "log.csv").write_text("who,when\np1,2026-05-01\np1,2026-05-01\np2,2026-05-01\n", encoding="utf-8")
    (result,) = land(LOG.replace("fills:", f"{option}fills:"))
    assert (result.rows_in, result.rows) == (3, rows)
    assert dict(result.reasons) == ({} if option else {"duplicate_row": 1})


def test_repeats_cannot_be_kept_beside_a_key(land: Land) -> None:
    with pytest.raises(MappingError, match=r"keep_repeats: not beside `key:`"):
        land(LEADS.replace("key:", "keep_repeats: true\n    key:"))


def test_a_file_of_only_a_header_lands_no_row_and_is_no_error(tmp_path: Path, land: Land) -> None:
    (tmp_path / "leads.csv").write_text("id,created\n", encoding="utf-8")
    (result,) = land(LEADS)
    assert (result.status, result.rows_in, result.rows, result.quarantined) == ("landed", 0, 0, 0)


@pytest.mark.parametrize("name", ["leads.csv", "leads.xlsx", "leads.parquet"])
def test_an_empty_file_is_an_error_that_names_it(tmp_path: Path, land: Land, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(FilesError, match=rf"{re.escape(name)}: the file is empty"):
        land(LEADS.replace("leads.csv", name))
    assert not list((tmp_path / "lake").rglob("pull=*"))


def test_a_wrong_delimiter_is_named_as_the_likely_cause(tmp_path: Path, land: Land) -> None:
    (tmp_path / "leads.csv").write_text(leads_csv("1"), encoding="utf-8")
    with pytest.raises(FilesError, match=r"no column 'id'") as caught:
        land(LEADS.replace("key:", 'delimiter: ";"\n    key:'))
    assert "mapping.yml:" in str(caught.value)
    assert "its header is one column, shaped 'aa,aaaaaaa': is the `delimiter:` of the stream right?" in str(
        caught.value
    )


def test_amounts_with_every_kind_of_space_are_read_and_one_without_its_currency_is_not(
    tmp_path: Path, land: Land
) -> None:
    amounts = ["1 234,56", "1\u00a0234,56", "1\u202f234,56", "-1 234,56", "1 234,56", "1 234,56"]
    currencies = ["RUB", "RUB", "RUB", "RUB", "", "XXQ"]
    lines = [f"{row};{amount};{currencies[row]}" for row, amount in enumerate(amounts)]
    (tmp_path / "deals.csv").write_text("id;sum;cur\n" + "\n".join(lines), encoding="utf-8")
    (result,) = land(
        "file: deals.csv\n    key: [id]\n    fills:\n      - contract: deals\n"
        "        fields: {deal_id: id, amount_minor: {column: sum, currency: {column: cur}}}"
    )
    assert result.pull is not None
    (fill,) = result.pull.fills
    column = fill["columns"]["amount_minor"]
    assert [row[column] for row in rows_of(result)] == ["123456", "123456", "123456", "-123456", None, None]
    assert result.null_values["missing_currency"] == 1
    assert result.null_values["unknown_currency"] >= 1
    assert [(money["currency"], money["minor"]) for money in fill["money"]] == [("RUB", str(3 * 123456 - 123456))]


# ---- two files that claim the same rows


def test_two_files_of_a_stream_with_a_row_in_common_are_refused_before_the_second_lands(
    tmp_path: Path, land: Land
) -> None:
    (tmp_path / "leads_1.csv").write_text(leads_csv("1", "2", "3"), encoding="utf-8")
    (tmp_path / "leads_2.csv").write_text(leads_csv("3", "4"), encoding="utf-8")
    with pytest.raises(
        FilesError, match=r"leads_2\.csv: 1 rows have a key \(id\) that stands in leads_1\.csv"
    ) as caught:
        land(MANY_LEADS)
    assert "such as 3:" in str(caught.value)
    (tmp_path / "leads_2.csv").write_text(leads_csv("4"), encoding="utf-8")
    assert [result.rows for result in land(MANY_LEADS)] == [3, 1]


def test_the_same_row_in_two_files_is_caught_also_when_the_contract_has_another_key(tmp_path: Path, land: Land) -> None:
    stream = MANY_LEADS.replace("lead_id: id", "lead_id: number")
    (tmp_path / "leads_1.csv").write_text("id,number,created\na,1,2026-05-01\n", encoding="utf-8")
    (tmp_path / "leads_2.csv").write_text("id,number,created\na,2,2026-05-01\n", encoding="utf-8")
    with pytest.raises(FilesError, match=r"leads_2\.csv.*stands in leads_1\.csv too, such as a:"):
        land(stream)


def test_a_copied_file_is_refused_where_rows_have_no_key(tmp_path: Path, land: Land) -> None:
    stream = MANY_LEADS.replace("    key: [id]\n", "")
    for name in ("leads.csv", "leads copy.csv"):
        (tmp_path / name).write_text(leads_csv("1"), encoding="utf-8")
    with pytest.raises(FilesError, match=r"leads\.csv: is byte for byte leads copy\.csv"):
        land(stream)
    for name in ("leads.csv", "leads copy.csv"):
        (tmp_path / name).write_text(leads_csv(), encoding="utf-8")
    assert [result.rows for result in land(stream)] == [0, 0]


def test_a_row_that_moves_from_one_file_to_another_in_one_go_is_no_conflict(tmp_path: Path, land: Land) -> None:
    (tmp_path / "leads_1.csv").write_text(leads_csv("1"), encoding="utf-8")
    (tmp_path / "leads_2.csv").write_text(leads_csv("2", "3"), encoding="utf-8")
    land(MANY_LEADS)
    (tmp_path / "leads_1.csv").write_text(leads_csv("1", "2"), encoding="utf-8")
    (tmp_path / "leads_2.csv").write_text(leads_csv("3"), encoding="utf-8")
    results = land(MANY_LEADS)
    assert [(result.file, result.status, result.rows) for result in results] == [
        ("leads_1.csv", "landed", 2),
        ("leads_2.csv", "landed", 1),
    ]


# ---- hostile or half-written files


def workbook(path: Path, rows: int = 3) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["id", "created"])
    for number in range(rows):
        book.active.append([str(number), "2026-05-01"])
    book.save(path)
    return path


def with_member(path: Path, member: str, content: bytes) -> None:
    """Replaces one member of a workbook."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    members[member] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


SHEET = "xl/worksheets/sheet1.xml"


def bomb(path: Path, size: int) -> Path:
    """A workbook whose sheet is `size` spaces, written in pieces."""
    workbook(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/a.xml", "w") as file:
        for _ in range(size >> 20):
            file.write(b" " * (1 << 20))
    return path


def test_a_workbook_that_would_inflate_to_gigabytes_is_refused_before_memory_is_spent(
    tmp_path: Path, land: Land
) -> None:
    path = bomb(tmp_path / "leads.xlsx", 1 << 30)
    assert path.stat().st_size < 2_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FilesError, match=r"leads\.xlsx: .* bytes would inflate to 1,07.*; save the sheet as \.csv"):
        land(LEADS.replace("leads.csv", "leads.xlsx"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_workbook_that_lies_about_its_size_is_refused_too(tmp_path: Path, land: Land) -> None:
    path = bomb(tmp_path / "leads.xlsx", 1 << 30)
    data = path.read_bytes()
    true_size = struct.pack("<I", 1 << 30)
    assert data.count(true_size) >= 1
    path.write_bytes(data.replace(true_size, struct.pack("<I", 1000)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FilesError, match=r"leads\.xlsx: not an XLSX workbook that can be read"):
        land(LEADS.replace("leads.csv", "leads.xlsx"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_entities_that_stand_for_billions_of_characters_are_refused_in_a_workbook(tmp_path: Path, land: Land) -> None:
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    document = (
        f'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY e0 "lol">{entities}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&e9;</t></is></c></row></sheetData></worksheet>'
    )
    with_member(workbook(tmp_path / "leads.xlsx"), SHEET, document.encode())
    with pytest.raises(FilesError, match=r"sheet1\.xml declares a document type"):
        land(LEADS.replace("leads.csv", "leads.xlsx"))


def test_a_row_number_beyond_any_sheet_is_refused(tmp_path: Path, land: Land) -> None:
    path = workbook(tmp_path / "leads.xlsx")
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read(SHEET)
    with_member(path, SHEET, sheet.replace(b'<row r="4"', b'<row r="999999999"'))
    with pytest.raises(FilesError, match="row 999,999,999 where a sheet has at most 1,048,576"):
        land(LEADS.replace("leads.csv", "leads.xlsx"))


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.999])
def test_a_workbook_or_parquet_file_that_is_cut_off_is_an_error_that_names_it(
    tmp_path: Path, land: Land, kept: float
) -> None:
    workbook(tmp_path / "leads.xlsx", 200)
    pq.write_table(pa.table({"id": ["1"] * 50, "created": ["2026-05-01"] * 50}), tmp_path / "leads.parquet")
    for name in ("leads.xlsx", "leads.parquet"):
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: int(len(data) * kept)])
        with pytest.raises(FilesError, match=re.escape(name)):
            land(LEADS.replace("leads.csv", name))
    assert not list((tmp_path / "lake").rglob("pull=*"))


def test_a_file_that_grows_while_it_is_read_does_not_land(
    tmp_path: Path, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(leads_csv("1"), encoding="utf-8")
    read = reading.read_delimited

    def read_while_written(*arguments: object, **options: object) -> reading.FileContent:
        content = read(*arguments, **options)  # type: ignore[arg-type]
        with path.open("a", encoding="utf-8") as file:
            file.write("2,2026-05-02\n")
        return content

    with monkeypatch.context() as patched:
        patched.setattr(reading, "read_delimited", read_while_written)
        with pytest.raises(FilesError, match=r"leads\.csv: changed while it was read .* run again"):
            land(LEADS)
    assert not list((tmp_path / "lake").rglob("pull=*"))
    assert [result.rows for result in land(LEADS)] == [2]


def test_a_file_cut_in_the_middle_of_a_row_keeps_the_row_out(tmp_path: Path, land: Land) -> None:
    (tmp_path / "leads.csv").write_text(leads_csv("1", "2") + "3", encoding="utf-8")
    (result,) = land(LEADS)
    assert (result.rows_in, result.rows, dict(result.reasons)) == (3, 2, {"too_few_columns": 1})


# ---- paths


def test_a_folder_where_a_file_is_expected_is_an_error_with_the_fix(tmp_path: Path, land: Land) -> None:
    (tmp_path / "leads.csv").mkdir()
    with pytest.raises(FilesError, match=r"leads\.csv is a folder where a file is expected"):
        land(LEADS)
    with pytest.raises(FilesError, match="no file matches"):
        land(MANY_LEADS)


def test_a_broken_link_is_an_error_and_not_an_absent_file(tmp_path: Path, land: Land) -> None:
    (tmp_path / "leads_1.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(FilesError, match=r"leads_1\.csv: is no file that can be read"):
        land(MANY_LEADS)


@pytest.mark.parametrize("file", ["../secret.csv", "/etc/passwd", "a/../../secret.csv"])
def test_a_path_that_leaves_the_folder_is_refused_by_the_mapping(tmp_path: Path, file: str) -> None:
    path = mapped(tmp_path, LEADS.replace("leads.csv", file).replace("key:", "format: csv\n    key:"))
    with pytest.raises(MappingError, match=r"mapping\.yml:6:11: streams\.rows\.file: .* must stay inside the folder"):
        load_mapping(path, {}, contracts=CONTRACTS)


@pytest.mark.parametrize("name", ["leads.csv", "down/leads.csv"])
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path, land: Land, name: str) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "leads.csv").write_text(leads_csv("1"), encoding="utf-8")
    if "/" in name:
        (tmp_path / "down").symlink_to(outside)
    else:
        (tmp_path / name).symlink_to(outside / "leads.csv")
    with pytest.raises(FilesError, match=r"leads\.csv: leads out of"):
        land(LEADS.replace("leads.csv", name))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file, so nothing is unreadable")
def test_a_file_that_may_not_be_read_is_an_error_with_the_fix(tmp_path: Path, land: Land) -> None:
    (tmp_path / "leads.csv").write_text(leads_csv("1"), encoding="utf-8")
    (tmp_path / "leads.csv").chmod(0)
    with pytest.raises(FilesError, match=r"leads\.csv: this user may not read the file"):
        land(LEADS)


def test_a_file_that_the_system_refuses_to_read_is_an_error_with_the_fix(
    tmp_path: Path, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for root, to whom the system refuses nothing."""
    (tmp_path / "leads.csv").write_text(leads_csv("1"), encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(FilesError, match=r"leads\.csv: this user may not read the file"):
        land(LEADS)


# ---- mappings that try to be more than names


@pytest.mark.parametrize(
    "column",
    [
        "id'; drop table leads; --",
        'id" union select 1 --',
        "{{ env_var('HOME') }}",
        "${SECRET}",
        "__import__('os').system('x')",
    ],
)
def test_code_in_a_mapping_is_the_name_of_a_column_and_nothing_else(tmp_path: Path, land: Land, column: str) -> None:
    quoted = "'" + column.replace("'", "''") + "'"
    stream = LEADS.replace("lead_id: id", f"lead_id: {quoted}")
    (tmp_path / "leads.csv").write_text(leads_csv("1"), encoding="utf-8")
    with pytest.raises(FilesError, match="has no column") as caught:
        land(stream)
    assert column in str(caught.value).replace("\\", "")
    field = column.replace('"', '""')
    (tmp_path / "leads.csv").write_text(f'id,created,"{field}"\n1,2026-05-01,L1\n', encoding="utf-8")
    (result,) = land(stream)
    assert result.pull is not None
    (fill,) = result.pull.fills
    assert re.fullmatch(r"[a-z0-9_]+", fill["columns"]["lead_id"])
    assert [row[fill["columns"]["lead_id"]] for row in rows_of(result)] == ["L1"]


def test_code_in_a_constant_lands_as_text(tmp_path: Path, land: Land) -> None:
    (tmp_path / "leads.csv").write_text(leads_csv("1"), encoding="utf-8")
    code = "'); drop table x; --"
    (result,) = land(LEADS.replace("lead_id: id", f'lead_id: id, segment: {{value: "{code}"}}'))
    assert result.pull is not None
    (fill,) = result.pull.fills
    assert [row[fill["columns"]["segment"]] for row in rows_of(result)] == [code]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source: !!python/object/apply:os.system [touch {marker}]", "the tag .*python/object.* is not read"),
        ("source: !!python/name:os.system ''", "the tag .*python/name.* is not read"),
        ("source: crm; drop table x", "expected lower-case letters"),
        ("folder: ${NOBODY_SET_THIS}", "NOBODY_SET_THIS is not set"),
        ("source: cr\u0007m", "character 0x7 is not allowed"),
        ("source: " + "[" * 5000, "nested too deep|not valid YAML"),
        ("a: &a [x, x]\nb: &b [*a, *a]", r"the alias \*a is not read"),
    ],
)
def test_a_mapping_is_read_as_plain_text_or_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    marker = tmp_path / "executed"
    path = tmp_path / "mapping.yml"
    path.write_text(text.format(marker=marker) if "{marker}" in text else text, encoding="utf-8")
    with pytest.raises(MappingError, match=message) as caught:
        load_mapping(path, {}, contracts=CONTRACTS)
    assert str(path) in str(caught.value)
    assert not marker.exists()


def test_aliases_that_stand_for_billions_of_values_are_refused_at_the_first(tmp_path: Path) -> None:
    lines = ["a0: &a0 [lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))]
    path = tmp_path / "mapping.yml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(MappingError, match=r"mapping\.yml:2:10: not valid YAML: the alias \*a0 is not read"):
        load_mapping(path, {}, contracts=CONTRACTS)


def test_a_name_that_is_shell_or_sql_cannot_become_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yml"
    text = 'source: crm\nfolder: .\nstreams:\n  "x; drop schema raw":\n    file: a.csv\n    fills: []\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=r"mapping\.yml:4:3: streams: .*expected lower-case letters"):
        load_mapping(path, {}, contracts=CONTRACTS)
