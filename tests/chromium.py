"""A headless Chromium for tests of pages."""

from __future__ import annotations

__all__ = ["PageLog", "chromium", "watched_page"]

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass
class PageLog:
    """What a page did beside being shown.

    Attributes
    ----------
    complaints
        What it wrote to the console, and its uncaught errors.
    requests
        Addresses of what it asked for.
    """

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium that is installed; skip the test if there is none."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("Chromium is not installed; `apt-get install chromium` does that")
    # Playwright's own debugging output would be on the console of whoever runs the tests.
    environment = {key: value for key, value in os.environ.items() if key != "DEBUG"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=_FLAGS, env=dict(environment)
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched_page(browser: Browser, **options: Any) -> Iterator[tuple[Page, PageLog]]:
    """Open an empty page in a profile of its own, and note what it does.

    Parameters
    ----------
    options
        Of the browser's context, such as its `color_scheme`.
    """
    context = browser.new_context(**options)
    page, log = context.new_page(), PageLog()
    page.on("console", lambda message: log.complaints.append(message.text))
    page.on("pageerror", lambda error: log.complaints.append(str(error)))
    page.on("request", lambda request: log.requests.append(request.url))
    try:
        yield page, log
    finally:
        context.close()
