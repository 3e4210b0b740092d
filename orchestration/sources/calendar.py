"""Days 1990–2059 with the months of both period calendars, landed once as source `calendar`, stream `days`.

Jalali months are computed here, by a library, so that no model has to: both engines then join instead of calculating.
"""

import hashlib
from datetime import date

import jdatetime
import pyarrow as pa

from orchestration.landing import Lake, Pull

SOURCE = "calendar"
STREAM = "days"
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2059, 12, 31)
CONNECTOR_VERSION = "1"


def calendar_days(first: date = FIRST_DAY, last: date = LAST_DAY) -> pa.Table:
    """One row per day from `first` to `last`, both included, all text.

    date_on, iso_weekday (1 Monday … 7 Sunday), gregorian_month_starts_on, jalali_month_starts_on (dates),
    gregorian_period (2026-06), jalali_period (1405-04).
    """
    columns: dict[str, list[str]] = {
        "date_on": [],
        "iso_weekday": [],
        "gregorian_month_starts_on": [],
        "jalali_month_starts_on": [],
        "gregorian_period": [],
        "jalali_period": [],
    }
    month = jdatetime.date.fromgregorian(date=first).replace(day=1)
    jalali_start, jalali_end = month.togregorian(), _next_month(month).togregorian()
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        if day >= jalali_end:
            month = _next_month(month)
            jalali_start, jalali_end = jalali_end, _next_month(month).togregorian()
        text = day.isoformat()
        columns["date_on"].append(text)
        columns["iso_weekday"].append(str(day.isoweekday()))
        columns["gregorian_month_starts_on"].append(f"{text[:7]}-01")
        columns["jalali_month_starts_on"].append(jalali_start.isoformat())
        columns["gregorian_period"].append(text[:7])
        columns["jalali_period"].append(f"{month.year:04d}-{month.month:02d}")
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _next_month(month: jdatetime.date) -> jdatetime.date:
    return jdatetime.date(month.year + month.month // 12, month.month % 12 + 1, 1)


def land_calendar(lake: Lake) -> Pull:
    """The pull with the days; it is landed when there is none, or when its content has changed."""
    latest = lake.latest(SOURCE, STREAM)
    days = calendar_days()
    content = hashlib.sha256()
    for name in days.column_names:
        content.update(f"{name}\n{'|'.join(days.column(name).to_pylist())}\n".encode())
    if latest is not None and latest.file_sha256 == content.hexdigest():
        return latest
    with lake.open_pull(
        SOURCE,
        STREAM,
        columns=days.column_names,
        key_columns=["date_on"],
        connector_version=CONNECTOR_VERSION,
        file_sha256=content.hexdigest(),
    ) as writer:
        writer.write(days)
        writer.describe(rows_in=days.num_rows)
    return writer.committed
