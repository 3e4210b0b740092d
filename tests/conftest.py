"""Builds shared by all integration tests: each configuration runs once in a session."""

import contextlib
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from orchestration.locks import exclusive
from orchestration.settings import PROJECT_ROOT

EXAMPLE_DATA = Path(os.environ.get("ONEFUNNEL_EXAMPLE_DATA") or PROJECT_ROOT.parent / "shared" / "data")


# where the extra `spark` is installed, great-expectations imports its Connect client, which takes a process whose main module
# has no file (a worker of pytest-xdist) for a doctest run and calls sys.exit(0)
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__


VERIFIED = PROJECT_ROOT / "var" / "verified"
"""One file a commit with the ids of the `verify` tests that passed on it, so that `make verify` goes on where it stopped."""


def verified_here() -> Path | None:
    """The file of this commit; None for a tree with changes, of which nothing can be said later."""
    git = ["git", "-C", str(PROJECT_ROOT)]
    if subprocess.run([*git, "status", "--porcelain"], capture_output=True, check=True).stdout.strip():
        return None
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    return VERIFIED / f"{commit}.txt"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `-m verify`: leave out what has passed on this commit already."""
    if config.option.markexpr != "verify":
        return
    file = config.stash[_VERIFIED] = verified_here()
    passed = set(file.read_text().splitlines()) if file is not None and file.exists() else set()
    done = [item for item in items if item.nodeid in passed]
    config.hook.pytest_deselected(items=done)
    items[:] = [item for item in items if item.nodeid not in passed]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    file = item.config.stash.get(_VERIFIED, None)
    if file is not None and report.when == "call" and report.passed:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as passed:
            passed.write(f"{item.nodeid}\n")
    return report


_VERIFIED = pytest.StashKey[Path | None]()


@dataclass(frozen=True)
class Built:
    """A home after a run: what it printed, and queries over what it published."""

    home: Path
    printed: str

    @property
    def published(self) -> Path:
        return self.home / "published" / "current"

    def query(self, sql: str) -> list[tuple]:
        """Rows of a query over the published snapshot; tables as marts.<table>."""
        with duckdb.connect(str(self.published / "onefunnel.duckdb"), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    def one(self, sql: str) -> object:
        """The single value of a query."""
        ((value,),) = self.query(sql)
        return value


def onefunnel(
    *arguments: str, home: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would, with the home set."""
    variables = {**os.environ, "ONEFUNNEL_HOME": str(home), **(environment or {})}
    command = [sys.executable, "-m", "orchestration", *arguments]
    return subprocess.run(command, cwd=PROJECT_ROOT, env=variables, capture_output=True, text=True, check=False)


def onefunnel_here(
    *arguments: str, home: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The same command in this process: imports, ten seconds of each start, are paid once in a session."""
    # imported here: most tests need neither Dagster nor dbt
    from orchestration.cli import main

    with contextlib.chdir(PROJECT_ROOT):
        result = CliRunner().invoke(main, arguments, env={"ONEFUNNEL_HOME": str(home), **(environment or {})})
    is_exit = result.exception is None or isinstance(result.exception, SystemExit)
    raised = "" if is_exit else "".join(traceback.format_exception(result.exception))
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr + raised)


def _built(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    *arguments: str,
    run: Callable[..., subprocess.CompletedProcess[str]] = onefunnel_here,
) -> Built:
    """One run a session, shared by all test processes: the first that asks builds, the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    home, printed = shared / name, shared / f"{name}.printed"
    with exclusive(shared / f"{name}.lock"):
        if not printed.exists():
            done = run(*arguments, home=home)
            assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
            printed.write_text(done.stdout, encoding="utf-8")
    return Built(home, printed.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The demo company from its exports, built once, by the command in a process of its own as a user gives it."""
    return _built(tmp_path_factory, "demo", "demo", "--files", run=onefunnel)


@pytest.fixture(scope="session")
def living(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The small living company, asked over HTTP on its five mornings and built once on the last."""
    return _built(tmp_path_factory, "living", "demo", "--size", "small")


@pytest.fixture(scope="session")
def living_medium(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The medium living company, asked over HTTP on its five mornings and built once on the last; minutes of work."""
    return _built(tmp_path_factory, "living_medium", "demo", "--size", "medium")


@pytest.fixture(scope="session")
def example_data() -> Path:
    if not (EXAMPLE_DATA / "olist").is_dir():
        pytest.skip(f"the public example data is not here ({EXAMPLE_DATA}); set ONEFUNNEL_EXAMPLE_DATA to its folder")
    return EXAMPLE_DATA


@pytest.fixture(scope="session")
def olist(example_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The Olist export with commas, built once."""
    return _built(tmp_path_factory, "olist", "run", "--config", "examples/olist/onefunnel.yml")


@pytest.fixture(scope="session")
def olist_semicolon(example_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The same data exported with semicolons, built once."""
    return _built(tmp_path_factory, "olist_semicolon", "run", "--config", "examples/olist_semicolon/onefunnel.yml")


@pytest.fixture(scope="session")
def maven_crm(example_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The Maven CRM export, built once."""
    return _built(tmp_path_factory, "maven_crm", "run", "--config", "examples/maven_crm/onefunnel.yml")


@pytest.fixture(scope="session")
def attribution_touches(example_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The ad touches with conversions, built once under the rule `independent`."""
    return _built(
        tmp_path_factory, "attribution_touches", "run", "--config", "examples/attribution_touches/onefunnel.yml"
    )


@pytest.fixture
def run_onefunnel() -> Callable[..., subprocess.CompletedProcess[str]]:
    return onefunnel
