"""`onefunnel`: thin commands over the same assets that Dagster runs on a schedule."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestration.score_command import score
from orchestration.settings import PROJECT_ROOT, Settings, SettingsError, load_settings

if TYPE_CHECKING:
    import dagster as dg

DEMO_CONFIG = PROJECT_ROOT / "demo" / "company" / "onefunnel.yml"


def _quiet() -> None:
    """Before dagster and great-expectations are imported: no telemetry, no version checks."""
    for name, value in (("DAGSTER_DISABLE_TELEMETRY", "yes"), ("GX_ANALYTICS_ENABLED", "false"), ("DO_NOT_TRACK", "1")):
        os.environ.setdefault(name, value)


def config_option(command: Any) -> Any:
    return click.option(
        "--config", "config", type=click.Path(dir_okay=False, path_type=Path), default=Path("onefunnel.yml"), show_default=True,
        help="The configuration: sources, mappings, definitions, time zone, currency.",
    )(command)  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="onefunnel")
def main() -> None:
    """One funnel, one ledger, one set of definitions for marketing and sales.

    Start with `onefunnel demo`; then write a configuration and a mapping (docs/mapping.md) and use `onefunnel run`.
    """


main.add_command(score)


@main.command()
@config_option
@click.option(
    "--as-of",
    metavar="DATE|INSTANT",
    help="Rebuild what was known then (a date: the end of that local day), beside the current build.",
)
@click.option("--quiet", is_flag=True, help="Only the summary.")
def run(config: Path, as_of: str | None, quiet: bool) -> None:
    """Read the sources, build and check the marts, publish them, draw the page and the workbook.

    A run that fails leaves the last good build in place and says what stopped it. Running it again is always safe.
    """
    settings = _settings(config)
    sys.exit(_run(settings, as_of, quiet))


@main.command()
@click.option("--seed", default=7, show_default=True, help="Another seed is another company.")
@click.option("--home", type=click.Path(path_type=Path), help="Where to build [default: var/demo of the project].")
@click.option(
    "--language", type=click.Choice(["en", "ru", "fa"]), help="Language of the page [default: the configuration's]."
)
@click.option("--quiet", is_flag=True, help="Only the summary.")
def demo(seed: int, home: Path | None, language: str | None, quiet: bool) -> None:
    """A small made-up company: writes its exports, then runs the whole chain on them."""
    from demo.exports import write_exports

    base = (home or Path(os.environ.get("ONEFUNNEL_HOME") or PROJECT_ROOT / "var" / "demo")).absolute()
    environment = _demo_environment(base)
    started = time.monotonic()
    summary = write_exports(base / "exports", seed=seed)
    if not quiet:
        _say(started, f"exports of the demo company written to {_shown(base / 'exports')}: {len(summary.files)} files")
    settings = _settings(DEMO_CONFIG, home=base, environment=environment)
    if language:
        settings = settings.model_copy(
            update={"configuration": settings.configuration.model_copy(update={"language": language})}
        )
    sys.exit(_run(settings, None, quiet, started))


@main.command()
@click.option("--port", default=3000, show_default=True)
def dev(port: int) -> None:
    """Open Dagster's page on the configuration named by ONEFUNNEL_CONFIG (default onefunnel.yml)."""
    _quiet()
    settings = _settings(Path(os.environ.get("ONEFUNNEL_CONFIG", "onefunnel.yml")))
    demo_environment = _demo_environment(settings.home) if settings.path == DEMO_CONFIG else {}
    environment = {
        **os.environ,
        **demo_environment,
        "ONEFUNNEL_CONFIG": str(settings.path),
        "DAGSTER_HOME": str(_dagster_home(settings)),
    }
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions", "--port", str(port)]
    sys.exit(subprocess.call(command, env=environment))


@main.group()
def definitions() -> None:
    """What both teams edit and sign."""


