"""Both Olist exports with random faults, through the door: rows in = rows landed + rows quarantined, or a FilesError.

The number of rows that go in is counted by `records_of`, a loop over characters that shares nothing with the readers. Where
the file can be read, every record stands either in the parts or in the quarantine, by its number; where it cannot, the error
names the file and the lake holds nothing. After every fault the good file is landed over it and is whole.
"""

import re
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from orchestration.clock import FixedClock
from orchestration.contracts import load_contracts
from orchestration.landing import Lake
from orchestration.settings import DEFAULT_DEFINITIONS, PROJECT_ROOT
from orchestration.sources.definitions import load_currencies
from orchestration.sources.files import FilesError, StreamResult, land_stream, load_mapping

SAMPLE_ROWS = 120
VARIANTS = {"olist": ",", "olist_semicolon": ";"}
STREAMS = ("leads", "closed_deals", "seller_performance", "sellers")
CYRILLIC = "Привет"
DATA = re.compile(r"(?=[a-f9]{0,15}[0-8])[0-9a-f]{16}|" + CYRILLIC)
"""Ids of Olist and planted text: a message that holds one shows the file's content. A shape has no digit but 9."""

CONTRACTS = load_contracts()
CURRENCIES = load_currencies(DEFAULT_DEFINITIONS)

