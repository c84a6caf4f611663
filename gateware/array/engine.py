"""An array engine: its parts put together, its registers, and when instructions have to wait."""

from __future__ import annotations

__all__ = ["ArrayEngine", "Commands"]

from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring

from gateware.array.finisher import Finisher, ResultWord, finisher_latency
from gateware.array.instructions import (
    Configure,
    Fetch,
    Fill,
    Push,
    PushBytes,
    Read,
    Run,
    Seek,
    Wait,
)
from gateware.array.loader import Loader, count_bits
from gateware.array.memory_access import MemoryAccess
from gateware.array.registers import Mode, Register, register_widths
from gateware.array.sizes import LANES, ArraySizes
from gateware.array.units import Beat, Units
from gateware.parts.byte_buffer import ByteBuffer
from gateware.parts.queue import Queue
from gateware.parts.window_addresses import WindowAddresses

_LOOKUP_WORDS = 256
_BUFFER_LATENCY = 2


@dataclass(frozen=True)
class Commands:
    """The instructions that an engine obeys; `fetch` if it has a memory port."""

    configure: Configure
    seek: Seek
    push: Push
    push_bytes: PushBytes
    fill: Fill
    run: Run
    read: Read
    wait: Wait
    fetch: Fetch | None


class ArrayEngine(wiring.Component):
    """What is behind the instructions; `gateware.array` describes it.

    Parameters
    ----------
    access
        The engine's way to main memory, if it has one.
    """

    def __init__(
        self, sizes: ArraySizes, commands: Commands, access: MemoryAccess | None = None
    ) -> None:
        self._sizes = sizes
        self._commands = commands
        self._access = access
        in_flight = _BUFFER_LATENCY + Units.latency + finisher_latency(sizes)
        # Results of what is under way when the queue is said to be full still have to fit.
        self._margin = in_flight + 2 * max(sizes.units, LANES)
        if self._margin >= sizes.result_words:
            raise ValueError(
                f"result_words must be more than {self._margin} for {sizes.units} units, "
                f"not {sizes.result_words}"
            )
        super().__init__({})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        sizes, commands = self._sizes, self._commands
        m.submodules.loader = loader = Loader(sizes)
        m.submodules.buffer = buffer = ByteBuffer(sizes.input_bytes)
        m.submodules.units = units = Units(sizes)
        m.submodules.finisher = finisher = Finisher(sizes)
        # Only what goes to memory needs masks.
        width = ResultWord.size if sizes.memory_port else 32
        results = Queue(width=width, depth=sizes.result_words)
        m.submodules.results = results

        registers = self._registers(m)
        mode = registers[Register.MODE]
        is_running = Signal()
        with m.If(commands.run.fire):
            m.d.sync += is_running.eq(1)
        with m.Elif(finisher.is_done):
            m.d.sync += is_running.eq(0)

        self._connect_loader(m, loader, registers)
        writes = loader.writes
        m.d.comb += [
            buffer.write_address.eq(writes.address),
            buffer.write_data.eq(writes.word),
            buffer.write_mask.eq(Mux(writes.inputs, writes.mask, 0)),
            units.writes.eq(writes),
            finisher.writes.eq(writes),
        ]
        self._schedule(m, buffer, units, finisher, registers, results)
        m.d.comb += [
            units.inputs.eq(buffer.read_data),
            units.input_offset.eq(registers[Register.INPUT_OFFSET]),
            units.is_depthwise.eq(_has(mode, Mode.DEPTHWISE)),
            units.is_lookup.eq(_has(mode, Mode.LOOKUP)),
            finisher.takes.eq(units.is_done),
            units.clears.eq(finisher.clears),
            *[to.eq(of) for to, of in zip(finisher.sums, units.sums, strict=True)],
            finisher.channels.eq(registers[Register.BLOCK_CHANNELS]),
            finisher.is_raw.eq(_has(mode, Mode.RAW)),
            finisher.aligns_pixels.eq(_has(mode, Mode.ALIGN_PIXELS)),
            finisher.offset.eq(registers[Register.OUTPUT_OFFSET]),
            finisher.minimum.eq(registers[Register.ACTIVATION_MIN]),
            finisher.maximum.eq(registers[Register.ACTIVATION_MAX]),
            results.clears.eq(commands.run.fire),
            results.enters.payload.eq(finisher.word.as_value()[:width]),
            results.enters.valid.eq(finisher.word_valid),
        ]

        is_storing: Value = Signal()
        if self._access is not None:
            is_storing = self._store(m, self._access, registers, results)
        is_idle = Signal()
        m.d.comb += is_idle.eq(loader.accepts & ~is_running & ~is_storing)
        m.d.comb += [
            commands.read.value.eq(Mux(results.leaves.valid, results.leaves.payload[:32], 0)),
            commands.read.hold.eq(
                Mux(results.level == 0, ~is_idle, ~results.leaves.valid | is_storing)
            ),
        ]
        with m.If(commands.read.fire):
            m.d.comb += results.leaves.ready.eq(1)
        for command in vars(commands).values():
            if command is commands.fetch and command is not None:
                m.d.comb += command.hold.eq(~is_idle | ~loader.is_quiet)
            elif command is not None and command is not commands.read:
                m.d.comb += command.hold.eq(~is_idle)
        return m

    def _registers(self, m: Module) -> dict[Register, Signal]:
        operands = self._commands.configure.cmd.payload
        registers = {}
        for number, (width, is_signed) in register_widths(self._sizes).items():
            register = Signal(signed(width) if is_signed else width, name=number.name.lower())
            with m.If(self._commands.configure.fire & (operands.in0[:5] == number)):
                m.d.sync += register.eq(operands.in1)
            registers[number] = register
        return registers

    def _connect_loader(self, m: Module, loader: Loader, registers: dict[Register, Signal]) -> None:
        commands = self._commands
        # All instructions have the same operands at the same time.
        operands = commands.seek.cmd.payload
        m.d.comb += [
            loader.seeks.eq(commands.seek.fire),
            loader.target.eq(operands.in0),
            loader.index.eq(operands.in1),
            loader.begins.eq(commands.push.fire | commands.push_bytes.fire | commands.fill.fire),
            loader.repeats.eq(commands.fill.fire),
            loader.word0.eq(operands.in0),
            loader.word1.eq(operands.in1),
            loader.words_per_channel.eq(registers[Register.FILTER_WORDS_PER_CHANNEL]),
        ]
        with m.If(commands.push.fire):
            m.d.comb += loader.count.eq(8)
        with m.Elif(commands.push_bytes.fire):
            count = operands.in1[:2]
            m.d.comb += loader.count.eq(Cat(count, count == 0))
        with m.Else():
            m.d.comb += loader.count.eq(operands.in1)
        if self._access is not None and commands.fetch is not None:
            count = operands.in1[: count_bits(self._sizes)]
            with m.If(commands.fetch.fire & count.any()):
                m.d.comb += [
                    loader.begins.eq(1),
                    loader.fetches.eq(1),
                    self._access.fetches.eq(1),
                ]
            m.d.comb += [
                loader.skip.eq(operands.in0[:2]),
                loader.fetched.eq(self._access.word),
                loader.fetched_valid.eq(self._access.word_valid),
                self._access.address.eq(operands.in0),
                self._access.count.eq(count),
            ]

    def _schedule(
        self,
        m: Module,
        buffer: ByteBuffer,
        units: Units,
        finisher: Finisher,
        registers: dict[Register, Signal],
        results: Queue,
    ) -> None:
        """Issue addresses of inputs and filters, no faster than the finisher can follow."""
        sizes = self._sizes
        mode, channels = registers[Register.MODE], registers[Register.BLOCK_CHANNELS]
        is_depthwise, is_lookup = _has(mode, Mode.DEPTHWISE), _has(mode, Mode.LOOKUP)
        m.submodules.addresses = addresses = WindowAddresses(
            address_bits=len(registers[Register.INPUT_BASE]),
            word_bits=len(registers[Register.WINDOW_WORDS]),
            window_bits=len(registers[Register.WINDOW_TAPS]),
            group_bits=len(channels),
            column_bits=len(registers[Register.COLUMNS]),
            line_bits=len(registers[Register.LINES]),
        )
        unit_bits = sizes.units.bit_length() - 1
        dense_groups = (channels + (sizes.units - 1)) >> unit_bits
        group_channels = Signal(range(max(sizes.units, LANES) + 1))
        m.d.comb += [
            group_channels.eq(Mux(is_lookup, 1, Mux(is_depthwise, LANES, sizes.units))),
            finisher.group_channels.eq(group_channels),
            addresses.starts.eq(self._commands.run.fire),
            addresses.base.eq(registers[Register.INPUT_BASE]),
            addresses.words.eq(registers[Register.WINDOW_WORDS]),
            addresses.taps.eq(registers[Register.WINDOW_TAPS]),
            addresses.tap_step.eq(registers[Register.TAP_STEP]),
            addresses.rows.eq(registers[Register.WINDOW_ROWS]),
            addresses.row_step.eq(registers[Register.ROW_STEP]),
            addresses.columns.eq(registers[Register.COLUMNS]),
            addresses.column_step.eq(registers[Register.COLUMN_STEP]),
            addresses.lines.eq(registers[Register.LINES]),
            addresses.line_step.eq(registers[Register.LINE_STEP]),
            addresses.group_step.eq(Mux(is_depthwise, LANES, 0)),
            buffer.read_address.eq(addresses.address),
        ]
        with m.If(is_lookup):
            m.d.comb += addresses.groups.eq(1)
        with m.Elif(is_depthwise):
            m.d.comb += addresses.groups.eq((channels + (LANES - 1)) >> 2)
        with m.Else():
            m.d.comb += addresses.groups.eq(dense_groups)

        # A group ends when the finisher will be free for it.
        busy = Signal(range(max(sizes.units, LANES) * finisher.interval + 1))
        has_room = Signal()
        m.d.sync += has_room.eq(results.level <= sizes.result_words - self._margin)
        m.d.comb += addresses.may_end_group.eq((busy == 0) & has_room)
        with m.If(addresses.valid & addresses.ends_group):
            m.d.sync += busy.eq(_times(group_channels, finisher.interval) - 1)
        with m.Elif(busy != 0):
            m.d.sync += busy.eq(busy - 1)

        if sizes.compact:
            # Nothing is added before the last sum is given and all are cleared.
            pause = Signal(range((LANES - 1) * finisher.interval + 2))
            m.d.comb += addresses.pauses.eq(pause != 0)
            with m.If(addresses.valid & addresses.ends_group):
                m.d.sync += pause.eq(_times(group_channels - 1, finisher.interval) + 1)
            with m.Elif(pause != 0):
                m.d.sync += pause.eq(pause - 1)

        filters = Signal(range(sizes.filter_words))
        group = Signal(range(sizes.filter_words))  # of a depthwise convolution: its first filter
        step = Signal(range(sizes.filter_words))
        m.d.comb += step.eq(
            Mux(is_lookup, _LOOKUP_WORDS, Mux(is_depthwise, (channels + (LANES - 1)) >> 2, 1))
        )
        with m.If(addresses.valid):
            m.d.sync += filters.eq(filters + step)
            with m.If(addresses.ends_pixel | (addresses.ends_group & is_lookup)):
                m.d.sync += [filters.eq(0), group.eq(0)]
            with m.Elif(addresses.ends_group & is_depthwise):
                m.d.sync += [filters.eq(group + 1), group.eq(group + 1)]

        beat = Signal(Beat)
        m.d.comb += [
            beat.valid.eq(addresses.valid),
            beat.first.eq(addresses.begins_group),
            beat.last.eq(addresses.ends_group),
        ]
        stages: list[tuple[Value, Value]] = [(beat, filters)]
        for stage in range(_BUFFER_LATENCY):
            later, address = Signal(Beat, name=f"read_{stage}"), Signal.like(filters)
            m.d.sync += [later.eq(stages[-1][0]), address.eq(stages[-1][1])]
            stages.append((later, address))
        m.d.comb += [units.beat.eq(stages[-1][0]), units.filter_address.eq(stages[-1][1])]

        # The addresses stop after the last group, so whatever is done then is the last of all,
        # unless a group before it is still inside.
        inside = Signal(range(Units.latency + _BUFFER_LATENCY + 2))
        begins = addresses.valid & addresses.ends_group
        m.d.sync += inside.eq(inside + begins - units.is_done)
        m.d.comb += finisher.ends_run.eq(~addresses.is_busy & (inside == 1))

    def _store(
        self,
        m: Module,
        access: MemoryAccess,
        registers: dict[Register, Signal],
        results: Queue,
    ) -> Value:
        """Send results to memory if they are to be stored; return whether any are left."""
        stores = Signal()
        with m.If(self._commands.run.fire):
            m.d.sync += stores.eq(_has(registers[Register.MODE], Mode.STORE))
        m.d.comb += [
            access.begins.eq(self._commands.run.fire),
            access.store_address.eq(registers[Register.STORE_ADDRESS]),
            access.store_words.eq(registers[Register.STORE_WORDS]),
            access.store_step.eq(registers[Register.STORE_STEP]),
            access.result.eq(results.leaves.payload),
            access.result_valid.eq(results.leaves.valid & stores),
        ]
        with m.If(stores):
            m.d.comb += results.leaves.ready.eq(access.result_ready)
        return (stores & (results.level != 0)) | ~access.stores_are_done


def _has(mode: Signal, flag: Mode) -> Value:
    return (mode & int(flag)).any()


def _times(value: Signal, factor: int) -> Value:
    return value if factor == 1 else value * factor
