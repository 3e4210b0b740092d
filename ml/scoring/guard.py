"""The leak guard for tables without history: columns that cannot have been known when the lead was scored.

A table of leads is a snapshot: it shows what a column holds today, not when it was written. The guard looks for marks of
columns that were filled in after the outcome, or that name a lead instead of describing it, and leaves them out by name,
with the evidence. It looks at the training part only, so that the held-out part stays unseen. It can be overruled
column by column; it cannot prove that what it lets through was known in time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.scoring.evaluate import auc
from ml.scoring.features import MISSING

Floats = npt.NDArray[np.float64]
Rule = Literal[
    "used",
    "suspect",
    "kept",
    "asked",
    "constant",
    "identifier",
    "other_time",
    "tells_the_outcome",
    "decided_levels",
    "named_latest",
    "filled_with",
]

IMPLAUSIBLE_AUC = 0.85
"""One column alone. Whole scores of leads reach 0.7 to 0.85; a single field that does better is nearly always a record
of the outcome."""
SURE_SHARE = 0.95
SURE_COVERAGE = 0.30
LEVEL_MINIMUM = 20
"""A level is *sure* when at least 95 % of its leads, and at least 20, ended the same way. Sure levels that hold 30 % of
all wins (or of all losses, where losses are not the rule) are not chance."""
EMPTY_COVERAGE = 0.10
"""Of emptiness 10 % are enough where every empty lead ended the same way: a CRM that asks for a field when a lead is closed leaves it
empty in those that never were, and all of them count as lost (Maven's export has no company for the deals that are still open: 177 of
177 lost). Nearly all is not enough: an answer that decides much and was never asked for is lost in 96 of 100, and of a hundred such
companies 19 lost their best column while 95 % were (`benchmarks/score_companies.py`)."""
FILLED_WITH_SHARE = 0.97
FILLED_WITH_ROOM = 0.90
"""A column filled almost only (97 %) where a leaking column is filled was written in the same sitting. Says nothing
when the leaking column is filled nearly everywhere (above 90 %)."""
SUSPECT_ELSEWHERE = 0.5
"""A column filled wherever a leaking column is (97 %) but in at most half of the other rows is suspect: it is used and
said, because a form that asks for more at a later step looks the same."""
IDENTIFIER_SHARE = 0.9
IDENTIFIER_MINIMUM = 50
FOLDS = 5
PRIOR_LEADS = 20
BINS = 20

LATEST = re.compile(
    r"^\W*(?:(?:last|latest|final|close[ds]?|closing|won|lost)(?![a-z])|последн|итогов|закры|آخرین|نهایی)"
    r"|(?<![a-z])(?:outcome|(?:lost|loss|rejection|closing|close) reason|close[ds]?[ _](?:date|at|on|value|time))(?![a-z])",
    re.IGNORECASE,
)
"""Names of fields that a system overwrites with every event, or fills when the lead is closed."""


@dataclass(frozen=True)
class Finding:
    """What the guard says about one column; `is_used` after the user's own word, `evidence` in numbers."""

    column: str
    kind: Literal["category", "number", "time"]
    rule: Rule
    is_used: bool
    evidence: str
    auc_alone: float | None
    filled_share: float
    levels: int


