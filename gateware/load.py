"""Finding a CFU by its reference."""

from __future__ import annotations

__all__ = [
    "cfu_parameters",
    "kernels_of",
    "load_cfu",
    "load_model",
    "make_cfu",
    "shipped_cfus",
    "split_parameters",
    "with_parameters",
]

import dataclasses
import difflib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import cast

import gateware.cfus
from gateware.cfu import Cfu
from gateware.export import artifact_of
from gateware.model import Model
from gateware.parameter import (
    Parameter,
    Value,
    declared_parameters,
    parameters_text,
    read_parameters,
)
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
    base, _ = split_parameters(reference)
    return base if family is None and base in shipped_cfus() else family


def load_cfu(reference: str, *, directory: Path) -> CfuArtifact:
    """Return the CFU that a reference names.

    Parameters
    ----------
    reference
        A shipped CFU ("simd_mac"), a class in a Python file ("my_cfu.py:MyCfu"; "my_cfu.py" if
        it defines just one), the description of a Verilog CFU ("my_cfu.toml"), or "none" for one
        without instructions, which answers 0 to everything. One in Python that declares
        `parameters` may be followed by values of them, "array:units=4,channels=64".
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


def cfu_parameters(reference: str, *, directory: Path) -> Mapping[str, Parameter]:
    """Return what a CFU declares as its parameters; one in Verilog and "none" have none.

    Values that the reference gives take the place of the defaults.

    Raises
    ------
    PlaygroundError
        As `load_cfu` does.
    """
    base, text = split_parameters(reference)
    if _suffix(base) == ".toml" or base == _NO_CFU:
        return {}
    cfu_class, file = _find_class(base, directory)
    parameters = _parameters(cfu_class, base, file)
    given = read_parameters(text, parameters, reference=base) if text else {}
    return {
        name: dataclasses.replace(parameter, default=given.get(name, parameter.default))
        for name, parameter in parameters.items()
    }


def with_parameters(reference: str, values: Mapping[str, Value], *, directory: Path) -> str:
    """Return the reference of a CFU with some of its parameters changed.

    Parameters
    ----------
    reference, directory
        As `load_cfu` takes them; values that the reference gives stay unless they are changed.

    Raises
    ------
    PlaygroundError
        As `load_cfu` does.
    """
    base, _ = split_parameters(reference)
    own = cfu_parameters(base, directory=directory)
    given = {name: p.default for name, p in cfu_parameters(reference, directory=directory).items()}
    text = parameters_text({**given, **values}, own)
    return f"{base}:{text}" if text else base


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
    base, text = split_parameters(reference)
    cfu_class, file = _find_class(base, directory)
    parameters = _parameters(cfu_class, base, file) if text else {}
    given = read_parameters(text, parameters, reference=base) if text else {}
    with user_errors(f"CFU `{reference}` cannot be made", file=file):
        cfu = cast(Callable[..., Cfu], cfu_class)(**given)
        if not hasattr(cfu, "spec"):
            raise TypeError(f"{cfu_class.__name__}.__init__() calls no super().__init__([...])")
    differences = parameters_text(given, parameters)
    if differences:
        cfu.spec = dataclasses.replace(cfu.spec, name=f"{cfu.spec.name}:{differences}")
    return cfu


def _find_class(base: str, directory: Path) -> tuple[type[Cfu], Path]:
    """Return the class of a CFU in Amaranth, and the file that defines it."""
    file_name, _, class_name = base.partition(":")
    if _suffix(base) == ".py":
        file = _existing(file_name, directory)
        module = load_module(file, f"CFU `{base}` cannot be loaded")
        return _cfu_class(module, class_name, base), file
    if base not in shipped_cfus():
        raise _unknown(base)
    module = importlib.import_module(f"gateware.cfus.{base}")
    return _cfu_class(module, "", base), Path(gateware.cfus.__path__[0], f"{base}.py")


def _parameters(cfu_class: type[Cfu], base: str, file: Path) -> Mapping[str, Parameter]:
    with user_errors(f"CFU `{base}` cannot be made", file=file):
        return declared_parameters(cfu_class, cfu_class.parameters)


def split_parameters(reference: str) -> tuple[str, str]:
    """Return a CFU's reference without the values of its parameters, and these."""
    base, colon, text = reference.rpartition(":")
    return (base, text) if colon and "=" in text else (reference, "")


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
