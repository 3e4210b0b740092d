"""Lands the files of a stream: one pull a file version, every row either in its parts or in its quarantine.

The parts hold the mapped and kept columns as written and, for every filled contract field, the column of its canonical
text; `_pull.json` says which column that is. Where the canonical text is what the file says, it is the same column.
"""

import difflib
import os
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.clock import as_utc
from orchestration.contracts import Contract
from orchestration.landing import Lake, Pull, PullWriter, Tokeniser, scrub_free_text, shape_of
from orchestration.landing.writer import COMPRESSION, ROW_GROUP_ROWS
from orchestration.sources.definitions import Currencies
from orchestration.sources.files import fills as filling
from orchestration.sources.files import notation
from orchestration.sources.files.fills import Context, FillPlan, Slab, StreamPlan
from orchestration.sources.files.mapping import FilesMapping, StreamMapping
from orchestration.sources.files.memory import ask
from orchestration.sources.files.notation import Converted, TimeFacts
from orchestration.sources.files.numbers import exact_sum
from orchestration.sources.files.profile import Profiler
from orchestration.sources.files.reading import DELIMITERS, FileContent, FilesError, file_sha256, read_file
from orchestration.sources.files.shapes import Mask, Rows, map_distinct, valid_mask
from orchestration.sources.files.signs import precision_is_lost, spreadsheet_dates
from orchestration.sources.files.yaml_nodes import nearest

CONNECTOR_VERSION = "2"
"""Part of what decides whether a file is unchanged: raise it when the same file would land differently."""

SHOWN_LENGTH = 60
"""Characters of a column's name that a message shows."""

ROW_COLUMN, KEY_COLUMN, FILLED_SUFFIX = "_row", "_key", "is_filled"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class StreamResult:
    """What became of one file. `status`: landed | unchanged | missing (landed before and gone; its last version stays).

    `reasons` counts the rows kept out, `null_values` the single values that became null, both by reason. Without a new
    pull (`unchanged`, `missing`) the numbers are those of the pull that stays.
    """

    stream: str
    file: str
    status: str
    pull: Pull | None
    rows_in: int
    rows: int
    quarantined: int
    reasons: Mapping[str, int]
    null_values: Mapping[str, int]
    findings: tuple[Mapping[str, Any], ...]
    message: str


@dataclass
class _SlabOut:
    """What one slab gives to the pull."""

    rows: int = 0
    quarantine: list[pa.Table] = field(default_factory=list)
    filled: Counter[str] = field(default_factory=Counter)
    money: Counter[tuple[str, str, str]] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Layout:
    """Columns of the parts. `written`: column of the file → part column; `canonical`: conversion → part column (which
    may be one of the written ones); `flags`: (conversion) → part column of its validity."""

    written: Mapping[str, str]
    canonical: Mapping[str, str]
    shared: frozenset[str]
    flags: Mapping[str, str]

    def columns(self, plan: StreamPlan) -> list[str]:
        own = [column for name, column in self.canonical.items() if name not in self.shared]
        filled = [f"{fill.fill.name}__{FILLED_SUFFIX}" for fill in plan.fills]
        return [ROW_COLUMN, KEY_COLUMN, *self.written.values(), *own, *self.flags.values(), *filled]


def land_stream(
    lake: Lake,
    mapping: FilesMapping,
    stream_name: str,
    *,
    contracts: Mapping[str, Contract],
    currencies: Currencies,
    company_time_zone: str,
    contact_key: bytes | None,
    progress: Progress | None = None,
) -> list[StreamResult]:
    """Lands every file of the stream that is new or changed; one result a file, in order of their names.

    Raises FilesError naming the file when a file is missing that never landed, when a glob finds nothing, or when a
    file cannot be read as the mapping says; a failed file leaves nothing in the lake.
    """
    if stream_name not in mapping.streams:
        raise FilesError(f"{mapping.path}: no stream {stream_name!r}{nearest(stream_name, mapping.streams)}")
    stream = mapping.streams[stream_name]
    plan = filling.plan_stream(mapping, stream, contracts)
    tokeniser = Tokeniser(contact_key, mapping.phone_region or filling.DEFAULT_PHONE_REGION) if plan.contacts else None
    landed_before = {pull.account: pull for pull in lake.pulls(mapping.source, stream.name)}
    tell = progress or (lambda _: None)
    results = []
    paths = files_of(mapping, stream, landed_before)
    in_use, claims = dict(landed_before), _Claims(stream)
    queue = deque(paths.items())
    put_off: set[str] = set()
    while queue:
        account, path = queue.popleft()
        others = [pull for name, pull in in_use.items() if name != account]
        loader = _FileLoader(
            lake,
            mapping,
            stream,
            plan,
            contracts,
            currencies,
            company_time_zone,
            tokeniser,
            landed_before.get(account),
            partial(claims.refuse, others),
        )
        tell(f"{mapping.source}/{stream.name}: reading {account}")
        try:
            result = loader.land(account, path)
        except ClaimedTwiceError as error:
            # the other file may have lost these rows in a version that is yet to be read
            if account in put_off or error.account not in dict(queue):
                raise
            put_off.add(account)
            queue.append((account, path))
            continue
        if result.pull is not None:
            in_use[account] = result.pull
        tell(f"{mapping.source}/{stream.name}: {result.message}")
        results.append(result)
    results.sort(key=lambda result: result.file)
    for account in sorted(set(landed_before) - set(paths)):
        result = _missing(mapping, stream, account, landed_before[account])
        tell(f"{mapping.source}/{stream.name}: {result.message}")
        results.append(result)
    return results


