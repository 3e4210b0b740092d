"""The one entry point of scoring: tables in, tables out.

The caller reads three relations, calls `score_leads` and writes the returned frames as whole tables:

    intermediate.int_lead_features          -> `features`   one row per lead and moment
    intermediate.int_lead_answers_scored    -> `answers`    one row per lead, moment and criterion of the matrix
    intermediate.int_lead_channels_touched  -> `touched`    one row per lead, moment and channel
    result.scores      -> ml.lead_scores         columns and SQL types: TABLES["lead_scores"]
    result.points      -> ml.lead_score_points   TABLES["lead_score_points"]
    result.comparison  -> ml.score_comparison    TABLES["score_comparison"]
    result.reports     -> ml.score_…             every other name of TABLES: what the comparison rests on
    result.model, result.card -> ml.scoring.registry.save_model(model, card, folder)   (model is None when refused)

Mature leads are judged by `compare_table`, the same code as for any table of leads; here the order is the instant of
scoring and the hand-made score is the matrix.

The tables must be created with the declared types, because a frame that is empty or all null says nothing about
them. The order of the input rows does not matter; the same rows give the same output to the last digit.
Definitions (levels, points, bounds, gates, scale) arrive inside the relations as they were valid at each lead's
moment (D24), so no definition file is read here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from threadpoolctl import threadpool_limits

from ml.scoring import evaluate, explain, matrix
from ml.scoring import features as declared
from ml.scoring import model as learned
from ml.scoring.compare import TableComparison, compare_table
from ml.scoring.split import SAMPLES, Split, split_by_time, without_straddlers
from ml.scoring.table import Capacity, LeadTable, NothingToJudgeError, Points, TablePolicy
from ml.scoring.what_if import Rules

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
        "is_exploration": "boolean",
    },
    "lead_score_points": {
        "lead_id": "varchar",
        "scorer": "varchar",
        "moment": "varchar",
        "criterion": "varchar",
        "level": "varchar",
        "points": "decimal(38,9)",
        "is_missing": "boolean",
        "log_odds": "decimal(38,9)",
        "points_against_average": "decimal(38,9)",
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
        "conversions": "bigint",
        "reweighted": "decimal(38,9)",
    },
    "score_swap_set": {
        "lead_id": "varchar",
        "side": "varchar",
        "matrix_score": "decimal(38,9)",
        "probability": "decimal(38,9)",
        "taken_by_matrix": "decimal(38,9)",
        "taken_by_learned": "decimal(38,9)",
        "is_won": "boolean",
        "won_minor": "bigint",
        "is_worked": "boolean",
        "reasons": "varchar",
    },
    "score_sides": {
        "side": "varchar",
        "leads": "decimal(38,9)",
        "wins": "decimal(38,9)",
        "won_minor": "bigint",
        "unworked_share": "decimal(38,9)",
    },
    "score_what_if": {
        "scenario": "varchar",
        "scale": "varchar",
        "operator": "varchar",
        "threshold": "decimal(38,9)",
        "effective_threshold": "bigint",
        "gate": "varchar",
        "is_review_worked": "boolean",
        "profiles": "bigint",
        "hot_leads": "bigint",
        "review_leads": "bigint",
        "gate_failed_leads": "bigint",
        "gate_failed_wins": "bigint",
        "leads_a_day": "decimal(38,9)",
        "rep_hours_a_week": "decimal(38,9)",
        "clock_starts_a_day": "decimal(38,9)",
        "expected_wins": "decimal(38,9)",
        "realised_wins": "bigint",
        "realised_minor": "bigint",
        "leads": "bigint",
        "days": "decimal(38,9)",
        "is_current": "boolean",
    },
    "score_weights": {
        "criterion": "varchar",
        "matrix_points": "decimal(38,9)",
        "reweighted_points": "decimal(38,9)",
        "learned_points": "decimal(38,9)",
        "matrix_importance": "decimal(38,9)",
        "learned_importance": "decimal(38,9)",
        "stability": "decimal(38,9)",
        "recent_stability": "decimal(38,9)",
    },
    "score_proposed_levels": {
        "criterion": "varchar",
        "criterion_position": "bigint",
        "level": "varchar",
        "points": "bigint",
        "proposed_points": "bigint",
    },
    "score_selection": {
        "scorer": "varchar",
        "measure": "varchar",
        "value": "decimal(38,9)",
        "n": "bigint",
    },
    "score_dependence": {
        "feature": "varchar",
        "position": "bigint",
        "value": "varchar",
        "leads": "bigint",
        "probability": "decimal(38,9)",
    },
    "score_gains": {
        "share": "decimal(38,9)",
        "taken_by": "varchar",
        "leads": "bigint",
        "wins": "decimal(38,9)",
        "won_minor": "bigint",
    },
    "score_features": {
        "feature": "varchar",
        "kind": "varchar",
        "direction": "bigint",
        "is_dated": "boolean",
        "known_because": "varchar",
        "rule": "varchar",
        "is_used": "boolean",
        "evidence": "varchar",
        "auc_alone": "decimal(38,9)",
        "filled_share": "decimal(38,9)",
    },
    "score_model_card": {
        "fact": "varchar",
        "value": "varchar",
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
    "account_id",
    "segment",
    "won_minor",
    "is_worked",
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
TOUCHED_COLUMNS = ("lead_id", "moment", "channel", "touches", "last_touch_at")
MOMENTS = ("creation", "handover")


@dataclass(frozen=True)
class ScoringPolicy:
    """Numbers that a company may change. `training_share` is the share of mature leads, in time order, that teach.

    features            limits the learned score to some of the declared features (None: all); answers are always used
    weekly_capacity     leads that sales can take a week; None: as many as the matrix hands over a week in the held-out period
    full_minutes        a rep's minutes on a hand-over in full; review_minutes: on one for review
    handover_clocks     SLA clocks that a hand-over starts; None where that is not known
    exploration_share   share of leads drawn to be worked whatever their score
    currency            in which won deals are told; minor_per_unit: minor units in one whole unit of it
    """

    minimum_leads: int = 1000
    minimum_conversions: int = 120
    training_share: float = 0.7
    replicates: int = 1000
    seed: int = 20240101
    features: tuple[str, ...] | None = None
    weekly_capacity: int | None = None
    full_minutes: int = 60
    review_minutes: int = 20
    handover_clocks: int | None = None
    exploration_share: Fraction = Fraction(0)
    currency: str | None = None
    minor_per_unit: int = 1


@dataclass(frozen=True)
class ScoringResult:
    """What `score_leads` returns; the frames have the columns of TABLES, `card` is JSON-ready.

    reports  the tables of TABLES beside scores, points and comparison, by name; empty where nothing was compared
    design   every feature that a model may use, for every lead in the order of lead_id; None when refused
    """

    scores: pd.DataFrame
    points: pd.DataFrame
    comparison: pd.DataFrame
    reports: dict[str, pd.DataFrame]
    card: dict[str, Any]
    model: CalibratedClassifierCV | None = field(default=None)
    design: pd.DataFrame | None = field(default=None)


def score_leads(
    features: pd.DataFrame,
    answers: pd.DataFrame,
    policy: ScoringPolicy | None = None,
    *,
    moment: str = "creation",
    touched: pd.DataFrame | None = None,
) -> ScoringResult:
    """Score every lead of a moment by the matrix and, unless the data is too thin, by the learned model; compare both.

    Each moment has a model of its own, which learns from what was known at that moment only. Without `touched` no touches
    by channel are learned from.

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
    seen = None
    if touched is not None:
        _require(touched, TOUCHED_COLUMNS, "int_lead_channels_touched")
        seen = touched[touched["moment"] == moment]
    declared.assert_known_at_moment(leads, given, seen)
    leads = leads.assign(is_won=leads["is_won"].fillna(False).astype(bool))
    leads["is_exploration"] = [is_drawn(str(lead), policy.exploration_share) for lead in leads["lead_id"]]

    split = split_by_time(leads["scored_at"], leads["is_mature"], policy.training_share)
    apart = without_straddlers(split.sample, leads["account_id"])
    are_kept_apart = 2 * int((apart == "test").sum()) >= int((split.sample == "test").sum())
    if are_kept_apart:
        split = Split(apart, split.cut_at)
    else:
        # a few accounts that ask again and again: without them nobody would be left to judge by, so only time separates
        leads = leads.assign(account_id=None)
    train, test = split.rows("train"), split.rows("test")
    won = leads["is_won"].to_numpy(dtype=bool)
    refusal = _refusal(len(train), int(won[train].sum()), policy)
    with threadpool_limits(limits=1):
        graded = _grade(leads, given)
        matrix_chance = _matrix_probability(graded, won, train)
        design = declared.design(leads, given, policy.features, seen)
        found = _compared(leads, given, graded, design, split, policy, refusal)
        card = _card(leads, split, won, policy, moment) | {"accounts_are_kept_apart": are_kept_apart}
        points = [_matrix_points(given, graded)]
        scores = [_matrix_scores(leads, graded, matrix_chance, split)]
        slope = None if found is None else found.slope
        points[0] = _against_average(points[0], leads["lead_id"].iloc[train], slope)
        if found is None:
            comparison = evaluate.compare(
                won[test],
                _of_matrix(graded, matrix_chance, test) if _is_answered(given) else None,
                None,
                refusal=refusal,
                replicates=policy.replicates,
                seed=policy.seed,
            )
        else:
            comparison = found.comparison
            refusal = refusal or found.card["refusal"]
        if found is not None and found.model is not None:
            used = design[found.card["features"]]
            card |= {
                "model": found.model.name,
                "calibration": found.model.calibration,
                "features": feature_list(used),
                "left_out": _left_out(found),
                "weights": found.weights.to_dict("records"),
                "validation": found.validation.to_dict("records"),
                "reweighted": found.card["reweighted"],
                "trained_on": _fingerprint(found.taught, won[train]),
            }
            card["model_version"] = learned.version_of(card)
            chance = found.model.probabilities(used)
            added = explain.contributions(found.model, used, found.taught)
            points.append(_learned_points(leads, used, added, slope))
            scores.append(_learned_scores(leads, chance, card["model_version"], split))
    card["refusal"] = refusal
    card |= {"verdict": comparison["verdict"].iloc[0], "comparison": _records(comparison)}
    return ScoringResult(
        scores=_table("lead_scores", scores, ["lead_id", "scorer"]),
        points=_table("lead_score_points", points, ["lead_id", "scorer", "criterion"]),
        comparison=comparison[list(TABLES["score_comparison"])],
        reports=_reports(found, given, card, _recent_stability(found, design, split)),
        card=card,
        model=None if found is None or found.model is None else found.model.calibrated,
        design=None if found is None or found.model is None else design,
    )


