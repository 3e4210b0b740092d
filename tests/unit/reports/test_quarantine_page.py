"""The quality page: every file, every reason with its remedy and lines, findings, in three languages, without a value."""

import csv
import re
from pathlib import Path

import pytest

from orchestration.reports import build_quality_page
from orchestration.settings import DEFAULT_DEFINITIONS
from orchestration.sources.files import load, profile
from tests.unit.reports.test_page import visible

LANGUAGES = ["en", "ru", "fa"]


def page(make_publication, tmp_path, language="en", **changes):
    published = make_publication(**changes)
    out = build_quality_page(published, tmp_path / "reports" / "quality.html", language=language)
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_loads_nothing_runs_nothing_and_has_its_direction(make_publication, tmp_path, language):
    html = page(make_publication, tmp_path, language)
    assert not re.search(r"<script|<link|<img|<iframe|@import|https?://|url\((?!#)", html)
    assert f'lang="{language}" dir="{"rtl" if language == "fa" else "ltr"}"' in html
    assert "Ромашка &amp; &lt;Co&gt;" in html
    assert "&lt;999&gt;" in html
    assert "<999>" not in html


def test_every_file_that_is_read_says_what_came_in_and_what_stayed_out(make_publication, tmp_path):
    html = page(make_publication, tmp_path)
    (files,) = re.findall(r'<section id="files">.*?</section>', html, re.DOTALL)
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", files.split("<tbody>")[1], re.DOTALL)
    # 3 of 63 = 4.76 %; 12 phones emptied; the older version and the definitions are not listed
    assert cells == ["files/leads", "leads.csv", "3", "2026-06-30 23:00", "63", "60", "3", "4.76%", "12"]


def test_a_reason_says_what_it_means_how_to_mend_it_and_where_it_is(make_publication, tmp_path):
    text = visible(page(make_publication, tmp_path))
    assert "Not a date (3)" in text
    assert "add its format under formats in the mapping" in text
    assert "1001, 1002, 1003 99.aa.9999" in text
    assert "Not a valid phone number (12)" in text
    assert "row 100, row 101" in text
    assert "… and 2 more" in text


def test_findings_expectations_and_totals_stand_below(make_publication, tmp_path):
    html = page(make_publication, tmp_path)
    text = visible(html)
    assert "Spend without leads" in text
    assert "Campaigns &lt;7&gt; cost 5 RUB" in html
    assert "created_at_is_plausible warning 4 60 created_at lies in the past. files/leads/7/3, files/leads/8/3" in text
    assert "lead_id_is_unique" not in text
    assert "1 of 1 totals agree." in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_rows_and_without_tables_the_page_says_so(make_publication, tmp_path, language):
    without = ("rpt_pulls", "rpt_expectations", "rpt_reconciliation")
    text = visible(page(make_publication, tmp_path, language, filled=False, without=without))
    if language == "en":
        assert "Nothing was quarantined." in text
        assert "No warnings about the files." in text
        for table in without:
            assert table in text


def test_every_reason_and_every_finding_has_a_name_and_a_remedy_in_the_label_table():
    """Names are taken from the code that gives them, so a new one without its texts fails here."""
    with (DEFAULT_DEFINITIONS / "labels.csv").open(encoding="utf-8-sig", newline="") as file:
        keys = {row["key"] for row in csv.DictReader(file)}
    documented = (DEFAULT_DEFINITIONS.parent / "docs" / "mapping.md").read_text(encoding="utf-8")
    table = documented.split("## What is set aside")[1].split("##")[0]
    reasons = set(re.findall(r"`([a-z_]+)`", table.split("|---|---|")[1]))
    assert len(reasons) > 20
    door = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in (load, profile))
    models = DEFAULT_DEFINITIONS.parent / "dbt_project" / "models"
    tables = "".join(path.read_text(encoding="utf-8") for path in models.rglob("int_findings_*.sql"))
    findings = set(re.findall(r'(?:add|_matching)\(\s*(?:\w+|None|"[^"]*"\.join\(\w+\.columns\)),\s*"([a-z_]+)"', door))
    findings |= {
        name
        for pair in re.findall(r"then '([a-z]+_[a-z_]+)'\n|'([a-z_]+)'(?: as string\))? as finding", tables)
        for name in pair
    }
    findings -= {""}
    assert {
        "text_amount",
        "missing_currency",
        "future_date",
        "removed_rows",
        "two_spellings",
        "negative_spend",
    } <= findings
    assert {"leads_without_spend", "spend_without_leads", "closed_before_created", "nearly_constant"} <= findings
    missing = [f"quarantine.{name}" for name in reasons] + [f"mend.{name}" for name in reasons]
    missing += [f"{kind}.{name}" for name in findings for kind in ("finding", "finding_mend")]
    assert sorted(set(missing) - keys) == []
