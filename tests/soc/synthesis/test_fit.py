from __future__ import annotations

from pathlib import Path

import pytest

from soc.synthesis.device import find_device
from soc.synthesis.fit import DoesNotFit, remembered_fit, require_fit, too_large
from soc.synthesis.report import Split
from toolchain import ArtifactCache, PlaygroundError, ToolFailed

_LOG = """\
Info: Device utilisation:
Info: 	         ICESTORM_LC:    7038/   5280   133%
Info: 	        ICESTORM_RAM:      16/     30    53%
Info: 	        ICESTORM_DSP:       9/      8   112%
ERROR: Unable to place cell 'x', no BELs remaining to implement cell type 'ICESTORM_LC'
"""
_COUNTS = {"SB_LUT4": Split(soc=754, cpu=3842, cfu=864)}


def test_what_nextpnr_lacked_is_counted() -> None:
    error = too_large(ToolFailed("failed", details=_LOG), find_device("ice40-up5k-sg48"), _COUNTS)
    assert error is not None
    assert error.message == (
        "the design is too large for `ice40-up5k-sg48`: it needs 7,038 logic cells of 5,280 "
        "(1,758 too many) and 9 DSP of 8 (1 too many)"
    )
    assert error.details == (
        "SB_LUT4: 5,460, of these 754 in the SoC, 3,842 in the CPU, 864 in the CFU (synthesis)"
    )
    assert "cfu list cpus" in (error.hint or "")


def test_a_design_that_is_too_dense_does_not_fit_either() -> None:
    log = _LOG.replace("7038", "5279").replace("       9/", "       8/").partition("ERROR")[0]
    failed = ToolFailed(
        "failed", details=f"{log}ERROR: Unable to find legal placement for all cells"
    )
    error = too_large(failed, find_device("ice40-up5k-sg48"), _COUNTS)
    assert error is not None
    assert error.needs == (
        "5,279 logic cells of 5,280 and 8 DSP of 8, for which nextpnr finds no places"
    )


def test_a_design_without_places_names_what_is_fullest() -> None:
    log = _LOG.replace("7038", "4700").replace("       9/", "       2/").partition("ERROR")[0]
    failed = ToolFailed("failed", details=f"{log}ERROR: Unable to find legal placement")
    error = too_large(failed, find_device("ice40-up5k-sg48"), _COUNTS)
    assert error is not None
    assert error.needs == "4,700 logic cells of 5,280, for which nextpnr finds no places"


def test_another_failure_is_no_matter_of_size() -> None:
    failed = ToolFailed("failed", details="ERROR: IO 'x' is unconstrained in PCF")
    assert too_large(failed, find_device("ice40-up5k-sg48"), _COUNTS) is None


def test_what_is_not_placed_is_checked_against_the_part() -> None:
    small, large = find_device("xc7a35ticsg324-1L"), find_device("xc7a100tcsg324-1")
    counts = {"LUT1-LUT6": Split(soc=3000, cpu=3000, cfu=20_000), "DSP48E1": Split(cfu=90)}
    with pytest.raises(PlaygroundError, match=r"26,000 LUT1-LUT6 of 20,800 \(5,200 too many\)"):
        require_fit(small, counts)
    require_fit(large, counts)
    require_fit(find_device("xc7k325tffg900-2"), counts)  # of which nothing is known


def test_that_a_design_does_not_fit_is_found_out_once(tmp_path: Path) -> None:
    cache, placed = ArtifactCache(tmp_path), []

    def place() -> str:
        placed.append("design")
        raise DoesNotFit("ice40-up5k-sg48", "9 DSP of 8 (1 too many)", details="counts")

    for _ in range(2):
        with pytest.raises(DoesNotFit, match=r"`ice40-up5k-sg48`: it needs 9 DSP of 8") as found:
            remembered_fit(place, key="a", cache=cache)
        assert found.value.details == "counts"
    assert placed == ["design"]
    assert remembered_fit(lambda: "another", key="b", cache=cache) == "another"
