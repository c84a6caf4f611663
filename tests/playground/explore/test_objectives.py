"""What is made small, and what is kept within limits."""

from __future__ import annotations

import pytest

from playground.explore.objectives import Goal, Limits, Measured, find_objectives
from toolchain import PlaygroundError

_ONE = Measured(
    cycles=1_000_000, provenance="fast", simulator="fast", cells=3_000, dsp=4, ram=10,
    fmax_hz=50e6,
)  # fmt: skip


def test_values() -> None:
    names = ("cycles", "cells", "dsp", "ram", "milliseconds", "energy")
    goal = Goal(find_objectives(names), Limits())
    # Energy: a million cycles of 3,000 cells, 4 DSP blocks of 50 and 10 RAMs of 100.
    assert goal.values(_ONE) == (1_000_000, 3_000, 4, 10, 20.0, 4_200.0)
    assert [o.text(_ONE) for o in goal.objectives][4:] == ["20.000", "4,200.0"]


def test_what_was_not_measured() -> None:
    (milliseconds,) = find_objectives(["milliseconds"])
    unplaced = Measured(1, "fast", "fast", 1, 1, 1)
    with pytest.raises(ValueError, match="milliseconds was not measured"):
        milliseconds.of(unplaced)


def test_names_that_are_none_or_twice() -> None:
    with pytest.raises(PlaygroundError, match="there is no objective `cell`") as caught:
        find_objectives(["cell"])
    assert (caught.value.hint or "").startswith("did you mean `cells`?")
    with pytest.raises(PlaygroundError, match="named twice"):
        find_objectives(["cells", "cells"])


def test_limits() -> None:
    limits = Limits(cells=2_900, dsp=4, board="fomu")
    assert limits.excess(_ONE) == {"cells": 100, "dsp": 0}
    assert not limits.allow(_ONE)
    assert Limits(ram=10).allow(_ONE)
    assert str(limits) == "fits `fomu`, at most 2,900 cells, at most 4 DSP"
