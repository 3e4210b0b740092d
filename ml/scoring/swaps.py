"""Who is taken by which score: gains, the swap set at the capacity and what its sides are worth, with ties in fractions (D74)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.scoring import evaluate, explain
from ml.scoring.choice import Chosen
from ml.scoring.learning import Learned
from ml.scoring.table import LeadTable

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

GAIN_SHARES = (Fraction(1, 10), Fraction(1, 5), Fraction(3, 10), Fraction(1, 2))
LISTED = 200
"""Leads in the swap set that get their reasons."""
REASONS = 3


def judged_leads(
    table: LeadTable,
    judged: npt.NDArray[np.intp],
    learned: Learned,
    at: evaluate.Capacity | None,
) -> pd.DataFrame:
    """Every judged lead: scores, ranks (0 = worst, 1 = best, ties share theirs) and what part of it each side takes."""
    hand = pd.Series(table.hand[judged])
    frame = pd.DataFrame(
        {
            "position": judged,
            "row_number": table.row_numbers[judged],
            "lead_id": None if table.ids is None else table.ids[judged],
            "order": table.order[judged],
            "won": table.won[judged],
            "money_minor": None if table.money is None else table.money[judged],
            "is_worked": None if table.is_worked is None else table.is_worked[judged],
            "hand_score": hand,
            "hand_rank": hand.rank(method="average", pct=True).round(evaluate.DIGITS),
        }
    )
    if learned.chance is None or learned.rank is None:
        return frame.assign(
            probability=np.nan, expected_minor=None, learned_rank=np.nan, taken_by_hand=None, taken_by_model=None
        )
    rank = learned.rank[judged]
    return frame.assign(
        probability=learned.chance[judged],
        expected_minor=None if learned.expected is None else learned.expected[judged],
        learned_rank=pd.Series(rank).rank(method="average", pct=True).round(evaluate.DIGITS),
        taken_by_hand=None if at is None else _objects(evaluate.shares_taken(table.hand[judged], at)),
        taken_by_model=None if at is None else _objects(evaluate.shares_taken(rank, at)),
    )


def _objects(values: Sequence[Fraction]) -> npt.NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def printed(leads: pd.DataFrame) -> pd.DataFrame:
    """The parts taken as numbers of 6 digits instead of fractions."""
    taken = ["taken_by_hand", "taken_by_model"]
    return leads.assign(**{name: leads[name].astype("float64").round(evaluate.DIGITS) for name in taken})


def swap_set_of(
    table: LeadTable, leads: pd.DataFrame, model: Chosen | None, design: pd.DataFrame, teaches: Flags
) -> pd.DataFrame:
    """The leads on which both scores disagree most: first those that only one side takes, then by distance of ranks."""
    if model is None:
        return leads.head(0).assign(side=None, reasons=None).drop(columns="position")
    rank_gap = leads["learned_rank"] - leads["hand_rank"]
    taken_gap = rank_gap * 0
    if leads["taken_by_hand"].notna().all():
        taken_gap = (leads["taken_by_model"] - leads["taken_by_hand"]).astype(float)
    keys = pd.DataFrame({"taken": taken_gap.abs(), "rank": rank_gap.abs(), "row": leads["row_number"]})
    order = keys.sort_values(["taken", "rank", "row"], ascending=[False, False, True], kind="stable").index[:LISTED]
    listed = leads.loc[order]
    inputs = design.iloc[listed["position"]].reset_index(drop=True)
    added = explain.contributions(model, inputs, design[teaches])
    gap = np.where(taken_gap[order] != 0, taken_gap[order], rank_gap[order])
    side = np.where(gap > 0, "model", np.where(gap < 0, "hand", "none"))
    reasons = [
        explain.reasons(added.iloc[row], inputs.iloc[row], side[row] != "hand", REASONS) for row in range(len(listed))
    ]
    return listed.drop(columns="position").assign(side=side, reasons=reasons).reset_index(drop=True)


def _total(shares: Sequence[Fraction], values: npt.NDArray[np.int64]) -> Fraction:
    """Exact sum of share × value; shares have few denominators, so whole numbers are added first."""
    by_share: dict[Fraction, int] = {}
    for share, value in zip(shares, values.tolist(), strict=True):
        by_share[share] = by_share.get(share, 0) + value
    return sum((share * value for share, value in by_share.items()), Fraction(0))


def gains_of(
    table: LeadTable, judged: npt.NDArray[np.intp], scores: dict[str, Floats | None], worked: Flags
) -> pd.DataFrame:
    """Wins and money of the best shares of the judged leads by either score and at random."""
    known = (table.won & worked)[judged].astype(np.int64)
    money = None if table.money is None else known * table.money[judged]
    everyone = np.zeros(len(judged), dtype=np.int64)
    rows = []
    for share in GAIN_SHARES:
        leads = int(share * len(judged))
        if leads == 0:
            continue
        at = evaluate.Capacity(leads, everyone)
        orders = {
            "random": np.zeros(len(judged)),
            **{name: given for name, given in scores.items() if given is not None},
        }
        for name, score in orders.items():
            taken = evaluate.shares_taken(score, at)
            rows.append(
                {
                    "share": float(share),
                    "leads": leads,
                    "taken_by": name,
                    "wins": round(float(_total(taken, known)), evaluate.DIGITS),
                    "money_minor": None if money is None else round(_total(taken, money)),
                }
            )
    return pd.DataFrame(rows, columns=["share", "leads", "taken_by", "wins", "money_minor"])


def no_sides() -> pd.DataFrame:
    """The sides of the swap set where there is no capacity."""
    return pd.DataFrame(columns=["side", "leads", "wins", "money_minor", "unworked_share"])


def sides_of(table: LeadTable, judged: npt.NDArray[np.intp], leads: pd.DataFrame, worked: Flags) -> pd.DataFrame:
    """What each side of the swap set is worth at the capacity (sums of fractions, exact until printed)."""
    if leads["taken_by_model"].isna().any():
        return no_sides()
    known = (table.won & worked)[judged].astype(np.int64)
    money = None if table.money is None else known * table.money[judged]
    unworked = (~worked[judged]).astype(np.int64)
    pairs = list(zip(leads["taken_by_model"], leads["taken_by_hand"], strict=True))
    zero, one = Fraction(0), Fraction(1)
    parts = {
        "both": [min(model, hand) for model, hand in pairs],
        "model_only": [max(zero, model - hand) for model, hand in pairs],
        "hand_only": [max(zero, hand - model) for model, hand in pairs],
        "neither": [one - max(model, hand) for model, hand in pairs],
    }
    rows = []
    for side, shares in parts.items():
        total = sum(shares, zero)
        rows.append(
            {
                "side": side,
                "leads": round(float(total), evaluate.DIGITS),
                "wins": round(float(_total(shares, known)), evaluate.DIGITS),
                "money_minor": None if money is None else round(_total(shares, money)),
                "unworked_share": None
                if table.is_worked is None or not total
                else round(float(_total(shares, unworked) / total), evaluate.DIGITS),
            }
        )
    return pd.DataFrame(rows)
