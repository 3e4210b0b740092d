"""What is expected of vendors' raw rows: each expectation meets a planted fault; only rows that hold are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pytest

from data_quality.runner import columns_needed, run_suite
from data_quality.suites import SUITES
from data_quality.suites.vendors import DAY_COLUMNS, VENDOR_SUITES
from data_quality.vendor_rows import rows_that_hold
from orchestration.connectors import STREAMS
from orchestration.contracts import LINEAGE_COLUMNS, load_contracts
from orchestration.defs import quality
from orchestration.sources.api import amocrm
from orchestration.sources.api.load import door_columns
from orchestration.warehouse import DuckDbWarehouse

OBSERVED = datetime(2026, 3, 10, 6, tzinfo=UTC)
SECOND = str(int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()))
IN_A_YEAR = str(int(datetime(2027, 3, 1, tzinfo=UTC).timestamp()))
IN_MILLISECONDS = SECOND + "000"
OF_1989 = str(int(datetime(1989, 12, 31, tzinfo=UTC).timestamp()))

_OF_PULL = {"_account": "a", "_window_from": "2026-03-01", "_window_to": "2026-03-09"}
_OBJECT = {"_account": "a", "id": "100", "created_at": SECOND, "updated_at": SECOND}

GOOD: dict[str, dict[str, str | None]] = {
    "amocrm/leads": {
        **_OBJECT, "pipeline_id": "7", "status_id": "142", "closed_at": None, "closest_task_at": IN_A_YEAR, "price": "25000",
    },
    "amocrm/contacts": {**_OBJECT},
    "amocrm/companies": {**_OBJECT},
    "amocrm/pipelines": {"_account": "a", "pipeline_id": "7", "status_id": "142"},
    "amocrm/events": {
        "_account": "a", "id": "01hxyz", "entity_id": "100", "type": "lead_status_changed", "created_at": SECOND,
    },
    "amocrm/notes": {
        **_OBJECT, "entity_id": "100", "entity_type": "leads", "note_type": "call_in", "duration": "61",
    },
    "amocrm/tasks": {**_OBJECT, "complete_till": IN_A_YEAR, "text": "Перезвонить [e-mail]", "result_text": None},
    "amocrm/loss_reasons": {**_OBJECT},
    "amocrm/field_choices": {"_account": "a", "entity_type": "contacts", "field_id": "5510", "enum_id": "881"},
    "amocrm/users": {"_account": "a", "id": "1"},
    "amocrm/customers": {**_OBJECT, "next_date": IN_A_YEAR},
    "yandex_direct/campaigns": {"_account": "a", "Id": "7001", "Currency": "RUB"},
    "yandex_direct/ad_groups": {"_account": "a", "Id": "8001", "CampaignId": "7001"},
    "yandex_direct/ads": {
        "_account": "a", "Id": "9001", "CampaignId": "7001", "AdGroupId": "8001", "Href": "https://shop.example/?utm_term=a%20b",
    },
    "yandex_direct/performance_daily": {
        **_OF_PULL, "Date": "2026-03-05", "CampaignId": "7001", "AdGroupId": "8001", "AdId": "9001", "Impressions": "1200",
        "Clicks": "14", "CostWithVat": "120.00", "CostWithoutVat": "100.00", "Conversions": '{"Conversions_20002_LSCCD":"--"}',
    },
    "yandex_metrika/counters": {"_account": "a", "id": "44147844"},
    "yandex_metrika/goals": {"_account": "a", "id": "20002"},
    "yandex_metrika/visits": {
        **_OF_PULL, "visitID": "18446744073709551615", "clientID": "1709280131652012345", "date": "2026-03-09",
        "dateTime": "2026-03-09 10:02:11", "dateTimeUTC": "2026-03-09 07:02:11", "pageViews": "3", "visitDuration": "0",
        "watchIDs": "[1,18446744073709551615]", "goalsID": "[20002,20002]", "goalsSerialNumber": "[1,2]",
        "goalsDateTime": "['2026-03-09 10:04:00','2026-03-09 10:09:13']", "goalsPrice": "[0,0]",
        "goalsOrder": r"['order 1, in red','o\'clock']", "goalsCurrency": "['','']", "purchaseID": "[]",
        "purchaseDateTime": "[]", "purchaseRevenue": "[]", "purchaseCurrency": "[]",
        "startURL": "https://shop.example/?email=[e-mail]", "endURL": "https://maps.example/@55.7,37.6", "referer": None,
        "UTMSource": "yandex", "UTMMedium": "cpc", "UTMCampaign": "[e-mail]", "UTMContent": None, "UTMTerm": "a+b",
    },
    "yandex_metrika/hits": {
        **_OF_PULL, "watchID": "1", "clientID": "0", "date": "2026-03-01", "dateTime": "2026-03-01 00:00:00", "goalsID": "[]",
        "URL": "https://shop.example/", "referer": None, **dict.fromkeys(("UTMSource", "UTMMedium", "UTMCampaign"), "x"),
        "UTMContent": None, "UTMTerm": None,
    },
}  # fmt: skip

FAULTS: list[tuple[str, dict[str, str | None], dict[str, str]]] = [
    ("amocrm/leads", {"id": None}, {"id_is_filled": "critical"}),
    ("amocrm/leads", {"id": "1e5"}, {"id_is_an_id": "critical"}),
    ("amocrm/leads", {"created_at": "2026-03-01"}, {"created_at_is_in_whole_seconds": "critical"}),
    ("amocrm/leads", {"updated_at": IN_MILLISECONDS}, {
        "updated_at_is_in_whole_seconds": "critical", "updated_at_is_plausible": "warning",
    }),
    ("amocrm/leads", {"closed_at": IN_A_YEAR}, {"closed_at_is_plausible": "warning"}),
    ("amocrm/leads", {"closest_task_at": OF_1989}, {"closest_task_at_is_plausible": "warning"}),
    ("amocrm/leads", {"price": "25 000"}, {"price_is_a_number": "critical"}),
    ("amocrm/pipelines", {"status_id": "won"}, {"status_id_is_an_id": "critical"}),
    ("amocrm/events", {"id": "{01hxyz}"}, {"id_is_an_id": "critical"}),
    ("amocrm/events", {"type": "lead_teleported"}, {"type_is_known": "critical"}),
    ("amocrm/field_choices", {"entity_type": "customers"}, {"entity_type_is_known": "critical"}),
    ("amocrm/notes", {"entity_type": None}, {"entity_type_is_filled": "critical"}),
    ("amocrm/notes", {"entity_type": "customers"}, {"entity_type_is_known": "critical"}),
    ("amocrm/notes", {"note_type": "common"}, {"note_type_is_known": "critical"}),
    ("amocrm/notes", {"duration": "1:01"}, {"duration_is_in_whole_seconds": "critical"}),
    ("amocrm/tasks", {"text": "write to anna@example.com"}, {"text_holds_no_e_mail": "critical"}),
    ("amocrm/tasks", {"complete_till": "tomorrow"}, {"complete_till_is_in_whole_seconds": "critical"}),
    ("amocrm/customers", {"next_date": OF_1989}, {"next_date_is_plausible": "warning"}),
    ("yandex_direct/campaigns", {"Currency": "rubles"}, {"Currency_is_a_currency_code": "critical"}),
    ("yandex_direct/ad_groups", {"CampaignId": "--"}, {"CampaignId_is_an_id": "critical"}),
    ("yandex_direct/ads", {"Href": "https://shop.example/?m=anna%40example.com"}, {"Href_holds_no_e_mail": "warning"}),
    ("yandex_direct/performance_daily", {"AdId": None}, {"AdId_is_filled": "critical"}),
    ("yandex_direct/performance_daily", {"Date": "05.03.2026"}, {
        "Date_is_a_day": "critical", "Date_is_in_the_window": "critical",
    }),
    ("yandex_direct/performance_daily", {"Date": "2026-02-28"}, {"Date_is_in_the_window": "critical"}),
    ("yandex_direct/performance_daily", {"Date": "2026-03-10"}, {"Date_is_in_the_window": "critical"}),
    ("yandex_direct/performance_daily", {"Impressions": "1 200"}, {"Impressions_is_a_whole_number": "critical"}),
    ("yandex_direct/performance_daily", {"Clicks": "1201"}, {"Clicks_is_at_most_Impressions": "warning"}),
    ("yandex_direct/performance_daily", {"CostWithVat": "120,00"}, {"CostWithVat_is_a_number": "critical"}),
    ("yandex_direct/performance_daily", {"CostWithoutVat": "120.01"}, {
        "CostWithoutVat_is_at_most_CostWithVat": "warning",
    }),
    ("yandex_direct/performance_daily", {"Conversions": '{"Conversions":"few"}'}, {
        "Conversions_is_an_object_of_numbers": "critical",
    }),
    ("yandex_metrika/goals", {"id": "-1"}, {"id_is_an_id": "critical"}),
    ("yandex_metrika/visits", {"visitID": "1.8446744073709552e+19"}, {"visitID_is_an_id": "critical"}),
    ("yandex_metrika/visits", {"clientID": "x"}, {"clientID_is_an_id": "critical"}),
    ("yandex_metrika/visits", {"date": "2026-03-10"}, {"date_is_in_the_window": "critical"}),
    ("yandex_metrika/visits", {"dateTimeUTC": "2026-03-09T07:02:11Z"}, {"dateTimeUTC_is_a_second": "critical"}),
    ("yandex_metrika/visits", {"pageViews": "3.5"}, {"pageViews_is_a_whole_number": "critical"}),
    ("yandex_metrika/visits", {"watchIDs": "[1,,2]"}, {"watchIDs_is_a_list_of_ids": "critical"}),
    ("yandex_metrika/visits", {"goalsID": "[20002]"}, {"goals_are_parallel": "critical"}),
    ("yandex_metrika/visits", {"goalsOrder": "['order 1, in red, one more']"}, {"goals_are_parallel": "critical"}),
    ("yandex_metrika/visits", {"purchaseRevenue": "[100.50]"}, {"purchases_are_parallel": "critical"}),
    ("yandex_metrika/visits", {"startURL": "https://shop.example/?m=anna@example.com"}, {
        "startURL_holds_no_e_mail": "critical",
    }),
    ("yandex_metrika/visits", {"UTMTerm": "анна%40пример.рф"}, {"UTMTerm_holds_no_e_mail": "critical"}),
    ("yandex_metrika/hits", {"URL": "https://shop.example/anna%40example.com"}, {"URL_holds_no_e_mail": "critical"}),
    ("yandex_metrika/hits", {"watchID": None}, {"watchID_is_filled": "critical"}),
]  # fmt: skip


def rows(suite: str, *changes: Mapping[str, str | None]) -> pa.Table:
    """Good rows with changes in each; keys differ unless they are changed."""
    made = [{**GOOD[suite], key_of(suite)[-1]: str(number + 1001), **change} for number, change in enumerate(changes)]
    table = {name: pa.array([row[name] for row in made], pa.string()) for name in GOOD[suite]}
    return pa.table({**table, "source_record_key": [f"{suite}/{number}/1" for number in range(len(made))]})


def key_of(suite: str) -> tuple[str, ...]:
    kind, name = suite.split("/")
    return next(stream.key for stream in STREAMS[kind] if stream.name == name)


def unmet(suite: str, table: pa.Table) -> dict[str, str]:
    results = run_suite(suite, table, observed_at=OBSERVED, suites=VENDOR_SUITES)
    return {result.name: result.severity for result in results if not result.success}


@pytest.mark.parametrize("suite", sorted(VENDOR_SUITES))
def test_rows_as_the_vendor_documents_them_meet_everything(suite: str) -> None:
    assert unmet(suite, rows(suite, {}, {}, GOOD[suite])) == {}


@pytest.mark.parametrize(("suite", "fault", "broken"), FAULTS)
def test_a_planted_fault_breaks_its_expectation_and_is_named(
    suite: str, fault: dict[str, str | None], broken: dict[str, str]
) -> None:
    table = rows(suite, {}, fault, {})
    assert unmet(suite, table) == broken
    results = run_suite(suite, table, observed_at=OBSERVED, suites=VENDOR_SUITES)
    assert {result.failing_keys for result in results if not result.success} == {(f"{suite}/1/1",)}


@pytest.mark.parametrize("suite", sorted(VENDOR_SUITES))
def test_a_repeated_key_of_an_account_is_critical_and_of_two_accounts_is_none(suite: str) -> None:
    assert unmet(suite, rows(suite, GOOD[suite], GOOD[suite])) == {"key_is_unique": "critical"}
    assert unmet(suite, rows(suite, GOOD[suite], {**GOOD[suite], "_account": "b"})) == {}


def test_missing_values_of_direct_are_no_numbers_and_no_breach() -> None:
    missing = {"Impressions": "--", "Clicks": "--", "CostWithVat": "--", "CostWithoutVat": "0.00"}
    assert unmet("yandex_direct/performance_daily", rows("yandex_direct/performance_daily", missing)) == {}


def test_arrays_are_counted_when_their_quotes_are_escaped() -> None:
    escaped = {
        "goalsDateTime": r"[\'2026-03-09 10:04:00\',\'2026-03-09 10:09:13\']",
        "goalsOrder": r"[\'1, 2\',\'\']",
        "goalsCurrency": r"[\'\',\'\']",
    }
    assert unmet("yandex_metrika/visits", rows("yandex_metrika/visits", escaped)) == {}
    fewer = {**escaped, "goalsOrder": r"[\'1, 2\']"}
    assert unmet("yandex_metrika/visits", rows("yandex_metrika/visits", fewer)) == {"goals_are_parallel": "critical"}


def test_every_stream_has_a_suite_over_its_own_key_and_columns() -> None:
    assert set(VENDOR_SUITES) == {f"{kind}/{stream.name}" for kind, streams in STREAMS.items() for stream in streams}
    for kind, streams in STREAMS.items():
        for stream in streams:
            suite = f"{kind}/{stream.name}"
            needed = set(columns_needed(suite, frozenset(), VENDOR_SUITES)[suite])
            of_pull = {"_account", "_window_from", "_window_to", "source_record_key"}
            assert needed - of_pull <= set(door_columns(stream)), suite
            (unique,) = [check for check in VENDOR_SUITES[suite] if check.name == "key_is_unique"]
            assert unique.columns == ("_account", *stream.key)
            assert (suite in DAY_COLUMNS) == (stream.kind == "window")
            names = [check.name for check in VENDOR_SUITES[suite]]
            assert len(set(names)) == len(names)


def test_the_closed_lists_are_those_that_the_connector_asks_for() -> None:
    lists = {
        (suite, check.columns[0]): tuple(check.arguments["value_set"])
        for suite, checks in VENDOR_SUITES.items()
        for check in checks
        if "value_set" in check.arguments and check.reading == "text"
    }
    assert lists == {
        ("amocrm/field_choices", "entity_type"): ("leads", "contacts", "companies"),
        ("amocrm/notes", "note_type"): amocrm.NOTE_TYPES,
        ("amocrm/notes", "entity_type"): ("leads", "contacts"),
    }


def test_events_are_of_the_types_that_the_connector_asks_for_and_of_fields_whose_history_is_read() -> None:
    types = (*amocrm.EVENT_TYPES, "custom_field_5510_value_changed")
    assert unmet("amocrm/events", rows("amocrm/events", *[{"type": name} for name in types])) == {}


def test_every_kind_of_check_is_shown_failing() -> None:
    shown = {(suite, name) for suite, _, broken in FAULTS for name in broken}
    kinds = {
        (check.reading, check.pattern) for suite, checks in VENDOR_SUITES.items() for check in checks
    }  # fmt: skip
    failing = {
        (check.reading, check.pattern)
        for suite, checks in VENDOR_SUITES.items()
        for check in checks
        if (suite, check.name) in shown or check.name == "key_is_unique"
    }
    assert kinds == failing


# which rows hold


@dataclass
class Chain:
    """What the checks use of a pipeline: a warehouse of raw tables, a folder for reports, and ears."""

    warehouse: DuckDbWarehouse
    reports: Path
    heard: list[str] = field(default_factory=list)

    def progress(self, message: str) -> None:
        self.heard.append(message)

    def pull(
        self, suite: str, number: int, rows: list[Mapping[str, str]], window: tuple[str, str] | None = None, account: str = "a"
    ) -> None:  # fmt: skip
        """A committed pull with its rows; columns that a row lacks are those of GOOD."""
        kind, name = suite.split("/")
        first, last = (f"'{day}'" for day in window) if window else ("null", "null")
        stream = next(one for one in STREAMS[kind] if one.name == name)
        with self.warehouse.connect() as connection:
            connection.execute(
                f"insert into raw_landing.pulls values ('{kind}', '{name}', {number}, '{account}', {first}, {last})"
            )
            for row in rows:
                whole = {**GOOD[suite], **row}
                key = "/".join(str(whole[part]) for part in stream.key)
                values = [whole.get(column) for column in door_columns(stream)[:-2]]
                holes = ", ".join("?" * (len(values) + 3))
                connection.execute(f"insert into raw_{kind}.{name} values ({holes})", [*values, "1", key, number])

    def holding(self, suite: str) -> list[str]:
        """Keys (source/stream/key/pull) of the rows that hold."""
        kind, name = suite.split("/")
        stream = next(one for one in STREAMS[kind] if one.name == name)
        columns = columns_needed(suite, frozenset(), VENDOR_SUITES)[suite]
        query = rows_that_hold(suite, stream.kind, columns, self.warehouse.quoted)
        return sorted(self.warehouse.arrow(query)["source_record_key"].to_pylist())

    def run(self, *kinds: str) -> dg.ExecuteInProcessResult:
        """Raw tables → checks → an asset that stands for everything after them."""
        vendors = quality.vendor_suites(kinds)
        specs = [dg.AssetSpec(["raw_files", contract]) for contract in SUITES]
        specs += [dg.AssetSpec([f"raw_{suite.split('/')[0]}", suite.split("/")[1]]) for suite in vendors]

        @dg.multi_asset(specs=specs)
        def bind_build() -> Iterator[dg.MaterializeResult]:
            """The tables stand already."""
            for spec in specs:
                yield dg.MaterializeResult(asset_key=spec.key)

        @dg.asset(key=["contracts", "payments"], deps=[dg.AssetKey(["raw_files", "payments"])])
        def after() -> None:
            """Runs only when nothing critical has failed."""

        definitions = dg.Definitions(
            assets=[bind_build, after],
            asset_checks=[quality._raw_checks(vendors)],
            resources={"pipeline": dg.ResourceDefinition.hardcoded_resource(self)},
            jobs=[dg.define_asset_job("all", selection=dg.AssetSelection.all())],
        )
        return definitions.resolve_job_def("all").execute_in_process(raise_on_error=False)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    warehouse = DuckDbWarehouse(tmp_path / "warehouse.duckdb")
    with warehouse.connect() as connection:
        connection.execute("create schema raw_files; create schema raw_build; create schema quality")
        connection.execute("create schema raw_landing")
        connection.execute(
            "create table raw_landing.pulls (source varchar, stream varchar, pull bigint, account varchar, "
            "window_from varchar, window_to varchar)"
        )
        for contract in load_contracts().values():
            _create(connection, f"raw_files.{contract.name}", (*contract.field_names, *LINEAGE_COLUMNS))
        for kind, streams in STREAMS.items():
            connection.execute(f"create schema raw_{kind}")
            for stream in streams:
                _create(connection, f"raw_{kind}.{stream.name}", door_columns(stream), ", pull bigint")
        connection.execute(
            "create table raw_build.build as select 'b1' as build_id, 'Umbrella' as company, "
            "timestamp '2026-03-10 06:00:00' as evaluated_at"
        )
        connection.execute("create table raw_build.filled_contracts as select 'payments' as contract where false")
    return Chain(warehouse, tmp_path / "reports")


def _create(connection: duckdb.DuckDBPyConnection, table: str, names: tuple[str, ...], more: str = "") -> None:
    columns = ", ".join(f'"{name}" varchar' for name in names)
    connection.execute(f"create table {table} ({columns}{more})")


def test_of_a_day_the_newest_pull_that_covers_it_holds_and_an_empty_day_holds_nothing(chain: Chain) -> None:
    suite = "yandex_metrika/visits"
    first = [{"visitID": "1", "date": "2026-03-01"}, {"visitID": "2", "date": "2026-03-02"}]
    chain.pull(suite, 1, first, ("2026-03-01", "2026-03-02"))
    chain.pull(suite, 2, [{"visitID": "3", "date": "2026-03-02"}], ("2026-03-02", "2026-03-03"), account="b")
    assert chain.holding(suite) == [f"{suite}/1/1", f"{suite}/2/1", f"{suite}/3/2"]
    chain.pull(suite, 3, [], ("2026-03-02", "2026-03-03"))
    assert chain.holding(suite) == [f"{suite}/1/1", f"{suite}/3/2"]


def test_a_row_outside_its_window_holds_until_the_nearest_day_of_it_is_read_again(chain: Chain) -> None:
    suite = "yandex_direct/performance_daily"
    window = ("2026-03-01", "2026-03-05")
    chain.pull(suite, 1, [{"Date": "2026-02-01"}, {"Date": "2026-04-01"}, {"Date": "junk"}], window)
    chain.pull(suite, 2, [], ("2026-03-05", "2026-03-06"))
    assert chain.holding(suite) == [f"{suite}/2026-02-01/7001/8001/9001/1"]
    chain.pull(suite, 3, [], window)
    assert chain.holding(suite) == []


def test_of_an_object_the_newest_row_of_its_account_holds(chain: Chain) -> None:
    suite = "amocrm/leads"
    chain.pull(suite, 1, [{"id": "100"}, {"id": "101"}])
    chain.pull(suite, 2, [{"id": "100"}])
    chain.pull(suite, 3, [{"id": "100"}], account="b")
    assert chain.holding(suite) == [f"{suite}/100/2", f"{suite}/100/3", f"{suite}/101/1"]


def test_of_lists_the_newest_one_of_every_account_holds(chain: Chain) -> None:
    suite = "yandex_direct/campaigns"
    chain.pull(suite, 1, [{"Id": "1"}, {"Id": "2"}])
    chain.pull(suite, 2, [{"Id": "1"}])
    chain.pull(suite, 3, [{"Id": "9"}], account="b")
    assert chain.holding(suite) == [f"{suite}/1/2", f"{suite}/9/3"]


# in a run


def test_a_critical_breach_of_a_vendor_stops_the_run_and_a_day_read_again_mends_it(chain: Chain) -> None:
    suite, window = "yandex_direct/performance_daily", ("2026-03-05", "2026-03-05")
    chain.pull(suite, 1, [{"CostWithVat": "12,5"}], window)
    result = chain.run("yandex_direct")
    row = f"{suite}/2026-03-05/7001/8001/9001/1"
    found = {(one.asset_key.path[-1], one.check_name): one for one in result.get_asset_check_evaluations()}
    assert not found["performance_daily", "critical"].passed
    assert row in (found["performance_daily", "critical"].description or "")
    assert found["performance_daily", "warning"].passed
    assert not result.asset_materializations_for_node("contracts__payments")
    (stored,) = chain.warehouse.query("select * from quality.expectations where not is_met").to_dict("records")
    assert (stored["contract"], stored["expectation"]) == (suite, "CostWithVat_is_a_number")
    page = (chain.reports / "expectations" / "index.html").read_text(encoding="utf-8")
    assert row in page

    chain.pull(suite, 2, [{"CostWithVat": "120.50"}], window)
    result = chain.run("yandex_direct")
    assert result.success
    assert result.asset_materializations_for_node("contracts__payments")


def test_a_warning_of_a_vendor_is_shown_and_stops_nothing(chain: Chain) -> None:
    suite = "yandex_direct/performance_daily"
    chain.pull(suite, 1, [{"Clicks": "1201"}], ("2026-03-05", "2026-03-05"))
    result = chain.run("yandex_direct")
    assert result.success
    assert any("Clicks_is_at_most_Impressions" in line for line in chain.heard)
    assert result.asset_materializations_for_node("contracts__payments")


def test_a_vendor_that_is_not_configured_is_asked_nothing(chain: Chain) -> None:
    chain.pull("amocrm/leads", 1, [{"price": "25 000"}])
    assert chain.run("yandex_metrika").success
    asked = set(chain.warehouse.read("quality.expectations")["contract"])
    assert {name for name in asked if "/" in name} == {
        "yandex_metrika/counters", "yandex_metrika/goals", "yandex_metrika/visits", "yandex_metrika/hits",
    }  # fmt: skip
