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


SIGNALS = """
import ctypes, signal

libc = ctypes.CDLL(None)

def actions():
    found = []
    for number in range(1, signal.NSIG):
        action = ctypes.create_string_buffer(256)
        libc.sigaction(number, None, action)
        # The handler's address comes first; behind the mask the C library leaves what was there.
        found.append(action.raw[: ctypes.sizeof(ctypes.c_void_p)])
    return found

before = actions()
import net_sdk
with net_sdk.NetNode(shards=1) as node:
    node.emit_raw("1")
    node.flush()
print(actions() == before, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sigaction")
def test_the_library_leaves_signals_alone() -> None:
    ended = run_script(SIGNALS)
    assert ended.stdout == "True True\n", ended.stderr


FORKED = """
import asyncio, os, sys, threading, traceback
import net
from net.gen import echo
from net.gen.aio import echo as later

async def read(box):
    return await box.read()

async def letters(box):
    return [letter async for letter in box.letters()]

box, other = echo.EchoBox("x"), later.EchoBox("y")
numbers = echo.count_up(1000)
calls = {
    "sync": lambda: echo.echo_u8(1),
    "property": lambda: box.text,
    "constructor": lambda: echo.EchoBox("z").text,
    "async": box.read,
    "stream": lambda: numbers.next(1),
    "host": lambda: echo.map_numbers([1], lambda value: value),
    "host stream": lambda: echo.sum_stream(iter([1])),
    "asyncio": lambda: asyncio.run(read(other)),
    "asyncio stream": lambda: asyncio.run(letters(other)),
    "logger": lambda: net.set_logger(lambda record: None),
}
before = {name: call() for name, call in calls.items()}
net.clear_logger()
node = net.NetNode(shards=1)
awaited = node.subscribe()
threading.Thread(target=lambda: list(awaited), daemon=True).start()
while not awaited._turn.locked():
    os.sched_yield()
calls["stream of another thread"] = lambda: awaited.next(1)
child = os.fork()
if child == 0:
    wrong = []
    for name, call in calls.items():
        try:
            call()
            wrong.append(name)
        except net.ForkedError:
            pass
        except BaseException:
            wrong.append(f"{name}: {traceback.format_exc()}")
    del box, other, numbers
    print(wrong, flush=True)
    os._exit(len(wrong))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert (box.read(), numbers.next(2)) == ("x", [1, 2])
"""


def test_a_fork_is_refused_by_each_kind_of_call() -> None:
    done = run_script(FORKED)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


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
    message, wanted = done.stdout.splitlines()
    assert message == f"mismatch: built for spec {wanted}, library has 0123"
    assert wanted == net.build_info().spec_hash


OTHER_SPEC = """
import importlib.util, sys
from importlib.machinery import ExtensionFileLoader, PathFinder

class Other(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        found = super().find_spec(name, path, target) if name == "net._net" else None
        if found is not None:
            load = found.loader.exec_module
            def exec_module(module):
                load(module)
                module.SPEC_HASH = "0123"
            found.loader.exec_module = exec_module
        return found

sys.meta_path.insert(0, Other)
try:
    import net
except ImportError as error:
    print(error)
    print(error.wanted)
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
