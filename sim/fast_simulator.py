"""The simulator that counts as the RTL does, instruction by instruction."""

from __future__ import annotations

__all__ = ["FastSimulator"]

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from firmware.image import FirmwareImage
from gateware import CfuSpec
from sim.fast_soc import FastSoc
from sim.program_session import ProgramSession
from sim.simulator import Progress, RunRequest, RunResult
from sim.timeline import function_ranges, read_timeline
from toolchain import PlaygroundError


@dataclass(frozen=True)
class FastSimulator:
    """Runs firmware on a model of CPU and bus whose cycles are the Verilated SoC's.

    Parameters
    ----------
    soc
        The program and the system.
    spec
        The CFU in it, to name its instructions in errors.
    """

    soc: FastSoc
    spec: CfuSpec
    name: str = "fast"
    provenance: str = "fast"

    @property
    def version(self) -> str:
        """By which one text of the program is told from another."""
        return self.soc.version

    @property
    def identity(self) -> str:
        """See `Simulator.identity`."""
        return self.soc.digest

    def run(
        self, image: FirmwareImage, request: RunRequest, *, progress: Progress | None = None
    ) -> RunResult:
        """Run a session; see `Simulator.run`."""
        if request.trace is not None:
            raise PlaygroundError(
                "the fast simulator has no signals to write a waveform of",
                hint="`--trace` goes with `--simulator verilator`",
            )
        with tempfile.TemporaryDirectory(prefix="cfu-run-") as directory:
            system = Path(directory, "system")
            system.write_text(f"{self.soc.system}stack_limit {image.stack_limit:#x}\n")
            options: dict[str, object] = {"--system": system.name}
            if request.timeline is not None:
                functions = Path(directory, "functions")
                functions.write_text(function_ranges(image.elf))
                options |= {"--timeline": "timeline", "--functions": functions.name}
                options |= request.timeline.options
            session = ProgramSession(Path(directory), image, request, self.spec)
            ended = session.execute(
                self.soc.program,
                options,
                reset_address=self.soc.reset_address,
                progress=progress,
            )
            result = session.result(ended)
            if request.timeline is None:
                return result
            with Path(directory, "timeline").open() as lines:
                return replace(result, timeline=read_timeline(lines, image.elf))
