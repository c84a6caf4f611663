"""What is searched: names, the values each may have, and the design that a choice of them makes."""

from __future__ import annotations

__all__ = ["Dimension", "Space", "Values", "parse_search", "read_space"]

import dataclasses
import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gateware
from boards import find_board
from gateware.parameter import Value, shown
from playground.design import NO_CFU, Design
from playground.names import nearest
from playground.resolve import NO_KERNELS, known_compiler, known_cpu, shipped_kernels
from soc import find_cpu
from soc.vexriscv import CpuOptions
from toolchain import PlaygroundError

Values = Mapping[str, Value]

_CPU, _CFU = "cpu.", "cfu."
_CHOICES = ("cpu", "cfu", "kernels", "place", "compiler")

# Values of the CPU's options that a search tries unless it is told others. What traps and counts
# is not among them, as it saves cells and no cycles.
_CPU_VALUES: Mapping[str, tuple[Value, ...]] = {
    "instruction_cache": (1024, 2048, 4096, 8192, 16384),
    "data_cache": (0, 1024, 2048, 4096, 8192, 16384),
    "cache_line": (16, 32, 64),
    "prediction": ("none", "static", "dynamic"),
    "bypass": (False, True),
    "multiplier": ("iterative", "pipelined"),
    "divider": ("none", "iterative"),
    "shifter": ("iterative", "late", "early"),
    "counts_instructions": (False, True),
}
_DEFAULT_CPU = (
    "instruction_cache",
    "data_cache",
    "prediction",
    "bypass",
    "multiplier",
    "shifter",
)


@dataclass(frozen=True)
class Dimension:
    """Something of a design that is searched.

    Attributes
    ----------
    name
        "cpu.data_cache", "cfu.units", "cfu", "kernels", "place" or "compiler".
    values
        What it may be.
    default
        What it is in the design that the search begins from, which may be none of the values.
    """

    name: str
    values: tuple[Value, ...]
    default: Value


@dataclass(frozen=True)
class Space:
    """What is searched around a design.

    Attributes
    ----------
    design
        Where the search begins, and what everything that is not searched stays as.
    """

    design: Design
    dimensions: tuple[Dimension, ...]

    @property
    def size(self) -> int:
        """Combinations of values there are; some may be the same design."""
        size = 1
        for dimension in self.dimensions:
            size *= len(dimension.values)
        return size

    @property
    def base(self) -> Values:
        """The values that make the design itself, whether they are searched or not."""
        return self.choose(lambda dimension: dimension.default)

    @property
    def defaults(self) -> Values | None:
        """The values that make the design itself, None if one of them is not searched."""
        searched = {dimension.name: dimension.values for dimension in self.dimensions}
        within = all(value in searched[name] for name, value in self.base.items())
        return self.base if within else None

    def choose(self, pick: Callable[[Dimension], Value]) -> Values:
        """Return a choice of values; parameters that the chosen CFU does not have are left out."""
        chosen: dict[str, Value] = {}
        own: frozenset[str] | None = None
        for dimension in self.dimensions:  # in an order in which `cfu` comes before `cfu.units`
            if dimension.name.startswith(_CFU):
                if own is None:
                    own = frozenset(self._parameters(str(chosen.get("cfu", self.design.cfu))))
                if dimension.name.removeprefix(_CFU) not in own:
                    continue
            chosen[dimension.name] = pick(dimension)
        return chosen

    def apply(self, values: Values) -> Design:
        """Return the design with some values changed.

        Raises
        ------
        PlaygroundError
            If there is no such combination.
        """
        design = self.design
        cpu = _grouped(values, _CPU)
        if "cpu" in values or cpu:
            base = str(values.get("cpu", design.cpu or find_board(design.board).cpu))
            text = ",".join(f"{name}={shown(value)}" for name, value in cpu.items())
            separator = "," if ":" in base else ":"
            design = dataclasses.replace(design, cpu=known_cpu(_merged(base, separator, text)))
        cfu = str(values.get("cfu", design.cfu))
        if cfu == _plain_cfu(design.cfu):
            cfu = design.cfu  # with the parameters that it has
        parameters = _grouped(values, _CFU)
        if parameters:
            cfu = gateware.with_parameters(cfu, parameters, directory=design.cfu_directory)
        kernels = design.kernels
        if "kernels" in values:
            name = str(values["kernels"])
            kernels = None if name == NO_KERNELS else shipped_kernels()[name]
        elif "cfu" in values:
            kernels = _kernels_of(cfu, design)
        return dataclasses.replace(
            design,
            cfu=cfu,
            kernels=kernels,
            place=str(values.get("place", design.place)),
            compiler=str(values.get("compiler", design.compiler)),
        )

    def describe(self) -> dict[str, list[Any]]:
        """Return the values of each dimension, as JSON has them."""
        return {d.name: list(d.values) for d in self.dimensions}

    def _parameters(self, cfu: str) -> Mapping[str, object]:
        return gateware.cfu_parameters(cfu, directory=self.design.cfu_directory)


