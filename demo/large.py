"""A company of millions of touches for benchmarks, written straight into the lake, and its truth.

Only what attribution needs exists here: people with one journey each, and for a quarter of them (hence on a quarter of
the touches) a lead, a won deal and its payment. The causes are those of `demo.company`, with nothing but the channel in
them: the channel that created the demand decides how likely a journey is to convert, the channels on its way back do
not. Everything is drawn in slabs of columns, so memory does not grow with the number of touches.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from demo.company import (
    CAMPAIGNS,
    CHANNEL_NAMES,
    ENDS_AT,
    HARVESTING,
    NO_CHANNEL,
    STARTS_AT,
    WITHOUT_CHANNEL_EFFECT,
    win_probability,
)
from demo.exports.marketing import REFERRERS, TAGS
from demo.journeys import UNPROMPTED
from demo.mixes import DEFAULT_MIX, Mix
from demo.randomness import Flags, Floats, Ints, Times, generator_for, later, lognormal, seconds
from orchestration.clock import from_text
from orchestration.landing import Lake, PullWriter

SOURCE = "demo_large"
OBSERVED_AT = from_text("2026-07-01T03:00:00Z")
MEAN_TOUCHES = 5
CONVERTING_SHARE = 0.25
"""Share of journeys that convert. Their length does not depend on it, so it is the share of touches too."""
SLAB_JOURNEYS = 200_000
MEDIAN_AMOUNT, AMOUNT_SPREAD = 600_000.0, 0.5
"""Roubles a contract, VAT included, and the spread of their logarithm."""

CONTRACTS = {
    "touches": (
        "touch_id",
        "person_id",
        "occurred_at",
        "kind",
        "direction",
        "is_automated",
        "team",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "referrer_domain",
    ),
    "people": ("person_id", "account_id", "created_at"),
    "leads": ("lead_id", "person_id", "account_id", "created_at", "is_duplicate", "is_test"),
    "deals": (
        "deal_id",
        "lead_id",
        "person_id",
        "account_id",
        "created_at",
        "won_at",
        "status",
        "amount_minor",
        "currency",
        "amounts_include_vat",
    ),
    "payments": (
        "payment_id",
        "deal_id",
        "person_id",
        "account_id",
        "paid_at",
        "amount_minor",
        "currency",
        "amounts_include_vat",
    ),
}
"""Contract → the fields that are filled; the first is the key of the raw record."""


@dataclass(frozen=True)
class LargeChannelTruth:
    """What would be missing without a channel: expected conversions and expected revenue in kopecks."""

    channel: str
    incremental_wins: float
    incremental_revenue_minor: int


@dataclass(frozen=True)
class LargeCompany:
    """What was written. channels: in the order of `demo.company.CHANNELS`."""

    touches: int
    converting_touches: int
    journeys: int
    deals: int
    revenue_minor: int
    channels: tuple[LargeChannelTruth, ...]


@dataclass(frozen=True)
class _Slab:
    """Some journeys. Per journey: demand, probability, is_won, amount (kopecks), first_at, last_at, won_at, paid_at.
    Per touch: journey (position in the slab), channel, occurred_at."""

    demand: Ints
    probability: Floats
    is_won: Flags
    amount: Ints
    first_at: Times
    last_at: Times
    won_at: Times
    paid_at: Times
    journey: Ints
    channel: Ints
    occurred_at: Times


@dataclass
class _Stream:
    """The open pull of one contract."""

    contract: str
    writer: PullWriter
    rows: int = 0
    money: int = 0
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = CONTRACTS[self.contract]

    def write(self, values: Mapping[str, pa.Array | str]) -> None:
        """Write rows; a text stands for a column that is the same everywhere."""
        count = next(len(value) for value in values.values() if not isinstance(value, str))
        arrays = {
            name: pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, dtype=np.int8)), pa.array([value]))
            if isinstance(value, str)
            else value
            for name, value in {**values, f"{self.contract}__is_filled": "true"}.items()
        }
        self.writer.write(pa.table({"_key": arrays[self.columns[0]], **arrays}))
        self.rows += count

    def close(self) -> None:
        """Say what the pull fills; it is committed when its block is left."""
        fill = {
            "contract": self.contract,
            "name": self.contract,
            "columns": {name: name for name in self.columns},
            "rows_filled": self.rows,
            "rows_skipped": 0,
            "money": [{"field": "amount_minor", "currency": "RUB", "minor": str(self.money)}] if self.money else [],
        }
        self.writer.describe(rows_in=self.rows, fills=[fill])


def land_large(lake: Lake, touches: int, *, seed: int = 7, mix: Mix = DEFAULT_MIX) -> LargeCompany:
    """Write a company with so many touches into the lake as one pull a contract, and tell its truth.

    The same touches, seed and mix give the same rows.

    Raises:
        ValueError: fewer than one touch.
    """
    if touches < 1:
        raise ValueError(f"touches is {touches}; expected 1 or more")
    wins, revenue = np.zeros(len(CHANNEL_NAMES)), np.zeros(len(CHANNEL_NAMES))
    converting = journeys = deals = 0
    with ExitStack() as stack:
        streams = {
            contract: _Stream(
                contract,
                stack.enter_context(
                    lake.open_pull(
                        SOURCE,
                        contract,
                        columns=("_key", *columns, f"{contract}__is_filled"),
                        key_columns=columns[:1],
                        observed_at=OBSERVED_AT,
                    )
                ),
            )
            for contract, columns in CONTRACTS.items()
        }
        written = number = 0
        while written < touches:
            slab = _slab(generator_for(seed, f"large/{number}"), mix, touches - written)
            _write(streams, slab, journeys, written)
            created = slab.demand != NO_CHANNEL
            np.add.at(wins, slab.demand[created], slab.probability[created])
            mean_amount = MEDIAN_AMOUNT * mix.price_factor * 100 * np.exp(AMOUNT_SPREAD**2 / 2)
            np.add.at(revenue, slab.demand[created], slab.probability[created] * mean_amount)
            written += len(slab.journey)
            converting += int(slab.is_won[slab.journey].sum())
            journeys += len(slab.demand)
            deals += int(slab.is_won.sum())
            number += 1
        for stream in streams.values():
            stream.close()
    return LargeCompany(
        touches=written,
        converting_touches=converting,
        journeys=journeys,
        deals=deals,
        revenue_minor=streams["deals"].money,
        channels=tuple(
            LargeChannelTruth(name, float(wins[index]), round(revenue[index]))
            for index, name in enumerate(CHANNEL_NAMES)
        ),
    )


def _base_log_odds(mix: Mix) -> float:
    """Return the log-odds from which a company of this mix converts CONVERTING_SHARE of its journeys."""
    shares, effects = _demand(mix)
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(shares @ win_probability(middle + effects)) < CONVERTING_SHARE:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _demand(mix: Mix) -> tuple[Floats, Floats]:
    """Return share and effect of each channel's demand, the demand of no channel last."""
    shares = np.array([channel.demand_share for channel in mix.channels])
    effects = np.array([channel.effect for channel in mix.channels])
    return np.append(shares, 1.0 - shares.sum()), np.append(effects, WITHOUT_CHANNEL_EFFECT)


