"""How the command line speaks: progress with the seconds since the start, paths as a person would type them."""

from __future__ import annotations

import time
from pathlib import Path

import click


def say(started: float, message: str, *, err: bool = False) -> None:
    """A line of progress; `started` is the `time.monotonic()` at which the command began. err : beside what the command prints."""
    click.echo(f"[{time.monotonic() - started:6.1f} s] {message}", err=err)


def shown(path: Path) -> str:
    """A path relative to the working directory when it is below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
