"""A figure of a report and the rows of the marts that it is the sum of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestration.explain.explanation import Check, ExplainError, Explanation, Facts, Listing
from orchestration.explain.measures import MEASURES, Measure, rows_of
from orchestration.reports.reader import PublishedMarts

VALUES = 20
"""So many values of a missing key are told."""

UNATTRIBUTED = "(unattributed)"
WEIGHT_UNITS = 10**12
"""Conversions are counted in these (D57)."""


def open_figure(marts: PublishedMarts, table: str, column: str, keys: Mapping[str, str]) -> Explanation:
    """Open one figure. keys : value by key column, as text; those of them that name one row of the report are enough.

    Raises
    ------
    ExplainError
        when the column is not registered, or the keys name no row or several: with the columns and values to choose from.
    """
    measures = [measure for measure in MEASURES if (measure.table, measure.column) == (table, column)]
    if not measures:
        known = sorted({f"{measure.table} {measure.column}" for measure in MEASURES})
        raise ExplainError(f"{table} {column} cannot be opened; these can:\n  " + "\n  ".join(known))
    if not marts.has(table):
        raise ExplainError(f"{marts.build.build_id}: {table} is not published in this build")
    figure = _named_row(marts, measures[0], keys)
    condition, values = _condition(measures[0].keys, {key: figure[key] for key in measures[0].keys})
    measure = next(
        (
            measure
            for measure in measures
            if marts.rows(f"select 1 from {table} where {condition} and ({measure.covers})", values)
        ),
        None,
    )
    if measure is None and _is_split(marts, table, figure):
        return _open_split(marts, column, figure)
    if measure is None:
        raise ExplainError(
            f"{table} {column}: this row is no sum of published rows; those that are:\n  "
            + "\n  ".join(measure.covers for measure in measures)
        )
    opened = marts.rows(
        f"select {', '.join(measure.shows)}, part from ({rows_of(measure, marts.build)}) where {condition}"
        f" order by {', '.join(measure.shows)}",
        values,
    )
    currency = str(marts.build.facts["reporting_currency"]) if measure.is_money else None
    adds = "part_minor" if measure.is_money else "part"
    rows = [
        {
            **{name: row[name] for name in measure.shows},
            adds: row["part"],
            **({"currency": currency} if currency else {}),
        }
        for row in opened
    ]
    subject = f"{table}.{column}"
    found = sum(row["part"] for row in opened)
    return Explanation(
        "figure",
        subject,
        [Facts("figure", figure), Listing("made_of", (*measure.shows, adds), rows)],
        [Check("figure", subject, figure[column], found, currency)],
    )


def _is_split(marts: PublishedMarts, table: str, figure: Mapping[str, Any]) -> bool:
    """Whether the row is a total by the effects of a whole chain, which no touch earned (D54, D55)."""
    return table == "rpt_attribution_by_channel" and bool(
        marts.rows(
            "select 1 from rpt_channel_effects where attribution_model = $model limit 1",
            {"model": figure["attribution_model"]},
        )
    )


def _open_split(marts: PublishedMarts, column: str, figure: Mapping[str, Any]) -> Explanation:
    """What the touches of the month earned, the effects that split it, and the counts that the effects were solved from.

    The floors of the split (D57) are made again from what is shown.
    """
    model, base = figure["attribution_model"], str(figure["attribution_model"]).rsplit("_", 1)[0]
    chain = {name: figure[name] for name in ("conversion_kind", "level_asked")}
    of_chain = "attribution_model = $model and conversion_kind = $conversion_kind and level_asked = $level_asked"
    earned = marts.rows(
        f"select attribution_model, channel, credited_conversions, credited_minor, currency from rpt_attribution_by_channel"
        f" where {of_chain} and journey_level = $journey_level and month = $month and month_basis = 'conversion'"
        " and (credited_conversions <> 0 or credited_minor <> 0) order by channel",
        {"model": base, "journey_level": figure["journey_level"], "month": figure["month"], **chain},
    )
    effects = marts.rows(
        f"select channel, conversion_rate, effect, effect_parts from rpt_channel_effects where {of_chain} order by channel",
        {"model": model, **chain},
    )
    transitions = marts.rows(
        f"select from_state, to_state, to_channel, transitions from fct_channel_transitions where {of_chain}"
        " order by from_state, to_state",
        {"model": base, **chain},
    )
    currency = str(figure["currency"]) if column.endswith("_minor") else None
    subject = f"rpt_attribution_by_channel.{column}"
    found = _share_of(figure["channel"], column, earned, effects)
    checks = [Check("figure", subject, figure[column], found, currency)]
    parts: list[Any] = [
        Facts("figure", figure),
        Listing("earned", ("channel", "credited_conversions", "credited_minor"), earned, base),
        Listing("effects", ("channel", "conversion_rate", "effect", "effect_parts"), effects, str(model)),
    ]
    if transitions:
        parts.append(Listing("transitions", ("from_state", "to_state", "to_channel", "transitions"), transitions, base))
        paths = sum(row["transitions"] for row in transitions if row["from_state"] == "(start)")
        converted = sum(row["transitions"] for row in transitions if row["to_state"] == "(conversion)")
        checks.append(Check("paths", str(model), round(effects[0]["conversion_rate"] * paths), converted))
    return Explanation("figure", subject, parts, checks)


def _share_of(
    channel: str, column: str, earned: Sequence[Mapping[str, Any]], effects: Sequence[Mapping[str, Any]]
) -> Decimal | int:
    """The channel's part of what touches earned, by cumulative floors over the channels in order; nobody's stays nobody's."""
    if channel == UNATTRIBUTED:
        return sum(row[column] or 0 for row in earned if row["channel"] == UNATTRIBUTED)
    total = sum(row[column] or 0 for row in earned if row["channel"] != UNATTRIBUTED)
    units = int(total * WEIGHT_UNITS) if column == "credited_conversions" else int(total)
    all_parts = sum(row["effect_parts"] for row in effects)
    through = sum(row["effect_parts"] for row in effects if row["channel"] <= channel)
    before = through - sum(row["effect_parts"] for row in effects if row["channel"] == channel)
    share = (abs(units) * through // all_parts - abs(units) * before // all_parts) * (-1 if units < 0 else 1)
    return Decimal(share) / WEIGHT_UNITS if column == "credited_conversions" else share


def _named_row(marts: PublishedMarts, measure: Measure, keys: Mapping[str, str]) -> dict[str, Any]:
    """The one row of the report that the keys name."""
    place = f"{measure.table} {measure.column}"
    unknown = [key for key in keys if key not in measure.keys]
    if unknown:
        raise ExplainError(f"{place}: no key {', '.join(unknown)}; its keys are {', '.join(measure.keys)}")
    condition, values = _condition(list(keys), keys)
    rows = marts.rows(f"select * exclude (build_id) from {measure.table} where {condition} limit 2", values)
    if len(rows) == 1:
        return rows[0]
    if rows:
        missing = [key for key in measure.keys if key not in keys]
        raise ExplainError(f"{place}: the keys name several rows; add {_choices(marts, measure, missing, keys)}")
    wrong = [key for key in keys if not _exists(marts, measure, key, keys[key])]
    if not wrong:
        raise ExplainError(f"{place}: each key is known, but no row has all of {dict(keys)}")
    raise ExplainError(f"{place}: no such row; wrong is {_choices(marts, measure, wrong, {})}")


def _condition(names: Sequence[str], values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A condition on key columns, compared as text, so that a month is written 2026-03-01."""
    parts = [f"cast({name} as varchar) = ${name}" for name in names]
    return " and ".join(parts) or "true", {name: str(values[name]) for name in names}


def _exists(marts: PublishedMarts, measure: Measure, key: str, value: str) -> bool:
    condition, values = _condition([key], {key: value})
    return bool(marts.rows(f"select 1 from {measure.table} where {condition} limit 1", values))


def _choices(marts: PublishedMarts, measure: Measure, names: Sequence[str], keys: Mapping[str, str]) -> str:
    """The columns with the values that they have in the rows that the keys name."""
    condition, values = _condition(list(keys), keys)
    told = []
    for name in names:
        rows = marts.rows(
            f"select distinct cast({name} as varchar) as value from {measure.table} where {condition} order by 1",
            values,
        )
        found = [str(row["value"]) for row in rows]
        more = f" and {len(found) - VALUES} more" if len(found) > VALUES else ""
        told.append(f"\n  {name}: {', '.join(found[:VALUES])}{more}")
    return "".join(told)
