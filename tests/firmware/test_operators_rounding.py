"""The support code's roundf and floorf, which operators on float32 call on the target."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from firmware.host_compiler import HostCompiler
from firmware.kernel_sources import support_sources
from toolchain import ArtifactCache

PROBE = Path(__file__).with_name("rounding_probe.cc")


def numbers() -> np.ndarray:
    """Return float32 numbers: halves and their neighbours, and bit patterns of all kinds."""
    halves = np.arange(-2000, 2000, dtype=np.float32) / np.float32(4)
    large = np.float32(2) ** np.arange(-30, 40, dtype=np.float32)
    near = np.concatenate([halves, large, -large, large + np.float32(0.5)])
    above, below = (np.nextafter(near, np.float32(end)) for end in (np.inf, -np.inf))
    random = np.random.default_rng(4).integers(0, 1 << 32, 20000, dtype=np.uint32)
    drawn = random.view(np.float32)
    ends = np.array([0.0, -0.0, np.inf, -np.inf, 0.49999997, -0.49999997], np.float32)
    return np.concatenate([near, above, below, drawn[np.isfinite(drawn)], ends])


def test_rounding_is_that_of_c() -> None:
    compiler = HostCompiler(ArtifactCache.default(), checked=True)
    # The probe comes last, so that the support code's functions are the ones it gets.
    sources = [*support_sources(), PROBE]
    program = compiler.link([compiler.compile(source) for source in sources])
    values = numbers()
    answer = subprocess.run([program], input=values.tobytes(), capture_output=True, check=True)
    results = np.frombuffer(answer.stdout, np.float32).reshape(-1, 2)
    wide = values.astype(np.float64)
    expected = np.copysign(np.floor(np.abs(wide) + 0.5), wide)
    for column, exact in enumerate((expected, np.floor(wide))):
        np.testing.assert_array_equal(results[:, column], exact.astype(np.float32))
        np.testing.assert_array_equal(np.signbit(results[:, column]), np.signbit(exact))
