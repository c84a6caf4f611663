"""Finding a CFU by its reference."""

from __future__ import annotations

__all__ = ["kernels_of", "load_cfu", "load_model", "make_cfu", "shipped_cfus"]

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import cast

import gateware.cfus
from gateware.cfu import Cfu
from gateware.export import artifact_of
from gateware.model import Model
from gateware.spec import CfuArtifact
from gateware.user_code import load_module, user_errors
from gateware.verilog_cfu import load_verilog_cfu, load_verilog_model
from toolchain import PlaygroundError

_NO_CFU = "none"


def shipped_cfus() -> tuple[str, ...]:
    """Return the names of the CFUs that come with the project, in alphabetical order.

    Not among them is "none", the CFU without instructions that baselines are measured with.
    """
    return tuple(sorted(m.name for m in pkgutil.iter_modules(gateware.cfus.__path__)))


def kernels_of(reference: str, directory: Path | None = None) -> str | None:
    """Return the name of the kernels that a CFU says it runs with.

    Parameters
    ----------
    reference, directory
        As `load_cfu` takes them.

    Returns
    -------
    str or None
        A shipped CFU's are named after it unless it says otherwise; None for one of the user's own
        that says nothing, and for one in Verilog, which cannot.

    Raises
    ------
    PlaygroundError
        As `load_cfu` does.
    """
    cfu = make_cfu(reference, directory=directory or Path())
    family = None if cfu is None else cfu.family
    return reference if family is None and reference in shipped_cfus() else family


def load_cfu(reference: str, *, directory: Path) -> CfuArtifact:
    """Return the CFU that a reference names.

    Parameters
    ----------
    reference
        A shipped CFU ("simd_mac"), a class in a Python file ("my_cfu.py:MyCfu"; "my_cfu.py" if
        it defines just one), the description of a Verilog CFU ("my_cfu.toml"), or "none" for one
        without instructions, which answers 0 to everything.
    directory
        What file names are relative to.

    Raises
    ------
    PlaygroundError
        If there is no such CFU, or it has a fault; the message names the file and the line.
    """
    if _suffix(reference) == ".toml":
        return load_verilog_cfu(_existing(reference, directory))
    return artifact_of(_amaranth_cfu(reference, directory))


def make_cfu(reference: str, *, directory: Path) -> Cfu | None:
    """Return a new hardware object of a CFU in Amaranth, None for one in Verilog.

    Raises
    ------
    PlaygroundError
        As `load_cfu` does.
    """
    if _suffix(reference) == ".toml":
        return None
    return _amaranth_cfu(reference, directory)


def load_model(reference: str, *, directory: Path) -> Model | None:
    """Return the Python model of a CFU in its state after reset.

    Returns
    -------
    Model or None
        None for a Verilog CFU whose description names no model.

    Raises
    ------
    PlaygroundError
        As `load_cfu` does.
    """
    if _suffix(reference) == ".toml":
        return load_verilog_model(_existing(reference, directory))
    cfu = _amaranth_cfu(reference, directory)
    with user_errors(f"the model of CFU `{reference}` cannot be made"):
        return cfu.model()


def _amaranth_cfu(reference: str, directory: Path) -> Cfu:
    if reference == _NO_CFU:
        return Cfu([], name=_NO_CFU)
    file_name, _, class_name = reference.partition(":")
    if _suffix(reference) == ".py":
        file = _existing(file_name, directory)
        what = f"CFU `{reference}` cannot be loaded"
        cfu_class = _cfu_class(load_module(file, what), class_name, reference)
    elif reference in shipped_cfus():
        file = Path(gateware.cfus.__path__[0], f"{reference}.py")
        module = importlib.import_module(f"gateware.cfus.{reference}")
        cfu_class = _cfu_class(module, "", reference)
    else:
        raise _unknown(reference)
    with user_errors(f"CFU `{reference}` cannot be made", file=file):
        return cast(Callable[[], Cfu], cfu_class)()


def _unknown(reference: str) -> PlaygroundError:
    known = (*shipped_cfus(), _NO_CFU)
    nearest = difflib.get_close_matches(reference, known, n=1, cutoff=0.5)
    return PlaygroundError(
        f"there is no CFU `{reference}`",
        hint=(f"did you mean `{nearest[0]}`? " if nearest else "")
        + f"CFUs that come along: {', '.join(known)}; "
        "your own is given as `my_cfu.py:MyCfu` or `my_cfu.toml`",
    )


def _suffix(reference: str) -> str:
    return Path(reference.partition(":")[0]).suffix


def _existing(file_name: str, directory: Path) -> Path:
    file = (directory / file_name).resolve()
    if not file.is_file():
        raise PlaygroundError(
            f"the CFU's file `{file_name}` does not exist", hint=f"looked for `{file}`"
        )
    return file


def _cfu_class(module: ModuleType, class_name: str, reference: str) -> type[Cfu]:
    classes = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Cfu)
        and value.__module__ == module.__name__
    }
    if not class_name and len(classes) == 1:
        return next(iter(classes.values()))
    if class_name in classes:
        return classes[class_name]
    file = Path(str(module.__file__)).name
    if class_name and hasattr(module, class_name):
        raise PlaygroundError(
            f"`{class_name}` in `{file}` is no subclass of gateware.Cfu defined there",
            hint=_offer(classes, file),
        )
    if class_name:
        raise PlaygroundError(f"`{file}` defines no `{class_name}`", hint=_offer(classes, file))
    raise PlaygroundError(
        f"`{reference}` does not tell which class of `{file}` is the CFU",
        hint=_offer(classes, file),
    )


def _offer(classes: dict[str, type[Cfu]], file: str) -> str:
    if not classes:
        return f"define a subclass of gateware.Cfu in `{file}`"
    return "it defines " + ", ".join(f"`{file}:{name}`" for name in sorted(classes))
