"""A mapping proposed for files that nobody has described: what they are, what they hold, which contracts they fill.

`propose` reads the files whole with the loader's own reader, judges columns on a sample, counts keys and joins on whole
files, and decides fields. It decides nothing that the data do not show: such things become `decisions`, which stand as
commented lines with `# DECIDE` in the mapping that `writing` makes. The same files give the same proposal.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from orchestration.contracts import Contract
from orchestration.sources.definitions import Currencies
from orchestration.sources.files.mapping import RESERVED_SOURCES, StreamMapping, field_kind
from orchestration.sources.files.notation import FALSE_VALUES, TRUE_VALUES
from orchestration.sources.files.reading import FilesError, read_file
from orchestration.sources.proposal.column_types import CONTACT_KINDS, ColumnFacts, column_facts
from orchestration.sources.proposal.join_keys import Join, joins, key_columns
from orchestration.sources.proposal.matching import (
    LEAST_CONTRACT,
    Candidate,
    Match,
    Synonyms,
    candidates,
    likeness,
    load_synonyms,
    looked_up,
    words_of,
)
from orchestration.sources.proposal.sniffing import Layout, layouts, read_tolerantly

ENTITIES = ("accounts", "campaigns", "owners", "people")
"""Contracts that several files may describe; they are merged later, so a file of deals may also say who its accounts are."""

EMAIL_IS_ID = "an e-mail address names the person: its token is the id"

JOINED = 0.8
"""Share of a column's values that must be keys of another file for the column to fill that file's key."""

LARGE_FILE = 16_000_000
"""Bytes from which a delimited file is read without the loader's row-by-row reader, which is exact and slow."""

Progress = Callable[[str], None]


class ProposalError(ValueError):
    """Files that no mapping can be proposed for; one line a file."""


@dataclass(frozen=True)
class Line:
    """One field of a proposed fill.

    `options` are the keys beside `column` (or the whole rule for a constant). With `alternatives` nothing is proposed:
    each is a way to read the column and a person must choose.
    """

    match: Match
    options: Mapping[str, object] = field(default_factory=dict)
    comment: str = ""
    alternatives: tuple[tuple[Mapping[str, object], str], ...] = ()


@dataclass
class FillProposal:
    """One contract filled from a file. `missing` are required fields that no column seems to fill."""

    contract: Contract
    lines: dict[str, Line]
    name: str | None = None
    when: tuple[Mapping[str, object], ...] = ()
    reason: str = ""
    missing: tuple[str, ...] = ()

    @property
    def undecided(self) -> list[str]:
        return [name for name, line in self.lines.items() if line.alternatives]

    @property
    def is_complete(self) -> bool:
        required = {item.name for item in self.contract.fields if item.required}
        return not self.missing and not required & set(self.undecided)

    @property
    def columns(self) -> set[str]:
        return {line.match.column for line in self.lines.values() if line.match.column is not None}


@dataclass
class FileProposal:
    """What is said of one file or sheet."""

    layout: Layout
    stream: str
    rows: int
    unreadable: Mapping[str, int]
    """Reason → records of the whole file that stay out because they could not be read. Of a large file only the rows
    are counted whose number of columns is wrong."""
    facts: list[ColumnFacts]
    key: tuple[str, ...]
    table: pa.Table = field(repr=False)
    ranked: list[Candidate] = field(default_factory=list, repr=False)
    fills: list[FillProposal] = field(default_factory=list)

    @property
    def label(self) -> str:
        return self.layout.label

    def column(self, name: str) -> ColumnFacts:
        return next(item for item in self.facts if item.name == name)


@dataclass
class Proposal:
    """A whole mapping, not yet text."""

    source: str
    folder: Path
    files: list[FileProposal]
    joins: list[Join]
    contracts: Mapping[str, Contract] = field(repr=False)
    currency: str | None = None
    currency_reason: str = ""
    needs_currency: bool = False
    time_zone: str | None = None
    has_local_times: bool = False
    phone_region: str | None = None
    decisions: list[str] = field(default_factory=list)
    """What only a person can say; the mapping does not load, or leaves a column out, until they are decided."""
    checks: list[str] = field(default_factory=list)
    """What was assumed and should be looked at; the mapping loads without."""

    @property
    def placeholders(self) -> dict[str, list[str]]:
        """Placeholder as written → `stream.column: rows`."""
        found: dict[str, list[str]] = {}
        for file in self.files:
            if not file.fills:
                continue
            for item in file.facts:
                for text, count in item.placeholders:
                    found.setdefault(text, []).append(f"{file.stream}.{item.name}: {count:,} of {file.rows:,}")
        return dict(sorted(found.items()))


