"""The platform of a simulated SoC: a test bench in place of a board's pins."""

from __future__ import annotations

__all__ = ["ClockFromBench", "SimulatedPlatform"]

from pathlib import Path
from typing import Any

from litex.build.generic_platform import Pins, Subsignal
from litex.build.io import SDRTristate
from litex.build.sim import SimPlatform
from migen import ClockDomain, If, Module, Signal

from soc.memories.spi_flash import SimulatedLine

_BENCH_PINS = [
    ("sys_clk", 0, Pins(1)),
    (
        "serial",
        0,
        Subsignal("source_valid", Pins(1)),
        Subsignal("source_ready", Pins(1)),
        Subsignal("source_data", Pins(8)),
        Subsignal("sink_valid", Pins(1)),
        Subsignal("sink_ready", Pins(1)),
        Subsignal("sink_data", Pins(8)),
    ),
    ("marker", 0, Pins(32)),
]


class SimulatedPlatform(SimPlatform):
    """Pins to the test bench, and pins to models of parts inside the SoC.

    Attributes
    ----------
    models
        Verilog files of the models.
    """

    def __init__(self) -> None:
        self._provided: dict[str, Any] = {}
        self.models: list[Path] = []
        super().__init__("SIM", list(_BENCH_PINS))

    def provide(self, name: str, pads: object) -> None:
        """Answer the next request for pins of that name with those of a model."""
        self._provided[name] = pads

    def add_model(self, verilog: Path) -> None:
        """Let the simulated SoC include a file that models a part."""
        if verilog not in self.models:
            self.models.append(verilog)

    def request(self, name: str, number: int | None = None, loose: bool = False) -> Any:
        if name in self._provided:
            return self._provided.pop(name)
        return super().request(name, number, loose)

    def get_verilog(self, *args: Any, **kwargs: Any) -> Any:
        return super().get_verilog(*args, special_overrides={SDRTristate: SimulatedLine}, **kwargs)


class ClockFromBench(Module):
    """A system clock domain driven by the test bench, in reset for the first two cycles.

    Raising `rst` for a cycle resets it again, as LiteX's controller does when software asks.

    The reset comes from registers, not from a pin: Verilator evaluates what depends on a pin again
    whenever it is asked to evaluate anything, and everything depends on the reset.
    """

    def __init__(self, platform: SimulatedPlatform) -> None:
        self.rst = Signal()
        self.clock_domains.cd_sys = ClockDomain()
        self.clock_domains.cd_start = ClockDomain(reset_less=True)
        starting = Signal(2, reset=0b11)
        self.comb += [
            self.cd_sys.clk.eq(platform.request("sys_clk")),
            self.cd_start.clk.eq(self.cd_sys.clk),
            self.cd_sys.rst.eq(starting[0]),
        ]
        self.sync.start += If(self.rst, starting.eq(0b11)).Else(starting.eq(starting[1:]))