@definitions.command("check")
@config_option
def definitions_check(config: Path) -> None:
    """Validate every definitions file; name file, line, column and what was expected."""
    from orchestration.settings import DEFAULT_DEFINITIONS
    from orchestration.sources.definitions import DefinitionsError, read_definitions

    settings = _settings(config)
    try:
        files = read_definitions(DEFAULT_DEFINITIONS, settings.definitions)
    except DefinitionsError as error:
        raise click.ClickException(str(error)) from error
    for file in files:
        click.echo(f"{file.name:24} {len(file.rows):5} rows  {_shown(file.path)}")
    click.echo(f"{len(files)} definitions are valid")


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
    for pull in Lake(_settings(config).lake).pulls(source):
        name = f"{pull.source}/{pull.stream}"
        click.echo(
            f"{name:36} {pull.pull:>5} {pull.committed_at:%Y-%m-%d %H:%M:%S}  {pull.rows_in:>10,} {pull.quarantined:>9,}  {pull.account}"
        )


def _demo_environment(home: Path) -> dict[str, str]:
    """Where the demo's exports are, and a key for the tokens of its made-up people, which is no secret."""
    key = os.environ.get("ONEFUNNEL_CONTACT_KEY") or "demo company: made-up people, so the key is no secret"
    return {"ONEFUNNEL_CONTACT_KEY": key, "ONEFUNNEL_DEMO_EXPORTS": str(home / "exports")}


def _settings(config: Path, **overrides: Any) -> Settings:
    try:
        return load_settings(config, **overrides)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _dagster_home(settings: Settings) -> Path:
    """Dagster's own storage lives in the home, so that `onefunnel dev` shows the runs of the command line."""
    folder = settings.home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dagster.yaml").write_text(
        "telemetry:\n  enabled: false\n"
        "# DuckDB has one writer: steps that write the warehouse share the pool `warehouse`\n"
        "concurrency:\n  pools:\n    default_limit: 1\n    granularity: op\n"
        "python_logs:\n  python_log_level: WARNING\n"
        "event_log_storage:\n  module: orchestration.run_history\n  class: EventLogStorage\n"
        f"  config:\n    base_dir: {json.dumps(str(folder / 'history' / 'runs'))}\n",
        encoding="utf-8",
    )
    return folder


def _run(settings: Settings, as_of: str | None, quiet: bool, started: float | None = None) -> int:
    """Run the daily job in this process; print progress, then the summary. Returns the exit code."""
    _quiet()
    started = started or time.monotonic()
    say = (lambda message: None) if quiet else (lambda message: _say(started, message))
    say("starting Dagster")
    os.environ["DAGSTER_HOME"] = str(_dagster_home(settings))
    os.environ["ONEFUNNEL_NO_CODE_LOCATION"] = "1"
    import dagster as dg

    from orchestration.definitions import AS_OF_TAG, build_definitions
    from orchestration.defs.schedules import DAILY_JOB
    from orchestration.pipeline import Pipeline, parse_as_of
    from orchestration.sources.files import MappingError
    from orchestration.summary import summarise

    try:
        moment = parse_as_of(as_of, settings.configuration.time_zone) if as_of else None
        built = build_definitions(settings, progress=say)
    except (SettingsError, MappingError) as error:
        raise click.ClickException(str(error)) from error
    with dg.DagsterInstance.get() as instance:
        result = built.resolve_job_def(DAILY_JOB).execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags={AS_OF_TAG: as_of} if as_of else None,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    if not result.success:
        click.secho("\nThe run FAILED; the last good build stays published. What stopped it:", fg="red", err=True)
        for line in _failures(result):
            click.echo(line, err=True)
        return 1
    click.echo(summarise(Pipeline(settings, moment), time.monotonic() - started))
    return 0


def _failures(result: dg.ExecuteInProcessResult) -> list[str]:
    """What failed, innermost cause first, without stack traces; failed checks by name."""
    lines = []
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        if error is None or not (event.is_step_failure or event.is_job_failure):
            continue
        while error.cause is not None:
            error = error.cause
        message = re.sub(r"^[\w.]+(Error|Failure|Exception): ", "", error.message.strip())
        if not any(message in line for line in lines):
            lines.append(f"{event.step_key or 'run'}: {message}")
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed and evaluation.blocking:
            lines.append(
                f"check {evaluation.check_name} of {'/'.join(evaluation.asset_key.path)} failed: {evaluation.description or ''}"
            )
    return lines or ["see the log of the run in `onefunnel dev`"]


def _say(started: float, message: str) -> None:
    click.echo(f"[{time.monotonic() - started:6.1f} s] {message}")


def _shown(path: Path) -> str:
    """A path relative to the working directory when it is below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
