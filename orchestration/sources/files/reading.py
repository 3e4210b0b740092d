"""A file of any supported format → a table of text columns, with the rows that could not be read set aside.

Delimited text has two readers. pyarrow's is fast and reads clean files; as soon as it meets a row that does not fit, or
its rows are not as many as `records` counts, the file is read again by the csv module, row by row, with line numbers.
Both give the same rows for a clean file. The empty field is null, quoted or not: exports do not use the difference.
"""

import codecs
import csv
import hashlib
import io
import itertools
import json
import sys
import xml.etree.ElementTree as ElementTree
import xml.parsers.expat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from orchestration.landing import shape_of
from orchestration.sources.files.mapping import StreamMapping
from orchestration.sources.files.records import RecordCount, count_exactly, count_lines, count_records, record_starts
from orchestration.sources.files.shapes import Rows
from orchestration.sources.files.yaml_nodes import nearest

DELIMITERS = (",", ";", "\t", "|")

_HEAD_BYTES = 2**20
"""What is read of a text file to know its header."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHEET_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

XLSX_MOST_BYTES = 512 << 20
"""Uncompressed size up to which a workbook is read: a million rows of ten columns have about 450 MB. A few kilobytes
may inflate to gigabytes, so the size is known before anything is inflated."""

XLSX_MOST_ROWS = 1_048_576
"""Rows of a sheet by its format. A row number beyond it would make openpyxl give every empty row before it."""

csv.field_size_limit(sys.maxsize)


class FilesError(RuntimeError):
    """A file that cannot be loaded at all; the message names the file and the fix. Nothing of it is landed."""


@dataclass(frozen=True)
class BadRow:
    """A row that stays out before any value is looked at. `row_number` counts records from 1 after the header."""

    row_number: int
    line_number: int | None
    reason: str
    shape: str | None = None
    column_name: str | None = None


@dataclass
class FileContent:
    """What a file holds. `table`: text columns named as the header says (a repeated name is `name.2`), empty = null.

    `row_numbers[i]` is the record number of row i. `records` is the independent count: rows of the table + `bad`.
    """

    table: pa.Table
    row_numbers: Rows
    records: int
    sha256: str
    bad: list[BadRow] = field(default_factory=list)
    lines: Rows | None = None
    """Line number of each row, where the slow reader or the sheet knows it."""
    data: bytes = b""
    body_start: int = 0
    header_lines: int = 0
    is_plain: bool = True
    reader: str = ""

    def line_numbers(self, rows: Rows) -> list[int | None]:
        """Lines (from 1) on which the given rows of the table begin; None where the format has no lines."""
        if self.lines is not None:
            return [int(line) for line in self.lines[rows]]
        if not self.data:
            return [None] * len(rows)
        if self.is_plain:
            return [int(number) + self.header_lines for number in self.row_numbers[rows]]
        starts, newlines, _ = record_starts(self.data, self.body_start)
        before = np.searchsorted(newlines, starts[self.row_numbers[rows] - 1])
        return [int(count) + self.header_lines + 1 for count in before]


def file_sha256(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_file(path: Path, stream: StreamMapping) -> FileContent:
    """Reads the whole file. Raises FilesError when it cannot be read as the mapping says, or changes meanwhile."""
    before = path.stat()
    if before.st_size == 0:
        raise FilesError(f"{path}: the file is empty (0 bytes), not even a header; export it again")
    if stream.format == "parquet":
        content = _read_parquet(path)
    elif stream.format == "xlsx":
        content = _read_xlsx(path, stream.sheet, stream.header_row)
    else:
        content = read_delimited(path, stream.delimiter, stream.encoding, stream.header_row)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FilesError(
            f"{path}: changed while it was read ({before.st_size:,} bytes before, {after.st_size:,} after): it is still "
            "being written; run again when the export has finished"
        )
    return content


def read_header(path: Path, stream: StreamMapping) -> tuple[str, ...]:
    """Names of the columns, from the beginning of the file. Raises FilesError as `read_file` does."""
    if stream.format == "parquet":
        try:
            return unique_names(pq.read_schema(path).names)
        except (pa.ArrowInvalid, OSError) as error:
            raise FilesError(f"{path}: not a Parquet file that can be read ({error})") from error
    if stream.format == "xlsx":
        with open_workbook(path) as workbook:
            rows = _worksheet(path, workbook, stream.sheet).iter_rows(min_row=stream.header_row, values_only=True)
            return _xlsx_header(next(rows, ()))
    with path.open("rb") as file:
        raw = file.read(_HEAD_BYTES)
    # a character or a line that the cut goes through must not look like a defect of the file
    raw = raw[: raw.rfind(b"\n") + 1] or raw if len(raw) == _HEAD_BYTES else raw
    data, _ = _as_utf8(path, raw, stream.encoding)
    delimiter = stream.delimiter or ("\t" if path.suffix.lower() == ".tsv" else _sniffed(path, data, stream.header_row))
    return unique_names(_header(path, data, stream.header_row, delimiter)[0])


def unique_names(header: Sequence[str]) -> tuple[str, ...]:
    """Column names to address: trimmed, a repeated one as `name.2`, a nameless one as `column.<position>`."""
    taken: set[str] = set()
    names: list[str] = []
    for position, text in enumerate(header, start=1):
        base = text.strip() or f"column.{position}"
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}.{number}"
        taken.add(name)
        names.append(name)
    return tuple(names)


def read_delimited(
    path: Path, delimiter: str | None = None, encoding: str | None = None, header_row: int = 1, exact: bool = False
) -> FileContent:
    """Reads CSV or TSV; `exact` goes straight to the slow reader."""
    raw = path.read_bytes()
    sha256 = hashlib.sha256(raw).hexdigest()
    data, is_clean = _as_utf8(path, raw, encoding)
    del raw
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    if delimiter is None:
        delimiter = "\t" if path.suffix.lower() == ".tsv" else _sniffed(path, data, header_row)
    header, body_start, header_lines = _header(path, data, header_row, delimiter)
    names = unique_names(header)
    content = None
    lone_returns = data.count(b"\r") != data.count(b"\r\n") if b"\r" in data else False
    if not exact and is_clean and not lone_returns and b"\0" not in data:
        content = _read_fast(data, body_start, names, delimiter)
    if content is None:
        content = _read_exactly(path, data, body_start, header_lines, names, delimiter)
    content.sha256 = sha256
    content.data, content.body_start, content.header_lines = data, body_start, header_lines
    return content


def _as_utf8(path: Path, raw: bytes, encoding: str | None) -> tuple[bytes, bool]:
    """The file as UTF-8 without a byte order mark, and whether every byte could be decoded.

    Bytes that cannot be decoded stay as they are (invalid UTF-8) for the slow reader to find, when the mapping names
    the encoding. Without a named encoding the file is refused: it is rarely broken and usually cp1251.
    """
    for mark, marked_encoding in _BOMS:
        if raw.startswith(mark):
            if marked_encoding == "utf-8":
                raw, encoding = raw[len(mark) :], encoding or "utf-8"
            else:
                encoding = marked_encoding
            break
    name = encoding or "utf-8"
    if name == "utf-8":
        if _is_utf8(raw):
            return raw, True
        if encoding is not None:
            return raw, False
        with_error = next(number for number, line in enumerate(raw.split(b"\n"), 1) if not _is_utf8(line))
        raise FilesError(
            f"{path}: not valid UTF-8 (first in line {with_error}); most likely the file is cp1251: add "
            "`encoding: cp1251` to the stream (or `encoding: utf-8` to set the broken rows aside)"
        )
    try:
        return raw.decode(name).encode("utf-8"), True
    except UnicodeDecodeError:
        handler = "surrogateescape" if name not in ("utf-16", "utf-32") else "replace"
        return raw.decode(name, handler).encode("utf-8", "surrogateescape"), False


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _lines(data: bytes) -> Iterator[bytes]:
    """Lines with their ends, as the csv module understands ends: LF, CR or both, mixed too."""
    for line in io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="surrogateescape", newline=""):
        yield line.encode("utf-8", "surrogateescape")


def _sniffed(path: Path, data: bytes, header_row: int) -> str:
    """The delimiter that stands most often in the header, outside quotes."""
    line = next(itertools.islice(_lines(data), header_row - 1, header_row), b"").decode("utf-8", "replace")
    outside = "".join(line.split('"')[::2])
    counts = {candidate: outside.count(candidate) for candidate in DELIMITERS}
    best = max(counts.values())
    winners = [candidate for candidate, count in counts.items() if count == best]
    if best > 0 and len(winners) > 1:
        raise FilesError(f"{path}: the delimiter could be any of {winners}; add `delimiter:` to the stream")
    return winners[0]


def _header(path: Path, data: bytes, header_row: int, delimiter: str) -> tuple[list[str], int, int]:
    """Header fields, byte position after the header, and its number of lines (those before it included)."""
    consumed, count = 0, 0

    def lines() -> Iterator[str]:
        nonlocal consumed, count
        for line in _lines(data):
            consumed += len(line)
            count += 1
            if count >= header_row:
                yield line.decode("utf-8", "replace")

    header = next(csv.reader(lines(), delimiter=delimiter), None)
    if not header:
        raise FilesError(f"{path}: no header in line {header_row}; the file must begin with the names of its columns")
    if any("\0" in name for name in header):
        raise FilesError(
            f"{path}: the header holds NUL characters. If the file is UTF-16 without a byte order mark, add "
            "`encoding: utf-16-le` (or utf-16-be) to the stream; else it is damaged: export it again"
        )
    return header, consumed, count


def _read_fast(data: bytes, start: int, names: tuple[str, ...], delimiter: str) -> FileContent | None:
    """pyarrow's reader; None when a row does not fit or the counts differ."""
    # lines are records unless there are quotes or blank lines; if there are blank ones the rows will be fewer
    unquoted = data.find(b'"', start) < 0
    count = RecordCount(count_lines(data, start), True) if unquoted else count_records(data, start)
    if count.unclosed:
        return None
    if count.records == 0:
        return FileContent(_empty(names), np.zeros(0, np.int64), 0, "", is_plain=True, reader="fast")
    misfits = 0

    def on_misfit(_: Any) -> str:
        nonlocal misfits
        misfits += 1
        return "skip"

    # unknown names would be type-inferred, so the columns are numbered here and renamed after
    columns = [str(position) for position in range(len(names))]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(pa.py_buffer(memoryview(data)[start:])),
            read_options=pyarrow.csv.ReadOptions(column_names=columns, block_size=4 << 20),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=not count.is_plain,
                invalid_row_handler=on_misfit,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if unquoted and table.num_rows != count.records:
        count = count_records(data, start)
    if misfits or table.num_rows != count.records:
        return None
    numbers = np.arange(1, count.records + 1, dtype=np.int64)
    return FileContent(
        table.rename_columns(list(names)), numbers, count.records, "", is_plain=count.is_plain, reader="fast"
    )


