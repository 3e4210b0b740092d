"""The runner: what fails, how badly, for which rows; and that an error is never taken for a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from data_quality.checks import Check, CheckResult
from data_quality.runner import CheckCouldNotRun, columns_needed, has_critical_failure, run_suite
from data_quality.suites import SUITES
from orchestration.contracts import load_contracts

CONTRACTS = Path(__file__).parents[3] / "dbt_project" / "models" / "contracts"
OBSERVED = datetime(2026, 7, 1, tzinfo=UTC)


def declared(contract: str) -> tuple[set[str], set[str], dict[str, set[str]]]:
    """Required columns, unique columns, and the accepted values of each column, as the contract's own YAML says."""
    document = yaml.safe_load((CONTRACTS / f"{contract}.yml").read_text(encoding="utf-8"))
    (model,) = document["models"]
    required: set[str] = set()
    unique: set[str] = set()
    accepted: dict[str, set[str]] = {}
    for test in model["data_tests"]:
        for kind, options in test.items():
            required |= set(options["arguments"].get("filled", options["arguments"]["columns"]))
            unique |= set(options["arguments"]["columns"]) if kind == "key" else set()
            accepted |= {column: set(values) for column, values in options["arguments"].get("accepted", {}).items()}
    return required, unique, accepted


def table(**columns: list[str | None]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def payments(**columns: list[str | None]) -> pa.Table:
    rows = len(next(iter(columns.values()))) if columns else 3
    frame: dict[str, list[str | None]] = {
        "payment_id": [f"p{row}" for row in range(rows)],
        "paid_at": ["2026-05-05 10:00:00"] * rows,
        "amount_minor": ["100000"] * rows,
        "amount_vat_minor": [None] * rows,
        "currency": ["RUB"] * rows,
        "deal_id": ["d"] * rows,
        "account_id": [None] * rows,
        "person_id": [None] * rows,
        "source_system": ["bank"] * rows,
        "source_record_key": [f"bank/payments/{row}/1" for row in range(rows)],
    }
    return table(**{**frame, **columns})


def failures(results: list[CheckResult]) -> dict[str, CheckResult]:
    return {result.name: result for result in results if not result.success}


def test_clean_rows_pass_every_check_and_refunds_are_clean() -> None:
    results = run_suite("payments", payments(amount_minor=["100", "-100", "0"]), observed_at=OBSERVED)
    assert failures(results) == {}
    asked = {result.name: result.checked for result in results}
    assert asked.pop("currency_is_filled_when_amount_vat_minor_is_filled") == 0
    assert set(asked.values()) == {3}


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
    decisions = table(
        decision_id=["1", "2"],
        decided_at=["2026-06-01 00:00:00"] * 2,
        decision=["keep", "stop"],
        due_on=["2027-01-01", "1405-04-01"],
        campaign_id=[None] * 2,
        owner_id=[None] * 2,
        source_system=["board"] * 2,
        source_record_key=["board/decisions/1/1", "board/decisions/2/1"],
    )
    found = failures(run_suite("decisions", decisions, observed_at=OBSERVED))
    assert {name: result.failed for name, result in found.items()} == {"due_on_is_plausible": 1}


def test_negative_costs_and_unknown_teams_are_found() -> None:
    costs = table(
        cost_id=["1", "2"],
        team=["marketing", "it"],
        started_on=["2026-06-01"] * 2,
        ended_on=["2026-06-30"] * 2,
        amount_minor=["-1", "9223372036854775807"],
        currency=["IRR"] * 2,
        amount_vat_minor=[None] * 2,
        source_system=["ledger"] * 2,
        source_record_key=["ledger/costs/1/1", "ledger/costs/2/1"],
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
    nothing = payments().slice(0, 0)
    assert {name: result.severity for name, result in failures(run_suite("payments", nothing)).items()} == {
        "has_rows": "warning"
    }
    assert failures(run_suite("payments", nothing, filled=frozenset())) == {}


def test_an_absent_column_is_an_error_of_the_run_and_not_a_failed_check() -> None:
    with pytest.raises(CheckCouldNotRun, match=r"raw_files\.payments lacks column currency"):
        run_suite("payments", payments().drop_columns("currency"))


def test_a_value_outside_canonical_notation_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(CheckCouldNotRun, match=r"raw_files\.payments\.paid_at holds a value") as caught:
        run_suite("payments", payments(paid_at=["05.05.2026", "2026-05-05 10:00:00"]))
    assert "05.05.2026" not in str(caught.value)


def test_an_expectation_that_great_expectations_cannot_compute_raises() -> None:
    """GX reports success=False with an exception inside; here it looks for a date in numbers."""
    broken = Check(
        "broken", "warning", "ExpectColumnValuesToMatchStrftimeFormat", "", ("currency",), {"strftime_format": "%Y"}
    )
    with pytest.raises(CheckCouldNotRun, match=r"raw_files\.payments: broken could not be computed"):
        run_suite("payments", payments(), suites={"payments": [broken]})


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (Check("odd", "critical", "ExpectColumnsToSing", "", ("currency",)), "no expectation 'ExpectColumnsToSing'"),
        (Check("odd", "critical", "ExpectColumnValuesToBeBetween", "", ("currency",), {"min": 1}), "not a valid"),
        (Check("odd", "critical", "ExpectColumnValuesToNotBeNull", "", ("paid_on",)), "lacks column paid_on"),
    ],
)
def test_a_check_that_is_written_wrongly_is_an_error_that_names_it(broken: Check, message: str) -> None:
    with pytest.raises(CheckCouldNotRun, match=message) as caught:
        run_suite("payments", payments(), suites={"payments": [broken]})
    assert "raw_files.payments" in str(caught.value)
    assert "odd" in str(caught.value)


