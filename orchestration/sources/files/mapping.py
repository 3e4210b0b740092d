"""The mapping file: which columns of a company's exports fill which contract, and how their values are written.

`load_mapping` reads one YAML file into a `FilesMapping` and checks it against the contracts. Nothing in a mapping is
evaluated: it names columns, notations and words. docs/mapping.md describes it for its writers.
"""

import codecs
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
import yaml

from orchestration.contracts import LINEAGE_COLUMNS, Contract, Field, load_contracts
from orchestration.sources.files.times import (
    DEFAULT_FORMATS,
    DEFAULT_JALALI_FORMATS,
    TimeFormat,
    compile_format,
)
from orchestration.sources.files.yaml_nodes import MappingError, Problems, Reader, compose, nearest

__all__ = [
    "Condition",
    "FieldRule",
    "FilesMapping",
    "Fill",
    "MappingError",
    "Note",
    "StreamMapping",
    "load_mapping",
    "source_name",
]

RESERVED_SOURCES = ("definitions", "files", "calendar", "build", "landing")
FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
OPERATORS = ("equals", "not_equals", "in", "not_empty", "is_empty")

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_SOURCE_KEYS = (
    "source",
    "folder",
    "exported_at",
    "time_zone",
    "currency",
    "amounts_include_vat",
    "empty",
    "phone_region",
    "streams",
)
_STREAM_KEYS = (
    "file",
    "format",
    "delimiter",
    "encoding",
    "sheet",
    "header_row",
    "key",
    "keep_repeats",
    "keep",
    "fills",
    "findings",
)
_FORMAT_KEYS = {"csv": ("delimiter", "encoding"), "xlsx": ("sheet",)}
_ORIGIN_KEYS = ("column", "columns", "value", "row_number")
_OPTION_KINDS = {
    "formats": ("timestamp", "date"),
    "calendar": ("timestamp", "date"),
    "zone": ("timestamp",),
    "case": ("text",),
    "values": ("text", "boolean", "integer", "decimal"),
    "other_values": ("text", "boolean", "integer", "decimal"),
    "currency": ("money",),
    "factor_alias": ("money",),
    "decimal": ("money", "integer", "decimal"),
    "true_values": ("boolean",),
    "false_values": ("boolean",),
}


@dataclass(frozen=True)
class FieldRule:
    """Where a contract field comes from (exactly one of columns, value, row_number) and how it is written there."""

    field: str
    kind: str
    """text | timestamp | date | integer | decimal | boolean | money | phone | email | messenger | tax_id"""
    columns: tuple[str, ...] = ()
    separator: str = " "
    value: str | None = None
    row_number: bool = False
    empty: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    calendar: str = "gregorian"
    zone: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    other_values: str = "keep"
    case: str | None = None
    currency: str | None = None
    currency_column: str | None = None
    factor_alias: str | None = None
    decimal: str | None = None
    true_values: tuple[str, ...] = ()
    false_values: tuple[str, ...] = ()

    def time_formats(self) -> tuple[TimeFormat, ...]:
        """The formats of the rule, or the default ones of its calendar."""
        if self.formats:
            return tuple(compile_format(text) for text in self.formats)
        return DEFAULT_JALALI_FORMATS if self.calendar == "jalali" else DEFAULT_FORMATS


@dataclass(frozen=True)
class Condition:
    """One line of `when`: the trimmed text of a column against `operands`. All comparisons are exact."""

    column: str
    operator: str
    operands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fill:
    """One contract filled from a stream's rows."""

    contract: str
    name: str
    rules: tuple[FieldRule, ...]
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Note:
    """A named warning about values that the export itself made worse."""

    column: str
    values: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class StreamMapping:
    """One file, or the files of one glob, read the same way."""

    name: str
    file: str
    format: str
    fills: tuple[Fill, ...]
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    header_row: int = 1
    key: tuple[str, ...] = ()
    keep_repeats: bool = False
    """Without a key: rows of the same content are events of their own, not copies."""
    keep: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Column name → where the mapping names it (`file:line:column`), for errors about the file's header."""

    @property
    def is_glob(self) -> bool:
        return any(char in self.file for char in "*?[")


