"""From a netlist to a placed and routed design, by nextpnr."""

from __future__ import annotations

__all__ = ["Routed", "Target", "fit_or_explain", "route"]

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from soc.synthesis.device import Device
from soc.synthesis.netlist import count_cells, part_of, readable_name
from soc.synthesis.report import Clock, CriticalPath, PathEnd, Split
from soc.synthesis.verilog import Netlist
from toolchain import ArtifactCache, PlaygroundError, Tool, ToolFailed, digest, run_measured

_LAYOUT = "layout"
_RECORD = "record.json"
_UTILISATION = re.compile(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%", re.MULTILINE)

_DECORATION = re.compile(r"\A\$glbnet\$|(\$(SB|TRELLIS)_IO_IN)?(_?\$glb_clk)?\Z")


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
    seconds: float
    peak_bytes: int
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
    key = digest(netlist.digest, target, seed, nextpnr.identity, Path(__file__))

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
            taken = run_measured(nextpnr, arguments, cwd=directory, what="placing and routing")
        except ToolFailed as error:
            raise fit_or_explain(error, target.device, netlist.counts) from None
        (directory / "nextpnr.log").write_text(taken.log, encoding="utf-8")
        report = json.loads((directory / "report.json").read_text())
        clocks = _clocks(report, target)
        routed = Routed(
            seed=seed,
            layout=Path(_LAYOUT),
            counts=count_cells(directory / "routed.json", family.placed),
            available={
                cell.name: report["utilization"][cell.name]["available"] for cell in family.placed
            },
            clocks=clocks,
            critical_path=_critical_path(report, clocks, target),
            seconds=taken.seconds,
            peak_bytes=taken.peak_bytes,
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


def _clocks(report: Mapping[str, Any], target: Target) -> tuple[Clock, ...]:
    clocks = []
    for net, times in sorted(report["fmax"].items()):
        name = _clock_name(net, target)
        # nextpnr counts in picoseconds, so its frequencies are not to the letter those asked for.
        required_hz = target.clocks.get(name, times["constraint"] * 1e6)
        clocks.append(Clock(net=name, achieved_hz=times["achieved"] * 1e6, required_hz=required_hz))
    return tuple(clocks)


def _clock_name(net: str, target: Target) -> str:
    """Return the name of a clock without what promotion to a global net put around it."""
    name = _DECORATION.sub("", net)
    for known in target.clocks:
        if name == known or name.endswith(f".{known}"):
            return known
    return name


def _critical_path(
    report: Mapping[str, Any], clocks: tuple[Clock, ...], target: Target
) -> CriticalPath | None:
    tightest = min(clocks, key=lambda c: c.achieved_hz / c.required_hz, default=None)
    for path in report["critical_paths"]:
        start, end = (path[key].partition(" ")[2] for key in ("from", "to"))
        if tightest is None or start != end or _clock_name(end, target) != tightest.net:
            continue
        cells = [path["path"][0]["from"]["cell"], *(step["to"]["cell"] for step in path["path"])]
        passed = [part_of(cell) for cell in cells if not cell.startswith("$")]
        parts = [
            part for i, part in enumerate(passed) if i == 0 or part is not passed[i - 1]
        ]  # neighbours of one part count once
        return CriticalPath(
            clock=tightest.net,
            start=_path_end(cells[0]),
            end=_path_end(cells[-1]),
            delay_ns=sum(step["delay"] for step in path["path"]),
            parts=tuple(map(str, parts)),
        )
    return None


def _path_end(cell: str) -> PathEnd:
    return PathEnd(name=readable_name(cell), part=str(part_of(cell)))


def fit_or_explain(
    error: ToolFailed, device: Device, counts: Mapping[str, Split]
) -> PlaygroundError:
    """Return what to tell of nextpnr's failure: of a design too large, by how much of what."""
    log = error.details or ""
    names = {cell.name: str(cell.kind) for cell in device.family.placed}
    over = [
        (names.get(name, name), int(used), int(available))
        for name, used, available in _UTILISATION.findall(log)
        if int(used) > int(available)
    ]
    if not over:
        complaints = [line for line in log.splitlines() if line.startswith("ERROR:")]
        error.details = "\n".join(complaints) or log
        return error
    needs = " and ".join(
        f"{used:,} {kind} of {available:,} ({used - available:,} too many)"
        for kind, used, available in over
    )
    return PlaygroundError(
        f"the design is too large for `{device.name}`: it needs {needs}",
        hint="a smaller CPU (`cfu list cpus`), a smaller CFU (`cfu synth --cfu-only` shows its "
        "cost), or a larger board (`cfu list boards`)",
        details="\n".join(
            f"{name}: {split.total:,}, of these {split.soc:,} in the SoC, {split.cpu:,} in the "
            f"CPU, {split.cfu:,} in the CFU (synthesis)"
            for name, split in counts.items()
        ),
    )
