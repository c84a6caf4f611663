"""What files of a user's a design is made of: told by their endings, and by what names them."""

from __future__ import annotations

__all__ = [
    "GATEWARE_SUFFIXES",
    "KERNEL_SUFFIXES",
    "SUFFIXES",
    "FileTree",
    "cfu_file",
    "cfu_tree",
    "files_below",
    "kernel_tree",
]

import ast
import os
import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from firmware.includes import inclusions
from playground.design import NO_CFU, Design

KERNEL_SUFFIXES = frozenset({".c", ".cc", ".cpp", ".h", ".hh", ".hpp", ".inc"})
"""Of what kernels are made of, besides whatever they include."""

GATEWARE_SUFFIXES = frozenset(
    {
        *(".py", ".toml"),
        *(".v", ".sv", ".vh", ".svh"),
        *(".hex", ".mem", ".dat"),  # contents of memories
    }
)
"""Of what CFUs are made of, besides whatever their files name."""

SUFFIXES = KERNEL_SUFFIXES | GATEWARE_SUFFIXES | {".tflite", ".npy"}
"""Of all that designs are made of, models and inputs included."""

_VERILOG_SUFFIXES = frozenset({".v", ".sv", ".vh", ".svh"})
_LONGEST = 250  # name, which any system still looks for
_QUOTED = re.compile(r"""(["'])([^"'\n\\\0]{1,200})\1""")


@dataclass(frozen=True)
class FileTree:
    """Files that find each other by where they are.

    Attributes
    ----------
    directory
        The one that a design names, without links.
    files
        By where a file is looked for, an absolute path without `..`: the file that is there.
    missing
        Where something is looked for that is not there.
    faults
        Why the files cannot be put elsewhere as they are, in words.
    """

    directory: Path
    files: Mapping[Path, Path]
    missing: frozenset[Path] = frozenset()
    faults: tuple[str, ...] = ()

    @cached_property
    def root(self) -> Path:
        """The directory that they are all in: `directory`, or one above it."""
        return Path(os.path.commonpath([self.directory, *(path.parent for path in self.files)]))


def files_below(
    directory: Path, suffixes: Set[str], is_ignored: Callable[[str], bool]
) -> Iterator[Path]:
    """Yield the files with one of some suffixes in a directory and those below that count."""
    for parent, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if not is_ignored(name))
        yield from (Path(parent, name) for name in sorted(names) if Path(name).suffix in suffixes)


def kernel_tree(directory: Path) -> FileTree:
    """Return the files that the kernels in a directory are made of.

    Those are the ones that they include, wherever they are, and all of the usual names.
    """
    base = directory.resolve()
    collected = _Collected()
    collected.add_below(base, KERNEL_SUFFIXES)
    for kernel in sorted(base.glob("*.cc")):
        if not kernel.is_file():
            continue
        for included in inclusions(kernel, (base,)):
            if not included.is_found:
                collected.missing.add(_placed(included.path))
            elif Path(included.name).is_absolute():
                collected.files[included.path] = included.path
                collected.faults.append(
                    f"the kernel `{kernel.name}` includes `{included.name}`, which is elsewhere on "
                    "another machine"
                )
            else:
                collected.add(included.path)
    return collected.tree(base)


def cfu_tree(design: Design) -> FileTree | None:
    """Return the files that a design's CFU is made of, `None` if it is not one of the user's.

    Those are the ones that its file names, modules that it imports and sources in Verilog among
    them, wherever they are, and all of the usual names in the directory of the CFU. That is the one
    that its file name is relative to, or if it is not in there, the one that the file is in.
    """
    file = cfu_file(design)
    if file is None:
        return None
    base = design.cfu_directory.resolve()
    base = base if file.is_relative_to(base) else file.parent
    collected = _Collected()
    collected.add_below(base, GATEWARE_SUFFIXES)
    if not file.is_file():
        collected.missing.add(file)
        return collected.tree(base)
    collected.add(file)
    unread = [file]
    for each in unread:  # which grows meanwhile
        for named in _named_in(each, file.parent):
            if not named.is_file():
                if named.suffix in GATEWARE_SUFFIXES:
                    collected.missing.add(_placed(named))
            elif collected.add(named) and named.suffix in {".py", *_VERILOG_SUFFIXES}:
                unread.append(named)
    return collected.tree(base)


def cfu_file(design: Design) -> Path | None:
    """Return the file of a design's CFU, whether it is there or not, `None` if it has none."""
    name = design.cfu.partition(":")[0]
    if design.cfu == NO_CFU or not Path(name).suffix:
        return None
    return (design.cfu_directory / name).resolve()


@dataclass
class _Collected:
    files: dict[Path, Path] = field(default_factory=dict)
    missing: set[Path] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    named: set[Path] = field(default_factory=set)

    def add_below(self, directory: Path, suffixes: Set[str]) -> None:
        for path in files_below(directory, suffixes, _is_hidden):
            if not _is_hidden(path.name) and path.is_file():
                self.files[path] = path

    def add(self, path: Path) -> bool:
        """Add a file that is named; return whether it was not named before."""
        place = _placed(path)
        known = self.files.setdefault(place, path)
        if not known.samefile(path):
            self.faults.append(f"`{place}` would have to be `{known}` and `{path}` at once")
        is_new = place not in self.named
        self.named.add(place)
        return is_new

    def tree(self, directory: Path) -> FileTree:
        missing = frozenset(self.missing - self.files.keys())
        return FileTree(directory, self.files, missing, tuple(dict.fromkeys(self.faults)))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__"


def _placed(path: Path) -> Path:
    return Path(os.path.normpath(path))


def _named_in(file: Path, beside: Path) -> Iterator[Path]:
    """Yield where a file of a CFU may want others to be."""
    try:
        text = file.read_text(encoding="utf-8")
        names = list(_python_names(text, file, beside) if file.suffix == ".py" else _quoted(text))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return  # which a run will tell
    for name in names:
        if isinstance(name, Path):
            yield name
        elif Path(name).name and not Path(name).is_absolute() and len(name.encode()) < _LONGEST:
            yield file.parent / name


def _quoted(text: str) -> Iterator[str]:
    return (found[2].partition(":")[0] for found in _QUOTED.finditer(text))


def _python_names(text: str, file: Path, beside: Path) -> Iterator[str | Path]:
    """Yield the modules that Python imports, if they are the user's, and words that may be files.

    Parameters
    ----------
    beside
        The directory of the CFU's file, in which Python looks for modules first.
    """
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Constant(value=str(word)) if word.isprintable():
                yield word
            case ast.Import(names=aliases):
                for alias in aliases:
                    yield from _modules(beside, alias.name)
                    yield from _modules(file.parent, alias.name)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                start = file.parents[min(level, len(file.parents)) - 1] if level else file.parent
                for alias in aliases:
                    dotted = ".".join(filter(None, (module, alias.name)))
                    yield from _modules(start, dotted)
                    if not level:
                        yield from _modules(beside, dotted)


def _modules(start: Path, dotted: str) -> Iterator[Path]:
    """Yield where a module and the packages that it is in may be."""
    place = start
    for part in dotted.split("."):
        yield place / f"{part}.py"
        place /= part
        yield place / "__init__.py"
