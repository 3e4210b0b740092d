"""Definitions through the same door as any source, so that `as_of` sees them as they were."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from orchestration.landing import Lake, Pull
from orchestration.sources.definitions.files import DefinitionFile

SOURCE = "definitions"
CONNECTOR_VERSION = "1"


@dataclass(frozen=True)
class LandedDefinition:
    """A file's pull; `is_new` is false when the content stood in the lake already."""

    pull: Pull
    is_new: bool


def land_definitions(lake: Lake, files: Iterable[DefinitionFile]) -> list[LandedDefinition]:
    """Lands each file whose content differs from its latest pull: one stream a file, text columns as in the CSV and
    `_row`, the data row counted from 1."""
    return [_land(lake, file) for file in files]


def _land(lake: Lake, file: DefinitionFile) -> LandedDefinition:
    account = f"{file.name}.csv"
    latest = lake.latest(SOURCE, file.name, account)
    if latest is not None and latest.file_sha256 == file.sha256:
        return LandedDefinition(latest, is_new=False)
    columns = {name: pa.array([row[name] for row in file.rows], pa.string()) for name in file.columns}
    columns["_row"] = pa.array([str(number) for number in range(1, len(file.rows) + 1)], pa.string())
    with lake.open_pull(
        SOURCE,
        file.name,
        account=account,
        columns=list(columns),
        connector_version=CONNECTOR_VERSION,
        file_sha256=file.sha256,
    ) as writer:
        writer.write(pa.table(columns))
        writer.describe(rows_in=len(file.rows))
    return LandedDefinition(writer.committed, is_new=True)
