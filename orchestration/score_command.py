"""`onefunnel score …`: the options and their help; the work is in `score_compare` and `ml/scoring`."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from orchestration.clock import SystemClock
from orchestration.command_options import config_option, settings_of
from orchestration.console import say, shown
from orchestration.settings import DEFAULT_DEFINITIONS


def _file(name: str, required: bool, help_text: str) -> Any:
    """An option that names an existing file."""
    kind = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option(name, type=kind, required=required, help=help_text)


def _text(name: str, metavar: str, help_text: str, variable: str | None = None, *, required: bool = False) -> Any:
    """An option that takes a text; `variable` is its name in Python where it differs."""
    names = (name,) if variable is None else (name, variable)
    return click.option(*names, metavar=metavar, required=required, help=help_text)


def _texts(name: str, metavar: str, help_text: str) -> Any:
    """An option that may be given several times."""
    return click.option(name, multiple=True, metavar=metavar, help=f"{help_text} Repeatable.")


@click.group()
def score() -> None:
    """Hand-made and learned scores of leads."""


@score.command("compare")
@_file("--table", True, "Leads, one row each: .csv .tsv .txt .parquet .xlsx, any delimiter.")
@_text(
    "--target",
    "COLUMN[=WON[/LOST]]",
    "The outcome: a column of 0/1, yes/no, true/false; or the value that is a win; or both values where other leads are "
    "still open: 'Stage=Won/Lost'.",
    required=True,
)
@_text("--time", "COLUMN", "When the lead was scored. Earlier leads teach, later ones judge.")
@_text("--order", "COLUMN", "A number that rises with time, where there is no time.")
@_text(
    "--score",
    "NAME=EXPR",
    'The hand-made score: a column, or columns added with whole weights: activity = "Activity score" + 2 * profile.',
    "formula",
)
@_file(
    "--matrix",
    False,
    "The hand-made score as a matrix: CSV with criterion (a column), level (its value), points, as definitions/matrix.csv.",
)
@_text(
    "--capacity",
    "K/week|K|S%",
    "What the team can take: 40/week (needs --time), 200 or 30% of the held-out leads. It decides the verdict; without it "
    "the AUC does.",
)
@_text("--money", "COLUMN", "What a won lead brought: whole minor units, or amounts with --currency.")
@_text("--currency", "CODE", "Currency of --money.")
@click.option(
    "--label",
    type=click.Choice(["win", "expected-revenue"]),
    default="win",
    show_default=True,
    help="What orders the leads of the learned score: the chance of a win, or that times the money that a won lead like it "
    "brings (needs --money).",
)
@_text("--worked", "COLUMN", "yes/no: was the lead worked? Others have no outcome: they neither teach nor judge.")
@_text("--group", "COLUMN", "Account: one account never stands on both sides of the split.")
@_text("--segment", "COLUMN", "Compare both scores within each of its values too.")
@_text("--exploration", "COLUMN", "yes/no: was the lead drawn at random to be worked, whatever its score?")
@_text("--id", "COLUMN", "Names the leads in the swap set [default: row in the file].", "lead_id")
@_texts("--exclude", "COLUMN", "Not known when the lead was scored: leave it out.")
@_texts("--keep", "COLUMN", "Use a column that the leak guard leaves out.")
@_texts("--empty", "TEXT", "A text that means no answer, such as Select.")
@_texts("--time-format", "FORMAT", "strptime format of times [default: ISO 8601 and dd.mm.yyyy].")
@click.option("--time-zone", default="UTC", show_default=True, help="Zone of times without one.")
@_text("--delimiter", "CHARACTER", "Of a text file [default: seen in the header].")
@_text("--encoding", "NAME", "Of a text file [default: its byte order mark, else UTF-8].")
@_text("--sheet", "NAME", "Of a workbook [default: the first].")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("score_comparison"),
    show_default=True,
    help="Folder of the page and the tables.",
)
@click.option(
    "--language",
    type=click.Choice(["en", "ru", "fa"]),
    default="en",
    show_default=True,
    help="Language of the page.",
)
def score_compare(
    table: Path,
    out: Path,
    language: str,
    label: str,
    formula: str | None,
    lead_id: str | None,
    time_format: tuple[str, ...],
    **options: Any,
) -> None:
    """A matrix or any hand-made score against a learned one, on any table of leads; no pipeline needed.

    Columns that tell the outcome are left out by name with the evidence. The earlier leads teach, the later ones judge both
    scores alike. Writes score_comparison.html and score_*.csv/.parquet into --out. See docs/scoring.md.

    \b
    onefunnel score compare --table leads.csv --target Converted --order "Lead Number" \\
      --score 'hand = "Activity Score" + "Profile Score"' --empty Select --capacity 30%
    """
    started = time.monotonic()
    from ml.scoring.compare import compare_table
    from ml.scoring.formula import FormulaError
    from ml.scoring.table import TableError, TablePolicy
    from orchestration.reports.score_page import build_score_page
    from orchestration.score_compare import read_table, rules_in_force
    from orchestration.score_output import summary, write_tables
    from orchestration.score_table import TableQuestion, shown_value

    if label == "expected-revenue" and options["money"] is None:
        raise click.ClickException("--label expected-revenue needs --money COLUMN: what a won lead brought")
    policy = TablePolicy(label="expected_revenue" if label == "expected-revenue" else "win")
    question = TableQuestion(table=table, score=formula, id=lead_id, time_formats=time_format, **options)
    try:
        say(started, f"reading {shown(table)}")
        read = read_table(question)
        say(started, f"{len(read.leads.won):,} leads: guarding, learning, judging")
        rules = rules_in_force(SystemClock().now().date())
        found = compare_table(
            read.leads, capacity=read.capacity, excluded=read.excluded, kept=read.kept, policy=policy, rules=rules
        )
    except (TableError, FormulaError) as error:
        raise click.ClickException(str(error)) from error
    write_tables(found, out)
    page = build_score_page(
        found, out / "score_comparison.html", table=table.name, clean=shown_value, notes=read.notes, language=language
    )
    click.echo("\n" + summary(read, found))
    click.echo(f"\nPage and tables: {shown(page.absolute())}")


_moment_option = click.option(
    "--moment",
    type=click.Choice(["creation", "handover"]),
    default="creation",
    show_default=True,
    help="Whose models: each scoring moment has its own.",
)


def _models_of(config: Path, moment: str) -> Path:
    """Folder of the models of a moment."""
    root = settings_of(config).home / "models"
    return root if moment == "creation" else root / moment


@score.command("models")
@config_option
@_moment_option
def score_models(config: Path, moment: str) -> None:
    """The stored models with their verdicts, and which one scores leads."""
    from ml.scoring.registry import champion, decisions, stored

    root = _models_of(config, moment)
    now = champion(root)
    for card in stored(root):
        mark = "*" if card["model_version"] == now else " "
        click.echo(
            f"{mark} {card['model_version']:34} {card.get('verdict', 'not judged'):16} held out from {card['held_out_from']}"
        )
    for line in decisions(root):
        click.echo(f"  {line['by']:9} {line['model_version']:34} {line['reason']}")
    if now is None:
        click.echo("no champion yet: a build that learns a model promotes it by its verdict")


@score.command("promote")
@config_option
@_moment_option
@click.argument("model_version")
@click.option("--reason", required=True, help="Why, for whoever reads the decision later.")
def score_promote(config: Path, moment: str, model_version: str, reason: str) -> None:
    """Let a stored model score leads from the next build on, whatever the verdicts, until another is promoted."""
    from ml.scoring.registry import promote

    try:
        promote(_models_of(config, moment), model_version, by="hand", reason=reason)
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"champion: {model_version}")


@score.command("rollback")
@config_option
@_moment_option
@click.option("--reason", required=True, help="Why, for whoever reads the decision later.")
def score_rollback(config: Path, moment: str, reason: str) -> None:
    """Let the champion before the present one score leads again, until another is promoted."""
    from ml.scoring.registry import roll_back

    try:
        version = roll_back(_models_of(config, moment), reason)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"champion: {version}")


@score.command("propose")
@config_option
@click.option(
    "--valid-from",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="Local date from which the points would hold.",
)
def score_propose(config: Path, valid_from: datetime) -> None:
    """Print the re-weighted matrix as rows of matrix.csv for both teams to sign; nothing is changed.

    The points are those of the newest published build (`rpt_score_proposed_levels`).
    """
    from orchestration.reports.reader import PublishedMarts
    from orchestration.score_output import proposed_rows

    settings = settings_of(config)
    with PublishedMarts(settings.home / "published" / "current") as marts:
        levels = marts.rows("select * from rpt_score_proposed_levels order by criterion_position, points, level")
    if not levels:
        raise click.ClickException(
            "the published build proposes no points: see the fact `refusal` of rpt_score_model_card"
        )
    files = [folder / "matrix.csv" for folder in (settings.definitions, DEFAULT_DEFINITIONS) if folder is not None]
    current = next(path for path in files if path.exists())
    click.echo(proposed_rows(levels, current, valid_from.date()), nl=False)
