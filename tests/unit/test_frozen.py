"""Facts are frozen once: whatever is run again, killed or rebuilt, the lake says of a day what was first written of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from orchestration import frozen
from orchestration.binding import bind, fix_build
from orchestration.clock import FixedClock
from orchestration.frozen import STREAMS, freeze
from orchestration.landing import Lake
from orchestration.settings import Settings, load_settings
from orchestration.sources.calendar import land_calendar
from orchestration.warehouse import DuckDbWarehouse

MORNING = datetime(2026, 4, 30, 3, tzinfo=UTC)
STREAM = "campaign_snapshots"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MORNING)


@pytest.fixture
def lake(tmp_path: Path, clock: FixedClock) -> Lake:
    the_lake = Lake(tmp_path / "lake", clock)
    land_calendar(the_lake)
    heard(the_lake)
    return the_lake


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "mapping.yml").write_text("source: shop\n")
    configuration = tmp_path / "onefunnel.yml"
    configuration.write_text(
        "company: Shop\nreporting_currency: EUR\nsources:\n  - {type: files, mapping: mapping.yml}\n"
    )
    return load_settings(configuration)


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDbWarehouse:
    return DuckDbWarehouse(tmp_path / "onefunnel.duckdb")


def heard(lake: Lake) -> None:
    """The company's own system says something."""
    with lake.open_pull("shop", "leads", account="leads.csv", columns=["id", "_key", "_row"]) as writer:
        writer.write(pa.table({"id": ["1"], "_key": ["1"], "_row": ["1"]}))
        writer.describe(rows_in=1)


def make_due(warehouse: DuckDbWarehouse, facts: dict[tuple[str, int], int]) -> None:
    """Campaign and day of the review → its leads, as a build left them; what else is frozen is the same for all."""
    columns = STREAMS[STREAM].columns
    rows = [
        {
            **dict.fromkeys(columns),
            "campaign_id": campaign,
            "begins_on": "2026-03-01",
            "review_day": day,
            "snapshot_on": "2026-04-29",
            "is_reconstructed": False,
            "leads": leads,
        }
        for (campaign, day), leads in facts.items()
    ]
    types = {
        **dict.fromkeys(columns, "varchar"),
        "review_day": "bigint",
        "leads": "bigint",
        "is_reconstructed": "boolean",
    }
    warehouse.write(STREAMS[STREAM].due, pd.DataFrame(rows, columns=list(columns), dtype="object"), types)


def shown(warehouse: DuckDbWarehouse, lake: Lake, settings: Settings, as_of: datetime | None = None) -> dict:
    """What a build that begins now is told of the past, campaign and day → leads and reconstructed."""
    bind(warehouse, lake, fix_build(lake, FixedClock(MORNING), ["shop"], as_of), settings)
    rows = warehouse.read(f"raw_frozen.{STREAM}")
    assert list(rows.columns) == [*STREAMS[STREAM].columns, "pull"]
    return {
        (row.campaign_id, row.review_day): (row.leads, row.is_reconstructed) for row in rows.itertuples(index=False)
    }


def test_before_anything_is_frozen_a_build_is_shown_nothing(
    lake: Lake, warehouse: DuckDbWarehouse, settings: Settings
) -> None:
    assert shown(warehouse, lake, settings) == {}


def test_what_was_frozen_is_shown_to_the_next_build_as_it_was(
    lake: Lake, warehouse: DuckDbWarehouse, settings: Settings
) -> None:
    make_due(warehouse, {("c1", 10): 7, ("c1", 30): 21})
    assert freeze(lake, warehouse, STREAM) == 2
    assert shown(warehouse, lake, settings) == {("c1", "10"): ("7", "false"), ("c1", "30"): ("21", "false")}


def test_the_step_run_again_on_the_same_warehouse_freezes_nothing(lake: Lake, warehouse: DuckDbWarehouse) -> None:
    make_due(warehouse, {("c1", 10): 7})
    assert freeze(lake, warehouse, STREAM) == 1
    before = [pull.directory for pull in lake.pulls()]
    assert freeze(lake, warehouse, STREAM) == 0
    assert [pull.directory for pull in lake.pulls()] == before


def test_a_fact_that_is_held_is_not_frozen_again_with_another_value(
    lake: Lake, warehouse: DuckDbWarehouse, settings: Settings
) -> None:
    make_due(warehouse, {("c1", 10): 7})
    freeze(lake, warehouse, STREAM)
    make_due(warehouse, {("c1", 10): 8, ("c2", 10): 5})
    assert freeze(lake, warehouse, STREAM) == 1
    assert shown(warehouse, lake, settings) == {("c1", "10"): ("7", "false"), ("c2", "10"): ("5", "false")}


def test_a_freeze_killed_before_its_rename_has_not_happened(
    lake: Lake, warehouse: DuckDbWarehouse, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process is gone."""

    def die(path: Path, target: Path) -> Path:
        raise Killed

    make_due(warehouse, {("c1", 10): 7})
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", die)
        with pytest.raises(Killed):
            freeze(lake, warehouse, STREAM)
    assert shown(warehouse, lake, settings) == {}
    make_due(warehouse, {("c1", 10): 7})
    assert freeze(lake, warehouse, STREAM) == 1
    assert shown(warehouse, lake, settings) == {("c1", "10"): ("7", "false")}


def test_a_rebuild_of_the_past_is_shown_what_was_frozen_by_then(
    lake: Lake, warehouse: DuckDbWarehouse, settings: Settings, clock: FixedClock
) -> None:
    make_due(warehouse, {("c1", 10): 7})
    freeze(lake, warehouse, STREAM)
    clock.advance(timedelta(days=20))
    make_due(warehouse, {("c1", 30): 21})
    freeze(lake, warehouse, STREAM)
    assert shown(warehouse, lake, settings, MORNING) == {("c1", "10"): ("7", "false")}
    assert shown(warehouse, lake, settings).keys() == {("c1", "10"), ("c1", "30")}


def test_what_is_frozen_moves_neither_the_evaluation_instant_nor_the_end_of_what_is_known(
    lake: Lake, warehouse: DuckDbWarehouse, settings: Settings, clock: FixedClock
) -> None:
    """So that a run given again with nothing new to hear is the same build."""
    before = fix_build(lake, clock, ["shop"])
    clock.advance(timedelta(hours=1))
    make_due(warehouse, {("c1", 10): 7})
    freeze(lake, warehouse, STREAM)
    after = fix_build(lake, clock, ["shop"])
    assert (after.evaluated_at, after.as_of_at) == (before.evaluated_at, before.as_of_at)
    assert {pull.source for pull in after.pulls} - {pull.source for pull in before.pulls} == {frozen.SOURCE}
    bind(warehouse, lake, after, settings)
    assert frozen.SOURCE not in set(warehouse.read("raw_landing.pulls")["source"])


def test_a_column_that_was_added_later_is_null_in_what_was_frozen_before(
    lake: Lake, warehouse: DuckDbWarehouse, settings: Settings
) -> None:
    earlier = [column for column in STREAMS[STREAM].columns if column != "leading_reason"]
    with lake.open_pull(frozen.SOURCE, STREAM, columns=earlier, kind="changes") as writer:
        writer.write(pa.table({"campaign_id": ["c1"], "review_day": ["10"], "leads": ["7"]}))
    assert shown(warehouse, lake, settings) == {("c1", "10"): ("7", None)}
    assert warehouse.read(f"raw_frozen.{STREAM}")["leading_reason"].isna().all()
