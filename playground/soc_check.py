"""One small inference in a whole SoC under cocotb, with a project's CFU and kernels."""

from __future__ import annotations

__all__ = ["SMALL_MODEL", "SocCheck", "check_in_soc"]

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from firmware.golden import golden_tensors
from gateware import Cfu, load_model
from gateware.load import make_cfu
from playground.built import build_design
from playground.inputs import read_inputs
from playground.progress import Progress
from playground.resolve import Choices, resolve
from sim.cocotb_soc.program import build_cocotb_soc
from sim.cocotb_soc.session import SocSession, run_in_soc
from toolchain import ArtifactCache, PlaygroundError

SMALL_MODEL = "digits_cnn"
"""What is run unless another model is named."""

_CYCLES = 10_000_000
_CYCLES_PER_MAC = 200


@dataclass(frozen=True)
class SocCheck:
    """An inference that came to its end with the right outputs.

    Attributes
    ----------
    model
        Its name.
    """

    model: str
    session: SocSession


def check_in_soc(
    project: Path, model: str | None, *, cache: ArtifactCache, progress: Progress
) -> SocCheck:
    """Run one inference on the SoC of a project's board with ideal memory, under cocotb.

    Parameters
    ----------
    project
        Its directory.
    model
        As the command line names it; None for `SMALL_MODEL`.

    Raises
    ------
    PlaygroundError
        If the CFU breaks a rule of its bus or answers otherwise than its model, or the outputs are
        not TensorFlow Lite Micro's.
    """
    choices = Choices(directory=Path.cwd(), model=model or SMALL_MODEL)
    design = replace(resolve(choices, project=project), ideal_memory=True, trace=None)
    built = build_design(design, cache=cache, progress=progress)
    inputs = read_inputs(built.model, design.inputs).inferences[0]
    with progress.phase("verilate", "building the SoC under cocotb"):
        program = build_cocotb_soc(built.soc, built.cfu, cache=cache)
    cfu = make_cfu(design.cfu, directory=design.cfu_directory)
    checked = load_model(design.cfu, directory=design.cfu_directory)
    patience = getattr(cfu or checked, "patience_cycles", Cfu.patience_cycles)
    with progress.phase("soc", f"running `{built.model.name}` on the SoC under cocotb"):
        session = run_in_soc(
            program,
            built.soc,
            built.image,
            inputs,
            cfu=built.cfu,
            # What is in the SoC's memory, a model knows nothing of.
            model=None if built.cfu.spec.memory_port else checked,
            answers_zero=cfu is not None,
            patience_cycles=patience,
            max_cycles=_CYCLES
            + _CYCLES_PER_MAC * sum(layer.macs for layer in built.image.prepared),
        )
    if not session.bus.passed:
        raise PlaygroundError(
            f"the CFU `{design.cfu}` fails in the SoC: {session.bus.failures[0]}",
            hint=f"the commands are those of the kernels on `{built.model.name}`; "
            "cycles are counted from reset, as in the waveform of `cfu run --trace FILE`",
            details="\n".join(session.bus.failures[1:]) or None,
        )
    arrays = [
        np.frombuffer(data, built.model.tensors[index].dtype).reshape(
            built.model.tensors[index].shape
        )
        for data, index in zip(inputs, built.model.inputs, strict=True)
    ]
    wanted = golden_tensors(built.model.content, arrays, wanted=built.model.outputs)
    for index, data in zip(built.model.outputs, session.outputs, strict=True):
        if data != wanted[index].tobytes():
            raise PlaygroundError(
                f"output `{built.model.tensors[index].name}` of `{built.model.name}` on the SoC is "
                "not what TensorFlow Lite Micro computes",
                hint=f"`cfu run {built.model.name}` tells which layer is wrong",
            )
    return SocCheck(built.model.name, session)
