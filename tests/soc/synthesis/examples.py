"""Synthesis reports for tests."""

from __future__ import annotations

__all__ = ["example_report"]

from typing import Any

from soc.synthesis import Clock, Provenance, Resource, ResourceKind, Split, SynthReport


def example_report(**changes: Any) -> SynthReport:
    """Return the report of a system of which block RAM was counted in two kinds of cells."""
    fields: dict[str, Any] = {
        "device": "ice40-up5k-uwg30",
        "board": "fomu",
        "cpu": "up5k",
        "cfu": "simd_mac",
        "cfu_digest": "12" * 32,
        "resources": (
            Resource(
                kind=ResourceKind.LOGIC_CELLS,
                cell="ICESTORM_LC",
                split=Split(soc=867, cpu=2480, cfu=1199),
                available=5280,
                provenance=Provenance.POST_ROUTE,
            ),
            Resource(
                kind=ResourceKind.BRAM,
                cell="RAMB36E1",
                split=Split(soc=2),
                available=50,
                provenance=Provenance.SYNTHESIS,
            ),
            Resource(
                kind=ResourceKind.BRAM,
                cell="RAMB18E1",
                split=Split(cpu=3),
                available=100,
                provenance=Provenance.SYNTHESIS,
            ),
        ),
        "clocks": (Clock(net="sys_clk", achieved_hz=20e6, required_hz=12e6),),
        "seed": 3,
        "wall_seconds": {"yosys": 7.4, "nextpnr-ice40": 40.2},
        "processor_seconds": {"yosys": 7.1, "nextpnr-ice40": 39.8},
        "peak_bytes": {"yosys": 227_000_000, "nextpnr-ice40": 367_000_000},
        "tools": {"yosys": "0.70 (YoWASP)", "nextpnr-ice40": "0.11 (YoWASP)"},
    }
    return SynthReport(**fields | changes)
