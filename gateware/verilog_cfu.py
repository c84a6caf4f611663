"""CFUs in plain Verilog or SystemVerilog, described by a small TOML file.

    name = "my_cfu"                    # optional; by default the file's name
    sources = ["helpers.sv", "my_cfu.sv"]
    model = "my_model.py:MyModel"      # optional
    memory_port = true                 # optional, false
    scratchpad_bytes = 4096            # optional, 0

    [[instruction]]
    name = "mac"
    funct3 = 0
    funct7 = 0                         # optional, 0
    latency = 1                        # 0 or "combinational"; cycles; or { max = 12 }
    operands = ["a", "b"]              # optional; the operands used, at most two
    result = true                      # optional; whether it returns a value
    summary = "Multiply and add"       # optional

The sources define module `Cfu` with the ten ports that LiteX connects, and with those of
`gateware.memory_port` and `gateware.scratchpad_port` if it has these. They are passed on as they
are, in the order given, and read no other files. The model is a function
`(function_id, in0, in1) -> int` if there is no state, or a class without constructor arguments
whose method `execute` is such a function.
"""

from __future__ import annotations

__all__ = ["load_verilog_cfu", "load_verilog_model"]

import difflib
import json
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from gateware.export import cfu_ports, make_artifact
from gateware.latency import Latency
from gateware.memory_port import MEMORY_PORTS
from gateware.model import Model, StatelessModel
from gateware.spec import CfuArtifact, CfuSpec, InstructionSpec, VerilogFile
from gateware.user_code import load_module, user_errors
from toolchain import PlaygroundError, ToolFailed, run_tool, verilator


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)


class _VariableLatency(_Strict):
    max: Annotated[int, pydantic.Field(ge=1)]


class _Instruction(_Strict):
    name: str
    funct3: Annotated[int, pydantic.Field(ge=0, le=7)]
    funct7: Annotated[int, pydantic.Field(ge=0, le=127)] = 0
    latency: Annotated[int, pydantic.Field(ge=0)] | Literal["combinational"] | _VariableLatency
    operands: Annotated[list[str], pydantic.Field(max_length=2)] = ["in0", "in1"]
    result: bool = True
    summary: str = ""

    def to_spec(self) -> InstructionSpec:
        if isinstance(self.latency, _VariableLatency):
            latency = Latency.variable(self.latency.max)
        elif self.latency in ("combinational", 0):
            latency = Latency.combinational()
        else:
            latency = Latency.fixed(int(self.latency))
        return InstructionSpec(
            self.name,
            self.funct3,
            self.funct7,
            latency,
            summary=self.summary,
            operands=tuple(self.operands),
            has_result=self.result,
        )


class _Description(_Strict):
    name: str | None = None
    sources: Annotated[list[str], pydantic.Field(min_length=1)]
    model: str | None = None
    memory_port: bool = False
    scratchpad_bytes: int = 0
    instruction: list[_Instruction] = []


_KEYS = (*_Description.model_fields, *_Instruction.model_fields)


def load_verilog_cfu(file: Path) -> CfuArtifact:
    """Return the CFU that a TOML file describes, its sources checked by Verilator.

    Raises
    ------
    PlaygroundError
        If the file is no such TOML, a source is missing, or module `Cfu` is missing or lacks a
        port; the message names the file, and the line where there is one.
    """
    description = _read(file)
    try:
        spec = CfuSpec(
            description.name or file.stem,
            tuple(i.to_spec() for i in description.instruction),
            memory_port=description.memory_port,
            scratchpad_bytes=description.scratchpad_bytes,
        )
    except ValueError as error:
        raise PlaygroundError(f"`{file.name}`{_mention(file, str(error))}: {error}") from None
    files = tuple(_read_source(file, name) for name in description.sources)
    directories = {Path(name).name: (file.parent / name).parent for name in description.sources}
    if len({f.name for f in files}) != len(files):
        raise PlaygroundError(f"`{file.name}` names two sources of the same file name")
    _check_ports(files, cfu_ports(spec), directories=directories)
    return make_artifact(spec, files)


def load_verilog_model(file: Path) -> Model | None:
    """Return a fresh Python model of the CFU that a TOML file describes, if it names one.

    Raises
    ------
    PlaygroundError
        If the TOML or the model's file has a fault.
    """
    description = _read(file)
    if description.model is None:
        return None
    file_name, _, name = description.model.partition(":")
    module_file = file.parent / file_name
    if not name or not module_file.is_file():
        raise PlaygroundError(
            f"`{file.name}`{_mention(file, f'`{description.model}`')}: the model "
            f"`{description.model}` does not exist",
            hint="it is written `file.py:name`, the file relative to the TOML",
        )
    module = load_module(module_file, f"model `{description.model}` cannot be loaded")
    model = getattr(module, name, None)
    if not callable(model):
        raise PlaygroundError(f"`{file_name}` defines no function or class `{name}`")
    if not isinstance(model, type):
        return StatelessModel(model)
    with user_errors(f"model `{description.model}` cannot be made", file=module_file):
        instance = model()
    if not callable(getattr(instance, "execute", None)):
        raise PlaygroundError(
            f"model `{description.model}` has no method `execute(function_id, in0, in1)`"
        )
    checked: Model = instance
    return checked


