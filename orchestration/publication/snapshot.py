"""Writing one build: DuckDB snapshot, Parquet files, manifest; checked, made durable, then shown by two renames."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from orchestration.locks import exclusive
from orchestration.publication.comparison import compare_builds
from orchestration.publication.current import (
    MANIFEST,
    MANIFEST_VERSION,
    PARQUET,
    SNAPSHOT,
    TEMPORARY_PREFIX,
    PublicationError,
    PublishedBuild,
    builds_folder,
    checked_build_id,
    current_build,
    point_current_at,
    published_builds,
    read_build,
    remove_superseded,
    sweep_leftovers,
    synchronise_folder,
)

SCHEMA = "marts"
STORAGE_VERSION = "v1.2.0"
"""DuckDB 1.2 and every later version open it; the format of DuckDB 2.0 itself cannot be opened by older BI drivers."""

_TARGET = "onefunnel_publication"
_UNPUBLISHABLE_TYPES = ("HUGEINT", "UHUGEINT")


def publish(
    warehouse: Path,
    home: Path,
    build_id: str,
    *,
    tables: Sequence[str] | None = None,
    keep_daily: int = 3,
    is_hourly: bool = False,
) -> PublishedBuild:
    """Publish the marts of a warehouse file as build `build_id` and make it current.

    Parameters
    ----------
    warehouse : the DuckDB file; no connection of this process may have it open for writing.
    home : `ONEFUNNEL_HOME`.
    build_id : names the directory; a table's own `build_id` must be this one in every row.
    tables : marts to publish; default all tables and views of schema `marts`.
    keep_daily : builds to keep, the last of each local day; besides them `current` and the build before it (readers may
        be in the middle of its files) stay.
    is_hourly : whether it is a build between two daily ones, which stands for no day.

    Returns the published build. Publishing the same build again (after a kill, say) finishes what is left and changes
    nothing; readers see the old build or the new one, never a part.

    Raises
    ------
    PublicationError
        no such file or table, a type that Parquet would turn into floating point, rows of another build, counts that do
        not agree, or a build id that is already published with other contents. Then `current` is as before.
    """
    checked_build_id(build_id)
    warehouse = Path(warehouse)
    if not warehouse.is_file():
        raise PublicationError(f"{warehouse}: no such warehouse file; build the marts first")
    builds = builds_folder(home)
    builds.mkdir(parents=True, exist_ok=True)
    with exclusive(builds.parent / "publication.lock"):
        sweep_leftovers(home)
        before = current_build(home)
        temporary = builds / f"{TEMPORARY_PREFIX}{build_id}"
        try:
            _write_build(warehouse, temporary, build_id, tables, _next_sequence(home, build_id), is_hourly)
            _show_build(temporary, builds / build_id)
        finally:
            if temporary.exists():
                shutil.rmtree(temporary)
        point_current_at(home, build_id)
        remove_superseded(
            home, keep_daily=keep_daily, also_keep=frozenset() if before is None else frozenset({before.build_id})
        )
        return read_build(builds / build_id)


def storage_version_number(snapshot: Path) -> int:
    """The storage version in the header of a DuckDB file: 65 is DuckDB 1.2's. PublicationError for any other file."""
    with Path(snapshot).open("rb") as file:
        header = file.read(20)
    if header[8:12] != b"DUCK" or len(header) < 20:
        raise PublicationError(f"{snapshot}: not a DuckDB file")
    return int.from_bytes(header[12:20], "little")


def _next_sequence(home: Path, build_id: str) -> int:
    builds = published_builds(home)
    for build in builds:
        if build.build_id == build_id:
            return build.sequence
    return max((build.sequence for build in builds), default=0) + 1


