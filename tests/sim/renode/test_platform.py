"""Platform and script for Renode, against LiteX's own description of the SoC."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from boards import board_names, find_board
from sim.renode.platform import CFU_LIBRARY, FIRMWARE, PLATFORM, SCRIPT, write_platform
from soc import SocBuild, build_soc, find_cpu
from toolchain import ArtifactCache

_ENTRY = re.compile(r"^(\w+): ([\w.]+) @ (.+)$")
_PAGE = 0x1000


def _soc(board: str) -> SocBuild:
    found = find_board(board)
    return build_soc(found, find_cpu(found.cpu), cache=ArtifactCache.default())


def _parse(text: str) -> dict[str, tuple[str, str, list[str]]]:
    """Return type, registration and properties of each entry of a platform description."""
    entries: dict[str, tuple[str, str, list[str]]] = {}
    current: list[str] = []
    without_comments = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    for line in filter(str.strip, without_comments.splitlines()):
        if line.startswith(" "):
            current.append(line.strip())
            continue
        match = _ENTRY.match(line)
        if match is None:
            assert line.strip() == "sysbus:", line  # ranges that are silenced
            current = []
            continue
        assert match[1] not in entries
        current = []
        entries[match[1]] = (match[2], match[3], current)
    return entries


def _address(registration: str) -> int:
    found = re.search(r"sysbus (0x[0-9a-f]+)", registration)
    assert found is not None, registration
    return int(found[1], 16)


@pytest.mark.parametrize("board", board_names())
def test_memories_and_registers_are_where_litex_put_them(board: str, tmp_path: Path) -> None:
    soc = _soc(board)
    unsupported = write_platform(soc, tmp_path)
    entries = _parse((tmp_path / PLATFORM).read_text())
    csr = json.loads(soc.csr_json.read_text())

    memories = {name: e for name, e in entries.items() if e[0] == "Memory.MappedMemory"}
    for name, memory in csr["memories"].items():
        if name == "csr" or "io" in memory["type"]:
            continue
        _, registration, properties = memories.pop(name)
        assert _address(registration) == memory["base"]
        (size,) = (int(p.partition(": ")[2], 16) for p in properties if p.startswith("size"))
        assert memory["size"] <= size < memory["size"] + _PAGE
        assert size % _PAGE == 0
    assert memories == {}

    for name, base in csr["csr_bases"].items():
        if name in entries:
            assert _address(entries[name][1]) == base
        else:
            text = (tmp_path / PLATFORM).read_text()
            assert name in unsupported or f"# {name}" in text or f"{base:#x}" in text
    assert entries["uart"][0] == "UART.LiteX_UART"


@pytest.mark.parametrize("board", board_names())
def test_the_cfu_is_at_the_cpu(board: str, tmp_path: Path) -> None:
    write_platform(_soc(board), tmp_path)
    entries = _parse((tmp_path / PLATFORM).read_text())
    assert entries["cpu0"][0] == "CPU.VexRiscv"
    assert 'cpuType: "rv32im_zicsr_zifencei"' in entries["cpu0"][2]
    assert entries["cfu0"] == ("CoSimulated.CoSimulatedCFU", "cpu0 0", [])


def test_the_script_loads_what_is_beside_it(tmp_path: Path) -> None:
    write_platform(_soc("sim"), tmp_path)
    lines = [
        line
        for line in (tmp_path / SCRIPT).read_text().splitlines()
        if line and not line.startswith("#")
    ]
    wanted = [
        "path add $ORIGIN",
        'mach create "litex-vexriscv"',
        f"machine LoadPlatformDescription @{PLATFORM}",
        f"sysbus LoadELF @{FIRMWARE}",
        f"cpu0.cfu0 SimulationFilePathLinux $ORIGIN/{CFU_LIBRARY}",
    ]
    positions = [lines.index(line) for line in wanted]
    assert positions == sorted(positions)
