"""Arguments that are refused: before anything happens, with their name, and as `ValueError`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import net
import net_sdk
import net_sdk.aio
from net import ArgumentError, HandleError
from net.gen import echo
from net.gen.aio import echo as later

NOT_INTEGERS: list[Any] = [None, "1", 1.0, b"1", [], {}, object(), math.nan, math.inf]
NOT_TEXTS: list[Any] = [None, 1, b"x", ["x"], object(), "\ud800", "a\udfff"]
NOT_BYTES: list[Any] = [None, 1, "x", ["x"], [1], object()]
WRONG: dict[str, tuple[Callable[[Any], object], list[Any]]] = {
    "bool": (echo.echo_bool, [None, 0, 1, "true", 1.0]),
    "u8": (echo.echo_u8, [*NOT_INTEGERS, -1, 256, 2**64, 10**400]),
    "u16": (echo.echo_u16, [*NOT_INTEGERS, -1, 2**16, 2**64]),
    "u32": (echo.echo_u32, [*NOT_INTEGERS, -1, 2**32, 2**64, 10**400]),
    "u64": (echo.echo_u64, [*NOT_INTEGERS, -1, 2**64, 10**400]),
    "i8": (echo.echo_i8, [*NOT_INTEGERS, -129, 128]),
    "i64": (echo.echo_i64, [*NOT_INTEGERS, -(2**63) - 1, 2**63]),
    "f64": (echo.echo_f64, [None, "1", b"1", [], 10**400]),
    "string": (echo.echo_string, NOT_TEXTS),
    "bytes": (echo.echo_bytes, NOT_BYTES),
    "duration": (echo.echo_duration, [*NOT_INTEGERS, -1, 2**64]),
    "instant": (echo.echo_instant, [*NOT_INTEGERS, -1, 2**64]),
    "size": (echo.echo_size, [*NOT_INTEGERS, -1, 2**64]),
    "date": (echo.echo_date, [None, 0, "2024-01-01", datetime(2024, 1, 1)]),  # noqa: DTZ001
    "color": (echo.echo_color, ["pink", "RED", 0, b"red", "\ud800"]),
    "level": (echo.echo_level, ["high", 2, -1, 2**64]),
    "record": (echo.echo_everything, [None, {}, 1, "x", echo.Label("x")]),
    "union": (echo.echo_shape, [None, {}, "circle", echo.Label("x")]),
}
NESTED: dict[str, tuple[Callable[[Any], object], Any, str]] = {
    "list of numbers": (echo.echo_list, [1, 2**64], "values[1]"),
    "list of texts": (echo.echo_strings, ["a", "b", "\ud800"], "values[2]"),
    "list of bytes": (echo.echo_chunks, [b"", "x"], "values[1]"),
    "map": (echo.echo_map, {"a": 1, "b": None}, 'values["b"]'),
    "keys": (echo.echo_map, {1: 1}, "values.keys()"),
    "text for a list": (echo.echo_strings, "abc", "values"),
    "number for a list": (echo.echo_list, 3, "values"),
    "map for a list": (echo.echo_strings, {"a": 1}, "values"),
    "list for a map": (echo.echo_map, [1], "values"),
    "objects": (echo.EchoBox.merged, [echo.EchoBox("x"), None], "boxes[1]"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_values_are_named(kind: str) -> None:
    call, values = WRONG[kind]
    for value in values:
        with pytest.raises(ArgumentError, match=r"argument: value(_ms|_bytes)?: ") as caught:
            call(value)
        assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("kind", NESTED)
def test_wrong_parts_are_named(kind: str) -> None:
    call, value, name = NESTED[kind]
    with pytest.raises(ArgumentError) as caught:
        call(value)
    assert caught.value.argument == name


class Boaster:
    """A list that says it is longer than any memory."""

    def __len__(self) -> int:
        return 2**62

    def __iter__(self) -> Iterator[int]:
        return iter((1, 2))


def test_a_length_is_not_believed() -> None:
    values: Any = Boaster()
    assert echo.echo_list(values) == [1, 2]


def test_a_long_number_is_not_told() -> None:
    with pytest.raises(ArgumentError, match="^argument: value: it is out of range$"):
        echo.echo_u8(10**1000)


def test_seconds_are_spans_of_time() -> None:
    for value in (-1, -0.001, math.nan, math.inf, 1e300, 2**70):
        with pytest.raises(ArgumentError) as caught:
            net.SubscribeOptions(timeout=value)
        assert caught.value.argument == "timeout"
    assert net.SubscribeOptions(timeout=1).timeout == 1.0
    assert net.SubscribeOptions(timeout=0.25).timeout == 0.25


@pytest.mark.usefixtures("no_leaks")
def test_the_bus_names_arguments() -> None:
    number: Any = 3
    text: Any = "1"
    with net.NetNode(shards=1) as node:
        wrong: dict[str, Callable[[], object]] = {
            "json_str": lambda: node.emit_raw(number),
            "json_strs[1]": lambda: node.emit_raw_batch([text, number]),
            "json_strs": lambda: node.emit_raw_batch("[1]"),
            "key": lambda: node.emit_raw("1", key=number),
            "data": lambda: node.emit_buffer(text),
            "hash": lambda: node.push_with_hash(b"1", 2**64),
            "limit": lambda: node.poll(limit=-1),
            "cursor": lambda: node.poll(cursor=number),
            "filter": lambda: node.poll(filter="\ud800"),
            "ordering": lambda: node.poll(ordering="sideways"),
            "from_": lambda: node.subscribe(from_="middle"),
            "timeout": lambda: node.shutdown(-1),
            "bus": lambda: net.EventStream(number),
            "max": lambda: node.subscribe().next(0),
        }
        for name, call in wrong.items():
            with pytest.raises(ArgumentError) as caught:
                call()
            assert caught.value.argument == name
        for limit in (0, 2**32, 1_000_001):
            with pytest.raises(ArgumentError, match="limit"):
                node.poll(limit)
        with pytest.raises(net.BusEventTooLargeError):
            node.emit_raw('"' + "x" * (1 << 20) + '"')
        assert node.stats().events_ingested == 0


def test_the_length_of_a_batch_is_checked() -> None:
    stream: Any = echo.count_up(3)
    for wrong in (0, -1, 2**32, 10**5000, -(10**5000), "1", 1.0, None):
        with pytest.raises(ArgumentError) as caught:
            stream.next(wrong)
        assert caught.value.argument == "max"
    assert stream.next(2**32 - 1) == [0, 1, 2]


def test_what_no_constructor_has_filled_is_closed() -> None:
    class Unfilled(net.NetNode):
        def __init__(self) -> None:
            pass

    kinds: list[Any] = [echo.EchoBox, echo.TypedCell, echo.LetterStream, net.NetNode]
    empty: list[Any] = [Unfilled(), *(kind.__new__(kind) for kind in kinds)]
    box, cell, letters, node = empty[1:]
    calls: list[Callable[[], object]] = [
        empty[0].stats,
        box.length,
        lambda: echo.EchoBox("a").pair(box),
        cell.take,
        letters.next,
        letters.close,
        node.flush,
    ]
    for call in calls:
        with pytest.raises(HandleError, match="handle: closed"):
            call()
    assert not hasattr(box, "no_such_name")


@pytest.mark.usefixtures("no_leaks")
def test_closed_objects_are_refused_by_each_kind_of_call() -> None:
    stream = echo.EchoBox("abc").letters()
    stream._handle.close()
    box, other = echo.EchoBox("x"), later.EchoBox("y")
    box._handle.close()
    other._handle.close()

    async def letters() -> list[str]:
        return [letter async for letter in other.letters()]

    calls: list[Callable[[], object]] = [
        box.length,
        lambda: box.text,
        lambda: box.set("z"),
        lambda: box.push(b"z"),
        lambda: echo.EchoBox("x").pair(box),
        lambda: echo.EchoBox.merged([box]),
        box.read,
        box.letters,
        lambda: stream.next(1),
        lambda: asyncio.run(other.read()),
        lambda: asyncio.run(letters()),
    ]
    for call in calls:
        with pytest.raises(net.HandleError, match="closed") as caught:
            call()
        assert isinstance(caught.value, RuntimeError)


@pytest.mark.parametrize("events", [None, 5, "ab", b"ab", object()])
def test_what_is_no_list_of_values_is_refused(events: Any) -> None:
    with net.NetNode(shards=1) as node, pytest.raises(ArgumentError) as caught:
        node.emit_batch(events)
    assert caught.value.argument == "events"


def test_a_stream_that_breaks_off_says_why() -> None:
    def broken() -> Iterator[Any]:
        yield 1
        yield "x"

    with pytest.raises(net.HostThrewError, match="int is needed, not str"):
        echo.sum_stream(broken())


def test_dates_at_the_ends_of_the_calendar_come_back() -> None:
    for date in (datetime.min, datetime.max.replace(microsecond=999_000)):
        assert echo.echo_date(date.replace(tzinfo=UTC)) == date.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "call",
    [
        lambda: net.Net(shards=1, shard=2),  # type: ignore[call-arg]
        lambda: net.NetNodeConfig(shard=2),  # type: ignore[call-arg]
        lambda: net.RedisOptions("redis://127.0.0.1:1", shard=2),  # type: ignore[call-arg]
        lambda: net_sdk.NetNode(shards=1, shard=2),  # type: ignore[call-arg]
        lambda: asyncio.run(net_sdk.aio.NetNode.create(shards=1, shard=2)),  # type: ignore[call-arg]
    ],
)
def test_an_option_that_there_is_not_is_named(call: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'shard'"):
        call()