def scored_by(result: ScoringResult, champion: CalibratedClassifierCV, card: dict[str, Any]) -> ScoringResult:
    """The result with the learned scores of another stored model and its card. Its points are those that `result.model` adds, so they
    are left out: they would explain another score than the one beside them."""
    if result.design is None:
        raise ValueError("no lead has a design: nothing was learned, so no stored model can be asked")
    inputs = result.design[[feature["name"] for feature in card["features"]]]
    chance = np.round(np.asarray(champion.predict_proba(inputs)[:, 1], dtype=float), evaluate.DIGITS)
    scores = result.scores.copy()
    is_learned = (scores["scorer"] == "learned").to_numpy(dtype=bool)
    # both are in the order of lead_id
    scores.loc[is_learned, "probability"] = chance
    scores.loc[is_learned, "score"] = np.round(chance * 100, evaluate.DIGITS)
    scores.loc[is_learned, "model_version"] = card["model_version"]
    points = result.points[result.points["scorer"] != "learned"].reset_index(drop=True)
    return replace(result, scores=scores, points=points)


def is_drawn(lead_id: str, share: Fraction) -> bool:
    """Whether a lead is one of those drawn to be worked whatever its score: by its id alone, so that the draw cannot
    depend on the lead, and the CRM can repeat it (first 8 hex digits of SHA-256 below the share)."""
    number = int(hashlib.sha256(lead_id.encode()).hexdigest()[:8], 16)
    return Fraction(number, 16**8) < share


