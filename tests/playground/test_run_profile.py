from __future__ import annotations

from pathlib import Path

from playground.run_profile import kernels_digest


def test_kernels_differ_if_what_they_include_does(tmp_path: Path) -> None:
    kernel, header = tmp_path / "add.cc", tmp_path / "sums.h"
    kernel.write_text('#include "sums.h"\n')
    header.write_text("constexpr int kSums = 1;\n")
    before = kernels_digest({"add": kernel})
    assert kernels_digest({"add": kernel}) == before
    header.write_text("constexpr int kSums = 2;\n")
    assert kernels_digest({"add": kernel}) != before
