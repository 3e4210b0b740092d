"""Which contract a file most likely fills, and which of its columns fills which field: by names and by values.

Names are compared with the table in `synonyms.yml`; values speak through `ColumnFacts`. Every match has a score between
0 and 1 and says in words what it rests on, so that a person can judge it.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.contracts import Contract, Field
from orchestration.sources.files.mapping import field_kind
from orchestration.sources.files.profile import PLACEHOLDERS
from orchestration.sources.proposal.column_types import CONTACT_KINDS, ColumnFacts, Words

SYNONYMS_FILE = Path(__file__).with_name("synonyms.yml")

LEAST_FIELD = 0.5
"""Matches below this are not proposed."""
LEAST_CONTRACT = 3.0
"""A file whose best contract has fewer points fills none."""
SURE, LIKELY = 0.85, 0.6

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ENDINGS = re.compile(r"(?:[аяоеыиуюьй]+|ов|ев)$")
_PERSIAN = str.maketrans({"ي": "ی", "ك": "ک", "ة": "ه", "\u200c": " ", "ё": "е", "Ё": "Е"})
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=20_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a name without case, punctuation and common endings."""
    plain = unicodedata.normalize("NFC", text).translate(_PERSIAN)
    plain = _CAMEL.sub(" ", plain)
    return tuple(_stem(word) for word in re.findall(r"[^\W_]+", plain.lower()))


def _stem(word: str) -> str:
    if "а" <= word[0] <= "я":
        return _ENDINGS.sub("", word) if len(word) > 4 else word
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")):
        return word[:-3] + "y" if word.endswith("ies") else word[:-1]
    return word


@lru_cache(maxsize=200_000)
def likeness(name: tuple[str, ...], synonym: tuple[str, ...]) -> float:
    """1 for the same words, less for other order or for words around them, 0 when a word of the synonym is missing."""
    if not name or not synonym:
        return 0.0
    if name == synonym or "".join(name) == "".join(synonym):
        return 1.0
    if sorted(name) == sorted(synonym):
        return 0.95
    if set(synonym) <= set(name):
        return 0.8 * (len(synonym) / len(name)) ** 0.5
    return 0.0


@dataclass(frozen=True)
class Synonyms:
    """The table of names, ready to compare. Words are tuples as `words_of` gives them."""

    files: Mapping[str, tuple[tuple[str, ...], ...]]
    keys: tuple[tuple[str, ...], ...]
    fields: Mapping[tuple[str, str], tuple[tuple[tuple[str, ...], bool], ...]]
    """(contract, field) → words, and whether they hold for this contract only."""
    values: Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]]
    """`contract.field` → accepted value → words."""
    constants: Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]]
    closing: tuple[tuple[str, ...], ...]
    conversion_flag: tuple[tuple[str, ...], ...]
    conversion_value: tuple[tuple[str, ...], ...]
    personal: tuple[tuple[str, ...], ...]
    free_text: tuple[tuple[str, ...], ...]
    contacts: Mapping[str, tuple[tuple[str, ...], ...]]
    placeholders: frozenset[str]

    def is_key_name(self, name: str) -> bool:
        """Whether a column is called like the key of anything."""
        words = words_of(name)
        return words in self.keys or any(
            words == item
            for (_, field_name), items in self.fields.items()
            if field_name.endswith("_id")
            for item, _ in items
        )

    def words(self) -> Words:
        """What the judgement of columns needs of the table."""
        return Words(
            self.placeholders,
            lambda name: words_of(name) in self.personal,
            lambda name: any(set(words) <= set(words_of(name)) for words in self.free_text if len(words_of(name)) <= 3),
            self._contact_kind,
        )

    def _contact_kind(self, name: str) -> str | None:
        best = [(max(likeness(words_of(name), item) for item in items), kind) for kind, items in self.contacts.items()]
        score, kind = max(best)
        flagged = set(words_of(name)) & {"has", "valid", "is", "not", "do", "count", "source", "id"}
        return kind if score >= 0.5 and not flagged else None


