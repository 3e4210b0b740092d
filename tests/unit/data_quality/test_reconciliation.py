"""Counts and money from file to mart: equal with named exclusions, or a difference that says where."""

from __future__ import annotations

import duckdb
import pandas as pd

from data_quality.reconciliation import CONTRACTS, FOLLOWED, MONEY, TABLES, reconcile, totals_sql, unreconciled

PULLS = pd.DataFrame(
    [
        {"source": "crm", "stream": "deals", "pull": 1, "account": "deals.csv", "rows_in": 90, "rows": 90},
        {"source": "crm", "stream": "deals", "pull": 2, "account": "deals.csv", "rows_in": 12, "rows": 11},
    ]
).assign(quarantined=[0, 1], is_read=[False, True])


def fill(pull: int, rows_filled: int | None, money: tuple[str, str, int] | None = None) -> dict[str, object]:
    field, currency, minor = money or (None, None, None)
    return {
        "source": "crm",
        "stream": "deals",
        "pull": pull,
        "contract": "deals",
        "fill": "deals",
        "rows_filled": rows_filled,
        "rows_skipped": 11 - rows_filled if rows_filled is not None else None,
        "money_field": field,
        "currency": currency,
        "money_minor": None if minor is None else str(minor),
    }


FILLS = pd.DataFrame([fill(1, 90), fill(2, 10), fill(2, 10, ("amount_minor", "RUB", 1_000_000))])


def totals(mart_rows: int = 9, mart_money: int = 850_000) -> pd.DataFrame:
    """Ten deals of 1 000 000: one test deal of 50 000 stays out, and 100 000 of VAT."""
    rows = [
        ("deals", "contract", None, "rows", None, 10),
        ("deals", "mart", None, "rows", None, mart_rows),
        ("deals", "excluded", "deals marked as test", "rows", None, 1),
        ("deals", "contract", None, "amount_minor", "RUB", 1_000_000),
        ("deals", "mart", None, "amount_minor", "RUB", mart_money),
        ("deals", "excluded", "deals marked as test", "amount_minor", "RUB", 50_000),
        ("deals", "excluded", "VAT inside the amount", "amount_minor", "RUB", 100_000),
    ]
    frame = pd.DataFrame(rows, columns=["contract", "place", "rule", "measure", "currency", "total"])
    return frame.assign(total=frame["total"].astype(str))


def test_rows_and_money_that_agree_are_followed_in_every_step() -> None:
    table = reconcile(PULLS, FILLS, totals())
    assert list(table.columns) == list(TABLES["reconciliation"])
    assert table["is_reconciled"].tolist() == [True] * 4
    assert table["subject"].tolist() == ["file deals.csv", "deals from deals", "deals", "deals"]
    money = table[table["measure"] == "amount_minor"].iloc[0]
    assert (money["in_files"], money["in_contract"], money["in_mart"], money["excluded"]) == (
        1_000_000,
        1_000_000,
        850_000,
        150_000,
    )
    assert "50000 deals marked as test; 100000 VAT inside the amount" in money["explanation"]


def test_only_pulls_that_the_build_reads_count() -> None:
    table = reconcile(PULLS, FILLS, totals())
    assert table.loc[0, ["in_files", "quarantined"]].tolist() == [12, 1]
    assert table.loc[1, "explanation"] == "11 rows landed = 10 filled + 1 skipped by the mapping"


def test_a_row_lost_between_file_and_lake_is_a_difference() -> None:
    table = reconcile(PULLS.assign(rows_in=13), FILLS, totals())
    assert unreconciled(table) == ["file deals.csv, rows: 13 rows in the file ≠ 11 landed + 1 quarantined"]


def test_a_row_lost_before_the_mart_is_a_difference() -> None:
    table = reconcile(PULLS, FILLS, totals(mart_rows=8))
    assert unreconciled(table) == [
        "deals, rows: 10 filled from files | 10 in the contract | 8 in marts.fct_deals + 1 excluded "
        "(1 deals marked as test)"
    ]


def test_one_minor_unit_is_a_difference() -> None:
    table = reconcile(PULLS, FILLS, totals(mart_money=850_001))
    assert [line.split(":")[0] for line in unreconciled(table)] == ["deals, amount_minor RUB"]


