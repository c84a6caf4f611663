"""The record of one run: what was run, on what, and what was counted."""

from __future__ import annotations

__all__ = [
    "BASELINE",
    "SCHEMA_VERSION",
    "Accuracy",
    "CfuIdentity",
    "Compiler",
    "CycleSplit",
    "FunctionSplit",
    "InputFile",
    "LayerProfile",
    "Memory",
    "Mismatch",
    "ModelIdentity",
    "OutputTensor",
    "Profile",
    "Provenance",
    "Simulator",
    "Sizes",
    "Sources",
]

import enum
import io
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from rich.console import Console

from sim.cycle_split import Cause
from soc.synthesis import SynthReport

SCHEMA_VERSION: Literal[3] = 3
BASELINE = "baseline"
"""The title of what has neither CFU nor kernels of its own."""

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]*$")]
Shape = tuple[Count, ...]
# JSON has no numbers for NaN and infinities.
_NOTEBOOK_WIDTH = 120  # characters
# Named, as notebooks leave it to the browser what is monospace, and boxes need all of one width.
_NOTEBOOK_HTML = (
    '<pre style="white-space:pre;overflow-x:auto;line-height:normal;font-family:Menlo,Consolas,'
    "'DejaVu Sans Mono','Courier New',monospace\">{code}</pre>"
)
_AS_JSON = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}
Element = Annotated[int | float, WithJsonSchema(_AS_JSON)]


class Provenance(enum.StrEnum):
    """Where a number comes from."""

    RTL = "rtl"  # counted by the simulated register-transfer description of the SoC
    FAST = "fast"  # counted by the fast cycle-exact simulator
    BOARD = "board"  # counted on a real board
    MODEL = "model"  # computed from the .tflite file
    ELF = "elf"  # read from the linked program
    HOST = "host"  # measured on the machine that ran the flow


class _Value(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="strings", use_attribute_docstrings=True
    )


class ModelIdentity(_Value):
    """Which model ran."""

    name: str
    """The file's name without its suffix."""
    digest: Hex
    """SHA-256 of the file."""


class CfuIdentity(_Value):
    """Which custom function unit was in the SoC."""

    name: str
    """ "none" when there was none. """
    digest: Hex
    """Of its Verilog; empty when there was none."""


class Compiler(_Value):
    """What compiled the firmware."""

    name: str
    version: str
    flags: tuple[str, ...]
    added: tuple[str, ...] = ()
    """Those of the flags that were asked for."""


class Memory(_Value):
    """The memory the program ran from."""

    ideal: bool
    """Whether it answers without a real part's wait states, so that cycles are a lower bound."""
    note: str
    """One phrase that says so too, such as "ideal main_ram, 16 MiB"."""


class Simulator(_Value):
    """What ran the SoC; a board is named by its serial link."""

    name: str
    version: str


class Sources(_Value):
    """The provenance of a profile's numbers."""

    cycles: Provenance
    instructions: Provenance
    macs: Provenance = Provenance.MODEL
    sizes: Provenance = Provenance.ELF
    wall_seconds: Provenance = Provenance.HOST


class Sizes(_Value):
    """Bytes of the program in the target's memory."""

    text_bytes: Count
    rodata_bytes: Count
    data_bytes: Count
    bss_bytes: Count
    """Without the arena."""
    arena_bytes: Count
    constants_bytes: Count
    """The model's weights and the like."""


class Mismatch(_Value):
    """How a layer's output differs from TensorFlow Lite Micro's.

    The element shown is the first that differs, in row-major order.
    """

    tensor: str
    inference: Count = 0
    """The first inference in which it differs, counted from 0."""
    index: Shape
    expected: Element
    actual: Element
    count: Annotated[int, Field(ge=1)]
    """Differing elements."""
    elements: Annotated[int, Field(ge=1)]
    """Elements of the tensor."""


class FunctionSplit(_Value):
    """What a function's cycles went to, without those of functions it calls."""

    name: str
    """Without arguments; empty for code that is in no function."""
    cycles: Mapping[Cause, Count]
    """Causes that there were."""


class CycleSplit(_Value):
    """What a layer's cycles went to, as simulators see it.

    They are a few more than the layer's own, since reading the counters is among them.
    """

    cycles: Mapping[Cause, Count]
    loads: Count
    load_misses: Count
    """Lines that the data cache fetched."""
    stores: Count
    instruction_misses: Count
    """Lines that the instruction cache fetched."""
    jumps: Count
    """Jumps and branches that were not predicted as they went."""
    cfu: Mapping[str, Count]
    """Commands to the CFU, by instruction."""
    functions: tuple[FunctionSplit, ...]
    """The same cycles by function, most first."""


class LayerProfile(_Value):
    """One operator of the model."""

    index: Count
    operator: str
    """The schema's name, "CONV_2D"."""
    name: str
    """Name of the first output tensor."""
    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    macs: Count
    """Multiply-accumulates, 0 for operators that have none."""
    cycles: Count
    instructions: Count | None
    """`None` if the CPU does not count them."""
    kernel: str
    """What ran it: "reference", or the override's file name."""
    bit_exact: bool | None
    """Whether every output equals TensorFlow Lite Micro's; `None` when it was not compared."""
    mismatch: Mismatch | None = None
    split: CycleSplit | None = None
    """`None` if nobody asked why, or on a board, where nobody sees it."""

    @model_validator(mode="after")
    def _mismatch_is_told(self) -> Self:
        if (self.mismatch is not None) != (self.bit_exact is False):
            raise ValueError("a layer has a mismatch exactly when `bit_exact` is false")
        return self

    @property
    def cycles_per_mac(self) -> float | None:
        """`None` for a layer without multiply-accumulates."""
        return self.cycles / self.macs if self.macs else None

    @property
    def output_text(self) -> str:
        """The output shapes as tables show them, "1×25×5×64"."""
        return ", ".join("×".join(map(str, shape)) or "scalar" for shape in self.output_shapes)


