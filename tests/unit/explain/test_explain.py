"""A deal, a person and a figure of a hand-made company, opened by the command as a user gives it."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from orchestration.explain import leads
from orchestration.explain.command import explain
from orchestration.explain.journeys import CONVERSION_COLUMNS, TOUCH_COLUMNS
from orchestration.explain.measures import MEASURES
from orchestration.reports.language import read_labels
from orchestration.settings import DBT_PROJECT

REPORTS = sorted((DBT_PROJECT / "models" / "marts").rglob("*.yml"))


def columns_of(file: Path, tables: set[str]) -> list[str]:
    """Columns of those of the tables that a file of dbt describes; the build is told above every opened figure."""
    models = yaml.safe_load(file.read_text(encoding="utf-8")).get("models", [])
    return [
        column["name"]
        for model in models
        if model["name"] in tables
        for column in model["columns"]
        if column["name"] != "build_id"
    ]


def asked(company, *arguments: str) -> Result:
    return CliRunner().invoke(
        explain, [*arguments, "--config", str(company.config)], env={"ONEFUNNEL_HOME": str(company.home)}
    )


def told(company, *arguments: str) -> dict:
    result = asked(company, *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def part(document: dict, name: str) -> list[dict]:
    (rows,) = [found["rows"] for found in document["parts"] if found["part"] == name]
    return rows


def test_each_touch_in_the_window_says_whether_it_earns_or_why_not(company) -> None:
    journey = part(told(company, "deal", "d1"), "journey")
    assert [(touch["touch_id"], touch["earning"], touch["collapsed_into"]) for touch in journey] == [
        ("t1", "earns", None),
        ("t5", "kind_not_creditable", None),
        ("t2", "earns", None),
        ("t6", "unanswered_or_automated", None),
        ("t3", "earns", None),
        ("t4", "collapsed", "t3"),
    ]


def test_a_refund_is_a_row_of_money_of_its_own(company) -> None:
    rows = part(told(company, "deal", "d1"), "revenue_rows")
    assert [(row["revenue_kind"], row["credited_on"], row["credited_minor"]) for row in rows] == [
        ("payment", "2026-03-10", 10001),
        ("refund", "2026-04-05", -4000),
    ]


def test_credits_of_every_model_are_checked_against_the_revenue_to_the_minor_unit(company) -> None:
    checks = told(company, "deal", "d1")["checks"]
    assert [
        (check["about"], check["expected"], check["found"], check["holds"]) for check in checks if check["currency"]
    ] == [
        ("paid:d1 · first", 6001, 6001, True),
        ("paid:d1 · linear", 6001, 6001, True),
    ]


def test_the_text_shows_what_each_touch_earned_net_of_the_refund(company) -> None:
    printed = asked(company, "deal", "d1").stdout.replace("\u00a0", " ")
    credits = printed[printed.index("Credits · paid:d1") :]
    assert re.search(r"1 +Paid search +2026-03-01 01:30 +60\.01 RUB +20\.00 RUB", credits)
    assert re.search(r"3 +E-mail +2026-03-05 13:00 +– +20\.01 RUB", credits)
    assert re.search(r"Sum +60\.01 RUB +60\.01 RUB", credits)


def test_a_deal_without_a_conversion_says_so(company) -> None:
    assert "There is no conversion, so there is nothing to credit." in asked(company, "deal", "d2").stdout


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_the_page_of_every_subject_is_whole_in_every_language_and_loads_nothing(company, language: str) -> None:
    for arguments in (("deal", "d1"), ("person", "p1"), ("figure", *FIGURE)):
        result = asked(company, *arguments, "--lang", language, "--format", "html")
        assert result.exit_code == 0, result.output
        assert f'dir="{"rtl" if language == "fa" else "ltr"}"' in result.stdout
        assert not re.search(r"(?:src|href)=\"(?!#)|url\(", result.stdout)


def test_an_id_of_another_kind_is_told_with_the_command_that_opens_it(company) -> None:
    result = asked(company, "deal", "p1")
    assert result.exit_code == 1
    assert "it is the id of a person: `onefunnel explain person p1`" in result.output


def test_an_unknown_id_is_told_with_the_nearest(company) -> None:
    result = asked(company, "person", "p3")
    assert result.exit_code == 1
    assert "no person 'p3' in dim_people (2 rows); the nearest are p1, p2" in result.output


def test_a_person_shows_only_the_beginning_of_a_token(company) -> None:
    result = asked(company, "person", "p1")
    assert "01234567" in result.stdout
    assert "012345678" not in result.stdout


def test_raw_records_are_those_of_the_lake_and_a_record_that_is_gone_is_said_to_be(company) -> None:
    raw = {record["key"]: record["record"] for record in told(company, "person", "p1", "--raw")["raw"]}
    assert raw["crm/contacts/p1/1"]["phone_1_token"] == "0123456789abcdef"
    assert raw["crm/deals/d1/2"] is None
    assert "The lake has this record no more." in asked(company, "person", "p1", "--raw").stdout


def test_a_build_that_is_not_kept_is_told_with_those_that_are(company) -> None:
    result = asked(company, "deal", "d1", "--build", "b0")
    assert result.exit_code == 1
    assert "no build 'b0'; kept are b1" in result.output


def test_a_moment_that_was_not_rebuilt_is_told_with_the_command_that_does(company) -> None:
    result = asked(company, "deal", "d1", "--as-of", "2026-05-01")
    assert result.exit_code == 1
    assert "`onefunnel run --as-of 2026-05-01`" in result.output


def test_the_build_of_a_moment_in_the_past_is_read_beside_the_current_one(company, tmp_path) -> None:
    """The end of 1 May in Moscow is 20:59:59 UTC; only that build is there."""
    rebuilt = tmp_path / "warehouse" / "as_of" / "20260501T205959Z" / "published"
    shutil.copytree(company.home / "published", rebuilt, symlinks=True)
    arguments = ["deal", "d1", "--format", "json", "--as-of", "2026-05-01", "--config", str(company.config)]
    result = CliRunner().invoke(explain, arguments, env={"ONEFUNNEL_HOME": str(tmp_path)})
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["build_id"] == "b1"


FIGURE = (
    "rpt_attribution_by_channel",
    "credited_minor",
    "attribution_model=linear",
    "channel=paid_search",
    "month=2026-03-01",
    "month_basis=touch",
)


def test_a_figure_opens_into_the_rows_that_it_is_the_sum_of(company) -> None:
    """The touch of 28 February, 22:30 UTC, is one of March in the company's zone; payment and refund both belong to it."""
    document = told(company, "figure", *FIGURE)
    assert [(row["revenue_row_id"], row["part_minor"]) for row in part(document, "made_of")] == [
        ("paid:d1:y1", 3333),
        ("paid:d1:y2", -1333),
    ]
    assert [(check["expected"], check["found"], check["holds"]) for check in document["checks"]] == [(2000, 2000, True)]


