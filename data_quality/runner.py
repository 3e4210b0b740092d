"""Runs a contract's suite on a frame of `raw_files.<contract>` with Great Expectations.

GX is imported at the first run, with its usage statistics switched off, in an ephemeral context that writes nothing.
`success=False` of GX may also mean that an expectation could not be computed (an absent column, a value of another
type): that is an error of the run, not a property of the data, and raises.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from data_quality.checks import Check, CheckResult, Severity
from data_quality.suites import SUITES

ROW_KEY = "source_record_key"
KEYS_SHOWN = 20
TOLERANCE = timedelta(days=1)
"""How far a date may lie after the observation: clocks differ, and a local time may have been taken for UTC."""


class CheckCouldNotRun(RuntimeError):
    """A check was not computed, so nothing is known about the data."""


def run_suite(
    contract: str,
    frame: pd.DataFrame,
    *,
    observed_at: datetime | None = None,
    is_filled: bool = True,
    suites: Mapping[str, list[Check]] = SUITES,
) -> list[CheckResult]:
    """Check the raw rows of one contract, in the order of its suite.

    frame: columns of the contract as canonical text (empty = null). observed_at: instant at which the data was read
    (UTC; naive is taken as UTC); without it dates have no upper end. is_filled: whether a stream fills the contract;
    `has_rows` is only asked of those. Raises KeyError for a contract without a suite and CheckCouldNotRun when an
    expectation could not be computed.
    """
    if contract not in suites:
        raise KeyError(f"no suite for contract {contract!r}; suites exist for {', '.join(sorted(suites))}")
    checks = [check for check in suites[contract] if is_filled or check.name != "has_rows"]
    if not checks:
        return []
    read, columns_of = _readings(contract, frame, checks)
    if frame.empty:
        return [_of_no_rows(contract, check) for check in checks]
    expectations = [_expectation(check, columns_of[check.name], observed_at) for check in checks]
    gx, batch_definition = _batch_definition(contract)
    batch = batch_definition.get_batch(batch_parameters={"dataframe": read})
    outcome = batch.validate(
        gx.ExpectationSuite(name=contract, expectations=expectations),
        result_format={
            "result_format": "SUMMARY",
            "unexpected_index_column_names": [ROW_KEY],
            "partial_unexpected_count": KEYS_SHOWN,
        },
    )
    by_name = {result.expectation_config.meta["name"]: result for result in outcome.results}
    return [_result(contract, check, by_name[check.name], len(frame)) for check in checks]


def has_critical_failure(results: list[CheckResult]) -> bool:
    """Whether publication must stop."""
    return any(not result.success and result.severity == "critical" for result in results)


@cache
def _great_expectations() -> tuple[Any, Any]:
    """The module and one ephemeral context, made once a process."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return gx, context.data_sources.add_pandas("raw_files")


@cache
def _batch_definition(contract: str) -> tuple[Any, Any]:
    gx, source = _great_expectations()
    return gx, source.add_dataframe_asset(contract).add_batch_definition_whole_dataframe("all_rows")


def _readings(contract: str, frame: pd.DataFrame, checks: list[Check]) -> tuple[pd.DataFrame, dict[str, str | None]]:
    """The columns that the checks need, read as they ask, and the column of each check in that frame.

    Instants become seconds since 1970: comparing 100 k timestamps costs GX 0.8 s, as many numbers 0.1 s. They are
    read by numpy, because a Jalali year left as it stands (1405) is outside the range of pandas' nanoseconds.
    """
    if ROW_KEY not in frame.columns:
        raise CheckCouldNotRun(f"raw_files.{contract} lacks column {ROW_KEY}")
    read: dict[str, pd.Series] = {ROW_KEY: frame[ROW_KEY].astype(object)}
    columns_of: dict[str, str | None] = {}
    for check in checks:
        if check.column is None:
            columns_of[check.name] = None
            continue
        if check.column not in frame.columns:
            raise CheckCouldNotRun(f"raw_files.{contract} lacks column {check.column}, which {check.name} needs")
        name = check.column if check.reading == "text" else f"{check.column} as {check.reading}"
        columns_of[check.name] = name
        if name in read:
            continue
        try:
            read[name] = _read(frame[check.column], check)
        except ValueError as error:
            raise CheckCouldNotRun(
                f"raw_files.{contract}.{check.column} holds a value that is not in canonical notation "
                f"({check.reading} expected by {check.name})"
            ) from error
    return pd.DataFrame(read).reset_index(drop=True), columns_of


def _read(values: pd.Series, check: Check) -> pd.Series:
    if check.reading == "number":
        return pd.to_numeric(values).astype("float64")
    if check.reading == "instant":
        instants = values.astype(object).where(values.notna(), "NaT").to_numpy().astype("datetime64[s]")
        seconds = np.where(np.isnat(instants), np.nan, instants.astype("int64").astype("float64"))
        return pd.Series(seconds, index=values.index)
    return values.astype(object).where(values.notna(), None)


def _expectation(check: Check, column: str | None, observed_at: datetime | None) -> Any:
    import great_expectations.expectations as expectations

    arguments: dict[str, Any] = dict(check.arguments)
    if column is not None:
        arguments["column"] = column
    if check.not_after_observation and observed_at is not None:
        aware = observed_at if observed_at.tzinfo else observed_at.replace(tzinfo=UTC)
        arguments["max_value"] = (aware + TOLERANCE).timestamp()
    kind = getattr(expectations, check.expectation)
    return kind(**arguments, severity=check.severity, meta={"name": check.name})


def _result(contract: str, check: Check, outcome: Any, rows: int) -> CheckResult:
    error = _raised(outcome.exception_info)
    if error is not None:
        raise CheckCouldNotRun(f"raw_files.{contract}: {check.name} could not be computed: {error}")
    details = outcome.result
    if check.column is None:
        failed, keys = int(not outcome.success), []
    else:
        failed = int(details["unexpected_count"])
        keys = [str(row[ROW_KEY]) for row in details.get("partial_unexpected_index_list") or []]
    severity: Severity = check.severity
    return CheckResult(
        contract=contract,
        name=check.name,
        severity=severity,
        success=bool(outcome.success),
        checked=rows,
        failed=failed,
        failing_keys=tuple(keys[:KEYS_SHOWN]),
        description=check.description,
    )


def _of_no_rows(contract: str, check: Check) -> CheckResult:
    """Nothing to look at: GX would need 0.2 s a contract to say the same."""
    success = check.column is not None
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