def _read(file: Path) -> _Description:
    try:
        text = file.read_text(encoding="utf-8")
        return _Description.model_validate(tomllib.loads(text))
    except (OSError, UnicodeDecodeError) as error:
        raise PlaygroundError(f"cannot read `{file.name}`: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise PlaygroundError(f"`{file.name}` is not valid TOML: {error}") from None
    except pydantic.ValidationError as error:
        # A key that is missing may well be the one that is misspelt.
        fault = min(error.errors(), key=lambda each: each["type"] == "missing")
        location = tuple(part for part in fault["loc"] if part in _KEYS or isinstance(part, int))
        if fault["type"] == "extra_forbidden":
            location = fault["loc"]
        where = ".".join(map(str, location))
        line = _line_of(text, location)
        raise PlaygroundError(
            f"`{file.name}` line {line}: `{where}`: {_said(fault)}",
            hint="the keys are name, sources, model, memory_port, scratchpad_bytes and "
            "[[instruction]] tables with name, funct3, funct7, latency, operands, result and "
            "summary",
        ) from None


def _said(fault: Any) -> str:
    if fault["loc"][-2:-1] == ("latency",) or "latency" in map(str, fault["loc"]):
        return 'a latency is a number of cycles, "combinational" or { max = cycles }'
    if fault["type"] == "extra_forbidden":
        meant = difflib.get_close_matches(str(fault["loc"][-1]), _KEYS, n=1)
        return "there is no such key" + (f", did you mean `{meant[0]}`?" if meant else "")
    return str(fault["msg"])


def _line_of(text: str, location: tuple[int | str, ...]) -> int:
    """Return the line of a key, or of the table that lacks it."""
    lines = text.splitlines()
    start, end = 0, len(lines)
    if location[:1] == ("instruction",) and len(location) > 1:
        heads = [
            i for i, line in enumerate(lines) if re.match(r"\s*\[\[\s*instruction\s*\]\]", line)
        ]
        index = int(location[1])
        if index < len(heads):
            start = heads[index]
            end = heads[index + 1] if index + 1 < len(heads) else end
        location = location[2:]
    key = re.escape(str(location[0])) if location else r"\0"
    for number in range(start, end):
        if re.match(rf"""\s*(\[*\s*)?["']?{key}["']?\s*[=\].]""", lines[number]):
            return number + 1
    return start + 1


def _mention(file: Path, said: str) -> str:
    """Return the line that the first thing in backticks is in, as " line 9", if it is in one."""
    quoted = re.match(r"[^`]*`([^`]+)`", said)
    lines = file.read_text(encoding="utf-8").splitlines() if quoted is not None else []
    for number, line in enumerate(lines, start=1):
        if quoted is not None and re.search(rf"""["']{re.escape(quoted[1])}["']""", line):
            return f" line {number}"
    return ""


def _read_source(description: Path, name: str) -> VerilogFile:
    source = description.parent / name
    where = f"`{description.name}`{_mention(description, f'`{name}`')}"
    if source.suffix not in (".v", ".sv"):
        raise PlaygroundError(f"{where}: source `{name}` is neither a .v nor a .sv file")
    try:
        return VerilogFile(source.name, source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        there = (file.name for file in source.parent.glob("*.*v") if file.suffix in (".v", ".sv"))
        meant = difflib.get_close_matches(source.name, sorted(there), n=1)
        raise PlaygroundError(
            f"{where}: source `{name}` does not exist",
            hint=(f"did you mean `{Path(name).with_name(meant[0])}`? " if meant else "")
            + f"looked for `{source.resolve()}`",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise PlaygroundError(f"{where}: cannot read source `{name}`: {error}") from None


def _check_ports(
    files: tuple[VerilogFile, ...],
    ports: Mapping[str, tuple[str, int]],
    *,
    directories: Mapping[str, Path],
) -> None:
    """Have Verilator read the sources; compare the ports of `Cfu` with what LiteX connects."""
    with tempfile.TemporaryDirectory(prefix="cfu-verilog-") as scratch:
        for file in files:
            Path(scratch, file.name).write_text(file.text, encoding="utf-8")
        arguments = ["--json-only", "--json-only-output", "tree.json", "--no-json-edit-nums"]
        arguments += ["--json-only-meta-output", "meta.json", "-Wno-fatal", "-Wno-lint"]
        arguments += ["-Wno-style", "--top-module", "Cfu", *(file.name for file in files)]
        try:
            run_tool(verilator(), arguments, cwd=Path(scratch), what="reading the CFU's Verilog")
        except ToolFailed as error:
            raise _explain(error, files, directories) from None
        tree = json.loads(Path(scratch, "tree.json").read_text())
        names = json.loads(Path(scratch, "meta.json").read_text())["files"]
    for node in _nodes(tree, "READMEM"):
        file_key, line, *_ = re.split("[,:]", node["loc"])
        raise PlaygroundError(
            f"`{names[file_key]['filename']}` line {line}: memories cannot be filled from a file",
            hint="give the values in the source itself, in an `initial` block or a `case`",
        )
    top = next(m for m in tree["modulesp"] if m["type"] == "MODULE" and m["origName"] == "Cfu")
    types = {node["addr"]: node for misc in tree["miscsp"] for node in misc.get("typesp", [])}
    found = {
        node["origName"]: (node["direction"].lower(), _width(types, node["dtypep"]))
        for node in top["stmtsp"]
        if node["type"] == "VAR" and node["direction"] in ("INPUT", "OUTPUT", "INOUT")
    }
    problems = [
        f"{direction} `{name}` of {width} bit{'s' if width > 1 else ''}"
        + ("" if name not in found else f" (there: {found[name][0]} of {found[name][1]})")
        for name, (direction, width) in ports.items()
        if found.get(name) != (direction, width)
    ]
    extra = [name for name in found if name not in ports]
    if problems:
        raise PlaygroundError(
            f"module `Cfu` lacks {', '.join(problems)}",
            hint="the ports are those that LiteX connects: " + ", ".join(ports),
        )
    if extra:
        raise PlaygroundError(
            f"module `Cfu` has ports that nothing connects: {', '.join(f'`{n}`' for n in extra)}",
            hint="the ports are those that LiteX connects: "
            + ", ".join(ports)
            + (
                "; `memory_port = true` in the description adds the memory port's"
                if MEMORY_PORTS.keys() & extra and not MEMORY_PORTS.keys() <= ports.keys()
                else ""
            ),
        )


def _explain(
    error: ToolFailed, files: tuple[VerilogFile, ...], directories: Mapping[str, Path]
) -> PlaygroundError:
    details = error.details or ""
    if "'Cfu' was not found" in details:
        names = ", ".join(f"`{file.name}`" for file in files)
        return PlaygroundError(
            f"no module `Cfu` in {names}", hint="the top module must be called Cfu, with capital C"
        )
    first = re.search(r"^%Error[^:\n]*: ([^:\n]+):([0-9]+):[0-9]+: (.*)", details, re.MULTILINE)
    # Verilator saw copies: what it says of them holds for the files beside the description.
    for name, directory in directories.items():
        details = re.sub(
            rf"^(%\w+[^:\n]*: (?:\.\.\. )?){re.escape(name)}:(?=[0-9])",
            lambda found, path=directory / name: f"{found[1]}{path}:",  # type: ignore[misc]
            details,
            flags=re.MULTILINE,
        )
    return PlaygroundError(
        f"the CFU's Verilog has errors: `{first[1]}` line {first[2]}: {first[3]}"
        if first is not None
        else "the CFU's Verilog has errors",
        details=details,
        hint=_next_step(first, directories) if first is not None else None,
    )


def _next_step(first: re.Match[str], directories: Mapping[str, Path]) -> str:
    """Return the hint for the first error, of which Verilator says file, line and what."""
    if re.search(r"^Cannot find |not found: |typedef/interface: ", first[3]):
        return (
            "every file needed must be listed in `sources`; one that is only included is not read"
        )
    file = directories[first[1]] / first[1] if first[1] in directories else first[1]
    return f"correct `{file}` at line {first[2]}"


def _nodes(tree: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a kind in Verilator's tree."""
    unseen = [tree]
    while unseen:
        node = unseen.pop()
        if isinstance(node, dict):
            if node.get("type") == kind:
                yield node
            unseen.extend(node.values())
        elif isinstance(node, list):
            unseen.extend(node)


def _width(types: Mapping[str, dict[str, Any]], address: str) -> int:
    """Return the width in bits of a packed type in Verilator's tree."""
    node = types[address]
    match node["type"]:
        case "BASICDTYPE":
            return _span(node.get("range", "0:0"))
        case "PACKARRAYDTYPE":
            return _span(node["declRange"].strip("[]")) * _width(types, node["refDTypep"])
        case "STRUCTDTYPE":
            return sum(_width(types, member["dtypep"]) for member in node["membersp"])
        case "UNIONDTYPE":
            return max(_width(types, member["dtypep"]) for member in node["membersp"])
        case "REFDTYPE" | "ENUMDTYPE":
            return _width(types, node["refDTypep"])
    return 0  # no type of a port that can be connected


def _span(bounds: str) -> int:
    left, _, right = bounds.partition(":")
    return abs(int(left) - int(right)) + 1
