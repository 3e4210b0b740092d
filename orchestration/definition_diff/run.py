"""One comparison, from two names to what moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.clock import Clock
from orchestration.definition_diff.builds import (
    DiffError,
    build_with,
    compared_tables,
    published_definitions,
    pulls_now,
    scratch,
)
from orchestration.definition_diff.figures import count_moves, kpi_moves
from orchestration.definition_diff.report import Comparison
from orchestration.definition_diff.rows import changed_rows
from orchestration.locks import HomeLock
from orchestration.settings import DEFAULT_DEFINITIONS, Settings
from orchestration.sources.definitions import DefinitionFile, read_definitions
from orchestration.spark.session import stop_session

CURRENT = "current"
"""Instead of a folder: the definitions that the published build reads."""

AT_THE_DOOR = ("currencies",)
"""Files that act when exports are read, before the lake: a build over the same pulls cannot show their effect."""


@dataclass(frozen=True)
class Side:
    """One of the two: what it was called, and its files."""

    name: str
    files: Sequence[DefinitionFile]


def read_side(name: str, settings: Settings, clock: Clock) -> Side:
    """The definitions of a folder (with the defaults behind it) or of `current`.

    Raises DefinitionsError with everything wrong in them, DiffError when there is no such folder or nothing is published.
    """
    if name == CURRENT:
        return Side(name, published_definitions(settings, clock))
    if not Path(name).is_dir():
        raise DiffError(f"{name}: no such folder; give a folder with definitions, or `{CURRENT}` for what is published")
    return Side(name, read_definitions(DEFAULT_DEFINITIONS, Path(name)))


def compare_definitions(
    settings: Settings, before: Side, after: Side, clock: Clock, progress: Callable[[str], None]
) -> Comparison:
    """Build both over the newest pulls, at the same instant, and compare them. Publishes nothing, lands nothing in the lake, and
    leaves nothing behind.

    Raises HomeBusyError when a run holds the home, BindingError when nothing has landed yet, DiffError when a build fails.
    """
    with HomeLock(settings.home, "definitions diff", clock), scratch(settings) as folder:
        pulls = pulls_now(settings, clock)
        built = []
        try:
            for number, side in enumerate((before, after), 1):
                progress(f"{number} of 2: building with {side.name}")
                built.append(build_with(settings, pulls, side.files, folder / str(number), clock, progress))
            moves = kpi_moves(*built)
            counts = count_moves(*built, compared_tables(settings))
        finally:
            if settings.engine == "spark":
                stop_session()
    rows = changed_rows(before.files, after.files)
    changed = {change.definition for change in rows}
    return Comparison(
        settings.configuration.company,
        before.name,
        after.name,
        pulls.evaluated_at,
        rows,
        moves,
        counts,
        [name for name in AT_THE_DOOR if name in changed],
    )
