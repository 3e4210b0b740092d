"""The demo company through the whole chain, used as a data team and a BI tool would use it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from demo.exports import write_exports
from orchestration.landing import Lake
from orchestration.locks import HomeLock
from orchestration.publication import compare_builds
from orchestration.settings import PROJECT_ROOT
from tests.conftest import Built, onefunnel_here

CONFIG = "demo/company/onefunnel.yml"

PUBLISHED = {
    "dim_people": "person_id",
    "dim_accounts": "account_id",
    "dim_owners": "owner_id",
    "dim_campaigns": "campaign_id",
    "dim_channels": "channel",
    "dim_dates": "date_on",
    "fct_leads": "lead_id person_id account_id created_at channel campaign_id owner_id source_system has_valid_phone is_quality_lead "
    "handover_type rejection_reason is_hot_hand return_reason",
    "fct_deals": "deal_id lead_id person_id account_id owner_id created_at signed_at won_at lost_at paid_at status amount_minor currency "
    "amount_reporting_minor paid_minor refunded_minor amount_vat_minor paid_vat_minor",
    "fct_touches": "touch_id person_id account_id lead_id deal_id occurred_at channel campaign_id team kind direction outcome is_creditable "
    "session_id source_system source_record_key collapsed_into",
    "fct_conversions": "conversion_id kind journey_level person_id account_id lead_id deal_id converted_at revenue_minor currency revenue_reporting_minor",
    "fct_attribution_credits": "conversion_id revenue_row_id credited_on conversion_count conversion_kind journey_level level_asked "
    "touch_id attribution_model "
    "weight credited_minor currency converted_at channel campaign_id team rule unattributed_reason source_record_key definition_version",
    "rpt_attribution_by_channel": "attribution_model conversion_kind channel month month_basis credited_conversions credited_minor cost_minor currency "
    "journey_level level_asked",
    "rpt_funnel_cohorts": "view cohort_month cohort_basis channel from_stage to_stage numerator denominator rate period_numerator period_denominator "
    "is_mature window_days rate_within_window exposed evaluated_at",
    "fct_stage_events": "event_id lead_id deal_id stage sequence entered_at left_at direction is_re_entry source_record_key",
    "fct_handovers": "lead_id episode handover_type handed_over_at accepted_at ended_at outcome return_reason",
    "rpt_kpi_values": "kpi variant period segment numerator denominator value target benchmark owner n low high currency is_mature missing_reason "
    "definition_version cohort_basis vat_basis",
    "fct_lead_scores": "lead_id scorer moment scored_at score band probability definition_version model_version",
    "fct_lead_score_points": "lead_id scorer moment criterion level points is_missing",
    "rpt_score_comparison": "metric segment matrix learned difference low high verdict n",
    "fct_ad_performance_daily": "platform account_id campaign_id ad_group_id ad_id date_on impressions clicks cost_net_minor cost_gross_minor currency",
}
"""Tables and columns that others rely on (DESIGN §10, DEFINITIONS §8), typed from those documents."""


@pytest.mark.parametrize("table", PUBLISHED)
def test_a_published_table_has_its_columns_and_says_which_build_wrote_it(demo: Built, table: str) -> None:
    columns = {
        name
        for (name,) in demo.query(
            f"select column_name from information_schema.columns where table_schema = 'marts' and table_name = '{table}'"
        )
    }
    assert set(PUBLISHED[table].split()) - columns == set()
    assert "build_id" in columns
    assert demo.one(f"select count(distinct build_id) from marts.{table}") == 1
    rows = demo.one(f"select count(*) from marts.{table}")
    assert rows == pq.ParquetFile(demo.published / "parquet" / f"{table}.parquet").metadata.num_rows > 0


def test_quarantine_holds_exactly_what_was_planted(demo: Built, tmp_path: Path) -> None:
    summary = write_exports(tmp_path)
    planted = sorted(
        (fault.source, fault.stream, fault.scope, fault.reason, fault.count) for fault in summary.planted if fault.count
    )
    found = demo.query(
        "select source, stream, scope, reason, cast(sum(occurrences) as bigint) from marts.rpt_quarantine group by all order by all"
    )
    merged: dict[tuple, int] = {}
    for *key, count in planted:
        merged[tuple(key)] = merged.get(tuple(key), 0) + count
    assert {tuple(row[:4]): row[4] for row in found} == merged


def test_every_total_reconciles_from_file_to_mart(demo: Built) -> None:
    assert demo.one("select count(*) from marts.rpt_reconciliation") > 60
    assert (
        demo.query(
            "select subject, measure, currency, explanation from marts.rpt_reconciliation where not is_reconciled"
        )
        == []
    )


def test_spend_in_the_marts_is_spend_in_the_cabinets_file(demo: Built) -> None:
    """Law 2: per day and campaign, recomputed from the Parquet export with pandas; the export writes roubles and kopecks."""
    frame = pd.read_parquet(demo.home / "exports" / "vk_ads_daily.parquet")
    frame["minor"] = [int(spent * 100) for spent in frame["spent"]]
    expected = {
        (day, campaign): minor
        for (day, campaign), minor in frame.groupby(["date", "ad_plan_id"])["minor"].sum().items()
    }
    found = demo.query(
        "select date_on, campaign_id, cast(sum(cost_net_minor) as bigint) from marts.fct_ad_performance_daily "
        "where platform = 'vk_ads' and currency = 'RUB' group by all"
    )
    assert {(day, campaign): minor for day, campaign, minor in found} == expected


def test_credits_sum_to_the_revenue_of_every_conversion_and_model(demo: Built) -> None:
    broken = demo.query(
        "with credited as (select conversion_id, attribution_model, sum(credited_minor) as credited, sum(weight * conversion_count) as count "
        "from marts.fct_attribution_credits group by all) "
        "select conversions.conversion_id, credited.attribution_model from marts.fct_conversions as conversions "
        "left join credited using (conversion_id) where credited.credited is distinct from conversions.revenue_reporting_minor"
    )
    assert broken == []


PHONE = re.compile(rb"(?<!\d)[+]?[78][ (-]{0,2}9\d\d[ )-]{0,2}\d{3}[ -]?\d\d[ -]?\d\d(?!\d)")
EMAIL = re.compile(rb"[a-z0-9._-]{1,64}@example\.")


def contacts_in(content: bytes) -> set[bytes]:
    """E-mail addresses, and phones as their digits, in any of the notations of the exports."""
    phones = {re.sub(rb"\D", b"", match)[1:] for match in PHONE.findall(content)}
    places = [place.start() for place in re.finditer(rb"@example\.", content)]
    emails = {match for place in places for match in EMAIL.findall(content[max(0, place - 64) : place + 9])}
    return phones | emails


def test_no_contact_datum_is_in_clear_anywhere_past_the_door(demo: Built) -> None:
    """Phones and e-mails of the exports are looked for in lake, warehouse, published files, reports and run history."""
    exports = demo.home / "exports"
    wanted = set().union(*(contacts_in(file.read_bytes()) for file in exports.rglob("*.csv")))
    assert len(wanted) > 1500
    leaks = []
    for file in demo.home.rglob("*"):
        if not file.is_file() or file.is_symlink() or exports in file.parents:
            continue
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            texts = [column.cast("string").unique().to_pylist() for column in table.columns]
            content = "\n".join(text for column in texts for text in column if text).encode()
        else:
            content = file.read_bytes()
        leaks += [(str(file.relative_to(demo.home)), hit) for hit in contacts_in(content) & wanted]
    assert leaks == []
    assert contacts_in(demo.printed.encode()) & wanted == set()


def test_a_touch_opens_down_to_the_raw_record_behind_it(demo: Built) -> None:
    (key,) = demo.query(
        "select source_record_key from marts.fct_attribution_credits where touch_id is not null and conversion_kind = 'paid' order by 1 limit 1"
    )[0]
    source, stream, *rest, pull = key.split("/")
    with duckdb.connect(str(demo.home / "warehouse" / "onefunnel.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            f'select * from "raw_{source}"."{stream}" where _key = ? and pull = ?', ["/".join(rest), int(pull)]
        ).fetchall()
    assert len(rows) == 1


def test_the_run_prints_what_a_person_wants_to_know(demo: Built) -> None:
    for text in (
        "Rows",
        "Quarantine",
        "Funnel",
        "Credited conversions (paid) by channel and model",
        "Matrix against learned score",
        "index.html",
        "marts.xlsx",
    ):
        assert text in demo.printed
    assert re.search(r"auc\s+0\.\d+\s+0\.\d+", demo.printed, re.IGNORECASE)


def test_the_page_and_the_workbook_are_there_and_self_contained(demo: Built) -> None:
    page = (demo.home / "reports" / "index.html").read_text(encoding="utf-8")
    assert "Severny Veter" in page
    assert re.findall(r"(?:src|href)=[\"'](?!#|data:)[^\"']*[\"']", page) == []
    assert (demo.home / "reports" / "marts.xlsx").stat().st_size > 10_000


@pytest.fixture(scope="module")
def second(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the built home, so that what follows leaves the shared one alone."""
    home = tmp_path_factory.mktemp("second") / "home"
    shutil.copytree(demo.home, home, symlinks=True)
    return home


