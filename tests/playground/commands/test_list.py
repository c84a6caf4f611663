from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from boards import board_names
from firmware.operators import supported_operators
from gateware import shipped_cfus
from playground.catalog import catalog_names
from playground.resolve import shipped_kernels
from soc import cpu_names
from tests.playground.conftest import FakeFlow, Ran

Cfu = Callable[..., Ran]


@pytest.mark.parametrize(
    ("kind", "column", "names"),
    [
        ("models", "name", catalog_names()),
        ("cfus", "name", ("none", *shipped_cfus())),
        ("kernels", "name", tuple(shipped_kernels())),
        ("boards", "name", board_names()),
        ("cpus", "name", cpu_names()),
        ("operators", "operator", tuple(sorted(supported_operators()))),
    ],
)
def test_each_kind_is_listed(
    kind: str, column: str, names: tuple[str, ...], cfu: Cfu, flow: FakeFlow
) -> None:
    assert names
    written = json.loads(cfu("list", kind, "--json").out)
    assert list(written) == [kind]
    assert tuple(row[column] for row in written[kind]) == names
    table = cfu("list", kind).out
    assert all(name in table for name in names)


def test_all_kinds_are_listed(cfu: Cfu, flow: FakeFlow) -> None:
    written = json.loads(cfu("list", "--json").out)
    assert list(written) == ["models", "cfus", "kernels", "boards", "cpus", "operators"]


def test_every_kernel_that_comes_along_is_named_after_an_operator(cfu: Cfu, flow: FakeFlow) -> None:
    written = json.loads(cfu("list", "--json").out)
    files = {row["kernel"] for row in written["operators"]}
    for row in written["kernels"]:
        assert set(row["files"].split(", ")) <= files
