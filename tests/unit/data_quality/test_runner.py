"""The runner: what fails, how badly, for which rows; and that an error is never taken for a failure."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
import yaml

from data_quality.checks import Check, CheckResult
from data_quality.runner import CheckCouldNotRun, has_critical_failure, run_suite
from data_quality.suites import SUITES

CONTRACTS = Path(__file__).parents[3] / "dbt_project" / "models" / "contracts"
OBSERVED = datetime(2026, 7, 1, tzinfo=UTC)


def declared(contract: str) -> tuple[set[str], set[str], dict[str, list]]:  # type: ignore[type-arg]
    """Required columns, unique columns, and the tests of each column, as the contract's own YAML says."""
    document = yaml.safe_load((CONTRACTS / f"{contract}.yml").read_text(encoding="utf-8"))
    (model,) = document["models"]
    required: set[str] = set()
    unique: set[str] = set()
    for test in model["data_tests"]:
        for kind, options in test.items():
            required |= set(options["arguments"].get("filled", options["arguments"]["columns"]))
            unique |= set(options["arguments"]["columns"]) if kind == "key" else set()
    return required, unique, {column["name"]: column.get("data_tests", []) for column in model["columns"]}


def payments(**columns: list[str | None]) -> pd.DataFrame:
    rows = len(next(iter(columns.values()))) if columns else 3
    frame: dict[str, list[str | None]] = {
        "payment_id": [f"p{row}" for row in range(rows)],
        "paid_at": ["2026-05-05 10:00:00"] * rows,
        "amount_minor": ["100000"] * rows,
        "currency": ["RUB"] * rows,
        "source_system": ["bank"] * rows,
        "source_record_key": [f"bank/payments/{row}/1" for row in range(rows)],
    }
    return pd.DataFrame({**frame, **columns})


def failures(results: list[CheckResult]) -> dict[str, CheckResult]:
    return {result.name: result for result in results if not result.success}


def test_clean_rows_pass_every_check_and_refunds_are_clean() -> None:
    results = run_suite("payments", payments(amount_minor=["100", "-100", "0"]), observed_at=OBSERVED)
    assert failures(results) == {}
    assert [result.checked for result in results] == [3] * len(results)


def test_a_repeated_key_is_critical_and_names_the_rows() -> None:
    found = failures(run_suite("payments", payments(payment_id=["a", "b", "a"])))
    assert list(found) == ["payment_id_is_unique"]
    result = found["payment_id_is_unique"]
    assert (result.severity, result.failed) == ("critical", 2)
    assert result.failing_keys == ("bank/payments/0/1", "bank/payments/2/1")


def test_an_empty_required_field_is_critical() -> None:
    results = run_suite("payments", payments(amount_minor=["1", None, None]))
    assert failures(results)["amount_minor_is_filled"].failed == 2
    assert has_critical_failure(results)


def test_dates_before_1990_or_after_the_observation_are_warnings() -> None:
    days = ["1989-12-31 23:59:59", "1990-01-01 00:00:00", "2026-07-02 00:00:00", "2026-07-02 00:00:01"]
    results = run_suite("payments", payments(paid_at=list(days)), observed_at=OBSERVED)
    result = failures(results)["paid_at_is_plausible"]
    assert (result.severity, result.failed) == ("warning", 2)
    assert result.failing_keys == ("bank/payments/0/1", "bank/payments/3/1")
    assert not has_critical_failure(results)


def test_planned_dates_may_lie_in_the_future_but_not_before_1990() -> None:
    decisions = pd.DataFrame(
        {
            "decision_id": ["1", "2"],
            "decided_at": ["2026-06-01 00:00:00"] * 2,
            "decision": ["keep", "stop"],
            "due_on": ["2027-01-01", "1405-04-01"],
            "source_system": ["board"] * 2,
            "source_record_key": ["board/decisions/1/1", "board/decisions/2/1"],
        }
    )
    found = failures(run_suite("decisions", decisions, observed_at=OBSERVED))
    assert {name: result.failed for name, result in found.items()} == {"due_on_is_plausible": 1}