def _compared(
    leads: pd.DataFrame,
    given: pd.DataFrame,
    graded: pd.DataFrame,
    design: pd.DataFrame,
    split: Split,
    policy: ScoringPolicy,
    refusal: str | None,
) -> TableComparison | None:
    """The mature leads as a table of leads, compared; None where there is nothing to judge by."""
    rows = np.flatnonzero(split.sample != "recent")
    if refusal is not None or not len(rows):
        return None
    part = leads.iloc[rows].reset_index(drop=True)
    is_answered = _is_answered(given)
    worked = part["is_worked"].astype("boolean").fillna(True).to_numpy(dtype=bool)
    held_out = split.sample[rows] == "test"
    times = part["scored_at"].to_numpy(dtype="datetime64[s]")
    table = LeadTable(
        columns=design.iloc[rows].reset_index(drop=True),
        won=part["is_won"].to_numpy(dtype=bool),
        order=times,
        hand=graded["score"].reindex(rows).to_numpy(dtype=float) if is_answered else np.full(len(rows), np.nan),
        hand_name="matrix",
        row_numbers=np.arange(1, len(rows) + 1),
        ids=part["lead_id"].to_numpy(dtype=object),
        money=part["won_minor"].astype("Int64").fillna(0).to_numpy().astype(np.int64),
        currency=policy.currency,
        minor_per_unit=policy.minor_per_unit,
        is_worked=None if worked.all() else worked,
        groups=part["account_id"].astype(object).where(part["account_id"].notna(), None),
        points=_points_in_force(given, part) if is_answered else None,
        segments=part["segment"].astype(object).where(part["segment"].notna(), None),
        is_exploration=part["is_exploration"].to_numpy(dtype=bool),
        directions=declared.directions(),
        ordered=declared.ordered_levels(given),
        no_hand=None if is_answered else "no matrix scores with an answer behind them",
    )
    handed = graded["band"].reindex(rows).isin(["review", "hot"]).to_numpy(dtype=bool)
    weekly = policy.weekly_capacity or _handed_a_week(times[held_out], handed[held_out])
    numbers = TablePolicy(
        policy.minimum_leads, policy.minimum_conversions, policy.training_share, policy.replicates, policy.seed
    )
    try:
        return compare_table(
            table, capacity=Capacity(Fraction(weekly), "week"), policy=numbers, rules=_rules(part, given, policy)
        )
    except NothingToJudgeError:
        # the comparison of the caller says in its own words how many wins and leads there are
        return None


