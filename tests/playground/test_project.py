from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.project import find_project, load_project
from toolchain import PlaygroundError


def _load(directory: Path, text: str | bytes) -> object:
    content = text.encode() if isinstance(text, str) else text
    (directory / "cfu.toml").write_bytes(content)
    return load_project(directory)


def test_a_project_is_read(tmp_path: Path) -> None:
    project = _load(
        tmp_path,
        'model = "a.tflite"\ncfu = "my_cfu.py:MyCfu"\ninput = ["x", "y"]\nlabel = [1, 2]\n',
    )
    assert project.model == "a.tflite"  # type: ignore[attr-defined]
    assert project.input == ["x", "y"]  # type: ignore[attr-defined]
    assert project.board is None  # type: ignore[attr-defined]


def test_one_input_needs_no_list(tmp_path: Path) -> None:
    assert _load(tmp_path, 'model = "a"\ninput = "x"').input == ["x"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            'model = "a"\n\nbord = "sim"\n',
            "line 3: unknown key `bord`",
            "did you mean `board`? keys: model, cfu,",
        ),
        ('model = "a"\nqqq = 1', "line 2: unknown key `qqq`", "keys: model, cfu,"),
        ('model = "a"\n[soc]\nx = 1', "line 2: unknown key `soc`", "keys: model"),
        ('model = "a"\n"bo rd" = 1', "line 2: unknown key `bo rd`", "keys: model"),
        ('modle = "a"\n', "line 1: unknown key `modle`", "did you mean `model`? keys: model,"),
        ('cfu = "none"\n', "has no key `model`", "model ="),
        ("", "has no key `model`", "model ="),
        ("model = 3", "line 1: `model` should be a valid string, not `3`", "model ="),
        ('model = "a"\nmax_cycles = "9"', "line 2: `max_cycles` should be a valid integer", ""),
        ('model = "a"\nmax_cycles = 0', "line 2: `max_cycles` should be greater than 0", ""),
        ('model = "a"\ninput = [1]', "line 2: `input` should be a valid string, not `1`", ""),
        ('model = "a"\nmodel = "b"\n', "is not TOML: Cannot overwrite a value (at line 2", ""),
        ("model = ", "is not TOML: Invalid value (at", ""),
        (b'model = "\xff"', "is not UTF-8 text", ""),
    ],
)
def test_faults_are_told_by_file_line_and_key(
    text: str | bytes, message: str, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(PlaygroundError) as caught:
        _load(tmp_path, text)
    assert caught.value.message.startswith(f"`{tmp_path / 'cfu.toml'}`")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.hint


def test_the_first_fault_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="line 2: unknown key `aaa`"):
        _load(tmp_path, 'model = "a"\naaa = 1\nboard = 3\nzzz = 1\n')


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.text('model="\n[]=abc1.#,{}', max_size=60).map(str.encode))
def test_anything_else_is_an_error_of_ours(tmp_path: Path, content: bytes) -> None:
    try:
        _load(tmp_path, content)
    except PlaygroundError as error:
        told = error
    else:
        return
    assert told.hint


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "cfu.toml").write_text('model = "m"\n', encoding="utf-8-sig")
    assert load_project(tmp_path).model == "m"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match=r"cannot read .*cfu\.toml`: No such file"):
        load_project(tmp_path)


def test_a_project_is_found_from_within(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_project(inner) is None
    (tmp_path / "cfu.toml").touch()
    assert find_project(inner) == tmp_path.resolve()
    (tmp_path / "a" / "cfu.toml").touch()
    assert find_project(inner) == (tmp_path / "a").resolve()
