"""Serial NOR flash, mapped into memory by LiteSPI."""

from __future__ import annotations

__all__ = ["SimulatedLine", "add_spi_flash"]

import math
from pathlib import Path

import litespi.modules
from litespi.opcodes import SpiNorFlashOpCodes
from litespi.phy.generic import LiteSPIPHY
from litex.build.io import SDRInput, SDROutput, SDRTristate
from litex.soc.integration.soc_core import SoCCore
from migen import Cat, Instance, Module, Signal

from boards import Memory, SpiFlash
from soc.storage import Storage, VerilogArray

_LINES = 4
# Between two commands; data sheets of the parts in use ask for 50 ns at most.
_DESELECTED_SECONDS = 60e-9
_MODEL = Path(__file__).with_name("spi_flash.v")


def add_spi_flash(soc: SoCCore, memory: Memory, *, simulated: bool) -> Storage | None:
    """Add a flash for reading; when simulated, with a model of the part at its pins."""
    assert isinstance(memory, SpiFlash)
    part = getattr(litespi.modules, memory.module)(getattr(SpiNorFlashOpCodes, memory.read_command))
    if part.total_size != memory.bytes:
        raise ValueError(f"{memory.module} has {part.total_size} bytes, not {memory.bytes}")
    if simulated:
        soc.platform.provide(f"{memory.name}{_LINES}x", _SimulatedPads(soc, memory))
    soc.mem_map[memory.name] = memory.origin
    # The flash is clocked by an even fraction of the system clock.
    divisor = math.ceil(soc.sys_clk_freq / (2 * memory.clock_hz)) - 1
    phy = LiteSPIPHY(
        soc.platform.request(f"{memory.name}{_LINES}x"),
        part,
        device=soc.platform.device,
        default_divisor=divisor,
        cs_delay=math.ceil(_DESELECTED_SECONDS * soc.sys_clk_freq),
    )
    soc.add_module(f"{memory.name}_phy", phy)
    soc.add_spi_flash(
        name=memory.name,
        mode=f"{_LINES}x",
        clk_freq=memory.clock_hz,
        phy=phy,
        module=part,
        with_master=False,
        with_csr=False,
    )
    if not simulated:
        return None
    array = VerilogArray("storage", module="SpiFlashModel", instance=f"{memory.name}_model")
    return Storage(
        name=memory.name,
        origin=memory.origin,
        bytes=memory.bytes,
        banks=((array,),),
        element_bytes=1,
        stripe_bytes=memory.bytes,
    )


class _Line(Signal):
    """A line of data that both ends drive: a signal for either direction.

    Verilator is slow with lines that are driven from both ends.
    """

    def __init__(self) -> None:
        super().__init__()
        self.from_fpga = Signal()
        self.from_part = Signal()


class _SimulatedPads:
    """The pins of a flash model, in the form in which LiteSPI takes pins."""

    def __init__(self, soc: SoCCore, memory: SpiFlash) -> None:
        self.clk = Signal()
        self.cs_n = Signal()
        self.dq = [_Line() for _ in range(_LINES)]
        soc.platform.add_model(_MODEL)
        soc.specials += Instance(
            "SpiFlashModel",
            name=f"{memory.name}_model",
            p_BYTES=memory.bytes,
            i_clk=self.clk,
            i_cs_n=self.cs_n,
            i_dq_i=Cat(*(line.from_fpga for line in self.dq)),
            o_dq_o=Cat(*(line.from_part for line in self.dq)),
        )


class _RegisteredLine(Module):
    """What stands in simulation for the registers of an FPGA's bidirectional pin."""

    def __init__(self, pin: SDRTristate) -> None:
        output, enable = Signal(), Signal()
        self.specials += [
            SDROutput(pin.o, output, pin.clk),
            SDROutput(pin.oe, enable, pin.clk),
            SDRInput(pin.io.from_part, pin.i, pin.clk),
        ]
        self.comb += pin.io.from_fpga.eq(output | ~enable)


class SimulatedLine:
    """LiteX's form of a replacement of `SDRTristate`."""

    @staticmethod
    def lower(pin: SDRTristate) -> Module:
        return _RegisteredLine(pin)
