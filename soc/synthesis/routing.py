"""From a netlist to a placed and routed design, by nextpnr."""

from __future__ import annotations

__all__ = ["Routed", "Target", "route"]

import itertools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from soc.synthesis.device import Device
from soc.synthesis.fit import too_large
from soc.synthesis.names import SignalNames
from soc.synthesis.netlist import Part, count_cells, parts_of_cells, read_top_module
from soc.synthesis.report import Clock, CriticalPath, PathEnd, Split
from soc.synthesis.verilog import Netlist
from toolchain import ArtifactCache, Taken, Tool, ToolFailed, digest, run_measured

_OWN_FILES = (Path(__file__), Path(__file__).with_name("names.py"))
_LAYOUT = "layout"
_RECORD = "record.json"


@dataclass(frozen=True)
class Target:
    """Where a netlist is to go and how fast it is to be.

    Attributes
    ----------
    constraints
        Text of the file of pins and clocks as nextpnr takes it.
    clocks
        Frequency of each net that is constrained, Hz.
    clock_hz
        Of every other clock.
    options
        For nextpnr, besides the device's.
    """

    device: Device
    constraints: str
    clocks: Mapping[str, int]
    clock_hz: int
    options: tuple[str, ...] = ()


class Routed(BaseModel):
    """A routed design, or a design that does not fit.

    Attributes
    ----------
    layout
        The file that the packer takes.
    counts
        Cells by `CellType.name` and part of the system.
    available
        Of each `CellType.name`, on the device.
    """

    model_config = ConfigDict(frozen=True)

    seed: int
    layout: Path
    counts: Mapping[str, Split]
    available: Mapping[str, int]
    clocks: tuple[Clock, ...]
    critical_path: CriticalPath | None
    taken: Taken
    digest: str

    @property
    def slack(self) -> float:
        """How much faster the tightest clock is than it needs to be; below 1 it is not met."""
        return min((c.achieved_hz / c.required_hz for c in self.clocks), default=1.0)


def route(
    netlist: Netlist, target: Target, *, seed: int, nextpnr: Tool, cache: ArtifactCache
) -> Routed:
    """Return a routed design, from the cache if it is there; unmet timing is no error here.

    Parameters
    ----------
    seed
        Of the placement; another one gives other frequencies.

    Raises
    ------
    PlaygroundError
        If the design does not fit, with what it needs and what there is.
    ToolFailed
        If nextpnr fails for another reason.
    """
    family = target.device.family
    key = digest(netlist.digest, target, seed, nextpnr.identity, _OWN_FILES)

    def produce(directory: Path) -> None:
        (directory / "constraints").write_text(target.constraints, encoding="utf-8")
        arguments = [
            *target.device.options,
            *target.options,
            "--json",
            os.path.relpath(netlist.path, directory),
            family.constraints,
            "constraints",
            "--freq",
            f"{target.clock_hz / 1e6:g}",
            "--seed",
            str(seed),
            "--timing-allow-fail",
            "--report",
            "report.json",
            "--write",
            "routed.json",
            family.layout,
            _LAYOUT,
        ]
        try:
            measured = run_measured(nextpnr, arguments, cwd=directory, what="placing and routing")
        except ToolFailed as error:
            log = error.details or ""
            complaints = [line for line in log.splitlines() if line.startswith("ERROR:")]
            explained = too_large(error, target.device, netlist.counts)
            error.details = "\n".join(complaints) or log
            raise explained or error from None
        (directory / "nextpnr.log").write_text(measured.log, encoding="utf-8")
        report = json.loads((directory / "report.json").read_text())
        module = read_top_module(directory / "routed.json")
        names = SignalNames(netlist.path)
        clocks = _clocks(report, target, names)
        routed = Routed(
            seed=seed,
            layout=Path(_LAYOUT),
            counts=count_cells(module, family.placed),
            available={
                cell.name: report["utilization"][cell.name]["available"] for cell in family.placed
            },
            clocks=clocks,
            critical_path=_critical_path(report, clocks, target, names, parts_of_cells(module)),
            taken=measured.taken,
            digest=key,
        )
        _check_totals(routed, report)
        (directory / _RECORD).write_text(routed.model_dump_json())
        for name in ("report.json", "routed.json"):  # large, and all of it is in the record
            (directory / name).unlink()

    directory = cache.build("routed", key, produce)
    routed = Routed.model_validate_json((directory / _RECORD).read_text())
    return routed.model_copy(update={"layout": directory / _LAYOUT})


def _check_totals(routed: Routed, report: Mapping[str, Any]) -> None:
    for name, split in routed.counts.items():
        used = report["utilization"][name]["used"]
        if split.total != used:
            raise AssertionError(f"counted {split.total} {name} where nextpnr counts {used}")


def _clocks(report: Mapping[str, Any], target: Target, names: SignalNames) -> tuple[Clock, ...]:
    clocks = []
    for net, times in sorted(report["fmax"].items()):
        name = names.clock(net, known=target.clocks)
        # nextpnr counts in picoseconds, so its frequencies are not to the letter those asked for.
        required_hz = target.clocks.get(name, round(times["constraint"], 2) * 1e6)
        clocks.append(Clock(net=name, achieved_hz=times["achieved"] * 1e6, required_hz=required_hz))
    return tuple(clocks)


def _critical_path(
    report: Mapping[str, Any],
    clocks: tuple[Clock, ...],
    target: Target,
    names: SignalNames,
    parts: Mapping[str, Part],
) -> CriticalPath | None:
    tightest = min(clocks, key=lambda c: c.achieved_hz / c.required_hz, default=None)
    for path in report["critical_paths"]:
        start, end = (path[key].partition(" ")[2] for key in ("from", "to"))
        if tightest is None or start != end:
            continue
        if names.clock(end, known=target.clocks) != tightest.net:
            continue
        cells = [path["path"][0]["from"]["cell"], *(step["to"]["cell"] for step in path["path"])]
        passed = [parts.get(cell, Part.SOC) for cell in cells]
        ends = [
            PathEnd(name=names.register(cell, part), part=str(part))
            for cell, part in ((cells[0], passed[0]), (cells[-1], passed[-1]))
        ]
        return CriticalPath(
            clock=tightest.net,
            start=ends[0],
            end=ends[1],
            delay_ns=sum(step["delay"] for step in path["path"]),
            parts=tuple(str(part) for part, _ in itertools.groupby(passed)),
        )
    return None
