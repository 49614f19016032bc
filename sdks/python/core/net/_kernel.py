"""What the generated classes stand on: handles, errors, JSON, streams."""

from __future__ import annotations

import dataclasses
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar

from net import _net
from net._loop import submit

T = TypeVar("T")

Buffer: TypeAlias = bytes | bytearray | memoryview
"""What bytes are taken from."""

Model: TypeAlias = type[T] | Callable[[Any], T]
"""What turns a decoded JSON value into the caller's type: a class or a function."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 64


class NetError(Exception):
    """Any error of the library."""

    family: str
    kind: str
    code: int
    retry: bool
    detail: str | None
    fields: dict[str, Any]
    CODE: ClassVar[int] = 0

    @classmethod
    def _of(cls, shown: tuple[Any, ...]) -> Self:
        error = cls.__new__(cls)
        error._show(shown)
        return error

    @classmethod
    def _made(cls, code: int, members: dict[str, Any]) -> Self:
        return cls._of(_net.error_parts(code, members))

    def _show(self, shown: tuple[Any, ...]) -> None:
        message, self.family, self.kind, self.code, self.retry, self.detail, self.fields = shown
        Exception.__init__(self, message)
        for name, value in self.fields.items():
            setattr(self, name, value)

    @property
    def _members(self) -> dict[str, Any]:
        return {**self.fields, "detail": self.detail}

    def __reduce__(self) -> tuple[Any, ...]:
        shown = (str(self), self.family, self.kind, self.code, self.retry, self.detail, self.fields)
        return type(self)._of, (shown,)


def check(sdk: str) -> None:
    """Refuses a library that was built from another spec than the package."""
    if sdk != _net.SPEC_HASH:
        raise _net.error(13, {"wanted": sdk, "found": _net.SPEC_HASH})


def argument_error(name: str, reason: str) -> Exception:
    """The error about an argument."""
    return _net.error(2, {"argument": name, "reason": reason})


class Native:
    """An object of the library; collecting it releases the library's own."""

    __slots__ = ("__weakref__", "_handle")
    _handle: _net.Handle

    def __init__(self) -> None:
        raise TypeError(f"{type(self).__name__} has no constructor of its own")

    @classmethod
    def _of(cls, handle: _net.Handle) -> Self:
        made = cls.__new__(cls)
        made._handle = handle
        return made


class Typed(Native, Generic[T]):
    """An object whose JSON has a type of the caller."""

    __slots__ = ("_decode",)
    _decode: Callable[[str], T]

    @classmethod
    def _typed(cls, handle: _net.Handle, decode: Callable[[str], T]) -> Self:
        made = cls._of(handle)
        made._decode = decode
        return made


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


class _Reader(Closable, Generic[T]):
    """A stream: the reader sets the pace."""

    __slots__ = ("_batch", "_map")
    _batch: deque[T]
    _map: Callable[[Any], T] | None

    @classmethod
    def _stream(cls, handle: _net.Handle, map: Callable[[Any], T] | None = None) -> Self:
        made = cls._of(handle)
        made._open(map)
        return made

    def _open(self, map: Callable[[Any], T] | None = None) -> None:
        self._batch = deque()
        self._map = map

    def _fetch(self, max: int) -> list[Any]:
        return _net.stream_next(self._handle, max)

    def _submit(self, queue: _net.Queue, max: int) -> int:
        return _net.stream_next_submit(queue, self._handle, max)

    def _end(self) -> None:
        _net.stream_close(self._handle)

    def _mapped(self, items: list[Any]) -> list[T]:
        return items if self._map is None else [self._map(item) for item in items]

    def _buffered(self, max: int) -> list[T]:
        return [self._batch.popleft() for _ in range(min(max, len(self._batch)))]

    async def _later(self, max: int) -> list[T]:
        return self._buffered(max) or self._mapped(await submit(self._submit, max))

    def close(self) -> None:
        """Ends the stream: a pending read gives nothing."""
        self._batch.clear()
        self._end()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        if not self._batch:
            self._batch.extend(await self._later(_BATCH))
        if not self._batch:
            raise StopAsyncIteration
        return self._batch.popleft()


class Stream(_Reader[T]):
    """A stream that a `for` reads, and an `async for` as well."""

    __slots__ = ()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if not self._batch:
            self._batch.extend(self._mapped(self._fetch(_BATCH)))
        if not self._batch:
            raise StopIteration
        return self._batch.popleft()

    def next(self, max: int = _BATCH) -> list[T]:
        """Reads up to so many items and at least one; none at the end."""
        return self._buffered(max) or self._mapped(self._fetch(max))


class AsyncStream(_Reader[T]):
    """A stream that an `async for` reads."""

    __slots__ = ()

    async def next(self, max: int = _BATCH) -> list[T]:
        """Reads up to so many items and at least one; none at the end."""
        return await self._later(max)


def handle_of(value: object, name: str) -> _net.Handle:
    """The handle of an object that is an argument."""
    if isinstance(value, Native):
        return value._handle
    raise argument_error(name, f"{type(value).__name__} is no object of this library")


def handles_of(values: Iterable[object], name: str) -> list[_net.Handle]:
    """The handles of objects that are an argument."""
    return [handle_of(value, f"{name}[{at}]") for at, value in enumerate(values)]


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


def picks(
    args: tuple[Any, ...], named: dict[str, Any], position: int, name: str, kind: Any
) -> bool:
    """Whether a call is meant for the signature that has a value of this kind there."""
    value = args[position] if len(args) > position else named.get(name)
    return isinstance(value, kind)


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


_PLAIN: tuple[object, ...] = (dict, list, str, int, float, bool, object)


def _spread(model: type[T]) -> Callable[[Any], T]:
    make: Any = model

    def read(value: Any) -> Any:
        return make(**value) if isinstance(value, dict) else make(value)

    return read


def _plain(value: object) -> object:
    """What stands in JSON for an object that is no plain value."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def date_of(millis: int) -> datetime:
    """A calendar time in UTC."""
    try:
        return _EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        raise _net.error(8, {"detail": f"{millis} ms is outside the calendar"}) from None


def millis_of(date: datetime) -> int:
    """Milliseconds since the Unix epoch."""
    if not isinstance(date, datetime):
        raise TypeError(f"datetime is needed, not {type(date).__name__}")
    if date.utcoffset() is None:
        raise ValueError("datetime has no time zone")
    return (date - _EPOCH) // timedelta(milliseconds=1)
