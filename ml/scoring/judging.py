"""Both scores on the held-out leads: the comparison and its verdict, by segment, and what having worked only some leads hides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.scoring import bias, evaluate
from ml.scoring.learning import Learned
from ml.scoring.table import Capacity, LeadTable, Parts, TableError, TablePolicy

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

METRICS = ("auc", "average_precision", "brier", "log_loss")
SEGMENT_LEADS = 100
SEGMENT_CONVERSIONS = 20
"""Held-out leads and wins among them that a segment needs to be compared by itself."""
SEGMENT_REPLICATES = 200
WEEK = np.timedelta64(7 * 86_400, "s")
FIRST_MONDAY = np.datetime64("1970-01-05", "s")
HAND_COLUMN = "(hand-made score)"


def judge(parts: Parts, learned: Learned, at: evaluate.Capacity | None, policy: TablePolicy) -> pd.DataFrame:
    """The comparison over all held-out leads, then within each segment; columns as in `evaluate.COMPARISON_COLUMNS`."""
    table, judged = parts.table, parts.judged
    hand, chance, rank, again = learned.hand_chance, learned.chance, learned.rank, learned.again
    hand_scores = None if hand is None else evaluate.Scores(table.hand[judged], hand[judged])
    learned_scores = None if chance is None or rank is None else evaluate.Scores(rank[judged], chance[judged])
    again_scores = None if again is None else evaluate.Scores(again.rank[judged], again.probability[judged])
    comparison = evaluate.compare(
        table.won[judged],
        hand_scores,
        learned_scores,
        reweighted=again_scores,
        refusal=learned.refusal or learned.no_hand,
        replicates=policy.replicates,
        seed=policy.seed,
        metrics=METRICS,
        capacity=at,
        with_calibration=True,
    )
    segments = by_segment(
        table, judged, table.won, parts.worked, hand_scores, learned_scores, again_scores, learned.refusal, policy
    )
    return pd.concat([comparison, *segments], ignore_index=True)


def capacity_of(table: LeadTable, capacity: Capacity | None, judged: npt.NDArray[np.intp]) -> evaluate.Capacity | None:
    """The capacity among the judged leads, by weeks of UTC from Monday or over all of them. Raises TableError without times for a
    week, or where it comes to no lead."""
    if capacity is None:
        return None
    periods = np.zeros(len(judged), dtype=np.int64)
    if capacity.unit == "week":
        if table.order.dtype.kind != "M":
            raise TableError("a capacity per week needs times; with an order of numbers say a share (30%) or a total")
        periods = ((table.order[judged].astype("datetime64[s]") - FIRST_MONDAY) // WEEK).astype(np.int64)
    leads = capacity.leads(len(judged))
    if leads < 1:
        raise TableError(f"the capacity is {float(capacity.amount):g} ({capacity.unit}) of {len(judged)} leads: none")
    return evaluate.Capacity(
        leads=leads,
        periods=periods,
        money=None if table.money is None else table.money[judged],
        is_worked=None if table.is_worked is None else table.is_worked[judged],
        currency=table.currency,
        minor_per_unit=table.minor_per_unit,
    )


def by_segment(
    table: LeadTable,
    judged: npt.NDArray[np.intp],
    won: Flags,
    worked: Flags,
    hand: evaluate.Scores | None,
    chosen: evaluate.Scores | None,
    again: evaluate.Scores | None,
    refusal: str | None,
    policy: TablePolicy,
) -> list[pd.DataFrame]:
    """The comparison within each segment that has enough worked leads and wins; its verdict rests on the AUC, since the
    capacity is that of the whole team."""
    if table.segments is None:
        return []
    names = table.segments.iloc[judged].reset_index(drop=True)
    found = []
    for name in sorted(names.dropna().unique()):
        rows = np.flatnonzero((names == name).to_numpy() & worked[judged])
        if len(rows) < SEGMENT_LEADS or won[judged[rows]].sum() < SEGMENT_CONVERSIONS:
            continue
        parts = [
            None if of is None else evaluate.Scores(of.rank[rows], of.probability[rows]) for of in (hand, chosen, again)
        ]
        found.append(
            evaluate.compare(
                won[judged[rows]],
                parts[0],
                parts[1],
                reweighted=parts[2],
                refusal=refusal,
                segment=str(name),
                replicates=min(policy.replicates, SEGMENT_REPLICATES),
                seed=policy.seed,
                metrics=METRICS,
                with_calibration=True,
            )
        )
    return found


def selection_of(
    table: LeadTable,
    design: pd.DataFrame,
    judged: npt.NDArray[np.intp],
    worked: Flags,
    won: Flags,
    rank: Floats | None,
    is_hand: bool,
    at: evaluate.Capacity | None,
) -> pd.DataFrame:
    """The chance of having been worked is learned from the model's columns and the hand-made score itself."""
    if table.is_worked is None:
        return pd.DataFrame(columns=["scorer", "measure", "value", "n"])
    inputs = design.iloc[judged].reset_index(drop=True).assign(**{HAND_COLUMN: table.hand[judged]})
    scores = {} if not is_hand else {"hand": table.hand[judged]}
    scores |= {} if rank is None else {"learned": rank[judged]}
    drawn = None if table.is_exploration is None else table.is_exploration[judged]
    of_work = bias.chance_of_work(inputs, worked[judged])
    return bias.selection(of_work, won[judged], worked[judged], scores, drawn, at)