class InputFile(_Value):
    """What an input tensor was filled from."""

    name: str
    digest: Hex


class OutputTensor(_Value):
    """A graph output of the first inference."""

    name: str
    dtype: str
    shape: Shape
    values: tuple[Element, ...]
    """Row-major; left empty for more than 1024 elements."""
    digest: Hex
    """SHA-256 of its bytes."""


class Accuracy(_Value):
    """How often the largest output was the labelled one, over inferences on the target."""

    correct: Count
    total: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _is_a_fraction(self) -> Self:
        if self.correct > self.total:
            raise ValueError(f"{self.correct} correct of {self.total}")
        return self


class Profile(_Value):
    """What one run showed.

    Cycles and instructions are those of the first inference. The others, if there are any, are
    checked and counted for accuracy.
    """

    schema_version: Literal[3] = SCHEMA_VERSION
    date: AwareDatetime
    model: ModelIdentity
    cfu: CfuIdentity
    kernels: tuple[str, ...]
    """File names of the overrides that were linked in, sorted."""
    kernels_digest: Hex
    """Of the overrides and the files they include from beside them; empty when there are none."""
    cpu: str
    board: str
    memory: Memory
    clock_hz: Annotated[int, Field(gt=0)]
    """The board's clock, by which cycles become time."""
    compiler: Compiler
    simulator: Simulator
    sources: Sources
    layers: Annotated[tuple[LayerProfile, ...], Field(min_length=1)]
    total_cycles: Count
    """Of one inference: its layers and whatever time between them was counted."""
    sizes: Sizes
    inferences: Annotated[int, Field(ge=1)] = 1
    inputs: tuple[InputFile, ...]
    outputs: tuple[OutputTensor, ...]
    accuracy: Accuracy | None = None
    text: str = ""
    """What kernels printed, over all inferences."""
    recorded: bool = False
    """Whether the run was simulated before and its record used, with the time it took then."""
    confirmed_by: Simulator | None = None
    """Another simulator that counted and computed the same in every layer, if one was asked."""
    simulated_cycles: Count
    """Of the whole run, start-up and all inferences included; 0 on a board."""
    simulated_instructions: Count | None = None
    """Those that ended in that time; `None` if the simulator does not count them."""
    wall_seconds: Mapping[str, Seconds]
    """By phase; the simulator's own is "simulate"."""
    tools: Mapping[str, str]
    """Version of each tool that had a part in it."""
    synthesis: SynthReport | None = None
    """Area and speed of the same hardware on the board's FPGA; `None` if that was not asked for."""

    @model_validator(mode="before")
    @classmethod
    def _reads_older_files(cls, content: object) -> object:
        # What later versions added may be left out, so that one of an earlier is one of this.
        if isinstance(content, dict) and content.get("schema_version") in (1, 2):
            return {**content, "schema_version": SCHEMA_VERSION}
        return content

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Return the per-layer table as notebooks show it, and as a terminal of IPython does."""
        from profiles.table import layer_table  # which is made of profiles

        # Told that this is no notebook: rich would show the table there by itself as well.
        console = Console(
            file=io.StringIO(), record=True, width=_NOTEBOOK_WIDTH, force_jupyter=False
        )
        console.print(layer_table(self, width=_NOTEBOOK_WIDTH))
        return {
            "text/plain": console.export_text(clear=False),
            "text/html": console.export_html(inline_styles=True, code_format=_NOTEBOOK_HTML),
        }

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if [layer.index for layer in self.layers] != list(range(len(self.layers))):
            raise ValueError("layers are not numbered 0, 1, 2, … in order")
        in_layers = sum(layer.cycles for layer in self.layers)
        if self.total_cycles < in_layers:
            raise ValueError(
                f"{self.total_cycles} total_cycles are less than the layers' {in_layers}"
            )
        return self

    @property
    def bit_exact(self) -> bool:
        """Whether every layer was compared and equals TensorFlow Lite Micro's."""
        return all(layer.bit_exact is True for layer in self.layers)

    @property
    def mismatched_layers(self) -> tuple[LayerProfile, ...]:
        """The layers that differ from TensorFlow Lite Micro."""
        return tuple(layer for layer in self.layers if layer.bit_exact is False)

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def instructions(self) -> int | None:
        counts = [layer.instructions for layer in self.layers]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def milliseconds(self) -> float:
        """One inference at the board's clock."""
        return self.total_cycles / self.clock_hz * 1e3

    @property
    def simulated_hz(self) -> float | None:
        """Simulated cycles per second of wall time, `None` if unknown."""
        seconds = self.wall_seconds.get("simulate", 0.0)
        return self.simulated_cycles / seconds if seconds and self.simulated_cycles else None

    @property
    def simulated_instructions_per_second(self) -> float | None:
        """Of wall time, `None` if unknown."""
        seconds = self.wall_seconds.get("simulate", 0.0)
        count = self.simulated_instructions
        return count / seconds if seconds and count else None

    @property
    def title(self) -> str:
        """How tables name this run: CFU and kernels, such as "simd_mac" or "baseline"."""
        if self.cfu.name == "none":
            return f"no CFU, {len(self.kernels)} kernels" if self.kernels else BASELINE
        return self.cfu.name if self.kernels else f"{self.cfu.name}, no kernels"
