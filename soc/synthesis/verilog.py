"""From Verilog to a netlist of the device's cells, by Yosys."""

from __future__ import annotations

__all__ = ["Netlist", "Sources", "synthesize_netlist"]

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gateware import CfuArtifact
from soc.synthesis.device import Device
from soc.synthesis.netlist import CFU_DIRECTORY, CPU_DIRECTORY, count_cells, read_top_module
from soc.synthesis.report import Split
from toolchain import ArtifactCache, PlaygroundError, Taken, Tool, ToolFailed, digest, run_measured

_OWN_FILES = (Path(__file__), Path(__file__).with_name("netlist.py"))
_NETLIST = "netlist.json"
_RECORD = "record.json"
_LOG = "yosys.log"
# LiteX writes `keep = "true"`, which Yosys wants as a number.
_KEEP = 'attrmap -tocase keep -imap keep="true" keep=1 -imap keep="false" keep=0 -remove keep=0'
_SYSTEM_CLOCK = "sys_clk"  # LiteX's
_PLACE = re.compile(rf"{CFU_DIRECTORY}/(?P<file>[^:\s'`]+):(?P<line>\d+)[\d.:-]*")


@dataclass(frozen=True)
class Sources:
    """A design in Verilog.

    Attributes
    ----------
    top
        Name of the top module.
    soc, cpu
        Text of each file by its name, without directories.
    cfu
        Its sources are read as SystemVerilog, as the simulator reads them.
    data
        Content of the files that the Verilog fills memories from.
    """

    top: str
    soc: Mapping[str, str]
    cpu: Mapping[str, str]
    cfu: CfuArtifact
    data: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Netlist:
    """A synthesized design.

    Attributes
    ----------
    path
        Yosys' JSON.
    counts
        Cells by `CellType.name` and part of the system.
    taken
        By Yosys.
    digest
        Of everything it was made from.
    """

    path: Path
    counts: Mapping[str, Split]
    taken: Taken
    digest: str


def synthesize_netlist(
    sources: Sources, device: Device, *, yosys: Tool, cache: ArtifactCache
) -> Netlist:
    """Return the netlist of a design, from the cache if it is there.

    Raises
    ------
    PlaygroundError
        If Yosys does not take the CFU's Verilog, with its message, the file and the line.
    ToolFailed
        If it fails for another reason.
    """
    key = digest(sources, device.family, yosys.identity, _OWN_FILES)

    def produce(directory: Path) -> None:
        for place, files in _places(sources).items():
            (directory / place).mkdir(exist_ok=True)
            for name, text in files.items():
                (directory / place / name).write_text(text, encoding="utf-8")
        for name, content in sources.data.items():
            (directory / name).write_bytes(content)
        script = _script(sources, device)
        (directory / "synth.ys").write_text(script, encoding="utf-8")
        try:
            measured = run_measured(
                yosys,
                ["-q", "-l", _LOG, "synth.ys"],
                cwd=directory,
                what=f"synthesizing CFU `{sources.cfu.spec.name}` for {device.family.title}",
            )
        except ToolFailed as error:
            raise _explained(error, (directory / _LOG).read_text(errors="replace")) from None
        module = read_top_module(directory / _NETLIST)
        counts = count_cells(module, device.family.synthesized)
        record = {
            "taken": asdict(measured.taken),
            "counts": {name: split.model_dump() for name, split in counts.items()},
        }
        (directory / _RECORD).write_text(json.dumps(record))

    directory = cache.build("netlist", key, produce)
    record = json.loads((directory / _RECORD).read_text())
    return Netlist(
        path=directory / _NETLIST,
        counts={name: Split(**split) for name, split in record["counts"].items()},
        taken=Taken(**record["taken"]),
        digest=key,
    )


def _places(sources: Sources) -> Mapping[str, Mapping[str, str]]:
    """Return the files by the directory they are put into, by which cells are told apart."""
    return {
        ".": sources.soc,
        CPU_DIRECTORY: sources.cpu,
        CFU_DIRECTORY: {file.name: file.text for file in sources.cfu.files},
    }


def _script(sources: Sources, device: Device) -> str:
    # A name without a directory must be without `./`, too: Yosys repeats it in each cell.
    reads = [
        f'read_verilog{" -sv" if place == CFU_DIRECTORY else ""} "{(Path(place) / name)}"'
        for place, files in _places(sources).items()
        for name in files
    ]
    return "\n".join(
        [
            *reads,
            _KEEP,
            # Of the names of one net, flattening would keep any.
            f"setattr -set keep 1 {sources.top}/w:{_SYSTEM_CLOCK}",
            f"{device.family.synthesis} -top {sources.top}",
            "autoname",  # which only some of Yosys' commands do by themselves
            f"write_json {_NETLIST}",
            "",
        ]
    )


def _explained(error: ToolFailed, log: str) -> PlaygroundError:
    """Return what to tell of Yosys' failure: of a fault in the CFU, where it is.

    Where the complaint itself names no place, the line before it, which is what Yosys was at work
    on, may.
    """
    before, _, complaint = log.partition("ERROR:")
    complaint = complaint.partition("\n")[0]
    at_work_on = before.rstrip("\n").rpartition("\n")[2]
    place = _PLACE.search(complaint) or _PLACE.search(at_work_on)
    if place is None or not complaint:
        return error
    reason = _PLACE.sub("", complaint).strip(" .\n:")
    return PlaygroundError(
        f"`{place['file']}` line {place['line']}: Yosys does not take it: {reason}",
        hint="what simulates need not be synthesizable; the tool's own words are above",
        details=(error.details or "").replace(f"{CFU_DIRECTORY}/", ""),
    )
