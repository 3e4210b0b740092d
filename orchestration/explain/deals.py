"""A deal: its facts, its money, the journey that led to it and what every model makes of it."""

from __future__ import annotations

from orchestration.explain.explanation import Explanation, Facts
from orchestration.explain.journeys import conversions_of, open_conversions
from orchestration.explain.subjects import record_of
from orchestration.reports.reader import PublishedMarts


def open_deal(marts: PublishedMarts, deal_id: str) -> Explanation:
    """Raises ExplainError for an id that no deal has."""
    deal = record_of(marts, "deal", deal_id)
    journeys = open_conversions(marts, conversions_of(marts, "deal_id", deal_id))
    return Explanation("deal", deal_id, [Facts("deal", deal), *journeys.parts], journeys.checks)