def test_a_figure_that_is_not_its_rows_is_shown_to_differ(company) -> None:
    keys = [*FIGURE[:3], "channel=email", "month=2026-03-01", "month_basis=conversion"]
    (check,) = told(company, "figure", *keys)["checks"]
    assert (check["expected"], check["found"], check["holds"]) == (9999, 3334, False)
    assert "1 do not agree" in asked(company, "figure", *keys).stdout


def test_the_first_year_of_a_longer_contract_is_what_counts_of_it(company) -> None:
    document = told(company, "figure", "rpt_kpi_values", "numerator", "kpi=acv", "period=2026-03")
    assert [(row["deal_id"], row["term_months"], row["part_minor"]) for row in part(document, "made_of")] == [
        ("d1", 24, 5001)
    ]
    assert [check["holds"] for check in document["checks"]] == [True]


def test_a_figure_that_a_month_does_not_have_is_said_not_to_open(company) -> None:
    result = asked(company, "figure", "rpt_kpi_values", "numerator", "kpi=acv", "period=2026-04")
    assert result.exit_code == 1
    assert "this row is no sum of published rows" in result.output


def test_the_return_of_a_channel_opens_into_the_credit_of_its_touches_and_its_cost(company) -> None:
    document = told(company, "figure", "rpt_kpi_values", "numerator", "kpi=romi", "segment=paid_search")
    assert [(row["date_on"], row["revenue_row_id"], row["part_minor"]) for row in part(document, "made_of")] == [
        ("2026-03-01", "paid:d1:y1", 3333),
        ("2026-03-01", "paid:d1:y2", -1333),
        ("2026-03-10", None, -1500),
    ]
    assert [(check["found"], check["holds"]) for check in document["checks"]] == [(500, True)]


