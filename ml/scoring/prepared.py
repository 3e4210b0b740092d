"""The leads of one moment made ready: graded by the matrix, with the model's input, split in time, as a table of leads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from ml.scoring import evaluate, matrix
from ml.scoring import features as declared
from ml.scoring.choice import Label
from ml.scoring.split import Split, split_by_time, without_straddlers
from ml.scoring.table import Capacity, LeadTable, Points, TablePolicy
from ml.scoring.what_if import Rules

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
    "stages_reached",
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
    trained_until       leads whose window had not passed by this instant neither teach nor judge; None: none is left out
    currency            in which won deals are told; minor_per_unit: minor units in one whole unit of it
    label               what orders the leads of the learned score: the chance of a win, or the expected revenue
    close_event         the event that counts as a win (D15)
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
    trained_until: datetime | None = None
    currency: str | None = None
    minor_per_unit: int = 1
    label: Label = "win"
    close_event: str = "won"

    @property
    def of_table(self) -> TablePolicy:
        """The numbers by which a table of leads is compared."""
        return TablePolicy(
            minimum_leads=self.minimum_leads,
            minimum_conversions=self.minimum_conversions,
            training_share=self.training_share,
            replicates=self.replicates,
            seed=self.seed,
            label=self.label,
        )


@dataclass(frozen=True)
class Prepared:
    """The leads of one moment, in the order of lead_id, before anything is learned.

    leads, given    features and labels; answers. design: every feature that a model may use, one row a lead
    graded          grades of the matrix, index = position of the lead; matrix_chance: chance of a win at each grade
    split           which lead teaches, judges, or is too recent for either
    table           the mature leads as a table; None when there is none, or when `refusal` says why nothing is learned
    capacity, rules what the team can take a week, and the rule in force
    """

    moment: str
    leads: pd.DataFrame
    given: pd.DataFrame
    design: pd.DataFrame
    graded: pd.DataFrame
    matrix_chance: pd.Series
    split: Split
    are_kept_apart: bool
    table: LeadTable | None
    capacity: Capacity
    rules: Rules
    minor_per_unit: int
    refusal: str | None

    @property
    def won(self) -> npt.NDArray[np.bool_]:
        """The label of each lead."""
        return self.leads["is_won"].to_numpy(dtype=bool)

    @property
    def is_answered(self) -> bool:
        """Whether any lead has an answer at its moment."""
        return _is_answered(self.given)


def prepare(
    features: pd.DataFrame,
    answers: pd.DataFrame,
    policy: ScoringPolicy,
    *,
    moment: str = "creation",
    touched: pd.DataFrame | None = None,
) -> Prepared:
    """Make the leads of a moment ready. Raises ValueError for a missing column or a repeated lead, LeakError for evidence later than
    the moment."""
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

    is_mature = leads["is_mature"].fillna(False).astype(bool)
    if policy.trained_until is not None:
        _require(features, ("label_window_days",), "int_lead_features")
        passed_at = leads["scored_at"] + pd.to_timedelta(leads["label_window_days"].astype("Int64"), unit="D")
        is_mature &= (passed_at <= pd.Timestamp(policy.trained_until)).fillna(False)
    split = split_by_time(leads["scored_at"], is_mature, policy.training_share)
    apart = without_straddlers(split.sample, leads["account_id"])
    are_kept_apart = 2 * int((apart == "test").sum()) >= int((split.sample == "test").sum())
    if are_kept_apart:
        split = Split(apart, split.cut_at)
    else:
        # a few accounts that ask again and again: without them nobody would be left to judge by, so only time separates
        leads = leads.assign(account_id=None)
    train, test = split.rows("train"), split.sample == "test"
    won = leads["is_won"].to_numpy(dtype=bool)
    refusal = _refusal(len(train), int(won[train].sum()), policy)
    with threadpool_limits(limits=1):
        graded = _grade(leads, given)
        matrix_chance = _matrix_probability(graded, won, train)
        design = declared.design(leads, given, policy.features, seen)
        table = None if refusal is not None else _table_of(leads, given, graded, design, split, policy)
    handed = graded["band"].reindex(np.arange(len(leads))).isin(["review", "hot"]).to_numpy(dtype=bool)
    times = leads["scored_at"].to_numpy(dtype="datetime64[s]")
    weekly = policy.weekly_capacity or _handed_a_week(times[test], handed[test])
    mature = leads[split.sample != "recent"]
    return Prepared(
        moment=moment,
        leads=leads,
        given=given,
        design=design,
        graded=graded,
        matrix_chance=matrix_chance,
        split=split,
        are_kept_apart=are_kept_apart,
        table=table,
        capacity=Capacity(Fraction(weekly), "week"),
        rules=_rules(mature, given, policy),
        minor_per_unit=policy.minor_per_unit,
        refusal=refusal,
    )


def is_drawn(lead_id: str, share: Fraction) -> bool:
    """Whether a lead is one of those drawn to be worked whatever its score: by its id alone, so that the draw cannot
    depend on the lead, and the CRM can repeat it (first 8 hex digits of SHA-256 below the share)."""
    number = int(hashlib.sha256(lead_id.encode()).hexdigest()[:8], 16)
    return Fraction(number, 16**8) < share


def _table_of(
    leads: pd.DataFrame,
    given: pd.DataFrame,
    graded: pd.DataFrame,
    design: pd.DataFrame,
    split: Split,
    policy: ScoringPolicy,
) -> LeadTable | None:
    """The mature leads as a table of leads; None where there is none."""
    rows = np.flatnonzero(split.sample != "recent")
    if not len(rows):
        return None
    part = leads.iloc[rows].reset_index(drop=True)
    is_answered = _is_answered(given)
    worked = part["is_worked"].astype("boolean").fillna(True).to_numpy(dtype=bool)
    times = part["scored_at"].to_numpy(dtype="datetime64[s]")
    return LeadTable(
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
        stages=part["stages_reached"].to_numpy(dtype=np.int64),
        no_hand=None if is_answered else "no matrix scores with an answer behind them",
    )


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


def _refusal(leads: int, wins: int, policy: ScoringPolicy) -> str | None:
    """Why no model is learned; None when there is enough."""
    if leads >= policy.minimum_leads and wins >= policy.minimum_conversions and wins < leads:
        return None
    return (
        f"training sample has {leads} leads and {wins} wins; "
        f"at least {policy.minimum_leads} leads and {policy.minimum_conversions} wins are needed"
    )
