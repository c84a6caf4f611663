from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards import find_board
from sim.host_compiler import HOST_FLAGS, compile_host_objects, link_host_program
from soc import build_soc
from tests.sim.bench import Bench, relu_model
from toolchain import ArtifactCache, digest, zig

_HARNESS = Path(__file__).parents[2] / "sim/harness"
_CHECK = Path(__file__).with_name("cached_memory_check.cc")
_SOURCES = (_CHECK, _HARNESS / "cached_memory.cc", _HARNESS / "memories.cc")


def test_reads_see_the_cache_and_writes_reach_both() -> None:
    cache = ArtifactCache.default()
    headers = sorted(_HARNESS.glob("*memor*.h"))
    key = digest(zig(cache).identity, HOST_FLAGS, [*_SOURCES, *headers])

    def produce(directory: Path) -> None:
        flags = (f"-I{_HARNESS}", "-Wall", "-Wextra", "-Werror")
        objects = compile_host_objects(_SOURCES, directory, flags=flags, cache=cache)
        link_host_program(objects, directory / "check", cache=cache)

    program = cache.build("memory-check", key, produce) / "check"
    result = subprocess.run([program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["orangecrab"])
def test_a_board_with_dram_computes_exactly_and_takes_longer(bench: Bench, name: str) -> None:
    """Two tensors, each larger than the cache: lines of them are in it, newer than the memory."""
    board = replace(bench, soc=build_soc(find_board(name), bench.soc.cpu, cache=bench.cache))
    model = relu_model(layers=2, elements=20_000)
    inputs = np.random.default_rng(7).integers(-128, 128, (1, 20_000), dtype=np.int8)
    ideal = bench.assert_exact(model, [inputs])
    result = board.assert_exact(model, [inputs])
    assert result.inferences[0].cycles > 1.02 * ideal.inferences[0].cycles
