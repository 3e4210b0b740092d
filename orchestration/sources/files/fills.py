"""From the text columns of a file to the columns that land: as written, and canonical for every filled contract field.

Works on slabs (runs of rows) so that two cores share the work. What a contact column holds never leaves this module:
its place is taken by the token everywhere, also in keys and joined text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.contracts import Contract, Field
from orchestration.landing import Tokeniser, key_text, scrub_free_text
from orchestration.sources.definitions import Currencies, CurrencyUnit
from orchestration.sources.files import notation
from orchestration.sources.files.mapping import Condition, FieldRule, FilesMapping, Fill, StreamMapping, field_kind
from orchestration.sources.files.notation import Converted
from orchestration.sources.files.reading import FilesError
from orchestration.sources.files.shapes import Column, Mask, text_bytes, valid_mask

DEFAULT_PHONE_REGION = "RU"

VALIDITY_FLAGS = {
    "phone_token": "has_valid_phone",
    "email_token": "has_valid_email",
    "messenger_token": "has_messenger",
}
"""Contact field → the field that follows from it when the mapping does not fill that one."""

EMAIL_IN_ID = "[e-mail as id]"

_EMAIL = r"^[^\s@]+@[^\s@]+\.[^\s@]+$"


@dataclass(frozen=True)
class Target:
    """One contract field of a fill and the conversion that gives it; equal conversions are done once."""

    item: Field
    rule: FieldRule
    conversion: str


@dataclass(frozen=True)
class FillPlan:
    """A fill with its targets. `flags`: validity field → conversion of the contact field it follows from."""

    fill: Fill
    contract: Contract
    targets: tuple[Target, ...]
    flags: Mapping[str, str]


@dataclass(frozen=True)
class StreamPlan:
    """What is to be done with every slab of a stream's file."""

    fills: tuple[FillPlan, ...]
    conversions: Mapping[str, tuple[FieldRule, Field]]
    contacts: Mapping[str, str]
    """Contact column → the notation whose token stands for it."""
    written: tuple[str, ...]
    """Columns of the file that land as written (without contact columns)."""
    scrubbed: frozenset[str]
    """Those that may be free text and pass the scrubber."""
    identifiers: frozenset[str]
    """Those used as a key or an id: they pass unchanged, unless they are e-mail addresses."""
    dated: frozenset[str]
    typed: frozenset[str]
    """Those used only as numbers, times or booleans: what cannot be read does not land in clear either."""
    key: tuple[str, ...]


@dataclass
class Slab:
    """A run of rows and all that was made of it. Arrays have one value a row."""

    start: int
    original: Mapping[str, pa.StringArray]
    columns: dict[str, Column] = field(default_factory=dict)
    """The columns as in the file."""
    clean: dict[str, Column] = field(default_factory=dict)
    """Trimmed values, empties null, contact columns as tokens: what conversions read."""
    written: dict[str, pa.StringArray] = field(default_factory=dict)
    converted: dict[str, Converted] = field(default_factory=dict)
    currencies: dict[str, pa.StringArray | str] = field(default_factory=dict)
    flags: dict[str, pa.StringArray] = field(default_factory=dict)
    key: pa.StringArray | None = None

    @property
    def rows(self) -> int:
        return len(next(iter(self.original.values()))) if self.original else 0


@dataclass(frozen=True)
class Context:
    """What conversions need besides their values."""

    mapping: FilesMapping
    stream: StreamMapping
    plan: StreamPlan
    currencies: Currencies
    time_zone: str
    tokens: Mapping[tuple[str, str], tuple[pa.ChunkedArray, pa.ChunkedArray]]
    """(column, notation) → tokens and validity of the whole file."""

    def zone_of(self, rule: FieldRule) -> ZoneInfo:
        return ZoneInfo(rule.zone or self.mapping.time_zone or self.time_zone)


