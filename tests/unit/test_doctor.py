"""What stands in the way of a run is found before it starts, and named with what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import doctor
from orchestration.locks import HomeLock
from orchestration.settings import PROJECT_ROOT, Settings, load_settings

CONFIGURATION = """
company: Shop
reporting_currency: EUR
home: home
sources:
  - {type: files, mapping: shop.yml}
"""
MAPPING = """
source: shop
folder: exports
streams:
  leads:
    file: leads.csv
    key: [id]
    fills:
      - contract: leads
        fields: {lead_id: id, created_at: created, phone_token: phone}
"""
KEY = {"ONEFUNNEL_CONTACT_KEY": "a key for this test only, thirty-two bytes"}


def company(folder: Path, *, header: str = "id,created,phone", environment: dict[str, str] | None = None) -> Settings:
    """A configuration with one mapping and one export of one lead."""
    (folder / "exports").mkdir(parents=True, exist_ok=True)
    (folder / "onefunnel.yml").write_text(CONFIGURATION)
    (folder / "shop.yml").write_text(MAPPING)
    (folder / "exports" / "leads.csv").write_text(f"{header}\n1,2026-06-01,+7 916 000 00 00\n")
    return load_settings(folder / "onefunnel.yml", environment=KEY if environment is None else environment)


def stopping(settings: Settings) -> list[str]:
    return [f"{finding.subject}: {finding.text}" for finding in doctor.obstacles(settings)]


def test_nothing_stands_in_the_way_of_a_company_that_is_set_up(tmp_path: Path) -> None:
    settings = company(tmp_path)
    assert stopping(settings) == []
    found = doctor.examine(settings)
    assert [finding.text for finding in found if finding.stops_a_run or finding.fix] == []
    assert "shop/leads" in [finding.subject for finding in found]
    assert doctor.next_step(found, settings).startswith("nothing stands in the way: onefunnel run --config")
    assert not settings.home.exists()


def test_a_missing_key_is_named_with_the_mapping_that_needs_it(tmp_path: Path) -> None:
    (line,) = stopping(company(tmp_path, environment={"ONEFUNNEL_CONTACT_KEY": ""}))
    assert "shop.yml" in line
    assert "ONEFUNNEL_CONTACT_KEY" in line


def test_a_column_that_the_export_lacks_is_named_with_the_nearest(tmp_path: Path) -> None:
    (line,) = stopping(company(tmp_path, header="id,createt,phone"))
    assert "leads.csv has no column 'created'" in line
    assert "createt" in line


def test_an_export_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = company(tmp_path)
    (tmp_path / "exports" / "leads.csv").unlink()
    (line,) = stopping(settings)
    assert str(tmp_path / "exports" / "leads.csv") in line


def test_a_home_that_another_run_holds_is_named_with_its_holder(tmp_path: Path) -> None:
    settings = company(tmp_path)
    with HomeLock(settings.home, "run-17"):
        (line,) = stopping(settings)
    assert "run-17" in line
    left = (settings.home / "run.lock").read_bytes()
    assert stopping(settings) == []
    assert (settings.home / "run.lock").read_bytes() == left


def test_too_little_space_is_said_before_a_run_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage._replace(free=doctor.LEAST_SPACE - 1))
    (line,) = stopping(company(tmp_path))
    assert "MiB free" in line


def test_a_rebuild_of_the_past_needs_no_source(tmp_path: Path) -> None:
    settings = company(tmp_path)
    (tmp_path / "exports" / "leads.csv").unlink()
    assert doctor.obstacles(settings, rebuilds_the_past=True) == []


def test_a_broken_mapping_and_a_broken_definition_are_both_found(tmp_path: Path) -> None:
    company(tmp_path)
    (tmp_path / "shop.yml").write_text(MAPPING.replace("contract: leads", "contract: leeds"))
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions" / "targets.csv").write_text("kpi,goal\ncpl,1\n")
    (tmp_path / "onefunnel.yml").write_text(CONFIGURATION + "definitions: definitions\n")
    settings = load_settings(tmp_path / "onefunnel.yml", environment=KEY)
    subjects = {finding.subject for finding in doctor.examine(settings) if finding.stops_a_run}
    assert subjects == {"mapping", "definitions"}


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Root may write everywhere, so the question is asked by a process without the capability to; it stays the owner of what it
    reads, since a clone may stand in a folder that no other user can open."""
    settings = company(tmp_path)
    settings.home.mkdir()
    settings.home.chmod(0o555)
    ask = (
        "import sys; from pathlib import Path; from tests.unit.test_doctor import KEY, load_settings, stopping; "
        "print(*stopping(load_settings(Path(sys.argv[1]), environment=KEY)), sep='\\n')"
    )
    as_a_user = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    command = [*as_a_user, sys.executable, "-c", ask, str(settings.path)]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"home: {settings.home}: cannot be written (Permission denied)\n"


def test_a_route_of_alerts_without_its_secret_is_named_and_stops_nothing(tmp_path: Path) -> None:
    company(tmp_path)
    with (tmp_path / "onefunnel.yml").open("a") as file:
        file.write("alerts:\n  routes:\n    ops: {type: slack, url_variable: HOOK}\n")
    for environment, texts in (
        (KEY, ["route ops: HOOK not set", "nothing is sent"]),
        ({**KEY, "HOOK": "x"}, ["route ops (slack): its secret is set", "nothing is sent"]),
    ):
        settings = load_settings(tmp_path / "onefunnel.yml", environment=environment)
        assert [finding.text for finding in doctor.examine(settings) if finding.subject == "alerts"] == texts
        assert stopping(settings) == []
