"""One run of the daily job in this process, as the command line starts it."""

from __future__ import annotations

import gc
import json
import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.clock import Clock
from orchestration.doctor import obstacles
from orchestration.settings import Settings, SettingsError

if TYPE_CHECKING:
    import dagster as dg


def quieten_packages() -> None:
    """Before dagster and great-expectations are imported: no telemetry, no version checks."""
    # where the extra `spark` is installed, great-expectations imports it; nothing here uses its pandas functions
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    for name, value in (("DAGSTER_DISABLE_TELEMETRY", "yes"), ("GX_ANALYTICS_ENABLED", "false"), ("DO_NOT_TRACK", "1")):
        os.environ.setdefault(name, value)


def import_packages() -> None:
    """Import what a run needs, which takes ten seconds of its time, for who has something else to wait for."""
    quieten_packages()
    # what Dagster and dbt have parsed lives for the whole run: with Python's own 700, 10, 10 the search for cycles ran 9 500 times and
    # took 15 of 194 s of the processor (the demo's exports)
    gc.set_threshold(50_000, 20, 50)
    os.environ["ONEFUNNEL_NO_CODE_LOCATION"] = "1"
    # what is imported is never garbage: looking for some was a tenth of the time
    gc.disable()
    # first: it looks for each function of scipy in every module that is loaded, 0.7 s with few of them and 3.2 s with all
    import_module("skops.io")
    import_module("orchestration.definitions")
    from data_quality.runner import great_expectations

    great_expectations()
    gc.freeze()
    gc.enable()


def dagster_home(settings: Settings) -> Path:
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


def refuse_obstacles(settings: Settings, *, rebuilds_the_past: bool) -> None:
    """Raises click.ClickException with everything that stands in the way of a run, and what to do."""
    if found := obstacles(settings, rebuilds_the_past=rebuilds_the_past):
        raise click.ClickException("\n".join(f"{finding.text}\n  → {finding.fix}" for finding in found))


def run_daily_job(
    settings: Settings, as_of: str | None, say: Callable[[str], None], started: float, clock: Clock | None = None
) -> int:
    """Run the daily job in this process; print the summary, or what stopped it. Returns the exit code.

    settings : of the configuration to run. as_of : as on the command line, or None for now. say : told of progress.
    started : `time.monotonic()` at which the command began. clock : another one than the machine's, for the demo.

    Raises click.ClickException, with what to do, when something stands in the way before the run begins.
    """
    refuse_obstacles(settings, rebuilds_the_past=as_of is not None)
    say("starting Dagster")
    os.environ["DAGSTER_HOME"] = str(dagster_home(settings))
    import_packages()
    import dagster as dg

    from orchestration.definitions import AS_OF_TAG, build_definitions
    from orchestration.defs.schedules import DAILY_JOB
    from orchestration.pipeline import Pipeline, parse_as_of
    from orchestration.sources.files import MappingError
    from orchestration.summary import summarise

    try:
        moment = parse_as_of(as_of, settings.configuration.time_zone) if as_of else None
        with _says_when_the_disk_is_full(settings):
            built = build_definitions(settings, clock=clock, progress=say)
    except (SettingsError, MappingError) as error:
        raise click.ClickException(str(error)) from error
    with _says_when_the_disk_is_full(settings), dg.DagsterInstance.get() as instance:
        result = built.resolve_job_def(DAILY_JOB).execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags={AS_OF_TAG: as_of} if as_of else None,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    if not result.success:
        click.secho("\nThe run FAILED; the last good build stays published. What stopped it:", fg="red", err=True)
        failures = _failures(result)
        for name, message in failures:
            click.echo(f"{name}: {message}", err=True)
        if as_of is None:
            _alert(settings, clock, failures, say)
        return 1
    click.echo(summarise(Pipeline(settings, moment), time.monotonic() - started))
    return 0


@contextmanager
def _says_when_the_disk_is_full(settings: Settings) -> Iterator[None]:
    """Whatever broke first, a full disk is the cause to name: SQLite, DuckDB and the lake each say it in their own way."""
    try:
        yield
    except Exception as error:
        if shutil.disk_usage(settings.home).free >= 2**20:
            raise
        raise click.ClickException(
            f"no space left on the disk of {settings.home}: make room and run again; nothing was published, the last good "
            f"build stays ({type(error).__name__}: {str(error).splitlines()[0]})"
        ) from error


def _alert(
    settings: Settings, clock: Clock | None, failures: list[tuple[str, str]], say: Callable[[str], None]
) -> None:
    """Tell what stopped the run. What stopped it may stop this too (a broken file): that is said, and the run has failed anyway."""
    from orchestration.alerts.command import alert_after_run
    from orchestration.clock import SystemClock
    from orchestration.sources.definitions import DefinitionsError
    from orchestration.sources.files import MappingError

    try:
        complaint = alert_after_run(settings, clock or SystemClock(), failures, say)
    except (SettingsError, DefinitionsError, MappingError) as error:
        complaint = str(error)
    if complaint:
        click.secho(f"alerts were NOT SENT: {complaint}", fg="red", err=True)


def _failures(result: dg.ExecuteInProcessResult) -> list[tuple[str, str]]:
    """What failed, by name: steps with their innermost cause, without stack traces, and checks."""
    from orchestration.alerts.outcome import failures_in

    found = [(failure.name, failure.message) for failure in failures_in(result.all_events)]
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed and evaluation.blocking:
            name = f"check {evaluation.check_name} of {'/'.join(evaluation.asset_key.path)} failed"
            found.append((name, evaluation.description or ""))
    return found or [("run", "see its log in `onefunnel dev`")]
