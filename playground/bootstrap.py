"""Makes the clone's `.venv`; run by the `./cfu` script, before anything is installed."""

from __future__ import annotations

__all__ = ["SetupError", "prepare"]

import contextlib
import fcntl
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

# Only the standard library may be imported here, and nothing of ours.

_STAMP = "cfu-stamp"
_UNFINISHED = "cfu-unfinished"
_NEEDED_BYTES = 2_000_000_000
_OLDEST_GLIBC = (2, 28)
_PIP_WITH_PYTHON = (22, 3)  # the first that has --python
_PYTHONS = ("python3.11", "python3.12", "python3.13")
_PROGRESS = re.compile(r"(Collecting|Downloading|Using cached|Processing) +(\S+)(?: \((.*)\))?")


class SetupError(Exception):
    """The environment cannot be made; printed in the form of the project's other errors."""

    def __init__(self, message: str, hint: str, *, details: str = "", exit_code: int = 3):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details
        self.exit_code = exit_code


def prepare(root: Path) -> None:
    """Bring `.venv` in the clone to what `requirements.lock` says.

    Does nothing if another process did it meanwhile. An environment that was left unfinished by
    this script is made from scratch; one that somebody else made is filled and never removed.

    Parameters
    ----------
    root
        Directory of the clone.

    Raises
    ------
    SetupError
        When it cannot be done.
    """
    _check_libc()
    venv = root / ".venv"
    with _locked(root):
        if (venv / _STAMP).exists() and (venv / _STAMP).read_bytes() == _stamp(root):
            return
        try:
            _fill(root, venv)
        except OSError as error:
            raise SetupError(
                f"cannot set up `{venv}`: {error.strerror or error}",
                "check that the clone is writable and that its disk is not full",
            ) from error


def _fill(root: Path, venv: Path) -> None:
    unfinished = venv / _UNFINISHED
    ours = (venv / _STAMP).exists() or unfinished.exists()
    if ours and (unfinished.exists() or not _usable(venv)):
        shutil.rmtree(venv)
    elif venv.exists() and not _usable(venv):
        raise SetupError(
            f"`{venv}` was not made by this script and holds no Python 3.11, 3.12 or 3.13",
            "move it away, then run the command again",
        )
    made_here = ours or not venv.exists()
    if not venv.exists():
        _check_space(root)
        _say("making a virtual environment in .venv")
    venv.mkdir(exist_ok=True)
    (venv / _STAMP).unlink(missing_ok=True)
    if made_here:
        unfinished.touch()
    _install(_pip(venv) if _usable(venv) else _make(venv), root)
    # The stamp goes in last and in one piece.
    scratch = venv / f"{_STAMP}.{os.getpid()}"
    scratch.write_bytes(_stamp(root))
    unfinished.unlink(missing_ok=True)
    scratch.rename(venv / _STAMP)
    _say("installed", ending="\n")


def _stamp(root: Path) -> bytes:
    """Return what `./cfu` compares: see `inputs` there."""
    interpreter = os.path.realpath(root / ".venv" / "bin" / "python")
    files = ("requirements.lock", "pyproject.toml", "playground/bootstrap.py")
    head = f"{root}\n{interpreter}\n".encode()
    return head + b"".join((root / name).read_bytes() for name in files)