def load_synonyms(contracts: Mapping[str, Contract], path: Path = SYNONYMS_FILE) -> Synonyms:
    """Reads the table. Raises ValueError naming the file for a contract or field that does not exist."""
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    everywhere, own = document["everywhere"], document["contracts"]
    for name in (*document["files"], *own):
        if name not in contracts:
            raise ValueError(f"{path}: no contract {name!r}")
    for name, fields in own.items():
        unknown = sorted(set(fields) - set(contracts[name].field_names))
        if unknown:
            raise ValueError(f"{path}: contract {name} has no field {', '.join(unknown)}")
    fields = {}
    for name, contract in contracts.items():
        for item in contract.fields:
            special = [(words, True) for words in _listed(own.get(name, {}).get(item.name, []))]
            shared = [(words, False) for words in _listed(everywhere.get(item.name, []))]
            plain = [(words_of(item.name.removesuffix("_token").removesuffix("_minor")), False)]
            fields[name, item.name] = tuple(special + shared + plain)
    return Synonyms(
        files={name: _listed(items) for name, items in document["files"].items()},
        keys=_listed(document["keys"]),
        fields=fields,
        values={
            key: {word: _listed(items) for word, items in table.items()} for key, table in document["words"].items()
        },
        constants={
            key: {word: _listed(items) for word, items in table.items()} for key, table in document["constants"].items()
        },
        closing=_listed(document["closing"]),
        conversion_flag=_listed(document["conversion_flag"]),
        conversion_value=_listed(document["conversion_value"]),
        personal=_listed(document["personal"]),
        free_text=_listed(document["free_text"]),
        contacts={kind: _listed(everywhere[f"{kind}_token"]) for kind in CONTACT_KINDS},
        placeholders=PLACEHOLDERS | {str(text).casefold() for text in document["placeholders"]},
    )


def _listed(items: Iterable[object]) -> tuple[tuple[str, ...], ...]:
    return tuple(words_of(str(item)) for item in items)


@dataclass(frozen=True)
class Match:
    """One field and where it would come from. `column` is None for a constant (`value`) and for the row's number."""

    field: str
    column: str | None
    score: float
    evidence: str
    value: str | None = None
    row_number: bool = False

    @property
    def confidence(self) -> str:
        return "sure" if self.score >= SURE else "likely" if self.score >= LIKELY else "guess"


@dataclass
class Candidate:
    """A contract that a file could fill. `points` compare candidates of one file; `missing` are required fields."""

    contract: Contract
    points: float
    matches: dict[str, Match] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def columns(self) -> set[str]:
        return {match.column for match in self.matches.values() if match.column is not None}


def candidates(
    label: str,
    facts: Sequence[ColumnFacts],
    key: tuple[str, ...],
    contracts: Mapping[str, Contract],
    synonyms: Synonyms,
) -> list[Candidate]:
    """All contracts, best first. `label` is the name of the file or sheet."""
    shared = _sharing(contracts)
    found = [_candidate(label, facts, key, contract, synonyms, shared) for contract in contracts.values()]
    return sorted(found, key=lambda item: (-item.points, item.contract.name))


