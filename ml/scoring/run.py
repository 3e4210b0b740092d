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
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn
from threadpoolctl import threadpool_limits

from ml.scoring import evaluate, explain, guard
from ml.scoring import features as declared
from ml.scoring import model as learned_model
from ml.scoring.choice import Chosen, Label
from ml.scoring.compare import TableComparison, compare_table
from ml.scoring.evidence import weights_of
from ml.scoring.learning import Learned, learn, reweighted_card
from ml.scoring.prepared import Prepared, ScoringPolicy, prepare
from ml.scoring.split import SAMPLES, Split
from ml.scoring.table import NothingToJudgeError, parts_of
from ml.scoring.tables import TABLES

DRIFT = 0.25
"""Population stability of the chances between the leads that taught and the recent ones above which a week is not waited for."""
Known = Callable[[str], Chosen | None]
"""From the fingerprint of what is to be learned from to the model that was learned from it, if one is kept."""


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
    model: Chosen | None = field(default=None)
    design: pd.DataFrame | None = field(default=None)


@dataclass(frozen=True)
class Trained:
    """What was learned at a moment; `model` is None when the card's `refusal` says why.

    card      JSON-ready, without the verdict, which `compare` adds; findings: of the guard, one a feature
    learned   all that the leads that teach said; None where there was nothing to learn from
    features  names that the model uses; taught: its input for the leads that taught
    slope     log-odds that a point of the matrix is worth; None where that cannot be learned
    """

    card: dict[str, Any]
    model: Chosen | None = None
    findings: pd.DataFrame = field(default_factory=pd.DataFrame)
    features: tuple[str, ...] = ()
    taught: pd.DataFrame = field(default_factory=pd.DataFrame)
    slope: float | None = None
    learned: Learned | None = None


def train(prepared: Prepared, policy: ScoringPolicy, known: Known | None = None) -> Trained:
    """Learn from the leads that teach, or take what `known` has learned from the same leads before.

    Thin data (fewer than `minimum_leads` leads or `minimum_conversions` wins in the training sample) is a result.
    """
    card = _card(prepared, policy) | {"refusal": prepared.refusal}
    if prepared.table is None:
        return Trained(card)
    try:
        parts = parts_of(prepared.table, policy.training_share)
    except NothingToJudgeError:
        # the comparison says in its own words how many wins and leads there are
        return Trained(card)
    stamp = _stamp(prepared, policy)
    fingerprint = ""
    # beside the outcomes a model learns from the stages reached and, where expected revenue is the label, from money
    also = [parts.table.stages, parts.table.money if policy.label == "expected_revenue" else None]

    def find(taught: pd.DataFrame, won: npt.NDArray[np.bool_]) -> Chosen | None:
        nonlocal fingerprint
        fingerprint = _fingerprint(taught, won, [part[parts.teaches] for part in also if part is not None], stamp)
        return None if known is None else known(fingerprint)

    with threadpool_limits(limits=1):
        found = learn(parts, policy.of_table, find=find)
    findings = pd.DataFrame(
        [asdict(finding) for finding in found.findings], columns=list(guard.Finding.__annotations__)
    )
    card["refusal"] = found.refusal
    if found.model is None:
        return Trained(card, findings=findings, slope=found.slope, learned=found)
    card |= {
        "model": found.model.name,
        "calibration": found.model.calibration,
        "features": feature_list(found.design),
        "left_out": _left_out(findings),
        "weights": weights_of(found.model).to_dict("records"),
        "validation": found.model.validation.to_dict("records"),
        "reweighted": reweighted_card(parts.table.points, found.reweighted),
        "trained_on": fingerprint,
        "worth": None if found.model.worth is None else found.model.worth.card,
    }
    card["model_version"] = learned_model.version_of(card)
    return Trained(
        card,
        found.model,
        findings,
        tuple(map(str, found.design.columns)),
        found.design[parts.teaches],
        found.slope,
        found,
    )


def drift(prepared: Prepared, trained: Trained) -> float | None:
    """How far the chances of the recent leads lie from those of the leads that taught (population stability index); None without a
    model or without recent leads."""
    if trained.model is None:
        return None
    chance = pd.Series(trained.model.probabilities(prepared.design[list(trained.features)]))
    sample = prepared.split.sample
    return evaluate.population_stability(chance[sample == "train"], chance[sample == "recent"])


