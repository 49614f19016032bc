"""Streams: the reader sets the pace."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Generic, Self, TypeVar

from net import _net
from net._kernel.objects import Closable

T = TypeVar("T")

_BATCH = 64


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
        from net._kernel.loop import submit

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
