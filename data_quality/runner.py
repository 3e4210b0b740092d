"""Runs the suite of a contract (`raw_files.<contract>`) or of a vendor's stream (`raw_<source>.<stream>`) with Great
Expectations.

GX is imported at the first run, with its usage statistics switched off, in an ephemeral context that writes nothing.
`success=False` of GX may also mean that an expectation could not be computed (an absent column, a value of another
type): that is an error of the run, not a property of the data, and raises.

GX is given numbers only. Text becomes the number of its distinct value, instants become seconds: on 1 M rows 26
expectations of such columns take GX 1 s, of text 9 s. It is asked for the failing values, never for the failing rows:
`unexpected_index_column_names` on 1 M failing rows takes it 131 s. The rows are those that hold a failing value.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_quality.checks import HOLDS, REFERRED, Check, CheckResult
from data_quality.suites import SUITES

ROW_KEY = "source_record_key"
KEYS_SHOWN = 20
TOLERANCE = timedelta(days=1)
"""How far a date may lie after the observation: clocks differ, and a local time may have been taken for UTC."""

Numbers = npt.NDArray[np.float64]


class CheckCouldNotRun(RuntimeError):
    """A check was not computed, so nothing is known about the data."""


def relation(suite: str) -> str:
    """The table of a suite: of a contract, or of a stream, whose suite is named `source/stream`."""
    source, _, stream = suite.rpartition("/")
    return f"raw_{source or 'files'}.{stream}"


def columns_needed(
    contract: str, filled: frozenset[str], suites: Mapping[str, list[Check]] = SUITES
) -> dict[str, tuple[str, ...]]:
    """Contract → columns that `run_suite` reads of it: the contract's own first, then those that it refers to."""
    needed: dict[str, dict[str, None]] = {contract: {ROW_KEY: None}}
    for check in _asked(contract, filled, suites):
        needed[contract] |= dict.fromkeys(check.needs)
        if check.reference is not None:
            theirs = [check.reference.key, *([check.reference.column] if check.reference.column else [])]
            needed.setdefault(check.reference.contract, {}).update(dict.fromkeys(theirs))
    return {name: tuple(columns) for name, columns in needed.items()}


def run_suite(
    contract: str,
    table: pa.Table,
    *,
    observed_at: datetime | None = None,
    filled: frozenset[str] | None = None,
    others: Mapping[str, pa.Table] | None = None,
    suites: Mapping[str, list[Check]] = SUITES,
) -> list[CheckResult]:
    """Check the raw rows of one contract or stream, in the order of its suite.

    table: columns of the contract as canonical text (empty = null). observed_at: instant at which the data was read
    (UTC; naive is taken as UTC); without it dates have no upper end. filled: contracts that a stream fills, default
    this one and `others`; `has_rows` is only asked of those, and references only to those. others: tables of the
    contracts referred to. Raises KeyError for a contract without a suite and CheckCouldNotRun when an expectation
    could not be computed.
    """
    if contract not in suites:
        raise KeyError(f"no suite for contract {contract!r}; suites exist for {', '.join(sorted(suites))}")
    tables = {**(others or {}), contract: table}
    checks = _asked(contract, frozenset(tables) if filled is None else filled, suites)
    if not checks:
        return []
    readings = _Readings(contract, tables)
    values = {check.name: readings.of(check) for check in checks if check.columns}
    if table.num_rows == 0:
        return [_of_no_rows(contract, check) for check in checks]
    frame, column_of = _frame(values, table.num_rows)
    gx, batch_definition = _batch_definition()
    expectations = [_expectation(contract, check, column_of.get(check.name), readings, observed_at) for check in checks]
    batch = batch_definition.get_batch(batch_parameters={"dataframe": frame})
    outcome = batch.validate(
        gx.ExpectationSuite(name=contract, expectations=expectations),
        result_format={"result_format": "BASIC", "partial_unexpected_count": KEYS_SHOWN},
    )
    by_name = {result.expectation_config.meta["name"]: result for result in outcome.results}
    return [_result(contract, check, by_name[check.name], values.get(check.name), table) for check in checks]


def has_critical_failure(results: list[CheckResult]) -> bool:
    """Whether publication must stop."""
    return any(not result.success and result.severity == "critical" for result in results)