def _read_exactly(
    path: Path, data: bytes, start: int, header_lines: int, names: tuple[str, ...], delimiter: str
) -> FileContent:
    """The csv module's reader, row by row; everything that does not fit is set aside with its reason."""
    text = data[start:].decode("utf-8", "surrogateescape")
    count = count_exactly(text, delimiter)
    rows: list[list[str]] = []
    numbers: list[int] = []
    lines: list[int] = []
    bad: list[BadRow] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number, line = 0, header_lines + 1
    for row in reader:
        began, line = line, header_lines + reader.line_num + 1
        if not row:
            continue
        number += 1
        reason = _reason(row, len(names))
        if reason is not None:
            bad.append(BadRow(number, began, reason, shape_of(delimiter.join(row))))
            continue
        rows.append(row)
        numbers.append(number)
        lines.append(began)
    if count.unclosed:
        raise FilesError(
            f"{path}: a quoted field beginning in record {number} (line {began}) is never closed; all that follows "
            "would be one value. Correct the quote, or the `delimiter:` of the stream"
        )
    if number != count.records:
        raise FilesError(
            f"{path}: {number} records were read where {count.records} were counted; the quoting of this file is not "
            "understood, export it again with every field quoted"
        )
    columns = zip(*rows, strict=True) if rows else [[] for _ in names]
    arrays = [pa.array([value or None for value in column], pa.string()) for column in columns]
    return FileContent(
        pa.table(arrays, names=list(names)),
        np.array(numbers, dtype=np.int64),
        count.records,
        "",
        bad,
        lines=np.array(lines, dtype=np.int64),
        reader="exact",
    )