@dataclass(frozen=True)
class FilesMapping:
    """A whole mapping file."""

    path: Path
    source: str
    folder: Path
    streams: Mapping[str, StreamMapping]
    contracts: Mapping[str, Contract] = field(repr=False)
    exported_at: datetime | None = None
    """Naive when the file gives no offset: local to `time_zone`, or to the company's zone."""
    time_zone: str | None = None
    currency: str | None = None
    amounts_include_vat: bool | None = None
    empty: tuple[str, ...] = ("",)
    phone_region: str | None = None

    def observed_at(self, company_time_zone: str) -> datetime | None:
        """When the export was made (UTC), or None when the mapping does not say."""
        if self.exported_at is None:
            return None
        if self.exported_at.tzinfo is not None:
            return self.exported_at.astimezone(UTC)
        return self.exported_at.replace(tzinfo=ZoneInfo(self.time_zone or company_time_zone)).astimezone(UTC)

    def fingerprint(self, stream: StreamMapping, **context: object) -> str:
        """SHA-256 of all that decides how the stream's values are read; `context` adds what comes from elsewhere."""
        said = {name: value for name, value in asdict(stream).items() if name not in ("file", "places")}
        fields = {
            fill.contract: [
                (item.name, item.data_type, item.notation, item.required, item.accepted_values)
                for item in self.contracts[fill.contract].fields
            ]
            for fill in stream.fills
        }
        document = {
            "stream": said,
            "contracts": fields,
            "empty": self.empty,
            "time_zone": self.time_zone,
            "currency": self.currency,
            "amounts_include_vat": self.amounts_include_vat,
            "phone_region": self.phone_region,
            "exported_at": None if self.exported_at is None else self.exported_at.isoformat(),
            "context": context,
        }
        return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()


def load_mapping(
    path: Path, environment: Mapping[str, str], *, contracts: Mapping[str, Contract] | None = None
) -> FilesMapping:
    """Reads and checks a mapping file. Raises MappingError with every problem found, each with line and column."""
    path = Path(path)
    problems = Problems(path)
    root = compose(path)
    mapping = _Builder(path, problems, environment, contracts or load_contracts()).build(root)
    problems.raise_if_any()
    return mapping


def source_name(path: Path) -> str:
    """The name of the source of a mapping file, whatever else stands in it: its folder may be on another machine, or it may be
    what is wrong. Raises MappingError when there is none."""
    root = compose(Path(path))
    for key, value in root.value:
        if key.value == "source" and isinstance(value, yaml.ScalarNode):
            return str(value.value)
    raise MappingError([f"{path}: source: is missing; name the system"])


def field_kind(item: Field) -> str:
    """How the values of a contract field are read."""
    if item.notation is not None:
        return item.notation
    if item.data_type.startswith("decimal"):
        return "decimal"
    return {"string": "text", "bigint": "integer"}.get(item.data_type, item.data_type)


