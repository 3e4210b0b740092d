"""A table of leads and what is asked of it: who teaches, who judges, what the team can take."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.scoring.choice import Calibration, Label
from ml.scoring.split import cut_in_order, without_straddlers

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class TableError(ValueError):
    """A table that cannot be compared at all; the message says what is missing and what to do."""


class NothingToJudgeError(TableError):
    """The table is sound, but one outcome is missing or one of the two parts is empty."""


@dataclass(frozen=True)
class Capacity:
    """What the team can take: a whole number of leads per `week` or of the held-out `period`, or a `share` of it."""

    amount: Fraction
    unit: str

    def leads(self, held_out: int) -> int:
        """Whole leads taken per period; a share is rounded down."""
        return int(self.amount * held_out) if self.unit == "share" else int(self.amount)


@dataclass(frozen=True)
class TablePolicy:
    """Numbers that a company may change; the floors are those of D74.

    label   what orders the leads of the learned score: the chance of a win, or that times what a won lead brings
    """

    minimum_leads: int = 1000
    minimum_conversions: int = 120
    training_share: float = 0.7
    replicates: int = 1000
    seed: int = 20240101
    calibration: Calibration = "sigmoid"
    label: Label = "win"


@dataclass(frozen=True)
class Points:
    """The hand-made score as a matrix: what each criterion gave each lead, and what it can give.

    given   one float64 column per criterion: points, NaN where there is no answer (0 points)
    levels  criterion → the points that it can give
    """

    given: pd.DataFrame
    levels: dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class LeadTable:
    """A table of leads, one row each, every array of the same length.

    columns     candidates for the model: object columns of str (MISSING = empty), float64 columns (NaN = empty)
    won         the outcome
    order       float64, or datetime64 (UTC): rises with the time at which the lead was scored; no empty values
    hand        the hand-made score, NaN where the lead has none; higher is better
    row_numbers row in the file, from 1 after the header; breaks ties of `order` and names leads without `ids`
    money       minor units of `currency` that the lead brought if won; minor_per_unit: of them in a whole unit
    is_worked   False where nobody worked the lead, so that its outcome says nothing
    groups      account of each lead, None where there is none: an account that taught does not judge
    times       columns that hold dates → why they are not used
    points      the hand-made score by criterion, where it is a matrix
    segments    segment of each lead, None where there is none
    is_exploration  True for leads drawn at random to be worked, whatever their score
    directions  number columns that may only raise (1) or lower (-1) the score
    ordered     category columns whose levels have an order: level → place
    stages      how many stages of the way to a win each lead reached; None where that is not known
    no_hand     why no lead has a hand-made score, where that is known: then only the model is measured
    """

    columns: pd.DataFrame
    won: Flags
    order: npt.NDArray[Any]
    hand: Floats
    hand_name: str
    row_numbers: npt.NDArray[np.int64]
    ids: npt.NDArray[np.object_] | None = None
    money: npt.NDArray[np.int64] | None = None
    currency: str | None = None
    minor_per_unit: int = 1
    is_worked: Flags | None = None
    groups: pd.Series | None = None
    times: dict[str, str] = field(default_factory=dict)
    points: Points | None = None
    segments: pd.Series | None = None
    is_exploration: Flags | None = None
    directions: dict[str, int] = field(default_factory=dict)
    ordered: dict[str, dict[str, float]] = field(default_factory=dict)
    stages: npt.NDArray[np.int64] | None = None
    no_hand: str | None = None


@dataclass(frozen=True)
class Parts:
    """A table in the order of time, and which of its leads do what.

    sample  `train`, `test` or `straddling` per lead; cut: where the held-out part begins
    worked  False where nobody worked the lead; teaches: worked leads of the earlier part
    judged  positions of the held-out leads that both scores speak of; seen: those of them that were worked
    """

    table: LeadTable
    sample: npt.NDArray[np.object_]
    cut: Any
    worked: Flags
    teaches: Flags
    judged: npt.NDArray[np.intp]

    @property
    def seen(self) -> npt.NDArray[np.intp]:
        """Positions of the judged leads that were worked."""
        return np.asarray(self.judged[self.worked[self.judged]])


def parts_of(table: LeadTable, training_share: float) -> Parts:
    """Split a table by its order. Raises NothingToJudgeError where one outcome or one of the two parts is missing, and
    TableError for a column that is neither texts nor numbers."""
    table = in_order(table)
    worked = np.ones(len(table.won), dtype=bool) if table.is_worked is None else table.is_worked
    sample, cut = sample_of(table, training_share)
    is_judged = (sample == "test") & (~np.isnan(table.hand) if table.no_hand is None else True)
    judged = np.flatnonzero(is_judged)
    require_something_to_judge(table, sample, judged)
    return Parts(table, sample, cut, worked, (sample == "train") & worked, judged)


def in_order(table: LeadTable) -> LeadTable:
    """The table in the order of time, ties by the row of the file. Raises TableError for a column that is neither texts nor numbers."""
    for name, kind in table.columns.dtypes.items():
        if kind.name not in ("object", "float64"):
            raise TableError(f"column {name!r} has dtype {kind}; expected object (texts) or float64 (numbers)")
    by = np.lexsort((table.row_numbers, table.order))
    return replace(
        table,
        columns=table.columns.iloc[by].reset_index(drop=True),
        won=table.won[by],
        order=table.order[by],
        hand=table.hand[by],
        row_numbers=table.row_numbers[by],
        ids=None if table.ids is None else table.ids[by],
        money=None if table.money is None else table.money[by],
        is_worked=None if table.is_worked is None else table.is_worked[by],
        groups=None if table.groups is None else table.groups.iloc[by].reset_index(drop=True),
        points=None if table.points is None else points_of(table.points, by),
        segments=None if table.segments is None else table.segments.iloc[by].reset_index(drop=True),
        is_exploration=None if table.is_exploration is None else table.is_exploration[by],
        stages=None if table.stages is None else table.stages[by],
    )


def points_of(points: Points, rows: npt.NDArray[np.intp]) -> Points:
    """The points of some rows, with a default index."""
    return Points(points.given.iloc[rows].reset_index(drop=True), points.levels)


def sample_of(table: LeadTable, training_share: float) -> tuple[npt.NDArray[np.object_], Any]:
    """`train`, `test` or `straddling` per lead, and where the held-out part begins. Raises NothingToJudgeError for an empty table."""
    if len(table.won) == 0:
        raise NothingToJudgeError("no lead has an outcome; there is nothing to learn from and nothing to judge")
    cut = cut_in_order(table.order, training_share)
    sample = np.where(table.order < cut, "train", "test").astype(object)
    if table.groups is not None:
        sample = without_straddlers(sample, table.groups)
    return sample, cut


def require_something_to_judge(table: LeadTable, sample: npt.NDArray[np.object_], judged: npt.NDArray[np.intp]) -> None:
    """Raise NothingToJudgeError unless both outcomes are there, and leads to teach and to judge."""
    if table.won.all() or not table.won.any():
        kind = "won" if table.won.any() else "not won"
        raise NothingToJudgeError(f"all {len(table.won)} leads are {kind}; both outcomes are needed")
    if not (sample == "train").any():
        raise NothingToJudgeError(
            f"no lead comes before the cut: the order has {len(np.unique(table.order))} different values; it must rise "
            "with time"
        )
    if not (sample == "test").any():
        raise NothingToJudgeError(
            "no lead is left to judge: every account of the held-out part is in the training part as well; leave "
            "--group out, or take a column with more accounts"
        )
    if not len(judged):
        raise NothingToJudgeError(
            f"none of the {int((sample == 'test').sum())} leads of the held-out part has a value of {table.hand_name!r}"
        )


def cut_text(cut: Any) -> str:
    """The cut as text: an ISO instant, or the number."""
    if isinstance(cut, np.datetime64):
        return pd.Timestamp(cut).strftime("%Y-%m-%d %H:%M")
    return f"{float(cut):.15g}"
