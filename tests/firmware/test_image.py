"""Building firmware: what is built again, what is refused, what compilers say."""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards import find_board
from firmware.compiler import compiler_names, find_compiler
from firmware.image import FirmwareImage, FirmwareSources, build_firmware
from firmware.model import Model
from firmware.placement import parse_placement
from firmware.tflite_reader import parse_model
from firmware.tflite_writer import ModelWriter
from gateware import intrinsics_header, load_cfu
from soc import MemoryMap, Region, build_soc, find_cpu
from toolchain import ArtifactCache, PlaygroundError, ToolFailed, ToolMissing

_GCC_FOUND = any(
    shutil.which(f"{prefix}g++") for prefix in ("riscv64-unknown-elf-", "riscv32-unknown-elf-")
)
_COMPILERS = ("zig", "gcc") if _GCC_FOUND else ("zig",)

_OVERRIDE = """\
#include "playground/fully_connected.h"
#include "cfu.h"
#include "shared.h"
namespace playground {
bool fully_connected(const FullyConnectedLayer&) { return kDeclines; }
}  // namespace playground
"""


def _model(outputs: int = 4) -> Model:
    writer = ModelWriter()
    x = writer.tensor("x", (1, 8), scale=0.5)
    weights = np.ones((outputs, 8), np.int8)
    w = writer.tensor("w", (outputs, 8), scale=0.1, data=weights)
    y = writer.tensor("y", (1, outputs), scale=0.7)
    writer.layer("FULLY_CONNECTED", (x, w, -1), (y,), version=4)
    return parse_model(writer.finish((x,), (y,)), name="small")


@pytest.fixture(scope="module")
def memory_map() -> MemoryMap:
    board = find_board("sim")
    return build_soc(board, find_cpu("full"), cache=ArtifactCache.default()).memory_map


def _build(
    memory_map: MemoryMap,
    *,
    model: Model | None = None,
    kernels: Path | None = None,
    overrides: Mapping[str, Path] | None = None,
    **how: str,
) -> FirmwareImage:
    cache = ArtifactCache.default()
    if overrides is None:
        overrides = {path.stem: path for path in kernels.glob("*.cc")} if kernels else {}
    cfu = load_cfu(how.get("cfu", "none"), directory=Path())
    return build_firmware(
        model or _model(),
        memory_map,
        sources=FirmwareSources(overrides, intrinsics_header(cfu.spec)),
        compiler=find_compiler(how.get("compiler", "zig"), isa="rv32im", cache=cache),
        cache=cache,
        cpu=find_cpu("full"),
        placement=parse_placement(how.get("place", ""), memory_map),
    )


def _shrunk(memory_map: MemoryMap, size_bytes: int) -> MemoryMap:
    """Return the memory map with a smaller work memory."""
    region = Region(memory_map.work_region.origin, size_bytes)
    return replace(memory_map, memories={**memory_map.memories, memory_map.work_memory: region})


@pytest.mark.parametrize("compiler", _COMPILERS)
def test_the_image_begins_at_the_reset_address(memory_map: MemoryMap, compiler: str) -> None:
    image = _build(memory_map, compiler=compiler)
    assert image.elf.load_address == memory_map.reset_address
    assert image.elf.function_at(memory_map.reset_address) in ("_start", None)
    assert image.program.read_bytes() == image.elf.program
    assert image.section_bytes["constants"] >= 32
    assert image.section_bytes["arena"] == image.arena.size_bytes
    region = memory_map.work_region
    for tensor in (0, 2):
        assert region.origin < image.tensor_address(tensor) < region.origin + region.bytes
        assert image.tensor_address(tensor) % 16 == 0


def test_functions_are_found_by_address(memory_map: MemoryMap) -> None:
    elf = _build(memory_map).elf
    names = {function.name for function in elf.functions}
    assert "playground::reference::fully_connected" in names
    assert elf.function_at(elf.symbols["main"]) == "main"
    assert elf.function_at(elf.symbols["main"] + 2) == "main"
    assert elf.function_at(0) is None
    assert elf.function_at(0xFFFF_FFFF) is None


