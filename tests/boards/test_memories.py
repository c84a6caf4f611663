from __future__ import annotations

import pytest

from boards import Dram


@pytest.mark.parametrize("size", [0, 16, 3000])
def test_a_dram_has_a_cache_of_whole_lines(size: int) -> None:
    with pytest.raises(ValueError, match=f"`ram` cannot have a cache of {size} bytes"):
        Dram(name="ram", origin=0, bytes=1, module="", rate="1:1", phy="", l2_cache_bytes=size)


@pytest.mark.parametrize("size", [0, 8, 24])
def test_a_line_of_a_drams_cache_is_a_power_of_two(size: int) -> None:
    with pytest.raises(ValueError, match=f"`ram` cannot have a cache with lines of {size} bytes"):
        Dram(name="ram", origin=0, bytes=1, module="", rate="1:1", phy="", l2_line_bytes=size)
