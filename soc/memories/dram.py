"""SDRAM and DDR3 behind LiteDRAM's controller and a write-back cache."""

from __future__ import annotations

__all__ = ["add_dram"]

import importlib
from typing import Any

import litedram.modules
from litedram.modules import SDRAMModule
from litedram.phy.model import SDRAMPHYModel
from litex.soc.integration.soc_core import SoCCore
from migen import Replicate, Signal

from boards import Dram, Memory
from soc.storage import Cache, Storage, VerilogArray

_ADDRESS_BITS = 32  # of LiteX's cache
_CALIBRATIONS = (
    "read_leveling",
    "write_leveling",
    "write_dq_dqs_training",
    "write_latency_calibration",
)
# What else a board wires to the pins around the part, and what it has to be.
_SUPPLY_PADS = {"vccio": 1, "gnd": 0}


def add_dram(soc: SoCCore, memory: Memory, *, simulated: bool) -> Storage | None:
    """Add controller, cache and PHY; when simulated, LiteDRAM's model of PHY and part."""
    assert isinstance(memory, Dram)
    part = getattr(litedram.modules, memory.module)(soc.sys_clk_freq, memory.rate)
    phy = (_add_model if simulated else _add_phy)(soc, memory, part)
    soc.mem_map[memory.name] = memory.origin
    soc.add_sdram(
        "sdram",
        phy=phy,
        module=part,
        l2_cache_size=memory.l2_cache_bytes,
        l2_cache_min_data_width=8 * memory.l2_line_bytes,
    )
    size = soc.bus.regions[memory.name].size
    if size != memory.bytes:
        raise ValueError(f"{memory.module} has {size} bytes on these pins, not {memory.bytes}")
    return _storage(soc, memory, part, phy) if simulated else None


def _add_phy(soc: SoCCore, memory: Dram, part: SDRAMModule) -> Any:
    """Add the board's PHY, and give its clocks what it needs of them."""
    pads = soc.platform.request("sdram" if part.memtype == "SDR" else "ddram")
    phy = _new_phy(memory, pads, soc.sys_clk_freq)
    soc.add_module(name="ddrphy", module=phy)
    for name, level in _SUPPLY_PADS.items():
        if hasattr(pads, name):
            pins = getattr(pads, name)
            soc.comb += pins.eq(Replicate(level, len(pins)))
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


def _add_model(soc: SoCCore, memory: Dram, part: SDRAMModule) -> SDRAMPHYModel:
    """Add LiteDRAM's model of a PHY and a part, with the latencies of the board's own PHY.

    The controller counts cycles and waits for nobody, so that these latencies and the part's timing
    decide how long an access takes. A board differs in where its refreshes fall in the program.
    """
    settings = _new_phy(memory, _PartPads(memory, part), soc.sys_clk_freq).settings
    for phase in ("rdphase", "wrphase"):
        # Some PHYs have a register for it, for their calibration.
        value = getattr(settings, phase)
        setattr(settings, phase, value if isinstance(value, int) else value.reset.value)
    # Which the model does not need.
    settings.phytype = SDRAMPHYModel.__name__
    for calibration in _CALIBRATIONS:
        setattr(settings, calibration, False)
    # The cache writes whole lines: data masks, which slow the simulation, are never used.
    model = SDRAMPHYModel(part, settings, clk_freq=soc.sys_clk_freq, we_granularity=0)
    soc.add_module(name="ddrphy", module=model)
    return model


class _PartPads:
    """The pins of a part, to ask a PHY how it would drive them."""

    def __init__(self, memory: Dram, part: SDRAMModule) -> None:
        data_bits = 8 * memory.bytes // (part.nbanks * part.nrows * part.ncols)
        self.a = Signal(part.geom_settings.addressbits)
        self.ba = Signal(part.geom_settings.bankbits)
        self.dq = Signal(data_bits)
        self.dm, self.dqs_p, self.dqs_n = (Signal(data_bits // 8) for _ in range(3))
        self.clk_p, self.clk_n, self.cke, self.odt, self.reset_n = (Signal() for _ in range(5))
        self.cs_n, self.ras_n, self.cas_n, self.we_n = (Signal() for _ in range(4))


def _storage(soc: SoCCore, memory: Dram, part: SDRAMModule, model: SDRAMPHYModel) -> Storage:
    """Describe the model's arrays and LiteX's cache.

    LiteDRAM maps addresses to row, bank and column in this order, so that one row of each bank
    follows another.
    """
    settings = model.settings
    element_bytes = settings.dfi_databits * settings.nphases // 8
    # The model addresses a memory of two transfers a phase, a PHY may have four.
    column_bytes = settings.databits // 8
    transfers_a_phase = 1 if settings.memtype == "SDR" else 2
    element_pitch = element_bytes // (transfers_a_phase * settings.nphases * column_bytes)
    line_bytes = max(element_bytes, memory.l2_line_bytes)
    lines = memory.l2_cache_bytes // line_bytes
    return Storage(
        name=memory.name,
        origin=memory.origin,
        bytes=memory.bytes,
        # The model calls the memory of each bank `mem`, and LiteX numbers them.
        banks=tuple(
            (VerilogArray("mem" if bank == 0 else f"mem_{bank}"),) for bank in range(part.nbanks)
        ),
        element_bytes=element_bytes,
        stripe_bytes=part.ncols * column_bytes,
        element_pitch=element_pitch,
        cache=Cache(
            data=tuple(VerilogArray(f"data_mem_grain{i}") for i in range(line_bytes)),
            tags=VerilogArray("tag_mem"),
            lines=lines,
            tag_bits=_ADDRESS_BITS - (memory.l2_cache_bytes - 1).bit_length(),
        ),
    )
