"""What an unknown file is: format, encoding, delimiter, line of the header, sheets. Reads the beginning of the file only."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from orchestration.sources.files.reading import DELIMITERS, FilesError, cell_text, open_workbook, unique_names

HEAD_BYTES = 256_000
"""How much of a text file is looked at; a character cut at its end does not count."""
HEAD_RECORDS = 40
PARTS = 16
"""Evenly spread pieces of a large file that are looked at for the encoding."""

_SIGNATURES = {
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "a workbook of the old .xls format; save it as .xlsx or .csv",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "compressed (gzip); unpack it",
    b"Rar!": "an archive; unpack it",
    b"7z\xbc\xaf": "an archive; unpack it",
    b"SQLite format 3": "an SQLite database",
}
_RUSSIAN, _PERSIAN = "оеаинтсрвлкмдпуяы", "اینرودهمتسشک"
_WESTERN = "éèêëàâäöüßçñóíáãõúôîøåæ"
_LEGACY = ("cp1251", "cp1252", "koi8-r", "cp866", "cp1256")


@dataclass(frozen=True)
class Layout:
    """How a file is to be read. `encoding` is None where the reader finds it itself (UTF-8, or a byte order mark)."""

    path: Path
    format: str
    encoding: str | None = None
    encoding_name: str = ""
    """For people: `UTF-8`, `UTF-8 with a byte order mark`, `cp1251` …"""
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int = 1

    @property
    def label(self) -> str:
        return self.path.name if self.sheet is None else f"{self.path.name} [{self.sheet}]"


def layouts(path: Path) -> list[Layout]:
    """The file's layout, or one a filled sheet of a workbook. Raises FilesError naming the file for what is no table."""
    if path.is_dir():
        raise FilesError(f"{path}: is a folder; name the files in it, for example {path}/*.csv")
    if not path.exists():
        raise FilesError(f"{path}: no such file")
    if not path.is_file():
        raise FilesError(f"{path}: is no regular file")
    if path.stat().st_size == 0:
        raise FilesError(f"{path}: is empty")
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(b"PAR1"):
        return [_parquet(path)]
    if start.startswith(b"PK\x03\x04"):
        return _workbook(path)
    for signature, what in _SIGNATURES.items():
        if start.startswith(signature):
            raise FilesError(f"{path}: is {what}; expected CSV, TSV, Parquet or XLSX")
    if path.suffix.lower() in (".parquet", ".xlsx"):
        raise FilesError(f"{path}: is not {path.suffix[1:].upper()} inside; expected a file as its name says")
    return [_text(path)]


def _parquet(path: Path) -> Layout:
    try:
        names = pq.read_schema(path).names
    except (pa.ArrowInvalid, OSError) as error:
        raise FilesError(f"{path}: not a Parquet file that can be read ({error})") from error
    if not names:
        raise FilesError(f"{path}: a Parquet file without columns")
    return Layout(path, "parquet", encoding_name="Parquet")


def _workbook(path: Path) -> list[Layout]:
    """The sheets that hold a table."""
    found = []
    with open_workbook(path) as workbook:
        for worksheet in workbook.worksheets:
            rows = [
                [cell_text(cell) or "" for cell in row]
                for row in worksheet.iter_rows(max_row=HEAD_RECORDS, values_only=True)
            ]
            numbered = [(number, _without_tail(row)) for number, row in enumerate(rows, 1)]
            filled = [(number, row) for number, row in numbered if row]
            if not filled:
                continue
            header = _header_of(filled)
            found.append(Layout(path, "xlsx", encoding_name="XLSX", sheet=worksheet.title, header_row=header))
    if not found:
        raise FilesError(f"{path}: no sheet holds anything")
    return found


