"""The folders, and who may import whom; docs/architecture.md tells why."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]

# Imports only go upwards in this table, and only to what is listed.
_MAY_IMPORT: dict[str, frozenset[str]] = {
    "toolchain": frozenset(),
    "boards": frozenset({"toolchain"}),
    "gateware": frozenset({"toolchain"}),
    "soc": frozenset({"toolchain", "boards", "gateware"}),
    "firmware": frozenset({"toolchain", "gateware", "soc"}),
    "sim": frozenset({"toolchain", "boards", "gateware", "soc", "firmware"}),
    "profiles": frozenset({"toolchain", "soc", "firmware", "sim"}),
    "playground": frozenset(
        {"toolchain", "boards", "gateware", "soc", "firmware", "sim", "profiles"}
    ),
}

# Where a package may be imported in part only: importer, imported -> modules that hold that part,
# and the names of it that the package itself exports.
_ONLY: dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]] = {
    # the description of a CFU, not its hardware
    ("firmware", "gateware"): (
        frozenset({"gateware.spec", "gateware.opcode", "gateware.latency", "gateware.intrinsics"}),
        frozenset({"CfuSpec", "InstructionSpec", "Opcode", "Latency", "intrinsics_header"}),
    ),
    # where things are in memory and what the CPU can do, not how LiteX is made to build it
    ("firmware", "soc"): (
        frozenset({"soc.memory_map", "soc.cpu"}),
        frozenset({"MemoryMap", "Region", "CpuVariant"}),
    ),
}

# Started by itself, before anything is installed.
_STANDALONE = frozenset({"playground/bootstrap.py"})


@dataclass(frozen=True)
class _Import:
    """An import statement or call; `names` are what is taken out of `module`."""

    module: str
    names: tuple[str, ...]
    line: int

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _modules(package: str) -> list[Path]:
    return sorted(path for path in (_ROOT / package).rglob("*.py") if "build" not in path.parts)


def _all_modules() -> list[Path]:
    return [path for package in _MAY_IMPORT for path in _modules(package)]


def _named(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()


def _imports(tree: ast.AST) -> Iterator[_Import]:
    """Yield every import, also those inside functions and those that importlib does."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    yield _Import(alias.name, (), node.lineno)
            case ast.ImportFrom(level=level, module=module, names=aliases):
                assert level == 0, "a relative import"
                yield _Import(str(module), tuple(a.name for a in aliases), node.lineno)
            case ast.Call(func=function, args=[ast.Constant(value=str(module)), *_]):
                if ast.unparse(function).endswith(("import_module", "__import__")):
                    yield _Import(module, (), node.lineno)


def _is_allowed(importer: str, imported: _Import) -> bool:
    if imported.package not in _MAY_IMPORT or imported.package == importer:
        return True
    if imported.package not in _MAY_IMPORT[importer]:
        return False
    part = _ONLY.get((importer, imported.package))
    if part is None:
        return True
    modules, names = part
    if imported.module == imported.package:
        return bool(imported.names) and set(imported.names) <= names
    return imported.module in modules


def test_the_table_only_points_upwards() -> None:
    order = list(_MAY_IMPORT)
    for package, allowed in _MAY_IMPORT.items():
        assert all(order.index(other) < order.index(package) for other in allowed)


@pytest.mark.parametrize("package", _MAY_IMPORT)
def test_packages_are_there_and_documented(package: str) -> None:
    init = _ROOT / package / "__init__.py"
    assert init.is_file()
    assert ast.get_docstring(_tree(init))


