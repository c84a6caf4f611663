"""What a profile was made from, found again by its digests."""

from __future__ import annotations

__all__ = ["Origins", "find_origins", "origins_of"]

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gateware
from playground.catalog import catalog
from playground.design import NO_CFU, Design
from playground.overrides import kernel_overrides
from playground.project import find_project
from playground.resolve import project_design, shipped_kernels
from playground.run_profile import kernels_digest
from profiles import Profile
from toolchain import ArtifactCache, PlaygroundError


@dataclass(frozen=True)
class Origins:
    """The files that a run was made of.

    Attributes
    ----------
    model
        `None` if no file at hand is the one that ran.
    model_name
        What `cfu run` takes for it; empty if there is none.
    cfu
        What `--cfu` takes; `None` if no CFU at hand has the Verilog that ran.
    cfu_directory
        What file names in `cfu` are relative to.
    kernels
        Their directory; `None` if there were none, or none at hand are those that ran.
    kernels_name
        What `--kernels` takes; empty if they are not at hand.
    inputs
        Files that the run took its inputs from, if they are known and are not the model's own.
    missing
        What is not at hand, in words.
    """

    model: Path | None = None
    model_name: str = ""
    cfu: str | None = None
    cfu_directory: Path = Path()
    kernels: Path | None = None
    kernels_name: str = ""
    inputs: tuple[Path, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def design(self) -> Design | None:
        """As much of a design as an advice needs, `None` without model or CFU."""
        if self.model is None or self.cfu is None:
            return None
        return Design(
            model=self.model,
            cfu=self.cfu,
            cfu_directory=self.cfu_directory,
            kernels=self.kernels,
        )


def origins_of(design: Design, profile: Profile) -> Origins:
    """Return the origins of a run whose design is at hand."""
    name, inputs = _known_model(design.model)
    kernels = design.kernels if profile.kernels else None
    return Origins(
        model=design.model,
        model_name=name,
        cfu=design.cfu,
        cfu_directory=design.cfu_directory,
        kernels=kernels,
        kernels_name=_kernels_name(kernels),
        inputs=() if design.inputs == inputs else design.inputs,
    )


def find_origins(profile: Profile, *, project: Path | None = None) -> Origins:
    """Find what a run was made of: in a project, among what comes along, in the cache.

    What is found has the digest that the profile tells; for what is not, `missing` says so.
    """
    own = _project_design(project)
    missing = []
    model = next((path for path in _models(own) if _is_model(path, profile)), None)
    if model is None:
        missing.append(
            f"the model `{profile.model.name}` that ran is not at hand: no advice, arena and graph"
        )
    cfu = next((each for each in _cfus(profile, own) if _is_cfu(each, profile)), None)
    if cfu is None:
        missing.append(f"the CFU `{profile.cfu.name}` that ran is not at hand: no advice")
    kernels = next((each for each in _kernels(own) if _are_kernels(each, profile)), None)
    if kernels is None and profile.kernels:
        missing.append("the kernels that ran are not at hand: they are all taken to use the CFU")
    name, inputs = _known_model(model) if model is not None else ("", ())
    files = own.inputs if own is not None and model == own.model else ()
    is_own = files != inputs and [f.name for f in files] == [f.name for f in profile.inputs]
    return Origins(
        model=model,
        model_name=name,
        cfu=cfu[0] if cfu is not None else None,
        cfu_directory=cfu[1] if cfu is not None else Path(),
        kernels=kernels,
        kernels_name=_kernels_name(kernels) if kernels is not None or not profile.kernels else "",
        inputs=files if is_own else (),
        missing=tuple(missing),
    )


def _project_design(project: Path | None) -> Design | None:
    if project is None:
        return None
    try:
        return project_design(project)
    except PlaygroundError:
        return None  # it is another one than ran, in any case


def _models(own: Design | None) -> Iterator[Path]:
    if own is not None:
        yield own.model
    for entry in catalog(ArtifactCache.default()):
        if entry.path is not None:
            yield entry.path


def _is_model(path: Path, profile: Profile) -> bool:
    try:
        return (
            path.stem == profile.model.name
            and hashlib.sha256(path.read_bytes()).hexdigest() == profile.model.digest
        )
    except OSError:
        return False


def _known_model(path: Path) -> tuple[str, tuple[Path, ...]]:
    """Return what a model is called on the command line, and the inputs that it comes with."""
    for entry in catalog(ArtifactCache.default()):
        if entry.path is not None and entry.path.resolve() == path.resolve():
            return entry.name, entry.inputs
    return _shown(path), ()


def _cfus(profile: Profile, own: Design | None) -> Iterator[tuple[str, Path]]:
    name = profile.cfu.name
    if name == NO_CFU or _is_shipped(name):
        yield name, Path()
    elif own is not None:
        yield own.cfu, own.cfu_directory


def _is_cfu(candidate: tuple[str, Path], profile: Profile) -> bool:
    reference, directory = candidate
    if reference == NO_CFU or profile.cfu.name == NO_CFU:
        return reference == profile.cfu.name
    try:
        if _is_shipped(reference):
            return _shipped_digest(reference) == profile.cfu.digest
        return gateware.load_cfu(reference, directory=directory).digest == profile.cfu.digest
    except PlaygroundError:
        return False


def _is_shipped(reference: str) -> bool:
    return reference.partition(":")[0] in gateware.shipped_cfus()


@functools.lru_cache(maxsize=64)
def _shipped_digest(reference: str) -> str:
    """Return the digest of a CFU that comes along, which stays the same while we run."""
    return gateware.load_cfu(reference, directory=Path()).digest


def _kernels(own: Design | None) -> Iterator[Path]:
    if own is not None and own.kernels is not None:
        yield own.kernels
    yield from shipped_kernels().values()


def _are_kernels(directory: Path, profile: Profile) -> bool:
    files = [directory / name for name in profile.kernels if Path(name).name == name]
    if not files or len(files) < len(profile.kernels) or not all(map(Path.is_file, files)):
        return False
    try:
        return kernels_digest(kernel_overrides(files)) == profile.kernels_digest
    except (OSError, PlaygroundError):
        return False


def _kernels_name(directory: Path | None) -> str:
    if directory is None:
        return NO_CFU
    for name, path in shipped_kernels().items():
        if path.resolve() == directory.resolve():
            return name
    return _shown(directory)


def _shown(path: Path) -> str:
    """Return a path as one in its project would write it, which need not tell of the machine."""
    project = find_project(path if path.is_dir() else path.parent)
    if project is None:
        return path.name
    return str(path.resolve().relative_to(project))
