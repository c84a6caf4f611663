"""A stand-in for the SoC around a CFU that is synthesized by itself."""

from __future__ import annotations

__all__ = ["HARNESS_CLOCK", "harness_constraints", "harness_verilog"]

from collections.abc import Mapping

from gateware.export import LITEX_PORTS

HARNESS_CLOCK = "clk"


def harness_verilog(ports: Mapping[str, tuple[str, int]] = LITEX_PORTS) -> str:
    """Return module `harness`: registers before each input of the CFU and behind each output.

    An FPGA has fewer pins than a CFU has ports, so values are shifted in and out. They are shifted
    into other registers than those that the CFU reads, or a register of the CFU that delays one of
    its inputs would be the same as the next one of the shift register, and be left out.

    Parameters
    ----------
    ports
        Direction ("input", "output") and width in bits of every port of module `Cfu`, its clock
        `clk` among them.
    """
    inputs = [
        (name, width)
        for name, (direction, width) in ports.items()
        if direction == "input" and name != "clk"
    ]
    outputs = [(name, width) for name, (direction, width) in ports.items() if direction == "output"]
    sent, seen = (sum(width for _, width in ports) for ports in (inputs, outputs))
    connections = [f".clk({HARNESS_CLOCK})", *_slices(inputs, "given"), *_slices(outputs, "now")]
    return "\n".join(
        [
            f"module harness(input {HARNESS_CLOCK}, input in, input load, output out);",
            f"  reg [{sent - 1}:0] sent, given;",
            f"  reg [{seen - 1}:0] seen;",
            f"  wire [{seen - 1}:0] now;",
            f"  always @(posedge {HARNESS_CLOCK}) begin",
            f"    sent <= {{sent[{sent - 2}:0], in}};",
            "    if (load) given <= sent;",
            f"    seen <= load ? now : {{seen[{seen - 2}:0], 1'b0}};",
            "  end",
            f"  assign out = seen[{seen - 1}];",
            f"  Cfu Cfu({', '.join(connections)});",
            "endmodule",
            "",
        ]
    )


def harness_constraints(family: str, clock_hz: int) -> str:
    """Return the constraints of the harness: its clock, and pins wherever there are any."""
    megahertz = f"{clock_hz / 1e6:g}"
    if family == "ice40":
        return f"set_frequency {HARNESS_CLOCK} {megahertz}\n"
    return f'FREQUENCY PORT "{HARNESS_CLOCK}" {megahertz} MHz;\n'


def _slices(ports: list[tuple[str, int]], vector: str) -> list[str]:
    slices, position = [], 0
    for name, width in ports:
        # An escaped identifier may be one that Verilog has taken, such as `output`.
        slices.append(f".\\{name} ({vector}[{position + width - 1}:{position}])")
        position += width
    return slices
