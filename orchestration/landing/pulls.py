"""The pull log: one `_pull.json` a pull, and nothing else. There is no other state about what was loaded."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.clock import from_text, to_text
from orchestration.landing.errors import LandingError

PULL_FILE = "_pull.json"
KINDS = ("snapshot", "window", "changes", "deletions")

FILL_KEYS = ("contract", "name", "columns", "rows_filled", "rows_skipped", "money")
"""Keys of one entry of `Pull.fills`. `columns`: contract field → column of the parts that holds its canonical text;
`money`: a list of {field, currency, minor}, the sum of a money field in whole minor units as text."""

FINDING_KEYS = ("file_name", "column_name", "finding", "occurrences", "rows_checked", "message")
"""Keys of one entry of `Pull.findings`."""

_INSTANTS = ("started_at", "observed_at", "committed_at")


@dataclass(frozen=True, kw_only=True)
class Pull:
    """What one `_pull.json` says.

    `account` is the account or the file inside the stream; versions of one account replace each other. `rows` are the
    rows in the parts, `quarantined` the rows kept out, and `rows_in` their sum as counted at the source. `sha256`
    covers the data files (names and contents). `key` is the fingerprint of the token key, null when no contact column
    was mapped. `file_sha256` and `mapping_sha256` tell an unchanged file from a new version. `window_*` and `cursor_*`
    are the source's own text. `directory` is where the pull stands; it is not written.
    """

    pull: int
    source: str
    stream: str
    account: str
    kind: str
    window_from: str | None
    window_to: str | None
    cursor_from: str | None
    cursor_to: str | None
    rows_in: int
    rows: int
    quarantined: int
    sha256: str
    started_at: datetime
    observed_at: datetime
    committed_at: datetime
    connector_version: str
    file_sha256: str | None
    mapping_sha256: str | None
    key: str | None
    key_columns: tuple[str, ...]
    columns: tuple[str, ...]
    fills: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...]
    directory: Path

    @property
    def parts(self) -> list[Path]:
        """The data files, in order; never empty."""
        return sorted(self.directory.glob("part-*.parquet"))

    @property
    def quarantine_files(self) -> list[Path]:
        """The files of quarantined rows and values; empty when nothing was quarantined."""
        return sorted(self.directory.glob("quarantine-*.parquet"))

    def to_json(self) -> str:
        """The text of `_pull.json`."""
        document = asdict(self)
        del document["directory"]
        for name in _INSTANTS:
            document[name] = to_text(document[name])
        return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def read_pull(directory: Path) -> Pull:
    """The pull standing in `directory`. Raises LandingError naming the file when it is not whole."""
    path = directory / PULL_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        document["directory"] = directory
        for name in _INSTANTS:
            document[name] = from_text(document[name])
        for name in ("key_columns", "columns", "fills", "findings"):
            document[name] = tuple(document[name])
        known = {field.name for field in fields(Pull)}
        pull = Pull(**{name: value for name, value in document.items() if name in known})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise LandingError(
            f"{path}: unreadable pull log entry ({type(error).__name__}: {error}). A committed pull always has a whole "
            f"{PULL_FILE}; restore this directory from a copy, or move it out of the lake if its data are not needed"
        ) from error
    if directory.name != f"pull={pull.pull}" or directory.parts[-3:-1] != (pull.source, pull.stream):
        raise LandingError(
            f"{path}: says it is {pull.source}/{pull.stream}/pull={pull.pull}, but stands in "
            f"{'/'.join(directory.parts[-3:])}; move it back to where it was committed"
        )
    return pull


def checked_entries(
    name: str, entries: Sequence[Mapping[str, Any]], keys: tuple[str, ...]
) -> tuple[Mapping[str, Any], ...]:
    """The entries with exactly `keys`, absent ones null. Raises LandingError for a key that is not known."""
    checked = []
    for entry in entries:
        unknown = [key for key in entry if key not in keys]
        if unknown:
            raise LandingError(f"{name}: unknown key {unknown[0]!r}; an entry has {', '.join(keys)}")
        checked.append({key: entry.get(key) for key in keys})
    return tuple(checked)