def plan_stream(mapping: FilesMapping, stream: StreamMapping, contracts: Mapping[str, Contract]) -> StreamPlan:
    """Works out columns, conversions and their sharing. Uses names only, no data."""
    contacts: dict[str, str] = {}
    for fill in stream.fills:
        for rule in fill.rules:
            if contracts[fill.contract].field(rule.field).is_contact:
                contacts.setdefault(rule.columns[0], rule.kind)
    conversions: dict[str, tuple[FieldRule, Field]] = {}
    fills, texts, ids, times, others = [], set(stream.keep), set(stream.key), set(), set()
    mentioned: dict[str, None] = dict.fromkeys(stream.key)
    for fill in stream.fills:
        contract = contracts[fill.contract]
        mapped = {rule.field for rule in fill.rules}
        targets, flags = [], {}
        for rule in fill.rules:
            item = contract.field(rule.field)
            name = _conversion_name(rule, item, contract)
            conversions[name] = (rule, item)
            targets.append(Target(item, rule, name))
            flag = VALIDITY_FLAGS.get(rule.field)
            if flag is not None and flag in contract.field_names and flag not in mapped:
                flags[flag] = name
            mentioned |= dict.fromkeys(rule.columns)
            if rule.currency_column is not None:
                mentioned[rule.currency_column] = None
                texts.add(rule.currency_column)
            if rule.kind in ("timestamp", "date"):
                times |= set(rule.columns)
            if rule.kind == "text":
                (ids if rule.field.endswith("_id") or rule.field == contract.primary_key else texts).update(
                    rule.columns
                )
            else:
                others |= set(rule.columns)
        mentioned |= dict.fromkeys(condition.column for condition in fill.when)
        fills.append(FillPlan(fill, contract, tuple(targets), flags))
    mentioned |= dict.fromkeys(stream.keep)
    written = tuple(name for name in mentioned if name not in contacts)
    texts |= set(written) - others - ids
    return StreamPlan(
        fills=tuple(fills),
        conversions=conversions,
        contacts=contacts,
        written=written,
        scrubbed=frozenset(texts - ids),
        identifiers=frozenset(ids),
        dated=frozenset(times),
        typed=frozenset(others - texts - ids),
        key=stream.key,
    )


def _is_identifier(rule: FieldRule, contract: Contract) -> bool:
    return rule.field.endswith("_id") or rule.field == contract.primary_key


def _conversion_name(rule: FieldRule, item: Field, contract: Contract) -> str:
    """The same text for rules that give the same values."""
    role = "plain"
    if rule.kind == "text" and rule.field == "currency":
        role = "currency+" if any(field_kind(other) == "money" for other in contract.fields) else "currency"
    elif rule.kind == "text" and _is_identifier(rule, contract):
        role = "id"
    return f"{role} {item.data_type} {item.accepted_values} {replace(rule, field='')!r}"


def make_tokens(
    table: pa.Table, plan: StreamPlan, tokeniser: Tokeniser | None, empties: tuple[str, ...]
) -> dict[tuple[str, str], tuple[pa.ChunkedArray, pa.ChunkedArray]]:
    """Tokens of every contact column and notation, over the whole file: each distinct value is normalised once."""
    wanted = {(rule.columns[0], rule.kind) for rule, item in plan.conversions.values() if item.is_contact}
    found = {}
    for column, kind in sorted(wanted):
        if tokeniser is None:
            raise FilesError("a contact column is mapped and no tokeniser was made")
        values = pa.chunked_array(
            [notation.trimmed(chunk, empties) for chunk in table.column(column).chunks], pa.string()
        )
        token, is_valid = tokeniser.tokens(kind, values)
        found[column, kind] = (token, pc.if_else(is_valid, pa.scalar("true"), pa.scalar("false")))
    return found


