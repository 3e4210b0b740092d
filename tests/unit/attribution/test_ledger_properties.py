"""Random companies through the compiled ledger, against an independent reference in exact fractions.

Hypothesis draws the companies; all of them go through one dbt run, because a run costs twenty seconds and a journey
nothing. The reference is written from DEFINITIONS D51–D57 with fractions and lists, and shares no formula with the SQL:
shares are given touch by touch, nothing is in closed form. Time decay takes its parts from 60-digit decimals, the chains of Markov models
are solved by elimination in fractions.
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
from tests.unit.ml.test_markov import in_fractions, transitions_of

WON = datetime(2026, 6, 1, 12, 0, 0)
EVALUATED = datetime(2026, 7, 1)
HOUR = 3600


@dataclass(frozen=True)
class Model:
    """A row of `attribution_models`; shares per mille: first, lead created, opportunity created, last, rest."""

    name: str
    rule: str
    shares: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    half_life: int | None = None
    lookback: int = 365
    order: int | None = None
    transform: str | None = None
    drops_direct: bool = False


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
    Model("shapley", "shapley"),
    Model("markov", "markov"),
    Model("markov_of_three", "markov", order=3),
    Model("markov_without_direct", "markov", order=2, drops_direct=True, transform="exposure", lookback=30),
    Model("linear_once_a_channel", "linear", transform="unique"),
)

LEVELS = ("default", "person")

LABELS = {None: "direct", "cold_call": "outbound", "email": "email", "organic": "organic_search"}
"""What a source calls a channel, and the channel that the project's rules make of it; no label at all is a direct visit."""


@dataclass(frozen=True)
class Touch:
    age: int
    sequence: int | None
    label: str | None

    @property
    def channel(self) -> str:
        return LABELS[self.label]

    @property
    def is_direct(self) -> bool:
        return self.channel == "direct"


@dataclass(frozen=True)
class Journey:
    """A deal of one person, won or still open; ages are seconds before the instant of the wins and may be negative."""

    touches: tuple[Touch, ...]
    amount: int
    lead_age: int | None
    opportunity_age: int | None
    is_won: bool


ages = st.one_of(
    st.integers(-2, 400 * 24).map(lambda hours: hours * HOUR),
    st.sampled_from([0, -1, 1, 30 * 86400, 30 * 86400 + 1, 365 * 86400, 365 * 86400 + 1]),
)
journeys = st.builds(
    Journey,
    touches=st.lists(
        st.builds(Touch, age=ages, sequence=st.none() | st.integers(1, 3), label=st.sampled_from(list(LABELS))),
        max_size=12,
    ).map(tuple),
    amount=st.one_of(st.integers(0, 20), st.integers(0, 10**9), st.just(10**15 + 7)),
    lead_age=st.none() | ages,
    opportunity_age=st.none() | ages,
    is_won=st.sampled_from([True, True, True, False]),
)


def ordered_touches(journey: Journey, model: Model, until: int = 0) -> list[tuple[int, Touch]]:
    """Numbers and touches of the window in journey order (D51): older first, then the source's order, then the id; without what
    the model's way to read a path leaves out. The window ends `until` seconds after the instant of the wins."""
    inside = [
        (number, touch)
        for number, touch in enumerate(journey.touches)
        if 0 <= touch.age + until <= model.lookback * 86400
    ]
    inside.sort(key=lambda item: (-item[1].age, item[1].sequence or 0, f"T{item[0]:02d}"))
    if model.drops_direct and any(not touch.is_direct for _, touch in inside):
        inside = [(number, touch) for number, touch in inside if not touch.is_direct]
    kept: list[tuple[int, Touch]] = []
    for number, touch in inside:
        met = [other.channel for _, other in kept]
        if model.transform == "unique" and touch.channel in met:
            continue
        if model.transform == "exposure" and met[-1:] == [touch.channel]:
            continue
        kept.append((number, touch))
    return kept


def exposure_of(journey: Journey, model: Model, until: int) -> tuple[str, ...]:
    return tuple(touch.channel for _, touch in ordered_touches(journey, model, until))


