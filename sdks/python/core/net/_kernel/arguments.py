"""Arguments of calls that may be given in several ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar, cast

from net._kernel.errors import NetError, argument_error

T = TypeVar("T")

Buffer: TypeAlias = bytes | bytearray | memoryview
"""What bytes are taken from."""


def spread(values: tuple[Any, ...]) -> Any:
    """The values of a call with any number of them, or of one list."""
    return values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values


def of_mapping(make: Callable[..., T], given: Mapping[str, Any], name: str) -> T:
    """A record of what its class is called with."""
    try:
        return make(**given)
    except NetError as error:
        if (error.family, error.kind) != ("base", "argument"):
            raise
        argument = f"{name}.{error.fields['argument']}"
        raise argument_error(argument, error.fields["reason"]) from None
    except TypeError as error:
        # What a call says begins with the name of the function.
        reason = str(error)
        raise argument_error(name, reason.partition("() ")[2] or reason) from None


def whole(
    given: T | Mapping[str, Any] | None, make: Callable[..., T], *fields: object, **more: object
) -> T:
    """Options that are given as one record, or else made of their fields."""
    if given is None:
        return make(*fields, **more)
    if any(field is not None for field in (*fields, *more.values())):
        reason = "is given whole, so its fields may not be given as well"
        raise argument_error(make.__name__, reason)
    return of_mapping(make, given, make.__name__) if isinstance(given, Mapping) else given


def either(first: object, make: type[T], *fields: object) -> T:
    """Options that are given as one record in place of their first field, or else one by one."""
    if not isinstance(first, make) and not isinstance(first, Mapping):
        return cast("Callable[..., T]", make)(first, *fields)
    if any(field is not None for field in fields):
        reason = "is given whole, so its fields may not be given as well"
        raise argument_error(make.__name__, reason)
    return of_mapping(make, first, make.__name__) if isinstance(first, Mapping) else first


def filled(make: type[T], **fields: object) -> T:
    """Options of the fields that are given, or given as one record in place of the first."""
    given = {name: value for name, value in fields.items() if value is not None}
    first = next(iter(fields.values()))
    if not isinstance(first, make | Mapping):
        return of_mapping(make, given, make.__name__)
    if len(given) > 1:
        reason = "is given whole, so its fields may not be given as well"
        raise argument_error(make.__name__, reason)
    return of_mapping(make, first, make.__name__) if isinstance(first, Mapping) else first


def flat(
    name: str, given: T | Mapping[str, Any] | None, make: type[T], **fields: object
) -> T | Mapping[str, Any] | None:
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