def _handed_a_week(times: npt.NDArray[np.datetime64], handed: npt.NDArray[np.bool_]) -> int:
    """Leads a week that the matrix in force hands to sales, hot or for review, at least 1: both scores get that many."""
    if not len(times):
        return 1
    weeks = max(float((times.max() - times.min()) / np.timedelta64(7, "D")), 1.0)
    return max(int(handed.sum() / weeks), 1)


def _rules(leads: pd.DataFrame, given: pd.DataFrame, policy: ScoringPolicy) -> Rules:
    """The bands and gates in force at the latest lead that has any bands."""
    known = leads[leads["hot_lower_bound"].notna() & leads["review_lower_bound"].notna()].sort_values(
        ["scored_at", "lead_id"], kind="stable"
    )
    rules = Rules(full_minutes=policy.full_minutes, review_minutes=policy.review_minutes, clocks=policy.handover_clocks)
    if not len(known):
        return rules
    last = known.iloc[-1]
    hot, review = Fraction(str(last["hot_lower_bound"])), Fraction(str(last["review_lower_bound"]))
    gated = given[(given["lead_id"] == last["lead_id"]) & given["gate_min_points"].notna()]
    gates = {str(row.criterion): int(row.gate_min_points) for row in gated.itertuples()}
    return replace(rules, scale=str(last["matrix_scale"]), hot=hot, review=review, gates=gates)


