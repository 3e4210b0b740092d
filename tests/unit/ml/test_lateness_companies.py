"""Whether the price of lateness tells the truth: generated companies whose leads' fate had they been answered in time is known.

A company's late leads would have won so many more with the same luck; the interval that is reported must hold that number in
84 to 97 of 100 companies, and of 100 companies whose customers do not mind waiting at least 95 must be told of no effect (D73).
Strata are made from the company itself, as `int_lateness_strata` makes them: band × channel × segment × office hours.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from demo.company import ENDS_AT
from demo.exports import World, build_world
from demo.mixes import Mix, mixes
from ml.lateness.price import price_intervals

POINTS = np.array([[0, 10, 20], [0, 10, 20], [0, 15, 30], [0, 10, 20], [0, 5, 10], [0, 5, 10]])
TARGET_MINUTES = 5
WINDOW = np.timedelta64(270, "D")
WON = 4
MIXES, FIRST_SEED = 20260701, 5000


def strata_of(world: World) -> pd.DataFrame:
    """Strata of the reaction clock, with the wins that the late leads of each really lost as `lost`."""
    company, leads = world.company, world.company.leads
    is_counted = (leads.created_at < ENDS_AT - WINDOW) & ~leads.is_branch & ~np.isnat(world.sales.outcomes.handed_at)
    rows = np.flatnonzero(is_counted)
    answers = leads.answers
    points = sum(np.where(answers[:, n] >= 0, POINTS[n][answers[:, n]], 0) for n in range(len(POINTS)))
    local = leads.created_at + np.timedelta64(3, "h")
    day = local.astype("datetime64[D]")
    hour = (local - day) / np.timedelta64(1, "h")
    is_working = (hour >= 9) & (hour < 18) & ((day.astype(np.int64) + 3) % 7 < 5)
    segment = company.accounts.segment[company.people.account[leads.person]]
    waited = (leads.first_attempt_at - leads.created_at) / np.timedelta64(60, "s")
    would_win = leads.luck < 1 / (1 + np.exp(-(leads.quality - leads.late_effect)))
    table = pd.DataFrame(
        {
            "stratum": ((np.digitize(points, [50, 70]) * 9 + leads.entry) * 5 + segment) * 2 + is_working,
            "is_late": ~(waited <= TARGET_MINUTES),
            "is_won": world.sales.outcomes.stop == WON,
            "would_win": would_win,
        }
    ).iloc[rows]
    late, met = table[table["is_late"]], table[~table["is_late"]]
    strata = pd.DataFrame(
        {
            "met": met.groupby("stratum").size(),
            "met_wins": met.groupby("stratum")["is_won"].sum(),
            "late": late.groupby("stratum").size(),
            "late_wins": late.groupby("stratum")["is_won"].sum(),
            "would_win": late.groupby("stratum")["would_win"].sum(),
        }
    )
    strata = strata.fillna(0).astype(int).rename_axis("stratum").reset_index()
    is_matched = (strata["met"] > 0) & (strata["late"] > 0)
    lost = (strata["would_win"] - strata["late_wins"]).where(is_matched, 0)
    return strata.assign(clock="reaction", lost=lost, deals=strata["met_wins"] + strata["late_wins"], won_minor=0)


def told(number: int, mix: Mix) -> tuple[bool, bool]:
    """Whether the reported interval holds what was really lost, and whether an effect is told, of one company."""
    strata = strata_of(build_world(FIRST_SEED + number, "medium", mix))
    (row,) = price_intervals(strata).to_dict("records")
    is_covered = row["lost_wins_low"] <= strata["lost"].sum() <= row["lost_wins_high"]
    return is_covered, row["lost_wins_verdict_low"] > 0 or row["lost_wins_verdict_high"] < 0


def test_most_intervals_hold_the_truth_and_patient_customers_are_told_of_no_effect() -> None:
    drawn = mixes(6, MIXES)
    assert sum(told(number, mix)[0] for number, mix in enumerate(drawn)) >= 4
    patient = [told(number, replace(mix, late_effect=0.0)) for number, mix in enumerate(drawn[:4])]
    assert sum(is_told for _, is_told in patient) <= 1


@pytest.mark.verify
def test_the_interval_holds_the_planted_effect_in_84_to_97_of_100_companies() -> None:
    covered = sum(told(number, mix)[0] for number, mix in enumerate(mixes(100, MIXES)))
    assert 84 <= covered <= 97, covered


@pytest.mark.verify
def test_of_100_companies_without_an_effect_at_least_95_are_told_of_none() -> None:
    patient = [replace(mix, late_effect=0.0) for mix in mixes(100, MIXES)]
    silent = sum(not told(number, mix)[1] for number, mix in enumerate(patient))
    assert silent >= 95, silent