def _sharing(contracts: Mapping[str, Contract]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for contract in contracts.values():
        for item in contract.fields:
            counts[item.name] = counts.get(item.name, 0) + 1
    return counts


def file_hint(label: str, lists: Mapping[str, tuple[tuple[str, ...], ...]]) -> dict[str, float]:
    """What the file's name says, by contract (or constant): 0 … 1, more words and later words count more."""
    words = words_of(re.sub(r"\.\w{2,7}\b", " ", label))
    found: dict[str, float] = {}
    for name, items in lists.items():
        best = 0.0
        for item in items:
            for start in range(len(words) - len(item) + 1):
                if words[start : start + len(item)] == item:
                    last = (start + len(item)) / len(words)
                    best = max(best, 0.7 + 0.2 * (len(item) - 1) + 0.1 * last)
        if best:
            found[name] = best
    return found


def _candidate(
    label: str,
    facts: Sequence[ColumnFacts],
    key: tuple[str, ...],
    contract: Contract,
    synonyms: Synonyms,
    shared: Mapping[str, int],
) -> Candidate:
    scored = _scored(facts, contract, synonyms)
    matches: dict[str, Match] = {}
    taken: set[str] = set()
    for score, _, _, match in scored:
        if match.field in matches or match.column in taken or score < LEAST_FIELD:
            continue
        matches[match.field] = match
        taken.add(match.column or "")
    hints = file_hint(label, synonyms.files)
    hint = hints.get(contract.name, 0.0)
    points = 3.5 * hint
    evidence = [f"the name {label}"] if hint else []
    own_key = _key_match(facts, key, contract, matches, synonyms, taken)
    named = contract.primary_key in matches and not own_key.row_number
    by_name = named and own_key is matches.get(contract.primary_key)
    unique = any(item.name == own_key.column and item.names_rows for item in facts)
    if by_name:
        points += (2.0 if _is_special(own_key, contract, synonyms) else 0.6) * (1 if unique else -0.5)
        evidence.append(f"{own_key.column} is called as its key and {'is unique' if unique else 'repeats'}")
    if by_name and not unique:
        fallback = next((item.name for item in facts if (item.name,) == key), None)
        if fallback is not None and fallback != own_key.column:
            own_key = Match(contract.primary_key, fallback, 0.5, "the only column that names a row")
    matches[contract.primary_key] = own_key
    for name, table in synonyms.constants.items():
        of_contract, _, of_field = name.partition(".")
        if of_contract == contract.name and of_field not in matches:
            said = file_hint(label, table)
            if said:
                value = max(said, key=lambda word: said[word])
                matches[of_field] = Match(of_field, None, 0.7, f"the name {label}", value=value)
    missing: list[str] = []
    for item in contract.fields:
        if item.name == contract.primary_key:
            continue
        found = matches.get(item.name)
        if item.required and item.name != "currency":
            points += 1.5 * found.score if found else -1.5
            if found is None:
                missing.append(item.name)
        elif found is not None and found.column is not None:
            points += found.score / shared[item.name] ** 0.5
    points += 1.5 * len({match.column for match in matches.values() if match.column}) / max(len(facts), 1)
    return Candidate(contract, points, matches, tuple(missing), tuple(evidence))


def _is_special(match: Match, contract: Contract, synonyms: Synonyms) -> bool:
    """Whether the column is called as the key of this contract, not only `id`."""
    words = words_of(match.column or "")
    if words in synonyms.keys:
        return False
    return any(likeness(words, item) >= 0.7 for item, _ in synonyms.fields[contract.name, contract.primary_key])


def _key_match(
    facts: Sequence[ColumnFacts],
    key: tuple[str, ...],
    contract: Contract,
    matches: Mapping[str, Match],
    synonyms: Synonyms,
    taken: set[str],
) -> Match:
    """Where the contract's key comes from: a column of that name, one called `id`, the file's own key, the row number."""
    name = contract.primary_key
    if name in matches:
        return matches[name]
    unique = {item.name for item in facts if item.names_rows}
    for item in facts:
        if item.name in unique and words_of(item.name) in synonyms.keys:
            return Match(name, item.name, 0.8, "called like a key and unique")
    if len(key) == 1:
        return Match(name, key[0], 0.5, "the only column that names a row")
    return Match(name, None, 0.4, "no column names a row: the number of the record does", row_number=True)


def _scored(
    facts: Sequence[ColumnFacts], contract: Contract, synonyms: Synonyms
) -> list[tuple[float, int, int, Match]]:
    """Every possible match, best first; ties by the order of columns and fields."""
    found = []
    for position, column in enumerate(facts):
        words = words_of(column.name)
        for order, item in enumerate(contract.fields):
            fit = _fit(column, item, contract)
            if fit == 0.0:
                continue
            best, special = 0.0, False
            for synonym, own in synonyms.fields[contract.name, item.name]:
                score = likeness(words, synonym)
                if (score, own) > (best, special):
                    best, special = score, own
            score, evidence = best * fit, f"called {column.name}"
            if best and not special:
                score *= 0.97
            if column.kind in CONTACT_KINDS and item.notation == column.kind and score < 0.8:
                score, evidence = 0.8, f"values are {_kind_word(column.kind)}"
            if score >= LEAST_FIELD:
                if evidence.startswith("called"):
                    evidence += f", {describe(column)}"
                found.append((score, -position, -order, Match(item.name, column.name, round(score, 3), evidence)))
    found.sort(key=lambda entry: (-entry[0], -entry[1], -entry[2]))
    return found


def _fit(column: ColumnFacts, item: Field, contract: Contract) -> float:
    """How well values of the column can fill the field: 0 … 1."""
    kind, wanted = column.kind, field_kind(item)
    if kind == "empty":
        return 0.6
    is_id = item.name.endswith("_id") or item.name == contract.primary_key
    if wanted in ("timestamp", "date"):
        return 1.0 if column.is_time else 0.0
    if wanted in CONTACT_KINDS:
        return 1.0 if kind == wanted else 0.0
    if wanted in ("money", "decimal"):
        return {"number": 1.0, "integer": 1.0, "boolean": 0.5}.get(kind, 0.0)
    if wanted == "integer":
        return {"integer": 1.0, "boolean": 0.6, "number": 0.3}.get(kind, 0.0)
    if wanted == "boolean":
        return 1.0 if kind == "boolean" else 0.0
    if kind in CONTACT_KINDS:
        return 0.6 if item.name == "person_id" and kind == "email" else 0.0
    if is_id:
        return {"time": 0.0, "date": 0.0, "number": 0.0, "boolean": 0.1, "free_text": 0.2}.get(kind, 1.0)
    if item.accepted_values:
        return {"category": 1.0, "text": 0.4}.get(kind, 0.0)
    if item.name == "period":
        return {"period": 1.0, "category": 0.6}.get(kind, 0.1)
    if item.name == "note":
        return 0.0 if column.is_time else 1.0
    return {"time": 0.0, "date": 0.1, "number": 0.2, "integer": 0.6, "boolean": 0.3, "free_text": 0.6}.get(kind, 1.0)


def _kind_word(kind: str) -> str:
    return {
        "email": "e-mail addresses",
        "phone": "phone numbers",
        "messenger": "messenger handles",
        "tax_id": "tax ids",
    }[kind]


def describe(column: ColumnFacts) -> str:
    """The kind in words, with its notation."""
    if column.is_time:
        calendar = "Jalali " if column.calendar == "jalali" else ""
        notation = f" {' or '.join(column.formats)}" if column.formats else ""
        return f"{calendar}{'times' if column.kind == 'time' else 'dates'}{notation}"
    if column.kind == "number":
        return f"numbers with decimal {column.decimal!r}" if column.decimal else "numbers"
    if column.kind == "category":
        return f"{column.distinct} different texts" if column.distinct > 1 else "always the same text"
    return {
        "empty": "empty",
        "integer": "whole numbers",
        "boolean": "yes/no",
        "id": "codes",
        "text": "text",
        "free_text": "free text",
        "period": "periods",
    }.get(column.kind) or _kind_word(column.kind)


def looked_up(
    column: ColumnFacts, contract: str, field_name: str, synonyms: Synonyms
) -> tuple[dict[str, str], tuple[str, ...]] | None:
    """(value of the file → word of the contract, values nobody knows) for fields of fixed words; None for others."""
    table = synonyms.values.get(f"{contract}.{field_name}")
    if table is None:
        return None
    known: dict[str, str] = {}
    unknown = []
    for text, _ in column.values:
        words = words_of(text)
        scores = [(max(likeness(words, item) for item in items), word) for word, items in table.items()]
        if words_of(text) and "_".join(words) in table:
            scores.append((1.0, "_".join(words)))
        score, word = max(scores)
        if score >= 0.55:
            known[text] = word
        else:
            unknown.append(text)
    return known, tuple(unknown)
