"""Which pulls a build reads, and the raw relations it shows to dbt."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from orchestration.binding import BindingError, bind, fix_build
from orchestration.clock import FixedClock
from orchestration.landing import Lake
from orchestration.settings import Settings, load_settings
from orchestration.sources.calendar import land_calendar
from orchestration.warehouse import DuckDbWarehouse

START = datetime(2026, 7, 1, 6, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def lake(tmp_path: Path, clock: FixedClock) -> Lake:
    return Lake(tmp_path / "lake", clock)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "mapping.yml").write_text("source: shop\n")
    configuration = tmp_path / "onefunnel.yml"
    configuration.write_text(
        "company: Shop\nreporting_currency: EUR\nsources:\n  - {type: files, mapping: mapping.yml}\n"
    )
    return load_settings(configuration)


def land(lake: Lake, account: str, ids: list[str], observed_at: datetime | None = None, source: str = "shop") -> None:
    columns = {
        "id": ids,
        "leads__created_at": ["2026-06-01 10:00:00"] * len(ids),
        "leads__is_filled": ["true"] * len(ids),
        "_key": ids,
        "_row": [str(number) for number in range(1, len(ids) + 1)],
    }
    fill = {
        "contract": "leads",
        "name": "leads",
        "columns": {"lead_id": "id", "created_at": "leads__created_at"},
        "rows_filled": len(ids),
        "rows_skipped": 0,
        "money": [],
    }
    options = {} if observed_at is None else {"observed_at": observed_at}
    with lake.open_pull(source, "leads", account=account, columns=list(columns), **options) as writer:
        writer.write(pa.table(columns))
        writer.describe(rows_in=len(ids), fills=[fill] if source == "shop" else [])


def test_a_build_reads_the_newest_version_of_every_file(lake: Lake, clock: FixedClock) -> None:
    land(lake, "june.csv", ["1"])
    land(lake, "july.csv", ["2"])
    land(lake, "june.csv", ["1", "3"])
    build = fix_build(lake, clock, ["shop"])
    assert [(pull.account, pull.pull) for pull in build.pulls] == [("july.csv", 2), ("june.csv", 3)]


def test_as_of_an_instant_only_what_was_committed_then_is_read(lake: Lake, clock: FixedClock) -> None:
    land(lake, "june.csv", ["1"])
    clock.advance(timedelta(days=1))
    land(lake, "june.csv", ["1", "3"])
    build = fix_build(lake, clock, ["shop"], as_of=START)
    assert [pull.pull for pull in build.pulls] == [1]
    assert build.as_of_at == START


@pytest.mark.parametrize(
    "content", [b"", b"no database at all" * 500, None], ids=["empty", "broken", "of older models"]
)
def test_a_build_starts_the_warehouse_anew_whatever_stood_there(
    lake: Lake, clock: FixedClock, settings: Settings, content: bytes | None
) -> None:
    land(lake, "june.csv", ["1"])
    land_calendar(lake)
    file = settings.home / "warehouse" / "onefunnel.duckdb"
    warehouse = DuckDbWarehouse(file)
    if content is None:
        warehouse.write("marts.fct_forgotten", pd.DataFrame({"n": [1]}), {"n": "bigint"})
    else:
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        file.with_name("onefunnel.duckdb.wal").write_bytes(content)
    bind(warehouse, lake, fix_build(lake, clock, ["shop"]), settings)
    assert warehouse.tables("marts") == []
    assert list(warehouse.read("raw_files.leads")["lead_id"]) == ["1"]


def test_the_evaluation_instant_is_the_newest_observation_and_definitions_do_not_move_it(
    lake: Lake, clock: FixedClock
) -> None:
    land(lake, "june.csv", ["1"], observed_at=datetime(2026, 6, 30, tzinfo=UTC))
    land(lake, "july.csv", ["2"], observed_at=datetime(2026, 6, 20, tzinfo=UTC))
    clock.advance(timedelta(days=30))
    land(lake, "stages.csv", ["x"], source="definitions")
    build = fix_build(lake, clock, ["shop"])
    assert build.evaluated_at == datetime(2026, 6, 30, tzinfo=UTC)
    assert build.as_of_at == START + timedelta(days=30)


def test_a_source_taken_out_of_the_configuration_is_left_alone(lake: Lake, clock: FixedClock) -> None:
    land(lake, "june.csv", ["1"])
    with pytest.raises(BindingError, match="no pull of other"):
        fix_build(lake, clock, ["other"])


def test_the_raw_relations_show_the_rows_with_the_key_of_their_record(
    lake: Lake, clock: FixedClock, settings: Settings, tmp_path: Path
) -> None:
    land_calendar(lake)
    land(lake, "june.csv", ["1"])
    land(lake, "june.csv", ["1", "3"])
    warehouse = DuckDbWarehouse(tmp_path / "w.duckdb")
    for _ in range(2):
        bind(warehouse, lake, fix_build(lake, clock, ["shop"]), settings)
    leads = warehouse.query(
        "select lead_id, created_at, person_id, source_system, source_record_key from raw_files.leads order by 1"
    )
    assert leads.to_dict("list") == {
        "lead_id": ["1", "3"],
        "created_at": ["2026-06-01 10:00:00"] * 2,
        "person_id": [None, None],
        "source_system": ["shop", "shop"],
        "source_record_key": ["shop/leads/1/2", "shop/leads/3/2"],
    }
    assert warehouse.row_counts(["raw_shop.leads", "raw_files.deals", "raw_definitions.stages"]) == {
        "raw_shop.leads": 2,
        "raw_files.deals": 0,
        "raw_definitions.stages": 0,
    }
    (facts,) = warehouse.read("raw_build.build").to_dict("records")
    assert (facts["company"], facts["has_payments_source"]) == ("Shop", False)
    assert warehouse.query("select pull, is_read from raw_landing.pulls where source = 'shop' order by 1")[
        "is_read"
    ].tolist() == [False, True]


def test_a_pull_made_before_its_connector_knew_a_column_shows_it_empty(
    lake: Lake, clock: FixedClock, settings: Settings, tmp_path: Path
) -> None:
    land_calendar(lake)
    land(lake, "june.csv", ["1"])
    known_then = {"id": ["91"], "_key": ["91"], "_row": ["1"]}
    with lake.open_pull("amocrm", "companies", account="company", columns=list(known_then), kind="changes") as writer:
        writer.write(pa.table(known_then))
        writer.describe(rows_in=1)
    warehouse = DuckDbWarehouse(tmp_path / "w.duckdb")
    bind(warehouse, lake, fix_build(lake, clock, ["shop", "amocrm"]), settings)
    companies = warehouse.query("select id, tax_id_token, tax_id_is_valid, pull from raw_amocrm.companies")
    assert companies.to_dict("list") == {"id": ["91"], "tax_id_token": [None], "tax_id_is_valid": [None], "pull": [1]}
