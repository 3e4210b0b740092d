"""What intervals are resampled from is what the KPIs are made of: the units as they are give the KPI's own value.

The models of the KPIs add up a company, the samples list its deals and customers; each is written without the other.
"""

import shutil
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from ml.intervals import STATISTICS, Resamples, bootstrap_intervals
from orchestration.dbt_runner import Dbt
from orchestration.warehouse import DuckDbWarehouse
from tests.conftest import Built

Key = tuple[str, str, pd.Timestamp]

OF_DEALS = {
    ("revenue", "default"), ("revenue", "payments"), ("revenue", "contracts"), ("acv", "default"), ("acv", "median"),
    ("cycle", "default"), ("cycle", "lost"), ("money_velocity", "default"),
    ("romi", "revenue"), ("romi", "gross_margin"), ("romi", "net"),
}  # fmt: skip
OF_CUSTOMERS = {
    ("nrr", "default"), ("ltv_simple", "default"), ("ltv_literal", "default"), ("ltv_margin", "default"),
    ("ltv_to_cac", "default"), ("ltv_to_cac", "simple"),
}  # fmt: skip

# every payment once more a year earlier at half, the same or one and a half of its amount, every fourth of them by a customer
# who has left since
TWO_YEARS_OF_PAYMENTS = """
    insert into intermediate.int_payments_valued by name
    select * exclude (number) replace (
        'earlier-' || payment_id as payment_id,
        case when number % 4 > 0 then deal_id end as deal_id,
        case when number % 4 = 0 then 'former-' || number end as account_id,
        paid_at - interval 1 year as paid_at,
        cast(paid_on - interval 1 year as date) as paid_on,
        amount_reporting_minor * (1 + number % 3) // 2 as amount_reporting_minor
    )
    from (select *, row_number() over (order by payment_id) as number from intermediate.int_payments_valued)
"""

# every deal won is a subscription for a twelfth of its amount; one in three ends after five months, and half of those return
# two months later for twice as much
SUBSCRIPTIONS = """
    create or replace temporary view won as
    select deal_id, cast(won_at as date) as won_on, amount_reporting_minor // 12 as monthly, row_number() over (order by deal_id) as number
    from intermediate.int_deals_valued
    where won_at is not null and amount_reporting_minor >= 12;
    insert into contracts.subscriptions by name
    select 'first-' || number as subscription_id, deal_id, won_on as started_on,
        case when number % 3 = 0 then cast(won_on + interval 5 month as date) end as ended_on, monthly as monthly_amount_minor, 'RUB' as currency
    from won
    union all
    select 'again-' || number as subscription_id, deal_id, cast(won_on + interval 7 month as date) as started_on, null as ended_on,
        2 * monthly as monthly_amount_minor, 'RUB' as currency
    from won
    where number % 6 = 0
"""


def warehouse_of(built: Built) -> Path:
    return built.home / "warehouse" / "onefunnel.duckdb"


def samples_and_values(path: Path) -> tuple[pd.DataFrame, dict[Key, float]]:
    """The samples, and the values of the company's KPIs by KPI, variant and month."""
    with duckdb.connect(str(path), read_only=True) as connection:
        samples = connection.execute("select * from intermediate.int_interval_samples").df()
        values = connection.execute(
            "select kpi, variant, period_start_on, value from marts.rpt_kpi_values where segment = '(all)' and value is not null"
        ).fetchall()
    return samples, {(kpi, variant, pd.Timestamp(month)): float(value) for kpi, variant, month, value in values}


def figures_of(samples: pd.DataFrame) -> dict[Key, float]:
    """What each statistic makes of its units when every unit is there once."""
    figures = {}
    for key, sample in samples.groupby(["kpi", "variant", "month_starts_on"]):
        statistic = sample["statistic"].iloc[0]
        if statistic == "cost_per_event":
            figures[key] = float(sample["cost_minor"].iloc[0] / sample["value"].iloc[0])
        else:
            once = Resamples(sample, np.arange(len(sample))[np.newaxis])
            figures[key] = float(STATISTICS[statistic].figures(once)[0])
    return figures


