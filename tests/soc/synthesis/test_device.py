from __future__ import annotations

import pytest

from soc.synthesis.device import find_device
from toolchain import PlaygroundError


@pytest.mark.parametrize(
    ("name", "family", "options"),
    [
        ("ice40-up5k-sg48", "ice40", "--up5k --package sg48"),
        ("ice40-hx8k-tq144:4k", "ice40", "--hx8k --package tq144:4k"),
        ("LFE5U-85F-6BG381C", "ecp5", "--85k --package CABGA381 --speed 6"),
        ("LFE5U-25F-8MG285C", "ecp5", "--25k --package CSFBGA285 --speed 8"),
        ("LFE5UM5G-45F-8BG381C", "ecp5", "--um5g-45k --package CABGA381 --speed 8"),
        ("xc7a35ticsg324-1L", "xilinx7", ""),
    ],
)
def test_names_of_litex(name: str, family: str, options: str) -> None:
    device = find_device(name)
    assert (device.family.name, " ".join(device.options)) == (family, options)


def test_capacities_of_xilinx_parts() -> None:
    assert find_device("xc7a35ticsg324-1L").capacity["LUT1-LUT6"] == 20_800
    assert find_device("xc7a100tcsg324-1").capacity["DSP48E1"] == 240
    assert find_device("xc7k325tffg900-2").capacity == {}  # counted, but of what is not known


@pytest.mark.parametrize("name", ["GW2AR-LV18QN88C8/I7", "LFE5U-25F-9MG285C", "EP4CE22F17C6"])
def test_others_are_refused(name: str) -> None:
    with pytest.raises(PlaygroundError, match=f"device `{name}` cannot be synthesized for"):
        find_device(name)
