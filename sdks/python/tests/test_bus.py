"""The event bus."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import net
import net.aio
import net_sdk
from conftest import ROOT, environment
from net import NetNode

pytestmark = pytest.mark.usefixtures("no_leaks")


@dataclass
class Reading:
    sensor: str
    value: float


class Validated:
    """A model as pydantic's are."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @classmethod
    def model_validate(cls, value: Any) -> Validated:
        return cls(value)

    def model_dump(self) -> Any:
        return self.value


def test_emit_and_poll() -> None:
    with NetNode(shards=1) as node:
        receipt = node.emit({"b": 1, "a": "é"})
        assert (receipt.shard_id, receipt.timestamp >= 0) == (0, True)
        page = node.poll()
        assert len(page) == 1
        event = page.events[0]
        assert event.raw == '{"b":1,"a":"é"}'
        assert event.raw_bytes == event.raw.encode()
        assert event.parse() == {"b": 1, "a": "é"}
        assert event.parse(Validated).value == {"b": 1, "a": "é"}
        assert [found == event for found in page] == [True]


def test_every_way_in() -> None:
    with NetNode(1) as node:
        assert isinstance(node.emit_raw("1"), net.Receipt)
        assert isinstance(node.emit_raw_async("2"), net.Receipt)
        assert node.emit_buffer(b"3") is True
        assert node.emit_batch([4, 5]) == 2
        assert node.emit_raw_batch(["6"]) == 1
        assert node.emit_raw_batch_async(["7"]) == 1
        assert node.push_batch([b"8", bytearray(b"9")]) == 2
        assert node.fire("10") is True
        assert node.fire_batch(["11", "12"]) == 2
        hashed = node.prehash(b"13")
        assert node.push_with_hash(hashed.data, hashed.hash) is True
        node.flush()
        assert [event.raw for event in node.poll(100)] == [str(number) for number in range(1, 14)]
        stats = node.stats()
        assert (stats.events_ingested, stats.rejected) == (13, 0)


def test_pages_follow_each_other() -> None:
    with NetNode(shards=2) as node:
        node.emit_batch(list(range(100)))
        seen: list[int] = []
        page = node.poll(30)
        while page.events:
            seen.extend(event.parse() for event in page)
            page = node.poll(30, cursor=page.next_id)
        assert sorted(seen) == list(range(100))
        ordered = node.poll(net.PollRequest(100, ordering="insertion_ts"))
        assert [event.parse() for event in ordered] == list(range(100))
        assert node.poll(1).has_more is True


def test_the_order_of_a_key() -> None:
    with NetNode(shards=4) as node:
        for number in range(200):
            node.emit(number, key="one")
        page = node.poll(1000)
        assert [event.parse() for event in page] == list(range(200))
        assert len({event.shard_id for event in page}) == 1


def test_names_of_both_tiers() -> None:
    assert net.Net is net.NetNode is net_sdk.NetNode
    assert net.IngestResult is net.Receipt
    assert net_sdk.SubscribeOpts is net.SubscribeOptions
    with net.Net(num_shards=3, ring_buffer_capacity=64, backpressure_mode="drop_oldest") as node:
        assert node.num_shards() == node.shards() == 3
        node.ingest({"a": 1})
        node.ingest_raw("2")
        assert node.ingest_raw_batch(["3"]) == 1
        assert node.bus is node
        assert NetNode.from_bus(node).stats() == node.stats()
    for name in net.__all__:
        assert getattr(net_sdk, name) is getattr(net, name)
        assert name in dir(net_sdk)
    pair = net.generate_net_keypair()
    assert (len(pair.public_key), len(pair.secret_key)) == (64, 64)


def test_what_the_bus_refuses() -> None:
    with NetNode(shards=1, max_event_bytes=100) as node:
        with pytest.raises(net.BusInvalidJsonError, match="bus: invalid_json: event 1") as caught:
            node.emit_raw_batch(["1", "{"])
        assert (caught.value.index, isinstance(caught.value, ValueError)) == (1, True)
        with pytest.raises(net.BusEventTooLargeError):
            node.emit("x" * 200)
        with pytest.raises(net.BusInvalidFilterError):
            node.poll(filter="(((")
        with pytest.raises(net.BusInvalidCursorError):
            node.poll(cursor="nonsense")
        assert len(node.poll()) == 0
    with pytest.raises(net.BusError, match="buffer_capacity"):
        NetNode(buffer_capacity=3)
    with pytest.raises(net.ArgumentError, match="shards"):
        NetNode(shards=0)
    with pytest.raises(net.ArgumentError, match="backpressure"):
        NetNode(backpressure="sideways")


