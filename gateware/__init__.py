"""Custom function units: describing, checking and exporting them."""

from __future__ import annotations

__all__ = [
    "Cfu",
    "CfuArtifact",
    "CfuBus",
    "CfuModel",
    "CfuPorts",
    "CfuSpec",
    "Choice",
    "Instruction",
    "InstructionSpec",
    "Latency",
    "Model",
    "Opcode",
    "Parameter",
    "VerilogFile",
    "cfu_parameters",
    "intrinsics_header",
    "kernels_of",
    "load_cfu",
    "load_model",
    "powers_of_two",
    "shipped_cfus",
    "split_parameters",
    "with_parameters",
]

from gateware.bus import CfuBus
from gateware.cfu import Cfu
from gateware.instruction import Instruction
from gateware.intrinsics import intrinsics_header
from gateware.latency import Latency
from gateware.load import (
    cfu_parameters,
    kernels_of,
    load_cfu,
    load_model,
    shipped_cfus,
    split_parameters,
    with_parameters,
)
from gateware.model import CfuModel, Model
from gateware.opcode import Opcode
from gateware.parameter import Choice, Parameter, powers_of_two
from gateware.spec import CfuArtifact, CfuPorts, CfuSpec, InstructionSpec, VerilogFile