def trained_when_due(
    features: pd.DataFrame,
    answers: pd.DataFrame,
    policy: ScoringPolicy,
    *,
    moment: str = "creation",
    touched: pd.DataFrame | None = None,
    known: Known | None = None,
) -> tuple[Prepared, Trained]:
    """What is learned at a moment from the leads that were mature at `trained_until`, so that one model serves a week; where the recent
    leads have drifted (`DRIFT`), from all that are mature by now. The same tables give the same model, kept or not."""
    prepared = prepare(features, answers, policy, moment=moment, touched=touched)
    trained = train(prepared, policy, known)
    moved = drift(prepared, trained)
    if policy.trained_until is not None and moved is not None and moved > DRIFT:
        now = replace(policy, trained_until=None)
        prepared = prepare(features, answers, now, moment=moment, touched=touched)
        trained = train(prepared, now, known)
    return prepared, trained


def compare(
    prepared: Prepared, trained: Trained, policy: ScoringPolicy
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], dict[str, Any]]:
    """Judge both scores on the held-out leads: the comparison, the tables it rests on, and the card with the verdict."""
    found: TableComparison | None = None
    if prepared.table is not None:
        try:
            found = compare_table(
                prepared.table,
                capacity=prepared.capacity,
                policy=policy.of_table,
                rules=prepared.rules,
                learned=trained.learned,
            )
        except NothingToJudgeError:
            # told below: how many wins and leads there are
            found = None
    test = prepared.split.rows("test")
    if found is None:
        comparison = evaluate.compare(
            prepared.won[test],
            _of_matrix(prepared.graded, prepared.matrix_chance, test) if prepared.is_answered else None,
            None,
            refusal=prepared.refusal,
            replicates=policy.replicates,
            seed=policy.seed,
        )
    else:
        comparison = found.comparison
    verdict = {"verdict": comparison["verdict"].iloc[0], "comparison": _records(comparison)}
    card = trained.card | verdict
    reports = _reports(found, prepared.given, card, _recent_stability(found, prepared.design, prepared.split))
    reports["score_features"] = declared_features(trained)
    return comparison[list(TABLES["score_comparison"])], reports, card


def score(prepared: Prepared, trained: Trained) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every lead of the moment by the matrix and, where one was learned, by the model: scores, and the points behind them."""
    train_rows = prepared.split.rows("train")
    leads, graded = prepared.leads, prepared.graded
    with threadpool_limits(limits=1):
        of_matrix = _matrix_points(prepared.given, graded)
        points = [_against_average(of_matrix, leads["lead_id"].iloc[train_rows], trained.slope)]
        scores = [_matrix_scores(leads, graded, prepared.matrix_chance, prepared.split)]
        if trained.model is not None:
            used = prepared.design[list(trained.features)]
            chance = trained.model.probabilities(used)
            added = explain.contributions(trained.model, used, trained.taught)
            points.append(_learned_points(leads, used, added, trained.slope))
            said = _said(chance, trained.model, used, prepared.minor_per_unit)
            scores.append(_learned_scores(leads, said, trained.card["model_version"], prepared.split))
    return (
        _table("lead_scores", scores, ["lead_id", "scorer"]),
        _table("lead_score_points", points, ["lead_id", "scorer", "criterion"]),
    )


def score_leads(
    features: pd.DataFrame,
    answers: pd.DataFrame,
    policy: ScoringPolicy | None = None,
    *,
    moment: str = "creation",
    touched: pd.DataFrame | None = None,
    known: Known | None = None,
) -> ScoringResult:
    """Train, compare and score at one moment.

    Each moment has a model of its own, which learns from what was known at that moment only. Without `touched` no touches
    by channel are learned from. Raises ValueError for a missing column or a repeated lead, LeakError for evidence later than
    the moment.
    """
    policy = policy or ScoringPolicy()
    prepared, trained = trained_when_due(features, answers, policy, moment=moment, touched=touched, known=known)
    comparison, reports, card = compare(prepared, trained, policy)
    scores, points = score(prepared, trained)
    return ScoringResult(
        scores=scores,
        points=points,
        comparison=comparison,
        reports=reports,
        card=card,
        model=trained.model,
        design=None if trained.model is None else prepared.design,
    )


def scored_by(
    scores: pd.DataFrame,
    points: pd.DataFrame,
    design: pd.DataFrame,
    champion: Chosen,
    card: dict[str, Any],
    minor_per_unit: int = 1,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores and points with the learned scores of another stored model and its card. `design` holds the scored leads in the order of
    lead_id. The points are those that the new model adds, so they are left out: they would explain another score than the one beside
    them."""
    inputs = design[[feature["name"] for feature in card["features"]]]
    said = _said(champion.probabilities(inputs), champion, inputs, minor_per_unit)
    scores = scores.copy()
    is_learned = (scores["scorer"] == "learned").to_numpy(dtype=bool)
    # both are in the order of lead_id
    for name in said.columns:
        scores.loc[is_learned, str(name)] = said[name].to_numpy(dtype=object)
    scores.loc[is_learned, "model_version"] = card["model_version"]
    return scores, points[points["scorer"] != "learned"].reset_index(drop=True)


