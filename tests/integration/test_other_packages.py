"""The ledger beside two well-known packages on the same generated paths, each in an environment of its own (`make verify`).

Where a package is exact (rules; the chain of marketing-attribution-models) the figures are the same. ChannelAttribution draws
paths from its chain, so its removal effects are compared within what a million draws leave to chance.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.packages_speed import PACKAGES
from tests.unit.attribution.ledger_warehouse import LedgerWarehouse

pytestmark = pytest.mark.verify

LABELS = {
    "google_ads": "paid_search",
    "email": "email",
    "organic": "organic_search",
    "cold_call": "outbound",
    "affiliates": "affiliate",
}
PEOPLE = 600


def generated_paths() -> list[dict[str, Any]]:
    """Paths of one to six touches without a channel twice in a row; e-mail helps to convert and affiliates do not."""
    chance = random.Random(11)
    paths = []
    for person in range(PEOPLE):
        labels: list[str] = []
        for _ in range(chance.randint(1, 6)):
            labels.append(chance.choice([label for label in LABELS if labels[-1:] != [label]]))
        converts = chance.random() < 0.15 + 0.3 * ("email" in labels) - 0.1 * ("affiliates" in labels)
        paths.append({"id": f"p{person}", "channels": labels, "converted": converts})
    return paths


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("packages")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    (folder / "paths.json").write_text(json.dumps(generated_paths()), encoding="utf-8")
    script = Path(__file__).with_name("other_packages.py")
    done = subprocess.run(
        [str(python), str(script), str(folder / "paths.json")], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """Model → label → conversions, and the removal effects, through the whole ledger."""
    warehouse = LedgerWarehouse(tmp_path_factory.mktemp("ledger") / "onefunnel.duckdb")
    starts = datetime(2026, 2, 1)
    for path in generated_paths():
        for number, label in enumerate(path["channels"]):
            warehouse.add(
                "touches",
                touch_id=f"{path['id']}-{number}",
                person_id=path["id"],
                occurred_at=f"{starts + timedelta(days=number):%Y-%m-%d %H:%M:%S}",
                channel_label=label,
            )
        if path["converted"]:
            warehouse.add(
                "conversions",
                conversion_id=path["id"],
                person_id=path["id"],
                converted_at=f"{starts + timedelta(days=30):%Y-%m-%d %H:%M:%S}",
                kind="imported",
            )
    channels = {channel: label for label, channel in LABELS.items()}
    with warehouse.build(["+fct_touches"], after_python=["rpt_attribution_by_channel"]) as connection:
        report = connection.execute(
            "select attribution_model, channel, sum(credited_conversions) from marts.rpt_attribution_by_channel "
            "where month_basis = 'conversion' and conversion_kind = 'imported' group by all"
        ).fetchall()
        effects = connection.execute(
            "select channel, removal_effect from ml.removal_effects where conversion_kind = 'imported'"
        ).fetchall()
    found: dict[str, dict[str, float]] = {"effects": {channels[name]: float(effect) for name, effect in effects}}
    for model, channel, conversions in report:
        found.setdefault(model, {})[channels[channel]] = float(conversions)
    return found


@pytest.mark.parametrize("rule", ["first", "last", "linear"])
def test_rules_give_what_channelattribution_gives(
    ours: dict[str, dict[str, float]], theirs: dict[str, Any], rule: str
) -> None:
    assert ours[rule] == pytest.approx(theirs["ChannelAttribution"][rule], abs=1e-6)


def test_the_chain_is_that_of_marketing_attribution_models(
    ours: dict[str, dict[str, float]], theirs: dict[str, Any]
) -> None:
    exact = theirs["marketing-attribution-models"]
    assert ours["effects"] == pytest.approx(exact["removal_effects"], abs=1e-9)


def test_a_simulated_chain_comes_near_the_exact_one(ours: dict[str, dict[str, float]], theirs: dict[str, Any]) -> None:
    """A million draws that convert in a quarter of cases leave 0.0017 of an effect of a half to chance (one standard error)."""
    assert ours["effects"] == pytest.approx(theirs["ChannelAttribution"]["removal_effects"], abs=0.007)


def test_a_simulated_chain_that_gives_up_long_paths_loses_effects(
    ours: dict[str, dict[str, float]], theirs: dict[str, Any]
) -> None:
    """Its default: paths that loop are given up after the longest observed one, so what a channel loses is told too small."""
    by_default = theirs["ChannelAttribution"]["removal_effects_by_default"]
    assert all(by_default[label] < effect - 0.03 for label, effect in ours["effects"].items())


def test_within_a_journey_a_channel_met_twice_counts_once_here_and_twice_there(
    ours: dict[str, dict[str, float]], theirs: dict[str, Any]
) -> None:
    """D55 splits over distinct channels, that package over touches: the totals are the same, their split is not."""
    there = theirs["marketing-attribution-models"]["within_journeys"]
    assert sum(ours["markov"].values()) == pytest.approx(sum(there.values()), abs=1e-6)
    assert ours["markov"] != pytest.approx(there, abs=0.5)