def deals(**columns: list[str | None]) -> pa.Table:
    """Three won deals of 1,000.00 each, created on 1 May and won on 1 June."""
    frame: dict[str, list[str | None]] = {
        "deal_id": ["d1", "d2", "d3"],
        "lead_id": ["l1", "l2", None],
        "owner_id": [None, None, None],
        "status": ["won", "won", "won"],
        "created_at": ["2026-05-01 00:00:00"] * 3,
        "won_at": ["2026-06-01 00:00:00"] * 3,
        "lost_at": [None, None, None],
        "amount_minor": ["100000"] * 3,
        "amount_vat_minor": [None, None, None],
        "currency": ["RUB"] * 3,
        "term_months": [None, None, None],
        "source_record_key": ["crm/deals/d1/1", "crm/deals/d2/1", "crm/deals/d3/1"],
    }
    return table(**{**frame, **columns})


LEADS = table(lead_id=["l2", "l1"], created_at=["2026-04-30 12:00:00", "2026-04-30 12:00:00"])


def test_a_deal_won_before_its_lead_is_a_warning_that_names_it() -> None:
    won = ["2026-04-30 11:59:59", "2026-04-30 12:00:00", "1999-01-01 00:00:00"]
    created: list[str | None] = ["1998-01-01 00:00:00"] * 3
    results = run_suite(
        "deals", deals(won_at=[*won], created_at=created), observed_at=OBSERVED, others={"leads": LEADS}
    )
    result = failures(results)["won_at_is_not_before_its_lead"]
    assert list(failures(results)) == ["won_at_is_not_before_its_lead"]
    assert (result.severity, result.checked, result.failed, result.failing_keys) == (
        "warning",
        2,
        1,
        ("crm/deals/d1/1",),
    )


def test_a_row_that_names_a_record_nobody_has_is_a_warning_where_the_other_contract_is_filled() -> None:
    rows = deals(lead_id=["l1", "l9", None])
    result = failures(run_suite("deals", rows, others={"leads": LEADS}))["lead_id_is_on_record"]
    assert (result.severity, result.checked, result.failed) == ("warning", 2, 1)
    assert result.failing_keys == ("crm/deals/d2/1",)
    assert failures(run_suite("deals", rows)) == {}


def test_an_amount_without_its_currency_is_critical_and_one_without_amount_is_not() -> None:
    rows = deals(currency=[None, None, "RUB"], amount_minor=["5", None, "5"])
    found = failures(run_suite("deals", rows))
    assert [(result.name, result.severity, result.checked, result.failing_keys) for result in found.values()] == [
        ("currency_is_filled_when_amount_minor_is_filled", "critical", 2, ("crm/deals/d1/1",))
    ]


def test_a_won_deal_without_its_date_and_one_lost_before_it_was_created_are_warnings() -> None:
    rows = deals(
        status=["won", "lost", "open"],
        won_at=[None, None, None],
        lost_at=[None, "2026-04-01 00:00:00", None],
    )
    assert {name: result.failing_keys for name, result in failures(run_suite("deals", rows)).items()} == {
        "won_at_is_filled_when_status_is_won": ("crm/deals/d1/1",),
        "lost_at_is_not_before_created_at": ("crm/deals/d2/1",),
    }


