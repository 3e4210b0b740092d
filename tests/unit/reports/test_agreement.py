"""D77: the agreement says what the definitions say, in each language, and nothing else."""

import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.reports.agreement import Agreement, AgreementFacts, FileVersion
from orchestration.reports.language import Language, read_labels
from orchestration.settings import DEFAULT_DEFINITIONS
from orchestration.sources.definitions import read_definitions, rows_in_force

DAY = date(2026, 6, 30)


def definitions(**changes: list[dict[str, str | None]]) -> dict[str, list]:
    """The default definitions in force on the day, some of them replaced."""
    files = read_definitions(DEFAULT_DEFINITIONS)
    return {file.name: rows_in_force(file.name, file.rows, DAY.isoformat()) for file in files} | changes


def agreement(
    code: str = "en", versions: tuple[FileVersion, ...] = (), **changes: list[dict[str, str | None]]
) -> Agreement:
    facts = AgreementFacts("Ромашка & <Co>", DAY, definitions(**changes), versions)
    return Agreement(facts, Language(code, read_labels(), time_zone="Europe/Moscow"))


def section(text: str, title: str) -> str:
    """One section of the Markdown."""
    return next(part for part in text.split("\n## ") if part.split("\n")[0].endswith(title))


def test_the_mql_rule_the_bands_and_the_targets_are_those_of_the_files() -> None:
    text = agreement().markdown()
    rule = section(text, "When a lead is an MQL")
    assert "| 1 | the company matches the ICP and it showed interest (download, webinar, demo request) | MQL |" in rule
    assert "| 2 | it asked for a demo | MQL, at once to sales |" in rule
    score = section(text, "When a lead is an SQL")
    assert "the points of the answers, 110 at most" in score
    assert (
        "| Lead to review | from 50 to below 70 | First sales call and re-evaluation | Hand-over for review |" in score
    )
    assert "| Hot lead | from 70 | Immediate sales process | Hand-over (full) |" in score
    targets = section(text, "Targets")
    assert "| SQL → deal | 20% to 30% |  | Sales |" in targets
    assert "| Lead recycling rate | at most 15% |  | Marketing |" in targets
    assert "| LTV to CAC | at least 3 |  | Shared (both teams) |" in targets
    assert "| Average contract value (ACV) |  | 50,000\u00a0USD to 100,000\u00a0USD | Sales |" in targets


def test_attribution_names_the_enabled_models_with_their_shares_and_what_earns_nothing() -> None:
    text = section(agreement().markdown(), "Attribution")
    assert (
        "| U-shaped (40/20/40) | first 40.0%, lead created 0.0%, opportunity created 0.0%, last 40.0%, others 20.0% | 365 days |"
        in text
    )
    assert "| Time decay | half-life 30 days | 365 days |" in text
    assert (
        "| Full path | first 22.5%, lead created 22.5%, opportunity created 22.5%, last 22.5%, others 10.0% | 365 days |"
        in text
    )
    assert "| Markov (within the journey) | chain of order 1 | 365 days |" in text
    assert "earn no credit: ad impression, mail sent, mail opened, contract, invoice, payment" in text


def test_working_hours_join_the_days_that_are_alike_and_past_exceptions_are_left_out() -> None:
    exceptions = [
        {"calendar": "msk", "date_on": "2026-06-29", "state": "closed", "opens": None, "closes": None},
        {"calendar": "msk", "date_on": "2026-12-31", "state": "short", "opens": "09:00", "closes": "17:00"},
    ]
    text = section(agreement(calendar_exceptions=exceptions).markdown(), "Clocks and attempts")
    assert "| teh_a | Business hours | Asia/Tehran | Mon, Tue, Wed, Sat, Sun 08:00–16:00; Thu 08:00–12:00 |" in text
    assert "| msk | 2026-12-31 | short day, 09:00–17:00 |" in text
    assert "2026-06-29" not in text


def test_a_file_that_no_section_knows_is_printed_as_a_table_of_its_own() -> None:
    playbook = [{"play": "first_call", "is_obligatory": "true", "valid_from": "2026-01-01", "note": None}]
    text = section(agreement(playbook=playbook).markdown(), "Further definitions")
    assert "### playbook" in text
    assert "| play | is obligatory |" in text
    assert "| first call | yes |" in text


def test_clocks_are_named_with_their_events_and_whole_hours() -> None:
    clocks = [
        {
            "clock": "qualification", "segment": "*", "start_event": "handed_over", "stop_events": "sql|rejected|returned",
            "target_minutes": "1440", "limit_minutes": "2880", "calendar_kind": "working_days", "is_applicable": "true",
        },
        {
            "clock": "reaction", "segment": "*", "start_event": "lead_created", "stop_events": "attempt", "target_minutes": "5",
            "limit_minutes": "90", "calendar_kind": "24x7", "is_applicable": "true",
        },
    ]  # fmt: skip
    text = section(agreement(sla_clocks=clocks).markdown(), "Clocks and attempts")
    assert "### Clocks\n\n| Clock | Segment | Starts | Stops | Target | Limit | Calendar | Applies |" in text
    assert (
        "| Qualification | any | handed over | reached SQL, rejected, returned | 24 h | 48 h | Working days | yes |"
        in text
    )
    assert (
        "| Reaction time | any | lead created | first human attempt | 5 min | 90 min | Around the clock | yes |" in text
    )
    assert "No clocks are defined." not in text
    assert "needs at least 3 attempts on at least 1 channel" in text


