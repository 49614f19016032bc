"""Completion queues: one for each asyncio loop, and one for the calls of the library in blocking programs."""

from __future__ import annotations

import asyncio
import inspect
import select
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from net import _net

_DONE, _FAILED, _CALLED, _ABANDONED, _RELEASED = range(5)


class HostType(NamedTuple):
    """An interface that Python implements: its methods, and whether they may take their time."""

    callable: bool
    methods: tuple[tuple[str, bool], ...]


_FEED = HostType(False, (("next", True),))


class _Host(NamedTuple):
    target: object
    type: HostType

    def method(self, number: int) -> tuple[Callable[..., Any], bool]:
        name, waits = self.type.methods[number]
        if self.type.callable and not hasattr(self.target, name) and callable(self.target):
            return self.target, waits
        method: Callable[..., Any] = getattr(self.target, name)
        return method, waits


class _Dispatch:
    """Runs what the library calls, and keeps what it holds."""

    def __init__(self) -> None:
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
        if event[0] == _ABANDONED:
            if running := self.running.pop(event[1], None):
                running.cancel()
        elif event[0] == _RELEASED:
            self.hosts.pop(event[1], None)
        elif event[0] == _CALLED:
            _, number, instance, method, reply, args = event
            try:
                function, waits = self.hosts[instance].method(method)
            except (AttributeError, KeyError) as error:
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
        _answer(reply, lambda: _finish(function(*args)))
        self.running.pop(number, None)


class _LoopQueue(_Dispatch):
    """The queue of one asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.loop = loop
        self.waiting: dict[int, asyncio.Future[Any]] = {}
        loop.add_reader(self.queue.fileno(), self.drain)

    def drain(self) -> None:
        brief: list[tuple[Any, ...]] = []
        for event in self.queue.drain():
            if event[0] > _FAILED:
                self.handle(event, brief)
            elif (future := self.waiting.pop(event[1], None)) and not future.done():
                if event[0] == _DONE:
                    future.set_result(event[2])
                else:
                    future.set_exception(event[2])
        if brief:
            self.pool.submit(_answer_all, brief)

    def start(
        self, number: int, reply: _net.Reply, function: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        self.running[number] = self.loop.create_task(self.serve(number, reply, function, args))

    async def serve(
        self, number: int, reply: _net.Reply, function: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        try:
            if inspect.iscoroutinefunction(function):
                result = await function(*args)
            else:
                result = await self.loop.run_in_executor(self.pool, lambda: function(*args))
                if inspect.isawaitable(result):
                    result = await result
            reply.answer(result)
        except Exception as error:
            reply.fail(error)
        finally:
            self.running.pop(number, None)

    async def submit(self, start: Callable[..., int], *args: Any) -> Any:
        number = start(self.queue, *args)
        future = self.waiting[number] = self.loop.create_future()
        try:
            return await future
        except asyncio.CancelledError:
            if self.waiting.pop(number, None):
                self.queue.cancel(number)
            raise


class _ThreadQueue(_Dispatch):
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
                self.pool.submit(_answer_all, brief)


_loops: dict[asyncio.AbstractEventLoop, _LoopQueue] = {}
_thread: _ThreadQueue | None = None
_lock = threading.Lock()


def _loop_queue() -> _LoopQueue:
    loop = asyncio.get_running_loop()
    queue = _loops.get(loop)
    if queue is None:
        for closed in [other for other in _loops if other.is_closed()]:
            _loops.pop(closed).close()
        queue = _loops[loop] = _LoopQueue(loop)
    return queue


def _thread_queue() -> _ThreadQueue:
    global _thread
    with _lock:
        _thread = _thread or _ThreadQueue()
    return _thread


async def submit(start: Callable[..., int], *args: Any) -> Any:
    """Starts an operation and waits for its end; cancelling the task ends the operation."""
    return await _loop_queue().submit(start, *args)


def _check(target: object, name: str, type: HostType) -> None:
    first = type.methods[0][0]
    if hasattr(target, first) or (type.callable and callable(target)):
        return
    reason = f"{target.__class__.__name__} has no method `{first}`"
    raise _net.error(2, {"argument": name, "reason": reason})


def loop_host(target: object, name: str, type: HostType) -> _net.Host:
    """An implementation whose coroutines run on the running loop."""
    _check(target, name, type)
    return _loop_queue().host(target, type)


def thread_host(target: object, name: str, type: HostType) -> _net.Host:
    """An implementation that runs in worker threads."""
    _check(target, name, type)
    return _thread_queue().host(target, type)


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


def _feed(items: object, name: str) -> object:
    if hasattr(items, "__aiter__"):
        return _AsyncFeed(items)
    if hasattr(items, "__iter__"):
        return _Feed(items)
    raise _net.error(2, {"argument": name, "reason": f"{type(items).__name__} is no stream"})


def loop_stream(items: object, name: str) -> _net.Host:
    """A stream whose items come from the running loop or a worker thread."""
    return _loop_queue().host(_feed(items, name), _FEED)


def thread_stream(items: object, name: str) -> _net.Host:
    """A stream whose items come from a worker thread."""
    return _thread_queue().host(_feed(items, name), _FEED)


def _answer(reply: _net.Reply, call: Callable[[], Any]) -> None:
    try:
        reply.answer(call())
    except Exception as error:
        reply.fail(error)


def _answer_all(calls: list[tuple[_net.Reply, Callable[..., Any], tuple[Any, ...]]]) -> None:
    for reply, function, args in calls:
        _answer(reply, partial(_settled, function, args))


def _settled(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    result = function(*args)
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        raise TypeError("this method answers at once: it may not be a coroutine")
    return result


def _finish(result: Any) -> Any:
    async def wait(result: Awaitable[Any]) -> Any:
        return await result

    return asyncio.run(wait(result)) if inspect.isawaitable(result) else result
