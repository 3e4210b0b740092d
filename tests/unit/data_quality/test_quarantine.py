"""The limit of what may be set aside, and what a breach says."""

from decimal import Decimal

import pandas as pd
import pytest

from data_quality.quarantine import QuarantineLimits, over_the_limit

LIMITS = QuarantineLimits(Decimal("0.05"), 50, {"crm/calls": Decimal("0.2")})


def pulls(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"source": "crm", "stream": stream, "rows_in": rows_in, "quarantined": out, "is_read": True}
            for stream, rows_in, out in rows
        ]
    )


def quarantined(*rows: tuple[str, str, str | None, int | None, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "source": "crm", "stream": stream, "file_name": f"{stream}.csv", "line_number": line, "row_number": row,
                "column_name": column, "scope": "row", "reason": reason,
            }
            for stream, reason, column, line, row in rows
        ],
        columns=["source", "stream", "file_name", "line_number", "row_number", "column_name", "scope", "reason"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stream", "rows", "out", "breaks"),
    [
        ("leads", 1000, 50, False),
        ("leads", 1000, 51, True),
        ("leads", 10, 2, False),  # judged as 50 rows: 2.5 may be set aside
        ("leads", 10, 3, True),
        ("leads", 40, 40, True),
        ("leads", 0, 0, False),
        ("calls", 1000, 200, False),
        ("calls", 1000, 201, True),
    ],
)
def test_a_stream_breaks_the_limit_above_its_share_of_at_least_fifty_rows(
    stream: str, rows: int, out: int, breaks: bool
) -> None:
    assert bool(over_the_limit(pulls((stream, rows, out)), quarantined(), LIMITS)) is breaks


def test_the_files_of_a_stream_are_judged_together_and_old_versions_not_at_all() -> None:
    log = pulls(("leads", 900, 0), ("leads", 100, 50), ("leads", 100, 100))
    log.loc[2, "is_read"] = False
    assert over_the_limit(log, quarantined(), LIMITS) == []


def test_a_breach_names_stream_counts_reasons_and_first_places() -> None:
    rows = quarantined(
        ("leads", "not_a_timestamp", "created", 9, 8), ("leads", "not_a_timestamp", "created", 7, 6),
        ("leads", "duplicate_row", None, None, 3), ("calls", "nul_bytes", None, 2, 1),
    )  # fmt: skip
    (line,) = over_the_limit(pulls(("leads", 20, 3), ("calls", 20, 1)), rows, LIMITS)
    assert line == (
        "crm/leads: 3 of 20 rows were set aside, allowed are 5.0% (of at least 50 rows): "
        "2 not_a_timestamp in created (first: leads.csv, line 7); 1 duplicate_row (first: leads.csv, row 3)"
    )
