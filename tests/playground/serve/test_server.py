from __future__ import annotations

import socket

import pytest

from playground.serve import listen
from toolchain import PlaygroundError


def test_a_free_port_is_found() -> None:
    with listen("127.0.0.1", 0) as listening:
        address, port = listening.getsockname()
        assert address == "127.0.0.1"
        with socket.create_connection((address, port)):
            pass


def test_a_port_in_use() -> None:
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(PlaygroundError) as caught:
            listen("127.0.0.1", port)
    assert caught.value.message == f"port {port} of `127.0.0.1` is in use"
    assert f"`--port {port + 1}`" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("192.0.2.1", "`192.0.2.1` is no address of this machine"),
        ("no such host", "there is no host `no such host`"),
    ],
)
def test_a_host_that_is_another(host: str, message: str) -> None:
    with pytest.raises(PlaygroundError, match=message):
        listen(host, 0)