class ClaimedTwiceError(FilesError):
    """A file holds rows that another file of its stream holds too."""

    def __init__(self, message: str, account: str) -> None:
        super().__init__(message)
        self.account = account


@dataclass
class _Claims:
    """Which rows the files of one stream hold: a row that stands in two of them would count twice."""

    stream: StreamMapping
    keys: dict[int, pa.ChunkedArray] = field(default_factory=dict)
    """Pull → keys of its rows, read once."""

    def refuse(self, others: Sequence[Pull], path: Path, content: FileContent, keys: pa.ChunkedArray | None) -> None:
        """Raises ClaimedTwiceError, naming both files, before anything of the file lands."""
        for other in others:
            if other.rows and other.file_sha256 == content.sha256:
                raise ClaimedTwiceError(
                    f"{path}: is byte for byte {other.account}, which stream {self.stream.name} has landed too; take one "
                    "of them out of the folder",
                    other.account,
                )
            if keys is None or not other.rows:
                continue
            if other.pull not in self.keys:
                files = [str(part) for part in other.parts]
                self.keys[other.pull] = pq.read_table(files, columns=[KEY_COLUMN]).column(0)
            theirs = self.keys[other.pull]
            shared = pc.unique(theirs.filter(pc.is_in(theirs, value_set=pc.unique(keys.drop_null()))))
            if len(shared):
                shown = ", ".join(shared.slice(0, 3).to_pylist())
                raise ClaimedTwiceError(
                    f"{path}: {len(shared):,} rows have a key ({', '.join(self.stream.key)}) that stands in "
                    f"{other.account} too, such as {shown}: both files of stream {self.stream.name} claim these rows. "
                    "Keep each row in one file (a new version of a file keeps the name of the old one), or add a column "
                    "to `key:`",
                    other.account,
                )


def files_of(mapping: FilesMapping, stream: StreamMapping, landed: Mapping[str, Pull]) -> dict[str, Path]:
    """Account (path inside the folder) → file. Nothing may lead out of the folder, symbolic links included.

    Raises FilesError when the folder is missing, or a file of which no version has landed.
    """
    try:
        return _readable_files(mapping, stream, landed)
    except PermissionError as error:
        raise FilesError(
            f"{error.filename}: this user may not look into the folder; give it the right to read"
        ) from error


def _readable_files(mapping: FilesMapping, stream: StreamMapping, landed: Mapping[str, Pull]) -> dict[str, Path]:
    folder = mapping.folder.resolve()
    if not folder.is_dir():
        raise FilesError(f"{mapping.path}: folder {folder} not found")
    if stream.is_glob:
        matches = sorted(folder.glob(stream.file))
        candidates = [path for path in matches if not path.name.startswith((".", "~$")) and not path.is_dir()]
        if not candidates and not landed:
            raise FilesError(f"{mapping.path}: stream {stream.name}: no file matches {folder / stream.file}")
    else:
        candidates = [folder / stream.file]
        if not candidates[0].exists():
            if not landed:
                raise FilesError(f"{mapping.path}: stream {stream.name}: file {candidates[0]} not found")
            return {}
    found = {}
    for path in candidates:
        if not path.resolve().is_relative_to(folder):
            raise FilesError(f"{path}: leads out of {folder} to {path.resolve()}; put the file itself into the folder")
        if path.is_dir():
            raise FilesError(
                f"{mapping.path}: stream {stream.name}: {path} is a folder where a file is expected; name a file in it, "
                f"or all of them: `file: {stream.file}/*.csv`"
            )
        if not path.is_file():
            raise FilesError(
                f"{path}: is no file that can be read (a broken link or a device); take it out of the folder"
            )
        if not os.access(path, os.R_OK):
            raise FilesError(f"{path}: this user may not read the file; give it the right to")
        found[path.relative_to(folder).as_posix()] = path
    return found


