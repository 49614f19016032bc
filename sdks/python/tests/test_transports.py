"""Nodes whose events are on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from server import Server

from net import BusError, Ordering, RedisOptions, Transport
from net_sdk import NetNode

pytestmark = pytest.mark.usefixtures("no_leaks")


@dataclass
class Place:
    """A server, and how a node is set up for it."""

    server: Server
    node: Callable[[], NetNode]


def redis_node(server: Server) -> NetNode:
    return NetNode(shards=2, redis_url=f"redis://127.0.0.1:{server.port}")


def jetstream_node(server: Server) -> NetNode:
    return NetNode(shards=2, transport=Transport.jetstream(f"nats://127.0.0.1:{server.port}"))


@pytest.fixture(params=["redis", "jetstream"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A server that keeps what it has acknowledged, of each kind."""
    redis = request.param == "redis"
    made = (
        Server.redis("--appendonly", "yes", "--appendfsync", "always") if redis else Server.nats()
    )
    with made as server:
        yield Place(server, lambda: (redis_node if redis else jetstream_node)(server))


def texts(*span: int) -> list[str]:
    return list(map(str, range(*span)))


def read(node: NetNode) -> list[str]:
    page = node.poll(limit=10_000, ordering=Ordering.INSERTION_TS)
    return [event.raw for event in page.events]


def test_another_node_polls_and_subscribes(place: Place) -> None:
    with place.node() as writer, place.node() as reader:
        stream = reader.subscribe()
        assert writer.emit_raw_batch(texts(300)) == 300
        writer.flush()
        assert writer.stats().held == 0
        assert read(reader) == texts(300)
        heard = [event.raw for _, event in zip(range(300), stream, strict=False)]
        assert sorted(heard, key=int) == texts(300)
        stream.stop()


def test_nothing_is_lost_when_the_server_goes_away(place: Place) -> None:
    with place.node() as writer:
        writer.emit_raw_batch(texts(200), key="key")
        writer.flush()
        place.server.kill()
        writer.emit_raw_batch(texts(200, 400), key="key")
        assert writer.stats().held == 200
        place.server.start()
        while True:
            try:
                writer.flush()
                break
            except BusError as error:
                assert error.retry, error
        assert list(dict.fromkeys(read(writer))) == texts(400)


def test_a_server_that_is_not_there(place: Place) -> None:
    place.server.kill()
    node = place.node()
    with pytest.raises(ConnectionError, match="^bus: transport: "):
        node.poll()
    node.emit_raw("1")
    with pytest.raises(BusError, match="undelivered: 1 events"):
        node.shutdown(timeout=0.001)


def test_one_node_uses_a_nonce(tmp_path: Path) -> None:
    path = str(tmp_path / "producer.nonce")
    with Server.redis() as server:
        options = RedisOptions(url=f"redis://127.0.0.1:{server.port}")
        with NetNode(redis=options, producer_nonce_path=path):
            with pytest.raises(BusError, match="producer_nonce_path: another node uses it"):
                NetNode(redis=options, producer_nonce_path=path)