def _slab(rng: np.random.Generator, mix: Mix, most_touches: int) -> _Slab:
    """Draw journeys of at most so many touches."""
    lengths = 1 + rng.poisson(MEAN_TOUCHES - 1, SLAB_JOURNEYS)
    ends = np.cumsum(lengths)
    count = min(int(np.searchsorted(ends, most_touches)) + 1, SLAB_JOURNEYS)
    lengths = lengths[:count]
    lengths[-1] -= max(int(lengths.sum()) - most_touches, 0)
    starts = np.cumsum(lengths) - lengths
    journey = np.repeat(np.arange(count), lengths)
    order = np.arange(len(journey)) - starts[journey]

    shares, effects = _demand(mix)
    demand = rng.choice(len(shares), count, p=shares)
    probability = win_probability(_base_log_odds(mix) + effects[demand])
    demand = np.where(demand == len(CHANNEL_NAMES), NO_CHANNEL, demand)
    gaps = np.where(order > 0, rng.exponential(6.0, len(journey)), 0.0)
    elapsed = np.cumsum(gaps)
    elapsed = np.minimum(elapsed - elapsed[starts][journey], 100.0)
    room = ENDS_AT - STARTS_AT - np.timedelta64(200, "D")
    first_at = STARTS_AT + (room * rng.random(count)).astype("timedelta64[s]")
    occurred_at = later(first_at[journey], seconds(elapsed, "D"))
    last_at = occurred_at[starts + lengths - 1]
    won_at = later(last_at, seconds(np.minimum(lognormal(rng, 12.0, 0.5, count), 60.0), "D"))
    return _Slab(
        demand=demand,
        probability=probability,
        is_won=rng.random(count) < probability,
        amount=np.rint(lognormal(rng, MEDIAN_AMOUNT * mix.price_factor * 100, AMOUNT_SPREAD, count)).astype(np.int64),
        first_at=first_at,
        last_at=last_at,
        won_at=won_at,
        paid_at=later(won_at, seconds(np.minimum(rng.exponential(6.0, count), 30.0), "D")),
        journey=journey,
        channel=_channels(rng, mix, demand[journey], order == 0, order == lengths[journey] - 1),
        occurred_at=occurred_at,
    )


