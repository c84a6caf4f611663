from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from playground.console import Output
from playground.recording import check_label, project_history, record_run
from profiles import History
from tests.profiles.examples import example_profile
from toolchain import PlaygroundError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "cfu.toml").write_text('model = "digits_cnn"\n')
    return tmp_path


def test_a_run_is_recorded_with_its_revision(project: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    entry = record_run(project, example_profile(), Output(), label="a", is_aside=True)
    assert entry is not None
    assert (entry.label, entry.is_aside) == ("a", True)
    assert (entry.git_revision, entry.is_dirty) == (None, True)
    assert project_history(project).entries() == (entry,)


def test_recording_makes_no_repository_dirty(project: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    record_run(project, example_profile(), Output())
    told = subprocess.run(
        ["git", "status", "--porcelain"], cwd=project, check=True, capture_output=True, text=True
    )
    assert told.stdout == "?? cfu.toml\n"


def test_nothing_is_recorded_outside_of_a_project(tmp_path: Path) -> None:
    assert record_run(None, example_profile(), Output()) is None
    assert not list(tmp_path.iterdir())


def test_a_history_that_cannot_be_written_is_a_warning(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = History.open(project).path
    path.write_text("damaged" * 1000)
    assert record_run(project, example_profile(), Output()) is None
    told = capsys.readouterr().err
    assert told.startswith("warning: this run is not recorded: the history `")
    assert "is damaged" in told
    assert "(move it away" in told
    assert path.read_text() == "damaged" * 1000


def test_the_history_of_where_one_is(project: Path, tmp_path: Path) -> None:
    below = project / "below"
    below.mkdir()
    assert project_history(below).path == project / ".cfu" / "history.sqlite"


def test_no_history_outside_of_a_project(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="there is no history here: this is no project"):
        project_history(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("label", ["", " ", "two\nlines", " padded"])
def test_labels_that_are_none(label: str, project: Path) -> None:
    with pytest.raises(PlaygroundError, match="`--as` takes a word or a phrase"):
        check_label(label, project)


@pytest.mark.parametrize("label", ["3", "#3", "last", "last~1", "last~x"])
def test_labels_that_read_as_numbers(label: str, project: Path) -> None:
    with pytest.raises(PlaygroundError, match="would be taken for another run's number"):
        check_label(label, project)


def test_labels(project: Path) -> None:
    for label in ("unrolled by 4", "v1.2", "lasting", "×2"):
        check_label(label, project)
    with pytest.raises(PlaygroundError, match="this is no project"):
        check_label("good", None)
