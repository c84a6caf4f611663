"""Runs as one HTML file: plots and tables that need nothing but the file."""

from __future__ import annotations

__all__ = [
    "MemoryUse",
    "Report",
    "ReportRun",
    "Step",
    "ladder_plot",
    "page",
    "report_body",
    "report_page",
    "save_report",
    "security_policy",
]

from profiles.report.content import MemoryUse, Report, ReportRun, Step
from profiles.report.ladder_plot import ladder_plot
from profiles.report.page import page, report_body, report_page, security_policy
from profiles.report.storage import save_report