def _usable(venv: Path) -> bool:
    """Tell whether the environment has an interpreter of a version we support that starts."""
    report = "import sys; print('python%d.%d' % sys.version_info[:2])"
    try:
        process = subprocess.run(
            [venv / "bin" / "python", "-I", "-c", report],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return False
    name = process.stdout.strip()
    # An interpreter upgraded in place leaves the packages of its former version unseen.
    return name in _PYTHONS and (venv / "lib" / name).is_dir()


def _make(venv: Path) -> list[str]:
    """Make the environment and return the command that is its pip."""
    if importlib.util.find_spec("venv") is None:
        raise _no_pip("the `venv` module")
    # Debian and its kin split pip's copy off into python3-venv; a pip of the system can serve.
    bare = importlib.util.find_spec("ensurepip") is None
    if bare and _system_pip() < _PIP_WITH_PYTHON:
        raise _no_pip("`ensurepip`")
    made = subprocess.run(
        [sys.executable, "-m", "venv", *(["--without-pip"] if bare else []), venv],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise SetupError(
            f"Python {platform.python_version()} cannot make a virtual environment in `{venv}`",
            "the lines above say why; CFU_PYTHON names another interpreter to use",
            details=(made.stderr or made.stdout).strip(),
        )
    return _pip(venv)


def _pip(venv: Path) -> list[str]:
    python = venv / "bin" / "python"
    probe = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    if probe.returncode == 0:
        return [str(python), "-m", "pip"]
    if _system_pip() < _PIP_WITH_PYTHON:
        raise _no_pip("`pip`")
    return [sys.executable, "-m", "pip", "--python", str(python)]


def _system_pip() -> tuple[int, int]:
    """Return the version of the interpreter's own pip, (0, 0) if it has none."""
    probe = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, check=False
    )
    version = re.match(r"pip (\d+)\.(\d+)", probe.stdout)
    return (int(version[1]), int(version[2])) if version else (0, 0)


def _no_pip(what: str) -> SetupError:
    version = ".".join(map(str, sys.version_info[:2]))
    return SetupError(
        f"Python {version} at `{sys.executable}` comes without {what}",
        f"`sudo apt install python{version}-venv` on Debian and Ubuntu; without root, "
        "`uv python install 3.13` or pyenv give a whole Python, which CFU_PYTHON may name",
    )


def _install(pip: Sequence[str], root: Path) -> None:
    lock = (root / "requirements.lock").read_text()
    pins = _pins(lock)
    install = [*pip, "install", "--no-deps", "--progress-bar", "off", "--no-input"]
    locked = [*install, "--require-hashes", "--no-build-isolation", "--use-pep517"]
    with tempfile.TemporaryDirectory(prefix="cfu-") as scratch:
        # Source distributions are built with the locked setuptools, hence that one first.
        first = Path(scratch, "setuptools.lock")
        first.write_text(pins["setuptools"])
        _run_pip([*locked, "-r", str(first)], total=1)
        _run_pip([*locked, "-r", str(root / "requirements.lock")], total=len(pins))
    _run_pip([*install, "--no-build-isolation", "--no-index", "--editable", str(root)], total=1)


def _pins(lock: str) -> dict[str, str]:
    """Return the lines of each pinned distribution by its name."""
    entries = re.findall(r"^[a-zA-Z0-9].*(?:\n[ \t]+.*)*", lock, re.MULTILINE)
    return {re.split(r"[=\[ ]", entry, maxsplit=1)[0]: entry + "\n" for entry in entries}


def _run_pip(command: Sequence[str], *, total: int) -> None:
    """Run pip, showing what it is at, and explain its failure."""
    # The user's configuration is honoured, but for what cannot go with a virtual environment.
    overruled = {"PIP_USER": "0", "PIP_REQUIRE_HASHES": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        close_fds=False,
        text=True,
        errors="replace",
        env={**os.environ, **overruled, "PYTHONUNBUFFERED": "1"},
    ) as process:
        lines: list[str] = []
        begun = 0
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            step = _PROGRESS.match(line.strip())
            if step:
                begun += step[1] == "Collecting"
                size = f" ({step[3]})" if step[1] == "Downloading" and step[3] else ""
                name = Path(step[2]).name.partition(";")[0]
                _say(f"[{min(max(begun, 1), total)}/{total}] {step[1].lower()} {name}{size}")
            elif line.startswith("Installing collected"):
                _say(f"unpacking {total} packages")
    if process.returncode != 0:
        raise _explain(lines, process.returncode)


def _explain(lines: Sequence[str], status: int) -> SetupError:
    """Turn pip's words into an error that says what to do."""
    text = "\n".join(lines)
    details = "\n".join(line for line in lines if line.strip())[-3000:]
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return SetupError(
            "the disk is full",
            f"{_NEEDED_BYTES / 1e9:.1f} GB are needed for .venv in the clone, some of it for a "
            f"while in `{tempfile.gettempdir()}` (TMPDIR) and in pip's cache (PIP_CACHE_DIR)",
            details=details,
            exit_code=1,
        )
    if "DO NOT MATCH THE HASHES" in text:
        return SetupError(
            "a downloaded package is not the one that requirements.lock names by its hash",
            "nothing of it was installed; try again with PIP_NO_CACHE_DIR=1, and if it stays so, "
            "ask whoever runs the package index you use",
            details=details,
            exit_code=2,
        )
    unreachable = (
        r"Temporary failure in name resolution|Name or service not known|Failed to resolve"
        r"|Failed to establish a new connection|Connection refused|Network is unreachable"
        r"|Connection to \S+ timed out|Read timed out|ProxyError|SSLError|CERTIFICATE_VERIFY"
        r"|Max retries exceeded|Could not fetch URL"
    )
    if re.search(unreachable, text):
        return SetupError(
            "the package index cannot be reached",
            "the first run downloads about 500 MB; check the network, or name a proxy or a mirror "
            "in pip's configuration (PIP_PROXY, PIP_INDEX_URL, PIP_CERT), which is honoured here",
            details=details,
        )
    missing = re.search(r"No matching distribution found for (\S+)", text)
    if missing:
        return SetupError(
            f"the package index has no {missing[1]} that fits this machine",
            "a mirror may lack it: `pip config list` shows which index is asked",
            details=details,
        )
    return SetupError(
        f"pip failed (exit status {status})",
        "the lines above are pip's; running the command again starts afresh",
        details=details,
        exit_code=2,
    )


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the right to change `.venv`; the kernel gives it back when the process ends."""
    # The lock file is one that is there anyway, so that nothing is left lying in the clone.
    with (root / "requirements.lock").open("rb+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another process is setting up .venv; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        # pip inherits it, so that one that outlives this process still keeps others away.
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003
        yield


def _check_libc() -> None:
    name, version = platform.libc_ver()
    if name != "glibc" or tuple(map(int, version.split(".")[:2])) < _OLDEST_GLIBC:
        raise SetupError(
            f"this Linux has {f'{name} {version}'.strip() or 'a C library other than glibc'}, "
            "and the wheels need glibc 2.28 or newer",
            "any distribution since 2019 that is not built on musl will do, in a container too",
        )


def _check_space(root: Path) -> None:
    free = shutil.disk_usage(root).free
    if free < _NEEDED_BYTES:
        raise SetupError(
            f"the disk of the clone has {free / 1e9:.1f} GB free and .venv needs "
            f"{_NEEDED_BYTES / 1e9:.1f} GB",
            "free some space, or clone to another disk",
            exit_code=1,
        )


def _say(text: str, *, ending: str | None = None) -> None:
    """Show a step on standard error, over the former one on a terminal."""
    if sys.stderr.isatty():
        columns = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{f'cfu: {text}'[:columns]}{ending or ''}")
    else:
        sys.stderr.write(f"cfu: {text}\n")
    sys.stderr.flush()


def _main(arguments: Sequence[str]) -> int:
    try:
        prepare(Path(arguments[0]))
    except SetupError as error:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        if error.details:
            sys.stderr.write(f"{error.details}\n\n")
        sys.stderr.write(f"error: {error.message}\n\nhint: {error.hint}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; the next run starts setting up afresh\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
