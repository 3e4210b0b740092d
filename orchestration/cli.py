"""`onefunnel`: thin commands over the same assets that Dagster runs on a schedule."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import click

from demo.command import demo, demo_environment
from orchestration.alerts.command import alerts
from orchestration.command_options import config_option, engine_option, settings_of, with_engine
from orchestration.console import say, shown
from orchestration.definitions_command import definitions
from orchestration.explain.command import explain
from orchestration.score_command import score
from orchestration.settings import Settings, SettingsError
from orchestration.spark.command import spark


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="onefunnel")
def main() -> None:
    """One funnel, one ledger, one set of definitions for marketing and sales.

    Start with `onefunnel demo`; then write a configuration and a mapping (docs/mapping.md) and use `onefunnel run`.
    """


main.add_command(alerts)
main.add_command(definitions)
main.add_command(demo)
main.add_command(explain)
main.add_command(score)
main.add_command(spark)


@main.command()
@config_option
@click.option(
    "--as-of",
    metavar="DATE|INSTANT",
    help="Rebuild what was known then (a date: the end of that local day), beside the current build.",
)
@engine_option
@click.option("--quiet", is_flag=True, help="Only the summary.")
def run(config: Path, as_of: str | None, engine: str | None, quiet: bool) -> None:
    """Read the sources, build and check the marts, publish them, draw the page and the workbook.

    A run that fails leaves the last good build in place and says what stopped it. Running it again is always safe.
    """
    settings = with_engine(settings_of(config), engine)
    sys.exit(_run(settings, as_of, quiet, time.monotonic()))


@main.command("map")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The mapping [default: mappings/<source>.yml beside the files].",
)
@click.option(
    "--config-out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The first configuration [default: onefunnel.yml beside the files; an existing one stays].",
)
@click.option("--source", help="How the system is called in every table [default: the folder's name].")
@click.option("--currency", help="Of amounts without a currency of their own, for example EUR.")
@click.option("--time-zone", help="Zone of the system that wrote the times, for example Europe/Moscow.")
@click.option("--force", is_flag=True, help="Overwrite an existing mapping.")
def map_files(
    files: tuple[Path, ...],
    out: Path | None,
    config_out: Path | None,
    source: str | None,
    currency: str | None,
    time_zone: str | None,
    force: bool,
) -> None:
    """Propose a mapping for unknown exports (CSV, TSV, XLSX, Parquet), write it with comments and try it on a sample.

    Nothing is guessed that the data do not show: what only you can say is listed at the end as decisions.
    """
    from orchestration.sources.proposal.command import MapError, map_exports

    try:
        for line in map_exports(
            files,
            out=out,
            config_out=config_out,
            source=source,
            currency=currency,
            time_zone=time_zone,
            force=force,
            progress=lambda message: click.echo(message, err=True),
        ):
            click.echo(line)
    except MapError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--port", default=3000, show_default=True)
def dev(port: int) -> None:
    """Open Dagster's page on the configuration named by ONEFUNNEL_CONFIG (default onefunnel.yml)."""
    from orchestration.running import dagster_home, quieten_packages

    quieten_packages()
    settings = settings_of(Path(os.environ.get("ONEFUNNEL_CONFIG", "onefunnel.yml")))
    environment = {
        **os.environ,
        **demo_environment(settings),
        "ONEFUNNEL_CONFIG": str(settings.path),
        "DAGSTER_HOME": str(dagster_home(settings)),
    }
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions", "--port", str(port)]
    sys.exit(subprocess.call(command, env=environment))


@main.command()
@config_option
def doctor(config: Path) -> None:
    """Look at settings, definitions, mappings, files, write access and space; say what to do next. Changes nothing."""
    from orchestration.doctor import examine, next_step

    settings = settings_of(config)
    found = examine(settings)
    for finding in found:
        mark = (
            click.style("✗", fg="red") if finding.stops_a_run else click.style("!", fg="yellow") if finding.fix else "✓"
        )
        click.echo(f"{mark} {finding.subject:24} {finding.text}")
        if finding.fix:
            click.echo(f"  {'':24} → {finding.fix}")
    click.echo(f"\n{next_step(found, settings)}")
    sys.exit(any(finding.stops_a_run for finding in found))


