from __future__ import annotations

from pathlib import Path

import pytest

from boards import Board
from toolchain import PlaygroundError, declaration, declarations


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package whose modules a test may write; its name is new each time."""
    name = f"declaring_{tmp_path.name}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return str(tmp_path / name)


def _board(name: str) -> str:
    return (
        "from boards import Board\n"
        "from boards import BlockRam\n"
        "RAM = BlockRam(name='ram', origin=0, bytes=4)\n"
        f"BOARD = Board({name!r}, '', 1, memories=(RAM,), load_memory='ram', work_memory='ram')\n"
    )


def test_a_file_is_all_it_takes(package: str) -> None:
    Path(package, "small.py").write_text(_board("small"))
    Path(package, "helper.py").write_text("x = 1\n")
    name = Path(package).name
    assert list(declarations(name, "BOARD", Board)) == ["small"]
    assert declaration(name, "BOARD", Board, "small", noun="board").sys_clk_hz == 1
    with pytest.raises(PlaygroundError, match="there is no board `large`") as caught:
        declaration(name, "BOARD", Board, "large", noun="board")
    assert caught.value.hint == "boards: small"


@pytest.mark.parametrize(
    ("text", "message"),
    [(_board("other"), "is named `other`, not after its file"), ("BOARD = 3\n", "is not a Board")],
)
def test_a_wrong_declaration_is_refused(package: str, text: str, message: str) -> None:
    Path(package, "small.py").write_text(text)
    with pytest.raises(PlaygroundError, match=message):
        declarations(Path(package).name, "BOARD", Board)


@pytest.mark.parametrize("text", ["import nowhere_at_all\n", "x = = 1\n", "raise OSError('no')\n"])
def test_a_file_that_cannot_be_imported_is_named(package: str, text: str) -> None:
    Path(package, "broken.py").write_text(text)
    with pytest.raises(PlaygroundError, match=r"broken.py` cannot be imported: \w+Error"):
        declarations(Path(package).name, "BOARD", Board)