def prepare(slab: Slab, context: Context) -> Slab:
    """Fills the slab: clean columns, columns as written, key, conversions."""
    plan, empties = context.plan, context.mapping.empty
    region = context.mapping.phone_region or DEFAULT_PHONE_REGION
    for name in slab.original:
        if name in plan.contacts:
            tokens, _ = context.tokens[name, plan.contacts[name]]
            token = whole(tokens.slice(slab.start, slab.rows))
            slab.clean[name] = Column(token, None, token)
            continue
        column = slab.columns[name] = Column.of(slab.original[name])
        if name in plan.scrubbed:
            column = column.map(lambda items: _scrubbed(items, region))
        elif name in plan.identifiers:
            column = column.map(_without_emails)
        slab.written[name] = column.values
        slab.clean[name] = column.map(lambda items: notation.trimmed(items, empties))
    for name, (rule, item) in plan.conversions.items():
        if rule.columns:
            convert(slab, name, rule, item, context)
    if plan.key:
        slab.key = key_text([slab.clean[name].values for name in plan.key])
    write_readable(slab, plan)
    return slab


def write_readable(slab: Slab, plan: StreamPlan) -> None:
    """Columns that are only numbers, times or booleans land as written where they could be read, else as null: nobody
    knows what a value holds that is none of these."""
    for column in plan.typed & set(slab.written):
        unread: Mask | None = None
        for name, (rule, _) in plan.conversions.items():
            if column in rule.columns and name in slab.converted:
                mask = np.zeros(slab.rows, dtype=np.bool_)
                for rows in slab.converted[name].bad.values():
                    mask[rows] = True
                unread = mask if unread is None else unread & mask
        values = slab.original[column]
        if unread is not None and unread.any():
            values = pc.if_else(pa.array(unread), pa.scalar(None, pa.string()), values)
        slab.written[column] = values


def constant_currency(rule: FieldRule, currencies: Currencies) -> str:
    """The ISO code of an amount with a constant currency."""
    return currencies.unit(rule.currency or "").currency


def convert(slab: Slab, name: str, rule: FieldRule, item: Field, context: Context, decimal: str | None = None) -> None:
    """Converts the values of a rule with columns into `slab.converted[name]`; `decimal` is what the column proved."""
    if item.is_contact:
        token, is_valid = context.tokens[rule.columns[0], rule.kind]
        values = whole(token.slice(slab.start, slab.rows))
        given = valid_mask(notation.trimmed(slab.original[rule.columns[0]], (*context.mapping.empty, *rule.empty)))
        unusable = np.flatnonzero(given & ~valid_mask(values))
        bad = {f"invalid_{rule.kind}": unusable.astype(np.int64)} if len(unusable) else {}
        slab.converted[name] = Converted(values, bad)
        slab.flags[name] = whole(is_valid.slice(slab.start, slab.rows))
        return
    columns = [slab.clean[column] for column in rule.columns]
    if rule.empty:
        columns = [column.map(lambda items: notation.trimmed(items, rule.empty)) for column in columns]
    if len(columns) > 1:
        columns = [Column.of(notation.joined([column.values for column in columns], rule.separator))]
    column = columns[0]
    if rule.currency_column is not None or name.startswith("currency"):
        # read row by row: another column, or the default of an empty value, has a say
        slab.converted[name] = _converted(slab, name, rule, item, context, column.values, decimal)
        return
    converted = _converted(slab, name, rule, item, context, column.items, decimal)
    if converted.values is column.items:
        slab.converted[name] = replace(notation.spread(converted, column.indices), values=column.values)
    else:
        slab.converted[name] = notation.spread(converted, column.indices)


def _converted(
    slab: Slab,
    name: str,
    rule: FieldRule,
    item: Field,
    context: Context,
    values: pa.StringArray,
    decimal: str | None,
) -> Converted:
    lookup = Converted(values)
    if rule.values:
        lookup = notation.looked_up(values, dict(rule.values), rule.other_values == "keep")
        values = lookup.values
    mark = rule.decimal or decimal
    if rule.kind == "timestamp":
        return notation.to_timestamps(values, rule.time_formats(), rule.calendar, context.zone_of(rule))
    if rule.kind == "date":
        return notation.to_dates(values, rule.time_formats(), rule.calendar)
    if rule.kind == "money":
        return _money(slab, name, rule, context, values, mark)
    if rule.kind == "integer":
        return _merged(lookup, notation.to_integers(values, mark))
    if rule.kind == "decimal":
        return _merged(lookup, notation.to_decimals(values, mark))
    if rule.kind == "boolean":
        return _merged(lookup, notation.to_booleans(values, rule.true_values, rule.false_values))
    if name.startswith("currency"):
        return _merged(lookup, _currency_codes(values, context, rule, allow_factor=name.startswith("currency+")))
    if rule.case is not None:
        values = notation.in_case(values, rule.case).values
    if item.accepted_values:
        return _merged(lookup, notation.accepted_only(values, item.accepted_values))
    if name.startswith("id "):
        return _merged(lookup, _no_placeholder(values))
    return replace(lookup, values=values)


