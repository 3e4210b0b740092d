"""One living company, asked through the connectors on its first morning and when everything is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from demo.feeds import LivingCompany, living_company
from orchestration.clock import FixedClock
from orchestration.sources.api.amocrm import EVENT_TYPES, AmoCrm
from orchestration.sources.api.stream import Connector, Known, Pulled, Span, Stream
from orchestration.sources.api.tokens import LongLivedToken
from orchestration.sources.api.yandex_direct import YandexDirect
from orchestration.sources.api.yandex_metrika import YandexMetrika

AFTERWARDS = datetime(2026, 9, 1, 3, tzinfo=UTC)
"""Later than every correction, and than every conversion."""
FIRST_DAY = date(2025, 1, 1)
GOALS = ("20001", "20002", "20003", "20004")

Rows = dict[str, list[dict[str, Any]]]


@dataclass
class Asked:
    """The company and what its vendors said: stream → rows, of the first morning and of afterwards."""

    company: LivingCompany
    morning: Rows
    afterwards: Rows


def connectors(company: LivingCompany) -> list[Connector]:
    clock = company.clock
    crm = AmoCrm(
        company.crm_account,
        clock,
        LongLivedToken("amocrm", company.crm_token),
        base_url=company.crm.url,
        event_types=(*EVENT_TYPES, *(f"custom_field_{1_300_031 + number}_value_changed" for number in range(6))),
    )
    direct = YandexDirect(
        clock=clock,
        account=company.direct_login,
        token=company.direct_token,
        base_url=company.direct.url,
        start_on=FIRST_DAY,
        goals=GOALS,
    )
    metrika = YandexMetrika(
        company.counter, company.metrika_token, clock, since=FIRST_DAY, base_url=company.metrika.url
    )
    return [crm, direct, metrika]


def stream_of(company: LivingCompany, name: str) -> tuple[Connector, Stream]:
    """A connector that has a stream, and the stream."""
    ((connector, stream),) = [
        (one, known) for one in connectors(company) for known in one.streams if known.name == name
    ]
    return connector, stream


def rows_of(connector: Connector, stream: str, span: Span | None = None) -> list[dict[str, Any]]:
    """All rows of a first pull, or of some days."""
    (wanted,) = [one for one in connector.streams if one.name == stream]
    tables = [pa.table(batch) for pulled in connector.pull(wanted, Known(), span) for batch in pulled.batches]
    return [row for table in tables for row in table.to_pylist()]


def everything(company: LivingCompany, at: datetime) -> Rows:
    company.clock.move_to(at)
    return {stream.name: rows_of(one, stream.name) for one in connectors(company) for stream in one.streams}


@pytest.fixture(scope="session")
def pull(asked: Asked) -> Callable[[str, Known], Iterator[tuple[Pulled, dict[str, dict[str, Any]]]]]:
    """Pulls a stream after what is known of it, at the clock's present instant: each pull with its rows by key."""

    def pull_stream(name: str, known: Known) -> Iterator[tuple[Pulled, dict[str, dict[str, Any]]]]:
        connector, stream = stream_of(asked.company, name)
        for pulled in connector.pull(stream, known):
            rows = [row for batch in pulled.batches for row in pa.table(batch).to_pylist()]
            yield pulled, {"/".join(row[key] for key in stream.key): row for row in rows}

    return pull_stream


@pytest.fixture(scope="session")
def ask(asked: Asked) -> Callable[..., list[dict[str, Any]]]:
    """Asks one stream anew: `ask(<instant>, <stream>, <days>)`."""

    def ask_stream(at: datetime, stream: str, span: Span | None = None) -> list[dict[str, Any]]:
        asked.company.clock.move_to(at)
        (connector,) = [one for one in connectors(asked.company) if stream in {known.name for known in one.streams}]
        return rows_of(connector, stream, span)

    return ask_stream


@pytest.fixture(scope="session")
def asked() -> Iterator[Asked]:
    with living_company(7, "small", FixedClock()) as company:
        yield Asked(company, everything(company, company.mornings[0]), everything(company, AFTERWARDS))
