"""What people open without a database: two pages and one workbook, made from the published build only."""

from orchestration.reports.expectations import build_expectations_page
from orchestration.reports.language import LANGUAGES, LabelError, Language, load_labels
from orchestration.reports.page import build_page
from orchestration.reports.quarantine import build_quality_page
from orchestration.reports.reader import PublishedMarts, ReportError
from orchestration.reports.workbook import build_workbook

__all__ = [
    "LANGUAGES",
    "LabelError",
    "Language",
    "PublishedMarts",
    "ReportError",
    "build_expectations_page",
    "build_page",
    "build_quality_page",
    "build_workbook",
    "load_labels",
]
