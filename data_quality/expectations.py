"""The table of expectation results: what `quality.expectations` and the page about it hold."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pandas as pd

from data_quality.checks import CheckResult

TABLES: dict[str, dict[str, str]] = {
    "expectations": {
        "contract": "varchar",
        "expectation": "varchar",
        "severity": "varchar",
        "is_met": "boolean",
        "rows_checked": "bigint",
        "rows_failed": "bigint",
        "failing_keys": "varchar",
        "description": "varchar",
    }
}
"""Columns in order and SQL types of the table that the caller writes into schema `quality`."""


def expectations_table(results: Iterable[CheckResult]) -> pd.DataFrame:
    """One row per contract and expectation (columns of TABLES); `failing_keys` is a JSON list, null when all is met."""
    rows = [
        (
            result.contract,
            result.name,
            result.severity,
            result.success,
            result.checked,
            result.failed,
            json.dumps(result.failing_keys, ensure_ascii=False) if result.failing_keys else None,
            result.description,
        )
        for result in results
    ]
    return pd.DataFrame(rows, columns=list(TABLES["expectations"]), dtype=object)