def declared_features(trained: Trained) -> pd.DataFrame:
    """`ml.score_features`: what is declared about each feature that was offered, with the guard's finding."""
    rows = [_declared(trained.findings)] if len(trained.findings) else []
    return _table("score_features", rows, ["feature"])


def _stamp(prepared: Prepared, policy: ScoringPolicy) -> str:
    """What besides the leads decides what is learned from them."""
    table = prepared.table
    decisive = {
        "moment": prepared.moment,
        "policy": asdict(policy.of_table),
        "directions": {} if table is None else table.directions,
        "ordered": {} if table is None else table.ordered,
        "scikit_learn": sklearn.__version__,
    }
    return json.dumps(decisive, sort_keys=True, ensure_ascii=False)


def _fingerprint(
    taught: pd.DataFrame, won: npt.NDArray[np.bool_], also: list[npt.NDArray[np.int64]], stamp: str
) -> str:
    """SHA-256 of the model's input, the outcomes and what else it learns from, and the stamp."""
    rows = pd.util.hash_pandas_object(taught, index=False).to_numpy()
    said = json.dumps([list(map(str, taught.columns)), stamp], ensure_ascii=False).encode()
    numbers = b"".join(part.tobytes() for part in also)
    return hashlib.sha256(rows.tobytes() + np.packbits(won).tobytes() + numbers + said).hexdigest()


def _left_out(findings: pd.DataFrame) -> list[dict[str, str]]:
    out = findings[~findings["is_used"]]
    named = out.rename(columns={"column": "name"})[["name", "rule", "evidence"]].astype(str)
    return [{str(key): str(value) for key, value in row.items()} for row in named.to_dict("records")]


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
        if name not in ("lead_scores", "lead_score_points", "score_comparison", "score_features")
    }
    facts = [(key, value) for key, value in card.items() if key not in ("comparison", "weights")]
    parts: dict[str, pd.DataFrame] = {
        "score_model_card": pd.DataFrame(
            # a card that was stored comes back with its keys in order
            [
                (key, value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False))
                for key, value in facts
            ],
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


def _of_matrix(graded: pd.DataFrame, chance: pd.Series, test: npt.NDArray[np.int64]) -> evaluate.Scores | None:
    """The matrix' word on the test sample; None when a lead there has no matrix score or no probability."""
    if len(test) == 0 or not np.isin(test, graded.index).all():
        return None
    probability = chance.reindex(test.tolist()).to_numpy(dtype=float)
    if np.isnan(probability).any():
        return None
    return evaluate.Scores(graded["score"].reindex(test.tolist()).to_numpy(dtype=float), probability)


def _card(prepared: Prepared, policy: ScoringPolicy) -> dict[str, Any]:
    leads, split, won = prepared.leads, prepared.split, prepared.won
    samples = {name: {"leads": len(split.rows(name)), "wins": int(won[split.rows(name)].sum())} for name in SAMPLES}
    return {
        "moment": prepared.moment,
        "label": f"{policy.close_event} within the window lead to {policy.close_event} of the definitions, leads past it only",
        "ordered_by": _ORDERED_BY[policy.label],
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
        "accounts_are_kept_apart": prepared.are_kept_apart,
        "trained_until": None if policy.trained_until is None else policy.trained_until.isoformat(),
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
    return of_leads.assign(
        **graded, scorer="matrix", probability=chance, expected_minor=None, sample=sample, model_version=None
    )


_ORDERED_BY: dict[Label, str] = {
    "win": "chance of a win",
    "expected_revenue": "expected revenue: chance of a win times the mean money of a won lead like it",
}


def _said(chance: npt.NDArray[np.float64], model: Chosen, design: pd.DataFrame, minor_per_unit: int) -> pd.DataFrame:
    """What a model says of each lead: the score is the chance in percent, or the expected revenue in whole units of its currency."""
    if model.worth is None:
        return pd.DataFrame(
            {"probability": chance, "score": np.round(chance * 100, evaluate.DIGITS), "expected_minor": None}
        )
    expected = model.worth.expected(chance, design)
    score = np.round(expected / minor_per_unit, evaluate.DIGITS)
    return pd.DataFrame({"probability": chance, "score": score, "expected_minor": expected})


def _learned_scores(leads: pd.DataFrame, said: pd.DataFrame, model_version: str, split: Split) -> pd.DataFrame:
    """Bands belong to the matrix."""
    return leads[["lead_id", "moment", "scored_at", "definition_version", "is_exploration"]].assign(
        **said,
        scorer="learned",
        score_if_best=np.nan,
        band=None,
        gate_failed=None,
        missing_criteria=None,
        is_cold_because_unknown=None,
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
