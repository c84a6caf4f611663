"""Finding CFUs by their reference."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gateware import load_cfu, load_model, shipped_cfus
from toolchain import PlaygroundError

_GOOD = """
from neighbour import SHIFT
from gateware import Cfu, Instruction, Latency, Opcode


class ShiftLeft(Instruction):
    '''Shift to the left.'''

    def __init__(self):
        super().__init__("shift_left", Opcode(0), latency=Latency.fixed(1), operands=("x",))

    def compute(self, m, in0, in1):
        return in0 << SHIFT

    def model(self, state, in0, in1):
        return in0 << SHIFT


class MyCfu(Cfu):
    def __init__(self):
        super().__init__([ShiftLeft()])
"""


def _project(directory: Path, text: str) -> Path:
    (directory / "neighbour.py").write_text("SHIFT = 4\n")
    (directory / "my_cfu.py").write_text(text)
    return directory


def _error(reference: str, directory: Path) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        load_cfu(reference, directory=directory)
    return caught.value


@pytest.mark.parametrize("reference", ["my_cfu.py:MyCfu", "my_cfu.py"])
def test_a_users_file(tmp_path: Path, reference: str) -> None:
    project = _project(tmp_path, _GOOD)
    artifact = load_cfu(reference, directory=project)
    assert [i.name for i in artifact.spec.instructions] == ["shift_left"]
    assert artifact.spec.name == "MyCfu"
    model = load_model(reference, directory=project)
    assert model is not None
    assert model.execute(0, 3, 0) == 48


def test_an_edited_file_is_read_anew(tmp_path: Path) -> None:
    project = _project(tmp_path, _GOOD)
    before = load_cfu("my_cfu.py", directory=project)
    _project(tmp_path, _GOOD.replace("in0 << SHIFT", "in0 << SHIFT + 1"))
    assert load_cfu("my_cfu.py", directory=project).digest != before.digest


def test_neighbours_of_one_name_do_not_meet(tmp_path: Path) -> None:
    for name, text in (
        ("a", "from parts.amount import SHIFT\n"),
        ("b", "SHIFT = 5\n"),
    ):
        project = tmp_path / name
        (project / "parts").mkdir(parents=True)
        (project / "parts" / "amount.py").write_text("SHIFT = 3\n")
        _project(project, _GOOD)
        (project / "neighbour.py").write_text(text)
    results = []
    for name in ("a", "b", "a"):
        model = load_model("my_cfu.py", directory=tmp_path / name)
        assert model is not None
        results.append(model.execute(0, 1, 0))
    assert results == [1 << 3, 1 << 5, 1 << 3]
    assert not {"neighbour", "parts", "parts.amount"} & set(sys.modules)
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.mark.parametrize("reference", shipped_cfus())
def test_shipped_cfus(tmp_path: Path, reference: str) -> None:
    artifact = load_cfu(reference, directory=tmp_path)
    assert artifact.spec.name == reference
    assert artifact.verilog == "".join(file.text for file in artifact.files)
    assert all(i.summary for i in artifact.spec.instructions)


def test_the_cfu_without_instructions(tmp_path: Path) -> None:
    artifact = load_cfu("none", directory=tmp_path)
    assert artifact.spec.instructions == ()
    assert "module Cfu(" in artifact.verilog


def test_an_unknown_name_suggests_the_nearest(tmp_path: Path) -> None:
    error = _error("simdmac", tmp_path)
    assert error.message == "there is no CFU `simdmac`"
    assert error.hint is not None
    assert error.hint.startswith("did you mean `simd_mac`? ")
    assert "did you mean" not in str(_error("xyzzy", tmp_path).hint)


@pytest.mark.parametrize(
    ("reference", "text", "message"),
    [
        ("gone.py:MyCfu", _GOOD, "the CFU's file `gone.py` does not exist"),
        ("gone.toml", _GOOD, "the CFU's file `gone.toml` does not exist"),
        ("my_cfu.py:Other", _GOOD, "`my_cfu.py` defines no `Other`"),
        (
            "my_cfu.py:ShiftLeft",
            _GOOD,
            "`ShiftLeft` in `my_cfu.py` is no subclass of gateware.Cfu defined there",
        ),
        (
            "my_cfu.py",
            "x = 1\n",
            "`my_cfu.py` does not tell which class of `my_cfu.py` is the CFU",
        ),
        (
            "my_cfu.py",
            "x = 1\nimport nowhere\n",
            (
                "CFU `my_cfu.py` cannot be loaded: `my_cfu.py` line 2: "
                "ModuleNotFoundError: No module named 'nowhere'"
            ),
        ),
        (
            "my_cfu.py",
            "x = 1\ny = (\n",
            "CFU `my_cfu.py` cannot be loaded: `my_cfu.py` line 2: '(' was never closed",
        ),
        (
            "my_cfu.py",
            _GOOD.replace("[ShiftLeft()]", "[ShiftLeft(), ShiftLeft()]"),
            (
                "CFU `my_cfu.py` cannot be made: `my_cfu.py` line 21: ValueError: instructions "
                "`shift_left` and `shift_left` have the same opcode, funct3=0 funct7=0"
            ),
        ),
        (
            "my_cfu.py",
            _GOOD.replace(
                "def __init__(self):\n        super().__init__([",
                "def __init__(self, n):\n        super().__init__([",
            ),
            (
                "CFU `my_cfu.py` cannot be made: `my_cfu.py`: TypeError: MyCfu.__init__() missing "
                "1 required positional argument: 'n'"
            ),
        ),
        (
            "my_cfu.py",
            _GOOD.replace("super().__init__([ShiftLeft()])", "pass"),
            (
                "CFU `my_cfu.py` cannot be made: `my_cfu.py`: TypeError: MyCfu.__init__() calls "
                "no super().__init__([...])"
            ),
        ),
    ],
)
def test_faults_are_told_by_file_and_line(
    tmp_path: Path, reference: str, text: str, message: str
) -> None:
    assert _error(reference, _project(tmp_path, text)).message == message


def test_the_hint_offers_the_classes_there_are(tmp_path: Path) -> None:
    error = _error("my_cfu.py:Other", _project(tmp_path, _GOOD))
    assert error.hint == "it defines `my_cfu.py:MyCfu`"
