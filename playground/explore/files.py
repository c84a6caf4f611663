"""The files of a user's that a design is made of, to digest them and to send them elsewhere."""

from __future__ import annotations

__all__ = ["Bundle", "design_files", "pack", "unpack"]

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.design import NO_CFU, Design
from toolchain import ArtifactCache, digest

_ROOT = Path(__file__).parents[2]
_PACKAGES = frozenset({"firmware", "gateware", "playground"})  # of ours, those with files to name
_GATEWARE = frozenset({".py", ".v", ".sv", ".vh", ".svh", ".toml"})
_KERNELS = frozenset({".cc", ".h"})


def design_files(design: Design) -> Mapping[str, Path]:
    """Return the files that a design depends on and that do not come with the playground.

    Returns
    -------
    mapping
        From the place a file has in a `Bundle` to the file.
    """
    found: dict[str, Path] = {}
    if not _is_ours(design.model):
        found[f"model/{design.model.name}"] = design.model
    for number, path in enumerate(design.inputs):
        if not _is_ours(path):
            found[f"inputs/{number}/{path.name}"] = path
    if design.kernels is not None and not _is_ours(design.kernels):
        found |= _tree("kernels", design.kernels, _KERNELS)
    if design.cfu != NO_CFU and Path(design.cfu.partition(":")[0]).suffix:
        found |= _tree("cfu", design.cfu_directory, _GATEWARE)
    return found


def _is_ours(path: Path) -> bool:
    resolved = path.resolve()
    if not resolved.is_relative_to(_ROOT):
        return False
    return resolved.relative_to(_ROOT).parts[:1] in {(name,) for name in _PACKAGES}


def _tree(place: str, directory: Path, suffixes: frozenset[str]) -> dict[str, Path]:
    return {
        f"{place}/{path.relative_to(directory).as_posix()}": path
        for path in sorted(directory.rglob("*"))
        if path.suffix in suffixes
        and path.is_file()
        and not any(part.startswith((".", "__")) for part in path.relative_to(directory).parts)
    }


@dataclass(frozen=True)
class Bundle:
    """A design with the content of its files, which another machine can unpack.

    Attributes
    ----------
    design
        Paths in it are relative, to the playground's tree or to the bundle's directory.
    files
        Content by place.
    """

    design: Design
    files: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """Of everything."""
        fields = {
            field.name: _digestible(getattr(self.design, field.name))
            for field in dataclasses.fields(Design)
            if field.name not in ("trace", "port", "fresh")
        }
        return digest("bundle", fields, dict(self.files))


def _digestible(value: object) -> object:
    if isinstance(value, Path):
        return str(value)  # the place; what the file holds is digested with the bundle
    return [str(item) for item in value] if isinstance(value, tuple) else value


def pack(design: Design) -> Bundle:
    """Return a design with its files.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    files = design_files(design)
    places = {path: place for place, path in files.items()}

    def moved(path: Path) -> Path:
        if path in places:
            return Path("bundle", places[path])
        return Path("tree", path.resolve().relative_to(_ROOT)) if _is_ours(path) else path

    kernels = design.kernels
    if kernels is not None:
        kernels = moved(kernels) if _is_ours(kernels) else Path("bundle", "kernels")
    own_cfu = any(place.startswith("cfu/") for place in files)
    return Bundle(
        dataclasses.replace(
            design,
            model=moved(design.model),
            inputs=tuple(map(moved, design.inputs)),
            kernels=kernels,
            cfu_directory=Path("bundle", "cfu") if own_cfu else Path(),
        ),
        {place: path.read_bytes() for place, path in files.items()},
    )


def unpack(bundle: Bundle, *, cache: ArtifactCache) -> Design:
    """Return a bundle's design with its files on this machine."""

    def produce(directory: Path) -> None:
        for place, content in bundle.files.items():
            path = directory / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    directory = cache.build("bundle", digest("bundle files", dict(bundle.files)), produce)

    def placed(path: Path) -> Path:
        match path.parts[:1]:
            case ("bundle",):
                return directory.joinpath(*path.parts[1:])
            case ("tree",):
                return _ROOT.joinpath(*path.parts[1:])
        return path

    design = bundle.design
    return dataclasses.replace(
        design,
        model=placed(design.model),
        inputs=tuple(map(placed, design.inputs)),
        kernels=placed(design.kernels) if design.kernels is not None else None,
        cfu_directory=placed(design.cfu_directory),
    )
