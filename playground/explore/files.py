"""The files of a user's that a design is made of, to digest them and to send them elsewhere."""

from __future__ import annotations

__all__ = ["Bundle", "design_files", "pack", "unpack"]

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.design import Design
from playground.sources import FileTree, cfu_file, cfu_tree, kernel_tree
from toolchain import ArtifactCache, PlaygroundError, digest

_ROOT = Path(__file__).parents[2]
_PACKAGES = frozenset({"firmware", "gateware", "playground"})  # of ours, those with files to name


def design_files(design: Design) -> Mapping[str, Path]:
    """Return the files that a design depends on and that do not come with the playground.

    Returns
    -------
    mapping
        From the place a file has in a `Bundle` to the file.

    Raises
    ------
    PlaygroundError
        If a file is named in a way that only holds on this machine.
    """
    return _files(design, _trees(design))


def _files(design: Design, trees: Mapping[str, FileTree]) -> Mapping[str, Path]:
    found: dict[str, Path] = {}
    if not _is_ours(design.model):
        found[f"model/{design.model.name}"] = design.model
    for number, path in enumerate(design.inputs):
        if not _is_ours(path):
            found[f"inputs/{number}/{path.name}"] = path
    for place, tree in trees.items():
        for path, file in tree.files.items():
            found[f"{place}/{path.relative_to(tree.root).as_posix()}"] = file
    return found


def _trees(design: Design) -> Mapping[str, FileTree]:
    """Return the trees of files that are sent as they are, by their places in a bundle."""
    trees: dict[str, FileTree] = {}
    if design.kernels is not None and not _is_ours(design.kernels):
        trees["kernels"] = kernel_tree(design.kernels)
    cfu = cfu_tree(design)
    if cfu is not None:
        trees["cfu"] = cfu
    for tree in trees.values():
        if tree.faults:
            raise PlaygroundError(
                f"this design's files cannot be sent along: {tree.faults[0]}",
                hint="name files relative to the file that names them, as in "
                '`#include "../common/table.inc"`, and without links',
            )
    return trees


def _is_ours(path: Path) -> bool:
    resolved = path.resolve()
    if not resolved.is_relative_to(_ROOT):
        return False
    return resolved.relative_to(_ROOT).parts[:1] in {(name,) for name in _PACKAGES}


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
    PlaygroundError
        As `design_files` does.
    OSError
        If a file cannot be read.
    """
    trees = _trees(design)
    files = _files(design, trees)
    places: dict[Path, str] = {}
    for place, path in files.items():
        places.setdefault(path, place)

    def moved(path: Path) -> Path:
        if path in places:
            return Path("bundle", places[path])
        return Path("tree", path.resolve().relative_to(_ROOT)) if _is_ours(path) else path

    def directory(place: str) -> Path:
        return Path("bundle", place, trees[place].directory.relative_to(trees[place].root))

    kernels = design.kernels
    if kernels is not None:
        kernels = directory("kernels") if "kernels" in trees else moved(kernels)
    cfu, file = design.cfu, cfu_file(design)
    if file is not None:
        _, colon, rest = cfu.partition(":")
        cfu = f"{file.relative_to(trees['cfu'].directory)}{colon}{rest}"
    return Bundle(
        dataclasses.replace(
            design,
            model=moved(design.model),
            inputs=tuple(map(moved, design.inputs)),
            kernels=kernels,
            cfu=cfu,
            cfu_directory=directory("cfu") if "cfu" in trees else Path(),
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
