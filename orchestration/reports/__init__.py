"""What people open without a database: pages and one workbook, made from the published build (the page of expectations from the checks)."""

from orchestration.reports.expectations import build_expectations_page
from orchestration.reports.language import LANGUAGES, LabelError, Language, load_labels
from orchestration.reports.page import build_page
from orchestration.reports.quality_page import build_quality_page
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
