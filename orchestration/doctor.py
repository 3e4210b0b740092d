"""What stands in the way of a run, found in a second, each with what to do: `onefunnel doctor`, and the start of `run`.

Nothing is changed and no row is read: of an exported file only its header is looked at.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.connectors import STREAMS, account_of, api_sources, obstacle, variable_of
from orchestration.contracts import load_contracts
from orchestration.landing import ContactKeyError, Lake, LandingError, Tokeniser
from orchestration.locks import HomeBusyError, HomeLock
from orchestration.settings import CONTACT_KEY_VARIABLE, DEFAULT_DEFINITIONS, Settings
from orchestration.sources.definitions import DefinitionsError, read_definitions
from orchestration.sources.files import FilesError, FilesMapping, MappingError, load_mapping
from orchestration.sources.files.fills import plan_stream
from orchestration.sources.files.load import files_of, missing_columns
from orchestration.sources.files.reading import read_header
from orchestration.spark.session import EXISTING, java_version, problem

SPACE_FACTOR = 10
"""Free space a run wants, as a multiple of the lake: warehouse, spill, the build beside the ones that are kept."""

_KEEP_THE_KEY = f"set {CONTACT_KEY_VARIABLE} in the environment or in .env, and keep it: another key makes other tokens"

LEAST_SPACE = 100 * 2**20
"""Free bytes below which a run does not start: the demo's home takes 50 MB."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `fix` says what to do; it is empty when nothing has to be done.

    stops_a_run: without the fix a run would fail; else it is worth knowing only.
    """

    subject: str
    text: str
    fix: str = ""
    stops_a_run: bool = False


def examine(settings: Settings) -> list[Finding]:
    """Everything, in the order in which a run would meet it."""
    return [
        *_home(settings),
        *_space(settings),
        *_definitions(settings),
        *_sources(settings),
        *_engine(settings),
        *_alerts(settings),
        *_published(settings),
    ]


def obstacles(settings: Settings, *, rebuilds_the_past: bool = False) -> list[Finding]:
    """What would stop a run, and is cheap to know before it starts. A rebuild of the past reads no source."""
    found = [
        *_home(settings),
        *_space(settings),
        *_engine(settings),
        *([] if rebuilds_the_past else _sources(settings)),
    ]
    return list(dict.fromkeys(finding for finding in found if finding.stops_a_run))


def next_step(findings: list[Finding], settings: Settings) -> str:
    """What to do now, in one line."""
    blocking = [finding for finding in findings if finding.stops_a_run]
    if blocking:
        return f"{len(blocking)} to mend before a run; begin with {blocking[0].subject}: {blocking[0].fix}"
    if not (settings.home / "published" / "current").exists():
        return f"nothing stands in the way: onefunnel run --config {settings.path}"
    return f"nothing stands in the way; open {settings.home / 'reports' / 'index.html'}, or run again"


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    existing = _existing(home)
    try:
        with tempfile.TemporaryFile(dir=existing) as probe:
            probe.write(b"onefunnel")
    except OSError as error:
        yield Finding(
            "home",
            f"{home}: cannot be written ({error.strerror})",
            f"give the user write access to {existing}, or set ONEFUNNEL_HOME (or `home:`) to a folder of its own",
            stops_a_run=True,
        )
        return
    if not home.exists():
        yield Finding("home", f"{home}: will be made")
        return
    try:
        HomeLock(home).refuse_if_held()
    except HomeBusyError as error:
        yield Finding("home", str(error), "wait for that run to end, or end it", stops_a_run=True)
        return
    yield Finding("home", f"{home}: can be written, no run holds it")


def _space(settings: Settings) -> Iterator[Finding]:
    existing = _existing(settings.home)
    used = sum(file.stat().st_size for file in settings.lake.rglob("*.parquet")) if settings.lake.exists() else 0
    free = shutil.disk_usage(existing).free
    text = f"{free / 2**20:,.0f} MiB free in {existing}, the lake takes {used / 2**20:,.0f} MiB"
    if free < LEAST_SPACE:
        yield Finding("disk", text, f"make {LEAST_SPACE / 2**20:,.0f} MiB free", stops_a_run=True)
    elif free < used * SPACE_FACTOR:
        yield Finding("disk", text, f"make {used * SPACE_FACTOR / 2**20:,.0f} MiB free: a run may need so much")
    else:
        yield Finding("disk", text)


def _definitions(settings: Settings) -> Iterator[Finding]:
    try:
        files = read_definitions(DEFAULT_DEFINITIONS, settings.definitions)
    except DefinitionsError as error:
        for line in str(error).splitlines():
            yield Finding("definitions", line, "mend the file; `onefunnel definitions check` shows the rest", True)
        return
    own = sum(settings.definitions is not None and file.path.is_relative_to(settings.definitions) for file in files)
    yield Finding("definitions", f"{len(files)} files valid, {own} of them the company's own")


def _sources(settings: Settings) -> Iterator[Finding]:
    for source in api_sources(settings):
        subject = f"{source.type} {account_of(source)}"
        if found := obstacle(source, settings):
            yield Finding(subject, *found, stops_a_run=True)
        else:
            yield Finding(
                subject,
                f"secret in {variable_of(source, settings.environment)}; asked since {source.since}",
            )
        if any(stream.contacts for stream in STREAMS[source.type]):
            yield from _contact_key_for(settings, subject)
    for path in settings.mappings:
        try:
            mapping = load_mapping(path, settings.environment)
        except MappingError as error:
            for line in str(error).splitlines():
                yield Finding("mapping", line, "mend the mapping file (docs/mapping.md)", stops_a_run=True)
            continue
        yield from _contact_key(settings, mapping)
        for stream in mapping.streams:
            yield from _stream(settings, mapping, stream)


def _contact_key(settings: Settings, mapping: FilesMapping) -> Iterator[Finding]:
    contracts = load_contracts()
    if not any(plan_stream(mapping, stream, contracts).contacts for stream in mapping.streams.values()):
        return
    yield from _contact_key_for(settings, str(mapping.path))


def _contact_key_for(settings: Settings, subject: str) -> Iterator[Finding]:
    try:
        Tokeniser(settings.contact_key)
    except ContactKeyError as error:
        yield Finding("contact key", f"{subject}: {error}", _KEEP_THE_KEY, stops_a_run=True)


def _stream(settings: Settings, mapping: FilesMapping, name: str) -> Iterator[Finding]:
    subject = f"{mapping.source}/{name}"
    stream = mapping.streams[name]
    try:
        landed = {pull.account: pull for pull in Lake(settings.lake).pulls(mapping.source, name)}
        files = files_of(mapping, stream, landed)
    except (FilesError, LandingError) as error:
        yield Finding(subject, str(error), "put the export there, or mend `folder:` or `file:`", stops_a_run=True)
        return
    plan = plan_stream(mapping, stream, load_contracts())
    for account, path in files.items():
        try:
            header = read_header(path, stream)
        except FilesError as error:
            yield Finding(subject, str(error), "export the file again, or mend the stream's keys", stops_a_run=True)
            continue
        if lines := missing_columns(mapping, stream, plan, path, header):
            for line in lines:
                yield Finding(subject, line, "mend the column's name in the mapping, or export it", stops_a_run=True)
            continue
        yield Finding(subject, f"{account}: {len(header)} columns, those of the mapping are there")
    for account in sorted(set(landed) - set(files)):
        yield Finding(subject, f"{account}: gone; its last version (pull {landed[account].pull}) stays in use")


def _engine(settings: Settings) -> Iterator[Finding]:
    """DuckDB as a run opens it; Spark as far as it can be known without starting it."""
    if settings.engine == "spark":
        reason = None if settings.spark_master == EXISTING else problem()
        if reason:
            what, fix = reason.split(": ", 1)
            yield Finding("engine", f"Spark cannot start: {what}", fix, stops_a_run=True)
        else:
            yield Finding("engine", f"Spark on {settings.spark_master}, Java {java_version()}")
        return
    with duckdb.connect() as connection:
        ((threads, memory),) = connection.execute(
            "select current_setting('threads'), current_setting('memory_limit')"
        ).fetchall()
    yield Finding("engine", f"DuckDB {duckdb.__version__}, {threads} threads, at most {memory} of memory")


def _alerts(settings: Settings) -> Iterator[Finding]:
    """Secrets of the routes; a route without its secret sends nothing, and stops no run."""
    configured = settings.configuration.alerts
    for name, route in configured.routes.items():
        wanted = [str(value) for key, value in route.model_dump().items() if key.endswith("_variable") and value]
        if missing := [variable for variable in wanted if not settings.environment.get(variable)]:
            yield Finding(
                "alerts",
                f"route {name}: {', '.join(missing)} not set",
                "set it in the environment or in .env (docs/alerts.md)",
            )
        else:
            yield Finding("alerts", f"route {name} ({route.type}): its secret is set")
    if configured.routes and not configured.send:
        yield Finding("alerts", "nothing is sent", "set alerts.send: true when the dry run shows what you want")


def _published(settings: Settings) -> Iterator[Finding]:
    snapshot = settings.home / "published" / "current" / "onefunnel.duckdb"
    if not snapshot.exists():
        yield Finding("published", "nothing yet")
        return
    try:
        with duckdb.connect(str(snapshot), read_only=True) as connection:
            ((tables,),) = connection.execute(
                "select count(*) from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
    except duckdb.Error as error:
        yield Finding("published", f"{snapshot}: cannot be read: {error}", "run again: the lake has everything")
        return
    yield Finding("published", f"build {snapshot.resolve().parent.name} with {tables} tables")


def _existing(path: Path) -> Path:
    """The nearest folder that exists at or above a path."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
