"""A lead: what it is, how it passed through the funnel and the hands, how it was scored, what led to it and came of it."""

from __future__ import annotations

from orchestration.explain.explanation import Check, Explanation, Facts, Listing
from orchestration.explain.journeys import conversions_of, open_conversions
from orchestration.explain.subjects import record_of
from orchestration.reports.reader import PublishedMarts

LISTS = (
    (
        "stages",
        "fct_stage_events",
        ("stage", "sequence", "entered_at", "left_at", "direction", "is_re_entry", "source_stage", "source_record_key"),
        "entered_at, sequence",
    ),
    (
        "handovers",
        "fct_handovers",
        (
            "episode", "handover_type", "band", "score", "handed_over_at", "accepted_at", "ended_at", "outcome", "return_reason",
            "owner_id", "definition_version", "source_record_key",
        ),
        "episode",
    ),
    (
        "clocks",
        "fct_sla_clocks",
        (
            "clock", "episode", "started_at", "due_at", "stopped_at", "clock_minutes", "target_minutes", "limit_minutes", "state",
            "cause", "owner_id", "definition_version",
        ),
        "episode, started_at, clock",
    ),
    (
        "scores",
        "fct_lead_scores",
        ("scorer", "moment", "scored_at", "score", "band", "probability", "gate_failed", "definition_version", "model_version"),
        "scored_at, scorer, moment",
    ),
    (
        "score_points",
        "fct_lead_score_points",
        ("scorer", "moment", "criterion", "level", "points", "is_missing"),
        "scorer, moment, criterion",
    ),
)  # fmt: skip
"""Part, mart, columns and order of what a lead has many of."""


def open_lead(marts: PublishedMarts, lead_id: str) -> Explanation:
    """Raises ExplainError for an id that no lead has."""
    lead = record_of(marts, "lead", lead_id)
    lists = [
        Listing(
            name,
            columns,
            marts.rows(
                f"select {', '.join(columns)} from {table} where lead_id = $id order by {order}", {"id": lead_id}
            ),
        )
        for name, table, columns, order in LISTS
        if marts.has(table)
    ]
    journeys = open_conversions(marts, conversions_of(marts, "lead_id", lead_id))
    return Explanation(
        "lead", lead_id, [Facts("lead", lead), *lists, *journeys.parts], [*_scores(marts, lead_id), *journeys.checks]
    )


def _scores(marts: PublishedMarts, lead_id: str) -> list[Check]:
    """The score of the matrix is the sum of its points (D20); a learned score is no sum."""
    if not marts.has("fct_lead_scores", "fct_lead_score_points"):
        return []
    rows = marts.rows(
        """
        select scores.scorer, scores.moment, scores.score, sum(points.points) as points
        from fct_lead_scores as scores
        inner join fct_lead_score_points as points
            on scores.lead_id = points.lead_id and scores.scorer = points.scorer and scores.moment = points.moment
        where scores.lead_id = $id and scores.scorer = 'matrix'
        group by scores.scorer, scores.moment, scores.score
        order by scores.moment
        """,
        {"id": lead_id},
    )
    return [Check("points", f"{row['scorer']} · {row['moment']}", row["score"], row["points"]) for row in rows]
