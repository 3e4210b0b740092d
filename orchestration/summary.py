"""The summary printed at the end of a run, read from what was published."""

from __future__ import annotations

import duckdb

from orchestration.console import shown
from orchestration.pipeline import Pipeline
from orchestration.publication import PublishedBuild, read_build
from orchestration.reports.figures import KINDS_FROM_THE_DEEPEST


def summarise(pipeline: Pipeline, seconds: float) -> str:
    """Rows in and out, quarantine, findings, the funnel, credit by channel and model, both scores, where to look."""
    published = pipeline.outputs / "published" / "current"
    connection = duckdb.connect()
    try:
        connection.execute("set TimeZone = 'UTC'")
        for file in sorted((published / "parquet").glob("*.parquet")):
            connection.execute(f"create view \"{file.stem}\" as select * from read_parquet('{file}')")
        sections = [
            _rows(connection), _quarantine(connection), _findings(connection), _funnel(connection), _uncreditable(connection), _unmatched(connection),
            _credit(connection), _scores(connection, read_build(published)),
        ]  # fmt: skip
    finally:
        connection.close()
    outputs = [
        f"page       {shown(pipeline.reports / 'index.html')}   (open it in a browser)",
        f"quality    {shown(pipeline.reports / 'quality.html')}   (what was set aside, line by line, and what to do)",
        f"workbook   {shown(pipeline.reports / 'marts.xlsx')}",
        f"checks     {shown(pipeline.reports / 'expectations' / 'index.html')}   (what is expected of raw data, and what is not met)",
        f"DuckDB     {shown(published / 'onefunnel.duckdb')}   (schema marts; for BI tools)",
        f"Parquet    {shown(published / 'parquet')}",
    ]
    sections.append("Open next\n" + "\n".join("  " + line for line in outputs))
    sections.append(f"Done in {seconds:.1f} s")
    return "\n" + "\n\n".join(section for section in sections if section)


def _table(title: str, header: list[str], rows: list[tuple[object, ...]]) -> str:
    """A titled table; numbers to the right."""
    if not rows:
        return ""
    text = [
        header,
        *[
            ["–" if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row]
            for row in rows
        ],
    ]
    widths = [max(len(line[column]) for line in text) for column in range(len(header))]
    right = [
        all(
            isinstance(row[column], int)
            or row[column] is None
            or str(row[column]).rstrip("%").replace(".", "").isdigit()
            for row in rows
        )
        for column in range(len(header))
    ]
    lines = [
        "  "
        + "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in text
    ]
    return "\n".join([title, *lines])


def _rows(connection: duckdb.DuckDBPyConnection) -> str:
    rows = connection.execute(
        "select source || '/' || stream, cast(count(*) as bigint), cast(sum(rows_in) as bigint), cast(sum(rows) as bigint), cast(sum(quarantined) as bigint) "
        "from rpt_pulls where is_read and source not in ('definitions', 'calendar') group by 1 order by 1"
    ).fetchall()
    return _table("Rows", ["stream", "files", "in", "out", "quarantined"], rows)


def _quarantine(connection: duckdb.DuckDBPyConnection) -> str:
    rows = connection.execute(
        "select source || '/' || stream, column_name, reason, scope, cast(sum(occurrences) as bigint) from rpt_quarantine group by all order by 5 desc, 1, 2, 3 limit 15"
    ).fetchall()
    if not rows:
        return "Quarantine: nothing was set aside"
    reasons = connection.execute(
        "select reason, cast(sum(occurrences) as bigint) from rpt_quarantine group by all order by 2 desc, 1"
    ).fetchall()
    listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons)
    return f"Quarantine by reason: {listed}\n" + _table(
        "Quarantine (row: kept out; value: only this value is empty)",
        ["stream", "column", "reason", "scope", "count"],
        rows,
    )


def _findings(connection: duckdb.DuckDBPyConnection) -> str:
    rows = connection.execute(
        "select source || '/' || stream, column_name, finding, occurrences, rows_checked, "
        "case when length(message) > 100 then left(message, 99) || '…' else message end from rpt_findings order by 1, 2, 3"
    ).fetchall()
    return _table("Findings about the files", ["stream", "column", "finding", "count", "of", "what it means"], rows)


