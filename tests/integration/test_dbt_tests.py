"""dbt's unit tests, and the tests of staging that a build leaves out, on a warehouse that was built."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from orchestration.dbt_runner import Dbt, NodeResult
from orchestration.warehouse import DuckDbWarehouse
from tests.conftest import Built


@pytest.fixture(scope="module")
def results(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> list[NodeResult]:
    """Both kinds in one dbt run over a copy of the demo's warehouse."""
    folder = tmp_path_factory.mktemp("dbt")
    warehouse = Path(shutil.copy(demo.home / "warehouse" / "onefunnel.duckdb", folder))
    return Dbt(folder / "target").test(DuckDbWarehouse(warehouse), ["--select", "test_type:unit", "tag:twin"])


def test_every_unit_test_and_every_staging_test_passes(results: list[NodeResult]) -> None:
    assert [f"{result.unique_id}: {result.message}" for result in results if result.status != "pass"] == []


def test_both_kinds_were_run(results: list[NodeResult]) -> None:
    """A selection that matches nothing would prove nothing."""
    kinds = Counter(result.kind for result in results)
    assert kinds["unit_test"] >= 60
    assert kinds["test"] >= 50
    assert set(kinds) == {"unit_test", "test"}
