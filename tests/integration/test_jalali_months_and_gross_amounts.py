"""The demo's figures once more in Jalali months and with VAT (D2, D4), against jdatetime and arithmetic of this test's own.

Nothing is fetched again: the build's own facts are changed in a copy of the warehouse, and what depends on them is built anew.
"""

import shutil
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import jdatetime
import pytest

from orchestration.dbt_runner import Dbt
from orchestration.warehouse import DuckDbWarehouse
from tests.conftest import Built

MOSCOW = ZoneInfo("Europe/Moscow")
REBUILT = [
    "path:models/intermediate/core", "path:models/intermediate/funnel", "path:models/intermediate/kpi", "int_channel_costs",
    "rpt_kpi_values", "rpt_funnel_cohorts", "fct_leads",
]  # fmt: skip


def jalali_month(day: date) -> str:
    jalali = jdatetime.date.fromgregorian(date=day)
    return f"{jalali.year:04d}-{jalali.month:02d}"


def moscow_day(instant: datetime) -> date:
    return instant.replace(tzinfo=ZoneInfo("UTC")).astimezone(MOSCOW).date()


class Warehouse:
    def __init__(self, path: Path) -> None:
        self.path = path

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    def kpi(self, kpi: str, variant: str = "default", figure: str = "value") -> dict[str, Decimal | None]:
        """Period → figure of the whole company."""
        return dict(
            self.query(
                f"select period, {figure} from marts.rpt_kpi_values "
                f"where kpi = '{kpi}' and variant = '{variant}' and segment = '(all)'"
            )
        )


@pytest.fixture(scope="module")
def rebuilt(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("jalali")
    path = Path(shutil.copy(demo.home / "warehouse" / "onefunnel.duckdb", folder))
    with duckdb.connect(str(path)) as connection:
        connection.execute("update raw_build.build set period_calendar = 'jalali', vat_basis = 'gross'")
    results = Dbt(folder / "target").run(DuckDbWarehouse(path), ["--select", *REBUILT])
    assert [f"{result.name}: {result.message}" for result in results if not result.is_good] == []
    return Warehouse(path)


def rates() -> Mapping[tuple[str, date], Decimal]:
    lines = Path("demo/company/definitions/fx_rates.csv").read_text(encoding="utf-8").splitlines()[1:]
    cells = [line.split(",") for line in lines]
    return {(currency, date.fromisoformat(day)): Decimal(rate) for day, currency, _, rate, *_ in cells}


RATES = rates()


def kopecks(amount_minor: int, currency: str, day: date) -> int:
    """Minor units in kopecks at the rate of the day; a rial has no minor unit."""
    if currency == "RUB":
        return amount_minor
    assert currency == "IRR"
    return int((amount_minor * RATES[currency, day] * 100).quantize(Decimal(1), ROUND_HALF_UP))


def test_cohorts_are_those_of_the_jalali_month_in_which_a_lead_came(rebuilt: Warehouse) -> None:
    expected: dict[str, int] = defaultdict(int)
    for (created_at,) in rebuilt.query(
        "select created_at from marts.fct_leads where not coalesce(is_duplicate, false) and not coalesce(is_test, false)"
    ):
        expected[jalali_month(moscow_day(created_at))] += 1
    found = rebuilt.kpi("lead_to_won", figure="denominator")
    assert {period: int(leads) for period, leads in found.items() if leads} == expected
    assert len(expected) >= 12
    cohorts = rebuilt.query(
        "select cohort_month, denominator from marts.rpt_funnel_cohorts "
        "where view = 'A' and cohort_basis = 'lead' and channel = '(all)' and from_stage = 'lead' and denominator > 0"
    )
    assert {jalali_month(month): leads for month, leads in cohorts} == expected
    assert {jdatetime.date.fromgregorian(date=month).day for month, _ in cohorts} == {1}


def test_tir_1405_is_one_period_from_22_june_to_22_july_2026(rebuilt: Warehouse) -> None:
    assert rebuilt.query(
        "select distinct period_start_on, period_end_on from marts.rpt_kpi_values where period = '1405-04'"
    ) == [(date(2026, 6, 22), date(2026, 7, 23))]


def test_revenue_of_a_jalali_month_is_what_was_paid_in_it_with_vat(rebuilt: Warehouse) -> None:
    expected: dict[str, int] = defaultdict(int)
    for paid_at, amount, vat, includes_vat, currency in rebuilt.query(
        "select paid_at, amount_minor, amount_vat_minor, amounts_include_vat, currency from contracts.payments"
    ):
        day = moscow_day(paid_at)
        gross = amount if includes_vat else amount + (vat or 0)
        expected[jalali_month(day)] += kopecks(gross, currency, day)
    found = {period: int(value) for period, value in rebuilt.kpi("revenue").items() if value}
    assert found == {period: value for period, value in expected.items() if value}


def cost_with_vat(warehouse: Warehouse, *teams: str) -> dict[str, int]:
    """Jalali month → cost of the teams in kopecks, the VAT included."""
    cost: dict[str, int] = defaultdict(int)
    for team, day, amount, vat, currency in warehouse.query(
        "select team, date_on, amount_minor, amount_vat_minor, currency from intermediate.int_costs_daily "
        "where date_on <= date '2026-07-01'"
    ):
        if team in teams:
            cost[jalali_month(day)] += kopecks(amount + vat, currency, day)
    return cost


def test_both_sides_of_cac_and_romi_stand_with_vat(rebuilt: Warehouse, demo: Built) -> None:
    all_cost = cost_with_vat(rebuilt, "marketing", "sales")
    found = rebuilt.kpi("cac_blended", figure="numerator")
    assert {period: int(value) for period, value in found.items() if value} == all_cost
    marketing = cost_with_vat(rebuilt, "marketing")
    revenue = rebuilt.kpi("revenue")
    for period, value in rebuilt.kpi("romi", "revenue").items():
        exact = (Decimal(int(revenue[period])) - marketing[period]) / marketing[period]
        assert value == exact.quantize(Decimal("1e-9"), ROUND_HALF_UP)
    assert {basis for (basis,) in rebuilt.query("select distinct vat_basis from marts.rpt_kpi_values")} == {"gross"}
    # whatever the calendar, all cost with VAT exceeds all cost without it
    net = demo.one("select sum(numerator) from marts.rpt_kpi_values where kpi = 'cac_blended' and variant = 'default'")
    assert sum(all_cost.values()) > net
