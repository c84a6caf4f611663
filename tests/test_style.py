"""Formatting, lint and types of everything, as the tools have them configured."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_CPP_SUFFIXES = frozenset({".cc", ".h"})
_CPP_FOLDERS = ("firmware", "gateware", "playground", "sim", "tutorial")


def _passes(program: str, arguments: Sequence[str]) -> bool:
    """Run a tool and tell whether it had nothing to complain of; what it says goes to the log."""
    process = subprocess.run(
        [Path(sys.executable).parent / program, *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    print(process.stdout + process.stderr)  # noqa: T201
    return process.returncode == 0


def test_python_is_formatted() -> None:
    assert _passes("ruff", ["format", "--check", "--quiet", "--diff", "."])


def test_python_is_linted() -> None:
    assert _passes("ruff", ["check", "--quiet", "--output-format", "concise", "."])


def test_python_is_typed() -> None:
    assert _passes("mypy", ["--no-error-summary"])


def test_cpp_is_formatted() -> None:
    files = sorted(
        str(path.relative_to(_ROOT))
        for folder in _CPP_FOLDERS
        for path in (_ROOT / folder).rglob("*")
        if path.suffix in _CPP_SUFFIXES
    )
    assert files
    assert _passes("clang-format", ["--dry-run", "-Werror", *files])