@pytest.fixture(scope="module")
def environment(second: Path) -> dict[str, str]:
    return {
        "ONEFUNNEL_DEMO_EXPORTS": str(second / "exports"),
        "ONEFUNNEL_CONTACT_KEY": "demo company: made-up people, so the key is no secret",
    }


# a push has twenty minutes, and each build takes one of them since the clocks, KPIs and reviews are part of it
@pytest.mark.verify
def test_running_again_after_a_kill_loads_nothing_twice_and_gives_the_same_marts(
    demo: Built, second: Path, environment: dict[str, str]
) -> None:
    """The first re-run is killed by SIGKILL while dbt builds; the one after it completes."""
    before = [(pull.source, pull.stream, pull.pull) for pull in Lake(second / "lake").pulls()]
    variables = {**os.environ, **environment, "ONEFUNNEL_HOME": str(second)}
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration", "run", "--config", CONFIG],
        cwd=PROJECT_ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "dbt: 100 models and tests done" in line:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert (second / "published" / "current").resolve().name == demo.published.resolve().name

    done = onefunnel_here("run", "--config", CONFIG, home=second, environment=environment)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "unchanged" in done.stdout
    assert [(pull.source, pull.stream, pull.pull) for pull in Lake(second / "lake").pulls()] == before
    assert compare_builds(demo.published, second / "published" / "current") == []