def _channels(rng: np.random.Generator, mix: Mix, demand: Ints, is_first: Flags, is_last: Flags) -> Ints:
    """Draw the channel of each touch: the first is the one that created the demand, the last often only harvests."""
    weights = np.cumsum([channel.revisit_weight for channel in mix.channels])
    back = np.searchsorted(weights / weights[-1], rng.random(len(demand)), side="right")
    own = (demand != NO_CHANNEL) & (rng.random(len(demand)) < 0.25)
    channel = np.where(own, demand, back)
    harvests = is_last & (rng.random(len(demand)) < mix.harvest_share)
    channel = np.where(harvests, np.array(HARVESTING)[rng.integers(0, len(HARVESTING), len(demand))], channel)
    unprompted = np.array(UNPROMPTED)[rng.integers(0, len(UNPROMPTED), len(demand))]
    return np.where(is_first, np.where(demand == NO_CHANNEL, unprompted, demand), channel)


def _write(streams: Mapping[str, _Stream], slab: _Slab, first_journey: int, first_touch: int) -> None:
    """Write a slab into the open pulls."""
    numbers = first_journey + np.arange(len(slab.demand))
    tags = _tags()
    streams["touches"].write(
        {
            "touch_id": _keys("t", first_touch + np.arange(len(slab.journey))),
            "person_id": _keys("p", numbers[slab.journey]),
            "occurred_at": _texts(slab.occurred_at),
            "kind": "visit",
            "direction": "incoming",
            "is_automated": "false",
            "team": "marketing",
            **{
                name: pa.DictionaryArray.from_arrays(pa.array(slab.channel.astype(np.int8)), pa.array(values))
                for name, values in tags.items()
            },
        }
    )
    people = {"person_id": _keys("p", numbers), "account_id": _keys("a", numbers)}
    streams["people"].write({**people, "created_at": _texts(slab.first_at)})
    won = np.flatnonzero(slab.is_won)
    if not len(won):
        return
    customers = {name: column.take(pa.array(won)) for name, column in people.items()}
    leads, deals = _keys("l", numbers[won]), _keys("d", numbers[won])
    money = {
        "amount_minor": pa.array(slab.amount[won]).cast(pa.string()),
        "currency": "RUB",
        "amounts_include_vat": "true",
    }
    created_at = _texts(slab.last_at[won])
    streams["leads"].write(
        {"lead_id": leads, **customers, "created_at": created_at, "is_duplicate": "false", "is_test": "false"}
    )
    streams["deals"].write(
        {
            "deal_id": deals,
            "lead_id": leads,
            **customers,
            "created_at": created_at,
            "won_at": _texts(slab.won_at[won]),
            "status": "won",
            **money,
        }
    )
    streams["payments"].write(
        {
            "payment_id": _keys("y", numbers[won]),
            "deal_id": deals,
            **customers,
            "paid_at": _texts(slab.paid_at[won]),
            **money,
        }
    )
    for name in ("deals", "payments"):
        streams[name].money += int(slab.amount[won].sum())


def _tags() -> dict[str, list[str | None]]:
    """Return what a touch of each channel shows of it: the tags of the channel's first campaign, or the referrer."""
    bought = [next((c for c in CAMPAIGNS if c.channel == name), None) for name in CHANNEL_NAMES]
    return {
        "utm_source": [TAGS[c.platform][0] if c else None for c in bought],
        "utm_medium": [TAGS[c.platform][1] if c else None for c in bought],
        "utm_campaign": [c.utm_campaign if c else None for c in bought],
        "referrer_domain": [REFERRERS[name][0] or None for name in CHANNEL_NAMES],
    }


def _keys(letter: str, numbers: NDArray[np.int64]) -> pa.Array:
    """Write numbers as keys of one kind of record."""
    return pc.binary_join_element_wise(letter, pa.array(numbers).cast(pa.string()), "")


def _texts(times: Times) -> pa.Array:
    """Write instants as the canonical text of the lake."""
    return pa.array(times.astype("datetime64[s]")).cast(pa.string())