def missing_columns(
    mapping: FilesMapping, stream: StreamMapping, plan: StreamPlan, path: Path, header: Sequence[str]
) -> list[str]:
    """Why the columns that the mapping names are not all there, one line each; empty when they are.

    A header that has none of them is no header: its fields are rows of the file, of which only the shape is shown.
    """
    used = {*plan.written, *plan.contacts, *(note.column for note in stream.notes)}
    missing = sorted(used - set(header))
    if not missing:
        return []
    shape = repr(shape_of(" | ".join(header)))
    is_no_header = not any(difflib.get_close_matches(name, header, n=1) for name in missing)
    if len(missing) == len(used) and is_no_header:
        return [
            f"{path}: the header has none of the columns that {mapping.path} names; it is shaped {shape}. The header is "
            f"missing or not in line {stream.header_row} (`header_row:`), or the file has another delimiter or encoding "
            "(`delimiter:`, `encoding:`)"
        ]
    names = [_shown(name) for name in header]
    lines = [
        f"{stream.places.get(name, mapping.path)}: {path} has no column {name!r}{nearest(name, names)}"
        for name in missing
    ]
    if len(header) == 1 and any(mark in header[0] for mark in DELIMITERS):
        lines.append(f"{path}: its header is one column, shaped {shape}: is the `delimiter:` of the stream right?")
    return lines


def _missing(mapping: FilesMapping, stream: StreamMapping, account: str, last: Pull) -> StreamResult:
    message = (
        f"{account} is no longer in {mapping.folder}: its last version (pull {last.pull}, {last.rows} rows) stays in "
        "use; put the file back, or forget the stream if it is gone for good"
    )
    return _standing(stream, account, "missing", last, message)


def _standing(stream: StreamMapping, account: str, status: str, pull: Pull, message: str) -> StreamResult:
    return StreamResult(
        stream.name, account, status, pull, pull.rows_in, pull.rows, pull.quarantined, {}, {}, pull.findings, message
    )