def test_a_second_run_at_the_same_time_ends_at_once_and_names_the_first(
    second: Path, environment: dict[str, str]
) -> None:
    with HomeLock(second, "the first run"):
        done = onefunnel_here("run", "--config", CONFIG, home=second, environment=environment)
    assert done.returncode == 1
    assert "the first run" in done.stderr


def test_a_critical_check_that_fails_leaves_the_last_good_build_and_is_named(
    second: Path, environment: dict[str, str]
) -> None:
    """Two deals with one id in two files: the key is not unique, so nothing may be published."""
    current = (second / "published" / "current").resolve()
    mapping = PROJECT_ROOT / "demo" / "company" / "mappings"
    broken = second.parent / "company"
    shutil.copytree(PROJECT_ROOT / "demo" / "company", broken, dirs_exist_ok=True)
    text = (mapping / "tehran.yml").read_text(encoding="utf-8").replace("source: demo_tehran", "source: demo_again")
    (broken / "mappings" / "again.yml").write_text(text, encoding="utf-8")
    configuration = broken / "onefunnel.yml"
    configuration.write_text(
        configuration.read_text(encoding="utf-8") + "  - {type: files, mapping: mappings/again.yml}\n", encoding="utf-8"
    )
    done = onefunnel_here("run", "--config", str(configuration), home=second, environment=environment)
    assert done.returncode == 1
    assert "lead_id_is_unique" in done.stderr
    assert (second / "published" / "current").resolve() == current


def test_a_contact_column_without_a_key_is_refused_by_name(tmp_path: Path, demo: Built) -> None:
    done = onefunnel_here(
        "run",
        "--config",
        CONFIG,
        home=tmp_path,
        environment={"ONEFUNNEL_DEMO_EXPORTS": str(demo.home / "exports"), "ONEFUNNEL_CONTACT_KEY": ""},
    )
    assert done.returncode == 1
    assert "ONEFUNNEL_CONTACT_KEY" in done.stderr


@pytest.mark.verify
def test_a_build_of_the_past_equals_the_build_that_saw_it(second: Path, environment: dict[str, str]) -> None:
    """A changed file arrives after the build; the rebuild as of that build's instant gives its figures again. The push asks the
    same of a morning of the living company."""
    current = second / "published" / "current"
    first = current.resolve()
    as_of = pd.read_parquet(first / "parquet" / "rpt_pulls.parquet")["committed_at"].max()
    calls = second / "exports" / "crm_owners.csv"
    lines = calls.read_bytes().splitlines(keepends=True)
    calls.write_bytes(b"".join(lines[:-1]))
    time.sleep(1.1)
    done = onefunnel_here("run", "--config", CONFIG, home=second, environment=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    assert compare_builds(first, current) != []

    done = onefunnel_here(
        "run", "--config", CONFIG, "--as-of", f"{as_of:%Y-%m-%dT%H:%M:%S}+00:00", home=second, environment=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    past = second / "warehouse" / "as_of" / f"{as_of:%Y%m%dT%H%M%SZ}" / "published" / "current"
    assert compare_builds(first, past) == []
    assert current.resolve() != past.resolve()