def propose(
    paths: Sequence[Path],
    contracts: Mapping[str, Contract],
    currencies: Currencies,
    *,
    source: str | None = None,
    currency: str | None = None,
    time_zone: str | None = None,
    progress: Progress | None = None,
) -> Proposal:
    """Proposes a mapping for the files. Raises ProposalError with one line for every file that is no table of rows."""
    synonyms = load_synonyms(contracts)
    tell = progress or (lambda _: None)
    files = _files(paths, synonyms, tell)
    folder = Path(os.path.commonpath([file.layout.path.absolute().parent for file in files]))
    for file in files:
        file.ranked = candidates(file.label, file.facts, file.key, contracts, synonyms)
        best = file.ranked[0]
        if best.points >= LEAST_CONTRACT:
            own = best.matches[best.contract.primary_key].column
            if own is not None and (own,) != file.key and file.column(own).names_rows:
                file.key = (own,)
            file.fills = [FillProposal(best.contract, {}, missing=best.missing)]
    tell("looking for keys that join the files")
    tables = {file.label: file.table for file in files}
    found = joins(tables, {file.label: file.facts for file in files}, {file.label: file.key for file in files})
    proposal = Proposal(_source_name(source, folder), folder, files, found, contracts, currency, time_zone=time_zone)
    _choose_fields(proposal, synonyms)
    _hide_employees(proposal)
    _choose_currency(proposal, currencies)
    _choose_region(proposal)
    _list_questions(proposal)
    return proposal


def _files(paths: Sequence[Path], synonyms: Synonyms, tell: Progress) -> list[FileProposal]:
    problems: list[str] = []
    found: list[FileProposal] = []
    streams: set[str] = set()
    for path in dict.fromkeys(Path(path).absolute() for path in paths):
        try:
            sheets = layouts(path)
        except FilesError as error:
            problems.append(str(error))
            continue
        read = []
        for layout in sheets:
            try:
                tell(f"reading {layout.label} ({path.stat().st_size / 1e6:,.1f} MB)")
                read.append(_file(layout, synonyms, len(sheets) > 1, streams))
            except FilesError as error:
                problems.append(str(error))
        filled = [file for file in read if file.rows]
        if read and not filled:
            problems.append(f"{path}: only a header and no rows; there is nothing to learn from, leave it out for now")
        found += filled
    if problems:
        raise ProposalError("\n".join(problems))
    return found


def _file(layout: Layout, synonyms: Synonyms, with_sheet: bool, streams: set[str]) -> FileProposal:
    stream = StreamMapping(
        "proposal",
        layout.path.name,
        layout.format,
        (),
        layout.delimiter,
        layout.encoding,
        layout.sheet,
        layout.header_row,
    )
    if layout.format == "csv" and layout.path.stat().st_size > LARGE_FILE:
        table, unreadable = read_tolerantly(layout)
    else:
        content = read_file(layout.path, stream)
        table, unreadable = content.table, Counter(row.reason for row in content.bad)
    facts = column_facts(table, synonyms.words())
    key = key_columns(table, facts, synonyms.is_key_name)
    name = _slug(layout.path.stem + (f" {layout.sheet}" if with_sheet else "")) or "stream"
    number, unique = 1, name
    while unique in streams:
        number += 1
        unique = f"{name}_{number}"
    streams.add(unique)
    return FileProposal(layout, unique, table.num_rows, unreadable, facts, key, table)


_LATIN = dict(zip("абвгдеёзийклмнопрстуфыэ", "abvgdeeziyklmnoprstufye", strict=True)) | {
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya", "ъ": "", "ь": "",
}  # fmt: skip