def test_the_companys_return_opens_into_payments_and_the_days_of_every_cost_of_marketing(company) -> None:
    keys = ("kpi=romi", "variant=revenue")
    document = told(company, "figure", "rpt_kpi_values", "numerator", *keys)
    rows = part(document, "made_of")
    assert [(row["payment_id"], row["part_minor"]) for row in rows if row["payment_id"]] == [("y1", 10001)]
    assert sum(row["part_minor"] for row in rows if row["cost_id"] == "stand") == -3100
    assert {row["source_record_key"] for row in rows if row["part_minor"] == -1500} == {
        "yandex_direct/performance_daily/c1/3"
    }
    assert [(check["found"], check["holds"]) for check in document["checks"]] == [(5401, True)]
    (check,) = told(company, "figure", "rpt_kpi_values", "denominator", *keys)["checks"]
    assert (check["found"], check["holds"]) == (4600, True)


def test_revenue_opens_into_its_payments(company) -> None:
    document = told(company, "figure", "rpt_kpi_values", "numerator", "kpi=revenue", "variant=default")
    assert [(row["payment_id"], row["source_record_key"]) for row in part(document, "made_of")] == [
        ("y1", "crm/payments/y1/1")
    ]
    assert [check["holds"] for check in document["checks"]] == [True]


@pytest.mark.parametrize(
    ("channel", "column", "expected"),
    [
        ("google", "credited_minor", 24000),
        ("mailing", "credited_minor", 16001),
        ("mailing", "credited_conversions", "1.600000000000"),
        ("(unattributed)", "credited_minor", 700),
    ],
)
def test_a_total_by_removal_opens_into_what_was_earned_the_effects_and_the_counts_of_the_chain(
    company, channel: str, column: str, expected: int | str
) -> None:
    keys = ("attribution_model=markov_removal", f"channel={channel}", "month=2026-03-01")
    document = told(company, "figure", "rpt_attribution_by_channel", column, *keys)
    assert [(row["channel"], row["credited_minor"]) for row in part(document, "earned")] == [
        ("(unattributed)", 700),
        ("google", 26000),
        ("mailing", 14001),
    ]
    assert [(row["channel"], row["effect_parts"]) for row in part(document, "effects")] == [
        ("google", 805306368),
        ("mailing", 536870912),
    ]
    assert sum(row["transitions"] for row in part(document, "transitions") if row["from_state"] == "(start)") == 5
    assert [(check["check"], check["holds"]) for check in document["checks"]] == [("figure", True), ("paths", True)]
    assert document["checks"][0]["expected"] == expected


def test_keys_that_name_several_rows_ask_for_the_missing_with_their_values(company) -> None:
    result = asked(company, "figure", *FIGURE[:4], "month_basis=conversion")
    assert result.exit_code == 1
    assert "month: 2026-03-01, 2026-04-01" in result.output


def test_a_wrong_key_value_is_told_with_those_that_there_are(company) -> None:
    result = asked(company, "figure", *FIGURE[:2], "channel=radio")
    assert result.exit_code == 1
    assert "channel: (unattributed), email, google, mailing, paid_search" in result.output


def test_an_unknown_key_is_told_with_the_keys_of_the_report(company) -> None:
    result = asked(company, "figure", *FIGURE[:2], "colour=red")
    assert "no key colour; its keys are attribution_model, conversion_kind" in result.output


def test_a_measure_that_is_not_registered_is_told_with_those_that_are(company) -> None:
    result = asked(company, "figure", "rpt_ltv_observed", "ltv_observed_minor")
    assert result.exit_code == 1
    assert "rpt_ltv_observed ltv_observed_minor cannot be opened" in result.output
    assert "rpt_attribution_claims sales_claim_minor" in result.output


def test_what_is_asked_for_a_file_is_written_there(company, tmp_path) -> None:
    out = tmp_path / "deal.html"
    assert asked(company, "deal", "d1", "--format", "html", "--out", str(out)).exit_code == 0
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_every_column_that_is_shown_has_a_heading_in_every_language() -> None:
    labels = read_labels()
    shown = {
        *CONVERSION_COLUMNS,
        *TOUCH_COLUMNS,
        *(column for _, _, columns, _ in leads.LISTS for column in columns),
        *(column for measure in MEASURES for column in measure.shows),
        *(column for file in REPORTS for column in columns_of(file, {measure.table for measure in MEASURES})),
    }
    for language in ("en", "ru", "fa"):
        missing = {
            column
            for column in shown
            if not any(labels.get(f"{family}.{column}", {}).get(language) for family in ("explain_column", "column"))
        }
        assert missing == set()
