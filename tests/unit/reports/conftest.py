"""Published builds with the columns of the marts that reports read, filled by hand (`small_company.sql`, `role_company.sql`)."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.publication import publish

HERE = Path(__file__).resolve().parent

PublicationMaker = Callable[..., Path]


def published_build(
    home: Path,
    filled: bool = True,
    without: tuple[str, ...] = (),
    change: str = "",
    company: str = "Ромашка & <Co>",
    period_calendar: str = "gregorian",
    has_payments_source: bool = True,
) -> Path:
    """The directory of a published build b1 under `home`: without some tables, or after some SQL has changed it."""
    warehouse = home / "warehouse" / "onefunnel.duckdb"
    warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(warehouse)) as connection:
        for schema in ("raw_build", "raw_definitions", "raw_landing", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            """
            create table raw_build.build as select 'b1' as build_id, timestamp '2026-07-01 09:00:00' as as_of_at,
                timestamp '2026-06-30 20:00:00' as evaluated_at, 'Europe/Moscow' as time_zone,
                $calendar as period_calendar, 'RUB' as reporting_currency, 'net' as vat_basis,
                $company as company, 'en' as language, $payments as has_payments_source
            """,
            {"calendar": period_calendar, "company": company, "payments": has_payments_source},
        )
        connection.execute(
            "create table raw_definitions.policies as select 'revenue_event' as name, 'paid' as value,"
            " '2000-01-01' as valid_from, 1::bigint as _row"
        )
        connection.execute("create table raw_definitions.currencies as select 'RUB' as currency, '2' as exponent")
        connection.execute(
            "create table raw_landing.pulls as"
            " select 'definitions' as source, 'stages' as stream, 2::bigint as pull, true as is_read"
        )
        for name in ("marts.sql", "role_marts.sql"):
            connection.execute((HERE / name).read_text(encoding="utf-8"))
        if filled:
            for name in ("small_company.sql", "role_company.sql"):
                connection.execute((HERE / name).read_text(encoding="utf-8"))
        for table in without:
            connection.execute(f"drop table marts.{table}")
        if change:
            connection.execute(change)
    return publish(warehouse, home, "b1").path


@pytest.fixture
def make_publication(tmp_path: Path) -> PublicationMaker:
    """make_publication(home=…, **changes) -> the directory of a published build b1; see `published_build`."""

    def make(home: Path = tmp_path / "home", **changes) -> Path:
        return published_build(home, **changes)

    return make


@pytest.fixture(scope="session")
def small_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published build of the small company as it is; nobody changes it."""
    return published_build(tmp_path_factory.mktemp("small_company"))