@pytest.mark.parametrize("compiler", _COMPILERS)
def test_functions_are_named_as_their_author_would(
    memory_map: MemoryMap, tmp_path: Path, compiler: str
) -> None:
    (tmp_path / "shared.h").write_text("""\
namespace playground {
namespace {
template <int kAmount>
struct Adder {
  [[gnu::noinline]] int Add(int x) const {
    asm volatile("");
    return x + kAmount + base;
  }
  int base;
};
}  // namespace
bool Declines(const FullyConnectedLayer& layer) {
  return Adder<3>{layer.output_data[0]}.Add(layer.output_data[1]) == 0;
}
}  // namespace playground
#define kDeclines Declines(layer)
""")
    text = _OVERRIDE.replace("Layer&)", "Layer& layer)")
    (tmp_path / "fully_connected.cc").write_text(text)
    elf = _build(memory_map, kernels=tmp_path, compiler=compiler).elf
    assert "playground::Adder<(int)3>::Add" in {function.name for function in elf.functions}


def test_the_same_sources_give_the_same_image(memory_map: MemoryMap) -> None:
    assert _build(memory_map).path == _build(memory_map).path


def test_a_header_that_is_edited_while_a_kernel_is_compiled_is_compiled_again(
    memory_map: MemoryMap, tmp_path: Path
) -> None:
    unique = f"// {uuid.uuid4()}: never compiled before\n"
    text = unique + _OVERRIDE.replace('"shared.h"', '"shared.h"\n#include "gate.h"')
    (tmp_path / "fully_connected.cc").write_text(text)
    header, gate = tmp_path / "shared.h", tmp_path / "gate.h"
    old, new = (f"constexpr bool kDeclines = {value};\n" for value in ("false", "true"))
    header.write_text(old)
    os.mkfifo(gate)  # the compiler waits there for `edit`, which has the old header behind it

    def edit() -> None:
        with gate.open("w"):
            header.write_text(new)
            (tmp_path / "regular").touch()
            (tmp_path / "regular").rename(gate)

    editor = threading.Thread(target=edit, daemon=True)
    editor.start()
    edited = _build(memory_map, kernels=tmp_path).elf.program
    editor.join()
    (tmp_path / "fully_connected.cc").write_text(f"{text}// once more\n")
    assert _build(memory_map, kernels=tmp_path).elf.program == edited
    header.write_text(old)
    assert _build(memory_map, kernels=tmp_path).elf.program != edited


def test_a_changed_header_beside_a_kernel_compiles_it_again(
    memory_map: MemoryMap, tmp_path: Path
) -> None:
    (tmp_path / "fully_connected.cc").write_text(_OVERRIDE)
    (tmp_path / "shared.h").write_text("constexpr bool kDeclines = false;\n")
    first = _build(memory_map, kernels=tmp_path)
    assert "playground::fully_connected" in {f.name for f in first.elf.functions}
    (tmp_path / "shared.h").write_text("constexpr bool kDeclines = true;\n")
    second = _build(memory_map, kernels=tmp_path)
    assert first.elf.program != second.elf.program
    (tmp_path / "shared.h").write_text("constexpr bool kDeclines = false;\n")
    assert _build(memory_map, kernels=tmp_path).path == first.path


@pytest.mark.parametrize("name", ["parts/shared.h", "../shared.hh", "shared.cc", "table.def"])
def test_whatever_a_kernel_includes_compiles_it_again(
    memory_map: MemoryMap, tmp_path: Path, name: str
) -> None:
    kernels = tmp_path / "kernels"
    kernels.mkdir()
    included = kernels / name
    included.parent.mkdir(exist_ok=True)
    (kernels / "fully_connected.cc").write_text(_OVERRIDE.replace("shared.h", "all.h"))
    (kernels / "all.h").write_text(f'#include "{name}"\n')
    programs = []
    for value in ("false", "true"):
        included.write_text(f"constexpr bool kDeclines = {value};\n")
        overrides = {"fully_connected": kernels / "fully_connected.cc"}
        programs.append(_build(memory_map, overrides=overrides).elf.program)
    assert programs[0] != programs[1]