def _reason(row: list[str], width: int) -> str | None:
    if len(row) < width:
        return "too_few_columns"
    if len(row) > width:
        return "too_many_columns"
    joined = "".join(row)
    if "\0" in joined:
        return "nul_bytes"
    try:
        joined.encode("utf-8")
    except UnicodeEncodeError:
        return "undecodable_bytes"
    return "undecodable_bytes" if "\ufffd" in joined else None


def _empty(names: tuple[str, ...]) -> pa.Table:
    return pa.table([pa.array([], pa.string()) for _ in names], names=list(names))


def _read_parquet(path: Path) -> FileContent:
    """Parquet with every column as text: instants as ISO text (with `Z` when zoned), nested values as JSON."""
    try:
        table = pq.read_table(path)
        records = int(pq.read_metadata(path).num_rows)
    except (pa.ArrowInvalid, OSError) as error:
        raise FilesError(f"{path}: not a Parquet file that can be read ({error})") from error
    names = unique_names(table.column_names)
    columns = [_column_text(table.column(position)) for position in range(table.num_columns)]
    numbers = np.arange(1, table.num_rows + 1, dtype=np.int64)
    return FileContent(pa.table(columns, names=list(names)), numbers, records, file_sha256(path), reader="parquet")


def _column_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _column_text(column.cast(kind.value_type))
    if pa.types.is_string(kind):
        return column
    simple = pa.types.is_large_string(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    if simple or pa.types.is_null(kind) or pa.types.is_date(kind):
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind) and kind.tz is None:
        return column.cast(pa.timestamp("us"), safe=False).cast(pa.string())
    return pa.chunked_array([pa.array([cell_text(value) for value in column.to_pylist()], pa.string())])


