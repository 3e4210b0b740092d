"""Files of every format; the fast and the slow reader agree; nothing is lost."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.sources.files.reading import FilesError, read_delimited, unique_names
from orchestration.sources.files.records import count_exactly, count_records


def write(folder: Path, data: bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_repeated_column_name_gets_its_number() -> None:
    assert unique_names(["id", "name", "id", " id", ""]) == ("id", "name", "id.2", "id.3", "column.5")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_encodings_give_the_same_rows(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "имя;город\r\nАнна;Омск\r\nБорис;\r\n".encode(encoding))
    content = read_delimited(path, encoding="cp1251" if encoding == "cp1251" else None)
    assert content.reader == "fast"
    assert content.table.to_pylist() == [{"имя": "Анна", "город": "Омск"}, {"имя": "Борис", "город": None}]


def test_a_file_that_is_not_utf_8_says_so_and_names_the_likely_fix(tmp_path: Path) -> None:
    path = write(tmp_path, "a;b\nx;Омск\n".encode("cp1251"))
    with pytest.raises(FilesError, match=r"line 2.*cp1251"):
        read_delimited(path)


def test_a_row_with_undecodable_bytes_stays_out_when_the_encoding_is_named(tmp_path: Path) -> None:
    content = read_delimited(write(tmp_path, b"a,b\n1,x\n2,\xff\n3,z\n"), encoding="utf-8")
    assert [(row.row_number, row.line_number, row.reason) for row in content.bad] == [(2, 3, "undecodable_bytes")]
    assert content.table.column("a").to_pylist() == ["1", "3"]
    assert content.records == 3


def test_ragged_rows_stay_out_with_line_and_reason(tmp_path: Path) -> None:
    content = read_delimited(write(tmp_path, b'a,b\n1,"x\ny"\n2\n\n3,x,y\n4,\0\n5,z\n'))
    assert content.reader == "exact"
    assert [(row.row_number, row.line_number, row.reason) for row in content.bad] == [
        (2, 4, "too_few_columns"),
        (3, 6, "too_many_columns"),
        (4, 7, "nul_bytes"),
    ]
    assert content.table.to_pylist() == [{"a": "1", "b": "x\ny"}, {"a": "5", "b": "z"}]
    assert content.records == 5


def test_line_numbers_are_those_of_the_file_when_values_span_lines(tmp_path: Path) -> None:
    content = read_delimited(write(tmp_path, b'a,b\n1,"x\ny"\n2,z\n'))
    assert content.reader == "fast"
    assert content.line_numbers(content.row_numbers - 1) == [2, 4]


def test_a_quote_that_never_closes_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match=r"line 3.*never closed"):
        read_delimited(write(tmp_path, b'a,b\n1,x\n2,"y\n3,z\n'))


def test_a_quote_inside_a_value_is_a_character(tmp_path: Path) -> None:
    content = read_delimited(write(tmp_path, b'a,b\n1,5" screen\n2,z\n'))
    assert content.table.column("b").to_pylist() == ['5" screen', "z"]


def test_the_delimiter_is_found_and_a_tie_is_asked_about(tmp_path: Path) -> None:
    assert read_delimited(write(tmp_path, b"a|b\n1,5|2\n")).table.to_pylist() == [{"a": "1,5", "b": "2"}]
    with pytest.raises(FilesError, match="delimiter"):
        read_delimited(write(tmp_path, b"a,b;c\n1,2;3\n"))


def test_a_header_may_end_otherwise_than_the_rows_after_it(tmp_path: Path) -> None:
    content = read_delimited(write(tmp_path, b"a;b\r1;x\n2;y\r\n3;z"))
    assert content.table.to_pylist() == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}, {"a": "3", "b": "z"}]
    assert content.line_numbers(content.row_numbers - 1) == [2, 3, 4]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_named_as_such_and_read_when_the_mapping_says_so(
    tmp_path: Path, encoding: str
) -> None:
    path = write(tmp_path, "a;b\n1;x\n".encode(encoding))
    with pytest.raises(FilesError, match=r"file\.csv.*`encoding: utf-16-le`"):
        read_delimited(path)
    assert read_delimited(path, encoding=encoding).table.to_pylist() == [{"a": "1", "b": "x"}]


def test_an_empty_file_is_an_error_and_a_file_of_only_a_header_is_not(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="no header"):
        read_delimited(write(tmp_path, b""))
    assert read_delimited(write(tmp_path, b"a,b\n")).table.num_rows == 0


FIELD = st.text(alphabet=st.sampled_from("ab ,;\"\n\r'é1"), max_size=6)


@given(st.lists(st.tuples(FIELD, FIELD, FIELD), max_size=12), st.sampled_from([",", ";", "\t"]), st.booleans())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_readers_give_the_rows_that_were_written(
    tmp_path: Path, rows: list[tuple[str, str, str]], delimiter: str, quote_all: bool
) -> None:
    rows = [tuple(value.replace("\r", "") for value in row) for row in rows]  # type: ignore[misc]
    buffer = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator="\r\n")
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    path = write(tmp_path, buffer.getvalue().encode())
    fast, slow = read_delimited(path, delimiter), read_delimited(path, delimiter, exact=True)
    expected = [{name: value or None for name, value in zip("abc", row, strict=True)} for row in rows]
    assert fast.reader == "fast"
    assert fast.table.to_pylist() == slow.table.to_pylist() == expected
    assert fast.records == slow.records == len(rows)
    everything = fast.row_numbers - 1
    assert fast.line_numbers(everything) == slow.line_numbers(everything)


@given(st.text(alphabet=st.sampled_from('a,"\n'), max_size=40))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_is_lost_whatever_the_file_says(tmp_path: Path, body: str) -> None:
    path = write(tmp_path, b"x,y\n" + body.encode())
    try:
        content = read_delimited(path, ",")
    except FilesError:
        return
    expected = sum(1 for row in csv.reader(io.StringIO(body, newline="")) if row)
    assert content.table.num_rows + len(content.bad) == content.records == expected


def test_both_counts_agree_on_regular_files() -> None:
    text = 'a,"b\n""c"""\n\n1,2\r\n\r\n"",""\n3'
    assert count_records(text.encode(), 0).records == count_exactly(text, ",").records == 4
