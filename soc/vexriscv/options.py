"""What a VexRiscv core is made of."""

from __future__ import annotations

__all__ = ["CpuOptions", "Divider", "Multiplier", "Prediction", "Shifter"]

import dataclasses
import difflib
import enum
from dataclasses import dataclass

from toolchain import PlaygroundError


class Prediction(enum.StrEnum):
    """How the fetch stage guesses where a branch goes."""

    NONE = "none"
    """Straight on, at jumps too."""
    STATIC = "static"
    """Jumps are followed, and branches that lead backwards."""
    DYNAMIC = "dynamic"
    """As static, unless the branch's last outcomes say otherwise."""


class Multiplier(enum.StrEnum):
    """How products are computed."""

    NONE = "none"
    """By software."""
    ITERATIVE = "iterative"
    """A bit a cycle, without DSP blocks."""
    PIPELINED = "pipelined"
    """One each cycle, from four DSP blocks."""


class Divider(enum.StrEnum):
    """How quotients are computed."""

    NONE = "none"
    """By software."""
    ITERATIVE = "iterative"
    """A bit a cycle."""


class Shifter(enum.StrEnum):
    """How shifts are computed."""

    ITERATIVE = "iterative"
    """A bit a cycle."""
    LATE = "late"
    """One each cycle; the result is there a cycle later than a sum's."""
    EARLY = "early"
    """One each cycle, as early as a sum."""


_LEAST_LINES = 2
_MOST_CACHE_BYTES = 64 << 10
_LINE_BYTES = (16, 32, 64)


