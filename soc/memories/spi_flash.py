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
from migen import C, Cat, Instance, Module, Signal

from boards import Memory, SpiFlash
from soc.storage import Storage, VerilogArray

# Between two commands; data sheets of the parts in use ask for 50 ns at most.
_DESELECTED_SECONDS = 60e-9
_MODEL = Path(__file__).with_name("spi_flash.v")


def add_spi_flash(soc: SoCCore, memory: Memory, *, simulated: bool) -> Storage | None:
    """Add a flash for reading; when simulated, with a model of the part at its pins."""
    assert isinstance(memory, SpiFlash)
    if not hasattr(litespi.modules, memory.module):
        raise ValueError(f"LiteSPI knows no flash `{memory.module}`")
    part = getattr(litespi.modules, memory.module)(getattr(SpiNorFlashOpCodes, memory.read_command))
    if part.total_size != memory.bytes:
        raise ValueError(f"{memory.module} has {part.total_size} bytes, not {memory.bytes}")
    lines = 4 if memory.read_command.endswith("_4") else 1
    mode = f"{lines}x"
    pads_name = memory.name if lines == 1 else memory.name + mode
    if simulated:
        pads = (_QuadPads if lines == 4 else _SinglePads)(soc, memory)
        soc.platform.provide(pads_name, pads)
    pads = soc.platform.request(pads_name)
    if hasattr(pads, "wp"):
        # Left alone they would float, and a low one stops the part.
        soc.comb += [pads.wp.eq(1), pads.hold.eq(1)]
    soc.mem_map[memory.name] = memory.origin
    # The flash is clocked by an even fraction of the system clock.
    divisor = math.ceil(soc.sys_clk_freq / (2 * memory.clock_hz)) - 1
    phy = LiteSPIPHY(
        pads,
        part,
        device=soc.platform.device,
        default_divisor=divisor,
        cs_delay=math.ceil(_DESELECTED_SECONDS * soc.sys_clk_freq),
    )
    soc.add_module(f"{memory.name}_phy", phy)
    soc.add_spi_flash(
        name=memory.name,
        mode=mode,
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


class _SinglePads:
    """The pins of a flash model, a line for either direction, as LiteSPI takes them."""

    def __init__(self, soc: SoCCore, memory: SpiFlash) -> None:
        self.clk = Signal()
        self.cs_n = Signal()
        self.mosi = Signal()
        self.miso = Signal()
        _add_model(
            soc,
            memory,
            self,
            to_part=Cat(self.mosi, C(0b111, 3)),
            from_part=Cat(Signal(), self.miso, Signal(2)),
        )


class _QuadPads:
    """The pins of a flash model, with four lines of data."""

    def __init__(self, soc: SoCCore, memory: SpiFlash) -> None:
        self.clk = Signal()
        self.cs_n = Signal()
        self.dq = [_Line() for _ in range(4)]
        _add_model(
            soc,
            memory,
            self,
            to_part=Cat(*(line.from_fpga for line in self.dq)),
            from_part=Cat(*(line.from_part for line in self.dq)),
        )


def _add_model(
    soc: SoCCore, memory: SpiFlash, pads: _SinglePads | _QuadPads, *, to_part: Cat, from_part: Cat
) -> None:
    soc.platform.add_model(_MODEL)
    soc.specials += Instance(
        "SpiFlashModel",
        name=f"{memory.name}_model",
        p_BYTES=memory.bytes,
        i_clk=pads.clk,
        i_cs_n=pads.cs_n,
        i_dq_i=to_part,
        o_dq_o=from_part,
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