@pytest.mark.parametrize("package", _MAY_IMPORT)
def test_imports_only_go_upwards(package: str) -> None:
    wrong = [
        f"{_named(path)}:{found.line} imports {found.module} {', '.join(found.names)}".rstrip()
        for path in _modules(package)
        for found in _imports(_tree(path))
        if not _is_allowed(package, found)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("importer", "source", "allowed"),
    [
        ("boards", "import soc", False),
        ("boards", "def f():\n    from soc.cpu import CpuVariant", False),
        ("boards", "importlib.import_module('soc.cpus')", False),
        ("profiles", "import gateware.spec", False),
        ("firmware", "from soc import MemoryMap", True),
        ("firmware", "from soc import MemoryMap, build_soc", False),
        ("firmware", "from soc.memory_map import Region", True),
        ("firmware", "import soc", False),
        ("firmware", "import soc.litex_soc", False),
        ("firmware", "from gateware.cfu import Cfu", False),
        ("soc", "import numpy, boards", True),
        ("toolchain", "if TYPE_CHECKING:\n    import boards", False),
    ],
)
def test_this_test_sees_wrong_imports(importer: str, source: str, allowed: bool) -> None:
    found = list(_imports(ast.parse(source)))
    assert found
    assert all(_is_allowed(importer, each) for each in found) is allowed


@pytest.mark.parametrize("path", sorted(_STANDALONE))
def test_the_bootstrap_needs_nothing_installed(path: str) -> None:
    import sys

    packages = {found.package for found in _imports(_tree(_ROOT / path))}
    assert packages <= sys.stdlib_module_names


def _exports(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = ast.literal_eval(node.value)
            return [str(name) for name in names]
    return None


def _defined(tree: ast.Module) -> set[str]:
    """Return the names that a module defines itself."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
    return names


def _imported(tree: ast.Module) -> set[str]:
    """Return the names that a module takes from others."""
    return {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def _is_code(path: Path) -> bool:
    """Tell whether a module is more than a docstring and a start of a program."""
    return path.name not in ("__init__.py", "__main__.py")


def test_every_module_says_what_it_exports_first() -> None:
    wrong = []
    for path in _all_modules():
        body = [n for n in _tree(path).body if not isinstance(n, ast.Expr)]
        body = [n for n in body if not (isinstance(n, ast.ImportFrom) and n.module == "__future__")]
        if _is_code(path) and not (body and ast.unparse(body[0]).startswith("__all__ = ")):
            wrong.append(_named(path))
    assert wrong == []


def test_every_export_exists() -> None:
    wrong = [
        f"{_named(path)}: {name}"
        for path in _all_modules()
        for name in set(_exports(_tree(path)) or ())
        - _defined(_tree(path))
        - _imported(_tree(path))
    ]
    assert wrong == []


def test_exports_are_sorted_and_named_once() -> None:
    def order(name: str) -> tuple[int, str]:
        # As ruff sorts them: constants, classes, the rest.
        return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)

    for path in _all_modules():
        exports = _exports(_tree(path)) or []
        assert exports == sorted(set(exports), key=order), _named(path)


def test_a_thing_is_defined_in_one_module_of_its_package() -> None:
    """A name that two modules of a package export is the same thing written twice, or ambiguous.

    Modules found by what they declare (`BOARD`, `CPU`, ...) are alike on purpose.
    """
    wrong = []
    for package in _MAY_IMPORT:
        homes: dict[str, str] = {}
        for path in _modules(package):
            if not _is_code(path):
                continue
            for name in _exports(_tree(path)) or ():
                if name.isupper() or name == "main" or name not in _defined(_tree(path)):
                    continue
                if name in homes and _same_folder(path, homes[name]):
                    wrong.append(f"{name}: {homes[name]} and {_named(path)}")
                homes[name] = _named(path)
    assert wrong == []


def _same_folder(path: Path, other: str) -> bool:
    return path.parent == (_ROOT / other).parent


def test_the_document_has_this_table() -> None:
    text = (_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)/` \|[^|]*\| ([^|]*) \|$", text, re.MULTILINE))
    told = {
        package: frozenset(_MAY_IMPORT) - {package}
        if listed.strip() == "all"
        else frozenset(re.findall(r"`(\w+)`", listed))
        for package, listed in rows.items()
    }
    assert told == _MAY_IMPORT
