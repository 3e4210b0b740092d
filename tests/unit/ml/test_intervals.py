"""Bootstrap intervals against scipy's own bootstrap, against arithmetic, and under what must not change them."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ml.intervals import COLUMNS, TABLES, BootstrapPolicy, bootstrap_intervals

JUNE = date(2026, 6, 1)
AMOUNTS = st.lists(st.integers(-(10**12), 10**12), min_size=2, max_size=40)


def sample(values: list[int], statistic: str = "mean", *, kpi: str = "acv", month: date = JUNE) -> pd.DataFrame:
    rows = [
        (kpi, "default", statistic, "deal", month, f"D{n:05d}", value, None, None) for n, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def bounds(samples: pd.DataFrame, replicates: int = 1000) -> tuple[int, int]:
    intervals = bootstrap_intervals(samples, BootstrapPolicy(replicates))
    ((low, high),) = intervals[["low", "high"]].itertuples(index=False)
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
    row = ("cac_blended", "default", "cost_per_event", "lead", JUNE, "(all)", 30, 1000, 16_200_000)
    low, high = bounds(pd.DataFrame([row], columns=list(COLUMNS)))
    # 5 % and 95 % of a binomial of 1 000 draws at 3 % are 21 and 39 customers
    assert stats.binom.ppf([0.05, 0.95], 1000, 0.03).tolist() == [21, 39]
    assert low in [round(16_200_000 / customers) for customers in (38, 39, 40)]
    assert high in [round(16_200_000 / customers) for customers in (20, 21, 22)]


def test_a_cost_that_too_many_replicates_have_no_customer_for_has_no_interval() -> None:
    row = ("cac_blended", "default", "cost_per_event", "lead", JUNE, "(all)", 1, 1000, 16_200_000)
    assert bootstrap_intervals(pd.DataFrame([row], columns=list(COLUMNS))).empty


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


def test_fewer_replicates_are_a_policy_and_an_unknown_statistic_is_refused() -> None:
    found = bootstrap_intervals(sample([1, 2, 30]), BootstrapPolicy(replicates=200))
    assert found["replicates"].tolist() == [200]
    assert isinstance(found["low"].iloc[0], Decimal)
    with pytest.raises(ValueError, match="unknown statistic mode"):
        bootstrap_intervals(sample([1, 2], "mode"))
    with pytest.raises(ValueError, match="lacks value"):
        bootstrap_intervals(sample([1, 2]).drop(columns="value"))
