"""What a vendor's module yields: streams it knows, and pulls of them as batches of text.

A connector is a generator of `Pulled`. It is told what the pull log knows (`Known`) and keeps no state of its own: after
a kill the log says what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True)
class Stream:
    """One kind of object of a vendor.

    name : of the stream in the lake. columns : all columns, always written, as text. key : what names an object (64-bit
    ids are text). kind : `snapshot` (the whole list each time), `window` (days, re-read), `changes` (since a cursor) or
    `deletions`. contacts : column → notation (phone, email, messenger, tax_id): the door replaces each by `<column>_token`
    and `<column>_is_valid`, so such a column never lands. free_text : columns that pass the scrubber of e-mails and phones.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    kind: str
    description: str
    contacts: Mapping[str, str] = field(default_factory=dict)
    free_text: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (*self.key, *self.contacts, *self.free_text):
            if name not in self.columns:
                raise ValueError(f"stream {self.name}: {name} is not one of its columns")


@dataclass(frozen=True)
class Known:
    """What the pull log knows of one stream and account: the newest cursor, and the window that was covered last.

    Cursors and windows are the connector's own text. `None` before the first pull.
    """

    cursor_to: str | None = None
    window_from: str | None = None
    window_to: str | None = None
    committed_at: datetime | None = None


@dataclass(frozen=True)
class Span:
    """Local days asked for by a backfill, both included; None asks for what the connector finds due."""

    first: date
    last: date


@dataclass(frozen=True)
class Pulled:
    """One pull, committed as a whole when its batches have been read.

    batches : Arrow tables or batches with (some of) the stream's columns, all text; absent columns are null. observed_at:
    the `Date` header of the answer (D3), when the vendor sends one. cursor_* and window_* as in `_pull.json`.
    """

    stream: Stream
    account: str
    kind: str
    batches: Iterator[pa.Table]
    window_from: str | None = None
    window_to: str | None = None
    cursor_from: str | None = None
    cursor_to: str | None = None
    observed_at: datetime | None = None


class Connector(Protocol):
    """A vendor's module, made for one account of a configuration."""

    name: str
    """Of the source in the lake."""

    version: str
    """Of the connector; a new one when what it writes changes its meaning."""

    account: str
    """Account, counter or login that the pulls are of."""

    streams: Sequence[Stream]

    def pull(self, stream: Stream, known: Known, span: Span | None = None) -> Iterator[Pulled]:
        """The pulls that are due, in the order in which they may be committed: each is complete by itself, so that a kill
        between two loses nothing and repeats nothing.

        Raises ApiError.
        """
        ...


def as_text(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pa.Table:
    """Rows of JSON as text columns: nested values as JSON text, true/false in words, numbers as written, null as null."""

    def text(value: object) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (dict, list)):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return str(value)

    return pa.table({name: pa.array([text(row.get(name)) for row in rows], pa.string()) for name in columns})
