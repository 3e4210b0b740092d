"""Random companies through the compiled ledger, against an independent reference in exact fractions.

Hypothesis draws the companies; all of them go through one dbt run, because a run costs twenty seconds and a journey
nothing. The reference is written from DEFINITIONS D51–D57 with fractions and lists, and shares no formula with the SQL:
shares are given touch by touch, nothing is in closed form. Time decay takes its parts from 60-digit decimals.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.unit.attribution.ledger_warehouse import LedgerWarehouse

WON = datetime(2026, 6, 1, 12, 0, 0)
HOUR = 3600


@dataclass(frozen=True)
class Model:
    """A row of `attribution_models`; shares per mille: first, lead created, opportunity created, last, rest."""

    name: str
    rule: str
    shares: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    half_life: int | None = None
    lookback: int = 365


MODELS = (
    Model("first", "first"),
    Model("last", "last", lookback=30),
    Model("last_non_direct", "last_non_direct"),
    Model("linear", "linear"),
    Model("u_shaped", "anchored", (400, 0, 0, 400, 200)),
    Model("w_shaped", "anchored", (300, 300, 300, 0, 100)),
    Model("full_path", "anchored", (225, 225, 225, 225, 100)),
    Model("lopsided", "anchored", (7, 501, 0, 13, 0), lookback=30),
    Model("milestones_only", "anchored", (0, 333, 667, 0, 0)),
    Model("time_decay", "time_decay", half_life=30),
    Model("time_decay_week", "time_decay", half_life=7, lookback=30),
)


@dataclass(frozen=True)
class Touch:
    age: int
    sequence: int | None
    is_direct: bool


@dataclass(frozen=True)
class Journey:
    """A won deal of one person; ages are seconds before the win and may be negative."""

    touches: tuple[Touch, ...]
    amount: int
    lead_age: int | None
    opportunity_age: int | None


ages = st.one_of(
    st.integers(-2, 400 * 24).map(lambda hours: hours * HOUR),
    st.sampled_from([0, -1, 1, 30 * 86400, 30 * 86400 + 1, 365 * 86400, 365 * 86400 + 1]),
)
journeys = st.builds(
    Journey,
    touches=st.lists(
        st.builds(Touch, age=ages, sequence=st.none() | st.integers(1, 3), is_direct=st.booleans()), max_size=12
    ).map(tuple),
    amount=st.one_of(st.integers(0, 20), st.integers(0, 10**9), st.just(10**15 + 7)),
    lead_age=st.none() | ages,
    opportunity_age=st.none() | ages,
)


def ordered_touches(journey: Journey, lookback: int) -> list[tuple[int, Touch]]:
    """Numbers and touches of the window in journey order (D51): older first, then the source's order, then the id."""
    inside = [(number, touch) for number, touch in enumerate(journey.touches) if 0 <= touch.age <= lookback * 86400]
    return sorted(inside, key=lambda item: (-item[1].age, item[1].sequence or 0, f"T{item[0]:02d}"))


def milestone(touches: list[tuple[int, Touch]], age: int | None) -> int | None:
    """Index of the last touch at or before a milestone; None when it is missing in any of the ways of D53."""
    if age is None or age < 0:
        return None
    earlier = [index for index, (_, touch) in enumerate(touches) if touch.age >= age]
    return earlier[-1] if earlier else None


def weights(model: Model, journey: Journey, touches: list[tuple[int, Touch]]) -> list[Fraction]:
    """Exact weights of a journey of at least one touch under a model (D53, D54)."""
    count = len(touches)
    linear = [Fraction(1, count)] * count

    def only(index: int) -> list[Fraction]:
        return [Fraction(int(position == index)) for position in range(count)]

    if model.rule == "first":
        return only(0)
    if model.rule == "last":
        return only(count - 1)
    if model.rule == "last_non_direct":
        other = [index for index, (_, touch) in enumerate(touches) if not touch.is_direct]
        return only(other[-1] if other else count - 1)
    if model.rule == "linear":
        return linear
    if model.rule == "time_decay":
        assert model.half_life is not None
        parts = []
        with localcontext() as context:
            context.prec = 60
            for _, touch in touches:
                exact = Decimal(2) ** (Decimal(30) - Decimal(touch.age) / (Decimal(model.half_life) * 86400))
                parts.append(max(1, int(exact.to_integral_value(rounding="ROUND_HALF_UP"))))
        return [Fraction(part, sum(parts)) for part in parts]

    first, lead, opportunity, last, rest = model.shares
    found = {
        "first": (first, 0),
        "lead": (lead, milestone(touches, journey.lead_age)),
        "opportunity": (opportunity, milestone(touches, journey.opportunity_age)),
        "last": (last, count - 1),
    }
    anchors = [(share, index) for share, index in found.values() if share and index is not None]
    milestones = [index for share, index in (found["lead"], found["opportunity"]) if share]
    if milestones and all(index is None for index in milestones) and count > 1:
        return linear
    result = [Fraction(0)] * count
    for share, index in anchors:
        result[index] += share
    without = [index for index in range(count) if index not in {index for _, index in anchors}]
    for index in without:
        result[index] += Fraction(rest, len(without))
    total = sum(result)
    return [weight / total for weight in result] if total else linear