def effects_of(model: Model, companies: list[Journey]) -> dict[str, int]:
    """Removal effect of every channel in parts of 2^30, from all paths: won ones and those of whom nothing was won (D55)."""
    until = int((EVALUATED - WON).total_seconds())
    paths = [
        (channels, journey.is_won)
        for journey in companies
        if (channels := exposure_of(journey, model, 0 if journey.is_won else until))
    ]
    counts = transitions_of(paths, model.order or 1)
    whole = in_fractions(counts, None)
    return {
        channel: round(round(1 - in_fractions(counts, channel) / whole, 12) * 2**30)
        for channel in sorted({channel for channels, _ in paths for channel in channels})
    }


def split_over_channels(amount: int, touches: list[tuple[int, Touch]], effects: dict[str, int] | None) -> list[int]:
    """Over the channels in the order of their first touch, then each channel's share over its touches (D54, D57)."""
    channels = list(dict.fromkeys(touch.channel for _, touch in touches))
    parts = [effects[channel] for channel in channels] if effects and any(effects[c] for c in channels) else []
    shares = [Fraction(part, sum(parts)) for part in parts] or [Fraction(1, len(channels))] * len(channels)
    left = {}
    for channel, credit in zip(channels, floors(amount, shares), strict=True):
        of_channel = [number for number, touch in touches if touch.channel == channel]
        equal = [Fraction(1, len(of_channel))] * len(of_channel)
        left |= dict(zip(of_channel, floors(credit, equal), strict=True))
    return [left[number] for number, _ in touches]


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
            "markov_order": model.order,
            "path_transform": model.transform,
            "drops_direct": "true" if model.drops_direct else None,
            "valid_from": "2000-01-01",
        }
        for model in MODELS
    ]
    warehouse.definitions["conversion_levels"] = [
        {"conversion_kind": "won", "journey_level": "person", "is_stored": "true", "valid_from": "2000-01-01"}
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
            status="won" if journey.is_won else "open",
            won_at=text(WON) if journey.is_won else None,
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
                channel_label=touch.label,
            )

    found: dict[tuple[str, str, str], dict[str | None, tuple[int, Decimal]]] = defaultdict(dict)
    with warehouse.build(
        ["+fct_touches", "+fct_conversions", "+dim_channels"], after_python=["fct_attribution_credits"]
    ) as connection:
        rows = connection.execute(
            "select conversion_id, attribution_model, level_asked, touch_id, credited_minor, weight from "
            "marts.fct_attribution_credits where conversion_kind = 'won'"
        ).fetchall()
        channels = connection.execute("select distinct channel from marts.fct_touches").fetchall()
    assert {channel for (channel,) in channels} == set(LABELS.values())
    for conversion_id, model_name, level, touch_id, credit, weight in rows:
        found[conversion_id, model_name, level][touch_id] = (credit, weight)

    effects = {model.name: effects_of(model, companies) for model in MODELS if model.rule == "markov"}
    assert all(0 < part < 2**30 for parts in effects.values() for part in parts.values())
    for number, journey in enumerate(companies):
        if not journey.is_won:
            assert not any(found.get((f"won:D{number}", model.name, level)) for model in MODELS for level in LEVELS)
            continue
        for model in MODELS:
            touches = ordered_touches(journey, model)
            expected: dict[str | None, tuple[int, Decimal]] = {None: (journey.amount, Decimal(1))}
            if touches and model.rule in ("markov", "shapley"):
                money, units = (
                    split_over_channels(amount, touches, effects.get(model.name)) for amount in (journey.amount, 10**12)
                )
                expected = {
                    f"D{number}-T{index:02d}": (credit, Decimal(unit) / 10**12)
                    for (index, _), credit, unit in zip(touches, money, units, strict=True)
                }
            elif touches:
                shares = weights(model, journey, touches)
                money, units = floors(journey.amount, shares), floors(10**12, shares)
                expected = {
                    f"D{number}-T{index:02d}": (credit, Decimal(unit) / 10**12)
                    for (index, _), credit, unit, share in zip(touches, money, units, shares, strict=True)
                    if share > 0
                }
            # every deal has one person, so what the deal's level says holds at that of the person too
            for level in LEVELS:
                assert found[f"won:D{number}", model.name, level] == expected, (model.name, level, journey)
