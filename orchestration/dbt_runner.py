"""dbt inside this process: parsed once, then built as often as a run needs.

A dbt process of its own costs 6 s of start-up and parsing each time, and a run builds twice (before and after the Python
steps). The manifest is parsed once per process and handed to each build.

The profile names the warehouse file without its folder: dbt reads the whole project again (9 s) when a value of the profile
differs from the one in its parse cache, and so every home can start from the cache that `make install` made. The target of
the profile is the engine: what dbt parsed for one is of no use to the other.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

from orchestration.settings import DBT_PROJECT
from orchestration.warehouse import Warehouse

_PROGRESS_EVERY = 100
_NODE_FINISHED = "NodeFinished"

INSTALLED = DBT_PROJECT / "target"
"""Where `make install` parses the project, for DuckDB here and for Spark in the folder `spark` below."""

_PARSE_CACHE = "partial_parse.msgpack"
"""dbt itself finds out which files have changed since it was written."""


def installed_target(engine: str) -> Path:
    """The target folder that `make install` (for Spark: `make spark`) filled."""
    return INSTALLED if engine == "duckdb" else INSTALLED / engine


class DbtError(Exception):
    """dbt could not parse the project, or stopped before it ran anything; the text is dbt's own."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or test.

    status: dbt's own word; `is_good` is true for success, pass and warn. failures: rows that a test returned. sql: what was
    asked of the warehouse. is_stored: whether the rows stand there; those of a view do not.
    """

    unique_id: str
    name: str
    kind: str
    schema: str
    status: str
    message: str
    failures: int
    seconds: float
    sql: str
    is_stored: bool

    @property
    def is_good(self) -> bool:
        return self.status in ("success", "pass", "warn", "no-op")


def _keep_ansi_on_spark() -> None:
    """dbt-spark 1.11 switches `spark.sql.ansi.enabled` off before every statement, whatever the session and the profile say:
    an overflow of money or a bad cast would become null without a word. Its credentials keep the setting in their
    parameters, so it is put back there."""
    from dbt.adapters.spark.connections import SparkCredentials

    if getattr(SparkCredentials.__post_init__, "keeps_ansi", False):
        return
    as_written = SparkCredentials.__post_init__

    def with_ansi(self: Any) -> None:
        as_written(self)
        self.server_side_parameters["spark.sql.ansi.enabled"] = "true"

    with_ansi.keeps_ansi = True  # type: ignore[attr-defined]
    SparkCredentials.__post_init__ = with_ansi  # type: ignore[method-assign]


class _HeardEvents(EventManager):
    """dbt's events without those that nobody hears: below a warning, only the end of a node is told to anybody here.

    dbt copies each event into a message first, some 15 of them a node, which took a tenth of its processor time (decision 126).
    """

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        is_quiet = (level or e.level_tag()) not in (EventLevel.WARN, EventLevel.ERROR)
        if is_quiet and not force_warn_or_error_handling and type(e).__name__ != _NODE_FINISHED:
            return
        super().fire_event(e, level, node, force_warn_or_error_handling)


class Dbt:
    """The project with its own target folder (manifest, parse cache, compiled SQL) for one engine."""

    def __init__(self, target: Path, engine: str = "duckdb") -> None:
        self.target = target
        self.engine = engine
        if engine == "spark":
            _keep_ansi_on_spark()
        self._parsed: Manifest | None = None

    @property
    def manifest_file(self) -> Path:
        return self.target / "manifest.json"

    def parse(self) -> Path:
        """Parse the project if a file of it is newer than the manifest; return the manifest's file.

        Raises
        ------
        DbtError
            when the project does not parse.
        """
        folders = [DBT_PROJECT / name for name in ("models", "macros", "materializations", "tests")]
        files = [file for folder in folders for file in folder.rglob("*")]
        newest = max(file.stat().st_mtime for file in [*files, *folders, *DBT_PROJECT.glob("*.yml")])
        if not self.manifest_file.is_file() or self.manifest_file.stat().st_mtime < newest:
            self._manifest()
        return self.manifest_file

    def build(
        self, warehouse: Warehouse, selection: Sequence[str], progress: Callable[[str], None] = lambda message: None
    ) -> list[NodeResult]:
        """Build and test the selected nodes in a warehouse; a DuckDB file is closed again at the end.

        Parameters
        ----------
        warehouse : of this engine; a DuckDB file has the name that the profile says.
        selection : dbt's selection options, such as ["--exclude", "source:ml+"].
        progress : told now and then how many nodes are done.

        Returns one result a node that ran or was skipped.

        Raises
        ------
        DbtError
            when dbt stops before it runs anything.
        """
        return self._execute("build", warehouse, selection, progress)

    def run(
        self, warehouse: Warehouse, selection: Sequence[str], progress: Callable[[str], None] = lambda message: None
    ) -> list[NodeResult]:
        """Build the selected models without their tests; otherwise as `build`."""
        return self._execute("run", warehouse, selection, progress)

    def test(self, warehouse: Warehouse, selection: Sequence[str]) -> list[NodeResult]:
        """Run data and unit tests on what stands in a warehouse; as `build`, which runs unit tests only with their models."""
        return self._execute("test", warehouse, selection, lambda message: None)

    def _execute(
        self, command: str, warehouse: Warehouse, selection: Sequence[str], progress: Callable[[str], None]
    ) -> list[NodeResult]:
        manifest = self._manifest()
        # told from two threads: the next of a counter is never given twice
        numbers = itertools.count(1)

        def watch(event: Any) -> None:
            if event.info.name == _NODE_FINISHED:
                done = next(numbers)
                if done % _PROGRESS_EVERY == 0:
                    progress(f"dbt: {done} models and tests done")

        runner = dbtRunner(manifest=manifest, callbacks=[watch])
        # the manifest was written by the parse, and results are returned: writing both again costs a second a build
        outcome = self._invoke(runner, warehouse.dbt_folder, [command, "--no-write-json", *selection])
        if outcome.result is None:
            raise DbtError(f"dbt stopped: {outcome.exception}")
        return [_result(result) for result in outcome.result.results]  # type: ignore[union-attr]

    def _manifest(self) -> Manifest:
        if self._parsed is None:
            self.target.mkdir(parents=True, exist_ok=True)
            cache, installed = self.target / _PARSE_CACHE, installed_target(self.engine) / _PARSE_CACHE
            if not cache.is_file() and installed.is_file():
                shutil.copyfile(installed, cache)
            outcome = self._invoke(dbtRunner(), self.target, ["parse"])
            if not isinstance(outcome.result, Manifest):
                raise DbtError(f"dbt cannot parse {DBT_PROJECT}: {outcome.exception}")
            self._parsed = outcome.result
            # an unchanged project leaves the file alone, and a later check of its age must not parse again
            self.manifest_file.touch()
        return self._parsed

    def _invoke(self, runner: dbtRunner, folder: Path, command: list[str]) -> dbtRunnerResult:
        folders = [
            "--target",
            self.engine,
            "--project-dir",
            DBT_PROJECT,
            "--profiles-dir",
            DBT_PROJECT,
            "--target-path",
            self.target,
        ]
        quiet = ["--log-path", self.target, "--log-level", "none", "--log-level-file", "error"]
        ctx_set_event_manager(_HeardEvents())
        try:
            with contextlib.chdir(folder):
                return runner.invoke([*command, *map(str, [*folders, *quiet])])
        finally:
            # dbt keeps a DuckDB file open for its next invocation; the Python steps between need it
            if DuckDBConnectionManager._ENV is not None:
                DuckDBConnectionManager.env().close()
            DuckDBConnectionManager.close_all_connections()


def _result(result: Any) -> NodeResult:
    node = result.node
    return NodeResult(
        unique_id=node.unique_id,
        name=node.name,
        kind=str(node.resource_type),
        schema=node.schema,
        status=str(result.status),
        message=str(result.message or ""),
        failures=int(result.failures or 0),
        seconds=round(result.execution_time, 3),
        sql=str(getattr(node, "compiled_code", None) or ""),
        is_stored=node.config.materialized not in ("view", "ephemeral"),
    )
