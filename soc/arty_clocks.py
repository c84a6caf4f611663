"""Clock and reset of the Arty A7.

litex-boards' own one needs LiteEth to be installed, for an Ethernet port that is not used here.
"""

from __future__ import annotations

__all__ = ["ArtyClocks"]

from litex.build.generic_platform import GenericPlatform
from litex.soc.cores.clock import S7IDELAYCTRL, S7PLL
from migen import ClockDomain, Module, Signal

_DELAY_REFERENCE_HZ = 200e6


class ArtyClocks(Module):
    """The system clock, and the clocks of a DDR3 PHY with four phases.

    Attributes
    ----------
    rst
        Resets the whole SoC.
    """

    def __init__(self, platform: GenericPlatform, sys_clk_hz: int) -> None:
        self.rst = Signal()
        self.clock_domains.cd_sys = ClockDomain()
        self.clock_domains.cd_sys4x = ClockDomain()
        self.clock_domains.cd_sys4x_dqs = ClockDomain()
        self.clock_domains.cd_idelay = ClockDomain()
        self.submodules.pll = pll = S7PLL(speedgrade=-1)
        self.comb += pll.reset.eq(~platform.request("cpu_reset") | self.rst)
        pll.register_clkin(platform.request("clk100"), 100e6)
        pll.create_clkout(self.cd_sys, sys_clk_hz)
        pll.create_clkout(self.cd_sys4x, 4 * sys_clk_hz)
        # Writes are centred on the data strobe by its phase: the Artix has no output delays.
        pll.create_clkout(self.cd_sys4x_dqs, 4 * sys_clk_hz, phase=90)
        pll.create_clkout(self.cd_idelay, _DELAY_REFERENCE_HZ)
        # The SoC resets the PLL that clocks it.
        platform.add_false_path_constraints(self.cd_sys.clk, pll.clkin)
        self.submodules.idelayctrl = S7IDELAYCTRL(self.cd_idelay)
