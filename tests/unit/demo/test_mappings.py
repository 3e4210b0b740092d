"""The synthetic company's configuration reads its exports."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from demo.exports import ExportSummary
from orchestration.settings import DEFAULT_DEFINITIONS, load_settings
from orchestration.sources.definitions.reader import read_definitions
from orchestration.sources.files.mapping import load_mapping
from orchestration.sources.files.reading import read_file

COMPANY = Path(__file__).resolve().parents[3] / "demo" / "company"
MAPPINGS = sorted((COMPANY / "mappings").glob("*.yml"))


def test_the_configuration_names_every_mapping() -> None:
    settings = load_settings(COMPANY / "onefunnel.yml")
    assert sorted(settings.mappings) == MAPPINGS


def test_the_company_definitions_are_valid_beside_the_defaults() -> None:
    files = {file.name: file for file in read_definitions(DEFAULT_DEFINITIONS, COMPANY / "definitions")}
    rows_of = Counter(row["source_system"] for row in files["stage_map"].rows)
    assert rows_of == {"demo_crm": 8, "demo_tehran": 8, "amocrm": 10}
    rates_of = Counter(row["currency"] for row in files["fx_rates"].rows)
    assert rates_of == {"IRR": 546, "USD": 546, "KZT": 546}, "one rate a day, 2025-01-01 to 2026-06-30"
    assert len(files["costs"].rows) == 7 * 18


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_a_mapping_names_columns_that_its_files_have(path: Path, summary: ExportSummary) -> None:
    mapping = load_mapping(path, {"ONEFUNNEL_DEMO_EXPORTS": str(summary.folder)})
    for stream in mapping.streams.values():
        content = read_file(mapping.folder / stream.file, stream)
        named = {column for fill in stream.fills for rule in fill.rules for column in rule.columns} | set(stream.key)
        assert named <= set(content.table.column_names)
        assert content.records == summary.files[stream.file]


def test_every_export_is_read_by_one_stream(summary: ExportSummary) -> None:
    environment = {"ONEFUNNEL_DEMO_EXPORTS": str(summary.folder)}
    files = [stream.file for path in MAPPINGS for stream in load_mapping(path, environment).streams.values()]
    assert sorted(files) == sorted(summary.files)
