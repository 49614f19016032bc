"""Objects of the library behind handles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from net import _net
from net._kernel.errors import NetError, argument_error

T = TypeVar("T")
H = TypeVar("H", bound="Native")
R = TypeVar("R")


class Native:
    """An object of the library; collecting it releases the library's own."""

    __slots__ = ("__weakref__", "_handle")
    _handle: _net.Handle

    def __init__(self) -> None:
        raise TypeError(f"{type(self).__name__} has no constructor of its own")

    @classmethod
    def _of(cls, handle: _net.Handle) -> Self:
        made = object.__new__(cls)
        made._handle = handle
        return made

    if not TYPE_CHECKING:
        # One that no constructor fills only looks like an object, and counts as closed. A `__getattr__` that says so would
        # keep the interpreter from remembering where it found the attributes of any object.
        def __new__(cls, *_args: object, **_named: object) -> Self:
            made = object.__new__(cls)
            made._fill()
            return made

    def _fill(self) -> None:
        self._handle = _net.Handle()


class Typed(Native, Generic[T]):
    """An object whose JSON has a type of the caller."""

    __slots__ = ("_decode",)
    _decode: Callable[[str], T]

    @classmethod
    def _typed(cls, handle: _net.Handle, decode: Callable[[str], T]) -> Self:
        made = cls._of(handle)
        made._decode = decode
        return made

    def _fill(self) -> None:
        super()._fill()
        self._decode = _undecoded


def _undecoded(text: str) -> Any:
    return text


class Closable(Native):
    """An object that is closed by releasing it."""

    __slots__ = ()

    def close(self) -> None:
        """Releases the object; later calls on it fail."""
        self._handle.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


def handle_of(value: object, name: str) -> _net.Handle:
    """The handle of an object that is an argument."""
    if isinstance(value, Native):
        return value._handle
    raise argument_error(name, f"{type(value).__name__} is no object of this library")


def handle_or_none(value: object, name: str) -> _net.Handle | None:
    """The handle of an object in a record, if there is one."""
    return None if value is None else handle_of(value, name)


def handles_of(values: Iterable[object], name: str) -> list[_net.Handle]:
    """The handles of objects that are an argument."""
    return [handle_of(value, f"{name}[{at}]") for at, value in enumerate(values)]


def within(held: H, run: Callable[[H], R], end: Callable[[H, bool], object]) -> R:
    """Runs a function with an object, which then hears whether it failed and is let go."""
    try:
        result = run(held)
    except BaseException:
        # What the function raises is what its caller hears, whatever the end of the object says.
        with suppress(NetError):
            end(held, True)
        held._handle.close()
        raise
    end(held, False)
    held._handle.close()
    return result


async def within_later(
    held: H, run: Callable[[H], Awaitable[R]], end: Callable[[H, bool], object]
) -> R:
    """Like `within`, for a coroutine function."""
    try:
        result = await run(held)
    except BaseException:
        with suppress(NetError):
            await _settled(end(held, True))
        held._handle.close()
        raise
    await _settled(end(held, False))
    held._handle.close()
    return result


async def _settled(ended: object) -> None:
    if isawaitable(ended):
        await ended
