"""Nothing grows with the number of calls."""

from __future__ import annotations

import pytest

from conftest import run_script

LOOP = """
import asyncio, gc
import net
from net.gen import echo
from net.gen.aio import echo as later

def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

def sync(count):
    for number in range(count):
        box = echo.EchoBox(str(number))
        box.pair(box).read()
        echo.echo_with_options(5, tags=["a", "b"])
        try:
            echo.fail("rejected")
        except echo.EchoError:
            pass

def asynchronous(count):
    async def some(numbers):
        for number in numbers:
            assert await later.EchoBox("x").read() == "x"

    async def many():
        await asyncio.gather(*(some(range(count // 50)) for _ in range(50)))

    asyncio.run(many())

def streams(count):
    for _ in range(count // 2):
        next(echo.count_up(3))

    async def many():
        for _ in range(count // 2):
            await anext(later.count_up(3))

    asyncio.run(many())

def hosts(count):
    for number in range(count // 50):
        echo.map_numbers(range(25), lambda value: value)

    async def many():
        async def handle(request, data):
            return data

        for number in range(count // 50):
            await later.map_numbers(range(20), lambda value: value)
            for _ in range(5):
                await later.ask(handle, echo.Label("x"), b"")

    asyncio.run(many())

def run(count):
    KIND(count)
    gc.collect()

start = net.live_handles()
run(20_000)
first = rss()
run(80_000)
grown = rss() - first
assert net.live_handles() == start, net.live_handles()
assert grown < 8 << 20, grown
"""


@pytest.mark.parametrize("kind", ["sync", "asynchronous", "streams", "hosts"])
def test_100_000_calls_leave_nothing_behind(kind: str) -> None:
    done = run_script(LOOP.replace("KIND", kind), timeout=300)
    assert done.returncode == 0, done.stderr