def _points_in_force(given: pd.DataFrame, leads: pd.DataFrame) -> Points:
    """Points of the leads by the criteria of the latest matrix; answers to criteria that it has no more are left out."""
    dated = leads[leads["definition_version"].notna()].sort_values(["scored_at", "lead_id"], kind="stable")
    current = dated.loc[dated["definition_version"] == dated["definition_version"].iloc[-1], "lead_id"]
    latest = given[given["lead_id"].isin(current)]
    order = latest.groupby("criterion")["criterion_position"].max().sort_values(kind="stable").index
    answered = given.assign(points=given["points"].astype(float).mask(given["is_missing"].astype(bool)))
    wide = answered.pivot(index="lead_id", columns="criterion", values="points").reindex(leads["lead_id"])[list(order)]
    levels = {
        str(criterion): tuple(
            sorted({0, int(latest.loc[latest["criterion"] == criterion, "maximum_points"].max())}
                   | {int(value) for value in latest.loc[latest["criterion"] == criterion, "points"].dropna()})
        )
        for criterion in order
    }  # fmt: skip
    return Points(wide.reset_index(drop=True).rename(columns=str), levels)


def _left_out(found: TableComparison) -> list[dict[str, str]]:
    out = found.columns[~found.columns["is_used"]]
    named = out.rename(columns={"column": "name"})[["name", "rule", "evidence"]].astype(str)
    return [{str(key): str(value) for key, value in row.items()} for row in named.to_dict("records")]


def _fingerprint(taught: pd.DataFrame, won: npt.NDArray[np.bool_]) -> str:
    """SHA-256 of the model's input and the outcomes that it learned from."""
    rows = pd.util.hash_pandas_object(taught, index=False).to_numpy()
    return hashlib.sha256(rows.tobytes() + np.packbits(won).tobytes()).hexdigest()


def _against_average(points: pd.DataFrame, train: pd.Series, slope: float | None) -> pd.DataFrame:
    """Points of the matrix against those of the average training lead, and the log-odds that they are worth."""
    if not len(points):
        return points
    teaching = points[points["lead_id"].isin(train)]
    mean = points["criterion"].map(teaching.groupby("criterion")["points"].mean())
    apart = (points["points"] - mean).astype(float).round(evaluate.DIGITS)
    log_odds = np.nan if slope is None else (apart * slope).round(evaluate.DIGITS)
    return points.assign(points_against_average=apart, log_odds=log_odds)


def _recent_stability(found: TableComparison | None, design: pd.DataFrame, split: Split) -> dict[str, float | None]:
    """How far the recent leads, which the score is used on, differ from those that taught, feature by feature."""
    if found is None:
        return {}
    before, after = split.sample == "train", split.sample == "recent"
    return {
        name.removeprefix(declared.ANSWER_PREFIX): evaluate.population_stability(
            design[name][before], design[name][after]
        )
        for name in found.card["features"]
    }


def _reports(
    found: TableComparison | None,
    given: pd.DataFrame,
    card: dict[str, Any],
    recent_stability: dict[str, float | None],
) -> dict[str, pd.DataFrame]:
    """The tables that the comparison rests on, in the columns of TABLES."""
    names = {
        name: columns
        for name, columns in TABLES.items()
        if name not in ("lead_scores", "lead_score_points", "score_comparison")
    }
    facts = [(key, value) for key, value in card.items() if key not in ("comparison", "weights")]
    parts: dict[str, pd.DataFrame] = {
        "score_model_card": pd.DataFrame(
            [(key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) for key, value in facts],
            columns=["fact", "value"],
        )
    }
    if found is not None:
        sides = {"hand": "matrix", "model": "learned", "hand_only": "matrix_only", "model_only": "learned_only"}
        stability = found.stability.assign(
            column=found.stability["column"].str.removeprefix(declared.ANSWER_PREFIX)
        ).set_index("column")["stability"]
        swap = found.swap_set.rename(
            columns={
                "hand_score": "matrix_score", "taken_by_hand": "taken_by_matrix", "taken_by_model": "taken_by_learned",
                "won": "is_won", "money_minor": "won_minor",
            }
        )  # fmt: skip
        parts |= {
            "score_swap_set": swap.assign(
                side=swap["side"].replace(sides), won_minor=swap["won_minor"].where(swap["is_won"].astype(bool), 0)
            ),
            "score_sides": found.sides.assign(
                side=found.sides["side"].replace(sides), won_minor=found.sides["money_minor"]
            ),
            "score_what_if": found.what_if,
            "score_weights": found.criteria.assign(
                stability=found.criteria["criterion"].map(stability),
                recent_stability=found.criteria["criterion"].map(recent_stability),
            ).rename(columns={"hand_points": "matrix_points", "importance": "matrix_importance"}),
            "score_proposed_levels": _proposed(found, given),
            "score_selection": found.selection.assign(scorer=found.selection["scorer"].replace(sides)),
            "score_dependence": found.dependence.rename(columns={"column": "feature"}),
            "score_gains": found.gains.assign(
                taken_by=found.gains["taken_by"].replace(sides), won_minor=found.gains["money_minor"]
            ),
            "score_features": _declared(found.columns),
        }
    keys = {
        "score_dependence": ["feature", "position"],
        "score_proposed_levels": ["criterion_position", "points", "level"],
    }
    return {
        name: _table(name, [parts[name]] if name in parts else [], keys.get(name, list(columns)[:1]))
        for name, columns in names.items()
    }