def test_money_in_a_currency_that_only_the_contract_knows_is_a_difference() -> None:
    stray = pd.DataFrame([{"contract": "deals", "place": "contract", "rule": None, "measure": "amount_minor"}])
    found = pd.concat([totals(), stray.assign(currency="USD", total="5")], ignore_index=True)
    assert [line.split(":")[0] for line in unreconciled(reconcile(PULLS, FILLS, found))] == ["deals, amount_minor USD"]


def test_money_beyond_64_bits_is_compared_exactly() -> None:
    large = 2**63 + 1
    fills = pd.DataFrame([fill(2, 10, ("amount_minor", "IRR", large))])
    contract = pd.DataFrame(
        [
            ("deals", "contract", None, "amount_minor", "IRR", str(large)),
            ("deals", "mart", None, "amount_minor", "IRR", str(large - 1)),
        ],
        columns=["contract", "place", "rule", "measure", "currency", "total"],
    )
    assert any(line.startswith("deals, amount_minor IRR") for line in unreconciled(reconcile(PULLS, fills, contract)))


def test_an_empty_lake_gives_an_empty_table() -> None:
    assert reconcile(PULLS.head(0), FILLS.head(0), totals().head(0)).empty


def test_the_totals_query_runs_and_leaves_no_rule_to_rounding() -> None:
    """Two deals, one of them a test; 120 gross with 20 VAT. Contract 150, mart 100, excluded 30 and 20."""
    con = duckdb.connect()
    for schema in ("contracts", "marts", "intermediate"):
        con.execute(f"create schema {schema}")
    for contract in CONTRACTS:
        money = "".join(f", {column} bigint" for column in MONEY.get(contract, ()))
        con.execute(
            f"create table contracts.{contract} (source_system string, currency string, event_id string, "
            f"is_test boolean, amounts_include_vat boolean{money}, person_id string, account_id string, "
            "owner_id string, campaign_id string)"
        )
    for mart in FOLLOWED.values():
        money = "".join(f", {column} bigint" for column in mart.money)
        con.execute(f"create table {mart.mart} (is_on_record boolean, currency string{money}, source_stage string)")
    con.execute("create table intermediate.int_stage_events_mapped (event_id string)")
    con.execute("insert into contracts.people (source_system, person_id) values ('crm', 'p'), ('bank', 'p')")
    columns = "source_system, currency, is_test, amounts_include_vat, amount_minor, amount_vat_minor"
    deals = "('crm', 'RUB', false, true, 120, 20), ('crm', 'RUB', true, false, 30, 0)"
    con.execute(f"insert into contracts.deals ({columns}) values {deals}")
    con.execute("insert into marts.fct_deals (currency, amount_minor) values ('RUB', 100)")
    con.execute("insert into marts.fct_stage_events (source_stage) values ('Qualified'), (null)")
    con.execute(
        "insert into contracts.stage_events (source_system, event_id) values ('crm', 'known'), ('crm', 'stray')"
    )
    con.execute("insert into intermediate.int_stage_events_mapped values ('known')")
    con.execute("insert into contracts.costs (source_system) values ('definitions')")
    found = con.execute(totals_sql()).df()
    totals_of = {
        (contract, place, rule if isinstance(rule, str) else None, measure): total
        for contract, place, rule, measure, _, total in found.itertuples(index=False)
    }
    assert totals_of["deals", "contract", None, "amount_minor"] == "150"
    assert totals_of["deals", "mart", None, "amount_minor"] == "100"
    assert totals_of["deals", "excluded", "deals marked as test", "amount_minor"] == "30"
    assert totals_of["deals", "excluded", "VAT inside the amount", "amount_minor"] == "20"
    # the second row of the mart is a score state, which no contract holds
    assert totals_of["stage_events", "mart", None, "rows"] == "1"
    assert totals_of["stage_events", "excluded", "stages without a row in the stage map", "rows"] == "1"
    assert totals_of["people", "excluded", "further records of the same key", "rows"] == "1"
    assert totals_of["costs", "contract", None, "rows"] == "0"


def test_the_table_keeps_absent_totals_null_when_it_is_written() -> None:
    table = reconcile(PULLS, FILLS, totals())
    con = duckdb.connect()
    con.register("content", table)
    columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in TABLES["reconciliation"].items())
    found = con.execute(f"select in_mart, currency, excluded from (select {columns} from content) limit 3").fetchall()
    assert [tuple(None if value is None else str(value) for value in row) for row in found] == [
        (None, None, None),
        (None, None, "1"),
        ("850000", "RUB", "150000"),
    ]
