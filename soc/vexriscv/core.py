"""A core's Verilog from its options."""

from __future__ import annotations

__all__ = ["COMPLETE_CORE", "write_core"]

import hashlib
import re

from soc.vexriscv.arithmetic import change_arithmetic
from soc.vexriscv.caches import change_caches, sized_data_cache, sized_instruction_cache
from soc.vexriscv.netlist import Netlist, without_simulation_aids
from soc.vexriscv.options import CpuOptions
from soc.vexriscv.pipeline import change_pipeline, repair_cfu_port
from toolchain import ToolMissing, wheel_directory

COMPLETE_CORE = "VexRiscv_FullCfu.v"
"""The core that has every part, in the `pythondata-cpu-vexriscv` wheel."""

_COMPLETE_CORE_SHA256 = "04dc3c5c9f906c0f78de6955aaea44f9ba06ec8dff6d6314c4fe141c803cf332"
_HEADER = "`timescale 1ns/1ps\n\n"
_MODULE = re.compile(r"^module (\w+) \(.*?^endmodule\n", re.MULTILINE | re.DOTALL)


def write_core(options: CpuOptions) -> str:
    """Return the Verilog of a core: module `VexRiscv` and what it consists of.

    The default options give the complete core as it is, but for a repair.

    Raises
    ------
    ToolMissing
        If the wheel with the complete core is missing or another than the locked one.
    ValueError
        If there is no such core; `CpuOptions.refusal` says so before.
    """
    if options.refusal is not None:
        raise ValueError(options.refusal)
    modules = _complete_core()
    netlist = Netlist(modules["VexRiscv"])
    repair_cfu_port(netlist)
    if options == CpuOptions():
        return _HEADER + "\n".join((netlist.text, *list(modules.values())[1:]))
    change_pipeline(netlist, options)
    change_arithmetic(netlist, options)
    change_caches(netlist, options)
    parts = [netlist.text, sized_instruction_cache(modules["InstructionCache"], options)]
    if options.data_cache:
        parts.append(sized_data_cache(modules["DataCache"], options))
    return _HEADER + "\n".join(parts)


def _complete_core() -> dict[str, str]:
    """Return the complete core's modules by name."""
    path = wheel_directory("pythondata_cpu_vexriscv") / "verilog" / COMPLETE_CORE
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != _COMPLETE_CORE_SHA256:
        raise ToolMissing(
            f"`{path.name}` of the package `pythondata-cpu-vexriscv` is not of the locked version",
            hint="run the `./cfu` script in the clone, which installs what is locked",
        )
    text = without_simulation_aids(content.decode())
    return {module.group(1): module.group(0) for module in _MODULE.finditer(text)}
