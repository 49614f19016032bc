"""Settings of the library inside the process: its log, its threads, and what it says of itself."""

from __future__ import annotations

import re

from typing import Any

import pytest

import net
from conftest import run_script
from net.gen import echo

START = """
from net.gen import echo
try:
    echo.fail_later("busy")
except echo.EchoError:
    pass
"""

LOGGED = """
import logging, sys, threading
import net
from net.gen import echo

class Kept(logging.Handler):
    def __init__(self):
        super().__init__()
        self.seen, self.came = [], threading.Event()

    def emit(self, record):
        self.seen.append(record)
        self.came.set()

kept = Kept()
logging.getLogger("net").addHandler(kept)
logging.getLogger("net").setLevel(logging.DEBUG)

def write(record):
    level = logging.getLevelNamesMapping()[record.level.upper()]
    logger = logging.getLogger("net").getChild(record.target.replace("::", "."))
    logger.log(level, "%s", record.message, extra={"fields": record.fields})

def panic():
    try:
        echo.panic_now()
    except net.InternalError:
        pass

net.set_logger(write, "error")
panic()
kept.came.wait(30)
(record,) = kept.seen
print(record.levelname, record.name, record.getMessage(), file=sys.stdout)
net.clear_logger()
panic()
print(len(kept.seen))
"""


def threads(code: str = "", variable: str = "") -> str | None:
    """How many threads the log says that the runtime starts with."""
    done = run_script(
        f"import net\n{code}{START}", NET_LOG="net_support=debug", NET_RUNTIME_THREADS=variable
    )
    found = re.search(r"the runtime starts threads=(\d+)$", done.stderr, re.MULTILINE)
    return found and found[1]


def test_the_library_tells_how_it_was_built() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", net.version())
    info = net.build_info()
    assert (info.version, "conformance" in info.features) == (net.version(), True)
    assert re.fullmatch(r"[0-9a-f]{32}", info.spec_hash)
    assert re.fullmatch(r"[a-z0-9_]+(-[a-z0-9_]+){2,3}", info.target)


def test_the_number_of_threads_is_what_was_set() -> None:
    assert threads("net.set_runtime_threads(3)\n") == "3"
    assert threads("", "2") == "2"
    assert threads("net.set_runtime_threads(1)\n", "2") == "1"


def test_threads_that_are_running_stay() -> None:
    with pytest.raises(net.ArgumentError, match="threads"):
        net.set_runtime_threads(0)
    with pytest.raises(echo.EchoBusyError):
        echo.fail_later("busy")
    with pytest.raises(net.ArgumentError, match="running already") as caught:
        net.set_runtime_threads(2)
    assert caught.value.argument == "threads"


def test_a_number_of_threads_that_cannot_be_is_refused() -> None:
    done = run_script(START, NET_RUNTIME_THREADS="many")
    assert 'argument: NET_RUNTIME_THREADS: "many" is not a number' in done.stderr


def test_the_environment_sends_the_log_to_standard_error() -> None:
    silent = ("", "")
    for text in ("", "off"):
        done = run_script(START, NET_LOG=text)
        assert (done.stdout, done.stderr) == silent
    assert "net_support::runtime" in run_script(START, NET_LOG="debug").stderr
    assert run_script(START, NET_LOG="=wrong=").stderr.startswith("NET_LOG: argument: filter: ")


def test_the_log_goes_to_logging() -> None:
    done = run_script(LOGGED)
    first, count = done.stdout.splitlines()
    assert first.startswith("ERROR net.net_support.guard "), first
    assert "panic" in first
    assert count == "1"


def test_a_logger_that_cannot_be_is_refused() -> None:
    number: Any = 3
    with pytest.raises(net.ArgumentError, match="filter"):
        net.set_logger(lambda record: None, "=wrong=")
    with pytest.raises(net.ArgumentError, match="logger"):
        net.set_logger(number)


def test_the_log_tells_of_nodes_and_what_readers_missed() -> None:
    script = """
from net import NetNode
node = NetNode(shards=1, buffer_capacity=2)
stream = node.subscribe()
node.emit_batch([1, 2, 3])
try:
    stream.next(1)
except Exception:
    node.shutdown(0)
"""
    log = run_script(script, NET_LOG="net_node=debug").stderr
    made = "made a node backpressure=drop_oldest buffer_capacity=2 shards=1"
    missed = "a subscription missed events first=0 last=0 shard=0"
    left = "shut down before readers took every event held=2"
    texts = [made, missed, left, "shut a node down"]
    assert [text in line for text, line in zip(texts, log.splitlines(), strict=True)] == [True] * 4


def test_a_panic_is_an_error_and_nothing_else() -> None:
    script = """
import net
from net.gen import echo
for panic in (echo.panic_now, echo.panic_later):
    try:
        panic()
    except net.InternalError as error:
        print(error)
"""
    done = run_script(script, RUST_BACKTRACE="0")
    assert re.sub(r":\d+", "", done.stdout).splitlines() == [
        "internal: panic at net-core/src/echo/functions.rs: asked to panic",
        "internal: panic at net-core/src/echo/functions.rs: asked to panic later",
    ]
    assert done.stderr == ""
