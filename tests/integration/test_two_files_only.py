"""Who has touches and conversions only gets the whole ledger: two files, `onefunnel map`, `onefunnel run`, nothing edited."""

from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from tests.conftest import onefunnel

CHANNELS = {
    "google_ads": "paid_search",
    "email": "email",
    "organic": "organic_search",
    "direct": "direct",
    "affiliates": "affiliate",
}


def _write(file: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])


@pytest.mark.verify
def test_the_credits_of_two_mapped_files_are_those_counted_from_the_files(tmp_path: Path) -> None:
    """Some people convert twice and most never; the last touch and the equal split are counted here from the files alone."""
    chance = random.Random(7)
    touches: list[tuple[str, str, str]] = []
    conversions: list[tuple[str, str, str, str]] = []
    for person in range(300):
        now = datetime(2026, 1, 1) + timedelta(days=chance.random() * 100)
        for _ in range(chance.choice((1, 1, 2))):
            for _ in range(chance.randint(1, 5)):
                now += timedelta(seconds=chance.randint(60, 400_000))
                touches.append((f"u{person}", f"{now:%Y-%m-%d %H:%M:%S}", chance.choice(list(CHANNELS))))
            if chance.random() < 0.3:
                now += timedelta(hours=1)
                value = f"{chance.randint(10, 900)}.50"
                conversions.append((f"c{len(conversions)}", f"u{person}", f"{now:%Y-%m-%d %H:%M:%S}", value))
    _write(tmp_path / "touches.csv", ("person", "time", "channel"), touches)
    _write(tmp_path / "conversions.csv", ("conversion", "person", "time", "value"), conversions)

    given = ("--currency", "EUR", "--time-zone", "UTC", "--source", "shop")
    mapped = onefunnel("map", str(tmp_path / "touches.csv"), str(tmp_path / "conversions.csv"), *given, home=tmp_path)
    assert mapped.returncode == 0, mapped.stdout + mapped.stderr
    run = onefunnel("run", "--config", str(tmp_path / "onefunnel.yml"), home=tmp_path / "var")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]

    last: Counter[str] = Counter()
    linear: dict[str, Fraction] = defaultdict(Fraction)
    revenue: dict[str, int] = {}
    for conversion, person, converted_at, value in conversions:
        path = [(time, channel) for who, time, channel in touches if who == person and time <= converted_at]
        path.sort()
        last[CHANNELS[path[-1][1]]] += 1
        for _, channel in path:
            linear[CHANNELS[channel]] += Fraction(1, len(path))
        revenue[conversion] = int(value.replace(".", ""))

    with duckdb.connect(str(tmp_path / "var/published/current/onefunnel.duckdb"), read_only=True) as marts:
        found = marts.execute(
            "select attribution_model, channel, sum(weight * conversion_count) from marts.fct_attribution_credits "
            "group by all having attribution_model in ('last', 'linear')"
        ).fetchall()
        models = marts.execute("select count(distinct attribution_model) from marts.fct_attribution_credits").fetchone()
        money = marts.execute(
            "select distinct conversion_id, sum(credited_minor) from marts.fct_attribution_credits "
            "group by conversion_id, attribution_model"
        ).fetchall()
    assert {channel: int(weight) for model, channel, weight in found if model == "last"} == last
    assert {channel: float(weight) for model, channel, weight in found if model == "linear"} == pytest.approx(
        {channel: float(weight) for channel, weight in linear.items()}, abs=1e-9
    )
    assert models == (10,)
    assert {conversion.removeprefix("imported:"): minor for conversion, minor in money} == revenue
    assert len(money) == len(conversions)
