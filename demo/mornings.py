"""The living company through its mornings: what a scheduler would have done on each of them, on the simulators' clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from demo.command import LIVING_CONFIG
from demo.exports.identities import World
from demo.exports.living import write_morning
from orchestration.clock import FixedClock
from orchestration.connectors import STREAMS, api_sources
from orchestration.contracts import load_contracts
from orchestration.landing import Lake
from orchestration.locks import HomeLock
from orchestration.settings import DEFAULT_DEFINITIONS, Settings, load_settings
from orchestration.sources.calendar import land_calendar
from orchestration.sources.definitions import land_definitions, load_currencies, read_definitions
from orchestration.sources.files import land_stream, load_mapping
from orchestration.vendor_pulls import VendorPulls


class Company(Protocol):
    """A living company that can be asked: its simulators run somewhere, on its clock."""

    @property
    def world(self) -> World: ...
    @property
    def clock(self) -> FixedClock: ...
    @property
    def urls(self) -> dict[str, str]: ...
    @property
    def tokens(self) -> dict[str, str]: ...
    @property
    def mornings(self) -> tuple[datetime, ...]: ...


def living_settings(company: Company, home: Path, environment: Mapping[str, str]) -> Settings:
    """The living company's configuration with the simulators' addresses in it. Raises SettingsError."""
    settings = load_settings(LIVING_CONFIG, home=home, environment={**environment, **company.tokens})
    sources = [
        source.model_copy(update={"base_url": company.urls[source.type]}) if source.type in company.urls else source
        for source in settings.configuration.sources
    ]
    return settings.replaced(sources=sources)


def mornings_to_go(settings: Settings, company: Company) -> tuple[datetime, ...]:
    """The mornings that a command has still to live through: from the one in which an earlier one ended or was killed.

    A pull of a morning is committed at that morning or, after waits, a little later. So nothing is asked on a morning that is
    older than what the lake knows.
    """
    committed = [pull.committed_at for pull in Lake(settings.lake, company.clock).pulls()]
    begun = [morning for morning in company.mornings if committed and morning <= max(committed)]
    return company.mornings[company.mornings.index(begun[-1]) :] if begun else company.mornings


def begin_morning(company: Company, exports: Path, morning: datetime) -> None:
    """Move the clock to a morning and let the systems without an API write their exports."""
    company.clock.move_to(morning)
    write_morning(exports, company.world, morning)


def ingest(settings: Settings, company: Company, progress: Callable[[str], None]) -> int:
    """Everything that the daily job brings into the lake, without a build; the home is locked meanwhile. Returns the rows that
    landed.

    Raises
    ------
    ApiError, FilesError, MappingError, SettingsError
        as the daily job would.
    """
    clock = company.clock
    lake = Lake(settings.lake, clock)
    with HomeLock(settings.home, "demo", clock), VendorPulls(settings, lake, clock, progress) as pulls:
        streams = [(source.type, stream.name) for source in api_sources(settings) for stream in STREAMS[source.type]]
        pulls.start(streams)
        land_definitions(lake, read_definitions(DEFAULT_DEFINITIONS, settings.definitions))
        land_calendar(lake)
        contracts, currencies = load_contracts(), load_currencies(DEFAULT_DEFINITIONS, settings.definitions)
        rows = 0
        for path in settings.mappings:
            mapping = load_mapping(path, settings.environment)
            for stream in mapping.streams:
                landed = land_stream(
                    lake,
                    mapping,
                    stream,
                    contracts=contracts,
                    currencies=currencies,
                    company_time_zone=settings.configuration.time_zone,
                    contact_key=settings.contact_key,
                    progress=progress,
                )
                rows += sum(result.rows for result in landed)
        for kind, name in streams:
            rows += sum(result.rows for result in pulls.result(kind, name))
    return rows
