"""dbt's tests can fail, and a failed one says which rows it found."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pyarrow as pa
import pytest

from orchestration.dbt_runner import Dbt, DbtError, NodeResult
from orchestration.defs.transform import with_evidence
from orchestration.pipeline import Pipeline
from orchestration.warehouse import DuckDbWarehouse

GOOD = {"direction": "outgoing", "outcome": "answered", "team": "sales"}


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    return Dbt(tmp_path_factory.mktemp("dbt") / "target")


def key_test_of_touches(dbt: Dbt, folder: Path, rows: list[dict[str, str | None]]) -> tuple[NodeResult, str]:
    """What the key test of the contract says of these rows, and its message with evidence."""
    warehouse = DuckDbWarehouse(folder / "onefunnel.duckdb")
    names = ["touch_id", "occurred_at", "kind", *GOOD]
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
    warehouse.write("contracts.touches", table, dict.fromkeys(names, "varchar"))
    tests = [result for result in dbt.test(warehouse, ["--select", "touches"]) if result.name.startswith("key_")]
    (test,) = tests
    pipeline = cast(Pipeline, SimpleNamespace(warehouse=warehouse))
    return test, with_evidence(pipeline, test).message


def touch(touch_id: str | None, **values: str | None) -> dict[str, str | None]:
    return {"touch_id": touch_id, "occurred_at": "2026-05-05 10:00:00", "kind": "call", **GOOD, **values}


def test_a_good_table_passes_and_an_empty_cell_is_no_wrong_value(dbt: Dbt, tmp_path: Path) -> None:
    test, message = key_test_of_touches(dbt, tmp_path, [touch("t1"), touch("t2", outcome=None)])
    assert (test.status, test.failures) == ("pass", 0)
    assert message == test.message


def test_each_problem_is_found_and_named_with_the_rows_it_concerns(dbt: Dbt, tmp_path: Path) -> None:
    rows = [
        touch("t1"),
        touch("t1"),
        touch(None),
        touch("t3", team="purchasing"),
        touch("t4", team="purchasing"),
    ]
    test, message = key_test_of_touches(dbt, tmp_path, rows)
    assert (test.status, test.failures) == ("fail", 3)
    assert "problem repeated, occurrences 1" in message
    assert "problem missing: touch_id" in message
    assert "problem not accepted: team = purchasing, occurrences 2" in message


def test_a_view_is_made_in_place_also_where_a_table_of_its_name_stands(dbt: Dbt, tmp_path: Path) -> None:
    warehouse = DuckDbWarehouse(tmp_path / "onefunnel.duckdb")
    fills = {"source": "varchar", "rows": "bigint"}
    warehouse.write("raw_landing.fills", pa.table({"source": ["crm"], "rows": [3]}), fills)
    warehouse.write("staging.stg_landing__fills", pa.table({"source": ["older"], "rows": [1]}), fills)
    for _ in range(2):
        (result,) = dbt.run(warehouse, ["--select", "stg_landing__fills"])
        assert (result.status, result.is_stored) == ("success", False)
        assert warehouse.read("staging.stg_landing__fills").to_dict("records") == [{"source": "crm", "rows": 3}]
        assert warehouse.tables("staging") == ["stg_landing__fills"]


def test_a_warning_that_is_an_error_is_still_one_and_progress_is_told(dbt: Dbt, tmp_path: Path) -> None:
    warehouse = DuckDbWarehouse(tmp_path / "onefunnel.duckdb")
    with pytest.raises(DbtError, match="no_such_model"):
        dbt.run(warehouse, ["--select", "no_such_model"])
    told: list[str] = []
    # every source is missing, and every node ends all the same
    dbt.run(warehouse, ["--select", "staging"], told.append)
    assert told[0] == "dbt: 100 models and tests done"
