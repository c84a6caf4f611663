"""From a SoC and a CFU to area, speed and bitstream."""

from __future__ import annotations

__all__ = ["Seeds", "require_timing", "synthesize", "synthesize_cfu"]

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from boards import Board
from gateware import CfuArtifact
from gateware.export import cfu_ports
from soc.build import HardwareBuild
from soc.synthesis.bitstream import Bitstream, pack
from soc.synthesis.device import Device, find_device
from soc.synthesis.fit import DoesNotFit, remembered_fit, require_fit
from soc.synthesis.harness import HARNESS_CLOCK, harness_constraints, harness_verilog
from soc.synthesis.progress import Progress
from soc.synthesis.report import Provenance, Resource, ResourceKind, Split, SynthReport
from soc.synthesis.routing import Routed, Target, route
from soc.synthesis.vendor import VendorToolchain, find_vendor_toolchain, vendor_bitstream
from soc.synthesis.verilog import Netlist, Sources, synthesize_netlist
from toolchain import (
    ArtifactCache,
    FpgaTools,
    PlaygroundError,
    Tool,
    ToolSource,
    digest,
    find_fpga_tools,
    run_tool,
)

Seeds = Sequence[int]

_BYTES_PER_PLACEMENT = 1_000_000_000  # what nextpnr takes at most for the designs here
_ORDER = tuple(ResourceKind)


def synthesize(
    build: HardwareBuild,
    cfu: CfuArtifact,
    *,
    rom: bytes | None,
    seeds: Seeds = (1,),
    tools: ToolSource = ToolSource.YOWASP,
    cache: ArtifactCache,
    progress: Progress,
) -> SynthReport:
    """Make the bitstream of a SoC with a CFU, or, where only Yosys is at hand, its area report.

    Timing that is not met is in the report; `require_timing` makes an error of it.

    Parameters
    ----------
    rom
        Content of the memory that the board starts from, `None` for a board without one.
    seeds
        Of the placements to try side by side; the fastest is taken.

    Raises
    ------
    PlaygroundError
        If the design is too large for the device, or Yosys does not take the CFU's Verilog.
    ToolFailed, ToolMissing
        If a tool fails for another reason or is not there.
    """
    device = find_device(build.device)
    board = build.board
    sources = Sources(
        top="soc",
        soc={build.verilog[0].name: build.verilog[0].read_text()},
        cpu={path.name: path.read_text() for path in build.verilog[1:]},
        cfu=cfu,
        data=_memory_files(build, rom),
    )
    target = Target(
        device=device,
        constraints=_constraints(build, device),
        clocks=build.clocks,
        clock_hz=board.sys_clk_hz,
    )
    programs = _find_tools(device, tools, cache, progress)
    netlist = _netlist(sources, device, programs, cache, progress, subject=f"`{board.name}`")
    routed, bitstream = None, None
    if programs.nextpnr is not None and programs.packer is not None:
        routed = _best(netlist, target, seeds, programs.nextpnr, cache, progress)
        with progress.phase("pack", "writing the bitstream"):
            bitstream = pack(routed, device, packer=programs.packer, cache=cache)
    vendor = find_vendor_toolchain() if programs.nextpnr is None else None
    if vendor is not None:
        with progress.phase("vendor", f"making the bitstream by {vendor.name}"):
            bitstream = vendor_bitstream(build, cfu, dict(sources.data), vendor, cache=cache)
    return _report(
        device,
        board,
        cfu,
        cpu=build.cpu.name,
        programs=programs,
        netlist=netlist,
        routed=routed,
        bitstream=bitstream,
        vendor=vendor,
        seeds=seeds,
    )


