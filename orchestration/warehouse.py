"""The one table interface of Python steps (DESIGN §4): read a table as a frame, write a frame as a table.

Connections are short, so that the single writer's lock is held only while a statement runs.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa


class WarehouseError(Exception):
    """The warehouse file is missing, held by another process, or not a DuckDB file."""


class Warehouse:
    """Tables of one DuckDB file, named `schema.table`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection in UTC, closed at the end.

        Raises
        ------
        WarehouseError
            when the file cannot be opened; says which process holds it where DuckDB tells.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = duckdb.connect(str(self.path), read_only=read_only)
        except duckdb.Error as error:
            raise WarehouseError(f"{self.path}: cannot be opened: {error}") from error
        try:
            connection.execute("set TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()

    def start_empty(self) -> None:
        """Remove the file with its write-ahead log and spill; who has it open goes on reading what was there."""
        for leftover in (self.path, self.path.with_name(f"{self.path.name}.wal")):
            leftover.unlink(missing_ok=True)
        spill = self.path.with_name(f"{self.path.name}.tmp")
        if spill.exists():
            shutil.rmtree(spill)

    def tables(self, schema: str) -> list[str]:
        """Names of the tables and views of a schema, sorted."""
        with self.connect(read_only=True) as connection:
            rows = connection.execute(
                "select table_name from information_schema.tables where table_schema = ? order by 1", [schema]
            ).fetchall()
        return [name for (name,) in rows]

    def read(self, table: str) -> pd.DataFrame:
        """The whole table as a frame."""
        with self.connect(read_only=True) as connection:
            return connection.execute(f"select * from {quoted(table)}").df()

    def query(self, sql: str) -> pd.DataFrame:
        """The rows of a query as a frame."""
        with self.connect(read_only=True) as connection:
            return connection.execute(sql).df()

    def row_counts(self, tables: list[str]) -> dict[str, int]:
        """Rows of each table."""
        with self.connect(read_only=True) as connection:
            return {table: _count(connection, table) for table in tables}

    def previews(self, tables: list[str], rows: int = 5) -> dict[str, str]:
        """The first rows of each table as a Markdown table."""
        with self.connect(read_only=True) as connection:
            return {table: _preview(connection, table, rows) for table in tables}

    def write(self, table: str, content: pd.DataFrame | pa.Table, types: Mapping[str, str]) -> int:
        """Replace a table by a frame in one transaction.

        Parameters
        ----------
        table : `schema.table`; the schema is made when missing.
        content : the rows; needs every column of `types`.
        types : column name → DuckDB type, in the order of the table.

        Returns the number of rows written.
        """
        schema = table.split(".", 1)[0]
        columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in types.items())
        with self.connect() as connection:
            connection.register("content_to_write", content)
            connection.execute("begin")
            connection.execute(f'create schema if not exists "{schema}"')
            connection.execute(f"create or replace table {quoted(table)} as select {columns} from content_to_write")
            connection.execute("commit")
            return _count(connection, table)


def quoted(table: str) -> str:
    """`schema.table` as quoted identifiers."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split(".", 1))


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {quoted(table)}").fetchone()
    assert row is not None
    return int(row[0])


def _preview(connection: duckdb.DuckDBPyConnection, table: str, rows: int) -> str:
    result = connection.execute(f"select * from {quoted(table)} limit {int(rows)}")
    names = [column[0] for column in result.description]
    lines = [names, ["---"] * len(names)] + [[_cell(value) for value in row] for row in result.fetchall()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("|", "\\|").replace("\n", " ")[:80]
