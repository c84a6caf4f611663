from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from playground.serve import HostRule, make_application
from playground.serve.pages import Pages
from profiles import CfuIdentity, History, Profile, RunContext
from tests.profiles.examples import example_layer, example_profile
from tests.profiles.report.reports import HOSTILE

_NAME = HOSTILE.replace("\ud800", "")


def _faster(**changes: object) -> Profile:
    layers = (example_layer(0, cycles=862_000, kernel="conv_2d.cc"),)
    base = {"cfu": CfuIdentity(name="dot4", digest="12" * 32), "kernels": ("conv_2d.cc",)}
    return example_profile(**base | {"layers": layers} | changes)


def _baseline() -> Profile:
    return example_profile(layers=(example_layer(0),))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "keyword"
    directory.mkdir()
    (directory / "cfu.toml").write_text('model = "absent.tflite"\n')
    return directory


def _ask(
    project: Path,
    path: str,
    *,
    method: str = "GET",
    host: str = "127.0.0.1:8700",
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    application = make_application(project, rule=HostRule("127.0.0.1", "127.0.0.1"))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, headers={"Host": host, **(headers or {})})

    return asyncio.run(ask())


def _record(project: Path, *profiles: Profile) -> None:
    history = History.open(project)
    for profile in profiles:
        history.record(profile, RunContext(git_revision="0123456789abcdef", is_dirty=True))


def test_a_project_without_runs_stays_as_it_is(project: Path) -> None:
    answer = _ask(project, "/")
    assert answer.status_code == 200
    assert "No runs yet." in answer.text
    assert _ask(project, "/state").text == "0"
    assert "there are no runs yet" in _ask(project, "/runs/1").text
    assert [path.name for path in project.iterdir()] == ["cfu.toml"]


def test_the_list_of_runs(project: Path) -> None:
    _record(project, _baseline(), _faster())
    text = _ask(project, "/").text
    assert re.findall(r'href="/runs/(\d+)">([^<]+)<', text) == [("2", "dot4"), ("1", "baseline")]
    assert ">862,000<" in text
    assert "0123456789 +" in text
    assert 'data-watched="2+' in text
    assert _ask(project, "/state").text.startswith("2+")


def test_a_new_run_changes_the_pages(project: Path) -> None:
    application_project = project
    _record(project, _baseline())
    before = _ask(application_project, "/").text
    _record(project, _faster())
    after = _ask(application_project, "/").text
    assert "dot4" not in before
    assert "dot4" in after


def test_a_run_that_is_repeated_changes_the_pages(project: Path) -> None:
    pages = Pages(project)
    _record(project, _baseline())
    before = pages.runs(), pages.state()
    _record(project, _baseline())
    assert "(once more)" not in before[0]
    assert "(once more)" in pages.runs()
    assert pages.state() != before[1]


def test_a_history_that_is_another_one_changes_the_pages(project: Path) -> None:
    pages = Pages(project)
    _record(project, _baseline())
    before = pages.runs(), pages.state()
    shutil.rmtree(project / ".cfu")  # as if it was moved away
    _record(project, _faster())
    assert "dot4" not in before[0]
    assert "dot4" in pages.runs()
    assert pages.state() != before[1]


def test_a_run_beside_its_baseline(project: Path) -> None:
    _record(project, _baseline(), _faster())
    text = _ask(project, "/runs/2").text
    assert "<h1>kws · dot4</h1>" in text
    assert "<b>10.00×</b><span>against baseline</span>" in text
    assert 'href="/"' in text
    alone = _ask(project, "/runs/1").text
    assert "10.00×" not in alone
    assert "<h1>kws · baseline</h1>" in alone


def test_a_baseline_of_another_board_is_none(project: Path) -> None:
    _record(project, _baseline(), _faster(board="fomu"))
    text = _ask(project, "/runs/2").text
    assert "<h1>kws · dot4</h1>" in text
    assert "against baseline" not in text


def test_a_comparison_of_chosen_runs(project: Path) -> None:
    _record(project, _baseline(), _faster(), _faster(cpu="small"))
    text = _ask(project, "/compare?run=3&run=1").text
    assert "#0 baseline (run 1)" in text
    assert "#1 dot4 (run 3)" in text
    assert "NOT like with like" in text


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/runs/9", "the history has no run `9`"),
        ("/runs/" + 5000 * "9", "<h1>`9999"),
        ("/compare", "a comparison takes two to 6 runs"),
        ("/compare?run=1&run=1", "a comparison takes two to 6 runs"),
        ("/compare?run=1&run=x", "`x` is no run&#x27;s number"),
        ("/compare?run=1&run=../../../etc/passwd", "`../../../etc/passwd` is no run"),
        ("/compare?run=1&run=%3Cscript%3E", "`&lt;script&gt;` is no run"),
        ("/compare?run=1&run=9", "the history has no run `9`"),
    ],
)
def test_what_is_not_there(path: str, message: str, project: Path) -> None:
    _record(project, _baseline())
    answer = _ask(project, path)
    assert answer.status_code == 404
    assert message in answer.text


@pytest.mark.parametrize("path", ["/cfu.toml", "/..%2f..%2fetc/passwd", "/runs/x", "/runs/1/x"])
def test_files_are_not_served(path: str, project: Path) -> None:
    answer = _ask(project, path)
    assert answer.status_code == 404
    assert "absent.tflite" not in answer.text


def test_a_request_by_another_name_is_refused(project: Path) -> None:
    _record(project, _baseline())
    for path in ("/", "/state", "/runs/1"):
        answer = _ask(project, path, host="evil.example")
        assert answer.status_code == 421
        assert "baseline" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(method: str, project: Path) -> None:
    answer = _ask(project, "/", method=method)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("site", "mode", "code"),
    [
        ("cross-site", "no-cors", 403),
        ("same-site", "cors", 403),
        ("cross-site", "navigate", 200),  # a link in a mail
        ("same-origin", "cors", 200),
        ("none", "navigate", 200),
    ],
)
def test_other_pages_cannot_keep_it_busy(site: str, mode: str, code: int, project: Path) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
    assert _ask(project, "/", headers=headers).status_code == code


def test_every_answer_keeps_others_out(project: Path) -> None:
    for answer in (_ask(project, "/"), _ask(project, "/x"), _ask(project, "/", host="evil")):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers


def test_hostile_names_are_text(project: Path) -> None:
    profile = _faster(cfu=CfuIdentity(name=_NAME, digest="34"), board=_NAME, cpu=_NAME)
    named = profile.model.model_copy(update={"name": _NAME})
    History.open(project).record(
        profile.model_copy(update={"model": named}), RunContext(label=_NAME)
    )
    for path in ("/", "/runs/1"):
        text = _ask(project, path).text
        assert text.count("<script") == 1
        assert "<img" not in text


def test_a_damaged_history_is_told_of(project: Path) -> None:
    path = History.path_in(project)
    path.parent.mkdir()
    path.write_text("this is no database, and longer than a few bytes")
    answer = _ask(project, "/")
    assert answer.status_code == 404
    assert "is damaged" in answer.text
    assert _ask(project, "/state").status_code == 503
