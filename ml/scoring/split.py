"""Which leads teach and which judge: labels old enough, earlier leads to train, later ones to evaluate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

SAMPLES = ("train", "test", "recent", "straddling")


@dataclass(frozen=True)
class Split:
    """`sample` of each row (train, test, recent, straddling) and the instant at which the held-out period begins."""

    sample: npt.NDArray[np.object_]
    cut_at: pd.Timestamp | None

    def rows(self, name: str) -> npt.NDArray[np.int64]:
        """Positions of the rows of a sample."""
        return np.flatnonzero(self.sample == name)


def cut_in_order(values: npt.NDArray[Any], training_share: float) -> Any:
    """The value at which the held-out part begins: everything below it teaches. `values`: not empty, sortable."""
    if not 0 < training_share < 1:
        raise ValueError(f"training_share is {training_share}; expected a number between 0 and 1")
    ordered = np.sort(values)
    return ordered[min(int(len(ordered) * training_share), len(ordered) - 1)]


def without_straddlers(sample: npt.NDArray[np.object_], groups: pd.Series) -> npt.NDArray[np.object_]:
    """The sample with held-out rows of groups (accounts) that already taught marked `straddling`.

    They would be judged by what the model has learned about the very same account. Rows without a group stay.
    """
    taught = set(groups[sample == "train"].dropna())
    is_known = groups.isin(taught).to_numpy(dtype=bool)
    result = sample.copy()
    result[(sample == "test") & is_known] = "straddling"
    return result


def split_by_time(scored_at: pd.Series, is_mature: pd.Series, training_share: float) -> Split:
    """Split mature rows at one instant; all rows at that instant fall into the test sample.

    Rows whose label is not mature (D14: the window lead → won has not passed) are `recent`: scored, never used to
    teach or to judge, also when they are already won, because early wins alone would raise the rate.
    """
    mature = is_mature.fillna(False).to_numpy(dtype=bool)
    sample = np.full(len(mature), "recent", dtype=object)
    if not mature.any():
        return Split(sample, None)
    times = scored_at.to_numpy()
    cut = cut_in_order(times[mature], training_share)
    sample[mature & (times < cut)] = "train"
    sample[mature & (times >= cut)] = "test"
    return Split(sample, pd.Timestamp(cut))
