"""`onefunnel definitions`: check what both teams edit, see what a change moves before it holds, print the agreement to sign."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from orchestration.command_options import config_option, settings_of
from orchestration.console import say, shown
from orchestration.settings import DEFAULT_DEFINITIONS, Settings

if TYPE_CHECKING:
    from orchestration.reports.agreement import AgreementFacts
    from orchestration.reports.language import Language
    from orchestration.sources.definitions import DefinitionFile, Problem


@click.group()
def definitions() -> None:
    """What both teams edit and sign."""


@definitions.command("check")
@config_option
def check(config: Path) -> None:
    """Validate every definitions file: types, ranges, overlaps, gaps, unknown names, examples of channel rules, and who has signed.

    All errors are told at once, each with file, line, column, value and what to do. Remarks (unsigned changes, versions that reach
    back or wait, days without a rate, channel rules without an example) stop nothing.
    """
    from orchestration.sources.definitions import (
        DefinitionsError,
        broken_examples,
        read_definitions,
        recorded_in_the_future,
        remarks,
        signed_files,
    )

    settings = settings_of(config)
    today = _today(settings)
    try:
        files = read_definitions(DEFAULT_DEFINITIONS, settings.definitions)
        errors: list[Problem] = [*recorded_in_the_future(files, today), *broken_examples(files)]
    except DefinitionsError as error:
        files, errors = [], error.problems
    for problem in errors:
        _tell(problem)
    if errors:
        raise click.ClickException(f"{len(errors)} error{'' if len(errors) == 1 else 's'} in the definitions")
    for file in files:
        click.echo(f"{file.name:24} {len(file.rows):5} rows  {shown(file.path)}")
    found = remarks(files, today, _source_systems(settings))
    if found:
        click.echo(f"\n{len(found)} remark{'' if len(found) == 1 else 's'}")
    for problem in found:
        _tell(problem)
    signed, needed = signed_files(files)
    click.echo(f"\n{len(files)} definitions are valid; both teams have signed {signed} of {needed} as they are")


def _tell(problem: Problem) -> None:
    """A problem on its line, what to do below it."""
    click.echo(str(problem))
    if problem.fix:
        click.echo(f"    → {problem.fix}")


def _today(settings: Settings) -> date:
    """The company's day."""
    return datetime.now(ZoneInfo(settings.configuration.time_zone)).date()


def _source_systems(settings: Settings) -> set[str]:
    """Names that a definition may call a source by: those of the mappings, and every vendor that is known."""
    from orchestration.connectors import STREAMS
    from orchestration.sources.files import MappingError, source_name

    try:
        return {source_name(path) for path in settings.mappings} | set(STREAMS)
    except MappingError as error:
        raise click.ClickException(str(error)) from error


@definitions.command("print")
@config_option
@click.option(
    "--lang", "language", type=click.Choice(["en", "ru", "fa"]), help="Language [default: the configuration's]."
)
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Definitions in force on this day [default: today]."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder [default: reports/agreement of the home]."
)
def print_agreement(config: Path, language: str | None, day: datetime | None, out: Path | None) -> None:
    """Print the agreement of both teams from the definitions, ready to sign: a page for A4 and Markdown."""
    from orchestration.reports.agreement import write_agreement
    from orchestration.reports.language import LabelError

    settings = settings_of(config)
    facts = agreement_facts(settings, day.date() if day else _today(settings))
    words = words_of(settings, language or settings.configuration.language, facts.definitions)
    try:
        written = write_agreement(facts, words, out or settings.home / "reports" / "agreement")
    except LabelError as error:
        raise click.ClickException(str(error)) from error
    for path in written:
        click.echo(shown(path))


def agreement_facts(settings: Settings, day: date) -> AgreementFacts:
    """The definitions of a configuration that hold on a day. Raises click.ClickException with every error in them."""
    from orchestration.reports.agreement import AgreementFacts, FileVersion
    from orchestration.sources.definitions import SCHEMAS, rows_in_force, sign_offs

    files = _read(settings)
    states = {(found.definition, found.team): found for found in sign_offs({file.name: file.rows for file in files})}
    in_force = {file.name: rows_in_force(file.name, file.rows, day.isoformat()) for file in files}
    versions = []
    for file in files:
        if not SCHEMAS[file.name].is_versioned or not file.rows:
            continue
        marketing, sales = (states.get((file.name, team)) for team in ("marketing", "sales"))
        newest_on = max(str(row["recorded_on"]) for row in file.rows)
        versions.append(
            FileVersion(
                file.name,
                len(in_force[file.name]),
                date.fromisoformat(newest_on),
                marketing.fingerprint if marketing else None,
                marketing.state if marketing else None,
                sales.state if sales else None,
            )
        )
    return AgreementFacts(settings.configuration.company, day, in_force, versions)


def _read(settings: Settings) -> list[DefinitionFile]:
    from orchestration.sources.definitions import DefinitionsError, read_definitions

    try:
        return read_definitions(DEFAULT_DEFINITIONS, settings.definitions)
    except DefinitionsError as error:
        raise click.ClickException(str(error)) from error


def words_of(settings: Settings, code: str, definitions: Mapping[str, Sequence[Mapping[str, str | None]]]) -> Language:
    """The language of a paper about definitions that need not be published: their labels over the defaults, their currencies."""
    from orchestration.reports.language import Language, read_labels

    configuration = settings.configuration
    words = Language(
        code,
        read_labels(),
        period_calendar=configuration.period_calendar,
        time_zone=configuration.time_zone,
        exponents={
            str(row["currency"]): int(row["exponent"])
            for row in definitions["currencies"]
            if row["exponent"] is not None
        },
    )
    return words.overruled(
        {str(row["key"]): {name: str(row[name]) for name in ("en", "ru", "fa")} for row in definitions["labels"]}
    )


@definitions.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@config_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def diff(before: str, after: str, config: Path, form: str) -> None:
    """Show which figures move, and by how much, from definitions A to definitions B, before B holds.

    A and B are folders with definitions files (a file that is not there is the default), or `current` for the definitions of the
    published build. Both are built over the same pulls at the same instant, beside everything else: nothing is published.
    """
    from orchestration.running import quieten_packages

    quieten_packages()
    from orchestration.binding import BindingError
    from orchestration.clock import SystemClock
    from orchestration.definition_diff.builds import DiffError
    from orchestration.definition_diff.report import Report, document, write_report
    from orchestration.definition_diff.run import compare_definitions, read_side
    from orchestration.locks import HomeBusyError
    from orchestration.sources.definitions import DefinitionsError
    from orchestration.sources.files import MappingError

    settings, clock, started = settings_of(config), SystemClock(), time.monotonic()
    try:
        sides = [read_side(name, settings, clock) for name in (before, after)]
        found = compare_definitions(settings, *sides, clock, lambda message: say(started, message, err=True))
    except (BindingError, DefinitionsError, DiffError, HomeBusyError, MappingError) as error:
        raise click.ClickException(str(error)) from error
    words = words_of(settings, settings.configuration.language, {file.name: file.rows for file in sides[1].files})
    written = write_report(found, words, settings.home / "reports")
    click.echo(document(found) if form == "json" else Report(found, words).markdown())
    say(started, f"written: {', '.join(shown(path) for path in written)}", err=True)
