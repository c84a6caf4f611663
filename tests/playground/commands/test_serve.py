from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from profiles import History, RunContext
from tests.chromium import chromium, watched_page
from tests.playground.conftest import FakeFlow, Ran
from tests.profiles.examples import example_profile

Cfu = Callable[..., Ran]


def test_it_needs_a_project(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("serve")
    assert ran.code == 1
    assert ran.err.startswith("error: there is nothing to serve: this is no project")


def test_a_port_in_use(cfu: Cfu, flow: FakeFlow) -> None:
    Path("cfu.toml").write_text('model = "digits_cnn"\n')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = cfu("serve", "--port", str(port))
    assert ran.code == 1
    assert ran.err.startswith(f"error: port {port} of `127.0.0.1` is in use")


def test_others_are_let_in_with_a_warning_only(
    cfu: Cfu, flow: FakeFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("cfu.toml").write_text('model = "digits_cnn"\n')
    served: list[str] = []
    monkeypatch.setattr(
        "playground.serve.serve_project", lambda project, listening, host: served.append(host)
    )
    assert "warning" not in cfu("serve", "--port", "0").err
    ran = cfu("serve", "--host", "0.0.0.0", "--port", "0")
    assert ran.err.startswith("warning: whoever can reach 0.0.0.0 can read this project's runs")
    assert served == ["127.0.0.1", "0.0.0.0"]


@contextmanager
def _serving(project: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", "serve", "--port", "0"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "cfu.toml").write_text('model = "digits_cnn"\n')
    History.open(tmp_path).record(example_profile(), RunContext())
    return tmp_path


def test_a_real_server_until_it_is_asked_to_end(project: Path) -> None:
    with _serving(project) as (address, process):
        assert "baseline" in httpx.get(address).text
        assert httpx.get(address, headers={"Host": "evil.example"}).status_code == 421
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
        assert process.returncode == 0, told
        assert told == f"serving the runs of `{project.name}`; Ctrl-C ends it\n"


def test_a_browser_sees_a_new_run_by_itself(project: Path) -> None:
    with (
        _serving(project) as (address, _),
        chromium() as browser,
        watched_page(browser) as (page, log),
    ):
        page.goto(address)
        assert page.locator("tbody tr").count() == 1
        History.open(project).record(example_profile(clock_hz=50_000_000), RunContext())
        page.locator("a[href='/runs/2']").click()
        page.locator("h1 >> text=kws").wait_for()
        History.open(project).record(example_profile(clock_hz=25_000_000), RunContext())
        page.locator("#changed >> text=A new run was recorded").wait_for()
        page.locator("#changed a").click()
        page.locator("a[href='/runs/3']").wait_for()
        page.locator("input").nth(0).check()
        page.locator("input").nth(2).check()
        page.locator("button[type=submit]").click()
        page.locator("text=NOT like with like").first.wait_for()
        assert log.complaints == []
        assert all(each.startswith(address) for each in log.requests)
