"""The lake: pulls are whole or not there, numbered without gaps by commit, and say what they hold."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.clock import FixedClock
from orchestration.landing import Lake, LandingError, Pull
from orchestration.landing.pulls import PULL_FILE

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def lake(tmp_path: Path, clock: FixedClock) -> Lake:
    return Lake(tmp_path / "lake", clock)


def land(lake: Lake, *ids: str, stream: str = "leads", account: str = "leads.csv") -> Pull:
    with lake.open_pull("crm", stream, columns=["lead_id", "segment"], account=account) as writer:
        writer.write(pa.table({"lead_id": list(ids)}))
        writer.describe(rows_in=len(ids))
    return writer.committed


def read(pull: Pull) -> pa.Table:
    return pa.concat_tables(pq.read_table(part, partitioning=None) for part in pull.parts)


def test_a_pull_is_a_directory_with_parts_and_its_log_entry(lake: Lake) -> None:
    pull = land(lake, "a", "b")
    assert pull.directory == lake.raw / "crm" / "leads" / "pull=1"
    assert sorted(path.name for path in pull.directory.iterdir()) == [PULL_FILE, "part-00000.parquet"]
    assert (pull.rows_in, pull.rows, pull.quarantined) == (2, 2, 0)
    assert pull.started_at == pull.observed_at == pull.committed_at == NOON


def test_the_log_read_back_is_what_the_writer_committed(lake: Lake) -> None:
    with lake.open_pull(
        "crm",
        "leads",
        columns=["lead_id"],
        kind="window",
        key_columns=["lead_id"],
        window_from="2026-05-01",
        window_to="2026-06-01",
        cursor_from="10",
        observed_at=NOON - timedelta(hours=3),
        file_sha256="f" * 64,
        mapping_sha256="e" * 64,
        key="0a1b2c3d",
    ) as writer:
        writer.describe(
            rows_in=0,
            cursor_to="20",
            fills=[{"contract": "leads", "name": "leads", "rows_filled": 0, "rows_skipped": 0}],
            findings=[{"finding": "precision_lost", "message": "no seconds"}],
        )
    assert lake.pulls() == [writer.committed]
    assert writer.committed.cursor_to == "20"
    assert writer.committed.observed_at == NOON - timedelta(hours=3)
    assert writer.committed.fills[0]["money"] is None


def test_declared_columns_are_written_as_text_also_when_all_null_and_when_there_are_no_rows(lake: Lake) -> None:
    assert read(land(lake, "a")).schema == pa.schema([("lead_id", pa.string()), ("segment", pa.string())])
    with lake.open_pull("crm", "leads", columns=["lead_id", "segment"]) as writer:
        pass
    empty = read(writer.committed)
    assert empty.num_rows == 0
    assert empty.schema == pa.schema([("lead_id", pa.string()), ("segment", pa.string())])


def test_a_stream_of_batches_is_written_in_order(lake: Lake) -> None:
    table = pa.table({"segment": ["x", "y", "z"], "lead_id": ["1", "2", "3"]})
    with lake.open_pull("crm", "leads", columns=["lead_id", "segment"]) as writer:
        writer.write(pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=1)))
    assert read(writer.committed).to_pydict() == {"lead_id": ["1", "2", "3"], "segment": ["x", "y", "z"]}


def test_a_part_written_by_someone_else_counts_and_is_checked(lake: Lake) -> None:
    with lake.open_pull("crm", "leads", columns=["lead_id"]) as writer:
        pq.write_table(pa.table({"lead_id": ["1", "2"]}), writer.part_path())
        writer.describe(rows_in=2)
    assert writer.committed.rows == 2
    with (
        pytest.raises(LandingError, match="expected text columns lead_id"),
        lake.open_pull("crm", "leads", columns=["lead_id"]) as writer,
    ):
        pq.write_table(pa.table({"lead_id": [1, 2]}), writer.part_path())
    with (
        pytest.raises(LandingError, match=r"part-00000\.parquet was promised"),
        lake.open_pull("crm", "leads", columns=["lead_id"]) as writer,
    ):
        writer.part_path()
    assert len(lake.pulls()) == 1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.table({"lead_id": ["1"], "mail": ["x"]}), "column 'mail' is not declared; declared are lead_id, segment"),
        (pa.table({"lead_id": [1.5]}), "column 'lead_id' is double; the lake holds text"),
        (pa.table([["1"], ["2"]], names=["lead_id", "lead_id"]), "stands twice"),
    ],
)
def test_what_was_not_declared_is_refused_and_nothing_is_visible(lake: Lake, table: pa.Table, message: str) -> None:
    with (
        pytest.raises(LandingError, match=message),
        lake.open_pull("crm", "leads", columns=["lead_id", "segment"]) as writer,
    ):
        writer.write(table)
    assert list((lake.raw / "crm" / "leads").iterdir()) == []


def test_rows_in_equal_rows_and_quarantined_rows_or_nothing_is_loaded(lake: Lake) -> None:
    def land_two_of(rows_in: int) -> Pull:
        with lake.open_pull("crm", "leads", columns=["lead_id"]) as writer:
            writer.write(pa.table({"lead_id": ["1", "2"]}))
            writer.quarantine(pa.table({"row_number": [3, 3, 4], "scope": ["row", "row", "value"]}))
            writer.describe(rows_in=rows_in)
        return writer.committed

    pull = land_two_of(3)
    assert (pull.rows, pull.quarantined) == (2, 1)
    with pytest.raises(LandingError, match=r"4 rows came in, but 2 are written and 1 quarantined \(\+1 unaccounted"):
        land_two_of(4)
    assert len(lake.pulls()) == 1


def test_quarantine_is_a_file_of_its_own_with_all_its_columns(lake: Lake) -> None:
    with lake.open_pull("crm", "leads", columns=["lead_id"]) as writer:
        writer.quarantine(pa.table({"scope": ["row"], "row_number": [1], "shape": ["+9 999"]}))
    (file,) = writer.committed.quarantine_files
    assert pq.read_table(file, partitioning=None).column_names == [
        "file_name",
        "row_number",
        "line_number",
        "column_name",
        "contract",
        "scope",
        "reason",
        "shape",
    ]
    with (
        pytest.raises(LandingError, match="quarantine has no column 'value'"),
        lake.open_pull("crm", "leads", columns=["lead_id"]) as writer,
    ):
        writer.quarantine(pa.table({"value": ["secret"]}))


def test_a_fill_with_a_key_that_nobody_reads_is_refused(lake: Lake) -> None:
    with (
        pytest.raises(LandingError, match="unknown key 'rows'; an entry has contract, name"),
        lake.open_pull("crm", "leads", columns=["lead_id"]) as writer,
    ):
        writer.describe(fills=[{"contract": "leads", "rows": 1}])


def test_as_of_sees_the_pulls_committed_until_then(lake: Lake, clock: FixedClock) -> None:
    land(lake, "a")
    clock.advance(timedelta(hours=1))
    land(lake, "b")
    assert [pull.pull for pull in lake.pulls(as_of=NOON)] == [1]
    assert [pull.pull for pull in lake.pulls(as_of=NOON + timedelta(hours=1))] == [1, 2]
    assert lake.pulls(as_of=NOON - timedelta(seconds=1)) == []


def test_latest_is_the_newest_version_of_one_account(lake: Lake) -> None:
    land(lake, "a", account="one.csv")
    land(lake, "b", account="two.csv")
    latest = lake.latest("crm", "leads", "one.csv")
    assert latest is not None
    assert latest.pull == 1
    assert lake.latest("crm", "leads", "three.csv") is None


def test_numbers_count_per_stream(lake: Lake) -> None:
    assert [land(lake, "a").pull, land(lake, "b").pull, land(lake, "c", stream="deals").pull] == [1, 2, 1]


def test_two_pulls_open_at_once_are_numbered_in_the_order_of_their_commits(lake: Lake) -> None:
    with lake.open_pull("crm", "leads", columns=["lead_id"], account="slow") as slow:
        fast = land(lake, "a", account="fast")
    assert (fast.pull, slow.committed.pull) == (1, 2)


def test_an_unreadable_log_entry_is_an_error_that_names_the_file(lake: Lake) -> None:
    path = land(lake, "a").directory / PULL_FILE
    path.write_text(path.read_text()[:100])
    with pytest.raises(LandingError, match=r"pull=1/_pull\.json: unreadable"):
        lake.pulls()
    path.unlink()
    with pytest.raises(LandingError, match=r"pull=1/_pull\.json: unreadable"):
        lake.pulls()


def test_a_pull_that_was_moved_is_an_error_that_says_where_it_belongs(lake: Lake) -> None:
    directory = land(lake, "a").directory
    directory.rename(directory.with_name("pull=7"))
    with pytest.raises(LandingError, match=r"says it is crm/leads/pull=1, but stands in crm/leads/pull=7"):
        lake.pulls()


def test_verify_finds_data_that_are_not_those_committed(lake: Lake) -> None:
    pull = land(lake, "a")
    lake.verify(pull)
    pq.write_table(pa.table({"lead_id": ["b"], "segment": ["c"]}), pull.parts[0])
    with pytest.raises(LandingError, match="data files are not those that were committed"):
        lake.verify(pull)


def test_the_same_rows_give_the_same_hash(lake: Lake) -> None:
    assert land(lake, "a", "b").sha256 == land(lake, "a", "b").sha256 != land(lake, "b", "a").sha256


@pytest.mark.parametrize("name", ["", "Leads", "../x", "a/b", "1st", "leads-2"])
def test_names_that_are_not_plain_are_refused(lake: Lake, name: str) -> None:
    with (
        pytest.raises(LandingError, match="expected lower-case letters"),
        lake.open_pull("crm", name, columns=["a"]),
    ):
        pass


def test_an_unknown_kind_and_missing_or_doubled_columns_are_refused(lake: Lake) -> None:
    with (
        pytest.raises(LandingError, match="kind 'full' is not one of"),
        lake.open_pull("crm", "leads", columns=["a"], kind="full"),
    ):
        pass
    for columns in ([], ["a", "a"]):
        with (
            pytest.raises(LandingError, match="declare at least one column, each once"),
            lake.open_pull("crm", "leads", columns=columns),
        ):
            pass


def test_the_pull_of_a_writer_is_not_known_before_its_block_is_left(lake: Lake) -> None:
    with (
        lake.open_pull("crm", "leads", columns=["a"]) as writer,
        pytest.raises(LandingError, match="committed when its block is left"),
    ):
        _ = writer.committed


def test_batches_from_a_generator_that_fails_leave_nothing(lake: Lake) -> None:
    schema = pa.schema([("lead_id", pa.string())])

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch([pa.array(["1"])], schema=schema)
        raise ConnectionError("the vendor hung up")

    with pytest.raises(ConnectionError), lake.open_pull("crm", "leads", columns=["lead_id"]) as writer:
        writer.write(pa.RecordBatchReader.from_batches(schema, batches()))
    assert list((lake.raw / "crm" / "leads").iterdir()) == []
