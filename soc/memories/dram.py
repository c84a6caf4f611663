"""SDRAM and DDR3 behind LiteDRAM's controller and a write-back cache."""

from __future__ import annotations

__all__ = ["add_dram"]

import importlib
from typing import Any

import litedram.modules
from litex.soc.integration.soc_core import SoCCore

from boards import Dram, Memory
from soc.storage import Storage

# What else a board wires to the pins around the part, and what it has to be.
_SUPPLY_PADS = {"vccio": -1, "gnd": 0}


def add_dram(soc: SoCCore, memory: Memory, *, simulated: bool) -> Storage | None:
    """Add controller, cache and PHY; when simulated, LiteDRAM's model of PHY and part."""
    assert isinstance(memory, Dram)
    part = getattr(litedram.modules, memory.module)(soc.sys_clk_freq, memory.rate)
    phy = _add_phy(soc, memory, soc.platform.request("sdram" if part.memtype == "SDR" else "ddram"))
    soc.mem_map[memory.name] = memory.origin
    soc.add_sdram("sdram", phy=phy, module=part, l2_cache_size=memory.l2_cache_bytes)
    size = soc.bus.regions[memory.name].size
    if size != memory.bytes:
        raise ValueError(f"{memory.module} has {size} bytes on these pins, not {memory.bytes}")
    # The BIOS tests so many bytes: enough to reach the part through the cache.
    soc.add_constant("MEMTEST_DATA_SIZE", 2 * memory.l2_cache_bytes)
    return None


def _add_phy(soc: SoCCore, memory: Dram, pads: Any) -> Any:
    """Add the board's PHY, and give its clocks what it needs of them."""
    phy = _new_phy(memory, pads, soc.sys_clk_freq)
    soc.add_module(name="ddrphy", module=phy)
    for name, level in _SUPPLY_PADS.items():
        if hasattr(pads, name):
            soc.comb += getattr(pads, name).eq(level)
    if hasattr(phy, "init"):
        # The ECP5's clocks stop while their phase is aligned with the delay lines.
        soc.comb += [soc.crg.stop.eq(phy.init.stop), soc.crg.reset.eq(phy.init.reset)]
    return phy


def _new_phy(memory: Dram, pads: Any, sys_clk_hz: int) -> Any:
    module, _, name = memory.phy.partition(":")
    phy_class = getattr(importlib.import_module(module), name)
    phy = phy_class(pads, sys_clk_freq=sys_clk_hz, **memory.phy_options)
    for setting, value in memory.electrical.items():
        setattr(phy.settings, setting, value)
    return phy
