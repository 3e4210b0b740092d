"""The daily job and its schedule."""

from datetime import timedelta

import dagster as dg

from orchestration.defs.ingest import DAYS_GROUP
from orchestration.settings import Settings

DAILY_JOB = "daily"
STALE_AFTER = timedelta(hours=36)

LATE_AFTER, UNREAD_AFTER = timedelta(hours=26), timedelta(hours=30)
"""Of a vendor's stream, when it warns and when it fails. A morning's pull may end hours later than the day before: reports and
logs wait in the vendor's queue."""


def build(settings: Settings) -> dg.Definitions:
    """Job `daily` over everything but single days, each morning at 06:00 in the company's time zone."""
    job = dg.define_asset_job(
        DAILY_JOB,
        selection=dg.AssetSelection.all() - dg.AssetSelection.groups(DAYS_GROUP),
        description="Files and vendors' answers to published marts and reports.",
    )
    schedule = dg.ScheduleDefinition(
        job=job,
        cron_schedule="0 6 * * *",
        execution_timezone=settings.configuration.time_zone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
    return dg.Definitions(jobs=[job], schedules=[schedule])