def test_negative_spend_and_a_mark_above_one_are_warnings() -> None:
    spend = table(
        **{column: ["x"] for column in ("performance_id", "platform", "campaign_id", "source_record_key", "currency")},
        **{column: ["0"] for column in ("impressions", "clicks", "claimed_conversions", "cost_gross_minor")},
        cost_net_minor=["-5"],
        date_on=["2026-06-01"],
    )
    found = failures(run_suite("ad_performance_daily", spend, observed_at=OBSERVED))
    assert {name: result.severity for name, result in found.items()} == {"cost_net_minor_is_not_negative": "warning"}


@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=40))
@settings(max_examples=25, deadline=None)
def test_the_rows_named_are_the_first_that_break_the_check(ids: list[str | None]) -> None:
    """Against plain Python: a key is broken by rows without it and by all rows that share it."""
    results = {result.name: result for result in run_suite("payments", payments(payment_id=ids))} if ids else {}
    if not results:
        return
    counts = Counter(ids)
    empty = [row for row, value in enumerate(ids) if value is None]
    shared = [row for row, value in enumerate(ids) if value is not None and counts[value] > 1]
    for name, rows in (("payment_id_is_filled", empty), ("payment_id_is_unique", shared)):
        assert results[name].failed == len(rows)
        assert results[name].failing_keys == tuple(f"bank/payments/{row}/1" for row in rows[:20])


def test_usage_statistics_of_great_expectations_are_off() -> None:
    run_suite("payments", payments())
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def test_a_process_whose_main_module_has_no_file_is_not_ended_by_an_import() -> None:
    """Runs that Dagster's page launches are such processes; Spark's Connect client, which GX imports, would end them."""
    pytest.importorskip("pyspark")
    program = (
        "import pyarrow as pa; from data_quality.runner import run_suite; "
        "names = ['owner_id', 'team', 'started_on', 'ended_on', 'source_record_key']; "
        "row = pa.table({name: pa.array(['o' if name.endswith(('_id', '_key')) else None], pa.string()) for name in names}); "
        "print([result.success for result in run_suite('owners', row, filled=frozenset())])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=CONTRACTS.parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[True, ")


def test_every_contract_has_a_suite() -> None:
    assert set(SUITES) == {path.stem for path in CONTRACTS.glob("*.yml")}


@pytest.mark.parametrize("contract", sorted(SUITES))
def test_a_suite_asks_for_the_keys_required_fields_and_lists_of_its_contract(contract: str) -> None:
    required, unique, lists = declared(contract)
    checks = SUITES[contract]

    def asked(expectation: str, *, always: bool = False) -> set[str]:
        return {
            check.columns[0]
            for check in checks
            if check.expectation == expectation
            and check.reading != "refers"
            and not (always and (check.when or len(check.columns) > 1 or check.severity == "warning"))
        }

    assert asked("ExpectColumnValuesToNotBeNull", always=True) == required
    assert asked("ExpectColumnValuesToBeUnique") == unique
    words = {
        check.columns[0]: set(check.arguments["value_set"])
        for check in checks
        if check.expectation == "ExpectColumnValuesToBeInSet" and check.reading == "text"
    }
    assert words == lists
    assert len({check.name for check in checks}) == len(checks)
    severities = {check.severity for check in checks}
    assert severities == {"critical", "warning"}


@pytest.mark.parametrize("contract", sorted(SUITES))
def test_a_suite_reads_columns_that_its_contracts_have_and_every_amount_has_its_currency(contract: str) -> None:
    contracts = load_contracts()
    for name, columns in columns_needed(contract, frozenset(SUITES)).items():
        assert set(columns) <= {*contracts[name].field_names, "source_record_key"}
    amounts = {item.name for item in contracts[contract].fields if item.notation == "money"}
    with_currency = {
        check.when[0] for check in SUITES[contract] if check.when is not None and check.columns == ("currency",)
    }
    required = {item.name for item in contracts[contract].fields if item.required}
    assert with_currency >= amounts or (amounts - with_currency <= required and "currency" in required)


@pytest.mark.parametrize("contract", sorted(SUITES))
def test_every_date_of_a_contract_is_checked(contract: str) -> None:
    dated = {item.name for item in load_contracts()[contract].fields if item.data_type in ("date", "timestamp")}
    checked = {check.columns[0] for check in SUITES[contract] if check.reading == "instant"}
    assert dated - checked == ({"signed_at"} if contract == "deals" else set())
