"""The bus between the CPU and its custom function unit.

What VexRiscv's `CfuPlugin` does on the other side, as generated for LiteX's `full+cfu` (a command
leaves in the execute stage, its response is joined in the memory stage, one later):

- `cmd.valid` stays high, with a stable payload, until `cmd.ready`. The CPU waits in execute.
- A response may come in the very cycle of its command or any number of cycles later; the CPU
  waits in its memory stage until it is there. It waits for ever: a CFU must answer.
- At most two commands are unanswered: one in the memory stage, one in execute. The second is
  sent before the first is answered, so a CFU sees back-pressure from its own slow instructions.
- `rsp.ready` is low for a cycle after a response that the memory stage could not take at once
  went into the CPU's one-entry buffer. That is so for every response in its command's own cycle,
  since the command is then still in execute. A run of instructions of latency 0 therefore goes
  at one in two cycles, whereas a run of instructions of latency 1 goes at one a cycle. The
  result can be used equally early in both cases. Latency 1 is the best choice for this CPU.
- A result is bypassed from the memory stage: an instruction that uses it right away waits one
  cycle.
- An instruction of the CFU waits in execute while a load, a store, a branch, a jump or a CSR access
  is in the memory or the write-back stage, since a command cannot be taken back: two cycles for the
  first CFU instruction after one of these. Kernels group loads ahead of a group of CFU
  instructions, and unroll.
"""

from __future__ import annotations

__all__ = ["CfuBus", "CfuCommand", "Operands"]

from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

Operands = data.StructLayout({"in0": 32, "in1": 32})
"""The two source registers of an instruction."""

CfuCommand = data.StructLayout({"function_id": 10, "operands": Operands})
"""What the CPU sends for one instruction."""


class CfuBus(wiring.Signature):
    """The CFU bus as the CPU sees it: commands go out, responses come in.

    Every accepted command gets exactly one response, in the order of the commands. Both streams
    follow the rule that `valid`, once high, stays so with a stable payload until `ready`.

    Members
    -------
    cmd : `Out(stream.Signature(CfuCommand))`
        10-bit function id (funct7 in bits 9:3, funct3 in bits 2:0) and two 32-bit operands.
    rsp : `In(stream.Signature(32))`
        The 32-bit result.
    """

    def __init__(self) -> None:
        super().__init__(
            {"cmd": Out(stream.Signature(CfuCommand)), "rsp": In(stream.Signature(32))}
        )
