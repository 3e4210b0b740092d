"""Binds a build to the lake: fixes which pulls it reads and shows them to dbt as the schemas `raw_*`.

A build reads the latest visible pull of every file (source × stream × account), and of a source that is asked over HTTP all
of them: each is a part of what was heard, and staging takes the latest version of a row. The choice is made once, at the
start, and written to `raw_build.build` and `raw_landing.pulls`; models read those tables, never a clock (DESIGN §2.1).
Raw relations are views over the Parquet of the lake, so nothing is copied.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from data_quality.expectations import TABLES as EXPECTATION_TABLES
from data_quality.reconciliation import TABLES as RECONCILIATION_TABLES
from ml.attribution.markov import TABLES as MARKOV_TABLES
from ml.attribution.shapley import TABLES as SHAPLEY_TABLES
from ml.intervals import TABLES as INTERVAL_TABLES
from ml.lateness.price import TABLES as LATENESS_TABLES
from ml.scoring.run import TABLES as SCORING_TABLES
from orchestration import frozen
from orchestration.clock import Clock, to_text
from orchestration.connectors import STREAMS, api_sources, facts_of, history_fields_of, vat_rates_of
from orchestration.contracts import LINEAGE_COLUMNS, Contract, contracts_of, load_contracts
from orchestration.landing import Lake, Pull
from orchestration.landing.quarantine import QUARANTINE_SCHEMA
from orchestration.settings import Settings
from orchestration.sources.api.load import door_columns
from orchestration.sources.definitions import SCHEMAS, registry, sign_offs
from orchestration.warehouse import Content, Warehouse

OWN_SOURCES = ("definitions", "calendar", frozen.SOURCE)
"""Sources that say nothing of the business: they do not move `evaluated_at` (decision 7)."""

PYTHON_TABLES: dict[str, dict[str, str]] = {
    **{f"ml.{name}": types for name, types in SCORING_TABLES.items()},
    **{f"ml.{name}": types for name, types in (MARKOV_TABLES | SHAPLEY_TABLES).items()},
    **{f"ml.{name}": types for name, types in INTERVAL_TABLES.items()},
    **{f"ml.{name}": types for name, types in LATENESS_TABLES.items()},
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


def fix_build(
    lake: Lake, clock: Clock, sources: Iterable[str], as_of: datetime | None = None, *, logs: Iterable[str] = ()
) -> Build:
    """Choose the pulls that a build reads.

    Parameters
    ----------
    lake : the pull log.
    clock : names the build only; no figure depends on it.
    sources : the configured sources; pulls of sources that were taken out of the configuration are left alone.
    as_of : pulls with committed_at ≤ as_of; default: all committed up to now.
    logs : those of the sources whose pulls add up, instead of a newer one replacing an older one.

    `evaluated_at` is D3: the largest observed_at among the pulls of the company's own systems.

    Raises
    ------
    BindingError
        when no pull of the configured sources is visible.
    """
    wanted, adding = {*sources, *logs}, {*logs, frozen.SOURCE}
    latest: dict[tuple[str, str, str, int], Pull] = {}
    for pull in lake.pulls(as_of=as_of):
        if pull.source in wanted or pull.source in OWN_SOURCES:
            key = (pull.source, pull.stream, pull.account, pull.pull if pull.source in adding else 0)
            if key not in latest or latest[key].pull < pull.pull:
                latest[key] = pull
    pulls = tuple(sorted(latest.values(), key=lambda pull: (pull.source, pull.stream, pull.account, pull.pull)))
    observed = [pull.observed_at for pull in pulls if pull.source not in OWN_SOURCES]
    if not observed:
        moment = f" as of {to_text(as_of)}" if as_of else ""
        raise BindingError(f"{lake.root}: no pull of {', '.join(sorted(wanted))}{moment}; run the ingestion first")
    return Build(
        build_id=f"{clock.now():%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}",
        # what a build freezes itself must not make the next one another, when nothing new was heard
        as_of_at=as_of or max(pull.committed_at for pull in pulls if pull.source != frozen.SOURCE),
        evaluated_at=max(observed),
        pulls=pulls,
    )


def bind(warehouse: Warehouse, lake: Lake, build: Build, settings: Settings) -> list[str]:
    """Start the warehouse anew, with schemas `raw_*` that show exactly the pulls of a build; returns what stands there.

    The lake is the truth: a warehouse that is broken, of another version of its engine, or with tables of an older version
    of the models is nobody's loss.
    """
    contracts = load_contracts()
    views = {
        **_streams(warehouse, build),
        **_definitions(warehouse, build),
        **_contracts(warehouse, build, contracts),
        **_calendar(warehouse, build),
        **_quarantine(warehouse, build),
        **_frozen(warehouse, build),
    }
    tables = {
        **_landing(lake, build),
        **_facts(build, settings, contracts),
        **_definition_registry(build),
        **{name: _content([], types) for name, types in PYTHON_TABLES.items()},
    }
    warehouse.start(build.build_id, views, tables)
    return [*views, *tables]


def _streams(warehouse: Warehouse, build: Build) -> dict[str, str]:
    """`raw_<source>.<stream>`: the rows as the source wrote them; a vendor's stream without a pull is empty."""
    streams: dict[str, list[Pull]] = {}
    for pull in build.pulls:
        if pull.source not in OWN_SOURCES:
            streams.setdefault(f"raw_{pull.source}.{pull.stream}", []).append(pull)
    of_today = {
        f"raw_{kind}.{stream.name}": door_columns(stream) for kind, known in STREAMS.items() for stream in known
    }
    without_pull = {
        name: f"select {_texts(warehouse, dict.fromkeys(columns))}, cast(null as bigint) as pull where false"
        for name, columns in of_today.items()
    }
    return without_pull | {name: _union(warehouse, pulls, of_today.get(name, ())) for name, pulls in streams.items()}


