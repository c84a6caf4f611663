"""Designs that are sent elsewhere with their files."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from firmware.tflite_writer import ModelWriter
from gateware import load_cfu
from playground.built import build_image, build_simulated_soc, read_design
from playground.design import Design
from playground.explore.files import design_files, pack, unpack
from playground.resolve import Choices, resolve
from toolchain import ArtifactCache, PlaygroundError


@pytest.fixture(name="design")
def _design(tmp_path: Path) -> Design:
    """Return a design of a CFU, a kernel and a model of one's own, in a directory of its own."""
    project = tmp_path / "project"
    (project / "__pycache__").mkdir(parents=True)
    (project / "__pycache__" / "my_cfu.py").write_text("")
    (project / ".hidden").mkdir()
    (project / ".hidden" / "more.py").write_text("")
    (project / "my_cfu.py").write_text("import helper")
    (project / "helper.py").write_text("")
    (project / "conv_2d.cc").write_text("")
    (project / "mine.tflite").write_bytes(b"model")
    (project / "notes.txt").write_text("")
    return Design(
        model=project / "mine.tflite",
        cfu="my_cfu.py",
        cfu_directory=project,
        kernels=project,
        cpu="full",
    )


def test_the_files_of_a_design(design: Design) -> None:
    assert set(design_files(design)) == {
        "model/mine.tflite",
        "kernels/conv_2d.cc",
        "cfu/my_cfu.py",
        "cfu/helper.py",
    }


def test_a_design_is_unpacked_elsewhere(design: Design, tmp_path: Path) -> None:
    bundle = pickle.loads(pickle.dumps(pack(design)))
    there = unpack(bundle, cache=ArtifactCache(tmp_path / "cache"))
    assert there.model.read_bytes() == b"model"
    assert there.kernel_files[0].name == "conv_2d.cc"
    assert (there.cfu_directory / "helper.py").is_file()
    assert there.cfu_directory.is_relative_to(tmp_path / "cache")
    assert pack(there).digest == bundle.digest


def test_what_comes_along_is_not_sent(tmp_path: Path) -> None:
    design = resolve(Choices(Path("/"), model="digits_cnn", cfu="mac4"), project=None)
    bundle = pack(design)
    assert bundle.files == {}
    there = unpack(bundle, cache=ArtifactCache(tmp_path))
    assert there == dataclasses.replace(design, cfu_directory=there.cfu_directory)


def test_a_digest_is_of_content_and_of_options(design: Design) -> None:
    before = pack(design).digest
    assert pack(dataclasses.replace(design, cpu="slim")).digest != before
    (design.cfu_directory / "helper.py").write_text("CHANGED = 1")
    assert pack(design).digest != before