def _kernels_of(cfu: str, design: Design) -> Path | None:
    """Return the kernels of a CFU in place of a design's own: its family's, or those of before."""
    shipped = shipped_kernels()
    family = None if cfu == NO_CFU else gateware.kernels_of(cfu, design.cfu_directory)
    if family is not None and family in shipped:
        return shipped[family]
    return None if design.kernels in shipped.values() else design.kernels


def _merged(base: str, separator: str, text: str) -> str:
    """Return a CPU's reference with options changed, which it may have already."""
    if not text:
        return base
    changed = {part.partition("=")[0] for part in text.split(",")}
    name, _, options = base.partition(":")
    kept = [o for o in options.split(",") if o and o.partition("=")[0].strip() not in changed]
    return f"{name}:{','.join([*kept, text])}"


def _grouped(values: Values, prefix: str) -> dict[str, Value]:
    return {k.removeprefix(prefix): v for k, v in values.items() if k.startswith(prefix)}


def parse_search(texts: Sequence[str]) -> dict[str, list[str] | None]:
    """Return what `--search NAME` and `--search NAME=VALUE,...` ask for.

    Raises
    ------
    PlaygroundError
        If one names nothing.
    """
    found: dict[str, list[str] | None] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not name.strip():
            raise PlaygroundError(
                f"`--search {text}` names nothing", hint="such as `--search cpu.data_cache=0,4096`"
            )
        between = ";" if ";" in values or name.strip() == "place" else ","
        found[name.strip()] = [v.strip() for v in values.split(between)] if equals else None
    return found


def read_space(design: Design, wanted: Mapping[str, Sequence[Any] | None]) -> Space:
    """Return the space that a project's file or a command line describes.

    Parameters
    ----------
    wanted
        By name the values to search, as text or as they are; None for those there are. With no
        names at all, the CPU's caches, prediction, bypass, multiplier and shifter and all the
        parameters of the CFU are searched.

    Raises
    ------
    PlaygroundError
        If a name is unknown, with the nearest there is, or a value is not possible.
    """
    parameters = _parameters(design, wanted)
    names = [
        *(c for c in _CHOICES),
        *(_CPU + field.name for field in dataclasses.fields(CpuOptions)),
        *(_CFU + name for name in parameters),
    ]
    if not wanted:
        wanted = dict.fromkeys(
            [*(_CPU + name for name in _DEFAULT_CPU), *(_CFU + name for name in parameters)]
        )
    for name in wanted:
        if name not in names:
            meant = nearest(name, names)
            raise PlaygroundError(
                f"there is nothing named `{name}` to search",
                hint=(f"did you mean `{meant}`? " if meant else "")
                + f"what can be searched: {', '.join(names)}",
            )
    dimensions = [
        _dimension(name, wanted[name], design, parameters) for name in names if name in wanted
    ]
    searched = tuple(d for d in dimensions if len(d.values) > 1 or d.default not in d.values)
    if not searched:
        raise PlaygroundError(
            "nothing is searched: each name has one value, which it has already",
            hint="give two values or more, such as `--search cpu.data_cache=0,4096`",
        )
    return Space(design, searched)


