"""The one flow: from a design to its profile."""

from __future__ import annotations

__all__ = ["run_design"]

from playground.design import Design
from playground.progress import Progress
from profiles import Profile
from toolchain import ArtifactCache


def run_design(design: Design, *, cache: ArtifactCache, progress: Progress) -> Profile:
    """Build a design, run it and compare every layer with TensorFlow Lite Micro.

    Parameters
    ----------
    progress
        Told of each phase; its `seconds` become the profile's `wall_seconds`.

    Returns
    -------
    Profile
        Layers that differ are marked in it; `profiles.require_exact` refuses such a profile.

    Raises
    ------
    PlaygroundError
        For anything that keeps the design from running to its end.
    """
    raise NotImplementedError
