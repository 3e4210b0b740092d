"""A file with bad rows, then its corrected version: the limit, the message, and the rows that come back in."""

from pathlib import Path

import duckdb
import pytest

from tests.conftest import onefunnel_here

MAPPING = """source: crm
folder: .
exported_at: 2026-06-01T09:00:00
streams:
  leads:
    file: leads.csv
    key: [id]
    fills:
      - contract: leads
        fields: {lead_id: id, created_at: created, channel_label: source}
"""
CONFIGURATION = """company: Small
reporting_currency: EUR
sources:
  - {type: files, mapping: mapping.yml}
"""
GOOD = "id;created;source\n" + "".join(f"{n};2026-05-{n:02d};site\n" for n in range(1, 21))


@pytest.fixture
def company(tmp_path: Path) -> Path:
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "onefunnel.yml").write_text(CONFIGURATION, encoding="utf-8")
    return tmp_path


def quarantined(company: Path) -> list[tuple]:
    with duckdb.connect(
        str(company / "home" / "published" / "current" / "onefunnel.duckdb"), read_only=True
    ) as connection:
        return connection.execute(
            "select file_name, line_number, column_name, reason, shape from marts.rpt_quarantined_rows order by line_number"
        ).fetchall()


# a push has twenty minutes, and each build takes one of them since the clocks, KPIs and reviews are part of it
@pytest.mark.verify
def test_bad_rows_block_above_the_limit_are_listed_below_it_and_leave_when_they_are_corrected(company: Path) -> None:
    def run() -> tuple[int, str]:
        done = onefunnel_here("run", "--config", str(company / "onefunnel.yml"), home=company / "home")
        return done.returncode, done.stdout + done.stderr

    broken = GOOD.replace("2026-05-07", "soon").replace("2026-05-09", "31/31/2026").replace("2026-05-11", "later")
    (company / "leads.csv").write_text(broken, encoding="utf-8")
    code, printed = run()
    assert code == 1
    assert "quarantine_is_small" in printed
    assert "crm/leads: 3 of 20 rows" in printed
    assert "3 not_a_timestamp in created (first: leads.csv, line 8)" in printed
    assert not (company / "home" / "published" / "current").exists()

    (company / "onefunnel.yml").write_text(CONFIGURATION + "quality: {streams: {crm/leads: 0.1}}\n", encoding="utf-8")
    code, printed = run()
    assert code == 0, printed[-3000:]
    assert "Quarantine by reason: 3 not_a_timestamp" in printed
    place = ("leads.csv", "created", "not_a_timestamp")
    assert [(row[0], row[2], row[3]) for row in quarantined(company)] == [place] * 3
    assert [(row[1], row[4]) for row in quarantined(company)] == [(8, "aaaa"), (10, "99/99/9999"), (12, "aaaaa")]
    page = (company / "home" / "reports" / "quality.html").read_text(encoding="utf-8")
    assert "Not a date and time (3)" in page

    (company / "leads.csv").write_text(GOOD.replace("2026-05-11", "later"), encoding="utf-8")
    code, printed = run()
    assert code == 0, printed[-3000:]
    assert [row[1] for row in quarantined(company)] == [12]
    assert "Not a date and time (1)" in (company / "home" / "reports" / "quality.html").read_text(encoding="utf-8")


def test_a_limit_for_a_stream_that_no_mapping_has_is_an_error(company: Path) -> None:
    (company / "onefunnel.yml").write_text(CONFIGURATION + "quality: {streams: {crm/lead: 0.1}}\n", encoding="utf-8")
    (company / "leads.csv").write_text(GOOD, encoding="utf-8")
    done = onefunnel_here("run", "--config", str(company / "onefunnel.yml"), home=company / "home")
    assert done.returncode == 1
    assert "quality.streams: no stream crm/lead; known are crm/leads" in done.stderr