def _parameters(
    design: Design, wanted: Mapping[str, Sequence[Any] | None]
) -> Mapping[str, gateware.Parameter]:
    """Return the parameters of the CFUs that are searched; defaults are those of the design's."""
    cfus = [str(v) for v in wanted.get("cfu") or ()] or [design.cfu]
    if _plain_cfu(design.cfu) in cfus:
        cfus = [design.cfu, *(cfu for cfu in cfus if cfu != _plain_cfu(design.cfu))]
    parameters: dict[str, gateware.Parameter] = {}
    owners: dict[str, str] = {}
    for cfu in cfus:
        for name, found in gateware.cfu_parameters(cfu, directory=design.cfu_directory).items():
            known = parameters.setdefault(name, found)
            owner = owners.setdefault(name, cfu)
            if known.choice == found.choice or _CFU + name not in wanted:
                continue  # where it is not searched, it stays as it is in each
            given = wanted.get(_CFU + name)
            common = [v for v in known.choice.values if v in found.choice.values]
            shared = [shown(v) for v in common]
            if given is None or any(_text(v) not in shared for v in given):
                raise PlaygroundError(
                    f"the CFUs `{owner}` and `{cfu}` have different choices for `{name}`",
                    hint=f"both have {_list(shared)}: `--search {_CFU}{name}={','.join(shared)}`"
                    if shared
                    else "search them in studies of their own, with `--study NAME`",
                )
    return parameters


def _plain_cfu(reference: str) -> str:
    """Return a CFU's reference without parameters."""
    return gateware.split_parameters(reference)[0]


def _dimension(
    name: str,
    given: Sequence[Any] | None,
    design: Design,
    parameters: Mapping[str, gateware.Parameter],
) -> Dimension:
    options = find_cpu(design.cpu or find_board(design.board).cpu).options
    if name.startswith(_CFU):
        parameter = parameters[name.removeprefix(_CFU)]
        values = (
            parameter.choice.values
            if given is None
            else tuple(parameter.choice.read(parameter.name, _text(v)) for v in given)
        )
        return Dimension(name, _distinct(name, values), parameter.default)
    if name.startswith(_CPU):
        option = name.removeprefix(_CPU)
        default = _plain(getattr(options, option))
        if given is None and option not in _CPU_VALUES:
            given = (False, True)
        texts = [_text(v) for v in (_CPU_VALUES[option] if given is None else given)]
        # Each by itself may need another option changed, too; what a combination is missing is
        # the trial's to tell.
        read = [_plain(options.read(option, text)) for text in texts]
        return Dimension(name, _distinct(name, read), default)
    return Dimension(name, _distinct(name, _choices(name, given, design)), _chosen(name, design))


def _choices(name: str, given: Sequence[Any] | None, design: Design) -> tuple[Value, ...]:
    if given is None:
        raise PlaygroundError(
            f"`{name}` is to be searched, and it is not said among what",
            hint=f"such as `--search {name}={_EXAMPLES[name]}`",
        )
    values = tuple(str(v) for v in given)
    known: Sequence[str] = ()
    if name == "kernels":
        known = (*shipped_kernels(), NO_KERNELS)
    if name == "cpu":
        return tuple(known_cpu(value) for value in values)
    if name == "compiler":
        return tuple(known_compiler(value) for value in values)
    for value in values:
        if known and value not in known:
            meant = nearest(value, known)
            raise PlaygroundError(
                f"`{name}` cannot be `{value}`",
                hint=(f"did you mean `{meant}`? " if meant else "")
                + f"it is one of {_list(known)}",
            )
    return values


def _chosen(name: str, design: Design) -> Value:
    if name == "cpu":
        return design.cpu or find_board(design.board).cpu
    if name == "cfu":
        return _plain_cfu(design.cfu)
    if name == "kernels":
        by_path = {path: known for known, path in shipped_kernels().items()}
        return NO_KERNELS if design.kernels is None else by_path.get(design.kernels, "its own")
    return str(getattr(design, name))


def _distinct(name: str, values: Sequence[Value]) -> tuple[Value, ...]:
    if len(set(values)) != len(values) or not values:
        raise PlaygroundError(
            f"`{name}` is to be searched among {_list(list(map(shown, values))) or 'nothing'}",
            hint="give different values",
        )
    return tuple(values)


def _plain(value: object) -> Value:
    return value.value if isinstance(value, enum.StrEnum) else value  # type: ignore[return-value]


def _text(value: object) -> str:
    return shown(value) if isinstance(value, int | str | bool) else str(value)


def _list(values: Sequence[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


_EXAMPLES = {
    "cpu": "full,slim",
    "cfu": "array,inner_loop",
    "kernels": "portable,none",
    "place": "kernels=sram;kernels=sram,weights=sram",
    "compiler": "zig,zig:-O3,gcc",
}
