"""JSON of the caller's types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

from net import _net
from net._kernel.errors import argument_error

T = TypeVar("T")

Model: TypeAlias = type[T] | Callable[[Any], T]
"""What turns a decoded JSON value into the caller's type: a class or a function."""

_PLAIN: tuple[object, ...] = (dict, list, str, int, float, bool, object)


def encode(value: object, name: str) -> str:
    """Writes a value as compact JSON."""
    try:
        return json.dumps(
            value,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
            default=_plain,
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise _net.error(7, {"detail": f"{name}: {error}"}) from error


def encode_all(values: Iterable[object], name: str) -> list[str]:
    """Writes many values as compact JSON."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise argument_error(name, f"list is needed, not {type(values).__name__}")
    return [encode(value, f"{name}[{at}]") for at, value in enumerate(values)]


def decode(text: str, model: Any = None) -> Any:
    """Reads JSON as the type that a class or a function makes of it."""
    return decoder(model)(text)


def decoder(
    model: Model[T] | None = None, parse: Callable[[str], T] | None = None
) -> Callable[[str], T]:
    """The function that reads JSON: `parse` from the text, or `model` from the decoded value."""
    if parse is not None:
        return parse
    make: Any = getattr(model, "model_validate", None)
    if make is None and isinstance(model, type) and model not in _PLAIN:
        make = _spread(model)
    make = make or model

    def read(text: str) -> Any:
        try:
            value = json.loads(text)
        except ValueError as error:
            raise _net.error(8, {"detail": str(error)}) from error
        return value if make is None else make(value)

    return read


def _spread(model: type[T]) -> Callable[[Any], T]:
    make: Any = model

    def read(value: Any) -> Any:
        return make(**value) if isinstance(value, dict) else make(value)

    return read


def _plain(value: Any) -> object:
    """What stands in JSON for an object that is no plain value."""
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        from dataclasses import fields

        return {field.name: getattr(value, field.name) for field in fields(value)}
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump()
    raise TypeError(f"{type(value).__name__} has no JSON form")
