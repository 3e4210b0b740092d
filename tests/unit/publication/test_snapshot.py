"""Publication of a warehouse file as a build directory."""

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from orchestration.publication import PublicationError, compare_builds, current_build, publish, published_builds
from orchestration.publication.snapshot import storage_version_number


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def execute(path: Path, statement: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)


def test_a_build_holds_every_table_and_view_of_marts_as_duckdb_and_parquet(make_warehouse, tmp_path):
    build = publish(make_warehouse("b1"), tmp_path / "home", "b1")

    assert build.row_counts == {"fct_lead_names": 3, "fct_leads": 3}
    assert rows(build.snapshot, "select lead_id, amount_minor from marts.fct_leads order by 1") == [
        ("lead 0", 0),
        ("lead 1", 100),
        ("lead 2", 200),
    ]
    assert rows(build.snapshot, "select count(*) from marts.fct_lead_names") == [(3,)]
    with duckdb.connect() as connection:
        parquet = build.path / "parquet" / "fct_leads.parquet"
        assert connection.execute(f"select count(*), sum(amount_minor) from '{parquet}'").fetchall() == [(3, 300)]


def test_current_is_a_relative_link_to_the_build_so_the_home_can_be_moved(make_warehouse, tmp_path):
    publish(make_warehouse("b1"), tmp_path / "home", "b1")
    assert (tmp_path / "home" / "published" / "current").readlink() == Path("builds/b1")
    (tmp_path / "home").rename(tmp_path / "moved")
    moved = current_build(tmp_path / "moved")
    assert moved is not None
    assert moved.build_id == "b1"


def test_comments_of_tables_and_columns_are_carried_over(make_warehouse, tmp_path):
    build = publish(make_warehouse("b1"), tmp_path / "home", "b1")
    assert rows(build.snapshot, "select table_name, comment from duckdb_tables() order by 1") == [
        ("fct_lead_names", "One row per name"),
        ("fct_leads", "One row per lead; it's the core"),
    ]
    table = build.tables["fct_leads"]
    assert table.description == "One row per lead; it's the core"
    assert [(c.name, c.data_type, c.description) for c in table.columns][:2] == [
        ("lead_id", "VARCHAR", "The lead"),
        ("amount_minor", "BIGINT", ""),
    ]


def test_the_snapshot_has_the_storage_version_of_duckdb_1_2(make_warehouse, tmp_path):
    build = publish(make_warehouse("b1"), tmp_path / "home", "b1")
    assert storage_version_number(build.snapshot) == 65


def test_the_manifest_tells_facts_policies_definitions_and_digests(make_warehouse, tmp_path):
    build = publish(make_warehouse("b1", as_of_at="2026-06-30 21:30:00"), tmp_path / "home", "b1")
    assert build.facts["company"] == "Ромашка"
    assert build.facts["evaluated_at"] == "2026-06-30T20:00:00Z"
    assert build.local_day == "2026-07-01"
    assert build.policies == {"revenue_event": "paid"}
    assert build.currency_exponents == {"IRR": 0, "RUB": 2}
    assert build.definition_versions == {"stages": "stages@2"}
    assert build.tables["fct_leads"].sha256 == hashlib.sha256(build.tables["fct_leads"].path.read_bytes()).hexdigest()
    manifest = json.loads((build.path / "build.json").read_text())
    assert manifest["snapshot"]["sha256"] == hashlib.sha256(build.snapshot.read_bytes()).hexdigest()


def test_published_files_are_read_only(make_warehouse, tmp_path):
    build = publish(make_warehouse("b1"), tmp_path / "home", "b1")
    assert {path.stat().st_mode & 0o777 for path in build.path.rglob("*") if path.is_file()} == {0o444}


def test_publishing_the_same_build_twice_changes_nothing(make_warehouse, tmp_path):
    warehouse = make_warehouse("b1")
    first = publish(warehouse, tmp_path / "home", "b1")
    inode = first.snapshot.stat().st_ino
    second = publish(warehouse, tmp_path / "home", "b1")
    assert second == first
    assert second.snapshot.stat().st_ino == inode


def test_a_build_id_with_other_contents_is_refused_and_current_stays(make_warehouse, tmp_path):
    home = tmp_path / "home"
    publish(make_warehouse("b1"), home, "b1")
    with pytest.raises(PublicationError, match="fct_lead_names: 0 rows only in the first build, 1 only in the second"):
        publish(make_warehouse("b1", leads=4), home, "b1")
    current = current_build(home)
    assert current is not None
    assert current.row_counts["fct_leads"] == 3
    assert [path.name for path in (home / "published" / "builds").iterdir()] == ["b1"]


def test_rows_of_another_build_stop_the_publication(make_warehouse, tmp_path):
    warehouse = make_warehouse("b2")
    execute(warehouse, "update marts.fct_leads set build_id = 'b1' where lead_id = 'lead 1'")
    with pytest.raises(PublicationError, match=r"marts\.fct_lead_names: 1 rows are not of build b2"):
        publish(warehouse, tmp_path / "home", "b2")
    assert current_build(tmp_path / "home") is None


def test_a_warehouse_of_another_build_is_refused(make_warehouse, tmp_path):
    warehouse = make_warehouse("b1")
    execute(warehouse, "update marts.fct_leads set build_id = 'b2'")
    with pytest.raises(PublicationError, match="holds build b1, not b2"):
        publish(warehouse, tmp_path / "home", "b2")


def test_a_hugeint_column_is_refused_because_parquet_would_make_it_floating_point(make_warehouse, tmp_path):
    warehouse = make_warehouse("b1")
    execute(warehouse, "create table marts.rpt_sums as select sum(amount_minor) as total_minor from marts.fct_leads")
    with pytest.raises(PublicationError, match=r"marts\.rpt_sums\.total_minor is HUGEINT"):
        publish(warehouse, tmp_path / "home", "b1")


