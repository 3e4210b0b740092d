"""`reports/marts.xlsx`: every published mart as a sheet, for people who work in Excel.

Rows are streamed (constant memory), so a large ledger costs time, not memory. A long table is cut, the newest months first;
the contents sheet says which tables are cut and that the Parquet file has all of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from orchestration.publication import PublishedTable
from orchestration.reports.language import Labels, Language, load_labels
from orchestration.reports.reader import PublishedMarts

REPORT_ROWS, OTHER_ROWS = 2_000, 500
"""Most rows of a report's sheet (`rpt_…`) and of any other: people read reports here, and rows behind them in the Parquet
file, which is whole. A million cells take 10 s to write."""

_MONTHS = ("period", "cohort_month", "month")
"""Columns by which a report that is cut is ordered."""

_EXACT_INTEGER = 2**53
_CELL_CHARACTERS = 32_767
_PIECE = 5_000
_EXCEL_EPOCH = datetime(1899, 12, 30)
_UNIX_EPOCH_IN_EXCEL = 25_569
_FIRST_EXCEL_DAY = 61
"""1 March 1900: before it Excel counts a day that never was, so earlier dates are written as text."""
_SHEET_NAME = 31

Writer = Callable[[int, int, Any], object]


def build_workbook(
    published: Path, out: Path, *, language: str, labels: Labels | None = None, row_limit: int | None = None
) -> Path:
    """Write the workbook of a published build.

    Parameters
    ----------
    published : a build's directory or the link `published/current`.
    out : the .xlsx file; replaced at once when it is complete.
    language : `en`, `ru` or `fa` (sheets from right to left). Column names stay those of the marts.
    labels : key → language → text; default as for the page.
    row_limit : most rows of any sheet; default REPORT_ROWS and OTHER_ROWS.

    Returns `out`. Text is always written as text: a value that begins with = + - @ is never a formula. Columns
    `*_minor` keep minor units, as the contents sheet says.
    """
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.stem}.{os.getpid()}.xlsx")
    with PublishedMarts(published) as marts:
        words = Language(language, load_labels(marts) if labels is None else labels)
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with xlsxwriter.Workbook(str(beside), options) as book:
            # the same build gives the same file
            book.set_properties(
                {"created": datetime.fromisoformat(str(marts.build.facts["as_of_at"])).replace(tzinfo=None)}
            )
            formats = _formats(book)
            names = _sheet_names(list(marts.build.tables))
            limits = {name: row_limit or _default_limit(name) for name in marts.build.tables}
            _contents_sheet(book.add_worksheet(names[""]), marts, words, formats, names, limits)
            for name, table in marts.build.tables.items():
                sheet = book.add_worksheet(names[name])
                _table_sheet(sheet, marts, table, words, formats, limits[name])
    beside.replace(out)
    return out


def _default_limit(table: str) -> int:
    return REPORT_ROWS if table.startswith("rpt_") else OTHER_ROWS


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    return {
        "heading": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"}),
        "title": book.add_format({"bold": True, "font_size": 15}),
        "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
        "top": book.add_format({"valign": "top"}),
        "link": book.add_format({"font_color": "#24587f", "underline": 1, "valign": "top"}),
        "integer": book.add_format({"num_format": "#,##0"}),
        "decimal": book.add_format({"num_format": "#,##0.######"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }


def _sheet_names(tables: Sequence[str]) -> dict[str, str]:
    """Table → sheet name of at most 31 characters, unique without regard to case; "" → the contents sheet."""
    names, taken = {"": "contents"}, {"contents"}
    for table in tables:
        name, number = table[:_SHEET_NAME], 2
        while name.lower() in taken:
            name, number = f"{table[: _SHEET_NAME - 3]}~{number}", number + 1
        taken.add(name.lower())
        names[table] = name
    return names


def _contents_sheet(
    sheet: Worksheet,
    marts: PublishedMarts,
    words: Language,
    formats: dict[str, Format],
    names: dict[str, str],
    limits: dict[str, int],
) -> None:
    """What is in the file. Constant memory: rows are written from the top down, each once."""
    if words.is_right_to_left:
        sheet.right_to_left()
    facts = marts.build.facts
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 80)
    sheet.set_column(2, 4, 18)
    sheet.write_string(0, 0, str(facts["company"]), formats["title"])
    as_of = f"{words.text('term.as_of')}: {facts['as_of_at']} · {words.text('page_text.build')}: {marts.build.build_id}"
    sheet.write_string(1, 0, as_of)
    sheet.write_string(2, 0, words.text("page_text.sheet_minor"))
    headings = ("sheet_table", "sheet_description", "sheet_rows", "sheet_shown", "remark")
    for column, key in enumerate(headings):
        sheet.write_string(4, column, words.text(f"page_text.{key}"), formats["heading"])
    for row, (name, table) in enumerate(marts.build.tables.items(), start=5):
        sheet.write_url(row, 0, f"internal:'{names[name]}'!A1", formats["link"], name)
        sheet.write_string(row, 1, table.description, formats["wrapped"])
        sheet.write_number(row, 2, table.rows, formats["integer"])
        sheet.write_number(row, 3, min(table.rows, limits[name]), formats["integer"])
        is_cut = table.rows > limits[name]
        sheet.write_string(row, 4, words.text("page_text.sheet_cut") if is_cut else "", formats["top"])
    sheet.freeze_panes(5, 1)


def _table_sheet(
    sheet: Worksheet,
    marts: PublishedMarts,
    table: PublishedTable,
    words: Language,
    formats: dict[str, Format],
    limit: int,
) -> None:
    if words.is_right_to_left:
        sheet.right_to_left()
    for column, described in enumerate(table.columns):
        sheet.set_column(column, column, max(12, min(len(described.name) + 2, 30)))
        sheet.write_string(0, column, described.name, formats["heading"])
    sheet.freeze_panes(1, 1)
    writers = [_writer(sheet, column.data_type, formats) for column in table.columns]
    selected = ", ".join(_selected(column.name, column.data_type) for column in table.columns)
    result = marts.stream(f'select {selected} from "{table.name}" {_order(table, limit)} limit {limit}')
    row = 1
    while piece := result.fetchmany(_PIECE):
        for values in piece:
            for column, value in enumerate(values):
                if value is not None:
                    writers[column](row, column, value)
            row += 1
    if row > 1:
        sheet.autofilter(0, 0, row - 1, len(table.columns) - 1)


def _order(table: PublishedTable, limit: int) -> str:
    """For a table that is cut: its newest months first, then every column, so that one build gives one file."""
    names = [column.name for column in table.columns]
    month = next((name for name in _MONTHS if name in names), None)
    if table.rows <= limit or month is None:
        return ""
    return "order by " + ", ".join([f'"{month}" desc', *(f'"{name}"' for name in names if name != month)])


def _selected(name: str, data_type: str) -> str:
    """The column as its cell wants it: days since Excel's epoch for dates (DuckDB converts faster than Python)."""
    if data_type in ("DATE", "TIMESTAMP"):
        return f'epoch("{name}") / 86400.0 + {_UNIX_EPOCH_IN_EXCEL}'
    return f'cast("{name}" as double)' if data_type.startswith("DECIMAL") else f'"{name}"'