@main.group()
def sources() -> None:
    """The vendors' accounts that a run asks (docs/sources.md)."""


@sources.command("consent")
@config_option
@click.option("--account", required=True, help="The amoCRM account, as in the configuration.")
@click.option(
    "--code", prompt="Code of consent", hide_input=True, help="Good once, for twenty minutes [default: asked for]."
)
def sources_consent(config: Path, account: str, code: str) -> None:
    """Change the code that amoCRM shows after consent for the first pair of tokens, and keep them in the home."""
    from orchestration.clock import SystemClock
    from orchestration.connectors import give_consent
    from orchestration.settings import AmoCrm
    from orchestration.sources.api.http import ApiError

    settings = settings_of(config)
    found = [
        source for source in settings.configuration.sources if isinstance(source, AmoCrm) and source.account == account
    ]
    if not found:
        raise click.ClickException(f"{config}: sources: no amocrm account {account}")
    try:
        file = give_consent(found[0], settings, SystemClock(), code.strip())
    except (SettingsError, ApiError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"consent is given; the tokens are kept in {shown(file)} and renewed there by every run")


@sources.command("backfill")
@config_option
@click.option(
    "--source",
    "source",
    required=True,
    type=click.Choice(["amocrm", "yandex_direct", "yandex_metrika"]),
    help="Type of the vendor, as in the configuration.",
)
@click.option("--account", help="Only this account, login or counter [default: all of the source].")
@click.option("--stream", help="Only this stream [default: all that have days].")
@click.option("--from", "first", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "last", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Last day, included.")
@click.option("--again", is_flag=True, help="Also days that were read less than 24 hours ago.")
def sources_backfill(
    config: Path,
    source: str,
    account: str | None,
    stream: str | None,
    first: datetime,
    last: datetime,
    again: bool,
) -> None:
    """Ask a vendor for days that were read before, for example because they were restated late.

    The answers are new pulls beside the old ones; the next `onefunnel run` builds from them. Lists without days (campaigns,
    goals, pipelines) are not asked: every run reads them whole. Of amoCRM a day gives what was changed on it.

    A backfill that was killed is given again as it was: days that were read less than 24 hours ago are not asked again.
    """
    from orchestration.backfill import BackfillError, Wanted, backfill
    from orchestration.clock import SystemClock
    from orchestration.landing import ContactKeyError
    from orchestration.locks import HomeBusyError, HomeLock
    from orchestration.sources.api.http import ApiError
    from orchestration.sources.api.stream import Span

    settings = settings_of(config)
    started = time.monotonic()
    wanted = Wanted(source, Span(first.date(), last.date()), account, stream, again)
    try:
        with HomeLock(settings.home, f"backfill of {source}"):
            landed = backfill(settings, wanted, SystemClock(), lambda message: say(started, message))
    except ApiError as error:
        raise click.ClickException(f"{error}\nWhat landed stays; the same command goes on after it.") from error
    except (BackfillError, SettingsError, ContactKeyError, HomeBusyError) as error:
        raise click.ClickException(str(error)) from error
    pulls = sum(len(result.pulls) for result in landed)
    click.echo(f"{pulls} pulls with {sum(result.rows for result in landed):,} rows; `onefunnel run` builds from them")


@main.group()
def lake() -> None:
    """The append-only log of what the sources said."""


@lake.command("pulls")
@config_option
@click.option("--source", help="Only this source.")
def lake_pulls(config: Path, source: str | None) -> None:
    """List the committed pulls: what was read, when, how many rows came in and were kept out."""
    from orchestration.landing import Lake

    click.echo(f"{'source/stream':36} {'pull':>5} {'committed (UTC)':20} {'rows in':>10} {'kept out':>9}  file")
    for pull in Lake(settings_of(config).lake).pulls(source):
        name = f"{pull.source}/{pull.stream}"
        click.echo(
            f"{name:36} {pull.pull:>5} {pull.committed_at:%Y-%m-%d %H:%M:%S}  {pull.rows_in:>10,} {pull.quarantined:>9,}  {pull.account}"
        )


def _run(settings: Settings, as_of: str | None, quiet: bool, started: float) -> int:
    from orchestration.running import run_daily_job

    tell = (lambda message: None) if quiet else (lambda message: say(started, message))
    return run_daily_job(settings, as_of, tell, started)
