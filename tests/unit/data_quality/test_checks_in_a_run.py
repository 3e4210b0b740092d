"""The checks as Dagster runs them: what they stop, what they leave behind, and what an error is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest

from data_quality.checks import Check
from data_quality.suites import SUITES
from orchestration.contracts import LINEAGE_COLUMNS, load_contracts
from orchestration.defs import quality
from orchestration.warehouse import DuckDbWarehouse


@dataclass
class Chain:
    """What the checks use of a pipeline: a warehouse of raw tables, a folder for reports, and ears."""

    warehouse: DuckDbWarehouse
    reports: Path
    heard: list[str] = field(default_factory=list)

    def progress(self, message: str) -> None:
        self.heard.append(message)

    @property
    def page(self) -> str:
        return (self.reports / "expectations" / "index.html").read_text(encoding="utf-8")

    def run(self) -> dg.ExecuteInProcessResult:
        """Raw tables → checks → an asset that stands for everything after them."""
        raw = [dg.AssetSpec(["raw_files", contract]) for contract in SUITES]

        @dg.multi_asset(specs=raw)
        def bind_build() -> Iterator[dg.MaterializeResult]:
            """The tables stand already."""
            for spec in raw:
                yield dg.MaterializeResult(asset_key=spec.key)

        @dg.asset(key=["contracts", "payments"], deps=[dg.AssetKey(["raw_files", "payments"])])
        def after() -> None:
            """Runs only when nothing critical has failed."""

        definitions = dg.Definitions(
            assets=[bind_build, after],
            asset_checks=[quality._raw_checks({})],
            resources={"pipeline": dg.ResourceDefinition.hardcoded_resource(self)},
            jobs=[dg.define_asset_job("all", selection=dg.AssetSelection.all())],
        )
        return definitions.resolve_job_def("all").execute_in_process(raise_on_error=False)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    warehouse = DuckDbWarehouse(tmp_path / "warehouse.duckdb")
    with warehouse.connect() as connection:
        connection.execute("create schema raw_files; create schema raw_build; create schema quality")
        for contract in load_contracts().values():
            columns = ", ".join(f'"{name}" varchar' for name in (*contract.field_names, *LINEAGE_COLUMNS))
            connection.execute(f"create table raw_files.{contract.name} ({columns})")
        connection.execute(
            "create table raw_build.build as select 'b1' as build_id, '<Umbrella>' as company, "
            "timestamp '2026-07-01 00:00:00' as evaluated_at"
        )
        connection.execute("create table raw_build.filled_contracts as select 'payments' as contract")
    return Chain(warehouse, tmp_path / "reports")


def pay(chain: Chain, *rows: tuple[str, str]) -> None:
    """Payments of (id, day)."""
    with chain.warehouse.connect() as connection:
        for number, (payment, day) in enumerate(rows):
            connection.execute(
                "insert into raw_files.payments (payment_id, paid_at, amount_minor, currency, deal_id, source_record_key) "
                f"values ('{payment}', '{day} 00:00:00', '100', 'RUB', 'd1', 'bank/payments/{number}/1')"
            )


def evaluations(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], dg.AssetCheckEvaluation]:
    return {(one.asset_key.path[-1], one.check_name): one for one in result.get_asset_check_evaluations()}


def test_what_is_met_is_a_table_and_a_page_that_loads_nothing(chain: Chain) -> None:
    pay(chain, ("p1", "2026-05-01"))
    result = chain.run()
    assert result.success
    assert {one.passed for one in evaluations(result).values()} == {True}
    table = chain.warehouse.read("quality.expectations")
    asked = sum(len([check for check in checks if check.name != "has_rows"]) for checks in SUITES.values())
    referring = sum(check.reference is not None for checks in SUITES.values() for check in checks)
    assert len(table) == asked - referring + 1
    assert table["is_met"].all()
    assert re.findall(r"(?:src|href)=|https?://|<script", chain.page) == []
    assert "&lt;Umbrella&gt;" in chain.page
    assert "Every expectation is met." in chain.page


def test_a_critical_breach_stops_the_run_and_names_the_rows_in_check_message_table_and_page(chain: Chain) -> None:
    pay(chain, ("p1", "2026-05-01"), ("p2", "2026-05-01"), ("p1", "2026-05-01"))
    result = chain.run()
    found = evaluations(result)["payments", "critical"]
    rows = ["bank/payments/0/1", "bank/payments/2/1"]
    assert not found.passed
    assert found.severity == dg.AssetCheckSeverity.ERROR
    assert found.metadata["rows of payment_id_is_unique"].value == rows
    assert all(row in (found.description or "") for row in rows)
    assert any(all(row in line for row in rows) for line in chain.heard)
    assert all(row in chain.page for row in rows)
    assert "bank/payments/1/1" not in chain.page
    (stored,) = chain.warehouse.query("select failing_keys from quality.expectations where not is_met")["failing_keys"]
    assert stored == '["bank/payments/0/1", "bank/payments/2/1"]'
    assert not result.asset_materializations_for_node("contracts__payments")


def test_a_warning_is_shown_and_stops_nothing(chain: Chain) -> None:
    pay(chain, ("p1", "2026-05-01"), ("p2", "2036-05-01"))
    result = chain.run()
    assert result.success
    found = evaluations(result)["payments", "warning"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "paid_at_is_plausible" in chain.page
    assert result.asset_materializations_for_node("contracts__payments")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (Check("gone", "warning", "ExpectColumnValuesToNotBeNull", "", ("paid_on",)), "lacks column paid_on"),
        (
            Check(
                "raises",
                "warning",
                "ExpectColumnValuesToMatchStrftimeFormat",
                "",
                ("currency",),
                {"strftime_format": "%Y"},
            ),
            "could not be computed",
        ),
    ],
)
def test_an_expectation_that_could_not_run_is_an_error_of_the_run_and_no_result(
    chain: Chain, monkeypatch: pytest.MonkeyPatch, broken: Check, message: str
) -> None:
    pay(chain, ("p1", "2026-05-01"))
    monkeypatch.setitem(SUITES, "payments", [*SUITES["payments"], broken])
    result = chain.run()
    assert not result.success
    assert evaluations(result) == {}
    errors = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    assert len(errors) == 1
    assert "raw_files.payments" in errors[0].message
    assert message in errors[0].message
    assert message in chain.page
    assert "Every expectation is met." not in chain.page
    assert not result.asset_materializations_for_node("contracts__payments")
    table = chain.warehouse.read("quality.expectations")
    assert "payments" not in set(table["contract"])