def _slug(text: str) -> str:
    """Lower-case Latin letters, digits and `_`, a letter first; empty when nothing is left."""
    latin = "".join(_LATIN.get(char, char) for char in text.lower())
    plain = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")
    return plain if not plain or plain[0].isalpha() else f"file_{plain}"


def _source_name(given: str | None, folder: Path) -> str:
    if given is not None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", given) or given in RESERVED_SOURCES:
            raise ProposalError(
                f"--source {given!r}: expected lower-case letters, digits and _, a letter first, and none of "
                f"{', '.join(RESERVED_SOURCES)}"
            )
        return given
    name = _slug(folder.name) or "exports"
    return f"{name}_exports" if name in RESERVED_SOURCES else name


def _choose_fields(proposal: Proposal, synonyms: Synonyms) -> None:
    mains = {file.fills[0].contract.name for file in proposal.files if file.fills}
    for file in proposal.files:
        if not file.fills:
            continue
        best = file.ranked[0]
        matches = dict(best.matches)
        _add_joined(proposal, file, best.contract, matches)
        _add_shared(file, best.contract, matches)
        main = file.fills[0]
        main.lines = _lines(file, best.contract, matches, synonyms)
        main.missing = tuple(name for name in best.missing if name not in main.lines)
        main.reason = ", ".join(best.evidence)
    people_are_leads = _leads_as_people(proposal)
    for file in proposal.files:
        if not file.fills:
            continue
        main = file.fills[0]
        if (
            people_are_leads
            and main.contract.name in ("deals", "touches")
            and "person_id" not in main.lines
            and "lead_id" in main.lines
        ):
            main.lines["person_id"] = _borrowed(
                main.lines["lead_id"], "person_id", "the leads file takes one person a lead"
            )
        if main.contract.name == "deals":
            _split_by_outcome(file, synonyms)
        file.fills += _companions(file, main, mains, synonyms, proposal.contracts)


def _add_joined(proposal: Proposal, file: FileProposal, contract: Contract, matches: dict[str, Match]) -> None:
    """Fields that are keys of other contracts, by columns whose values are the keys of that contract's file."""
    used = {match.column for match in matches.values()}
    owners = {
        (other.label, other.ranked[0].matches[other.ranked[0].contract.primary_key].column): other.ranked[0].contract
        for other in proposal.files
        if other.fills and other is not file
    }
    for join in proposal.joins:
        target = owners.get((join.other_file, join.other_column))
        if join.file != file.label or join.column in used or target is None or join.rate < JOINED:
            continue
        if file.column(join.column).kind == "phone":
            continue
        name = target.primary_key
        if name in contract.field_names and name not in matches and name != contract.primary_key:
            evidence = f"{join.rate:.0%} of its values are in {join.other_file}, column {join.other_column}"
            matches[name] = Match(name, join.column, 0.75, evidence)
            used.add(join.column)


def _add_shared(file: FileProposal, contract: Contract, matches: dict[str, Match]) -> None:
    """Fields that take a column which fills another field already, and a status that needs no column."""
    key = matches.get(contract.primary_key)
    if contract.name == "accounts" and "account_name" not in matches and key is not None and key.column is not None:
        texts = [text for text, _ in file.column(key.column).values]
        if sum(bool(re.search(r"[^\W\d_]{3}", text)) and not re.search(r"\d{4}", text) for text in texts) > 0.8 * len(
            texts
        ):
            matches["account_name"] = Match("account_name", key.column, 0.6, f"{key.column} holds names")
    person = matches.get("person_id")
    by_email = person is not None and person.column is not None and file.column(person.column).kind == "email"
    if by_email and "email_token" in contract.field_names and person is not None:
        matches.setdefault("email_token", Match("email_token", person.column, 0.9, EMAIL_IS_ID))
    won = matches.get("won_at")
    if contract.name == "deals" and "status" not in matches and won is not None and won.column is not None:
        facts = file.column(won.column)
        if facts.filled == facts.rows:
            matches["status"] = Match("status", None, 0.7, f"every row has {won.column}", value="won")


def _lines(file: FileProposal, contract: Contract, matches: Mapping[str, Match], synonyms: Synonyms) -> dict[str, Line]:
    lines = {}
    for item in contract.fields:
        match = matches.get(item.name)
        if match is None:
            continue
        if match.column is None:
            lines[item.name] = Line(match)
            continue
        line = _line(file.column(match.column), match, contract, field_kind(item), synonyms)
        if line is not None:
            lines[item.name] = line
    return lines


