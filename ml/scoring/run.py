"""The one entry point of scoring: tables in, tables out.

The caller reads two relations, calls `score_leads` and writes the returned frames as whole tables:

    intermediate.int_lead_features        -> `features`   one row per lead and moment
    intermediate.int_lead_answers_scored  -> `answers`    one row per lead, moment and criterion of the matrix
    result.scores      -> ml.lead_scores         columns and SQL types: TABLES["lead_scores"]
    result.points      -> ml.lead_score_points   TABLES["lead_score_points"]
    result.comparison  -> ml.score_comparison    TABLES["score_comparison"]
    result.model, result.card -> ml.scoring.registry.save_model(model, card, folder)   (model is None when refused)

The tables must be created with the declared types, because a frame that is empty or all null says nothing about
them. The order of the input rows does not matter; the same rows give the same output to the last digit.
Definitions (levels, points, bounds, gates, scale) arrive inside the two relations as they were valid at each lead's
moment (D24), so no definition file is read here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from ml.scoring import evaluate, matrix
from ml.scoring import features as declared
from ml.scoring import model as learned
from ml.scoring.split import SAMPLES, Split, split_by_time

TABLES: dict[str, dict[str, str]] = {
    "lead_scores": {
        "lead_id": "varchar",
        "scorer": "varchar",
        "moment": "varchar",
        "scored_at": "timestamp",
        "score": "decimal(38,9)",
        "score_if_best": "decimal(38,9)",
        "band": "varchar",
        "gate_failed": "boolean",
        "missing_criteria": "bigint",
        "is_cold_because_unknown": "boolean",
        "probability": "decimal(38,9)",
        "sample": "varchar",
        "definition_version": "varchar",
        "model_version": "varchar",
    },
    "lead_score_points": {
        "lead_id": "varchar",
        "scorer": "varchar",
        "moment": "varchar",
        "criterion": "varchar",
        "level": "varchar",
        "points": "decimal(38,9)",
        "is_missing": "boolean",
    },
    "score_comparison": {
        "metric": "varchar",
        "segment": "varchar",
        "matrix": "decimal(38,9)",
        "learned": "decimal(38,9)",
        "difference": "decimal(38,9)",
        "low": "decimal(38,9)",
        "high": "decimal(38,9)",
        "verdict": "varchar",
        "verdict_reason": "varchar",
        "n": "bigint",
    },
}
"""Columns in order and SQL types of the tables that the caller writes into schema `ml`."""

FEATURE_COLUMNS = (
    "lead_id",
    "moment",
    "scored_at",
    "latest_known_at",
    "definition_version",
    "matrix_scale",
    "review_lower_bound",
    "hot_lower_bound",
    "is_won",
    "is_mature",
    *(feature.name for feature in declared.DECLARED),
)
ANSWER_COLUMNS = (
    "lead_id",
    "moment",
    "criterion",
    "criterion_position",
    "level",
    "points",
    "maximum_points",
    "gate_min_points",
    "is_missing",
    "answered_at",
)


@dataclass(frozen=True)
class ScoringPolicy:
    """Numbers that a company may change. `training_share` is the share of mature leads, in time order, that teach.

    `features` limits the learned score to some of the declared features (None: all); answers are always used.
    """

    minimum_leads: int = 1000
    minimum_conversions: int = 120
    training_share: float = 0.7
    replicates: int = 1000
    seed: int = 20240101
    features: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ScoringResult:
    """What `score_leads` returns; the frames have the columns of TABLES, `card` is JSON-ready."""

    scores: pd.DataFrame
    points: pd.DataFrame
    comparison: pd.DataFrame
    card: dict[str, Any]
    model: Pipeline | None = field(default=None)


def score_leads(
    features: pd.DataFrame, answers: pd.DataFrame, policy: ScoringPolicy | None = None, *, moment: str = "creation"
) -> ScoringResult:
    """Score every lead by the matrix and, unless the data is too thin, by the learned model; compare both.

    Thin data (fewer than `minimum_leads` leads or `minimum_conversions` wins in the training sample) is a result:
    `card["refusal"]` and the comparison's `verdict_reason` say why, and no learned score is written.
    Raises ValueError for a missing column or a repeated lead, LeakError for evidence later than the moment.
    """
    policy = policy or ScoringPolicy()
    _require(features, FEATURE_COLUMNS, "int_lead_features")
    _require(answers, ANSWER_COLUMNS, "int_lead_answers_scored")
    leads = features[features["moment"] == moment].sort_values("lead_id", kind="stable").reset_index(drop=True)
    given = answers[answers["moment"] == moment].sort_values(["lead_id", "criterion_position"], kind="stable")
    given = given.reset_index(drop=True)
    if leads["lead_id"].duplicated().any():
        twice = leads.loc[leads["lead_id"].duplicated(), "lead_id"].iloc[0]
        raise ValueError(f"int_lead_features: lead {twice} has two rows for moment {moment}; expected one")
    declared.assert_known_at_moment(leads, given)
    leads = leads.assign(is_won=leads["is_won"].fillna(False).astype(bool))

    split = split_by_time(leads["scored_at"], leads["is_mature"], policy.training_share)
    train, test = split.rows("train"), split.rows("test")
    won = leads["is_won"].to_numpy(dtype=bool)

    with threadpool_limits(limits=1):
        graded = _grade(leads, given)
        matrix_chance = _matrix_probability(graded, won, train)
        card = _card(leads, split, won, policy, moment)
        refusal = _refusal(len(train), int(won[train].sum()), policy)
        model: Pipeline | None = None
        chance = design = None
        if refusal is None:
            design = declared.design(leads, given, policy.features)
            model = learned.fit(design.iloc[train], won[train])
            chance = learned.probabilities(model, design)
            card |= {"features": _feature_list(design), "weights": learned.weights(model)}
            card["model_version"] = learned.version_of(card)
        card["refusal"] = refusal

        comparison = evaluate.compare(
            won[test],
            _of_matrix(graded, matrix_chance, test) if _is_answered(given) else None,
            None if chance is None else evaluate.Scores(chance[test], chance[test]),
            refusal=refusal,
            replicates=policy.replicates,
            seed=policy.seed,
        )
        points = [_matrix_points(given, graded)]
        scores = [_matrix_scores(leads, graded, matrix_chance, split)]
        if model is not None and design is not None and chance is not None:
            points.append(_learned_points(leads, design, learned.contributions(model, design)))
            scores.append(_learned_scores(leads, chance, card["model_version"], split))
    card |= {"verdict": comparison["verdict"].iloc[0], "comparison": _records(comparison)}
    return ScoringResult(
        scores=_table("lead_scores", scores, ["lead_id", "scorer"]),
        points=_table("lead_score_points", points, ["lead_id", "scorer", "criterion"]),
        comparison=comparison[list(TABLES["score_comparison"])],
        card=card,
        model=model,
    )


def _require(frame: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise ValueError(f"{name} lacks column {absent[0]!r}; it has {', '.join(map(str, frame.columns))}")


def _grade(leads: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Grades of the leads that have a matrix at their moment; index = position of the lead."""
    parts = []
    criteria = sorted(answers["criterion"].unique())
    by_lead = answers.assign(points=answers["points"].mask(answers["is_missing"].astype(bool)))
    wide = {
        column: by_lead.pivot(index="lead_id", columns="criterion", values=column)
        .reindex(index=leads["lead_id"], columns=criteria)
        .to_numpy(dtype=float)
        for column in ("points", "maximum_points", "gate_min_points")
    }
    has_matrix = ~np.isnan(wide["maximum_points"]).all(axis=1) if criteria else np.zeros(len(leads), dtype=bool)
    has_bounds = leads["hot_lower_bound"].notna().to_numpy() & leads["review_lower_bound"].notna().to_numpy()
    for scale in sorted(leads["matrix_scale"].dropna().unique()):
        rows = np.flatnonzero(has_matrix & has_bounds & (leads["matrix_scale"] == scale).to_numpy())
        if not len(rows):
            continue
        bounds = {
            band: leads[f"{band}_lower_bound"].to_numpy(dtype=float, na_value=np.nan)[rows]
            for band in ("review", "hot")
        }
        graded = matrix.grade(
            wide["points"][rows], wide["maximum_points"][rows], wide["gate_min_points"][rows], bounds, scale
        )
        parts.append(graded.set_index(rows))
    if not parts:
        empty = np.empty((0, 0))
        none = {"review": np.empty(0), "hot": np.empty(0)}
        return matrix.grade(empty, empty, empty, none, "raw110").set_index(np.empty(0, dtype=int))
    return pd.concat(parts).sort_index()


