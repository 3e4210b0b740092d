"""What is learned at both moments, here and in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from ml.scoring.moments import Elsewhere, Here, LearningError, Lesson
from tests.unit.ml.test_run import QUICK, company

TOUCHED = pd.DataFrame(columns=["lead_id", "moment", "channel", "touches", "last_touch_at"])
PATIENCE = 120.0


def lesson(leads: int) -> Lesson:
    """The same company at both moments."""
    features, answers = (
        pd.concat([frame, frame.assign(moment="handover")], ignore_index=True) for frame in company(leads)
    )
    return Lesson(features, answers, TOUCHED, QUICK, None)


def test_other_processes_learn_judge_and_score_the_same() -> None:
    taught = lesson(700)
    here, there = Here(taught), Elsewhere(taught)
    try:
        # the last part first: what comes before it is waited for
        for (scores, points), (scores_there, points_there) in zip(here.scored, there.scored, strict=True):
            assert len(scores) == 1400
            assert_frame_equal(scores, scores_there)
            assert_frame_equal(points, points_there)
        assert [at.moment for at in there.learned] == ["creation", "handover"]
        assert [at.trained.card for at in here.learned] == [at.trained.card for at in there.learned]
        for (comparison, reports, card), (comparison_there, reports_there, card_there) in zip(
            here.judged, there.judged, strict=True
        ):
            assert_frame_equal(comparison, comparison_there)
            assert card == card_there
            assert list(reports) == list(reports_there)
            for name, report in reports.items():
                assert_frame_equal(report, reports_there[name])
    finally:
        there.close()


def test_what_fails_there_is_told_here_with_its_reason() -> None:
    good = lesson(60)
    there = Elsewhere(Lesson(good.features.drop(columns="won_minor"), good.answers, TOUCHED, QUICK, None))
    with pytest.raises(LearningError, match="won_minor"):
        assert there.learned
    there.close()


def test_a_process_that_was_ended_is_told_with_how_it_ended() -> None:
    there = Elsewhere(lesson(60))
    os.kill(there.pids[1], signal.SIGKILL)
    with pytest.raises(LearningError, match=r"at handover was ended \(exit code -9"):
        assert there.learned
    there.close()


def test_closing_ends_the_processes_whatever_they_do() -> None:
    there = Elsewhere(lesson(700))
    there.close()
    assert all(map(is_gone, there.pids))


def test_the_processes_end_when_the_one_that_asked_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "asks.py"
    script.write_text(
        "import os\n"
        "from ml.scoring.moments import Elsewhere\n"
        "from tests.unit.ml.test_moments import lesson\n"
        "if __name__ == '__main__':\n"
        "    print(*Elsewhere(lesson(700)).pids, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).resolve().parents[3]
    told = subprocess.run(
        [sys.executable, script],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert told.returncode == -signal.SIGKILL
    pids, until = [int(pid) for pid in told.stdout.split()], time.monotonic() + PATIENCE
    assert len(pids) == 2
    while not all(map(is_gone, pids)) and time.monotonic() < until:
        time.sleep(0.2)
    assert all(map(is_gone, pids))


def is_gone(pid: int) -> bool:
    """Ended; one that nobody has waited for still has a number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
