"""Latency contracts."""

from __future__ import annotations

import pytest

from gateware import Latency


def test_kinds() -> None:
    kinds = [Latency.combinational(), Latency.fixed(1), Latency.fixed(3), Latency.variable(9)]
    assert [k.is_combinational for k in kinds] == [True, False, False, False]
    assert [k.is_fixed for k in kinds] == [False, True, True, False]
    assert [str(k) for k in kinds] == ["combinational", "1 cycle", "3 cycles", "1 to 9 cycles"]


@pytest.mark.parametrize(
    ("minimum", "maximum", "message"),
    [(-1, 2, "not -1 and 2"), (3, 2, "not 3 and 2"), (0, 2, "starts at 1 cycle")],
)
def test_impossible_bounds_are_rejected(minimum: int, maximum: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Latency(minimum, maximum)


def test_a_fixed_latency_is_not_zero() -> None:
    with pytest.raises(ValueError, match="at least 1 cycle, not 0"):
        Latency.fixed(0)
