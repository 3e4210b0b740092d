"""Binds a build to the lake: fixes which pulls it reads and shows them to dbt as the schemas `raw_*`.

A build reads the latest visible pull of every file (source × stream × account). The choice is made once, at the start,
and written to `raw_build.build` and `raw_landing.pulls`; models read those tables, never a clock (DESIGN §2.1).
Raw relations are views over the Parquet of the lake, so nothing is copied.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd

from data_quality.expectations import TABLES as EXPECTATION_TABLES
from data_quality.reconciliation import TABLES as RECONCILIATION_TABLES
from ml.scoring.run import TABLES as SCORING_TABLES
from orchestration.clock import Clock, to_text
from orchestration.contracts import LINEAGE_COLUMNS, Contract, load_contracts
from orchestration.landing import Lake, Pull
from orchestration.settings import Settings
from orchestration.sources.definitions import SCHEMAS
from orchestration.warehouse import Warehouse

OWN_SOURCES = ("definitions", "calendar")
"""Sources that say nothing of the business: they do not move `evaluated_at` (decision 7)."""

PYTHON_TABLES: dict[str, dict[str, str]] = {
    **{f"ml.{name}": types for name, types in SCORING_TABLES.items()},
    **{f"quality.{name}": types for name, types in EXPECTATION_TABLES.items()},
    **{f"quality.{name}": types for name, types in RECONCILIATION_TABLES.items()},
}
"""Tables that Python steps write between two dbt passes; they stand (empty) from the start, so that dbt can parse."""


class BindingError(Exception):
    """There is nothing to build from."""


@dataclass(frozen=True)
class Build:
    """What one build fixed at its start. Instants are aware UTC."""

    build_id: str
    as_of_at: datetime
    evaluated_at: datetime
    pulls: tuple[Pull, ...]


def fix_build(lake: Lake, clock: Clock, sources: Iterable[str], as_of: datetime | None = None) -> Build:
    """Choose the pulls that a build reads.

    Parameters
    ----------
    lake : the pull log.
    clock : names the build only; no figure depends on it.
    sources : the configured sources; pulls of sources that were taken out of the configuration are left alone.
    as_of : pulls with committed_at ≤ as_of; default: all committed up to now.

    `evaluated_at` is D3: the largest observed_at among the pulls of the company's own systems.

    Raises
    ------
    BindingError
        when no pull of the configured sources is visible.
    """
    wanted = set(sources)
    latest: dict[tuple[str, str, str], Pull] = {}
    for pull in lake.pulls(as_of=as_of):
        if pull.source in wanted or pull.source in OWN_SOURCES:
            key = (pull.source, pull.stream, pull.account)
            if key not in latest or latest[key].pull < pull.pull:
                latest[key] = pull
    pulls = tuple(sorted(latest.values(), key=lambda pull: (pull.source, pull.stream, pull.account)))
    observed = [pull.observed_at for pull in pulls if pull.source not in OWN_SOURCES]
    if not observed:
        moment = f" as of {to_text(as_of)}" if as_of else ""
        raise BindingError(f"{lake.root}: no pull of {', '.join(sorted(wanted))}{moment}; run the ingestion first")
    return Build(
        build_id=f"{clock.now():%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}",
        as_of_at=as_of or max(pull.committed_at for pull in pulls),
        evaluated_at=max(observed),
        pulls=pulls,
    )


def bind(warehouse: Warehouse, lake: Lake, build: Build, settings: Settings) -> None:
    """Start the warehouse anew, with schemas `raw_*` that show exactly the pulls of a build.

    The lake is the truth: a file that is broken, of another version of DuckDB, or with tables of an older version of the
    models is nobody's loss.
    """
    contracts = load_contracts()
    warehouse.start_empty()
    with warehouse.connect() as connection:
        connection.execute("begin")
        _bind_streams(connection, build)
        _bind_definitions(connection, build)
        _bind_contracts(connection, build, contracts)
        _bind_calendar(connection, build)
        _write_landing(connection, lake, build)
        _write_build(connection, build, settings, contracts)
        for table, types in PYTHON_TABLES.items():
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
            connection.execute(f"create table {table} ({columns})")
        connection.execute("commit")


def _scan(files: Sequence[Path]) -> str:
    names = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    return f"read_parquet([{names}], union_by_name = true, hive_partitioning = true, hive_types_autocast = true)"


def _bind_streams(connection: duckdb.DuckDBPyConnection, build: Build) -> None:
    """`raw_<source>.<stream>`: the rows as the source wrote them."""
    streams: dict[tuple[str, str], list[Path]] = {}
    for pull in build.pulls:
        if pull.source not in OWN_SOURCES:
            streams.setdefault((pull.source, pull.stream), []).extend(pull.parts)
    for (source, stream), files in streams.items():
        connection.execute(f'create schema if not exists "raw_{source}"')
        connection.execute(f'create view "raw_{source}"."{stream}" as select * from {_scan(files)}')


def _bind_definitions(connection: duckdb.DuckDBPyConnection, build: Build) -> None:
    """`raw_definitions.<name>`: every definition, empty where the company has none."""
    connection.execute("create schema raw_definitions")
    landed = {pull.stream: pull for pull in build.pulls if pull.source == "definitions"}
    for name, schema in SCHEMAS.items():
        columns = ", ".join(f'nullif("{column}", \'\') as "{column}"' for column in schema.column_names)
        if name in landed:
            select = f'select {columns}, cast(pull as bigint) as _pull, cast("_row" as bigint) as _row from {_scan(landed[name].parts)}'
        else:
            nulls = ", ".join(f'cast(null as varchar) as "{column}"' for column in schema.column_names)
            select = f"select {nulls}, cast(null as bigint) as _pull, cast(null as bigint) as _row where false"
        connection.execute(f'create view raw_definitions."{name}" as {select}')


def _bind_contracts(connection: duckdb.DuckDBPyConnection, build: Build, contracts: dict[str, Contract]) -> None:
    """`raw_files.<contract>`: what the mappings filled, as canonical text, with the key of the raw record."""
    connection.execute("create schema raw_files")
    selects: dict[str, list[str]] = {name: [] for name in contracts}
    for pull in build.pulls:
        files = pull.parts
        for fill in pull.fills:
            if not files:
                continue
            contract = contracts[fill["contract"]]
            fields = ", ".join(
                f'cast("{fill["columns"][field]}" as varchar) as "{field}"'
                if field in fill["columns"]
                else f'cast(null as varchar) as "{field}"'
                for field in contract.field_names
            )
            prefix = f"{pull.source}/{pull.stream}/"
            selects[contract.name].append(
                f"select {fields}, '{pull.source}' as source_system, '{prefix}' || \"_key\" || '/{pull.pull}' as source_record_key "
                f"from {_scan(files)} where \"{fill['name']}__is_filled\" = 'true'"
            )
    for name, contract in contracts.items():
        nulls = ", ".join(
            f'cast(null as varchar) as "{column}"' for column in (*contract.field_names, *LINEAGE_COLUMNS)
        )
        select = " union all ".join(selects[name]) or f"select {nulls} where false"
        connection.execute(f'create view raw_files."{name}" as {select}')


def _bind_calendar(connection: duckdb.DuckDBPyConnection, build: Build) -> None:
    connection.execute("create schema raw_calendar")
    files = [file for pull in build.pulls if pull.source == "calendar" for file in pull.parts]
    if not files:
        raise BindingError(f"the calendar is not in the lake as of {to_text(build.as_of_at)}")
    connection.execute(
        "create view raw_calendar.days as select cast(date_on as date) as date_on, cast(iso_weekday as bigint) as iso_weekday, "
        "cast(gregorian_month_starts_on as date) as gregorian_month_starts_on, cast(jalali_month_starts_on as date) as jalali_month_starts_on, "
        f"gregorian_period, jalali_period from {_scan(files)}"
    )


_PULLS = {
    "source": "varchar", "stream": "varchar", "pull": "bigint", "account": "varchar", "kind": "varchar", "rows_in": "bigint",
    "rows": "bigint", "quarantined": "bigint", "observed_at": "timestamp", "committed_at": "timestamp", "is_read": "boolean",
}  # fmt: skip
_QUARANTINED = {
    "source": "varchar", "stream": "varchar", "pull": "bigint", "file_name": "varchar", "row_number": "bigint",
    "line_number": "bigint", "column_name": "varchar", "contract": "varchar", "scope": "varchar", "reason": "varchar", "shape": "varchar",
}  # fmt: skip
_FINDINGS = {
    "source": "varchar", "stream": "varchar", "pull": "bigint", "file_name": "varchar", "column_name": "varchar",
    "finding": "varchar", "occurrences": "bigint", "rows_checked": "bigint", "message": "varchar",
}  # fmt: skip
_FILLS = {
    "source": "varchar", "stream": "varchar", "pull": "bigint", "contract": "varchar", "fill": "varchar", "rows_filled": "bigint",
    "rows_skipped": "bigint", "money_field": "varchar", "currency": "varchar", "money_minor": "varchar",
}  # fmt: skip


def _write_landing(connection: duckdb.DuckDBPyConnection, lake: Lake, build: Build) -> None:
    """What the door recorded for the pulls of this build: the log, quarantined rows, findings, fills."""
    connection.execute("create schema raw_landing")
    read = {(pull.source, pull.stream, pull.pull) for pull in build.pulls}
    log = [
        {
            **{name: getattr(pull, name) for name in _PULLS if name != "is_read"},
            "is_read": (pull.source, pull.stream, pull.pull) in read,
        }
        for pull in lake.pulls(as_of=build.as_of_at)
    ]
    _create(connection, "raw_landing.pulls", log, _PULLS)

    findings, fills, quarantine_files = [], [], []
    for pull in build.pulls:
        origin = {"source": pull.source, "stream": pull.stream, "pull": pull.pull}
        findings += [{**origin, "file_name": pull.account, **finding} for finding in pull.findings]
        for fill in pull.fills:
            row = {
                **origin,
                "contract": fill["contract"],
                "fill": fill["name"],
                "rows_filled": fill["rows_filled"],
                "rows_skipped": fill["rows_skipped"],
            }
            fills.append(row)
            fills += [
                {
                    **row,
                    "money_field": money["field"],
                    "currency": money["currency"],
                    "money_minor": str(money["minor"]),
                }
                for money in fill["money"]
            ]
        quarantine_files += pull.quarantine_files
    _create(connection, "raw_landing.findings", findings, _FINDINGS)
    _create(connection, "raw_landing.fills", fills, _FILLS)
    columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in _QUARANTINED.items())
    if quarantine_files:
        # the source and stream stand in the path only: lake/raw/<source>/<stream>/pull=<n>/quarantine-*.parquet
        scan = _scan(quarantine_files).replace("union_by_name", "filename = true, union_by_name")
        connection.execute(
            f"create table raw_landing.quarantined_rows as select {columns} from (select * , "
            f"split_part(filename, '/', -4) as source, split_part(filename, '/', -3) as stream from {scan})"
        )
    else:
        _create(connection, "raw_landing.quarantined_rows", [], _QUARANTINED)


def _write_build(
    connection: duckdb.DuckDBPyConnection, build: Build, settings: Settings, contracts: dict[str, Contract]
) -> None:
    """The one row of build facts. A payments source exists when a mapping fills the contract payments (D15)."""
    configuration = settings.configuration
    filled = {fill["contract"] for pull in build.pulls for fill in pull.fills}
    facts = {
        "build_id": build.build_id, "as_of_at": build.as_of_at, "evaluated_at": build.evaluated_at,
        "time_zone": configuration.time_zone, "period_calendar": configuration.period_calendar,
        "reporting_currency": configuration.reporting_currency, "vat_basis": configuration.vat_basis,
        "company": configuration.company, "language": configuration.language, "has_payments_source": "payments" in filled,
    }  # fmt: skip
    types = dict.fromkeys(facts, "varchar") | {
        "as_of_at": "timestamp",
        "evaluated_at": "timestamp",
        "has_payments_source": "boolean",
    }
    connection.execute("create schema raw_build")
    _create(connection, "raw_build.build", [facts], types)
    used = sorted(filled & set(contracts))
    _create(connection, "raw_build.filled_contracts", [{"contract": name} for name in used], {"contract": "varchar"})


def _create(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict], types: dict[str, str]) -> None:
    """A table from dictionaries, through JSON so that instants and nulls keep their meaning."""
    frame = pd.DataFrame({name: [_scalar(row.get(name)) for row in rows] for name in types}, dtype="object")
    connection.register("rows_to_create", frame)
    columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in types.items())
    connection.execute(f"create table {table} as select {columns} from rows_to_create")
    connection.unregister("rows_to_create")


def _scalar(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return json.dumps(value) if isinstance(value, (dict, list)) else value
