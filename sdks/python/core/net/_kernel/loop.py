"""The completion queue of each asyncio loop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from net import _net
from net._kernel.hosts import (
    DONE,
    FAILED,
    FEED,
    Dispatch,
    HostType,
    answer_all,
    check_host,
    feed,
)


class _LoopQueue(Dispatch):
    """The queue of one asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.loop = loop
        self.waiting: dict[int, _Operation] = {}
        loop.add_reader(self.queue.fileno(), self.drain)

    def drain(self) -> None:
        brief: list[tuple[Any, ...]] = []
        for event in self.queue.drain():
            if event[0] > FAILED:
                self.handle(event, brief)
            elif operation := self.waiting.pop(event[1], None):
                operation.end(event[0] == DONE, event[2])
        if brief:
            self.pool.submit(answer_all, brief)

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


class _Operation(asyncio.Future[Any]):
    """An operation under way: cancelling it ends it in the library as well."""

    queue: _LoopQueue
    number: int
    keep: Callable[[Any], object] | None

    def cancel(self, msg: Any | None = None) -> bool:
        if self.number in self.queue.waiting:
            self.queue.queue.cancel(self.number)
        return super().cancel(msg)

    def end(self, is_done: bool, result: Any) -> None:
        if is_done and self.keep is not None:
            self.keep(result)
        if self.done():
            return
        if is_done:
            self.set_result(result)
        else:
            self.set_exception(result)


_loops: dict[asyncio.AbstractEventLoop, _LoopQueue] = {}


def submit(
    start: Callable[..., int], *args: Any, keep: Callable[[Any], object] | None = None
) -> asyncio.Future[Any]:
    """Starts an operation, which the running loop then waits for.

    `keep` gets the result, also of an operation that was cancelled too late to lose it.
    """
    loop = asyncio.get_running_loop()
    queue = _loops.get(loop) or _new_queue(loop)
    number = start(queue.queue, *args)
    operation = queue.waiting[number] = _Operation(loop=loop)
    operation.queue, operation.number, operation.keep = queue, number, keep
    return operation


def loop_host(target: object, name: str, type: HostType) -> _net.Host:
    """An implementation whose coroutines run on the running loop."""
    check_host(target, name, type)
    return _running_queue().host(target, type)


def loop_stream(items: object, name: str) -> _net.Host:
    """A stream whose items come from the running loop or a worker thread."""
    return _running_queue().host(feed(items, name), FEED)


def _running_queue() -> _LoopQueue:
    loop = asyncio.get_running_loop()
    return _loops.get(loop) or _new_queue(loop)


def _new_queue(loop: asyncio.AbstractEventLoop) -> _LoopQueue:
    for closed in [other for other in _loops if other.is_closed()]:
        _loops.pop(closed).close()
    queue = _loops[loop] = _LoopQueue(loop)
    return queue
