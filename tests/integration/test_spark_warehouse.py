"""The table interface of Python steps on Spark: what DuckDB's serves, served alike."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_quality.vendor_rows import rows_that_hold
from orchestration.spark.session import SparkError, problem, stop_session
from orchestration.spark.warehouse import SparkWarehouse
from orchestration.warehouse import Content, DuckDbWarehouse, Warehouse

TYPES = {
    "name": "varchar",
    "n": "bigint",
    "amount": "decimal(38,9)",
    "on_day": "date",
    "moment": "timestamp",
    "yes": "boolean",
}
ROWS = pd.DataFrame(
    {
        "name": ["a|b\nc", None, "it's \\ `x`"],
        "n": [9_223_372_036_854_775_807, None, -1],
        "amount": [Decimal("12345678901234567890.123456789"), None, Decimal("-0.5")],
        "on_day": [date(1990, 1, 1), None, date(2059, 12, 31)],
        "moment": [datetime(2026, 3, 29, 1, 30), None, datetime(1969, 12, 31, 23, 59, 59)],
        "yes": [True, None, False],
    },
    dtype="object",
)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkWarehouse]:
    if reason := problem():
        pytest.skip(f"no Spark here: {reason}")
    place = tmp_path_factory.mktemp("a folder, with 'quotes' and ünicode") / "spark"
    settings = {"spark.sql.shuffle.partitions": "2", "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"}
    warehouse = SparkWarehouse(place, "local[1]", settings)
    yield warehouse
    stop_session()


@pytest.fixture(params=["duckdb", "spark"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    if request.param == "duckdb":
        return DuckDbWarehouse(tmp_path / "onefunnel.duckdb")
    return request.getfixturevalue("spark")


def test_rows_come_back_as_they_were_written_with_their_types(warehouse: Warehouse) -> None:
    warehouse.start("b1", {}, {"ml.things": Content(ROWS, TYPES)})
    found = warehouse.arrow("select * from ml.things order by n")
    assert found.schema.types == [
        pa.string(), pa.int64(), pa.decimal128(38, 9), pa.date32(), pa.timestamp("us"), pa.bool_(),
    ]  # fmt: skip
    assert [row["name"] for row in found.to_pylist() if row["n"]] == ["it's \\ `x`", "a|b\nc"]
    assert found.filter(pa.compute.equal(found["n"], 2**63 - 1)).to_pylist() == [
        {
            "name": "a|b\nc", "n": 2**63 - 1, "amount": Decimal("12345678901234567890.123456789"),
            "on_day": date(1990, 1, 1), "moment": datetime(2026, 3, 29, 1, 30), "yes": True,
        }
    ]  # fmt: skip
    assert warehouse.row_counts(["ml.things"]) == {"ml.things": 3}
    assert warehouse.columns("ml.things") == list(TYPES)


def test_writing_again_replaces_the_table_and_an_empty_one_has_its_columns(warehouse: Warehouse) -> None:
    warehouse.start("b1", {}, {"ml.things": Content(ROWS.head(0), TYPES)})
    assert warehouse.row_counts(["ml.things"]) == {"ml.things": 0}
    assert warehouse.read("ml.things").columns.tolist() == list(TYPES)
    for rows in (2, 1):
        assert warehouse.write("ml.things", ROWS.head(rows), TYPES) == rows
    assert warehouse.row_counts(["ml.things"]) == {"ml.things": 1}
    assert warehouse.write("brand_new.things", ROWS.head(1), TYPES) == 1
    assert warehouse.tables("brand_new") == ["things"]


def test_a_new_build_leaves_nothing_of_the_one_before(warehouse: Warehouse) -> None:
    warehouse.start("killed", {"raw.v": "select 1 as a"}, {"marts.fct_forgotten": Content(ROWS, TYPES)})
    warehouse.start("b2", {"raw.w": "select 2 as a"}, {})
    assert warehouse.tables("marts") == []
    assert warehouse.tables("raw") == ["w"]
    assert warehouse.tables("nowhere") == []
    if warehouse.engine == "spark":
        assert [folder.name for folder in warehouse.place.glob("build-*")] == ["build-b2"]


def pull(stream: Path, number: int, columns: dict[str, list[str | None]]) -> Path:
    part = stream / f"pull={number}" / "part-0.parquet"
    part.parent.mkdir(parents=True)
    pq.write_table(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), part)
    (part.parent / "quarantine-0.parquet").write_bytes(b"not to be read")
    return part


def test_a_scan_reads_the_parts_of_the_pulls_it_was_given_with_their_numbers(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    stream = tmp_path / "lake {1,2} [x] ü" / "raw" / "crm" / "leads"
    columns = {"Имя клиента": ["а", None], 'it"s `odd`': ["1", "2"]}
    files = [pull(stream, number, columns) for number in (1, 2, 12)]
    view = f"select * from {warehouse.scan([files[0], files[2]], list(columns))}"
    warehouse.start("b1", {"raw_crm.leads": view}, {})
    assert warehouse.columns("raw_crm.leads") == [*columns, "_pull"]
    found = warehouse.arrow("select * from raw_crm.leads").to_pylist()
    assert sorted((row["_pull"], row['it"s `odd`'], row["Имя клиента"]) for row in found) == [
        (1, "1", "а"), (1, "2", None), (12, "1", "а"), (12, "2", None),
    ]  # fmt: skip


def test_what_is_published_is_a_file_that_shows_the_tables_with_their_descriptions(warehouse: Warehouse) -> None:
    tables = {"marts.fct_things": Content(ROWS, TYPES), "raw_build.build": Content(ROWS.head(1), TYPES)}
    views = {"marts.a_view": "select cast(1 as bigint) as a"}
    warehouse.start("b1", views, tables)
    descriptions = {
        "fct_things": {"": "One row per thing.", "name": "Its 'name'; so called."},
        "a_view": {"": "One row.", "a": "One."},
        "fct_of_another_build": {"": "Nothing."},
    }
    file = warehouse.to_publish(descriptions)
    shown = DuckDbWarehouse(file)
    assert shown.tables("marts") == ["a_view", "fct_things"]
    assert shown.query("select sum(n) as total from marts.fct_things")["total"][0] == 2**63 - 2
    assert shown.arrow("select moment from marts.fct_things where yes").to_pylist() == [
        {"moment": datetime(2026, 3, 29, 1, 30)}
    ]
    relations = "select view_name as name, comment from duckdb_views() union all select table_name, comment from duckdb_tables()"
    columns = "select table_name || '.' || column_name, comment from duckdb_columns()"
    told = shown.arrow(
        f"select * from ({relations} union all {columns}) as told where comment is not null order by name"
    ).to_pylist()
    assert [(row["name"], row["comment"]) for row in told] == [
        ("a_view", "One row."),
        ("a_view.a", "One."),
        ("fct_things", "One row per thing."),
        ("fct_things.name", "Its 'name'; so called."),
    ]


def test_instants_are_utc_whatever_the_machine_thinks(warehouse: Warehouse) -> None:
    at = datetime(2026, 3, 29, 1, 30, tzinfo=UTC).replace(tzinfo=None)
    warehouse.start(
        "b1", {}, {"ml.x": Content(pd.DataFrame({"moment": [at]}, dtype="object"), {"moment": "timestamp"})}
    )
    assert warehouse.arrow("select cast(moment as string) as t from ml.x").to_pylist() == [{"t": "2026-03-29 01:30:00"}]


def test_a_second_session_of_one_process_is_refused_by_name(spark: SparkWarehouse) -> None:
    other = SparkWarehouse(spark.place, "local[2]", {})
    with pytest.raises(SparkError, match=r"has a Spark session on local\[1\]; stop it before one on local\[2\]"):
        other.tables("marts")


def test_a_place_that_spark_would_read_as_a_pattern_is_refused_by_name(spark: SparkWarehouse, tmp_path: Path) -> None:
    odd = SparkWarehouse(tmp_path / "home [2]" / "spark", "local[1]", {})
    with pytest.raises(
        SparkError, match=r"home \[2\]/spark: Spark reads \[ in a path as a pattern; set ONEFUNNEL_HOME"
    ):
        odd.start("b1", {}, {})


def test_an_overflow_and_a_bad_cast_are_errors_on_both_engines(warehouse: Warehouse) -> None:
    warehouse.start("b1", {}, {"ml.things": Content(ROWS, TYPES)})
    for expression in ("n + n", "cast(name as bigint)"):
        with pytest.raises(Exception, match=r"(?i)overflow|out of range|conver|cast"):
            warehouse.arrow(f"select {expression} as x from ml.things")


def test_the_rows_of_vendors_that_hold_are_the_same(warehouse: Warehouse) -> None:
    log = pd.DataFrame(
        [
            ("yandex_metrika", "visits", 1, "a", "2026-03-01", "2026-03-02"),
            ("yandex_metrika", "visits", 2, "a", "2026-03-02", "2026-03-03"),
            ("amocrm", "leads", 1, "a", None, None),
            ("amocrm", "leads", 2, "a", None, None),
            ("amocrm", "users", 1, "a", None, None),
            ("amocrm", "users", 2, "a", None, None),
        ],
        columns=["source", "stream", "pull", "account", "window_from", "window_to"],
        dtype="object",
    )
    visits = pd.DataFrame(
        [("1", "2026-03-01", "", 1), ("2", "2026-03-02", "", 1), ("3", None, "x", 1), ("4", "2026-03-03", "y", 2)],
        columns=["_key", "date", "UTMTerm", "pull"],
        dtype="object",
    )
    objects = pd.DataFrame([("1", 1), ("2", 1), ("1", 2)], columns=["_key", "pull"], dtype="object")
    text = {"source": "varchar", "stream": "varchar", "pull": "bigint", "account": "varchar"}
    types = {"_key": "varchar", "pull": "bigint"}
    tables = {
        "raw_landing.pulls": Content(log, text | {"window_from": "varchar", "window_to": "varchar"}),
        "raw_yandex_metrika.visits": Content(
            visits, {"_key": "varchar", "date": "varchar", "UTMTerm": "varchar", "pull": "bigint"}
        ),
        "raw_amocrm.leads": Content(objects, types),
        "raw_amocrm.users": Content(objects, types),
    }
    warehouse.start("b1", {}, tables)

    def holding(suite: str, kind: str, *columns: str) -> list[dict[str, object]]:
        query = rows_that_hold(suite, kind, ("source_record_key", "_account", *columns), warehouse.quoted)
        return sorted(warehouse.arrow(query).to_pylist(), key=str)

    assert holding("yandex_metrika/visits", "window", "date", "UTMTerm") == [
        {"source_record_key": "yandex_metrika/visits/1/1", "_account": "a", "date": "2026-03-01", "UTMTerm": None},
        {"source_record_key": "yandex_metrika/visits/4/2", "_account": "a", "date": "2026-03-03", "UTMTerm": "y"},
    ]
    assert holding("amocrm/leads", "changes") == [
        {"source_record_key": "amocrm/leads/1/2", "_account": "a"},
        {"source_record_key": "amocrm/leads/2/1", "_account": "a"},
    ]
    assert holding("amocrm/users", "snapshot") == [{"source_record_key": "amocrm/users/1/2", "_account": "a"}]
