"""From a connector into the lake: contact columns become tokens, free text is scrubbed, rows without a key stay out, and each
`Pulled` is committed by one rename."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.landing import Lake, Pull, Tokeniser, key_text, scrub_free_text, shape_of
from orchestration.sources.api.stream import Connector, Known, Pulled, Span, Stream

ROW_COLUMN, KEY_COLUMN = "_row", "_key"
DEFAULT_PHONE_REGION = "RU"


@dataclass(frozen=True)
class StreamPulls:
    """What came of one stream: its new pulls, the rows in them, and those kept out."""

    stream: str
    pulls: tuple[Pull, ...]

    @property
    def rows(self) -> int:
        return sum(pull.rows for pull in self.pulls)

    @property
    def quarantined(self) -> int:
        return sum(pull.quarantined for pull in self.pulls)


def door_columns(stream: Stream) -> tuple[str, ...]:
    """The columns of a stream in the lake: a contact column is a token and a flag; the row's number and key come last."""
    columns: list[str] = []
    for name in stream.columns:
        columns += [f"{name}_token", f"{name}_is_valid"] if name in stream.contacts else [name]
    return (*columns, ROW_COLUMN, KEY_COLUMN)


def known_of(lake: Lake, connector: Connector, stream: Stream) -> Known:
    """What the pull log says of a stream and account: the newest cursor and the newest window end."""
    pulls = [pull for pull in lake.pulls(connector.name, stream.name) if pull.account == connector.account]
    if not pulls:
        return Known()
    with_cursor = [pull for pull in pulls if pull.cursor_to is not None]
    windows = [pull for pull in pulls if pull.window_to is not None]
    newest = max(windows, key=lambda pull: (pull.window_to or "", pull.pull)) if windows else None
    return Known(
        cursor_to=with_cursor[-1].cursor_to if with_cursor else None,
        window_from=newest.window_from if newest else None,
        window_to=newest.window_to if newest else None,
        committed_at=pulls[-1].committed_at,
    )


def pull_stream(
    lake: Lake,
    connector: Connector,
    stream: Stream,
    *,
    contact_key: bytes | None,
    phone_region: str = DEFAULT_PHONE_REGION,
    span: Span | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> StreamPulls:
    """Pull what is due of one stream; every `Pulled` is committed before the next is asked for.

    Parameters
    ----------
    contact_key : needed when the stream has contact columns. span : days of a backfill. progress : told of every pull.

    Raises
    ------
    ApiError, ContactKeyError, LandingError
        pulls committed before it stay; the next run goes on after them.
    """
    tokeniser = Tokeniser(contact_key, phone_region) if stream.contacts else None
    landed: list[Pull] = []
    for pulled in connector.pull(stream, known_of(lake, connector, stream), span):
        pull = _land(lake, connector, pulled, tokeniser, phone_region)
        landed.append(pull)
        window = f" of {pull.window_from} to {pull.window_to}" if pull.window_from else ""
        kept_out = f", {pull.quarantined} kept out" if pull.quarantined else ""
        progress(f"{connector.name}/{stream.name}: {pull.rows:,} rows{window} landed as pull {pull.pull}{kept_out}")
    return StreamPulls(stream.name, tuple(landed))


def _land(lake: Lake, connector: Connector, pulled: Pulled, tokeniser: Tokeniser | None, region: str) -> Pull:
    stream = pulled.stream
    with lake.open_pull(
        connector.name,
        stream.name,
        account=pulled.account,
        kind=pulled.kind,
        columns=door_columns(stream),
        key_columns=stream.key,
        connector_version=connector.version,
        window_from=pulled.window_from,
        window_to=pulled.window_to,
        cursor_from=pulled.cursor_from,
        cursor_to=pulled.cursor_to,
        observed_at=pulled.observed_at,
        key=tokeniser.fingerprint if tokeniser else None,
    ) as writer:
        rows_in = 0
        for batch in pulled.batches:
            table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
            for good, bad in _through_the_door(table, stream, tokeniser, region, rows_in):
                writer.write(good)
                if bad.num_rows:
                    writer.quarantine(bad)
            rows_in += table.num_rows
        writer.describe(rows_in=rows_in)
    return writer.committed


def _through_the_door(
    table: pa.Table, stream: Stream, tokeniser: Tokeniser | None, region: str, before: int
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Rows with their number and key, and what to say of rows whose key is not whole."""
    columns: dict[str, pa.ChunkedArray] = {}
    for name in stream.columns:
        values = (
            table.column(name)
            if name in table.column_names
            else pa.chunked_array([pa.nulls(table.num_rows, pa.string())])
        )
        if name in stream.contacts:
            assert tokeniser is not None
            tokens = tokeniser.tokens(stream.contacts[name], values)
            columns[f"{name}_token"] = tokens.token
            columns[f"{name}_is_valid"] = pc.if_else(tokens.is_valid, "true", "false")
        else:
            columns[name] = scrub_free_text(values, region) if name in stream.free_text else values
    numbers = pa.array(range(before + 1, before + table.num_rows + 1), pa.int64())
    columns[ROW_COLUMN] = pa.chunked_array([numbers.cast(pa.string())])
    parts = [pc.if_else(pc.equal(columns[name], ""), None, columns[name]) for name in stream.key]
    columns[KEY_COLUMN] = key_text(parts)
    whole = pa.table(columns)
    has_key = pc.is_valid(whole.column(KEY_COLUMN))
    kept_out = numbers.filter(pc.invert(has_key).combine_chunks())
    shapes = [
        ", ".join(f"{name}={shape_of(row[name]) or 'empty'}" for name in stream.key)
        for row in whole.filter(pc.invert(has_key)).select(list(stream.key)).to_pylist()
    ]
    bad = pa.table(
        {
            "file_name": pa.array([stream.name] * len(kept_out), pa.string()),
            "row_number": kept_out,
            "column_name": pa.array([", ".join(stream.key)] * len(kept_out), pa.string()),
            "scope": pa.array(["row"] * len(kept_out), pa.string()),
            "reason": pa.array(["missing_key"] * len(kept_out), pa.string()),
            "shape": pa.array(shapes, pa.string()),
        }
    )
    yield whole.filter(has_key), bad
