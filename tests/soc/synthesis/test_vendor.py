"""Vivado is a program of ours here: what is tested is what it is given, and what it may say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boards import find_board
from gateware import load_cfu
from soc import build_hardware, find_cpu
from soc.synthesis.bitstream import Bitstream
from soc.synthesis.vendor import find_vendor_toolchain, vendor_bitstream
from toolchain import ArtifactCache, PlaygroundError, ToolFailed

_TAKES_ALL = """\
[ "$*" = "-mode batch -source soc.tcl" ] || exit 3
for file in $(sed -n 's/^read_verilog\\( -sv\\)\\? {\\?\\([^}]*\\)}\\?$/\\2/p' soc.tcl); do
  test -s "$file" || { echo "no file $file"; exit 4; }
done
grep -q 'module Cfu' Cfu.sv && grep -q 'Cfu.sv' soc.tcl || exit 5
grep -q '^0badcafe$' soc_rom.init || exit 6
echo "All user specified timing constraints are met." > soc_timing.rpt
echo bits > soc.bit
"""


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a directory that is searched first, before one with a shell and no vendor's tools."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return tmp_path


def _install(path: Path, script: str) -> None:
    program = path / "vivado"
    program.write_text(f"#!/bin/sh\n{script}")
    program.chmod(0o755)


def _build(cache: ArtifactCache) -> Bitstream:
    board = find_board("arty_a7_35")
    build = build_hardware(board, find_cpu(board.cpu), cache=cache)
    toolchain = find_vendor_toolchain()
    assert toolchain is not None
    cfu = load_cfu("none", directory=Path())
    return vendor_bitstream(build, cfu, {"soc_rom.init": b"0badcafe\n"}, toolchain, cache=cache)


def test_there_may_be_none(path: Path) -> None:
    assert find_vendor_toolchain() is None


def test_openxc7_is_found_by_its_nextpnr(path: Path) -> None:
    program = path / "nextpnr-xilinx"
    program.touch(mode=0o755)
    found = find_vendor_toolchain()
    assert found is not None
    assert (found.name, found.program) == ("openxc7", program)


def test_vivado_gets_the_whole_project(path: Path) -> None:
    _install(path, _TAKES_ALL)
    assert _build(ArtifactCache.default()).path.read_text() == "bits\n"


def test_unmet_timing_is_an_error(path: Path) -> None:
    _install(path, "echo 'Timing constraints are not met.' > soc_timing.rpt; echo bits > soc.bit\n")
    with pytest.raises(PlaygroundError, match="timing is not met, says vivado: Timing") as caught:
        _build(ArtifactCache.default())
    assert caught.value.hint is not None


def test_what_vivado_says_last_is_told(path: Path) -> None:
    _install(path, "echo 'ERROR: no license'; exit 1\n")
    with pytest.raises(ToolFailed, match="vivado failed building the bitstream") as caught:
        _build(ArtifactCache.default())
    assert "no license" in (caught.value.details or "")


def test_an_end_without_a_bitstream_is_an_error(path: Path) -> None:
    _install(path, "echo done\n")
    with pytest.raises(ToolFailed, match="vivado ended without a bitstream"):
        _build(ArtifactCache.default())
