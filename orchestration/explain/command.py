"""`onefunnel explain …`: which build and subject are meant, and the form they are told in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestration.command_options import config_option, settings_of
from orchestration.console import shown
from orchestration.settings import Settings, SettingsError

if TYPE_CHECKING:
    from orchestration.explain.explanation import Explanation
    from orchestration.landing import Lake
    from orchestration.reports.reader import PublishedMarts


@click.group()
def explain() -> None:
    """Open a figure down to the touch, its credit and the raw record (docs/explain.md).

    Reads what is published and, for raw records, the lake; changes nothing.
    """


def _options(command: Any) -> Any:
    """What every subject takes."""
    for option in (
        click.option("--raw", is_flag=True, help="Also the stored records behind it, contact data as tokens."),
        click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File [default: printed]."),
        click.option(
            "--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True
        ),
        click.option(
            "--lang",
            "language",
            type=click.Choice(["en", "ru", "fa"]),
            help="Language [default: the configuration's].",
        ),
        click.option("--as-of", metavar="DATE|INSTANT", help="The build that `run --as-of` made for that moment."),
        click.option("--build", metavar="ID", help="One of the builds that are kept [default: the current one]."),
        config_option,
    ):
        command = option(command)
    return command


@explain.command("deal")
@click.argument("deal_id", metavar="ID")
@_options
def deal(deal_id: str, **options: Any) -> None:
    """A deal: facts, money, the journey that led to it, the weight and credit of every touch under every model."""
    from orchestration.explain.deals import open_deal

    _tell(lambda marts, lake: open_deal(marts, deal_id), **options)


@explain.command("lead")
@click.argument("lead_id", metavar="ID")
@_options
def lead(lead_id: str, **options: Any) -> None:
    """A lead: facts, stages, hand-overs, clocks with their causes, score points, touches, conversions and their credits."""
    from orchestration.explain.leads import open_lead

    _tell(lambda marts, lake: open_lead(marts, lead_id), **options)


@explain.command("person")
@click.argument("person_id", metavar="ID")
@_options
def person(person_id: str, **options: Any) -> None:
    """A person: the records that are one, account, leads, deals and touches."""
    from orchestration.explain.people import open_person

    _tell(lambda marts, lake: open_person(marts, lake, person_id), **options)


@explain.command("figure")
@click.argument("table")
@click.argument("column")
@click.argument("keys", nargs=-1, metavar="KEY=VALUE...")
@_options
def figure(table: str, column: str, keys: tuple[str, ...], **options: Any) -> None:
    """A figure of a report: the rows of the marts that it is the sum of, with their raw keys.

    \b
    onefunnel explain figure rpt_attribution_by_channel credited_minor attribution_model=u_shaped \\
      conversion_kind=paid journey_level=account level_asked=default channel=paid_search month=2026-03-01 month_basis=conversion
    """
    from orchestration.explain.figures import open_figure

    wrong = [key for key in keys if "=" not in key]
    if wrong:
        raise click.BadParameter(
            f"{wrong[0]!r}: expected KEY=VALUE, for example month=2026-03-01", param_hint="KEY=VALUE"
        )
    named = {name: value for name, _, value in (key.partition("=") for key in keys)}
    _tell(lambda marts, lake: open_figure(marts, table, column, named), **options)


def _tell(
    opened: Callable[[PublishedMarts, Lake], Explanation],
    config: Path,
    build: str | None,
    as_of: str | None,
    language: str | None,
    form: str,
    out: Path | None,
    raw: bool,
) -> None:
    """Open the subject in the build that is meant and print it, or write it to a file."""
    from orchestration.explain.explanation import ExplainError
    from orchestration.explain.raw import raw_records
    from orchestration.explain.wording import Words, as_json, as_text
    from orchestration.landing import Lake
    from orchestration.publication import PublicationError
    from orchestration.reports.elements import rendered, write_page
    from orchestration.reports.language import LabelError, language_of
    from orchestration.reports.reader import PublishedMarts, ReportError

    settings = settings_of(config)
    try:
        with PublishedMarts(_published(settings, build, as_of)) as marts:
            lake = Lake(settings.lake)
            found = opened(marts, lake)
            records = raw_records(lake, found.record_keys) if raw else []
            if form == "json":
                content = as_json(found, marts.build, records)
            else:
                words = Words(found, marts.build, language_of(marts, language or settings.configuration.language))
                content = (
                    as_text(words, records)
                    if form == "text"
                    else rendered(
                        "page.html.j2",
                        words=words.language,
                        title=words.title(),
                        company=words.language.data(marts.build.facts["company"]),
                        header=words.header(),
                        sections=words.sections(records),
                        footer=[words.text("footer")],
                    )
                )
    except (ExplainError, PublicationError, ReportError, LabelError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    if out is None:
        click.echo(content, nl=False)
    else:
        click.echo(shown(write_page(out, content)))


def _published(settings: Settings, build: str | None, as_of: str | None) -> Path:
    """The directory of the build that is meant. Raises ExplainError when there is none, with those that are."""
    from orchestration.explain.explanation import ExplainError
    from orchestration.pipeline import Pipeline, parse_as_of
    from orchestration.publication import current_build, published_builds

    outputs = settings.home
    if as_of is not None:
        outputs = Pipeline(settings, parse_as_of(as_of, settings.configuration.time_zone)).outputs
    current = current_build(outputs)
    if current is None:
        command = "onefunnel run" if as_of is None else f"onefunnel run --as-of {as_of}"
        raise ExplainError(f"{shown(outputs)}: nothing is published there; `{command}` builds and publishes it")
    if build is None:
        return current.path
    kept = {found.build_id: found.path for found in published_builds(outputs)}
    if build not in kept:
        raise ExplainError(f"{shown(outputs)}: no build {build!r}; kept are {', '.join(kept)}")
    return kept[build]