def _asked(contract: str, filled: frozenset[str], suites: Mapping[str, list[Check]]) -> list[Check]:
    return [
        check
        for check in suites[contract]
        if (check.columns or contract in filled) and (check.reference is None or check.reference.contract in filled)
    ]


@cache
def great_expectations() -> tuple[Any, Any]:
    """The module and one ephemeral context, made once a process."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # where the extra `spark` is installed, GX imports its Connect client, which takes a process whose main module has no file
    # (a run that Dagster's page has launched) for a doctest and calls sys.exit(0)
    if not hasattr(sys.modules["__main__"], "__file__"):
        sys.modules["__main__"].__file__ = __file__
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return gx, context.data_sources.add_pandas("raw_files")


@cache
def _batch_definition() -> tuple[Any, Any]:
    """One definition for all contracts: GX writes its whole configuration out for each, 20 ms a time."""
    gx, source = great_expectations()
    return gx, source.add_dataframe_asset("contract").add_batch_definition_whole_dataframe("all_rows")


class _Readings:
    """The numbers that checks compare, each read once. NaN = null: not asked by checks of content."""

    def __init__(self, contract: str, tables: Mapping[str, pa.Table]) -> None:
        self.contract = contract
        self.tables = tables
        self.words: dict[str, list[str]] = {}
        self.read: dict[tuple[Any, ...], Numbers] = {}
        if ROW_KEY not in tables[contract].column_names:
            raise CheckCouldNotRun(f"{relation(contract)} lacks column {ROW_KEY}")

    def of(self, check: Check) -> Numbers:
        """One number a row. Raises CheckCouldNotRun for an absent column or a value outside canonical notation."""
        name = (check.reading, check.columns, check.when, check.reference, check.pattern)
        if name not in self.read:
            for column in check.needs:
                self._column(self.contract, column, check)
            self.read[name] = self._compute(check)
        return self.read[name]

    def _compute(self, check: Check) -> Numbers:
        first = check.columns[0]
        if check.reading == "text":
            return self._codes(check)
        if check.reading == "number":
            return self._cast(self.contract, first, check, pa.float64())
        if check.reading == "instant":
            return self._instants(self.contract, first, check)
        if check.reading == "is_filled":
            return self._is_filled(check)
        if check.reading == "refers":
            return self._refers(check)
        if check.reading in ("matches", "lacks"):
            return self._of_pattern(check)
        if check.reading == "written_number":
            return self._written(first, check)
        if check.reading == "difference":
            return self._written(check.columns[1], check) - self._written(first, check)
        if check.reading == "within":
            return self._within(check)
        if check.reading == "same_length":
            return self._same_length(check)
        if check.reference is not None:
            return self._instants(self.contract, first, check) - self._theirs(check)
        return self._instants(self.contract, check.columns[1], check) - self._instants(self.contract, first, check)

    def _column(self, contract: str, column: str, check: Check) -> pa.ChunkedArray:
        if contract not in self.tables or column not in self.tables[contract].column_names:
            raise CheckCouldNotRun(f"{relation(contract)} lacks column {column}, which {check.name} needs")
        return self.tables[contract].column(column)

    def _codes(self, check: Check) -> Numbers:
        """Number of the distinct value, or of the values of several columns; `words` keeps which value has which number."""
        texts = [_whole(self._column(self.contract, column, check)) for column in check.columns]
        # no text holds this character, so different rows stay different
        encoded = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, "\x00")
        encoded = encoded.dictionary_encode()
        if check.expectation == "ExpectColumnValuesToBeInSet":
            self.words[check.columns[0]] = encoded.dictionary.to_pylist()
        return _floats(encoded.indices)

    def _cast(self, contract: str, column: str, check: Check, kind: pa.DataType) -> Numbers:
        try:
            values = pc.cast(self._column(contract, column, check), kind)
        except pa.ArrowInvalid as error:
            raise CheckCouldNotRun(
                f"{relation(contract)}.{column} holds a value that is not in canonical notation "
                f"({check.reading} expected by {check.name})"
            ) from error.__cause__
        return _floats(pc.cast(values, pa.int64()) if pa.types.is_timestamp(kind) else values)

    def _instants(self, contract: str, column: str, check: Check) -> Numbers:
        """Seconds since 1970. A Jalali year left as it stands (1405) is a valid, absurdly early one."""
        return self._cast(contract, column, check, pa.timestamp("s"))

    def _is_filled(self, check: Check) -> Numbers:
        """1 = filled, NaN = empty, 0 = not asked."""
        columns = [self._column(self.contract, column, check) for column in check.columns]
        filled = np.logical_or.reduce([_mask(pc.is_valid(column)) for column in columns])
        values = np.where(filled, 1.0, np.nan)
        if check.when is None:
            return values
        name, value = check.when
        other = self._column(self.contract, name, check)
        asked = _mask(pc.is_valid(other) if value is None else pc.fill_null(pc.equal(other, value), False))
        return np.where(asked, values, 0.0)

    def _of_pattern(self, check: Check) -> Numbers:
        """HOLDS or 0; NaN where there is no text."""
        assert check.pattern is not None
        texts = self._column(self.contract, check.columns[0], check)
        pattern = rf"\A(?:{check.pattern})\z" if check.reading == "matches" else check.pattern
        return _held(pc.equal(pc.match_substring_regex(texts, pattern), check.reading == "matches"))

    def _written(self, column: str, check: Check) -> Numbers:
        """The number; NaN for another text, which another check is about."""
        texts = self._column(self.contract, column, check)
        is_number = pc.match_substring_regex(texts, r"\A-?\d+(?:\.\d+)?\z")
        return _floats(pc.cast(pc.if_else(is_number, texts, None), pa.float64()))

    def _within(self, check: Check) -> Numbers:
        text, first, last = (self._column(self.contract, column, check) for column in check.columns)
        return _held(pc.and_(pc.greater_equal(text, first), pc.less_equal(text, last)))

    def _same_length(self, check: Check) -> Numbers:
        first, *others = (_array_lengths(self._column(self.contract, column, check)) for column in check.columns)
        is_same = pc.equal(first, others[0])
        for lengths in others[1:]:
            is_same = pc.and_(is_same, pc.equal(first, lengths))
        return _held(is_same)

    def _found(self, check: Check) -> pa.ChunkedArray:
        """Row of the other contract that each row names; null where there is none."""
        assert check.reference is not None
        by = self._column(self.contract, check.reference.by, check)
        known = self._column(check.reference.contract, check.reference.key, check)
        return pc.index_in(by, value_set=_whole(known), skip_nulls=True)

    def _refers(self, check: Check) -> Numbers:
        found = _mask(pc.is_valid(self._found(check)))
        named = _mask(pc.is_valid(self._column(self.contract, check.columns[0], check)))
        return np.where(named, np.where(found, float(REFERRED), 0.0), np.nan)

    def _theirs(self, check: Check) -> Numbers:
        """The instant of the record that each row names."""
        reference = check.reference
        assert reference is not None
        assert reference.column is not None
        instants = self._instants(reference.contract, reference.column, check)
        found = _floats(self._found(check))
        has = ~np.isnan(found)
        values = np.full(len(found), np.nan)
        values[has] = instants[found[has].astype(np.int64)]
        return values


def _whole(values: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], pa.string())


def _array_lengths(arrays: pa.ChunkedArray) -> pa.ChunkedArray:
    """How many elements an array in ClickHouse's text form has, whatever commas its texts hold (`['a','b,c']` has two)."""
    if pc.any(pc.match_substring(arrays, "'"), min_count=0).as_py():
        # a vendor that escapes the quotes themselves escapes them all
        arrays = pc.replace_substring(arrays, "\\'", "'") if _escapes_quotes(arrays) else arrays
        arrays = pc.replace_substring_regex(arrays, pattern=r"'(?:[^'\\]|\\.)*'", replacement="0")
    return pc.if_else(pc.equal(arrays, "[]"), 0, pc.add(pc.count_substring(arrays, ","), 1))


