"""A proposal as text: the mapping file with its comments, a first configuration, and what the terminal shows."""

import glob
import json
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from orchestration.landing import scrub_free_text, shape_of
from orchestration.sources.files.mapping import FORMATS, field_kind
from orchestration.sources.proposal.column_types import ColumnFacts
from orchestration.sources.proposal.deciding import FileProposal, FillProposal, Line, Proposal, kept_columns
from orchestration.sources.proposal.matching import describe

EXAMPLE_VALUES = 3
EXAMPLE_LENGTH = 28
_PLAIN = re.compile(r"[^\W\d_][\w.%/-]*(?: [\w.%/-]+)*")
_RESERVED_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n", "nan"}


def mapping_text(proposal: Proposal, path: Path, *, only_complete: bool = False) -> str:
    """The mapping as it stands at `path`. `only_complete` leaves out what is not decided, so that the rest loads."""
    out = [] if only_complete else _preface(proposal)
    folder = os.path.relpath(proposal.folder, path.absolute().parent)
    out.append(f"source: {proposal.source}")
    out.append(f"folder: {_scalar(Path(folder).as_posix())}  # relative to this file")
    out.append("# exported_at: 2026-06-01T09:00:00  # when the export was made; else the moment it is loaded")
    zone = proposal.time_zone or "UTC"
    why = "given" if proposal.time_zone else "assumed: name the zone of the system that wrote the times"
    out.append(f"time_zone: {zone}  # {why}")
    if proposal.currency is not None:
        out.append(f"currency: {proposal.currency}  # {proposal.currency_reason or 'given'}")
    elif proposal.needs_currency:
        out.append("# currency: EUR  # DECIDE of amounts that have no currency beside them")
    if any(fill.contract.name in ("deals", "payments") for file in proposal.files for fill in file.fills):
        out.append("# amounts_include_vat: true  # say whether the amounts of deals and payments contain VAT")
    if proposal.phone_region is not None:
        out.append(f"phone_region: {proposal.phone_region}  # most numbers without a country code are of its plan")
    out += _empty_lines(proposal)
    out.append("streams:")
    written = 0
    for file in proposal.files:
        fills = [fill for fill in file.fills if not only_complete or is_previewed(proposal, fill)]
        if fills:
            out += _stream(proposal, file, fills, only_complete)
            written += 1
        elif not only_complete:
            columns = ", ".join(item.name for item in file.facts)
            out.append(f"  # {_comment(file.label)}: fills no contract, left out. Columns: {_comment(columns, 200)}")
    if not written:
        out[-1 if out[-1] == "streams:" else out.index("streams:")] = "streams: {}"
    return "\n".join(out) + "\n"


def _preface(proposal: Proposal) -> list[str]:
    lines = [
        "# Proposed by `onefunnel map` from headers and values. Read each line, edit, delete what is wrong (docs/mapping.md)."
    ]
    if proposal.decisions:
        lines.append(
            f"# {counted(len(proposal.decisions), 'decision')} left; the lines with DECIDE wait for an answer:"
        )
        lines += [f"#   {number}. {_comment(text, 300)}" for number, text in enumerate(proposal.decisions, 1)]
    if proposal.checks:
        lines.append("# Worth a look:")
        lines += [f"#   - {_comment(text, 300)}" for text in proposal.checks]
    if proposal.joins:
        lines.append("# Keys that join the files (share of distinct values that are found):")
        lines += [
            f"#   {_comment(f'{join.file} {join.column} -> {join.other_file} {join.other_column}: {join.rate:.1%}', 200)}"
            for join in proposal.joins
        ]
    return lines


def _empty_lines(proposal: Proposal) -> list[str]:
    if not proposal.placeholders:
        return []
    lines = ["empty:  # values that mean nothing; delete those that mean something", '  - ""']
    for text, places in proposal.placeholders.items():
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        lines.append(f"  - {_scalar(text)}  # {_comment('; '.join(places[:3]) + more, 200)}")
    return lines


