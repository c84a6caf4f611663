from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from playground.revision import Revision, project_revision


def _git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", *identity, *arguments]
    return subprocess.run(
        command, cwd=directory, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project in a repository, with everything committed."""
    project = tmp_path / "a project"
    project.mkdir()
    (project / "cfu.toml").write_text("")
    (tmp_path / "beside").write_text("")
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-q", "-m", "first")
    return project


def test_what_is_committed_is_clean(project: Path) -> None:
    commit = _git(project, "rev-parse", "HEAD")
    assert project_revision(project) == Revision(commit, is_dirty=False)


@pytest.mark.parametrize("name", ["cfu.toml", "new.cc"])
def test_a_change_is_dirty(name: str, project: Path) -> None:
    (project / name).write_text("changed")
    assert project_revision(project).is_dirty is True


def test_what_is_beside_the_project_does_not_count(project: Path) -> None:
    (project.parent / "beside").write_text("changed")
    assert project_revision(project).is_dirty is False


def test_before_the_first_commit(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / "cfu.toml").write_text("")
    assert project_revision(tmp_path) == Revision(None, is_dirty=True)


def test_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(Path(__file__).parents[2] / ".git"))  # as a hook has it
    assert project_revision(tmp_path) == Revision()


def test_without_git(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert project_revision(project) == Revision()
