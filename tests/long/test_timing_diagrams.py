"""The timing diagrams of docs/cfu.md are what the SoC does today."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_TIMING = Path(__file__).parents[2] / "docs" / "timing"


def test_the_recorded_bus_is_the_simulated_one() -> None:
    program = (
        f"import sys, json; sys.path.insert(0, {str(_TIMING)!r}); import draw; "
        "print(json.dumps(draw.record()))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=_TIMING.parents[1],
    )
    assert json.loads(ran.stdout) == json.loads((_TIMING / "bus.json").read_text())
