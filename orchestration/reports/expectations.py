"""`reports/expectations/index.html`: every expectation on raw of the last run, with the rows that break it.

Great Expectations' own data docs are not used: their pages load Bootstrap, jQuery and Vega from five hosts, so without a
network they open without style, navigation or search. This page loads nothing. It is drawn by the checks themselves and
not from the published build, because it is most needed when a failed expectation has stopped the publication.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from orchestration.reports.elements import rendered, write_page


@dataclass(frozen=True)
class _Line:
    """One expectation as the page shows it."""

    expectation: str
    severity: str
    is_met: bool
    rows_checked: int
    rows_failed: int
    keys: Sequence[str]
    description: str

    @property
    def state(self) -> str:
        if self.is_met:
            return "met" if self.rows_checked else "nothing to check"
        return "failed" if self.severity == "critical" else "warning"


def build_expectations_page(
    table: pd.DataFrame, out: Path, *, facts: Mapping[str, str], errors: Sequence[str] = ()
) -> Path:
    """Write the page; returns its path.

    table: columns of `quality.expectations`. facts: name → text for the head (company, build, data as of).
    errors: expectations that could not be run, one text each; they stand first, for nothing is known about their data.
    """
    lines = [(str(row["contract"]), _line(row)) for row in table.to_dict("records")]
    contracts = [(name, [line for _, line in group]) for name, group in groupby(lines, key=lambda pair: pair[0])]
    html = rendered(
        "expectations.html.j2",
        facts=facts,
        errors=errors,
        contracts=contracts,
        unmet=[(name, line) for name, line in lines if not line.is_met],
        total=len(lines),
        critical=sum(line.state == "failed" for _, line in lines),
        warnings=sum(line.state == "warning" for _, line in lines),
    )
    return write_page(out, html)


def _line(row: Mapping[Any, Any]) -> _Line:
    keys = row["failing_keys"]
    return _Line(
        str(row["expectation"]),
        str(row["severity"]),
        bool(row["is_met"]),
        int(row["rows_checked"]),
        int(row["rows_failed"]),
        json.loads(keys) if isinstance(keys, str) else [],
        str(row["description"]),
    )