def _proposed(found: TableComparison, given: pd.DataFrame) -> pd.DataFrame:
    """Each level of the matrix in force with its re-weighted points: what both teams may sign."""
    columns = list(TABLES["score_proposed_levels"])
    if found.reweighted is None or found.card["reweighted"] is None:
        return pd.DataFrame(columns=columns)
    maxima = found.card["reweighted"]["maximum_points"]
    known = given[~given["is_missing"].astype(bool) & given["criterion"].isin(maxima)]
    levels = known.sort_values("lead_id", kind="stable").drop_duplicates(["criterion", "level"], keep="last")
    highest = levels["maximum_points"].astype(int).where(levels["maximum_points"].astype(int) > 0, 1)
    share = [Fraction(int(points), int(most)) for points, most in zip(levels["points"], highest, strict=True)]
    proposed = [int(part * maxima[criterion]) for part, criterion in zip(share, levels["criterion"], strict=True)]
    return levels.assign(proposed_points=proposed)[columns]


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
        "model": None,
        "model_version": None,
    }


def feature_list(design: pd.DataFrame) -> list[dict[str, Any]]:
    """The columns of a design as the card of a model lists them: name, is_dated, description, known_because."""
    listed = []
    for name in map(str, design.columns):
        feature = declared.declaration(name)
        listed.append(
            {
                "name": name,
                "is_dated": feature.is_dated,
                "description": feature.description,
                "known_because": feature.known_because,
            }
        )
    return listed


def _declared(findings: pd.DataFrame) -> pd.DataFrame:
    """The guard's findings with what is declared about each feature."""
    features = [declared.declaration(str(name)) for name in findings["column"]]
    return findings.rename(columns={"column": "feature"}).assign(
        kind=[feature.kind for feature in features],
        direction=[feature.direction for feature in features],
        is_dated=[feature.is_dated for feature in features],
        known_because=[feature.known_because for feature in features],
    )


def _matrix_scores(leads: pd.DataFrame, graded: pd.DataFrame, chance: pd.Series, split: Split) -> pd.DataFrame:
    of_leads = leads.iloc[graded.index][["lead_id", "moment", "scored_at", "definition_version", "is_exploration"]]
    sample = split.sample[graded.index.to_numpy(dtype=int)]
    return of_leads.assign(**graded, scorer="matrix", probability=chance, sample=sample, model_version=None)


def _learned_scores(
    leads: pd.DataFrame, chance: npt.NDArray[np.float64], model_version: str, split: Split
) -> pd.DataFrame:
    """The learned score is the probability in percent; bands belong to the matrix."""
    return leads[["lead_id", "moment", "scored_at", "definition_version", "is_exploration"]].assign(
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


def _learned_points(
    leads: pd.DataFrame, design: pd.DataFrame, added: pd.DataFrame, slope: float | None
) -> pd.DataFrame:
    """Log-odds that each feature adds against the average training lead, the same in points of the matrix, and the value
    that the feature had."""
    parts = [
        leads[["lead_id", "moment"]].assign(
            scorer="learned",
            criterion=str(name),
            level=design[name].map(_shown).to_numpy(),
            points=added[name].to_numpy(),
            log_odds=added[name].to_numpy(),
            points_against_average=np.nan if slope is None else (added[name] / slope).round(evaluate.DIGITS).to_numpy(),
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