def test_only_the_named_tables_are_published_and_a_wrong_name_is_told(make_warehouse, tmp_path):
    warehouse = make_warehouse("b1")
    with pytest.raises(PublicationError, match="has no fct_lead; it has fct_lead_names, fct_leads"):
        publish(warehouse, tmp_path / "home", "b1", tables=["fct_lead"])
    assert list(publish(warehouse, tmp_path / "home", "b1", tables=["fct_leads"]).tables) == ["fct_leads"]


@pytest.mark.parametrize("build_id", ["", "../b", "_tmp-b", "a/b", ".hidden"])
def test_a_build_id_that_is_no_plain_name_is_refused(make_warehouse, tmp_path, build_id):
    with pytest.raises(PublicationError, match="build id"):
        publish(make_warehouse("b1"), tmp_path / "home", build_id)


def test_a_missing_warehouse_is_told(tmp_path):
    with pytest.raises(PublicationError, match="no such warehouse file"):
        publish(tmp_path / "none.duckdb", tmp_path / "home", "b1")


def test_three_daily_builds_are_kept_the_last_of_each_local_day(make_warehouse, tmp_path):
    home = tmp_path / "home"
    # 21:30 UTC is half past midnight of the next day in Moscow
    instants = {
        "d1": "2026-06-27 09:00:00",
        "d2": "2026-06-28 09:00:00",
        "d3-hour-9": "2026-06-29 09:00:00",
        "d3-hour-10": "2026-06-29 10:00:00",
        "d4": "2026-06-29 21:30:00",
        "d4-hour-8": "2026-06-30 05:00:00",
    }
    for build_id, as_of_at in instants.items():
        publish(make_warehouse(build_id, as_of_at=as_of_at), home, build_id)
    # d4 was current until now, so a reader may be in the middle of its files
    assert [build.build_id for build in published_builds(home)] == ["d2", "d3-hour-10", "d4", "d4-hour-8"]


def test_hourly_builds_take_no_daily_builds_place_and_go_when_the_next_comes(make_warehouse, tmp_path):
    home = tmp_path / "home"
    for day in (27, 28, 29):
        publish(make_warehouse(f"d{day}", as_of_at=f"2026-06-{day} 03:00:00"), home, f"d{day}")
    for day, hour in ((29, 4), (29, 5), (30, 0), (30, 1)):
        build_id = f"d{day}-hour-{hour}"
        build = publish(
            make_warehouse(build_id, as_of_at=f"2026-06-{day} {hour:02d}:00:00"), home, build_id, is_hourly=True
        )
        assert build.is_hourly
        assert current_build(home) == build
    assert [build.build_id for build in published_builds(home)] == ["d27", "d28", "d29", "d30-hour-0", "d30-hour-1"]
    publish(make_warehouse("d30", as_of_at="2026-06-30 03:00:00"), home, "d30")
    assert [build.build_id for build in published_builds(home)] == ["d28", "d29", "d30-hour-1", "d30"]


def test_the_build_that_current_points_at_is_never_removed(make_warehouse, tmp_path):
    home = tmp_path / "home"
    for day in (1, 2, 3):
        publish(make_warehouse(f"b{day}", as_of_at=f"2026-06-0{day} 09:00:00"), home, f"b{day}")
    # an older instant published later: of the day that is dropped first, but current
    publish(make_warehouse("older", as_of_at="2026-05-01 09:00:00"), home, "older", keep_daily=1)
    assert [build.build_id for build in published_builds(home)] == ["b3", "older"]


def test_leftovers_of_killed_publications_are_swept(make_warehouse, tmp_path):
    home = tmp_path / "home"
    builds = home / "published" / "builds"
    (builds / "_tmp-b0" / "parquet").mkdir(parents=True)
    (builds / "_old-a").mkdir()
    (home / "published" / "_current-b0").symlink_to("builds/b0")
    publish(make_warehouse("b1"), home, "b1")
    assert sorted(path.name for path in builds.iterdir()) == ["b1"]
    assert sorted(path.name for path in (home / "published").iterdir()) == ["builds", "current", "publication.lock"]


def test_builds_that_differ_in_build_id_only_have_no_differences(make_warehouse, tmp_path):
    home = tmp_path / "home"
    first = publish(make_warehouse("b1"), home, "b1")
    second = publish(make_warehouse("b2"), home, "b2")
    assert compare_builds(first.path, second.path) == []


def test_a_difference_in_rows_is_counted_on_both_sides(make_warehouse, tmp_path):
    home = tmp_path / "home"
    first = publish(make_warehouse("b1"), home, "b1")
    warehouse = make_warehouse("b2", leads=4)
    execute(warehouse, "update marts.fct_leads set amount_minor = 101 where lead_id = 'lead 1'")
    second = publish(warehouse, home, "b2")
    found = {d.table: (d.what, d.only_in_first, d.only_in_second) for d in compare_builds(first.path, second.path)}
    assert found == {"fct_lead_names": ("rows", 0, 1), "fct_leads": ("rows", 1, 2)}


def test_a_missing_table_and_a_changed_column_are_differences(make_warehouse, tmp_path):
    home = tmp_path / "home"
    first = publish(make_warehouse("b1"), home, "b1")
    warehouse = make_warehouse("b2")
    execute(warehouse, "drop view marts.fct_lead_names; alter table marts.fct_leads drop column rate")
    second = publish(warehouse, home, "b2")
    assert [(d.table, d.what) for d in compare_builds(first.path, second.path)] == [
        ("fct_lead_names", "tables"),
        ("fct_leads", "columns"),
    ]
