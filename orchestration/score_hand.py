"""The hand-made score of a file of leads: columns added with weights, or a matrix of criteria and levels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.scoring.formula import Formula, parse_formula
from ml.scoring.table import Points, TableError
from orchestration.score_table import TableQuestion, Texts, content_of, equal_to, is_present, numbers_in, shown_value
from orchestration.sources.definitions.reader import nearest


def hand_made(
    texts: Texts, question: TableQuestion, notes: list[str]
) -> tuple[npt.NDArray[np.float64], str, Points | None]:
    """The hand-made score of every row, NaN where it cannot be told, its name, and its points where it is a matrix."""
    if question.score is not None:
        formula = parse_formula(question.score)
        return _by_formula(texts, formula), formula.name, None
    if question.matrix is None:
        raise TableError("no hand-made score")
    total, points = _by_matrix(texts, question.matrix, notes)
    return total, question.matrix.stem, points


def _by_formula(texts: Texts, formula: Formula) -> npt.NDArray[np.float64]:
    total = np.zeros(texts.content.table.num_rows)
    for weight, column in formula.terms:
        texts.require(column, "--score")
        total += weight * numbers_in(texts, column, "--score", "a number")
    return total


def _by_matrix(texts: Texts, path: Path, notes: list[str]) -> tuple[npt.NDArray[np.float64], Points]:
    """Sum of points; an empty criterion gives 0 (D20), a lead with every criterion empty has no score."""
    points = _matrix_points(path)
    for criterion in points:
        texts.require(criterion, f"--matrix {path}")
    given: dict[str, list[float]] = {}
    answered = np.zeros(texts.content.table.num_rows, dtype=bool)
    for criterion, levels in points.items():
        values = texts[criterion]
        present = is_present(values)
        known = equal_to(values, list(levels))
        if (present & ~known).any():
            row = int(np.flatnonzero(present & ~known)[0])
            value = values[row].as_py()
            raise TableError(
                f"{texts.place(criterion, row)}: the matrix {path} has no level {shown_value(value)!r} "
                f"({int((present & ~known).sum())} rows hold such values){nearest(value, levels)}; it has "
                f"{', '.join(levels)}. Add a row to the matrix, or say --empty for a value that means nothing"
            )
        given[criterion] = [levels[value] if value else np.nan for value in values.to_pylist()]
        answered |= present
        if not present.all():
            notes.append(f"matrix: {int((~present).sum())} rows have no answer for {criterion!r}: 0 points")
    frame = pd.DataFrame(given, dtype="float64")
    total = np.where(answered, frame.fillna(0.0).sum(axis=1).to_numpy(), np.nan)
    return total, Points(frame, {criterion: tuple(levels.values()) for criterion, levels in points.items()})


def _matrix_points(path: Path) -> dict[str, dict[str, int]]:
    """criterion → level → points of a file with the columns of definitions/matrix.csv."""
    content = content_of(TableQuestion(path, ""))
    for name in ("criterion", "level", "points"):
        if name not in content.table.column_names:
            raise TableError(
                f"--matrix {path}: no column {name!r}{nearest(name, content.table.column_names)}; expected criterion "
                "(a column of the table), level (its value), points (a whole number)"
            )
    points: dict[str, dict[str, int]] = {}
    for number, row in enumerate(content.table.select(["criterion", "level", "points"]).to_pylist()):
        line = content.line_numbers(np.array([number], dtype=np.int64))[0]
        criterion, level, text = ((row[key] or "").strip() for key in ("criterion", "level", "points"))
        if not criterion or not level or not text.lstrip("-").isdecimal():
            raise TableError(
                f"--matrix {path}, line {line}: expected a criterion, a level and whole points; got {text!r}"
            )
        if level in points.setdefault(criterion, {}):
            raise TableError(
                f"--matrix {path}, line {line}: criterion {criterion!r} has level {level!r} twice; keep the version to judge"
            )
        points[criterion][level] = int(text)
    if not points:
        raise TableError(f"--matrix {path}: no rows after the header")
    return points