class _Builder:
    """Builds the mapping from nodes; every method reports problems and goes on."""

    def __init__(
        self, path: Path, problems: Problems, environment: Mapping[str, str], contracts: Mapping[str, Contract]
    ) -> None:
        self.path = path
        self.problems = problems
        self.environment = environment
        self.contracts = contracts
        self.read = Reader(problems)
        self.currency: str | None = None
        self.amounts_include_vat: bool | None = None
        self.places: dict[str, str] = {}

    def build(self, root: yaml.MappingNode) -> FilesMapping:
        nodes = self.read.known(root, "", _SOURCE_KEYS, required=("source", "folder", "streams"))
        if "currency" in nodes:
            self.currency = self._currency_code(nodes["currency"], "currency")
        if "amounts_include_vat" in nodes:
            self.amounts_include_vat = self.read.boolean(nodes["amounts_include_vat"], "amounts_include_vat")
        folder = self.path.parent
        if "folder" in nodes:
            folder = self.path.parent / self.read.expanded(nodes["folder"], "folder", self.environment)
        streams: dict[str, StreamMapping] = {}
        if "streams" in nodes:
            for name, (key_node, node) in self.read.pairs(nodes["streams"], "streams").items():
                self._check_name(key_node, "streams", name)
                streams[name] = self._stream(name, node)
        return FilesMapping(
            path=self.path,
            source=self._source(nodes),
            folder=folder,
            streams=streams,
            contracts=self.contracts,
            exported_at=self._exported_at(nodes),
            time_zone=self._zone(nodes["time_zone"], "time_zone") if "time_zone" in nodes else None,
            currency=self.currency,
            amounts_include_vat=self.amounts_include_vat,
            empty=self.read.texts(nodes["empty"], "empty") if "empty" in nodes else ("",),
            phone_region=self._region(nodes["phone_region"]) if "phone_region" in nodes else None,
        )

    def _source(self, nodes: Mapping[str, yaml.Node]) -> str:
        if "source" not in nodes:
            return ""
        name = self.read.text(nodes["source"], "source")
        self._check_name(nodes["source"], "source", name)
        if name in RESERVED_SOURCES:
            self.problems.add(nodes["source"], "source", f"{name!r} is a name of the project itself; choose another")
        return name

    def _check_name(self, node: yaml.Node, key: str, name: str) -> None:
        if not _NAME.fullmatch(name):
            self.problems.add(node, key, f"{name!r}: expected lower-case letters, digits and _, a letter first")

    def _exported_at(self, nodes: Mapping[str, yaml.Node]) -> datetime | None:
        if "exported_at" not in nodes:
            return None
        text = self.read.text(nodes["exported_at"], "exported_at")
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            self.problems.add(
                nodes["exported_at"], "exported_at", f"{text!r} is no ISO 8601 time such as 2018-11-15T00:00:00"
            )
            return None

    def _zone(self, node: yaml.Node, key: str) -> str:
        name = self.read.text(node, key)
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.problems.add(node, key, f"{name!r} is no time zone; expected an IANA name such as Europe/Moscow")
        return name

    def _region(self, node: yaml.Node) -> str:
        region = self.read.text(node, "phone_region")
        if region not in phonenumbers.SUPPORTED_REGIONS:
            self.problems.add(node, "phone_region", f"{region!r} is no country code such as RU or IR")
        return region

    def _currency_code(self, node: yaml.Node, key: str) -> str:
        code = self.read.text(node, key)
        if not re.fullmatch(r"[A-Za-z]{2,20}", code):
            self.problems.add(node, key, f"{code!r}: expected a currency code such as BRL, or an alias such as toman")
        return code

    def _column(self, node: yaml.Node, key: str) -> str:
        name = self.read.text(node, key)
        if isinstance(node, yaml.ScalarNode) and not name:
            self.problems.add(node, key, "expected the name of a column of the file")
        mark = node.start_mark
        self.places.setdefault(name, f"{self.path}:{mark.line + 1}:{mark.column + 1}")
        return name

    def _columns(self, node: yaml.Node, key: str) -> tuple[str, ...]:
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._column(item, f"{key}[{index}]") for index, item in enumerate(node.value))
        return (self._column(node, key),)

    def _stream(self, name: str, node: yaml.Node) -> StreamMapping:
        key = f"streams.{name}"
        self.places = {}
        nodes = self.read.known(node, key, _STREAM_KEYS, required=("file", "fills"))
        file = self._file(nodes["file"], f"{key}.file") if "file" in nodes else ""
        file_format = self._format(nodes, key, file)
        for of_format, options in _FORMAT_KEYS.items():
            for option in options:
                if option in nodes and of_format != file_format:
                    self.problems.add(nodes[option], f"{key}.{option}", f"only for {of_format}, this is {file_format}")
        delimiter = None
        if "delimiter" in nodes:
            delimiter = {"\\t": "\t", "tab": "\t"}.get(
                text := self.read.text(nodes["delimiter"], f"{key}.delimiter"), text
            )
            if len(delimiter.encode()) != 1 or delimiter in '"\r\n':
                self.problems.add(nodes["delimiter"], f"{key}.delimiter", "expected one ASCII character, or \\t")
        fills = tuple(
            fill
            for index, item in enumerate(self.read.items(nodes["fills"], f"{key}.fills") if "fills" in nodes else [])
            if (fill := self._fill(item, f"{key}.fills[{index}]")) is not None
        )
        names = [fill.name for fill in fills]
        if len(set(names)) != len(names):
            twice = next(fill_name for fill_name in names if names.count(fill_name) > 1)
            self.problems.add(nodes["fills"], f"{key}.fills", f"two fills are named {twice!r}; give each a `name:`")
        keep_repeats = "keep_repeats" in nodes and self.read.boolean(nodes["keep_repeats"], f"{key}.keep_repeats")
        if keep_repeats and "key" in nodes:
            self.problems.add(
                nodes["keep_repeats"], f"{key}.keep_repeats", "not beside `key:`, which says that rows do not repeat"
            )
        return StreamMapping(
            name=name,
            file=file,
            keep_repeats=keep_repeats,
            format=file_format,
            fills=fills,
            delimiter=delimiter,
            encoding=self._encoding(nodes["encoding"], f"{key}.encoding") if "encoding" in nodes else None,
            sheet=self.read.text(nodes["sheet"], f"{key}.sheet") if "sheet" in nodes else None,
            header_row=self.read.whole(nodes["header_row"], f"{key}.header_row", 1) if "header_row" in nodes else 1,
            key=self._columns(nodes["key"], f"{key}.key") if "key" in nodes else (),
            keep=self._columns(nodes["keep"], f"{key}.keep") if "keep" in nodes else (),
            notes=self._notes(nodes["findings"], f"{key}.findings") if "findings" in nodes else (),
            places=dict(self.places),
        )

    def _file(self, node: yaml.Node, key: str) -> str:
        file = self.read.text(node, key)
        parts = Path(file).parts
        if not parts or Path(file).is_absolute() or ".." in parts:
            self.problems.add(node, key, f"{file!r} must stay inside the folder: a relative path without `..`")
        return file

    def _format(self, nodes: Mapping[str, yaml.Node], key: str, file: str) -> str:
        if "format" in nodes:
            return self.read.one_of(nodes["format"], f"{key}.format", ("csv", "parquet", "xlsx"))
        found = FORMATS.get(Path(file).suffix.lower())
        if found is None and "file" in nodes:
            self.problems.add(
                nodes["file"], f"{key}.file", f"no format known for {file!r}; add `format:` csv, parquet or xlsx"
            )
        return found or "csv"

    def _encoding(self, node: yaml.Node, key: str) -> str:
        name = self.read.text(node, key)
        try:
            return codecs.lookup(name).name
        except LookupError:
            self.problems.add(node, key, f"{name!r} is no encoding known here; examples: utf-8, cp1251, utf-16")
            return "utf-8"

    def _notes(self, node: yaml.Node, key: str) -> tuple[Note, ...]:
        notes = []
        for index, item in enumerate(self.read.items(node, key)):
            place = f"{key}[{index}]"
            names = ("column", "values", "message")
            nodes = self.read.known(item, place, names, required=names)
            if len(nodes) == 3:
                notes.append(
                    Note(
                        self._column(nodes["column"], f"{place}.column"),
                        self.read.texts(nodes["values"], f"{place}.values"),
                        self.read.text(nodes["message"], f"{place}.message"),
                    )
                )
        return tuple(notes)

    def _when(self, node: yaml.Node, key: str) -> tuple[Condition, ...]:
        conditions = []
        for index, item in enumerate(self.read.items(node, key)):
            place = f"{key}[{index}]"
            nodes = self.read.known(item, place, ("column", *OPERATORS), required=("column",))
            operators = [name for name in nodes if name != "column"]
            if "column" not in nodes:
                continue
            if len(operators) != 1:
                self.problems.add(item, place, f"expected exactly one of {', '.join(OPERATORS)}")
                continue
            operator = operators[0]
            value = nodes[operator]
            operands: tuple[str, ...] = ()
            if operator in ("not_empty", "is_empty"):
                if self.read.text(value, f"{place}.{operator}") != "true":
                    self.problems.add(value, f"{place}.{operator}", "expected true")
            elif operator == "in":
                operands = self.read.texts(value, f"{place}.in")
            else:
                operands = (self.read.text(value, f"{place}.{operator}"),)
            conditions.append(Condition(self._column(nodes["column"], f"{place}.column"), operator, operands))
        return tuple(conditions)

    def _fill(self, node: yaml.Node, key: str) -> Fill | None:
        nodes = self.read.known(node, key, ("contract", "name", "when", "fields"), required=("contract", "fields"))
        when = self._when(nodes["when"], f"{key}.when") if "when" in nodes else ()
        if "contract" not in nodes or "fields" not in nodes:
            return None
        contract_name = self.read.text(nodes["contract"], f"{key}.contract")
        contract = self.contracts.get(contract_name)
        if contract is None:
            self.problems.add(
                nodes["contract"],
                f"{key}.contract",
                f"no contract {contract_name!r}{nearest(contract_name, self.contracts)}",
            )
            return None
        name = contract_name
        if "name" in nodes:
            name = self.read.text(nodes["name"], f"{key}.name")
            self._check_name(nodes["name"], f"{key}.name", name)
        rules: list[FieldRule] = []
        for field_name, (key_node, value) in self.read.pairs(nodes["fields"], f"{key}.fields").items():
            place = f"{key}.fields.{field_name}"
            if field_name not in contract.field_names:
                hint = (
                    "; it is filled by the loader"
                    if field_name in LINEAGE_COLUMNS
                    else nearest(field_name, contract.field_names)
                )
                self.problems.add(key_node, place, f"contract {contract_name} has no such field{hint}")
                continue
            rules.append(self._rule(contract.field(field_name), value, place))
        rules = self._with_currency(contract, rules, nodes["fields"], f"{key}.fields")
        self._require(contract, rules, nodes["fields"], f"{key}.fields")
        return Fill(contract_name, name, tuple(rules), when)

    def _with_currency(self, contract: Contract, rules: list[FieldRule], node: yaml.Node, key: str) -> list[FieldRule]:
        """Gives every amount its currency, the contract's `currency` field the same, and adds `amounts_include_vat`."""
        mapped = {rule.field: rule for rule in rules}
        default = mapped.get("currency")
        resolved: list[FieldRule] = []
        chosen: set[tuple[str | None, str | None, str | None]] = set()
        for rule in rules:
            if rule.kind == "money":
                if rule.currency is None and rule.currency_column is None:
                    if rule.factor_alias is not None and default is None:
                        rule = replace(rule, currency=rule.factor_alias)
                    elif default is not None and (default.value is not None or len(default.columns) == 1):
                        column = default.columns[0] if default.columns else None
                        rule = replace(rule, currency=default.value, currency_column=column)
                    elif self.currency is not None:
                        rule = replace(rule, currency=self.currency)
                    else:
                        self.problems.add(
                            node,
                            f"{key}.{rule.field}",
                            "an amount needs its currency: map `currency`, or set `currency:` here or for the source",
                        )
                chosen.add((rule.currency, rule.currency_column, rule.factor_alias))
            resolved.append(rule)
        if len(chosen) > 1:
            self.problems.add(node, key, "amounts of one fill share the contract's `currency`; give them the same one")
        if chosen and default is None and "currency" in contract.field_names:
            currency, column, _ = next(iter(chosen))
            resolved.append(
                FieldRule(field="currency", kind="text", value=currency, columns=(column,) if column else ())
            )
        elif default is not None and default.value is None and len(default.columns) != 1 and not default.row_number:
            self.problems.add(node, f"{key}.currency", "expected one column or a constant")
        if (
            self.amounts_include_vat is not None
            and "amounts_include_vat" in contract.field_names
            and "amounts_include_vat" not in mapped
        ):
            value = "true" if self.amounts_include_vat else "false"
            resolved.append(FieldRule(field="amounts_include_vat", kind="boolean", value=value))
        return resolved

    def _require(self, contract: Contract, rules: list[FieldRule], node: yaml.Node, key: str) -> None:
        mapped = {rule.field for rule in rules}
        missing = [item.name for item in contract.fields if item.required and item.name not in mapped]
        if missing:
            self.problems.add(node, key, f"contract {contract.name} requires {', '.join(missing)}: map it")

    def _rule(self, item: Field, node: yaml.Node, key: str) -> FieldRule:
        kind = field_kind(item)
        if isinstance(node, yaml.ScalarNode):
            return FieldRule(field=item.name, kind=kind, columns=(self._column(node, key),))
        options = (*_ORIGIN_KEYS, "separator", "empty", *_OPTION_KINDS)
        nodes = self.read.known(node, key, options)
        origins = [name for name in _ORIGIN_KEYS if name in nodes]
        if len(origins) != 1:
            self.problems.add(node, key, f"expected exactly one of {', '.join(_ORIGIN_KEYS)}")
        for option, kinds in _OPTION_KINDS.items():
            if option in nodes and kind not in kinds:
                self.problems.add(
                    nodes[option],
                    f"{key}.{option}",
                    f"{item.name} is {kind}; `{option}` is only for {', '.join(kinds)}",
                )
        if "separator" in nodes and "columns" not in nodes:
            self.problems.add(nodes["separator"], f"{key}.separator", "only together with `columns`")
        if "columns" in nodes and item.is_contact:
            self.problems.add(nodes["columns"], f"{key}.columns", "contact data come from one column")
        if "value" in nodes and item.is_contact:
            self.problems.add(nodes["value"], f"{key}.value", "contact data come from a column, not from the mapping")
        if "other_values" in nodes and "values" not in nodes:
            self.problems.add(nodes["other_values"], f"{key}.other_values", "only together with `values`")
        if "row_number" in nodes:
            if self.read.text(nodes["row_number"], f"{key}.row_number") != "true":
                self.problems.add(nodes["row_number"], f"{key}.row_number", "expected true")
            if kind not in ("text", "integer"):
                self.problems.add(nodes["row_number"], f"{key}.row_number", f"a row number cannot be {kind}")
        columns: tuple[str, ...] = ()
        if "column" in nodes:
            columns = (self._column(nodes["column"], f"{key}.column"),)
        elif "columns" in nodes:
            columns = self._columns(nodes["columns"], f"{key}.columns")
        currency, currency_column = self._currency(nodes, key)
        alias = nodes.get("factor_alias")

        def words(option: str) -> tuple[str, ...]:
            return self.read.texts(nodes[option], f"{key}.{option}") if option in nodes else ()

        rule = FieldRule(
            field=item.name,
            kind=kind,
            columns=columns,
            separator=self.read.text(nodes["separator"], f"{key}.separator") if "separator" in nodes else " ",
            value=self.read.text(nodes["value"], f"{key}.value") if "value" in nodes else None,
            row_number="row_number" in nodes,
            empty=words("empty"),
            formats=self._formats(nodes, key),
            calendar=(
                self.read.one_of(nodes["calendar"], f"{key}.calendar", ("gregorian", "jalali"))
                if "calendar" in nodes
                else "gregorian"
            ),
            zone=self._zone(nodes["zone"], f"{key}.zone") if "zone" in nodes else None,
            values=tuple(self.read.table(nodes["values"], f"{key}.values").items()) if "values" in nodes else (),
            other_values=(
                self.read.one_of(nodes["other_values"], f"{key}.other_values", ("keep", "quarantine"))
                if "other_values" in nodes
                else "keep"
            ),
            case=self.read.one_of(nodes["case"], f"{key}.case", ("lower", "snake")) if "case" in nodes else None,
            currency=currency,
            currency_column=currency_column,
            factor_alias=None if alias is None else self._currency_code(alias, f"{key}.factor_alias"),
            decimal=self.read.one_of(nodes["decimal"], f"{key}.decimal", (".", ",")) if "decimal" in nodes else None,
            true_values=self.read.texts(nodes["true_values"], f"{key}.true_values") if "true_values" in nodes else (),
            false_values=self.read.texts(nodes["false_values"], f"{key}.false_values")
            if "false_values" in nodes
            else (),
        )
        both = {text.casefold() for text in rule.true_values} & {text.casefold() for text in rule.false_values}
        if both:
            self.problems.add(node, key, f"{sorted(both)[0]!r} stands in true_values and in false_values")
        return rule

    def _formats(self, nodes: Mapping[str, yaml.Node], key: str) -> tuple[str, ...]:
        if "formats" not in nodes:
            return ()
        node = nodes["formats"]
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        formats = []
        for index, item in enumerate(items):
            text = self.read.text(item, f"{key}.formats[{index}]")
            try:
                compile_format(text)
            except ValueError as error:
                self.problems.add(item, f"{key}.formats[{index}]", str(error))
                continue
            formats.append(text)
        return tuple(formats)

    def _currency(self, nodes: Mapping[str, yaml.Node], key: str) -> tuple[str | None, str | None]:
        """(constant, column) of an amount's currency."""
        if "currency" not in nodes:
            return None, None
        node = nodes["currency"]
        if isinstance(node, yaml.ScalarNode):
            return self._currency_code(node, f"{key}.currency"), None
        inner = self.read.known(node, f"{key}.currency", ("column",), required=("column",))
        return None, self._column(inner["column"], f"{key}.currency.column") if "column" in inner else None
