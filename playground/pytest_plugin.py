"""What pytest gives the tests of a project: bounds for its cycles.

    def test_the_first_convolution_stays_fast(assert_cycles):
        assert_cycles(layer=0, max=600_000)

Pytest finds the plugin by itself where the playground is installed, as it is in a clone's `.venv`.
"""

from __future__ import annotations

__all__ = ["AssertCycles", "assert_cycles"]

from typing import TYPE_CHECKING, Protocol

import pytest

# Nothing of the playground is imported before a test asks for it: pytest loads plugins always.
if TYPE_CHECKING:
    from playground.design import Design
    from profiles import Profile

_PROFILES: pytest.StashKey[dict[Design, Profile]] = pytest.StashKey()


class AssertCycles(Protocol):
    """Run a design once a session, and fail if it takes more cycles than some."""

    def __call__(
        self,
        design: Design | None = None,
        *,
        layer: int | str | None = None,
        max: int,  # noqa: A002 - as people read it in a test
    ) -> Profile:
        """Insist on an upper bound, and on every layer being bit-exact.

        Parameters
        ----------
        design
            The one of the project that the test is in if None; `playground.load_design` makes
            others.
        layer
            Index of a layer, or an operator ("CONV_2D"), of which all layers are added up; the
            whole inference if None.
        max
            Cycles that are still good.

        Returns
        -------
        Profile
            To look at more of it.
        """
        ...


@pytest.fixture
def assert_cycles(request: pytest.FixtureRequest) -> AssertCycles:
    """Return a function that holds designs to a number of cycles."""
    profiles = request.config.stash.setdefault(_PROFILES, {})

    def check(
        design: Design | None = None,
        *,
        layer: int | str | None = None,
        max: int,  # noqa: A002 - as people read it in a test
    ) -> Profile:
        __tracebackhide__ = True
        from playground.api import load_design, run
        from playground.project import find_project
        from toolchain import PlaygroundError

        wrong: PlaygroundError | None = None
        try:
            if design is None:
                project = find_project(request.path.parent)
                if project is None:
                    raise PlaygroundError(
                        f"`{request.path}` is in no project, and the test names no design",
                        hint="give `assert_cycles` a design of `playground.load_design`",
                    )
                design = load_design(project=project)
            if design not in profiles:
                profiles[design] = run(design)
            profile = profiles[design]
            what, cycles = _cycles(profile, layer)
        except PlaygroundError as error:
            wrong = error
        if wrong is not None:
            parts = (wrong.message, wrong.details, wrong.hint)
            pytest.fail("\n".join(part for part in parts if part), pytrace=False)
        if cycles > max:
            pytest.fail(
                f"{what} of `{profile.model.name}` takes {cycles:,} cycles "
                f"({profile.sources.cycles}), {cycles - max:,} more than {max:,}",
                pytrace=False,
            )
        return profile

    return check


def _cycles(profile: Profile, layer: int | str | None) -> tuple[str, int]:
    """Return what is meant, in words, and its cycles."""
    from toolchain import PlaygroundError

    if layer is None:
        return "an inference", profile.total_cycles
    if isinstance(layer, int):
        if not 0 <= layer < len(profile.layers):
            raise PlaygroundError(
                f"`{profile.model.name}` has no layer {layer}",
                hint=f"its layers are 0 to {len(profile.layers) - 1}",
            )
        found = profile.layers[layer]
        return f"layer {layer}, {found.operator},", found.cycles
    cycles = [each.cycles for each in profile.layers if each.operator == layer]
    if not cycles:
        operators = dict.fromkeys(each.operator for each in profile.layers)
        raise PlaygroundError(
            f"`{profile.model.name}` has no layer of operator `{layer}`",
            hint=f"its operators are {', '.join(operators)}",
        )
    return f"all of {layer}", sum(cycles)
