"""All that is learned and said at the two scoring moments: here, or in a process a moment while this one does something else."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ml.scoring.prepared import MOMENTS, Prepared, ScoringPolicy
from ml.scoring.registry import find_model
from ml.scoring.run import Trained, compare, score, trained_when_due

_SPAWN = multiprocessing.get_context("spawn")
"""Processes from the ground up: by now this one has threads and an open warehouse, which a copy must not have."""

_PARTS = ("learned", "judged", "scored")

Judged = tuple[pd.DataFrame, dict[str, pd.DataFrame], dict[str, Any]]
"""As `ml.scoring.run.compare` returns it."""

Scored = tuple[pd.DataFrame, pd.DataFrame]
"""As `ml.scoring.run.score` returns it."""


class LearningError(Exception):
    """The process that learns has failed or is gone; the text says why."""


@dataclass(frozen=True)
class Lesson:
    """What is learned from: the three relations of `ml.scoring.run`, the policy, and where models are kept (those of the hand-over in a
    folder of their own; None keeps none)."""

    features: pd.DataFrame
    answers: pd.DataFrame
    touched: pd.DataFrame
    policy: ScoringPolicy
    models: Path | None


@dataclass(frozen=True)
class AtMoment:
    """What was learned at a moment, and where its models are kept; no folder where none are."""

    moment: str
    prepared: Prepared
    trained: Trained
    models: Path | None


class Moments(Protocol):
    """One entry a moment, in the order of MOMENTS; each part is worked out, or waited for, when it is asked for first."""

    @property
    def learned(self) -> list[AtMoment]:
        """What is learned, or was learned from the same leads before."""

    @property
    def judged(self) -> list[Judged]:
        """Both scores on the held-out leads."""

    @property
    def scored(self) -> list[Scored]:
        """Every lead by the matrix and by what was learned."""


class Here:
    """In this process."""

    def __init__(self, lesson: Lesson, moments: Sequence[str] = MOMENTS) -> None:
        self._lesson = lesson
        self._moments = moments

    @cached_property
    def learned(self) -> list[AtMoment]:
        lesson, found = self._lesson, []
        for moment in self._moments:
            folder = lesson.models if lesson.models is None or moment == "creation" else lesson.models / moment
            known = None if folder is None else partial(find_model, folder)
            pair = trained_when_due(
                lesson.features, lesson.answers, lesson.policy, moment=moment, touched=lesson.touched, known=known
            )
            found.append(AtMoment(moment, *pair, folder))
        return found

    @cached_property
    def judged(self) -> list[Judged]:
        return [compare(at.prepared, at.trained, self._lesson.policy) for at in self.learned]

    @cached_property
    def scored(self) -> list[Scored]:
        return [score(at.prepared, at.trained) for at in self.learned]


class Elsewhere:
    """In processes of their own, one a moment, which begin at once with the first part and end after the last, with `close`, or with
    this process.

    Raises LearningError where a part is asked for and a process has failed or is gone.
    """

    def __init__(self, lesson: Lesson) -> None:
        self._processes = [_MomentElsewhere(lesson, moment) for moment in MOMENTS]

    @property
    def pids(self) -> list[int]:
        """Numbers of the processes."""
        return [process.pid for process in self._processes]

    @cached_property
    def learned(self) -> list[AtMoment]:
        return [process.received("learned") for process in self._processes]

    @cached_property
    def judged(self) -> list[Judged]:
        return [process.received("judged") for process in self._processes]

    @cached_property
    def scored(self) -> list[Scored]:
        return [process.received("scored") for process in self._processes]

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        for process in self._processes:
            process.close()


class _MomentElsewhere:
    """One moment in a process of its own."""

    def __init__(self, lesson: Lesson, moment: str) -> None:
        self._moment = moment
        self._parts: dict[str, Any] = {}
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(theirs, moment), name=f"learning {moment}", daemon=True)
        self._process.start()
        theirs.close()
        # it reads after its imports, some seconds from now, and a pipe holds little
        self._teacher = threading.Thread(target=self._teach, args=(lesson,), name=f"lesson {moment}", daemon=True)
        self._teacher.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def received(self, part: str) -> Any:
        """A part, waited for; those before it come first."""
        while part not in self._parts:
            try:
                is_good, content = self._pipe.recv()
            except (EOFError, ConnectionResetError):
                self._process.join()
                raise LearningError(
                    f"the process that learns the score at {self._moment} was ended (exit code {self._process.exitcode}; -9 is how "
                    "a machine without memory ends one): run again, with more memory if it was that"
                ) from None
            if not is_good:
                raise LearningError(content)
            self._parts[_PARTS[len(self._parts)]] = content
        return self._parts[part]

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._teacher.join()
        self._pipe.close()

    def _teach(self, lesson: Lesson) -> None:
        # a process that is gone by now is told to whoever asks for a part
        with suppress(OSError):
            self._pipe.send(lesson)


def _work(pipe: Connection, moment: str) -> None:
    # whoever began this is interrupted too and ends it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        here = Here(pipe.recv(), [moment])
        for part in _PARTS:
            try:
                message = (True, getattr(here, part)[0])
            except Exception:
                message = (False, traceback.format_exc())
            pipe.send(message)
            if not message[0]:
                return
    except (EOFError, OSError):
        # whoever asked is gone, and with it the reason to go on
        return
