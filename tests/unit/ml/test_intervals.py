"""Bootstrap intervals against scipy's own bootstrap, against arithmetic, and under what must not change them."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ml.intervals import COLUMNS, STATISTICS, TABLES, BootstrapPolicy, Resamples, bootstrap_intervals

JUNE = date(2026, 6, 1)
AMOUNTS = st.lists(st.integers(-(10**12), 10**12), min_size=2, max_size=40)


def sample(values: list[int], statistic: str = "mean", *, kpi: str = "acv", month: date = JUNE) -> pd.DataFrame:
    rows = [(kpi, "default", statistic, "deal", month, f"D{n:05d}", value) for n, value in enumerate(values)]
    return pd.DataFrame(rows, columns=list(COLUMNS[:7])).reindex(columns=list(COLUMNS))


def composite(statistic: str, units: list[dict[str, int]], *, kpi: str = "composite", **standing: int) -> pd.DataFrame:
    """Units with several numbers, and what stands for all of them."""
    return sample([0] * len(units), statistic, kpi=kpi).assign(**pd.DataFrame(units), **standing)


def cost_per_customer(customers: int, leads: int, cost_minor: int) -> pd.DataFrame:
    row = sample([customers], "cost_per_event", kpi="cac_blended")
    return row.assign(resampling_unit="lead", unit_id="(all)", base=leads, cost_minor=cost_minor)


def customer(revenue: int, months: int, at_risk: int, losses: int, purchases: int = 1) -> dict[str, int]:
    return {"value": revenue, "base": months, "months_at_risk": at_risk, "losses": losses, "purchases": purchases}


def deal(won_minor: int, cycle_days: int | None) -> dict[str, int | None]:
    return {"value": won_minor, "cycle_seconds": None if cycle_days is None else cycle_days * 86_400}


STAYS, LEAVES = customer(1_200, 12, 12, 0, purchases=1), customer(600, 6, 6, 1, purchases=3)
WHOLE = {"margin_millionths": 1_000_000, "lifetime_cap_months": 60}


def told(samples: pd.DataFrame, policy: BootstrapPolicy | None = None) -> tuple[Decimal, Decimal]:
    ((low, high),) = bootstrap_intervals(samples, policy)[["low", "high"]].itertuples(index=False)
    return low, high


def bounds(samples: pd.DataFrame, replicates: int = 1000) -> tuple[int, int]:
    low, high = told(samples, BootstrapPolicy(replicates))
    return int(low), int(high)


@pytest.mark.parametrize(("statistic", "function"), [("mean", np.mean), ("median", np.median), ("sum", np.sum)])
def test_the_interval_agrees_with_the_percentile_bootstrap_of_scipy(statistic: str, function) -> None:
    values = np.random.default_rng(7).lognormal(13, 0.8, size=120).astype(np.int64)
    theirs = stats.bootstrap(
        (values.astype(float),),
        function,
        n_resamples=20_000,
        confidence_level=0.9,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    low, high = bounds(sample(values.tolist(), statistic))
    width = theirs.high - theirs.low
    assert abs(low - theirs.low) < 0.1 * width
    assert abs(high - theirs.high) < 0.1 * width


def test_the_cost_of_a_customer_varies_with_how_many_of_the_leads_buy() -> None:
    low, high = bounds(cost_per_customer(30, 1000, 16_200_000))
    # 5 % and 95 % of a binomial of 1 000 draws at 3 % are 21 and 39 customers
    assert stats.binom.ppf([0.05, 0.95], 1000, 0.03).tolist() == [21, 39]
    assert low in [round(16_200_000 / customers) for customers in (38, 39, 40)]
    assert high in [round(16_200_000 / customers) for customers in (20, 21, 22)]


def test_a_cost_that_too_many_replicates_have_no_customer_for_has_no_interval() -> None:
    assert bootstrap_intervals(cost_per_customer(1, 1000, 16_200_000)).empty


def test_one_unit_has_no_interval_and_no_samples_make_an_empty_table_with_all_columns() -> None:
    assert bootstrap_intervals(sample([500])).empty
    assert list(bootstrap_intervals(sample([])).columns) == list(TABLES["kpi_intervals"])


def test_units_that_are_all_alike_leave_no_doubt() -> None:
    assert bounds(sample([700] * 9)) == (700, 700)
    assert bounds(sample([700] * 9, "sum")) == (6300, 6300)


def test_neither_the_order_of_the_rows_nor_another_month_changes_an_interval() -> None:
    june, july = sample([1, 5, 9, 200, 3]), sample([8, 8, 1], month=date(2026, 7, 1))
    alone = bootstrap_intervals(june).iloc[0].to_dict()
    shuffled = bootstrap_intervals(pd.concat([july, june.sample(frac=1, random_state=3)]))
    assert shuffled[shuffled["month_starts_on"] == JUNE].iloc[0].to_dict() == alone


def test_a_large_sample_drawn_in_parts_is_drawn_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    values = sample(list(range(50)))
    whole = bounds(values)
    monkeypatch.setattr("ml.intervals._DRAWS_AT_ONCE", 120)
    assert bounds(values) == whole


@settings(deadline=None, max_examples=40)
@given(AMOUNTS, st.sampled_from(["mean", "median"]))
def test_a_mean_or_median_stays_between_the_smallest_and_the_largest_value(values: list[int], statistic: str) -> None:
    low, high = bounds(sample(values, statistic), 100)
    assert min(values) - 1 <= low <= high <= max(values) + 1


@settings(deadline=None, max_examples=40)
@given(AMOUNTS, st.integers(1, 10**9))
def test_what_is_added_to_every_value_is_added_to_both_bounds(values: list[int], added: int) -> None:
    low, high = bounds(sample(values, "median"), 100)
    moved = bounds(sample([value + added for value in values], "median"), 100)
    assert moved[0] - low == pytest.approx(added, abs=1)
    assert moved[1] - high == pytest.approx(added, abs=1)


# of two units a quarter of the replicates draws the first twice and a quarter the second twice: these are the bounds


def test_retention_of_two_customers_lies_between_that_of_each() -> None:
    customers = [{"value": 150, "base": 100}, {"value": 100, "base": 300}]
    assert told(composite("ratio", customers)) == (Decimal("0.333333"), Decimal("1.5"))


def test_return_on_a_cost_that_stands_is_the_margin_of_the_drawn_deals_less_all_cost() -> None:
    deals = [{"value": 1_001}, {"value": 4_000}]
    standing = {"cost_minor": 2_000, "other_cost_minor": 500, "margin_millionths": 500_000}
    # half of 2 002 and of 8 000, less 500 and 2 000, over 2 000
    assert told(composite("return_on_cost", deals, **standing)) == (Decimal("-0.7495"), Decimal("0.75"))
    # half of five minor units are three
    odd = {"cost_minor": 3, "other_cost_minor": 0, "margin_millionths": 500_000}
    assert told(composite("return_on_cost", [{"value": 1}] * 5, **odd)) == (0, 0)


def test_a_lifetime_value_is_capped_where_the_drawn_customers_all_stay() -> None:
    # 100 a month × 60 months; 100 a month × 12 months at risk ÷ 2 losses
    assert told(composite("lifetime_value", [STAYS, LEAVES], **WHOLE)) == (600, 6_000)
    # a lifetime longer than the cap: 12 ÷ 1 for who leaves once in twelve months, capped at 10
    once_a_year = [customer(1_200, 12, 12, 1), customer(2_400, 12, 12, 1)]
    short = {"margin_millionths": 1_000_000, "lifetime_cap_months": 10}
    assert told(composite("lifetime_value", once_a_year, **short)) == (1_000, 2_000)


def test_margin_purchases_and_the_cost_of_a_customer_enter_a_lifetime_value() -> None:
    customers = [STAYS, LEAVES]
    by_margin = {**WHOLE, "margin_millionths": 600_000}
    assert told(composite("lifetime_value", customers, **by_margin)) == (360, 3_600)
    # 600 × 3 purchases of who leaves, 6 000 × 1 of who stays; both together are 1 800 × 4 ÷ 2
    assert told(composite("literal_lifetime_value", customers, **WHOLE)) == (1_800, 6_000)
    assert told(composite("lifetime_value_to_cost", customers, **by_margin, cost_minor=700)) == (
        Decimal("0.514286"),
        Decimal("5.142857"),
    )


def test_the_velocity_of_two_won_deals_is_that_of_their_money_and_their_own_cycle() -> None:
    # 5 open × 900 ÷ 10 days, 5 open × 300 ÷ 30 days
    assert told(composite("velocity", [deal(900, 10), deal(300, 30)], open_deals=5)) == (50, 450)
    # without an open deal nothing moves
    assert told(composite("velocity", [deal(900, 10), deal(300, 30)], open_deals=0)) == (0, 0)


def test_a_won_deal_without_a_cycle_brings_money_but_no_days() -> None:
    deals = [deal(900, 10)] * 20 + [deal(900, None)] * 20
    # every drawn deal is won with 900, and every known cycle is ten days
    assert told(composite("velocity", deals, open_deals=5)) == (450, 450)


@pytest.mark.parametrize(
    "samples",
    [
        composite("velocity", [deal(900, 10), deal(0, None)], open_deals=5),
        composite("lifetime_value", [STAYS, customer(0, 0, 1, 1)], **WHOLE),
        composite("literal_lifetime_value", [STAYS, customer(10, 1, 1, 0, purchases=0)], **WHOLE),
    ],
    ids=["nothing won", "no customer month", "nobody bought"],
)
def test_where_a_quarter_of_the_replicates_has_no_figure_there_is_no_interval(samples: pd.DataFrame) -> None:
    assert bootstrap_intervals(samples).empty


def test_a_replicate_without_a_figure_widens_the_interval_on_both_sides() -> None:
    """Of four won in a hundred closed 1.7 % of the replicates have none; they stand among the 5 % on either side."""
    deals = [deal(100, 10), deal(200, 10), deal(300, 10), deal(400, 10)] + [deal(0, None)] * 96
    drawn = np.random.default_rng(11).integers(0, 100, size=(20_000, 100))
    won = np.array([unit["value"] for unit in deals])[drawn].sum(axis=1)
    velocities = won[won > 0] * 100 / 100 / 10
    none = (won == 0).mean()
    assert 0.012 < none < 0.024
    low, high = (int(bound) for bound in told(composite("velocity", deals, open_deals=100)))
    assert low == pytest.approx(np.quantile(velocities, (0.05 - none) / (1 - none)), rel=0.3)
    assert high == pytest.approx(np.quantile(velocities, 0.95 / (1 - none)), rel=0.1)


@pytest.mark.parametrize(
    ("statistic", "unit", "standing", "figure"),
    [
        ("ratio", {"value": 102, "base": 100}, {}, "1.02"),
        (
            "return_on_cost",
            {"value": 1_000},
            {"cost_minor": 1_000, "other_cost_minor": 100, "margin_millionths": 350_000},
            "0.3",
        ),
        ("lifetime_value", LEAVES, WHOLE, "600"),
        ("literal_lifetime_value", LEAVES, WHOLE, "1800"),
        ("lifetime_value_to_cost", LEAVES, {**WHOLE, "cost_minor": 400}, "1.5"),
        ("velocity", deal(300, 30), {"open_deals": 5}, "50"),
    ],
)
def test_composite_figures_of_units_that_are_all_alike_leave_no_doubt(
    statistic: str, unit: dict[str, int], standing: dict[str, int], figure: str
) -> None:
    """Four deals of 1 000 at 35 % are 1 400, less 100 and 1 000 over 1 000 are 0.3; the other figures are those of one unit."""
    assert told(composite(statistic, [unit] * 4, **standing)) == (Decimal(figure), Decimal(figure))


@pytest.mark.parametrize("statistic", ["ratio", "lifetime_value", "velocity"])
def test_a_composite_interval_hangs_on_the_seed_but_not_on_the_order_of_rows_or_the_parts_of_the_draw(
    statistic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(5)
    units = pd.DataFrame(
        {
            "value": random.integers(10**6, 10**7, size=60),
            "base": random.integers(1, 12, size=60),
            "months_at_risk": random.integers(1, 12, size=60),
            "losses": random.integers(0, 2, size=60),
            "cycle_seconds": random.integers(10**5, 10**7, size=60),
        }
    )
    samples = composite(statistic, units.to_dict("records"), **WHOLE, open_deals=5)
    whole = told(samples)
    assert told(samples, BootstrapPolicy(seed=7)) != whole
    assert told(samples.sample(frac=1, random_state=3)) == whole
    monkeypatch.setattr("ml.intervals._DRAWS_AT_ONCE", 130)
    assert told(samples) == whole


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.none() | st.integers(1, 10**7)), min_size=2, max_size=12))
def test_a_median_of_known_cycles_is_that_of_numpy(units: list[tuple[int, int | None]]) -> None:
    deals = [{"value": won + 1, "cycle_seconds": seconds} for won, seconds in units]
    draws = np.random.default_rng(2).integers(0, len(units), size=(25, len(units)))
    found = STATISTICS["velocity"].figures(Resamples(composite("velocity", deals, open_deals=3), draws))
    for figure, drawn in zip(found, draws, strict=True):
        cycles = [units[position][1] for position in drawn if units[position][1] is not None]
        if not cycles:
            assert np.isnan(figure)
            continue
        money = sum(units[position][0] + 1 for position in drawn)
        days = np.floor(np.median(cycles) + 0.5) / 86_400
        assert figure == pytest.approx(3 * money / len(units) / days, rel=1e-12)


def test_nine_of_ten_intervals_hold_the_retention_that_is_true() -> None:
    """200 companies of 150 customers: an opening between 100 and 900, of which 0 (one in five), all or twice as much is left.

    The true retention is 0.2 × 0 + 0.6 × 1 + 0.2 × 2 = 1. Of 200 intervals of 90 % between 84 and 96 % hold it but once in 300.
    """
    random = np.random.default_rng(2026)
    companies = []
    for number in range(200):
        opening = random.integers(100, 900, size=150)
        now = opening * random.choice([0, 1, 2], size=150, p=[0.2, 0.6, 0.2])
        units = pd.DataFrame({"value": now, "base": opening}).to_dict("records")
        companies.append(composite("ratio", units, kpi=f"company {number}"))
    intervals = bootstrap_intervals(pd.concat(companies))
    assert len(intervals) == 200
    holds = ((intervals["low"] <= 1) & (intervals["high"] >= 1)).mean()
    assert 0.84 <= holds <= 0.96


def test_fewer_replicates_are_a_policy_and_an_unknown_statistic_is_refused() -> None:
    found = bootstrap_intervals(sample([1, 2, 30]), BootstrapPolicy(replicates=200))
    assert found["replicates"].tolist() == [200]
    assert isinstance(found["low"].iloc[0], Decimal)
    with pytest.raises(ValueError, match="unknown statistic mode"):
        bootstrap_intervals(sample([1, 2], "mode"))
    with pytest.raises(ValueError, match="lacks value"):
        bootstrap_intervals(sample([1, 2]).drop(columns="value"))
