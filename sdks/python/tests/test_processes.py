"""Signals, forks, and other processes."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

import pytest

import net
from conftest import environment, run_script
from net.gen import echo

INTERRUPTED = """
import os, signal, sys, threading, time
from net.gen import echo

box = echo.EchoBox("x")
main = threading.main_thread().ident

def interrupt():
    while f"{{os.sep}}net{{os.sep}}" not in sys._current_frames()[main].f_code.co_filename:
        os.sched_yield()
    os.kill(os.getpid(), signal.SIGINT)

signal.alarm(60)
threading.Thread(target=interrupt, daemon=True).start()
try:
    {wait}
except KeyboardInterrupt:
    print(box.read(), flush=True)
"""


@pytest.mark.parametrize(
    "wait", ["box.wait()", "list(echo.echo_stream(iter(lambda: time.sleep(1), 0)))"]
)
def test_ctrl_c_interrupts_a_blocking_call(wait: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED.format(wait=wait)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "x\n"
        child.kill()


def test_a_fork_is_refused() -> None:
    script = """
import os, net
from net.gen import echo
box = echo.EchoBox("x")
list(echo.echo_stream([]))
box.read()
child = os.fork()
if child == 0:
    code = 3
    try:
        for call in (box.read, lambda: box.text, lambda: echo.EchoBox("y"), lambda: echo.echo_u8(1)):
            try:
                call()
            except net.ForkedError as error:
                code = 0 if "forked" in str(error) else 4
            else:
                code = 5
                break
    finally:
        del box
        os._exit(code)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert box.read() == "x"
print("ok")
"""
    done = run_script(script)
    assert (done.stdout, done.returncode) == ("ok\n", 0), done.stderr


def square(number: int) -> int:
    return echo.echo_u32(number * number)


def fail(number: int) -> int:
    raise echo.EchoStatusError(number, b"")


@pytest.mark.skipif(os.name != "posix", reason="queues need a POSIX system")
def test_spawned_processes() -> None:
    net.version()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(square, range(5)) == [0, 1, 4, 9, 16]
        with pytest.raises(echo.EchoStatusError, match="0x0007"):
            pool.apply(fail, (7,))


def test_a_library_of_another_spec_is_refused() -> None:
    done = run_script(OTHER_SPEC)
    assert done.returncode == 0, done.stderr
    assert "library has 0123" in done.stdout


OTHER_SPEC = """
from net import _net
from net._kernel.errors import check
_net.SPEC_HASH = "0123"
try:
    check("4567")
except ImportError as error:
    assert error.wanted == "4567"
    print(error)
"""


def test_the_program_ends_with_work_under_way() -> None:
    script = """
import asyncio
from net.gen.aio import echo
async def main():
    box = echo.EchoBox("x")
    asyncio.get_running_loop().create_task(box.wait())
    await asyncio.sleep(0)
    return box
box = asyncio.run(main())
print("end")
"""
    done = run_script(script)
    assert (done.stdout, done.returncode) == ("end\n", 0), done.stderr
