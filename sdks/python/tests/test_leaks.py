"""Nothing grows with the number of calls."""

from __future__ import annotations

from conftest import run_script

LOOP = """
import asyncio, gc, sys
import net
from net.gen import echo
from net.gen.aio import echo as later

def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

def one(number):
    box = echo.EchoBox(str(number))
    box.pair(box).read()
    echo.echo_with_options(5, tags=["a", "b"])
    next(echo.count_up(3))
    try:
        echo.fail("rejected")
    except echo.EchoError:
        pass
    if number % 20 == 0:
        echo.map_numbers([number], lambda value: value)

async def many(count):
    for number in range(count):
        box = later.EchoBox("x")
        await box.read()
        if number % 20 == 0:
            await later.map_numbers([number], lambda value: value)

def run(count):
    for number in range(count // 2):
        one(number)
    asyncio.run(many(count // 2))
    gc.collect()

start = net.live_handles()
run(20_000)
first = rss()
run(80_000)
grown = rss() - first
assert net.live_handles() == start, net.live_handles()
assert grown < 8 << 20, grown
print("ok", grown)
"""


def test_100_000_calls_leave_nothing_behind() -> None:
    done = run_script(LOOP, timeout=300)
    assert done.returncode == 0, done.stderr
