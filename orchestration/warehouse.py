"""The one table interface of Python steps (DESIGN §4): read a table as a frame, write a frame as a table.

Two engines serve it: DuckDB here, Apache Spark in `orchestration/spark/warehouse.py`. SQL given to it is the part of the
language that both understand; identifiers that may hold anything go through `quoted`.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import duckdb
import pandas as pd
import pyarrow as pa

PULL_FOLDER = "/pull=([0-9]+)/[^/]+$"
"""Where the number of a pull stands in the path of its files (DESIGN §2.1)."""


class WarehouseError(Exception):
    """The warehouse cannot be opened or used; says what to do where that is known."""


@dataclass(frozen=True)
class Content:
    """Rows to become a table. types: column name → type, in the order of the table; `rows` needs all of these columns."""

    rows: pd.DataFrame | pa.Table
    types: Mapping[str, str]


class Warehouse(ABC):
    """Tables and views named `schema.table`.

    engine : its name, which is also the name of dbt's target.
    place : the file or folder where the tables stand, for messages.
    """

    engine: ClassVar[str]
    place: Path

    @property
    @abstractmethod
    def dbt_folder(self) -> Path:
        """The working directory that dbt needs to reach this warehouse."""

    @abstractmethod
    def start(self, build_id: str, views: Mapping[str, str], tables: Mapping[str, Content]) -> None:
        """Start anew for a build: nothing of an earlier one is left, the views (`schema.table` → query) and tables stand."""

    @abstractmethod
    def quoted(self, name: str) -> str:
        """`schema.table` or a column name as quoted identifiers."""

    @abstractmethod
    def scan(self, files: Sequence[Path], columns: Sequence[str]) -> str:
        """What to write after `from` to read Parquet files of one shape in the lake.

        columns : all that the files have; after them comes `_pull` (bigint), the number in the name of a file's folder.
        """

    @abstractmethod
    def tables(self, schema: str) -> list[str]:
        """Names of the tables and views of a schema, sorted; none when there is no such schema."""

    @abstractmethod
    def arrow(self, sql: str) -> pa.Table:
        """The rows of a query."""

    @abstractmethod
    def write(self, table: str, content: pd.DataFrame | pa.Table, types: Mapping[str, str]) -> int:
        """Replace a table by a frame as a whole; its schema is made when missing. Returns the number of rows."""

    @abstractmethod
    def row_counts(self, tables: Sequence[str]) -> dict[str, int]:
        """Rows of each table."""

    @abstractmethod
    def to_publish(self, descriptions: Mapping[str, Mapping[str, str]]) -> Path:
        """A DuckDB file whose schemas `marts` and `raw_*` show this warehouse, for publication to copy from.

        descriptions : mart → column (or `""` for the table itself) → text, to stand in the file as comments.
        """

    def kept_open(self, *, read_only: bool) -> AbstractContextManager[object]:
        """For steps that ask for many tables, or write many, one after the other: what is costly to open stays open meanwhile."""
        return nullcontext()

    def columns(self, table: str) -> list[str]:
        """Column names of a table in their order."""
        return self.arrow(f"select * from {self.quoted(table)} limit 0").column_names

    def read(self, table: str) -> pd.DataFrame:
        """The whole table as a frame."""
        return self.query(f"select * from {self.quoted(table)}")

    def query(self, sql: str) -> pd.DataFrame:
        """The rows of a query as a frame, converted by DuckDB whichever engine answered, so that types are the same."""
        answer = self.arrow(sql)
        with in_memory() as connection:
            connection.register("answer", answer)
            return connection.execute("select * from answer").df()

    def previews(self, tables: Sequence[str], rows: int = 5) -> dict[str, str]:
        """The first rows of each table as a Markdown table."""
        return {
            table: _markdown(self.arrow(f"select * from {self.quoted(table)} limit {int(rows)}")) for table in tables
        }


class DuckDbWarehouse(Warehouse):
    """Tables of one DuckDB file. Connections are short, so that the single writer's lock is held only while one runs."""

    engine = "duckdb"

    def __init__(self, path: Path) -> None:
        self.place = path

    @property
    def dbt_folder(self) -> Path:
        return self.place.parent

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection in UTC, closed at the end.

        Raises
        ------
        WarehouseError
            when the file cannot be opened; says which process holds it where DuckDB tells.
        """
        self.place.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = duckdb.connect(str(self.place), read_only=read_only)
        except duckdb.Error as error:
            raise WarehouseError(f"{self.place}: cannot be opened: {error}") from error
        try:
            connection.execute("set TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()

    def kept_open(self, *, read_only: bool) -> AbstractContextManager[object]:
        """Opening reads the whole catalog, closing after a write stores it; connections beside an open one share the file."""
        return self.connect(read_only=read_only)

    def start(self, build_id: str, views: Mapping[str, str], tables: Mapping[str, Content]) -> None:
        """Who has the old file open goes on reading what was there."""
        for leftover in (self.place, self.place.with_name(f"{self.place.name}.wal")):
            leftover.unlink(missing_ok=True)
        spill = self.place.with_name(f"{self.place.name}.tmp")
        if spill.exists():
            shutil.rmtree(spill)
        with self.connect() as connection:
            connection.execute("begin")
            for schema in schemas_of([*views, *tables]):
                connection.execute(f"create schema if not exists {self.quoted(schema)}")
            for table, content in tables.items():
                self._replace(connection, table, content)
            for view, select in views.items():
                connection.execute(f"create view {self.quoted(view)} as {select}")
            connection.execute("commit")

    def quoted(self, name: str) -> str:
        return ".".join(quoted_identifier(part) for part in name.split(".", 1))

    def scan(self, files: Sequence[Path], columns: Sequence[str]) -> str:
        names = ", ".join(sql_text(file) for file in files)
        own = ", ".join(self.quoted(column) for column in columns)
        pull = f"cast(regexp_extract(_file, {sql_text(PULL_FOLDER)}, 1) as bigint) as _pull"
        return f"(select {own}, {pull} from read_parquet([{names}], filename = '_file', hive_partitioning = false))"

    def tables(self, schema: str) -> list[str]:
        with self.connect(read_only=True) as connection:
            rows = connection.execute(
                "select table_name from information_schema.tables where table_schema = ? order by 1", [schema]
            ).fetchall()
        return [name for (name,) in rows]

    def arrow(self, sql: str) -> pa.Table:
        with self.connect(read_only=True) as connection:
            return connection.sql(sql).to_arrow_table()

    def query(self, sql: str) -> pd.DataFrame:
        with self.connect(read_only=True) as connection:
            return connection.execute(sql).df()

    def row_counts(self, tables: Sequence[str]) -> dict[str, int]:
        with self.connect(read_only=True) as connection:
            return {table: count_rows(connection, self.quoted(table)) for table in tables}

    def previews(self, tables: Sequence[str], rows: int = 5) -> dict[str, str]:
        with self.connect(read_only=True) as connection:
            return {
                table: _markdown(
                    connection.sql(f"select * from {self.quoted(table)} limit {int(rows)}").to_arrow_table()
                )
                for table in tables
            }

    def write(self, table: str, content: pd.DataFrame | pa.Table, types: Mapping[str, str]) -> int:
        schema = table.split(".", 1)[0]
        with self.connect() as connection:
            connection.execute("begin")
            connection.execute(f"create schema if not exists {self.quoted(schema)}")
            self._replace(connection, table, Content(content, types))
            connection.execute("commit")
            return count_rows(connection, self.quoted(table))

    def _replace(self, connection: duckdb.DuckDBPyConnection, table: str, content: Content) -> None:
        connection.register("content_to_write", content.rows)
        connection.execute(
            f"create or replace table {self.quoted(table)} as select {typed_columns(content)} from content_to_write"
        )
        connection.unregister("content_to_write")

    def to_publish(self, descriptions: Mapping[str, Mapping[str, str]]) -> Path:
        """The file itself. The descriptions are written here at once: by dbt, mart after mart, they took a tenth of a build's time."""
        with self.connect() as connection:
            describe_marts(connection, descriptions)
        return self.place


