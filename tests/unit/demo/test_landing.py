"""The door finds in the synthetic company's exports exactly the faults that were planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.exports import ExportSummary, World
from orchestration.contracts import load_contracts
from orchestration.landing import Lake
from orchestration.settings import DEFAULT_DEFINITIONS
from orchestration.sources.definitions import load_currencies
from orchestration.sources.files.load import StreamResult, land_stream
from orchestration.sources.files.mapping import load_mapping

MAPPINGS = sorted((Path(__file__).resolve().parents[3] / "demo" / "company" / "mappings").glob("*.yml"))


@pytest.fixture(scope="module")
def landed(summary: ExportSummary, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], StreamResult]:
    """Result of every stream, by source and stream."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    contracts, currencies = load_contracts(), load_currencies(DEFAULT_DEFINITIONS)
    results = {}
    for path in MAPPINGS:
        mapping = load_mapping(path, {"ONEFUNNEL_DEMO_EXPORTS": str(summary.folder)})
        for name in mapping.streams:
            (results[mapping.source, name],) = land_stream(
                lake,
                mapping,
                name,
                contracts=contracts,
                currencies=currencies,
                company_time_zone="Europe/Moscow",
                contact_key=b"a key of the tests, long enough to be accepted",
            )
    return results


def test_rows_kept_out_are_the_planted_ones(
    landed: dict[tuple[str, str], StreamResult], summary: ExportSummary
) -> None:
    for (source, stream), result in landed.items():
        assert dict(result.reasons) == summary.planted_in(source, stream), f"{source}/{stream}"


def test_values_lost_are_the_planted_ones(landed: dict[tuple[str, str], StreamResult], summary: ExportSummary) -> None:
    for (source, stream), result in landed.items():
        assert dict(result.null_values) == summary.planted_in(source, stream, "value"), f"{source}/{stream}"


def test_every_record_is_landed_or_kept_out(
    landed: dict[tuple[str, str], StreamResult], summary: ExportSummary
) -> None:
    assert sum(result.rows_in for result in landed.values()) == sum(summary.files.values())
    assert all(result.rows_in == result.rows + result.quarantined for result in landed.values())


def _money(result: StreamResult, field: str) -> dict[str, int]:
    """Currency → sum in minor units of a landed money field."""
    assert result.pull is not None
    return {
        total["currency"]: int(total["minor"])
        for fill in result.pull.fills
        for total in fill["money"]
        if total["field"] == field
    }


def test_money_arrives_to_the_minor_unit(landed: dict[tuple[str, str], StreamResult], world: World) -> None:
    payments, deals = world.sales.payments, world.sales.deals
    assert _money(landed["demo_crm", "payments"], "amount_minor") == {"RUB": int(payments.amount.sum())}
    rial = int(deals.amount[deals.is_branch].sum())
    assert _money(landed["demo_tehran", "deals"], "amount_minor") == {"IRR": rial}
    cost = world.journeys.delivery.cost
    ads = [landed["demo_ads", name] for name in ("yandex_direct_daily", "vk_ads_daily")]
    assert sum(_money(result, "cost_net_minor")["RUB"] for result in ads) == int(cost.sum())