def _line(column: ColumnFacts, match: Match, contract: Contract, kind: str, synonyms: Synonyms) -> Line | None:
    """The field with the options its notation needs; None when the column turns out to say nothing for it."""
    if kind in ("timestamp", "date") and column.is_time:
        options: dict[str, object] = {"calendar": "jalali"} if column.calendar == "jalali" else {}
        if column.formats:
            options["formats"] = list(column.formats)
        if column.other_order is None:
            return Line(match, options)
        others = [column.other_order, *column.formats[1:]]
        ways = (
            ({**options}, _order_words(column.formats[0])),
            ({**options, "formats": others}, _order_words(column.other_order)),
        )
        return Line(match, {}, "; ".join(column.notes) or "day or month first? no value decides", ways)
    if kind == "boolean":
        return Line(match, {}, "; ".join(column.notes))
    if kind in ("money", "decimal") and column.kind in ("number", "integer"):
        if column.decimal_unknown:
            ways = (
                ({"decimal": "."}, "1.234 is a bit more than one"),
                ({"decimal": ","}, "1.234 is more than a thousand"),
            )
            return Line(match, {}, "which sign stands before the decimals? no value decides", ways)
        return Line(match, {"decimal": column.decimal} if column.decimal else {}, "; ".join(column.notes))
    table = looked_up(column, contract.name, match.field, synonyms)
    if table is None:
        return Line(match)
    known, unknown = table
    accepted = contract.field(match.field).accepted_values
    if not known:
        if not accepted:
            return Line(match, {}, "none of its values is a known word")
        return Line(
            match,
            {},
            f"its words must be given: {_listed(unknown)}",
            (({"values": {}, "other_values": "quarantine"}, ""),),
        )
    if all(text == word for text, word in known.items()) and not unknown:
        return Line(match)
    rest = "quarantine" if accepted else "keep"
    comment = f"unknown words: {_listed(unknown)}" if unknown else ""
    return Line(match, {"values": known, "other_values": rest}, comment)


def _order_words(text: str) -> str:
    day, month = ("03", "04") if text.startswith("%d") else ("04", "03")
    first = "day first" if text.startswith("%d") else "month first"
    return f"{first}: 03{text[2]}04 is {'3 April' if day == '03' else '4 March'}" if month else first


