"""Implementations by Python, in blocking programs."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import net
from net.gen import echo

pytestmark = pytest.mark.usefixtures("no_leaks")
LABEL = echo.Label("a")


class Store:
    """A store with every method."""

    name = "store"

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.erased: list[str] = []

    def put(self, key: str, value: bytes) -> None:
        self.values[key] = value

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def erase(self, key: str) -> bool:
        self.erased.append(key)
        return self.values.pop(key, None) is not None


class AsyncStore:
    """A store of coroutines that cannot erase."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    async def put(self, key: str, value: bytes) -> None:
        self.values[key] = value

    async def get(self, key: str) -> bytes | None:
        return self.values.get(key)


def test_functions_are_called_in_worker_threads() -> None:
    threads = set()

    def double(value: int) -> int:
        threads.add(threading.current_thread())
        return value * 2

    assert echo.map_numbers(list(range(100)), double) == list(range(0, 200, 2))
    assert threading.main_thread() not in threads


def test_an_object_is_an_implementation_too() -> None:
    class Handler:
        def handle(self, request: echo.Label, data: bytes) -> bytes:
            return request.text.encode() + data

    assert echo.ask(Handler(), LABEL, b"b", 3) == b"ab"


def test_coroutines_serve_blocking_programs() -> None:
    async def handle(request: echo.Label, data: bytes) -> bytes:
        return data * 2

    assert echo.ask(handle, LABEL, b"b") == b"bb"


def test_stores() -> None:
    store = Store()
    box = echo.EchoBox("kept")
    box.save(store, "key")
    assert (store.values, store.erased) == ({}, ["key"])
    other = AsyncStore()
    box.save(other, "key")
    assert other.values == {"key": b"kept"}


def test_what_a_handler_raises() -> None:
    def own(request: echo.Label, data: bytes) -> bytes:
        raise echo.EchoStatusError(7, b"body")

    def foreign(request: echo.Label, data: bytes) -> bytes:
        raise ValueError("lost it")

    with pytest.raises(echo.EchoStatusError, match="echo:status:0x0007") as caught:
        echo.ask(own, LABEL, b"")
    assert caught.value.body == b"body"
    with pytest.raises(net.HostThrewError, match="lost it"):
        echo.ask(foreign, LABEL, b"")


def test_wrong_answers_are_the_handlers_failure() -> None:
    with pytest.raises(net.HostThrewError, match="bytes is needed, not int"):
        echo.ask(lambda request, data: 3, LABEL, b"")  # type: ignore[arg-type, return-value]

    async def later(value: int) -> int:
        return value

    with pytest.raises(net.HostThrewError, match="coroutine"):
        echo.map_numbers([1], later)  # type: ignore[arg-type]


def test_a_handler_may_call_the_library() -> None:
    def handle(request: echo.Label, data: bytes) -> bytes:
        return str(echo.map_numbers([1, 2], lambda value: value + 1)).encode()

    assert echo.ask(handle, LABEL, b"") == b"[2, 3]"


def test_streams_in_both_directions() -> None:
    taken = 0

    def labels() -> Iterator[echo.Label]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield echo.Label(str(number))

    stream = echo.echo_stream(labels())
    assert next(stream).text == "0"
    assert taken < 100
    assert [label.text for label in stream] == [str(number) for number in range(1, 100)]
    assert echo.sum_stream(range(100_000)) == sum(range(100_000))
    assert echo.sum_stream([]) == 0
    with echo.count_up(2**31) as numbers:
        assert numbers.next(2) == [0, 1]
    assert numbers.next() == []
    assert list(echo.EchoBox("abc").letters(2)) == ["a", "b"]
    with pytest.raises(net.HostThrewError):
        echo.sum_stream(["x"])  # type: ignore[list-item]


def test_released_implementations_are_collected() -> None:
    import weakref

    store = Store()
    seen = weakref.ref(store)
    echo.EchoBox("x").save(store, "key")
    del store
    deadline = threading.Event()
    for _ in range(200):
        gc.collect()
        if seen() is None:
            break
        deadline.wait(0.01)
    assert seen() is None


class Moody:
    """Its method is there once, and then fails to be."""

    looks = 0

    @property
    def map(self) -> Callable[[int], int]:
        self.looks += 1
        if self.looks > 1:
            raise ZeroDivisionError("moody")
        return int


def test_whatever_a_host_raises_is_an_answer() -> None:
    def leave(_: int) -> int:
        sys.exit("gone")

    def interrupt(_: int) -> int:
        raise KeyboardInterrupt("stop")

    targets: list[Any] = [leave, interrupt, Moody()]
    for target, text in zip(targets, ("gone", "stop", "moody"), strict=True):
        with pytest.raises(net.HostThrewError, match=text):
            echo.map_numbers([1], target)
    assert echo.map_numbers([1, 2], lambda value: value) == [1, 2]
