"""Removal effects against cases worked by hand and against a second implementation in exact fractions."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.attribution.markov import COLUMNS, TABLES, effects_of, removal_effects

Path = tuple[tuple[str, ...], bool]
"""Channels in order, and whether the path converted."""


def transitions_of(paths: list[Path], order: int = 1) -> pd.DataFrame:
    """Counts as the warehouse makes them: a state is the last channels of the path."""
    counts: Counter[tuple[str, str, str | None]] = Counter()
    for channels, converted in paths:
        state = "(start)"
        for end in range(1, len(channels) + 1):
            following = " > ".join(channels[max(0, end - order) : end])
            counts[(state, following, channels[end - 1])] += 1
            state = following
        counts[(state, "(conversion)" if converted else "(null)", None)] += 1
    rows = [("markov", "won", "default", *edge, number) for edge, number in sorted(counts.items(), key=str)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def in_fractions(counts: pd.DataFrame, without: str | None) -> Fraction:
    """Conversion probability by Gauss's elimination in rational numbers; arrivals at `without` never convert."""
    edges = list(counts[["from_state", "to_state", "to_channel", "transitions"]].itertuples(index=False))
    states = sorted({edge.from_state for edge in edges})
    left = Counter[str]()
    for edge in edges:
        left[edge.from_state] += int(edge.transitions)
    size = len(states)
    rows = [[Fraction(int(row == column)) for column in range(size)] + [Fraction(0)] for row in range(size)]
    for edge in edges:
        row, share = states.index(edge.from_state), Fraction(int(edge.transitions), left[edge.from_state])
        if edge.to_state == "(conversion)":
            rows[row][size] += share
        elif edge.to_state != "(null)" and edge.to_channel != without:
            rows[row][states.index(edge.to_state)] -= share
    for pivot in range(size):
        best = next(row for row in range(pivot, size) if rows[row][pivot] != 0)
        rows[pivot], rows[best] = rows[best], rows[pivot]
        rows[pivot] = [value / rows[pivot][pivot] for value in rows[pivot]]
        for row in range(size):
            if row != pivot and rows[row][pivot] != 0:
                factor = rows[row][pivot]
                rows[row] = [value - factor * own for value, own in zip(rows[row], rows[pivot], strict=True)]
    return rows[states.index("(start)")][size]


paths = st.lists(
    st.tuples(st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=6).map(tuple), st.booleans()),
    min_size=1,
    max_size=30,
)


def test_the_textbook_paths_lose_a_half_and_everything() -> None:
    effects = removal_effects(
        transitions_of([(("C1", "C2", "C3"), True), (("C1",), False), (("C2", "C3"), False)])
    ).set_index("channel")
    # worked by hand: P = 2/3 · (1/2 · 1/2) + 1/3 · 1/2 = 1/3; without C1 1/6, without C2 or C3 nothing converts
    assert set(effects["conversion_probability"]) == {Decimal("0.333333333333")}
    assert dict(effects["removal_effect"]) == {"C1": Decimal("0.5"), "C2": Decimal(1), "C3": Decimal(1)}
    assert dict(effects["effect_parts"]) == {"C1": 2**29, "C2": 2**30, "C3": 2**30}
    assert list(effects.reset_index().columns.sort_values()) == sorted(TABLES["removal_effects"])


def test_case_a21_of_the_definitions() -> None:
    converted = [(("google",), True)] * 2 + [(("mailing",), True), (("google", "mailing"), True)]
    probability, effects = effects_of(transitions_of([*converted, (("google",), False)]))
    assert probability == pytest.approx(0.8, abs=1e-12)
    assert effects == pytest.approx({"google": 0.75, "mailing": 0.5}, abs=1e-12)


@settings(deadline=None)
@given(paths, st.integers(1, 3))
def test_effects_equal_those_in_exact_fractions(found: list[Path], order: int) -> None:
    counts = transitions_of(found, order)
    whole = in_fractions(counts, None)
    probability, effects = effects_of(counts)
    assert probability == pytest.approx(float(whole), abs=1e-12)
    expected = {
        channel: float(1 - in_fractions(counts, channel) / whole)
        for channel in {channel for channels, _ in found for channel in channels}
        if whole
    }
    assert effects == pytest.approx(expected, abs=1e-11)


@settings(deadline=None)
@given(paths, st.integers(1, 3))
def test_the_chain_converts_as_often_as_the_paths_did(found: list[Path], order: int) -> None:
    probability, _ = effects_of(transitions_of(found, order))
    assert probability == pytest.approx(sum(converted for _, converted in found) / len(found), abs=1e-12)


@settings(deadline=None)
@given(paths)
def test_a_channel_said_twice_in_a_row_changes_no_effect_of_order_one(found: list[Path]) -> None:
    once = [
        (tuple(name for number, name in enumerate(path) if number == 0 or path[number - 1] != name), converted)
        for path, converted in found
    ]
    _, effects = effects_of(transitions_of(found))
    _, effects_once = effects_of(transitions_of(once))
    assert effects == pytest.approx(effects_once, abs=1e-10)


def test_no_conversion_has_no_effects_and_the_order_of_rows_does_not_matter() -> None:
    assert removal_effects(transitions_of([(("A",), False)])).empty
    counts = transitions_of([(("A", "B"), True), (("B",), False), (("B", "A"), True)])
    shuffled = counts.sample(frac=1, random_state=7)
    pd.testing.assert_frame_equal(removal_effects(counts), removal_effects(shuffled))


def test_counts_that_no_paths_could_give_are_refused() -> None:
    counts = transitions_of([(("A", "B"), True)])
    with pytest.raises(ValueError, match="state B is entered 1 times and left 0 times"):
        removal_effects(counts[counts["to_state"] != "(conversion)"])
    with pytest.raises(ValueError, match="lacks transitions"):
        removal_effects(counts.drop(columns="transitions"))
