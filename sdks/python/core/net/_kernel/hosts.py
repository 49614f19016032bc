"""Objects of Python that the library calls, from any program."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from net import _net
from net._kernel.errors import argument_error

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

DONE, FAILED, CALLED, ABANDONED, RELEASED = range(5)
"""What the first member of an event says."""


class HostType(NamedTuple):
    """An interface that Python implements: its methods, and whether they may take their time."""

    callable: bool
    methods: tuple[tuple[str, bool], ...]


FEED = HostType(False, (("next", True),))
"""The interface behind a stream of Python."""


class _Host(NamedTuple):
    target: object
    type: HostType

    def method(self, number: int) -> tuple[Callable[..., Any], bool]:
        name, waits = self.type.methods[number]
        if self.type.callable and not hasattr(self.target, name) and callable(self.target):
            return self.target, waits
        method: Callable[..., Any] = getattr(self.target, name)
        return method, waits


class Dispatch:
    """Runs what the library calls, and keeps what it holds."""

    def __init__(self) -> None:
        # Importing it takes longer than the rest of the package, and few programs need it.
        from concurrent.futures import ThreadPoolExecutor

        self.queue = _net.Queue()
        self.hosts: dict[int, _Host] = {}
        self.running: dict[int, Future[Any] | asyncio.Future[Any]] = {}
        self.pool = ThreadPoolExecutor(thread_name_prefix="net-handler")

    def host(self, target: object, type: HostType) -> _net.Host:
        instance, host = self.queue.host(target)
        self.hosts[instance] = _Host(target, type)
        return host

    def close(self) -> None:
        self.queue.close()
        self.hosts.clear()
        self.pool.shutdown(wait=False, cancel_futures=True)

    def handle(self, event: tuple[Any, ...], brief: list[tuple[Any, ...]]) -> None:
        """Deals with a call; what cannot wait is collected, to run in one go."""
        if event[0] == ABANDONED:
            if running := self.running.pop(event[1], None):
                running.cancel()
        elif event[0] == RELEASED:
            self.hosts.pop(event[1], None)
        elif event[0] == CALLED:
            _, number, instance, method, reply, args = event
            try:
                function, waits = self.hosts[instance].method(method)
            except Exception as error:
                reply.fail(error)
                return
            if waits:
                self.start(number, reply, function, args)
            else:
                brief.append((reply, function, args))

    def start(
        self, number: int, reply: _net.Reply, function: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        """Runs a method that may take its time."""
        self.running[number] = self.pool.submit(self.work, number, reply, function, args)

    def work(
        self, number: int, reply: _net.Reply, function: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        answer(reply, lambda: _finish(function(*args)))
        self.running.pop(number, None)


class _ThreadQueue(Dispatch):
    """The queue of blocking programs, drained by a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        threading.Thread(target=self.serve, name="net-dispatch", daemon=True).start()

    def serve(self) -> None:
        while True:
            select.select([self.queue.fileno()], [], [])
            brief: list[tuple[Any, ...]] = []
            for event in self.queue.drain():
                self.handle(event, brief)
            if brief:
                self.pool.submit(answer_all, brief)


_thread: _ThreadQueue | None = None
_lock = threading.Lock()


def _thread_queue() -> _ThreadQueue:
    global _thread
    with _lock:
        _thread = _thread or _ThreadQueue()
    return _thread


def check_host(target: object, name: str, type: HostType) -> None:
    """Refuses what does not implement an interface."""
    first = type.methods[0][0]
    if hasattr(target, first) or (type.callable and callable(target)):
        return
    raise argument_error(name, f"{target.__class__.__name__} has no method `{first}`")


def thread_host(target: object, name: str, type: HostType) -> _net.Host:
    """An implementation that runs in worker threads."""
    check_host(target, name, type)
    return _thread_queue().host(target, type)


def thread_stream(items: object, name: str) -> _net.Host:
    """A stream whose items come from a worker thread."""
    return _thread_queue().host(feed(items, name), FEED)


class _Feed:
    """A stream of Python: lists go in batches, what has to be waited for item by item."""

    def __init__(self, items: object) -> None:
        self.ready = isinstance(items, list | tuple | range)
        self.items: Any = iter(items)  # type: ignore[call-overload]

    def next(self, max: int) -> list[Any]:
        return [item for _, item in zip(range(max if self.ready else 1), self.items, strict=False)]


class _AsyncFeed:
    def __init__(self, items: Any) -> None:
        self.items = aiter(items)

    async def next(self, max: int) -> list[Any]:
        try:
            return [await anext(self.items)]
        except StopAsyncIteration:
            return []


def feed(items: object, name: str) -> object:
    """The implementation behind a stream of Python."""
    if hasattr(items, "__aiter__"):
        return _AsyncFeed(items)
    if hasattr(items, "__iter__"):
        return _Feed(items)
    raise argument_error(name, f"{type(items).__name__} is no stream")


def answer(reply: _net.Reply, call: Callable[[], Any]) -> None:
    """Answers with what a call gives or raises."""
    try:
        reply.answer(call())
    except BaseException as error:  # also `SystemExit`, which ends no more than this thread
        reply.fail(error)


def answer_all(calls: list[tuple[_net.Reply, Callable[..., Any], tuple[Any, ...]]]) -> None:
    """Answers calls that may not take their time."""
    for reply, function, args in calls:
        answer(reply, partial(_settled, function, args))


def _settled(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    result = function(*args)
    if not hasattr(result, "__await__"):
        return result
    if hasattr(result, "close"):
        result.close()
    raise TypeError("this method answers at once: it may not be a coroutine")


def _finish(result: Any) -> Any:
    if not hasattr(result, "__await__"):
        return result
    import asyncio

    async def wait() -> Any:
        return await result

    return asyncio.run(wait())
