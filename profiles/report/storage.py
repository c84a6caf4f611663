"""Reports as files."""

from __future__ import annotations

__all__ = ["save_report"]

import os
from pathlib import Path

from profiles.report.content import Report
from profiles.report.page import report_page
from toolchain import PlaygroundError


def save_report(report: Report, path: Path) -> int:
    """Write a report and return its size in bytes; the file appears whole or not at all.

    Raises
    ------
    PlaygroundError
        If it cannot be written.
    """
    content = report_page(report).encode()
    scratch = path.parent / f".{path.name}.{os.getpid()}"
    try:
        try:
            scratch.write_bytes(content)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise PlaygroundError(
            f"cannot write the report `{path}`: {error.strerror}",
            hint="a report goes into a file in a directory that exists",
        ) from error
    return len(content)
