"""A definitions file as read, and what may be wrong with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from orchestration.sources.definitions.schema import Row


class Place(NamedTuple):
    """Where a row stands: its file and the physical line on which it begins."""

    path: Path
    line: int


@dataclass(frozen=True)
class Problem:
    """One error: where it stands and what was expected. `line` is the physical line, `column` the column's name.

    value : what stands there, where there is a value. fix : what to write or do, where the message does not say it.
    """

    path: Path
    line: int | None
    column: str | None
    message: str
    value: str | None = None
    fix: str = ""

    def __str__(self) -> str:
        place = str(self.path)
        if self.line is not None:
            place += f":{self.line}"
        return f"{place}: column {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


class DefinitionsError(ValueError):
    """The definitions cannot be used; `problems` holds every error found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = len(problems)
        listing = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{count} error{'' if count == 1 else 's'} in the definitions:\n{listing}")


@dataclass(frozen=True)
class DefinitionFile:
    """One file as read: all columns of its schema, text, trimmed, empty as None.

    `path` is the company's file where it has one. `places` say where each row stands: in a file that says only what differs,
    the rows of the defaults stand in the default file. `sha256` covers columns and values, so that other line ends or quotes
    are not another version.
    """

    name: str
    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    places: tuple[Place, ...]
    sha256: str
