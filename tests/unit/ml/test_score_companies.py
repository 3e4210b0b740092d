"""Verdicts over made-up companies: where the matrix is the truth the model is not preferred, where it is wrong it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.score_companies import company, verdicts
from tests.conftest import verified_here


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Where verdicts are kept: on a clean commit beside what has passed on it, so that `make verify` goes on where it stopped."""
    passed = verified_here()
    return (passed.parent if passed else tmp_path) / f"score_companies-{passed.stem if passed else 'here'}.jsonl"


@pytest.mark.verify
def test_where_the_matrix_is_the_truth_the_model_is_preferred_in_at_most_five_of_a_hundred_companies(
    results: Path,
) -> None:
    found = verdicts("matrix_is_the_truth", 100, results)
    assert found["no_difference"] + found["matrix"] >= 95, found


@pytest.mark.verify
def test_where_the_matrix_is_wrong_the_model_is_preferred_in_at_least_ninety_of_a_hundred_companies(
    results: Path,
) -> None:
    found = verdicts("matrix_is_wrong", 100, results)
    assert found["model"] >= 90, found


def test_two_companies_of_each_kind(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    assert verdicts("matrix_is_the_truth", 2, results).keys() <= {"no_difference", "matrix"}
    assert verdicts("matrix_is_wrong", 2, results) == {"model": 2}
    assert len(results.read_text().splitlines()) == 4


def test_a_company_that_was_judged_is_not_judged_again(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    results.write_text('{"kind": "matrix_is_wrong", "seed": 0, "verdict": "known"}\n')
    assert verdicts("matrix_is_wrong", 1, results) == {"known": 1}


def test_the_truth_of_each_kind_is_what_its_name_says() -> None:
    """Of the leads that the matrix gives the same 55 points, those with most engagement win more often where it is wrong, and as
    often where it is right."""
    for kind, is_wrong in (("matrix_is_the_truth", False), ("matrix_is_wrong", True)):
        tables = [company(kind, seed) for seed in range(12)]  # type: ignore[arg-type]
        rates = []
        for level in ("yes", "no"):
            rows = [(table.hand == 55) & (table.columns["engagement"] == level).to_numpy() for table in tables]
            wins = sum(int(table.won[row].sum()) for table, row in zip(tables, rows, strict=True))
            rates.append(wins / sum(int(row.sum()) for row in rows))
        assert (rates[0] > 2 * rates[1]) == is_wrong, rates
        assert is_wrong or abs(rates[0] - rates[1]) < 0.05, rates
