"""What a won lead brings, and leads ordered by their expected revenue."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from ml.scoring.compare import compare_table
from ml.scoring.registry import load_model, save_model
from ml.scoring.run import score_leads
from ml.scoring.table import Capacity, LeadTable, TablePolicy
from ml.scoring.worth import PENALTIES, learn_worth
from tests.unit.ml.test_run import QUICK, company

SHARE = Capacity(Fraction(1, 4), "share")
BY_CHANCE = TablePolicy(replicates=100)
BY_REVENUE = TablePolicy(replicates=100, label="expected_revenue")


def leads(seed: int = 1, n: int = 4000) -> LeadTable:
    """Leads in order of time: the larger, the more a won one brings (100, 300 or 900 on average), and the less likely it is won."""
    generator = np.random.default_rng(seed)
    need, size = generator.integers(0, 2, n), generator.integers(0, 3, n)
    won = generator.random(n) < np.where(need == 1, 0.4, 0.2) * np.array([1, 0.8, 0.5])[size]
    money = np.array([10_000, 30_000, 90_000])[size] * generator.gamma(4, 1 / 4, n)
    columns = pd.DataFrame(
        {
            "need": pd.Series(np.where(need == 1, "yes", "no"), dtype=object),
            "size": pd.Series(np.array(["small", "middle", "large"])[size], dtype=object),
        }
    )
    return LeadTable(
        columns=columns,
        won=won,
        order=np.arange(n, dtype=float),
        hand=need * 10.0,
        hand_name="hand",
        row_numbers=np.arange(1, n + 1),
        money=money.astype(np.int64),
        currency="EUR",
        minor_per_unit=100,
    )


@given(st.integers(0, 2**32 - 1), st.integers(6, 60))
@settings(max_examples=20, deadline=None)
def test_what_the_won_leads_are_said_to_bring_adds_up_to_what_they_brought(seed: int, n: int) -> None:
    """The intercept is free, so it holds for every strength of the penalty."""
    generator = np.random.default_rng(seed)
    design = pd.DataFrame(
        {"colour": pd.Series(generator.choice(["red", "blue"], n), dtype=object), "visits": generator.normal(size=n)}
    )
    money = generator.integers(0, 5000, n)
    money[0] = 1
    found = learn_worth(design, money, np.arange(n), None, np.ones(n, dtype=bool))
    assert found.pipeline.predict(design).sum() * found.mean_minor == pytest.approx(money.sum(), rel=1e-6)


def test_the_fit_is_the_minimum_of_the_penalised_deviance_as_another_solver_finds_it() -> None:
    """Mean of μ − y·log μ plus half the penalty over the leads times the squared weights, minimised by scipy over both levels' dummies."""
    table = leads()
    won = np.flatnonzero(table.won)
    assert table.money is not None
    design, money = table.columns[["need"]], table.money
    found = learn_worth(design, money, table.order, None, table.won)
    shares = money[won] / money[won].mean()
    dummies = np.column_stack([design["need"].iloc[won] == level for level in ("no", "yes")]).astype(float)

    def objective(weights: np.ndarray) -> float:
        linear = weights[0] + dummies @ weights[1:]
        return float(
            np.mean(np.exp(linear) - shares * linear) + found.penalty / len(won) / 2 * (weights[1:] ** 2).sum()
        )

    best = minimize(objective, np.zeros(3), method="BFGS", options={"gtol": 1e-10}).x
    expected = np.exp(best[0] + np.array([[1, 0], [0, 1]]) @ best[1:])
    levels = pd.DataFrame({"need": pd.Series(["no", "yes"], dtype=object)})
    assert found.pipeline.predict(levels) == pytest.approx(expected, rel=1e-5)


def test_of_likely_small_and_unlikely_large_leads_the_expected_revenue_takes_the_large() -> None:
    """A quarter of the leads: by chance all small with a need (0.4 × 100 each) and half the middle (0.32 × 300), 59 on average; by
    revenue all large with a need (0.2 × 900) and as many of the next best (0.32 × 300 or 0.1 × 900), 150 on average."""
    by_chance = compare_table(leads(), capacity=SHARE, policy=BY_CHANCE)
    by_revenue = compare_table(leads(), capacity=SHARE, policy=BY_REVENUE)
    money = {
        name: found.comparison.set_index("metric").loc["money_at_capacity", "learned"]
        for name, found in (("chance", by_chance), ("revenue", by_revenue))
    }
    assert 2 * money["chance"] < money["revenue"] < 3.5 * money["chance"]
    taken = by_revenue.leads[by_revenue.leads["taken_by_model"] == 1]
    size = leads().columns["size"].iloc[taken["row_number"].astype(int) - 1]
    assert set(size) <= {"large", "middle"}
    assert (size == "large").mean() > 0.6
    assert (by_revenue.comparison["verdict"] == "model").all()
    assert by_revenue.card["label"] == "expected_revenue"
    # the chance itself is that of the other label, and so is its calibration
    same = by_revenue.leads.set_index("row_number")["probability"]
    assert (same == by_chance.leads.set_index("row_number")["probability"]).all()


