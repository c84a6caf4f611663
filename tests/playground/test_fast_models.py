"""The fast simulator and the RTL on a trained model: the same in every layer of every inference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from boards import board_names, find_board
from gateware.spec import CfuPorts
from playground.both import run_both
from playground.design import Design
from playground.progress import Silent
from playground.resolve import Choices, resolve
from playground.simulators_bench import fast_cfus
from profiles import Profile
from sim.fast_soc import fast_refusal
from soc import cpu_names
from toolchain import ArtifactCache


def _design(**choices: str) -> Design:
    return resolve(Choices(directory=Path(), model="digits_cnn", **choices), project=None)  # type: ignore[arg-type]


def _first_inference(design: Design) -> Design:
    # CPU `min` computes every product by software.
    return replace(design, inputs=(), labels=(), max_cycles=500_000_000)


def _both(design: Design) -> Profile:
    profile = run_both(design, cache=ArtifactCache.default(), progress=Silent())
    assert profile.confirmed_by is not None
    assert profile.bit_exact
    return profile


@pytest.mark.parametrize("cfu", fast_cfus())
def test_every_cfu(cfu: str) -> None:
    _both(_first_inference(_design(cfu=cfu)))


def test_one_inference_after_the_other() -> None:
    assert _both(_design(cfu="array")).inferences == 40


@pytest.mark.parametrize("cpu", cpu_names())
def test_every_cpu(cpu: str) -> None:
    assert _both(_first_inference(_design(cpu=cpu, cfu="simd_mac"))).cpu == cpu


@pytest.mark.parametrize(
    "board",
    [
        name
        for name in board_names()
        if name != "sim" and fast_refusal(find_board(name).idealized(), CfuPorts()) is None
    ],
)
def test_every_board_of_ideal_memory(board: str) -> None:
    design = replace(_first_inference(_design(board=board)), ideal_memory=True)
    assert _both(design).board == board
