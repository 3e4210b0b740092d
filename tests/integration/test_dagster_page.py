"""`make dev`: a run that a person launches from Dagster's page, through the page's own GraphQL."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from demo.exports import write_exports
from orchestration.settings import PROJECT_ROOT

LAUNCH = """
mutation($parameters: ExecutionParams!) {
  launchRun(executionParams: $parameters) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}
"""
REPOSITORY = "{repositoriesOrError{... on RepositoryConnection{nodes{name location{name}}}}}"
STATUS = "query($run: ID!) {runOrError(runId: $run) {... on Run {status stats {... on RunStatsSnapshot {materializations}}}}}"


def asked(port: int, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": query, "variables": variables or {}}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.verify
def test_a_run_launched_from_the_page_publishes(tmp_path: Path) -> None:
    write_exports(tmp_path / "exports")
    port = free_port()
    variables = {"ONEFUNNEL_HOME": str(tmp_path), "ONEFUNNEL_CONFIG": "demo/company/onefunnel.yml"}
    with (tmp_path / "dev.log").open("w") as log:
        page = subprocess.Popen(
            [sys.executable, "-m", "orchestration", "dev", "--port", str(port)],
            cwd=PROJECT_ROOT,
            env={**os.environ, **variables},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        for _ in range(180):
            try:
                (repository,) = asked(port, REPOSITORY)["repositoriesOrError"]["nodes"]
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(1)
        else:
            pytest.fail((tmp_path / "dev.log").read_text()[-3000:])
        selector = {
            "repositoryName": repository["name"],
            "repositoryLocationName": repository["location"]["name"],
            "jobName": "daily",
        }
        launched = asked(port, LAUNCH, {"parameters": {"selector": selector, "mode": "default"}})["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        for _ in range(300):
            run = asked(port, STATUS, {"run": launched["run"]["runId"]})["runOrError"]
            if run["status"] in ("SUCCESS", "FAILURE", "CANCELED"):
                break
            time.sleep(1)
    finally:
        os.killpg(page.pid, signal.SIGKILL)
        page.wait()
    assert run["status"] == "SUCCESS", (tmp_path / "dev.log").read_text()[-3000:]
    assert run["stats"]["materializations"] > 250
    assert (tmp_path / "published" / "current" / "onefunnel.duckdb").is_file()
