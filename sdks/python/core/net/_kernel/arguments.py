"""Arguments of calls that may be given in several ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

from net._kernel.errors import NetError, argument_error

T = TypeVar("T")

Buffer: TypeAlias = bytes | bytearray | memoryview
"""What bytes are taken from."""


def spread(values: tuple[Any, ...]) -> Any:
    """The values of a call with any number of them, or of one list."""
    return values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values


def whole(given: T | None, make: Callable[..., T], *fields: object, **more: object) -> T:
    """Options that are given as one record, or else made of their fields."""
    if given is None:
        return make(*fields, **more)
    if any(field is not None for field in (*fields, *more.values())):
        reason = "is given whole, so its fields may not be given as well"
        raise argument_error(make.__name__, reason)
    return given


def either(first: object, make: type[T], *fields: object) -> T:
    """Options that are given as one record in place of their first field, or else one by one."""
    if not isinstance(first, make):
        return cast("Callable[..., T]", make)(first, *fields)
    if any(field is not None for field in fields):
        reason = "is given whole, so its fields may not be given as well"
        raise argument_error(make.__name__, reason)
    return first


def flat(name: str, given: T | None, make: type[T], **fields: object) -> T | None:
    """Options within options, given as one record, or by fields that have their name in front."""
    if all(field is None for field in fields.values()):
        return given
    if given is not None:
        raise argument_error(name, "is given whole, so its fields may not be given as well")
    try:
        return cast("Callable[..., T]", make)(**fields)
    except NetError as error:
        if (error.family, error.kind) != ("base", "argument"):
            raise
        argument = f"{name}_{error.fields['argument']}"
        raise argument_error(argument, error.fields["reason"]) from None


def picks(
    args: tuple[Any, ...], named: dict[str, Any], position: int, name: str, kind: Any
) -> bool:
    """Whether a call is meant for the signature that has a value of this kind there."""
    value = args[position] if len(args) > position else named.get(name)
    return isinstance(value, kind)


def made(union: type[T], case: str, given: tuple[Any, ...]) -> T:
    """The value of a union's case, which pickled bytes name."""
    return cast("T", getattr(union, case)(*given))
