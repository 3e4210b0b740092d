"""Two sets of definitions and two builds side by side: what differs, sorted by size, in words and as JSON."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.definition_diff.figures import CountMove, count_moves, headlines, kpi_moves
from orchestration.definition_diff.report import Comparison, Report, document, write_report
from orchestration.definition_diff.rows import RowChange, changed_rows
from orchestration.definitions_command import words_of
from orchestration.reports.language import Language, read_labels
from orchestration.settings import DEFAULT_DEFINITIONS, load_settings
from orchestration.sources.definitions import DefinitionFile, read_definitions
from orchestration.warehouse import DuckDbWarehouse

OWNERS = "anna,boris"

BEFORE = """
    ('lead_to_mql', 'default', '2026-05', '(all)', 'ratio', null, 0.250000000, 200, 0.250000000, null, true),
    ('lead_to_mql', 'default', '2026-06', '(all)', 'ratio', null, 0.200000000, 100, 0.250000000, null, false),
    ('lead_to_mql', 'default', '2026-05', 'direct', 'ratio', null, 0.100000000, 10, null, null, true),
    ('cac_blended', 'default', '2026-05', '(all)', 'money', 'RUB', 54000000, 30, null, null, true),
    ('cycle', 'default', '2026-05', '(all)', 'days', null, 77, 5, 90, null, true),
    ('revenue', 'default', '2026-05', '(all)', 'money', 'RUB', 100, 1, null, null, true),
    ('recycling_rate', 'default', '2026-05', '(all)', 'ratio', null, null, null, 0.150000000, 'no_handovers', true)
"""
AFTER = """
    ('lead_to_mql', 'default', '2026-05', '(all)', 'ratio', null, 0.300000000, 200, 0.250000000, null, true),
    ('lead_to_mql', 'default', '2026-06', '(all)', 'ratio', null, 0.300000000, 100, 0.250000000, null, false),
    ('lead_to_mql', 'default', '2026-05', 'direct', 'ratio', null, 0.050000000, 10, null, null, true),
    ('cac_blended', 'default', '2026-05', '(all)', 'money', 'RUB', 50000000, 30, null, null, true),
    ('cycle', 'default', '2026-05', '(all)', 'days', null, 77, 5, 80, null, true),
    ('revenue', 'default', '2026-05', '(all)', 'money', 'RUB', 100, 1, null, null, true),
    ('recycling_rate', 'default', '2026-05', '(all)', 'ratio', null, 0.140000000, 200, 0.150000000, null, true)