def _union(warehouse: Warehouse, pulls: Sequence[Pull], of_today: Sequence[str] = ()) -> str:
    """All rows of several pulls with the number of each; a column that one of them lacks is null there, and so is one `of_today` that
    none of them has: the connector that pulled them did not know it yet."""
    columns = list(dict.fromkeys([*(column for pull in pulls for column in pull.columns), *of_today]))
    # a file may have a column of its own with that name
    shown = {name: "pull_in_file" if name == "pull" else name for name in columns}
    shapes: dict[tuple[str, ...], list[Path]] = {}
    for pull in pulls:
        shapes.setdefault(pull.columns, []).extend(pull.parts)
    return " union all ".join(
        f"select {_texts(warehouse, {shown[name]: name if name in shape else None for name in columns})}, _pull as pull "
        f"from {warehouse.scan(files, shape)}"
        for shape, files in shapes.items()
    )


def _texts(warehouse: Warehouse, columns: Mapping[str, str | None]) -> str:
    """Select list of text columns: name → the column it is read from, or None for null."""
    return ", ".join(
        f"cast({'null' if origin is None else warehouse.quoted(origin)} as string) as {warehouse.quoted(name)}"
        for name, origin in columns.items()
    )


def _definitions(warehouse: Warehouse, build: Build) -> dict[str, str]:
    """`raw_definitions.<name>`: every definition, empty where the company has none."""
    landed = {pull.stream: pull for pull in build.pulls if pull.source == "definitions"}
    views = {}
    for name, schema in SCHEMAS.items():
        if name in landed:
            columns = ", ".join(
                f"nullif({warehouse.quoted(column)}, '') as {warehouse.quoted(column)}"
                for column in schema.column_names
            )
            pull = landed[name]
            views[f"raw_definitions.{name}"] = (
                f"select {columns}, _pull, cast(_row as bigint) as _row from {warehouse.scan(pull.parts, pull.columns)}"
            )
        else:
            nulls = _texts(warehouse, dict.fromkeys(schema.column_names))
            views[f"raw_definitions.{name}"] = (
                f"select {nulls}, cast(null as bigint) as _pull, cast(null as bigint) as _row where false"
            )
    return views


_VERSIONS = {
    "definition": "varchar", "definition_key": "varchar", "content": "varchar", "valid_from": "date", "valid_to": "date",
    "is_first": "boolean", "recorded_on": "date", "marketing_owner": "varchar", "sales_owner": "varchar",
    "row_number": "bigint", "pull": "bigint",
}  # fmt: skip
_SIGN_OFFS = {
    "definition": "varchar", "team": "varchar", "state": "varchar", "signed_by": "varchar", "signed_on": "date",
    "signed_version_on": "date", "rows_since": "bigint", "newest_on": "date", "fingerprint": "varchar", "pull": "bigint",
}  # fmt: skip


