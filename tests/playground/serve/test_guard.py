from __future__ import annotations

import socket

import pytest

from playground.serve.guard import HostRule

_LOOPBACK = HostRule("127.0.0.1", "127.0.0.1")
_ALL = HostRule("0.0.0.0", "0.0.0.0")


@pytest.mark.parametrize(
    "header", ["localhost", "LOCALHOST:8700", "127.0.0.1", "127.0.0.1:1", "[::1]:8700", "127.0.0.2"]
)
def test_names_of_this_machine(header: str) -> None:
    assert _LOOPBACK.allows(header)
    assert _ALL.allows(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "evil.example:8700",
        "127.0.0.1.evil.example",
        "user@evil.example",
        "localhost@evil.example",
        "evil.example#localhost",
        "[::1",
        "[evil]",
    ],
)
def test_names_of_others(header: str) -> None:
    assert not _LOOPBACK.allows(header)
    assert not _ALL.allows(header)


def test_addresses_of_a_network() -> None:
    assert not _LOOPBACK.allows("192.168.1.5")
    assert _ALL.allows("192.168.1.5:8700")
    assert _ALL.allows(socket.gethostname())
    assert HostRule("box.lan", "192.168.1.5").allows("box.lan:8700")
    assert (_LOOPBACK.is_loopback, _ALL.is_loopback) == (True, False)