"""


def warehouse(folder: Path, rows: str, hot: int) -> DuckDbWarehouse:
    folder.mkdir()
    path = folder / "onefunnel.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.rpt_kpi_values as select kpi, variant, period, cast(period || '-01' as date) as period_start_on,"
            " segment, unit, currency, cast(value as decimal(38, 9)) as value, cast(n as bigint) as n,"
            f" cast(target as decimal(38, 9)) as target, missing_reason, is_mature from (values {rows})"
            " as rows(kpi, variant, period, segment, unit, currency, value, n, target, missing_reason, is_mature)"
        )
        connection.execute("create table marts.fct_leads as select range as lead_id from range(10)")
        connection.execute(
            "create table marts.fct_lead_scores as select 'matrix' as scorer, 'creation' as moment,"
            f" case when range < {hot} then 'hot' else 'review' end as band from range(10)"
        )
    return DuckDbWarehouse(path)


@pytest.fixture
def built(tmp_path: Path) -> tuple[DuckDbWarehouse, DuckDbWarehouse]:
    return warehouse(tmp_path / "1", BEFORE, 4), warehouse(tmp_path / "2", AFTER, 3)


def test_a_value_a_target_and_a_reason_that_differ_are_moves_the_largest_first(built) -> None:
    moves = kpi_moves(*built)
    assert [(move.kpi, move.period, move.segment, move.difference, move.relative) for move in moves] == [
        # from no value to one is larger than any
        ("recycling_rate", "2026-05", "(all)", None, None),
        ("lead_to_mql", "2026-06", "(all)", Decimal("0.1"), Decimal("0.5")),
        ("lead_to_mql", "2026-05", "direct", Decimal("-0.05"), Decimal("-0.5")),
        ("lead_to_mql", "2026-05", "(all)", Decimal("0.05"), Decimal("0.2")),
        # 540 000.00 to 500 000.00 RUB is one part in 13.5 less
        ("cac_blended", "2026-05", "(all)", Decimal("-4000000"), Decimal("-0.074074074")),
        ("cycle", "2026-05", "(all)", Decimal("0"), Decimal("0")),
    ]


def test_a_headline_is_of_the_newest_mature_period_of_the_whole_company(built) -> None:
    assert [(move.kpi, move.period) for move in headlines(kpi_moves(*built))] == [
        ("recycling_rate", "2026-05"),
        ("lead_to_mql", "2026-05"),
        ("cac_blended", "2026-05"),
        ("cycle", "2026-05"),
    ]


def test_counts_are_those_of_the_tables_that_are_there(built) -> None:
    assert count_moves(*built, ["fct_leads", "fct_lead_scores"]) == [
        CountMove("leads", "leads", 10, 10),
        CountMove("band", "review", 6, 7),
        CountMove("band", "hot", 4, 3),
    ]


def files(**texts: str) -> list[DefinitionFile]:
    """The defaults, with the rows of some files replaced."""
    found = read_definitions(DEFAULT_DEFINITIONS)
    return [
        file
        if file.name not in texts
        else replace(file, rows=tuple(_row(file, line) for line in texts[file.name].split("\n")))
        for file in found
    ]


def _row(file: DefinitionFile, line: str) -> dict[str, str | None]:
    return {name: value or None for name, value in zip(file.columns, line.split(","), strict=True)}


GATES = f"budget,10,2026-01-01,2026-01-01,{OWNERS}\nauthority,10,2026-01-01,2026-01-01,{OWNERS}"


def test_rows_are_told_apart_by_key_and_day_whatever_their_order() -> None:
    turned = "\n".join(reversed(GATES.split("\n")))
    assert changed_rows(files(matrix_gates=GATES), files(matrix_gates=turned)) == []
    later = f"budget,20,2026-01-01,2026-01-01,{OWNERS}\nbudget,20,2026-07-01,2026-06-01,{OWNERS}"
    assert changed_rows(files(matrix_gates=GATES), files(matrix_gates=later)) == [
        RowChange("matrix_gates", "changed", "budget / 2026-01-01", {"min_points": "10"}, {"min_points": "20"}),
        RowChange(
            "matrix_gates", "removed", "authority / 2026-01-01", {"min_points": "10", "recorded_on": "2026-01-01"}, {}
        ),
        RowChange(
            "matrix_gates", "added", "budget / 2026-07-01", {}, {"min_points": "20", "recorded_on": "2026-06-01"}
        ),
    ]


def comparison(built) -> Comparison:
    labels = RowChange("labels", "added", "a", {}, {"en": "x"})
    gate = RowChange("matrix_gates", "changed", "budget / 2026-01-01", {"min_points": None}, {"min_points": "20"})
    return Comparison(
        "Acme", "current", "next", datetime(2026, 6, 30, 9, tzinfo=UTC), [gate, labels], kpi_moves(*built),
        count_moves(*built, ["fct_leads", "fct_lead_scores"]), ["currencies"],
    )  # fmt: skip


def report(built, code: str) -> Report:
    words = Language(code, read_labels(), time_zone="Europe/Moscow", exponents={"RUB": 2})
    return Report(comparison(built), words)


def test_the_text_says_how_much_each_figure_moves(built) -> None:
    text = report(built, "en").markdown()
    assert (
        "| Customer acquisition cost (CAC) | 2026-05 | 540,000\u00a0RUB | 500,000\u00a0RUB | −40,000\u00a0RUB | −7.4% | 30 → 30 |"
        in text
    )
    assert "| Lead → MQL | 2026-05 | 25.0% | 30.0% | +5.0 p.p. | +20.0% | 200 → 200 |" in text
    assert "| Deal cycle · target 90.0 days → 80.0 days | 2026-05 | 77.0 days | 77.0 days |" in text
    assert "| 14.0% | – | – | – → 200 |" in text
    assert "| Matrix: Hot lead | 4 | 3 | −1 |" in text
    assert "| matrix_gates.csv | changed | budget / 2026-01-01 | min_points= | min_points=20 |" in text
    assert "1 rows of labels.csv differ: wording only." in text
    assert "currencies.csv act when exports are read next" in text


@pytest.mark.parametrize("code", ["en", "ru", "fa"])
def test_every_language_has_all_words_and_files_are_written_whole(built, code: str, tmp_path: Path) -> None:
    words = Language(code, read_labels(), time_zone="Europe/Moscow", exponents={"RUB": 2})
    written = write_report(comparison(built), words, tmp_path / "reports")
    assert sorted(path.name for path in written) == [
        "definitions_diff.html",
        "definitions_diff.json",
        "definitions_diff.md",
    ]
    assert "<script" not in written[0].read_text(encoding="utf-8")
    assert written[1].read_text(encoding="utf-8").count("\n## ") == 4


def test_json_has_every_value_with_all_its_places(built) -> None:
    found = json.loads(document(comparison(built)))
    assert found["evaluated_at"] == "2026-06-30T09:00:00Z"
    cac = next(kpi for kpi in found["kpis"] if kpi["kpi"] == "cac_blended")
    assert (cac["before"], cac["after"], cac["difference"], cac["relative"]) == (
        "54000000",
        "50000000",
        "-4000000",
        "-0.074074074",
    )
    recycling = found["kpis"][0]
    assert (recycling["before"], recycling["missing_before"], recycling["after"]) == (None, "no_handovers", "0.14")
    assert [change["definition"] for change in found["definitions"]] == ["matrix_gates", "labels"]


def test_amounts_and_words_are_those_of_the_definitions_that_are_compared(tmp_path: Path) -> None:
    (tmp_path / "mapping.yml").write_text("source: crm\n")
    (tmp_path / "onefunnel.yml").write_text(
        "company: Acme\nreporting_currency: RUB\nsources:\n  - {type: files, mapping: mapping.yml}\n"
    )
    own = {
        "currencies": [{"currency": "RUB", "exponent": "1"}, {"currency": "rur", "exponent": None}],
        "labels": [{"key": "diff.title", "en": "Ours", "ru": "Наше", "fa": "ما"}],
    }
    words = words_of(load_settings(tmp_path / "onefunnel.yml"), "en", own)
    assert words.money(70, "RUB") == "7\u00a0RUB"
    assert (words.text("diff.title"), words.text("diff.before")) == ("Ours", "Before (A)")