def _merged(first: Converted, second: Converted) -> Converted:
    """The second conversion with the bad rows of both (they cannot share a row: the first left null)."""
    return replace(second, bad={**first.bad, **second.bad}) if first.bad else second


def unit_of(name: str, rule: FieldRule, context: Context) -> CurrencyUnit | None:
    """The unit that amounts of that currency are written in: `factor_alias` where it is one of the same currency."""
    if name not in context.currencies:
        return None
    unit = context.currencies.unit(name)
    if rule.factor_alias is not None and unit.factor == 1:
        alias = context.currencies.unit(rule.factor_alias)
        if alias.currency == unit.currency:
            return alias
    return unit


def _money(
    slab: Slab, name: str, rule: FieldRule, context: Context, values: pa.StringArray, decimal: str | None
) -> Converted:
    if rule.currency_column is None:
        unit = unit_of(rule.currency or "", rule, context)
        if unit is None:
            raise FilesError(f"{context.mapping.path}: currency {rule.currency!r} is not in currencies.csv")
        slab.currencies[name] = unit.currency
        return notation.to_minor_units(values, decimal, unit.exponent, unit.factor)
    codes = slab.clean[rule.currency_column].values
    encoded = codes.dictionary_encode()
    items, indices = encoded.dictionary, encoded.indices
    default = None if context.mapping.currency is None else unit_of(context.mapping.currency, rule, context)
    units = [unit_of(text, rule, context) for text in items.to_pylist()] + [default]
    rows = np.asarray(pc.fill_null(indices, len(items)).to_numpy(zero_copy_only=False)).astype(np.int64)
    exponents = np.array([-1 if unit is None else unit.exponent for unit in units], dtype=np.int64)[rows]
    factors = np.array([1 if unit is None else unit.factor for unit in units], dtype=np.int64)[rows]
    names = pa.array([None if unit is None else unit.currency for unit in units], pa.string())
    slab.currencies[name] = names.take(pa.array(rows))
    converted = notation.to_minor_units(values, decimal, exponents, factors)
    lost = valid_mask(converted.values) & (exponents < 0)
    if not lost.any():
        return converted
    unnamed = lost & ~valid_mask(codes)
    bad = dict(converted.bad)
    for reason, mask in (("missing_currency", unnamed), ("unknown_currency", lost & ~unnamed)):
        if mask.any():
            bad[reason] = np.flatnonzero(mask).astype(np.int64)
    minor = converted.integers
    if minor is not None:
        minor[lost] = 0
    return replace(
        converted, values=pc.if_else(pa.array(lost), pa.scalar(None, pa.string()), converted.values), bad=bad
    )


def _currency_codes(values: pa.StringArray, context: Context, rule: FieldRule, allow_factor: bool) -> Converted:
    """ISO codes of currency names and aliases; an empty one is the source's default. Without an amount to multiply, an
    alias with a factor would silently change the meaning of the row, so it is not known there."""
    encoded = values.dictionary_encode()
    codes: list[str | None] = []
    for text in encoded.dictionary.to_pylist():
        unit = context.currencies.unit(text) if text in context.currencies else None
        codes.append(unit.currency if unit is not None and (allow_factor or unit.factor == 1) else None)
    result = pa.array(codes, pa.string()).take(encoded.indices)
    unknown = valid_mask(values) & ~valid_mask(result)
    bad = {"unknown_currency": np.flatnonzero(unknown).astype(np.int64)} if unknown.any() else {}
    default = context.mapping.currency
    if default is not None and values.null_count and default in context.currencies:
        result = pc.if_else(pc.is_valid(values), result, pa.scalar(context.currencies.unit(default).currency))
    return Converted(result, bad)