def _escapes_quotes(arrays: pa.ChunkedArray) -> bool:
    return bool(pc.any(pc.starts_with(arrays, "[\\'"), min_count=0).as_py())


def _floats(values: pa.Array | pa.ChunkedArray) -> Numbers:
    """As float64, null as NaN. Above 2^53 the last digits go: checks compare with 0, with dates, with equality of
    codes."""
    numbers = pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.asarray(numbers, dtype=np.float64)


def _held(is_so: pa.ChunkedArray) -> Numbers:
    """HOLDS where it is so, 0 where it is not, NaN where nothing was there to look at."""
    return _floats(pc.if_else(is_so, float(HOLDS), 0.0))


def _mask(values: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(values.to_numpy(), dtype=np.bool_)


def _frame(values: Mapping[str, Numbers], rows: int) -> tuple[pd.DataFrame, dict[str, str]]:
    """The frame for GX, a column a distinct reading, and the column of each check."""
    names: dict[int, str] = {}
    column_of = {check: names.setdefault(id(numbers), check) for check, numbers in values.items()}
    columns = {names[id(numbers)]: numbers for numbers in values.values()}
    return pd.DataFrame(columns, index=pd.RangeIndex(rows)), column_of


def _expectation(
    contract: str, check: Check, column: str | None, readings: _Readings, observed_at: datetime | None
) -> Any:
    import great_expectations.expectations as expectations

    arguments: dict[str, Any] = dict(check.arguments)
    if column is not None:
        arguments["column"] = column
    if check.reading == "text" and check.columns and "value_set" in arguments:
        words = readings.words[check.columns[0]]
        arguments["value_set"] = [float(words.index(word)) for word in arguments["value_set"] if word in words] or [
            -1.0
        ]
    if check.not_after_observation and observed_at is not None:
        aware = observed_at if observed_at.tzinfo else observed_at.replace(tzinfo=UTC)
        arguments["max_value"] = (aware + TOLERANCE).timestamp()
    kind = getattr(expectations, check.expectation, None)
    if kind is None:
        raise CheckCouldNotRun(f"{relation(contract)}: {check.name}: no expectation {check.expectation!r}")
    try:
        return kind(**arguments, severity=check.severity, meta={"name": check.name})
    except ValueError as error:
        raise CheckCouldNotRun(f"{relation(contract)}: {check.name} is not a valid expectation: {error}") from error


def _result(contract: str, check: Check, outcome: Any, values: Numbers | None, table: pa.Table) -> CheckResult:
    error = _raised(outcome.exception_info)
    if error is not None:
        raise CheckCouldNotRun(f"{relation(contract)}: {check.name} could not be computed: {error}")
    keys: tuple[str, ...] = ()
    failed, checked = 0, table.num_rows
    if values is None:
        failed = int(not outcome.success)
    else:
        failed = int(outcome.result["unexpected_count"])
        if check.when is not None:
            checked = int(np.count_nonzero(values != 0))
        elif check.reading != "is_filled":
            checked = int(np.count_nonzero(~np.isnan(values)))
        if failed:
            rows = _failing_rows(check, outcome.result["partial_unexpected_list"], values)
            keys = tuple(str(key) for key in table.column(ROW_KEY).take(pa.array(rows)).to_pylist())
    if bool(outcome.success) != (failed == 0):
        raise CheckCouldNotRun(
            f"{relation(contract)}: {check.name}: Great Expectations says {outcome.success} and counts {failed} failing "
            "rows"
        )
    return CheckResult(
        contract, check.name, check.severity, bool(outcome.success), checked, failed, keys, check.description
    )


def _failing_rows(check: Check, unexpected: list[float], values: Numbers) -> npt.NDArray[np.int64]:
    """The first failing rows: whether a row fails depends on its value only, so they are those with a failing value."""
    if check.reading == "is_filled":
        return np.flatnonzero(np.isnan(values))[:KEYS_SHOWN]
    return np.flatnonzero(np.isin(values, np.array(unexpected, dtype=np.float64)))[:KEYS_SHOWN]


def _of_no_rows(contract: str, check: Check) -> CheckResult:
    """Nothing to look at: GX would need 0.2 s a contract to say the same."""
    success = bool(check.columns)
    return CheckResult(contract, check.name, check.severity, success, 0, int(not success), (), check.description)


def _raised(exception_info: Mapping[str, Any]) -> str | None:
    """Message of the exception inside GX' result, which is keyed either directly or by metric."""
    if "raised_exception" in exception_info:
        inner = [exception_info]
    else:
        inner = [info for info in exception_info.values() if isinstance(info, Mapping)]
    for info in inner:
        if info.get("raised_exception"):
            return str(info.get("exception_message") or "no message")
    return None
