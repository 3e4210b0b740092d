"""Reading a table for `score compare`: every format, and one clear message for everything that cannot be used."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from ml.scoring.features import MISSING
from ml.scoring.table import TableError
from orchestration.cli import main
from orchestration.score_compare import parse_capacity, read_table, rules_in_force
from orchestration.score_output import proposed_rows
from orchestration.score_table import TableQuestion

ROWS = 1800


def frame(rows: int = ROWS) -> pd.DataFrame:
    """Leads whose outcome follows `visits`; texts in two scripts, an amount with a decimal comma, an e-mail as id."""
    generator = np.random.default_rng(1)
    visits = generator.integers(0, 10, rows)
    won = generator.random(rows) < visits / 12
    return pd.DataFrame(
        {
            "mail": [f"lead{n}@example.org" for n in range(rows)],
            "created": [f"{1 + n % 28:02d}.{1 + n // 28 % 12:02d}.{2024 + n // 336}" for n in range(rows)],
            "number": np.arange(rows),
            "visits": visits,
            "город": np.where(generator.random(rows) < 0.5, "Москва", "Казань"),
            "Channel": np.where(generator.random(rows) < 0.5, "Select", "web"),
            "hand": generator.integers(0, 12, rows) * 10,
            "amount": [f"{n % 50},50" for n in range(rows)],
            "won": np.where(won, "да", "нет"),
            "stage": np.where(won, "Won", np.where(generator.random(rows) < 0.8, "Lost", "Open")),
        }
    )


def write(folder: Path, text: str, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    frame().to_csv(path, index=False, sep=";")
    return path


def run(table: Path, out: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["score", "compare", "--table", str(table), "--out", str(out), *more])


@pytest.mark.parametrize("kind", ["csv", "cp1251", "tsv", "parquet", "xlsx"])
def test_every_format_gives_the_same_leads(tmp_path: Path, kind: str) -> None:
    data = frame(60)
    path = tmp_path / f"leads.{'csv' if kind == 'cp1251' else kind}"
    if kind == "parquet":
        data.to_parquet(path)
    elif kind == "xlsx":
        data.to_excel(path, index=False)
    else:
        encoding = "cp1251" if kind == "cp1251" else "utf-8"
        data.to_csv(path, index=False, sep="\t" if kind == "tsv" else ";", encoding=encoding)
    encoding = "cp1251" if kind == "cp1251" else None
    read = read_table(TableQuestion(path, "won", order="number", score="s = hand", encoding=encoding))
    assert len(read.leads.won) == 60
    assert read.leads.won.sum() == (data["won"] == "да").sum()
    assert read.leads.hand.tolist() == data["hand"].tolist()
    assert read.leads.columns["visits"].tolist() == data["visits"].tolist()
    assert read.leads.columns["город"].tolist() == data["город"].tolist()
    assert list(read.leads.times) == ["created"]


def test_a_time_in_the_companys_zone_becomes_utc(table: Path) -> None:
    read = read_table(TableQuestion(table, "won", time="created", score="s = hand", time_zone="Europe/Moscow"))
    assert read.leads.order[0] == np.datetime64("2023-12-31T21:00:00")


def test_open_leads_are_left_out_and_counted_when_the_loss_is_named(table: Path) -> None:
    stages = frame()["stage"].value_counts()
    read = read_table(TableQuestion(table, "stage=Won/Lost", order="number", score="s = hand"))
    assert len(read.leads.won) == stages["Won"] + stages["Lost"]
    assert f"{stages['Open']} rows have no outcome in 'stage' (still open or empty) and are left out" in read.notes


def test_a_win_alone_counts_all_else_as_lost_and_says_so(table: Path) -> None:
    read = read_table(TableQuestion(table, "stage=Won", order="number", score="s = hand"))
    assert len(read.leads.won) == ROWS
    assert any("name the lost ones: --target 'stage=Won/Lost'" in note for note in read.notes)


def test_placeholders_are_proposed_by_name_and_read_as_empty_when_said(table: Path) -> None:
    count = int((frame()["Channel"] == "Select").sum())
    asked = TableQuestion(table, "won", order="number", score="s = hand")
    assert f"'Select' looks like an empty answer ('Channel' {count} rows); if it is, say --empty 'Select'" in (
        read_table(asked).notes
    )
    read = read_table(TableQuestion(table, "won", order="number", score="s = hand", empty=("Select",)))
    assert (read.leads.columns["Channel"] == MISSING).sum() == count


def test_money_is_whole_minor_units(table: Path) -> None:
    read = read_table(TableQuestion(table, "won", order="number", score="s = hand", money="amount", currency="EUR"))
    assert read.leads.money is not None
    assert read.leads.money[:3].tolist() == [50, 150, 250]


def test_a_matrix_gives_points_and_0_where_there_is_no_answer(tmp_path: Path) -> None:
    rows = "".join(
        f"{n},{level},{size},{n % 2}\n"
        for n, (level, size) in enumerate([("yes", "L"), ("no", ""), ("", ""), ("", "S")])
    )
    path = write(tmp_path, "n,need,size,won\n" + rows)
    matrix = write(tmp_path, "criterion,level,points\nneed,yes,30\nneed,no,0\nsize,L,20\nsize,S,5\n", "m.csv")
    read = read_table(TableQuestion(path, "won", order="n", matrix=matrix))
    assert read.leads.hand[:2].tolist() == [50, 0]
    assert np.isnan(read.leads.hand[2]), "no answer at all is no score"
    assert read.leads.hand[3] == 5


MATRIX = "criterion,level,points\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "wonn", "--order", "number"], "has no column 'wonn'; did you mean won?"),
        (["--target", "won", "--order", "numbr"], "--order: "),
        (["--target", "stage", "--order", "number"], "say which value is a win and which a loss: --target 'stage=WON/LOST'"),
        (["--target", "stage=Wonn", "--order", "number"], "column 'stage' never holds 'Wonn'; did you mean Won?"),
        (["--target", "won", "--time", "hand"], "line 2, column 'hand': not a timestamp"),
        (["--target", "won", "--order", "город"], "line 2, column 'город': not a number (Aaaaaa; 1800 such values)"),
        (["--target", "won"], "give exactly one of --time COLUMN"),
        (["--target", "won", "--order", "number", "--time", "created"], "give exactly one of --time COLUMN"),
        (["--target", "won", "--order", "number", "--keep", "won"], "this column has its own part already"),
        (["--target", "won", "--order", "number", "--keep", "visits", "--exclude", "visits"], "choose one"),
        (["--target", "won", "--order", "number", "--capacity", "many"], "--capacity 'many': expected a whole number"),
        (["--target", "won", "--order", "number", "--capacity", "5/week"], "a capacity per week needs times"),
        (["--target", "won", "--order", "number", "--money", "visits", "--currency", "XYZ"], "currency 'XYZ' is not in"),
        (["--target", "won", "--order", "number", "--money", "amount"], "expected whole minor units"),
        (["--target", "won", "--order", "number", "--worked", "город"], "expected yes/no, true/false or 1/0"),
        (["--target", "won", "--time", "created", "--time-format", "%Q"], "--time-format: %Q is not supported"),
        (["--target", "won", "--time", "created", "--time-zone", "Mars"], "--time-zone 'Mars' is not known"),
        (["--target", "won", "--order", "number", "--encoding", "klingon"], "--encoding 'klingon' is not known"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_in_one_message(
    table: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = run(table, tmp_path / "out", "--score", "s = hand", *arguments)
    assert done.exit_code == 1
    assert message in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ("s = hannd", "--score: "),
        ("s = hand * visits", "is refused: "),
        ('s = __import__("os")', "is refused: "),
        ("s = город", "not a number"),
    ],
)
def test_a_score_that_is_no_sum_of_columns_is_refused(table: Path, tmp_path: Path, score: str, message: str) -> None:
    done = run(table, tmp_path / "out", "--target", "won", "--order", "number", "--score", score)
    assert (done.exit_code, message in done.output) == (1, True), done.output


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (MATRIX + "town,a,1\n", "has no column 'town'"),
        (MATRIX + "город,Москва,1\n", "has no level 'Казань'"),
        (MATRIX + "город,Москва,1\nгород,Москва,2\n", "line 3: criterion 'город' has level 'Москва' twice"),
        (MATRIX + "город,Москва,many\n", "line 2: expected a criterion, a level and whole points; got 'many'"),
        ("criterion,value,points\n", "no column 'level'"),
        (MATRIX, "no rows after the header"),
    ],
)
def test_a_matrix_that_does_not_fit_the_table_is_refused(
    table: Path, tmp_path: Path, matrix: str, message: str
) -> None:
    path = write(tmp_path, matrix, "matrix.csv")
    done = run(table, tmp_path / "out", "--target", "won", "--order", "number", "--matrix", str(path))
    assert (done.exit_code, message in done.output) == (1, True), done.output


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "leads.csv", "the file is empty"),
        ("n,won,s\n", "leads.csv", "no rows after the header"),
        ("n,won,s\n1,1,2\n2,1,3\n", "leads.csv", "has 1 value ('1' 2); expected two of"),
        ("n,won,s\n1,1,2\n", "leads.doc", "unknown ending '.doc'"),
        ("n,won,s\n1,,2\n", "leads.csv", "has 0 values (all empty)"),
        ("n,won,s\n1,1,\n2,0,\n", "leads.csv", "of the held-out part has a value of 'x'"),
    ],
)
def test_a_file_without_leads_is_refused_in_words(tmp_path: Path, text: str, name: str, message: str) -> None:
    path = write(tmp_path, text, name)
    done = run(path, tmp_path / "out", "--target", "won", "--order", "n", "--score", "x = s")
    assert (done.exit_code, message in done.output) == (1, True), done.output


def test_few_rows_are_a_result_that_says_too_little_data(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    frame(200).to_csv(path, index=False)
    done = run(path, tmp_path / "out", "--target", "won", "--order", "number", "--score", "s = hand")
    assert done.exit_code == 0, done.output
    assert "Verdict: too little data for a verdict (too_little_data)" in done.output
    assert "training sample has 140 leads" in done.output
    assert json.loads((tmp_path / "out" / "score_card.json").read_text())["verdict"] == "too_little_data"


def test_no_contact_and_no_formula_reaches_what_is_written(table: Path, tmp_path: Path) -> None:
    """E-mails are neither ids nor features nor evidence; a level that a spreadsheet would run starts with a quote."""
    data = frame()
    data["Channel"] = np.where(data["visits"] > 8, "=HYPERLINK(1)", "mail me: boss@example.org")
    data.to_csv(table, index=False, sep=";")
    out = tmp_path / "out"
    asked = ["--target", "won", "--order", "number", "--score", "s = hand", "--id", "mail", "--capacity", "25%"]
    done = run(table, out, *asked)
    assert done.exit_code == 0, done.output
    texts = [path.read_bytes() for path in out.iterdir()] + [done.output.encode()]
    assert all(b"@example.org" not in text for text in texts)
    assert b"\n=HYPERLINK" not in (out / "score_weights.csv").read_bytes()
    assert b"[e-mail]" in (out / "score_dependence.csv").read_bytes(), "the level itself is told, scrubbed"


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_the_page_is_drawn_in_every_language(table: Path, tmp_path: Path, language: str) -> None:
    asked = ["--target", "won", "--order", "number", "--score", "s = hand", "--capacity", "25%", "--money", "amount"]
    done = run(table, tmp_path / "out", *asked, "--currency", "RUB", "--language", language)
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "score_comparison.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}"' in page
    assert page.count("<svg") >= 8


@pytest.mark.parametrize(("text", "leads"), [("40/week", 40), ("30%", 300), ("12.5%", 125), ("200", 200)])
def test_a_capacity_is_a_number_a_week_a_share_or_a_total(text: str, leads: int) -> None:
    capacity = parse_capacity(text)
    assert capacity is not None
    assert capacity.leads(1000) == leads


@pytest.mark.parametrize("text", ["0", "-3", "101%", "2.5", "1/0", "30 per cent", ""])
def test_anything_else_is_no_capacity(text: str) -> None:
    with pytest.raises(TableError, match="expected a whole number a week"):
        parse_capacity(text)


def test_a_matrix_is_weighted_anew_and_its_thresholds_are_tried(table: Path, tmp_path: Path) -> None:
    """Points for the city, which means nothing, and for the visits, which decide: 20 + 20 by hand, all to the visits."""
    data = frame()
    data["visits_band"] = np.where(data["visits"] >= 5, "many", "few")
    data.to_csv(table, index=False, sep=";")
    lines = ["visits_band,many,20", "visits_band,few,0", "город,Москва,20", "город,Казань,0"]
    matrix = write(tmp_path, "criterion,level,points\n" + "\n".join(lines) + "\n", "matrix.csv")
    out = tmp_path / "out"
    asked = [
        "--target",
        "won",
        "--order",
        "number",
        "--matrix",
        str(matrix),
        "--segment",
        "Channel",
        "--exclude",
        "hand",
    ]
    done = run(table, out, *asked)
    assert done.exit_code == 0, done.output
    weights = pd.read_csv(out / "score_criteria.csv").set_index("criterion")
    assert weights.loc[["visits_band", "город"], "hand_points"].tolist() == [20, 20]
    assert weights.loc[["visits_band", "город"], "reweighted_points"].tolist() == [40, 0]
    tried = pd.read_csv(out / "score_what_if.csv").set_index("scenario")
    # 540 leads are judged; nobody reaches 70 of 40 points, and without times nothing is told per day
    assert tried["leads"].eq(540).all()
    assert (tried.loc["raw110 >= 70", "hot_leads"], tried["leads_a_day"].notna().sum()) == (0, 0)
    judged = data.iloc[1260:]
    both = (judged["visits_band"] == "many") & (judged["город"] == "Москва")
    assert tried.loc["normalised100 >= 70", "hot_leads"] == both.sum()
    assert set(pd.read_csv(out / "score_comparison.csv")["segment"]) == {"(all)", "Select", "web"}


def test_proposed_points_become_rows_of_the_matrix_with_its_questions_and_owners(tmp_path: Path) -> None:
    header = "criterion,criterion_position,level,points,question,valid_from,recorded_on,marketing_owner,sales_owner"
    matrix = write(tmp_path, f"{header}\nbudget,2,yes,20,Is it set?,2000-01-01,2026-01-01,anna,boris\n", "matrix.csv")
    said = proposed_rows([{"criterion": "budget", "level": "yes", "proposed_points": 30}], matrix, date(2026, 8, 1))
    assert said == f"{header}\nbudget,2,yes,30,Is it set?,2026-08-01,2026-08-01,anna,boris\n"
    with pytest.raises(TableError, match="no row for criterion 'budget', level 'perhaps'"):
        proposed_rows([{"criterion": "budget", "level": "perhaps"}], matrix, date(2026, 8, 1))


def test_thresholds_stand_beside_the_rule_of_the_default_definitions() -> None:
    """D21 and D32: hot from 70 of 110 points, review from 50, and a hand-over starts acceptance, contact and qualification."""
    rules = rules_in_force(date(2026, 6, 1))
    assert (rules.scale, rules.hot, rules.review, rules.clocks) == ("raw110", 70, 50, 3)
    assert (rules.full_minutes, rules.review_minutes, dict(rules.gates)) == (60, 20, {})
