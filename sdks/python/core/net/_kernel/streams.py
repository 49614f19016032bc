"""Streams: the reader sets the pace."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Generic, Self, TypeVar

from net import _net
from net._kernel.errors import argument_error
from net._kernel.objects import Closable

T = TypeVar("T")

_BATCH = 64


class _Reader(Closable, Generic[T]):
    """A stream: the reader sets the pace."""

    __slots__ = ("_batch", "_map", "_over", "_process", "_turn")
    _batch: deque[Any]
    _over: bool
    _process: int
    _turn: threading.Lock
    _map: Callable[[Any], T] | None

    @classmethod
    def _stream(cls, handle: _net.Handle, map: Callable[[Any], T] | None = None) -> Self:
        made = cls._of(handle)
        made._open(map)
        return made

    def _fill(self) -> None:
        super()._fill()
        self._open()

    def _open(self, map: Callable[[Any], T] | None = None) -> None:
        self._batch = deque()
        self._over = False
        self._map = map
        self._turn = threading.Lock()
        self._process = os.getpid()

    def _fetch(self, max: int) -> list[Any]:
        return _net.stream_next(self._handle, max)

    def _submit(self, queue: _net.Queue, max: int) -> int:
        return _net.stream_next_submit(queue, self._handle, max)

    def _end(self) -> None:
        _net.stream_close(self._handle)

    def _some(self, max: int) -> list[T]:
        """Items that are there already; one that does not decode waits for the next call."""
        items: list[T] = []
        while len(items) < max:
            # Another thread may have taken the last one by now.
            try:
                item = self._batch.popleft()
            except IndexError:
                break
            try:
                items.append(item if self._map is None else self._map(item))
            except Exception:
                if not items:
                    raise
                self._batch.appendleft(item)
                break
        return items

    async def _more_later(self, max: int) -> bool:
        from net._kernel.loop import submit

        # What arrives belongs to the stream, whether or not the one who asked still waits.
        return bool(await submit(self._submit, max, keep=self._keep)) and not self._over

    def _keep(self, items: list[Any]) -> None:
        self._batch.extend(items)
        # It may have ended on another thread while these were on their way.
        if self._over:
            self._batch.clear()

    def _halt(self) -> None:
        """Gives out nothing more."""
        self._over = True
        self._batch.clear()

    def close(self) -> None:
        """Ends the stream: a pending read gives nothing."""
        self._halt()
        self._end()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while not (item := self._some(1)):
            if not await self._more_later(_BATCH):
                raise StopAsyncIteration
        return item[0]


class Stream(_Reader[T]):
    """A stream that a `for` reads, and an `async for` as well."""

    __slots__ = ()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        while True:
            try:
                item = self._batch.popleft()
            except IndexError:
                if self._more(_BATCH):
                    continue
                raise StopIteration from None
            return item if self._map is None else self._map(item)

    def next(self, max: int = _BATCH) -> list[T]:
        """Reads up to so many items and at least one; none at the end."""
        at_least_one(max)
        while not (items := self._some(max)):
            if not self._more(max):
                break
        return items

    def _more(self, max: int) -> bool:
        if os.getpid() != self._process:
            # Nobody in a forked child gives a turn back, and the library refuses anyway.
            return bool(self._fetch(max))
        with self._turn:
            if self._batch:
                return True
            # Another thread may take what arrives before this one looks at it.
            items = self._fetch(max)
            self._keep(items)
            return bool(items) and not self._over


class AsyncStream(_Reader[T]):
    """A stream that an `async for` reads."""

    __slots__ = ()

    async def next(self, max: int = _BATCH) -> list[T]:
        """Reads up to so many items and at least one; none at the end."""
        at_least_one(max)
        while not (items := self._some(max)):
            if not await self._more_later(max):
                break
        return items


def at_least_one(max: int) -> None:
    """Refuses to ask for nothing."""
    if not isinstance(max, int):
        raise argument_error("max", f"int is needed, not {type(max).__name__}")
    if not 1 <= max < 2**32:
        number = max if abs(max) < 2**64 else "it"
        raise argument_error("max", f"{number} is {'below 1' if max < 1 else 'out of range'}")
