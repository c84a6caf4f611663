"""Custom function units: describing, checking and exporting them."""

from __future__ import annotations

__all__ = [
    "Cfu",
    "CfuArtifact",
    "CfuBus",
    "CfuModel",
    "CfuPorts",
    "CfuSpec",
    "Instruction",
    "InstructionSpec",
    "Latency",
    "Model",
    "Opcode",
    "VerilogFile",
    "intrinsics_header",
    "kernels_of",
    "load_cfu",
    "load_model",
    "shipped_cfus",
]

from gateware.bus import CfuBus
from gateware.cfu import Cfu
from gateware.instruction import Instruction
from gateware.intrinsics import intrinsics_header
from gateware.latency import Latency
from gateware.load import kernels_of, load_cfu, load_model, shipped_cfus
from gateware.model import CfuModel, Model
from gateware.opcode import Opcode
from gateware.spec import CfuArtifact, CfuPorts, CfuSpec, InstructionSpec, VerilogFile
