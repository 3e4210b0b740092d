"""Builds of what the comparison reads, beside everything else: nothing is landed in the lake, nothing is published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from orchestration.binding import Build, bind, fix_build
from orchestration.clock import Clock
from orchestration.connectors import asked_kinds
from orchestration.dbt_runner import NodeResult
from orchestration.definition_diff.figures import COMPARED
from orchestration.defs.score import write_scores
from orchestration.defs.table_steps import write_table_steps
from orchestration.defs.transform import dbt_of
from orchestration.landing import Lake
from orchestration.pipeline import warehouse_in
from orchestration.publication import current_build
from orchestration.settings import Settings
from orchestration.sources.definitions import SCHEMAS, DefinitionFile, Place, land_definitions
from orchestration.sources.files import source_name
from orchestration.warehouse import Warehouse

WRITTEN_BY_PYTHON = ("ml", "quality")
"""Sources of dbt that Python steps write between its two passes."""

READ_BY_PYTHON = (
    "int_lead_features",
    "int_lead_answers_scored",
    "int_lead_channels_touched",
    "int_score_rules",
    "int_channel_transitions",
    "int_channel_sets",
)
"""What the scores and the removal effects between the two passes of dbt read."""


class DiffError(Exception):
    """The two cannot be compared; the text says why and what to do."""


def published_definitions(settings: Settings, clock: Clock) -> list[DefinitionFile]:
    """The definitions that the published build reads, from the lake. A file that it does not know yet is empty.

    Raises
    ------
    DiffError
        when nothing is published, or the lake lacks what was published from it.
    """
    build = current_build(settings.home)
    if build is None:
        raise DiffError(f"{settings.home}: nothing is published yet, so there is no `current`; run first")
    known = {(pull.stream, pull.pull): pull for pull in Lake(settings.lake, clock).pulls("definitions")}
    files = []
    for name, schema in SCHEMAS.items():
        version = build.definition_versions.get(name)
        if version is None:
            files.append(DefinitionFile(name, Path(f"{name}.csv"), schema.column_names, (), (), ""))
            continue
        pull = known.get((name, int(version.rpartition("@")[2])))
        if pull is None:
            raise DiffError(f"{settings.lake}: {version} of the published build is not in the lake")
        rows = tuple(
            {column: row.get(column) or None for column in schema.column_names}
            for part in pull.parts
            for row in pq.read_table(part, partitioning=None).to_pylist()
        )
        places = tuple(Place(pull.directory, line) for line in range(2, len(rows) + 2))
        files.append(DefinitionFile(name, pull.directory, schema.column_names, rows, places, pull.file_sha256 or ""))
    return files


@contextmanager
def scratch(settings: Settings) -> Iterator[Path]:
    """A folder for the two builds, empty at the start (whatever a killed comparison left) and gone at the end."""
    folder = settings.home / "warehouse" / "diff"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def pulls_now(settings: Settings, clock: Clock) -> Build:
    """What both builds read but for the definitions: the newest pulls of the configured sources. Raises BindingError."""
    logs = asked_kinds(settings)
    sources = [*(source_name(path) for path in settings.mappings), *logs]
    return fix_build(Lake(settings.lake, clock), clock, sources, logs=logs)


def build_with(
    settings: Settings,
    pulls: Build,
    files: Sequence[DefinitionFile],
    folder: Path,
    clock: Clock,
    progress: Callable[[str], None],
) -> Warehouse:
    """Build the compared marts and all they stand on with other definitions.

    files : landed in a lake of their own below `folder`. The result stays there.

    Raises
    ------
    DiffError
        naming the models that could not be built.
    """
    landed = [found.pull for found in land_definitions(Lake(folder / "lake", clock), files)]
    others = tuple(pull for pull in pulls.pulls if pull.source != "definitions")
    warehouse = warehouse_in(folder, settings)
    bind(warehouse, Lake(settings.lake, clock), replace(pulls, pulls=(*others, *landed)), settings)
    before_python, after_python = _models(settings)
    dbt = dbt_of(settings)
    _run(dbt.run(warehouse, ["--select", *before_python], progress))
    write_scores(warehouse)
    write_table_steps(warehouse, ["removal_effects", "shapley_values"])
    if after_python:
        _run(dbt.run(warehouse, ["--select", *after_python], progress))
    return warehouse


def compared_tables(settings: Settings) -> list[str]:
    """Those of the compared marts that this version of the models has."""
    nodes = _manifest(settings)["nodes"].values()
    models = {node["name"] for node in nodes if node["resource_type"] == "model"}
    return [name for name in COMPARED if name in models]


def _models(settings: Settings) -> tuple[list[str], list[str]]:
    """The models that the compared marts and the Python steps stand on: those that dbt builds before the Python steps, and those that
    read what Python steps write."""
    manifest = _manifest(settings)
    names = {key: node["name"] for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    wanted = {*compared_tables(settings), *READ_BY_PYTHON}
    needed = _reached([key for key, name in names.items() if name in wanted], manifest["parent_map"])
    by_python = [key for key, source in manifest["sources"].items() if source["source_name"] in WRITTEN_BY_PYTHON]
    after = _reached(by_python, manifest["child_map"])
    models = [key for key in names if key in needed]
    return [names[key] for key in models if key not in after], [names[key] for key in models if key in after]


def _reached(keys: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    """The keys and everything that edges lead to from them."""
    found: set[str] = set()
    left = list(keys)
    while left:
        key = left.pop()
        if key not in found:
            found.add(key)
            left += edges.get(key, ())
    return found


def _manifest(settings: Settings) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(dbt_of(settings).parse().read_text(encoding="utf-8"))
    return manifest


def _run(results: Sequence[NodeResult]) -> None:
    failed = [result for result in results if not result.is_good and result.status != "skipped"]
    if failed:
        lines = [f"  {result.unique_id}: {result.message}" for result in failed]
        raise DiffError("the marts could not be built:\n" + "\n".join(lines))
