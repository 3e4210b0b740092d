"""What a vendor's system holds, and since when: every object as its versions, so that an earlier morning can be asked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestration.clock import as_utc

DELETED = None
"""The version of an object that was deleted."""


@dataclass
class History:
    """Objects by id, each with versions in the order of the instants at which the vendor came to know them.

    A version is whatever the vendor's module serves (usually a dictionary), or DELETED.
    """

    _versions: dict[Hashable, list[tuple[datetime, Any]]] = field(default_factory=dict)

    def put(self, key: Hashable, known_at: datetime, version: Any) -> None:
        """Add a version. Raises ValueError when it is older than the newest one of the object."""
        versions = self._versions.setdefault(key, [])
        instant = as_utc(known_at)
        if versions and versions[-1][0] > instant:
            raise ValueError(f"{key}: a version of {instant} after one of {versions[-1][0]}; put them in their order")
        versions.append((instant, version))

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
        for key in self._versions:
            version = self.get(key, at)
            if version is not None:
                yield key, version
