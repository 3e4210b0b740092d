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
    steps = {
        "pulls": (
            "select pull as number, account, window_from, window_to from raw_landing.pulls "
            f"where source = '{source}' and stream = '{stream}'"
        ),
    }
    # the columns of the suite are read at the end only: a step that held them all would be three times as slow
    rows = f"from {relation(suite)} as rows_read inner join pulls on pulls.number = rows_read.pull"
    if kind == "snapshot":
        which = "where rows_read.pull in (select max(number) from pulls group by account)"
    elif kind == "window":
        day = f"greatest(least(rows_read.{quoted(DAY_COLUMNS[suite])}, pulls.window_to), pulls.window_from)"
        steps["days"] = f"select distinct rows_read.pull, pulls.account, {day} as day_of_pull {rows}"
        steps["replaced"] = (
            "select distinct days.pull, days.day_of_pull from days inner join pulls on pulls.account = days.account "
            "and pulls.number > days.pull and days.day_of_pull between pulls.window_from and pulls.window_to"
        )
        which = (
            f"left join replaced on replaced.pull = rows_read.pull and replaced.day_of_pull = {day} "
            "where replaced.pull is null"
        )
    else:
        steps["newest"] = (
            f"select pulls.account, rows_read._key, max(rows_read.pull) as pull {rows} group by pulls.account, rows_read._key"
        )
        which = (
            "inner join newest on newest.account = pulls.account and newest._key = rows_read._key "
            "and newest.pull = rows_read.pull"
        )
    wanted = [f"'{suite}/' || rows_read._key || '/' || cast(rows_read.pull as string) as {ROW_KEY}"]
    for name in columns:
        if name in _OF_PULLS:
            wanted.append(f"pulls.{_OF_PULLS[name]} as {name}")
        elif name != ROW_KEY:
            wanted.append(f"nullif(rows_read.{quoted(name)}, '') as {quoted(name)}")
    before = ", ".join(f"{name} as ({query})" for name, query in steps.items())
    return f"with {before} select {', '.join(wanted)} {rows} {which}"
