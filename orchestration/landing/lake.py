"""The lake: `<root>/raw/<source>/<stream>/pull=<n>/`, append-only, committed by one rename."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.clock import Clock, SystemClock, as_utc
from orchestration.landing.errors import LandingError
from orchestration.landing.pulls import KINDS, Pull, read_pull
from orchestration.landing.writer import PullPlan, PullWriter, temporary_directory
from orchestration.locks import exclusive

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PULL_DIRECTORY = re.compile(r"pull=([1-9][0-9]*)")


class Lake:
    """The pulls under one root, on a local file system (the locks are flock).

    Readers need no lock: a directory named `pull=<n>` is whole from the moment it can be seen.
    """

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self.root = Path(root)
        self.raw = self.root / "raw"
        self.clock = clock or SystemClock()

    def pulls(self, source: str | None = None, stream: str | None = None, as_of: datetime | None = None) -> list[Pull]:
        """Visible pulls ordered by source, stream and number; with `as_of` those with committed_at at or before it.

        Raises LandingError naming the file when a `_pull.json` cannot be read.
        """
        limit = None if as_of is None else as_utc(as_of)
        found = [read_pull(directory) for directory in self.raw.glob(f"{source or '*'}/{stream or '*'}/pull=*")]
        known = [pull for pull in found if limit is None or pull.committed_at <= limit]
        return sorted(known, key=lambda pull: (pull.source, pull.stream, pull.pull))

    def latest(self, source: str, stream: str, account: str = "", as_of: datetime | None = None) -> Pull | None:
        """The newest pull of one account of a stream, or None."""
        versions = [pull for pull in self.pulls(source, stream, as_of) if pull.account == account]
        return versions[-1] if versions else None

    @contextmanager
    def open_pull(
        self,
        source: str,
        stream: str,
        *,
        columns: Sequence[str],
        account: str = "",
        kind: str = "snapshot",
        key_columns: Sequence[str] = (),
        connector_version: str = "1",
        window_from: str | None = None,
        window_to: str | None = None,
        cursor_from: str | None = None,
        cursor_to: str | None = None,
        observed_at: datetime | None = None,
        file_sha256: str | None = None,
        mapping_sha256: str | None = None,
        key: str | None = None,
    ) -> Iterator[PullWriter]:
        """Opens a pull; leaving the block without an error commits it, an error leaves nothing visible.

        `columns` are declared: each is written, as text, also when all of it is null. The number is taken under the
        lake lock at commit. `observed_at` defaults to the commit. See `Pull` for the others.
        """
        for what, name in (("source", source), ("stream", stream)):
            if not _NAME.fullmatch(name):
                raise LandingError(f"{what} {name!r}: expected lower-case letters, digits and _, a letter first")
        if kind not in KINDS:
            raise LandingError(f"{source}/{stream}: kind {kind!r} is not one of {', '.join(KINDS)}")
        if not columns or len(set(columns)) != len(columns):
            raise LandingError(f"{source}/{stream}: declare at least one column, each once; got {list(columns)}")
        plan = PullPlan(
            source=source,
            stream=stream,
            account=account,
            kind=kind,
            columns=tuple(columns),
            key_columns=tuple(key_columns),
            connector_version=connector_version,
            window_from=window_from,
            window_to=window_to,
            cursor_from=cursor_from,
            cursor_to=cursor_to,
            observed_at=observed_at,
            file_sha256=file_sha256,
            mapping_sha256=mapping_sha256,
            key=key,
            started_at=as_utc(self.clock.now()),
        )
        with temporary_directory(self.raw / source / stream, self._lock) as directory:
            writer = PullWriter(plan, directory)
            try:
                yield writer
                finished = writer.finish()
            finally:
                writer.close()
            with self._lock():
                writer.commit(finished, self._next_number(directory.parent), as_utc(self.clock.now()))

    def verify(self, pull: Pull) -> None:
        """Reads a pull's data files again; raises LandingError when content or row count differ from its log entry."""
        digest = hashlib.sha256()
        for path in sorted(pull.directory.glob("*.parquet")):
            with path.open("rb") as file:
                digest.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
        rows = sum(int(pq.read_metadata(path).num_rows) for path in pull.parts)
        if digest.hexdigest() != pull.sha256 or rows != pull.rows:
            raise LandingError(
                f"{pull.directory}: data files are not those that were committed ({rows} rows, expected {pull.rows}); "
                "restore the directory from a copy"
            )

    def _lock(self) -> AbstractContextManager[None]:
        return exclusive(self.root / ".lock")

    @staticmethod
    def _next_number(stream: Path) -> int:
        numbers = [int(match[1]) for path in stream.iterdir() if (match := _PULL_DIRECTORY.fullmatch(path.name))]
        return max(numbers, default=0) + 1
