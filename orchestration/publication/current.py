"""What is published: reading build manifests, moving `current`, removing builds that nobody needs any more.

Layout under `ONEFUNNEL_HOME`:

    published/builds/<build>/onefunnel.duckdb, parquet/<table>.parquet, build.json
    published/current -> builds/<build>            replaced by rename(2), relative, so the home can be moved
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "build.json"
MANIFEST_VERSION = 1
SNAPSHOT = "onefunnel.duckdb"
PARQUET = "parquet"
TEMPORARY_PREFIX = "_tmp-"
RETIRED_PREFIX = "_old-"

_BUILD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


class PublicationError(Exception):
    """A build that cannot be published or read; the message names the file or table and what to do."""


@dataclass(frozen=True)
class PublishedColumn:
    """A column with its DuckDB type and its description (empty when the model has none)."""

    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class PublishedTable:
    """A published mart: its rows, its columns in order, and its Parquet file with its digest."""

    name: str
    description: str
    rows: int
    columns: tuple[PublishedColumn, ...]
    path: Path
    sha256: str

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True)
class PublishedBuild:
    """One whole build.

    `facts` is the row of `raw_build.build` (company, time_zone, evaluated_at …; instants as ISO text with Z);
    `policies` are the values of the definitions file `policies` in force at `evaluated_at`; `currency_exponents` gives
    the digits after the point of each currency, `definition_versions` the pull of every definitions file; `sequence`
    counts publications, `local_day` is `as_of_at` in the company's zone. `is_hourly`: made between two daily builds.
    """

    build_id: str
    path: Path
    sequence: int
    local_day: str
    is_hourly: bool
    facts: Mapping[str, Any]
    policies: Mapping[str, str]
    currency_exponents: Mapping[str, int]
    definition_versions: Mapping[str, str]
    tables: Mapping[str, PublishedTable]

    @property
    def snapshot(self) -> Path:
        """The DuckDB file; tables in schema `marts`. Open it read-only."""
        return self.path / SNAPSHOT

    @property
    def row_counts(self) -> dict[str, int]:
        return {name: table.rows for name, table in self.tables.items()}


def builds_folder(home: Path) -> Path:
    return Path(home) / "published" / "builds"


def current_link(home: Path) -> Path:
    return Path(home) / "published" / "current"


def checked_build_id(build_id: str) -> str:
    """The id, when it can name a directory; PublicationError otherwise."""
    if not _BUILD_ID.fullmatch(build_id):
        raise PublicationError(f"build id {build_id!r}: expected letters, digits, '.', '_', '+', '-', no leading '_'")
    return build_id


def read_build(directory: Path) -> PublishedBuild:
    """The build in a directory (or behind the link `current`), with the directory's real path.

    A reader that resolves once goes on reading one build while the next is published. Raises PublicationError when the
    manifest is missing, unreadable, or of another version.
    """
    path = Path(directory).resolve()
    manifest_file = path / MANIFEST
    try:
        manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PublicationError(f"{manifest_file} is missing: {directory} is not a published build") from None
    except ValueError as error:
        raise PublicationError(f"{manifest_file}: not JSON ({error}); publish the build again") from None
    if manifest.get("manifest_version") != MANIFEST_VERSION:
        raise PublicationError(
            f"{manifest_file}: manifest_version is {manifest.get('manifest_version')!r}, "
            f"this program reads {MANIFEST_VERSION}; publish the build again"
        )
    tables = {
        table["name"]: PublishedTable(
            name=table["name"],
            description=table["description"],
            rows=table["rows"],
            columns=tuple(PublishedColumn(c["name"], c["type"], c["description"]) for c in table["columns"]),
            path=path / table["path"],
            sha256=table["sha256"],
        )
        for table in manifest["tables"]
    }
    return PublishedBuild(
        build_id=manifest["build_id"],
        path=path,
        sequence=manifest["sequence"],
        local_day=manifest["local_day"],
        # builds of before there were hourly ones do not say it
        is_hourly=manifest.get("is_hourly", False),
        facts=manifest["facts"],
        policies=manifest["policies"],
        currency_exponents=manifest["currency_exponents"],
        definition_versions=manifest["definition_versions"],
        tables=tables,
    )


def published_builds(home: Path) -> list[PublishedBuild]:
    """Every whole build in order of publication; leftovers of killed publications are not builds."""
    folder = builds_folder(home)
    if not folder.is_dir():
        return []
    found = [
        read_build(path) for path in folder.iterdir() if path.is_dir() and not path.name.startswith("_") and path.name
    ]
    return sorted(found, key=lambda build: build.sequence)


def current_build(home: Path) -> PublishedBuild | None:
    """The build that `current` points at, or None before the first publication."""
    link = current_link(home)
    return read_build(link) if link.is_symlink() else None


def point_current_at(home: Path, build_id: str) -> None:
    """Make `current` point at a build: a new link beside it, then one rename over it."""
    link = current_link(home)
    beside = link.with_name(f"_current-{build_id}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(Path("builds") / build_id, target_is_directory=True)
    beside.replace(link)
    synchronise_folder(link.parent)


def sweep_leftovers(home: Path) -> list[Path]:
    """Remove what killed publications left: unfinished and half-removed builds, links that never became `current`."""
    folder = builds_folder(home)
    leftovers = [*folder.glob(f"{TEMPORARY_PREFIX}*"), *folder.glob(f"{RETIRED_PREFIX}*")]
    for path in leftovers:
        shutil.rmtree(path)
    links = list(folder.parent.glob("_current-*"))
    for link in links:
        link.unlink()
    return [*leftovers, *links]


def remove_superseded(home: Path, *, keep_daily: int, also_keep: frozenset[str] = frozenset()) -> list[str]:
    """Remove all builds but the last daily one of each of the newest `keep_daily` local days, `current`, and `also_keep`.

    A directory is renamed away before it is emptied, so that no reader finds half a build under a build's name; files
    that a reader has open stay readable until it closes them. Returns the ids removed.
    """
    builds = published_builds(home)
    last_of_day = {build.local_day: build.build_id for build in builds if not build.is_hourly}
    kept = {last_of_day[day] for day in sorted(last_of_day)[-keep_daily:]} | also_keep
    current = current_build(home)
    if current is not None:
        kept.add(current.build_id)
    removed = [build for build in builds if build.build_id not in kept]
    for build in removed:
        retired = build.path.with_name(f"{RETIRED_PREFIX}{build.build_id}")
        build.path.rename(retired)
        shutil.rmtree(retired)
    return [build.build_id for build in removed]


def synchronise_folder(folder: Path) -> None:
    """fsync a directory, so that the names in it survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