def floors(amount: int, shares: list[Fraction]) -> list[int]:
    """Cumulative floors (D57)."""
    running, before, result = Fraction(0), 0, []
    for share in shares:
        running += share
        through = (amount * running).__floor__()
        result.append(through - before)
        before = through
    return result


@pytest.fixture(scope="module")
def companies() -> list[Journey]:
    """A few hundred journeys drawn by Hypothesis with a fixed seed."""
    drawn: list[Journey] = []

    @seed(20260601)
    @settings(
        max_examples=400, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(journeys)
    def draw(journey: Journey) -> None:
        drawn.append(journey)

    draw()
    return drawn


def text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def test_random_journeys_get_the_credits_of_an_independent_reference(companies: list[Journey], tmp_path: Path) -> None:
    assert len(companies) >= 300
    warehouse = LedgerWarehouse(tmp_path / "onefunnel.duckdb")
    names = ("first_share", "lead_created_share", "opportunity_created_share", "last_share", "rest_share")
    warehouse.definitions["attribution_models"] = [
        {
            "attribution_model": model.name,
            "rule": model.rule,
            **dict(zip(names, model.shares, strict=True)),
            "half_life_days": model.half_life,
            "lookback_days": model.lookback,
            "is_enabled": "true",
            "valid_from": "2000-01-01",
        }
        for model in MODELS
    ]
    for number, journey in enumerate(companies):
        lead_id = None
        if journey.lead_age is not None:
            lead_id = f"L{number}"
            warehouse.add(
                "leads",
                lead_id=lead_id,
                person_id=f"P{number}",
                created_at=text(WON - timedelta(seconds=journey.lead_age)),
            )
        opportunity = (
            None if journey.opportunity_age is None else text(WON - timedelta(seconds=journey.opportunity_age))
        )
        warehouse.add(
            "deals",
            deal_id=f"D{number}",
            lead_id=lead_id,
            person_id=f"P{number}",
            created_at=opportunity,
            status="won",
            won_at=text(WON),
            amount_minor=journey.amount,
            currency="RUB",
        )
        for index, touch in enumerate(journey.touches):
            warehouse.add(
                "touches",
                touch_id=f"D{number}-T{index:02d}",
                person_id=f"P{number}",
                kind="visit",
                source_sequence=touch.sequence,
                occurred_at=text(WON - timedelta(seconds=touch.age)),
                channel_label=None if touch.is_direct else "cold_call",
            )

    found: dict[tuple[str, str], dict[str | None, tuple[int, Decimal]]] = defaultdict(dict)
    with warehouse.build(
        ["+fct_attribution_credits", "+fct_touches", "+fct_conversions", "+dim_channels"]
    ) as connection:
        rows = connection.execute(
            "select conversion_id, attribution_model, touch_id, credited_minor, weight from "
            "marts.fct_attribution_credits where conversion_kind = 'won'"
        ).fetchall()
    for conversion_id, model_name, touch_id, credit, weight in rows:
        found[conversion_id, model_name][touch_id] = (credit, weight)

    for number, journey in enumerate(companies):
        for model in MODELS:
            touches = ordered_touches(journey, model.lookback)
            expected: dict[str | None, tuple[int, Decimal]] = {None: (journey.amount, Decimal(1))}
            if touches:
                shares = weights(model, journey, touches)
                money, units = floors(journey.amount, shares), floors(10**12, shares)
                expected = {
                    f"D{number}-T{index:02d}": (credit, Decimal(unit) / 10**12)
                    for (index, _), credit, unit, share in zip(touches, money, units, shares, strict=True)
                    if share > 0
                }
            assert found[f"won:D{number}", model.name] == expected, (model.name, journey)
