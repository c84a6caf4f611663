"""No verb writes over what people wrote themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from playground.commands.writable import require_own_directory, require_writable
from tests.playground.conftest import FakeFlow, Ran
from toolchain import PlaygroundError

Cfu = Callable[..., Ran]

_WRITERS = [
    ("run", "digits_cnn", "--save"),
    ("run", "digits_cnn", "--report"),
    ("run", "digits_cnn", "--trace"),
    ("show", "--save"),
    ("report", "last", "-o"),
    ("trace", "digits_cnn", "-o"),
    ("synth", "--cfu-only", "--cfu", "none", "--save"),
    ("synth", "-o"),
    ("load", "digits_cnn", "--board", "ulx3s", "--save"),
    ("explore", "digits_cnn", "--html"),
    ("bench", "models", "--write"),
]


@pytest.mark.parametrize("words", _WRITERS, ids=" ".join)
@pytest.mark.parametrize("name", ["my_cfu.py", "conv_2d.CC", "cfu.toml", "net.tflite"])
def test_sources_stay(cfu: Cfu, flow: FakeFlow, words: tuple[str, ...], name: str) -> None:
    Path("sources").mkdir()
    source = Path("sources", name)
    source.write_text("mine\n")
    ran = cfu(*words, str(source))
    assert ran.code == 1
    assert ran.err.startswith(f"error: `{source}` is there already and is called as a source is")
    assert "hint: choose another file" in ran.err
    assert source.read_text() == "mine\n"
    assert flow.designs == []


@pytest.mark.parametrize("words", [each for each in _WRITERS if each != ("synth", "-o")])
def test_a_directory_is_no_file(cfu: Cfu, flow: FakeFlow, words: tuple[str, ...]) -> None:
    ran = cfu(*words, ".")
    assert ran.code == 1
    assert ran.err.startswith("error: cannot write `.`: it is a directory\n")
    assert flow.designs == []


def test_what_may_be_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for file in (tmp_path / "new.py", tmp_path / "run.json", page):
        require_writable(file)
    page.touch()
    (tmp_path / "run.json").touch()
    require_writable(tmp_path / "run.json")
    require_writable(page, writes=".md")
    with pytest.raises(PlaygroundError, match="already"):
        require_writable(page)


def test_a_link_to_a_source(tmp_path: Path) -> None:
    (tmp_path / "my_cfu.py").touch()
    (tmp_path / "out.json").symlink_to("my_cfu.py")
    with pytest.raises(PlaygroundError, match=r"out\.json` is there already"):
        require_writable(tmp_path / "out.json")


def test_a_directory_with_sources(cfu: Cfu, flow: FakeFlow, tmp_path: Path) -> None:
    require_own_directory(tmp_path / "absent")
    Path("README.md").touch()
    Path("soc.resc").touch()
    require_own_directory(Path.cwd())
    Path("cfu.toml").write_text('model = "digits_cnn"\n')
    ran = cfu("export", "renode", ".")
    assert ran.code == 1
    assert ran.err.startswith("error: `.` holds `cfu.toml`, among which files would be written")
    assert not Path("soc.repl").exists()
