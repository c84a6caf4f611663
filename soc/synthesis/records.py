"""The latest report of each system, so that runs and comparisons can show it."""

from __future__ import annotations

__all__ = ["recall_report", "remember_report"]

import contextlib
import os
from pathlib import Path

from pydantic import ValidationError

from soc.synthesis.report import SynthReport
from toolchain import ArtifactCache, digest


def remember_report(report: SynthReport, *, build: str, cache: ArtifactCache) -> None:
    """Keep a report as the latest of its system.

    Parameters
    ----------
    build
        Digest of the SoC, `HardwareBuild.digest`.

    Raises
    ------
    OSError
        If the cache cannot be written.
    """
    path = _path(build, report.cfu_digest, cache)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(f".{os.getpid()}")
    scratch.write_text(report.model_dump_json(), encoding="utf-8")
    scratch.replace(path)


def recall_report(*, build: str, cfu: str, cache: ArtifactCache) -> SynthReport | None:
    """Return the latest report of a system, if there is one.

    Parameters
    ----------
    build
        Digest of the SoC, `HardwareBuild.digest`.
    cfu
        Digest of the CFU, `CfuArtifact.digest`.
    """
    with contextlib.suppress(OSError, ValidationError):
        return SynthReport.model_validate_json(_path(build, cfu, cache).read_bytes())
    return None


def _path(build: str, cfu: str, cache: ArtifactCache) -> Path:
    return cache.root / "synthesized" / f"{digest(build, cfu)}.json"
