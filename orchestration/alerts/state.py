"""What was told, and when: one file that is only ever appended to.

A line is written after the message was taken by the receiver. Killed in between, the next run tells the same problems once more,
with the same ids, so a repeat is seen for what it is; nothing is ever lost. A line that a kill left half written was never
finished, so it counts as not written.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from orchestration.clock import from_text, to_text


@dataclass
class _Told:
    """Of one problem and route: how often it was told in all, and when last; `is_open` until it ended."""

    times: int = 0
    last_at: datetime | None = None
    is_open: bool = False


@dataclass
class ToldLog:
    """The log of a home. Whoever writes holds the lock `alerts.lock` beside it."""

    path: Path
    _told: dict[tuple[str, str], _Told] = field(default_factory=dict)

    @classmethod
    def read(cls, home: Path) -> ToldLog:
        log = cls(Path(home) / "alerts" / "told.jsonl")
        if log.path.is_file():
            for line in log._whole_lines():
                log._note(json.loads(line))
        return log

    def is_due(self, problem_id: str, route: str, now: datetime, repeat_hours: int) -> bool:
        """Whether a problem that is there now is to be told: it is new, or it lasts and the hours have passed."""
        told = self._told.get((problem_id, route))
        if told is None or not told.is_open or told.last_at is None:
            return True
        return repeat_hours > 0 and now - told.last_at >= timedelta(hours=repeat_hours)

    def alert_id(self, problem_id: str, route: str) -> str:
        """The id of the next telling of a problem; the same until it is noted as told."""
        told = self._told.get((problem_id, route))
        times = 0 if told is None else told.times
        return hashlib.sha256(f"{problem_id}\n{route}\n{times + 1}".encode()).hexdigest()[:12]

    def open_problems(self) -> list[tuple[str, str]]:
        """Problem and route of what was told and has not ended."""
        return [key for key, told in self._told.items() if told.is_open]

    def told(self, route: str, problem_ids: Iterable[str], now: datetime) -> None:
        """Note that a route has taken these problems."""
        self._append("told", [(problem_id, route) for problem_id in problem_ids], now)

    def ended(self, keys: Iterable[tuple[str, str]], now: datetime) -> None:
        """Note that these problems are over, so that the next time is told at once."""
        self._append("ended", list(keys), now)

    def _append(self, event: str, keys: list[tuple[str, str]], now: datetime) -> None:
        if not keys:
            return
        entries = [
            {
                "event": event, "at": to_text(now), "problem": problem_id, "route": route,
                "alert_id": self.alert_id(problem_id, route) if event == "told" else None,
            }
            for problem_id, route in keys
        ]  # fmt: skip
        self.path.parent.mkdir(parents=True, exist_ok=True)
        whole = sum(len(line) + 1 for line in self._whole_lines()) if self.path.is_file() else 0
        with self.path.open("ab") as file:
            file.truncate(whole)
            file.write("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries).encode())
            file.flush()
            os.fsync(file.fileno())
        for entry in entries:
            self._note(entry)

    def _whole_lines(self) -> list[bytes]:
        return self.path.read_bytes().split(b"\n")[:-1]

    def _note(self, entry: dict[str, str]) -> None:
        told = self._told.setdefault((entry["problem"], entry["route"]), _Told())
        if entry["event"] == "told":
            told.times += 1
            told.last_at = from_text(entry["at"])
        told.is_open = entry["event"] == "told"