def test_a_node_that_is_shut_down() -> None:
    node = NetNode(shards=1)
    node.shutdown()
    node.shutdown(0.01)
    with pytest.raises(net.BusClosedError, match="the node is shut down") as caught:
        node.emit(1)
    assert isinstance(caught.value, RuntimeError)


def test_subscriptions_wait_for_events() -> None:
    with NetNode(shards=1) as node:
        stream = node.subscribe()
        writer = threading.Thread(target=lambda: [node.emit(number) for number in range(100)])
        writer.start()
        seen: list[int] = []
        for event in stream:
            seen.append(event.parse())
            if len(seen) == 100:
                break
        writer.join()
        assert seen == list(range(100))
        stream.stop()
        assert list(stream) == []
        with net.EventStream(node, timeout=0.02, from_="oldest") as again:
            assert len(list(again)) == 100


def test_a_stream_that_was_ended_gives_nothing_more_though_values_have_come() -> None:
    with NetNode(shards=1) as node:
        node.emit_raw_batch(["1", "2", "3"])
        for ending in ("stop", "close"):
            streams: list[Any] = [node.subscribe(), node.subscribe_typed()]
            for stream in streams:
                next(stream)
                getattr(stream, ending)()
                assert (stream.next(5), list(stream)) == ([], [])
                stream.stop()
                stream.close()

    async def main() -> None:
        async with await net.aio.NetNode.create(shards=1) as node:
            node.emit_raw_batch(["1", "2", "3"])
            stream = node.subscribe()
            assert (await anext(stream)).raw == "1"
            stream.stop()
            assert await stream.next(5) == []
            waiting = asyncio.create_task(node.subscribe(from_="latest").next(1))
            await asyncio.sleep(0)
            await node.shutdown(0)
            with pytest.raises(net.BusClosedError):
                await waiting

    asyncio.run(main())


def test_shutting_down_delivers_what_was_accepted_then_ends_what_waits() -> None:
    node = NetNode(shards=2)
    seen: list[int] = []
    ends: list[net.BusError] = []
    stream, idle = node.subscribe(), node.subscribe(filter='{"path":"never","value":1}')

    def read() -> None:
        try:
            seen.extend(event.parse() for event in stream)
        except net.BusClosedError as error:
            ends.append(error)

    def wait() -> None:
        try:
            idle.next(1)
        except net.BusClosedError as error:
            ends.append(error)

    threads = [threading.Thread(target=target) for target in (read, wait)]
    for thread in threads:
        thread.start()
    node.emit_batch(list(range(100)))
    for _ in range(2):
        node.shutdown()
    for thread in threads:
        thread.join()
    assert (seen, len(ends)) == (list(range(100)), 2)


def test_shutting_down_ends_although_nobody_reads() -> None:
    node = NetNode(shards=2)
    idle = node.subscribe()
    node.emit(1)
    node.shutdown(0.001)
    node.shutdown()
    calls: list[Any] = [lambda: idle.next(1), node.poll, node.poll_one, node.subscribe]
    for call in calls:
        with pytest.raises(net.BusClosedError):
            call()
    assert (node.fire("1"), node.emit_buffer(b"1"), node.fire_batch(["1"])) == (False, False, 0)


def test_a_subscription_hears_which_events_it_missed() -> None:
    with NetNode(shards=1, buffer_capacity=2) as node:
        stream = node.subscribe()
        node.emit_batch([0, 1, 2, 3])
        with pytest.raises(net.BusLaggedError) as caught:
            next(stream)
        assert (caught.value.shard, caught.value.first, caught.value.last) == (0, 0, 1)
        assert [event.parse() for event in stream.next(5)] == [2, 3]
        assert node.stats().events_dropped == 2


def test_memory_is_bounded() -> None:
    with (
        NetNode(shards=1, max_buffer_bytes=100, backpressure="fail_producer") as node,
        pytest.raises(net.BusError, match="memory_full") as caught,
    ):
        node.emit("x" * 200)
    assert caught.value.limit == 100


def test_stopping_ends_a_pending_read() -> None:
    with NetNode(shards=1) as node:
        stream = node.subscribe()
        stopper = threading.Timer(0.05, stream.stop)
        stopper.start()
        assert list(stream) == []
        stopper.join()


