"""What a comparison rests on: samples, calibration, drift, weights by criterion, other thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.scoring import evaluate, explain, guard, what_if
from ml.scoring import model as learned
from ml.scoring.choice import Chosen
from ml.scoring.features import ANSWER_PREFIX
from ml.scoring.judging import HAND_COLUMN
from ml.scoring.learners import LogisticScorecard
from ml.scoring.reweighted import ReweightedMatrixClassifier
from ml.scoring.table import LeadTable

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

PARTS = 10
DAY = np.timedelta64(86_400, "s")
LEARNED_COLUMN = "(learned score)"


def samples_of(table: LeadTable, sample: npt.NDArray[np.object_], worked: Flags) -> pd.DataFrame:
    """Leads, wins, leads with a hand-made score and unworked leads of each sample."""
    rows = []
    for name in ("train", "test", "straddling"):
        inside = sample == name
        if name == "straddling" and not inside.any():
            continue
        rows.append(
            {
                "sample": name,
                "leads": int(inside.sum()),
                "conversions": int(table.won[inside].sum()),
                "with_hand_score": int((inside & ~np.isnan(table.hand)).sum()),
                "unworked": int((inside & ~worked).sum()),
            }
        )
    return pd.DataFrame(rows)


def calibration_of(won: Flags, rows: npt.NDArray[np.intp], chances: dict[str, Floats | None]) -> pd.DataFrame:
    """Said and seen win rates by tenths of each score's probability."""
    found = []
    for name, chance in chances.items():
        if chance is None or len(rows) < PARTS:
            continue
        order = rows[np.argsort(chance[rows], kind="stable")]
        for part, inside in enumerate(np.array_split(order, PARTS), start=1):
            found.append(
                {
                    "scorer": name,
                    "part": part,
                    "leads": len(inside),
                    "mean_probability": round(float(chance[inside].mean()), evaluate.DIGITS),
                    "win_rate": round(float(won[inside].mean()), evaluate.DIGITS),
                }
            )
    return pd.DataFrame(found, columns=["scorer", "part", "leads", "mean_probability", "win_rate"])


def drift_of(won: Flags) -> pd.DataFrame:
    """Leads and wins of the whole table in ten parts of time."""
    parts = np.array_split(won, PARTS)
    return pd.DataFrame(
        {
            "part": np.arange(1, PARTS + 1),
            "leads": [len(part) for part in parts],
            "conversions": [int(part.sum()) for part in parts],
        }
    )


def weights_of(model: Chosen | None) -> pd.DataFrame:
    """Log-odds weights of a scorecard; none for trees, which have none."""
    found = learned.weights(model.learner.pipeline_) if model and isinstance(model.learner, LogisticScorecard) else []
    return pd.DataFrame(found, columns=["name", "weight"])


def no_validation() -> pd.DataFrame:
    """The table of the choice where nothing was chosen."""
    return pd.DataFrame(columns=["candidate", "fold", "fitted_on", "judged_on", "conversions", "log_loss", "auc"])


def criteria_of(
    table: LeadTable,
    design: pd.DataFrame,
    teaches: Flags,
    seen: npt.NDArray[np.intp],
    model: Chosen | None,
    reweighted: ReweightedMatrixClassifier | None,
    slope: float | None,
    importance: pd.DataFrame,
    seed: int,
) -> pd.DataFrame:
    """Hand-made weights beside learned ones. `learned_points`: from the 1st to the 99th percentile of what the column
    adds among the training leads, in points of the hand-made score."""
    names = ["criterion", "hand_points", "reweighted_points", "learned_points", "importance", "learned_importance"]
    points = table.points
    frame = pd.DataFrame(columns=names)
    if points is not None:
        frame["criterion"] = list(points.levels)
        frame["hand_points"] = [max(levels) for levels in points.levels.values()]
        given = points.given.fillna(0.0).iloc[seen].reset_index(drop=True)
        falls = explain.importance(lambda part: part.sum(axis=1).to_numpy(), given, table.won[seen], seed)
        frame["importance"] = frame["criterion"].map(falls.set_index("column")["importance"])
        if reweighted is not None:
            frame["reweighted_points"] = reweighted.maximum_points_
    if model is not None:
        taught = design[teaches]
        added = explain.contributions(model, explain.evenly_taken(taught), taught)
        spread = added.quantile(0.99) - added.quantile(0.01)
        told = pd.DataFrame({"criterion": added.columns, "learned_points": None if slope is None else spread / slope})
        told["learned_importance"] = told["criterion"].map(importance.set_index("column")["importance"])
        told["criterion"] = told["criterion"].str.removeprefix(ANSWER_PREFIX)
        frame = frame.drop(columns=["learned_points", "learned_importance"]).merge(told, on="criterion", how="outer")
    numbers = names[1:]
    frame[numbers] = frame[numbers].astype(float).round(evaluate.DIGITS)
    return frame[names].sort_values(["hand_points", "criterion"], ascending=[False, True], ignore_index=True)


def what_if_of(
    table: LeadTable,
    judged: npt.NDArray[np.intp],
    won: Flags,
    chance: Floats | None,
    hand_chance: Floats | None,
    rules: what_if.Rules,
) -> pd.DataFrame:
    """Other thresholds on the judged leads; empty without a matrix. `won` and the chances have one value per lead of the table."""
    if table.points is None:
        return pd.DataFrame(columns=list(what_if.COLUMNS))
    expected = chance if chance is not None else hand_chance
    days = None
    if table.order.dtype.kind == "M":
        length = (table.order[judged].max() - table.order[judged].min()) / DAY
        days = round(max(float(length), 1.0), evaluate.DIGITS)
    return what_if.what_if(
        table.points.given.iloc[judged].to_numpy(dtype=float),
        list(table.points.levels),
        list(table.points.levels.values()),
        won[judged],
        None if expected is None else np.nan_to_num(expected[judged]),
        None if table.money is None else table.money[judged],
        days,
        rules,
    )


def stability_of(
    table: LeadTable, design: pd.DataFrame, chance: Floats | None, sample: npt.NDArray[np.object_]
) -> pd.DataFrame:
    """Population stability index of each column and of both scores between the leads that teach and those that judge."""
    columns = {str(name): design[name] for name in design.columns}
    columns[HAND_COLUMN] = pd.Series(table.hand)
    if chance is not None:
        columns[LEARNED_COLUMN] = pd.Series(chance)
    before, after = sample == "train", sample == "test"
    rows = [(name, evaluate.population_stability(values[before], values[after])) for name, values in columns.items()]
    frame = pd.DataFrame(rows, columns=["column", "stability"])
    return frame.sort_values(["stability", "column"], ascending=[False, True], ignore_index=True)


def auc_without_suspects(
    findings: Sequence[guard.Finding],
    design: pd.DataFrame,
    won: Flags,
    teaches: Flags,
    rows: npt.NDArray[np.intp],
    refusal: str | None,
) -> float | None:
    """AUC of the same scorecard without the columns that the guard suspects; None when there are none of them."""
    suspects = [finding.column for finding in findings if finding.rule == "suspect"]
    rest = design.drop(columns=suspects)
    if not suspects or rest.shape[1] == 0 or refusal is not None or won[rows].all() or not won[rows].any():
        return None
    chance = learned.probabilities(learned.table_scorecard(rest).fit(rest[teaches], won[teaches]), rest.iloc[rows])
    return round(float(evaluate.auc(chance, won[rows])(np.ones((1, len(rows))))[0]), evaluate.DIGITS)