def _matrix_probability(graded: pd.DataFrame, won: npt.NDArray[np.bool_], train: npt.NDArray[np.int64]) -> pd.Series:
    """Chance of a win at each matrix score, learned on the training sample; NaN where it cannot be learned."""
    teaching = graded.index.intersection(pd.Index(train)).to_numpy()
    if len(teaching) == 0 or won[teaching].all() or not won[teaching].any():
        return pd.Series(np.nan, index=graded.index)
    curve = matrix.MatrixClassifier().fit(graded.loc[teaching, ["score"]].to_numpy(), won[teaching])
    chance = curve.predict_proba(graded[["score"]].to_numpy())[:, 1]
    return pd.Series(np.round(chance, evaluate.DIGITS), index=graded.index)


def _is_answered(answers: pd.DataFrame) -> bool:
    """Whether any lead has an answer at its moment. A matrix that was asked nothing is not judged: it would lose to
    any model for a want of data, not of weights."""
    return bool((~answers["is_missing"].astype(bool)).any())


def _of_matrix(graded: pd.DataFrame, chance: pd.Series, test: npt.NDArray[np.int64]) -> evaluate.Scores | None:
    """The matrix' word on the test sample; None when a lead there has no matrix score or no probability."""
    if len(test) == 0 or not np.isin(test, graded.index).all():
        return None
    probability = chance.reindex(test.tolist()).to_numpy(dtype=float)
    if np.isnan(probability).any():
        return None
    return evaluate.Scores(graded["score"].reindex(test.tolist()).to_numpy(dtype=float), probability)


