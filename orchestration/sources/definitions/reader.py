"""Reads the definitions and checks them as a whole; every error of every file is reported together."""

import csv
import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from orchestration.contracts import load_contracts
from orchestration.sources.definitions.between_files import broken_between_files
from orchestration.sources.definitions.files import DefinitionFile, DefinitionsError, Place, Problem
from orchestration.sources.definitions.schema import Row, Schema
from orchestration.sources.definitions.schemas import SCHEMAS


def read_definitions(default_folder: Path, company_folder: Path | None = None) -> list[DefinitionFile]:
    """All files, each from the company's folder when it is there, else from the defaults; in the order of the schema. Of a
    schema that says only what differs, the names that the company's file does not have are those of the defaults; one that
    stands beside a file of the company and that the company does not have is empty.

    Raises DefinitionsError with every problem found: unknown files and columns, values that are not what their column
    expects, repeated keys, references that point nowhere.
    """
    problems: list[Problem] = []
    files: dict[str, DefinitionFile] = {}
    if company_folder is not None:
        problems += _unknown_files(Path(company_folder))
    for schema in SCHEMAS.values():
        default = Path(default_folder) / f"{schema.name}.csv"
        own = Path(company_folder) / default.name if company_folder is not None else default
        if own.exists() and own != default and schema.says_only_what_differs:
            file, found = _laid_over(own, default, schema)
        elif schema.beside and not own.exists() and (own.parent / f"{schema.beside}.csv").exists():
            file, found = _file(schema, own, [], []), []
        else:
            file, found = read_file(own if own.exists() else default, schema)
        problems += found
        if file is not None:
            files[schema.name] = file
    problems += _broken_references(files, default_folder)
    problems += broken_between_files(files)
    if problems:
        raise DefinitionsError(problems)
    return list(files.values())


def read_file(path: Path, schema: Schema) -> tuple[DefinitionFile | None, list[Problem]]:
    """One file and its problems, references apart. The file is None when its columns cannot be told."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        message = "is missing; every definitions file exists, if only with its header"
        return None, [Problem(path, None, None, message, fix=f"write a line {','.join(schema.column_names)}")]
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return None, [
            Problem(
                path,
                line,
                None,
                "is not UTF-8; save it as CSV UTF-8 (it may be cp1251 now)",
                fix="save it as CSV UTF-8",
            )
        ]
    records = list(_records(text))
    if not records:
        header_line = ",".join(schema.column_names)
        return None, [Problem(path, 1, None, f"is empty; expected the header {header_line}", fix="write the header")]
    header = [name.strip() for name in records[0][1]]
    problems = _header_problems(path, header, schema)
    if problems:
        return None, problems
    rows: list[Row] = []
    lines: list[int] = []
    for line, values in records[1:]:
        if len(values) != len(header):
            problems.append(
                Problem(
                    path,
                    line,
                    None,
                    f"has {len(values)} values, expected {len(header)} as in the header",
                    fix="count the commas; a value with a comma stands in double quotes",
                )
            )
            continue
        given = {name: value.strip() or None for name, value in zip(header, values, strict=True)}
        rows.append({column.name: _canonical(given.get(column.name), column.kind.name) for column in schema.columns})
        lines.append(line)
    problems += _row_problems(path, schema, rows, lines)
    return _file(schema, path, rows, [Place(path, line) for line in lines]), problems


def _file(schema: Schema, path: Path, rows: list[Row], places: list[Place]) -> DefinitionFile:
    content = json.dumps([schema.column_names, [list(row.values()) for row in rows]], ensure_ascii=False)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return DefinitionFile(schema.name, path, schema.column_names, tuple(rows), tuple(places), digest)


def _laid_over(own: Path, default: Path, schema: Schema) -> tuple[DefinitionFile | None, list[Problem]]:
    """The company's file over the default one: of each name (first column) every version of the company's, else the default's."""
    company, problems = read_file(own, replace(schema, must_have=()))
    base, found = read_file(default, schema)
    problems += found
    if company is None or base is None:
        return None, problems
    name = schema.columns[0].name
    named = {row[name] for row in company.rows}
    told: list[tuple[Row, Place]] = []
    for row, place in zip(base.rows, base.places, strict=True):
        if row[name] not in named:
            told.append((row, place))
        elif all(known[name] != row[name] for known, _ in told):
            told += [
                (own_row, at)
                for own_row, at in zip(company.rows, company.places, strict=True)
                if own_row[name] == row[name]
            ]
    known = {row[name] for row in base.rows}
    told += [(row, place) for row, place in zip(company.rows, company.places, strict=True) if row[name] not in known]
    return _file(schema, own, [row for row, _ in told], [place for _, place in told]), problems


