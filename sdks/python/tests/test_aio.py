"""The awaitable twins."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

import net
from net import HandleError
from net.gen import echo as blocking
from net.gen.aio import echo

pytestmark = pytest.mark.usefixtures("no_leaks")


def test_methods_are_awaited() -> None:
    async def main() -> None:
        box = await echo.EchoBox.open("text", loud=False)
        assert await box.read() == "text"
        assert (await echo.EchoBox.open(12)).text == "12"
        assert box.set("x").text == "x"
        async with echo.EchoBox("y") as other:
            assert box.pair(other).text == "xy"
        with pytest.raises(blocking.EchoBusyError):
            await echo.fail_later("busy")
        with pytest.raises(net.InternalError, match="panic at"):
            await echo.panic_later()

    asyncio.run(main())


def test_an_object_is_held_while_a_coroutine_runs() -> None:
    async def run() -> None:
        door = echo.EchoDoor()

        async def look(_: object) -> int:
            await asyncio.sleep(0)
            return door.inside

        async def fails(_: object) -> int:
            raise LookupError

        assert await door.through(look) == 1
        assert await door.through_later(look) == 1
        for call in (door.through, door.through_later):
            with pytest.raises(LookupError):
                await call(fails)
        entered = asyncio.Event()

        async def stays(_: object) -> None:
            entered.set()
            await asyncio.Event().wait()

        held = asyncio.create_task(door.through_later(stays))
        await entered.wait()
        held.cancel()
        with pytest.raises(asyncio.CancelledError):
            await held
        assert (door.inside, door.tally) == (0, "2/3")

    asyncio.run(run())


def test_many_at_once() -> None:
    async def main() -> None:
        boxes = [echo.EchoBox(str(number)) for number in range(500)]
        texts = await asyncio.gather(*(box.read() for box in boxes))
        assert texts == [str(number) for number in range(500)]

    asyncio.run(main())


def test_cancelling_the_task_ends_the_operation() -> None:
    async def main() -> None:
        box = echo.EchoBox("x")
        task = asyncio.create_task(box.wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(box.wait(), 0.01)
        assert await box.read() == "x"
        waiting = asyncio.create_task(box.wait())
        await asyncio.sleep(0)
        await box.shut()
        await asyncio.wait_for(waiting, 10)

    asyncio.run(main())


def test_streams() -> None:
    async def main() -> None:
        assert [number async for number in echo.count_up(200)] == list(range(200))
        stream = echo.count_up(10)
        assert await stream.next(3) == [0, 1, 2]
        stream.close()
        assert await stream.next() == []
        letters = echo.EchoBox("héllo").letters()
        letters.skip(1)
        assert [letter async for letter in letters] == list("éllo")

    asyncio.run(main())


def test_streams_of_python_in_both_directions() -> None:
    taken = 0

    async def labels() -> AsyncIterator[blocking.Label]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield blocking.Label(str(number))

    async def main() -> None:
        stream = echo.echo_stream(labels())
        assert [label.text for label in await stream.next(1)] == ["0"]
        assert taken < 20
        rest = [label.text async for label in stream]
        assert rest == [str(number) for number in range(1, 100)]
        assert await echo.sum_stream(range(1000)) == 499_500
        with pytest.raises(net.HostThrewError, match="lost"):
            await echo.sum_stream(lost())

    async def lost() -> AsyncIterator[int]:
        yield 1
        raise ValueError("lost")

    asyncio.run(main())


def test_coroutines_run_on_the_loop_that_registered_them() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def handle(request: blocking.Label, data: bytes) -> bytes:
            assert asyncio.get_running_loop() is loop
            await asyncio.sleep(0)
            return request.text.encode() + data

        assert await echo.ask(handle, blocking.Label("a"), b"b", 5) == b"ab"
        assert await echo.map_numbers([1, 2, 3], lambda value: value * 2) == [2, 4, 6]

    asyncio.run(main())


def test_a_cancelled_call_cancels_the_handler() -> None:
    async def main() -> None:
        started, cancelled = asyncio.Event(), asyncio.Event()

        async def handle(request: blocking.Label, data: bytes) -> bytes:
            started.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.set()
                raise
            return b""

        task = asyncio.create_task(echo.ask(handle, blocking.Label("a"), b""))
        await started.wait()
        task.cancel()
        await asyncio.wait_for(cancelled.wait(), 10)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_use_after_close() -> None:
    async def main() -> None:
        async with echo.TypedCell[int]() as cell:
            cell.put(3)
            assert cell.take() == 3
        with pytest.raises(HandleError, match="closed"):
            cell.put(1)

    asyncio.run(main())


def test_each_loop_has_its_own_queue() -> None:
    for _ in range(20):
        asyncio.run(echo.EchoBox("x").read())
    gc.collect()