def _funnel(connection: duckdb.DuckDBPyConnection) -> str:
    rows = connection.execute(
        "select from_stage || ' → ' || to_stage, cast(sum(numerator) as bigint), cast(sum(denominator) as bigint), "
        "case when sum(denominator) > 0 then printf('%.1f%%', 100.0 * sum(numerator) / sum(denominator)) end, "
        "cast(sum(numerator_implied) as bigint) "
        "from rpt_funnel_cohorts where view = 'A' and cohort_basis = 'lead' and channel = '(all)' group by from_stage, to_stage "
        "having sum(denominator) > 0 order by sum(denominator) desc, sum(numerator) desc"
    ).fetchall()
    return _table(
        "Funnel (all lead cohorts; young ones included)",
        ["step", "reached", "of", "rate", "only implied by a later stage"],
        rows,
    )


def _uncreditable(connection: duckdb.DuckDBPyConnection) -> str:
    """D50: sources most of whose touches may not earn, so that nobody takes a wrong kind for a weak channel."""
    rows = connection.execute(
        "select source_system, cast(touches as bigint), cast(not_creditable_touches as bigint) from rpt_touch_creditability "
        "where is_mostly_not_creditable order by 1"
    ).fetchall()
    return _table(
        "Most touches of these sources may not earn (touch_kinds.csv: is_creditable, needs_answer)",
        ["source", "touches", "may not earn"],
        rows,
    )


def _unmatched(connection: duckdb.DuckDBPyConnection) -> str:
    """Touches whose credit stands under `unknown`, by what they say most often."""
    rows = connection.execute(
        "select source_system, kind, channel_label, utm_source, utm_medium, cast(sum(earning_touches) as bigint) as touches "
        "from rpt_unmatched_touches group by 1, 2, 3, 4, 5 having sum(earning_touches) > 0 order by touches desc, 1, 2, 3, 4, 5 limit 5"
    ).fetchall()
    return _table(
        "Touches that may earn and that no channel rule takes (channel_rules.csv; all in rpt_unmatched_touches)",
        ["source", "kind", "label", "utm_source", "utm_medium", "touches"],
        rows,
    )


def _credit(connection: duckdb.DuckDBPyConnection) -> str:
    rows_of_all = connection.execute(
        "select conversion_kind, attribution_model, channel, sum(credited_conversions) from rpt_attribution_by_channel "
        "where month_basis = 'conversion' and level_asked = 'default' group by all"
    ).fetchall()
    found = {row[0] for row in rows_of_all if row[3]}
    kind = next((name for name in (*KINDS_FROM_THE_DEEPEST, *sorted(found)) if name in found), None)
    kinds = [row for row in rows_of_all if row[0] == kind]
    if not kinds:
        return ""
    models = sorted({row[1] for row in kinds})
    channels = sorted({row[2] for row in kinds})
    cell = {(row[1], row[2]): row[3] for row in kinds}
    rows = [(channel, *[f"{cell.get((model, channel), 0):.1f}" for model in models]) for channel in channels]
    rows.append(("total", *[f"{sum(cell.get((model, channel), 0) for channel in channels):.1f}" for model in models]))
    return _table(f"Credited conversions ({kind}) by channel and model", ["channel", *models], rows)


def _scores(connection: duckdb.DuckDBPyConnection, build: PublishedBuild) -> str:
    """Money, which the mart has in minor units, as whole units of the reporting currency."""
    currency = str(build.facts["reporting_currency"])
    minor_per_unit = 10 ** build.currency_exponents[currency]
    rows = connection.execute(
        """
        select
            case metric when 'money_at_capacity' then metric || ', ' || $currency else metric end,
            case metric when 'money_at_capacity' then printf('%.0f', matrix / $minor_per_unit) else printf('%.3f', matrix) end,
            case metric when 'money_at_capacity' then printf('%.0f', learned / $minor_per_unit) else printf('%.3f', learned) end,
            verdict, n
        from rpt_score_comparison where segment = '(all)' order by metric
        """,
        {"currency": currency, "minor_per_unit": minor_per_unit},
    ).fetchall()
    return _table("Matrix against learned score, same leads", ["metric", "matrix", "learned", "verdict", "n"], rows)