def counted(number: int, noun: str) -> str:
    """`1 decision`, `2 decisions`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def is_previewed(proposal: Proposal, fill: FillProposal) -> bool:
    """Whether every field that the contract requires is decided."""
    if not fill.is_complete:
        return False
    required = {item.name for item in fill.contract.fields if item.required}
    return not (required & set(undecided_amounts(proposal, fill)))


def undecided_amounts(proposal: Proposal, fill: FillProposal) -> list[str]:
    """Amounts of a fill that cannot be read because nobody said in which currency they are."""
    if proposal.currency is not None or "currency" in fill.lines:
        return []
    return [name for name in fill.lines if field_kind(fill.contract.field(name)) == "money"]


def _stream(proposal: Proposal, file: FileProposal, fills: Sequence[FillProposal], only_complete: bool) -> list[str]:
    layout = file.layout
    said = f"{file.rows:,} rows, {layout.encoding_name}"
    out = [f"  {file.stream}:  # {_comment(said)}"]
    relative = Path(os.path.relpath(layout.path, proposal.folder)).as_posix()
    out.append(f"    file: {_scalar(glob.escape(relative))}")
    if FORMATS.get(layout.path.suffix.lower()) != layout.format:
        out.append(f"    format: {layout.format}")
    if layout.delimiter is not None:
        out.append(f"    delimiter: {json.dumps(layout.delimiter)}")
    if layout.encoding is not None:
        out.append(f"    encoding: {layout.encoding}")
    if layout.sheet is not None:
        out.append(f"    sheet: {_scalar(layout.sheet)}")
    if layout.header_row != 1:
        out.append(f"    header_row: {layout.header_row}")
    if file.key:
        out.append(f"    key: [{', '.join(_scalar(name) for name in file.key)}]  # {_key_words(file)}")
    else:
        out.append("    # key: [..]  # no column or pair of columns names a row; the row's number does")
    if not only_complete:
        plain, hidden = kept_columns(file)
        if plain:
            names = ", ".join(_scalar(name) for name in plain)
            out.append(f"    # keep: [{names}]  # these fill nothing; uncomment to land them as written")
        if hidden:
            out.append(f"    # not kept, may name people: {_comment(', '.join(hidden), 200)}")
    out.append("    fills:")
    for fill in fills:
        out += _fill(proposal, file, fill, only_complete)
    return out


def _key_words(file: FileProposal) -> str:
    if len(file.key) == 2:
        return "the pair names every row"
    repeats = file.column(file.key[0]).repeats or 0
    return f"{repeats:,} rows repeat it or lack it" if repeats else "unique in the whole file"


def _fill(proposal: Proposal, file: FileProposal, fill: FillProposal, only_complete: bool) -> list[str]:
    why = f"  # {_comment(fill.reason, 120)}" if fill.reason else ""
    out = [f"      - contract: {fill.contract.name}{why}"]
    if fill.name is not None:
        out.append(f"        name: {fill.name}")
    if fill.when:
        out.append(f"        when: [{', '.join(_flow(condition) for condition in fill.when)}]")
    out.append("        fields:")
    dropped = undecided_amounts(proposal, fill) if only_complete else []
    for item in fill.contract.fields:
        if item.name in fill.missing and not only_complete:
            out.append(
                f"          # {item.name}:  # DECIDE required: {_comment(item.description, 160)}{_hint(file, fill, item.name)}"
            )
        line = fill.lines.get(item.name)
        if line is None or item.name in dropped:
            continue
        if line.alternatives:
            if not only_complete:
                out += [
                    f"          # {item.name}: {_rule(line, options)}  # DECIDE {_comment(words or line.comment, 160)}"
                    for options, words in line.alternatives
                ]
            continue
        out.append(f"          {item.name}: {_rule(line, line.options)}{_line_comment(file, line)}")
    return out


def _hint(file: FileProposal, fill: FillProposal, name: str) -> str:
    """Columns of the right kind that fill nothing else."""
    kind = field_kind(fill.contract.field(name))
    wanted = {
        "timestamp": ("time", "date"),
        "date": ("time", "date"),
        "money": ("number", "integer"),
        "decimal": ("number", "integer"),
    }
    free = [
        item.name
        for item in file.facts
        if item.kind in wanted.get(kind, ("category",)) and item.name not in fill.columns
    ]
    return f" Perhaps one of: {_comment(', '.join(free[:5]), 120)}" if free else ""


def _rule(line: Line, options: Mapping[str, object]) -> str:
    match = line.match
    if match.row_number:
        return "{row_number: true}"
    if match.column is None:
        return _flow({"value": match.value})
    if not options:
        return _scalar(match.column)
    return _flow({"column": match.column, **options})


def _line_comment(file: FileProposal, line: Line) -> str:
    match = line.match
    parts = [f"{match.confidence}: {match.evidence}"]
    if line.comment:
        parts.append(line.comment)
    if match.column is not None:
        examples = shown_values(file.column(match.column))
        if examples:
            parts.append(examples)
    return f"  # {_comment('; '.join(parts), 260)}"


def shown_values(column: ColumnFacts, most: int = EXAMPLE_VALUES) -> str:
    """A few values, or their shapes where they may name a person."""
    if column.kind == "empty":
        return ""
    if column.is_hidden:
        return "shapes " + " | ".join(column.shapes[:most])
    texts = [text for text, _ in column.values[:most]]
    scrubbed = scrub_free_text(pa.array(texts, pa.string())).to_pylist()
    if texts != scrubbed:
        return "shapes " + " | ".join(column.shapes[:most])
    return "values " + " | ".join(_shortened(text) for text in scrubbed)


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= EXAMPLE_LENGTH else flat[: EXAMPLE_LENGTH - 1] + "…"


def _comment(text: str, most: int = 400) -> str:
    """Text that stays on the line of its comment."""
    flat = "".join(" " if unicodedata.category(char)[0] == "C" and char != "\u200c" else char for char in text)
    flat = " ".join(flat.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def _flow(value: object) -> str:
    """YAML in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(str(key))}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if value is True:
        return "true"
    return _scalar(str(value))