def differing(keys: set[Key], figures: dict[Key, float], values: dict[Key, float]) -> list[tuple[Key, float, float]]:
    """KPIs whose units give another value than the KPI has, beyond the rounding of the KPI itself."""
    found = []
    for key in sorted(keys):
        kpi, variant, _ = key
        value = values[key] * 86_400 if kpi == "cycle" else values[key]
        # medians of an even number are rounded to a minor unit or a second; ltv_observed rounds the margin of each customer
        rounding = 0.5001 if kpi in ("cycle", "ltv_observed") or variant == "median" else 1e-9
        if figures[key] != pytest.approx(value, rel=1e-12, abs=rounding):
            found.append((key, figures[key], value))
    return found


def test_the_units_of_every_interval_of_the_demo_give_the_value_of_the_kpi(demo: Built) -> None:
    samples, values = samples_and_values(warehouse_of(demo))
    told = {
        (kpi, variant, pd.Timestamp(month))
        for kpi, variant, month in demo.query(
            "select kpi, variant, period_start_on from marts.rpt_kpi_values where interval_method like 'bootstrap by %'"
        )
    }
    assert differing(told, figures_of(samples), values) == []
    costs = {("ltv_observed", "default")} | {
        (kpi, variant) for kpi in ("cac_blended", "cac_marketing_only") for variant in ("default", "lag_3_months")
    }
    assert {key[:2] for key in told} == OF_DEALS | costs


def test_return_has_an_interval_in_every_month_in_which_two_deals_were_paid(demo: Built) -> None:
    with duckdb.connect(str(warehouse_of(demo)), read_only=True) as connection:
        paid = connection.execute(
            "select strftime(paid_at + interval 3 hour, '%Y-%m') as month from contracts.payments "
            "where paid_at <= (select evaluated_at from raw_build.build) group by month having count(distinct deal_id) >= 2 order by month"
        ).fetchall()
    assert len(paid) >= 12
    for variant in ("revenue", "gross_margin", "net"):
        told = demo.query(
            f"select period from marts.rpt_kpi_values where kpi = 'romi' and variant = '{variant}' and segment = '(all)' "
            "and low < value and value < high order by period"
        )
        assert told == paid, variant


@pytest.mark.parametrize("made", [TWO_YEARS_OF_PAYMENTS, SUBSCRIPTIONS], ids=["payments", "subscriptions"])
def test_the_customers_of_retention_and_lifetime_give_the_value_of_the_kpi(
    demo: Built, made: str, tmp_path: Path
) -> None:
    """The demo itself has neither two years of revenue nor subscriptions."""
    path = Path(shutil.copy(warehouse_of(demo), tmp_path))
    with duckdb.connect(str(path)) as connection:
        connection.execute(made)
    results = Dbt(tmp_path / "target").run(
        DuckDbWarehouse(path), ["--select", "path:models/intermediate/kpi", "rpt_kpi_values"]
    )
    assert [f"{result.name}: {result.message}" for result in results if not result.is_good] == []
    samples, values = samples_and_values(path)
    intervals = bootstrap_intervals(samples)
    told = set(intervals[["kpi", "variant", "month_starts_on"]].itertuples(index=False, name=None))
    assert differing(told & set(values), figures_of(samples), values) == []
    for kpi in OF_CUSTOMERS:
        months = [key for key in told if key[:2] == kpi]
        assert len(months) >= 5, f"{kpi} has an interval in {len(months)} months"
        assert set(months) <= set(values)
    # with a figure that no resample changes, the test would not notice a unit too many
    varied = intervals[intervals["kpi"].isin({kpi for kpi, _ in OF_CUSTOMERS})]
    assert (varied["low"] < varied["high"]).all()
