"""What the packages have, by import and reflection: names, and the values of constants."""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import net
import net.aio
import net.gen.wire
import net_sdk
import net_sdk.aio
from net import _net
from net.gen import echo
from net.gen.aio import echo as aio_echo

_LAYOUTS = tuple(
    importlib.import_module(found.name)
    for found in pkgutil.iter_modules(net.gen.wire.__path__, "net.gen.wire.")
    if not found.name.rpartition(".")[2].startswith("_")
)

# What a program imports; the module of the suite is in no namespace of a published package.
PACKAGES: dict[str, tuple[ModuleType, ...]] = {
    "net": (net, echo, *_LAYOUTS),
    "net.aio": (net.aio, aio_echo, *_LAYOUTS),
    "net_sdk": (net_sdk, *_LAYOUTS),
    "net_sdk.aio": (net_sdk.aio, *_LAYOUTS),
}


def surface() -> dict[str, dict[str, Any]]:
    """The names of every package."""
    stubs = _stubs(Path(net.__file__).with_name("_net.pyi"))
    return {
        package: {
            name: value
            for module in modules
            for public in _public(module)
            for name, value in _listed(public, getattr(module, public), stubs)
        }
        for package, modules in PACKAGES.items()
    }


def _public(module: ModuleType) -> list[str]:
    """What a module exports: what it says, or else what it defines."""
    own = [name for name, item in vars(module).items() if getattr(item, "__module__", None) == module.__name__]
    return getattr(module, "__all__", [name for name in own if not name.startswith("_")])


def _listed(name: str, item: Any, stubs: dict[str, set[str]]) -> Iterator[tuple[str, Any]]:
    if not inspect.isclass(item):
        yield name, _shown(item)
        return
    yield name, True
    native = getattr(_net, item.__name__, None) is item
    for member in _members(item):
        # A type checker sees of the extension module what its stubs say.
        if not native or member in stubs.get(item.__name__, ()):
            value = inspect.getattr_static(item, member, None)
            yield f"{name}.{member}", _shown(value.value if isinstance(value, enum.Enum) else value)
    for parameter in _parameters(item):
        if not native or parameter in stubs.get(f"{item.__name__}()", ()):
            yield f"{name}({parameter})", True


def _members(item: type) -> set[str]:
    annotated = {name for base in item.__mro__ for name in getattr(base, "__annotations__", {})}
    return {name for name in annotated.union(dir(item)) if not name.startswith("_")}


def _parameters(item: type) -> list[str]:
    try:
        return list(inspect.signature(item).parameters)
    except ValueError:
        return []


def _shown(value: Any) -> Any:
    is_constant = isinstance(value, (bool, int, float, str, list, tuple)) and value is not None
    return value if is_constant else True


def _stubs(path: Path) -> dict[str, set[str]]:
    """The members of each class in the stubs, and with `()` behind its name the parameters that make it."""
    found: dict[str, set[str]] = {}
    for item in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(item, ast.ClassDef):
            methods = [node for node in item.body if isinstance(node, ast.FunctionDef)]
            fields = [node.target for node in item.body if isinstance(node, ast.AnnAssign)]
            names = {method.name for method in methods}
            found[item.name] = names | {field.id for field in fields if isinstance(field, ast.Name)}
            made = [method.args for method in methods if method.name == "__new__"]
            taken = {arg.arg for args in made for arg in (*args.args, *args.kwonlyargs)}
            found[f"{item.name}()"] = taken
    return found
