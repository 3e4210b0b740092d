"""A small warehouse file with the relations that publication reads."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

WarehouseMaker = Callable[..., Path]


@pytest.fixture
def make_warehouse(tmp_path: Path) -> WarehouseMaker:
    """make_warehouse(build_id, as_of_at=..., leads=...) -> the DuckDB file, rebuilt at the same path every time."""

    def make(build_id: str = "b1", as_of_at: str = "2026-07-01 09:00:00", leads: int = 3) -> Path:
        path = tmp_path / "warehouse" / "onefunnel.duckdb"
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            for schema in ("raw_build", "raw_definitions", "raw_landing", "marts"):
                connection.execute(f"create schema {schema}")
            connection.execute(
                f"""
                create table raw_build.build as select '{build_id}' as build_id, timestamp '{as_of_at}' as as_of_at,
                    timestamp '2026-06-30 20:00:00' as evaluated_at, 'Europe/Moscow' as time_zone,
                    'gregorian' as period_calendar, 'RUB' as reporting_currency, 'net' as vat_basis,
                    'Ромашка' as company, 'ru' as language, true as has_payments_source
                """
            )
            connection.execute(
                """
                create table raw_definitions.policies as select * from (values
                    ('revenue_event', 'won', '2020-01-01', 1::bigint), ('revenue_event', 'paid', '2026-01-01', 2),
                    ('revenue_event', 'won', '2027-01-01', 3)) as policies(name, value, valid_from, _row)
                """
            )
            connection.execute(
                """
                create table raw_definitions.currencies as select * from (values
                    ('RUB', '2'), ('IRR', '0'), ('toman', null)) as currencies(currency, exponent)
                """
            )
            connection.execute(
                """
                create table raw_landing.pulls as select * from (values
                    ('definitions', 'stages', 1::bigint, true), ('definitions', 'stages', 2, true),
                    ('definitions', 'stages', 3, false), ('files', 'leads', 7, true))
                    as pulls(source, stream, pull, is_read)
                """
            )
            connection.execute(
                f"""
                create table marts.fct_leads as
                select 'lead ' || range as lead_id, cast(range * 100 as bigint) as amount_minor,
                    cast(1.5 as decimal(38, 9)) as rate, date '2026-06-01' as created_on, '{build_id}' as build_id
                from range({leads})
                """
            )
            connection.execute(
                "create view marts.fct_lead_names as select lead_id, build_id from onefunnel.marts.fct_leads"
            )
            connection.execute("comment on table marts.fct_leads is 'One row per lead; it''s the core'")
            connection.execute("comment on column marts.fct_leads.lead_id is 'The lead'")
            connection.execute("comment on view marts.fct_lead_names is 'One row per name'")
        return path

    return make