def cell_text(value: Any) -> str | None:
    """A typed cell as the text its owner would write: no exponents, no needless decimals, ISO dates and times."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return None if value != value else str(value)
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        plain = format(value, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(value, datetime):
        local = value.replace(tzinfo=None, microsecond=0)
        if value.tzinfo is not None:
            offset = value.utcoffset() or timedelta()
            return (local - offset).isoformat() + "Z"
        return local.date().isoformat() if local.time() == time(0) else local.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, dict, tuple)):
        return json.dumps(value, ensure_ascii=False, default=cell_text)
    return str(value)


@contextmanager
def open_workbook(path: Path) -> Iterator[openpyxl.Workbook]:
    """A workbook whose archive was checked first. Whatever zipfile, the XML parser or openpyxl say of a file that is none,
    also while it is read, is a FilesError."""
    try:
        _check_archive(path)
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            yield workbook
        finally:
            workbook.close()
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ElementTree.ParseError,
        KeyError,
        ValueError,
        NotImplementedError,
        openpyxl.utils.exceptions.InvalidFileException,
    ) as error:
        raise FilesError(
            f"{path}: not an XLSX workbook that can be read ({error}); it may be cut off or still being written: save it "
            "again as .xlsx, or as .csv"
        ) from error


def _check_archive(path: Path) -> None:
    """Refuses a workbook that would inflate beyond XLSX_MOST_BYTES, and XML that declares entities of its own.

    The declared sizes are enough: zipfile gives no more of a member than it declares and then finds that the checksum
    is wrong.
    """
    with zipfile.ZipFile(path) as archive:
        inflated = sum(member.file_size for member in archive.infolist())
        if inflated > XLSX_MOST_BYTES:
            raise FilesError(
                f"{path}: {path.stat().st_size:,} bytes would inflate to {inflated:,}, more than the "
                f"{XLSX_MOST_BYTES:,} that a workbook may have; save the sheet as .csv"
            )
        for member in archive.infolist():
            if member.filename.endswith((".xml", ".rels")):
                with archive.open(member) as file:
                    if _declares_entities(file):
                        raise FilesError(
                            f"{path}: {member.filename} declares a document type, which no spreadsheet program writes; "
                            "save the workbook again"
                        )


class _RootSeenError(Exception):
    """The first element begins: no document type follows."""


def _declares_entities(file: IO[bytes]) -> bool:
    """Whether an XML document has a document type declaration, the only place where entities are declared."""
    declared: list[str] = []

    def at_root(*_: object) -> None:
        raise _RootSeenError

    parser = xml.parsers.expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda name, *_: declared.append(name)
    parser.StartElementHandler = at_root
    try:
        while not declared and (chunk := file.read(1 << 14)):
            parser.Parse(chunk, False)
    except _RootSeenError:
        return bool(declared)
    except xml.parsers.expat.ExpatError as error:
        raise ValueError(f"XML that cannot be read: {error}") from error
    return bool(declared)


def _worksheet(path: Path, workbook: openpyxl.Workbook, sheet: str | None) -> Any:
    if sheet is not None and sheet not in workbook.sheetnames:
        raise FilesError(f"{path}: no sheet {sheet!r}{nearest(sheet, workbook.sheetnames)}")
    return workbook[sheet if sheet is not None else workbook.sheetnames[0]]


def _xlsx_header(cells: Sequence[Any]) -> tuple[str, ...]:
    texts = [cell_text(cell) or "" for cell in cells]
    while texts and not texts[-1].strip():
        texts.pop()
    return unique_names(texts)


def _read_xlsx(path: Path, sheet: str | None, header_row: int) -> FileContent:
    """One sheet; formulas by the values stored with them. Cells after a row's last filled one are empty."""
    with open_workbook(path) as workbook:
        return _read_sheet(path, _worksheet(path, workbook, sheet), header_row)


