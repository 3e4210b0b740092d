"""What another threshold, scale, gate or routing would have handed to sales: leads a day, hours, wins, money.

Sums of points move in steps, so most thresholds are the same as another one: `effective_threshold` is the lowest sum
that can be reached and passes (D22). Profiles are ways to answer, leads are leads; both are told.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Operator = Literal[">=", ">"]

THRESHOLDS = (50, 60, 70, 75, 77, 80, 90, 100)
GATED = ("budget", "authority")
"""Criteria that D23 offers as gates, where no gate is in force on them."""
COLUMNS = (
    "scenario", "scale", "operator", "threshold", "effective_threshold", "gate", "is_review_worked", "profiles",
    "hot_leads", "review_leads", "gate_failed_leads", "gate_failed_wins", "leads_a_day", "rep_hours_a_week",
    "clock_starts_a_day", "expected_wins", "realised_wins", "realised_minor", "leads", "days", "is_current",
)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """The rule in force, and what a hand-over costs.

    scale, hot, review   bands of the definition: bounds on the scale
    gates                criterion → points that a hot lead needs there at least (D23)
    full_minutes         a rep's minutes on a hand-over in full; review_minutes: on one for review
    clocks               SLA clocks that a hand-over starts; None where that is not known
    """

    scale: str = "raw110"
    hot: Fraction = Fraction(70)
    review: Fraction = Fraction(50)
    full_minutes: int = 60
    review_minutes: int = 20
    gates: Mapping[str, int] = field(default_factory=dict)
    clocks: int | None = None


def effective_threshold(
    sums: Sequence[int], threshold: Fraction, operator: Operator, scale: str, maximum: int
) -> int | None:
    """The lowest reachable sum of points that passes; None when none does. `sums`: all sums that can be reached."""
    for total in sorted(set(sums)):
        value = Fraction(total) if scale == "raw110" else Fraction(total * 100, maximum)
        if value > threshold or (operator == ">=" and value == threshold):
            return int(total)
    return None


def what_if(
    points: Floats,
    criteria: Sequence[str],
    levels: Sequence[Sequence[int]],
    won: Flags,
    expected: Floats | None,
    money: npt.NDArray[np.int64] | None,
    days: float | None,
    rules: Rules,
) -> pd.DataFrame:
    """One row per scenario on the same leads; columns as in COLUMNS.

    points   (leads, criteria), NaN where there is no answer (0 points)
    levels   the points that each criterion can give, from which profiles and reachable sums are counted
    expected chance of a win per lead; None where it is not known. money: minor units that a won lead brought
    days     length of the period; None where the order is no time: nothing is told per day then
    """
    total = np.rint(np.nan_to_num(points, nan=0.0).sum(axis=1)).astype(np.int64)
    maximum = sum(max(of_criterion) for of_criterion in levels)
    reachable = _reachable(levels)
    rows = []
    gates_in_force = {name: least for name, least in rules.gates.items() if name in criteria}
    least_above_zero = {
        name: min((value for value in of_criterion if value > 0), default=0)
        for name, of_criterion in zip(criteria, levels, strict=True)
    }
    for scale, operator, threshold, gate, is_review_worked in _scenarios(rules, gates_in_force, least_above_zero):
        hot_from = effective_threshold(list(reachable), threshold, operator, scale, maximum)
        review_from = effective_threshold(list(reachable), rules.review, ">=", scale, maximum)
        passes = np.zeros(len(total), dtype=bool) if hot_from is None else total >= hot_from
        failed = passes & _fails(points, criteria, gate)
        hot = passes & ~failed
        review = ~hot & (failed if review_from is None else (total >= review_from) | failed)
        handed = hot | (review if is_review_worked else np.zeros(len(total), dtype=bool))
        minutes = int(hot.sum()) * rules.full_minutes
        minutes += int(review.sum()) * rules.review_minutes if is_review_worked else 0
        rows.append(
            {
                "scenario": _name(scale, operator, threshold, gate, is_review_worked),
                "scale": scale,
                "operator": operator,
                "threshold": float(threshold),
                "effective_threshold": hot_from,
                "gate": ", ".join(gate) if gate else None,
                "is_review_worked": is_review_worked,
                "profiles": 0
                if hot_from is None
                else sum(ways for value, ways in reachable.items() if value >= hot_from),
                "hot_leads": int(hot.sum()),
                "review_leads": int(review.sum()),
                "gate_failed_leads": int(failed.sum()),
                "gate_failed_wins": int((failed & won).sum()),
                "leads_a_day": None if days is None else round(float(handed.sum()) / days, 6),
                "rep_hours_a_week": None if days is None else round(minutes / 60 / days * 7, 6),
                "clock_starts_a_day": None
                if days is None or rules.clocks is None
                else round(float(handed.sum()) * rules.clocks / days, 6),
                "expected_wins": None if expected is None else round(float(expected[handed].sum()), 6),
                "realised_wins": int((handed & won).sum()),
                "realised_minor": None if money is None else int(money[handed & won].sum()),
                "leads": len(total),
                "days": days,
                "is_current": (scale, operator, threshold, gate, is_review_worked)
                == (rules.scale, ">=", rules.hot, gates_in_force, True),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _scenarios(
    rules: Rules, in_force: Mapping[str, int], least_above_zero: Mapping[str, int]
) -> list[tuple[str, Operator, Fraction, Mapping[str, int], bool]]:
    """The rule in force first, then one thing changed at a time.

    A gate in force is taken away; where none is, the smallest that stops anybody is put on (the points of the lowest level
    above 0).
    """
    other = "normalised100" if rules.scale == "raw110" else "raw110"
    missing = {name: least_above_zero[name] for name in GATED if name in least_above_zero and name not in in_force}
    found: list[tuple[str, Operator, Fraction, Mapping[str, int], bool]] = [
        (rules.scale, ">=", rules.hot, in_force, True),
        (rules.scale, ">=", rules.hot, in_force, False),
        (rules.scale, ">", rules.hot, in_force, True),
        (other, ">=", rules.hot, in_force, True),
    ]
    gates: list[Mapping[str, int]] = [{**in_force, name: least} for name, least in missing.items()]
    gates += [{**in_force, **missing}] if len(missing) > 1 else []
    gates += [{name: least for name, least in in_force.items() if name != gone} for gone in in_force]
    gates += [{}] if len(in_force) > 1 else []
    found += [(rules.scale, ">=", rules.hot, gate, True) for gate in gates]
    found += [(rules.scale, ">=", Fraction(value), in_force, True) for value in THRESHOLDS if value != rules.hot]
    return found


def _name(scale: str, operator: str, threshold: Fraction, gate: Mapping[str, int], is_review_worked: bool) -> str:
    parts = [f"{scale} {operator} {float(threshold):g}"]
    parts += [f"gate {name} >= {least}" for name, least in gate.items()]
    parts += [] if is_review_worked else ["review not worked"]
    return ", ".join(parts)


def _fails(points: Floats, criteria: Sequence[str], gate: Mapping[str, int]) -> Flags:
    given = np.nan_to_num(points, nan=0.0)
    failed = np.zeros(len(points), dtype=bool)
    for name, least in gate.items():
        failed |= given[:, list(criteria).index(name)] < least
    return failed


def _reachable(levels: Sequence[Sequence[int]]) -> dict[int, int]:
    """Reachable sums of points → the number of profiles (ways to answer) that have it."""
    ways = {0: 1}
    for of_criterion in levels:
        following: dict[int, int] = {}
        for (total, count), value in itertools.product(ways.items(), sorted(set(of_criterion))):
            following[total + value] = following.get(total + value, 0) + count
        ways = following
    return dict(sorted(ways.items()))
