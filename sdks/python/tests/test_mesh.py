"""Nodes of the mesh, and buses that exchange events over it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import environment

import net
import net.aio
from net_sdk import MeshNode, NetNode

pytestmark = pytest.mark.usefixtures("no_leaks")

PSK = "0" * 64
ANY = "127.0.0.1:0"


def free_address() -> str:
    """An address of this machine with a UDP port that is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def until(holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.002)


@contextmanager
def pair() -> Iterator[tuple[MeshNode, MeshNode]]:
    """Two nodes with a session."""
    with MeshNode(ANY, PSK) as first, MeshNode(ANY, PSK) as second:
        second.start()
        first.connect(second.local_addr, second.public_key, second.node_id)
        second.accept(first.node_id)
        yield first, second


@contextmanager
def program(text: str) -> Iterator[subprocess.Popen[str]]:
    """A program in a process of its own."""
    command = [sys.executable, "-u", "-c", text]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, env=environment()
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kind(failing: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(net.MeshError) as caught:
        failing(*args)
    return caught.value.kind


def test_messages_come_with_sender_stream_sequence_and_bytes() -> None:
    with pair() as (first, second):
        events = second.receive(stream_id=5)
        stream = first.open_stream(second.node_id, 5, "reliable")
        first.send_on_stream(stream, [b"", b"\x00\xff", b"x" * 100_000])
        first.send_with_retry(stream, [b"again"], 3)
        got = [next(events) for _ in range(4)]
        assert [event.payload for event in got] == [b"", b"\x00\xff", b"x" * 100_000, b"again"]
        assert [event.sequence for event in got] == [0, 1, 2, 3]
        assert {(event.sender, event.stream_id) for event in got} == {(first.node_id, 5)}
        stats = first.stream_stats(second.node_id, 5)
        assert stats is not None and stats.tx_seq == 4


def test_messages_are_awaited() -> None:
    async def main() -> list[bytes]:
        first = await net.aio.MeshNode.create(ANY, PSK)
        second = await net.aio.MeshNode.create(ANY, PSK)
        async with first, second:
            await first.connect(second.local_addr, second.public_key, second.node_id)
            await second.accept(first.node_id)
            stream = first.open_stream(second.node_id, 1, "reliable")
            await first.send_blocking(stream, [b"a", b"b"])
            payloads = []
            async for event in second.receive():
                payloads.append(event.payload)
                if len(payloads) == 2:
                    break
            return payloads

    assert asyncio.run(main()) == [b"a", b"b"]


def test_failures_have_names() -> None:
    with (
        MeshNode(ANY, PSK) as there,
        MeshNode(ANY, PSK, connect_timeout_ms=300) as node,
        MeshNode(ANY, "5a" * 32) as stranger,
    ):
        there.start()
        address, key, node_id = there.local_addr, there.public_key, there.node_id
        assert kind(node.connect, free_address(), key, node_id) == "no_answer"
        assert kind(node.connect, address, node.public_key, node_id) == "wrong_key"
        assert kind(node.connect, address, key, 1) == "wrong_identity"
        assert kind(stranger.connect, address, key, node_id) == "wrong_psk"
        assert kind(MeshNode, address, PSK) == "address_in_use"


def test_a_full_window_and_a_lost_peer_have_classes() -> None:
    with pair() as (first, second):
        stream = first.open_stream(second.node_id, 1, "reliable", 256)
        with pytest.raises(net.BackpressureError, match="would block") as caught:
            for _ in range(1000):
                first.send_on_stream(stream, [bytes(200)])
        assert caught.value.retry is True
        second.shutdown()
        until(lambda: first.peer_count() == 0)
        with pytest.raises(net.NotConnectedError, match="not connected"):
            first.send_on_stream(stream, [b"late"])
        with pytest.raises(net.NotConnectedError):
            first.open_stream(second.node_id, 2)
        assert kind(second.poll, 1) == "shut_down"


def test_a_process_that_is_killed_is_noticed() -> None:
    with MeshNode(ANY, PSK, heartbeat_interval_ms=50, session_timeout_ms=500) as node:
        node.start()
        events = node.receive(stream_id=7)
        text = f"""
from net_sdk import MeshNode
node = MeshNode("{ANY}", "{PSK}")
node.connect("{node.local_addr}", "{node.public_key}", {node.node_id})
stream = node.open_stream({node.node_id}, 7, "reliable")
node.send_blocking(stream, [b"from a process"])
print(node.node_id)
input()
"""
        with program(text) as process:
            peer = int(line(process))
            event = next(events)
            assert (event.sender, event.payload) == (peer, b"from a process")
            process.kill()
            until(lambda: node.peer_count() == 0)
            with pytest.raises(net.NotConnectedError):
                node.open_stream(peer, 1)


def test_the_events_of_a_bus_reach_another_process_which_comes_back() -> None:
    here, there = net.generate_net_keypair(), net.generate_net_keypair()
    bind, peer = free_address(), free_address()
    text = f"""
import net
from net_sdk import NetNode
transport = net.Transport.mesh(
    "{peer}", "{bind}", "{PSK}", peer_public_key="{here.public_key}", secret_key="{there.secret_key}"
)
with NetNode(shards=4, transport=transport) as node:
    node.emit_raw('"hello from there"')
    node.flush()
    for event in node.subscribe():
        print(event.raw)
"""
    options = net.MeshTransportOptions(
        bind,
        peer,
        PSK,
        peer_public_key=there.public_key,
        secret_key=here.secret_key,
        heartbeat_interval_ms=50,
        session_timeout_ms=500,
    )
    with NetNode(shards=4, mesh=options) as node:
        numbers = [str(number) for number in range(500)]
        assert node.emit_raw_batch(numbers) == 500
        with program(text) as process:
            assert [line(process) for _ in numbers] == numbers
            assert next(node.subscribe()).raw == '"hello from there"'
            node.flush()
        node.emit_raw('"again"')
        with program(text) as process:
            assert line(process) == '"again"'
            node.flush()
            assert node.stats().events_dropped == 0


def test_nodes_are_found_and_watched() -> None:
    with pair() as (first, second):
        gpu = net.GpuInfo(vendor="nvidia", model="h100", vram_gb=80)
        caps = net.CapabilitySet(hardware=net.Hardware(cpu_cores=16, gpu=gpu), tags=["edge"])
        first.announce_capabilities(caps, ttl_secs=60)
        changes = second.watch_nodes(net.CapabilityFilter(require_tags=["edge"]))
        change = next(changes)
        assert (change.node_id, change.capabilities) == (first.node_id, caps)
        assert second.find_nodes(gpu_vendor="nvidia", min_vram_mb=40_000) == [first.node_id]
        assert second.find_nodes(gpu_vendor="amd") == []
        scoped = second.find_nodes_scoped(net.CapabilityFilter(), net.ScopeFilter.tenant("a"))
        assert scoped == [first.node_id]
        first.withdraw_capabilities()
        change = next(changes)
        assert (change.node_id, change.capabilities) == (first.node_id, None)
        assert second.peer_capabilities(first.node_id) is None
        changes.stop()
        assert list(changes) == []


def test_what_cannot_be_announced_is_an_error() -> None:
    with MeshNode(ANY, PSK) as node:
        for tag in ("heat:x", "causal:1", "scope:tenant:", ""):
            with pytest.raises(net.CapabilityError) as raised:
                node.announce_capabilities(net.CapabilitySet(tags=[tag]))
            assert isinstance(raised.value, ValueError)
        assert node.find_nodes() == []
    with pytest.raises(net.SubnetError, match="levels must have 1–4 entries, got 0"):
        MeshNode(ANY, PSK, subnet=net.SubnetId(levels=[]))


def test_nodes_are_watched_in_asyncio() -> None:
    async def watch() -> None:
        first = await net.aio.MeshNode.create(ANY, PSK)
        await first.announce_capabilities(net.CapabilitySet(tags=["here"]))
        async for change in first.watch_nodes():
            assert change.capabilities is not None
            assert change.capabilities.tags == ["here"]
            break
        await first.shutdown()

    asyncio.run(watch())
