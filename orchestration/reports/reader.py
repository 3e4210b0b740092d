"""The published marts as tables to query; nothing else of the company's data is open to a report."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from orchestration.publication import PublishedBuild, read_build


class ReportError(Exception):
    """A report that cannot be made from what is published; the message names the table."""


class PublishedMarts:
    """One published build: its Parquet files as views of a connection of its own.

    The link `current` is resolved once, so one report never mixes two builds. Use as a context manager.
    """

    def __init__(self, published: Path) -> None:
        """`published` is a build's directory or the link `published/current`."""
        self.build: PublishedBuild = read_build(published)
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("set TimeZone = 'UTC'")
        for name, table in self.build.tables.items():
            path = str(table.path).replace("'", "''")
            self._connection.execute(f"create view \"{name}\" as select * from read_parquet('{path}')")

    def __enter__(self) -> PublishedMarts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def has(self, *tables: str) -> bool:
        """Whether the build holds all these tables (with or without rows)."""
        return all(table in self.build.tables for table in tables)

    def count(self, table: str) -> int:
        """Rows of a table, 0 when it is not published."""
        return self.build.tables[table].rows if table in self.build.tables else 0

    def rows(self, query: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query as mappings. ReportError when the published columns are not those the report reads."""
        try:
            result = self._connection.execute(query, parameters or [])
        except duckdb.Error as error:
            raise ReportError(
                f"{self.build.path}: {error}; the published tables are not those of this version"
            ) from error
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def stream(self, query: str) -> duckdb.DuckDBPyConnection:
        """The result of a query, to be fetched in pieces before the next query."""
        return self._connection.execute(query)
