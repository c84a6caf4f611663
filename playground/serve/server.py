"""Listening for browsers."""

from __future__ import annotations

__all__ = ["listen", "serve_project"]

import contextlib
import errno
import socket
from pathlib import Path

import uvicorn

from playground.serve.application import make_application
from playground.serve.guard import HostRule
from toolchain import PlaygroundError

_GRACE_SECONDS = 2


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, on a free port for port 0.

    Raises
    ------
    PlaygroundError
        If the port is in use or not for us, or the host is none of this machine's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise PlaygroundError(
            f"there is no host `{host}`", hint="`--host 127.0.0.1` is this machine alone"
        ) from error
    family, kind, protocol, _, address = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        raise _explained(error, host, port) from error
    return listening


def serve_project(project: Path, listening: socket.socket, *, host: str) -> None:
    """Answer until the process is asked to end.

    Parameters
    ----------
    host
        The name by which the user knows the socket.
    """
    rule = HostRule(host, listening.getsockname()[0])
    config = uvicorn.Config(
        make_application(project, rule=rule),
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    # uvicorn ends in order, and then lets the signal through that asked it to.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def _explained(error: OSError, host: str, port: int) -> PlaygroundError:
    match error.errno:
        case errno.EADDRINUSE:
            return PlaygroundError(
                f"port {port} of `{host}` is in use",
                hint=f"`--port {port + 1}` is another one, `--port 0` any that is free",
            )
        case errno.EACCES:
            return PlaygroundError(
                f"port {port} is not for this user", hint="take one above 1023: `--port 8700`"
            )
        case errno.EADDRNOTAVAIL:
            return PlaygroundError(
                f"`{host}` is no address of this machine",
                hint="`--host 127.0.0.1` is this machine alone, `--host 0.0.0.0` all its addresses",
            )
    return PlaygroundError(f"cannot listen on port {port} of `{host}`: {error.strerror}")