class _FileLoader:
    """Lands one file."""

    def __init__(
        self,
        lake: Lake,
        mapping: FilesMapping,
        stream: StreamMapping,
        plan: StreamPlan,
        contracts: Mapping[str, Contract],
        currencies: Currencies,
        company_time_zone: str,
        tokeniser: Tokeniser | None,
        last: Pull | None,
        refuse_claimed: Callable[[Path, FileContent, pa.ChunkedArray | None], None],
    ) -> None:
        self.lake = lake
        self.mapping = mapping
        self.stream = stream
        self.plan = plan
        self.contracts = contracts
        self.currencies = currencies
        self.company_time_zone = company_time_zone
        self.tokeniser = tokeniser
        self.last = last
        self.refuse_claimed = refuse_claimed
        self.threads = max(1, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))

    def land(self, account: str, path: Path) -> StreamResult:
        fingerprint = self._fingerprint()
        token_key = self.tokeniser.fingerprint if self.tokeniser is not None else None
        last = self.last
        if (
            last is not None
            and (last.mapping_sha256, last.key) == (fingerprint, token_key)
            and last.file_sha256 == file_sha256(path)
        ):
            message = f"{account}: unchanged since pull {last.pull}, not loaded again"
            return _standing(self.stream, account, "unchanged", last, message)
        content = read_file(path, self.stream)
        if lines := missing_columns(self.mapping, self.stream, self.plan, path, content.table.column_names):
            raise FilesError("\n".join(lines))
        context, slabs = self._prepared(content)
        constants = self._constants(context)
        layout = self._layout(content, slabs)
        self.refuse_claimed(path, content, self._keys(slabs))
        kept_out = self._kept_out(content, slabs)
        findings = self._findings(account, content, slabs)
        fill_names = [fill.fill.name for fill in self.plan.fills]
        with self.lake.open_pull(
            self.mapping.source,
            self.stream.name,
            columns=layout.columns(self.plan),
            account=account,
            kind="snapshot",
            key_columns=[KEY_COLUMN],
            connector_version=CONNECTOR_VERSION,
            observed_at=self.mapping.observed_at(self.company_time_zone),
            file_sha256=content.sha256,
            mapping_sha256=fingerprint,
            key=token_key,
        ) as writer:
            outs = self._write(writer, account, content, context, slabs, layout, constants, kept_out)
            tables = [table for out in outs for table in out.quarantine]
            if content.bad:
                tables.insert(0, _bad_rows(account, content))
            for table in tables:
                writer.quarantine(table)
            rows = sum(out.rows for out in outs)
            writer.describe(
                rows_in=content.records,
                findings=findings,
                fills=[self._described(fill, layout, constants, outs, rows) for fill in self.plan.fills],
            )
        if writer.pull is None:
            raise FilesError(f"{path}: the lake committed nothing")
        reasons, null_values = _counted(tables)
        pull = writer.pull
        message = f"{account}: {pull.rows} rows landed as pull {pull.pull} for {', '.join(fill_names)}"
        if pull.quarantined:
            message += f"; {pull.quarantined} of {pull.rows_in} kept out ({_listed(reasons)})"
        if null_values:
            message += f"; single values set to null: {_listed(null_values)}"
        return StreamResult(
            self.stream.name,
            account,
            "landed",
            pull,
            pull.rows_in,
            pull.rows,
            pull.quarantined,
            reasons,
            null_values,
            pull.findings,
            message,
        )

    def _fingerprint(self) -> str:
        rules = [rule for rule, _ in self.plan.conversions.values()]
        units = {}
        if any(rule.kind == "money" or rule.field == "currency" for rule in rules):
            units = {name: str(self.currencies.unit(name)) for name in sorted(self.currencies.names)}
        return self.mapping.fingerprint(
            self.stream, connector=CONNECTOR_VERSION, company_time_zone=self.company_time_zone, units=units
        )

    def _prepared(self, content: FileContent) -> tuple[Context, list[Slab]]:
        """All slabs, converted; columns whose decimal separator only the whole column shows are converted again."""
        needed = [*dict.fromkeys([*self.plan.written, *self.plan.contacts])]
        if self.stream.notes:
            needed = [*dict.fromkeys([*needed, *(note.column for note in self.stream.notes)])]
        table = content.table.select(needed)
        context = Context(
            self.mapping,
            self.stream,
            self.plan,
            self.currencies,
            self.company_time_zone,
            filling.make_tokens(table, self.plan, self.tokeniser, self.mapping.empty),
        )
        starts = range(0, max(table.num_rows, 1), ROW_GROUP_ROWS)

        def make(start: int) -> Slab:
            part = table.slice(start, ROW_GROUP_ROWS)
            slab = Slab(start, {name: filling.whole(part.column(name)) for name in part.column_names})
            return filling.prepare(slab, context)

        with ThreadPoolExecutor(self.threads) as pool:
            slabs = list(pool.map(make, starts))
        for name, (rule, item) in self.plan.conversions.items():
            results = [slab.converted[name] for slab in slabs if name in slab.converted]
            if not any("ambiguous_decimal" in result.bad for result in results):
                continue
            proved = frozenset().union(*(result.evidence for result in results))
            if len(proved) == 1:
                for slab in slabs:
                    filling.convert(slab, name, rule, item, context, decimal=next(iter(proved)))
                    filling.write_readable(slab, self.plan)
        return context, slabs

    def _constants(self, context: Context) -> dict[str, Converted]:
        return {
            name: filling.constant(rule, item, context, name)
            for name, (rule, item) in self.plan.conversions.items()
            if rule.value is not None
        }

    def _layout(self, content: FileContent, slabs: Sequence[Slab]) -> _Layout:
        """Names of the part columns. A canonical column that equals its file's column in every slab is that column."""
        taken = {ROW_COLUMN, KEY_COLUMN}
        canonical: dict[str, str] = {}
        flags: dict[str, str] = {}
        for fill in self.plan.fills:
            taken.add(f"{fill.fill.name}__{FILLED_SUFFIX}")
            for target in fill.targets:
                canonical.setdefault(target.conversion, f"{fill.fill.name}__{target.item.name}")
            for flag, conversion in fill.flags.items():
                flags.setdefault(conversion, f"{fill.fill.name}__{flag}")
        taken |= {*canonical.values(), *flags.values()}
        written: dict[str, str] = {}
        for name in self.plan.written:
            written[name] = _part_name(name, taken)
            taken.add(written[name])
        shared = set()
        for name, (rule, _) in self.plan.conversions.items():
            if len(rule.columns) != 1 or rule.columns[0] not in written:
                continue
            column = rule.columns[0]
            if all(_same(slab.converted[name].values, slab.written[column]) for slab in slabs):
                canonical[name] = written[column]
                shared.add(name)
        return _Layout(written, canonical, frozenset(shared), flags)

    def _keys(self, slabs: Sequence[Slab]) -> pa.ChunkedArray | None:
        if not self.plan.key:
            return None
        return pa.chunked_array([slab.key for slab in slabs if slab.key is not None], pa.string())

    def _kept_out(self, content: FileContent, slabs: Sequence[Slab]) -> dict[int, str]:
        """Row of the table → reason, for rows without a key, and all but the first of duplicates."""
        if content.table.num_rows < 1:
            return {}
        keys = self._keys(slabs)
        if keys is None:
            return {} if self.stream.keep_repeats else _duplicates(content.table, None)
        found: dict[int, str] = {}
        if keys.null_count:
            missing = np.flatnonzero(~np.asarray(pc.is_valid(keys).to_numpy()))
            found |= dict.fromkeys(missing.tolist(), "missing_key")
        if any(column in self.plan.identifiers or column in self.plan.scrubbed for column in self.plan.key):
            hidden = np.flatnonzero(np.asarray(pc.fill_null(pc.equal(keys, filling.EMAIL_IN_ID), False).to_numpy()))
            found |= dict.fromkeys(hidden.tolist(), "contact_data")
        return _duplicates(content.table, keys) | found

    def _write(
        self,
        writer: PullWriter,
        account: str,
        content: FileContent,
        context: Context,
        slabs: Sequence[Slab],
        layout: _Layout,
        constants: Mapping[str, Converted],
        kept_out: Mapping[int, str],
    ) -> list[_SlabOut]:
        """Writes the slabs, a contiguous run of them a thread and a part."""
        schema = pa.schema([(name, pa.string()) for name in layout.columns(self.plan)])
        share = -(-len(slabs) // self.threads)
        runs = [slabs[first : first + share] for first in range(0, len(slabs), share)]

        def write(run: Sequence[Slab], path: Path) -> list[_SlabOut]:
            outs = []
            # a dictionary of values that hardly repeat, and their minima, cost as much as all the rest of the file
            with pq.ParquetWriter(
                path, schema, compression=COMPRESSION, use_dictionary=frequent, write_statistics=False
            ) as parquet:
                for slab in run:
                    out, table = self._assembled(account, content, context, slab, layout, constants, kept_out)
                    parquet.write_table(table.cast(schema), row_group_size=ROW_GROUP_ROWS)
                    outs.append(out)
            return outs

        frequent = _repeating(layout, self.plan, slabs[0])
        paths = [writer.part_path() for _ in runs]
        with ThreadPoolExecutor(self.threads) as pool:
            return [out for outs in pool.map(write, runs, paths) for out in outs]

    def _assembled(
        self,
        account: str,
        content: FileContent,
        context: Context,
        slab: Slab,
        layout: _Layout,
        constants: Mapping[str, Converted],
        kept_out: Mapping[int, str],
    ) -> tuple[_SlabOut, pa.Table]:
        """The part's rows of one slab, and what stays out of them."""
        out, count = _SlabOut(), slab.rows
        numbers = content.row_numbers[slab.start : slab.start + count]
        row_text = pa.array(numbers).cast(pa.string())
        dropped = np.zeros(count, dtype=np.bool_)
        entries: list[tuple[str, str, str, str, Rows]] = []
        for index, reason in kept_out.items():
            if slab.start <= index < slab.start + count:
                dropped[index - slab.start] = True
                column = ", ".join(self.plan.key) if reason != "duplicate_row" else ""
                entries.append(("row", column, "", reason, np.array([index - slab.start], dtype=np.int64)))
        filled = {
            fill.fill.name: filling.filled_rows(slab, fill.fill.when, self.mapping.empty) for fill in self.plan.fills
        }
        values = self._bad_values(slab, filled, dropped, entries)
        for scope_value in values:
            rows = scope_value[4][~dropped[scope_value[4]]]
            if len(rows):
                entries.append((*scope_value[:4], rows))
        out.quarantine = [self._quarantine_table(account, content, slab, entry) for entry in entries]
        arrays: dict[str, pa.Array] = {
            ROW_COLUMN: row_text,
            KEY_COLUMN: slab.key if slab.key is not None else row_text,
        }
        for name, column in layout.written.items():
            arrays[column] = slab.written[name]
        for name, column in layout.canonical.items():
            if name not in layout.shared:
                arrays[column] = self._canonical(name, slab, constants, row_text)
        for name, column in layout.flags.items():
            arrays[column] = slab.flags[name]
        for fill in self.plan.fills:
            mask = pa.array(filled[fill.fill.name])
            arrays[f"{fill.fill.name}__{FILLED_SUFFIX}"] = pc.if_else(mask, pa.scalar("true"), pa.scalar("false"))
        table = pa.table({name: arrays[name] for name in layout.columns(self.plan)})
        if dropped.any():
            table = table.filter(pa.array(~dropped))
        out.rows = table.num_rows
        self._add_totals(out, slab, filled, dropped, constants)
        return out, table

    def _canonical(
        self, name: str, slab: Slab, constants: Mapping[str, Converted], row_text: pa.StringArray
    ) -> pa.StringArray:
        if name in slab.converted:
            return slab.converted[name].values
        if name in constants:
            return pa.repeat(constants[name].values[0], slab.rows)
        return row_text

    def _bad_values(
        self, slab: Slab, filled: Mapping[str, Mask], dropped: Mask, entries: list[tuple[str, str, str, str, Rows]]
    ) -> list[tuple[str, str, str, str, Rows]]:
        """Adds to `dropped` and `entries` the rows that a required field keeps out (first reason only); returns the
        entries of single values."""
        single: list[tuple[str, str, str, str, Rows]] = []
        for fill in self.plan.fills:
            here = filled[fill.fill.name]
            for target in fill.targets:
                converted = slab.converted.get(target.conversion)
                if converted is None:
                    continue
                column = ", ".join(target.rule.columns)
                bad = dict(converted.bad)
                if target.item.required and converted.values.null_count:
                    empty = ~valid_mask(converted.values)
                    for rows in bad.values():
                        empty[rows] = False
                    bad["missing_required_value"] = np.flatnonzero(empty).astype(np.int64)
                for reason, rows in bad.items():
                    rows = rows[here[rows]]
                    if not len(rows):
                        continue
                    if not target.item.required:
                        single.append(("value", column, fill.contract.name, reason, rows))
                        continue
                    first = rows[~dropped[rows]]
                    dropped[first] = True
                    if len(first):
                        entries.append(("row", column, fill.contract.name, reason, first))
        return single

    def _quarantine_table(
        self, account: str, content: FileContent, slab: Slab, entry: tuple[str, str, str, str, Rows]
    ) -> pa.Table:
        scope, column, contract, reason, rows = entry
        count = len(rows)
        shapes: pa.Array = pa.nulls(count, pa.string())
        names = (
            [name for name in column.split(", ") if name in slab.original] if column not in slab.original else [column]
        )
        if names:
            index = pa.array(rows)
            taken = [slab.original[name].take(index) for name in dict.fromkeys(names)]
            shapes = map_distinct(taken[0] if len(taken) == 1 else notation.joined(taken, " "), shape_of)
        lines = content.line_numbers(rows + slab.start)
        return pa.table(
            {
                "file_name": pa.repeat(pa.scalar(account), count),
                "row_number": pa.array(content.row_numbers[rows + slab.start]),
                "line_number": pa.array(lines, pa.int64()),
                "column_name": pa.repeat(pa.scalar(column or None, pa.string()), count),
                "contract": pa.repeat(pa.scalar(contract or None, pa.string()), count),
                "scope": pa.repeat(pa.scalar(scope), count),
                "reason": pa.repeat(pa.scalar(reason), count),
                "shape": shapes,
            }
        )

    def _add_totals(
        self, out: _SlabOut, slab: Slab, filled: Mapping[str, Mask], dropped: Mask, constants: Mapping[str, Converted]
    ) -> None:
        for fill in self.plan.fills:
            rows = filled[fill.fill.name] & ~dropped
            out.filled[fill.fill.name] += int(rows.sum())
            for target in fill.targets:
                if target.rule.kind != "money":
                    continue
                name = (fill.fill.name, target.item.name)
                converted = slab.converted.get(target.conversion)
                if converted is None:
                    constant = constants[target.conversion].integers
                    total = 0 if constant is None else int(constant[0])
                    code = filling.constant_currency(target.rule, self.currencies)
                    out.money[(*name, code)] += total * int(rows.sum())
                    continue
                minor = converted.integers
                if minor is None:
                    continue
                currency = slab.currencies[target.conversion]
                if isinstance(currency, str):
                    out.money[(*name, currency)] += exact_sum(minor[rows])
                    continue
                has_value = rows & valid_mask(converted.values)
                for code in pc.unique(currency.filter(pa.array(has_value))).to_pylist():
                    same = np.asarray(pc.fill_null(pc.equal(currency, code), False).to_numpy(zero_copy_only=False))
                    out.money[(*name, code)] += exact_sum(minor[has_value & same])

    def _described(
        self, fill: FillPlan, layout: _Layout, constants: Mapping[str, Converted], outs: Sequence[_SlabOut], rows: int
    ) -> dict[str, Any]:
        filled = sum(out.filled[fill.fill.name] for out in outs)
        totals: Counter[tuple[str, str, str]] = Counter()
        for out in outs:
            totals.update(out.money)
        return {
            "contract": fill.contract.name,
            "name": fill.fill.name,
            "columns": {target.item.name: layout.canonical[target.conversion] for target in fill.targets}
            | {flag: layout.flags[conversion] for flag, conversion in fill.flags.items()},
            "rows_filled": filled,
            "rows_skipped": rows - filled,
            "money": [
                {"field": name, "currency": code, "minor": str(minor)}
                for (fill_name, name, code), minor in sorted(totals.items())
                if fill_name == fill.fill.name
            ],
        }

    def _findings(self, account: str, content: FileContent, slabs: Sequence[Slab]) -> list[dict[str, Any]]:
        rows = content.table.num_rows
        found: list[dict[str, Any]] = []

        def add(column: str | None, finding: str, occurrences: int, message: str, checked: int = rows) -> None:
            found.append(
                {
                    "file_name": account,
                    "column_name": column,
                    "finding": finding,
                    "occurrences": occurrences,
                    "rows_checked": checked,
                    "message": message,
                }
            )

        for note in self.stream.notes:
            wanted = pa.array(note.values, pa.string())
            times = sum(
                int(pc.sum(pc.is_in(notation.trimmed(slab.original[note.column], ()), value_set=wanted)).as_py() or 0)
                for slab in slabs
            )
            if times:
                add(note.column, "noted_value", times, note.message)
        for name, (rule, _) in self.plan.conversions.items():
            if rule.kind != "timestamp" or not rule.columns:
                continue
            facts = [slab.converted[name].times for slab in slabs]
            total = TimeFacts(
                sum(fact.with_time for fact in facts),
                sum(fact.with_seconds for fact in facts),
                sum(fact.with_nonzero_seconds for fact in facts),
            )
            if precision_is_lost(total):
                cut = sum(slab.rows - slab.converted[name].values.null_count for slab in slabs)
                column = ", ".join(rule.columns)
                if not any(item["column_name"] == column and item["finding"] == "precision_lost" for item in found):
                    add(
                        column,
                        "precision_lost",
                        cut,
                        "times have no seconds in this export: order within a minute is lost",
                    )
        for column in self.plan.written:
            if column in self.plan.dated:
                continue
            ruined = sum(spreadsheet_dates(slab.columns[column]) for slab in slabs)
            if ruined:
                add(
                    column,
                    "spreadsheet_date",
                    ruined,
                    "a spreadsheet has turned these values into dates: export again as text",
                )
        for item in self._profiled(content, slabs):
            add(*(item[name] for name in ("column_name", "finding", "occurrences", "message", "rows_checked")))
        removed, before = self._removed(content, slabs)
        if removed:
            add(None, "removed_rows", removed, "rows of the previous version of this file are gone", before)
        return found

    def _profiled(self, content: FileContent, slabs: Sequence[Slab]) -> list[dict[str, Any]]:
        observed_at = self.mapping.observed_at(self.company_time_zone) or as_utc(self.lake.clock.now())
        profiler = Profiler(self.mapping, self.stream, self.plan, slabs, content.table, observed_at, self.threads)
        return profiler.findings()

    def _removed(self, content: FileContent, slabs: Sequence[Slab]) -> tuple[int, int]:
        """(keys of the previous version that are gone, keys of the previous version)."""
        if self.last is None:
            return 0, 0
        previous = pc.unique(pq.read_table([str(path) for path in self.last.parts], columns=[KEY_COLUMN]).column(0))
        if self.plan.key:
            present = pa.chunked_array([slab.key for slab in slabs if slab.key is not None], pa.string())
        else:
            present = pa.chunked_array([pa.array(np.arange(1, content.records + 1)).cast(pa.string())])
        gone = pc.invert(pc.is_in(previous, value_set=pc.unique(present)))
        return int(pc.sum(gone).as_py() or 0), len(previous)


def _shown(name: str) -> str:
    """A column's name for a message. What stands in a header may be data after all (a lost header line, an open quote), so
    contact data are replaced, a long text is cut, and one with line breaks or control characters is a shape."""
    if any(not character.isprintable() for character in name):
        return shape_of(name) or ""
    text = str(scrub_free_text(pa.array([name], pa.string()))[0])
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"


def _repeating(layout: _Layout, plan: StreamPlan, slab: Slab) -> list[str]:
    """Part columns whose values repeat much, judged by the first slab."""
    rare = {ROW_COLUMN, KEY_COLUMN}
    for name, column in layout.written.items():
        if slab.columns[name].indices is None:
            rare.add(column)
    for name, (rule, _) in plan.conversions.items():
        if any(column in plan.contacts or slab.columns[column].indices is None for column in rule.columns):
            rare.add(layout.canonical[name])
        if rule.row_number:
            rare.add(layout.canonical[name])
    return [column for column in layout.columns(plan) if column not in rare]


def _same(values: pa.StringArray, written: pa.StringArray) -> bool:
    return values is written or bool(values.equals(written))


def _part_name(name: str, taken: set[str]) -> str:
    """The column's name as letters, digits and `_`, made unique; a leading `_` is the loader's own."""
    base = "".join(char if char.isalnum() else "_" for char in name.strip().lower()).strip("_") or "column"
    candidate, number = base, 1
    while candidate in taken:
        number += 1
        candidate = f"{base}_{number}"
    return candidate


def _duplicates(table: pa.Table, keys: pa.ChunkedArray | None) -> dict[int, str]:
    """Rows that repeat an earlier one: same key (or, without keys, same content). The first stays."""
    numbered = table.rename_columns([f"c{position}" for position in range(table.num_columns)])
    listed = ", ".join(numbered.column_names)
    identity = f"hash({listed})"
    if keys is not None:
        numbered, identity = pa.table({"c0": keys}), "c0"
    ((known, different),) = ask(numbered, f"select count({identity}), count(distinct hash({identity})) from rows")
    if known == different:
        return {}
    pairs = ask(
        numbered,
        f"""
        with numbered as (select {identity} as identity, row_number() over () - 1 as i from rows),
        firsts as (select i, min(i) over (partition by identity) as first from numbered where identity is not null)
        select i, first from firsts where i <> first order by i
        """,
    )
    later = _rows_as_tuples(table, [pair[0] for pair in pairs])
    first = _rows_as_tuples(table, [pair[1] for pair in pairs])
    found = {}
    for (index, _), one, other in zip(pairs, later, first, strict=True):
        if one == other:
            found[int(index)] = "duplicate_row"
        elif keys is not None:
            found[int(index)] = "duplicate_key"
    return found


def _rows_as_tuples(table: pa.Table, rows: list[int]) -> list[tuple[str | None, ...]]:
    taken = table.take(pa.array(rows, pa.int64()))
    return list(zip(*(column.to_pylist() for column in taken.columns), strict=True))


def _bad_rows(account: str, content: FileContent) -> pa.Table:
    bad = content.bad
    return pa.table(
        {
            "file_name": pa.array([account] * len(bad), pa.string()),
            "row_number": pa.array([row.row_number for row in bad], pa.int64()),
            "line_number": pa.array([row.line_number for row in bad], pa.int64()),
            "column_name": pa.array([row.column_name for row in bad], pa.string()),
            "scope": pa.array(["row"] * len(bad), pa.string()),
            "reason": pa.array([row.reason for row in bad], pa.string()),
            "shape": pa.array([row.shape for row in bad], pa.string()),
        }
    )


def _counted(tables: Sequence[pa.Table]) -> tuple[Counter[str], Counter[str]]:
    """Reasons of rows, and of single values."""
    counts: dict[str, Counter[str]] = {"row": Counter(), "value": Counter()}
    for table in tables:
        for scope, reason in zip(table.column("scope").to_pylist(), table.column("reason").to_pylist(), strict=True):
            counts[scope][reason] += 1
    return counts["row"], counts["value"]


def _listed(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
