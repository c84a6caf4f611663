"""The memory that CPU and CFU share, in a running system."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gateware.scratchpad_port import SCRATCHPAD_ORIGIN
from tests.sim.bench import Bench, relu_model

_SAMPLE = Path(__file__).parents[1] / "gateware" / "scratchpad_sample.py"
_KERNEL = """\
#include "playground/relu.h"
#include "cfu.h"
#include "print.h"
namespace playground {
bool relu([[maybe_unused]] const ReluLayer& layer) {
  constexpr uint32_t kWords = cfu::kScratchpadBytes / 4;
  volatile uint32_t* const words = cfu::scratchpad();
  for (uint32_t i = 0; i < kWords; ++i) words[i] = 3 * i;
  reinterpret_cast<volatile uint8_t*>(words)[5] = 1;
  cfu::publish();
  cfu::twice(kWords);
  cfu::wait();
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < kWords; ++i) wrong += words[i] != 6 * i + (i == 1 ? 512 : 0);
  Print(static_cast<int32_t>(wrong));
  // Stores that wait for the bus come too late for the CFU, unless they are published.
  uint32_t early = 0, late = 0;
  for (int round = 0; round < 2; ++round) {  // in the second one nobody fetches instructions
    words[0] = 1;
    cfu::publish();
    for (int i = 3; i >= 0; --i) words[i] = 7;
    cfu::twice(1);
    cfu::wait();
    cfu::publish();
    early = words[0];
    words[0] = 7;
    cfu::publish();
    cfu::twice(1);
    cfu::wait();
    late = words[0];
  }
  Print(" ");
  Print(static_cast<int32_t>(early));
  Print(" ");
  Print(static_cast<int32_t>(late));
  return false;
}
}  // namespace playground
"""


def test_cpu_and_cfu_share_words(bench: Bench, tmp_path: Path) -> None:
    doubler = bench.with_cfu(_SAMPLE.name, _SAMPLE.parent)
    region = doubler.soc.memory_map.memories["cfu_scratchpad"]
    assert (region.origin, region.bytes) == (SCRATCHPAD_ORIGIN, 1024)
    result = doubler.with_kernel(tmp_path, "relu", _KERNEL).run(
        relu_model(), [np.zeros((1, 8), np.int8)]
    )
    assert result.text == "0 2 14"
