from __future__ import annotations

import pytest

from profiles import require_exact
from profiles.exactness import describe_mismatch
from tests.profiles.examples import MISMATCH, example_layer, example_profile
from toolchain import PlaygroundError


def test_an_exact_profile_passes() -> None:
    profile = example_profile()
    assert require_exact(profile) is profile


def test_a_mismatch_is_told_in_full() -> None:
    wrong = example_layer(1, kernel="conv_2d.cc", bit_exact=False, mismatch=MISMATCH)
    after = example_layer(2, bit_exact=False, mismatch=MISMATCH)
    with pytest.raises(PlaygroundError) as caught:
        require_exact(example_profile(layers=(example_layer(0), wrong, after)))
    assert caught.value.message == (
        "`kws` differs from TensorFlow Lite Micro in 2 of 3 layers, first in layer 1 CONV_2D run "
        "by `conv_2d.cc`: tensor `conv/Relu` at [0, 3, 1, 2] is 12 instead of -7, 40 of 8,000 "
        "elements differ"
    )
    assert caught.value.hint is not None
    assert "`cfu run --allow-mismatch`" in caught.value.hint
    assert caught.value.exit_code == 1
    assert (caught.value.details or "").count("\n") == 1


def test_an_unchecked_layer_is_not_taken_for_right() -> None:
    layers = (example_layer(0), example_layer(1, bit_exact=None))
    with pytest.raises(PlaygroundError, match="layer 1 CONV_2D of `kws` was not compared"):
        require_exact(example_profile(layers=layers))


def test_a_right_layer_has_no_mismatch_to_tell() -> None:
    with pytest.raises(ValueError, match="layer 0 has no mismatch"):
        describe_mismatch(example_layer(0))