def test_the_rules_of_the_hand_over_name_teams_and_stages_and_leave_a_systems_own_words() -> None:
    rules = [
        {"source_system": "demo_crm", "pipeline": "*", "trigger": trigger, "value": value, "event": "handed_over"}
        for trigger, value in (("first_owner_team", "sales"), ("source_stage", "Передан продажам"))
    ]
    text = section(agreement("ru", handover_rules=rules).markdown(), "Передача в продажи")
    assert "| demo_crm | любой | отдел первого ответственного | Продажи | передан |" in text
    assert "| demo_crm | любой | этап системы | Передан продажам | передан |" in text


def test_a_text_of_the_company_is_printed_as_it_wrote_it_and_a_default_text_in_the_readers_language() -> None:
    rows = [dict(row) for row in definitions()["matrix"]]
    for row in rows:
        if row["criterion"] == "budget":
            row["question"] = "Есть ли бюджет до конца года?"
    text = agreement("fa", matrix=rows).markdown()
    assert "\u2068Есть ли бюджет до конца года?\u2069" in text
    assert "آیا مشتری در بازار هدف ما است؟" in text


@pytest.mark.parametrize("code", ["en", "ru", "fa"])
def test_every_language_has_the_same_sections_and_tables(code: str) -> None:
    def shape(text: str) -> list[str]:
        return [
            re.sub(r"[^|#].*", "", line)[:3] + str(line.count("|")) for line in text.splitlines() if line[:1] in "|#"
        ]

    assert shape(agreement(code).markdown()) == shape(agreement("en").markdown())
    html = agreement(code).html()
    assert f'<html lang="{code}" dir="{"rtl" if code == "fa" else "ltr"}">' in html
    assert "<script" not in html
    assert "Ромашка &amp; &lt;Co&gt;" in html


def test_versions_say_what_was_signed_and_the_paper_ends_with_two_signatures() -> None:
    versions = (
        FileVersion("matrix", 18, date(2026, 1, 1), "5fee7307adf8", "signed", "added_since"),
        FileVersion("costs", 3, date(2026, 2, 1), None, None, None),
    )
    text = agreement(versions=versions).markdown()
    assert "- Signed by both teams: 0 of 1" in text
    assert "| matrix.csv | 18 | 2026-01-01 | 5fee7307adf8 | signed | changed since: new rows |" in text
    assert "| costs.csv | 3 | 2026-02-01 | – | – | – |" in text
    signatures = section(text, "Signatures").splitlines()
    assert signatures[-2:] == ["| Marketing |  |  |  |  |", "| Sales |  |  |  |  |"]


def print_agreement(folder: Path, *options: str) -> Result:
    (folder / "definitions").mkdir(exist_ok=True)
    (folder / "mapping.yml").write_text("source: crm\n")
    configuration = folder / "onefunnel.yml"
    configuration.write_text(
        "company: Acme\nreporting_currency: EUR\nlanguage: ru\ndefinitions: definitions\n"
        "sources:\n  - {type: files, mapping: mapping.yml}\n"
    )
    return CliRunner().invoke(main, ["definitions", "print", "--config", str(configuration), *options])


def test_the_command_writes_both_papers_of_the_definitions_that_hold_on_the_day(tmp_path: Path) -> None:
    out = tmp_path / "paper"
    assert print_agreement(tmp_path, "--out", str(out)).exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == ["agreement-ru.html", "agreement-ru.md"]
    bands = (DEFAULT_DEFINITIONS / "matrix_bands.csv").read_text(encoding="utf-8")
    later = "raw110,hot,80,full,2030-01-01,2026-06-01,anna,boris\n"
    (tmp_path / "definitions" / "matrix_bands.csv").write_text(bands + later, encoding="utf-8")
    for day, low in (("2029-12-31", "from 70"), ("2030-01-01", "from 80")):
        assert print_agreement(tmp_path, "--out", str(out), "--lang", "en", "--on", day).exit_code == 0
        assert f"| Hot lead | {low} |" in (out / "agreement-en.md").read_text(encoding="utf-8")


def test_the_command_tells_errors_of_the_definitions(tmp_path: Path) -> None:
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions" / "matrix.csv").write_text("criterion\n")
    result = print_agreement(tmp_path)
    assert result.exit_code == 1
    assert "matrix.csv:1: column level: is missing" in result.output
