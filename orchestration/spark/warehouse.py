"""Tables of a Spark session, as Parquet in a folder of the build."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

import duckdb
import pandas as pd
import pyarrow as pa

from orchestration.spark.session import SparkError, start_session
from orchestration.warehouse import (
    PULL_FOLDER,
    Content,
    Warehouse,
    count_rows,
    describe_marts,
    in_memory,
    schemas_of,
    sql_text,
    typed_columns,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MODEL_SCHEMAS = ("staging", "contracts", "intermediate", "marts")
"""Schemas that dbt writes to; they stand before it starts, so that their tables get the build's folder."""

_NOT_PLAIN = re.compile(r"([][{}*?\\])")
"""Characters of a path that Hadoop's patterns read in their own way."""

_ESCAPED = r"\\\1"

_TO_PUBLISH = ("marts", "raw_build", "raw_definitions", "raw_landing")


class SparkWarehouse(Warehouse):
    """One folder a build below `place`, one folder a schema in it, one folder a table in that.

    `place` must be reached under the same path by the driver and the workers. A build starts in a folder of its own, so
    nothing that a killed build left is ever in the way, and removes the folders of the builds before it.
    """

    engine = "spark"

    def __init__(self, place: Path, master: str, settings: Mapping[str, str]) -> None:
        self.place = place
        self._master = master
        self._settings = settings

    @property
    def session(self) -> SparkSession:
        """The session of this process. Raises SparkError when Spark cannot start."""
        return start_session(self._master, self._settings, self.place)

    @property
    def dbt_folder(self) -> Path:
        return self.place

    def start(self, build_id: str, views: Mapping[str, str], tables: Mapping[str, Content]) -> None:
        if odd := _NOT_PLAIN.search(str(self.place)):
            raise SparkError(
                f"{self.place}: Spark reads {odd[0]} in a path as a pattern; set ONEFUNNEL_HOME (or `home:`) to another folder"
            )
        self.place.mkdir(parents=True, exist_ok=True)
        for before in self.place.glob("build-*"):
            shutil.rmtree(before)
        folder = self.place / f"build-{build_id}"
        session = self.session
        for schema in dict.fromkeys([*schemas_of([*views, *tables]), *MODEL_SCHEMAS]):
            session.sql(f"drop schema if exists {self.quoted(schema)} cascade")
            location = folder / schema
            location.mkdir(parents=True)
            session.sql(f"create schema {self.quoted(schema)} location {_text(location)}")
        for table, content in tables.items():
            self._replace(table, content)
        for view, select in views.items():
            session.sql(f"create view {self.quoted(view)} as {select}")

    def quoted(self, name: str) -> str:
        return ".".join("`" + part.replace("`", "``") + "`" for part in name.split(".", 1))

    def scan(self, files: Sequence[Path], columns: Sequence[str]) -> str:
        own = ", ".join(self.quoted(column) for column in columns)
        pull = f"cast(regexp_extract(_metadata.file_path, {_text(PULL_FOLDER)}, 1) as bigint) as _pull"
        selects = [f"select {own}, {pull} from parquet.{self.quoted_path(glob)}" for glob in _globs(files)]
        return f"({' union all '.join(selects)})"

    @staticmethod
    def quoted_path(path: str) -> str:
        """A path as the identifier after `parquet.`."""
        return "`" + path.replace("`", "``") + "`"

    def tables(self, schema: str) -> list[str]:
        if not self.session.catalog.databaseExists(schema):
            return []
        return sorted(row.tableName for row in self.session.sql(f"show tables in {self.quoted(schema)}").collect())

    def arrow(self, sql: str) -> pa.Table:
        return self.session.sql(sql).toArrow()

    def write(self, table: str, content: pd.DataFrame | pa.Table, types: Mapping[str, str]) -> int:
        schema = table.split(".", 1)[0]
        self.session.sql(f"create schema if not exists {self.quoted(schema)}")
        return self._replace(table, Content(content, types))

    def _replace(self, table: str, content: Content) -> int:
        """Parquet written by the driver, then a table over it: the rows never pass through Spark's pandas, which does not
        know pandas 3. Every version has a folder of its own, so a reader of the old one is not disturbed."""
        schema, name = table.split(".", 1)
        folder = self._location(schema) / f"{name}-{uuid.uuid4().hex}"
        folder.mkdir()
        file = folder / "part-0.parquet"
        with in_memory() as connection:
            connection.register("content_to_write", content.rows)
            select = f"select {typed_columns(content)} from content_to_write"
            connection.execute(f"copy ({select}) to {sql_text(file)} (format parquet, compression zstd)")
            rows = count_rows(connection, f"read_parquet({sql_text(file)})")
        columns = ", ".join(f"{self.quoted(column)} {_spark_type(kind)}" for column, kind in content.types.items())
        self.session.sql(f"drop table if exists {self.quoted(table)}")
        self.session.sql(f"create table {self.quoted(table)} ({columns}) using parquet location {_text(folder)}")
        return rows

    def columns(self, table: str) -> list[str]:
        return list(self.session.table(self.quoted(table)).columns)

    def row_counts(self, tables: Sequence[str]) -> dict[str, int]:
        """Tables from the footers of their files; views by one query for all of them."""
        counts, views = {}, []
        with in_memory() as connection:
            for table in tables:
                files = self._files(table)
                if files is None:
                    views.append(table)
                else:
                    counts[table] = count_rows(connection, files) if files else 0
        if views:
            selects = [f"select {_text(view)} as name, count(*) as n from {self.quoted(view)}" for view in views]
            counts |= {row.name: int(row.n) for row in self.session.sql(" union all ".join(selects)).collect()}
        return counts

    def to_publish(self, descriptions: Mapping[str, Mapping[str, str]]) -> Path:
        """A DuckDB file of views over this build's Parquet (and small tables for what are views here)."""
        (folder,) = self.place.glob("build-*")
        file = folder / "onefunnel.duckdb"
        file.unlink(missing_ok=True)
        with duckdb.connect(str(file)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            for schema in _TO_PUBLISH:
                connection.execute(f"create schema {schema}")
                for name in self.tables(schema):
                    self._show(connection, f"{schema}.{name}")
            describe_marts(connection, descriptions)
        return file

    def _show(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        files = self._files(table)
        target = ".".join(f'"{part}"' for part in table.split(".", 1))
        if files:
            connection.execute(f"create view {target} as select * from {files}")
            return
        connection.register("rows", self.arrow(f"select * from {self.quoted(table)}"))
        connection.execute(f"create table {target} as select * from rows")
        connection.unregister("rows")

    def _files(self, table: str) -> str | None:
        """`read_parquet(…)` of a table's files for DuckDB; empty text without files, None for a view."""
        details = {
            row.col_name: row.data_type
            for row in self.session.sql(f"describe table extended {self.quoted(table)}").collect()
        }
        if details.get("Type") == "VIEW":
            return None
        folder = _path(details["Location"])
        files = sorted(folder.rglob("*.parquet"))
        names = ", ".join(sql_text(file) for file in files)
        return f"read_parquet([{names}], hive_partitioning = false)" if files else ""

    def _location(self, schema: str) -> Path:
        details = {
            row.info_name: row.info_value
            for row in self.session.sql(f"describe schema {self.quoted(schema)}").collect()
        }
        return _path(details["Location"])


def _globs(files: Sequence[Path]) -> list[str]:
    """Files of the lake as few patterns: Spark plans a relation a pattern, and a stream may have a thousand pulls."""
    pulls: dict[tuple[Path, str], dict[str, None]] = {}
    for file in files:
        stream, pattern = file.parent.parent, f"{file.name.split('-', 1)[0]}-*.parquet"
        pulls.setdefault((stream, pattern), {})[file.parent.name] = None
    return [
        f"{_NOT_PLAIN.sub(_ESCAPED, str(stream))}/{{{','.join(folders)}}}/{pattern}"
        for (stream, pattern), folders in pulls.items()
    ]


def _path(location: str) -> Path:
    """The folder of a location, which Spark shows as a URI."""
    return Path(unquote(urlparse(location).path))


def _spark_type(kind: str) -> str:
    return "string" if kind.lower() in ("varchar", "text") else kind


def _text(value: object) -> str:
    """A text literal of Spark, where the backslash escapes."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