def nearest(value: str, known: Iterable[str]) -> str:
    """`; did you mean …?` for the nearest known name, or nothing."""
    close = difflib.get_close_matches(value, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the line on which each begins; blank lines are left out. Separated by `,`, or by `;` if the header
    has no comma."""
    header = text.split("\n", 1)[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    line = 1
    for values in reader:
        if any(value.strip() for value in values):
            yield line, values
        line = reader.line_num + 1


def _canonical(value: str | None, kind: str) -> str | None:
    """TRUE and FALSE as spreadsheets write them are the same as true and false."""
    return value.lower() if value is not None and kind == "boolean" and value in ("TRUE", "FALSE") else value


def _unknown_files(folder: Path) -> list[Problem]:
    if not folder.is_dir():
        message = "is not a folder; expected the folder with the company's definitions"
        return [
            Problem(folder, None, None, message, fix="make the folder, or mend `definitions:` of the configuration")
        ]
    return [
        Problem(
            path,
            None,
            None,
            f"is not a definitions file{nearest(path.stem, SCHEMAS)}",
            fix="rename it, or take it out of the folder",
        )
        for path in sorted(folder.glob("*.csv"))
        if path.stem not in SCHEMAS
    ]


def _header_problems(path: Path, header: list[str], schema: Schema) -> list[Problem]:
    known = schema.column_names
    problems = [
        Problem(
            path, 1, name, f"is not a column of {schema.name}{nearest(name, known)}", fix="rename or remove the column"
        )
        for name in header
        if name not in known
    ]
    problems += [
        Problem(path, 1, name, "stands twice", fix="remove one of the two columns")
        for name in known
        if header.count(name) > 1
    ]
    problems += [
        Problem(path, 1, column.name, "is missing", fix="add the column to the header and a value to every line")
        for column in schema.columns
        if column.required and column.name not in header
    ]
    return problems


def _row_problems(path: Path, schema: Schema, rows: list[Row], lines: list[int]) -> list[Problem]:
    """Values, then laws. Laws are only asked about files whose values are sound, since they calculate with them."""
    problems: list[Problem] = []
    for row, line in zip(rows, lines, strict=True):
        for column in schema.columns:
            value = row[column.name]
            if value is None:
                if column.required:
                    message = f"is empty, expected {column.kind.name}"
                    problems.append(Problem(path, line, column.name, message, fix=f"fill {column.name}"))
            elif column.allowed and value not in column.allowed:
                message = f"expected one of {', '.join(column.allowed)}, got {value!r}{nearest(value, column.allowed)}"
                problems.append(Problem(path, line, column.name, message, value, "write one of them"))
            elif expectation := column.kind.check(value):
                fix = f"write {expectation.removeprefix('expected ')}"
                problems.append(Problem(path, line, column.name, f"{expectation}, got {value!r}", value, fix))
    seen: dict[tuple[str | None, ...], int] = {}
    key = (*schema.key, "valid_from") if schema.is_versioned else schema.key
    for row, line in zip(rows, lines, strict=True):
        values = tuple(row[name] for name in key)
        if values in seen:
            named = ", ".join(f"{name} {value}" for name, value in zip(key, values, strict=True) if value is not None)
            fix = "remove one of the two" + (
                ", or give the newer one its own valid_from" if schema.is_versioned else ""
            )
            problems.append(Problem(path, line, key[0], f"{named} stands on line {seen[values]} too", values[0], fix))
        seen.setdefault(values, line)
    present = {row[schema.columns[0].name] for row in rows}
    problems += [
        Problem(
            path,
            None,
            schema.columns[0].name,
            f"{value} is missing; the models rely on it",
            fix=f"add a row for {value}",
        )
        for value in schema.must_have
        if value not in present
    ]
    if problems:
        return problems
    for row, line in zip(rows, lines, strict=True):
        problems += [
            Problem(path, line, column, message, row[column]) for law in schema.row_laws for column, message in law(row)
        ]
    for file_law in schema.file_laws:
        problems += [
            Problem(path, lines[found.row], found.column, found.message, rows[found.row][found.column], found.fix)
            # what a file without a line lacks is told at its header
            if rows
            else Problem(path, 1, found.column, found.message, fix=found.fix)
            for found in file_law(rows)
        ]
    return problems


def _broken_references(files: dict[str, DefinitionFile], default_folder: Path) -> list[Problem]:
    """References to values that do not stand where they should. A target file that could not be read is passed over:
    its own problem is reported."""
    problems = []
    for name, file in files.items():
        schema = SCHEMAS[name]
        references: list[tuple[str, str, str | None]] = [
            (column.name, column.reference, None) for column in schema.columns if column.reference
        ]
        references += [("value", reference, of) for of, reference in schema.value_references.items()]
        for column, reference, of in references:
            known = _referenced(reference, files, default_folder)
            if known is None:
                continue
            for row, place in zip(file.rows, file.places, strict=True):
                value = row[column]
                if value is not None and value not in known and of in (None, row[schema.columns[0].name]):
                    message = f"{value!r} is not in {reference}{nearest(value, known)}"
                    fix = f"write a name that is there, or add it to {reference}"
                    problems.append(Problem(*place, column, message, value, fix))
    return problems


def _referenced(reference: str, files: dict[str, DefinitionFile], default_folder: Path) -> list[str] | None:
    """The values a reference allows: fields of a contract, names of definitions files, names of a family of labels, or
    another file's column."""
    if reference.startswith("label "):
        return _labelled(reference.removeprefix("label "), files, default_folder)
    if reference == "definitions":
        return [name for name, schema in SCHEMAS.items() if schema.needs_signature]
    if reference.startswith("contract "):
        return list(load_contracts()[reference.removeprefix("contract ")].field_names)
    name, column = reference.split(".")
    if name not in files:
        return None
    return [value for row in files[name].rows if (value := row[column]) is not None]


def _labelled(family: str, files: dict[str, DefinitionFile], default_folder: Path) -> list[str] | None:
    """Names that have a text: of the company's label file, and of the defaults, which stand behind it."""
    defaults, _ = read_file(Path(default_folder) / "labels.csv", SCHEMAS["labels"])
    found = [file for file in (files.get("labels"), defaults) if file is not None]
    if not found:
        return None
    keys = [str(row["key"]) for file in found for row in file.rows]
    return [key.removeprefix(f"{family}.") for key in keys if key.startswith(f"{family}.")]
