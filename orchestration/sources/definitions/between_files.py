"""What must hold between one definitions file and another: bounds that a score can reach, windows for every step."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from orchestration.sources.definitions.files import DefinitionFile, Problem
from orchestration.sources.definitions.schema import Row


def broken_between_files(files: Mapping[str, DefinitionFile]) -> list[Problem]:
    """Problems of files whose own rows are sound; a file that could not be read is passed over."""
    found: list[Problem] = []
    if {"matrix", "matrix_bands", "matrix_gates"} <= set(files):
        points = _most_points(files["matrix"])
        if points is not None:
            found += _bands_out_of_reach(files["matrix_bands"], sum(points.values()))
            found += _gates_out_of_reach(files["matrix_gates"], points)
    if {"stages", "step_windows"} <= set(files):
        found += _steps_without_window(files["stages"], files["step_windows"])
    return found


def _most_points(matrix: DefinitionFile) -> dict[str, int] | None:
    """Criterion to the most points that any of its levels gives; None when points are not numbers, which is told apart."""
    most: dict[str, int] = defaultdict(int)
    for row in matrix.rows:
        points = row["points"] or ""
        if not points.isdecimal():
            return None
        most[str(row["criterion"])] = max(most[str(row["criterion"])], int(points))
    return dict(most)


def _bands_out_of_reach(bands: DefinitionFile, maximum: int) -> Iterator[Problem]:
    """D21: the raw scale ends at the sum of the matrix, the normalised one at 100."""
    for row, place in zip(bands.rows, bands.places, strict=True):
        end = 100 if row["scale"] == "normalised100" else maximum
        bound = _decimal(row, "lower_bound")
        if bound is not None and bound > end:
            message = f"no score reaches {row['lower_bound']}: {row['scale']} ends at {end}"
            yield Problem(*place, "lower_bound", message, row["lower_bound"], f"write a bound of at most {end}")


def _gates_out_of_reach(gates: DefinitionFile, points: Mapping[str, int]) -> Iterator[Problem]:
    for row, place in zip(gates.rows, gates.places, strict=True):
        least, most = _decimal(row, "min_points"), points.get(str(row["criterion"]))
        if least is not None and most is not None and least > most:
            message = f"no answer to {row['criterion']} gives {row['min_points']} points: the most is {most}"
            yield Problem(*place, "min_points", message, row["min_points"], f"write at most {most}")


def _steps_without_window(stages: DefinitionFile, windows: DefinitionFile) -> Iterator[Problem]:
    """A step without a window never matures (D14), so its figures would stay young for ever without a word."""
    chain = [
        str(row["stage"])
        for row in sorted(
            stages.rows, key=lambda row: int(row["position"] or 0) if (row["position"] or "").isdecimal() else 0
        )
        if row["is_main_chain"] == "true"
    ]
    chain = list(dict.fromkeys(chain))
    known = {(row["cohort_basis"], row["from_stage"], row["to_stage"]) for row in windows.rows}
    wanted = [("step", first, second) for first, second in itertools.pairwise(chain)]
    wanted += [("lead", "lead", stage) for stage in chain if stage != "lead"]
    for basis, first, second in wanted:
        if (basis, first, second) not in known:
            message = f"the step {first} → {second} has no window on basis {basis}"
            yield Problem(windows.path, None, "window_days", message, fix="add a row with its days to maturity")


def _decimal(row: Row, column: str) -> Decimal | None:
    """The number of a column; None where it is not one, which is told apart."""
    value = row[column] or ""
    return Decimal(value) if value.replace(".", "", 1).isdecimal() else None
