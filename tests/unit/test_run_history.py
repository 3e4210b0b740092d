"""Dagster's event log with engines that are reused: what it writes, Dagster's own storage reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.test_utils import instance_for_test
from sqlalchemy.engine import Connection

from orchestration.run_history import EventLogStorage


def kept_in(folder: Path) -> dict[str, Any]:
    return {
        "event_log_storage": {
            "module": "orchestration.run_history",
            "class": "EventLogStorage",
            "config": {"base_dir": str(folder)},
        }
    }


def test_a_run_recorded_by_it_is_read_by_dagsters_own_storage(tmp_path: Path) -> None:
    @dg.asset
    def rows() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"dagster/row_count": 3})

    with instance_for_test(overrides=kept_in(tmp_path)) as instance:
        assert isinstance(instance.event_log_storage, EventLogStorage)
        result = dg.materialize([rows], instance=instance)
        recorded = len(instance.all_logs(result.run_id))

    original = SqliteEventLogStorage(str(tmp_path))
    assert len(original.get_logs_for_run(result.run_id)) == recorded > 5
    assert [key.path for key in original.all_asset_keys()] == [["rows"]]


def test_the_columns_of_its_files_are_looked_at_once_however_many_events_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_for: list[str] = []
    look = SqliteEventLogStorage._has_asset_key_col_on_connection

    def counted(self: SqliteEventLogStorage, conn: Connection, column_name: str) -> bool:
        looked_for.append(column_name)
        return look(self, conn, column_name)

    monkeypatch.setattr(SqliteEventLogStorage, "_has_asset_key_col_on_connection", counted)

    @dg.multi_asset(specs=[dg.AssetSpec(f"rows_{number}") for number in range(5)])
    def rows() -> Iterator[dg.MaterializeResult]:
        for number in range(5):
            yield dg.MaterializeResult(asset_key=f"rows_{number}")

    with instance_for_test(overrides=kept_in(tmp_path)) as instance:
        assert dg.materialize([rows], instance=instance).success
        assert len(instance.get_asset_records()) == 5
    assert sorted(looked_for) == sorted(set(looked_for))
    assert "last_materialization_timestamp" in looked_for
