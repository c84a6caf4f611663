"""Which files a C++ or assembler source includes, to know when it must be compiled again."""

from __future__ import annotations

__all__ = ["included_files"]

import re
from collections.abc import Iterator, Sequence
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
    found: dict[tuple[str, Path], None] = {}
    unread, known = [source], {source.resolve()}
    for file in unread:  # which grows meanwhile
        for name, candidates in _directives(file, directories):
            included = next((path for path in candidates if path.is_file()), None)
            if included is None:
                continue
            found[name, included.resolve()] = None
            if included.resolve() not in known:
                known.add(included.resolve())
                unread.append(included)
    return tuple(found)


def _directives(file: Path, directories: Sequence[Path]) -> Iterator[tuple[str, list[Path]]]:
    """Yield each included name and where it may be found, the first first."""
    for quoted, angled in _DIRECTIVE.findall(file.read_bytes()):
        name = (quoted or angled).decode(errors="replace")
        beside = [file.parent] if quoted else []
        yield name, [directory / name for directory in (*beside, *directories)]
