"""A project's history as pages, on this machine."""

from __future__ import annotations

__all__ = ["HostRule", "listen", "make_application", "serve_project"]

from playground.serve.application import make_application
from playground.serve.guard import HostRule
from playground.serve.server import listen, serve_project