@contextmanager
def in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection in UTC without a file."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def describe_marts(connection: duckdb.DuckDBPyConnection, descriptions: Mapping[str, Mapping[str, str]]) -> None:
    """Comments on the tables and views of schema `marts`: mart → column (or `""` for the mart itself) → text.

    A mart that does not stand there gets none.
    """
    kinds = dict(
        connection.execute(
            "select table_name, table_type from information_schema.tables"
            " where table_catalog = current_database() and table_schema = 'marts'"
        ).fetchall()
    )
    statements = ["begin"]
    for name, texts in descriptions.items():
        for column, text in texts.items() if name in kinds else ():
            kind = "column" if column else "view" if kinds[name] == "VIEW" else "table"
            target = ".".join(quoted_identifier(part) for part in ("marts", name, column) if part)
            statements.append(f"comment on {kind} {target} is {sql_text(text)}")
    connection.execute("; ".join([*statements, "commit"]))


def schemas_of(tables: Sequence[str]) -> list[str]:
    """The schemas of `schema.table` names, each once, in their order."""
    return list(dict.fromkeys(table.split(".", 1)[0] for table in tables))


def typed_columns(content: Content) -> str:
    """Every column cast to its type by DuckDB, which does it for both engines.

    A double becomes a decimal by its shortest text: cast as a number, 14205085362.0 is 14205085361.999998976.
    """
    shape = content.rows.iloc[:0] if isinstance(content.rows, pd.DataFrame) else content.rows.slice(0, 0).to_pandas()
    casts = []
    for name, kind in content.types.items():
        is_double = kind.startswith("decimal") and pd.api.types.is_float_dtype(shape[name].dtype)
        value = f'cast("{name}" as varchar)' if is_double else f'"{name}"'
        casts.append(f'cast({value} as {kind}) as "{name}"')
    return ", ".join(casts)


def count_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Rows of a table, a view or a `read_parquet(…)`."""
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    assert row is not None
    return int(row[0])


def quoted_identifier(name: str) -> str:
    """A name as DuckDB's identifier."""
    return '"' + name.replace('"', '""') + '"'


def sql_text(value: object) -> str:
    """A text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def _markdown(rows: pa.Table) -> str:
    names = rows.column_names
    values = [[_cell(value) for value in row.values()] for row in rows.to_pylist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in [names, ["---"] * len(names), *values])


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("|", "\\|").replace("\n", " ")[:80]
