"""Designs that are too large for their device."""

from __future__ import annotations

__all__ = ["DoesNotFit", "remembered_fit", "require_fit", "too_large"]

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from soc.synthesis.device import Device
from soc.synthesis.report import Split
from toolchain import ArtifactCache, PlaygroundError, ToolFailed

_UTILISATION = re.compile(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%", re.MULTILINE)
_KIND = "too_large"  # folder of the cache
_RECORD = "record.json"
_FULL = 0.9  # of what there is; nextpnr finds places for less
_TOO_DENSE = ("Unable to find legal placement", "failed to place")


class DoesNotFit(PlaygroundError):  # noqa: N818 - named for what happened
    """The design is too large for the device.

    Parameters
    ----------
    needs
        What there is too little of: "9,000 logic cells of 5,280 (3,720 too many)".
    """

    def __init__(self, device: str, needs: str, *, details: str) -> None:
        super().__init__(
            f"the design is too large for `{device}`: it needs {needs}",
            hint="a smaller CPU (`cfu list cpus`), a smaller CFU (`cfu synth --cfu-only` shows "
            "its cost), or a larger board (`cfu list boards`)",
            details=details,
        )
        self.device = device
        self.needs = needs


_Placed = TypeVar("_Placed")


def remembered_fit(place: Callable[[], _Placed], *, key: str, cache: ArtifactCache) -> _Placed:
    """Return what `place` returns; that it does not fit is found out once.

    Parameters
    ----------
    key
        Digest of what is placed, where and by what.

    Raises
    ------
    DoesNotFit
        If `place` raised it, now or before.
    """
    known = cache.find(_KIND, key)
    if known is not None:
        raise DoesNotFit(**json.loads((known / _RECORD).read_text(encoding="utf-8")))
    try:
        return place()
    except DoesNotFit as error:
        record = json.dumps(
            {"device": error.device, "needs": error.needs, "details": error.details}
        )
        cache.build(_KIND, key, lambda directory: _write(directory / _RECORD, record))
        raise


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def require_fit(device: Device, counts: Mapping[str, Split]) -> None:
    """Check a design that is not placed against the device's capacity, as far as it is known.

    Parameters
    ----------
    counts
        Cells by `CellType.name` and part of the system, after synthesis.

    Raises
    ------
    DoesNotFit
        If there are too few of anything, with how many.
    """
    over = [
        (name, split.total, device.capacity[name])
        for name, split in counts.items()
        if name in device.capacity and split.total > device.capacity[name]
    ]
    if over:
        raise _error(device, over, counts)


def too_large(error: ToolFailed, device: Device, counts: Mapping[str, Split]) -> DoesNotFit | None:
    """Return what to tell of a failure of nextpnr's, if it is that the design is too large.

    Parameters
    ----------
    counts
        As in `require_fit`.
    """
    log = error.details or ""
    names = {cell.name: str(cell.kind) for cell in device.family.placed}
    needed = [
        (names.get(name, name), int(used), int(available))
        for name, used, available in _UTILISATION.findall(log)
    ]
    over = [each for each in needed if each[1] > each[2]]
    if over:
        return _error(device, over, counts)
    if needed and any(words in log for words in _TOO_DENSE):
        known = [each for each in needed if each[2]]
        fullest = max(known, key=lambda each: each[1] / each[2], default=needed[0])
        nearly_all = [
            f"{used:,} {kind} of {all_:,}"
            for kind, used, all_ in needed
            if (all_ and used >= _FULL * all_) or (kind, used, all_) == fullest
        ]
        needs = f"{' and '.join(nearly_all)}, for which nextpnr finds no places"
        return _does_not_fit(device, needs, counts)
    return None


def _error(
    device: Device, over: Iterable[tuple[str, int, int]], counts: Mapping[str, Split]
) -> DoesNotFit:
    needs = " and ".join(
        f"{used:,} {kind} of {available:,} ({used - available:,} too many)"
        for kind, used, available in over
    )
    return _does_not_fit(device, needs, counts)


def _does_not_fit(device: Device, needs: str, counts: Mapping[str, Split]) -> DoesNotFit:
    return DoesNotFit(
        device.name,
        needs,
        details="\n".join(
            f"{name}: {split.total:,}, of these {split.soc:,} in the SoC, {split.cpu:,} in the "
            f"CPU, {split.cfu:,} in the CFU (synthesis)"
            for name, split in counts.items()
        ),
    )
