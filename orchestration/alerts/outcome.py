"""How the last run ended. A run that a critical check stops publishes nothing, so the published build cannot tell of it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.clock import to_text
from orchestration.publication.current import synchronise_folder

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True)
class Failure:
    """A step or check that stopped a run: its name, which stays the same from run to run, and what it said."""

    name: str
    message: str


def failures_in(events: Iterable[dg.DagsterEvent]) -> list[Failure]:
    """What the events of a run say stopped it: each step with its innermost cause, without stack traces; a message once."""
    found: list[Failure] = []
    for event in events:
        error = getattr(event.event_specific_data, "error", None)
        if error is None or not (event.is_step_failure or event.is_job_failure):
            continue
        while error.cause is not None:
            error = error.cause
        message = re.sub(r"^[\w.]+(Error|Failure|Exception): ", "", error.message.strip())
        if not any(message in failure.message for failure in found):
            found.append(Failure(event.step_key or "run", message))
    return found


def outcome_file(home: Path) -> Path:
    return Path(home) / "alerts" / "last_run.json"


def write_outcome(home: Path, ended_at: datetime, failures: Sequence[Failure]) -> Path:
    """Replace what is known of the last run; no failures means that it was good."""
    path = outcome_file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "ended_at": to_text(ended_at),
        "failures": [{"name": failure.name, "message": failure.message} for failure in failures],
    }
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)
    synchronise_folder(path.parent)
    return path


def read_outcome(home: Path) -> list[Failure] | None:
    """What stopped the last run; none when it was good, None when no run has ended yet."""
    path = outcome_file(home)
    if not path.is_file():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    return [Failure(str(failure["name"]), str(failure["message"])) for failure in document["failures"]]
