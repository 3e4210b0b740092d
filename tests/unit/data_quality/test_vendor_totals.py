"""What vendors told, counted by hand over a few rows of two pulls each."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from data_quality.vendor_totals import told_sql


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        for schema in ("raw_landing", "raw_yandex_metrika", "raw_yandex_direct", "contracts", "staging"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table raw_landing.pulls (source string, stream string, pull bigint, account string, "
            "window_from string, window_to string, is_read boolean)"
        )
        yield connection


def pulls(
    con: duckdb.DuckDBPyConnection, source: str, stream: str, *windows: tuple[int, str | None, str | None]
) -> None:
    for pull, first, last in windows:
        con.execute(
            "insert into raw_landing.pulls values (?, ?, ?, 'one', ?, ?, true)", [source, stream, pull, first, last]
        )


def told(con: duckdb.DuckDBPyConnection, vendor: str) -> dict[tuple[str, str, str | None], int]:
    rows = con.execute(told_sql(vendor, [])).fetchall()
    assert {(place, rule) for _, place, rule, _, _, _ in rows} == {("told", f"told by {vendor}")}
    return {(contract, measure, currency): int(total) for contract, _, _, measure, currency, total in rows}


def test_a_day_of_visits_is_what_the_newest_pull_that_covered_it_told(con: duckdb.DuckDBPyConnection) -> None:
    pulls(con, "yandex_metrika", "visits", (1, "2026-03-01", "2026-03-03"), (2, "2026-03-02", "2026-03-04"))
    con.execute("create table raw_yandex_metrika.visits (visitid string, date string, goalsid string, pull bigint)")
    con.execute(
        "insert into raw_yandex_metrika.visits values "
        # the 1st stands; of the 2nd the second pull knows two of three; the 3rd came back empty
        "('a', '2026-03-01', '[]', 1), ('b', '2026-03-02', '[7]', 1), ('c', '2026-03-02', '[]', 1), "
        "('r', '2026-03-02', '[]', 1), ('d', '2026-03-03', '[7,8]', 1), "
        "('b', '2026-03-02', '[7,7]', 2), ('c', '2026-03-02', '[]', 2), ('c', '2026-03-02', '[]', 2), "
        "('e', '2026-03-04', '[8]', 2)"
    )
    # visits a, b, c, e; and the goals: two of b, one of e
    assert told(con, "yandex_metrika") == {("web_sessions", "rows", None): 4, ("touches", "rows", None): 7}


def test_spend_is_that_of_the_newest_pull_in_the_currency_of_the_campaign(con: duckdb.DuckDBPyConnection) -> None:
    pulls(con, "yandex_direct", "performance_daily", (1, "2026-03-01", "2026-03-02"), (2, "2026-03-02", "2026-03-03"))
    pulls(con, "yandex_direct", "campaigns", (1, None, None), (2, None, None))
    con.execute("create table raw_yandex_direct.campaigns (id string, currency string, pull bigint)")
    con.execute("insert into raw_yandex_direct.campaigns values ('7', 'RUB', 1), ('8', 'RUB', 1), ('8', 'RUB', 2)")
    con.execute(
        "create table staging.stg_definitions__currencies as select 'RUB' as currency, 'RUB' as base_currency, 100 as minor_per_unit"
    )
    con.execute(
        "create table raw_yandex_direct.performance_daily (date string, campaignid string, costwithoutvat string, "
        "costwithvat string, _key string, pull bigint)"
    )
    con.execute(
        "insert into raw_yandex_direct.performance_daily values "
        "('2026-03-01', '7', '10.00', '12.00', 'k1', 1), ('2026-03-02', '7', '99.00', '118.80', 'k2', 1), "
        # restated; of the 3rd a campaign that is new, and one without a cost
        "('2026-03-02', '7', '90.05', '108.06', 'k2', 2), ('2026-03-03', '8', '0.10', '0.12', 'k3', 2), "
        "('2026-03-03', '7', '--', '--', 'k4', 2)"
    )
    assert told(con, "yandex_direct") == {
        ("ad_performance_daily", "rows", None): 4,
        ("ad_performance_daily", "cost_net_minor", "RUB"): 1000 + 9005 + 10,
        ("ad_performance_daily", "cost_gross_minor", "RUB"): 1200 + 10806 + 12,
        ("campaigns", "rows", None): 2,
    }
