"""A hand-made score against a learned one on any table: capacity, guard, formula, split, verdict."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import roc_auc_score

from ml.scoring import evaluate, guard
from ml.scoring.compare import compare_table
from ml.scoring.features import MISSING
from ml.scoring.formula import FormulaError, parse_formula
from ml.scoring.model import probabilities, table_contributions, table_scorecard
from ml.scoring.split import without_straddlers
from ml.scoring.table import Capacity, LeadTable, TableError, TablePolicy

QUICK = TablePolicy(replicates=100)


def leads(n: int = 3000, seed: int = 1, hand: str = "weak", signal: float = 2.0) -> LeadTable:
    """Leads in order of time whose outcome follows `need` and `visits`; the hand-made score follows a part of it."""
    generator = np.random.default_rng(seed)
    need = generator.integers(0, 3, n)
    visits = generator.poisson(4, n).astype(float)
    noise = generator.integers(0, 5, n)
    truth = signal * (need - 1) + signal * (visits - 4) / 4
    won = generator.random(n) < 1 / (1 + np.exp(-(truth - 1)))
    scores = {"weak": noise * 10.0, "true": np.round(truth * 10), "none": noise * 10.0}
    columns = pd.DataFrame(
        {
            "need": pd.Series([("no", "partly", "yes")[value] for value in need], dtype=object),
            "visits": pd.Series(np.where(generator.random(n) < 0.1, np.nan, visits)),
            "colour": pd.Series([("red", "blue")[value] for value in generator.integers(0, 2, n)], dtype=object),
        }
    )
    return LeadTable(
        columns=columns,
        won=won,
        order=np.arange(n, dtype=float),
        hand=scores[hand],
        hand_name="hand",
        row_numbers=np.arange(1, n + 1),
    )


def with_column(table: LeadTable, name: str, values: object) -> LeadTable:
    return replace(table, columns=table.columns.assign(**{name: values}))


# capacity


def test_the_worked_example_of_d74_gives_18_wins() -> None:
    """K 100; 80 above the cut with 16 wins, 40 tied with 4 wins: 16 + 4 × 20/40 = 18."""
    score = np.array([90.0] * 80 + [70.0] * 40 + [50.0] * 30)
    won = np.array([True] * 16 + [False] * 64 + [True] * 4 + [False] * 36 + [True] * 30)
    capacity = evaluate.Capacity(100, np.zeros(150, dtype=np.int64))
    assert evaluate.at_capacity(score, won.astype(float), capacity)(np.ones((1, 150)))[0] == 18.0
    shares = evaluate.shares_taken(score, capacity)
    assert (shares[0], shares[80], shares[120]) == (1, Fraction(1, 2), 0)
    assert sum(share for share, win in zip(shares, won, strict=True) if win) == 18


def test_the_capacity_of_a_week_is_not_carried_to_the_next() -> None:
    """Two a week: week 1 has three leads (the best two are taken), week 2 has one."""
    capacity = evaluate.Capacity(2, np.array([1, 1, 1, 2]))
    assert evaluate.shares_taken(np.array([1.0, 2, 3, 0]), capacity) == [0, 1, 1, 1]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.booleans()), min_size=1, max_size=40),
    st.integers(1, 15),
)
@settings(max_examples=60, deadline=None)
def test_every_period_takes_its_capacity_or_all_it_has(rows: list[tuple[int, int, bool]], size: int) -> None:
    score = np.array([float(row[0]) for row in rows])
    periods = np.array([row[1] for row in rows], dtype=np.int64)
    won = np.array([row[2] for row in rows])
    capacity = evaluate.Capacity(size, periods)
    shares = evaluate.shares_taken(score, capacity)
    for period in np.unique(periods):
        inside = np.flatnonzero(periods == period)
        assert sum(shares[row] for row in inside) == min(size, len(inside))
    wins = sum((share for share, win in zip(shares, won, strict=True) if win), Fraction(0))
    once = evaluate.at_capacity(score, won.astype(float), capacity)(np.ones((1, len(rows))))[0]
    assert once == pytest.approx(float(wins))


def test_a_resampled_capacity_is_that_of_the_leads_written_out_as_often_as_drawn() -> None:
    generator = np.random.default_rng(5)
    score, won = generator.integers(0, 6, 60).astype(float), generator.random(60) < 0.3
    drawn = generator.integers(0, 3, 60)
    weighted = evaluate.at_capacity(score, won.astype(float), evaluate.Capacity(20, np.zeros(60, np.int64)))
    long = np.repeat(np.arange(60), drawn)
    written_out = evaluate.at_capacity(
        score[long], won[long].astype(float), evaluate.Capacity(20, np.zeros(len(long), np.int64))
    )
    assert weighted(drawn[None, :].astype(float))[0] == pytest.approx(written_out(np.ones((1, len(long))))[0])


def test_log_loss_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(2)
    won, chance = generator.random(200) < 0.4, generator.uniform(0.01, 0.99, 200)
    assert evaluate.log_loss(chance, won)(np.ones((1, 200)))[0] == pytest.approx(sklearn_log_loss(won, chance))


# guard


def rules(table: LeadTable, **options: frozenset[str]) -> dict[str, str]:
    found = guard.inspect(table.columns, table.won, times=table.times, **options)
    return {finding.column: finding.rule for finding in found}


def test_a_column_that_tells_the_outcome_is_left_out_with_its_auc() -> None:
    table = leads()
    told = pd.Series(np.where(table.won, "closed", "open"), dtype=object)
    found = {f.column: f for f in guard.inspect(with_column(table, "tags", told).columns, table.won)}
    assert found["tags"].rule == "tells_the_outcome"
    assert not found["tags"].is_used
    assert "alone its AUC is 1.000" in found["tags"].evidence
    assert {name for name, finding in found.items() if finding.is_used} == {"need", "visits", "colour"}


def test_a_field_that_only_winners_have_is_left_out_whatever_it_says() -> None:
    """Filled for half of the winners and for nobody else, with different texts: the fact of being filled decides."""
    table = leads()
    filled = table.won & (np.arange(len(table.won)) % 2 == 0)
    generator = np.random.default_rng(3)
    texts = [f"segment {generator.integers(0, 40)}" if value else MISSING for value in filled]
    assert rules(with_column(table, "segment", pd.Series(texts, dtype=object)))["segment"] == "decided_levels"


def test_a_field_that_only_open_leads_lack_is_left_out_and_one_that_the_lead_left_empty_is_not() -> None:
    """A field that is asked for at the closing, whichever way: a sixth of the leads that were not won are still open. The other is
    as often empty, of winners too."""
    table = leads()
    lost = np.flatnonzero(~table.won)
    is_open = np.isin(np.arange(len(table.won)), lost[::6])
    generator = np.random.default_rng(5)
    company = np.array([f"company {number}" for number in generator.integers(0, 60, len(is_open))], dtype=object)
    left_empty = generator.random(len(is_open)) < is_open.mean()
    columns = table.columns.assign(
        company=pd.Series(np.where(is_open, MISSING, company), dtype=object),
        position=pd.Series(np.where(left_empty, MISSING, company), dtype=object),
    )
    found = {finding.column: finding for finding in guard.inspect(columns, table.won)}
    assert found["company"].rule == "decided_levels"
    assert f"{is_open.sum()} of {is_open.sum()} lost" in found["company"].evidence
    assert found["position"].rule == "used"


def test_an_answer_that_decides_much_and_was_not_asked_for_is_no_leak() -> None:
    """24 of 25 leads that were never asked are lost, and hold a seventh of all that were lost: one was won all the same."""
    table = leads()
    lost, won = np.flatnonzero(~table.won), np.flatnonzero(table.won)
    unasked = np.concatenate([lost[::7], won[: len(lost[::7]) // 24]])
    level = np.where(np.arange(len(table.won)) % 2 == 0, "yes", "no").astype(object)
    level[unasked] = MISSING
    columns = table.columns.assign(budget=pd.Series(level, dtype=object))
    found = {finding.column: finding for finding in guard.inspect(columns, table.won)}
    assert found["budget"].rule == "used"


def test_where_nearly_all_leads_lose_a_losing_level_is_no_leak() -> None:
    table = leads(signal=0.0)
    won = np.random.default_rng(4).random(len(table.won)) < 0.03
    assert set(rules(replace(table, won=won)).values()) == {"used"}


def test_a_column_filled_only_with_a_leaking_one_is_left_out_and_names_it() -> None:
    table = leads()
    called = np.random.default_rng(6).random(len(table.won)) < 0.6
    told = np.where(called, np.where(table.won, "closed", "lost"), MISSING)
    quality = np.where(called & (np.arange(len(called)) % 2 == 0), "good", MISSING)
    columns = table.columns.assign(tags=pd.Series(told, dtype=object), quality=pd.Series(quality, dtype=object))
    found = {f.column: f for f in guard.inspect(columns, table.won)}
    assert found["tags"].rule in ("tells_the_outcome", "decided_levels")
    assert found["quality"].rule == "filled_with"
    assert "'tags'" in found["quality"].evidence


@pytest.mark.parametrize(
    "name",
    ["Last Activity", "latest_status", "Closed on", "close_date", "Lost reason", "Итоговый статус", "آخرین تماس"],
)
def test_a_name_that_says_latest_or_closed_is_left_out(name: str) -> None:
    table = leads()
    generator = np.random.default_rng(7)
    values = pd.Series([f"v{n}" for n in generator.integers(0, 5, len(table.won))], dtype=object)
    assert rules(with_column(table, name, values))[name] == "named_latest"


@pytest.mark.parametrize("name", ["Blast radius", "Lasting interest", "Wonderful", "Disclosed budget", "Status"])
def test_a_name_that_only_looks_alike_is_used(name: str) -> None:
    assert guard.LATEST.search(name) is None


def test_constants_and_identifiers_are_left_out() -> None:
    table = leads()
    ids = pd.Series([f"id-{n}" for n in range(len(table.won))], dtype=object)
    columns = table.columns.assign(id=ids, number=np.arange(len(ids), dtype=float), one="x", empty=np.nan)
    found = rules(replace(table, columns=columns.astype({"one": object})))
    assert (found["id"], found["number"], found["one"], found["empty"]) == (
        "identifier", "identifier", "constant", "constant",
    )  # fmt: skip


def test_the_users_word_comes_before_the_guard_and_is_told() -> None:
    table = leads()
    told = pd.Series(np.where(table.won, "closed", "open"), dtype=object)
    columns = with_column(table, "tags", told).columns
    found = {
        f.column: f for f in guard.inspect(columns, table.won, kept=frozenset(["tags"]), excluded=frozenset(["colour"]))
    }
    assert (found["tags"].rule, found["tags"].is_used) == ("kept", True)
    assert (found["colour"].rule, found["colour"].is_used) == ("asked", False)
    assert found["tags"].evidence.startswith("kept by you against: alone its AUC is 1.000")


def test_noise_alone_has_an_auc_of_a_half_also_with_thousands_of_levels() -> None:
    generator = np.random.default_rng(8)
    won = generator.random(4000) < 0.3
    unique = pd.Series([str(n) for n in range(4000)], dtype=object)
    assert guard.auc_alone(unique, won) == pytest.approx(0.5, abs=0.001)
    assert guard.auc_alone(pd.Series(generator.random(4000)), won) == pytest.approx(0.5, abs=0.03)
    assert guard.auc_alone(pd.Series(["x"] * 4000, dtype=object), won) == 0.5


# formula


@pytest.mark.parametrize(
    ("text", "name", "terms"),
    [
        ('hand = "Activity Score" + "Profile Score"', "hand", ((1, "Activity Score"), (1, "Profile Score"))),
        ("a=b", "a", ((1, "b"),)),
        ("a = 2*b - c * 3 + балл", "a", ((2, "b"), (-3, "c"), (1, "балл"))),
        ('"my score" = - "x + y"', "my score", ((-1, "x + y"),)),
    ],
)
def test_a_formula_is_a_sum_of_columns(text: str, name: str, terms: tuple[tuple[int, str], ...]) -> None:
    formula = parse_formula(text)
    assert (formula.name, formula.terms) == (name, terms)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a =", "= b", "a = b +", "a = b c", "a = b * c", "a = 1.5 * b", "a = b / c", "a = 3", 'a = "b',
     'a = __import__("os")', "a = b; drop table c", "a = (b)", "a = b = c", "a = 2 * 3 * b"],
)  # fmt: skip
def test_anything_else_is_refused_with_a_correct_example(text: str) -> None:
    with pytest.raises(FormulaError, match=r"is refused: .*such as: activity ="):
        parse_formula(text)


# model


def test_contributions_of_a_lead_add_up_to_its_log_odds() -> None:
    table = leads()
    model = table_scorecard(table.columns).fit(table.columns, table.won)
    added = table_contributions(model, table.columns, table.columns).sum(axis=1)
    chance = model.predict_proba(table.columns)[:, 1]
    difference = np.log(chance / (1 - chance)) - added
    assert difference.std() == pytest.approx(0, abs=1e-5)


def test_levels_never_seen_and_missing_numbers_are_scored() -> None:
    table = leads()
    model = table_scorecard(table.columns).fit(table.columns, table.won)
    unseen = pd.DataFrame({"need": ["new"], "visits": [np.nan], "colour": [MISSING]}).astype(
        {"need": object, "colour": object}
    )
    assert 0 < probabilities(model, unseen)[0] < 1


# the whole comparison


def test_a_hand_made_score_of_noise_loses_and_the_auc_is_that_of_scikit_learn() -> None:
    found = compare_table(leads(), capacity=Capacity(Fraction(3, 10), "share"), policy=QUICK)
    assert found.verdict == "model"
    auc = found.comparison.set_index("metric").loc["auc"]
    assert auc["matrix"] == pytest.approx(roc_auc_score(found.leads["won"], found.leads["hand_score"]), abs=1e-6)
    assert auc["learned"] == pytest.approx(roc_auc_score(found.leads["won"], found.leads["probability"]), abs=1e-6)
    assert found.features["column"].tolist()[:2] in (["need", "visits"], ["visits", "need"])


def test_the_later_leads_judge_and_the_earlier_ones_teach() -> None:
    found = compare_table(leads(), policy=QUICK)
    assert found.leads["order"].min() == 2100
    assert found.samples.set_index("sample")["leads"].to_dict() == {"train": 2100, "test": 900}


def test_a_true_score_is_not_called_worse_than_the_model() -> None:
    found = compare_table(leads(hand="true"), capacity=Capacity(Fraction(1, 4), "share"), policy=QUICK)
    assert found.verdict in ("no_difference", "matrix")


def test_noise_has_no_signal() -> None:
    table = leads(signal=0.0)
    found = compare_table(replace(table, won=np.random.default_rng(9).random(3000) < 0.4), policy=QUICK)
    assert found.verdict == "no_signal"
    assert found.verdict_reason.startswith("both 90 % intervals of the AUC include 0.5: matrix [")


def test_thin_data_is_told_and_the_hand_made_score_still_measured() -> None:
    found = compare_table(leads(900), capacity=Capacity(Fraction(50), "period"), policy=QUICK)
    assert found.verdict == "too_little_data"
    assert found.verdict_reason.startswith("training sample has 630 leads and ")
    auc = found.comparison.set_index("metric").loc["auc"]
    assert auc["matrix"] == pytest.approx(roc_auc_score(found.leads["won"], found.leads["hand_score"]), abs=1e-6)
    assert np.isnan(auc["learned"])


def test_two_runs_and_any_order_of_the_rows_give_the_same_tables() -> None:
    table = leads(1500)
    shuffled = np.random.default_rng(10).permutation(1500)
    other = replace(
        table,
        columns=table.columns.iloc[shuffled].reset_index(drop=True),
        won=table.won[shuffled],
        order=table.order[shuffled],
        hand=table.hand[shuffled],
        row_numbers=table.row_numbers[shuffled],
    )
    policy = TablePolicy(minimum_leads=500, replicates=50)
    first, second = (compare_table(t, capacity=Capacity(Fraction(60), "period"), policy=policy) for t in (table, other))
    for name, frame in first.tables().items():
        pd.testing.assert_frame_equal(frame, second.tables()[name])
    assert first.card == second.card


def test_leads_without_a_hand_made_score_teach_but_do_not_judge() -> None:
    table = leads()
    hand = table.hand.copy()
    hand[::3] = np.nan
    found = compare_table(replace(table, hand=hand), policy=QUICK)
    assert found.samples["leads"].tolist() == [2100, 900]
    assert found.samples["with_hand_score"].tolist() == [1400, 600]
    assert set(found.comparison["n"]) == {600}


def test_an_account_that_taught_does_not_judge() -> None:
    sample = np.array(["train", "train", "test", "test", "test"], dtype=object)
    groups = pd.Series(["a", "b", "b", "c", None], dtype=object)
    assert without_straddlers(sample, groups).tolist() == ["train", "train", "straddling", "test", "test"]


def test_a_table_whose_every_account_taught_is_refused() -> None:
    table = replace(leads(), groups=pd.Series(["a"] * 3000, dtype=object))
    with pytest.raises(TableError, match="every account of the held-out part is in the training part"):
        compare_table(table, policy=QUICK)


def test_money_at_the_capacity_decides_where_it_is_known() -> None:
    table = leads()
    money = np.where(table.won, 100_00, 0).astype(np.int64)
    found = compare_table(
        replace(table, money=money, currency="EUR"), capacity=Capacity(Fraction(200), "period"), policy=QUICK
    )
    metrics = found.comparison.set_index("metric")
    wins = metrics.loc["wins_at_capacity", "learned"]
    assert metrics.loc["money_at_capacity", "learned"] == round(wins * 100_00)
    assert metrics.loc["precision_at_capacity", "learned"] == pytest.approx(wins / 200)
    assert found.verdict == "model"
    assert "money at the capacity" in found.verdict_reason
    sides = found.sides.set_index("side")
    assert sides["leads"].sum() == pytest.approx(900)
    assert sides.loc["both", "leads"] + sides.loc["model_only", "leads"] == pytest.approx(200)
    assert sides["wins"].sum() == pytest.approx(metrics.loc["auc", "conversions"])


def test_a_side_that_nobody_worked_gets_no_verdict() -> None:
    """Half of the held-out leads were never called; those that were show the model ahead, and yet nothing is said."""
    table = leads()
    worked = (np.random.default_rng(11).random(3000) < 0.5) | (np.arange(3000) < 2100)
    found = compare_table(replace(table, is_worked=worked), capacity=Capacity(Fraction(200), "period"), policy=QUICK)
    assert found.verdict == "no_difference"
    assert found.verdict_reason.startswith("no verdict: of the leads that only one side takes, never worked are model ")
    metrics = found.comparison.set_index("metric")
    judged = found.leads[found.leads["is_worked"]]
    assert metrics.loc["auc", "n"] == len(judged)
    assert metrics.loc["auc", "matrix"] == pytest.approx(roc_auc_score(judged["won"], judged["hand_score"]), abs=1e-6)


def test_a_capacity_per_week_counts_weeks_from_monday() -> None:
    """900 held-out leads, one an hour: the model takes 10 of each of the weeks they fall into."""
    times = np.datetime64("2026-01-05T00:00:00") + np.arange(3000) * np.timedelta64(3600, "s")
    found = compare_table(replace(leads(), order=times), capacity=Capacity(Fraction(10), "week"), policy=QUICK)
    weeks = pd.to_datetime(found.leads["order"]).dt.isocalendar().week
    assert (found.leads.groupby(weeks)["taken_by_model"].sum().round(6) == 10).all()
    assert (found.leads.groupby(weeks)["taken_by_hand"].sum().round(4) == 10).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"won": np.zeros(3000, dtype=bool)}, "all 3000 leads are not won"),
        ({"columns": pd.DataFrame({"flag": [True] * 3000})}, "column 'flag' has dtype bool; expected object"),
        ({"order": np.ones(3000)}, "the order has 1 different values"),
        ({"hand": np.full(3000, np.nan)}, "none of the 900 leads of the held-out part has a value of 'hand'"),
    ],
)
def test_a_table_with_nothing_to_judge_is_refused_in_words(change: dict[str, object], message: str) -> None:
    with pytest.raises(TableError, match=message):
        compare_table(replace(leads(), **change), policy=QUICK)
