"""From a routed design to what a board is programmed with."""

from __future__ import annotations

__all__ = ["Bitstream", "pack"]

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from soc.synthesis.device import Device
from soc.synthesis.routing import Routed
from toolchain import ArtifactCache, Taken, Tool, digest, run_measured

_RECORD = "record.json"
# As LiteX has them: no deep sleep for the flash that programs are read from; a reset of the FPGA
# begins again with the boot loader, if there is one.
_ARGUMENTS = {"ice40": ("-s",), "ecp5": ("--compress", "--bootaddr", "0")}
_FILE_NAMES = {"ice40": "soc.bin", "ecp5": "soc.bit"}


@dataclass(frozen=True)
class Bitstream:
    """A bitstream and what it took to write."""

    path: Path
    taken: Taken


def pack(routed: Routed, device: Device, *, packer: Tool, cache: ArtifactCache) -> Bitstream:
    """Return the bitstream of a routed design, from the cache if it is there.

    Raises
    ------
    ToolFailed
        If the packer does not take it.
    """
    family = device.family.name
    name, arguments = _FILE_NAMES[family], _ARGUMENTS[family]

    def produce(directory: Path) -> None:
        layout = os.path.relpath(routed.layout, directory)
        measured = run_measured(
            packer, [*arguments, layout, name], cwd=directory, what="writing the bitstream"
        )
        (directory / _RECORD).write_text(json.dumps(asdict(measured.taken)))

    key = digest(routed.digest, packer.identity, arguments, Path(__file__))
    directory = cache.build("bitstream", key, produce)
    return Bitstream(directory / name, Taken(**json.loads((directory / _RECORD).read_text())))