def _listed(texts: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(repr(text) for text in texts[:most])
    return shown + (f" and {len(texts) - most} more" if len(texts) > most else "")


def _borrowed(line: Line, name: str, evidence: str, score: float = 0.5) -> Line:
    """The same column for another field."""
    return replace(
        line, match=replace(line.match, field=name, evidence=evidence, score=score), alternatives=(), comment=""
    )


def _leads_as_people(proposal: Proposal) -> bool:
    """Files of leads in which no column names the person: every lead stands for one. True when there is such a file."""
    found = False
    for file in proposal.files:
        if file.fills and file.fills[0].contract.name == "leads" and "person_id" not in file.fills[0].lines:
            lines = file.fills[0].lines
            lines["person_id"] = _borrowed(
                lines["lead_id"], "person_id", "no column names the person: one person a lead"
            )
            people = proposal.contracts["people"]
            kept = {name: lines[name] for name in people.field_names if name in lines}
            file.fills.append(FillProposal(people, kept, reason="one person a lead"))
            found = True
    return found


def _split_by_outcome(file: FileProposal, synonyms: Synonyms) -> None:
    """A column that only says when a deal was closed fills won_at or lost_at by the deal's state: one fill a state."""
    main = file.fills[0]
    status = main.lines.get("status")
    if status is None or status.match.column is None or {"won_at", "lost_at"} & set(main.lines):
        return
    table = status.options.get("values") or {text: text for text, _ in file.column(status.match.column).values}
    if not isinstance(table, dict) or not {"won", "lost"} <= set(table.values()):
        return
    closing = [
        item
        for item in file.facts
        if item.is_time
        and item.name not in main.columns
        and any(likeness(words_of(item.name), words) >= 0.95 for words in synonyms.closing)
    ]
    if not closing:
        return
    facts = file.column(status.match.column)
    states: dict[str, list[str]] = {"won": [], "lost": [], "open": []}
    for text, _ in facts.values:
        states[table.get(text, "open")].append(text)
    kind = "timestamp"
    fills = []
    for state, texts in states.items():
        if not texts:
            continue
        lines = dict(main.lines)
        if state != "open":
            name = f"{state}_at"
            match = Match(name, closing[0].name, 0.9, f"{closing[0].name} of deals that are {state}")
            line = _line(closing[0], match, main.contract, kind, synonyms)
            if line is not None:
                lines[name] = line
        ordered = {item.name: lines[item.name] for item in main.contract.fields if item.name in lines}
        when = ({"column": facts.name, "in": texts},)
        fills.append(FillProposal(main.contract, ordered, f"deals_{state}", when, main.reason, main.missing))
    if facts.filled < facts.rows:
        fills.append(
            FillProposal(
                main.contract,
                dict(main.lines),
                "deals_without_state",
                ({"column": facts.name, "is_empty": True},),
                main.reason,
            )
        )
    file.fills[:1] = fills


def _companions(
    file: FileProposal, main: FillProposal, mains: set[str], synonyms: Synonyms, contracts: Mapping[str, Contract]
) -> list[FillProposal]:
    """Further contracts that the same rows fill."""
    found: list[FillProposal] = []
    name = main.contract.name
    if name == "web_sessions":
        found.append(_visits_as_touches(file, main, contracts["touches"]))
    if name == "leads" and "touches" not in mains and {"channel_label", "utm_source", "campaign_id"} & set(main.lines):
        found.append(_leads_as_touches(main, contracts["touches"]))
    if name == "touches":
        found += _touches_as_conversions(file, main, synonyms, contracts["conversions"])
    person = main.lines.get("person_id")
    if "email_token" not in main.contract.field_names and person is not None and person.match.column is not None:
        by_email = file.column(person.match.column).kind == "email"
        if by_email:
            lines = {"person_id": person, "email_token": _borrowed(person, "email_token", EMAIL_IS_ID, 0.9)}
            found.append(FillProposal(contracts["people"], lines, reason=EMAIL_IS_ID))
    used = set().union(*(fill.columns for fill in file.fills))
    for candidate in file.ranked[1:]:
        other = candidate.contract
        if other.name not in ENTITIES or other.name in {fill.contract.name for fill in file.fills}:
            continue
        key = candidate.matches[other.primary_key]
        new = [
            match
            for match in candidate.matches.values()
            if match.column is not None
            and match.column not in used
            and match.score >= 0.9
            and not match.field.endswith("_id")
        ]
        if key.score < 0.9 or candidate.missing or not new:
            continue
        wanted = {other.primary_key: key} | {match.field: match for match in new}
        for extra in ("owner_id", "account_id"):
            if extra in candidate.matches and extra in other.field_names and candidate.matches[extra].score >= 0.9:
                wanted.setdefault(extra, candidate.matches[extra])
        found.append(
            FillProposal(other, _lines(file, other, wanted, synonyms), reason=f"its columns say more of {other.name}")
        )
        used |= {match.column for match in new if match.column is not None}
    return found


def _carried(main: FillProposal, contract: Contract, renamed: Mapping[str, str]) -> dict[str, Line]:
    """Lines of `main` for the fields that both contracts have, and those renamed (own field → main's field)."""
    lines = {}
    for item in contract.fields:
        origin = renamed.get(
            item.name, item.name if item.name not in renamed.values() or item.name == "session_id" else ""
        )
        if origin in main.lines:
            line = main.lines[origin]
            lines[item.name] = replace(line, match=replace(line.match, field=item.name))
    return lines


def _constant(name: str, value: str, evidence: str) -> Line:
    return Line(Match(name, None, 0.7, evidence, value=value))


def _visits_as_touches(file: FileProposal, main: FillProposal, contract: Contract) -> FillProposal:
    lines = _carried(main, contract, {"touch_id": "session_id", "occurred_at": "started_at"})
    lines["kind"] = _constant("kind", "visit", "a visit is a touch")
    lines["direction"] = _constant("direction", "incoming", "a visit is a touch")
    lines["team"] = _constant("team", "marketing", "a visit is a touch")
    when: tuple[Mapping[str, object], ...] = ()
    bot = main.lines.get("is_bot")
    if bot is not None and bot.match.column is not None:
        humans = [text for text, _ in file.column(bot.match.column).values if text.casefold() in FALSE_VALUES]
        if humans:
            when = (
                {"column": bot.match.column, "in": humans}
                if len(humans) > 1
                else {"column": bot.match.column, "equals": humans[0]},
            )
    return FillProposal(
        contract, _ordered(contract, lines), when=when, reason="a visit is a touch; robots are left out"
    )


def _leads_as_touches(main: FillProposal, contract: Contract) -> FillProposal:
    lines = _carried(main, contract, {"touch_id": "lead_id", "occurred_at": "created_at"})
    lines["lead_id"] = main.lines["lead_id"]
    for name in ("owner_id", "click_id_kind"):
        lines.pop(name, None)
    lines["kind"] = _constant("kind", "form", "how the lead first came")
    lines["direction"] = _constant("direction", "incoming", "how the lead first came")
    missing = () if "occurred_at" in lines else ("occurred_at",)
    reason = "no file lists touches: how the lead first came is the one touch that is known"
    return FillProposal(contract, _ordered(contract, lines), reason=reason, missing=missing)


def _touches_as_conversions(
    file: FileProposal, main: FillProposal, synonyms: Synonyms, contract: Contract
) -> list[FillProposal]:
    used = main.columns

    def called(words: Sequence[tuple[str, ...]], kinds: Sequence[str]) -> ColumnFacts | None:
        fitting = [item for item in file.facts if item.kind in kinds and item.name not in used]
        scored = [(max(likeness(words_of(item.name), each) for each in words), item) for item in fitting]
        good = [(score, item) for score, item in scored if score >= 0.95]
        return max(good, key=lambda pair: pair[0])[1] if good else None

    flag = called(synonyms.conversion_flag, ("boolean",))
    if flag is None:
        return []
    positive = [text for text, _ in flag.values if text.casefold() in TRUE_VALUES]
    if not positive:
        return []
    lines = _carried(main, contract, {"conversion_id": "touch_id", "converted_at": "occurred_at"})
    lines.pop("kind", None)
    value = called(synonyms.conversion_value, ("number", "integer"))
    if value is not None:
        match = Match("revenue_minor", value.name, 0.9, f"called {value.name}")
        line = _line(value, match, contract, "money", synonyms)
        if line is not None:
            lines["revenue_minor"] = line
    when = {"column": flag.name, "in": positive} if len(positive) > 1 else {"column": flag.name, "equals": positive[0]}
    missing = () if "converted_at" in lines else ("converted_at",)
    return [
        FillProposal(
            contract,
            _ordered(contract, lines),
            when=(when,),
            reason=f"{flag.name} marks the conversions",
            missing=missing,
        )
    ]


def _ordered(contract: Contract, lines: Mapping[str, Line]) -> dict[str, Line]:
    return {item.name: lines[item.name] for item in contract.fields if item.name in lines}


def _hide_employees(proposal: Proposal) -> None:
    """Owners that are known by their names are people: their columns are shown as shapes."""
    for file in proposal.files:
        named = {
            line.match.column
            for fill in file.fills
            for name, line in fill.lines.items()
            if name in ("owner_id", "owner_name", "manager_owner_id")
        }
        file.facts = [
            replace(item, is_personal=True)
            if item.name in named and sum(" " in text for text, _ in item.values) > 0.5 * len(item.values)
            else item
            for item in file.facts
        ]


def _choose_currency(proposal: Proposal, currencies: Currencies) -> None:
    """The source's currency: given, or the sign or code that the values or names of its amounts carry."""
    seen: Counter[str] = Counter()
    for file in proposal.files:
        for fill in file.fills:
            money = [
                line.match.column
                for line in fill.lines.values()
                if line.match.column is not None and field_kind(fill.contract.field(line.match.field)) == "money"
            ]
            if not money or "currency" in fill.lines:
                continue
            proposal.needs_currency = True
            for column in money:
                sign = file.column(column).currency_sign
                words = [
                    word
                    for word in re.findall(r"[^\W\d_]+|[$€£₽₸]", column)
                    if word in currencies or word.rstrip("s") in currencies
                ]
                for name in ([sign] if sign else []) + [
                    word for word in words if word.upper() == word or not word.isascii()
                ]:
                    if name in currencies:
                        seen[currencies.unit(name).currency] += 1
    if proposal.currency is not None:
        if proposal.currency not in currencies:
            raise ProposalError(
                f"--currency {proposal.currency!r} is not in currencies.csv; expected an ISO 4217 code such as EUR"
            )
        return
    if proposal.needs_currency and len(seen) == 1:
        proposal.currency = next(iter(seen))
        proposal.currency_reason = "named in the amounts"


def _choose_region(proposal: Proposal) -> None:
    regions = Counter(
        item.phone_region
        for file in proposal.files
        for item in file.facts
        if item.kind == "phone"
        and item.phone_region is not None
        and item.name in set().union(*(fill.columns for fill in file.fills), ())
    )
    if regions:
        proposal.phone_region = max(sorted(regions), key=lambda region: regions[region])


def _list_questions(proposal: Proposal) -> None:
    for file in proposal.files:
        for fill in file.fills[:1]:
            for name in fill.missing:
                text = fill.contract.field(name).description.rstrip(".")
                proposal.decisions.append(
                    f"{file.stream}: {fill.contract.name} requires {name} ({text}) and no column seems to hold it"
                )
        seen: set[str] = set()
        for fill in file.fills:
            for name in fill.undecided:
                line = fill.lines[name]
                if line.match.column in seen:
                    continue
                seen.add(line.match.column or "")
                proposal.decisions.append(
                    f"{file.stream}: column {line.match.column} for {fill.contract.name}.{name}: {line.comment}"
                )
            for name, line in fill.lines.items():
                if line.comment and not line.alternatives and line.match.column not in seen:
                    seen.add(line.match.column or "")
                    proposal.checks.append(f"{file.stream}: column {line.match.column} for {name}: {line.comment}")
        if file.fills:
            proposal.has_local_times |= any(
                item.kind == "time"
                and not any(re.search(r"(?:Z|UTC|[+-]\d\d:?\d\d)$", text) for text, _ in item.values[:5])
                for item in file.facts
            )
        if file.fills and len(file.ranked) > 1 and file.ranked[0].points - file.ranked[1].points < 1.0:
            proposal.checks.append(
                f"{file.stream}: could also be {file.ranked[1].contract.name} instead of {file.ranked[0].contract.name}"
            )
        if not file.fills:
            nearest = file.ranked[0]
            proposal.checks.append(
                f"{file.label}: fills no contract (nearest: {nearest.contract.name}); it is left out of the mapping"
            )
        for row_reason, count in sorted(file.unreadable.items()):
            proposal.checks.append(
                f"{file.label}: {count:,} rows cannot be read ({row_reason}); they will be set aside"
            )
        if file.fills and len(file.key) == 1 and (repeats := file.column(file.key[0]).repeats):
            proposal.checks.append(
                f"{file.stream}: {repeats:,} of {file.rows:,} rows repeat the key {file.key[0]} or lack it; they will be set aside"
            )
    if proposal.needs_currency and proposal.currency is None:
        proposal.decisions.append(
            "currency: amounts have no currency; name it under `currency:` (or run again with --currency EUR)"
        )
    if proposal.has_local_times and proposal.time_zone is None:
        proposal.checks.append(
            "time_zone: times carry no zone; UTC is assumed until you name the zone of the system (--time-zone)"
        )


def kept_columns(file: FileProposal) -> tuple[list[str], list[str]]:
    """Columns that fill nothing: those that may be kept as they are, and those that may name a person."""
    used = set().union(*(fill.columns for fill in file.fills), ())
    used |= {str(condition["column"]) for fill in file.fills for condition in fill.when}
    rest = [item for item in file.facts if item.name not in used and item.kind != "empty"]
    hidden = [item.name for item in rest if item.is_hidden or item.kind in CONTACT_KINDS]
    return [item.name for item in rest if item.name not in hidden], hidden