def _definition_registry(build: Build) -> dict[str, Content]:
    """Which version of every definition this build has, and who signed it: computed as `onefunnel definitions check` does,
    so that the two never disagree."""
    landed = {pull.stream: pull for pull in build.pulls if pull.source == "definitions"}
    rows = {
        name: [
            {column: row[column] or None for column in SCHEMAS[name].column_names if column in row}
            for part in landed[name].parts
            for row in pq.read_table(part, partitioning=None).to_pylist()
        ]
        for name in SCHEMAS
        if name in landed and set(SCHEMAS[name].column_names) <= set(landed[name].columns)
    }
    known = [
        {
            **{
                name: getattr(version, "key" if name == "definition_key" else name)
                for name in _VERSIONS
                if name != "pull"
            },
            "pull": landed[version.definition].pull,
        }
        for version in registry(rows)
    ]
    signed = [
        {
            "definition": found.definition, "team": found.team, "state": found.state, "signed_by": found.name,
            "signed_on": found.signed_on, "signed_version_on": found.version_on, "rows_since": found.rows_since,
            "newest_on": found.newest_on, "fingerprint": found.fingerprint, "pull": landed[found.definition].pull,
        }
        for found in sign_offs(rows)
    ]  # fmt: skip
    return {
        "raw_build.definition_versions": _content(known, _VERSIONS),
        "raw_build.definition_sign_offs": _content(signed, _SIGN_OFFS),
    }


def _contracts(warehouse: Warehouse, build: Build, contracts: Mapping[str, Contract]) -> dict[str, str]:
    """`raw_files.<contract>`: what the mappings filled, as canonical text, with the key of the raw record."""
    selects: dict[str, list[str]] = {name: [] for name in contracts}
    for pull in build.pulls:
        for fill in pull.fills if pull.parts else ():
            contract = contracts[fill["contract"]]
            fields = _texts(warehouse, {field: fill["columns"].get(field) for field in contract.field_names})
            selects[contract.name].append(
                f"select {fields}, '{pull.source}' as source_system, "
                f"'{pull.source}/{pull.stream}/' || _key || '/{pull.pull}' as source_record_key "
                f"from {warehouse.scan(pull.parts, pull.columns)} "
                f"where {warehouse.quoted(fill['name'] + '__is_filled')} = 'true'"
            )
    return {
        f"raw_files.{name}": " union all ".join(selects[name])
        or f"select {_texts(warehouse, dict.fromkeys((*contract.field_names, *LINEAGE_COLUMNS)))} where false"
        for name, contract in contracts.items()
    }


def _calendar(warehouse: Warehouse, build: Build) -> dict[str, str]:
    pulls = [pull for pull in build.pulls if (pull.source, pull.stream) == ("calendar", "days")]
    if not pulls:
        raise BindingError(f"the calendar is not in the lake as of {to_text(build.as_of_at)}")
    days = warehouse.scan([part for pull in pulls for part in pull.parts], pulls[0].columns)
    return {
        "raw_calendar.days": "select cast(date_on as date) as date_on, cast(iso_weekday as bigint) as iso_weekday, "
        "cast(gregorian_month_starts_on as date) as gregorian_month_starts_on, "
        "cast(jalali_month_starts_on as date) as jalali_month_starts_on, "
        f"gregorian_period, jalali_period from {days}"
    }


def _frozen(warehouse: Warehouse, build: Build) -> dict[str, str]:
    """`raw_frozen.<stream>`: the facts that earlier runs froze, with all columns of today; empty before the first."""
    views = {}
    for name, stream in frozen.STREAMS.items():
        pulls = [pull for pull in build.pulls if (pull.source, pull.stream) == (frozen.SOURCE, name)]
        nothing = f"select {_texts(warehouse, dict.fromkeys(stream.columns))}, cast(null as bigint) as pull where false"
        columns = ", ".join(warehouse.quoted(column) for column in (*stream.columns, "pull"))
        views[f"raw_frozen.{name}"] = nothing
        if pulls:
            shown = _union(warehouse, pulls)
            missing = [column for column in stream.columns if all(column not in pull.columns for pull in pulls)]
            added = "".join(f", cast(null as string) as {warehouse.quoted(column)}" for column in missing)
            views[f"raw_frozen.{name}"] = (
                f"select {columns} from (select told.*{added} from ({shown}) as told) as widened"
            )
    return views


_PULLS = {
    "source": "varchar", "stream": "varchar", "pull": "bigint", "account": "varchar", "kind": "varchar", "rows_in": "bigint",
    "rows": "bigint", "quarantined": "bigint", "observed_at": "timestamp", "committed_at": "timestamp",
    "window_from": "varchar", "window_to": "varchar", "is_read": "boolean",
}  # fmt: skip
_QUARANTINED = {
    "file_name": "string", "row_number": "bigint", "line_number": "bigint", "column_name": "string", "contract": "string",
    "scope": "string", "reason": "string", "shape": "string",
}  # fmt: skip
_FINDINGS = {
    "source": "varchar", "stream": "varchar", "pull": "bigint", "file_name": "varchar", "column_name": "varchar",
    "finding": "varchar", "occurrences": "bigint", "rows_checked": "bigint", "message": "varchar",
}  # fmt: skip
_FILLS = {
    "source": "varchar", "stream": "varchar", "pull": "bigint", "contract": "varchar", "fill": "varchar", "rows_filled": "bigint",
    "rows_skipped": "bigint", "money_field": "varchar", "currency": "varchar", "money_minor": "varchar",
}  # fmt: skip


