"""The daily job and its schedule."""

from datetime import timedelta

import dagster as dg

from orchestration.settings import Settings

DAILY_JOB = "daily"
STALE_AFTER = timedelta(hours=36)


def build(settings: Settings) -> dg.Definitions:
    """Job `daily` over everything, each morning at 06:00 in the company's time zone."""
    job = dg.define_asset_job(
        DAILY_JOB,
        selection=dg.AssetSelection.all(),
        description="Files to published marts and reports.",
    )
    schedule = dg.ScheduleDefinition(
        job=job,
        cron_schedule="0 6 * * *",
        execution_timezone=settings.configuration.time_zone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
    return dg.Definitions(jobs=[job], schedules=[schedule])