def test_negative_costs_and_unknown_teams_are_found() -> None:
    costs = pd.DataFrame(
        {
            "cost_id": ["1", "2"],
            "team": ["marketing", "it"],
            "started_on": ["2026-06-01"] * 2,
            "ended_on": ["2026-06-30"] * 2,
            "amount_minor": ["-1", "9223372036854775807"],
            "currency": ["IRR"] * 2,
            "source_system": ["ledger"] * 2,
            "source_record_key": ["ledger/costs/1/1", "ledger/costs/2/1"],
        }
    )
    found = failures(run_suite("costs", costs))
    assert {name: result.severity for name, result in found.items()} == {
        "team_is_known": "critical",
        "amount_minor_is_not_negative": "warning",
    }


def test_values_of_failing_rows_are_never_carried() -> None:
    results = run_suite("payments", payments(payment_id=["+7 999 123-45-67", "+7 999 123-45-67"]))
    assert "999" not in repr(results)


def test_at_most_twenty_failing_rows_are_named_and_all_are_counted() -> None:
    result = failures(run_suite("payments", payments(currency=[None] * 50)))["currency_is_filled"]
    assert (result.failed, len(result.failing_keys)) == (50, 20)


def test_a_filled_contract_without_rows_is_a_warning_and_an_unfilled_one_is_not() -> None:
    nothing = payments().head(0)
    assert {name: result.severity for name, result in failures(run_suite("payments", nothing)).items()} == {
        "has_rows": "warning"
    }
    assert failures(run_suite("payments", nothing, is_filled=False)) == {}


def test_an_absent_column_is_an_error_of_the_run_and_not_a_failed_check() -> None:
    with pytest.raises(CheckCouldNotRun, match=r"raw_files\.payments lacks column currency"):
        run_suite("payments", payments().drop(columns="currency"))


def test_a_value_outside_canonical_notation_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(CheckCouldNotRun, match=r"raw_files\.payments\.paid_at holds a value") as caught:
        run_suite("payments", payments(paid_at=["05.05.2026", "2026-05-05 10:00:00"]))
    assert "05.05.2026" not in str(caught.value)


def test_an_expectation_that_great_expectations_cannot_compute_raises() -> None:
    """GX reports success=False with an exception inside; here text is compared with a number."""
    broken = Check("broken", "warning", "ExpectColumnValuesToBeBetween", "", "currency", {"min_value": 0})
    with pytest.raises(CheckCouldNotRun, match="broken could not be computed"):
        run_suite("payments", payments(), suites={"payments": [broken]})


def test_usage_statistics_of_great_expectations_are_off() -> None:
    run_suite("payments", payments())
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def test_every_contract_has_a_suite() -> None:
    assert set(SUITES) == {path.stem for path in CONTRACTS.glob("*.yml")}


@pytest.mark.parametrize("contract", sorted(SUITES))
def test_a_suite_asks_for_the_keys_required_fields_and_lists_of_its_contract(contract: str) -> None:
    required, unique, tests = declared(contract)
    checks = SUITES[contract]
    of_kind = {
        kind: {check.column for check in checks if check.expectation == kind}
        for kind in (
            "ExpectColumnValuesToNotBeNull",
            "ExpectColumnValuesToBeUnique",
            "ExpectColumnValuesToBeInSet",
            "ExpectColumnValuesToBeBetween",
        )
    }
    assert of_kind["ExpectColumnValuesToNotBeNull"] == required
    assert of_kind["ExpectColumnValuesToBeUnique"] == unique
    lists = {
        name: test["accepted_values"]["arguments"]["values"]
        for name, found in tests.items()
        for test in found
        if isinstance(test, dict) and "accepted_values" in test
    }
    asked = {
        check.column: check.arguments["value_set"]
        for check in checks
        if check.expectation == "ExpectColumnValuesToBeInSet"
    }
    if contract == "touches":
        del lists["outcome"]
    assert {name: set(values) for name, values in asked.items()} == {
        name: set(values) for name, values in lists.items()
    }
    assert of_kind["ExpectColumnValuesToBeBetween"] <= set(tests)
    assert len({check.name for check in checks}) == len(checks)
