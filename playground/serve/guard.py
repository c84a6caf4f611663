"""What a server of pages answers at all."""

from __future__ import annotations

__all__ = ["Guard", "HostRule"]

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from profiles.report import security_policy

_METHODS = ("GET", "HEAD")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"{security_policy(is_served=True)}; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class HostRule:
    """Which names a request may call the server by.

    A page elsewhere can have its own name lead to this machine (DNS rebinding), and would then
    read what is served here. Its requests carry that name, so that they can be told.

    Attributes
    ----------
    host
        Where the server listens, as the user said it.
    address
        The same as an IP address.
    """

    host: str
    address: str

    @property
    def is_loopback(self) -> bool:
        """Whether no other machine can reach the server."""
        return ipaddress.ip_address(self.address).is_loopback

    def allows(self, header: str) -> bool:
        """Tell whether the `Host` header of a request is one that a user's browser would send."""
        try:
            name = urlsplit(f"//{header}").hostname
        except ValueError:
            return False
        if name is None:
            return False
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            own = {"localhost", self.host.lower()}
            return name in (own if self.is_loopback else {*own, socket.gethostname().lower()})
        # Nobody can make an address of his own lead here.
        return address.is_loopback or not self.is_loopback


class Guard:
    """Lets through what only reads, from a browser that was told this server's own name.

    Every answer gets the headers that keep other pages and scripts out of it.
    """

    def __init__(self, application: ASGIApp, *, rule: HostRule) -> None:
        self._application = application
        self._rule = rule

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; see the ASGI specification."""
        if scope["type"] != "http":
            return  # no web sockets, no lifespan

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        refused: PlainTextResponse | None = None
        if len(hosts) != 1 or not self._rule.allows(hosts[0]):
            refused = PlainTextResponse("This server does not go by that name.\n", status_code=421)
        elif scope["method"] not in _METHODS:
            refused = PlainTextResponse(
                "There is nothing here but to be read.\n",
                status_code=405,
                headers={"Allow": ", ".join(_METHODS)},
            )
        elif _is_of_another_page(headers):
            refused = PlainTextResponse("This is not for other pages.\n", status_code=403)
        await (refused or self._application)(scope, receive, send_guarded)


def _is_of_another_page(headers: Headers) -> bool:
    """Tell whether a page elsewhere asks, as for a picture, and not for a link that is followed.

    It could not read the answer, but keep us busy with it.
    """
    site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
    return site in ("cross-site", "same-site") and mode != "navigate"
