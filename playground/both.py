"""A design on both simulators, which must agree."""

from __future__ import annotations

__all__ = ["SimulatorsDiffer", "run_both"]

from collections.abc import Sequence
from dataclasses import replace

from firmware.model import Model
from playground.design import FAST_SIMULATOR, RTL_SIMULATOR, Design
from playground.errors import INTERNAL_ERROR
from playground.flow import simulate_design
from playground.progress import Progress
from playground.run_profile import Ran, profile_of
from profiles import Profile
from profiles import Simulator as SimulatorIdentity
from sim.agreement import Disagreement, disagreements
from sim.diagnosis import FaultFound, RunFailed
from toolchain import ArtifactCache, PlaygroundError

_LISTED = 40
_HINT = (
    "this is a fault of the playground's, not of your design: please report it; "
    f"`--simulator {RTL_SIMULATOR}` counts what the hardware does"
)


class SimulatorsDiffer(PlaygroundError):  # noqa: N818 - named for what happened
    """The fast simulator did not count or compute what the RTL does, which is a fault of ours."""

    exit_code = INTERNAL_ERROR


def run_both(design: Design, *, cache: ArtifactCache, progress: Progress) -> Profile:
    """Run a design on the fast simulator and on the RTL, and insist on their doing the same.

    Parameters
    ----------
    design
        Whatever simulator it names.

    Returns
    -------
    Profile
        Of the RTL, confirmed by the fast simulator.

    Raises
    ------
    SimulatorsDiffer
        If cycles, instructions or outputs of any layer differ, with all those layers.
    PlaygroundError
        If one of the two cannot run it; otherwise as `run_design`.
    """
    fast, rtl = (
        _outcome(replace(design, simulator=name), cache, progress)
        for name in (FAST_SIMULATOR, RTL_SIMULATOR)
    )
    if isinstance(rtl, RunFailed) and isinstance(fast, RunFailed):
        raise rtl
    if isinstance(rtl, RunFailed) or isinstance(fast, RunFailed):
        raise _one_failed(fast, rtl)
    found = disagreements(fast.result, rtl.result)
    if found:
        raise _difference(found, rtl.built.model)
    confirmed = SimulatorIdentity(name=fast.simulator.name, version=fast.simulator.version)
    return profile_of(rtl, progress.seconds).model_copy(update={"confirmed_by": confirmed})


def _outcome(design: Design, cache: ArtifactCache, progress: Progress) -> Ran | RunFailed:
    """Return what a run showed or why it ended early; what hardware survives ends here, too."""
    try:
        return simulate_design(design, cache=cache, progress=progress)
    except FaultFound:
        raise
    except RunFailed as error:
        return error


def _one_failed(fast: Ran | RunFailed, rtl: Ran | RunFailed) -> SimulatorsDiffer:
    outcomes = {FAST_SIMULATOR: fast, RTL_SIMULATOR: rtl}
    return SimulatorsDiffer(
        "the simulators differ in how the run ends: "
        + ", ".join(
            f"by `{name}` {outcome.message if isinstance(outcome, RunFailed) else 'it ends well'}"
            for name, outcome in outcomes.items()
        ),
        hint=_HINT,
    )


def _difference(found: Sequence[Disagreement], model: Model) -> SimulatorsDiffer:
    lines = [_line(each, model) for each in found]
    layers = {each.layer for each in found}
    return SimulatorsDiffer(
        f"the simulators differ in {len(layers)} of {len(model.layers)} layers of "
        f"`{model.name}`, first in {lines[0]}"
        if None not in layers
        else f"the simulators differ in `{model.name}` {lines[0]}",
        hint=_HINT,
        details="\n".join([*lines[:_LISTED], *(["..."] if len(lines) > _LISTED else [])]),
    )


def _line(found: Disagreement, model: Model) -> str:
    inference = f"inference {found.inference}, " if found.inference else ""
    where = (
        "outside its layers"
        if found.layer is None
        else f"{inference}layer {found.layer} {model.layers[found.layer].operator}"
    )
    return (
        f"{where}: {found.what} {found.one} by `{FAST_SIMULATOR}`, {found.other} by "
        f"`{RTL_SIMULATOR}`"
    )
