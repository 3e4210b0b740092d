"""The rows of a vendor's stream that hold: raw is a log, so it also has what was restated, changed or deleted since."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from data_quality.checks import WINDOW_FROM, WINDOW_TO
from data_quality.runner import ROW_KEY, relation
from data_quality.suites.vendors import DAY_COLUMNS

_OF_PULLS = {"_account": "account", WINDOW_FROM: "window_from", WINDOW_TO: "window_to"}
"""Columns that checks may ask for and that are the pull's."""


def rows_that_hold(suite: str, kind: str, columns: Sequence[str], quoted: Callable[[str], str]) -> str:
    """The query for what a suite reads of its stream; empty texts are null. Both engines understand it.

    suite : `source/stream`. kind : of the stream: `snapshot` (the newest one of an account holds), `window` (of a day the
    newest pull that covers it) or anything else (of an object the newest row). columns : those of the suite. quoted : how
    the engine writes a column's name.

    A row whose day lies outside the days of its pull belongs to the nearest of them, so reading these again replaces it.
    """
    source, stream = suite.split("/")
    own = [column for column in columns if column != ROW_KEY and column not in _OF_PULLS]
    read = [f"nullif(rows_read.{quoted(column)}, '') as {quoted(column)}" for column in own]
    of_pulls = [f"pulls.{column} as {name}" for name, column in _OF_PULLS.items()]
    days = []
    if kind == "window":
        day = f"rows_read.{quoted(DAY_COLUMNS[suite])}"
        days = [f"greatest(least({day}, pulls.window_to), pulls.window_from) as _day"]
    steps = {
        "pulls": (
            "select pull as number, account, window_from, window_to from raw_landing.pulls "
            f"where source = '{source}' and stream = '{stream}'"
        ),
        "rows_of_pulls": (
            f"select rows_read._key, rows_read.pull, {', '.join([*of_pulls, *days, *read])} "
            f"from {relation(suite)} as rows_read inner join pulls on pulls.number = rows_read.pull"
        ),
    }
    if kind == "snapshot":
        which = "where pull in (select max(number) from pulls group by account)"
    elif kind == "window":
        steps["days"] = "select distinct pull, _account, _day from rows_of_pulls"
        steps["replaced"] = (
            "select distinct days.pull, days._day from days inner join pulls on pulls.account = days._account "
            "and pulls.number > days.pull and days._day between pulls.window_from and pulls.window_to"
        )
        which = (
            "left join replaced on replaced.pull = rows_of_pulls.pull and replaced._day = rows_of_pulls._day "
            "where replaced.pull is null"
        )
    else:
        steps["newest"] = "select _account, _key, max(pull) as pull from rows_of_pulls group by _account, _key"
        which = (
            "inner join newest on newest._account = rows_of_pulls._account and newest._key = rows_of_pulls._key "
            "and newest.pull = rows_of_pulls.pull"
        )
    key = f"'{suite}/' || rows_of_pulls._key || '/' || cast(rows_of_pulls.pull as string)"
    wanted = [f"{key} as {ROW_KEY}", *(f"rows_of_pulls.{quoted(name)}" for name in columns if name != ROW_KEY)]
    before = ", ".join(f"{name} as ({query})" for name, query in steps.items())
    return f"with {before} select {', '.join(wanted)} from rows_of_pulls {which}"
