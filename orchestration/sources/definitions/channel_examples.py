"""Tries the channel rules on the examples beside them, with the SQL that the pipeline itself runs."""

from collections.abc import Sequence

from orchestration.contracts import DBT_PROJECT_FILE
from orchestration.sources.definitions.files import DefinitionFile, Problem
from orchestration.sources.definitions.schema import Row
from orchestration.sources.definitions.schemas.attribution import MATCHERS

_MACROS = DBT_PROJECT_FILE.parent / "macros"


def channels_of(rules: Sequence[Row], touches: Sequence[Row]) -> list[tuple[str, str | None]]:
    """Channel and rule of each touch, in the order of `touches`; `unknown` and no rule where none matches.

    rules : rows of `channel_rules`, one version of each. touches : rows with the columns of `MATCHERS`; absent ones are empty.
    The matching is the macro `match_channel_rules` of the dbt project, run by DuckDB in memory.
    """
    # both take longer to import than the definitions to read, and only the check asks for them
    import duckdb
    import pyarrow as pa

    def table(rows: Sequence[Row], columns: Sequence[str]) -> pa.Table:
        return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in columns})

    with duckdb.connect() as connection:
        connection.register("rules_as_written", table(rules, ["rule_id", "priority", *MATCHERS, "channel"]))
        connection.register("touches_as_written", table(touches, MATCHERS))
        connection.execute(
            "create table rules as select * replace (cast(priority as bigint) as priority) from rules_as_written"
        )
        connection.execute(
            "create table touches as select row_number() over () as row_key, * from touches_as_written"
        )  # fmt: skip
        found = connection.execute(f"select channel, rule_id from ({_matching_sql()}) order by row_key").fetchall()
    return [(channel, rule_id) for channel, rule_id in found]


def broken_examples(files: Sequence[DefinitionFile]) -> list[Problem]:
    """Examples that another rule takes than the one they stand for, or that fall into another channel.

    They are tried on the newest version of every rule, for that is what somebody who changes a rule is about to agree to.
    """
    named = {file.name: file for file in files}
    rules, examples = named["channel_rules"], named["channel_rule_examples"]
    newest: dict[str | None, Row] = {}
    for row in sorted(rules.rows, key=lambda row: str(row["valid_from"])):
        newest[row["rule_id"]] = row
    problems = []
    found = channels_of(list(newest.values()), examples.rows)
    for row, place, (channel, rule) in zip(examples.rows, examples.places, found, strict=True):
        if rule != row["rule_id"]:
            taken = f"rule {rule} takes this touch ({channel})" if rule else "no rule takes this touch"
            meant = f"not {row['rule_id']}" if row["rule_id"] else "which no rule was meant to take"
            problems.append(
                Problem(
                    *place,
                    "rule_id",
                    f"{taken}, {meant}",
                    row["rule_id"],
                    "mend the example, or the rules: the first that matches by priority takes a touch",
                )
            )
        elif channel != row["channel"]:
            message = f"rule {rule} puts this touch into {channel}, expected {row['channel']}"
            problems.append(
                Problem(*place, "channel", message, row["channel"], "mend the channel of the example, or of the rule")
            )
    return problems


def _matching_sql() -> str:
    """The macro as it compiles for DuckDB, over the tables `rules` (every row of which holds) and `touches`."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined)
    for name, path in (("lower_text", "spelling.sql"), ("match_channel_rules", "attribution/channel_rules.sql")):
        module = environment.from_string(
            (_MACROS / path).read_text(encoding="utf-8"),
            globals={
                "ref": lambda model: "rules",
                "holds_on": lambda alias, day: "true",
                "evaluation_date": lambda: "",
            },
        ).make_module()
        environment.globals[name] = getattr(module, name)
    return str(environment.globals["match_channel_rules"]("touches"))  # type: ignore[operator]
