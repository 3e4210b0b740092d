"""Dagster's event log with engines that are reused: what it writes, Dagster's own storage reads."""

from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.test_utils import instance_for_test

from orchestration.run_history import EventLogStorage


def test_a_run_recorded_by_it_is_read_by_dagsters_own_storage(tmp_path: Path) -> None:
    overrides = {
        "event_log_storage": {
            "module": "orchestration.run_history",
            "class": "EventLogStorage",
            "config": {"base_dir": str(tmp_path)},
        }
    }

    @dg.asset
    def rows() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"dagster/row_count": 3})

    with instance_for_test(overrides=overrides) as instance:
        assert isinstance(instance.event_log_storage, EventLogStorage)
        result = dg.materialize([rows], instance=instance)
        recorded = len(instance.all_logs(result.run_id))

    original = SqliteEventLogStorage(str(tmp_path))
    assert len(original.get_logs_for_run(result.run_id)) == recorded > 5
    assert [key.path for key in original.all_asset_keys()] == [["rows"]]