def test_a_kernel_that_does_not_compile_shows_the_compilers_words(
    memory_map: MemoryMap, tmp_path: Path
) -> None:
    (tmp_path / "shared.h").write_text("constexpr bool kDeclines = flase;\n")
    (tmp_path / "fully_connected.cc").write_text(_OVERRIDE)
    with pytest.raises(ToolFailed) as caught:
        _build(memory_map, kernels=tmp_path)
    assert "compiling `fully_connected.cc`" in caught.value.message
    assert "shared.h:1:28: error: use of undeclared identifier 'flase'" in (
        caught.value.details or ""
    )


def test_a_kernel_that_does_not_link_shows_the_linkers_words(
    memory_map: MemoryMap, tmp_path: Path
) -> None:
    (tmp_path / "shared.h").write_text("extern const bool kDeclines;\n")
    (tmp_path / "fully_connected.cc").write_text(_OVERRIDE)
    with pytest.raises(ToolFailed, match="failed linking the firmware") as caught:
        _build(memory_map, kernels=tmp_path)
    assert "kDeclines" in (caught.value.details or "")


def test_the_cfus_instructions_can_be_called(memory_map: MemoryMap, tmp_path: Path) -> None:
    (tmp_path / "shared.h").write_text("#define kDeclines (cfu::sum() == 1)\n")
    (tmp_path / "fully_connected.cc").write_text(_OVERRIDE)
    image = _build(memory_map, kernels=tmp_path, cfu="simd_mac")
    words = memoryview(image.elf.program)[: len(image.elf.program) // 4 * 4].cast("I")
    assert any(word & 0x7F == 0b0001011 for word in words), "no CUSTOM_0 instruction"
    with pytest.raises(ToolFailed) as caught:
        _build(memory_map, kernels=tmp_path)
    assert "no member named 'sum' in namespace 'cfu'" in (caught.value.details or "")


def test_a_model_larger_than_memory_is_refused_with_the_bytes(memory_map: MemoryMap) -> None:
    small = _shrunk(memory_map, 32 * 1024)
    with pytest.raises(PlaygroundError) as caught:
        _build(small, model=_model(outputs=2000))
    # 16,000 bytes of weights, 16 of quantization, 2,000 of tensors, 20 KiB of stack and code.
    assert "needs at least 38,496 bytes" in caught.value.message
    assert "which has 32,768" in caught.value.message
    assert "constants 16," in (caught.value.hint or "")
    assert "stack 16,384" in (caught.value.hint or "")


@pytest.mark.parametrize("compiler", _COMPILERS)
def test_a_program_that_just_does_not_fit_is_refused(memory_map: MemoryMap, compiler: str) -> None:
    origin = memory_map.work_region.origin
    stack = _build(memory_map, compiler=compiler).elf.sections[".stack"]
    used = stack.address + stack.bytes - origin
    just_right = _shrunk(memory_map, used)
    assert _build(just_right, compiler=compiler).elf.symbols["__stack_top"] == origin + used
    small = _shrunk(memory_map, used - 16)
    with pytest.raises(PlaygroundError) as caught:
        _build(small, compiler=compiler)
    assert caught.value.message == (
        f"the firmware of model `small` needs {used:,} bytes of memory `main_ram`, "
        f"which has {used - 16:,}"
    )
    assert ".stack 17,408" in (caught.value.hint or "")


def test_unknown_and_missing_compilers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ArtifactCache.default()
    with pytest.raises(PlaygroundError, match="there is no compiler `icc`") as caught:
        find_compiler("icc", isa="rv32im", cache=cache)
    assert all(name in (caught.value.hint or "") for name in compiler_names())
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissing, match="no RISC-V GCC on PATH"):
        find_compiler("gcc", isa="rv32im", cache=cache)


def test_the_profile_can_name_compiler_and_flags() -> None:
    compiler = find_compiler("zig", isa="rv32im", cache=ArtifactCache.default())
    assert "-O2" in compiler.flags_description
    assert "-Wall" not in compiler.flags_description