def _without_tail(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row = row[:-1]
    return row


def _text(path: Path) -> Layout:
    head, pieces = _pieces(path)
    encoding, name = _encoding(path, head, pieces)
    text = head.decode(encoding or "utf-8-sig", "replace")
    if "\0" in text[:4_000]:
        raise FilesError(f"{path}: holds binary data, not text; expected CSV, TSV, Parquet or XLSX")
    text = text.removeprefix("\ufeff")
    if len(head) == HEAD_BYTES and "\n" in text:
        text = text[: text.rindex("\n")]
    if not text.strip():
        raise FilesError(f"{path}: is empty")
    delimiter = _delimiter(path, text)
    records = _records(text, delimiter)
    asked = None if encoding in ("utf-16", "utf-32") or name.startswith("UTF-8") else encoding
    if name == "UTF-8 with broken bytes":
        asked = "utf-8"
    return Layout(path, "csv", asked, name, delimiter, None, _header_of(records))


def read_tolerantly(layout: Layout) -> tuple[pa.Table, Counter[str]]:
    """A delimited file as text columns (empty = null), rows of a wrong width left out and counted.

    For looking at a large file, not for loading it: the loader's reader counts every row twice and says where the bad
    ones are. Raises FilesError for quotes that never close.
    """
    encoding = layout.encoding or ("utf-16" if layout.encoding_name == "UTF-16" else "utf-8")
    with layout.path.open(
        "r", encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace", newline=""
    ) as file:
        for _ in range(layout.header_row - 1):
            file.readline()
        reader = csv.reader(file, delimiter=layout.delimiter or ",")
        names = unique_names(next(reader))
        header_lines = layout.header_row - 1 + reader.line_num
    misfits = Counter[str]()

    def on_misfit(row: Any) -> str:
        misfits["too_few_columns" if row.actual_columns < row.expected_columns else "too_many_columns"] += 1
        return "skip"

    columns = [str(position) for position in range(len(names))]
    try:
        table = pyarrow.csv.read_csv(
            str(layout.path),
            read_options=pyarrow.csv.ReadOptions(
                column_names=columns, skip_rows=header_lines, block_size=4 << 20, encoding=encoding
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=layout.delimiter or ",", newlines_in_values=True, invalid_row_handler=on_misfit
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise FilesError(f"{layout.path}: cannot be read ({error}); check its quotes and its encoding") from error
    return table.rename_columns(list(names)), misfits


def _pieces(path: Path) -> tuple[bytes, list[bytes]]:
    """The head, and evenly spread pieces of what follows."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        pieces = []
        if size > HEAD_BYTES:
            for part in range(PARTS):
                file.seek(HEAD_BYTES + (size - HEAD_BYTES) * part // PARTS)
                pieces.append(file.read(HEAD_BYTES // PARTS))
    return head, pieces


def _encoding(path: Path, head: bytes, pieces: list[bytes]) -> tuple[str | None, str]:
    """(encoding for decoding the head, its name for people)."""
    for mark, encoding, name in (
        (b"\xef\xbb\xbf", None, "UTF-8 with a byte order mark"),
        (b"\xff\xfe\0\0", "utf-32", "UTF-32"),
        (b"\xff\xfe", "utf-16", "UTF-16"),
        (b"\xfe\xff", "utf-16", "UTF-16"),
    ):
        if head.startswith(mark):
            return encoding, name
    beginning = head[:2_000]
    if beginning.count(0) > 0.05 * len(beginning):
        # of two bytes a character the high one is 0 for Latin, 4 for Cyrillic, 6 for Persian letters
        high = [sum(byte in (0, 4, 6) for byte in beginning[first::2]) for first in (0, 1)]
        if max(high) > 0.9 * len(beginning[::2]) and min(high) < 0.5 * len(beginning[::2]):
            name = "utf-16-le" if high[1] > high[0] else "utf-16-be"
            return name, f"{name} without a byte order mark"
        raise FilesError(f"{path}: holds binary data, not text; expected CSV, TSV, Parquet or XLSX")
    # pieces begin and end inside a line, and so does the end of a head that is not the whole file
    lines = head.split(b"\n")[: -1 if len(head) == HEAD_BYTES else None] or [head]
    lines += [line for piece in pieces for line in piece.split(b"\n")[1:-1]]
    broken = [line for line in lines if not _is_utf8(line)]
    if not broken:
        return None, "UTF-8"
    accented = sum(not line.isascii() for line in lines)
    if len(broken) < 0.2 * accented:
        return None, "UTF-8 with broken bytes"
    sample = b"\n".join(broken)[:50_000]
    controls = sum(byte < 9 or 13 < byte < 32 for byte in sample)
    if controls > 0.02 * len(sample):
        raise FilesError(f"{path}: holds binary data, not text; expected CSV, TSV, Parquet or XLSX")
    scores = [(_likeness(sample.decode(name, "replace")), name) for name in _LEGACY]
    best = max(score for score, _ in scores)
    name = next(name for score, name in scores if score == best)
    return name, name


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _likeness(text: str) -> float:
    """How much the non-ASCII letters look like words of a language that the project knows."""
    score = 0.0
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if char < "\x80":
            continue
        latin_neighbour = (before < "\x80" and before.isalpha()) or (after < "\x80" and after.isalpha())
        if "а" <= char <= "я" or char == "ё":
            score += -2 if latin_neighbour else 2 if char in _RUSSIAN else 1
        elif "А" <= char <= "Я":
            score += -2 if latin_neighbour or ("а" <= before <= "я") else 0.7
        elif "\u0600" <= char <= "\u06ff":
            score += -2 if latin_neighbour else 2 if char in _PERSIAN else 0.8
        elif char.lower() in _WESTERN:
            score += 2 if latin_neighbour else -1
        else:
            score -= 1.5
    return score


def _delimiter(path: Path, text: str) -> str:
    """The delimiter under which most records have the same number of fields, more fields first. One column: a comma."""
    best: tuple[float, int, str] = (0.0, 1, "\t" if path.suffix.lower() == ".tsv" else ",")
    for candidate in DELIMITERS:
        widths = Counter(len(row) for _, row in _records(text, candidate))
        if not widths:
            continue
        width, times = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
        if width < 2:
            continue
        agreement = times / sum(widths.values())
        if (round(agreement, 1), width) > (round(best[0], 1), best[1]):
            best = (agreement, width, candidate)
    return best[2]


def _records(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The first records that are not blank, each with its line."""
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            if any(field.strip() for field in row):
                rows.append((line, row))
            line = reader.line_num + 1
            if len(rows) == HEAD_RECORDS:
                break
    except csv.Error:
        return rows
    return rows


def _header_of(records: list[tuple[int, list[str]]]) -> int:
    """Line of the column names: the first record as wide as the table, whose fields are different words."""
    if not records:
        return 1
    width = Counter(len(row) for _, row in records).most_common(1)[0][0]
    for line, row in records:
        named = [field.strip() for field in row if field.strip()]
        if len(row) < width - 1 or len(named) < max(1, 0.6 * width):
            continue
        words = [field for field in named if re.search(r"[^\W\d_]", field)]
        if len(words) >= 0.8 * len(named) and len(set(named)) >= 0.8 * len(named):
            return line
    return records[0][0]