def _refusal(leads: int, wins: int, policy: ScoringPolicy) -> str | None:
    """Why no model is learned; None when there is enough."""
    if leads >= policy.minimum_leads and wins >= policy.minimum_conversions and wins < leads:
        return None
    return (
        f"training sample has {leads} leads and {wins} wins; "
        f"at least {policy.minimum_leads} leads and {policy.minimum_conversions} wins are needed"
    )


def _card(
    leads: pd.DataFrame, split: Split, won: npt.NDArray[np.bool_], policy: ScoringPolicy, moment: str
) -> dict[str, Any]:
    samples = {name: {"leads": len(split.rows(name)), "wins": int(won[split.rows(name)].sum())} for name in SAMPLES}
    return {
        "moment": moment,
        "label": "won within the window lead to won of the definitions, leads past it only",
        "samples": samples,
        "held_out_from": None if split.cut_at is None else split.cut_at.isoformat(),
        "policy": {
            "minimum_leads": policy.minimum_leads,
            "minimum_conversions": policy.minimum_conversions,
            "training_share": policy.training_share,
            "replicates": policy.replicates,
            "seed": policy.seed,
        },
        "definition_versions": sorted(leads["definition_version"].dropna().unique().tolist()),
        "scikit_learn": sklearn.__version__,
        "model_version": None,
    }


def _feature_list(design: pd.DataFrame) -> list[dict[str, Any]]:
    known = {feature.name: feature for feature in declared.DECLARED}
    listed = []
    for name in design.columns:
        feature = known.get(str(name))
        listed.append(
            {
                "name": str(name),
                "is_dated": True if feature is None else feature.is_dated,
                "description": "level of the matrix criterion" if feature is None else feature.description,
            }
        )
    return listed


def _matrix_scores(leads: pd.DataFrame, graded: pd.DataFrame, chance: pd.Series, split: Split) -> pd.DataFrame:
    of_leads = leads.iloc[graded.index][["lead_id", "moment", "scored_at", "definition_version"]]
    sample = split.sample[graded.index.to_numpy(dtype=int)]
    return of_leads.assign(**graded, scorer="matrix", probability=chance, sample=sample, model_version=None)


def _learned_scores(
    leads: pd.DataFrame, chance: npt.NDArray[np.float64], model_version: str, split: Split
) -> pd.DataFrame:
    """The learned score is the probability in percent; bands belong to the matrix."""
    return leads[["lead_id", "moment", "scored_at", "definition_version"]].assign(
        scorer="learned",
        score=np.round(chance * 100, evaluate.DIGITS),
        score_if_best=np.nan,
        band=None,
        gate_failed=None,
        missing_criteria=None,
        is_cold_because_unknown=None,
        probability=chance,
        sample=split.sample,
        model_version=model_version,
    )


def _matrix_points(answers: pd.DataFrame, graded: pd.DataFrame) -> pd.DataFrame:
    """Points by criterion, 0 where missing; nothing when no lead could be graded."""
    if graded.empty:
        return pd.DataFrame(columns=list(TABLES["lead_score_points"]))
    is_missing = answers["is_missing"].astype(bool)
    points = answers["points"].astype(float).mask(is_missing, 0.0)
    return answers[["lead_id", "moment", "criterion", "level"]].assign(
        scorer="matrix", points=points, is_missing=is_missing
    )


def _learned_points(leads: pd.DataFrame, design: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Log-odds that each feature adds against the average training lead, with the value that it had."""
    parts = [
        leads[["lead_id", "moment"]].assign(
            scorer="learned",
            criterion=str(name),
            level=design[name].map(_shown).to_numpy(),
            points=added[name].to_numpy(),
            is_missing=(design[name] == declared.MISSING).to_numpy(),
        )
        for name in design.columns
    ]
    return pd.concat(parts, ignore_index=True)


def _shown(value: str | float) -> str | None:
    if isinstance(value, str):
        return None if value == declared.MISSING else value
    return f"{value:.6g}"


def _table(name: str, parts: list[pd.DataFrame], order: list[str]) -> pd.DataFrame:
    columns = list(TABLES[name])
    filled = [part[columns].astype(object) for part in parts if len(part)]
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns)
    table = table.sort_values(order, kind="stable", ignore_index=True)
    kinds = {"decimal(38,9)": "Float64", "bigint": "Int64", "boolean": "boolean", "timestamp": "datetime64[us]"}
    return table.astype({column: kinds.get(kind, "string") for column, kind in TABLES[name].items()})


def _records(comparison: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): None if pd.isna(value) else value for key, value in row.items()}
        for row in comparison.astype(object).to_dict("records")
    ]
