"""What Amaranth leaves to be said about hardware objects."""

from __future__ import annotations

__all__ = ["expect_unused"]

from amaranth.hdl import Elaboratable


def expect_unused(*objects: Elaboratable) -> None:
    """Let hardware objects be thrown away without being elaborated.

    Amaranth takes that for a forgotten submodule and warns. Of a CFU, often just the description
    or the model is wanted.
    """
    for each in objects:
        # Amaranth has no public way to say this about an object; its own one is this attribute.
        each._MustUse__silence = True
