"""The table interface of Python steps."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from orchestration.warehouse import DuckDbWarehouse, WarehouseError


def test_a_frame_becomes_a_table_of_the_declared_types_and_comes_back(tmp_path: Path) -> None:
    warehouse = DuckDbWarehouse(tmp_path / "w" / "test.duckdb")
    frame = pd.DataFrame({"name": ["a", None], "amount": ["12.5", "3"], "extra": [1, 2]})
    assert warehouse.write("ml.things", frame, {"amount": "decimal(9,2)", "name": "varchar"}) == 2
    assert list(warehouse.read("ml.things").columns) == ["amount", "name"]
    assert warehouse.tables("ml") == ["things"]
    assert warehouse.row_counts(["ml.things"]) == {"ml.things": 2}
    assert warehouse.query("select sum(amount) as total from ml.things")["total"][0] == 15.5


@pytest.mark.parametrize("of", [pd.DataFrame, pa.Table.from_pandas])
def test_a_number_keeps_its_digits_as_a_decimal(
    tmp_path: Path, of: Callable[[pd.DataFrame], pd.DataFrame | pa.Table]
) -> None:
    """As a number, 14205085362.0 would be cast to 14205085361.999998976."""
    warehouse = DuckDbWarehouse(tmp_path / "test.duckdb")
    values = pd.Series([14205085362.0, 1e-7, -0.1, None, 1e20], dtype="Float64")
    warehouse.write("ml.things", of(pd.DataFrame({"value": values})), {"value": "decimal(38,9)"})
    told = warehouse.arrow("select value from ml.things").column("value").to_pylist()
    exact = [Decimal("14205085362"), Decimal("0.0000001"), Decimal("-0.1"), None, Decimal(10**20)]
    assert told == exact


def test_writing_again_replaces_the_table(tmp_path: Path) -> None:
    warehouse = DuckDbWarehouse(tmp_path / "test.duckdb")
    for _ in range(2):
        warehouse.write("ml.things", pd.DataFrame({"n": [1, 2, 3]}), {"n": "bigint"})
    assert warehouse.row_counts(["ml.things"]) == {"ml.things": 3}


def test_a_file_that_is_no_warehouse_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.duckdb"
    path.write_bytes(b"this is not a database" * 1000)
    with pytest.raises(WarehouseError, match=r"broken\.duckdb: cannot be opened"):
        DuckDbWarehouse(path).read("ml.things")


def test_a_preview_escapes_what_would_break_the_table(tmp_path: Path) -> None:
    warehouse = DuckDbWarehouse(tmp_path / "test.duckdb")
    warehouse.write("ml.things", pd.DataFrame({"text": ["a|b\nc"]}), {"text": "varchar"})
    assert warehouse.previews(["ml.things"])["ml.things"].splitlines() == ["| text |", "| --- |", "| a\\|b c |"]
