"""Registers between the stages of a pipeline."""

from __future__ import annotations

__all__ = ["flag_after", "register"]

from amaranth.hdl import Cat, Module, Signal, Value


def register(m: Module, value: Value, name: str, *, cycles: int = 1) -> Value:
    """Return the value some cycles later; without a reset, so that DSP blocks can hold it."""
    for cycle in range(cycles):
        delayed = Signal(value.shape(), name=f"{name}_{cycle}", reset_less=True)
        m.d.sync += delayed.eq(value)
        value = delayed
    return value


def flag_after(m: Module, flag: Value, cycles: int) -> Value:
    """Return a flag, 1 bit, some cycles later; low before."""
    flags = Signal(cycles)
    m.d.sync += flags.eq(Cat(flag, flags))
    return flags[-1]
