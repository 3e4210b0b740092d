"""`onefunnel definitions diff` on the demo company: what it says is what arithmetic says, and it touches nothing."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.settings import DEFAULT_DEFINITIONS, PROJECT_ROOT
from tests.conftest import Built

CONFIG = PROJECT_ROOT / "demo" / "company" / "onefunnel.yml"
COMPANY = PROJECT_ROOT / "demo" / "company" / "definitions"
NEW_BOUND = 80
MORE_COST = 1_000_000
"""Whole roubles of marketing in May 2026, without VAT."""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's definitions with a higher bound of hot leads and a cost more in May 2026."""
    folder = tmp_path_factory.mktemp("next") / "definitions"
    shutil.copytree(COMPANY, folder)
    bands = (DEFAULT_DEFINITIONS / "matrix_bands.csv").read_text(encoding="utf-8")
    assert "raw110,hot,70," in bands
    (folder / "matrix_bands.csv").write_text(
        bands.replace("raw110,hot,70,", f"raw110,hot,{NEW_BOUND},"), encoding="utf-8"
    )
    with (folder / "costs.csv").open("a", encoding="utf-8", newline="") as file:
        version = ["2000-01-01", "2026-06-01", "head_of_marketing", "head_of_sales"]
        cost = ["fair-2026-05", "marketing", "events", "", "", "2026-05-01", "2026-05-31", MORE_COST, "RUB", "0"]
        csv.writer(file, lineterminator="\n").writerow([*cost, *version])
    return folder


@pytest.mark.verify
def test_the_figures_that_a_change_moves_are_those_that_arithmetic_moves_and_nothing_else_changes(
    demo: Built, changed: Path, tmp_path: Path, run_onefunnel: Callable
) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo.home, home, symlinks=True)
    leftover = home / "warehouse" / "diff" / "1"
    leftover.mkdir(parents=True)
    (leftover / "onefunnel.duckdb").write_text("left by a comparison that was killed")
    lake = sorted(path.relative_to(home) for path in (home / "lake").rglob("*"))
    current = (home / "published" / "current").readlink()
    environment = {
        "ONEFUNNEL_DEMO_EXPORTS": str(home / "exports"),
        "ONEFUNNEL_CONTACT_KEY": "made-up people, no secret at all",
    }
    done = run_onefunnel(
        "definitions", "diff", "current", str(changed), "--config", str(CONFIG), "--format", "json", home=home, environment=environment
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout)

    # counted from the points of the published build, apart from the bands of either
    hot = [
        demo.one(
            f"select count(*) from marts.fct_lead_scores where scorer = 'matrix' and moment = 'creation' and score >= {low}"
        )
        for low in (70, NEW_BOUND)
    ]
    assert hot[0] > hot[1] > 0
    counts = {(count["family"], count["name"]): (count["before"], count["after"]) for count in found["counts"]}
    assert counts["band", "hot"] == tuple(hot)

    # one million more, by the customers that the published figure divides by
    ((customers, cost),) = demo.query(
        "select denominator, numerator from marts.rpt_kpi_values where kpi = 'cac_blended' and variant = 'default'"
        " and period = '2026-05' and segment = '(all)'"
    )
    cac = next(
        kpi for kpi in found["kpis"]
        if (kpi["kpi"], kpi["variant"], kpi["period"], kpi["segment"]) == ("cac_blended", "default", "2026-05", "(all)")
    )  # fmt: skip
    assert float(cac["before"]) == pytest.approx(float(cost / customers), rel=1e-9)
    assert float(cac["difference"]) == pytest.approx(MORE_COST * 100 / float(customers), rel=1e-9)
    moved = {kpi["period"] for kpi in found["kpis"] if kpi["kpi"] == "cpl" and kpi["segment"] == "(all)"}
    assert moved == {"2026-05"}
    assert not any(kpi["kpi"] in ("lead_to_won", "revenue") for kpi in found["kpis"])
    assert [(change["definition"], change["kind"]) for change in found["definitions"]] == [
        ("matrix_bands", "changed"),
        ("costs", "added"),
    ]

    assert sorted(path.relative_to(home) for path in (home / "lake").rglob("*")) == lake
    assert (home / "published" / "current").readlink() == current
    assert not (home / "warehouse" / "diff").exists()
    assert (home / "reports" / "definitions_diff.html").is_file()
