from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from playground import bootstrap
from playground.bootstrap import SetupError

_ROOT = Path(__file__).parents[2]
_SYSTEM = "/usr/bin:/bin"

# A pip that installs nothing, and whatever else a test wants it to do before or instead.
_FAKE_PIP = """\
import pathlib, sys
if "--version" in sys.argv:
    print("pip 25.0 from here"); sys.exit()
log = pathlib.Path(__file__).parents[2] / "pip.log"
with log.open("a") as file:
    print(" ".join(sys.argv[1:]), file=file)
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone with a lock of two packages and a playground that tells its arguments."""
    root = tmp_path / "a clone"
    (root / "playground").mkdir(parents=True)
    shutil.copy(_ROOT / "cfu", root / "cfu")
    shutil.copy(_ROOT / "playground" / "bootstrap.py", root / "playground")
    (root / "playground" / "__init__.py").touch()
    (root / "playground" / "__main__.py").write_text("import sys; print('ran', *sys.argv[1:])")
    (root / "pyproject.toml").write_text("[project]\n")
    (root / "requirements.lock").write_text(
        "# made by a command\n"
        "rich==15.0.0 ; sys_platform == 'linux' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "setuptools==80.0 ; sys_platform == 'linux' \\\n    --hash=sha256:cc\n"
    )
    return root


def _script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def _run(
    clone: Path, *arguments: str, path: str = _SYSTEM, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "cfu", *arguments],
        env={"PATH": path, "HOME": str(clone.parent), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _fake_venv(clone: Path, *, pip: str = "") -> Path:
    """Make a `.venv` with this interpreter and a fake pip, as if somebody else had."""
    venv = clone / ".venv"
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    packages = venv / "lib" / name / "site-packages"
    packages.mkdir(parents=True)
    (packages / "pip.py").write_text(_FAKE_PIP + pip)
    (packages / "clone.pth").write_text(f"{clone}\n")
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(os.path.realpath(sys.executable))
    (venv / "pyvenv.cfg").write_text(f"home = {Path(os.path.realpath(sys.executable)).parent}\n")
    return venv


def _pip_log(clone: Path) -> list[str]:
    return (clone / ".venv" / "lib" / "pip.log").read_text().splitlines()


def _set_up(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _run(clone, *arguments, CFU_PYTHON=os.path.realpath(sys.executable))


# The shell script


def test_the_first_run_installs_and_starts(clone: Path) -> None:
    venv = _fake_venv(clone)
    ran = _set_up(clone, "run", "a b", "--json")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "ran run a b --json\n"
    first, second, third = _pip_log(clone)
    for line in (first, second):
        assert "--no-deps" in line
        assert "--require-hashes" in line
        assert "--no-build-isolation" in line
    assert "setuptools.lock" in first
    assert second.endswith(f"-r {clone}/requirements.lock")
    assert third.endswith(f"--no-index --editable {clone}")
    assert (venv / "cfu-stamp").is_file()


def test_later_runs_install_nothing(clone: Path) -> None:
    _fake_venv(clone)
    _set_up(clone)
    ran = _run(clone, "again", path="/nonexistent:" + _SYSTEM, CFU_PYTHON="/nonexistent")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ran again\n", "")
    assert len(_pip_log(clone)) == 3


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_change_installs_again(clone: Path, name: str) -> None:
    _fake_venv(clone)
    _set_up(clone)
    with (clone / name).open("a") as file:
        file.write("# more\n")
    assert _set_up(clone, "x").stdout == "ran x\n"
    assert len(_pip_log(clone)) == 6


def test_a_moved_clone_installs_again(clone: Path) -> None:
    _fake_venv(clone)
    _set_up(clone)
    moved = clone.rename(clone.parent / "moved")
    (next((moved / ".venv" / "lib").glob("python*/site-packages")) / "clone.pth").write_text(
        f"{moved}\n"
    )
    assert _set_up(moved, "x").stdout == "ran x\n"
    assert len(_pip_log(moved)) == 6


def test_files_of_the_current_directory_do_not_stand_in(clone: Path, tmp_path: Path) -> None:
    _fake_venv(clone)
    _set_up(clone)
    _script(tmp_path / "here" / "playground" / "__main__.py", "print('wrong')")
    process = subprocess.run(
        [clone / "cfu"], cwd=tmp_path / "here", capture_output=True, text=True, check=False
    )
    assert process.stdout == "ran\n"


def test_the_script_may_be_a_link(clone: Path, tmp_path: Path) -> None:
    _fake_venv(clone)
    _set_up(clone)
    link = tmp_path / "bin" / "cfu"
    link.parent.mkdir()
    link.symlink_to(clone / "cfu")
    process = subprocess.run([link, "x"], capture_output=True, text=True, check=False)
    assert process.stdout == "ran x\n"


@pytest.mark.parametrize(
    ("kernel", "machine"), [("Darwin", "arm64"), ("Linux", "aarch64"), ("Darwin", "x86_64")]
)
def test_other_machines_are_told(clone: Path, tmp_path: Path, kernel: str, machine: str) -> None:
    _script(
        tmp_path / "bin" / "uname",
        f'#!/bin/sh\n[ "$1" = -s ] && echo {kernel} || echo {machine}\n',
    )
    ran = _run(clone, path=f"{tmp_path / 'bin'}:{_SYSTEM}")
    assert ran.returncode == 3
    assert ran.stderr.startswith(
        f"error: this machine is {kernel} on {machine}, and the playground runs on Linux on x86_64"
    )
    assert "\n\nhint: the tflite-micro wheel" in ran.stderr


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("echo CPython 3.9.2; exit 1", "python3 is CPython 3.9.2"),
        ("echo CPython 3.14.0; exit 1", "python3 is CPython 3.14.0"),
        ("echo shim for nothing >&2; exit 127", "python3 is not there"),
    ],
)
def test_no_suitable_python_is_told(clone: Path, tmp_path: Path, script: str, what: str) -> None:
    # A directory with what the script needs and Pythons that are of no use.
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("cat", "cmp", "readlink", "uname", "printf"):
        found = shutil.which(name, path=_SYSTEM)
        assert found is not None
        (tools / name).symlink_to(found)
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python"):
        _script(tools / name, f"#!/bin/sh\n{script}\n")
    ran = _run(clone, path=str(tools))
    assert ran.returncode == 3
    assert ran.stderr.startswith(
        f"error: Python 3.11, 3.12 or 3.13 is needed, and {what}\n\nhint: "
    )
    assert "CFU_PYTHON" in ran.stderr


