"""The workbook: one sheet a mart, types kept, no text that runs as a formula."""

from datetime import date, datetime

import openpyxl
import pytest

from orchestration.reports import build_workbook

CHANGE = """
    create table marts.fct_things as select * from (values
        ('=1+1', date '2026-06-01', timestamp '2026-06-01 10:20:30', 12345, cast(0.125 as decimal(38, 9)), true,
            9007199254740993, 'b1'),
        ('+7 999', null, null, null, null, false, 1, 'b1'), ('@here', null, null, null, null, null, 2, 'b1'),
        ('-x', null, null, null, null, null, 3, 'b1'), ('http://a.b', null, null, null, null, null, 4, 'b1'))
        as things(name, day_on, seen_at, cost_minor, rate, is_good, big, build_id);
    comment on table marts.fct_things is 'One row per thing'
"""


def test_every_mart_is_a_sheet_and_the_contents_sheet_lists_them_with_rows(make_publication, tmp_path):
    book = openpyxl.load_workbook(build_workbook(make_publication(change=CHANGE), tmp_path / "m.xlsx", language="en"))
    contents = {row[0]: row[1:] for row in book["contents"].iter_rows(min_row=6, values_only=True)}
    assert set(book.sheetnames) == {"contents", *contents}
    assert contents["fct_things"][:3] == ("One row per thing", 5, 5)
    assert book["fct_leads"].max_row == 61


def test_values_keep_their_types_and_minor_units_stay_minor(make_publication, tmp_path):
    book = openpyxl.load_workbook(build_workbook(make_publication(change=CHANGE), tmp_path / "m.xlsx", language="en"))
    sheet = book["fct_things"]
    assert [cell.value for cell in sheet[2]][1:6] == [
        datetime(2026, 6, 1),
        datetime(2026, 6, 1, 10, 20, 30),
        12345,
        0.125,
        True,
    ]
    assert sheet["B2"].number_format == "yyyy-mm-dd"
    assert sheet["B2"].value.date() == date(2026, 6, 1)
    # above 2^53 a spreadsheet would change the number
    assert sheet["G2"].value == "9007199254740993"


def test_text_that_looks_like_a_formula_stays_text(make_publication, tmp_path):
    book = openpyxl.load_workbook(build_workbook(make_publication(change=CHANGE), tmp_path / "m.xlsx", language="en"))
    cells = [book["fct_things"].cell(row, 1) for row in range(2, 7)]
    assert [cell.value for cell in cells] == ["=1+1", "+7 999", "@here", "-x", "http://a.b"]
    assert {cell.data_type for cell in cells} == {"s"}


def test_a_table_longer_than_the_limit_is_cut_and_the_contents_sheet_says_so(make_publication, tmp_path):
    path = build_workbook(make_publication(), tmp_path / "m.xlsx", language="en", row_limit=10)
    book = openpyxl.load_workbook(path)
    contents = {row[0]: row[1:] for row in book["contents"].iter_rows(min_row=6, values_only=True)}
    assert contents["fct_leads"][1:3] == (60, 10)
    assert contents["fct_leads"][3].startswith("Cut:")
    assert book["fct_leads"].max_row == 11


def test_a_report_that_is_cut_shows_its_newest_months(make_publication, tmp_path):
    change = """
        create table marts.rpt_months as select strftime(date '2020-01-01' + interval (n) month, '%Y-%m') as period, n,
            'b1' as build_id from range(20) as months(n)
    """
    path = build_workbook(make_publication(change=change), tmp_path / "m.xlsx", language="en", row_limit=3)
    shown = [row[0] for row in openpyxl.load_workbook(path)["rpt_months"].iter_rows(min_row=2, values_only=True)]
    assert shown == ["2021-08", "2021-07", "2021-06"]


@pytest.mark.parametrize(("language", "is_right_to_left"), [("en", None), ("fa", True)])
def test_sheets_run_from_right_to_left_in_persian(make_publication, tmp_path, language, is_right_to_left):
    book = openpyxl.load_workbook(build_workbook(make_publication(), tmp_path / "m.xlsx", language=language))
    assert {bool(sheet.sheet_view.rightToLeft) for sheet in book} == {bool(is_right_to_left)}


def test_empty_marts_are_sheets_with_headings(make_publication, tmp_path):
    book = openpyxl.load_workbook(build_workbook(make_publication(filled=False), tmp_path / "m.xlsx", language="ru"))
    assert [cell.value for cell in book["fct_leads"][1]] == ["lead_id", "created_at", "build_id"]
    assert book["fct_leads"].max_row == 1


def test_the_same_build_gives_the_same_workbook(make_publication, tmp_path):
    published = make_publication()
    first = build_workbook(published, tmp_path / "a.xlsx", language="en").read_bytes()
    assert build_workbook(published, tmp_path / "b.xlsx", language="en").read_bytes() == first