def _read_sheet(path: Path, worksheet: Any, header_row: int) -> FileContent:
    records, without_value = _xlsx_counts(path, worksheet._worksheet_path, header_row)
    if without_value:
        raise FilesError(
            f"{path}: {without_value} formula cells have no stored value; open the file in a spreadsheet program, "
            "save it, and export again"
        )
    worksheet.reset_dimensions()
    header: tuple[str, ...] = ()
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    lines: list[int] = []
    bad: list[BadRow] = []
    number = 0
    for line, cells in enumerate(worksheet.iter_rows(values_only=True), start=1):
        if line < header_row:
            continue
        if line == header_row:
            header = _xlsx_header(cells)
            continue
        if all(cell is None for cell in cells):
            continue
        number += 1
        row = [cell_text(cell) for cell in cells]
        if any(value is not None for value in row[len(header) :]):
            bad.append(BadRow(number, line, "too_many_columns"))
            continue
        rows.append((row + [None] * len(header))[: len(header)])
        numbers.append(number)
        lines.append(line)
    if not header:
        raise FilesError(f"{path}: no header in row {header_row}; the sheet must begin with the names of its columns")
    columns = [[row[position] for row in rows] for position in range(len(header))]
    return FileContent(
        pa.table([pa.array(column, pa.string()) for column in columns], names=list(header)),
        np.array(numbers, dtype=np.int64),
        records,
        file_sha256(path),
        bad,
        lines=np.array(lines, dtype=np.int64),
        reader="xlsx",
    )


def _xlsx_counts(path: Path, member: str, header_row: int) -> tuple[int, int]:
    """Rows with a value after the header, and formulas without a stored value, straight from the sheet's XML."""
    records = without_value = 0
    line = 0
    with zipfile.ZipFile(path) as archive, archive.open(member.lstrip("/")) as file:
        for _, element in ElementTree.iterparse(file):
            if element.tag != f"{_SHEET_NAMESPACE}row":
                continue
            line = int(element.get("r", line + 1))
            if line > XLSX_MOST_ROWS:
                raise ValueError(f"row {line:,} where a sheet has at most {XLSX_MOST_ROWS:,}")
            filled = False
            for cell in element:
                value = cell.find(f"{_SHEET_NAMESPACE}v")
                has_value = (value is not None and value.text is not None) or bool(
                    "".join(cell.itertext()) if cell.get("t") == "inlineStr" else ""
                )
                filled |= has_value
                is_formula = cell.find(f"{_SHEET_NAMESPACE}f") is not None
                without_value += is_formula and value is None and line > header_row
            records += filled and line > header_row
            element.clear()
    return records, without_value


__all__ = ["BadRow", "FileContent", "FilesError", "RecordCount", "read_delimited", "read_file", "read_header"]
