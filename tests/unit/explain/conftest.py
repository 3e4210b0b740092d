"""A company of one paid deal, published, with its raw records in a lake."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration.landing import Lake
from orchestration.publication import publish

HERE = Path(__file__).resolve().parent

CONFIGURATION = """
company: Ромашка
time_zone: Europe/Moscow
period_calendar: gregorian
reporting_currency: RUB
vat_basis: net
language: en
home: {home}
sources:
  - {{type: files, mapping: mapping.yml}}
"""


@dataclass(frozen=True)
class Company:
    """Where the company stands: its home, its configuration, its published build."""

    home: Path
    config: Path
    published: Path


@dataclass(frozen=True)
class OneMorning:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 6, 30, 20, tzinfo=UTC)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("explained")
    home, config = folder / "home", folder / "onefunnel.yml"
    # settings ask for the file of every mapping; nothing here reads it
    (folder / "mapping.yml").write_text("source: crm\n", encoding="utf-8")
    config.write_text(CONFIGURATION.format(home=home), encoding="utf-8")
    warehouse = home / "warehouse" / "onefunnel.duckdb"
    warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(warehouse)) as connection:
        for schema in ("raw_build", "raw_definitions", "raw_landing", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table raw_build.build as select 'b1' as build_id, timestamp '2026-07-01 09:00:00' as as_of_at,"
            " timestamp '2026-06-30 20:00:00' as evaluated_at, 'Europe/Moscow' as time_zone, 'gregorian' as period_calendar,"
            " 'RUB' as reporting_currency, 'net' as vat_basis, 'Ромашка' as company, 'en' as language, true as has_payments_source"
        )
        connection.execute(
            "create table raw_definitions.policies as select 'close_event' as name, 'won' as value,"
            " '2000-01-01' as valid_from, 1::bigint as _row"
        )
        connection.execute("create table raw_definitions.currencies as select 'RUB' as currency, '2' as exponent")
        connection.execute(
            "create table raw_landing.pulls as"
            " select 'definitions' as source, 'stages' as stream, 2::bigint as pull, true as is_read"
        )
        connection.execute((HERE / "company.sql").read_text(encoding="utf-8"))
    lake = Lake(home / "lake", OneMorning())
    columns = ["name", "phone_1_token", "_key"]
    with lake.open_pull("crm", "contacts", columns=columns, key_columns=["_key"]) as pull:
        pull.write(pa.Table.from_pylist([{"name": "–", "phone_1_token": "0123456789abcdef", "_key": "p1"}]))
    return Company(home, config, publish(warehouse, home, "b1").path)
