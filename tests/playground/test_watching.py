from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from playground.resolve import project_design
from playground.watching import only_watcher, saved_files, watched_paths
from profiles import Profile
from tests.playground.conftest import FakeFlow, Ran
from tests.profiles.examples import example_layer
from toolchain import PlaygroundError

Cfu = Callable[..., Ran]
Save = Callable[[], object]


@pytest.fixture
def project(flow: FakeFlow) -> Path:
    for name in ("net.tflite", "conv_2d.cc"):
        Path(name).touch()
    Path("cfu.toml").write_text('model = "net.tflite"\ncfu = "my_cfu.py:MyCfu"\n')
    return Path.cwd()


@pytest.fixture
def saves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that has a watch see some saves, and then Ctrl-C."""

    def script(*steps: Save) -> None:
        left = list(steps)

        def scripted(paths: Iterable[Path]) -> Iterator[frozenset[Path]]:
            yield frozenset()
            while left:
                left.pop(0)()
                yield frozenset({Path.cwd() / "conv_2d.cc"})
            raise KeyboardInterrupt

        monkeypatch.setattr("playground.watching.saved_files", scripted)

    return script


def _with_cycles(flow: FakeFlow, *cycles: int) -> None:
    def change(profile: Profile) -> Profile:
        layers = tuple(example_layer(i, cycles=count) for i, count in enumerate(cycles))
        update = {"layers": layers, "total_cycles": sum(cycles)}
        return profile.model_copy(update=update)

    flow.change = change


def test_changed_layers_are_shown(
    cfu: Cfu, flow: FakeFlow, project: Path, saves: Callable[..., None]
) -> None:
    _with_cycles(flow, 1000, 2000)
    saves(lambda: _with_cycles(flow, 1000, 500), lambda: None)
    ran = cfu("watch")
    assert ran.code == 130
    first, changed, same = (
        ran.out.partition("conv_2d.cc · ")[0],
        *ran.out.split("conv_2d.cc · ")[1:],
    )
    assert "1,000" in first
    assert "exact" in first
    assert "2,000" in changed
    assert "-75.0%" in changed
    assert "before: run 1; cycles: rtl" in changed
    assert "1 layer did not" in changed
    assert changed.startswith("run 2 · ")
    assert same.startswith("run 2 · ")
    assert ": all layers as before, 1,500 cycles (rtl)" in same
    assert ran.err.count("watching; Ctrl-C ends it") == 3
    assert ran.err.endswith("interrupted\n")
    runs = json.loads(cfu("log", "--json").out)
    assert [(run["number"], run["cycles"], run["repeats"]) for run in runs] == [
        (2, 1500, 1),
        (1, 3000, 0),
    ]


def test_errors_are_survived(
    cfu: Cfu, flow: FakeFlow, project: Path, saves: Callable[..., None]
) -> None:
    def fail(error: Exception) -> Save:
        def change(profile: Profile) -> Profile:
            raise error

        return lambda: setattr(flow, "change", change)

    def break_project() -> None:
        Path("cfu.toml").write_text('modle = "net.tflite"\n')

    def mend_project() -> None:
        Path("cfu.toml").write_text('model = "net.tflite"\n')
        _with_cycles(flow, 70, 80)

    _with_cycles(flow, 1000, 2000)
    saves(
        fail(PlaygroundError("no good", hint="mend it", details="conv_2d.cc:1:2: error")),
        fail(ZeroDivisionError("ours")),
        break_project,
        mend_project,
    )
    ran = cfu("watch")
    assert ran.code == 130
    assert "conv_2d.cc:1:2: error\n\nerror: no good\n\nhint: mend it\n" in ran.err
    assert "internal error: ZeroDivisionError" in ran.err
    assert "line 1: unknown key `modle`\n\nhint: did you mean `model`?" in ran.err
    assert "before: run 1; cycles: rtl" in ran.out
    assert "150" in ran.out


def test_another_model_is_shown_in_full(
    cfu: Cfu, flow: FakeFlow, project: Path, saves: Callable[..., None]
) -> None:
    def change(profile: Profile) -> Profile:
        identity = profile.model.model_copy(update={"name": "other", "digest": "01" * 32})
        return profile.model_copy(update={"model": identity})

    saves(lambda: setattr(flow, "change", change))
    out = cfu("watch").out
    assert "other · MyCfu" in out
    assert "before:" not in out


def test_what_is_saved_while_others_come_to_be_watched_is_not_lost(
    cfu: Cfu, flow: FakeFlow, project: Path, saves: Callable[..., None], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "net.tflite").touch()

    def save_meanwhile(profile: Profile) -> Profile:
        Path("conv_2d.cc").write_text("// saved while the run is on")
        flow.change = lambda profile: profile
        return profile

    def take_another_model() -> None:
        Path("cfu.toml").write_text(f'model = "{elsewhere}/net.tflite"\n')
        flow.change = save_meanwhile

    assert not elsewhere.is_relative_to(project)
    saves(take_another_model)
    lines = [json.loads(line) for line in cfu("watch", "--json").out.splitlines()]
    assert [line["saved"] for line in lines] == [[], ["conv_2d.cc"], ["conv_2d.cc"]]


def test_what_is_saved_elsewhere_while_it_comes_to_be_watched_is_not_lost(
    cfu: Cfu, flow: FakeFlow, project: Path, saves: Callable[..., None], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    kernel = elsewhere / "conv_2d.cc"
    kernel.write_text("// 1")
    ran: list[str] = []

    def save_meanwhile(profile: Profile) -> Profile:
        ran.append(kernel.read_text())
        kernel.write_text("// saved while the run is on")
        flow.change = lambda profile: profile
        return profile

    def take_other_kernels() -> None:
        Path("cfu.toml").write_text(f'model = "net.tflite"\nkernels = "{elsewhere}"\n')
        flow.change = save_meanwhile

    saves(take_other_kernels)
    lines = [json.loads(line) for line in cfu("watch", "--json").out.splitlines()]
    assert [line["saved"] for line in lines] == [[], ["conv_2d.cc"], [str(kernel)]]
    assert ran == ["// 1"]
    assert [design.kernels for design in flow.designs] == [project, elsewhere, elsewhere]


def test_what_goes_while_it_comes_to_be_watched_is_missed(
    cfu: Cfu, flow: FakeFlow, project: Path, saves: Callable[..., None], tmp_path: Path
) -> None:
    model = tmp_path / "net.tflite"
    model.touch()

    def remove_meanwhile(profile: Profile) -> Profile:
        model.unlink()
        flow.change = lambda profile: profile
        return profile

    def take_another_model() -> None:
        Path("cfu.toml").write_text(f'model = "{model}"\n')
        flow.change = remove_meanwhile

    saves(take_another_model)
    lines = [json.loads(line) for line in cfu("watch", "--json").out.splitlines()]
    assert [line["saved"] for line in lines] == [[], ["conv_2d.cc"], [str(model)]]
    assert "there is no model file" in lines[-1]["error"]["message"]


def test_a_model_that_is_not_there_is_waited_for(
    cfu: Cfu, flow: FakeFlow, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = tmp_path / "appears.tflite"
    Path("cfu.toml").write_text(f'model = "{model}"\n')

    def scripted(paths: Iterable[Path]) -> Iterator[frozenset[Path]]:
        yield frozenset()
        if model in paths:
            model.touch()
            yield frozenset({model})
        raise KeyboardInterrupt

    monkeypatch.setattr("playground.watching.saved_files", scripted)
    first, second = (json.loads(line) for line in cfu("watch", "--json").out.splitlines())
    assert "there is no model file" in first["error"]["message"]
    assert second["saved"] == [str(model)]
    assert [design.model for design in flow.designs] == [model]


def test_lines_of_json(cfu: Cfu, flow: FakeFlow, project: Path, saves: Callable[..., None]) -> None:
    def break_project() -> None:
        Path("cfu.toml").write_text('modle = "net.tflite"\n')

    _with_cycles(flow, 1000, 2000)
    saves(lambda: _with_cycles(flow, 1000, 500), break_project)
    first, changed, error = (json.loads(line) for line in cfu("watch", "--json").out.splitlines())
    assert (first["saved"], first["run"], first["before"]) == ([], 1, None)
    assert (changed["saved"], changed["run"], changed["before"]) == (["conv_2d.cc"], 2, 3000)
    assert [(layer["before"], layer["cycles"]) for layer in changed["layers"]] == [
        (1000, 1000),
        (2000, 500),
    ]
    assert changed["provenance"] == "rtl"
    assert "unknown key `modle`" in error["error"]["message"]


def test_outside_of_a_project(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("watch")
    assert ran.code == 1
    assert ran.err.startswith("error: there is nothing to watch: this is no project\n\nhint: ")


def test_a_second_watch_says_so(cfu: Cfu, flow: FakeFlow, project: Path) -> None:
    with only_watcher(project):
        ran = cfu("watch")
    assert ran.code == 1
    assert ran.err.startswith(f"error: another `cfu watch` is at work in `{project}`\n\nhint: ")
    assert flow.designs == []


def _hold(project: Path, is_held: Callable[[], object]) -> None:
    with only_watcher(project):
        is_held()
        multiprocessing.Event().wait()


def test_a_watch_that_was_killed_holds_nothing(project: Path) -> None:
    context = multiprocessing.get_context("spawn")
    is_held = context.Event()
    process = context.Process(target=_hold, args=(project, is_held.set))
    process.start()
    is_held.wait()
    with pytest.raises(PlaygroundError, match="another `cfu watch`"), only_watcher(project):
        pass
    process.kill()
    process.join()
    with only_watcher(project):
        pass


def test_a_project_that_cannot_be_written(project: Path) -> None:
    Path(".cfu").touch()
    with pytest.raises(PlaygroundError, match="cannot watch"), only_watcher(project):
        pass


def test_saves_are_seen_from_the_first_yield_on(tmp_path: Path) -> None:
    saves = saved_files([tmp_path])
    assert next(saves) == frozenset()
    (tmp_path / "conv_2d.cc").write_text("1")
    assert next(saves) == {tmp_path / "conv_2d.cc"}
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "my_cfu.py").write_text("1")
    assert next(saves) == {tmp_path / "below" / "my_cfu.py"}


def test_what_an_editor_does_to_save(tmp_path: Path) -> None:
    source = tmp_path / "my_cfu.sv"
    source.write_text("1")
    saves = saved_files([tmp_path])
    next(saves)
    (tmp_path / ".my_cfu.sv.swp").write_text("2")
    (tmp_path / "4913").write_text("2")
    source.rename(tmp_path / "my_cfu.sv~")
    source.write_text("2")
    assert next(saves) == {source}


def test_what_is_no_source_is_no_save(tmp_path: Path) -> None:
    for name in (".cfu", ".git", "__pycache__"):
        (tmp_path / name).mkdir()
    saves = saved_files([tmp_path])
    next(saves)
    others = (".cfu/a.py", ".git/b.toml", "__pycache__/c.py", "report.html", "d.json", "e.fst")
    for name in others:
        (tmp_path / name).write_text("1")
    (tmp_path / "cfu.toml").write_text("1")
    assert next(saves) == {tmp_path / "cfu.toml"}


def test_a_file_that_is_named_is_watched_whatever_it_is(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    samples = tmp_path / "samples"
    samples.write_bytes(b"1")
    saves = saved_files([project, samples])
    next(saves)
    samples.write_bytes(b"2")
    assert next(saves) == {samples}


def test_a_project_that_was_moved_ends_the_watch(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    saves = saved_files([project])
    next(saves)
    project.rename(tmp_path / "moved")
    with pytest.raises(PlaygroundError, match="is not there any more"):
        next(saves)


def test_a_system_that_does_not_let_files_be_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*paths: Path, **options: object) -> Iterator[set[object]]:
        raise OSError("OS file watch limit reached")
        yield set()

    monkeypatch.setattr("watchfiles.watch", refuse)
    with pytest.raises(PlaygroundError, match="OS file watch limit reached") as caught:
        next(saved_files([tmp_path]))
    assert "WATCHFILES_FORCE_POLLING" in (caught.value.hint or "")


def test_saves_are_seen_by_looking_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "true")
    monkeypatch.setenv("WATCHFILES_POLL_DELAY_MS", "10")
    saves = saved_files([tmp_path])
    next(saves)
    (tmp_path / "conv_2d.cc").write_text("1")
    assert next(saves) == {tmp_path / "conv_2d.cc"}


def test_what_a_design_is_made_of_is_watched(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "conv_2d.cc").touch()
    (elsewhere / "other.tflite").touch()
    inside = watched_paths(project, project_design(project))
    assert inside == (project,)
    Path("cfu.toml").write_text(
        f'model = "{elsewhere}/other.tflite"\nkernels = "{os.path.relpath(elsewhere)}"\n'
    )
    outside = watched_paths(project, project_design(project))
    assert outside == (project, elsewhere)
    assert watched_paths(project, None) == outside
    Path("cfu.toml").write_text("model = ")
    assert watched_paths(project, None) == (project,)


def test_what_a_design_names_is_watched_wherever_it_is(project: Path, tmp_path: Path) -> None:
    for name in ("common/sum.inc", "cfus/mine.toml", "cfus/mine.v", "rtl/more.v"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    Path("table.txt").touch()
    Path("conv_2d.cc").write_text(
        '#include "table.txt"\n#include "../common/sum.inc"\n#include "../common/gone.h"\n'
    )
    (tmp_path / "cfus" / "mine.toml").write_text('sources = ["mine.v", "../rtl/more.v"]\n')
    (tmp_path / "model.tflite").symlink_to(project / "net.tflite")
    written = ('model = "../model.tflite"', 'cfu = "../cfus/mine.toml"', 'input = "raw.bytes"')
    Path("cfu.toml").write_text("\n".join(written))
    names = ("cfus", "common/gone.h", "common/sum.inc", "model.tflite", "rtl/more.v")
    paths = {*(tmp_path / name for name in names), project / "raw.bytes", project / "table.txt"}
    assert _fails(project)
    found = watched_paths(project, None)
    assert found[0] == project
    assert set(found[1:]) == paths
    Path("raw.bytes").touch()
    assert watched_paths(project, project_design(project)) == found


def _fails(project: Path) -> bool:
    try:
        project_design(project)
    except PlaygroundError:
        return True
    return False


def _seen_until(last: Path, paths: Iterable[Path]) -> Iterator[frozenset[Path]]:
    """Yield what is saved up to a file that is saved last, which ends what waits in vain."""
    for seen in saved_files(paths):
        yield seen - {last}
        if last in seen:
            return


def _all_seen(project: Path, path: Path, save: Save) -> set[Path]:
    """Return what of a project and a path is seen to be saved, besides a file saved thereafter."""
    last = project / "conv_2d.cc"
    seen = _seen_until(last, [project, path])
    assert next(seen) == frozenset()
    save()
    last.write_text("last")
    return set().union(*seen)


def test_a_path_that_appears(project: Path, tmp_path: Path) -> None:
    model = tmp_path / "models" / "net.tflite"

    def save() -> None:
        model.parent.mkdir()
        model.touch()

    assert _all_seen(project, model, save) == {model}
    kernels = tmp_path / "kernels"
    assert _all_seen(project, kernels, kernels.mkdir) == set()
    assert _all_seen(project, kernels, (kernels / "add.cc").touch) == {kernels / "add.cc"}


def test_a_file_elsewhere_whose_place_another_takes(project: Path, tmp_path: Path) -> None:
    model, other = tmp_path / "net.tflite", tmp_path / "other.tflite"
    for _ in range(2):  # the second time what is watched is what took the place
        model.touch()
        other.touch()
        assert _all_seen(project, model, lambda: other.replace(model)) == {model}
    link = tmp_path / "link"
    link.symlink_to(project / "net.tflite")
    other.symlink_to(model)
    assert _all_seen(project, link, lambda: other.replace(link)) == {link}
