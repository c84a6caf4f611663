"""Which FPGA a board has, asked of its LiteX platform.

Run as a program (`python -m soc.synthesis.board_device MODULE:CLASS`, keyword arguments as JSON on
the command line), because LiteX keeps state in its modules.
"""

from __future__ import annotations

__all__ = ["board_device"]

import importlib
import json
import sys
from pathlib import Path

from boards import Board
from toolchain import ArtifactCache, PlaygroundError, Tool, digest, run_tool, wheel_version


def board_device(board: Board, *, cache: ArtifactCache) -> str:
    """Return LiteX's name of a board's FPGA, "ice40-up5k-sg48".

    Raises
    ------
    PlaygroundError
        If the board exists in simulation only.
    """
    hardware = board.hardware
    if hardware is None:
        raise PlaygroundError(
            f"board `{board.name}` exists in simulation only",
            hint="`--board NAME` takes another; `cfu list boards` shows those that have an FPGA",
        )
    litex = Tool("litex-boards", (sys.executable, "-m"), wheel_version("litex-boards"))
    options = json.dumps(dict(hardware.platform_options), sort_keys=True)
    key = digest(hardware.platform, options, litex.identity, Path(__file__))

    def produce(directory: Path) -> None:
        device = run_tool(
            litex,
            ["soc.synthesis.board_device", hardware.platform, options],
            cwd=Path(__file__).parents[2],
            what=f"making the platform of board `{board.name}`",
        )
        (directory / "device").write_text(device.strip())

    return (cache.build("device", key, produce) / "device").read_text()


def _print_device(platform: str, options: str) -> None:
    module, _, name = platform.partition(":")
    made = getattr(importlib.import_module(module), name)(**json.loads(options))
    sys.stdout.write(f"{made.device}\n")


if __name__ == "__main__":
    _print_device(sys.argv[1], sys.argv[2])
