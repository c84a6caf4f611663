"""How many cycles an instruction may take to answer."""

from __future__ import annotations

__all__ = ["Latency"]

from dataclasses import dataclass


@dataclass(frozen=True)
class Latency:
    """The promise of an instruction about when it answers.

    Counted in clock cycles from the one in which the command is accepted to the first one in
    which the response is valid, with no older response in the way. Make one with
    `combinational`, `fixed` or `variable`.

    Attributes
    ----------
    minimum, maximum
        Bounds in cycles, both inclusive. 0 is an answer in the command's own cycle.
    """

    minimum: int
    maximum: int

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.maximum:
            raise ValueError(
                f"a latency needs 0 <= minimum <= maximum, not {self.minimum} and {self.maximum}"
            )
        if self.minimum == 0 and self.maximum != 0:
            raise ValueError(
                "a variable latency starts at 1 cycle: an answer in the command's own cycle "
                "must always come there"
            )

    @classmethod
    def combinational(cls) -> Latency:
        """Return the promise to answer in the very cycle of the command."""
        return cls(0, 0)

    @classmethod
    def fixed(cls, cycles: int) -> Latency:
        """Return the promise to answer after exactly `cycles` cycles, 1 or more."""
        if cycles < 1:
            raise ValueError(f"a fixed latency is at least 1 cycle, not {cycles}")
        return cls(cycles, cycles)

    @classmethod
    def variable(cls, maximum: int) -> Latency:
        """Return the promise to answer after 1 to `maximum` cycles."""
        return cls(1, maximum)

    @property
    def is_combinational(self) -> bool:
        """Whether the answer comes in the command's own cycle."""
        return self.maximum == 0

    @property
    def is_fixed(self) -> bool:
        """Whether the answer comes a constant number of cycles, 1 or more, after the command."""
        return self.minimum == self.maximum and not self.is_combinational

    def __str__(self) -> str:
        if self.is_combinational:
            return "combinational"
        if self.is_fixed:
            return f"{self.maximum} cycle" + ("s" if self.maximum > 1 else "")
        return f"{self.minimum} to {self.maximum} cycles"
