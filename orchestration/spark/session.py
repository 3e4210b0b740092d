"""The one Spark session of this process, which dbt (method `session`) and the Python steps share.

Tables live in the session's own catalogue over Parquet in the build's folder: a killed driver takes the catalogue with it
and leaves files that no later build looks at.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.warehouse import WarehouseError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LEAST_JAVA = 17
"""Spark 4 runs on Java 17 and later."""

EXISTING = "existing"
"""The master that stands for a session which the platform has made (a Databricks job, `spark-submit`)."""

SETTINGS = {
    "spark.app.name": "onefunnel",
    "spark.sql.session.timeZone": "UTC",
    # instants are UTC without a zone on both engines
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    # overflow, a bad cast and a division by zero are errors, as in DuckDB, and not nulls
    "spark.sql.ansi.enabled": "true",
    "spark.sql.sources.default": "parquet",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
"""What every model relies on; a configuration may add to it (`spark.settings`), and override what it must."""


@dataclass(frozen=True)
class _Running:
    session: SparkSession
    master: str
    settings: dict[str, str]


_running: _Running | None = None
"""Asking pyspark for the session that there is costs a dozen calls into the JVM and a warning in its log each time."""


class SparkError(WarehouseError):
    """Spark cannot start or is not what a build needs; the text says what to do."""


def java_version() -> int | None:
    """Major version of the Java that Spark would start (JAVA_HOME, else the PATH); None when there is none."""
    java = java_command()
    if java is None:
        return None
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None


def java_command() -> str | None:
    """Path of the `java` that Spark would start."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin") if home else None)


def problem() -> str | None:
    """Why Spark cannot start here and what to do, in one sentence; None when it can."""
    if find_spec("pyspark") is None or find_spec("dbt.adapters.spark") is None:
        return "the extra `spark` is not installed: make spark (or pip install 'onefunnel[spark]')"
    version = java_version()
    if version is None:
        return f"no Java was found: install a Java runtime {LEAST_JAVA} or newer (Debian: openjdk-17-jre-headless) or set JAVA_HOME"
    if version < LEAST_JAVA:
        return f"{java_command()} is Java {version}, Spark needs {LEAST_JAVA} or newer: install one or point JAVA_HOME at it"
    return None


def start_session(master: str, settings: Mapping[str, str], folder: Path) -> SparkSession:
    """The session of this process, made on the first call; a later call with the same arguments gives it again.

    master : `local[…]`, `spark://host:port`, `yarn` …, or `existing` for the session that the platform has made.
    settings : of Spark, over SETTINGS. folder : for Spark's log (`driver.log`) and whatever it writes beside tables.

    Raises
    ------
    SparkError
        when Spark, Java or the master is missing, or the process has a session on another master; names which and what to do.
    """
    global _running
    if _running is not None:
        if (_running.master, _running.settings) != (master, dict(settings)):
            raise SparkError(f"this process has a Spark session on {_running.master}; stop it before one on {master}")
        return _running.session
    from_platform = master == EXISTING
    if not from_platform and (reason := problem()):
        raise SparkError(reason)
    folder.mkdir(parents=True, exist_ok=True)
    if is_local(master):
        # a name of this machine that leads to another address would be where workers look for the driver
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # rows pass as Arrow tables: what its pandas functions cannot do with pandas 3 is no matter here
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    # every error of a query is raised as well; as a log it would be a page of JSON on the console
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    builder = SparkSession.builder
    chosen = {**SETTINGS, **settings}
    if not from_platform:
        log = _log_settings(folder)
        chosen["spark.driver.extraJavaOptions"] = " ".join(
            [chosen.get("spark.driver.extraJavaOptions", ""), f"-Dlog4j2.configurationFile={log.as_uri()}"]
        ).strip()
        chosen.setdefault("spark.sql.warehouse.dir", str(folder / "warehouse"))
        builder = builder.master(master)
    for name, value in chosen.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        raise SparkError(
            f"Spark did not start on {master}: {_first_line(error)} (log: {folder / 'driver.log'})"
        ) from error
    except Exception as error:  # py4j wraps whatever the JVM said
        if type(error).__module__.startswith("py4j"):
            raise SparkError(
                f"Spark did not start on {master}: {_first_line(error)} (log: {folder / 'driver.log'})"
            ) from error
        raise
    _running = _Running(session, master, dict(settings))
    return session


def stop_session() -> None:
    """End the session of this process, when there is one."""
    global _running
    if _running is not None:
        _running.session.stop()
        _running = None


def is_local(master: str) -> bool:
    """Whether all of Spark runs on this machine."""
    return master.startswith(("local", "spark://127.0.0.1", "spark://localhost"))


def _log_settings(folder: Path) -> Path:
    """Warnings of the driver go to a file: on the console they would drown what a run says."""
    file = folder / "log4j2.properties"
    file.write_text(
        "rootLogger.level = warn\n"
        "rootLogger.appenderRef.file.ref = file\n"
        "appender.file.type = File\n"
        "appender.file.name = file\n"
        f"appender.file.fileName = {folder / 'driver.log'}\n"
        "appender.file.append = false\n"
        "appender.file.layout.type = PatternLayout\n"
        "appender.file.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n\n",
        encoding="utf-8",
    )
    return file


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0]