def synthesize_cfu(
    cfu: CfuArtifact,
    board: Board,
    *,
    device: str,
    ports: Mapping[str, tuple[str, int]] | None = None,
    seeds: Seeds = (1,),
    tools: ToolSource = ToolSource.YOWASP,
    cache: ArtifactCache,
    progress: Progress,
) -> SynthReport:
    """Return a CFU's own area and an estimate of its speed.

    It is placed between registers that stand for the CPU's; these are not counted.

    Parameters
    ----------
    board
        Whose clock it should reach.
    device
        LiteX's name of the board's FPGA.
    ports
        Direction and width of the module's ports, where it is a part in a CFU's place;
        by default those of a CFU.

    Raises
    ------
    PlaygroundError, ToolFailed, ToolMissing
        As `synthesize` does.
    """
    chip = find_device(device)
    harness = harness_verilog(cfu_ports(cfu.spec) if ports is None else ports)
    sources = Sources(top="harness", soc={"harness.v": harness}, cpu={}, cfu=cfu)
    target = Target(
        device=chip,
        constraints=harness_constraints(chip.family.name, board.sys_clk_hz),
        clocks={HARNESS_CLOCK: board.sys_clk_hz},
        clock_hz=board.sys_clk_hz,
        options=("--pcf-allow-unconstrained",)
        if chip.family.name == "ice40"
        else ("--lpf-allow-unconstrained",),
    )
    programs = _find_tools(chip, tools, cache, progress)
    netlist = _netlist(sources, chip, programs, cache, progress, subject=f"CFU `{cfu.spec.name}`")
    routed = None
    if programs.nextpnr is not None:
        routed = _best(netlist, target, seeds, programs.nextpnr, cache, progress)
    report = _report(
        chip,
        board,
        cfu,
        cpu=None,
        programs=programs,
        netlist=netlist,
        routed=routed,
        bitstream=None,
        seeds=seeds,
    )
    alone = [
        resource.model_copy(update={"split": Split(cfu=resource.split.cfu)})
        for resource in report.resources
    ]
    return report.model_copy(update={"resources": tuple(alone)})


def require_timing(report: SynthReport) -> SynthReport:
    """Return the report if every clock is met.

    Raises
    ------
    PlaygroundError
        Otherwise, with the path that is too slow.
    """
    clock = report.tightest_clock
    if clock is None or clock.is_met:
        return report
    path = report.critical_path
    where = (
        f": {path.delay_ns:.1f} ns from `{path.start.name}` in the {path.start.part} to "
        f"`{path.end.name}` in the {path.end.part}"
        + (f", by way of {' → '.join(path.parts)}" if len(path.parts) > 1 else "")
        if path is not None
        else ""
    )
    tried = len(report.seeds_tried)
    raise PlaygroundError(
        f"timing is not met: clock `{clock.net}` reaches {clock.achieved_hz / 1e6:.2f} of "
        f"{clock.required_hz / 1e6:g} MHz{where}",
        hint=f"`--seeds {max(8, 2 * tried)}` tries that many placements and takes the fastest; "
        "or put a register into that path",
    )


def _constraints(build: HardwareBuild, device: Device) -> str:
    text = build.constraints.read_text()
    if device.family.name != "ice40":
        return text
    # LiteX gives an iCE40's clocks to nextpnr by a Python script, which not every nextpnr runs.
    clocks = (f"set_frequency {net} {hz / 1e6:g}" for net, hz in build.clocks.items())
    return "\n".join([text.rstrip("\n"), *clocks, ""])


def _memory_files(build: HardwareBuild, rom: bytes | None) -> dict[str, bytes]:
    files = {
        path.name: path.read_bytes()
        for path in build.directory.glob("*.init")
        if path.name != build.rom_init
    }
    if build.rom_init is not None:
        if rom is None:
            raise ValueError(f"board `{build.board.name}` starts from a ROM, which needs content")
        files[build.rom_init] = _hexadecimal_words(rom)
    return files


def _hexadecimal_words(content: bytes) -> bytes:
    """Return a little-endian 32-bit word a line, as `$readmemh` takes it."""
    padded = content + bytes(-len(content) % 4)
    words = (int.from_bytes(padded[i : i + 4], "little") for i in range(0, len(padded), 4))
    return "".join(f"{word:08x}\n" for word in words).encode()


def _find_tools(
    device: Device, source: ToolSource, cache: ArtifactCache, progress: Progress
) -> FpgaTools:
    """Find the tools and have each started once, which compiles those in WebAssembly."""
    programs = find_fpga_tools(device.family.name, source)
    for tool in (programs.yosys, programs.nextpnr):  # the packer takes no time worth mentioning
        if tool is not None and source is ToolSource.YOWASP:
            _prepare(tool, cache, progress)
    return programs


def _prepare(tool: Tool, cache: ArtifactCache, progress: Progress) -> None:
    def produce(directory: Path) -> None:
        run_tool(tool, ["--version"], cwd=directory, what="starting for the first time")

    key = digest(tool.identity)
    if cache.find("started", key) is None:
        with progress.phase("prepare", f"preparing {tool.name}, once after its installation"):
            cache.build("started", key, produce)


