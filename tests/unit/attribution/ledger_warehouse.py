"""A small warehouse for tests of the ledger: raw relations from Python rows, one dbt build of the attribution models.

The raw relations are made as the binding makes them (all text, canonical notation), so the tests run every model
between an exported file and the ledger. Definitions are the project's own, except those a test overrides.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from ml.attribution.markov import TABLES as MARKOV_TABLES
from ml.attribution.shapley import TABLES as SHAPLEY_TABLES
from orchestration.connectors import STREAMS
from orchestration.dbt_runner import Dbt
from orchestration.defs.table_steps import write_table_steps
from orchestration.defs.transform import AFTER_PYTHON
from orchestration.settings import DBT_PROJECT, DEFAULT_DEFINITIONS
from orchestration.sources.api.load import door_columns
from orchestration.warehouse import DuckDbWarehouse

Row = Mapping[str, Any]

LANDING_TABLES = {
    "pulls": "source varchar, stream varchar, pull bigint, account varchar, kind varchar, rows_in bigint, rows bigint, "
    "quarantined bigint, observed_at timestamp, committed_at timestamp, window_from varchar, window_to varchar, is_read boolean",
    "quarantined_rows": "source varchar, stream varchar, pull bigint, file_name varchar, row_number bigint, "
    "line_number bigint, "
    "column_name varchar, contract varchar, scope varchar, reason varchar, shape varchar",
    "findings": "source varchar, stream varchar, pull bigint, file_name varchar, column_name varchar, finding varchar, "
    "occurrences bigint, rows_checked bigint, message varchar",
    "fills": "source varchar, stream varchar, pull bigint, contract varchar, fill varchar, rows_filled bigint, "
    "rows_skipped bigint, money_field varchar, currency varchar, money_minor varchar",
}

ACCOUNT_TABLES = {
    "accounts": "source varchar, account varchar, currency varchar, amounts_include_vat boolean",
    "vat_rates": "source varchar, account varchar, valid_from date, percent decimal(5, 2)",
    "history_fields": "source varchar, account varchar, field varchar",
}


@dataclass
class LedgerWarehouse:
    """Rows by contract and overridden definitions; `build` makes the file and runs dbt once.

    `contracts`: contract name to rows (missing columns are null). `definitions`: file name without .csv to rows that
    replace the project's file. Values are written as text, None as null.
    """

    path: Path
    contracts: dict[str, list[Row]] = field(default_factory=dict)
    definitions: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, contract: str, **values: Any) -> None:
        """Adds one row of a contract, with the columns every contract ends with filled in."""
        row = {"source_system": "crm", "source_record_key": f"crm/{contract}/{next(iter(values.values()))}/1", **values}
        self.contracts.setdefault(contract, []).append(row)

    def build(
        self, select: Sequence[str], exclude: Sequence[str] = (), after_python: Sequence[str] = ()
    ) -> duckdb.DuckDBPyConnection:
        """Creates the raw relations, builds `select` with its data tests and returns a connection to the result.

        after_python : models that read removal effects, built with all they stand on after these were computed, as a run does it.

        Raises AssertionError with dbt's messages when a model or one of the laws fails.
        """
        with duckdb.connect(str(self.path)) as connection:
            self._create_raw(connection)
        dbt, warehouse = Dbt(self.path.parent / "target"), DuckDbWarehouse(self.path)
        needed = (
            [f"+{name}" for name in (*after_python, "int_channel_transitions", "int_channel_sets")]
            if after_python
            else []
        )
        self._build(dbt, warehouse, ["--select", *select, *needed, "--exclude", *exclude, *AFTER_PYTHON.split()])
        if after_python:
            write_table_steps(warehouse, ["removal_effects", "shapley_values"])
            self._build(dbt, warehouse, ["--select", *(f"+{name},source:ml+" for name in after_python)])
        return duckdb.connect(str(self.path), read_only=True)

    def _build(self, dbt: Dbt, warehouse: DuckDbWarehouse, selection: Sequence[str]) -> None:
        options = ["--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"]
        results = dbt.build(warehouse, [*options, *selection])
        failed = [f"{result.name}: {result.message}" for result in results if not result.is_good]
        assert not failed, "\n".join(failed)

    def _create_raw(self, connection: duckdb.DuckDBPyConnection) -> None:
        for schema in ("raw_files", "raw_definitions", "raw_build", "raw_calendar", "raw_landing", "ml"):
            connection.execute(f"create schema {schema}")
        for model in sorted((DBT_PROJECT / "models" / "contracts").glob("*.yml")):
            contract = yaml.safe_load(model.read_text(encoding="utf-8"))["models"][0]
            columns = [column["name"] for column in contract["columns"]]
            _create_text_table(
                connection, f"raw_files.{contract['name']}", columns, self.contracts.get(contract["name"], [])
            )
        for file in sorted(DEFAULT_DEFINITIONS.glob("*.csv")):
            with file.open(encoding="utf-8", newline="") as stream:
                reader = csv.DictReader(stream)
                rows = [{key: value or None for key, value in row.items()} for row in reader]
                columns = list(reader.fieldnames or [])
            rows = [dict(row) for row in self.definitions.get(file.stem, rows)]
            numbered = [{**row, "_pull": "1", "_row": str(number)} for number, row in enumerate(rows, start=1)]
            _create_text_table(connection, f"raw_definitions.{file.stem}", [*columns, "_pull", "_row"], numbered)
        connection.execute(
            "create table raw_build.build as select 'test' as build_id, timestamp '2026-07-01' as as_of_at, "
            "timestamp '2026-07-01' as evaluated_at, 'Europe/Moscow' as time_zone, 'gregorian' as period_calendar, "
            "'RUB' as reporting_currency, 'net' as vat_basis, 'Test' as company, 'en' as language, true as "
            "has_payments_source"
        )
        connection.execute(
            "create table raw_calendar.days(date_on date, iso_weekday bigint, gregorian_month_starts_on date, "
            "jalali_month_starts_on date, gregorian_period varchar, jalali_period varchar)"
        )
        connection.execute(
            "insert into raw_calendar.days select cast(day as date), isodow(day), date_trunc('month', day), "
            "null, strftime(day, '%Y-%m'), null "
            "from range(timestamp '2023-01-01', timestamp '2027-01-01', interval 1 day) as days(day)"
        )
        for table, types in (MARKOV_TABLES | SHAPLEY_TABLES).items():
            columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
            connection.execute(f"create table ml.{table}({columns})")
        for table, columns_ddl in LANDING_TABLES.items():
            connection.execute(f"create table raw_landing.{table}({columns_ddl})")
        for table, columns_ddl in ACCOUNT_TABLES.items():
            connection.execute(f"create table raw_build.{table}({columns_ddl})")
        for vendor, streams in STREAMS.items():
            connection.execute(f"create schema raw_{vendor}")
            for stream in streams:
                text_columns = ", ".join(f'"{name}" varchar' for name in door_columns(stream))
                connection.execute(f"create table raw_{vendor}.{stream.name}({text_columns}, pull bigint)")


def _create_text_table(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    unknown = {key for row in rows for key in row} - set(columns)
    assert not unknown, f"{name} has no column {sorted(unknown)}"
    values = {column: [None if row.get(column) is None else str(row[column]) for row in rows] for column in columns}
    rows_as_text = pa.table({column: pa.array(cells, type=pa.string()) for column, cells in values.items()})
    connection.register("rows_as_text", rows_as_text)
    connection.execute(f"create table {name} as select * from rows_as_text")
    connection.unregister("rows_as_text")