def inspect(
    columns: pd.DataFrame,
    won: npt.NDArray[np.bool_],
    *,
    times: dict[str, str] | None = None,
    excluded: frozenset[str] = frozenset(),
    kept: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Judge every column on the training rows, in the table's order.

    columns: object columns of str (MISSING = empty) and float64 columns (NaN = empty), default index, in the order of
    time; won: the outcome of each row. times: columns that hold dates → evidence; they are never features here.
    excluded, kept: the user's word, which comes before every rule.
    """
    times = times or {}
    names = [str(name) for name in columns.columns]
    first: dict[str, tuple[Rule, str]] = {}
    alone = {name: None if name in times else auc_alone(columns[name], won) for name in names}
    filled = {name: is_filled(columns[name]) for name in names}
    for name in names:
        if name in times:
            first[name] = ("other_time", times[name])
        else:
            first[name] = _judged(name, columns[name], won, alone[name])
    leaking = [name for name, (rule, _) in first.items() if rule in ("tells_the_outcome", "decided_levels")]
    for name, (rule, _) in list(first.items()):
        if rule == "used":
            first[name] = _filled_with(name, leaking, filled) or first[name]
    findings = []
    for name in names:
        rule, evidence = first[name]
        if name in excluded:
            found = "" if rule == "used" else f"; the guard found: {evidence}"
            evidence = f"excluded by you; alone its AUC is {_shown(alone[name])}{found}"
            rule, is_used = "asked", False
        elif name in kept and rule not in ("used", "suspect", "constant", "other_time"):
            evidence = f"kept by you against: {evidence}"
            rule, is_used = "kept", True
        else:
            is_used = rule in ("used", "suspect")
        kind: Literal["category", "number", "time"] = "category" if columns[name].dtype == object else "number"
        findings.append(
            Finding(
                column=name,
                kind="time" if name in times else kind,
                rule=rule,
                is_used=is_used,
                evidence=evidence,
                auc_alone=alone[name],
                filled_share=round(float(filled[name].mean()), 6) if len(columns) else 0.0,
                levels=int(columns[name][filled[name]].nunique()),
            )
        )
    return findings


def is_filled(values: pd.Series) -> npt.NDArray[np.bool_]:
    """True where the column has a value."""
    present = values != MISSING if values.dtype == object else values.notna()
    return present.to_numpy(dtype=bool)


def auc_alone(values: pd.Series, won: npt.NDArray[np.bool_]) -> float | None:
    """AUC of the win rate of the column's own level, or twentieth of a number, learned on other rows; 6 digits.

    Rates come from four fifths of the rows and judge the fifth; the mean of the five is told. So a column of unique
    values gives 0.5 and not 1, and a constant one 0.5. None when no fifth holds both outcomes.
    """
    codes = pd.factorize(_levels(values))[0]
    fold = np.arange(len(won)) % FOLDS
    size = int(codes.max(initial=0)) + 1
    found = []
    for number in range(FOLDS):
        inside, outside = fold == number, fold != number
        if won[inside].all() or not won[inside].any():
            continue
        counts = np.bincount(codes[outside], minlength=size)
        wins = np.bincount(codes[outside], weights=won[outside].astype(float), minlength=size)
        smoothed = (wins + won[outside].mean() * PRIOR_LEADS) / (counts + PRIOR_LEADS)
        rate = np.round(smoothed[codes[inside]], 9)
        found.append(float(auc(rate, won[inside])(np.ones((1, int(inside.sum()))))[0]))
    return round(float(np.mean(found)), 6) if found else None


def _levels(values: pd.Series) -> pd.Series:
    """The column as levels: itself, or for a number its twentieth (few values stay themselves)."""
    if values.dtype == object:
        return values
    known = values.dropna()
    if known.nunique() <= BINS:
        return values.map(lambda value: MISSING if pd.isna(value) else f"{value:.9g}").astype(object)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)))
    place = np.digitize(values.to_numpy(dtype=float), edges[1:-1])
    return pd.Series(np.where(values.isna(), MISSING, place.astype(str)), dtype=object)


def _judged(name: str, values: pd.Series, won: npt.NDArray[np.bool_], alone: float | None) -> tuple[Rule, str]:
    filled = is_filled(values)
    known = values[filled]
    distinct = known.nunique()
    if distinct + (not filled.all()) <= 1:
        return "constant", "one value in every row" if filled.any() else "empty in every row"
    is_whole = values.dtype == object or bool((known % 1 == 0).all())
    names_rows = distinct >= IDENTIFIER_SHARE * len(known) if values.dtype == object else distinct == len(known)
    if is_whole and names_rows and distinct >= IDENTIFIER_MINIMUM:
        return "identifier", f"{distinct} different values in {len(known)} filled rows: it names leads"
    if alone is not None and alone >= IMPLAUSIBLE_AUC:
        sure = _sure_levels(values, won)
        return "tells_the_outcome", f"alone its AUC is {_shown(alone)} (limit {IMPLAUSIBLE_AUC})" + (
            f"; {sure}" if sure else ""
        )
    emptiness = pd.Series(np.where(filled, "filled", MISSING), dtype=object)
    for candidate, coverage, share in (
        (values, SURE_COVERAGE, SURE_SHARE),
        (emptiness, SURE_COVERAGE, SURE_SHARE),
        (emptiness, EMPTY_COVERAGE, 1.0),
    ):
        sure = _sure_levels(candidate, won, coverage, share)
        if sure:
            return "decided_levels", f"{sure}; alone its AUC is {_shown(alone)}"
    if LATEST.search(name):
        return "named_latest", (
            f"its name says that it holds the latest state, which is written after the lead was scored; "
            f"alone its AUC is {_shown(alone)}"
        )
    return "used", f"alone its AUC is {_shown(alone)}"


def _sure_levels(
    values: pd.Series, won: npt.NDArray[np.bool_], coverage: float = SURE_COVERAGE, share: float = SURE_SHARE
) -> str | None:
    """The evidence when levels of which this share ended one way hold this much of the wins (or losses); else None."""
    if values.dtype != object:
        values = _levels(values)
    counts = pd.DataFrame({"level": values, "won": won}).groupby("level")["won"].agg(["size", "sum"])
    counts = counts[counts["size"] >= LEVEL_MINIMUM]
    total, wins = len(won), int(won.sum())
    for outcome, hits, whole in (
        ("won", counts["sum"], wins),
        ("lost", counts["size"] - counts["sum"], total - wins),
    ):
        # where nearly all leads end this way, a level that does is nothing special
        if whole == 0 or whole > 0.8 * total:
            continue
        sure = hits[hits >= share * counts["size"]]
        covered = sure.sum() / whole
        if covered >= coverage:
            largest = sure.sort_values(ascending=False, kind="stable").index[0]
            size = int(counts.loc[largest, "size"])
            or_more = "" if share == 1 else " or more"
            return (
                f"{len(sure)} of its values are {share:.0%}{or_more} {outcome} and hold {covered:.0%} of all leads "
                f"{outcome} (largest: {largest!r}, {int(sure[largest])} of {size} {outcome})"
            )
    return None


def _filled_with(name: str, leaking: list[str], filled: dict[str, npt.NDArray[np.bool_]]) -> tuple[Rule, str] | None:
    mine = filled[name]
    if mine.sum() < LEVEL_MINIMUM or mine.all():
        return None
    for other in leaking:
        theirs = filled[other]
        inside = theirs[mine].mean()
        if theirs.mean() <= FILLED_WITH_ROOM and inside >= FILLED_WITH_SHARE:
            return "filled_with", (
                f"{inside:.1%} of its filled rows have {other!r} filled too ({theirs.mean():.0%} of all rows do): "
                "written in the same sitting"
            )
        if theirs.any() and not theirs.all():
            there, elsewhere = mine[theirs].mean(), mine[~theirs].mean()
            if there >= FILLED_WITH_SHARE and elsewhere <= SUSPECT_ELSEWHERE:
                return "suspect", (
                    f"filled in {there:.1%} of the rows where {other!r} is filled and in {elsewhere:.0%} of the others: "
                    "perhaps asked in the same sitting; used unless you exclude it"
                )
    return None


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