_ACCOUNTS = {"source": "varchar", "account": "varchar", "currency": "varchar", "amounts_include_vat": "boolean"}
_VAT_RATES = {"source": "varchar", "account": "varchar", "valid_from": "date", "percent": "decimal(5,2)"}
_HISTORY_FIELDS = {"source": "varchar", "account": "varchar", "field": "varchar"}


def _landing(lake: Lake, build: Build) -> dict[str, Content]:
    """What the door recorded for the pulls of this build: the log, findings, fills."""
    read = {(pull.source, pull.stream, pull.pull) for pull in build.pulls}
    log = [
        {
            **{name: getattr(pull, name) for name in _PULLS if name != "is_read"},
            "is_read": (pull.source, pull.stream, pull.pull) in read,
        }
        for pull in lake.pulls(as_of=build.as_of_at)
        # nobody told them: they are ours
        if pull.source != frozen.SOURCE
    ]
    findings, fills = [], []
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
    return {
        "raw_landing.pulls": _content(log, _PULLS),
        "raw_landing.findings": _content(findings, _FINDINGS),
        "raw_landing.fills": _content(fills, _FILLS),
    }


def _quarantine(warehouse: Warehouse, build: Build) -> dict[str, str]:
    """`raw_landing.quarantined_rows`: what was set aside in the pulls of this build."""
    files: dict[tuple[str, str], list[Path]] = {}
    for pull in build.pulls:
        files.setdefault((pull.source, pull.stream), []).extend(pull.quarantine_files)
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in _QUARANTINED.items())
    selects = [
        f"select '{source}' as source, '{stream}' as stream, _pull as pull, {columns} "
        f"from {warehouse.scan(paths, QUARANTINE_SCHEMA.names)}"
        for (source, stream), paths in files.items()
        if paths
    ]
    nothing = {"source": "string", "stream": "string", "pull": "bigint", **_QUARANTINED}
    nulls = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in nothing.items())
    return {"raw_landing.quarantined_rows": " union all ".join(selects) or f"select {nulls} where false"}


def _facts(build: Build, settings: Settings, contracts: Mapping[str, Contract]) -> dict[str, Content]:
    """The one row of build facts, and what the configuration says of the accounts that are asked. A payments source exists
    when a mapping or a vendor fills the contract payments (D15)."""
    configuration = settings.configuration
    asked = api_sources(settings)
    filled = {fill["contract"] for pull in build.pulls for fill in pull.fills}
    has_payments = "payments" in filled.union(*(contracts_of(source.type) for source in asked))
    facts = {
        "build_id": build.build_id, "as_of_at": build.as_of_at, "evaluated_at": build.evaluated_at,
        "time_zone": configuration.time_zone, "period_calendar": configuration.period_calendar,
        "reporting_currency": configuration.reporting_currency, "vat_basis": configuration.vat_basis,
        "company": configuration.company, "language": configuration.language, "has_payments_source": has_payments,
    }  # fmt: skip
    types = dict.fromkeys(facts, "varchar") | {
        "as_of_at": "timestamp",
        "evaluated_at": "timestamp",
        "has_payments_source": "boolean",
    }
    used = [{"contract": name} for name in sorted(filled & set(contracts))]
    return {
        "raw_build.build": _content([facts], types),
        "raw_build.filled_contracts": _content(used, {"contract": "varchar"}),
        "raw_build.accounts": _content([facts_of(source, settings) for source in asked], _ACCOUNTS),
        "raw_build.vat_rates": _content([rate for source in asked for rate in vat_rates_of(source)], _VAT_RATES),
        "raw_build.history_fields": _content(
            [field for source in asked for field in history_fields_of(source)], _HISTORY_FIELDS
        ),
    }


def _content(rows: list[dict], types: dict[str, str]) -> Content:
    """Rows from dictionaries, through text where needed, so that instants and nulls keep their meaning."""
    frame = pd.DataFrame({name: [_scalar(row.get(name)) for row in rows] for name in types}, dtype="object")
    return Content(frame, types)


def _scalar(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return json.dumps(value) if isinstance(value, (dict, list)) else value
