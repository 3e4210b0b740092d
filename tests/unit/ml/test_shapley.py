"""Shapley values of channels against cases worked by hand and against every order of joining, in exact fractions."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.attribution.shapley import COLUMNS, TABLES, mean_additions, over_subsets, shapley_values, values_of

Path = tuple[frozenset[str], bool]
"""Channels that a path met, and whether it converted."""


def sets_of(paths: list[Path]) -> pd.DataFrame:
    """Counts as the warehouse makes them: a row a set and channel in it, sets numbered in any order."""
    met = Counter(channels for channels, _ in paths)
    converted = Counter(channels for channels, is_converted in paths if is_converted)
    rows = [
        ("shapley", "won", "default", number, channel, met[channels], converted[channels])
        for number, channels in enumerate(sorted(met, key=sorted), start=5)
        for channel in sorted(channels)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def by_every_order(paths: list[Path]) -> dict[str, Fraction]:
    """The definition itself: the mean, over all orders, of what a channel adds to the rate of those that joined before it."""

    def rate(coalition: frozenset[str]) -> Fraction:
        inside = [is_converted for channels, is_converted in paths if channels <= coalition]
        return Fraction(sum(inside), len(inside)) if inside else Fraction(0)

    channels = sorted(frozenset[str]().union(*(met for met, _ in paths)))
    orders = list(permutations(channels))
    added = dict.fromkeys(channels, Fraction(0))
    for order in orders:
        for place, channel in enumerate(order):
            added[channel] += rate(frozenset(order[: place + 1])) - rate(frozenset(order[:place]))
    return {channel: total / len(orders) for channel, total in added.items()}


paths = st.lists(
    st.tuples(st.frozensets(st.sampled_from("ABCDEF"), min_size=1), st.booleans()), min_size=1, max_size=25
)


def only(*channels: str) -> frozenset[str]:
    return frozenset(channels)


def test_case_a21_of_the_definitions() -> None:
    found = [(only("google"), True)] * 2 + [(only("google"), False), (only("mailing"), True)]
    values = shapley_values(sets_of([*found, (only("google", "mailing"), True)])).set_index("channel")
    # by hand: google alone 2/3, mailing alone 1, both 4/5; google (2/3 + 4/5 - 1) / 2 = 7/30, mailing (1 + 4/5 - 2/3) / 2 = 17/30
    assert dict(values["shapley_value"]) == {"google": Decimal("0.233333333333"), "mailing": Decimal("0.566666666667")}
    assert dict(values["effect_parts"]) == {"google": 250539759, "mailing": 608453700}
    assert set(values["conversion_rate"]) == {Decimal("0.8")}
    assert list(values.reset_index().columns.sort_values()) == sorted(TABLES["shapley_values"])


def test_a_channel_that_many_met_in_vain_has_a_value_below_nothing_and_no_part() -> None:
    found = [(only("A"), True), (only("A"), False), (only("B"), False), (only("A", "B"), False)]
    values = shapley_values(sets_of(found)).set_index("channel")
    # by hand: A alone 1/2, B alone 0, both 1/4; A (1/2 + 1/4) / 2 = 3/8, B (0 + 1/4 - 1/2) / 2 = -1/8
    assert dict(values["shapley_value"]) == {"A": Decimal("0.375"), "B": Decimal("-0.125")}
    assert dict(values["effect_parts"]) == {"A": 3 * 2**27, "B": 0}


@settings(deadline=None)
@given(paths)
def test_values_are_the_mean_over_every_order_and_sum_to_the_rate(found: list[Path]) -> None:
    rate, values = values_of(sets_of(found))
    if not any(converted for _, converted in found):
        assert values == {}
        return
    assert values == pytest.approx({name: float(value) for name, value in by_every_order(found).items()}, abs=1e-12)
    assert rate == pytest.approx(sum(converted for _, converted in found) / len(found), abs=1e-12)
    assert sum(value or 0 for value in values.values()) == pytest.approx(rate, abs=1e-12)


@settings(deadline=None)
@given(paths)
def test_where_a_coalition_is_worth_its_conversions_every_path_is_split_equally_over_its_channels(
    found: list[Path],
) -> None:
    """The `shapley` of the ledger is the same game over converted paths alone (D54)."""
    converted = np.zeros(1 << 6)
    equally = np.zeros(6)
    for channels, is_converted in found:
        if is_converted:
            places = ["ABCDEF".index(channel) for channel in channels]
            converted[sum(1 << place for place in places)] += 1
            equally[places] += 1 / len(places)
    assert mean_additions(over_subsets(converted)) == pytest.approx(equally, abs=1e-9)


def test_fifteen_channels_have_values_and_sixteen_have_a_reason() -> None:
    names = [f"channel_{number:02d}" for number in range(16)]
    alone = [(only(name), number % 3 == 0) for number, name in enumerate(names)]
    fifteen = shapley_values(sets_of([*alone[:15], (only(*names[:15]), True)]))
    assert len(fifteen) == 15
    assert fifteen["missing_reason"].isna().all()
    assert float(sum(fifteen["shapley_value"])) == pytest.approx(6 / 16, abs=1e-10)
    sixteen = shapley_values(sets_of(alone))
    assert list(sixteen["channel"]) == names
    assert set(sixteen["missing_reason"]) == {"more_than_15_channels"}
    assert sixteen[["conversion_rate", "shapley_value", "effect_parts"]].isna().all(axis=None)


def test_no_conversion_has_no_values_and_the_order_of_rows_does_not_matter() -> None:
    assert shapley_values(sets_of([(only("A"), False)])).empty
    sets = sets_of([(only("A", "B"), True), (only("B"), False), (only("C"), True), (only("A", "C"), False)])
    pd.testing.assert_frame_equal(shapley_values(sets), shapley_values(sets.sample(frac=1, random_state=7)))


def test_counts_that_cannot_be_are_refused() -> None:
    sets = sets_of([(only("A", "B"), True)])
    with pytest.raises(ValueError, match="more converted paths than paths"):
        shapley_values(sets.assign(paths=0))
    with pytest.raises(ValueError, match="lacks paths"):
        shapley_values(sets.drop(columns="paths"))
