"""Which simulator runs a design."""

from __future__ import annotations

__all__ = ["PREFERS_FAST", "Choice", "build_simulator", "choose_simulator"]

from dataclasses import dataclass

from boards import Board
from gateware import CfuArtifact
from gateware.spec import CfuPorts
from playground.design import FAST_SIMULATOR, RTL_SIMULATOR, Design
from sim.fast_simulator import FastSimulator
from sim.fast_soc import build_fast_soc, fast_refusal
from sim.simulator import Simulator
from sim.verilated_soc import build_verilated_soc
from sim.verilator import VerilatorSimulator
from soc import SocBuild
from toolchain import ArtifactCache, PlaygroundError

PREFERS_FAST = True
"""Whether designs that name no simulator run on the fast one where it can."""


@dataclass(frozen=True)
class Choice:
    """The simulator of a design.

    Attributes
    ----------
    name
        One of `playground.design.SIMULATORS`.
    reason
        Why it is not the one that is preferred; `None` if it is, or if the design names it.
    """

    name: str
    reason: str | None = None


def choose_simulator(design: Design, board: Board, ports: CfuPorts) -> Choice:
    """Return the simulator that a design names, or else the one that is to run it.

    Parameters
    ----------
    board
        As it is simulated.
    ports
        Of the CFU.

    Raises
    ------
    PlaygroundError
        If the fast simulator is named, and is not for this design.
    """
    if design.simulator not in (None, FAST_SIMULATOR):
        return Choice(design.simulator)
    refusal = fast_refusal(board, ports)
    if design.trace is not None:
        refusal = "the fast simulator has no signals to write a waveform of"
    if refusal is None:
        named = design.simulator == FAST_SIMULATOR
        return Choice(FAST_SIMULATOR if named or PREFERS_FAST else RTL_SIMULATOR)
    if design.simulator is None:
        return Choice(RTL_SIMULATOR, reason=refusal if PREFERS_FAST else None)
    ideal = fast_refusal(board.idealized(), ports) is None and not board.ideal_memory
    raise PlaygroundError(
        refusal,
        hint=f"`--simulator {RTL_SIMULATOR}` simulates everything"
        + ("; `--ideal-memory` makes it block RAM" if ideal and design.trace is None else ""),
    )


def build_simulator(
    name: str,
    soc: SocBuild,
    cfu: CfuArtifact,
    *,
    traces: bool,
    accounts: bool = False,
    cache: ArtifactCache,
) -> Simulator:
    """Return the simulator of a SoC and a CFU.

    Parameters
    ----------
    name
        The fast one's or the RTL's.
    traces
        Whether waveforms are to be written.
    accounts
        Whether it is to be told where cycles go.

    Raises
    ------
    ToolFailed
        If Verilator rejects the CFU's Verilog, with its message.
    """
    if name == FAST_SIMULATOR:
        return FastSimulator(build_fast_soc(soc, cfu.verilog, cache=cache), cfu.spec)
    built = build_verilated_soc(soc, cfu.verilog, traces=traces, accounts=accounts, cache=cache)
    return VerilatorSimulator(built, cfu.spec)