LINE_FAULTS = (
    "cut", "doubled", "fields_swapped", "nul", "extra_delimiters", "quote", "blank", "cyrillic", "cp1251_bytes",
    "lone_return", "other_line_end", "line_break_in_quotes", "spaces_only", "gone",
)  # fmt: skip
ENCODINGS = ("as is", "utf-8-sig", "cp1251", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


@dataclass(frozen=True)
class Fault:
    """`kind` of LINE_FAULTS in the row `line` (counted round the file, so the header has its turn), at `share` per mille."""

    kind: str
    line: int
    share: int
    times: int


@dataclass(frozen=True)
class Damage:
    """What is done to one file: faults of lines, then of the whole file. `told`: the encoding the mapping names."""

    faults: tuple[Fault, ...] = ()
    line_end: bytes = b"\n"
    has_last_line_end: bool = True
    columns_swapped: bool = False
    encoding: str = "as is"
    told: str | None = None
    kept_per_mille: int = field(default=1000)
    """Share of the bytes that stay: a file whose copying was cut off."""


damages = st.builds(
    Damage,
    faults=st.lists(
        st.builds(
            Fault,
            kind=st.sampled_from(LINE_FAULTS),
            line=st.integers(0, SAMPLE_ROWS),
            share=st.integers(0, 1000),
            times=st.integers(1, 3),
        ),
        max_size=5,
    ).map(tuple),
    line_end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
    has_last_line_end=st.booleans(),
    columns_swapped=st.booleans(),
    encoding=st.sampled_from(["as is"] * 6 + list(ENCODINGS)),
    told=st.sampled_from([None, None, None, None, "utf-8", "utf-8", "cp1251", "utf-16"]),
    kept_per_mille=st.sampled_from([1000, 1000, 1000, 997, 500, 3, 0]),
)


def damaged(good: bytes, damage: Damage, delimiter: str) -> bytes:
    """The bytes of the file after the damage; deterministic, so that hypothesis can shrink."""
    mark = delimiter.encode()
    lines = good.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if damage.columns_swapped:
        # the whole column with its name: nothing may change but the order
        lines = [mark.join(reversed(line.split(mark))) if b'"' not in line else line for line in lines]
    ends = [damage.line_end] * len(lines)
    for fault in damage.faults:
        number = (fault.line + 1) % len(lines)
        line = lines[number]
        at = len(line) * fault.share // 1000
        if fault.kind == "cut":
            lines[number] = line[:at]
        elif fault.kind == "doubled":
            lines[number:number] = [line] * fault.times
            ends[number:number] = [damage.line_end] * fault.times
        elif fault.kind == "gone":
            del lines[number], ends[number]
        elif fault.kind in ("blank", "spaces_only"):
            lines[number:number] = [b"" if fault.kind == "blank" else b"  "] * fault.times
            ends[number:number] = [damage.line_end] * fault.times
        elif fault.kind == "fields_swapped":
            fields = line.split(mark)
            lines[number] = mark.join([*fields[1:], fields[0]])
        elif fault.kind == "other_line_end":
            ends[number] = b"\r\n" if damage.line_end == b"\n" else b"\n"
        else:
            inserted = {
                "nul": b"\0",
                "extra_delimiters": mark,
                "quote": b'"',
                "cyrillic": CYRILLIC.encode(),
                "cp1251_bytes": CYRILLIC.encode("cp1251"),
                "lone_return": b"\r",
                "line_break_in_quotes": b'"\n"',
            }[fault.kind]
            lines[number] = line[:at] + inserted * fault.times + line[at:]
        if not lines:
            break
    if ends and not damage.has_last_line_end:
        ends[-1] = b""
    data = b"".join(line + end for line, end in zip(lines, ends, strict=True))
    if damage.encoding != "as is":
        data = data.decode("utf-8", "replace").encode(damage.encoding, "replace")
    return data[: len(data) * damage.kept_per_mille // 1000]


def text_of(data: bytes, told: str | None) -> str:
    """The text as a reader must see it: the byte order mark wins over what the mapping says."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16")):
        if data.startswith(mark):
            return data.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace")
    return data.decode(told or "utf-8", "replace")


def records_of(text: str, delimiter: str) -> int | None:
    """Records after the header; None when a quoted field is never closed. A quote opens only where a field begins, two
    are one inside; a line break is LF, CR or both; a line with nothing in it is no record."""
    records, length, is_quoted, begins_field, position = 0, 0, False, True, 0
    while position < len(text):
        char = text[position]
        position += 1
        if is_quoted:
            if char == '"':
                if text[position : position + 1] == '"':
                    position += 1
                else:
                    is_quoted = False
            continue
        if char in "\r\n":
            records += length > 0
            length, begins_field = 0, True
            continue
        length += 1
        is_quoted = char == '"' and begins_field
        begins_field = char == delimiter
    return None if is_quoted else records + (length > 0) - 1


def good_file(example_data: Path, variant: str, stream: str) -> tuple[str, bytes]:
    """Path inside the folder and the first rows of a real file, byte by byte."""
    mapping = load_mapping(
        PROJECT_ROOT / "examples" / variant / "mapping.yml", {"ONEFUNNEL_EXAMPLE_DATA": str(example_data)}
    )
    name = mapping.streams[stream].file
    lines = (mapping.folder / name).read_bytes().splitlines(keepends=True)
    return name, b"".join(lines[: SAMPLE_ROWS + 1])


def land(folder: Path, variant: str, stream: str, told: str | None) -> StreamResult:
    """Lands the one file of a stream by the example's own mapping, with `encoding:` set when `told`."""
    text = (PROJECT_ROOT / "examples" / variant / "mapping.yml").read_text(encoding="utf-8")
    if told is not None:
        text = re.sub(r"(\n    file: .*)", rf"\1\n    encoding: {told}", text)
    path = folder / "mapping.yml"
    path.write_text(text, encoding="utf-8")
    (result,) = land_stream(
        Lake(folder / "lake", FixedClock(datetime(2026, 6, 1, tzinfo=UTC))),
        load_mapping(path, {"ONEFUNNEL_EXAMPLE_DATA": str(folder)}, contracts=CONTRACTS),
        stream,
        contracts=CONTRACTS,
        currencies=CURRENCIES,
        company_time_zone="America/Sao_Paulo",
        contact_key=None,
    )
    return result


def check_conserved(result: StreamResult, records: int | None) -> None:
    """Every record of the file is in the parts or in the quarantine, once, by its number."""
    assert result.pull is not None
    assert result.rows_in == records
    landed = [int(row) for path in result.pull.parts for row in pq.read_table(path).column("_row").to_pylist()]
    quarantine = [row for path in result.pull.quarantine_files for row in pq.read_table(path).to_pylist()]
    kept_out = [row["row_number"] for row in quarantine if row["scope"] == "row"]
    assert all(row["reason"] for row in quarantine)
    assert sorted(landed + kept_out) == list(range(1, result.rows_in + 1))
    assert (len(landed), len(kept_out)) == (result.rows, result.quarantined)


def try_damage(example_data: Path, variant: str, stream: str, damage: Damage) -> str | None:
    """Lands the damaged file, checks what became of it, then lands the good one. Returns the refusal."""
    name, good = good_file(example_data, variant, stream)
    delimiter = VARIANTS[variant] if stream not in ("seller_performance", "sellers") else ","
    data = damaged(good, damage, delimiter)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = folder / "olist" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(data)
        refusal, result = None, None
        try:
            result = land(folder, variant, stream, damage.told)
        except FilesError as error:
            refusal = str(error)
        if refusal is not None:
            assert str(file.resolve()) in refusal
            assert not DATA.search(refusal)
            assert Lake(folder / "lake", FixedClock(datetime(2026, 6, 1, tzinfo=UTC))).pulls("olist", stream) == []
        else:
            assert result is not None
            check_conserved(result, records_of(text_of(data, damage.told), delimiter))
        file.write_bytes(good)
        corrected = land(folder, variant, stream, None)
        check_conserved(corrected, SAMPLE_ROWS)
        assert corrected.quarantined == 0
        return refusal


@pytest.mark.parametrize("variant", VARIANTS)
@settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(stream=st.sampled_from(STREAMS), damage=damages)
@example(stream="leads", damage=Damage())
@example(stream="leads", damage=Damage(kept_per_mille=0))
@example(stream="closed_deals", damage=Damage(columns_swapped=True, line_end=b"\r\n", has_last_line_end=False))
def test_no_row_of_a_damaged_export_is_lost(example_data: Path, variant: str, stream: str, damage: Damage) -> None:
    try_damage(example_data, variant, stream, damage)