def constant(rule: FieldRule, item: Field, context: Context, name: str) -> Converted:
    """The conversion of a constant, of one row. Raises FilesError when it cannot be read as the field needs it."""
    slab = Slab(0, {})
    value = pa.array([rule.value or None], pa.string())
    bare = replace(rule, currency_column=None)
    converted = _converted(slab, name, bare, item, context, value, None)
    if converted.bad or (item.required and converted.values[0].as_py() is None):
        reason = next(iter(converted.bad), "it is empty")
        raise FilesError(
            f"{context.mapping.path}: stream {context.stream.name}, field {rule.field}: the constant {rule.value!r} is "
            f"no {rule.kind} ({reason})"
        )
    return converted


def filled_rows(slab: Slab, conditions: tuple[Condition, ...], empties: tuple[str, ...]) -> Mask:
    """True for the rows that fill, by the file's own text (contact columns included)."""
    result = np.ones(slab.rows, dtype=np.bool_)
    for condition in conditions:
        values = notation.trimmed(slab.original[condition.column], empties)
        if condition.operator == "is_empty":
            holds = ~valid_mask(values)
        elif condition.operator == "not_empty":
            holds = valid_mask(values)
        else:
            among = pc.is_in(values, value_set=pa.array(condition.operands, pa.string()))
            holds = np.asarray(among.to_numpy(zero_copy_only=False), dtype=np.bool_)
            if condition.operator == "not_equals":
                holds = ~holds
        result &= holds
    return result


def whole(values: pa.ChunkedArray) -> pa.StringArray:
    """A column of one slab as one array."""
    combined = values.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return pa.concat_arrays(combined.chunks) if combined.num_chunks else pa.array([], pa.string())
    return combined


def _scrubbed(values: pa.StringArray, region: str) -> pa.StringArray:
    if not _may_hold_contact(values):
        return values
    clean = whole(scrub_free_text(values, region))
    return values if clean.equals(values) else clean


def _may_hold_contact(values: pa.StringArray) -> bool:
    """Whether there is an @, eight digits together in one value, or any character that needs a closer look."""
    offsets, data = text_bytes(values)
    used = data[offsets[0] : offsets[-1]]
    if (used == ord("@")).any() or (used.size and int(used.max()) >= 0x80):
        return True
    digits = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum((used - np.uint8(48)) < 10)])
    bounds = offsets - offsets[0]
    return bool((digits[bounds[1:]] - digits[bounds[:-1]] >= 8).any())


def _has_at_sign(values: pa.StringArray) -> bool:
    offsets, data = text_bytes(values)
    return bool((data[offsets[0] : offsets[-1]] == ord("@")).any())


def _without_emails(values: pa.StringArray) -> pa.StringArray:
    """Ids that are e-mail addresses are replaced by a placeholder, which `_no_placeholder` then reports."""
    if not _has_at_sign(values):
        return values
    is_email = pc.match_substring_regex(pc.utf8_trim_whitespace(values), _EMAIL)
    if not pc.any(is_email).as_py():
        return values
    return pc.if_else(is_email, pa.scalar(EMAIL_IN_ID), values)


def _no_placeholder(values: pa.StringArray) -> Converted:
    offsets, data = text_bytes(values)
    if not (data[offsets[0] : offsets[-1]] == ord("[")).any():
        return Converted(values)
    hidden = np.asarray(pc.is_in(values, value_set=pa.array([EMAIL_IN_ID])).to_numpy(zero_copy_only=False))
    if not hidden.any():
        return Converted(values)
    kept = pc.if_else(pa.array(hidden), pa.scalar(None, pa.string()), values)
    return Converted(kept, {"contact_data": np.flatnonzero(hidden).astype(np.int64)})
