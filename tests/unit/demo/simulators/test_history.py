"""What a vendor knows, and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from demo.simulators.history import History

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_an_object_is_as_its_newest_version_of_that_second_says() -> None:
    history = History()
    history.put(1, START, "first")
    history.put(1, START + timedelta(hours=1), "second")
    history.delete(1, START + timedelta(hours=2))
    assert [history.get(1, START + timedelta(hours=hours)) for hours in (-1, 0, 1, 2)] == [
        None,
        "first",
        "second",
        None,
    ]
    with pytest.raises(ValueError, match="put them in their order"):
        history.put(1, START, "too late")


def test_a_snapshot_is_what_each_object_was_whatever_was_asked_before() -> None:
    rng = np.random.default_rng(3)
    history = History()
    versions = [(int(key), int(minute)) for key, minute in rng.integers(0, 40, (300, 2))]
    for number, (key, minute) in enumerate(sorted(versions, key=lambda version: version[1])):
        at = START + timedelta(minutes=minute)
        if number % 7 == 0:
            history.delete(key, at)
        else:
            history.put(key, at, number)
    keys = list(history._versions)
    for minute in (45, 12, 13, 12, -1, 39, 40):
        at = START + timedelta(minutes=minute)
        expected = [(key, history.get(key, at)) for key in keys if history.get(key, at) is not None]
        assert history.snapshot(at) == expected == list(history.known(at))


def test_a_snapshot_is_the_same_list_until_something_changes() -> None:
    history = History()
    history.put(1, START, "first")
    history.put(2, START + timedelta(hours=1), "later")
    first = history.snapshot(START)
    assert history.snapshot(START + timedelta(minutes=59)) is first
    assert history.snapshot(START + timedelta(hours=1)) == [(1, "first"), (2, "later")]
    again = history.snapshot(START)
    assert again == [(1, "first")]
    history.put(3, START, "new")
    assert history.snapshot(START) == [(1, "first"), (3, "new")]
