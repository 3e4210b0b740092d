"""The daily and the hourly job and their schedules."""

from datetime import timedelta

import dagster as dg

from orchestration.defs.freeze import FROZEN
from orchestration.defs.ingest import DAYS_GROUP
from orchestration.settings import Settings

DAILY_JOB = "daily"
HOURLY_JOB = "hourly_clocks"
STALE_AFTER = timedelta(hours=36)

LATE_AFTER, UNREAD_AFTER = timedelta(hours=26), timedelta(hours=30)
"""Of a vendor's stream, when it warns and when it fails. A morning's pull may end hours later than the day before: reports and
logs wait in the vendor's queue."""


def build(settings: Settings) -> dg.Definitions:
    """Job `daily` over everything but single days, each morning at 06:00 in the company's time zone, and `hourly_clocks` in
    every other hour: a whole new build, because running clocks are read at what the newest pulls observed (D3) and every mart
    carries one build id. It freezes nothing: what is frozen on a day is the daily run's."""
    whole = dg.AssetSelection.all() - dg.AssetSelection.groups(DAYS_GROUP)
    daily = dg.define_asset_job(
        DAILY_JOB, selection=whole, description="Files and vendors' answers to published marts and reports."
    )
    hourly = dg.define_asset_job(
        HOURLY_JOB,
        selection=whole - dg.AssetSelection.assets(*FROZEN),
        description="The same as a build between two daily ones, so that running clocks are at most an hour old.",
    )
    schedules = [
        dg.ScheduleDefinition(
            job=job,
            cron_schedule=cron,
            execution_timezone=settings.configuration.time_zone,
            default_status=dg.DefaultScheduleStatus.STOPPED,
        )
        for job, cron in ((daily, "0 6 * * *"), (hourly, "0 0-5,7-23 * * *"))
    ]
    return dg.Definitions(jobs=[daily, hourly], schedules=schedules)