def test_a_suitable_python_is_found_by_its_full_name(clone: Path, tmp_path: Path) -> None:
    _fake_venv(clone)
    _script(tmp_path / "bin" / "python3", "#!/bin/sh\nexit 1\n")
    for name in ("python3.13", "python3.12", "python3.11"):
        _script(tmp_path / "bin" / name, "#!/bin/sh\nexit 127\n")
    _script(tmp_path / "bin" / "python3.12", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    ran = _run(clone, "x", path=f"{tmp_path / 'bin'}:{_SYSTEM}")
    assert ran.stdout == "ran x\n", ran.stderr


# What may go wrong while installing


@pytest.mark.parametrize(
    ("said", "message", "hint", "code"),
    [
        (
            "NewConnectionError: Temporary failure in name resolution",
            "error: the package index cannot be reached",
            "PIP_INDEX_URL",
            3,
        ),
        (
            "OSError: [Errno 28] No space left on device",
            "error: the disk is full",
            "2.0 GB are needed",
            1,
        ),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "error: a downloaded package is not the one that requirements.lock names",
            "PIP_NO_CACHE_DIR=1",
            2,
        ),
        (
            "ERROR: No matching distribution found for rich==15.0.0",
            "error: the package index has no rich==15.0.0 that fits this machine",
            "pip config list",
            3,
        ),
        ("something else", "error: pip failed (exit status 7)", "afresh", 2),
    ],
)
def test_pip_s_failures_are_explained(
    clone: Path, said: str, message: str, hint: str, code: int
) -> None:
    venv = _fake_venv(clone, pip=f"print({said!r}); sys.exit(7)\n")
    ran = _set_up(clone)
    assert ran.returncode == code
    assert f"{said}\n\n{message}" in ran.stderr
    assert hint in ran.stderr.partition("\n\nhint: ")[2]
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
    assert not (venv / "cfu-stamp").exists()


def test_pip_gets_the_user_s_configuration(clone: Path) -> None:
    _fake_venv(
        clone,
        pip="import os\n"
        "assert os.environ['PIP_INDEX_URL'] == 'https://mirror'\n"
        "assert os.environ['PIP_USER'] == '0'\n",
    )
    ran = _run(
        clone,
        CFU_PYTHON=os.path.realpath(sys.executable),
        PIP_INDEX_URL="https://mirror",
        PIP_USER="1",
    )
    assert ran.returncode == 0, ran.stderr


