"""The addresses of a project's pages."""

from __future__ import annotations

__all__ = ["make_application"]

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from playground.serve.guard import Guard, HostRule
from playground.serve.pages import Pages
from toolchain import PlaygroundError


def make_application(project: Path, *, rule: HostRule) -> ASGIApp:
    """Return the ASGI application that shows a project's history, and changes nothing."""
    pages = Pages(project)

    def answer(make: Callable[[Request], str]) -> Callable[[Request], Response]:
        # Functions that are not coroutines run in a thread each.
        def endpoint(request: Request) -> Response:
            try:
                return HTMLResponse(make(request))
            except PlaygroundError as error:
                return HTMLResponse(pages.problem(error), status_code=404)

        return endpoint

    def state(request: Request) -> Response:
        try:
            return PlainTextResponse(pages.state())
        except PlaygroundError as error:
            return PlainTextResponse(f"{error.message}\n", status_code=503)

    application = Starlette(
        routes=[
            Route("/", answer(lambda request: pages.runs())),
            Route("/runs/{number}", answer(lambda r: pages.run(_number(r.path_params["number"])))),
            Route("/compare", answer(lambda request: pages.comparison(_numbers(request)))),
            Route("/state", state),
        ]
    )
    return Guard(application, rule=rule)


def _numbers(request: Request) -> list[int]:
    return sorted(map(_number, request.query_params.getlist("run")))


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 18):
        raise PlaygroundError(f"`{word}` is no run's number", hint="choose runs from the list")
    return int(word)
