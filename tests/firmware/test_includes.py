"""What a source is seen to include."""

from __future__ import annotations

from pathlib import Path

from firmware.includes import included_files


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_includes_are_followed_round_in_circles(tmp_path: Path) -> None:
    deep = _write(tmp_path / "parts/deep.inc", '#include "../round.h"\n#include "gone.h"\n')
    circle = _write(tmp_path / "round.h", '# include "parts/deep.inc"\n')
    source = _write(tmp_path / "kernel.cc", '  #  include"parts/deep.inc" // text\n')
    assert included_files(source, []) == (("parts/deep.inc", deep), ("../round.h", circle))


def test_quoted_names_are_looked_for_beside_the_file_first(tmp_path: Path) -> None:
    beside = _write(tmp_path / "a/x.h", "")
    first = _write(tmp_path / "b/x.h", "")
    _write(tmp_path / "c/x.h", "")
    source = _write(tmp_path / "a/quoted.cc", '#include "x.h"\n')
    directories = [tmp_path / "b", tmp_path / "c"]
    assert included_files(source, directories) == (("x.h", beside),)
    source = _write(tmp_path / "a/angled.cc", "#include <x.h>\n#include <vector>\n")
    assert included_files(source, directories) == (("x.h", first),)


def test_data_that_the_assembler_includes_counts(tmp_path: Path) -> None:
    data = _write(tmp_path / "constants.bin", "\0\1")
    source = _write(tmp_path / "constants.S", '    .incbin "constants.bin"\n')
    assert included_files(source, [tmp_path]) == (("constants.bin", data),)
