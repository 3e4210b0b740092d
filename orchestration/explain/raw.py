"""The record of the lake behind a `source_record_key`: source/stream/key/pull."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.landing import Lake


@dataclass(frozen=True)
class RawRecord:
    """A record as its pull holds it: text by column, contact data as tokens. None when the lake has it no more."""

    key: str
    pull: Path
    values: dict[str, str | None] | None


def raw_records(lake: Lake, keys: Iterable[str]) -> list[RawRecord]:
    """The records behind the keys, in their order; a key that a pull holds twice gives both.

    A pull is read once, whatever the number of its keys.
    """
    asked = list(keys)
    by_pull: dict[Path, list[str]] = {}
    for key in asked:
        by_pull.setdefault(_pull_directory(lake, key), []).append(key)
    found: dict[str, list[RawRecord]] = {key: [] for key in asked}
    for directory, own in by_pull.items():
        names = {_key_in_pull(key): key for key in own}
        for part in sorted(directory.glob("part-*.parquet")):
            table = pq.read_table(part, partitioning=None, filters=pc.field("_key").isin(list(names)))
            for values in table.to_pylist():
                key = names[values["_key"]]
                found[key].append(RawRecord(key, directory, values))
    return [record for key in asked for record in found[key] or [RawRecord(key, _pull_directory(lake, key), None)]]


def _pull_directory(lake: Lake, key: str) -> Path:
    source, stream, _ = key.split("/", 2)
    return lake.raw / source / stream / f"pull={key.rpartition('/')[2]}"


def _key_in_pull(key: str) -> str:
    return key.split("/", 2)[2].rpartition("/")[0]
