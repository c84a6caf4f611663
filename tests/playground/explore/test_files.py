"""Designs that are sent elsewhere with their files."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from playground.design import Design
from playground.explore.files import design_files, pack, unpack
from playground.resolve import Choices, resolve
from toolchain import ArtifactCache


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
