"""A standalone Spark cluster of separate processes on this machine: one master, some workers, their logs.

It touches its own processes only: each carries a mark of this cluster on its command line, and a process number that was
given to another program meanwhile does not have it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from orchestration.spark.session import SparkError, problem

_ADDRESS = "127.0.0.1"
_START_SECONDS = 60
_STOP_SECONDS = 10
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Process:
    """One process of the cluster: its role (`master`, `worker-1` …), number and log."""

    role: str
    pid: int
    log: str


@dataclass(frozen=True)
class Cluster:
    """What `up` started. url : to give to Spark as master. page : of the master."""

    mark: str
    url: str
    page: str
    processes: tuple[Process, ...]


@dataclass(frozen=True)
class State:
    """The cluster as it is now. alive : role → whether its process runs; workers : alive as the master sees them."""

    cluster: Cluster
    alive: dict[str, bool]
    workers: int
    cores: int
    answers: bool


def up(folder: Path, *, workers: int = 2, cores: int = 1, memory: str = "1g", say: Callable[[str], None]) -> Cluster:
    """Start a master and workers and wait until the workers have registered.

    folder : for the state (`cluster.json`), `logs/` and the workers' scratch; one cluster a folder.

    Raises
    ------
    SparkError
        a cluster of this folder runs already, Spark or Java is missing, or a process ended; names the log.
    """
    if (found := status(folder)) is not None:
        if any(found.alive.values()):
            raise SparkError(f"a cluster runs already: {found.cluster.url}; end it with `onefunnel spark down`")
        _file(folder).unlink()
    if reason := problem():
        raise SparkError(reason)
    mark = f"onefunnel-{uuid.uuid4().hex}"
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    port, page_port = _free_port(), _free_port()
    url, page = f"spark://{_ADDRESS}:{port}", f"http://{_ADDRESS}:{page_port}"
    started: list[Process] = []

    def start(role: str, main_class: str, *arguments: str) -> None:
        log = logs / f"{role}.log"
        started.append(Process(role, _start(mark, log, main_class, arguments), str(log)))
        _write(folder, Cluster(mark, url, page, tuple(started)))
        say(f"{role}: process {started[-1].pid}, log {log}")

    try:
        start(
            "master", "org.apache.spark.deploy.master.Master",
            "--host", _ADDRESS, "--port", str(port), "--webui-port", str(page_port),
        )  # fmt: skip
        _wait(folder, lambda state: state.answers)
        for number in range(1, workers + 1):
            scratch = folder / "work" / f"worker-{number}"
            scratch.mkdir(parents=True, exist_ok=True)
            start(
                f"worker-{number}", "org.apache.spark.deploy.worker.Worker",
                "--host", _ADDRESS, "--webui-port", str(_free_port()), "-c", str(cores), "-m", memory,
                "--work-dir", str(scratch), url,
            )  # fmt: skip
        _wait(folder, lambda state: state.workers == workers)
    except SparkError:
        down(folder)
        raise
    return Cluster(mark, url, page, tuple(started))


def down(folder: Path) -> list[str]:
    """End the processes of the cluster; the logs stay. Returns the roles that were running."""
    found = status(folder)
    if found is None:
        return []
    running = [process for process in found.cluster.processes if found.alive[process.role]]
    # workers first: a worker whose master is gone spends its last seconds asking for it
    for process in reversed(running):
        os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline and any(_is_ours(process.pid, found.cluster.mark) for process in running):
        time.sleep(_PAUSE_SECONDS)
    for process in running:
        if _is_ours(process.pid, found.cluster.mark):
            os.kill(process.pid, signal.SIGKILL)
    shutil.rmtree(folder / "work", ignore_errors=True)
    _file(folder).unlink()
    return [process.role for process in running]


def status(folder: Path) -> State | None:
    """The cluster of a folder, or None when none was started there.

    Raises SparkError naming the state file when it cannot be read.
    """
    file = _file(folder)
    if not file.is_file():
        return None
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        processes = tuple(Process(**process) for process in document.pop("processes"))
        cluster = Cluster(processes=processes, **document)
    except (ValueError, TypeError, KeyError) as error:
        raise SparkError(
            f"{file}: not a state of a cluster ({error}); end its processes by hand and delete it"
        ) from error
    alive = {process.role: _is_ours(process.pid, cluster.mark) for process in processes}
    said = _ask(cluster.page)
    return State(cluster, alive, int(said.get("aliveworkers", 0)), int(said.get("cores", 0)), bool(said))


def _start(mark: str, log: Path, main_class: str, arguments: tuple[str, ...]) -> int:
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    home = Path(spec.origin).parent
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": _ADDRESS,
        # a small heap: master and worker only keep books, the executors have a memory of their own
        "SPARK_DAEMON_MEMORY": "512m",
        "SPARK_DAEMON_JAVA_OPTS": f"-D{mark}=yes",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(home / "bin" / "spark-class"), main_class, *arguments],
            env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    return process.pid


def _wait(folder: Path, is_ready: Callable[[State], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        state = status(folder)
        assert state is not None
        for process in state.cluster.processes:
            if _has_ended(process.pid):
                raise SparkError(
                    f"the {process.role} of the cluster ended:\n{_last_lines(process.log)}\n(log: {process.log})"
                )
        if is_ready(state):
            return
        time.sleep(_PAUSE_SECONDS)
    logs = ", ".join(process.log for process in state.cluster.processes)
    raise SparkError(f"the cluster was not ready after {_START_SECONDS} s; logs: {logs}")


def _ask(page: str) -> dict[str, Any]:
    """What the master says of itself; empty when it does not answer."""
    try:
        # a proxy of the environment has nothing to do with this machine's own address
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{page}/json/", timeout=2) as answer:
            return dict(json.load(answer))
    except (urllib.error.URLError, OSError, ValueError):
        return {}


def _has_ended(pid: int) -> bool:
    """Whether a child of this process has ended (its entry stays until it is asked for)."""
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return False


def _is_ours(pid: int, mark: str) -> bool:
    _has_ended(pid)
    listing = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return mark.encode() in listing.read_bytes()
        except OSError:
            return False
    asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return mark in asked.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_ADDRESS, 0))
        return int(probe.getsockname()[1])


def _last_lines(log: str, lines: int = 8) -> str:
    return "\n".join(Path(log).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _file(folder: Path) -> Path:
    return folder / "cluster.json"


def _write(folder: Path, cluster: Cluster) -> None:
    beside = _file(folder).with_suffix(".new")
    beside.write_text(json.dumps(asdict(cluster), indent=1) + "\n", encoding="utf-8")
    beside.replace(_file(folder))
