"""Profiles side by side, like with like."""

from __future__ import annotations

__all__ = ["Comparison", "Difference", "compare", "comparison_table"]

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from profiles.layout import Column, fitted_table
from profiles.profile import Profile, Provenance
from profiles.table import provenance_caption
from toolchain import PlaygroundError


@dataclass(frozen=True)
class Difference:
    """Something besides CFU and kernels in which a profile differs from the baseline.

    Attributes
    ----------
    position
        Of the profile in the comparison; 1 is the first after the baseline.
    """

    position: int
    what: str
    baseline: str
    other: str

    def __str__(self) -> str:
        return f"{self.what}: `{self.baseline}` in the baseline, `{self.other}` in #{self.position}"


@dataclass(frozen=True)
class Comparison:
    """Profiles of one model, the first of which is the baseline.

    Attributes
    ----------
    differences
        Empty when like is compared with like.
    names
        What tables call each profile.
    """

    profiles: tuple[Profile, ...]
    differences: tuple[Difference, ...]
    names: tuple[str, ...]

    @property
    def baseline(self) -> Profile:
        return self.profiles[0]

    def speedup(self, position: int, layer: int | None = None) -> float | None:
        """Return baseline's cycles over those of a profile, of a layer or (`None`) in all.

        `None` when the profile's or the baseline's result is wrong or unchecked there, since a
        wrong answer has no speed, or when it took no cycles.
        """
        pair = (self.baseline, self.profiles[position])
        if layer is None:
            cycles = [profile.total_cycles for profile in pair]
            exact = all(profile.bit_exact for profile in pair)
        else:
            cycles = [profile.layers[layer].cycles for profile in pair]
            exact = all(profile.layers[layer].bit_exact is True for profile in pair)
        return cycles[0] / cycles[1] if exact and cycles[1] else None


def compare(
    *profiles: Profile, allow_unlike: bool = False, names: Sequence[str] | None = None
) -> Comparison:
    """Put profiles side by side; the first is the baseline.

    Parameters
    ----------
    allow_unlike
        Accept different compilers, CPUs, boards, memories and so on; the comparison lists them.
    names
        What tables are to call each; by default, its CFU and kernels.

    Raises
    ------
    PlaygroundError
        For fewer than two profiles, for different models, and for anything else that differs
        besides CFU and kernels unless `allow_unlike`.
    """
    if len(profiles) < 2:
        raise PlaygroundError(
            "a comparison takes two profiles or more", hint="`cfu run --save FILE` writes one"
        )
    baseline = profiles[0]
    for position, other in enumerate(profiles[1:], start=1):
        if other.model.digest != baseline.model.digest:
            raise PlaygroundError(
                f"profiles of different models cannot be compared: `{baseline.model.name}` "
                f"({baseline.model.digest[:12]}) is the baseline's, `{other.model.name}` "
                f"({other.model.digest[:12]}) is #{position}'s",
                hint="run the same .tflite file for both",
            )
        if _operators(baseline) != _operators(other):
            raise PlaygroundError(
                f"#{position} does not have the baseline's layers though it has its model",
                hint="write both profiles anew with `cfu run --save`",
            )
    differences = tuple(
        difference
        for position, other in enumerate(profiles[1:], start=1)
        for difference in _differences(baseline, other, position)
    )
    if differences and not allow_unlike:
        raise PlaygroundError(
            f"these profiles differ in more than CFU and kernels: {differences[0]}",
            hint="`--allow-unlike` compares them all the same and lists what differs",
            details="\n".join(map(str, differences)),
        )
    titles = (profile.title for profile in profiles)
    return Comparison(
        profiles=profiles,
        differences=differences,
        names=tuple(names if names is not None else titles),
    )


def comparison_table(comparison: Comparison, *, width: int | None = None) -> Table:
    """Return the table of a comparison: cycles of each profile and speedups per layer.

    Parameters
    ----------
    width
        Characters in a line. In a narrow one, shapes and kernels are left out, in this order.
    """
    baseline = comparison.baseline
    layers = baseline.layers
    columns = [
        Column("#", [str(layer.index) for layer in layers], justify="right"),
        Column("operator", [layer.operator for layer in layers], "total"),
        Column("output", [layer.output_text for layer in layers], expendable=2),
    ]
    for position, profile in enumerate(comparison.profiles):
        mark = "" if profile.bit_exact else " (WRONG)" if profile.mismatched_layers else " (?)"
        columns.append(
            Column(
                f"#{position} {comparison.names[position]}{mark}\ncycles",
                [f"{layer.cycles:,}" for layer in profile.layers],
                f"{profile.total_cycles:,}",
                justify="right",
            )
        )
        if position:
            speedups = [_speedup(comparison.speedup(position, row)) for row in range(len(layers))]
            total = _speedup(comparison.speedup(position))
            columns += [
                Column("\nspeedup", speedups, total, justify="right"),
                Column("\nkernel", [layer.kernel for layer in profile.layers], expendable=1),
            ]
    return fitted_table(
        columns,
        title=f"{baseline.model.name} · speedups against #0 `{comparison.names[0]}`",
        caption=_caption(comparison),
        width=width,
    )


def _caption(comparison: Comparison) -> str:
    baseline, *others = comparison.profiles
    caption = provenance_caption(baseline)
    for position, profile in enumerate(others, start=1):
        if (profile.sources, profile.simulator) != (baseline.sources, baseline.simulator):
            counted = f"{profile.sources.cycles}, {profile.simulator.name}"
            caption += f"\ncycles of #{position}: {counted} {profile.simulator.version}"
    if comparison.differences:
        listed = "\n".join(f"  {difference}" for difference in comparison.differences)
        caption += f"\nNOT like with like, the profiles differ in\n{listed}"
    return caption


def _speedup(value: float | None) -> Text:
    if value is None:
        return Text("-", style="dim")
    style = "green" if value >= 1.05 else "red" if value <= 0.95 else ""
    return Text(f"{value:.2f}×", style=style)


def _operators(profile: Profile) -> list[str]:
    return [layer.operator for layer in profile.layers]


def _differences(baseline: Profile, other: Profile, position: int) -> list[Difference]:
    ours, theirs = _conditions(baseline), _conditions(other)
    return [
        Difference(position=position, what=what, baseline=ours[what], other=theirs[what])
        for what in ours
        if ours[what] != theirs[what]
    ]


def _conditions(profile: Profile) -> dict[str, str]:
    """Return what must be alike for a speedup to be the CFU's and the kernels' doing."""
    return {
        "compiler": f"{profile.compiler.name} {profile.compiler.version}",
        "compiler flags": " ".join(profile.compiler.flags),
        "CPU": profile.cpu,
        "board": profile.board,
        "memory": profile.memory.note,
        "clock": f"{profile.clock_hz} Hz",
        "provenance of cycles": _counted(profile),
        "inputs": ", ".join(file.digest[:12] for file in profile.inputs),
    }


def _counted(profile: Profile) -> str:
    """Return what cycles are cycles of: the fast simulator's are those of the RTL."""
    sources = {profile.sources.cycles, profile.sources.instructions}
    if sources <= {Provenance.RTL, Provenance.FAST}:
        return str(Provenance.RTL)
    return str(profile.sources.cycles)
