"""`onefunnel spark up|down|status`: a standalone cluster on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from orchestration.settings import HOME_VARIABLE, PROJECT_ROOT, SPARK_MASTER_VARIABLE
from orchestration.spark import cluster
from orchestration.spark.session import SparkError


def _home_option(command: Any) -> Any:
    return click.option(
        "--home", type=click.Path(file_okay=False, path_type=Path),
        help=f"Where state and logs are kept (in `spark/`) [default: {HOME_VARIABLE}, else var of the project].",
    )(command)  # fmt: skip


def _folder(home: Path | None) -> Path:
    return (home or Path(os.environ.get(HOME_VARIABLE) or PROJECT_ROOT / "var")).absolute() / "spark"


@click.group()
def spark() -> None:
    """A Spark cluster of separate processes on this machine, to try `--engine spark` on (docs/scale.md)."""


@spark.command()
@_home_option
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--cores", type=click.IntRange(1), default=1, show_default=True, help="Of each worker.")
@click.option("--memory", default="1g", show_default=True, help="Of each worker, as Spark writes it.")
def up(home: Path | None, workers: int, cores: int, memory: str) -> None:
    """Start a master and workers; they go on until `onefunnel spark down`."""
    try:
        started = cluster.up(_folder(home), workers=workers, cores=cores, memory=memory, say=click.echo)
    except SparkError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"\n{started.url} is ready (page: {started.page}). Use it with\n"
        f"  {SPARK_MASTER_VARIABLE}={started.url} onefunnel run --engine spark --config …\n"
        "or with `spark: {master: …}` in the configuration; end it with `onefunnel spark down`."
    )


@spark.command()
@_home_option
def down(home: Path | None) -> None:
    """End the cluster's processes; the logs stay."""
    folder = _folder(home)
    try:
        ended = cluster.down(folder)
    except SparkError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"ended: {', '.join(ended)}; logs: {folder / 'logs'}" if ended else f"no cluster of {folder} was running"
    )


@spark.command()
@_home_option
def status(home: Path | None) -> None:
    """Show the cluster's processes; ends with 1 when it is not whole."""
    folder = _folder(home)
    try:
        found = cluster.status(folder)
    except SparkError as error:
        raise click.ClickException(str(error)) from error
    if found is None:
        click.echo(f"no cluster of {folder}; start one with `onefunnel spark up`")
        sys.exit(1)
    for process in found.cluster.processes:
        click.echo(
            f"{process.role:10} {process.pid:>8}  {'runs' if found.alive[process.role] else 'ENDED'}  log {process.log}"
        )
    click.echo(
        f"{found.cluster.url}: {found.workers} workers with {found.cores} cores; page {found.cluster.page}"
        if found.answers
        else f"{found.cluster.url}: the master does not answer"
    )
    sys.exit(0 if found.answers and all(found.alive.values()) else 1)