def _write_build(
    warehouse: Path, directory: Path, build_id: str, tables: Sequence[str] | None, sequence: int, is_hourly: bool
) -> None:
    """The whole build in a directory that no reader looks at, checked and synchronised to the disk."""
    (directory / PARQUET).mkdir(parents=True)
    with _attached(warehouse, directory) as connection:
        source = warehouse.stem
        names = _tables_to_publish(connection, source, tables)
        _refuse_unpublishable_columns(connection, source, names)
        counted = {name: _copy_table(connection, source, name, directory) for name in names}
        _copy_comments(connection, source, names)
        _refuse_other_builds(connection, names, build_id)
        described = _described_tables(connection, names)
        manifest = {"manifest_version": MANIFEST_VERSION, "build_id": build_id, "sequence": sequence}
        manifest |= {"is_hourly": is_hourly}
        manifest |= _build_facts(connection, source, build_id)
    _verify_counts(directory, counted)
    manifest["storage_version"] = STORAGE_VERSION
    manifest["snapshot"] = _file_entry(directory, directory / SNAPSHOT)
    manifest["tables"] = [
        {**described[name], "rows": counted[name], **_file_entry(directory, _parquet_file(directory, name))}
        for name in names
    ]
    (directory / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _make_durable(directory)


def _show_build(temporary: Path, target: Path) -> None:
    """Rename the build into place, unless the same build is there already (a publication killed before `current`)."""
    if target.exists():
        differences = compare_builds(target, temporary)
        if differences:
            raise PublicationError(
                f"{target} is published already with other contents ({differences[0].message}); "
                "a build id is published once: run a new build"
            )
        return
    temporary.rename(target)
    synchronise_folder(target.parent)


@contextmanager
def _attached(warehouse: Path, directory: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the warehouse read-only under its file's stem (views name it so) and the snapshot as target."""
    spill = directory.with_name(f"{directory.name}.spill")
    with duckdb.connect(":memory:", config={"temp_directory": str(spill)}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        try:
            connection.execute(f"attach {_text(warehouse)} as {_name(warehouse.stem)} (read_only)")
        except duckdb.Error as error:
            raise PublicationError(f"{warehouse}: cannot be opened: {error}") from error
        connection.execute(
            f"attach {_text(directory / SNAPSHOT)} as {_TARGET} (storage_version {_text(STORAGE_VERSION)})"
        )
        # one transaction: a commit of its own for every table waits for the disk every time
        connection.execute("begin")
        connection.execute(f"create schema {_TARGET}.{SCHEMA}")
        yield connection
        connection.execute("commit")
        connection.execute(f"checkpoint {_TARGET}")
        connection.execute(f"detach {_TARGET}")


def _tables_to_publish(connection: duckdb.DuckDBPyConnection, source: str, wanted: Sequence[str] | None) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_catalog = ? and table_schema = ? order by 1",
        [source, SCHEMA],
    ).fetchall()
    found = [str(name) for (name,) in rows]
    if not found:
        raise PublicationError(f"{source}: schema {SCHEMA} holds no tables; build the marts first")
    if wanted is None:
        return found
    if missing := sorted(set(wanted) - set(found)):
        raise PublicationError(f"{source}: schema {SCHEMA} has no {', '.join(missing)}; it has {', '.join(found)}")
    return sorted(set(wanted))


def _refuse_unpublishable_columns(connection: duckdb.DuckDBPyConnection, source: str, names: list[str]) -> None:
    rows = connection.execute(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_catalog = ? and table_schema = ? order by table_name, ordinal_position",
        [source, SCHEMA],
    ).fetchall()
    for table, column, data_type in rows:
        if table in names and data_type in _UNPUBLISHABLE_TYPES:
            raise PublicationError(
                f"{SCHEMA}.{table}.{column} is {data_type}, which Parquet stores as floating point; "
                "cast it to bigint or decimal in the model"
            )


def _copy_table(connection: duckdb.DuckDBPyConnection, source: str, name: str, directory: Path) -> int:
    """One mart into the snapshot and its Parquet file; returns the rows counted in the warehouse."""
    origin, target = f"{_name(source)}.{SCHEMA}.{_name(name)}", f"{_TARGET}.{SCHEMA}.{_name(name)}"
    connection.execute(f"create table {target} as select * from {origin}")
    connection.execute(f"copy {target} to {_text(_parquet_file(directory, name))} (format parquet, compression zstd)")
    return _one_integer(connection, f"select count(*) from {origin}")


def _copy_comments(connection: duckdb.DuckDBPyConnection, source: str, names: list[str]) -> None:
    """Descriptions of tables and columns, read by one query each: the catalogue's functions go through every view."""
    tables = connection.execute(
        "select table_name, comment from duckdb_tables() where database_name = $1 and schema_name = $2 and comment <> ''"
        " union all select view_name, comment from duckdb_views()"
        " where database_name = $1 and schema_name = $2 and comment <> ''",
        [source, SCHEMA],
    ).fetchall()
    columns = connection.execute(
        "select table_name, column_name, comment from duckdb_columns()"
        " where database_name = ? and schema_name = ? and comment <> ''",
        [source, SCHEMA],
    ).fetchall()
    target = f"{_TARGET}.{SCHEMA}"
    statements = [
        f"comment on table {target}.{_name(table)} is {_text(comment)}" for table, comment in tables if table in names
    ]
    statements += [
        f"comment on column {target}.{_name(table)}.{_name(column)} is {_text(comment)}"
        for table, column, comment in columns
        if table in names
    ]
    if statements:
        connection.execute(";\n".join(statements))


def _refuse_other_builds(connection: duckdb.DuckDBPyConnection, names: list[str], build_id: str) -> None:
    for name in names:
        target = f"{_TARGET}.{SCHEMA}.{_name(name)}"
        columns = [row[0] for row in connection.execute(f"describe {target}").fetchall()]
        if "build_id" not in columns:
            continue
        strangers = _one_integer(
            connection, f"select count(*) from {target} where build_id is distinct from {_text(build_id)}"
        )
        if strangers:
            raise PublicationError(
                f"{SCHEMA}.{name}: {strangers} rows are not of build {build_id}; build all marts in one run"
            )


def _described_tables(connection: duckdb.DuckDBPyConnection, names: list[str]) -> dict[str, dict[str, Any]]:
    comments = dict(
        connection.execute(
            "select table_name, comment from duckdb_tables() where database_name = ?", [_TARGET]
        ).fetchall()
    )
    described: dict[str, dict[str, Any]] = {
        name: {"name": name, "description": comments.get(name) or "", "columns": []} for name in names
    }
    columns = connection.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns()"
        " where database_name = ? order by table_name, column_index",
        [_TARGET],
    ).fetchall()
    for table, column, kind, comment in columns:
        described[table]["columns"].append({"name": column, "type": kind, "description": comment or ""})
    return described


def _build_facts(connection: duckdb.DuckDBPyConnection, source: str, build_id: str) -> dict[str, Any]:
    """What the build knew: its facts, the policies that held, currencies, the version of every definitions file."""
    result = connection.execute(f"select * from {_name(source)}.raw_build.build")
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    if len(rows) != 1:
        raise PublicationError(f"{source}: raw_build.build has {len(rows)} rows, expected one; run the build again")
    values = dict(zip(names, rows[0], strict=True))
    if values["build_id"] != build_id:
        raise PublicationError(f"{source} holds build {values['build_id']}, not {build_id}; publish that one")
    as_of_at: datetime = values["as_of_at"]
    zone = ZoneInfo(values["time_zone"])
    local_day = _local_date(as_of_at, zone)
    # as the models' policy(): the version in force on the local day of evaluated_at; the first one reaches back
    policies = connection.execute(
        f"""
        with versions as (
            select name, value, coalesce(valid_from, '') as valid_from, coalesce(valid_from, '') <= ? as is_begun, _row
            from {_name(source)}.raw_definitions.policies
        )

        select name, value from versions
        qualify row_number() over (partition by name order by is_begun desc,
            case when is_begun then valid_from end desc, valid_from, _row desc) = 1
        order by name
        """,
        [_local_date(values["evaluated_at"], zone)],
    ).fetchall()
    exponents = connection.execute(
        f"select currency, cast(exponent as integer) from {_name(source)}.raw_definitions.currencies"
        " where exponent is not null order by currency"
    ).fetchall()
    versions = connection.execute(
        f"select stream, max(pull) from {_name(source)}.raw_landing.pulls"
        " where source = 'definitions' and is_read group by stream order by stream"
    ).fetchall()
    return {
        "local_day": local_day,
        "facts": {name: _json_value(value) for name, value in values.items()},
        "policies": dict(policies),
        "currency_exponents": dict(exponents),
        "definition_versions": {stream: f"{stream}@{pull}" for stream, pull in versions},
    }


def _local_date(instant: datetime, zone: ZoneInfo) -> str:
    return instant.replace(tzinfo=UTC).astimezone(zone).date().isoformat()


def _verify_counts(directory: Path, counted: dict[str, int]) -> None:
    """Count again what was written, from the closed files, before anybody can see them."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach {_text(directory / SNAPSHOT)} as {_TARGET} (read_only)")
        for name, expected in counted.items():
            in_snapshot = _one_integer(connection, f"select count(*) from {_TARGET}.{SCHEMA}.{_name(name)}")
            parquet = _text(_parquet_file(directory, name))
            in_parquet = _one_integer(connection, f"select count(*) from read_parquet({parquet})")
            if not expected == in_snapshot == in_parquet:
                raise PublicationError(
                    f"{SCHEMA}.{name}: {expected} rows in the warehouse, {in_snapshot} in the snapshot, "
                    f"{in_parquet} in Parquet; nothing was published"
                )


def _make_durable(directory: Path) -> None:
    """Files read-only (a tool that opens one for writing would lock readers out) and on the disk, then the folders."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            path.chmod(0o444)
            with path.open("rb") as file:
                os.fsync(file.fileno())
    synchronise_folder(directory / PARQUET)
    synchronise_folder(directory)


def _file_entry(directory: Path, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": path.relative_to(directory).as_posix(), "bytes": path.stat().st_size, "sha256": digest}


def _parquet_file(directory: Path, name: str) -> Path:
    return directory / PARQUET / f"{name}.parquet"


def _one_integer(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else value


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