def _scalar(text: str) -> str:
    """A YAML scalar that means exactly this text, plain where that is safe."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED_WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def configuration_text(proposal: Proposal, mapping: Path, path: Path) -> str:
    """A first onefunnel.yml at `path`."""
    relative = Path(os.path.relpath(mapping, path.parent)).as_posix()
    currency = (
        f"reporting_currency: {proposal.currency}"
        if proposal.currency
        else "# reporting_currency: EUR  # DECIDE the currency of the reports"
    )
    return (
        "# Written by `onefunnel map`. Paths are relative to this file. Next: onefunnel run --config "
        f"{path.name}\n"
        "company: My company\n"
        f"time_zone: {proposal.time_zone or 'UTC'}  # IANA name; decides local days and months\n"
        "period_calendar: gregorian  # or jalali\n"
        f"{currency}\n"
        "vat_basis: net  # or gross\n"
        "language: en  # en, ru or fa\n"
        "home: var  # lake, warehouse, published builds, reports\n"
        "sources:\n"
        f"  - {{type: files, mapping: {_scalar(relative)}}}\n"
    )


def report(proposal: Proposal) -> list[str]:
    """Lines for the terminal: every file with its columns, and the joins."""
    out = []
    for file in proposal.files:
        layout = file.layout
        delimiter = {None: "", "\t": ", tabs"}.get(layout.delimiter, f", delimiter {layout.delimiter}")
        header = f", header in line {layout.header_row}" if layout.header_row != 1 else ""
        out += ["", f"{file.label}: {file.rows:,} rows, {layout.encoding_name}{delimiter}{header}"]
        out.append(f"  fills: {_contracts_line(file)}")
        key = f"{' + '.join(file.key)} ({_key_words(file)})" if file.key else "none; the row's number"
        out.append(f"  key:   {key}")
        rows = [("column", "holds", "fills", "confidence", "seen")]
        for item in file.facts:
            used = [
                (fill.contract.name, name, line)
                for fill in file.fills
                for name, line in fill.lines.items()
                if line.match.column == item.name
            ]
            targets = ", ".join(dict.fromkeys(f"{where}.{name}" for where, name, _ in used))
            confidence = ("asked" if used[0][2].alternatives else used[0][2].match.confidence) if used else ""
            rows.append((item.name, describe(item), targets, confidence, shown_values(item, 2)))
        out += _table(rows, (26, 34, 44, 10, 60))
    if proposal.joins:
        out += ["", "Keys that join the files (share of distinct values that are found):"]
        out += [f"  {line}" for line in join_lines(proposal)]
    return out


def _contracts_line(file: FileProposal) -> str:
    if not file.fills:
        return f"nothing (nearest: {file.ranked[0].contract.name})"
    names = list(dict.fromkeys(fill.contract.name for fill in file.fills))
    best, second = file.ranked[0], file.ranked[1]
    margin = best.points - second.points
    confidence = "sure" if margin >= 3 else "likely" if margin >= 1 else "guess"
    evidence = f"; {', '.join(best.evidence)}" if best.evidence else ""
    also = f", and {', '.join(names[1:])}" if names[1:] else ""
    return f"{names[0]} ({confidence}{evidence}){also}; next best: {second.contract.name}"


def join_lines(proposal: Proposal) -> list[str]:
    """The table of joins."""
    rows = [("from", "to", "found", "values", "not found, for example")]
    for join in proposal.joins:
        hidden = next(file for file in proposal.files if file.label == join.file).column(join.column).is_hidden
        texts = [] if hidden else scrub_free_text(pa.array(join.unmatched, pa.string())).to_pylist()
        missing = " | ".join(_shortened(text) for text in texts)
        rows.append(
            (
                f"{join.file}: {join.column}",
                f"{join.other_file}: {join.other_column}",
                f"{join.rate:.1%}",
                f"{join.matched:,} of {join.distinct:,}",
                missing,
            )
        )
    return [line.strip() for line in _table(rows, (60, 60, 8, 20, 60))]


def _table(rows: Sequence[Sequence[str]], most: Sequence[int]) -> list[str]:
    """Columns as wide as their longest value, at most so many characters."""
    cut = [[_comment(text, width) for text, width in zip(row, most, strict=True)] for row in rows]
    widths = [max(_width(row[column]) for row in cut) for column in range(len(most))]
    return [
        "  " + "  ".join(text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in cut
    ]


def _width(text: str) -> int:
    return sum(0 if unicodedata.category(char) in ("Mn", "Cf") else 1 for char in text)


def preview_value(column: ColumnFacts | None, value: str | None, is_contact: bool) -> str:
    """A contract value for the terminal: tokens shortened, what may name a person as its shape."""
    if value is None:
        return "·"
    if is_contact:
        return f"token {value[:6]}…"
    if column is not None and column.is_hidden:
        return shape_of(value) or ""
    return _shortened(scrub_free_text(pa.array([value], pa.string())).to_pylist()[0])


def preview_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Fields down, sample rows across."""
    return _table(rows, [28] + [EXAMPLE_LENGTH + 2] * (len(rows[0]) - 1))