def test_what_pip_is_at_is_shown(clone: Path) -> None:
    _fake_venv(
        clone,
        pip="print('Collecting rich==15.0.0')\n"
        "print('  Downloading rich-15.0.0-py3-none-any.whl (310 kB)')\n"
        "print('Installing collected packages: rich')\n",
    )
    lines = _set_up(clone).stderr.splitlines()
    assert "cfu: [1/2] collecting rich==15.0.0" in lines
    assert "cfu: [1/2] downloading rich-15.0.0-py3-none-any.whl (310 kB)" in lines
    assert "cfu: unpacking 2 packages" in lines


# The environment


def _prepare(clone: Path, monkeypatch: pytest.MonkeyPatch, **replaced: object) -> None:
    for name, value in replaced.items():
        monkeypatch.setattr(bootstrap, name, value)
    bootstrap.prepare(clone)


def _hide_ensurepip(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "ensurepip" else find_spec(name)
    )


def _installs_nothing(pip: Sequence[str], root: Path) -> None:
    pass


def test_an_unfinished_environment_is_made_anew(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = _fake_venv(clone)
    (venv / "cfu-unfinished").touch()
    (venv / "leftover").touch()
    _prepare(clone, monkeypatch, _install=_installs_nothing)
    assert not (venv / "leftover").exists()
    assert not (venv / "cfu-unfinished").exists()
    assert (venv / "cfu-stamp").is_file()


def test_one_whose_interpreter_is_gone_is_made_anew(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = _fake_venv(clone)
    _prepare(clone, monkeypatch, _install=_installs_nothing)
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to("/nonexistent/python")
    (venv / "leftover").touch()
    bootstrap.prepare(clone)
    assert not (venv / "leftover").exists()
    assert (venv / "bin" / "python").exists()


def test_an_interrupted_installation_leaves_its_mark(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(pip: Sequence[str], root: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _prepare(clone, monkeypatch, _install=interrupt)
    assert (clone / ".venv" / "cfu-unfinished").is_file()
    assert not (clone / ".venv" / "cfu-stamp").exists()


def test_somebody_else_s_environment_is_never_removed(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = _fake_venv(clone)
    (venv / "precious").touch()
    _prepare(clone, monkeypatch, _install=_installs_nothing)
    assert (venv / "precious").is_file()


def test_nor_is_one_without_a_suitable_python(clone: Path) -> None:
    (clone / ".venv").mkdir()
    (clone / ".venv" / "precious").touch()
    with pytest.raises(SetupError, match="was not made by this script") as caught:
        bootstrap.prepare(clone)
    assert "move it away" in caught.value.hint
    assert (clone / ".venv" / "precious").is_file()


def test_two_at_once_install_once(clone: Path) -> None:
    _fake_venv(clone, pip="import time; time.sleep(0.3)\n")
    command = [str(clone / "cfu"), "x"]
    environment = {"PATH": _SYSTEM, "CFU_PYTHON": os.path.realpath(sys.executable)}
    both = [
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [process.communicate()[0] for process in both] == ["ran x\n"] * 2
    assert len(_pip_log(clone)) == 3


@pytest.mark.parametrize("version", [(0, 0), (22, 2)])
def test_debian_without_python3_venv(
    clone: Path, version: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    _hide_ensurepip(monkeypatch)
    with pytest.raises(SetupError, match="comes without `ensurepip`") as caught:
        _prepare(clone, monkeypatch, _system_pip=lambda: version)
    wanted = f"sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    assert wanted in caught.value.hint
    assert "without root" in caught.value.hint


def test_a_pip_of_the_system_can_serve(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _hide_ensurepip(monkeypatch)
    used: list[str] = []
    _prepare(
        clone,
        monkeypatch,
        _system_pip=lambda: (23, 0),
        _install=lambda pip, root: used.extend(pip),
    )
    python = str(clone / ".venv" / "bin" / "python")
    assert used == [sys.executable, "-m", "pip", "--python", python]


@pytest.mark.parametrize("libc", [("", ""), ("glibc", "2.17")])
def test_an_unfit_c_library_is_told(
    clone: Path, libc: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: libc)
    with pytest.raises(SetupError, match=r"and the wheels need glibc 2\.28 or newer"):
        bootstrap.prepare(clone)


def test_a_small_disk_is_told_before_anything_is_done(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(clone)._replace(free=100_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(SetupError, match=r"has 0\.1 GB free and \.venv needs 2\.0 GB"):
        bootstrap.prepare(clone)
    assert not (clone / ".venv").exists()


def test_every_pin_of_the_lock_has_hashes() -> None:
    pins = bootstrap._pins((_ROOT / "requirements.lock").read_text())
    assert {"setuptools", "amaranth", "ziglang", "pytest"} <= set(pins)
    assert all("--hash=sha256:" in lines for lines in pins.values())
    assert all(lines.count("==") >= 1 for lines in pins.values())
