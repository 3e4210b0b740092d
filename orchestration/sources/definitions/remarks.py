"""What is worth knowing of definitions that can be used: changes nobody signed, that reach back or wait, names nobody has."""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta

from orchestration.sources.definitions.files import DefinitionFile, Place, Problem
from orchestration.sources.definitions.reader import nearest
from orchestration.sources.definitions.registry import versions
from orchestration.sources.definitions.signing import (
    ADDED_SINCE,
    CHANGED_IN_PLACE,
    SIGNED,
    UNSIGNED,
    SignOff,
    sign_offs,
)

_ANY = "*"


def recorded_in_the_future(files: Sequence[DefinitionFile], today: date) -> list[Problem]:
    """Rows that say they were recorded, or signed, after today: errors, since nobody can have done it."""
    found = []
    for file in files:
        for column in ("recorded_on", "signed_on"):
            if column not in file.columns:
                continue
            for row, place in zip(file.rows, file.places, strict=True):
                value = row[column]
                if value is not None and value > today.isoformat():
                    message = f"expected today ({today}) or a day before, got {value}"
                    found.append(Problem(*place, column, message, value, "write the day on which it was done"))
    return found


def remarks(files: Sequence[DefinitionFile], today: date, source_systems: Collection[str]) -> list[Problem]:
    """Remarks on files without errors, in the order of the schema; signatures last.

    source_systems : names of the configured sources, for the files that name one.
    """
    found: list[Problem] = []
    for file in files:
        found += _dated(file, today)
        found += _unknown_sources(file, source_systems)
        if file.name == "fx_rates":
            found += _days_without_rate(file)
    named = {file.name: file for file in files}
    return [
        *found,
        *_rules_without_example(named["channel_rules"], named["channel_rule_examples"]),
        *_signatures(named),
    ]


def _dated(file: DefinitionFile, today: date) -> Iterator[Problem]:
    """Later versions that change what was reported already, or that do not hold yet. The first version of a definition reaches
    back by rule and changes nothing."""
    for version in versions(file.name, file.rows):
        place = file.places[version.row_number - 1]
        if not version.is_first and version.valid_from < version.recorded_on:
            days = (date.fromisoformat(version.recorded_on) - date.fromisoformat(version.valid_from)).days
            yield Problem(
                *place, "valid_from",
                f"{version.key} holds from {version.valid_from}, {days} days before it was recorded: figures since then change",
                version.valid_from, f"write {version.recorded_on} or a later day, unless past figures are meant to change",
            )  # fmt: skip
        if version.valid_from > today.isoformat():
            message = f"{version.key} does not hold yet: from {version.valid_from} on"
            yield Problem(*place, "valid_from", message, version.valid_from, "nothing, if that is meant")


def _unknown_sources(file: DefinitionFile, source_systems: Collection[str]) -> Iterator[Problem]:
    """One remark a name, at the first line that has it."""
    if "source_system" not in file.columns:
        return
    places: dict[str, list[Place]] = {}
    for row, place in zip(file.rows, file.places, strict=True):
        value = row["source_system"]
        if value is not None and value != _ANY and value not in source_systems:
            places.setdefault(value, []).append(place)
    for value, found in places.items():
        message = (
            f"no configured source is called {value!r}{nearest(value, source_systems)}: {len(found)} rows meet nothing"
        )
        yield Problem(*found[0], "source_system", message, value, "write the name of a source, or * for any")


def _rules_without_example(rules: DefinitionFile, examples: DefinitionFile) -> Iterator[Problem]:
    """One remark a rule, at its first line; one for all of them where there is no example at all."""
    tried = {row["rule_id"] for row in examples.rows}
    places = {row["rule_id"]: place for row, place in reversed(list(zip(rules.rows, rules.places, strict=True)))}
    untried = [rule for rule in dict.fromkeys(row["rule_id"] for row in rules.rows) if rule not in tried]
    fix = f"write a touch that it takes, and the channel, into {examples.path.name}"
    if untried and not examples.rows:
        message = f"none of the {len(untried)} channel rules has an example: nothing says that they do what was meant"
        yield Problem(rules.path, None, None, message, fix=fix)
        return
    for rule in untried:
        message = f"rule {rule} has no example: nothing says that it does what was meant"
        yield Problem(*places[rule], "rule_id", message, rule, fix)


def _days_without_rate(file: DefinitionFile) -> Iterator[Problem]:
    """D4: an event on a day without a rate stands in no figure of the reporting currency, so gaps are told."""
    pairs: dict[tuple[str | None, str | None], list[tuple[date, Place]]] = {}
    for row, place in zip(file.rows, file.places, strict=True):
        days = pairs.setdefault((row["currency"], row["reporting_currency"]), [])
        days.append((date.fromisoformat(str(row["date_on"])), place))
    for (currency, reporting), days in pairs.items():
        days.sort()
        missing, first, place_before = 0, None, days[0][1]
        for (day, place), (following, _) in itertools.pairwise(days):
            gap = (following - day).days - 1
            if gap > 0:
                missing += gap
                if first is None:
                    first, place_before = day + timedelta(days=1), place
        if first is not None:
            message = (
                f"no rate from {currency} to {reporting} on {missing} days between {days[0][0]} and {days[-1][0]}, "
                f"the first on {first}"
            )
            yield Problem(*place_before, "date_on", message, fix="add a row a day, weekends too")


def _signatures(files: Mapping[str, DefinitionFile]) -> Iterator[Problem]:
    """One remark a file and state; its fix holds what a line of signatures.csv needs."""
    grouped: dict[tuple[str, str, str], list[SignOff]] = {}
    for state in sign_offs({name: file.rows for name, file in files.items()}):
        if state.state != SIGNED:
            grouped.setdefault((state.definition, state.state, state.version_on or ""), []).append(state)
    for (name, kind, version_on), states in grouped.items():
        teams = " and ".join(state.team for state in states)
        said = {
            UNSIGNED: f"not signed by {teams}",
            ADDED_SINCE: f"{states[0].rows_since} rows were recorded after {teams} signed what stood on {version_on}",
            CHANGED_IN_PLACE: f"changed after it was signed: rows that {teams} signed are changed or gone",
        }[kind]
        fix = (
            f"when both agree, a line a team in signatures.csv: {name},{states[0].newest_on},{states[0].fingerprint},…"
        )
        yield Problem(files[name].path, None, None, said, fix=fix)


def signed_files(files: Sequence[DefinitionFile]) -> tuple[int, int]:
    """How many files both teams have signed as they are, and how many need it."""
    states: dict[str, bool] = {}
    for state in sign_offs({file.name: file.rows for file in files}):
        states[state.definition] = states.get(state.definition, True) and state.state == SIGNED
    return sum(states.values()), len(states)