def _write(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _program(design: Design) -> bytes:
    cache = ArtifactCache.default()
    parts = read_design(design, cache=cache)
    soc = build_simulated_soc(parts, cache=cache)
    return build_image(parts, soc, cache=cache).program.read_bytes()


def test_the_same_firmware_is_built_elsewhere(tmp_path: Path) -> None:
    kernels = {
        "own/kernels/relu.cc": """\
#include "playground/relu.h"
#include "tables/first.table"
namespace playground {
bool relu(const ReluLayer& layer) {
  reference::relu(layer);
  layer.output_data[0] += kFirst;
  return true;
}
}  // namespace playground
""",
        "own/kernels/tables/first.table": '#include "../../common/second.inc"\n',
        "own/common/second.inc": '#include "third"\n',
        "own/common/third": "constexpr int kFirst = 3;\n",
        "own/common/unused.inc": "",
    }
    _write(tmp_path, kernels)
    writer = ModelWriter()
    tensors = [writer.tensor(name, (1, 4), scale=1.0) for name in ("in", "out")]
    writer.layer("RELU", tensors[:1], tensors[1:])
    model = tmp_path / "own" / "relu.tflite"
    model.write_bytes(writer.finish(tensors[:1], tensors[1:]))
    design = Design(model=model, kernels=tmp_path / "own" / "kernels")

    bundle = pack(design)
    assert set(bundle.files) == {
        "model/relu.tflite",
        "kernels/kernels/relu.cc",
        "kernels/kernels/tables/first.table",
        "kernels/common/second.inc",
        "kernels/common/third",
    }
    there = unpack(bundle, cache=ArtifactCache(tmp_path / "cache"))
    assert pack(there).digest == bundle.digest
    wanted = _program(design)
    (tmp_path / "own").rename(tmp_path / "away")
    assert _program(there) == wanted
    assert _program(dataclasses.replace(there, kernels=None)) != wanted


def test_what_is_behind_links_is_sent_as_it_is_looked_for(design: Design, tmp_path: Path) -> None:
    project = design.cfu_directory
    _write(tmp_path, {"shared/sum.h": '#include "../more.data"\n', "more.data": "behind"})
    (project / "parts").symlink_to(tmp_path / "shared")
    (project / "conv_2d.cc").write_text('#include "parts/sum.h"\n')
    files = pack(design).files
    assert files["kernels/parts/sum.h"] == b'#include "../more.data"\n'
    assert files["kernels/more.data"] == b"behind"

    (project / "more.data").write_text("in front")
    (project / "conv_2d.cc").write_text('#include "more.data"\n#include "parts/sum.h"\n')
    with pytest.raises(PlaygroundError, match="at once"):
        pack(design)


def test_files_that_are_named_by_their_place_on_this_machine(
    design: Design, tmp_path: Path
) -> None:
    table = tmp_path / "table.inc"
    table.touch()
    (design.cfu_directory / "conv_2d.cc").write_text(f'#include "{table}"\n')
    with pytest.raises(PlaygroundError, match="elsewhere on another machine") as caught:
        pack(design)
    assert "`conv_2d.cc`" in caught.value.message
    assert "relative" in (caught.value.hint or "")


@pytest.mark.parametrize("is_absolute", [False, True])
def test_the_files_of_a_cfu_elsewhere(design: Design, tmp_path: Path, *, is_absolute: bool) -> None:
    elsewhere = tmp_path / "cfus"
    files = {
        "mine.py": """\
import json
from pathlib import Path
from gateware import Cfu
from units.sizes import LANES

WORDS = [int(w, 16) for w in Path(__file__).with_name("words.hex").read_text().split()]
MORE = json.loads(Path(__file__).with_name("more.json").read_text())

class Mine(Cfu):
    def __init__(self):
        super().__init__([], constants={"lanes": LANES, "words": len(WORDS), "more": MORE})
""",
        "units/__init__.py": "",
        "units/sizes.py": "from . import base\nLANES = base.LANES\n",
        "units/base.py": "LANES = 4\n",
        "words.hex": "a b c",
        "more.json": "7",
        "unused.json": "8",
    }
    _write(elsewhere, files)
    name = str(elsewhere / "mine.py") if is_absolute else "../cfus/mine.py"
    design = dataclasses.replace(design, cfu=f"{name}:Mine")
    bundle = pack(design)
    assert {p for p in bundle.files if p.startswith("cfu/")} == {
        f"cfu/{name}" for name in files if name != "unused.json"
    }
    there = unpack(bundle, cache=ArtifactCache(tmp_path / "cache"))
    assert pack(there).digest == bundle.digest
    wanted = load_cfu(design.cfu, directory=design.cfu_directory)
    elsewhere.rename(tmp_path / "away")
    assert load_cfu(there.cfu, directory=there.cfu_directory) == wanted
    assert dict(wanted.spec.constants) == {"lanes": 4, "words": 3, "more": 7}


def test_the_sources_of_a_cfu_in_verilog(design: Design, tmp_path: Path) -> None:
    files = {
        "project/mine.toml": 'sources = ["../rtl/Cfu.v"]\nmodel = "../rtl/model.py:execute"\n',
        "rtl/Cfu.v": '// $readmemh("words.txt")\n',
        "rtl/words.txt": "a b c",
        "rtl/model.py": "import arithmetic\n",
        "rtl/arithmetic.py": "",
        "rtl/unused.v": "",
    }
    _write(tmp_path, files)
    design = dataclasses.replace(design, cfu="mine.toml")
    found = {place for place in design_files(design) if place.startswith("cfu/rtl/")}
    assert found == {f"cfu/{name}" for name in files if name[:4] == "rtl/" and "unused" not in name}
    bundle = pack(design)
    assert (bundle.design.cfu, bundle.design.cfu_directory) == (
        "mine.toml",
        Path("bundle/cfu/project"),
    )
