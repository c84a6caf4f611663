from __future__ import annotations

from pathlib import Path

import pytest

from boards import find_board
from gateware import load_cfu
from soc import build_soc, find_cpu
from tests.sim.bench import Bench
from toolchain import ArtifactCache


@pytest.fixture(scope="session")
def bench() -> Bench:
    """A bench without a CFU."""
    cache = ArtifactCache.default()
    return Bench(
        soc=build_soc(find_board("sim"), find_cpu("full"), cache=cache),
        cache=cache,
        cfu=load_cfu("none", directory=Path()),
    )
