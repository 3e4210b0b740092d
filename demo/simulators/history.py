"""What a vendor's system holds, and since when: every object as its versions, so that an earlier morning can be asked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from orchestration.clock import as_utc

DELETED = None
"""The version of an object that was deleted."""


@dataclass(frozen=True)
class _Snapshot:
    """Every object that there is from one instant up to, and without, another; None: for ever."""

    since: datetime
    until: datetime | None
    rows: list[tuple[Hashable, Any]]

    def holds_at(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass
class History:
    """Objects by id, each with versions in the order of the instants at which the vendor came to know them.

    A version is whatever the vendor's module serves (usually a dictionary), or DELETED.
    """

    _versions: dict[Hashable, list[tuple[datetime, Any]]] = field(default_factory=dict)
    _snapshot: _Snapshot | None = None

    def put(self, key: Hashable, known_at: datetime, version: Any) -> None:
        """Add a version. Raises ValueError when it is older than the newest one of the object."""
        versions = self._versions.setdefault(key, [])
        instant = as_utc(known_at)
        if versions and versions[-1][0] > instant:
            raise ValueError(f"{key}: a version of {instant} after one of {versions[-1][0]}; put them in their order")
        versions.append((instant, version))
        self._snapshot = None

    def delete(self, key: Hashable, known_at: datetime) -> None:
        """Deleted from that instant on."""
        self.put(key, known_at, DELETED)

    def get(self, key: Hashable, at: datetime) -> Any:
        """The object as it was at an instant (versions of that very second included); None when there was none."""
        versions = self._versions.get(key, [])
        place = bisect_right(versions, at, key=lambda version: version[0])
        return versions[place - 1][1] if place else None

    def known(self, at: datetime) -> Iterator[tuple[Hashable, Any]]:
        """Every object that there was at an instant, with its key, in the order in which they were first put."""
        for key, versions in self._versions.items():
            newest_at, newest = versions[-1]
            version = newest if newest_at <= at else self.get(key, at)
            if version is not None:
                yield key, version

    def snapshot(self, at: datetime) -> list[tuple[Hashable, Any]]:
        """As `known`, as a list; the same list again as long as nothing has changed, so that it may be indexed."""
        if self._snapshot is None or not self._snapshot.holds_at(at):
            since, until = datetime.min.replace(tzinfo=UTC), None
            for versions in self._versions.values():
                place = bisect_right(versions, at, key=lambda version: version[0])
                if place:
                    since = max(since, versions[place - 1][0])
                if place < len(versions) and (until is None or versions[place][0] < until):
                    until = versions[place][0]
            self._snapshot = _Snapshot(since, until, list(self.known(at)))
        return self._snapshot.rows
