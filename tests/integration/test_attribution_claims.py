"""Claims of the teams beside what they share, and the coverage of revenue by touches: cases worked by hand (D61, D62)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import pytest

from tests.unit.attribution.ledger_warehouse import LedgerWarehouse

START = datetime(2026, 5, 1, 9, 0, 0)


def at(days: float) -> str:
    return f"{START + timedelta(days=days):%Y-%m-%d %H:%M:%S}"


def add_deal(warehouse: LedgerWarehouse, deal_id: str, won: float, amount: int, lead: bool = False) -> None:
    warehouse.add(
        "deals",
        deal_id=deal_id,
        lead_id=f"lead-{deal_id}" if lead else None,
        person_id=f"person-{deal_id}",
        status="won",
        won_at=at(won),
        amount_minor=amount,
        currency="RUB",
    )


def add_touches(warehouse: LedgerWarehouse, deal_id: str, *kinds: str) -> None:
    """One touch a day: click and form are marketing's, call and meeting sales', chat both's."""
    for number, kind in enumerate(kinds, start=1):
        warehouse.add(
            "touches",
            touch_id=f"{deal_id}-T{number}",
            person_id=f"person-{deal_id}",
            occurred_at=at(number),
            kind=kind,
            direction="outgoing" if kind == "call" else None,
            outcome="answered" if kind == "call" else None,
            owner_id="rep" if kind in ("call", "meeting") else None,
        )


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    warehouse = LedgerWarehouse(tmp_path_factory.mktemp("claims") / "onefunnel.duckdb")
    # A20 in May
    for deal_id, amount, kinds in (
        ("A", 100, ("click", "call")),
        ("B", 200, ("call", "meeting")),
        ("C", 300, ("click", "form")),
    ):
        add_deal(warehouse, deal_id, 20, amount)
        add_touches(warehouse, deal_id, *kinds)
    # June: a chat of both teams alone, a deal that nobody touched whose customer named a source, and A22 of 900
    add_deal(warehouse, "chat", 40, 101)
    add_touches(warehouse, "chat", "chat")
    warehouse.add(
        "leads", lead_id="lead-told", person_id="person-told", created_at=at(39), self_reported_source="a friend"
    )
    add_deal(warehouse, "told", 40, 50, lead=True)
    add_deal(warehouse, "A22", 40, 900)
    add_touches(warehouse, "A22", "click")
    for number in range(5):
        warehouse.add(
            "touches",
            touch_id=f"A22-call-{number}",
            person_id="person-A22",
            occurred_at=at(3 + number / 100),
            kind="call",
            direction="outgoing",
            outcome="answered",
            owner_id="rep",
        )
    warehouse.add(
        "touches", touch_id="A22-meeting", person_id="person-A22", occurred_at=at(3.2), kind="meeting", owner_id="rep"
    )
    with warehouse.build(["+rpt_attribution_claims", "+rpt_attribution_coverage"]) as connection:
        yield connection


def claims_of(
    claims: duckdb.DuckDBPyConnection, month: str, touches_of: str = "both_teams", counting: str = "once"
) -> tuple[object, ...]:
    found = claims.execute(
        "select revenue_minor, marketing_claim_minor, sales_claim_minor, marketing_shared_minor, sales_shared_minor, "
        "unattributed_minor from marts.rpt_attribution_claims where conversion_kind = 'won' and month = ? "
        "and touches_of = ? and counting = ?",
        [month, touches_of, counting],
    ).fetchall()
    (row,) = found
    return row


def test_case_a20_the_claims_are_more_than_the_revenue_and_the_shares_are_exactly_it(
    claims: duckdb.DuckDBPyConnection,
) -> None:
    assert claims_of(claims, "2026-05-01") == (600, 400, 300, 350, 250, 0)
    share = (
        "select claims_share from marts.rpt_attribution_claims where month = '2026-05-01' and conversion_kind = 'won'"
    )
    assert claims.execute(f"{share} and touches_of = 'both_teams' and counting = 'once'").fetchone() == (
        Decimal("1.166666667"),
    )


def test_a_touch_of_both_teams_is_claimed_by_both_and_shared_by_halves(claims: duckdb.DuckDBPyConnection) -> None:
    # A22: ad, five calls as one, meeting: marketing a third of 900, 300; the chat's 101 halved, floor 50 and 51
    assert claims_of(claims, "2026-06-01") == (1051, 101 + 900, 101 + 900, 50 + 300, 51 + 600, 50)


def test_case_a22_every_record_gives_marketing_a_seventh(claims: duckdb.DuckDBPyConnection) -> None:
    # 900 / 7 = 128.57: 128 for marketing, the rest for sales
    assert claims_of(claims, "2026-06-01", counting="every_record")[3:] == (50 + 128, 51 + 772, 50)


def test_without_the_touches_of_sales_marketing_has_all_it_touched(claims: duckdb.DuckDBPyConnection) -> None:
    # B was touched by sales alone; the chat's half of sales stays, because the touch is marketing's as well
    assert claims_of(claims, "2026-05-01", touches_of="marketing_only") == (600, 400, 0, 400, 0, 200)


def test_revenue_is_covered_by_how_many_touches_and_whose_they_are(claims: duckdb.DuckDBPyConnection) -> None:
    rows = claims.execute(
        "select dimension, value, conversions, revenue_minor, all_revenue_minor from marts.rpt_attribution_coverage "
        "where conversion_kind = 'won' order by month, dimension desc, value"
    ).fetchall()
    assert rows == [
        ("touches", "2", 3, 600, 600),
        ("teams", "marketing_only", 1, 300, 600),
        ("teams", "mixed", 1, 100, 600),
        ("teams", "sales_only", 1, 200, 600),
        ("self_reported", "absent", 3, 600, 600),
        ("touches", "0", 1, 50, 1051),
        ("touches", "1", 1, 101, 1051),
        ("touches", "3+", 1, 900, 1051),
        ("teams", "mixed", 2, 1001, 1051),
        ("teams", "none", 1, 50, 1051),
        ("self_reported", "absent", 2, 1001, 1051),
        ("self_reported", "present", 1, 50, 1051),
    ]
