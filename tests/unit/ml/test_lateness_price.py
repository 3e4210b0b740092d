"""Intervals of the price of lateness against hand-work and against resampling leads one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.lateness.price import TABLES, LatenessPolicy, price_intervals


def strata(*rows: tuple[str, str, int, int, int, int], mean_deal: int = 1_000_000) -> pd.DataFrame:
    """(clock, stratum, met, met_wins, late, late_wins)."""
    frame = pd.DataFrame(rows, columns=["clock", "stratum", "met", "met_wins", "late", "late_wins"])
    deals = frame["met_wins"] + frame["late_wins"]
    return frame.assign(deals=deals, won_minor=deals * mean_deal)


EXAMPLE = strata(
    ("reaction", "A", 40, 12, 20, 3), ("reaction", "B", 60, 6, 40, 2), ("reaction", "C", 0, 0, 10, 1)
)  # fmt: skip


def test_d73_the_example_lost_five_wins() -> None:
    (row,) = price_intervals(EXAMPLE).to_dict("records")
    assert row["lost_wins"] == pytest.approx(5.0)
    assert (
        row["lost_wins_verdict_low"]
        < row["lost_wins_low"]
        < 5.0
        < row["lost_wins_high"]
        < row["lost_wins_verdict_high"]
    )
    # every deal is worth a million, so money is wins times a million
    assert row["price_low_minor"] == pytest.approx(row["lost_wins_low"] * 1_000_000, abs=1)
    assert row["price_high_minor"] == pytest.approx(row["lost_wins_high"] * 1_000_000, abs=1)


def test_the_intervals_are_those_of_leads_drawn_one_by_one() -> None:
    leads = []
    for number, row in enumerate(EXAMPLE.itertuples()):
        for is_late, count, wins in ((0, row.met, row.met_wins), (1, row.late, row.late_wins)):
            leads += [(number, is_late, int(position < wins)) for position in range(count)]
    table = np.array(leads)
    rng = np.random.default_rng(7)
    lost = []
    for _ in range(20_000):
        drawn = table[rng.integers(0, len(table), len(table))]
        total = 0.0
        for number in range(3):
            here = drawn[drawn[:, 0] == number]
            late, met = here[here[:, 1] == 1, 2], here[here[:, 1] == 0, 2]
            if len(late) and len(met):
                total += len(late) * (met.mean() - late.mean())
        lost.append(total)
    (row,) = price_intervals(EXAMPLE, LatenessPolicy(replicates=20_000)).to_dict("records")
    expected = np.quantile(lost, [0.05, 0.95, 0.01, 0.99])
    told = [row[f"lost_wins_{end}"] for end in ("low", "high", "verdict_low", "verdict_high")]
    # two samples of 20 000 replicates differ by a few hundredths of the interval's width
    assert told == pytest.approx(expected.tolist(), abs=0.4)


def test_the_order_of_the_strata_and_another_clock_change_nothing() -> None:
    shuffled = pd.concat([EXAMPLE.iloc[::-1], strata(("contact", "A", 5, 1, 5, 1))])
    together = price_intervals(shuffled).set_index("clock")
    assert together.loc["reaction"].to_dict() == price_intervals(EXAMPLE).set_index("clock").loc["reaction"].to_dict()
    assert list(together.index) == ["contact", "reaction"]


def test_without_leads_there_is_an_empty_table_with_its_columns() -> None:
    assert list(price_intervals(EXAMPLE.iloc[:0]).columns) == list(TABLES["lateness_intervals"])
    assert price_intervals(EXAMPLE.iloc[:0]).empty


def test_strata_without_both_kinds_lose_nothing() -> None:
    (row,) = price_intervals(strata(("reaction", "A", 0, 0, 30, 9), ("reaction", "B", 20, 5, 0, 0))).to_dict("records")
    assert (row["lost_wins"], row["lost_wins_low"], row["lost_wins_high"]) == (0.0, 0.0, 0.0)


def test_more_wins_than_leads_and_a_missing_column_are_refused() -> None:
    with pytest.raises(ValueError, match="more wins than leads"):
        price_intervals(strata(("reaction", "A", 1, 2, 3, 1)))
    with pytest.raises(ValueError, match="lacks column 'won_minor'"):
        price_intervals(EXAMPLE.drop(columns="won_minor"))