def test_typed_streams_and_channels() -> None:
    with NetNode(shards=2) as node:
        channel = node.channel("sensors", Reading)
        assert channel.name == "sensors"
        assert channel.publish(Reading("a", 1.5)) is True
        assert channel.publish_batch([Reading("b", 2.5), Reading("c", 3.5)]) == 2
        node.emit({"other": True})
        stream = channel.subscribe(timeout=0.02)
        assert list(stream) == [Reading("a", 1.5), Reading("b", 2.5), Reading("c", 3.5)]
        assert len(list(channel.subscribe_raw(timeout=0.02))) == 3
        with pytest.raises(net.BusNotAnObjectError) as caught:
            node.channel("x", list[int]).publish([1])
        assert isinstance(caught.value, TypeError)
        typed = node.subscribe_typed(lambda value: "other" in value, 10, timeout=0.02)
        assert sorted(typed) == [False, False, False, True]
        texts = net.TypedEventStream(node, parse=len, timeout=0.02)
        assert all(length > 10 for length in texts)
        assert len(list(net.TypedChannel(node, "sensors", Validated).subscribe(timeout=0.02))) == 3


def test_blocking_streams_may_be_read_by_asyncio() -> None:
    async def main(node: NetNode) -> list[str]:
        return [event.raw async for event in node.subscribe(timeout=0.02)]

    with NetNode(shards=1) as node:
        node.emit_batch([1, 2, 3])
        assert asyncio.run(main(node)) == ["1", "2", "3"]


def test_the_awaitable_node() -> None:
    async def main() -> None:
        from net_sdk.aio import NetNode

        async with await NetNode.create(shards=2) as node:
            assert (await node.emit_raw_async("1")).shard_id in (0, 1)
            assert len(await node.poll(10)) == 1
            event = await node.poll_one()
            assert event is not None
            assert event.raw == "1"
            assert await node.poll_one() is None
            reading = asyncio.create_task(anext(node.subscribe(from_="latest")))
            await asyncio.sleep(0)
            node.emit({"late": 1})
            assert (await asyncio.wait_for(reading, 10)).parse() == {"late": 1}
            channel = node.channel("c", Reading)
            channel.publish(Reading("x", 0.5))
            async for reading_found in channel.subscribe():
                assert reading_found == Reading("x", 0.5)
                break
        with pytest.raises(net.BusClosedError):
            node.emit(1)

    asyncio.run(main())


def test_a_cancelled_read_loses_nothing() -> None:
    from net.aio import NetNode

    async def main() -> list[Any]:
        async with await NetNode.create(shards=1) as node:
            stream = node.subscribe()
            seen: list[Any] = []
            for number in range(100):
                reading = asyncio.ensure_future(anext(stream))
                await asyncio.sleep(0)
                node.emit(number)
                for _ in range(number % 4):
                    await asyncio.sleep(0)
                reading.cancel()
                try:
                    seen.append((await reading).parse())
                except asyncio.CancelledError:
                    pass
            while len(seen) < 100:
                seen.append((await anext(stream)).parse())
            return seen

    assert asyncio.run(main()) == list(range(100))


def odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(value)
    return value


def test_an_event_that_does_not_decode_takes_no_other_with_it() -> None:
    with NetNode(shards=1) as node:
        node.emit_batch([0, 1, 2, 3, 5])
        stream = node.subscribe_typed(odd)
        with pytest.raises(ValueError, match="0"):
            next(stream)
        assert stream.next(10) == [1]
        with pytest.raises(ValueError, match="2"):
            stream.next(10)
        assert stream.next(10) == [3, 5]

    async def main() -> None:
        async with await net.aio.NetNode.create(shards=1) as node:
            node.emit_batch([1, 2, 3])
            stream = node.subscribe_typed(odd)
            assert await anext(stream) == 1
            with pytest.raises(ValueError, match="2"):
                await anext(stream)
            assert await stream.next(10) == [3]

    asyncio.run(main())


def test_threads_share_a_stream() -> None:
    seen: list[int] = []
    with NetNode(shards=1) as node:
        stream = node.subscribe()
        readers = [
            threading.Thread(target=lambda: seen.extend(event.parse() for event in stream))
            for _ in range(4)
        ]
        for reader in readers:
            reader.start()
        node.emit_batch(list(range(1000)))
        while len(seen) < 1000 and any(reader.is_alive() for reader in readers):
            os.sched_yield()
        stream.stop()
        for reader in readers:
            reader.join()
    assert sorted(seen) == list(range(1000))


def example(name: str, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *args],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
        check=True,
    )
    return done.stdout


def test_the_demo(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("".join(f'{{"n": {number},"t":"ü"}}\n' for number in range(500)), "utf-8")
    report = json.loads(example("demo.py", str(events)))
    assert (report["language"], report["published"], report["read"]) == ("python", 500, 500)
    assert report["matched"] is True