def _netlist(
    sources: Sources,
    device: Device,
    programs: FpgaTools,
    cache: ArtifactCache,
    progress: Progress,
    *,
    subject: str,
) -> Netlist:
    with progress.phase("synthesize", f"synthesizing {subject} for {device.family.title}"):
        netlist = synthesize_netlist(sources, device, yosys=programs.yosys, cache=cache)
    require_fit(device, netlist.counts)
    return netlist


def _best(
    netlist: Netlist,
    target: Target,
    seeds: Seeds,
    nextpnr: Tool,
    cache: ArtifactCache,
    progress: Progress,
) -> Routed:
    """Return the fastest of the placements; of equally fast ones, that of the lowest seed.

    A dense design may find its places with some of the seeds only.
    """
    what = f"placing and routing on {target.device.name}"
    if len(seeds) > 1:
        what += f", {len(seeds)} seeds"
    found: list[Routed] = []
    failed: list[DoesNotFit] = []
    with (
        progress.phase("place", what, total=len(seeds)) as step,
        ThreadPoolExecutor(max_workers=min(len(seeds), _placements_at_once())) as pool,
    ):
        pending = [
            pool.submit(_route, netlist, target, seed=seed, nextpnr=nextpnr, cache=cache)
            for seed in seeds
        ]
        try:
            for done in as_completed(pending):
                try:
                    found.append(done.result())
                except DoesNotFit as error:
                    failed.append(error)
                step(len(found) + len(failed))
        except BaseException:
            for each in pending:
                each.cancel()
            raise
    if not found:
        raise failed[0]
    return max(found, key=lambda routed: (routed.slack, -routed.seed))


def _route(
    netlist: Netlist, target: Target, *, seed: int, nextpnr: Tool, cache: ArtifactCache
) -> Routed:
    return remembered_fit(
        lambda: route(netlist, target, seed=seed, nextpnr=nextpnr, cache=cache),
        key=digest(netlist.digest, target, seed, nextpnr.identity),
        cache=cache,
    )


def _placements_at_once() -> int:
    """Return how many placements the machine has cores and memory for."""
    cores = len(os.sched_getaffinity(0))
    memory = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    available = int(memory["MemAvailable"].split()[0]) * 1024
    return max(1, min(cores, available // _BYTES_PER_PLACEMENT))


def _report(
    device: Device,
    board: Board,
    cfu: CfuArtifact,
    *,
    cpu: str | None,
    programs: FpgaTools,
    netlist: Netlist,
    routed: Routed | None,
    bitstream: Bitstream | None,
    seeds: Seeds,
    vendor: VendorToolchain | None = None,
) -> SynthReport:
    taken = {programs.yosys.name: netlist.taken}
    used = [programs.yosys]
    if routed is not None and programs.nextpnr is not None:
        taken[programs.nextpnr.name] = routed.taken
        used.append(programs.nextpnr)
    if bitstream is not None and programs.packer is not None:
        taken[programs.packer.name] = bitstream.taken
        used.append(programs.packer)
    tools = {tool.name: tool.version for tool in used}
    if bitstream is not None and vendor is not None:
        taken[vendor.name] = bitstream.taken
        tools[vendor.name] = str(vendor.program)
    return SynthReport(
        device=device.name,
        board=board.name,
        cpu=cpu,
        cfu=cfu.spec.name,
        cfu_digest=cfu.digest,
        resources=_resources(device, netlist, routed),
        clocks=routed.clocks if routed is not None else (),
        critical_path=routed.critical_path if routed is not None else None,
        seed=routed.seed if routed is not None else None,
        seeds_tried=tuple(seeds) if routed is not None else (),
        wall_seconds={name: each.seconds for name, each in taken.items()},
        processor_seconds={name: each.processor_seconds for name, each in taken.items()},
        peak_bytes={name: each.peak_bytes for name, each in taken.items()},
        tools=tools,
        bitstream=bitstream.path if bitstream is not None else None,
    )


def _resources(device: Device, netlist: Netlist, routed: Routed | None) -> tuple[Resource, ...]:
    found = [
        Resource(
            kind=cell.kind,
            cell=cell.name,
            split=netlist.counts[cell.name],
            available=device.capacity.get(cell.name),
            provenance=Provenance.SYNTHESIS,
        )
        for cell in device.family.synthesized
    ]
    if routed is not None:
        found += [
            Resource(
                kind=cell.kind,
                cell=cell.name,
                split=routed.counts[cell.name],
                available=routed.available[cell.name],
                provenance=Provenance.POST_ROUTE,
            )
            for cell in device.family.placed
        ]
    return tuple(sorted(found, key=lambda resource: _ORDER.index(resource.kind)))