def _writer(sheet: Worksheet, data_type: str, formats: dict[str, Format]) -> Writer:
    """How cells of a column are written."""
    if data_type == "BOOLEAN":
        return lambda row, column, value: sheet.write_boolean(row, column, value)
    if data_type in ("BIGINT", "INTEGER", "SMALLINT", "TINYINT"):

        def write_integer(row: int, column: int, value: int) -> object:
            # a spreadsheet holds 53 bits; a longer number would silently be another one
            if abs(value) > _EXACT_INTEGER:
                return sheet.write_string(row, column, str(value))
            return sheet.write_number(row, column, value, formats["integer"])

        return write_integer
    if data_type in ("DOUBLE", "FLOAT") or data_type.startswith("DECIMAL"):
        return lambda row, column, value: sheet.write_number(row, column, value, formats["decimal"])
    if data_type in ("DATE", "TIMESTAMP"):
        kind = formats["date" if data_type == "DATE" else "instant"]

        def write_date(row: int, column: int, days: float) -> object:
            if days < _FIRST_EXCEL_DAY:
                return sheet.write_string(row, column, str(_EXCEL_EPOCH + timedelta(days=days)))
            return sheet.write_number(row, column, days, kind)

        return write_date
    return lambda row, column, value: sheet.write_string(row, column, str(value)[:_CELL_CHARACTERS])
