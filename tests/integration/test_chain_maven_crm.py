"""The Maven CRM export through the whole chain; every expected number is recomputed from the CSV files by plain pandas."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from sklearn.metrics import roc_auc_score

from orchestration.settings import PROJECT_ROOT
from tests.conftest import Built

EXPORTED = pd.Timestamp("2018-01-01")
WINDOW = pd.Timedelta(days=270)
"""lead → won of definitions/step_windows.csv: an older opportunity teaches or judges a score."""


@pytest.fixture(scope="module")
def folder(example_data: Path) -> Path:
    return example_data / "maven_crm"


@pytest.fixture(scope="module")
def opportunities(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "sales_pipeline.csv", parse_dates=["engage_date", "close_date"])


@pytest.fixture(scope="module")
def agents(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "sales_teams.csv")


def test_every_opportunity_is_a_deal_and_nothing_is_set_aside(maven_crm: Built, opportunities: pd.DataFrame) -> None:
    counted = opportunities["deal_stage"].value_counts()
    expected = [("lost", 2473), ("open", 1589 + 500), ("won", 4238)]
    assert [counted["Lost"], counted["Engaging"] + counted["Prospecting"], counted["Won"]] == [n for _, n in expected]
    assert maven_crm.query("select status, count(*) from marts.fct_deals group by 1 order by 1") == expected
    assert maven_crm.query(
        "select rows_in, rows, quarantined from marts.rpt_pulls where source = 'maven_crm' and stream = 'opportunities'"
    ) == [(8800, 8800, 0)]


def test_opportunities_that_were_never_engaged_are_no_leads_and_are_listed_one_by_one(
    maven_crm: Built, opportunities: pd.DataFrame
) -> None:
    undated = sorted(opportunities.loc[opportunities["engage_date"].isna(), "opportunity_id"])
    assert len(undated) == 500
    assert maven_crm.one("select count(*) from marts.fct_leads") == 8800 - 500
    rows = maven_crm.query(
        "select entity_id from marts.rpt_data_oddities where kind = 'lead_not_on_record' order by entity_id"
    )
    assert [row[0] for row in rows] == undated
    assert maven_crm.query(
        "select explanation from marts.rpt_reconciliation where source = 'maven_crm' and subject = 'leads from leads'"
    ) == [("8800 rows landed = 8300 filled + 500 skipped by the mapping",)]


def test_opportunities_and_wins_by_month_of_engagement_are_those_of_pandas(
    maven_crm: Built, opportunities: pd.DataFrame
) -> None:
    engaged = opportunities.dropna(subset=["engage_date"])
    month = engaged["engage_date"].dt.strftime("%Y-%m")
    expected = (engaged["deal_stage"] == "Won").groupby(month).agg(["size", "sum"])
    rows = maven_crm.query(
        "select period, denominator, numerator from marts.rpt_kpi_values where kpi = 'lead_to_won' and segment = '(all)' "
        "and denominator > 0 order by 1"
    )
    assert rows == [(name, int(row["size"]), int(row["sum"])) for name, row in expected.iterrows()]


@pytest.mark.parametrize(("variant", "stage"), [("default", "Won"), ("lost", "Lost")])
def test_the_cycle_of_a_month_is_the_median_of_days_from_engagement_to_close(
    maven_crm: Built, opportunities: pd.DataFrame, variant: str, stage: str
) -> None:
    closed = opportunities[opportunities["deal_stage"] == stage]
    days = (closed["close_date"] - closed["engage_date"]).dt.days
    expected = days.groupby(closed["close_date"].dt.strftime("%Y-%m")).agg(["median", "size"])
    rows = maven_crm.query(
        f"select period, value, n from marts.rpt_kpi_values where kpi = 'cycle' and variant = '{variant}' and n > 0 order by 1"
    )
    assert [(name, float(value), n) for name, value, n in rows] == [
        (name, row["median"], int(row["size"])) for name, row in expected.iterrows()
    ]
    assert len(rows) == 10


def test_revenue_by_month_is_the_value_of_the_contracts_closed_in_it(
    maven_crm: Built, opportunities: pd.DataFrame
) -> None:
    won = opportunities[opportunities["deal_stage"] == "Won"]
    expected = won.groupby(won["close_date"].dt.strftime("%Y-%m"))["close_value"].sum()
    rows = maven_crm.query(
        "select period, value, basis, currency from marts.rpt_kpi_values where kpi = 'revenue' and variant = 'default' and n > 0 order by 1"
    )
    assert rows == [(name, int(value) * 100, "contracts", "USD") for name, value in expected.items()]
    assert sum(row[1] for row in rows) == 10_005_534 * 100


def test_revenue_by_regional_office_comes_through_the_owner_of_the_deal(
    maven_crm: Built, opportunities: pd.DataFrame, agents: pd.DataFrame
) -> None:
    won = opportunities[opportunities["deal_stage"] == "Won"].merge(agents, on="sales_agent", validate="many_to_one")
    expected = won.groupby("regional_office")["close_value"].agg(["size", "sum"])
    rows = maven_crm.query(
        "select owners.region, count(*), sum(deals.amount_reporting_minor) from marts.fct_deals as deals "
        "join marts.dim_owners as owners on owners.owner_id = deals.owner_id where deals.status = 'won' group by 1 order by 1"
    )
    assert rows == [(name, int(row["size"]), int(row["sum"]) * 100) for name, row in expected.iterrows()]


def test_a_lost_deal_has_no_value_rather_than_a_value_of_zero(maven_crm: Built, opportunities: pd.DataFrame) -> None:
    assert set(opportunities.loc[opportunities["deal_stage"] == "Lost", "close_value"]) == {0}
    assert opportunities.loc[opportunities["deal_stage"] == "Won", "close_value"].min() > 0
    assert maven_crm.one("select count(amount_minor) from marts.fct_deals where status <> 'won'") == 0


def test_products_carry_the_names_of_the_price_list_and_the_spelling_is_reported(
    maven_crm: Built, opportunities: pd.DataFrame, folder: Path
) -> None:
    listed = set(pd.read_csv(folder / "products.csv")["product"])
    expected = opportunities["product"].replace({"GTXPro": "GTX Pro"}).value_counts().to_dict()
    assert dict(maven_crm.query("select product, count(*) from marts.fct_deals group by 1")) == expected
    assert set(expected) == listed
    accounts = pd.read_csv(folder / "accounts.csv")
    findings = maven_crm.query("select column_name, occurrences from marts.rpt_findings order by 1")
    assert findings == [
        ("office_location", int((accounts["office_location"] == "Philipines").sum())),
        ("product", int((opportunities["product"] == "GTXPro").sum())),
        ("sector", int((accounts["sector"] == "technolgy").sum())),
    ]
    for text in ("GTXPro", "technolgy", "Philipines"):
        assert text in maven_crm.printed


def test_accounts_and_agents_arrive_whole_and_refer_to_each_other(
    maven_crm: Built, agents: pd.DataFrame, folder: Path
) -> None:
    accounts = pd.read_csv(folder / "accounts.csv")
    expected = accounts["sector"].replace({"technolgy": "technology"}).value_counts().to_dict()
    assert dict(maven_crm.query("select industry, count(*) from marts.dim_accounts group by 1")) == expected
    parents = accounts.dropna(subset=["subsidiary_of"]).set_index("account")["subsidiary_of"].to_dict()
    rows = maven_crm.query(
        "select child.account_id, parent.account_name from marts.dim_accounts as child "
        "join marts.dim_accounts as parent on parent.account_id = child.parent_account_id"
    )
    assert dict(rows) == parents
    rows = maven_crm.query(
        "select agent.owner_id, manager.owner_name, agent.region from marts.dim_owners as agent "
        "join marts.dim_owners as manager on manager.owner_id = agent.manager_owner_id order by 1"
    )
    assert rows == list(agents.sort_values("sales_agent").itertuples(index=False, name=None))
    assert maven_crm.one("select count(*) from marts.dim_owners") == 35 + 6


def test_the_levels_of_the_mapping_follow_the_price_list(folder: Path) -> None:
    mapping = yaml.safe_load((PROJECT_ROOT / "examples/maven_crm/mapping.yml").read_text(encoding="utf-8"))
    fills = {fill.get("name"): fill for fill in mapping["streams"]["opportunities"]["fills"]}
    products = pd.read_csv(folder / "products.csv").replace({"product": {"GTX Pro": "GTXPro"}}).set_index("product")
    assert fills["product_line_answers"]["fields"]["level"]["values"] == products["series"].to_dict()
    classes = pd.cut(products["sales_price"], [0, 999, 4000, 10**9], labels=["low", "middle", "high"]).astype(str)
    assert fills["price_class_answers"]["fields"]["level"]["values"] == classes.to_dict()


def test_the_score_report_says_that_there_is_no_signal(maven_crm: Built, opportunities: pd.DataFrame) -> None:
    mature = opportunities[opportunities["engage_date"] + WINDOW <= EXPORTED]
    ordered = mature["engage_date"].sort_values(ignore_index=True)
    held_out = mature[mature["engage_date"] >= ordered[int(len(ordered) * 0.7)]]
    line = held_out["product"].str[:3].map({"MG ": 20, "GTX": 40, "GTK": 40})
    price = held_out["product"].map(
        {"MG Special": 0, "GTX Basic": 0, "GTX Plus Basic": 30, "MG Advanced": 30, "GTXPro": 60, "GTX Plus Pro": 60, "GTK 500": 60}
    )  # fmt: skip
    expected = roc_auc_score(held_out["deal_stage"] == "Won", line + price)
    ((matrix, learned, verdict, reason, n),) = maven_crm.query(
        "select matrix, learned, verdict, verdict_reason, n from marts.rpt_score_comparison where metric = 'auc' and segment = '(all)'"
    )
    assert (n, float(matrix)) == (len(held_out), round(expected, 6))
    assert abs(float(learned) - 0.5) < 0.05
    assert verdict == "no_signal"
    assert reason.startswith("both 90 % intervals of the AUC include 0.5: ")
    assert "no_signal" in maven_crm.printed


def test_sector_and_region_are_no_answers_because_they_tell_what_was_left_open_not_what_was_won(
    opportunities: pd.DataFrame, agents: pd.DataFrame
) -> None:
    # the reasons that the README gives, on the file itself
    no_account = opportunities["account"].isna().groupby(opportunities["deal_stage"]).sum()
    assert no_account.to_dict() == {"Engaging": 1088, "Lost": 0, "Prospecting": 337, "Won": 0}
    regions = opportunities.merge(agents, on="sales_agent")
    left_open = (regions["deal_stage"] == "Engaging").groupby(regions["regional_office"]).mean().round(2)
    assert left_open.to_dict() == {"Central": 0.12, "East": 0.19, "West": 0.25}
    closed = regions[regions["deal_stage"].isin(["Won", "Lost"])]
    won = (closed["deal_stage"] == "Won").groupby(closed["regional_office"]).mean().round(2)
    assert won.to_dict() == {"Central": 0.63, "East": 0.63, "West": 0.64}


def test_what_the_data_cannot_say_is_missing_with_a_reason_never_zero(maven_crm: Built) -> None:
    rows = maven_crm.query(
        "select distinct kpi, value, missing_reason from marts.rpt_kpi_values where kpi in ('cac_blended', 'cpl', 'plan_attainment')"
    )
    assert rows
    assert all(value is None and reason for _, value, reason in rows)
    assert maven_crm.query(
        "select distinct conversion_kind, unattributed_reason from marts.fct_attribution_credits where conversion_kind = 'won'"
    ) == [("won", "no_touch")]


@pytest.fixture(scope="module")
def won(opportunities: pd.DataFrame) -> pd.DataFrame:
    return opportunities[opportunities["deal_stage"] == "Won"].assign(
        month=lambda rows: rows["close_date"].dt.to_period("M"),
        quarter=lambda rows: rows["close_date"].dt.to_period("Q"),
    )


def test_the_average_contract_of_a_month_is_the_mean_and_beside_it_the_median_of_its_values(
    maven_crm: Built, won: pd.DataFrame
) -> None:
    values = won["close_value"].groupby(won["month"]).agg(["mean", "median", "size"])
    for variant, column in (("default", "mean"), ("median", "median")):
        rows = maven_crm.query(
            f"select period, value, n from marts.rpt_kpi_values where kpi = 'acv' and variant = '{variant}' and n > 0 order by 1"
        )
        assert [(name, n) for name, _, n in rows] == [(str(name), int(row["size"])) for name, row in values.iterrows()]
        assert [float(value) for _, value, _ in rows] == pytest.approx(list(values[column] * 100), abs=0.01)


def test_a_customer_is_new_in_the_month_and_the_quarter_of_the_first_contract_of_the_account(
    maven_crm: Built, won: pd.DataFrame
) -> None:
    first = won.groupby("account")["close_date"].min()
    assert len(first) == 85
    for table, frequency in (("rpt_kpi_values", "M"), ("rpt_kpi_longer_periods", "Q")):
        expected = first.dt.to_period(frequency).astype(str).str.replace("Q", "-Q").value_counts().to_dict()
        rows = maven_crm.query(
            f"select period, denominator from marts.{table} where kpi = 'cac_blended' and variant = 'default' "
            "and length(period) = 7 and denominator > 0"
        )
        assert {period: int(customers) for period, customers in rows} == expected


def test_revenue_and_conversion_of_a_quarter_and_the_year_are_those_of_pandas(
    maven_crm: Built, opportunities: pd.DataFrame, won: pd.DataFrame
) -> None:
    revenue = won.groupby(won["quarter"].astype(str).str.replace("Q", "-Q"))["close_value"].sum()
    rows = maven_crm.query(
        "select period, value from marts.rpt_kpi_longer_periods "
        "where kpi = 'revenue' and variant = 'default' and period_kind = 'quarter' and n > 0 order by 1"
    )
    assert rows == [(name, int(value) * 100) for name, value in revenue.items()]
    engaged = opportunities.dropna(subset=["engage_date"])
    year = engaged[engaged["engage_date"].dt.year == 2017]
    assert maven_crm.query(
        "select denominator, numerator from marts.rpt_kpi_longer_periods "
        "where kpi = 'lead_to_won' and segment = '(all)' and period = '2017'"
    ) == [(len(year), int((year["deal_stage"] == "Won").sum()))]


def test_what_an_account_has_brought_by_age_is_the_running_sum_of_its_contracts(
    maven_crm: Built, won: pd.DataFrame
) -> None:
    cohort = won.groupby("account")["month"].transform("min")
    age = (won["month"] - cohort).map(lambda months: months.n)
    by_age = won.groupby([cohort.astype(str), age])["close_value"].sum().unstack(fill_value=0)
    rows = maven_crm.query(
        "select strftime(cohort_month, '%Y-%m'), age_months, revenue_minor, revenue_to_date_minor, margin_to_date_minor, missing_reason "
        "from marts.rpt_ltv_observed"
    )
    assert {month for month, *_ in rows} == set(by_age.index)
    for month, months_old, revenue, to_date, margin, reason in rows:
        sums = by_age.loc[month].reindex(range(months_old + 1), fill_value=0)
        assert (revenue, to_date) == (int(sums.iloc[-1]) * 100, int(sums.sum()) * 100)
        assert (margin, reason) == (None, "no_margin")


def test_the_customers_of_twelve_months_and_their_purchases_are_those_of_pandas(
    maven_crm: Built, won: pd.DataFrame
) -> None:
    rows = maven_crm.query(
        "select period, customers, revenue_minor, purchases_a_customer from marts.rpt_customer_value where period <= '2017-12' order by 1"
    )
    assert len(rows) >= 10
    for period, customers, revenue, purchases in rows:
        last = pd.Period(period, "M")
        year = won[(won["month"] <= last) & (won["month"] > last - 12)]
        assert (customers, revenue) == (year["account"].nunique(), int(year["close_value"].sum()) * 100)
        if customers:
            assert float(purchases) == pytest.approx(len(year) / customers, abs=1e-9)


def test_fifteen_months_are_no_two_years_so_retention_and_lifetime_are_left_open(maven_crm: Built) -> None:
    rows = maven_crm.query(
        "select distinct kpi, value, missing_reason from marts.rpt_kpi_values where kpi in ('nrr', 'ltv_simple') and n > 0"
    )
    assert rows
    assert {(value, reason) for _, value, reason in rows} == {(None, "no_baseline")}
