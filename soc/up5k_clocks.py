"""Clock and reset of iCE40 UltraPlus boards.

litex-boards' own ones leave the SoC's software reset unconnected, and take a frequency that is
only near the one asked for.
"""

from __future__ import annotations

__all__ = ["Up5kClocks"]

from litex.build.generic_platform import GenericPlatform
from litex.soc.cores.clock import iCE40PLL
from migen import ClockDomain, If, Module, Signal
from migen.genlib.resetsync import AsyncResetSynchronizer

# The FPGA's block RAM holds its content only some microseconds after configuration.
_POWER_ON_CYCLES = 255
# The least in use: less than the data sheet has, which Fomu's own boot loader shows to work.
_LEAST_HZ = 12e6
_EXACTLY = 1e-9


class Up5kClocks(Module):
    """The system clock from the PLL.

    Parameters
    ----------
    sys_clk_hz
        Must be a frequency that the PLL makes exactly.
    pin, pin_hz
        Name of the oscillator's pin in the platform, and its frequency.
    from_pad
        Whether the pin is the one beside the PLL, which then takes it directly.
    reset_pin
        Name of a button that resets the SoC while it is low.

    Attributes
    ----------
    rst
        Resets the whole SoC.
    """

    def __init__(
        self,
        platform: GenericPlatform,
        sys_clk_hz: int,
        *,
        pin: str,
        pin_hz: int,
        from_pad: bool = False,
        reset_pin: str | None = None,
    ) -> None:
        self.rst = Signal()
        self.clock_domains.cd_sys = ClockDomain()
        self.clock_domains.cd_por = ClockDomain(reset_less=True)
        self.submodules.pll = pll = iCE40PLL("SB_PLL40_PAD" if from_pad else "SB_PLL40_CORE")
        pll.clko_freq_range = (_LEAST_HZ, pll.clko_freq_range[1])
        oscillator = platform.request(pin)
        platform.add_period_constraint(oscillator, 1e9 / pin_hz)
        pll.register_clkin(oscillator, pin_hz)
        pll.create_clkout(self.cd_sys, sys_clk_hz, margin=_EXACTLY, with_reset=False)
        platform.add_period_constraint(self.cd_sys.clk, 1e9 / sys_clk_hz)
        waiting = Signal(max=_POWER_ON_CYCLES + 1, reset=_POWER_ON_CYCLES)
        self.comb += self.cd_por.clk.eq(self.cd_sys.clk)
        self.sync.por += If(waiting != 0, waiting.eq(waiting - 1))
        held = 0 if reset_pin is None else ~platform.request(reset_pin)
        self.specials += AsyncResetSynchronizer(
            self.cd_sys, (waiting != 0) | ~pll.locked | self.rst | held
        )
