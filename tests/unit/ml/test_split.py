"""Earlier leads teach, later ones judge, young ones do neither."""

from __future__ import annotations

import pandas as pd
import pytest

from ml.scoring.split import split_by_time

DAYS = pd.Series(pd.to_datetime([f"2026-01-{day:02d}" for day in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)]))


def test_the_later_three_tenths_of_mature_leads_judge() -> None:
    split = split_by_time(DAYS, pd.Series([True] * 10), 0.7)
    assert split.sample.tolist() == ["train"] * 7 + ["test"] * 3
    assert split.cut_at == pd.Timestamp("2026-01-08")


def test_leads_of_one_instant_fall_on_one_side() -> None:
    same = DAYS.where(~DAYS.index.isin([5, 6, 7]), pd.Timestamp("2026-01-07"))
    split = split_by_time(same, pd.Series([True] * 10), 0.7)
    assert split.sample.tolist() == ["train"] * 5 + ["test"] * 5


def test_leads_with_immature_labels_neither_teach_nor_judge() -> None:
    split = split_by_time(DAYS, pd.Series([True] * 5 + [False] * 5), 0.6)
    assert split.sample.tolist() == ["train"] * 3 + ["test"] * 2 + ["recent"] * 5


def test_the_order_of_the_rows_does_not_matter() -> None:
    forward = split_by_time(DAYS, pd.Series([True] * 10), 0.7)
    backward = split_by_time(DAYS[::-1].reset_index(drop=True), pd.Series([True] * 10), 0.7)
    assert forward.sample.tolist() == backward.sample.tolist()[::-1]


def test_without_mature_leads_there_is_no_cut() -> None:
    split = split_by_time(DAYS, pd.Series([False] * 10), 0.7)
    assert split.cut_at is None
    assert set(split.sample) == {"recent"}


def test_a_share_outside_0_and_1_is_refused() -> None:
    with pytest.raises(ValueError, match=r"training_share is 1\.5"):
        split_by_time(DAYS, pd.Series([True] * 10), 1.5)
