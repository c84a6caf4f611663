"""Which files a C++ or assembler source includes, to know when it must be compiled again."""

from __future__ import annotations

__all__ = ["Inclusion", "included_files", "inclusions"]

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_DIRECTIVE = re.compile(
    rb"^\s*(?:#\s*(?:include|include_next|embed)|\.incbin|\.include)\s*"
    rb'(?:"([^"\n\0]{1,200})"|<([^>\n\0]{1,200})>)',
    re.MULTILINE,
)


def included_files(source: Path, directories: Sequence[Path]) -> tuple[tuple[str, Path], ...]:
    """Return the files that a source includes from directories or from beside the including file.

    Conditions are not evaluated, and directives in comments count: there may be files too many,
    whereas none is missing but those whose names come from macros. What is found nowhere, such as a
    header of the compiler, is left out.

    Parameters
    ----------
    directories
        Searched in this order, as by `-I`.

    Returns
    -------
    tuple
        What a directive says and the file it stands for, in the order in which they are met.
    """
    found = (each for each in inclusions(source, directories) if each.is_found)
    return tuple(dict.fromkeys((each.name, each.path.resolve()) for each in found))


@dataclass(frozen=True)
class Inclusion:
    """A directive and the file it stands for.

    Attributes
    ----------
    name
        What the directive says.
    path
        Where the file was found, as the compiler names it, with links and `..` in it; where it was
        looked for first if it was not found.
    """

    name: str
    path: Path
    is_found: bool


def inclusions(source: Path, directories: Sequence[Path]) -> tuple[Inclusion, ...]:
    """Return what `included_files` tells, and what was found nowhere, too."""
    found: dict[Inclusion, None] = {}
    unread, known = [source], {os.path.normpath(source)}
    for file in unread:  # which grows meanwhile
        for name, candidates in _directives(file, directories):
            included = next((path for path in candidates if path.is_file()), None)
            if included is None:
                found.update(
                    {Inclusion(name, path, is_found=False): None for path in candidates[:1]}
                )
                continue
            found[Inclusion(name, included, is_found=True)] = None
            if os.path.normpath(included) not in known:
                known.add(os.path.normpath(included))
                unread.append(included)
    return tuple(found)


def _directives(file: Path, directories: Sequence[Path]) -> Iterator[tuple[str, list[Path]]]:
    """Yield each included name and where it may be found, the first first."""
    for quoted, angled in _DIRECTIVE.findall(file.read_bytes()):
        name = (quoted or angled).decode(errors="replace")
        beside = [file.parent] if quoted else []
        yield name, [directory / name for directory in (*beside, *directories)]
