"""The exponential against its model, and the model against exact arithmetic."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateware.parts.exponent import Exponent, exp_on_negative_values
from tests.firmware.test_fixedpoint import Model
from tests.gateware.parts.streams import cycles_of_one, run_stream


@given(st.integers(-(2**31), 0), st.integers(0, 5))
def test_model_has_the_bits_of_the_kernels(x: int, integer_bits: int) -> None:
    assert exp_on_negative_values(x, integer_bits) == Model(32).exp(x, integer_bits)


@given(st.integers(-(2**31), 0))
def test_model_is_near_the_exponential(x: int) -> None:
    assert abs(exp_on_negative_values(x, 5) - math.exp(x / 2**26) * 2**31) < 2**12


@pytest.mark.parametrize("integer_bits", range(6))
@pytest.mark.parametrize("stalls", [False, True])
def test_random_numbers(integer_bits: int, stalls: bool) -> None:
    random = Random(integer_bits)
    quarter = 2 ** (29 - integer_bits)
    numbers = [0, -1, -quarter, -quarter - 1, 1 - quarter, -quarter // 2, -(2**31), 1 - 2**31]
    numbers += [-random.getrandbits(random.randint(1, 31)) for _ in range(30)]
    outputs = run_stream(
        Exponent(integer_bits=integer_bits),
        numbers,
        count=len(numbers),
        random=random if stalls else None,
    )
    assert outputs == [exp_on_negative_values(x, integer_bits) for x in numbers]


@pytest.mark.parametrize(("quarters", "set_bits"), [(0, 0), (1, 1), (0b1011011, 5)])
def test_a_number_takes_the_time_that_is_told(quarters: int, set_bits: int) -> None:
    x = -quarters * 2**24 - 1
    assert cycles_of_one(Exponent(integer_bits=5), x) == 1 + 7 * (5 + set_bits) + 7 - set_bits + 1


def test_integer_bits_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="0 to 5, not 6"):
        Exponent(integer_bits=6)