@dataclass(frozen=True, kw_only=True)
class CpuOptions:
    """The parts of a VexRiscv core: RV32I with a CFU port, five stages, and these.

    The default is LiteX's `full+cfu`. Not every combination is possible: `refusal` tells.

    Attributes
    ----------
    instruction_cache, data_cache
        Bytes, direct-mapped, writes go through; a data cache of 0 bytes is none.
    cache_line
        Bytes that the caches load at once: 16, 32 or 64.
    bypass
        Whether results reach the next instructions before they are in the registers.
    exceptions
        Whether illegal instructions, misaligned addresses and environment calls are trapped. If
        not, what they do is undefined.
    interrupts
        Whether there are interrupts, with LiteX's mask in CSR 0xBC0; they need `exceptions`.
    counts_instructions
        Whether there is `minstret` beside `mcycle`.
    cfu_enable
        Whether CFU instructions are illegal until bit 31 of CSR 0xBC0 is set.
    """

    instruction_cache: int = 4096
    data_cache: int = 4096
    cache_line: int = 32
    prediction: Prediction = Prediction.STATIC
    bypass: bool = True
    multiplier: Multiplier = Multiplier.PIPELINED
    divider: Divider = Divider.ITERATIVE
    shifter: Shifter = Shifter.LATE
    exceptions: bool = True
    interrupts: bool = True
    counts_instructions: bool = True
    cfu_enable: bool = True

    @property
    def isa(self) -> str:
        """The instruction set, as compilers name it."""
        if self.multiplier is Multiplier.NONE:
            return "rv32i"
        return "rv32i_zmmul" if self.divider is Divider.NONE else "rv32im"

    @property
    def refusal(self) -> str | None:
        """Why there is no such core; None if there is."""
        for name in ("instruction_cache", "data_cache"):
            reason = self._cache_refusal(name)
            if reason is not None:
                return reason
        if self.cache_line not in _LINE_BYTES:
            return f"cache_line is {self.cache_line}, not one of {_listed(_LINE_BYTES)}"
        if self.divider is not Divider.NONE and self.multiplier is Multiplier.NONE:
            return "there is no instruction set with division that lacks multiplication"
        if self.interrupts and not self.exceptions:
            return "interrupts need the trap registers, which `exceptions` brings"
        if self.cfu_enable and not self.exceptions:
            return "cfu_enable makes CFU instructions illegal, which needs `exceptions` to be seen"
        return None

    def changed(self, text: str) -> CpuOptions:
        """Return these options with some changed by a text.

        Parameters
        ----------
        text
            Options with their values, "data_cache=1024,divider=none". Truth is yes or no.

        Raises
        ------
        PlaygroundError
            If an option or a value is unknown, or the combination impossible.
        """
        changes: dict[str, object] = {}
        if not text.strip():
            raise PlaygroundError("the options of a CPU are left out", hint=_OPTIONS_HINT)
        for part in text.split(","):
            name, equals, value = (each.strip() for each in part.partition("="))
            if name not in _NAMES:
                meant = difflib.get_close_matches(name, _NAMES, n=1)
                suggestion = f"did you mean `{meant[0]}`? " if meant else ""
                raise PlaygroundError(
                    f"there is no CPU option `{name}`", hint=suggestion + _OPTIONS_HINT
                )
            if not equals:
                raise PlaygroundError(
                    f"the CPU option `{name}` has no value", hint=f"write `{name}=VALUE`"
                )
            if name in changes:
                raise PlaygroundError(f"the CPU option `{name}` is given twice", hint="say it once")
            changes[name] = _parse(name, value, type(getattr(self, name)))
        options = dataclasses.replace(self, **changes)  # type: ignore[arg-type]
        if options.refusal is not None:
            raise PlaygroundError(
                f"no CPU can be made with {text}: {options.refusal}",
                hint="change one of the options; `cfu list cpus` shows combinations that work",
            )
        return options

    def read(self, name: str, text: str) -> object:
        """Return the value that a text stands for as the value of an option.

        Raises
        ------
        PlaygroundError
            If the option cannot have it, whatever the others are.
        """
        value = _parse(name, text, type(getattr(self, name)))
        if isinstance(value, int) and not isinstance(value, bool):
            reason = dataclasses.replace(CpuOptions(cache_line=16), **{name: value}).refusal  # type: ignore[arg-type]
            if reason is not None:
                raise PlaygroundError(
                    f"no CPU can be made with {name}={text}: {reason}", hint="give another value"
                )
        return value

    def text(self, base: CpuOptions) -> str:
        """Return how these differ from other options, as `changed` takes it."""
        return ",".join(
            f"{name}={_shown(getattr(self, name))}"
            for name in _NAMES
            if getattr(self, name) != getattr(base, name)
        )

    def _cache_refusal(self, name: str) -> str | None:
        size: int = getattr(self, name)
        if size == 0 and name == "data_cache":
            return None
        least = _LEAST_LINES * self.cache_line
        if size & (size - 1) or not least <= size <= _MOST_CACHE_BYTES:
            none = " or 0" if name == "data_cache" else ""
            return (
                f"{name} is {size}, not a power of two from {least} (two lines) to "
                f"{_MOST_CACHE_BYTES}{none}"
            )
        return None


_NAMES = tuple(field.name for field in dataclasses.fields(CpuOptions))
_OPTIONS_HINT = f"options: {', '.join(_NAMES)}"
_TRUTH = {"yes": True, "no": False}


def _parse(name: str, value: str, kind: type[object]) -> object:
    known: tuple[object, ...]
    if kind is int:
        if value.isascii() and value.isdigit():
            return int(value)
        raise PlaygroundError(
            f"the CPU option `{name}` takes a number of bytes, not `{value}`",
            hint=f"such as `{name}=1024`",
        )
    if kind is bool:
        if value in _TRUTH:
            return _TRUTH[value]
        known = tuple(_TRUTH)
    else:
        assert issubclass(kind, enum.StrEnum)
        if value in {each.value for each in kind}:
            return kind(value)
        known = tuple(kind)
    raise PlaygroundError(
        f"the CPU option `{name}` cannot be `{value}`", hint=f"it is one of {_listed(known)}"
    )


def _shown(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _listed(values: tuple[object, ...]) -> str:
    return ", ".join(map(str, values))
