"""One set of exports, shared by the tests of the generator."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.exports import ExportSummary, World, build_world, write_exports

Records = list[dict[str, str]]
DELIMITERS = {"crm": ";", "web": "\t", "yandex": "\t"}


@pytest.fixture(scope="session")
def summary(tmp_path_factory: pytest.TempPathFactory) -> ExportSummary:
    """The default company's exports."""
    return write_exports(tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="session")
def world() -> World:
    """The default company itself."""
    return build_world()


@pytest.fixture(scope="session")
def twenty_worlds() -> list[World]:
    """Companies of twenty seeds: what one company shows by chance, twenty show by cause."""
    return [build_world(seed) for seed in range(101, 121)]


@pytest.fixture(scope="session")
def read(summary: ExportSummary) -> Callable[[str], Records]:
    """Reader of a delimited export: its whole records (ragged ones left out) by header."""

    def read_export(name: str) -> Records:
        path: Path = summary.folder / name
        encoding = "cp1251" if name == "crm_calls.csv" else "utf-8-sig"
        rows = list(
            csv.reader(path.open(encoding=encoding, newline=""), delimiter=DELIMITERS.get(name.split("_")[0], ","))
        )
        header = rows[0]
        return [dict(zip(header, row, strict=True)) for row in rows[1:] if len(row) == len(header)]

    return read_export
