"""The sections of the score page that answer "what would change": weights, thresholds, who was worked, the model card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from orchestration.reports.elements import Block, Cell, Section, Table

if TYPE_CHECKING:
    from orchestration.reports.score_page import ScorePage

SHOWN_DEPENDENCE = 40
SHOWN_STABILITY = 15


def weights(page: ScorePage) -> Section:
    """Hand-made weights beside learned ones in the same points; the re-weighted matrix as a proposal."""
    section = Section("weights", page.text("criteria"), page.text("criteria_lead", hand=page.hand))
    headers = page.headers(
        "criterion", "+hand", "+reweighted", "+learned_points", "+importance_hand", "+importance_learned"
    )
    rows = [
        [
            Cell(page.data(row.criterion)), _number(page, row.hand_points, 0), _number(page, row.reweighted_points, 0),
            _number(page, row.learned_points, 1), _number(page, row.importance, 3),
            _number(page, row.learned_importance, 3),
        ]
        for row in page.found.criteria.itertuples()
    ]  # fmt: skip
    if rows:
        section.add(Block(table=Table(headers, rows)))
    else:
        section.note(page.text("no_model"), "missing")
    card = page.found.card["reweighted"]
    if card is not None and "refusal" in card:
        section.note(page.data(card["refusal"]), "missing")
    elif card is not None:
        section.note(page.text("proposal_is_not_applied"))
    dependence = page.found.dependence.head(SHOWN_DEPENDENCE)
    if len(dependence):
        headers = page.headers("column", "level", "+leads", "+said")
        rows = [
            [
                Cell(page.data(row.column)), Cell(page.data(row.value)), _number(page, row.leads, 0),
                Cell(page.words.percent(row.probability), True),
            ]
            for row in dependence.itertuples()
        ]  # fmt: skip
        section.add(Block(table=Table(headers, rows, folded_under=page.text("dependence"))))
    return section


def what_if(page: ScorePage) -> Section:
    """Other thresholds, scales, gates and routing on the judged leads."""
    section = Section("what_if", page.text("what_if"), page.text("what_if_lead"))
    found = page.found.what_if
    if not len(found):
        section.note(page.text("what_if_needs_a_matrix"), "missing")
        return section
    has_money = found["realised_minor"].notna().any() and page.currency is not None
    headers = page.headers(
        "scenario", "+effective_threshold", "+profiles", "+hot_leads", "+review_leads", "+leads_a_day",
        "+rep_hours_a_week", "+clock_starts_a_day", "+expected_wins", "+wins", *(["+money"] if has_money else []),
        "+gate_failed", "+gate_failed_wins",
    )  # fmt: skip
    rows = []
    for row in found.itertuples():
        name = f"{row.scenario} ({page.text('in_force')})" if row.is_current else row.scenario
        cells = [
            Cell(page.data(name)), _number(page, row.effective_threshold, 0), _number(page, row.profiles, 0),
            _number(page, row.hot_leads, 0), _number(page, row.review_leads, 0), _number(page, row.leads_a_day, 1),
            _number(page, row.rep_hours_a_week, 1), _number(page, row.clock_starts_a_day, 1),
            _number(page, row.expected_wins, 1), _number(page, row.realised_wins, 0),
        ]  # fmt: skip
        if has_money:
            cells.append(Cell(page.words.money(int(row.realised_minor), page.currency), True))
        rows.append([*cells, _number(page, row.gate_failed_leads, 0), _number(page, row.gate_failed_wins, 0)])
    section.add(Block(table=Table(headers, rows)))
    return section


def selection(page: ScorePage) -> Section:
    """What having worked only some of the leads may do to every figure above."""
    section = Section("selection", page.text("selection"), page.text("selection_lead"))
    found = page.found.selection
    if not len(found):
        section.note(page.text("selection_unknown"), "missing")
        return section
    names = {"hand": page.hand, "learned": page.learned, "(all)": ""}
    rows = [
        [
            Cell(page.text(f"measure_{row.measure}")), Cell(names[row.scorer]), _number(page, row.value, 3),
            _number(page, row.n, 0),
        ]
        for row in found.itertuples()
    ]  # fmt: skip
    section.add(Block(table=Table(page.headers("measure", "scorer", "+value", "+n_column"), rows)))
    return section


def segments(page: ScorePage) -> Section:
    """The comparison by segment, and how far the later leads differ from those that taught."""
    section = Section("segments", page.text("segments"), page.text("segments_lead"))
    comparison = page.found.comparison
    by_segment = comparison[(comparison["segment"] != "(all)") & (comparison["metric"] == "auc")]
    if len(by_segment):
        headers = page.headers(
            "segment", "+hand", "+learned", "+difference", "+interval_95", "+n_column", "+wins", "verdict"
        )
        rows = [
            [
                Cell(page.data(row.segment)), Cell(page.value("auc", row.matrix), True),
                Cell(page.value("auc", row.learned), True), Cell(page.signed("auc", row.difference), True),
                Cell("–" if pd.isna(row.low) else f"{page.signed('auc', row.low)} … {page.signed('auc', row.high)}", True),
                _number(page, row.n, 0), _number(page, row.conversions, 0), Cell(page.words.name("verdict", row.verdict)),
            ]
            for row in by_segment.itertuples()
        ]  # fmt: skip
        section.add(Block(table=Table(headers, rows)))
    stability = page.found.stability.head(SHOWN_STABILITY)
    rows = [[Cell(page.data(row.column)), _number(page, row.stability, 3)] for row in stability.itertuples()]
    section.add(Block(heading=page.text("stability"), table=Table(page.headers("column", "+stability"), rows)))
    return section


def card(page: ScorePage) -> Section:
    """The model card: what was learned from what, how it was chosen, what it is not for."""
    section = Section("card", page.text("card"), page.text("card_lead"))
    facts = page.found.card
    unknown = page.text("no_model")
    rows = [
        [Cell(page.text("card_model")), Cell(page.data(facts["model"]) if facts["model"] else unknown)],
        [Cell(page.text("card_calibration")), Cell(page.data(facts["calibration"] or "–"))],
        [Cell(page.text("card_held_out_from")), Cell(page.data(facts["held_out_from"]))],
        [Cell(page.text("card_features")), Cell(page.words.list(page.data(name) for name in facts["features"]))],
        [Cell(page.text("card_refusal")), Cell(page.data(facts["refusal"] or "–"))],
        [Cell("scikit-learn"), Cell(page.data(facts["scikit_learn"]))],
    ]
    section.add(Block(table=Table([Cell(page.text("column_fact")), Cell(page.text("column_value"))], rows)))
    validation = page.found.validation
    if len(validation):
        headers = page.headers("candidate", "+fold", "+fitted_on", "+judged_on", "+wins", "+log_loss", "+auc")
        rows = [
            [
                Cell(page.data(row.candidate)), _number(page, row.fold, 0), _number(page, row.fitted_on, 0),
                _number(page, row.judged_on, 0), _number(page, row.conversions, 0), _number(page, row.log_loss, 4),
                _number(page, row.auc, 3),
            ]
            for row in validation.itertuples()
        ]  # fmt: skip
        section.add(Block(heading=page.text("validation"), table=Table(headers, rows)))
    return section


def _number(page: ScorePage, value: float | None, digits: int) -> Cell:
    return Cell("–" if value is None or pd.isna(value) else page.words.number(value, digits), True)
