from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import gateware
from playground.catalog import find_model
from playground.design import Design
from playground.overrides import kernel_overrides
from playground.reporting.origins import find_origins, origins_of
from playground.resolve import shipped_kernels
from playground.run_profile import kernels_digest
from profiles import CfuIdentity, ModelIdentity, Profile
from tests.profiles.examples import example_profile
from toolchain import ArtifactCache


def _digits() -> Path:
    path = find_model("digits_cnn", cache=ArtifactCache.default()).path
    assert path is not None
    return path


def _profile(*, cfu: str = "none", kernels: str | None = None) -> Profile:
    """Return a profile with the digests that a run now would have."""
    digest = "" if cfu == "none" else gateware.load_cfu(cfu, directory=Path()).digest
    files = sorted(shipped_kernels()[kernels].glob("*.cc")) if kernels is not None else []
    return example_profile(
        model=ModelIdentity(
            name="digits_cnn", digest=hashlib.sha256(_digits().read_bytes()).hexdigest()
        ),
        cfu=CfuIdentity(name=cfu, digest=digest),
        kernels=tuple(file.name for file in files),
        kernels_digest=kernels_digest(kernel_overrides(files)) if files else "",
    )


def test_what_comes_along_is_found_by_its_digests() -> None:
    found = find_origins(_profile(cfu="mac4", kernels="mac4"))
    assert found.missing == ()
    assert found.model == _digits()
    assert (found.model_name, found.cfu, found.kernels_name) == ("digits_cnn", "mac4", "mac4")
    assert found.design is not None
    assert found.design.kernels == shipped_kernels()["mac4"]


def test_a_baseline_needs_no_cfu_and_no_kernels() -> None:
    found = find_origins(_profile())
    assert (found.cfu, found.kernels, found.kernels_name) == ("none", None, "none")
    assert found.missing == ()


def test_what_has_changed_since_is_not_taken() -> None:
    profile = _profile(cfu="mac4", kernels="mac4")
    changed = profile.model_copy(
        update={
            "model": profile.model.model_copy(update={"digest": "00"}),
            "cfu": profile.cfu.model_copy(update={"digest": "00"}),
            "kernels_digest": "00",
        }
    )
    found = find_origins(changed)
    assert found.model is found.cfu is found.kernels is found.design is None
    assert [text.partition(" that ran")[0] for text in found.missing] == [
        "the model `digits_cnn`",
        "the CFU `mac4`",
        "the kernels",
    ]


def test_a_project_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(_digits().read_bytes())
    (tmp_path / "in.dat").touch()
    (tmp_path / "conv_2d.cc").write_text("// a kernel\n")
    (tmp_path / "cfu.toml").write_text('model = "net.tflite"\ninput = "in.dat"\n')
    kernel = {"conv_2d": tmp_path / "conv_2d.cc"}
    profile = _profile().model_copy(
        update={
            "model": ModelIdentity(name="net", digest=_profile().model.digest),
            "kernels": ("conv_2d.cc",),
            "kernels_digest": kernels_digest(kernel),
            "inputs": (_profile().inputs[0].model_copy(update={"name": "in.dat"}),),
        }
    )
    found = find_origins(profile, project=tmp_path)
    assert (found.model_name, found.kernels_name) == ("net.tflite", ".")
    assert found.inputs == (tmp_path / "in.dat",)
    (tmp_path / "conv_2d.cc").write_text("// another\n")
    assert find_origins(profile, project=tmp_path).kernels is None
    (tmp_path / "cfu.toml").write_text("model = ")
    assert find_origins(profile, project=tmp_path).model is None


def test_of_a_run_just_made_everything_is_known() -> None:
    design = Design(model=_digits(), cfu="mac4", kernels=shipped_kernels()["mac4"])
    found = origins_of(design, _profile(cfu="mac4", kernels="mac4"))
    assert (found.model_name, found.cfu, found.kernels_name) == ("digits_cnn", "mac4", "mac4")


@pytest.mark.parametrize("name", ["mac4.py:Mac4", "../../etc/passwd", "none:x=1"])
def test_a_profile_cannot_name_a_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "mac4.py").write_text("raise SystemExit('loaded')\n")
    profile = _profile().model_copy(update={"cfu": CfuIdentity(name=name, digest="00")})
    assert find_origins(profile, project=tmp_path).cfu is None
