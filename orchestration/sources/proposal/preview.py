"""The first rows through a proposed mapping, by the loader itself: a sample lands in a lake that is thrown away."""

import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contracts import Contract
from orchestration.landing import Lake
from orchestration.sources.definitions import Currencies
from orchestration.sources.files.load import StreamResult, land_stream
from orchestration.sources.files.mapping import FilesMapping, load_mapping
from orchestration.sources.proposal.deciding import FileProposal, Proposal
from orchestration.sources.proposal.writing import mapping_text, preview_table, preview_value

SAMPLE_HEAD, SAMPLE_ROWS = 1_000, 2_000
SHOWN_ROWS = 3


@dataclass(frozen=True)
class StreamPreview:
    """What became of a stream's sample. `lines` show the first contract rows; contact data stand as tokens, people's
    names as shapes."""

    stream: str
    result: StreamResult
    lines: list[str] = field(default_factory=list)


def preview(proposal: Proposal, contracts: Mapping[str, Contract], currencies: Currencies) -> list[StreamPreview]:
    """Lands a sample of every file whose fills are decided. Undecided fills and fields are left out."""
    with tempfile.TemporaryDirectory(prefix="onefunnel_map_") as name:
        folder = Path(name)
        path = folder / "mapping.yml"
        path.write_text(mapping_text(proposal, path, only_complete=True), encoding="utf-8")
        mapping = load_mapping(path, {}, contracts=contracts)
        streams = {}
        for file in proposal.files:
            if file.stream in mapping.streams:
                pq.write_table(_sample(file.table), folder / f"{file.stream}.parquet")
                streams[file.stream] = replace(
                    mapping.streams[file.stream],
                    file=f"{file.stream}.parquet",
                    format="parquet",
                    delimiter=None,
                    encoding=None,
                    sheet=None,
                    header_row=1,
                )
        sampled = replace(mapping, folder=folder, streams=streams)
        lake = Lake(folder / "lake")
        key = secrets.token_bytes(32)
        return [
            _landed(lake, sampled, file, contracts, currencies, proposal.time_zone or "UTC", key)
            for file in proposal.files
            if file.stream in streams
        ]


def _sample(table: pa.Table) -> pa.Table:
    if table.num_rows <= SAMPLE_ROWS:
        return table
    spread = np.linspace(SAMPLE_HEAD, table.num_rows - 1, SAMPLE_ROWS - SAMPLE_HEAD).astype(np.int64)
    return table.take(pa.array(np.concatenate([np.arange(SAMPLE_HEAD, dtype=np.int64), spread])))


def _landed(
    lake: Lake,
    mapping: FilesMapping,
    file: FileProposal,
    contracts: Mapping[str, Contract],
    currencies: Currencies,
    time_zone: str,
    key: bytes,
) -> StreamPreview:
    result = land_stream(
        lake,
        mapping,
        file.stream,
        contracts=contracts,
        currencies=currencies,
        company_time_zone=time_zone,
        contact_key=key,
    )[0]
    lines = []
    if result.pull is not None and result.rows:
        parts = pq.read_table([str(part) for part in result.pull.parts])
        for fill in result.pull.fills:
            lines += _shown(parts, fill, file, contracts[fill["contract"]])
    return StreamPreview(file.stream, result, lines)


def _shown(parts: pa.Table, fill: Mapping[str, object], file: FileProposal, contract: Contract) -> list[str]:
    name, columns = str(fill["name"]), fill["columns"]
    filled = parts.filter(pa.compute.equal(parts.column(f"{name}__is_filled"), "true"))
    first = filled.slice(0, SHOWN_ROWS)
    if not isinstance(columns, Mapping) or not first.num_rows:
        return [f"{name}: no row of the sample fills it"]
    proposed = next(item for item in file.fills if (item.name or item.contract.name) == name)
    rows = [[f"{name} ({filled.num_rows:,} rows)", *(f"row {number}" for number in range(1, first.num_rows + 1))]]
    for item in contract.fields:
        if item.name not in columns:
            continue
        line = proposed.lines.get(item.name)
        column = file.column(line.match.column) if line is not None and line.match.column is not None else None
        is_contact = item.is_contact or (column is not None and column.kind == "email")
        values = first.column(columns[item.name]).to_pylist()
        rows.append([f"  {item.name}", *(preview_value(column, value, is_contact) for value in values)])
    return preview_table(rows)