def test_the_expected_revenue_of_a_lead_is_near_what_the_company_was_made_with() -> None:
    found = compare_table(leads(n=20_000), policy=replace(BY_REVENUE, replicates=10))
    told = found.leads.assign(row=found.leads["row_number"].astype(int) - 1)
    columns = leads(n=20_000).columns.iloc[told["row"]].reset_index(drop=True)
    means = told.assign(need=columns["need"], size=columns["size"]).groupby(["need", "size"])["expected_minor"].mean()
    for (need, size), said in means.astype(float).items():
        made = {"yes": 0.4, "no": 0.2}[need] * {"small": 10_000, "middle": 24_000, "large": 45_000}[size]
        assert said == pytest.approx(made, rel=0.15), (need, size)


def test_without_money_the_expected_revenue_is_refused_and_the_reason_is_said() -> None:
    for table in (replace(leads(), money=None), replace(leads(), money=np.zeros(4000, dtype=np.int64))):
        found = compare_table(table, policy=BY_REVENUE)
        assert found.verdict == "too_little_data"
        assert "no won lead of the training part brought money" in found.verdict_reason
        assert found.model is None


def test_with_few_won_leads_everyone_is_worth_the_mean() -> None:
    design = pd.DataFrame({"size": pd.Series(["a", "b"] * 10, dtype=object)})
    money = np.array([100, 300] * 10)
    won = np.arange(20) < 6
    found = learn_worth(design, money, np.arange(20), None, won)
    assert (found.penalty, found.validation, found.mean_minor) == (PENALTIES[0], (), 200.0)
    assert found.expected(np.full(20, 0.5), design).tolist() == [100] * 20


def test_no_lead_is_said_to_bring_more_than_any_brought() -> None:
    """Trained on 1 to 4 employees; a million of them is beyond what the logarithm may be drawn out to."""
    n = 400
    employees = np.tile([1.0, 2.0, 3.0, 4.0], n // 4)
    money = (1000 * employees**3).astype(np.int64)
    found = learn_worth(pd.DataFrame({"employees": employees}), money, np.arange(n), None, np.ones(n, dtype=bool))
    assert found.expected(np.array([1.0]), pd.DataFrame({"employees": [1e6]})).tolist() == [64_000]


def test_the_scores_of_the_pipeline_are_the_expected_revenue_and_are_kept_with_the_model(tmp_path: Path) -> None:
    features, answers = company(1000)
    features["won_minor"] = np.where(features["channel"] == "search", 90_000, 10_000)
    policy = replace(QUICK, label="expected_revenue", currency="EUR", minor_per_unit=100)
    result = score_leads(features, answers, policy)
    learned = result.scores[result.scores["scorer"] == "learned"].reset_index(drop=True)
    assert (learned["score"].astype(float) == learned["expected_minor"].astype(float) / 100).all()
    assert result.scores.loc[result.scores["scorer"] == "matrix", "expected_minor"].isna().all()
    worth = learned["expected_minor"].astype(float) / learned["probability"].astype(float)
    by_channel = worth.groupby(features["channel"]).mean()
    assert by_channel["search"] > 5 * by_channel["social"]

    assert result.model is not None
    assert result.design is not None
    save_model(result.model, result.card, tmp_path)
    model, card = load_model(result.card["model_version"], tmp_path)
    assert model.worth is not None
    inputs = result.design[[feature["name"] for feature in card["features"]]]
    again = model.worth.expected(model.probabilities(inputs), inputs)
    assert again.tolist() == learned["expected_minor"].tolist()
    assert "chance of a win times" in card["ordered_by"]

    other = score_leads(features.assign(won_minor=features["won_minor"] * 2), answers, policy)
    assert other.card["trained_on"] != result.card["trained_on"]
    plain = score_leads(features, answers, replace(policy, label="win"))
    assert plain.card["trained_on"] != result.card["trained_on"]
    of_plain = plain.scores[plain.scores["scorer"] == "learned"].reset_index(drop=True)
    assert of_plain["expected_minor"].isna().all()
    assert (of_plain["probability"] == learned["probability"]).all()
