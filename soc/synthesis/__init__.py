"""Synthesis, place-and-route, and what they tell of area and speed."""

from __future__ import annotations

__all__ = [
    "Clock",
    "CriticalPath",
    "DoesNotFit",
    "PathEnd",
    "Progress",
    "Provenance",
    "Resource",
    "ResourceKind",
    "Split",
    "SynthReport",
    "board_device",
    "recall_report",
    "remember_report",
    "require_timing",
    "synthesize",
    "synthesize_cfu",
]

from soc.synthesis.board_device import board_device
from soc.synthesis.fit import DoesNotFit
from soc.synthesis.flow import require_timing, synthesize, synthesize_cfu
from soc.synthesis.progress import Progress
from soc.synthesis.records import recall_report, remember_report
from soc.synthesis.report import (
    Clock,
    CriticalPath,
    PathEnd,
    Provenance,
    Resource,
    ResourceKind,
    Split,
    SynthReport,
)
