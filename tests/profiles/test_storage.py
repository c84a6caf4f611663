from __future__ import annotations

import contextlib
import json
import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles import (
    SCHEMA_VERSION,
    OutputTensor,
    load_profile,
    profile_json,
    profile_json_schema,
    save_profile,
)
from tests.profiles.examples import example_layer, example_profile, example_split
from tests.soc.synthesis.examples import example_report
from toolchain import PlaygroundError

_TEXT = example_profile().model_dump_json()


def test_a_saved_profile_is_loaded_again(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    save_profile(example_profile(), path)
    assert load_profile(path) == example_profile()
    assert [file.name for file in tmp_path.iterdir()] == ["profile.json"]


def test_what_is_no_number_in_json_is_a_string() -> None:
    output = OutputTensor(
        name="o", dtype="float32", shape=(2,), values=(math.nan, -math.inf), digest="ab"
    )
    values = profile_json(example_profile(outputs=(output,)))
    assert values["outputs"][0]["values"] == ["NaN", "-Infinity"]
    assert json.loads(json.dumps(values, allow_nan=False)) == values


@pytest.mark.parametrize("name", [".", "..", "/"])
def test_saving_over_a_directory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlaygroundError, match="cannot write the profile"):
        save_profile(example_profile(), Path(name))
    assert not list(tmp_path.iterdir())


def test_saving_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_text("something longer than nothing")
    save_profile(example_profile(), path)
    assert load_profile(path) == example_profile()


def test_saving_into_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match=r"cannot write the profile .*No such file") as caught:
        save_profile(example_profile(), tmp_path / "absent" / "profile.json")
    assert caught.value.hint is not None


def test_loading_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match=r"cannot read the profile .*No such file"):
        load_profile(tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        (_TEXT[: len(_TEXT) // 2], "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("\xff\xfe", "is not JSON"),
        ("[]", "is not a profile: it has no `schema_version`"),
        ('{"layers": []}', "is not a profile: it has no `schema_version`"),
        ('{"schema_version": "1"}', "is not a profile: it has no `schema_version`"),
        ('{"schema_version": true}', "is not a profile: it has no `schema_version`"),
        (
            f'{{"schema_version": {SCHEMA_VERSION + 1}}}',
            f"has schema version {SCHEMA_VERSION + 1}, and this playground reads up to",
        ),
        ('{"schema_version": 0}', "is damaged: `schema_version`"),
        ('{"schema_version": 1}', r"is damaged: `date`: Field required \(and \d+ more\)"),
        (_TEXT.replace('"cycles":8620000', '"cycles":"many"'), r"is damaged: `layers.0.cycles`"),
        (_TEXT.replace('"bit_exact":true', '"bit_exact":false', 1), "is damaged: `layers.0`"),
        (_TEXT.replace('"cpu":', '"gpu":"none","cpu":'), "is damaged: `gpu`"),
    ],
)
def test_a_file_that_is_no_profile(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(PlaygroundError, match=message) as caught:
        load_profile(path)
    assert caught.value.hint


@given(st.data())
def test_any_damage_is_an_error_of_ours(data: st.DataObject) -> None:
    content = bytearray(_TEXT.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "profile.json")
        path.write_bytes(content)
        with contextlib.suppress(PlaygroundError):
            load_profile(path)


@pytest.mark.parametrize("version", [1, 2])
def test_a_profile_of_an_earlier_version_is_read(version: int, tmp_path: Path) -> None:
    older = json.loads(_TEXT)
    for layer in older["layers"]:
        del layer["split"]
    if version == 1:
        del older["synthesis"]
    path = tmp_path / "profile.json"
    path.write_text(json.dumps({**older, "schema_version": version}))
    assert load_profile(path) == load_profile(_saved(tmp_path, _TEXT))


def test_where_cycles_went_is_kept(tmp_path: Path) -> None:
    profile = example_profile(layers=(example_layer(split=example_split()),))
    path = tmp_path / "profile.json"
    save_profile(profile, path)
    assert load_profile(path).layers[0].split == example_split()


def test_a_synthesis_report_is_kept(tmp_path: Path) -> None:
    profile = example_profile(synthesis=example_report())
    path = tmp_path / "profile.json"
    save_profile(profile, path)
    assert load_profile(path).synthesis == example_report()


def _saved(directory: Path, text: str) -> Path:
    path = directory / "saved.json"
    path.write_text(text)
    return path


def test_the_schema_describes_what_is_written() -> None:
    schema = profile_json_schema()
    written = json.loads(_TEXT)
    assert set(schema["properties"]) == set(written)
    assert set(schema["$defs"]["LayerProfile"]["properties"]) == set(written["layers"][0])
    assert schema["properties"]["schema_version"]["const"] == SCHEMA_VERSION
    json.dumps(schema)
