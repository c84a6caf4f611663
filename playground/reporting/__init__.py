"""From runs to reports: what a profile does not hold is found again."""

from __future__ import annotations

__all__ = ["FoundRun", "make_report", "named_run", "project_runs", "recorded_run"]

from playground.reporting.making import FoundRun, make_report
from playground.reporting.references import named_run, project_runs, recorded_run
