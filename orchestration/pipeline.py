"""What the steps of one run share: settings, clock, lake, warehouse, and where the outputs go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.clock import Clock, SystemClock
from orchestration.landing import Lake
from orchestration.settings import Settings, SettingsError
from orchestration.spark.warehouse import SparkWarehouse
from orchestration.warehouse import DuckDbWarehouse, Warehouse

AS_OF_TAG = "onefunnel/as_of"
"""Run tag that makes a run rebuild the past: a date or an instant."""


def _silent(message: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Pipeline:
    """The places of one run.

    A run `as_of` an instant builds in `warehouse/as_of/<T>/` and publishes there; the current outputs are not touched.
    """

    settings: Settings
    as_of: datetime | None = None
    clock: Clock = field(default_factory=SystemClock)
    progress: Callable[[str], None] = _silent

    @property
    def lake(self) -> Lake:
        return Lake(self.settings.lake, self.clock)

    @property
    def outputs(self) -> Path:
        """Folder that holds `published/` and `reports/` of this run."""
        if self.as_of is None:
            return self.settings.home
        return self.settings.home / "warehouse" / "as_of" / f"{self.as_of:%Y%m%dT%H%M%SZ}"

    @property
    def warehouse(self) -> Warehouse:
        return warehouse_in(self.settings.home / "warehouse" if self.as_of is None else self.outputs, self.settings)

    @property
    def reports(self) -> Path:
        return self.outputs / "reports"


def warehouse_in(folder: Path, settings: Settings) -> Warehouse:
    """The warehouse of the configured engine in a folder."""
    if settings.engine == "spark":
        return SparkWarehouse(folder / "spark", settings.spark_master, settings.configuration.spark.settings)
    return DuckDbWarehouse(folder / "onefunnel.duckdb")


def parse_as_of(text: str, time_zone: str) -> datetime:
    """The instant that `--as-of` names, aware UTC.

    A date means the end of that local day: its last second, since instants have second precision (D1). An instant
    without a zone is local.

    Raises
    ------
    SettingsError
        when it is neither a date nor an instant.
    """
    zone = ZoneInfo(time_zone)
    try:
        if len(text) == 10:
            day = datetime.strptime(text, "%Y-%m-%d").date() + timedelta(days=1)
            return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) - timedelta(seconds=1)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            f"--as-of {text}: expected a date (2026-06-30) or an instant (2026-06-30T18:00:00+03:00): {error}"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)
