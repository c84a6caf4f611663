"""Runs as one HTML file: plots and tables that need nothing but the file."""

from __future__ import annotations

__all__ = ["MemoryUse", "Report", "ReportRun", "Step", "report_page", "save_report"]

from profiles.report.content import MemoryUse, Report, ReportRun, Step
from profiles.report.page import report_page
from profiles.report.storage import save_report
